//! The squared maximum mean discrepancy of two samples of points: how far apart their means are after a Gaussian kernel
//! `exp(-d^2 / (2 bandwidth^2))` of the distances. Gretton, Borgwardt, Rasch, Schoelkopf and Smola (2012), Journal of
//! Machine Learning Research 13, 723-773.
//!
//! It sees any change of distribution, of several columns together too. Work and memory grow with the square of the
//! number of distinct points.

use crate::random::Stream;

/// Partial sums of a product, so that it can be computed in vectors.
const LANES: usize = 8;

/// The bandwidth `sqrt(median of the squared distances of all pairs / 2)`: the median heuristic.
///
/// `points` are rows of `columns` values, each distinct point once, and `weights` say how often it occurs; pairs of equal
/// points count with a distance of 0, the median of an even number of pairs is the mean of both in the middle. Where that
/// is 0, for more than half of the pairs are equal, it is the median of the others; `None` when all points are equal.
///
/// # Panics
/// When there are not as many weights as points.
pub fn median_bandwidth(points: &[f64], columns: usize, weights: &[u64]) -> Option<f64> {
    let rows: Vec<&[f64]> = points.chunks_exact(columns).collect();
    assert_eq!(rows.len(), weights.len(), "one weight a point");
    let mut pairs = Vec::with_capacity(rows.len() * rows.len().saturating_sub(1) / 2);
    for (i, (a, u)) in rows.iter().zip(weights).enumerate() {
        for (b, v) in rows[..i].iter().zip(weights) {
            pairs.push((squared_distance(a, b), u * v));
        }
    }
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let different: u128 = pairs.iter().map(|(_, weight)| u128::from(*weight)).sum();
    let equal: u128 = weights.iter().map(|&w| u128::from(w) * u128::from(w.saturating_sub(1)) / 2).sum();
    let median = |equal: u128| {
        let all = equal + different;
        f64::midpoint(middle(&pairs, equal, (all - 1) / 2), middle(&pairs, equal, all / 2))
    };
    if different == 0 {
        return None;
    }
    let all = median(equal);
    let squared = if all > 0.0 { all } else { median(0) };
    (squared > 0.0).then(|| (squared / 2.0).sqrt())
}

/// The distance of rank `rank` among `equal` zeros and weighted ascending distances.
fn middle(pairs: &[(f64, u64)], equal: u128, rank: u128) -> f64 {
    let mut seen = equal;
    if rank < seen {
        return 0.0;
    }
    let reached = pairs.iter().find(|(_, weight)| {
        seen += u128::from(*weight);
        rank < seen
    });
    reached.map_or(0.0, |pair| pair.0)
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

/// The kernel between all distinct points, for many deals of the same points.
#[derive(Debug, Clone)]
pub struct KernelMatrix {
    /// Row after row, all of it.
    values: Vec<f64>,
    weights: Vec<f64>,
    /// The kernel of every point with all points, added up.
    sums: Vec<f64>,
    /// All of it, weighted on both sides.
    total: f64,
}

impl KernelMatrix {
    /// Of `points`, rows of `columns` values, each distinct point once, that occur `weights` times in both samples
    /// together.
    ///
    /// # Panics
    /// When there are not as many weights as points.
    pub fn new(points: &[f64], columns: usize, weights: &[u64], bandwidth: f64) -> Self {
        let rows: Vec<&[f64]> = points.chunks_exact(columns).collect();
        assert_eq!(rows.len(), weights.len(), "one weight a point");
        let scale = -0.5 / (bandwidth * bandwidth);
        let mut values = vec![1.0; rows.len() * rows.len()];
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows[..i].iter().enumerate() {
                let kernel = (scale * squared_distance(a, b)).exp();
                values[i * rows.len() + j] = kernel;
                values[j * rows.len() + i] = kernel;
            }
        }
        let weights: Vec<f64> = weights.iter().map(|&w| w as f64).collect();
        let sums: Vec<f64> = values.chunks_exact(rows.len().max(1)).map(|row| dot(row, &weights)).collect();
        let total = dot(&sums, &weights);
        Self { values, weights, sums, total }
    }

    /// The unbiased estimate from how many times each point is in each sample; it can be below 0, and is NaN when a
    /// sample has fewer than two points.
    ///
    /// `sum k(x, x') / (n (n - 1)) + sum k(y, y') / (m (m - 1)) - 2 sum k(x, y) / (n m)`, without the pairs of a point
    /// with itself. `counts` add up to the weights.
    pub fn unbiased(&self, counts: &[[u64; 2]]) -> f64 {
        let [n, m] = counts.iter().fold([0, 0], |[n, m], [x, y]| [n + x, m + y]).map(|size| size as f64);
        // The smaller sample has fewer rows to add; the other sums follow from it.
        let (few, column) = if n <= m { (n, 0) } else { (m, 1) };
        let many = n + m - few;
        let here: Vec<f64> = counts.iter().map(|pair| pair[column] as f64).collect();
        let size = here.len();
        let mut within = 0.0;
        for (i, &weight) in here.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
            let row = &self.values[i * size..(i + 1) * size];
            within += weight * (weight + 2.0 * dot(&row[i + 1..], &here[i + 1..]));
        }
        let between = dot(&here, &self.sums) - within;
        let others = self.total - within - 2.0 * between;
        (within - few) / (few * (few - 1.0)) + (others - many) / (many * (many - 1.0))
            - 2.0 * between / (few * many)
    }

    /// Number of distinct points.
    pub fn points(&self) -> usize {
        self.weights.len()
    }
}

