//! The labels in the leaves of a tree, and the quantiles of several leaves together.

use forewarn_core::Result;

use crate::bytes::{Reader, Writer};

/// Distinct labels that a leaf keeps at most; of more it keeps so many equally likely quantiles.
const KEPT: usize = 64;

/// A label with its weight, or its share.
pub(super) type Label = (f32, f64);

/// Labels of every leaf, ascending, with their shares, which add up to 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Leaves {
    /// Where the labels of each node start, and where the last end; those of splits are empty.
    starts: Vec<u32>,
    labels: Vec<(f32, f32)>,
}

impl Leaves {
    /// Of the labels of each node.
    pub(super) fn new(nodes: &[Vec<Label>]) -> Self {
        let mut leaves = Self { starts: vec![0], labels: Vec::new() };
        for labels in nodes {
            let total: f64 = labels.iter().map(|l| l.1).sum();
            leaves.labels.extend(few(labels).into_iter().map(|(y, w)| (y, (w / total) as f32)));
            leaves.starts.push(leaves.labels.len() as u32);
        }
        leaves
    }

    /// The labels of a node.
    pub(super) fn of(&self, node: usize) -> &[(f32, f32)] {
        &self.labels[self.starts[node] as usize..self.starts[node + 1] as usize]
    }

    pub(super) fn write(&self, w: &mut Writer) {
        for ends in self.starts.windows(2) {
            w.count((ends[1] - ends[0]) as usize);
        }
        for &(label, share) in &self.labels {
            w.single(label);
            w.single(share);
        }
    }

    /// Reads the labels of a tree; `is_leaf` says which of its nodes are leaves.
    pub(super) fn read(r: &mut Reader<'_>, is_leaf: &[bool]) -> Result<Self> {
        let mut starts = vec![0_u32];
        for &leaf in is_leaf {
            let count = r.count(8)? as u32;
            let end = starts[starts.len() - 1].checked_add(count).filter(|_| leaf == (count > 0));
            starts.push(end.ok_or_else(|| r.wrong("labels belong to leaves, and to each leaf"))?);
        }
        let label = |_| -> Result<_> {
            let (label, share) = (r.single()?, r.single()?);
            let known = label.is_finite() && (0.0..=1.0).contains(&share);
            if known { Ok((label, share)) } else { Err(r.wrong("a leaf has a label that is no number")) }
        };
        let labels = (0..starts[starts.len() - 1]).map(label).collect::<Result<_>>()?;
        Ok(Self { starts, labels })
    }
}

/// Sorts labels and adds up the weights of equal ones.
pub(super) fn distinct(labels: &mut Vec<Label>) {
    labels.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    labels.dedup_by(|next, kept| {
        let equal = next.0 == kept.0;
        kept.1 += if equal { next.1 } else { 0.0 };
        equal
    });
}

/// At most [`KEPT`] labels: all, or the quantiles at levels `(i + 1/2) / KEPT`.
fn few(labels: &[Label]) -> Vec<Label> {
    if labels.len() <= KEPT {
        return labels.to_vec();
    }
    let levels: Vec<f64> = (0..KEPT).map(|i| (i as f64 + 0.5) / KEPT as f64).collect();
    let share = labels.iter().map(|l| l.1).sum::<f64>() / KEPT as f64;
    let mut kept: Vec<Label> = quantiles(labels, &levels).into_iter().map(|y| (y, share)).collect();
    distinct(&mut kept);
    kept
}

/// The smallest label at or below which a share `p` of the weight lies, for each ascending level `p`, of ascending labels.
///
/// A billionth of the weight is forgiven, so that rounding moves no quantile.
pub(super) fn quantiles(labels: &[Label], levels: &[f64]) -> Vec<f32> {
    let total: f64 = labels.iter().map(|l| l.1).sum();
    let mut rest = labels.iter();
    let (mut label, mut below) = rest.next().map_or((f32::NAN, 0.0), |l| *l);
    let mut quantile = |p: &f64| {
        while below < p * total * (1.0 - 1e-9) {
            let Some(next) = rest.next() else { break };
            (label, below) = (next.0, below + next.1);
        }
        label
    };
    levels.iter().map(&mut quantile).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_labels() {
        let labels = [(1.0, 1.0), (2.0, 2.0), (5.0, 1.0)];
        assert_eq!(quantiles(&labels, &[0.0, 0.25, 0.26, 0.75, 0.76, 1.0]), [1.0, 1.0, 2.0, 2.0, 5.0, 5.0]);
        assert!(quantiles(&[], &[0.5])[0].is_nan());
        // Ten tenths are not quite 1.
        let tenths: Vec<Label> = (0..10).map(|i| (i as f32, 0.1)).collect();
        assert_eq!(quantiles(&tenths, &[0.3, 0.7, 1.0]), [2.0, 6.0, 9.0]);
    }

    #[test]
    fn equal_labels_are_one() {
        let mut labels = vec![(3.0, 1.0), (1.0, 2.0), (3.0, 0.5)];
        distinct(&mut labels);
        assert_eq!(labels, [(1.0, 2.0), (3.0, 1.5)]);
        let leaves = Leaves::new(&[vec![], labels]);
        assert!(leaves.of(0).is_empty());
        assert_eq!(leaves.of(1), [(1.0, (2.0 / 3.5) as f32), (3.0, (1.5 / 3.5) as f32)]);
    }

    #[test]
    fn large_leaves_keep_quantiles() {
        let labels: Vec<Label> = (0..6400).map(|i| (i as f32, 1.0)).collect();
        let leaves = Leaves::new(&[labels]);
        let kept = leaves.of(0);
        assert_eq!((kept.len(), kept[0], kept[63]), (64, (49.0, 1.0 / 64.0), (6349.0, 1.0 / 64.0)));
    }
}
