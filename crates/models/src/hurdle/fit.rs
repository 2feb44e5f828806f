//! Fitting the steps of a hurdle.

use forewarn_core::prelude::*;
use rayon::prelude::*;

use super::{Hurdle, HurdleStep, Regressors, Severity, quiet};
use crate::cases::{Cases, LabelSet, Targets};
use crate::steps;
use crate::watched::Watched;

/// The parts of each step, learned from `cases`.
pub(super) fn steps(
    settings: &Hurdle,
    regressors: &Regressors,
    args: &FitArgs<'_>,
    (rows, cases): (&DesignMatrix, &Cases),
) -> Result<Vec<HurdleStep>> {
    let (counts, target) = (cases.counts(), args.history.column(args.target)?);
    let prepare = PrepareArgs::new(rows, &counts)?;
    let occurrence = regressors.occurrence.prepare(&prepare)?;
    let severity = regressors.severity.prepare(&prepare)?;
    let onset = regressors.onset.as_ref().map(|r| r.prepare(&prepare)).transpose()?;
    let (seed, all) = (args.seed, Targets::all(target));
    let part = |regressor: &dyn Regressor, prepared, targets| {
        let periods = if regressor.watches() { settings.watched_periods } else { 0 };
        Watched { prepared, cases, targets, periods, seed }
    };
    let quiet = onset.as_ref().map(|_| quiet::all(target, args.history.units().len(), settings.quiet_periods));
    let active: Option<Vec<bool>> = quiet.as_ref().map(|quiet| quiet.iter().map(|q| !q).collect());
    let onset = regressors.onset.as_ref().zip(onset.as_ref()).zip(quiet.as_ref());
    let parts = Parts {
        rows,
        occurrence: part(regressors.occurrence.as_ref(), occurrence.as_ref(), all),
        severity: part(regressors.severity.as_ref(), severity.as_ref(), all),
        onset: onset.map(|((r, prepared), quiet)| part(r.as_ref(), prepared.as_ref(), all.only(quiet))),
        active: active.as_ref().map(|active| all.only(active)),
    };
    let fit = |step: u16| parts.fit(Step(step)).map_err(|e| steps::at(Step(step), &e));
    (1..=args.steps.0).into_par_iter().map(fit).collect()
}

/// What the steps are fitted from.
struct Parts<'a> {
    rows: &'a DesignMatrix,
    occurrence: Watched<'a>,
    severity: Watched<'a>,
    onset: Option<Watched<'a>>,
    /// The pairs of units that are not quiet, where there is an `onset`.
    active: Option<Targets<'a>>,
}

impl Parts<'_> {
    fn fit(&self, step: Step) -> Result<HurdleStep> {
        let gate = self.gate(step)?;
        let cases = self.severity.cases;
        let size = |targets: Targets<'_>| cases.positives(targets, step, f32::ln_1p);
        let sizes = size(self.severity.targets);
        if sizes.rows.is_empty() {
            return Ok(gate);
        }
        let regression = self.severity.fit(size)?;
        let predicted = regression.predict(self.rows)?;
        let error = |(&row, &label): (&u32, &f32)| f64::from(label - predicted[row as usize]).powi(2);
        let squares: f64 = sizes.rows.iter().zip(&sizes.values).map(error).sum();
        let spread = (squares / sizes.rows.len() as f64).sqrt() as f32;
        Ok(HurdleStep { severity: Some(Severity { regression, spread }), ..gate })
    }

    /// The regression of all units, or those of the active and the quiet ones. Where one of the two kinds has no pair, there
    /// is one regression. The severity is still to come.
    fn gate(&self, step: Step) -> Result<HurdleStep> {
        let happens = |targets: Targets<'_>| -> LabelSet {
            self.occurrence.cases.merged(targets, step, |y| f32::from(y > 0.0))
        };
        let any = |targets: Targets<'_>| self.occurrence.cases.pairs(targets, step).next().is_some();
        match (&self.onset, self.active) {
            (Some(onset), Some(active)) if any(active) && any(onset.targets) => {
                let occurrence = Watched { targets: active, ..self.occurrence };
                let (occurrence, onset) = (occurrence.fit(happens)?, Some(onset.fit(happens)?));
                Ok(HurdleStep { occurrence, onset, severity: None })
            }
            _ => Ok(HurdleStep { occurrence: self.occurrence.fit(happens)?, onset: None, severity: None }),
        }
    }
}
