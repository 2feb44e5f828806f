//! The newest periods against those before them.

use std::ops::Range;

use forewarn_kernels::kolmogorov_smirnov::{Pooled, untied_p_value};

use super::shares::{Counts, What};
use super::tensor::{NONE, Tensor};

/// What keeps the reference from dividing by zero.
const TINY: f64 = 1e-20;
/// Greatest product of sample sizes for an exact p value, and greatest sample for one of the reference (`SciPy`).
const EXACT: u64 = 200_000_000;
const EXACT_VIEWS: u64 = 10_000;
/// The reference's answer where a sample is empty.
const EMPTY_VIEWS: f64 = 1e10;

/// The periods that are trusted, and those that are tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub standard: Range<usize>,
    pub test: Range<usize>,
}

impl Split {
    /// The last `test` of so many periods, and the `standard` before them; the reference leaves out the last one.
    /// `None` when there are too few.
    pub(super) fn new(periods: usize, [standard, test]: [usize; 2], views: bool) -> Option<Self> {
        let end = periods.checked_sub(usize::from(views))?;
        let boundary = end.checked_sub(test)?;
        Some(Self { standard: boundary.checked_sub(standard)?..boundary, test: boundary..end })
    }
}

/// One number of a test: what it is, and what it was made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    /// What the threshold is for; NaN when it cannot be told.
    pub value: f64,
    /// Of the tested periods.
    pub seen: f64,
    /// Of the trusted ones.
    pub expected: f64,
}

/// Relative change of a share of one feature.
pub(super) fn share(tensor: &Tensor, split: &Split, feature: usize, what: What) -> Change {
    let [(hits, n), (seen_hits, m)] = [&split.standard, &split.test]
        .map(|periods| Counts::of(tensor.feature(feature, periods.clone())).share(what));
    let (expected, seen) = (hits as f64 / n as f64, seen_hits as f64 / m as f64);
    // None among many is taken for half of one: a share of zero is no measure of change.
    let value = (seen - expected).abs() / expected.max(0.5 / n as f64);
    Change { value, seen, expected }
}

/// The reference's: shares of the existing values of all features.
pub(super) fn share_views(tensor: &Tensor, split: &Split, feature: usize, what: What) -> Change {
    let [expected, seen] = [&split.standard, &split.test].map(|periods| {
        let counts = Counts::of(tensor.feature(feature, periods.clone()));
        let all = Counts::of(tensor.rows(periods.clone()).flatten().copied()).existing();
        let hits = if what == What::Missing { counts.missing } else { counts.zeros };
        hits as f64 / (all as f64 + TINY)
    });
    Change { value: (seen - expected).abs() / (expected + TINY), seen, expected }
}

/// How many standard deviations of the trusted values the greatest tested one is from their mean.
pub(super) fn extreme(tensor: &Tensor, split: &Split, feature: usize, views: bool) -> Change {
    let there = |periods: &Range<usize>| {
        tensor.feature(feature, periods.clone()).filter(|v| *v != NONE && !v.is_nan())
    };
    let n = there(&split.standard).count() as f64;
    let expected = there(&split.standard).sum::<f64>() / n;
    let sd = (there(&split.standard).map(|v| (v - expected).powi(2)).sum::<f64>() / n).sqrt();
    if views {
        let mut test = tensor.feature(feature, split.test.clone());
        let seen = test.try_fold(NONE, |a, v| if v.is_nan() { Err(v) } else { Ok(a.max(v)) });
        let seen = seen.unwrap_or_else(|nan| nan);
        return Change { value: (seen - expected).abs() / (sd + TINY), seen, expected };
    }
    let seen = there(&split.test).reduce(f64::max).unwrap_or(f64::NAN);
    let far = (seen - expected).abs();
    // Rounding is no variation.
    let value = match sd > 1e-12 * expected.abs() {
        true => far / sd,
        false if far <= 1e-12 * expected.abs() => 0.0,
        false => f64::NAN,
    };
    Change { value, seen, expected }
}

