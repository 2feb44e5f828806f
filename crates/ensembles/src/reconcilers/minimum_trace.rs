//! Both levels adjusted by how sure each is.

use forewarn_core::prelude::*;

use super::families::{self, Family};
use super::proportional::share;

forewarn_core::entry!(Reconcile: MinimumTrace as "minimum-trace", check);

/// Total and parts are adjusted, each by its part in the variance of what does not add up.
///
/// Minimum-trace reconciliation (Wickramasuriya, Athanasopoulos and Hyndman 2019, doi:10.1080/01621459.2018.1448825)
/// minimises the variance of the reconciled errors: `z' = z - W c (c' W c)^-1 c' z` with `z = (t, x_1, ..., x_n)`,
/// `c = (1, -1, ..., -1)` and `W` the covariance of the errors. Per draw, with draws matched by rank
/// (Panagiotelis et al. 2023, doi:10.1016/j.ejor.2022.07.040), `s` the sum of the parts and `e = t - s`:
///
/// `t' = t - e var(t) / (var(t) + g)`, `x'_i = x_i + e g_i / (var(t) + g)`, `g = sum g_i`
///
/// `W` is that of the draws: those of the total are independent of the parts', and the correlations of the parts are shrunk
/// to 0 by the intensity of Schäfer and Strimmer (2005), doi:10.2202/1544-6115.1175, so that
/// `g_i = var(x_i) + floor + (1 - lambda) (cov(x_i, s) - var(x_i))`. A part that would fall below 0 becomes 0, and the others
/// of that draw are scaled to the sum. A point says nothing of its errors: points alone are refused.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MinimumTrace {
    /// Added to the variance of each part, 0 or more, in the squared unit of the target: where no draw sees anything,
    /// something may still be.
    pub variance_floor: f64,
}

impl Default for MinimumTrace {
    fn default() -> Self {
        Self { variance_floor: 0.01 }
    }
}

impl MinimumTrace {
    fn check(self) -> Result<Self> {
        if self.variance_floor >= 0.0 && self.variance_floor.is_finite() {
            return Ok(self);
        }
        let reason = format!("`variance-floor` is {}; it must be 0 or more", self.variance_floor);
        Err(Error::config("minimum-trace", reason))
    }
}

impl Reconcile for MinimumTrace {
    fn reconcile(&self, args: &ReconcileArgs<'_>) -> Result<Reconciled> {
        if args.parts.is_point() && args.totals.is_point() {
            let reason = "minimum-trace weighs by the spread of draws, and both forecasts are points; use `proportional`";
            return Err(Error::data(reason));
        }
        families::each(args, false, |family| {
            families::check_not_negative(family)?;
            Ok(adjust(family, self.variance_floor))
        })
    }
}

/// Adjusts a family; tells why when neither level says how sure it is.
fn adjust(family: &mut Family, floor: f64) -> Option<String> {
    let sums = family.sums(|v| v);
    let weights = weights(family, &sums, floor);
    let (of_total, of_parts) = (variance(&family.total), weights.iter().sum::<f64>());
    let all = of_total + of_parts;
    if all <= 0.0 {
        let coherent = family.total.iter().zip(&sums).all(|(t, s)| (t - s).abs() <= 1e-6 * t.max(1.0));
        return (!coherent).then(|| "neither it nor its parts vary, so that no one knows which is wrong".to_owned());
    }
    let errors: Vec<f64> = family.total.iter().zip(&sums).map(|(t, s)| t - s).collect();
    for (total, e) in family.total.iter_mut().zip(&errors) {
        *total = (*total - e * of_total / all).max(0.0);
    }
    let width = errors.len();
    for (row, weight) in family.parts.chunks_exact_mut(width).zip(&weights) {
        for (v, e) in row.iter_mut().zip(&errors) {
            *v = (*v + e * weight / all).max(0.0);
        }
    }
    // Only what was cut at 0 is left over.
    share(family, f64::MIN_POSITIVE);
    None
}

