//! Outliers by empirical distribution functions: ECOD of Li, Zhao, Hu, Botta, Ionescu and Chen (2022),
//! doi:10.1109/TKDE.2022.3159580, as in `pyod`, where every row is scored among the rows it was fitted on.

use forewarn_kernels::quantile::quantile;

use super::changes::{Change, Split};
use super::tensor::Tensor;

/// Share of the trusted rows that are to be outliers.
const CONTAMINATION: f64 = 0.1;
const TINY: f64 = 1e-20;

/// How much more or less often tested rows are outliers than trusted ones, relative to the latter; rows with a value
/// that is missing or of a unit that does not exist are left out. NaN when no row is left.
pub(super) fn outliers(tensor: &Tensor, split: &Split, views: bool) -> Change {
    let complete = |row: &&[f64]| row.iter().all(|v| v.is_finite());
    let rows = |periods: &std::ops::Range<usize>| tensor.rows(periods.clone()).filter(complete).collect::<Vec<_>>();
    let (standard, test) = (rows(&split.standard), rows(&split.test));
    if standard.is_empty() || test.is_empty() {
        return Change { value: f64::NAN, seen: f64::NAN, expected: f64::NAN };
    }
    let trusted = scores(&standard);
    let mut sorted = trusted.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let bound = quantile(&sorted, 1.0 - CONTAMINATION);
    let share = |scores: &[f64]| scores.iter().filter(|s| **s > bound).count() as f64 / scores.len() as f64;
    let together: Vec<&[f64]> = standard.iter().chain(&test).copied().collect();
    let (expected, seen) = (share(&trusted), share(&scores(&together)[standard.len()..]));
    let least = if views { expected + TINY } else { expected.max(0.5 / standard.len() as f64) };
    Change { value: (seen - expected).abs() / least, seen, expected }
}

/// The score of each row: the sum over features of the negative logarithm of the smaller tail that it is in.
fn scores(rows: &[&[f64]]) -> Vec<f64> {
    let mut scores = vec![0.0; rows.len()];
    for feature in 0..rows.first().map_or(0, |row| row.len()) {
        let values: Vec<f64> = rows.iter().map(|row| row[feature]).collect();
        // The greater tail covers that on the side of the skew; without any, `pyod` takes both.
        let symmetric = skewness(&values) == 0.0;
        for (score, [left, right]) in scores.iter_mut().zip(tails(&values)) {
            *score += if symmetric { left + right } else { left.max(right) };
        }
    }
    scores
}

/// Negative logarithms of the shares of values that are at most, and at least, each value.
fn tails(values: &[f64]) -> Vec<[f64; 2]> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = values.len() as f64;
    let tail = |v: &f64| {
        let (below, up_to) = (sorted.partition_point(|s| s < v), sorted.partition_point(|s| s <= v));
        [up_to, sorted.len() - below].map(|count| -(count as f64 / n).ln())
    };
    values.iter().map(tail).collect()
}

/// Third standardised moment; 0 for constant values.
fn skewness(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let moment = |k: i32| values.iter().map(|v| (v - mean).powi(k)).sum::<f64>() / n;
    let variance = moment(2);
    if variance > (f64::EPSILON * mean).powi(2) { moment(3) / variance.powf(1.5) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_by_hand() {
        // 0 0 0 1: the smaller tail counts, three of four and one of four.
        let (zero, one) = ([0.0], [1.0]);
        let got = scores(&[&zero, &zero, &zero, &one]);
        assert_eq!(got[3], 4.0_f64.ln());
        assert!((got[0] - (4.0_f64 / 3.0).ln()).abs() < 1e-15);
        // Symmetric: both tails.
        let (a, b) = ([-1.0], [1.0]);
        assert_eq!(scores(&[&a, &b]), [2.0_f64.ln(); 2]);
    }

    #[test]
    fn more_outliers_are_seen_and_none_left_are_unknown() {
        let mut values: Vec<f64> = (0..100).map(|i| f64::from(i % 50)).collect();
        values.extend([20.0; 7]);
        values.extend([1e3; 3]);
        let tensor = Tensor { units: 10, features: 1, values };
        let split = Split { standard: 0..10, test: 10..11 };
        let change = outliers(&tensor, &split, false);
        assert!(change.seen == 0.3 && change.expected <= 0.1, "{change:?}");
        let tensor = Tensor { values: [&tensor.values[..100], &[f64::NAN; 10]].concat(), ..tensor };
        assert!(outliers(&tensor, &split, false).value.is_nan());
    }
}
