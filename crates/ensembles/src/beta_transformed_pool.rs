//! The linear pool, recalibrated.

use std::collections::BTreeMap;

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;
use forewarn_kernels::sort;
use rayon::prelude::*;

use crate::beta::{self, Transforms};
use crate::linear_pool::{self, Draws};
use crate::members;
use crate::picks::{self, Pick, gather};
use crate::ranks;
use crate::step_groups::{self, Groups};
use crate::weights::{self, Weights};

forewarn_core::entry!(Ensemble: BetaTransformedPool as "beta-transformed-pool", check);

/// The linear pool, recalibrated by a beta distribution.
///
/// `G(y) = B_ab(F(y))`, with `F = sum of w_m F_m` and `B_ab` the distribution function of a beta variate. A pool of calibrated
/// members is too wide; `a` and `b` above 1 narrow it, below 1 they widen it, `a > b` moves it up; with `a = b = 1` it is
/// `linear-pool`. Draws are those of the linear pool, each replaced by the quantile of `G` at its rank, so that dependence
/// across units survives; draws that tie are ranked at random in each unit. What is learned, for each group of steps, are the
/// parameters most likely to give the past observations, each within the interval of the pool's probabilities that it and
/// its ties span; of `n` past months their logarithms become `n / (n + 2 shrinkage)` of that, 0 without a past. Points alone
/// give their weighted mean. Ranjan and Gneiting (2010), doi:10.1111/j.1467-9868.2009.00726.x; Gneiting and Ranjan (2013),
/// doi:10.1214/13-EJS823.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BetaTransformedPool {
    /// Weight of each member, by its name; divided by their sum. Every member has one, or none are given and all are equal.
    pub weights: BTreeMap<String, f64>,
    /// `a` and `b`: `"learned"` from the past, or `{ given = [a, b] }`, both above 0.
    pub parameters: Parameters,
    /// First and last step of each group that learns parameters of its own.
    pub steps: Groups,
    /// Months of the past, for each parameter, that `a = b = 1` counts as; 0 believes the past alone.
    #[schemars(range(min = 0.0))]
    pub shrinkage: f64,
}

impl Default for BetaTransformedPool {
    fn default() -> Self {
        let steps = step_groups::default_groups();
        Self { weights: BTreeMap::new(), parameters: Parameters::Learned, steps, shrinkage: 1.0 }
    }
}

/// Where the parameters of a beta transform come from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Parameters {
    /// From past forecasts, for each group of steps.
    Learned,
    /// These, at all steps.
    Given([f64; 2]),
}

impl BetaTransformedPool {
    fn check(self) -> Result<Self> {
        let component = "beta-transformed-pool";
        weights::check(component, &self.weights)?;
        step_groups::check(component, &self.steps)?;
        step_groups::check_shrinkage(component, self.shrinkage)?;
        match self.parameters {
            Parameters::Given(both) if !both.iter().all(|x| *x > 0.0 && x.is_finite()) => {
                let [a, b] = both;
                Err(Error::config(component, format!("`a` is {a}, `b` {b}; give two numbers above 0")))
            }
            _ => Ok(self),
        }
    }

    /// The parameters of one group.
    fn learn(&self, past: &Transforms) -> (f64, f64) {
        let (a, b) = past.most_likely();
        let believed = step_groups::credibility(past.targets.len(), 2.0 * self.shrinkage);
        (a.powf(believed), b.powf(believed))
    }
}

impl Ensemble for BetaTransformedPool {
    fn fit(&self, args: &EnsembleArgs<'_>) -> Result<Box<dyn Combine>> {
        let weights = Weights::new("beta-transformed-pool", &self.weights, args)?;
        let (groups, parameters) = match self.parameters {
            Parameters::Given([a, b]) => (vec![[1, u16::MAX]], vec![(a, b)]),
            Parameters::Learned => {
                let past = beta::read(args, &self.steps, &weights)?;
                (self.steps.clone(), past.iter().map(|past| self.learn(past)).collect())
            }
        };
        let names = args.members.iter().map(|&name| name.to_owned()).collect();
        Ok(Box::new(Recalibrated { weights, names, groups, parameters }))
    }

    fn learns(&self) -> bool {
        self.parameters == Parameters::Learned
    }
}

/// Weights that fit the members, and the parameters of each group of steps.
#[derive(Debug)]
struct Recalibrated {
    weights: Weights,
    names: Vec<String>,
    groups: Groups,
    parameters: Vec<(f64, f64)>,
}

