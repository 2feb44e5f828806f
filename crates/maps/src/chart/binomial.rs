//! The interval in which a count lies by chance.

/// Weights this much smaller than the largest change no quantile.
const LEAST: f64 = 1e-18;

/// The central interval of a binomial count of `n` trials with chance `p`, as shares of `n`: with a
/// probability of at least `level` the share lies in it, ends included.
///
/// Exact: the weights of the counts are built from the most likely one by the ratios of neighbours, and
/// normalised by their sum, so no factorial is needed and large `n` cost a few thousand steps. `None` when
/// there are no trials or `p` is no probability.
pub(super) fn interval(n: u64, p: f64, level: f64) -> Option<(f64, f64)> {
    if n == 0 || !(0.0..=1.0).contains(&p) {
        return None;
    }
    if p == 0.0 || p == 1.0 {
        return Some((p, p));
    }
    let mode = ((n as f64 + 1.0) * p).floor().min(n as f64) as u64;
    let odds = p / (1.0 - p);
    let mut below = Vec::new();
    let mut weight = 1.0;
    for k in (1..=mode).rev() {
        weight *= k as f64 / (n - k + 1) as f64 / odds;
        if weight < LEAST {
            break;
        }
        below.push(weight);
    }
    let mut weights: Vec<f64> = below.iter().rev().copied().collect();
    let first = mode - weights.len() as u64;
    weights.push(1.0);
    weight = 1.0;
    for k in mode..n {
        weight *= (n - k) as f64 / (k + 1) as f64 * odds;
        if weight < LEAST {
            break;
        }
        weights.push(weight);
    }
    let tail = (1.0 - level) / 2.0 * weights.iter().sum::<f64>();
    let beyond = |ordered: &mut dyn Iterator<Item = &f64>| {
        let mut sum = 0.0;
        ordered
            .take_while(|w| {
                sum += **w;
                sum <= tail
            })
            .count() as u64
    };
    let low = first + beyond(&mut weights.iter());
    let high = first + weights.len() as u64 - 1 - beyond(&mut weights.iter().rev());
    Some((low as f64 / n as f64, high as f64 / n as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_cases_by_hand() {
        // Ten throws of a coin: 0 and 10 have 1/1024, 1 and 9 have 10/1024, 2 and 8 have 45/1024.
        // 5 % in each tail are 51.2/1024: 0 and 1 lie beyond (11), with 2 it would be 56.
        assert_eq!(interval(10, 0.5, 0.9), Some((0.2, 0.8)));
        // One trial: both ends are likelier than the tails.
        assert_eq!(interval(1, 0.3, 0.9), Some((0.0, 1.0)));
        assert_eq!(interval(5, 0.0, 0.9), Some((0.0, 0.0)));
        assert_eq!((interval(0, 0.5, 0.9), interval(5, f64::NAN, 0.9)), (None, None));
    }

    #[test]
    fn large_cases_agree_with_the_normal_approximation() {
        for (n, p) in [(5_663_520_u64, 0.1), (5_663_520, 0.003), (100_000, 0.5)] {
            let (low, high) = interval(n, p, 0.9).unwrap();
            let half = 1.644_853_627 * (p * (1.0 - p) / n as f64).sqrt();
            assert!((low - (p - half)).abs() < 0.02 * half + 1.0 / n as f64, "{low} {p} {half}");
            assert!((high - (p + half)).abs() < 0.02 * half + 1.0 / n as f64, "{high} {p} {half}");
        }
    }
}
