//! How many marked values a draw without replacement holds: the law of a table with given margins.

use crate::random::Stream;
use crate::special::ln_gamma;

/// Up to so many marked values, each is dealt by itself, which is quicker than finding the mode.
const SINGLY: u64 = 64;
/// Probabilities of the same table differ by rounding: no more than this, relatively.
const ROUNDING: f64 = 1e-7;

/// Values of which `drawn` are taken without replacement: every set of that size is equally likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Urn {
    /// Values that are counted when drawn.
    pub marked: u64,
    /// The other values.
    pub others: u64,
    /// How many are drawn, at most all of them.
    pub drawn: u64,
}

impl Urn {
    /// Number of marked values among those drawn, and the numbers of `stream` after `used` that it took.
    ///
    /// Few values are dealt one by one (probability wanted / left), many by inversion from the mode outwards, in work
    /// of the order of the standard deviation.
    pub fn draw(self, stream: Stream, used: &mut u64) -> u64 {
        if self.marked > SINGLY {
            *used += 1;
            return self.invert(stream.uniform(*used - 1));
        }
        let (mut left, mut wanted) = (self.marked + self.others, self.drawn);
        for _ in 0..self.marked {
            let taken = chosen(stream.number(*used), wanted, left);
            (left, wanted) = (left - 1, wanted - u64::from(taken));
            *used += 1;
        }
        self.drawn - wanted
    }

    /// The fewest and the most marked values that can be drawn.
    fn range(self) -> [u64; 2] {
        [self.drawn.saturating_sub(self.others), self.drawn.min(self.marked)]
    }

    /// The likeliest number of marked values.
    fn mode(self) -> u64 {
        let [low, high] = self.range();
        let [marked, drawn] = [self.marked, self.drawn].map(|x| u128::from(x) + 1);
        let all = u128::from(self.marked) + u128::from(self.others) + 2;
        ((marked * drawn / all) as u64).clamp(low, high)
    }

    /// Probability of `k + 1` over that of `k`.
    fn rise(self, k: u64) -> f64 {
        let (up, down) = ((self.marked - k) as f64, (k + 1) as f64);
        up * (self.drawn - k) as f64 / (down * (self.others + k + 1 - self.drawn) as f64)
    }

    /// Probability of `k`.
    fn probability(self, k: u64) -> f64 {
        let choose = |n: u64, k: u64| {
            let factorial = |x: u64| ln_gamma(x as f64 + 1.0);
            factorial(n) - factorial(k) - factorial(n - k)
        };
        let ways = choose(self.marked, k) + choose(self.others, self.drawn - k);
        (ways - choose(self.marked + self.others, self.drawn)).exp()
    }

    /// The number whose turn it is at `u`, the numbers ordered from the mode outwards.
    fn invert(self, u: f64) -> u64 {
        let ([least, most], mode) = (self.range(), self.mode());
        let (mut low, mut high) = (mode, mode);
        let mut below = self.probability(mode);
        let (mut above, mut left) = (below, u - below);
        // What rounding leaves beyond both ends falls to the mode.
        while left >= 0.0 && (high < most || low > least) && above + below > 1e-18 {
            if high < most {
                above *= self.rise(high);
                (high, left) = (high + 1, left - above);
                if left < 0.0 {
                    return high;
                }
            }
            if low > least {
                below /= self.rise(low - 1);
                (low, left) = (low - 1, left - below);
                if left < 0.0 {
                    return low;
                }
            }
        }
        mode
    }

    /// Probability of a number of marked values no likelier than `k`: the two-sided p value of Fisher's exact test.
    /// Fisher (1935), doi:10.2307/2342435. 1 for a number that cannot be drawn.
    pub fn no_likelier(self, k: u64) -> f64 {
        let ([least, most], mode) = (self.range(), self.mode());
        if !(least..=most).contains(&k) {
            return 1.0;
        }
        // Relative to the mode: the probabilities above and below it, outwards.
        let above: Vec<f64> = (mode..most)
            .scan(1.0, |p, i| {
                *p *= self.rise(i);
                Some(*p)
            })
            .take_while(|p| *p > 0.0)
            .collect();
        let below: Vec<f64> = (least..mode)
            .rev()
            .scan(1.0, |p, i| {
                *p /= self.rise(i);
                Some(*p)
            })
            .take_while(|p| *p > 0.0)
            .collect();
        let of = |side: &[f64], steps: u64| side.get(steps as usize - 1).copied().unwrap_or(0.0);
        let here = match k.cmp(&mode) {
            std::cmp::Ordering::Equal => return 1.0,
            std::cmp::Ordering::Less => of(&below, mode - k),
            std::cmp::Ordering::Greater => of(&above, k - mode),
        };
        if here * (1.0 + ROUNDING) >= 1.0 {
            return 1.0;
        }
        let both = || above.iter().chain(&below).rev();
        let all = 1.0 + both().sum::<f64>();
        (both().filter(|p| **p <= here * (1.0 + ROUNDING)).sum::<f64>() / all).min(1.0)
    }
}

