//! Violence breeds violence: a self-exciting process on the grid.

mod excitation;
mod rings;

use forewarn_core::prelude::*;
use rayon::prelude::*;

use self::excitation::Excitation;
use crate::{settings, steps};

forewarn_core::entry!(Model: SelfExciting as "self-exciting", check);

/// What is expected fades in from the past, here and nearby.
///
/// With `z = log(1 + y)`, the expectation of `z` in unit `u`, `s` periods after `t`, is
/// `background + sum over h, r of w(s, h, r) K(u, t; h, r)`, where `K` is the sum over ring `r` around `u` of the
/// exponentially weighted mean of `z` up to `t` with half-life `h`, and all weights are >= 0. A period that was not
/// observed leaves the weighted mean as it was. The weights of each step make the Poisson deviance least, by the
/// expectation-maximisation of self-exciting point processes, here in discrete time: Veen and Schoenberg (2008),
/// doi:10.1198/016214508000000148; Mohler et al. (2011), doi:10.1198/jasa.2011.ap09546. The forecast is
/// `exp(expectation) - 1`, nearer to a median than to a mean. It reads the target alone, and few numbers are learned: ten
/// a step with three half-lives and two rings.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SelfExciting {
    /// Half-lives of the weighted means, in periods, above 0.
    pub half_lives: Vec<f64>,
    /// Outer radius of each ring of cells around a cell, in cells, ascending; the unit itself is always there. Empty where
    /// units are no grid cells.
    pub rings: Vec<u32>,
    /// Rounds of expectation and maximisation.
    pub rounds: usize,
}

impl Default for SelfExciting {
    fn default() -> Self {
        Self { half_lives: vec![1.0, 6.0, 36.0], rings: Vec::new(), rounds: 200 }
    }
}

impl SelfExciting {
    fn check(self) -> Result<Self> {
        let wrong = |reason: String| Err(Error::config("self-exciting", reason));
        if self.half_lives.is_empty() || self.half_lives.iter().any(|h| !(h.is_finite() && *h > 0.0)) {
            return wrong(format!("`half-lives` is {:?}; name at least one, all above 0", self.half_lives));
        }
        if self.rings.first() == Some(&0) || self.rings.windows(2).any(|w| w[0] >= w[1]) {
            return wrong(format!("`rings` is {:?}; radii ascend from 1 on", self.rings));
        }
        if self.rounds == 0 {
            return wrong("`rounds` is 0; at least 1 is needed".to_owned());
        }
        Ok(self)
    }
}

impl Model for SelfExciting {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        let pairs = self.pairs(args)?;
        let fit = |step: &Pairs| step.weights(self.rounds);
        let weights = pairs.par_iter().map(fit).collect();
        Ok(Box::new(FittedSelfExciting { settings: self.clone(), kind: args.kind, weights }))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<FittedSelfExciting>("self-exciting", state)?))
    }

    fn needs(&self) -> Needs {
        Needs { history: 2, output: Output::Point, features: false }
    }
}

impl SelfExciting {
    /// What each step is fitted from, in one walk through history.
    fn pairs(&self, args: &FitArgs<'_>) -> Result<Vec<Pairs>> {
        let (target, units) = (args.history.column(args.target)?, args.history.units());
        let mut excitation = Excitation::new(units, &self.half_lives, &self.rings)?;
        let width = excitation.width();
        let mut steps: Vec<Pairs> = (0..args.steps.0).map(|_| Pairs::new(width)).collect();
        let fields: Vec<&[f32]> = target.chunks_exact(units.len()).collect();
        for (t, field) in fields.iter().enumerate() {
            excitation.advance(field);
            let now = excitation.kernels();
            let sums = column_sums(&now, width);
            let later = fields.get(t + 1..).unwrap_or_default();
            let collect = |(pairs, field): (&mut Pairs, &&[f32])| pairs.add(&now, &sums, field);
            steps.par_iter_mut().zip(later).for_each(collect);
        }
        Ok(steps)
    }
}

