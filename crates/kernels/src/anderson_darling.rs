//! Whether two samples come from one distribution: squared distances between their distribution functions, weighted so
//! that the tails count. Scholz and Stephens (1987), doi:10.1080/01621459.1987.10478517.

/// What turns the sum of squares of two samples of given sizes into a standardised statistic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    deviation: f64,
}

impl Scale {
    /// The standard deviation under no drift; `None` for fewer than four values, or none in a sample. Work is the
    /// number of values.
    pub fn new(sizes: [u64; 2]) -> Option<Self> {
        let [x, y] = sizes;
        let values = x + y;
        if values < 4 || x == 0 || y == 0 {
            return None;
        }
        let (mut harmonic, mut double) = (0.0, 0.0);
        for i in 2..values {
            harmonic += 1.0 / (values + 1 - i) as f64;
            double += harmonic / i as f64;
        }
        let (h, g) = (harmonic + 1.0, double);
        let inverse = 1.0 / x as f64 + 1.0 / y as f64;
        // The formula of the source for two samples.
        let a = (4.0 * g - 6.0) + (10.0 - 6.0 * g) * inverse;
        let b =
            4.0 * (2.0 * g - 4.0) + 16.0 * h + (2.0 * g - 14.0 * h - 4.0) * inverse - 8.0 * h + 4.0 * g - 6.0;
        let c = 4.0 * (6.0 * h + 2.0 * g - 2.0)
            + 2.0 * (4.0 * h - 4.0 * g + 6.0)
            + (2.0 * h - 6.0) * inverse
            + 4.0 * h;
        let d = 4.0 * (2.0 * h + 6.0) - 8.0 * h;
        let n = values as f64;
        let variance = (((a * n + b) * n + c) * n + d) / ((n - 1.0) * (n - 2.0) * (n - 3.0));
        Some(Self { deviation: variance.sqrt() })
    }

    /// The standardised statistic of a [`sum_of_squares`]: its expectation of 1 taken off, in standard deviations.
    pub fn standardised(self, sum: f64) -> f64 {
        (sum - 1.0) / self.deviation
    }
}

/// The statistic `A^2` with midranks, from how many of each sample are at every distinct value, ascending; 0 when all
/// values are equal.
///
/// `(N - 1) / N (1/n + 1/m) sum t / N (N M - B n)^2 / (B (N - B) - N t / 4)` over distinct values of `t` ties, with
/// `M` and `B` the numbers of reference and of pooled values below, those tied counted half.
pub fn sum_of_squares(counts: &[[u64; 2]]) -> f64 {
    let [n, m] = counts.iter().fold([0, 0], |[n, m], [x, y]| [n + x, m + y]).map(|size| size as f64);
    let all = n + m;
    let (mut reference, mut pooled, mut sum) = (0.0, 0.0, 0.0);
    for [x, y] in counts.iter().map(|pair| pair.map(|count| count as f64)) {
        let tied = x + y;
        let (midway, below) = (reference + x / 2.0, pooled + tied / 2.0);
        let weight = below * (all - below) - all * tied / 4.0;
        if weight > 0.0 {
            let gap = all * midway - below * n;
            sum += tied * gap * gap / weight;
        }
        (reference, pooled) = (reference + x, pooled + tied);
    }
    sum / all * (1.0 / n + 1.0 / m) * (all - 1.0) / all
}

/// The p value of a standardised statistic of large samples without ties, where the table of the source reaches:
/// between 0.001 and 0.25; `None` beyond.
///
/// The logarithm of the p value as the parabola that fits the table of the source best (least squares), as `SciPy`
/// interpolates it.
pub fn asymptotic_p_value(standardised: f64) -> Option<f64> {
    const PARABOLA: [f64; 3] = [-1.077_770_279_820_487_3, -1.008_226_564_465_250_6, 0.018_198_094_574_111_26];
    const REACH: std::ops::RangeInclusive<f64> = 0.325..=6.546;
    let t = standardised;
    REACH.contains(&t).then(|| (PARABOLA[0] + t * (PARABOLA[1] + t * PARABOLA[2])).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_by_hand() {
        // 1 2 against 3 4, untied: with B = 1/2, 3/2, ... and weights B (4 - B) - 1 = 3/4, 11/4, 11/4, 3/4;
        // 4 M - 2 B = 1, 3, 3, 1: 3/16 (2 * 4/3 + 2 * 36/11).
        let counts = [[1, 0], [1, 0], [0, 1], [0, 1]];
        let expected = 3.0 / 16.0 * (8.0 / 3.0 + 72.0 / 11.0);
        assert!((sum_of_squares(&counts) - expected).abs() < 1e-14);
        assert_eq!(sum_of_squares(&[[3, 4]]), 0.0);
        // One tie of two from each sample in the middle of six.
        let tied = [[1, 0], [1, 1], [0, 1], [1, 1]];
        assert!(sum_of_squares(&tied) > 0.0);
        assert_eq!(sum_of_squares(&[[2, 4], [3, 6]]), 0.0);
    }

    #[test]
    fn the_expectation_is_one_and_the_deviation_right() {
        // All ways to deal five values into two and three.
        let (mut sum, mut square, mut ways) = (0.0, 0.0, 0.0);
        for deal in (0_u32..32).filter(|d| d.count_ones() == 2) {
            let counts: Vec<[u64; 2]> =
                (0..5).map(|i| if deal >> i & 1 == 1 { [1, 0] } else { [0, 1] }).collect();
            let a = sum_of_squares(&counts);
            (sum, square, ways) = (sum + a, square + a * a, ways + 1.0);
        }
        let mean: f64 = sum / ways;
        let deviation = Scale::new([2, 3]).unwrap().deviation;
        // The source standardises the form of right ranks; with midranks moments differ in small samples.
        assert!((mean - 1.0).abs() < 0.1, "{mean}");
        assert!((square / ways - mean * mean).sqrt() / deviation - 1.0 < 0.2);
        assert_eq!((Scale::new([1, 2]), Scale::new([0, 9])), (None, None));
    }

    #[test]
    fn the_parabola_is_near_the_table() {
        for (p, critical) in [(0.25, 0.325), (0.1, 1.226), (0.05, 1.961), (0.01, 3.752), (0.001, 6.546)] {
            let got = asymptotic_p_value(critical).unwrap();
            assert!((got / p - 1.0).abs() < 0.03, "{got} {p}");
        }
        assert_eq!((asymptotic_p_value(0.3), asymptotic_p_value(6.6)), (None, None));
        assert_eq!(asymptotic_p_value(f64::NAN), None);
    }
}
