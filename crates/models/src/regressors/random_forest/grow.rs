//! Growing the trees of a forest.

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;
use forewarn_kernels::special::normal_quantile;
use forewarn_kernels::trees::{Bins, Grower, Grown, Rules, Tree};

use super::leaves::{self, Label, Leaves};
use super::{Member, RandomForest};
use crate::merged::Merged;

/// What all trees of a forest share.
pub(super) struct Forest<'a> {
    bins: &'a Bins,
    rules: Rules,
    row_share: Option<f64>,
    seed: u64,
    merged: Merged,
    mean: f64,
    /// Standard deviation of the mean labels of the rows; 1 where they do not differ.
    pub(super) deviation: f64,
    /// Where the labels of each row start.
    starts: Vec<u32>,
    labels: Vec<Label>,
}

impl<'a> Forest<'a> {
    pub(super) fn new(settings: &RandomForest, bins: &'a Bins, args: &LabelArgs<'_>) -> Self {
        let merged = Merged::new(&args.train, bins.rows());
        let mean = merged.mean();
        let (starts, labels) = by_row(&args.train, bins.rows());
        let deviation = deviation(&merged, mean);
        let rules = settings.rules();
        Self { bins, rules, row_share: settings.row_share, seed: args.seed, merged, mean, deviation, starts, labels }
    }

    pub(super) fn grower(&self) -> Grower<'a> {
        Grower::new(self.bins, self.rules)
    }

    /// The tree of this number.
    pub(super) fn member(&self, grower: &mut Grower<'_>, number: usize) -> Member {
        let stream = Stream::new(self.seed, &[number as u64]);
        let factors = self.factors(stream);
        let mut pairs = vec![[0.0_f32; 2]; self.bins.rows()];
        for (i, &row) in self.merged.rows.iter().enumerate() {
            let (w, wy, factor) = (self.merged.weights[i], self.merged.sums[i], factors[row as usize]);
            pairs[row as usize] =
                [(factor * (w * self.mean - wy) / self.deviation) as f32, (factor * w) as f32];
        }
        let grown = grower.grow(&pairs, &self.merged.rows, stream.number(u64::MAX - 1));
        self.with_labels(&grown, &factors)
    }

    /// What the weight of each row is multiplied by: a bootstrap draws each row as often as a Poisson variate of its
    /// weight says; the labels of a row are drawn together.
    fn factors(&self, stream: Stream) -> Vec<f64> {
        let mut factors = vec![0.0; self.bins.rows()];
        for (&row, &weight) in self.merged.rows.iter().zip(&self.merged.weights) {
            let u = stream.uniform(u64::from(row));
            factors[row as usize] = match self.row_share {
                Some(share) => f64::from(u8::from(u < share)),
                None => poisson(weight, u) / weight,
            };
        }
        if factors.iter().all(|&f| f == 0.0) {
            // Of very few rows none may be drawn; a tree needs some.
            factors.fill(1.0);
        }
        factors
    }

    fn with_labels(&self, grown: &Grown, factors: &[f64]) -> Member {
        let mut nodes = grown.tree.nodes().to_vec();
        let mut labels = vec![Vec::new(); nodes.len()];
        for (leaf, rows) in grown.leaves() {
            let of_leaf: &mut Vec<Label> = &mut labels[leaf];
            for &row in rows {
                let (row, factor) = (row as usize, factors[row as usize]);
                let of_row = &self.labels[self.starts[row] as usize..self.starts[row + 1] as usize];
                of_leaf.extend(of_row.iter().map(|&(y, w)| (y, w * factor)));
            }
            leaves::distinct(of_leaf);
            nodes[leaf].value = mean(of_leaf);
        }
        let tree = Tree::new(nodes, self.bins.columns()).unwrap_or_default();
        Member { tree, leaves: Leaves::new(&labels) }
    }
}

fn mean(labels: &[Label]) -> f32 {
    let (sum, weight) = labels.iter().fold((0.0, 0.0), |(sum, all), &(y, w)| (sum + w * f64::from(y), all + w));
    (sum / weight) as f32
}

fn deviation(merged: &Merged, mean: f64) -> f64 {
    let squares = merged.weights.iter().zip(&merged.sums).map(|(w, wy)| w * (wy / w - mean).powi(2));
    let variance = squares.sum::<f64>() / merged.weights.iter().sum::<f64>();
    if variance > 0.0 { variance.sqrt() } else { 1.0 }
}

/// Labels in the order of their rows, and where those of each row start. Labels of weight 0 are left out.
fn by_row(labels: &Labels<'_>, rows: usize) -> (Vec<u32>, Vec<Label>) {
    let known = || {
        let all = labels.rows().iter().zip(labels.values()).zip(labels.weights());
        all.filter(|(_, w)| **w > 0.0).map(|((&row, &y), &w)| (row as usize, (y, f64::from(w))))
    };
    let mut starts = vec![0_u32; rows + 1];
    known().for_each(|(row, _)| starts[row + 1] += 1);
    (0..rows).for_each(|row| starts[row + 1] += starts[row]);
    let mut next = starts.clone();
    let mut sorted = vec![(0.0, 0.0); starts[rows] as usize];
    for (row, label) in known() {
        sorted[next[row] as usize] = label;
        next[row] += 1;
    }
    (starts, sorted)
}

/// Means above this are drawn from the normal distribution with the same mean and variance, rounded.
const MANY: f64 = 64.0;

/// A Poisson variate of this mean, by inversion of the uniform variate `u`.
fn poisson(mean: f64, u: f64) -> f64 {
    if mean > MANY {
        return (mean + mean.sqrt() * normal_quantile(u)).round().max(0.0);
    }
    let (mut count, mut probability) = (0.0, (-mean).exp());
    let mut below = probability;
    while u > below && probability > 0.0 {
        count += 1.0;
        probability *= mean / count;
        below += probability;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_variates_have_their_mean_and_variance() {
        let n = 20_000;
        for mean in [0.5, 1.0, 7.0, 64.0, 500.0] {
            let stream = Stream::new(3, &[]);
            let draws: Vec<f64> = (0..n).map(|i| poisson(mean, stream.uniform(i))).collect();
            let average = draws.iter().sum::<f64>() / n as f64;
            let variance = draws.iter().map(|d| (d - average).powi(2)).sum::<f64>() / n as f64;
            assert!((average - mean).abs() < 6.0 * (mean / n as f64).sqrt(), "{mean}: {average}");
            assert!((variance / mean - 1.0).abs() < 0.1, "{mean}: {variance}");
        }
        assert_eq!((poisson(1.0, 0.36), poisson(1.0, 0.37), poisson(1.0, 0.74)), (0.0, 1.0, 2.0));
    }

    #[test]
    fn labels_are_ordered_by_row() {
        let labels = Labels::new(&[2, 0, 2, 1], &[1.0, 5.0, 4.0, 9.0], &[1.0, 2.0, 3.0, 0.0], 3).unwrap();
        let expected = (vec![0, 1, 1, 3], vec![(5.0, 2.0), (1.0, 1.0), (4.0, 3.0)]);
        assert_eq!(by_row(&labels, 3), expected);
    }
}