impl Combine for Recalibrated {
    fn combine(&self, args: &CombineArgs<'_>) -> Result<Field> {
        let first = members::check(args.members)?;
        let group = step_groups::find(&self.groups, first.step);
        let (a, b) = group.and_then(|g| self.parameters.get(g).copied()).unwrap_or((1.0, 1.0));
        if (a == 1.0 && b == 1.0) || args.members.iter().all(|m| m.field.is_point()) {
            return linear_pool::combine(args, &self.weights, Draws::Widest);
        }
        let (members, weights) = self.weights.pair(args.members)?;
        let pick = |total| picks::picks(&members, &weights, total, args.seed);
        let (pooled, all) = (pick(members::widest(&members)), pick(members::total(&members)));
        let ranks = quantile_ranks((a, b), pooled.len(), all.len());
        let width = pooled.len();
        let transform = Transform { members: &members, pooled, all, ranks, seed: args.seed };
        let mut values = vec![0.0; first.units().len() * width];
        let chunks = values.par_chunks_mut(CHUNK * width).enumerate();
        chunks.for_each(|(i, part)| transform.chunk(i * CHUNK, part));
        members::field(&members, width, values)
    }

    fn weights(&self, _: Step) -> Vec<f64> {
        self.weights.of(&self.names)
    }
}

/// Units handed to a thread at a time.
const CHUNK: usize = 256;

/// For each rank of `width` draws, the rank among `total` draws of the pool that has its probability in `G`: the smallest
/// whose share, transformed, is at least the rank's `(r + 1/2) / width`.
fn quantile_ranks((a, b): (f64, f64), width: usize, total: usize) -> Vec<usize> {
    let mut at = 0;
    let rank = |r: usize| {
        let p = (r as f64 + 0.5) / width as f64;
        while at + 1 < total && beta::distribution(a, b, (at + 1) as f64 / total as f64) < p {
            at += 1;
        }
        at
    };
    (0..width).map(rank).collect()
}

/// What is done with every unit.
struct Transform<'a> {
    members: &'a [Member<'a>],
    /// The draws of the linear pool, whose order is kept.
    pooled: Vec<Pick>,
    /// Those of all members, whose quantiles are taken.
    all: Vec<Pick>,
    /// Rank among all of each rank in the pool.
    ranks: Vec<usize>,
    seed: u64,
}

