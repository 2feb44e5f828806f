//! One step ahead of one origin: a field is read, tallied and dropped.

use forewarn_core::{
    Error as Fault, Field, Metric, Panel, Period, Places as At, ScoreArgs, Step, Tally, tallies,
};
use forewarn_store::ForecastFile;

use super::cells::{self, Cell, Places};
use super::gather::{Parts, StepTallies};
use crate::Result;
use crate::config::Target;
use crate::context::Context;
use crate::scores::{NamedMetric, Past, add};

/// What is known of an origin before a field is read.
pub(crate) struct Scene<'a> {
    panel: &'a Panel,
    origin: Period,
    places: Places,
    past: Past,
}

impl<'a> Scene<'a> {
    /// At an origin of a panel. Of one before its first period nothing is known.
    ///
    /// # Errors
    /// An origin after its last period.
    pub(crate) fn at(ctx: &Context<'_>, panel: &'a Panel, origin: Period) -> Result<Self> {
        let (config, year) = (&ctx.run.config, ctx.cadence().season());
        let before = origin < panel.axis().first;
        let recent = if before { &[] } else { panel.until(origin)?.recent(&config.target.column, year)? };
        let past = Past::new(recent, panel.units().len(), year, config.evaluation.event);
        Ok(Self { panel, origin, places: Places::of(panel.units(), &config.target.level), past })
    }
}

/// A forecast to tally.
pub(super) enum Forecast<'a> {
    /// It is in a file.
    File(ForecastFile),
    /// There is none, for this reason.
    Absent(&'a str),
}

/// The truth of one step, whole and parted.
struct Truth<'a> {
    observed: &'a [f32],
    cells: Vec<Cell>,
    place: String,
}

/// Tallies fields by every metric.
#[derive(Clone, Copy)]
pub(crate) struct Scorer<'a> {
    pub(crate) target: &'a Target,
    pub(crate) metrics: &'a [NamedMetric],
}

impl Scorer<'_> {
    /// Reads and tallies one step ahead.
    pub(super) fn step(
        &self,
        scene: &Scene<'_>,
        name: &str,
        forecast: &Forecast<'_>,
        step: Step,
    ) -> Result<StepTallies> {
        let observed = scene.panel.field(&self.target.column, scene.origin + step)?;
        Ok(match forecast {
            Forecast::File(file) => self.score(scene, name, (step, observed), Ok(&file.field(step)?)),
            Forecast::Absent(reason) => self.score(scene, name, (step, observed), Err(reason)),
        })
    }

    /// Tallies the forecast of `name` for what was observed a step ahead of the scene; or says why there is none.
    pub(crate) fn score(
        &self,
        scene: &Scene<'_>,
        name: &str,
        (step, observed): (Step, &[f32]),
        forecast: std::result::Result<&Field, &str>,
    ) -> StepTallies {
        let cells = cells::cells(&scene.places, &scene.past, observed);
        let place = format!("at origin {}, step {step}", scene.origin);
        let truth = Truth { observed, cells, place };
        let mut all = StepTallies { rows: known(observed), ..StepTallies::default() };
        for cell in &truth.cells {
            for key in &cell.keys {
                *all.groups.entry(*key).or_default() += cell.observed.len() as u64;
            }
        }
        match forecast {
            Ok(field) => self.enter(&mut all, name, &truth, field),
            Err(reason) => {
                all.failures.push(format!("{name} {}: {reason}", truth.place));
                all.parts = self.missing(&truth, reason);
            }
        }
        all
    }

    /// Tallies a field, and keeps what could not be computed.
    fn enter(&self, all: &mut StepTallies, name: &str, truth: &Truth<'_>, field: &Field) {
        let refused = |e: Fault| self.missing(truth, &e.to_string());
        all.parts = self.tally(truth, field).unwrap_or_else(refused);
        for (metric, part) in self.metrics.iter().zip(&all.parts.whole) {
            let failure = part.as_ref().err().map(|reason| format!("{} of {name} {reason}", metric.name));
            all.failures.extend(failure);
        }
    }

    /// The tallies of a field by cell, pooled to groups; those of all rows are pooled too where they are sums over rows,
    /// and made of the whole field where rows enter a score together.
    fn tally(&self, truth: &Truth<'_>, field: &Field) -> forewarn_core::Result<Parts> {
        let at = if self.target.level == "pgm" { At::Grid } else { At::Unknown };
        let whole = ScoreArgs::new(truth.observed, field)?.placed(at);
        let scorers: Vec<&dyn Metric> = self.metrics.iter().map(|m| m.metric.as_ref()).collect();
        let sums: Vec<bool> = scorers.iter().map(|m| !m.row_scores(whole.kind()).is_empty()).collect();
        let reason = |e: &forewarn_core::Error| format!("{}: {e}", truth.place);
        let mut parts = Parts { whole: vec![Ok(Tally::default()); scorers.len()], ..Parts::default() };
        for cell in &truth.cells {
            let field = field.select(&cell.rows);
            let results = tallies(&scorers, &ScoreArgs::new(&cell.observed, &field)?.placed(At::Part));
            for (m, result) in results.into_iter().enumerate() {
                let part = result.map_err(|e| reason(&e));
                if sums[m] {
                    add(scorers[m], &mut parts.whole[m], &part);
                }
                for key in &cell.keys {
                    let empty = || vec![Ok(Tally::default()); scorers.len()];
                    add(scorers[m], &mut parts.groups.entry(*key).or_insert_with(empty)[m], &part);
                }
            }
        }
        for m in (0..scorers.len()).filter(|m| !sums[*m]) {
            parts.whole[m] = scorers[m].tally(&whole).map_err(|e| reason(&e));
        }
        Ok(parts)
    }

    fn missing(&self, truth: &Truth<'_>, reason: &str) -> Parts {
        let all = vec![Err(format!("{}: {reason}", truth.place)); self.metrics.len()];
        let keys = truth.cells.iter().flat_map(|c| &c.keys);
        Parts { groups: keys.map(|k| (*k, all.clone())).collect(), whole: all }
    }
}

fn known(observed: &[f32]) -> u64 {
    observed.iter().filter(|v| !v.is_nan()).count() as u64
}
