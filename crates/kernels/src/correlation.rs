//! Linear and rank correlation of two series.
use crate::simd::{Level, Real, chunks, dispatch};

/// Pairs handed to a thread at a time; their means come first, then their products.
const CHUNK: usize = 1 << 12;
/// `f64` in a register.
const LANES: usize = 8;

/// Weighted first and second moments of pairs, from which covariance and correlation follow.
///
/// Within a chunk deviations are taken from its mean; chunks are merged by the updating formula of Chan, Golub and
/// `LeVeque` (1983, doi:10.1080/00031305.1983.10483115), so that large means cost no digits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    /// Pairs of two numbers.
    pub rows: u64,
    /// Pairs with a NaN, which count for nothing else.
    pub missing: u64,
    /// Sum of the weights.
    pub weight: f64,
    /// Means.
    pub mean: [f64; 2],
    /// Sums of squared deviations from the means: exactly 0 for a constant series.
    pub squares: [f64; 2],
    /// Sum of the products of both deviations.
    pub products: f64,
}

impl Moments {
    /// Moments of the pairs of `x` and `y`, with the weight 1 when `weights` is empty. Pairs with a NaN are skipped and
    /// counted.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn of<T: Real>(x: &[T], y: &[T], weights: &[f64]) -> Self {
        Self::at(Level::best(), x, y, weights)
    }

    /// [`Moments::of`] with the instructions of `level`.
    fn at<T: Real>(level: Level, x: &[T], y: &[T], weights: &[f64]) -> Self {
        assert!(x.len() == y.len() && (weights.is_empty() || weights.len() == y.len()), "lengths differ");
        let parts = chunks(x.len(), CHUNK, |range| {
            let weights = if weights.is_empty() { weights } else { &weights[range.clone()] };
            chunk(level, &x[range.clone()], &y[range], weights)
        });
        parts.iter().fold(Self::default(), Self::merge)
    }

    /// These pairs and then `next`.
    #[must_use]
    pub fn merge(mut self, next: &Self) -> Self {
        self.rows += next.rows;
        self.missing += next.missing;
        if self.weight == 0.0 || next.weight == 0.0 {
            let (rows, missing) = (self.rows, self.missing);
            let kept = if self.weight == 0.0 { *next } else { self };
            return Self { rows, missing, ..kept };
        }
        let weight = self.weight + next.weight;
        let share = self.weight * next.weight / weight;
        let step = [next.mean[0] - self.mean[0], next.mean[1] - self.mean[1]];
        for (i, step) in step.into_iter().enumerate() {
            self.mean[i] += step * (next.weight / weight);
            self.squares[i] += next.squares[i] + step * step * share;
        }
        self.products += next.products + step[0] * step[1] * share;
        self.weight = weight;
        self
    }

    /// Correlation of Pearson (1895, doi:10.1098/rspl.1895.0041), within -1 and 1.
    ///
    /// NaN for fewer than two pairs and for a constant series.
    pub fn pearson(&self) -> f64 {
        if self.rows < 2 || !(self.squares[0] > 0.0 && self.squares[1] > 0.0) {
            return f64::NAN;
        }
        let [x, y] = self.squares;
        // One root is exact where both are equal; two keep within range.
        let scale = if (x * y).is_normal() { (x * y).sqrt() } else { x.sqrt() * y.sqrt() };
        (self.products / scale).clamp(-1.0, 1.0)
    }

    /// Coefficient of determination of the forecast `x` of `y`: `1 - sum (x - y)^2 / sum (y - mean y)^2`.
    ///
    /// NaN when `y` is constant, for which scikit-learn answers 1 or 0 and xskillscore minus infinity. The squared error
    /// is put together from the moments; [`crate::point::Sums::r2`] adds it up, which keeps more digits where the
    /// forecast is nearly perfect.
    pub fn r2(&self) -> f64 {
        let gap = self.mean[0] - self.mean[1];
        let squared = self.squares[0] + self.squares[1] - 2.0 * self.products + self.weight * gap * gap;
        if self.squares[1] > 0.0 { 1.0 - squared.max(0.0) / self.squares[1] } else { f64::NAN }
    }
}

/// Correlation of Pearson between the pairs of `x` and `y` without a NaN; see [`Moments::pearson`].
///
/// # Panics
/// When the lengths differ.
pub fn pearson<T: Real>(x: &[T], y: &[T]) -> f64 {
    Moments::of(x, y, &[]).pearson()
}

/// Rank correlation of Spearman (1904, doi:10.2307/1412159): Pearson's of the ranks, ties having the average of theirs.
///
/// Pairs with a NaN are skipped; NaN for fewer than two pairs and for a constant series.
///
/// # Panics
/// When the lengths differ.
pub fn spearman<T: Real>(x: &[T], y: &[T]) -> f64 {
    assert_eq!(x.len(), y.len(), "lengths differ");
    let pairs = x.iter().zip(y).map(|(&x, &y)| (x.into(), y.into()));
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.filter(|(x, y)| !x.is_nan() && !y.is_nan()).unzip();
    let (x, y) = rayon::join(|| ranks(&x), || ranks(&y));
    pearson(&x, &y)
}