/// One over the p value of the test of Kolmogorov and Smirnov on the values above zero; what it was made from are
/// the sizes of the samples.
pub(super) fn distribution(tensor: &Tensor, split: &Split, feature: usize, views: bool) -> Change {
    let [standard, test] = [&split.standard, &split.test]
        .map(|periods| tensor.feature(feature, periods.clone()).filter(|v| *v > 0.0).collect::<Vec<_>>());
    let (expected, seen) = (standard.len() as f64, test.len() as f64);
    if standard.is_empty() || test.is_empty() {
        return Change { value: if views { EMPTY_VIEWS } else { f64::NAN }, seen, expected };
    }
    let pooled = Pooled::new(&standard, &test);
    let [n, m] = pooled.sizes();
    let p = match views {
        true if n.max(m) <= EXACT_VIEWS => untied_p_value(pooled.gap(), [n, m]),
        false if n.saturating_mul(m) <= EXACT => pooled.exact_p_value(),
        _ => pooled.asymptotic_p_value(),
    };
    Change { value: 1.0 / p.max(f64::MIN_POSITIVE), seen, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: &[f64]) -> (Tensor, Split) {
        let tensor = Tensor { units: 2, features: 1, values: values.to_vec() };
        let split = Split::new(tensor.periods(), [tensor.periods() - 1, 1], false).unwrap();
        (tensor, split)
    }

    #[test]
    fn the_reference_never_looks_at_the_newest_period() {
        assert_eq!(Split::new(34, [30, 1], true), Some(Split { standard: 2..32, test: 32..33 }));
        assert_eq!(Split::new(34, [30, 1], false), Some(Split { standard: 3..33, test: 33..34 }));
        assert_eq!((Split::new(31, [30, 1], true), Split::new(0, [1, 1], true)), (None, None));
    }

    #[test]
    fn a_share_that_was_zero_is_half_of_one() {
        // None of 4 missing, then 1 of 2: a half against an eighth.
        let (data, split) = tensor(&[0.0, 1.0, 0.0, 2.0, f64::NAN, 1.0]);
        assert_eq!(share(&data, &split, 0, What::Missing).value, 4.0);
        // Half of the values are zeros, and none of the one that is there.
        assert_eq!(share(&data, &split, 0, What::Zeros).value, 1.0);
        assert!(share_views(&data, &split, 0, What::Missing).value > 1e19);
        // Nothing is there: nothing is known of its zeros.
        let (data, split) = tensor(&[0.0, 1.0, f64::NAN, f64::NAN]);
        assert!(share(&data, &split, 0, What::Zeros).value.is_nan());
        assert_eq!(share_views(&data, &split, 0, What::Zeros).value, 1.0);
    }

    #[test]
    fn what_is_missing_hides_no_extreme_value() {
        let (data, split) = tensor(&[1.0, 3.0, 1.0, 3.0, f64::NAN, 7.0]);
        assert_eq!(extreme(&data, &split, 0, false).value, 5.0);
        assert!(extreme(&data, &split, 0, true).value.is_nan());
        let (data, split) = tensor(&[0.1, 0.1, 0.1, 0.1, 0.1, NONE]);
        assert_eq!(extreme(&data, &split, 0, false).value, 0.0);
        let (data, split) = tensor(&[0.1, 0.1, 0.1, 0.1, 0.1, 0.2]);
        assert!(extreme(&data, &split, 0, false).value.is_nan(), "there is no measure");
    }

    #[test]
    fn an_empty_sample_is_unknown() {
        let (data, split) = tensor(&[1.0, 3.0, 1.0, 3.0, 0.0, 0.0]);
        assert!(distribution(&data, &split, 0, false).value.is_nan());
        assert_eq!(distribution(&data, &split, 0, true).value, 1e10);
        // 1 1 3 3 against 5 5: 2 of the 15 ways to deal six values are as far apart, 1 of them without ties.
        let (data, split) = tensor(&[1.0, 3.0, 1.0, 3.0, 5.0, 5.0]);
        assert!((distribution(&data, &split, 0, false).value - 7.5).abs() < 1e-12);
    }
}
