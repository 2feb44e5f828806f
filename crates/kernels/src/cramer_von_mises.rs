//! Whether two samples come from one distribution: the sum of the squared distances between their empirical
//! distribution functions. Anderson (1962), doi:10.1214/aoms/1177704477.

use std::f64::consts::PI;

/// Beyond this, probabilities are summed from the tail.
const FAR: f64 = 0.8;

/// Greatest product of both sizes and the scaled statistic for which [`exact_p_value`] is computed: 0.1 s.
const EXACT: u128 = 50_000_000;

/// The statistic `T = nm / N^2 sum (F - G)^2` over the `N = n + m` pooled values, from how many of each sample are at
/// every distinct value, ascending; NaN without values in a sample.
///
/// `F` and `G` are taken at the values themselves, so that ties are counted right; the form in ranks, which others
/// use, is greater when there are ties.
pub fn statistic(counts: &[[u64; 2]]) -> f64 {
    let [n, m] = sizes(counts);
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    for [x, y] in counts {
        (i, j) = (i + x, j + y);
        let gap = (i * m).abs_diff(j * n) as f64;
        sum += (x + y) as f64 * gap * gap;
    }
    let (all, pairs) = ((n + m) as f64, n as f64 * m as f64);
    sum / (pairs * all * all)
}

/// The p value exact given the ties: the share of all ways to deal the pooled values whose statistic is at least as
/// great. `None` when that is too much work: beyond samples of some dozens of values.
///
/// Xiao, Gordon and Yakovlev (2006), doi:10.18637/jss.v017.i08, extended to ties: only the last value of a tie adds
/// to the sum. What has reached the statistic is added up, all of it positive, so that small values keep their digits.
pub fn exact_p_value(counts: &[[u64; 2]]) -> Option<f64> {
    let [n, m] = sizes(counts);
    let common = gcd(n, m).max(1);
    let (i_step, j_step) = (m / common, n / common);
    let square = |i: u64, j: u64| u128::from((i * i_step).abs_diff(j * j_step)).pow(2);
    let mut weights = Vec::new();
    let (mut i, mut j, mut observed) = (0, 0, 0_u128);
    for [x, y] in counts {
        (i, j) = (i + x, j + y);
        weights.extend((1..x + y).map(|_| 0));
        weights.push(u128::from(x + y));
        observed += u128::from(x + y) * square(i, j);
    }
    if observed.saturating_mul(u128::from(n) * u128::from(m)) > EXACT || n * m == 0 {
        return None;
    }
    let added = |i: u64, j: u64| (i + j).checked_sub(1).map_or(0, |k| weights[k as usize] * square(i, j));
    Some(reaches(observed as usize, [n, m], |i, j| added(i, j).min(observed) as usize))
}

/// Probability that what a random lattice path from (0, 0) to (n, m) adds up reaches `target`.
fn reaches(target: usize, [n, m]: [u64; 2], added: impl Fn(u64, u64) -> usize) -> f64 {
    if target == 0 {
        return 1.0;
    }
    let start = || Sums { below: vec![0.0; target], reached: 0.0 };
    let mut row: Vec<Sums> = (0..=m).map(|_| start()).collect();
    row[0].below[0] = 1.0;
    for i in 0..=n {
        for j in 0..=m {
            let (before, here) = row.split_at_mut(j as usize);
            let left = before.last().filter(|_| j > 0);
            if i + j > 0 {
                // Given that a path is at (i, j), it came from (i - 1, j) with probability i / (i + j).
                let up = i as f64 / (i + j) as f64;
                here[0].mix(up, left, j as f64 / (i + j) as f64);
                here[0].shift(added(i, j));
            }
        }
    }
    row[m as usize].reached
}

/// The law of a sum: the probability of every value below the target, and of having reached it.
struct Sums {
    below: Vec<f64>,
    reached: f64,
}

impl Sums {
    fn mix(&mut self, weight: f64, other: Option<&Self>, other_weight: f64) {
        self.reached *= weight;
        for p in &mut self.below {
            *p *= weight;
        }
        let Some(other) = other else { return };
        self.reached += other_weight * other.reached;
        for (p, q) in self.below.iter_mut().zip(&other.below) {
            *p += other_weight * q;
        }
    }