/// Ranks from 1 up of numbers that are not NaN; ties have the average of theirs.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    // -0 + 0 is 0: the total order would put one before the other.
    let mut order: Vec<(f64, usize)> = values.iter().enumerate().map(|(i, &x)| (x + 0.0, i)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let rank = before as f64 + (tied.len() + 1) as f64 / 2.0;
        for &(_, i) in tied {
            ranks[i] = rank;
        }
        before += tied.len();
    }
    ranks
}

/// Eight pairs: a missing one is 0 and 0 with the weight 0.
struct Octet {
    x: [f64; LANES],
    y: [f64; LANES],
    weight: [f64; LANES],
    here: [bool; LANES],
}

impl Octet {
    /// Pairs from `start`, as far as there are any.
    #[inline(always)]
    fn load<T: Real>(x: &[T], y: &[T], weights: &[f64], start: usize) -> Self {
        let mut octet = Self { x: [0.0; LANES], y: [0.0; LANES], weight: [0.0; LANES], here: [false; LANES] };
        let end = x.len().min(start + LANES);
        for (i, (&x, &y)) in x[start..end].iter().zip(&y[start..end]).enumerate() {
            let (x, y): (f64, f64) = (x.into(), y.into());
            if !x.is_nan() && !y.is_nan() {
                let weight = weights.get(start + i).copied().unwrap_or(1.0);
                (octet.x[i], octet.y[i], octet.weight[i], octet.here[i]) = (x, y, weight, true);
            }
        }
        octet
    }
}

dispatch! {
    /// Moments of a chunk.
    fn chunk<T: Real>(x: &[T], y: &[T], weights: &[f64]) -> Moments = chunk_body;
}

#[inline(always)]
fn chunk_body<T: Real>(x: &[T], y: &[T], weights: &[f64]) -> Moments {
    let mut moments = means(x, y, weights);
    let mut sums = [[0.0_f64; LANES]; 3];
    for start in (0..x.len()).step_by(LANES) {
        let pairs = Octet::load(x, y, weights, start);
        for i in 0..LANES {
            let (dx, dy) = (pairs.x[i] - moments.mean[0], pairs.y[i] - moments.mean[1]);
            sums[0][i] += pairs.weight[i] * (dx * dx);
            sums[1][i] += pairs.weight[i] * (dy * dy);
            sums[2][i] += pairs.weight[i] * (dx * dy);
        }
    }
    let [xx, yy, xy] = sums.map(|lanes| lanes.iter().sum());
    (moments.squares, moments.products) = ([xx, yy], xy);
    moments
}

