//! How sure a score is: the circular moving-block bootstrap over target months.
//!
//! Neighbouring months are alike, so that whole blocks of consecutive months are drawn: Kuensch (1989),
//! doi:10.1214/aos/1176347265; on a circle, so that each month is drawn equally often: Politis and Romano (1992), A
//! circular block-resampling procedure for stationary data. What is resampled are the tallies of months; a score needs no
//! more than their pool. The blocks are those of [`forewarn_kernels::bootstrap::Blocks`]: a replicate is a function of its
//! number, and two forecasts are resampled alike.

use forewarn_core::{Metric, Tally};
use forewarn_kernels::bootstrap::percentile_interval;
use forewarn_kernels::random::Stream;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Months with rows below which no interval is given.
pub(crate) const LEAST_MONTHS: usize = 6;

/// How the intervals are computed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Intervals {
    /// Share of the replicates within, 0 to 1, both excluded.
    pub level: f64,
    /// Number of replicates; 0 for no intervals.
    pub replicates: u32,
    /// Months of a block; the cube root of the number of months, rounded, when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<usize>,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { level: 0.9, replicates: 1000, block: None }
    }
}

impl Intervals {
    /// Whether the settings make sense.
    ///
    /// # Errors
    /// [`Error::Config`] when the level is no probability strictly between 0 and 1, or a block has no months.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |reason: String| Err(Error::config("evaluation.interval", reason));
        if !(0.0 < self.level && self.level < 1.0) {
            return wrong(format!("`level` is {}; it must be between 0 and 1, both excluded", self.level));
        }
        if self.block == Some(0) {
            return wrong("`block` is 0; a block has at least 1 month".to_owned());
        }
        Ok(())
    }

    /// Months of a block of `months`.
    pub(crate) fn length(&self, months: usize) -> usize {
        self.block.unwrap_or_else(|| (months as f64).cbrt().round() as usize).clamp(1, months.max(1))
    }
}

/// The scores of the replicates of months in order; NaN for a replicate that has none.
///
/// The pools of all blocks are made once, so that a replicate pools blocks, not months, whatever the metric's way of
/// pooling is.
pub(crate) fn replicates(metric: &dyn Metric, months: &[Tally], settings: &Intervals, seed: u64) -> Vec<f64> {
    let n = months.len();
    let length = settings.length(n);
    let whole = blocks(metric, months, length);
    let rest = if n.is_multiple_of(length) { Vec::new() } else { blocks(metric, months, n % length) };
    let replicate = |r: u32| {
        let stream = Stream::new(seed, &[u64::from(r)]);
        let mut pool = Tally::default();
        for block in 0..n.div_ceil(length) {
            let blocks = if (block + 1) * length <= n { &whole } else { &rest };
            metric.pool(&mut pool, &blocks[stream.below(block as u64, n as u32) as usize]);
        }
        metric.score(&pool).unwrap_or(f64::NAN)
    };
    (0..settings.replicates).map(replicate).collect()
}

/// The pool of `length` months from each month on, on the circle.
fn blocks(metric: &dyn Metric, months: &[Tally], length: usize) -> Vec<Tally> {
    let from = |start: usize| {
        let mut pool = Tally::default();
        months.iter().cycle().skip(start).take(length).for_each(|month| metric.pool(&mut pool, month));
        pool
    };
    (0..months.len()).map(from).collect()
}

/// The central interval that holds `level` of the values; `None` when there are no values, or one is missing.
pub(crate) fn interval(values: &[f64], level: f64) -> Option<(f64, f64)> {
    let (low, high) = percentile_interval(values, level);
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use forewarn_catalog::parse_metric;
    use forewarn_kernels::bootstrap::Blocks;

    use super::*;

    fn months(values: &[f64]) -> Vec<Tally> {
        values.iter().map(|&v| Tally(vec![1.0, 1.0, v])).collect()
    }

    #[test]
    fn blocks_close_to_a_circle() {
        let (_, mae) = parse_metric("mae").unwrap();
        let sums: Vec<f64> =
            blocks(mae.as_ref(), &months(&[1.0, 2.0, 4.0]), 2).iter().map(|t| t.at(2)).collect();
        assert_eq!(sums, [3.0, 6.0, 5.0]);
    }

    #[test]
    fn a_replicate_is_the_score_of_its_months() {
        let (_, mae) = parse_metric("mae").unwrap();
        let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        let settings = Intervals { replicates: 50, block: Some(3), ..Intervals::default() };
        let fast = replicates(mae.as_ref(), &months(&values), &settings, 7);
        let blocks = Blocks::new(8, 3);
        for (r, got) in fast.iter().enumerate() {
            let times = blocks.multiplicities(7, r as u64);
            let sum: f64 = values.iter().zip(times).map(|(v, n)| v * f64::from(n)).sum();
            assert_eq!(*got, sum / 8.0, "replicate {r}");
        }
    }

    #[test]
    fn one_block_of_all_months_is_the_sample_itself() {
        let (_, mae) = parse_metric("mae").unwrap();
        let settings = Intervals { block: Some(99), replicates: 20, ..Intervals::default() };
        let all = replicates(mae.as_ref(), &months(&[1.0, 2.0, 6.0]), &settings, 1);
        assert_eq!(interval(&all, 0.9), Some((3.0, 3.0)));
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let said = |settings: Intervals| settings.check().unwrap_err().to_string();
        assert!(said(Intervals { level: 1.0, ..Intervals::default() }).contains("`level` is 1"));
        assert!(said(Intervals { level: f64::NAN, ..Intervals::default() }).contains("`level` is NaN"));
        assert!(said(Intervals { block: Some(0), ..Intervals::default() }).contains("`block` is 0"));
        assert!(Intervals::default().check().is_ok());
    }

    #[test]
    fn blocks_are_as_long_as_the_cube_root() {
        let length = |n| Intervals::default().length(n);
        assert_eq!([1, 3, 6, 12, 47, 64].map(length), [1, 1, 2, 2, 4, 4]);
    }

    #[test]
    fn the_interval_is_that_of_the_percentiles_and_of_all_or_none() {
        let values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(interval(&values, 0.5), Some((25.0, 75.0)));
        assert_eq!(interval(&[1.0, f64::NAN], 0.9), None);
        assert_eq!(interval(&[], 0.9), None);
    }

    #[test]
    fn the_interval_of_a_mean_of_independent_months_is_as_wide_as_its_error() {
        let (_, mae) = parse_metric("mae").unwrap();
        let values: Vec<f64> = (0..400).map(|i| Stream::new(3, &[]).uniform(i)).collect();
        let settings = Intervals { block: Some(1), replicates: 4000, ..Intervals::default() };
        let (low, high) = interval(&replicates(mae.as_ref(), &months(&values), &settings, 5), 0.9).unwrap();
        // 2 x 1.645 standard errors of the mean of 400 uniform numbers, within a tenth.
        let width = 2.0 * 1.645 / (12.0_f64 * 400.0).sqrt();
        assert!(((high - low) / width - 1.0).abs() < 0.1, "{low} to {high}, expected width {width}");
    }
}