/// Whether a value is among `wanted` of `left` equally likely ones.
pub(crate) fn chosen(number: u64, wanted: u64, left: u64) -> bool {
    ((u128::from(number) * u128::from(left)) >> 64) as u64 * u64::from(left > 0) < wanted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Probabilities of all numbers, by binomial coefficients.
    fn law(urn: Urn) -> Vec<f64> {
        let choose = |n: u64, k: u64| {
            if k > n { 0.0 } else { (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product::<f64>() }
        };
        let ways =
            |k| if k > urn.drawn { 0.0 } else { choose(urn.marked, k) * choose(urn.others, urn.drawn - k) };
        let all: f64 = (0..=urn.marked).map(ways).sum();
        (0..=urn.marked).map(|k| ways(k) / all).collect()
    }

    #[test]
    fn draws_follow_the_law() {
        // One by one, and by inversion; a table that reaches its ends, and one that does not.
        for urn in [
            Urn { marked: 5, others: 3, drawn: 4 },
            Urn { marked: 70, others: 5, drawn: 8 },
            Urn { marked: 90, others: 200, drawn: 60 },
        ] {
            let (law, mut counts, mut used) = (law(urn), vec![0.0; urn.marked as usize + 1], 0);
            let n = 40_000;
            for _ in 0..n {
                counts[urn.draw(Stream::new(3, &[urn.marked]), &mut used) as usize] += 1.0;
            }
            for (k, (count, p)) in counts.iter().zip(&law).enumerate() {
                let error = 5.0 * (f64::from(n) * p * (1.0 - p)).sqrt() + 1e-9;
                assert!((count - f64::from(n) * p).abs() <= error + 2.0, "{urn:?} {k}: {count} {p}");
            }
        }
    }

    #[test]
    fn everything_or_nothing_is_certain() {
        let stream = Stream::new(1, &[]);
        for marked in [3, 300] {
            assert_eq!(Urn { marked, others: 9, drawn: marked + 9 }.draw(stream, &mut 0), marked);
            assert_eq!(Urn { marked, others: 9, drawn: 0 }.draw(stream, &mut 0), 0);
            assert_eq!(Urn { marked, others: 0, drawn: 2 }.draw(stream, &mut 0), 2);
        }
        assert_eq!(Urn { marked: 0, others: 9, drawn: 4 }.draw(stream, &mut 0), 0);
    }

    #[test]
    fn tasting_tea() {
        // Fisher's lady names 3 of 4 cups rightly: 16 + 16 + 1 + 1 of 70.
        let urn = Urn { marked: 4, others: 4, drawn: 4 };
        assert!((urn.no_likelier(3) - 34.0 / 70.0).abs() < 1e-15);
        assert!((urn.no_likelier(0) - 2.0 / 70.0).abs() < 1e-15);
        assert_eq!((urn.no_likelier(2), urn.no_likelier(5)), (1.0, 1.0));
    }

    #[test]
    fn millions_are_no_trouble() {
        let urn = Urn { marked: 1_000_000, others: 1_000_000, drawn: 1_000_000 };
        let mut used = 0;
        let draws: Vec<f64> = (0..200).map(|_| urn.draw(Stream::new(9, &[]), &mut used) as f64).collect();
        let mean = draws.iter().sum::<f64>() / 200.0;
        // A standard deviation of 353.6; five standard errors.
        assert!((mean - 500_000.0).abs() < 5.0 * 353.6 / 200_f64.sqrt(), "{mean}");
        // Two standard deviations from the mean, two-sided, with continuity: 2 Q(1.9997).
        assert!((urn.no_likelier(500_707) - 0.045_5).abs() < 2e-3);
    }

    proptest! {
        #[test]
        fn two_sided_is_the_sum_of_what_is_no_likelier(
            marked in 0_u64..12, others in 0_u64..12, drawn in 0_u64..24, k in 0_u64..12,
        ) {
            let urn = Urn { marked, others, drawn: drawn.min(marked + others) };
            let (law, [least, most]) = (law(urn), urn.range());
            let k = least + k % (most - least + 1);
            let here = law[k as usize];
            let expected: f64 = law.iter().filter(|p| **p <= here * (1.0 + 1e-9)).sum();
            prop_assert!((urn.no_likelier(k) - expected).abs() < 1e-12);
        }
    }
}