/// Numbers and means of a chunk; the mean of a constant series has no rounding.
#[inline(always)]
fn means<T: Real>(x: &[T], y: &[T], weights: &[f64]) -> Moments {
    let mut sums = [[0.0_f64; LANES]; 4];
    let (mut low, mut high) = ([[f64::INFINITY; LANES]; 2], [[f64::NEG_INFINITY; LANES]; 2]);
    for start in (0..x.len()).step_by(LANES) {
        let pairs = Octet::load(x, y, weights, start);
        for i in 0..LANES {
            sums[0][i] += pairs.weight[i] * pairs.x[i];
            sums[1][i] += pairs.weight[i] * pairs.y[i];
            sums[2][i] += pairs.weight[i];
            sums[3][i] += if pairs.here[i] { 1.0 } else { 0.0 };
            for (side, value) in [pairs.x[i], pairs.y[i]].into_iter().enumerate() {
                low[side][i] = if pairs.here[i] && value < low[side][i] { value } else { low[side][i] };
                high[side][i] = if pairs.here[i] && value > high[side][i] { value } else { high[side][i] };
            }
        }
    }
    let [sum_x, sum_y, weight, rows] = sums.map(|lanes| lanes.iter().sum::<f64>());
    let mean = |side: usize, sum: f64| {
        let low = low[side].iter().copied().fold(f64::INFINITY, f64::min);
        if high[side].iter().all(|&high| high <= low) { low } else { sum / weight }
    };
    let mean = if weight == 0.0 { [0.0; 2] } else { [mean(0, sum_x), mean(1, sum_y)] };
    let rows = rows as u64;
    Moments { rows, missing: x.len() as u64 - rows, weight, mean, ..Moments::default() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn worked_by_hand() {
        let m = Moments::of(&[1.0, 2.0, 3.0, f64::NAN], &[2.0, 1.0, 6.0, 1.0], &[]);
        assert_eq!((m.rows, m.missing, m.mean), (3, 1, [2.0, 3.0]));
        assert_eq!((m.squares, m.products), ([2.0, 14.0], 4.0));
        assert!((m.pearson() - 4.0 / 28.0_f64.sqrt()).abs() < 1e-15);
        assert!((m.r2() - (1.0 - 11.0 / 14.0)).abs() < 1e-15);
        let weighed = Moments::of(&[1.0_f32, 5.0], &[2.0, 3.0], &[2.0, 1.0]);
        assert_eq!(weighed.squares, Moments::of(&[1.0_f32, 1.0, 5.0], &[2.0, 2.0, 3.0], &[]).squares);
    }

    #[test]
    fn ties_share_their_ranks() {
        assert_eq!(ranks(&[3.0, -0.0, 3.0, 0.0, 7.0]), [3.5, 1.5, 3.5, 1.5, 5.0]);
        // Value of scipy 1.17.1 and of scores 2.7.0.
        let y = [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 5.0, 5.0, 9.0];
        let f = [0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 5.0, 5.0];
        assert!((spearman(&f, &y) - 0.949_367).abs() < 1e-6, "{}", spearman(&f, &y));
        assert_eq!(spearman(&[1.0_f32, 9.0, 2.0, f32::NAN], &[1.0, 1e9, 4.0, 0.0]), 1.0, "any rising curve");
    }

    #[test]
    fn a_constant_or_a_single_pair_has_no_correlation() {
        let rising: Vec<f64> = (0..5000).map(f64::from).collect();
        for constant in [0.0, 0.1, 1e9 + 0.1] {
            let constant = vec![constant; 5000];
            assert!(pearson(&rising, &constant).is_nan() && spearman(&constant, &rising).is_nan());
            assert!(Moments::of(&rising, &constant, &[]).r2().is_nan());
        }
        for (x, y) in [(&[1.0][..], &[2.0][..]), (&[], &[]), (&[1.0, f64::NAN], &[2.0, 3.0])] {
            assert!(pearson(x, y).is_nan() && spearman(x, y).is_nan());
        }
        let (far, near) = (pearson(&[0.0, 1e150], &[0.0, 3e150]), pearson(&[0.0, 1e-150], &[1e-150, 0.0]));
        assert!((far - 1.0).abs() < 1e-15 && (near + 1.0).abs() < 1e-15, "{far} {near}");
        assert!(pearson(&[f64::INFINITY, 1.0], &[0.0, 1.0]).is_nan());
    }

    #[test]
    fn a_large_mean_costs_no_digits() {
        let x: Vec<f64> = (0..10_000).map(|i| f64::from(i % 7)).collect();
        let y: Vec<f64> = (0..10_000).map(|i| f64::from(i % 5)).collect();
        let far = |x: &[f64]| x.iter().map(|x| x + 1e8).collect::<Vec<_>>();
        assert!((pearson(&x, &y) - pearson(&far(&x), &far(&y))).abs() < 1e-9);
        assert_eq!(pearson(&far(&x), &far(&x)), 1.0);
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![3 => (-2_i8..5).prop_map(f64::from), 3 => -9.0_f64..50.0, 1 => Just(f64::NAN)]
    }

    proptest! {
        #[test]
        fn moments_by_definition(rows in prop::collection::vec((value(), value(), 0.1_f64..2.0), 0..70), cut in 0_usize..70) {
            let x: Vec<f64> = rows.iter().map(|r| r.0).collect();
            let y: Vec<f64> = rows.iter().map(|r| r.1).collect();
            let w: Vec<f64> = rows.iter().map(|r| r.2).collect();
            let kept: Vec<_> = rows.iter().filter(|r| !r.0.is_nan() && !r.1.is_nan()).collect();
            let sum = |term: &dyn Fn(f64, f64) -> f64| kept.iter().map(|r| r.2 * term(r.0, r.1)).sum::<f64>();
            let weight = sum(&|_, _| 1.0);
            let (mx, my) = (sum(&|x, _| x) / weight, sum(&|_, y| y) / weight);
            let products = sum(&|x, y| (x - mx) * (y - my));
            let squares = [sum(&|x, _| (x - mx).powi(2)), sum(&|_, y| (y - my).powi(2))];
            let cut = cut.min(rows.len());
            let (head, tail) = (Moments::of(&x[..cut], &y[..cut], &w[..cut]), Moments::of(&x[cut..], &y[cut..], &w[cut..]));
            let whole = Moments::of(&x, &y, &w);
            for level in Level::available() {
                prop_assert_eq!(Moments::at(level, &x, &y, &w), whole);
            }
            for got in [whole, head.merge(&tail)] {
                prop_assert_eq!((got.rows, got.missing), (kept.len() as u64, (rows.len() - kept.len()) as u64));
                let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
                prop_assert!(kept.is_empty() || close(got.products, products), "{got:?} {products}");
                prop_assert!(kept.is_empty() || (close(got.squares[0], squares[0]) && close(got.squares[1], squares[1])));
                let correlation = got.pearson();
                prop_assert!(correlation.is_nan() || (-1.0..=1.0).contains(&correlation));
            }
        }
    }
}
