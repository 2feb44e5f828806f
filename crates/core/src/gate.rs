//! The words of gates: a check looks at what came in, at what goes out, or at how good it was, and returns readings.
//!
//! A check measures; it does not judge. How unlikely a reading must be, how often it must come back, and what is stopped
//! then, are rules of the gate.

mod trained;

use std::fmt::Debug;

use forewarn_kernels::quantile::quantile;
use serde::{Deserialize, Serialize};

pub use self::trained::{Trained, TrainedStep, Usual};
use crate::{Cadence, Field, Panel, Period, Result, Step, Unit, Units};

/// One thing that a check looked at, and how far it is from what was expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reading {
    /// What was looked at: a column, a column in a region (`ged_sb, Mali`), a step.
    pub subject: String,
    /// How far off it is, at least 0, in the unit that the check documents; `None` where that cannot be told, and
    /// `message` then says why.
    pub effect: Option<f64>,
    /// The effect from which on it matters.
    pub limit: f64,
    /// How likely an effect at least this great is when nothing is wrong (0-1); `None` for a fact, such as a negative
    /// count.
    pub p_value: Option<f64>,
    /// The smallest effect that would be told from chance four times out of five, where that is known.
    pub detectable: Option<f64>,
    /// What was seen and what was expected, in a sentence.
    pub message: String,
    /// Where, when that is known: at most [`Reading::PLACES`] units, those that are furthest off first.
    pub units: Vec<Unit>,
}

impl Reading {
    /// Most units that a reading names.
    pub const PLACES: usize = 1000;

    /// A fact: it matters from `limit` on, whatever chance does.
    pub fn fact(subject: impl Into<String>, effect: f64, limit: f64, message: impl Into<String>) -> Self {
        let (subject, message) = (subject.into(), message.into());
        // A number that is not one must not read as «no effect», and JSON has no infinity.
        let effect = (!effect.is_nan()).then_some(effect.min(f64::MAX));
        Self { subject, effect, limit, p_value: None, detectable: None, message, units: Vec::new() }
    }

    /// What could not be looked at, and why.
    pub fn unknown(subject: impl Into<String>, why: impl Into<String>) -> Self {
        Self::fact(subject, f64::NAN, 0.0, why)
    }

    /// How likely an effect at least this great is when nothing is wrong. A p value that is NaN makes the reading
    /// unknown.
    #[must_use]
    pub fn by_chance(self, p_value: f64) -> Self {
        let effect = self.effect.filter(|_| !p_value.is_nan());
        Self { effect, p_value: Some(p_value).filter(|p| !p.is_nan()), ..self }
    }

    /// The smallest effect that would be told from chance four times out of five.
    #[must_use]
    pub fn detects(self, effect: f64) -> Self {
        Self { detectable: Some(effect).filter(|effect| effect.is_finite()), ..self }
    }

    /// Where, furthest off first.
    #[must_use]
    pub fn at(self, units: impl IntoIterator<Item = Unit>) -> Self {
        Self { units: units.into_iter().take(Self::PLACES).collect(), ..self }
    }

    /// Whether the effect is as great as one that matters.
    pub fn matters(&self) -> bool {
        self.effect.is_some_and(|effect| effect >= self.limit)
    }
}

/// Units that belong together: a country, a region of the grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Positions of its units among those of the panel, ascending.
    pub rows: Vec<usize>,
}

/// A check of what came in: the last period of a panel against those before it.
pub trait InputCheck: Debug + Send + Sync {
    /// One reading for everything that was looked at, whether it is off or not.
    ///
    /// # Errors
    /// [`crate::Error::Data`] when the panel cannot be looked at at all.
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>>;
}

/// What came in.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct InputArgs<'a> {
    /// The observations; the last period is the newest.
    pub panel: &'a Panel,
    /// The columns to look at.
    pub columns: &'a [String],
    /// Units that belong together.
    pub groups: &'a [Group],
    /// What came in the last time: an earlier edition of the observations.
    pub previous: Option<&'a Panel>,
    /// The period that should be there by now.
    pub due: Option<Period>,
}