    fn shift(&mut self, by: usize) {
        let emptied = by.min(self.below.len());
        let kept = self.below.len() - emptied;
        self.reached += self.below[kept..].iter().sum::<f64>();
        self.below.copy_within(..kept, emptied);
        self.below[..emptied].fill(0.0);
    }
}

/// The p value of large samples without ties: mean and variance of the statistic are brought to those of its limit.
/// Anderson (1962); the limit law by Csorgo and Faraway (1996), doi:10.1111/j.2517-6161.1996.tb02077.x.
pub fn asymptotic_p_value(statistic: f64, sizes: [u64; 2]) -> f64 {
    let [n, m] = sizes.map(|size| size as f64);
    let (all, pairs) = (n + m, n * m);
    let mean = (1.0 + 1.0 / all) / 6.0;
    let spread = 4.0 * pairs * all - 3.0 * (n * n + m * m) - 2.0 * pairs;
    let variance = (all + 1.0) * spread / (180.0 * all * all * pairs);
    survival(1.0 / 6.0 + (statistic - mean) / (45.0 * variance).sqrt())
}

/// Probability that the limit of the statistic exceeds `x`: one less a sum over `k` of
/// `Gamma(k + 1/2) / (Gamma(k + 1) pi^(3/2)) sqrt((4k + 1) / x) exp(-q) K_1/4(q)`, `q = (4k + 1)^2 / (16 x)`.
fn survival(x: f64) -> f64 {
    if x < 0.003 {
        return if x.is_nan() { x } else { 1.0 };
    }
    if x > FAR {
        return tail(x);
    }
    // Gamma(k + 1/2) / Gamma(k + 1), from k - 1.
    let (mut ratio, mut sum) = (PI.sqrt(), 0.0);
    for k in 0..100 {
        let odd = f64::from(4 * k + 1);
        let q = odd * odd / (16.0 * x);
        let term = ratio / PI.powf(1.5) * (odd / x).sqrt() * (-2.0 * q).exp() * bessel(q);
        sum += term;
        if term < 1e-17 {
            break;
        }
        ratio *= (f64::from(k) + 0.5) / (f64::from(k) + 1.0);
    }
    (1.0 - sum).clamp(0.0, 1.0)
}

/// The same far out, where one less the sum above is rounding: an alternating sum of integrals over `s` from
/// `(2j - 1) pi` to `2j pi` of `2 / pi exp(-x s^2 / 2) / sqrt(-s sin s)`. Smirnov (1936); Durbin (1973),
/// doi:10.1137/1.9781611970586.
///
/// With `s` the cosine of an angle the integrand is smooth and periodic, so that the midpoint rule is precise.
fn tail(x: f64) -> f64 {
    const POINTS: i32 = 64;
    let integral = |middle: f64| {
        let each = (0..POINTS).map(|i| {
            let angle = PI * (f64::from(i) + 0.5) / f64::from(POINTS);
            let s = middle - PI / 2.0 * angle.cos();
            angle.sin() * (-x * s * s / 2.0).exp() / (s * s.sin().abs()).sqrt()
        });
        each.sum::<f64>() * PI / f64::from(POINTS)
    };
    let terms = [1.5, 3.5, 5.5].map(|middle| integral(middle * PI));
    terms[0] - terms[1] + terms[2]
}

/// `exp(q) K_1/4(q)` with the modified Bessel function of the second kind: the integral over `t` of
/// `exp(-q (cosh t - 1)) cosh(t / 4)` by the trapezoidal rule, whose error falls double exponentially here.
fn bessel(q: f64) -> f64 {
    const STEP: f64 = 0.05;
    let mut sum = 0.5;
    for i in 1..1000 {
        let t = f64::from(i) * STEP;
        let term = (-q * (t.cosh() - 1.0)).exp() * (t / 4.0).cosh();
        sum += term;
        if term < 1e-18 {
            break;
        }
    }
    sum * STEP
}

