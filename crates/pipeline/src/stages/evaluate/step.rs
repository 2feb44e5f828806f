//! One step ahead of one origin: every forecast is made, tallied and dropped.

use std::collections::BTreeMap;

use forewarn_core::{Field, Metric, Period, ScoreArgs, Step, Tally, Unit, tallies};
use forewarn_data::geography::Country;

use super::cells::{self, Cell};
use super::gather::{Parts, StepTallies};
use super::{Work, combine};
use crate::Result;
use crate::scores::{Past, add};

/// What is known of an origin before a step is forecast.
pub(super) struct Scene<'a> {
    pub(super) origin: Period,
    pub(super) units: &'a [Unit],
    pub(super) countries: Vec<Option<&'static Country>>,
    pub(super) past: Past,
}

/// The truth of one step, whole and parted.
struct Truth<'a> {
    observed: &'a [f32],
    cells: Vec<Cell>,
    place: String,
}

impl Work<'_> {
    /// Forecasts, combines and tallies one step ahead. A field lives until it is tallied, or combined where it is the
    /// member of an ensemble.
    pub(super) fn step(&self, scene: &Scene<'_>, step: Step) -> Result<StepTallies> {
        let panel = self.ctx.panel()?;
        let observed = panel.field(&self.ctx.run.config.target.column, scene.origin + step)?;
        let cells = cells::cells(scene.units, &scene.countries, &scene.past, observed);
        let place = format!("at origin {}, step {step}", scene.origin);
        let truth = Truth { observed, cells, place };
        let mut all = StepTallies { rows: known(observed), ..StepTallies::default() };
        for cell in &truth.cells {
            for key in &cell.keys {
                *all.groups.entry(*key).or_default() += cell.observed.len() as u64;
            }
        }
        let mut members: BTreeMap<&str, Field> = BTreeMap::new();
        for (i, f) in self.forecasters.iter().enumerate() {
            let field = self.predict(i, scene.origin, step)?;
            self.enter(&mut all, &f.spec.name, &truth, field.as_ref().map_err(ToString::to_string));
            if let Ok(field) = field
                && self.ensembles.iter().any(|e| e.spec.members.contains(&f.spec.name))
            {
                members.insert(&f.spec.name, field);
            }
        }
        for e in self.ensembles {
            let field = combine(e.combine.as_ref(), &e.spec.members, &members);
            self.enter(&mut all, &e.spec.name, &truth, field.as_ref().map_err(ToString::to_string));
        }
        Ok(all)
    }

    fn predict(&self, i: usize, origin: Period, step: Step) -> Result<forewarn_core::Result<Field>> {
        let f = &self.forecasters[i];
        Ok(f.fitted.predict(&self.ctx.predict_args(f.spec, origin, step, f.seed)?))
    }

    /// Tallies a forecast, or keeps why there is none.
    fn enter(
        &self,
        all: &mut StepTallies,
        name: &str,
        truth: &Truth<'_>,
        field: std::result::Result<&Field, String>,
    ) {
        let place = &truth.place;
        let absent = |reason: &str| self.missing(truth, &format!("{place}: {reason}"));
        let parts = match field {
            Err(reason) => {
                all.failures.push(format!("{name} {place}: {reason}"));
                absent(&reason)
            }
            Ok(field) => {
                let parts = self.tally(truth, field).unwrap_or_else(|e| absent(&e.to_string()));
                for (metric, part) in self.metrics.iter().zip(&parts.whole) {
                    let failure =
                        part.as_ref().err().map(|reason| format!("{} of {name} {reason}", metric.name));
                    all.failures.extend(failure);
                }
                parts
            }
        };
        all.parts.insert(name.to_owned(), parts);
    }

    /// The tallies of a field by cell, pooled to groups; those of all rows are pooled too where they are sums over rows,
    /// and made of the whole field where rows enter a score together.
    fn tally(&self, truth: &Truth<'_>, field: &Field) -> forewarn_core::Result<Parts> {
        let whole = ScoreArgs::new(truth.observed, field)?;
        let scorers: Vec<&dyn Metric> = self.metrics.iter().map(|m| m.metric.as_ref()).collect();
        let sums: Vec<bool> = scorers.iter().map(|m| !m.row_scores(whole.kind()).is_empty()).collect();
        let reason = |e: &forewarn_core::Error| format!("{}: {e}", truth.place);
        let mut parts = Parts { whole: vec![Ok(Tally::default()); scorers.len()], ..Parts::default() };
        for cell in &truth.cells {
            let field = cell.of(field)?;
            let results = tallies(&scorers, &ScoreArgs::new(&cell.observed, &field)?);
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
        let all = vec![Err(reason.to_owned()); self.metrics.len()];
        let keys = truth.cells.iter().flat_map(|c| &c.keys);
        Parts { groups: keys.map(|k| (*k, all.clone())).collect(), whole: all }
    }
}

fn known(observed: &[f32]) -> u64 {
    observed.iter().filter(|v| !v.is_nan()).count() as u64
}