impl<'a> InputArgs<'a> {
    /// `columns` of `panel`, in no groups, the first time, whenever.
    ///
    /// # Errors
    /// [`crate::Error::Config`] when the panel lacks one of the columns.
    pub fn new(panel: &'a Panel, columns: &'a [String]) -> Result<Self> {
        columns.iter().try_for_each(|name| panel.column(name).map(|_| ()))?;
        Ok(Self { panel, columns, groups: &[], previous: None, due: None })
    }

    /// With units that belong together.
    #[must_use]
    pub fn with_groups(self, groups: &'a [Group]) -> Self {
        Self { groups, ..self }
    }

    /// With what came in the last time.
    #[must_use]
    pub fn with_previous(self, previous: Option<&'a Panel>) -> Self {
        Self { previous, ..self }
    }

    /// With the period that should be there by now.
    #[must_use]
    pub fn with_due(self, due: Option<Period>) -> Self {
        Self { due, ..self }
    }
}

/// What a gate needs to know of the forecast of one step: as much as a map of it, not its draws.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldSummary {
    /// Periods ahead.
    pub step: Step,
    /// The units.
    pub units: Units,
    /// Mean of the draws of each unit; NaN where there is no forecast.
    pub means: Vec<f32>,
    /// Share of draws of each unit that are events (0-1); NaN where there is no forecast.
    pub active: Vec<f32>,
    /// Greatest draw of each unit; NaN where there is no forecast.
    pub greatest: Vec<f32>,
    /// How many draws of all units are negative.
    pub negative: u64,
}

impl FieldSummary {
    /// Reduces a field; draws of at least `event` are events.
    pub fn of(field: &Field, event: f32) -> Self {
        let known = |draws: &[f32], value: f32| if draws[0].is_nan() { f32::NAN } else { value };
        let share = |draws: &[f32]| draws.iter().filter(|v| **v >= event).count() as f32 / draws.len() as f32;
        let greatest = |draws: &[f32]| draws.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        Self {
            step: field.step,
            units: field.units().clone(),
            means: field.means(),
            active: field.rows().map(|draws| known(draws, share(draws))).collect(),
            greatest: field.rows().map(|draws| known(draws, greatest(draws))).collect(),
            negative: field.values().iter().filter(|v| **v < 0.0).count() as u64,
        }
    }

    /// Expected share of units that are active (0-1), of those with a forecast; NaN when there are none.
    pub fn active_share(&self) -> f64 {
        let (sum, n) = known(&self.active).fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0));
        sum / n
    }

    /// Sum of the means of all units with a forecast; NaN when there are none.
    pub fn sum(&self) -> f64 {
        known(&self.means).reduce(|a, b| a + b).unwrap_or(f64::NAN)
    }

    /// The `level`-quantile (0-1) over the units with a forecast of their means; NaN when there are none.
    pub fn quantile(&self, level: f64) -> f64 {
        let mut means: Vec<f64> = known(&self.means).collect();
        means.sort_unstable_by(f64::total_cmp);
        quantile(&means, level)
    }
}

/// The values that are not NaN.
fn known(values: &[f32]) -> impl Iterator<Item = f64> {
    values.iter().filter(|v| !v.is_nan()).map(|v| f64::from(*v))
}

/// A forecast from one origin, step by step.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The last observed period.
    pub origin: Period,
    /// One summary a step, ascending.
    pub steps: Vec<FieldSummary>,
}

impl Outlook {
    /// The summary of a step.
    pub fn step(&self, step: Step) -> Option<&FieldSummary> {
        self.steps.iter().find(|s| s.step == step)
    }
}

/// A check of what goes out: a forecast against those before it.
pub trait OutputCheck: Debug + Send + Sync {
    /// One reading for everything that was looked at, whether it is off or not.
    ///
    /// # Errors
    /// [`crate::Error::Data`] when the forecast cannot be looked at at all.
    fn read(&self, args: &OutputArgs<'_>) -> Result<Vec<Reading>>;
}

/// What goes out.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct OutputArgs<'a> {
    /// The forecast to look at.
    pub outlook: &'a Outlook,
    /// Forecasts of the same name from earlier origins, latest last: those that were issued, or the rehearsals of an
    /// evaluation.
    pub earlier: &'a [Outlook],
    /// Units that belong together, with what else was forecast for them.
    pub groups: &'a [Group],
    /// Forecast sums of the groups, by step then group, from a forecast of their own level: `None` where nobody asked for
    /// them, `Err` with the reason where they were asked for and are not there.
    pub sums: Option<std::result::Result<&'a [Vec<f64>], &'a str>>,
    /// What forecasts looked like when the models were trained.
    pub references: &'a [Reference<'a>],
}