fn sizes(counts: &[[u64; 2]]) -> [u64; 2] {
    counts.iter().fold([0, 0], |[n, m], [x, y]| [n + x, m + y])
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(a: &[u8], b: &[u8]) -> Vec<[u64; 2]> {
        let at = |s: &[u8], v: u8| s.iter().map(|x| u64::from(*x == v)).sum();
        (0..=255).map(|v| [at(a, v), at(b, v)]).filter(|c| *c != [0, 0]).collect()
    }

    /// The definition: deal the pooled values in every way.
    fn by_enumeration(a: &[u8], b: &[u8]) -> f64 {
        let observed = statistic(&counts(a, b)) * (1.0 - 1e-12);
        let pooled = [a, b].concat();
        let (mut all, mut far) = (0, 0);
        for deal in (0_u32..1 << pooled.len()).filter(|d| d.count_ones() as usize == a.len()) {
            let side = |bit| (0..pooled.len()).filter(|i| deal >> i & 1 == bit).map(|i| pooled[i]).collect();
            let (x, y): (Vec<u8>, Vec<u8>) = (side(1), side(0));
            all += 1;
            far += u32::from(statistic(&counts(&x, &y)) >= observed);
        }
        f64::from(far) / f64::from(all)
    }

    #[test]
    fn worked_by_hand() {
        // 1 2 against 3: F - G is 1/2, 1, 0; 2/9 (1/4 + 1).
        assert!((statistic(&counts(&[1, 2], &[3])) - 2.0 / 9.0 * 1.25).abs() < 1e-15);
        // 0 0 1 against 0 1 1: a third apart at zero, which three values are; 9/36 * 3/9.
        assert!((statistic(&counts(&[0, 0, 1], &[0, 1, 1])) - 1.0 / 12.0).abs() < 1e-15);
        // Two of the three ways to deal 1 2 3 into 2 and 1 are as far apart.
        assert!((exact_p_value(&counts(&[1, 2], &[3])).unwrap() - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(exact_p_value(&counts(&[7, 7], &[7])), Some(1.0));
    }

    #[test]
    fn the_limit_is_that_of_the_tables() {
        // The expansion of the Bessel function far out, to the fourth term.
        let expansion = 1.0 - 0.75 / 160.0 + 6.5625 / 51_200.0 - 162.421_875 / 24_576_000.0 + 5.0345e-7;
        assert!((bessel(20.0) / (PI / 40.0).sqrt() - expansion).abs() < 1e-7);
        // The table of Anderson and Darling (1952): the limit exceeds 0.46136 with probability 0.05.
        assert!((survival(0.461_36) - 0.05).abs() < 2e-6, "{}", survival(0.461_36));
        assert!((survival(0.743_46) - 0.01).abs() < 2e-6 && (survival(0.347_30) - 0.1).abs() < 1e-5);
        assert_eq!((survival(0.0), survival(1e4)), (1.0, 0.0));
        // Both formulas where they meet.
        for x in [0.5, 0.7, FAR] {
            assert!((survival(x) / tail(x) - 1.0).abs() < 1e-11, "{x}: {} {}", survival(x), tail(x));
        }
        assert!(tail(30.0) > 0.0 && tail(30.0) < tail(29.0));
    }

    #[test]
    fn too_much_work_is_declined() {
        let far: Vec<[u64; 2]> = (0..500).map(|i| if i < 250 { [1, 0] } else { [0, 1] }).collect();
        assert_eq!(exact_p_value(&far), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn exact_is_what_dealing_gives(
            a in prop::collection::vec(0_u8..9, 1..7), b in prop::collection::vec(0_u8..9, 1..7),
        ) {
            let exact = exact_p_value(&counts(&a, &b)).unwrap();
            prop_assert!((exact - by_enumeration(&a, &b)).abs() < 1e-12, "{}", exact);
        }

        #[test]
        fn the_limit_falls(x in 0.01..30.0_f64) {
            prop_assert!(survival(x) >= survival(1.01 * x) - 1e-15);
        }
    }
}
