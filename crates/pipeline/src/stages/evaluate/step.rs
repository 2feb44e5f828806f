//! One step ahead of one origin: a field is read, tallied and dropped.

use forewarn_core::{
    Error as Fault, Field, Metric, Panel, Period, Places as At, ScoreArgs, Step, Tally, tallies,
};
use forewarn_store::ForecastFile;

use super::Work;
use super::cells::{self, Cell, Places};
use super::gather::{Parts, StepTallies};
use crate::Result;
use crate::scores::{Past, add};

/// What is known of an origin before a field is read.
pub(super) struct Scene<'a> {
    pub(super) panel: &'a Panel,
    pub(super) origin: Period,
    pub(super) places: Places,
    pub(super) past: Past,
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

impl Work<'_> {
    /// Reads and tallies one step ahead.
    pub(super) fn step(
        &self,
        scene: &Scene<'_>,
        name: &str,
        forecast: &Forecast<'_>,
        step: Step,
    ) -> Result<StepTallies> {
        let observed = scene.panel.field(&self.ctx.run.config.target.column, scene.origin + step)?;
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
            Forecast::File(file) => self.enter(&mut all, name, &truth, &file.field(step)?),
            Forecast::Absent(reason) => {
                all.failures.push(format!("{name} {}: {reason}", truth.place));
                all.parts = self.missing(&truth, reason);
            }
        }
        Ok(all)
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
        let at = if self.ctx.run.config.target.level == "pgm" { At::Grid } else { At::Unknown };
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