/// `W c` of the parts, with its sign turned: their shrunk covariance with their sum.
fn weights(family: &Family, sums: &[f64], floor: f64) -> Vec<f64> {
    let keep = 1.0 - shrinkage(family);
    let weight = |row: &[f64]| {
        let own = variance(row);
        own + floor + keep * (covariance(row, sums) - own)
    };
    let weights: Vec<f64> = family.rows().map(weight).collect();
    // The sum is a variance, unless the cuts of shrinkage and rounding leave less than nothing.
    if weights.iter().sum::<f64>() >= 0.0 { weights } else { family.rows().map(|row| variance(row) + floor).collect() }
}

/// Intensity with which the correlations of the parts are shrunk to 0 (0-1): `sum var(r_ij) / sum r_ij^2` over the pairs of
/// parts that vary; 1 where there is no pair.
fn shrinkage(family: &Family) -> f64 {
    let n = family.width() as f64;
    let standard: Vec<Vec<f64>> = family.rows().filter_map(standardised).collect();
    let (mut noise, mut signal) = (0.0, 0.0);
    for (i, a) in standard.iter().enumerate() {
        for b in &standard[..i] {
            let (mut sum, mut squares) = (0.0, 0.0);
            for (x, y) in a.iter().zip(b) {
                sum += x * y;
                squares += (x * y) * (x * y);
            }
            noise += (squares - sum * sum / n) * n / (n - 1.0).powi(3);
            signal += (sum / (n - 1.0)).powi(2);
        }
    }
    if signal > 0.0 { (noise / signal).clamp(0.0, 1.0) } else { 1.0 }
}

/// Draws with mean 0 and variance 1; `None` when they do not vary.
fn standardised(row: &[f64]) -> Option<Vec<f64>> {
    let (mean, deviation) = (row.iter().sum::<f64>() / row.len() as f64, variance(row).sqrt());
    (deviation > 0.0).then(|| row.iter().map(|v| (v - mean) / deviation).collect())
}

