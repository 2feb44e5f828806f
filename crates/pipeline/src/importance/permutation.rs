//! Permutation importance: forecasts from rolling origins, with one feature at a time in disorder.

use std::collections::BTreeMap;

use forewarn_core::{Better, Panel, Period, PredictArgs, RollingOrigins, ScoreArgs, Step, Tally};
use forewarn_data::panel_file;
use forewarn_kernels::random::{Stream, seed_for};
use rayon::prelude::*;

use crate::components::ModelSpec;
use crate::context::FEATURES;
use crate::scores::NamedMetric;
use crate::session::Session;
use crate::stages::train::Trained;
use crate::{Error, Result};

/// Tallies by feature (none: the forecast as it is), repeat and step, pooled over origins.
type Pools = BTreeMap<(Option<usize>, usize, u16), Tally>;

/// What forecasts are made with.
pub(super) struct Permutation<'a> {
    session: &'a Session<'a>,
    trained: &'a Trained,
    metric: &'a NamedMetric,
    /// The model's seed of draws, as in the evaluation.
    seed: u64,
    /// Changed in one column and period at a time, and changed back.
    features: Panel,
}

/// Losses of the forecasts as they are, and by how much they rise.
pub(super) struct Scored {
    /// Score of each step.
    pub(super) base: BTreeMap<u16, f64>,
    increases: BTreeMap<(String, u16), Vec<f64>>,
}

impl Scored {
    /// The rises of a feature at a step, one a repeat; none where it was not permuted.
    pub(super) fn of(&self, feature: &str, step: u16) -> &[f64] {
        self.increases.get(&(feature.to_owned(), step)).map_or(&[], Vec::as_slice)
    }
}

impl<'a> Permutation<'a> {
    /// Reads the features of the run.
    pub(super) fn new(
        session: &'a Session<'a>,
        spec: &ModelSpec,
        trained: &'a Trained,
        metric: &'a NamedMetric,
    ) -> Result<Self> {
        let Some(made) = session.ctx.featured() else {
            let reason = format!("`{}` learns from features, and the run has none", spec.name);
            return Err(Error::config("features.query-set", reason));
        };
        let features = panel_file::read(&made.dir.join(FEATURES))?;
        Ok(Self { session, trained, metric, seed: trained.seed, features })
    }

    /// All features of the run.
    pub(super) fn columns(&self) -> Vec<String> {
        self.features.columns().iter().map(|c| c.name.clone()).collect()
    }

    /// The scores of `steps` as they are, and with each feature permuted in the steps that it names.
    ///
    /// # Errors
    /// What the model or the metric refuses.
    pub(super) fn scores(
        &mut self,
        origins: RollingOrigins,
        steps: &[u16],
        repeats: usize,
        features: &[(&str, Vec<u16>)],
    ) -> Result<Scored> {
        let mut pools = Pools::new();
        let total = (origins.count * features.len()) as u64;
        for (o, origin) in origins.iter().enumerate() {
            self.add(&mut pools, (None, 0), origin, steps)?;
            for (f, (feature, used)) in features.iter().enumerate() {
                for repeat in 0..if used.is_empty() { 0 } else { repeats } {
                    let order = self.order(feature, repeat, origin);
                    self.features.rearrange(feature, origin, &order)?;
                    let added = self.add(&mut pools, (Some(f), repeat), origin, used);
                    self.features.rearrange(feature, origin, &inverse(&order))?;
                    added?;
                }
                self.session.ctx.engine.advance((o * features.len() + f + 1) as u64, total);
            }
        }
        self.scored(&pools, steps, features)
    }

    /// Forecasts and tallies `steps` from one origin, side by side, and adds them in order.
    fn add(
        &self,
        pools: &mut Pools,
        (feature, repeat): (Option<usize>, usize),
        origin: Period,
        steps: &[u16],
    ) -> Result<()> {
        let tallies: Vec<Result<Tally>> =
            steps.par_iter().map(|&step| self.tally(origin, Step(step))).collect();
        for (&step, tally) in steps.iter().zip(tallies) {
            let pool = pools.entry((feature, repeat, step)).or_default();
            self.metric.metric.pool(pool, &tally?);
        }
        Ok(())
    }

    fn tally(&self, origin: Period, step: Step) -> Result<Tally> {
        let (ctx, config) = (self.session.ctx, &self.session.ctx.run.config);
        let (panel, target) = (ctx.panel()?, config.target.column.as_str());
        let args = PredictArgs::new(panel.until(origin)?, target, step, config.forecast.draws, self.seed)?;
        let field = self.trained.fitted.predict(&args.with_features(self.features.until(origin)?)?)?;
        let observed = panel.field(target, origin + step)?;
        Ok(self.metric.metric.tally(&ScoreArgs::new(observed, &field)?)?)
    }

    /// A random order of the units, for each feature, repeat and origin its own: Fisher and Yates (Durstenfeld 1964,
    /// doi:10.1145/364520.364540).
    fn order(&self, feature: &str, repeat: usize, origin: Period) -> Vec<u32> {
        let seed = seed_for(self.session.ctx.run.config.seed, feature);
        let stream = Stream::new(seed, &[repeat as u64, origin.0 as u64]);
        let mut order: Vec<u32> = (0..self.features.units().len() as u32).collect();
        for i in (1..order.len()).rev() {
            order.swap(i, stream.below(i as u64, i as u32 + 1) as usize);
        }
        order
    }

    fn scored(&self, pools: &Pools, steps: &[u16], features: &[(&str, Vec<u16>)]) -> Result<Scored> {
        let score = |pool: &Tally| self.metric.metric.score(pool);
        let better = self.metric.metric.better();
        let mut scored = Scored { base: BTreeMap::new(), increases: BTreeMap::new() };
        for &step in steps {
            scored.base.insert(step, pools.get(&(None, 0, step)).map_or(Ok(f64::NAN), score)?);
        }
        for (&(feature, _, step), pool) in pools {
            let Some((name, _)) = feature.and_then(|f| features.get(f)) else { continue };
            let rise = loss(better, score(pool)?) - loss(better, scored.base[&step]);
            scored.increases.entry(((*name).to_owned(), step)).or_default().push(rise);
        }
        Ok(scored)
    }
}

/// Less is better.
fn loss(better: Better, score: f64) -> f64 {
    match better {
        Better::Lower => score,
        Better::Higher => -score,
        Better::Near(best) => (score - best).abs(),
    }
}

/// The order that undoes an order.
fn inverse(order: &[u32]) -> Vec<u32> {
    let mut inverse = vec![0; order.len()];
    for (i, &u) in order.iter().enumerate() {
        inverse[u as usize] = i as u32;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_undone() {
        let (order, values) = ([2_u32, 0, 3, 1], [10, 11, 12, 13]);
        let there: Vec<_> = order.iter().map(|&u| values[u as usize]).collect();
        let back: Vec<_> = inverse(&order).iter().map(|&u| there[u as usize]).collect();
        assert_eq!((there, back), (vec![12, 10, 13, 11], values.to_vec()));
    }

    #[test]
    fn a_loss_rises_when_a_score_gets_worse() {
        assert_eq!(loss(Better::Lower, 2.0), 2.0);
        assert!(loss(Better::Higher, 0.3) > loss(Better::Higher, 0.4));
        assert!(loss(Better::Near(0.9), 0.7) > loss(Better::Near(0.9), 1.0));
    }
}
