//! How well boosted trees tell the rows of two samples apart, cross-fitted.

use rayon::prelude::*;

use crate::random::Stream;
use crate::rank_sum::RankSum;
use crate::ranking::levels_of;
use crate::special::normal_cdf;
use crate::trees::{Bins, Grower, Rules, Tree};

/// How to learn, and how to find the p value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Parts of the rows, each of which is scored by trees that were grown from the others; at least 2.
    pub folds: u32,
    /// Trees.
    pub rounds: u32,
    /// Splits from the root to a leaf, at most.
    pub depth: u32,
    /// What is taken of each tree, above 0 and at most 1.
    pub rate: f64,
    /// How often the labels are dealt anew, and all is learned again, for the p value; 0 for the law of the folds.
    pub permutations: u32,
    /// Seed of the folds and of the permutations.
    pub seed: u64,
}

/// How well two samples can be told apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Separation {
    /// Mean area under the ROC curve of the folds (0-1).
    pub roc_auc: f64,
    /// How likely it is as great when the samples are of one distribution (0-1), one-sided.
    pub p_value: f64,
    /// Area lost when the values of a column are shuffled among the rows of a fold, for each column.
    pub importance: Vec<f64>,
}

/// How well trees tell the rows whose label is true from the others; `rows` are rows x `columns`.
///
/// Logistic boosting of histogram trees with at most 256 bins a column (see [`crate::trees`]). The area is that of each fold,
/// of scores that never saw it, averaged: pooled scores of different folds would be biased downward. In a fold the law of Mann and
/// Whitney holds; without permutations the p value is twice the mean of those of the folds, which is right however they
/// depend on each other (Vovk and Wang 2020, doi:10.1093/biomet/asaa027). The same for any number of threads.
///
/// # Panics
/// When `rows` are not one a label, or a fold lacks rows of a label.
pub fn separation(rows: &[f32], columns: usize, labels: &[bool], settings: &Settings) -> Separation {
    let bins = Bins::new(rows, columns, &vec![1.0; labels.len()], 256);
    let problem = Problem { settings: *settings, bins, rows, width: columns };
    let folds = problem.folds(labels, true);
    let (roc_auc, law) = summary(&folds);
    let p_value = if settings.permutations == 0 { law } else { problem.p_value(labels, roc_auc) };
    let mean = |c: usize| folds.iter().map(|f| f.importance[c]).sum::<f64>() / folds.len() as f64;
    Separation { roc_auc, p_value, importance: (0..columns).map(mean).collect() }
}

/// Both samples in one.
struct Problem<'a> {
    settings: Settings,
    bins: Bins,
    rows: &'a [f32],
    width: usize,
}

/// What one fold says.
struct Fold {
    rank_sum: RankSum,
    importance: Vec<f64>,
}

/// Mean area of the folds, and twice the mean of their p values.
fn summary(folds: &[Fold]) -> (f64, f64) {
    let mean =
        |of: fn(&RankSum) -> f64| folds.iter().map(|f| of(&f.rank_sum)).sum::<f64>() / folds.len() as f64;
    // Pairs in which the reference is above are those in the wrong order.
    let area = mean(|r| 1.0 - r.u / (2.0 * r.mean));
    // Nothing but ties is no difference.
    let p_value =
        |r: &RankSum| if r.variance > 0.0 { normal_cdf((r.u - r.mean) / r.variance.sqrt()) } else { 1.0 };
    (area, (2.0 * mean(p_value)).min(1.0))
}

