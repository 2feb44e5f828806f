//! What is known beside a filed forecast.

use std::sync::{Arc, OnceLock};

use forewarn_core::{Beside, Field, Ground, Panel, Period, Step, UnitDrift, UnitScores, Units};
use forewarn_kernels::cells::{Deals, permuted};
use forewarn_kernels::multiplicity::benjamini_hochberg;
use forewarn_kernels::permutation::Effort;
use forewarn_kernels::random::seed_for;
use forewarn_store::{Filed, ForecastFile};

use super::unit_scores::{self, Scores};
use crate::session::Session;
use crate::stages::maps::About;
use crate::{Error, Result, filing};

/// Newest periods that are tested for drift.
const NEWEST: usize = 12;
/// Periods before them that they are compared with.
const BEFORE: usize = 60;
/// Periods that change places together: most cells forget within a quarter of a year.
const BLOCK: usize = 3;
/// Permutations of each unit's blocks; after twenty exceedances there is nothing more to learn.
const EFFORT: Effort = Effort { permutations: 4999, exceedances: 20 };
/// What is tested, in words.
const TEST: &str = "the last 12 periods against the 60 before (Kolmogorov-Smirnov)";

/// A filed forecast and everything that can be looked up about it.
pub(super) struct Known<'a> {
    session: &'a Session<'a>,
    filed: Filed,
    file: ForecastFile,
    /// The newest forecast before it.
    previous: Option<(Period, ForecastFile)>,
    against: Option<&'a str>,
    notes: Vec<String>,
    still: OnceLock<Still>,
}

/// What is the same for all steps, one value a unit.
struct Still {
    observed: Option<Vec<f32>>,
    reported: Option<Vec<f32>>,
    /// Effects, and their q values.
    drift: Option<(Vec<f32>, Vec<f32>)>,
}

/// What is known of one step.
pub(super) struct At {
    previous: Option<Field>,
    truth: Option<Vec<f32>>,
}

impl<'a> Known<'a> {
    /// The forecast of a name from an origin. Of several runs this one counts, else the first.
    ///
    /// # Errors
    /// [`Error::Config`] that tells which origins are filed.
    pub(super) fn open(
        session: &'a Session<'a>,
        (model, origin): (&str, Period),
        against: Option<&'a str>,
    ) -> Result<Self> {
        let (target, cadence) = (&session.ctx.run.config.target, session.ctx.cadence());
        let mut all = filing::of(&filing::archive(session.ctx.run)?, &[model.to_owned()])?;
        all.retain(|f| {
            let m = &f.manifest;
            (m.target.as_str(), m.level.as_str(), m.cadence) == (&target.column, &target.level, cadence)
        });
        let pick = |at: Period| {
            let mut there = all.iter().filter(|f| f.manifest.origin.0 == at);
            let own = there.clone().find(|f| f.manifest.run == session.id);
            own.or_else(|| there.next()).cloned()
        };
        let filed = pick(origin).ok_or_else(|| absent(session, model, (origin, &all)))?;
        let earlier = all.iter().map(|f| f.manifest.origin.0).filter(|&o| o < origin).max();
        let previous = earlier.and_then(&pick).map(|f| Ok::<_, Error>((f.manifest.origin.0, f.open()?)));
        let several = all.iter().filter(|f| f.manifest.origin.0 == origin).count();
        let mut notes = Vec::new();
        if several > 1 {
            let run = &filed.manifest.run;
            notes.push(format!(
                "{several} forecasts of `{model}` from there are filed; drawn is that of run {run}"
            ));
        }
        let file = filed.open()?;
        let still = OnceLock::new();
        Ok(Self { session, file, filed, previous: previous.transpose()?, against, notes, still })
    }

    /// What should be known about the forecast that was chosen.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// Its last step.
    pub(super) fn last(&self) -> Step {
        Step(self.file.steps())
    }

    pub(super) fn level(&self) -> String {
        self.filed.manifest.level.clone()
    }

    fn origin(&self) -> Period {
        self.filed.manifest.origin.0
    }

