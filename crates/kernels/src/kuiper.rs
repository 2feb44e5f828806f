//! Whether two samples come from one distribution: how far the empirical distribution function of one is above the
//! other's, and below it, added. Kuiper (1960), doi:10.1016/S1385-7258(60)50006-0.

use crate::special::ln_gamma;

/// The statistic `V = max (F - G) + max (G - F)`, 0-1, from how many of each sample are at every distinct value,
/// ascending. On a circle it does not depend on where one begins.
pub fn statistic(counts: &[[u64; 2]]) -> f64 {
    let [n, m] = counts.iter().fold([0, 0], |[n, m], [x, y]| [n + x, m + y]);
    let (mut i, mut j, mut above, mut below) = (0, 0, 0, 0);
    for [x, y] in counts {
        (i, j) = (i + x, j + y);
        let gap = (i * m) as i64 - (j * n) as i64;
        (above, below) = (above.max(gap), below.min(gap));
    }
    (above - below) as f64 / (n as f64 * m as f64)
}

/// The p value of samples without ties: the law of one sample of the effective size `nm / (n + m)`.
///
/// Stephens (1965), doi:10.1093/biomet/52.3-4.309: exact at both ends when the effective size is whole, and between
/// them `2 sum (4 j^2 z^2 - 1) exp(-2 j^2 z^2) - 8 V / 3 sum j^2 (4 j^2 z^2 - 3) exp(-2 j^2 z^2)` with
/// `z = V sqrt(size)`, which is too large for small samples.
pub fn asymptotic_p_value(v: f64, sizes: [u64; 2]) -> f64 {
    let [n, m] = sizes.map(|size| size as f64);
    let size = n * m / (n + m);
    let p = if v < 2.0 / size {
        1.0 - factorial_times(size, (v - 1.0 / size).max(0.0), size)
    } else if v < 3.0 / size {
        1.0 - lower(v, size)
    } else if upper_reaches(v, size) {
        upper(v, size)
    } else {
        series(v, size)
    };
    p.clamp(0.0, 1.0)
}

/// `size! x^(size - 1)`, with the factorial of `of`.
fn factorial_times(of: f64, x: f64, size: f64) -> f64 {
    if x == 0.0 { 0.0 } else { (ln_gamma(of + 1.0) + (size - 1.0) * x.ln()).exp() }
}

/// Probability to stay below `v` between 2 and 3 over the size.
fn lower(v: f64, size: f64) -> f64 {
    let k = -(size * v - 1.0) / 2.0;
    let root = (k * k - (size * v - 2.0).powi(2) / 2.0).sqrt();
    let (a, b) = (-k - root, -k + root);
    let term = |x: f64, y: f64| x.powf(size - 1.0) * (1.0 - y);
    let scale = (ln_gamma(size) - (size - 2.0) * size.ln()).exp();
    scale * (term(b, a) - term(a, b)) / (b - a)
}

/// Whether the exact upper tail holds, for whole sizes.
fn upper_reaches(v: f64, size: f64) -> bool {
    (size % 2.0 == 0.0 && v > 0.5) || (size % 2.0 == 1.0 && v > (size - 1.0) / (2.0 * size))
}

/// The exact upper tail of a whole size.
fn upper(v: f64, size: f64) -> f64 {
    let (mut sum, mut log_choose) = (0.0, 0.0_f64);
    for k in 0..=(size * (1.0 - v)).floor() as u64 {
        let t = k as f64;
        if k > 0 {
            log_choose += ((size - t + 1.0) / t).ln();
        }
        let y = v + t / size;
        let cubic = y.powi(3) * size - y * y * t * (3.0 - 2.0 / size)
            + y * t * (t - 1.0) * (3.0 - 2.0 / size) / size
            - t * (t - 1.0) * (t - 2.0) / (size * size);
        let rest = 1.0 - v - t / size;
        if rest > 0.0 {
            let weight = log_choose + (t - 3.0) * y.ln() + (size - t - 1.0) * rest.ln();
            sum += cubic * weight.exp();
        }
    }
    sum
}

/// The two leading terms of the expansion in the size.
fn series(v: f64, size: f64) -> f64 {
    let z = v * size.sqrt();
    let (mut first, mut second) = (0.0, 0.0);
    for j in 1..10_000 {
        let j2 = f64::from(j).powi(2);
        let weight = (-2.0 * j2 * z * z).exp();
        first += 2.0 * (4.0 * j2 * z * z - 1.0) * weight;
        second += j2 * (4.0 * j2 * z * z - 3.0) * weight;
        if weight == 0.0 {
            break;
        }
    }
    first - 8.0 * v / 3.0 * second
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn worked_by_hand() {
        // 1 4 against 2 3: half above, half below.
        assert_eq!(statistic(&[[1, 0], [0, 1], [0, 1], [1, 0]]), 1.0);
        assert_eq!(statistic(&[[1, 0], [1, 0], [0, 1]]), 1.0);
        assert_eq!(statistic(&[[3, 6], [1, 2]]), 0.0);
        // 0 0 0 1 against 0 1 1: 3/4 - 1/3 on one side only.
        assert!((statistic(&[[3, 1], [1, 2]]) - 5.0 / 12.0).abs() < 1e-15);
    }

    #[test]
    fn the_law_is_that_of_the_tables() {
        // Stephens (1970): z (1 + 0.155 / sqrt(n) + 0.24 / n sqrt(n)) of 1.747 has 5 %, of 2.001 has 1 %.
        let size = 1e6;
        for (z, p) in [(1.747, 0.05), (2.001, 0.01), (1.620, 0.1)] {
            let v = z / (size + 0.155 * f64::sqrt(size) + 0.24).sqrt();
            assert!((series(v, size) - p).abs() < 0.01 * p, "{z}: {}", series(v, size));
        }
        assert_eq!(asymptotic_p_value(0.0, [10, 10]), 1.0);
        assert!(asymptotic_p_value(1.0, [300, 300]) < 1e-100);
    }

    #[test]
    fn the_formulas_agree_where_they_meet() {
        // With five values the lower and the upper formula overlap.
        for v in [0.41, 0.5, 0.59] {
            let (low, high) = (1.0 - lower(v, 5.0), upper(v, 5.0));
            assert!((low - high).abs() < 1e-12, "{v}: {low} {high}");
        }
        let size = 20.0;
        let at = 2.0 / size;
        let below = factorial_times(size, at - 1.0 / size, size);
        assert!((lower(at, size) - below).abs() < 1e-12 + 1e-6 * below, "{} {below}", lower(at, size));
    }

    proptest! {
        #[test]
        fn it_turns_with_the_circle(mut counts in prop::collection::vec([0_u64..4, 0..4], 2..20), by in 0_usize..20) {
            prop_assume!(counts.iter().any(|c| c[0] > 0) && counts.iter().any(|c| c[1] > 0));
            let before = statistic(&counts);
            let by = by % counts.len();
            counts.rotate_left(by);
            prop_assert!((statistic(&counts) - before).abs() < 1e-12);
        }
    }
}