/// Sum of products, in an order that does not depend on the machine.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (a_parts, b_parts) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (x, y) in a_parts.0.iter().zip(b_parts.0) {
        for l in 0..LANES {
            sums[l] += x[l] * y[l];
        }
    }
    let rest: f64 = a_parts.1.iter().zip(b_parts.1).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}

/// `size` of the values, drawn without replacement, in their order; all of them when there are no more.
pub fn subsample(values: &[f64], size: usize, stream: Stream) -> Vec<f64> {
    let mut wanted = size.min(values.len()) as u64;
    let taken = |(i, value): (usize, &f64)| {
        let left = (values.len() - i) as u64;
        let take = crate::hypergeometric::chosen(stream.number(i as u64), wanted, left);
        wanted -= u64::from(take);
        take.then_some(*value)
    };
    values.iter().enumerate().filter_map(taken).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, over all pairs of values.
    fn plain(x: &[f64], y: &[f64], bandwidth: f64) -> f64 {
        let kernel = |a: f64, b: f64| (-(a - b) * (a - b) / (2.0 * bandwidth * bandwidth)).exp();
        let all =
            |a: &[f64], b: &[f64]| a.iter().flat_map(|p| b.iter().map(move |q| kernel(*p, *q))).sum::<f64>();
        let (n, m) = (x.len() as f64, y.len() as f64);
        (all(x, x) - n) / (n * (n - 1.0)) + (all(y, y) - m) / (m * (m - 1.0)) - 2.0 * all(x, y) / (n * m)
    }

    #[test]
    fn worked_by_hand() {
        // 0 0 against 1 1, a bandwidth of 1: 1 + 1 - 2 exp(-1/2).
        let matrix = KernelMatrix::new(&[0.0, 1.0], 1, &[2, 2], 1.0);
        let expected = 2.0 - 2.0 * (-0.5_f64).exp();
        assert!((matrix.unbiased(&[[2, 0], [0, 2]]) - expected).abs() < 1e-15);
        assert!(
            matrix.unbiased(&[[1, 0], [1, 2]]).is_finite() && matrix.unbiased(&[[1, 1], [0, 2]]).is_nan()
        );
        assert_eq!(matrix.points(), 2);
        // Squared distances 0 (1 pair), 1 (2) and 9, 4 twice: 0 1 1 4 4 9: between 1 and 4, halved.
        let bandwidth = median_bandwidth(&[0.0, 1.0, 3.0], 1, &[1, 2, 1]).unwrap();
        assert!((bandwidth - (2.5_f64 / 2.0).sqrt()).abs() < 1e-15, "{bandwidth}");
        // Nearly all pairs are equal: the median of the others.
        assert_eq!(median_bandwidth(&[0.0, 4.0], 1, &[9, 1]), Some(8.0_f64.sqrt()));
        assert_eq!((median_bandwidth(&[2.0], 1, &[9]), median_bandwidth(&[], 1, &[])), (None, None));
    }

    #[test]
    fn subsamples_are_without_replacement_and_fair() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let mut seen = [0_u32; 20];
        for seed in 0..2000 {
            let part = subsample(&values, 5, Stream::new(seed, &[]));
            assert!(part.len() == 5 && part.windows(2).all(|pair| pair[0] < pair[1]));
            for v in part {
                seen[v as usize] += 1;
            }
        }
        // 500 of each expected, with a deviation of 19.4.
        assert!(seen.iter().all(|&count| (410..590).contains(&count)), "{seen:?}");
        assert_eq!(subsample(&values, 30, Stream::new(1, &[])), values);
    }

    proptest! {
        #[test]
        fn is_the_definition(
            x in prop::collection::vec(0_u8..9, 2..20), y in prop::collection::vec(0_u8..9, 2..20), h in 0.5..4.0_f64,
        ) {
            let float = |s: &[u8]| s.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            let (x, y) = (float(&x), float(&y));
            let pooled = crate::kolmogorov_smirnov::Pooled::new(&x, &y);
            let weights: Vec<u64> = pooled.counts().iter().map(|[a, b]| a + b).collect();
            let got = KernelMatrix::new(pooled.values(), 1, &weights, h).unbiased(pooled.counts());
            prop_assert!((got - plain(&x, &y, h)).abs() < 1e-12);
        }
    }
}