impl Transform<'_> {
    /// Transforms the units from `first` on.
    fn chunk(&self, first: usize, out: &mut [f32]) {
        let mut varying = Vec::new();
        for (k, out) in out.chunks_exact_mut(self.pooled.len()).enumerate() {
            gather(self.members, &self.pooled, first + k, out);
            if !out[0].is_nan() && !members::agree(self.members, first + k) {
                varying.push(k);
            }
        }
        let mut all = vec![0.0; varying.len() * self.all.len()];
        let mut tagged = Vec::with_capacity(varying.len() * self.pooled.len());
        for (&k, row) in varying.iter().zip(all.chunks_exact_mut(self.all.len())) {
            gather(self.members, &self.all, first + k, row);
            ranks::tag(&out[k * self.pooled.len()..(k + 1) * self.pooled.len()], &mut tagged);
        }
        sort::rows(&mut all, self.all.len());
        sort::rows(&mut tagged, self.pooled.len());
        let rows = all.chunks_exact(self.all.len()).zip(tagged.chunks_exact_mut(self.pooled.len()));
        for (&k, (all, order)) in varying.iter().zip(rows) {
            self.break_ties(first + k, order);
            for (&draw, &rank) in order.iter().zip(&self.ranks) {
                out[k * self.pooled.len() + ranks::place(draw)] = all[rank];
            }
        }
    }

    /// Puts draws of one value in random order: which of the zeros becomes an event must not be the same in all units.
    fn break_ties(&self, index: usize, order: &mut [f64]) {
        let field = self.members[0].field;
        let address = [field.origin.0 as u64, u64::from(field.step.0), u64::from(field.units()[index].0)];
        let stream = Stream::new(self.seed, &address);
        for tie in order.chunk_by_mut(|&a, &b| ranks::value(a) == ranks::value(b)) {
            tie.sort_by_cached_key(|&draw| stream.number(ranks::place(draw) as u64));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(seed: u64, width: usize) -> Field {
        let units = (0..30).map(Unit).collect();
        let value = |i: usize| {
            let s = Stream::new(seed, &[i as u64]);
            if s.uniform(0) < 0.5 { 0.0 } else { (s.uniform(1) * 50.0) as f32 }
        };
        Field::draws(Period(5), Step(1), units, width, (0..30 * width).map(value).collect()).unwrap()
    }

    fn combine(entry: &Entry<dyn Ensemble>, settings: &serde_json::Value) -> Field {
        let (a, b) = (field(1, 60), field(2, 60));
        let members = [Member { name: "a", field: &a }, Member { name: "b", field: &b }];
        let fitted = (entry.build)(settings).unwrap().fit(&EnsembleArgs::new(&["a", "b"])).unwrap();
        fitted.combine(&CombineArgs::new(&members, 7)).unwrap()
    }

    #[test]
    fn ranks_are_quantiles_of_the_transform() {
        assert_eq!(quantile_ranks((1.0, 1.0), 4, 4), [0, 1, 2, 3]);
        // G = F^2: the median of G is where F is 0.707, the second of two quantiles where it is 0.866.
        assert_eq!(quantile_ranks((2.0, 1.0), 1, 10), [7]);
        assert_eq!(quantile_ranks((2.0, 1.0), 2, 100), [49, 86]);
        // Symmetric and narrow: towards the middle. Wide: towards the ends.
        assert_eq!(quantile_ranks((1000.0, 1000.0), 3, 100), [48, 49, 51].map(|r| r));
        assert_eq!(quantile_ranks((0.01, 0.01), 2, 100), [0, 99]);
    }

    #[test]
    fn the_quantiles_are_those_of_the_transformed_pool() {
        let (a, b) = (field(1, 60), field(2, 60));
        let out = combine(&ENTRY, &json!({"parameters": {"given": [2.0, 0.5]}})).sorted();
        for (i, row) in out.rows().enumerate() {
            let mut all = [members::row(&a, i), members::row(&b, i)].concat();
            all.sort_by(f32::total_cmp);
            for (rank, &x) in row.iter().enumerate() {
                let p = (rank as f64 + 0.5) / 60.0;
                let at_most = all.iter().filter(|v| **v <= x).count() as f64 / 120.0;
                let below = all.iter().filter(|v| **v < x).count() as f64 / 120.0;
                assert!(beta::distribution(2.0, 0.5, at_most) >= p && beta::distribution(2.0, 0.5, below) < p);
            }
        }
    }

    #[test]
    fn the_order_of_the_pooled_draws_is_kept_and_ties_are_broken_unit_by_unit() {
        let pooled = combine(&linear_pool::ENTRY, &json!({}));
        let out = combine(&ENTRY, &json!({"parameters": {"given": [2.0, 1.0]}}));
        let mut zeros = 0;
        for (before, after) in pooled.rows().zip(out.rows()) {
            let pairs = (0..60).flat_map(|i| (0..60).map(move |j| (i, j)));
            assert!(pairs.clone().all(|(i, j)| before[i] >= before[j] || after[i] <= after[j]));
            zeros += after.iter().zip(before).filter(|(after, before)| **before == 0.0 && **after > 0.0).count();
        }
        assert!(zeros > 100, "a transform that moves up makes events of zeros: {zeros}");
        // Among the zeros of a draw, some units gain an event and some do not.
        let gains = |d: usize| {
            let both = pooled.rows().zip(out.rows()).filter(|(before, _)| before[d] == 0.0);
            let gained: Vec<bool> = both.map(|(_, after)| after[d] > 0.0).collect();
            gained.contains(&true) && gained.contains(&false)
        };
        assert!((0..60).filter(|&d| gains(d)).count() > 50);
    }

    #[test]
    fn one_and_one_are_the_linear_pool_and_parameters_that_are_none_are_refused() {
        let pool = combine(&linear_pool::ENTRY, &json!({}));
        assert_eq!(combine(&ENTRY, &json!({"parameters": {"given": [1.0, 1.0]}})), pool);
        assert_eq!(combine(&ENTRY, &json!({})), pool);
        for wrong in [[2.0, 0.0], [-1.0, 1.0], [f64::MAX * 2.0, 1.0]] {
            let settings = BetaTransformedPool { parameters: Parameters::Given(wrong), ..BetaTransformedPool::default() };
            assert!(settings.check().unwrap_err().to_string().contains("give two numbers above 0"));
        }
        assert!((ENTRY.build)(&json!({"parameters": {"given": [2.0]}})).is_err());
    }
}