/// Sample variance (n - 1); 0 of a single draw.
fn variance(row: &[f64]) -> f64 {
    covariance(row, row)
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    if a.len() < 2 {
        return 0.0;
    }
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>() / (n - 1.0)
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;

    use super::*;

    fn family(total: &[f64], parts: &[&[f64]]) -> Family {
        Family { total: total.to_vec(), parts: parts.concat() }
    }

    #[test]
    fn each_gives_way_by_its_variance() {
        // var(t) = 8, var(x_1) = 2, x_2 does not vary: the total gives way by 8/10, x_1 by 2/10.
        let mut one = family(&[6.0, 10.0], &[&[1.0, 3.0], &[4.0, 4.0]]);
        assert_eq!(adjust(&mut one, 0.0), None);
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-12);
        assert!(close(&one.total, &[5.2, 7.6]), "{:?}", one.total);
        assert!(close(&one.parts, &[1.2, 3.6, 4.0, 4.0]), "{:?}", one.parts);
    }

    #[test]
    fn a_total_that_is_sure_is_kept_and_so_are_parts_that_are_sure() {
        let mut sure = family(&[9.0, 9.0], &[&[1.0, 3.0], &[4.0, 6.0]]);
        adjust(&mut sure, 0.0);
        assert_eq!(sure.total, [9.0, 9.0]);
        let mut parts = family(&[6.0, 10.0], &[&[1.0, 1.0], &[4.0, 4.0]]);
        adjust(&mut parts, 0.0);
        assert_eq!((&parts.total[..], &parts.parts[..]), (&[5.0, 5.0][..], &[1.0, 1.0, 4.0, 4.0][..]));
        let reason = adjust(&mut family(&[6.0, 6.0], &[&[1.0, 1.0]]), 0.0).unwrap();
        assert!(reason.contains("neither it nor its parts vary"), "{reason}");
        assert_eq!(adjust(&mut family(&[1.0, 1.0], &[&[1.0, 1.0]]), 0.0), None, "they agree");
    }

    #[test]
    fn nothing_falls_below_zero() {
        // e = -9 in the first draw; both parts vary alike, so that each would lose the same.
        let mut low = family(&[0.0, 20.0], &[&[1.0, 9.0], &[8.0, 0.0]]);
        adjust(&mut low, 0.0);
        let sums = low.sums(|v| v);
        assert!(low.parts.iter().all(|&v| v >= 0.0), "{:?}", low.parts);
        assert!(sums.iter().zip(&low.total).all(|(s, t)| (s - t).abs() < 1e-9), "{sums:?} {:?}", low.total);
    }

    #[test]
    fn correlations_that_are_certain_are_not_shrunk() {
        let certain = family(&[0.0; 4], &[&[1.0, 2.0, 3.0, 4.0], &[2.0, 1.0, 4.0, 3.0]]);
        // Products of the deviations: (-1.5)(-0.5), (-0.5)(-1.5), 0.5 * 1.5, 1.5 * 0.5 = 0.75 each, r = 3 / 5.
        assert!(shrinkage(&certain).abs() < 1e-12);
        let none = family(&[0.0; 4], &[&[1.0, 1.0, 2.0, 2.0], &[1.0, 2.0, 1.0, 2.0]]);
        assert_eq!(shrinkage(&none), 1.0, "r = 0");
    }

    #[test]
    fn adjustments_are_those_of_the_formula_with_the_whole_covariance() {
        for seed in 0..60 {
            let at = |row: u64, d: u64| 50.0 + (Stream::new(seed, &[row, d]).uniform(0) * 9.0).floor();
            let of = |row| (0..6).map(move |d| at(row, d));
            let mut one = Family { total: of(0).map(|t| 3.0 * t).collect(), parts: (1..4).flat_map(of).collect() };
            let before = Family { total: one.total.clone(), parts: one.parts.clone() };
            adjust(&mut one, 0.25);
            // z' = z - W c (c' W c)^-1 c' z, term by term.
            let (rows, keep) = (before.rows().collect::<Vec<_>>(), 1.0 - shrinkage(&before));
            let w = |i: usize, j: usize| {
                if i == j { variance(rows[i]) + 0.25 } else { keep * covariance(rows[i], rows[j]) }
            };
            let with_sum = |i: usize| (0..3).map(|j| w(i, j)).sum::<f64>();
            let all = variance(&before.total) + (0..3).map(with_sum).sum::<f64>();
            for d in 0..6 {
                let error = before.total[d] - (rows[0][d] + rows[1][d] + rows[2][d]);
                let expected = before.total[d] - variance(&before.total) / all * error;
                assert!((one.total[d] - expected).abs() < 1e-9, "seed {seed}, draw {d}");
                for (i, row) in rows.iter().enumerate() {
                    let expected = row[d] + with_sum(i) / all * error;
                    let found = one.parts[6 * i + d];
                    assert!((found - expected).abs() < 1e-9, "seed {seed}, part {i}, draw {d}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn without_pairs_that_vary_nothing_is_known_of_correlations() {
        assert_eq!(shrinkage(&family(&[0.0; 3], &[&[1.0, 2.0, 3.0], &[4.0, 4.0, 4.0]])), 1.0);
        assert_eq!((variance(&[3.0]), covariance(&[], &[])), (0.0, 0.0), "one draw has no spread");
        assert_eq!(standardised(&[2.0, 2.0]), None);
        assert_eq!(standardised(&[1.0, 2.0, 3.0]), Some(vec![-1.0, 0.0, 1.0]));
    }

    #[test]
    fn a_floor_lets_parts_that_saw_nothing_take_part() {
        // Nothing varies but the total, var 8: the floors of 4 and 4 take half of what is missing, each half of that.
        let mut one = family(&[6.0, 10.0], &[&[0.0, 0.0], &[0.0, 0.0]]);
        assert_eq!(adjust(&mut one, 4.0), None);
        assert_eq!((&one.total[..], &one.parts[..]), (&[3.0, 5.0][..], &[1.5, 2.5, 1.5, 2.5][..]));
    }

    #[test]
    fn floors_are_numbers_of_zero_or_more() {
        for variance_floor in [-0.1, f64::NAN, f64::INFINITY] {
            let error = MinimumTrace { variance_floor }.check().unwrap_err().to_string();
            assert!(error.contains("`variance-floor` is") && error.contains("0 or more"), "{error}");
        }
        assert!(MinimumTrace { variance_floor: 0.0 }.check().is_ok());
    }
}
