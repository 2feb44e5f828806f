//! Distributions around the mean that a regression predicts.

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;
use forewarn_kernels::sampling::{Counts, gamma};

use crate::cases::{Cases, Targets};

/// The family of distributions around a predicted mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// None: a point forecast.
    #[default]
    None,
    /// Poisson: variance = mean.
    Poisson,
    /// Negative binomial: variance = mean + dispersion x mean^2.
    NegativeBinomial,
    /// Tweedie of power 1.5, a Poisson number of gamma amounts: variance = dispersion x mean^1.5.
    Tweedie,
}

/// Power of the variance of [`Distribution::Tweedie`].
const POWER: f64 = 1.5;

impl Distribution {
    /// The dispersion by the method of moments over all pairs of a step, `means` being the predictions for each row.
    ///
    /// Negative binomial: `sum((y - m)^2 - m) / sum(m^2)`, at least 0 (Poisson). Tweedie: `sum((y - m)^2) / sum(m^1.5)`.
    pub(super) fn dispersion(self, cases: &Cases, target: &[f32], step: Step, means: &[f32]) -> f64 {
        let (mut above, mut below) = (0.0, 0.0);
        for (row, y) in cases.pairs(Targets::all(target), step) {
            let mean = f64::from(means[row as usize]).max(0.0);
            let square = (f64::from(y) - mean).powi(2);
            let (a, b) = match self {
                Self::None | Self::Poisson => return 0.0,
                Self::NegativeBinomial => (square - mean, mean * mean),
                Self::Tweedie => (square, mean.powf(POWER)),
            };
            (above, below) = (above + a, below + b);
        }
        if below > 0.0 { (above / below).max(0.0) } else { 0.0 }
    }

    /// The distribution around `mean`.
    pub(super) fn around(self, mean: f64, dispersion: f64) -> Around {
        if mean.is_nan() || mean <= 0.0 {
            return Around::Constant(if mean.is_nan() { f64::NAN } else { 0.0 });
        }
        match self {
            Self::NegativeBinomial if dispersion > 0.0 => {
                let size = 1.0 / dispersion;
                Around::Counts(Counts::negative_binomial(size, size / (size + mean)))
            }
            Self::Poisson | Self::NegativeBinomial => Around::Counts(Counts::poisson(mean)),
            Self::Tweedie if dispersion > 0.0 => Around::Amounts {
                number: Counts::poisson(mean.powf(2.0 - POWER) / (dispersion * (2.0 - POWER))),
                shape: (2.0 - POWER) / (POWER - 1.0),
                scale: dispersion * (POWER - 1.0) * mean.powf(POWER - 1.0),
            },
            Self::None | Self::Tweedie => Around::Constant(mean),
        }
    }
}

/// One predictive distribution.
#[derive(Debug)]
pub(super) enum Around {
    Constant(f64),
    Counts(Counts),
    /// A number of gamma amounts.
    Amounts {
        number: Counts,
        shape: f64,
        scale: f64,
    },
}

impl Around {
    /// The draw at `level` (0-1); an amount takes a second random number, the `d`-th of `stream`.
    pub(super) fn draw(&self, level: f64, stream: Stream, d: u64) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Counts(counts) => counts.quantile(level),
            Self::Amounts { number, shape, scale } => {
                let n = number.quantile(level);
                if n == 0.0 { 0.0 } else { gamma(stream.uniform(d), n * shape, *scale) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::levels::midpoints;

    /// Mean and variance of many draws.
    fn moments(around: &Around) -> (f64, f64) {
        let n = 20_000;
        let stream = Stream::new(6, &[]);
        let draws: Vec<f64> = midpoints(n).iter().enumerate().map(|(d, &l)| around.draw(l, stream, d as u64)).collect();
        let mean = draws.iter().sum::<f64>() / n as f64;
        (mean, draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64)
    }

    #[test]
    fn means_and_variances_are_those_of_the_family() {
        let near = |(mean, variance): (f64, f64), (m, v): (f64, f64)| {
            assert!((mean / m - 1.0).abs() < 0.02 && (variance / v - 1.0).abs() < 0.08, "{mean}, {variance}: {m}, {v}");
        };
        near(moments(&Distribution::Poisson.around(4.0, 0.0)), (4.0, 4.0));
        near(moments(&Distribution::NegativeBinomial.around(4.0, 0.5)), (4.0, 12.0));
        near(moments(&Distribution::NegativeBinomial.around(4.0, 0.0)), (4.0, 4.0));
        near(moments(&Distribution::Tweedie.around(4.0, 2.0)), (4.0, 16.0));
    }

    #[test]
    fn no_mean_gives_no_draw_and_none_below_zero() {
        let draw = |mean| Distribution::Tweedie.around(mean, 2.0).draw(0.99, Stream::new(1, &[]), 0);
        assert!(draw(f64::NAN).is_nan() && draw(0.0) == 0.0 && draw(-3.0) == 0.0);
    }

    #[test]
    fn dispersions_are_those_of_the_pairs() {
        let (_, cases) = Cases::new(vec!["x".to_owned()], &[&[1.0, 1.0, 1.0, 1.0]], 1).unwrap();
        let target = [9.0, 1.0, 3.0, 8.0];
        let of = |family: Distribution| family.dispersion(&cases, &target, Step(1), &[4.0]);
        // Squares 9, 1, 16 about the mean 4; mean^1.5 is 8.
        assert_eq!(of(Distribution::NegativeBinomial), (26.0 - 12.0) / 48.0);
        assert_eq!(of(Distribution::Tweedie), 26.0 / 24.0);
        assert_eq!(of(Distribution::Poisson), 0.0);
    }
}