/// Whether a unit was observed up to then: the first kernel is the background, which is 1.
fn is_known(row: &[f32]) -> bool {
    row[0] == 1.0
}

/// Sums over the known units of kernels, units x width.
fn column_sums(kernels: &[f32], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for row in kernels.chunks_exact(width).filter(|row| is_known(row)) {
        sums.iter_mut().zip(row).for_each(|(s, &k)| *s += f64::from(k));
    }
    sums
}

/// The cases of one step. Those without a value above 0 enter the deviance only through the sums of their kernels.
#[derive(Debug)]
struct Pairs {
    /// Sum of each kernel over all cases.
    sums: Vec<f64>,
    /// Kernels of the cases above 0, cases x width.
    kernels: Vec<f32>,
    /// log(1 + y) of the cases above 0.
    labels: Vec<f64>,
}

impl Pairs {
    fn new(width: usize) -> Self {
        Self { sums: vec![0.0; width], kernels: Vec::new(), labels: Vec::new() }
    }

    /// Adds the cases of one period: kernels of then, sums of them, and the target of `step` periods later.
    fn add(&mut self, kernels: &[f32], sums: &[f64], later: &[f32]) {
        let width = self.sums.len();
        self.sums.iter_mut().zip(sums).for_each(|(s, k)| *s += k);
        for (row, &y) in kernels.chunks_exact(width).zip(later).filter(|(row, _)| is_known(row)) {
            if y.is_nan() {
                self.sums.iter_mut().zip(row).for_each(|(s, &k)| *s -= f64::from(k));
            } else if y > 0.0 {
                self.kernels.extend(row);
                self.labels.push(f64::from(y).ln_1p());
            }
        }
    }

    /// The weights after `rounds` of `w <- w * (sum of K z / lambda) / (sum of K)`: none lowers the likelihood.
    fn weights(&self, rounds: usize) -> Vec<f64> {
        let width = self.sums.len();
        let total: f64 = self.labels.iter().sum();
        // Every kernel begins with an equal share of what is to be explained.
        let start = |&sum: &f64| if sum > 0.0 { total / sum / width as f64 } else { 0.0 };
        let mut weights: Vec<f64> = self.sums.iter().map(start).collect();
        for _ in 0..rounds {
            let mut explained = vec![0.0; width];
            for (row, z) in self.kernels.chunks_exact(width).zip(&self.labels) {
                let lambda: f64 = row.iter().zip(&weights).map(|(&k, w)| f64::from(k) * w).sum();
                if lambda > 0.0 {
                    explained.iter_mut().zip(row).for_each(|(e, &k)| *e += f64::from(k) * z / lambda);
                }
            }
            for ((w, e), sum) in weights.iter_mut().zip(&explained).zip(&self.sums) {
                *w = if *sum > 0.0 { *w * e / sum } else { 0.0 };
            }
        }
        weights
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FittedSelfExciting {
    settings: SelfExciting,
    kind: TargetKind,
    /// Background, then by half-life and ring (the unit itself first), one list a step.
    weights: Vec<Vec<f64>>,
}

impl Fitted for FittedSelfExciting {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        let weights = steps::of_step(&self.weights, args.step)?;
        let (target, units) = (args.history.column(args.target)?, args.history.units());
        let mut excitation = Excitation::new(units, &self.settings.half_lives, &self.settings.rings)?;
        excitation.enter(target);
        let expected = |row: &[f32]| -> f64 { row.iter().zip(weights).map(|(&k, w)| f64::from(k) * w).sum() };
        let kernels = excitation.kernels();
        let values = kernels.chunks_exact(weights.len()).map(|row| expected(row).exp_m1() as f32);
        Field::point(args.history.origin(), args.step, units.clone(), values.collect())
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write("self-exciting", self)
    }
}

#[cfg(test)]
mod tests;
