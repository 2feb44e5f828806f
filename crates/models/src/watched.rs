//! Early stopping of direct forecasts: the last periods of training say how many rounds to do.

use forewarn_core::{Error, LabelArgs, Prepared, Regression, Regressor, Result};

use crate::cases::{Cases, LabelSet, Targets};
use crate::merged;

/// What the fits of one part have in common.
pub(crate) struct Watched<'a> {
    /// The rows, as the regressor reads them.
    pub(crate) prepared: &'a dyn Prepared,
    /// The pairs.
    pub(crate) cases: &'a Cases,
    /// What is learned.
    pub(crate) targets: Targets<'a>,
    /// How many of the last periods are watched; 0 for none.
    pub(crate) periods: usize,
    pub(crate) seed: u64,
}

/// That periods are watched where a regressor of `component` stops early, and only there.
///
/// # Errors
/// [`Error::Config`] that says what to set.
pub(crate) fn check(component: &str, periods: usize, regressors: &[(&str, &dyn Regressor)]) -> Result<()> {
    let wrong = |reason: String| Err(Error::config(component, reason));
    match (periods, regressors.iter().find(|(_, r)| r.watches())) {
        (0, Some((name, _))) => wrong(format!(
            "`{name}` is to stop early and has nothing to watch: set `watched-periods` (24 are two years of months)"
        )),
        (1.., None) => {
            let names: Vec<_> = regressors.iter().map(|(name, _)| format!("`{name}`")).collect();
            let names = names.join(" and ");
            wrong(format!(
                "`watched-periods` is {periods}, and {names} cannot watch them, as set: give `boosting` or `xgboost` \
                 `early-stopping-rounds`, or leave out `watched-periods`"
            ))
        }
        _ => Ok(()),
    }
}

impl Watched<'_> {
    /// Learns the labels that `labels` makes of the targets of a step.
    ///
    /// Where periods are watched, the regressor first learns the pairs whose target lies before them and stops when it no
    /// longer gets better on the others; then it learns all pairs with as many rounds. Where one of the two parts has no
    /// label, or the first part has the same everywhere, there is nothing to compare and all rounds are done.
    ///
    /// # Errors
    /// What the regressor answers; [`Error::Data`] when the history is too short.
    pub(crate) fn fit(&self, labels: impl Fn(Targets<'_>) -> LabelSet) -> Result<Box<dyn Regression>> {
        let all = labels(self.targets);
        let args = LabelArgs::new(all.labels(self.cases.count())?, self.seed);
        let rounds = if self.periods == 0 { None } else { self.rounds(labels)? };
        self.prepared.fit(&match rounds {
            Some(rounds) => args.with_rounds(rounds),
            None => args,
        })
    }

    /// How many rounds were best on the watched periods.
    fn rounds(&self, labels: impl Fn(Targets<'_>) -> LabelSet) -> Result<Option<usize>> {
        let periods = self.cases.periods();
        let first = periods.checked_sub(self.periods).filter(|&first| first > 0).ok_or_else(|| {
            Error::data(format!("`watched-periods` is {}, the training has {periods}", self.periods))
        })?;
        let (early, late) = self.targets.parted(first, self.cases);
        let (early, late) = (labels(early), labels(late));
        if early.rows.is_empty() || late.rows.is_empty() {
            return Ok(None);
        }
        let count = self.cases.count();
        let args = LabelArgs::new(early.labels(count)?, self.seed).watching(late.labels(count)?);
        if merged::constant(&args).is_some() {
            return Ok(None);
        }
        Ok(self.prepared.fit(&args)?.rounds())
    }
}

#[cfg(test)]
mod tests;