    pub(super) fn field(&self, step: Step) -> Result<Field> {
        Ok(self.file.field(step)?)
    }

    /// What is the same for all maps of it.
    pub(super) fn about<'b>(&'b self, ground: &'b Arc<Ground>) -> About<'b> {
        let m = &self.filed.manifest;
        let target = &self.session.ctx.run.config.target.description;
        About { model: &m.name, target, cadence: m.cadence, vintage: &m.vintage, ground }
    }

    /// Mean scores of each unit; `None` for what the run does not evaluate.
    pub(super) fn scores(&self, steps: &[Step]) -> Result<Option<Scores>> {
        unit_scores::of(self.session, &self.filed.manifest.name, self.against, steps)
    }

    /// What is known of a step.
    pub(super) fn at(&self, step: Step, units: &Units) -> Result<At> {
        let target = self.origin() + step;
        let previous = match &self.previous {
            Some((origin, file)) => {
                let back = u16::try_from(target.0 - origin.0).unwrap_or(u16::MAX);
                (back <= file.steps()).then(|| file.field(Step(back))).transpose()?
            }
            None => None,
        };
        self.still(units)?;
        let truth = self.observed(target, units)?;
        Ok(At { previous, truth })
    }

    /// What was observed in a period, in the order of `units`; `None` where it is not among the observations.
    fn observed(&self, period: Period, units: &Units) -> Result<Option<Vec<f32>>> {
        let (panel, column) = (self.session.ctx.panel()?, &self.session.ctx.run.config.target.column);
        if panel.axis().index(period).is_none() {
            return Ok(None);
        }
        let field = panel.field(column, period)?;
        Ok(Some(places(panel, units).into_iter().map(|at| at.map_or(f32::NAN, |i| field[i])).collect()))
    }

    fn still(&self, units: &Units) -> Result<&Still> {
        if let Some(still) = self.still.get() {
            return Ok(still);
        }
        let panel = self.session.ctx.panel()?;
        let places = places(panel, units);
        let spread = |values: &[f32]| -> Vec<f32> {
            places.iter().map(|at| at.map_or(f32::NAN, |i| values[i])).collect()
        };
        let known = panel.axis().index(self.origin()).is_some();
        let history = known.then(|| panel.until(self.origin())).transpose()?;
        let column = &self.session.ctx.run.config.target.column;
        let values = history.map(|history| history.column(column)).transpose()?;
        let n = panel.units().len();
        let seed = seed_for(self.session.ctx.run.config.seed, "drift map");
        let drift = values.and_then(|values| drift(values, n, seed));
        let still = Still {
            observed: self.observed(self.origin(), units)?,
            reported: values.map(|values| spread(&reported(values, n))),
            drift: drift.map(|(effect, q)| (spread(&effect), spread(&q))),
        };
        Ok(self.still.get_or_init(|| still))
    }
}

impl At {
    /// All of it, for a map.
    pub(super) fn beside<'b>(&'b self, known: &'b Known<'_>, scores: Option<UnitScores<'b>>) -> Beside<'b> {
        let still = known.still.get();
        let drift = still.and_then(|still| still.drift.as_ref());
        Beside {
            previous: self.previous.as_ref(),
            observed: still.and_then(|still| still.observed.as_deref()),
            truth: self.truth.as_deref(),
            scores,
            drift: drift.map(|(effect, q)| UnitDrift { test: TEST, effect, q }),
            reported: still.and_then(|still| still.reported.as_deref()),
        }
    }
}

fn absent(session: &Session<'_>, model: &str, (origin, all): (Period, &[Filed])) -> Error {
    let label = session.ctx.cadence().label(origin);
    let mut origins: Vec<&str> = all.iter().map(|f| f.manifest.origin.1.as_str()).collect();
    origins.sort_unstable();
    let there = match origins[..] {
        [] => "none of that name is; `forewarn run` files one".to_owned(),
        [one] => format!("one from {one} is"),
        [first, .., last] => format!("{} from {first} to {last} are", origins.len()),
    };
    Error::config("map", format!("no forecast of `{model}` from {label} is in the archive; {there}"))
}

