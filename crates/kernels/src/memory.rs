//! How long a series remembers: the sum of its autocorrelations, and what blocks cut out of it lack of that.

/// What a series remembers. With `r_k` the correlation of values `k` steps apart:
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memory {
    /// `1 + 2 sum r_k`: how many values are worth one independent value; 1 or more.
    pub time: f64,
    /// `2 sum k r_k / time`: the mean of a block of `b` values has a variance that lacks about this over `b` of its long-run
    /// share, for what goes on beyond the end of a block is cut off. In values; 0 or more.
    pub lacking: f64,
}

/// Of series of one kind, such as both samples of a test, each about its own mean.
///
/// Autocorrelations add up until the first that is at most `2 sqrt(log10(n) / n)` of `n` values: the bound of Politis and
/// White (2004), doi:10.1081/ETC-120028836, from which on correlations are chance. A series of independent values has a
/// time of 1 and lacks nothing, and so has a constant one.
pub fn memory<S: AsRef<[f64]>>(series: &[S]) -> Memory {
    let centred: Vec<Vec<f64>> = series.iter().map(|one| centred(one.as_ref())).collect();
    let longest = centred.iter().map(Vec::len).max().unwrap_or(0);
    let values = centred.iter().map(Vec::len).sum::<usize>() as f64;
    let chance = 2.0 * (values.log10() / values).sqrt();
    let all = products(&centred, 0);
    let (mut time, mut weighted) = (1.0, 0.0);
    for lag in 1..longest {
        let r = products(&centred, lag) / all;
        // A constant series has no correlations.
        if r.is_nan() || r <= chance {
            break;
        }
        time += 2.0 * r;
        weighted += 2.0 * lag as f64 * r;
    }
    Memory { time, lacking: weighted / time }
}

fn centred(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| value - mean).collect()
}

/// Sum of the products of values so many steps apart.
fn products(series: &[Vec<f64>], lag: usize) -> f64 {
    let one = |series: &Vec<f64>| {
        let later = series.get(lag..).unwrap_or_default();
        later.iter().zip(series).map(|(a, b)| a * b).sum::<f64>()
    };
    series.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;
    use crate::special::normal_quantile;

    /// `x_t = phi x_(t-1) + e_t`.
    fn autoregressive(seed: u64, phi: f64, n: u64) -> Vec<f64> {
        let mut last = 0.0;
        let mut next = |i| {
            last = phi * last + normal_quantile(Stream::new(seed, &[]).uniform(i));
            last
        };
        (0..n).map(&mut next).collect()
    }

    #[test]
    fn worked_by_hand() {
        // Deviations 3 1 -1 -3: products 20 at lag 0, 3 - 1 + 3 = 5 at lag 1, below the bound of so few values.
        assert_eq!(memory(&[[3.0, 1.0, -1.0, -3.0]]), Memory { time: 1.0, lacking: 0.0 });
        // Runs of 50: the correlations of lags 1, 2, ... fall by 0.03 - 0.01 a step of 100 values.
        let square: Vec<f64> = (0..100).map(|i| if i < 50 { 1.0 } else { -1.0 }).collect();
        let found = memory(&[square]);
        let r: Vec<f64> =
            (1..100).map(|k| f64::from(100 - 3 * k) / 100.0).take_while(|r| *r > 0.08_f64.sqrt()).collect();
        let time = 1.0 + 2.0 * r.iter().sum::<f64>();
        assert!((found.time - time).abs() < 1e-12, "{found:?} {time}");
    }

    #[test]
    fn an_autoregression_has_the_memory_of_its_formula() {
        for phi in [0.5, 0.8] {
            let found = memory(&[autoregressive(1, phi, 40_000), autoregressive(2, phi, 40_000)]);
            let (time, lacking) = ((1.0 + phi) / (1.0 - phi), 2.0 * phi / (1.0 - phi * phi));
            assert!((found.time / time - 1.0).abs() < 0.06, "{found:?} {time}");
            assert!((found.lacking / lacking - 1.0).abs() < 0.15, "{found:?} {lacking}");
        }
    }

    #[test]
    fn independent_and_constant_values_remember_nothing() {
        let none = Memory { time: 1.0, lacking: 0.0 };
        let long = (0..50).filter(|seed| memory(&[autoregressive(*seed, 0.0, 300)]) != none).count();
        assert!(long <= 2, "{long} of 50");
        assert_eq!((memory(&[[2.0; 9]]), memory::<[f64; 0]>(&[[]])), (none, none));
    }
}
