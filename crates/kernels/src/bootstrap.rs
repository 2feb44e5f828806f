//! How sure a number is that was computed from an ordered series of periods: the circular block bootstrap.
//!
//! Periods next to each other are alike, so that whole blocks of them are drawn: Kuensch (1989),
//! doi:10.1214/aos/1176347265; closed to a circle, so that each is drawn equally often: Politis and Romano (1992), in
//! Exploring the Limits of Bootstrap. A replicate is how often each period was drawn. Of a statistic of
//! sums it needs no more than the sums of each period, see [`Blocks::sums`].

use crate::quantile;
use crate::random::Stream;
use crate::special::{normal_cdf, normal_quantile};

/// Blocks of equal length on a circle of periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    periods: u32,
    length: u32,
}

impl Blocks {
    /// Blocks of `length` periods, at least 1 and at most all of them.
    pub fn new(periods: u32, length: u32) -> Self {
        Self { periods, length: length.clamp(1, periods.max(1)) }
    }

    /// Blocks as long as the cube root of the number of periods, rounded up: the rate at which the error of the bootstrap
    /// variance is least (Hall, Horowitz and Jing 1995, doi:10.1093/biomet/82.3.561), with 1 for its constant.
    pub fn automatic(periods: u32) -> Self {
        let root = (1..=periods).find(|&l| u64::from(l).pow(3) >= u64::from(periods));
        Self::new(periods, root.unwrap_or(1))
    }

    /// Periods of a block.
    pub fn length(self) -> u32 {
        self.length
    }

    /// How often each period was drawn in `replicate`; together as often as there are periods. The last block is cut.
    ///
    /// Block `b` begins at `below(b, periods)` of the stream at the address `[replicate]`: any replicate can be had
    /// alone.
    pub fn multiplicities(self, seed: u64, replicate: u64) -> Vec<u32> {
        let stream = Stream::new(seed, &[replicate]);
        let mut drawn = vec![0; self.periods as usize];
        for block in 0..self.periods.div_ceil(self.length) {
            let start = u64::from(stream.below(u64::from(block), self.periods));
            let length = self.length.min(self.periods - block * self.length);
            for i in 0..u64::from(length) {
                drawn[((start + i) % u64::from(self.periods)) as usize] += 1;
            }
        }
        drawn
    }

    /// The first `count` replicates.
    pub fn replicates(self, seed: u64, count: u64) -> impl Iterator<Item = Vec<u32>> {
        (0..count).map(move |replicate| self.multiplicities(seed, replicate))
    }

    /// What `sums` add up to in a replicate: one row of sums a period, and every row as long. A mean, for one, is the sum
    /// of the values over the sum of their number.
    ///
    /// # Panics
    /// When there are not as many rows as periods.
    pub fn sums(self, seed: u64, replicate: u64, sums: &[Vec<f64>]) -> Vec<f64> {
        assert_eq!(sums.len(), self.periods as usize, "one row of sums a period");
        let mut out = vec![0.0; sums.first().map_or(0, Vec::len)];
        for (row, times) in sums.iter().zip(self.multiplicities(seed, replicate)) {
            if times > 0 {
                for (out, x) in out.iter_mut().zip(row) {
                    *out += f64::from(times) * x;
                }
            }
        }
        out
    }
}

/// The central interval that holds `level` (0-1) of the replicated values, by [`quantile::quantile`]. Efron (1979),
/// doi:10.1214/aos/1176344552. NaN when a value is, or there are none.
pub fn percentile_interval(values: &[f64], level: f64) -> (f64, f64) {
    sorted(values).map_or((f64::NAN, f64::NAN), |values| quantile::central_interval(&values, level))
}

/// Bias-corrected and accelerated interval of `level` (0-1): percentiles at
/// `Phi(z0 + (z0 + z) / (1 - a (z0 + z)))`, with `Phi(z0)` the share of the replicated values below the estimate (ties
/// half) and `a = sum d^3 / (6 (sum d^2)^(3/2))` of `d = mean - value` over the values with one part left out.
/// Efron (1987), doi:10.1080/01621459.1987.10478410.
///
/// NaN when a value is missing, or the estimate is outside all of the replicated values.
pub fn accelerated_interval(values: &[f64], estimate: f64, left_out: &[f64], level: f64) -> (f64, f64) {
    let missing = estimate.is_nan() || left_out.iter().any(|v| v.is_nan());
    let Some(values) = sorted(values).filter(|_| !missing && !left_out.is_empty()) else {
        return (f64::NAN, f64::NAN);
    };
    let below = values.partition_point(|&v| v < estimate) + values.partition_point(|&v| v <= estimate);
    let z0 = normal_quantile(below as f64 / (2 * values.len()) as f64);
    let mean = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let power = |k: i32| left_out.iter().map(|v| (mean - v).powi(k)).sum::<f64>();
    let scale = 6.0 * power(2).powf(1.5);
    let a = if scale > 0.0 { power(3) / scale } else { 0.0 };
    let end = |p: f64| {
        let z = z0 + normal_quantile(p);
        quantile::quantile(&values, normal_cdf(z0 + z / (1.0 - a * z)))
    };
    let tail = (1.0 - level) / 2.0;
    if z0.is_finite() { (end(tail), end(1.0 - tail)) } else { (f64::NAN, f64::NAN) }
}