impl Problem<'_> {
    /// Which fold each row is in: the rows of each sample in turn, in a random order.
    fn deal(&self, labels: &[bool]) -> Vec<u32> {
        let mut folds = vec![0; labels.len()];
        for class in [false, true] {
            let stream = Stream::new(self.settings.seed, &[u64::from(class)]);
            let mut rows: Vec<usize> = (0..labels.len()).filter(|i| labels[*i] == class).collect();
            shuffle(&mut rows, stream);
            for (k, row) in rows.into_iter().enumerate() {
                folds[row] = k as u32 % self.settings.folds;
            }
        }
        folds
    }

    fn folds(&self, labels: &[bool], with_importance: bool) -> Vec<Fold> {
        let folds = self.deal(labels);
        let fold = |f: u32| {
            let rows =
                |held: bool| (0..labels.len()).filter(|i| (folds[*i] == f) == held).collect::<Vec<_>>();
            let (train, test) = (rows(false), rows(true));
            let trees = self.learn(labels, &train);
            let observed = rank_sum(&self.score(&trees, &test, None), labels, &test);
            let lost = |c: usize| {
                let mut others = test.clone();
                shuffle(&mut others, Stream::new(self.settings.seed, &[u64::from(f), c as u64]));
                let shuffled = rank_sum(&self.score(&trees, &test, Some((c, &others))), labels, &test);
                (shuffled.u - observed.u) / (2.0 * observed.mean)
            };
            let columns = if with_importance { self.width } else { 0 };
            Fold { importance: (0..columns).map(lost).collect(), rank_sum: observed }
        };
        (0..self.settings.folds).into_par_iter().map(fold).collect()
    }

    /// Trees that tell the current rows (true) among `train` from the others.
    fn learn(&self, labels: &[bool], train: &[usize]) -> Vec<Tree> {
        let rules = Rules { max_depth: self.settings.depth as usize, ..Rules::default() };
        let mut grower = Grower::new(&self.bins, rules);
        let all: Vec<u32> = train.iter().map(|i| *i as u32).collect();
        let current = train.iter().filter(|i| labels[**i]).count() as f64 / train.len() as f64;
        let mut scores = vec![(current / (1.0 - current)).ln(); labels.len()];
        let mut pairs = vec![[0.0_f32; 2]; labels.len()];
        let mut trees = Vec::new();
        for round in 0..self.settings.rounds {
            for &i in train {
                let p = 1.0 / (1.0 + (-scores[i]).exp());
                pairs[i] = [(p - f64::from(u8::from(labels[i]))) as f32, (p * (1.0 - p)) as f32];
            }
            let mut tree = grower.grow(&pairs, &all, u64::from(round)).tree;
            tree.scale(self.settings.rate as f32);
            tree.add(self.rows, &mut scores);
            trees.push(tree);
        }
        trees
    }

    /// Scores of rows; with `swap`, each with the value that another row has in one column.
    fn score(&self, trees: &[Tree], rows: &[usize], swap: Option<(usize, &[usize])>) -> Vec<f64> {
        let at = |i: usize| i * self.width;
        let mut values: Vec<f32> =
            rows.iter().flat_map(|i| self.rows[at(*i)..at(*i + 1)].iter().copied()).collect();
        if let Some((column, others)) = swap {
            for (row, other) in values.chunks_exact_mut(self.width).zip(others) {
                row[column] = self.rows[at(*other) + column];
            }
        }
        let mut scores = vec![0.0; rows.len()];
        for tree in trees {
            tree.add(&values, &mut scores);
        }
        scores
    }

    /// Share of random samples of the same sizes whose area is as great.
    fn p_value(&self, labels: &[bool], area: f64) -> f64 {
        let as_great = |p: u32| {
            let mut order: Vec<usize> = (0..labels.len()).collect();
            shuffle(&mut order, Stream::new(self.settings.seed, &[2, u64::from(p)]));
            let dealt: Vec<bool> = order.iter().map(|i| labels[*i]).collect();
            summary(&self.folds(&dealt, false)).0 >= area
        };
        let count = (0..self.settings.permutations).into_par_iter().filter(|p| as_great(*p)).count();
        (1 + count) as f64 / (1.0 + f64::from(self.settings.permutations))
    }
}

fn shuffle(rows: &mut [usize], stream: Stream) {
    for k in 0..rows.len() {
        let left = (rows.len() - k) as u32;
        rows.swap(k, k + stream.below(k as u64, left) as usize);
    }
}

/// How often scores of the reference are above current ones.
fn rank_sum(scores: &[f64], labels: &[bool], rows: &[usize]) -> RankSum {
    let current: Vec<bool> = rows.iter().map(|i| labels[*i]).collect();
    let levels = levels_of(scores, &current, &[]);
    RankSum::new(&levels.iter().map(|l| [l.2 as u64, l.1 as u64]).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings =
        Settings { folds: 3, rounds: 10, depth: 2, rate: 0.3, permutations: 9, seed: 1 };

    /// Two columns, of which the second is raised by `shift` where the label is true.
    fn sample(seed: u64, n: u64, shift: f32) -> (Vec<f32>, Vec<bool>) {
        let stream = Stream::new(seed, &[]);
        let labels: Vec<bool> = (0..n).map(|i| i.is_multiple_of(3)).collect();
        let raised =
            |i: u64| stream.uniform(2 * i + 1) as f32 + if i.is_multiple_of(3) { shift } else { 0.0 };
        ((0..n).flat_map(|i| [stream.uniform(2 * i) as f32, raised(i)]).collect(), labels)
    }

    #[test]
    fn threads_do_not_matter() {
        let (rows, labels) = sample(1, 150, 0.2);
        let found = separation(&rows, 2, &labels, &SETTINGS);
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(|| separation(&rows, 2, &labels, &SETTINGS)), found);
    }

    #[test]
    fn what_is_apart_is_told_apart() {
        let (rows, labels) = sample(1, 150, 1.0);
        let found = separation(&rows, 2, &labels, &Settings { permutations: 0, ..SETTINGS });
        assert!(found.roc_auc > 0.98 && found.p_value < 1e-4, "{found:?}");
        assert!(found.importance[0].abs() < 0.02 && found.importance[1] > 0.3, "{found:?}");
    }

    #[test]
    fn each_fold_has_its_share_of_both_samples() {
        let (rows, labels) = sample(1, 100, 0.0);
        let bins = Bins::new(&rows, 2, &[1.0; 100], 256);
        let problem = Problem { settings: SETTINGS, bins, rows: &rows, width: 2 };
        let folds = problem.deal(&labels);
        for (class, expected) in [(true, [12, 11, 11]), (false, [22, 22, 22])] {
            let count = |f: u32| (0..100).filter(|i| folds[*i] == f && labels[*i] == class).count();
            assert_eq!([count(0), count(1), count(2)], expected);
        }
    }
}