/// Where each of `units` is in the panel.
fn places(panel: &Panel, units: &Units) -> Vec<Option<usize>> {
    units.iter().map(|unit| panel.units().binary_search(unit).ok()).collect()
}

/// Share of periods that were observed of each unit; `values` are periods x units.
fn reported(values: &[f32], units: usize) -> Vec<f32> {
    let mut known = vec![0_u32; units];
    for row in values.chunks_exact(units) {
        for (known, value) in known.iter_mut().zip(row) {
            *known += u32::from(!value.is_nan());
        }
    }
    let periods = (values.len() / units) as f32;
    known.into_iter().map(|n| n as f32 / periods).collect()
}

/// How far the newest periods of each unit are from those before, by the statistic of Kolmogorov and Smirnov with the sign of
/// the difference of the means, and the false discovery rate (Benjamini and Hochberg 1995) by permutation of blocks of
/// periods. Units that never change are not tested: their q is 1. `None` when there are too few periods.
fn drift(values: &[f32], units: usize, seed: u64) -> Option<(Vec<f32>, Vec<f32>)> {
    let first = values.len().checked_sub((NEWEST + BEFORE) * units)?;
    let (values, split) = (&values[first..], BEFORE * units);
    let blocks: Vec<u32> = (0..NEWEST + BEFORE).map(|t| (t / BLOCK) as u32).collect();
    let tests = permuted(values, units, BEFORE, Deals { blocks: &blocks, effort: EFFORT, seed });
    let mean = |rows: &[f32], unit: usize| {
        let known = rows.iter().skip(unit).step_by(units).filter(|v| !v.is_nan());
        let (sum, n) = known.fold((0.0, 0.0), |(sum, n), v| (sum + f64::from(*v), n + 1.0));
        sum / n
    };
    let effect = tests.iter().enumerate().map(|(unit, test)| {
        let more = mean(&values[split..], unit) - mean(&values[..split], unit);
        test.statistic.copysign(more) as f32
    });
    // A test of what never changes can never alarm: counted among the tests it would only hide others.
    let tested: Vec<f64> =
        tests.iter().map(|t| if t.statistic == 0.0 { f64::NAN } else { t.p_value }).collect();
    let q = benjamini_hochberg(&tested);
    let q = q.iter().zip(&tests).map(|(q, test)| if test.statistic == 0.0 { 1.0 } else { *q as f32 });
    Some((effect.collect(), q.collect()))
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;

    use super::*;

    #[test]
    fn shares_of_known_periods() {
        let nan = f32::NAN;
        // Three periods of three units.
        assert_eq!(reported(&[1.0, nan, 0.0, nan, nan, 0.0, 2.0, nan, 0.0], 3), [2.0 / 3.0, 0.0, 1.0]);
    }

    #[test]
    fn units_that_became_more_or_less_are_told_from_those_that_did_not() {
        let (units, periods) = (40, NEWEST + BEFORE + 5);
        let value = |i: usize| {
            let (t, u) = (i / units, i % units);
            let noise = Stream::new(3, &[]).below(i as u64, 5) as f32;
            let late = t >= periods - NEWEST;
            match u {
                0 if late => noise + 20.0,
                1 if !late => noise + 20.0,
                2 => 0.0,
                3 => f32::NAN,
                _ => noise,
            }
        };
        let values: Vec<f32> = (0..periods * units).map(value).collect();
        let (effect, q) = drift(&values, units, 7).unwrap();
        assert!(effect[0] == 1.0 && effect[1] == -1.0, "{} {}", effect[0], effect[1]);
        assert!(q[0] < 0.02 && q[1] < 0.02, "{} {}", q[0], q[1]);
        assert_eq!((effect[2], q[2]), (0.0, 1.0), "what never changes");
        assert!(effect[3].is_nan() && q[3].is_nan(), "what is not known");
        assert!(q[4..].iter().all(|q| *q > 0.05), "{q:?}");
        assert!(drift(&values[..71 * units], units, 7).is_none());
    }
}