/// The values ascending; nothing when there are none, or one is missing.
fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    crate::sort::sample::sorted(values).filter(|values| !values.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths() {
        let lengths = [0, 1, 8, 9, 27, 36, 64, 1_000, 1_001].map(|n| Blocks::automatic(n).length());
        assert_eq!(lengths, [1, 1, 2, 3, 3, 4, 4, 10, 11]);
        assert_eq!((Blocks::new(5, 0).length(), Blocks::new(5, 9).length()), (1, 5));
        assert_eq!(Blocks::new(0, 3).multiplicities(1, 0), [0_u32; 0]);
    }

    #[test]
    fn a_block_of_all_periods_draws_each_once() {
        for replicate in 0..20 {
            assert_eq!(Blocks::new(7, 7).multiplicities(3, replicate), [1; 7]);
        }
    }

    #[test]
    fn variance_of_the_mean_of_independent_periods() {
        let blocks = Blocks::new(40, 1);
        let sums: Vec<Vec<f64>> = (0..40).map(|i| vec![f64::from(i), 1.0]).collect();
        let means: Vec<f64> = (0..4000).map(|r| blocks.sums(5, r, &sums)).map(|s| s[0] / s[1]).collect();
        let mean = means.iter().sum::<f64>() / 4000.0;
        let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 4000.0;
        // (40^2 - 1) / 12 / 40; six standard errors of each.
        let wanted = 1599.0 / 480.0;
        assert!((mean - 19.5).abs() < 6.0 * (wanted / 4000.0_f64).sqrt(), "{mean}");
        assert!((variance / wanted - 1.0).abs() < 6.0 * (2.0 / 4000.0_f64).sqrt(), "{variance}");
    }

    #[test]
    fn percentiles_by_hand() {
        let values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        let (low, high) = percentile_interval(&values, 0.9);
        assert!((low - 5.0).abs() < 1e-9 && (high - 95.0).abs() < 1e-9);
        assert!(
            percentile_interval(&[], 0.9).0.is_nan() && percentile_interval(&[1.0, f64::NAN], 0.9).1.is_nan()
        );
    }

    #[test]
    fn without_bias_and_skew_the_accelerated_interval_is_the_percentile_interval() {
        let values: Vec<f64> = (0..=100).map(f64::from).collect();
        let (low, high) = accelerated_interval(&values, 50.0, &[1.0, 2.0, 3.0], 0.9);
        assert!((low - 5.0).abs() < 1e-9 && (high - 95.0).abs() < 1e-9, "{low} {high}");
        // An estimate below most of the replicates moves both ends down, a few far left-out values move them too.
        let lower = accelerated_interval(&values, 30.0, &[1.0, 2.0, 3.0], 0.9);
        assert!(lower.0 < low && lower.1 < high);
        let skewed = accelerated_interval(&values, 50.0, &[1.0, 2.0, 2.0, 2.0], 0.9);
        assert!(skewed.0 > low && skewed.1 > high);
        assert!(accelerated_interval(&values, -1.0, &[1.0, 2.0], 0.9).0.is_nan());
        assert!(accelerated_interval(&values, f64::NAN, &[1.0, 2.0], 0.9).0.is_nan());
    }

    proptest! {
        #[test]
        fn every_replicate_draws_as_many_periods_in_runs(n in 1_u32..70, length in 1_u32..70, seed in any::<u64>()) {
            let blocks = Blocks::new(n, length);
            for (r, drawn) in blocks.replicates(seed, 5).enumerate() {
                prop_assert_eq!(drawn.iter().sum::<u32>(), n);
                prop_assert_eq!(&drawn, &blocks.multiplicities(seed, r as u64));
                // No more risings around the circle than there are blocks.
                let rises = (0..drawn.len()).filter(|&i| drawn[i] > drawn[(i + drawn.len() - 1) % drawn.len()]);
                prop_assert!(rises.count() as u32 <= n.div_ceil(blocks.length()));
            }
        }
    }
}