/// A forecast, and what such forecasts looked like when its model was trained.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// Whose forecast, where it is that of a member of what goes out.
    pub member: Option<&'a str>,
    /// The forecast.
    pub outlook: &'a Outlook,
    /// What such forecasts looked like.
    pub trained: &'a Trained,
    /// From where that is known, as a sentence goes on: "when the model was trained".
    pub source: &'a str,
}

impl<'a> OutputArgs<'a> {
    /// A forecast, and those before it.
    pub fn new(outlook: &'a Outlook, earlier: &'a [Outlook]) -> Self {
        Self { outlook, earlier, groups: &[], sums: None, references: &[] }
    }

    /// With what forecasts looked like when the models were trained.
    #[must_use]
    pub fn with_references(self, references: &'a [Reference<'a>]) -> Self {
        Self { references, ..self }
    }

    /// With units that belong together, and what was forecast for them at their own level.
    #[must_use]
    pub fn with_groups(self, groups: &'a [Group], sums: &'a [Vec<f64>]) -> Self {
        Self { groups, sums: Some(Ok(sums)), ..self }
    }

    /// With the reason why what was forecast for groups of units is not there.
    #[must_use]
    pub fn without_groups(self, why: &'a str) -> Self {
        Self { sums: Some(Err(why)), ..self }
    }
}

/// Scores of a forecast and of its baseline for the same targets, lower is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// What was scored and how (`broad_river, crps`).
    pub subject: String,
    /// How often there is a period.
    pub cadence: Cadence,
    /// The periods that were forecast, ascending.
    pub periods: Vec<Period>,
    /// Mean score of the forecast for each period; NaN where there is no truth yet.
    pub scores: Vec<f64>,
    /// Mean score of the baseline for each period.
    pub baseline: Vec<f64>,
    /// Whether the truth of a period may still be revised.
    pub provisional: Vec<bool>,
}

/// A check of how good forecasts were: the last periods against those before them.
pub trait PerformanceCheck: Debug + Send + Sync {
    /// One reading for each track.
    ///
    /// # Errors
    /// [`crate::Error::Data`] when a track cannot be looked at at all.
    fn read(&self, tracks: &[Track]) -> Result<Vec<Reading>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_unknown_and_not_fine() {
        let reading = Reading::fact("ged_sb", f64::NAN, 0.1, "0 of 0");
        assert_eq!((reading.effect, reading.matters()), (None, false));
        let reading = Reading::fact("ged_sb", 3.0, 0.1, "").by_chance(f64::NAN);
        assert_eq!((reading.effect, reading.p_value), (None, None));
        assert!(Reading::fact("ged_sb", 0.1, 0.1, "").by_chance(0.5).matters());
        assert_eq!(Reading::unknown("ged_sb", "no month before").effect, None);
    }

    #[test]
    fn a_summary_tells_what_a_map_would_show() {
        let draws = vec![0.0, 2.0, f32::NAN, f32::NAN, -1.0, 1.0];
        let units: Units = [1, 2, 3].map(Unit).into();
        let field = Field::draws(Period(500), Step(2), units, 2, draws).unwrap();
        let summary = FieldSummary::of(&field, 1.0);
        assert_eq!((summary.step, summary.negative), (Step(2), 1));
        assert_eq!((summary.means[0], summary.active[0], summary.greatest[0]), (1.0, 0.5, 2.0));
        assert!(summary.means[1].is_nan() && summary.active[1].is_nan() && summary.greatest[1].is_nan());
        assert_eq!((summary.active[2], summary.greatest[2]), (0.5, 1.0));
        assert_eq!((summary.active_share(), summary.sum()), (0.5, 1.0));
        assert_eq!((summary.quantile(1.0), summary.quantile(0.25)), (1.0, 0.25));
        let none = FieldSummary { means: vec![f32::NAN; 3], active: vec![f32::NAN; 3], ..summary };
        assert!(none.sum().is_nan() && none.active_share().is_nan() && none.quantile(0.5).is_nan());
    }
}
