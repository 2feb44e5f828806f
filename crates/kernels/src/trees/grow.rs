//! Growing one tree.

use std::ops::Range;

use super::bins::{Bins, MISSING};
use super::fixed::{Pair, Units, add, less};
use super::histogram::{EMPTY, Histogram, Sums};
use super::sample;
use super::split::{self, Candidates, Rules, Site, Split};
use super::tree::{Node, Tree};
use crate::random::Stream;
use crate::simd::Level;

/// Nodes with fewer rows are split without a histogram of all bins; measured.
const FEW: usize = 128;

/// Grows trees over the same bins, one at a time; keeps its memory between them.
#[derive(Debug)]
pub struct Grower<'a> {
    bins: &'a Bins,
    rules: Rules,
    pairs: Vec<Pair>,
    rows: Vec<u32>,
    spare: Vec<u32>,
    pool: Vec<Histogram>,
    sums: Sums,
    candidates: Candidates,
    /// Nodes with fewer rows are split without a histogram.
    pub(super) few: usize,
    pub(super) level: Level,
}

/// A new tree, and where the rows it was grown from fell.
#[derive(Debug, Clone, PartialEq)]
pub struct Grown {
    /// The tree.
    pub tree: Tree,
    /// Last bin that goes left, for every node.
    cuts: Vec<u8>,
    rows: Vec<u32>,
    leaves: Vec<(u32, Range<usize>)>,
}

/// A node that may be split yet.
#[derive(Debug)]
struct Open {
    node: usize,
    rows: Range<usize>,
    total: Pair,
    depth: usize,
    key: u64,
    histogram: Option<Histogram>,
}

impl<'a> Grower<'a> {
    /// Grows trees over `bins` by `rules`.
    pub fn new(bins: &'a Bins, rules: Rules) -> Self {
        Self {
            bins,
            rules,
            pairs: vec![[0; 2]; bins.rows()],
            rows: Vec::new(),
            spare: Vec::new(),
            pool: Vec::new(),
            sums: EMPTY,
            candidates: Candidates::new(),
            few: FEW,
            level: Level::best(),
        }
    }

    /// A tree grown from `rows` (indices, no matter in which order, each once) with their pairs of gradient and hessian,
    /// both multiplied by the weight of the row; `pairs` are one a row of the bins. Rows of hessian 0 are left out.
    ///
    /// A split of column `k` at `x` is the one with the largest gain
    /// `GL^2 / (HL + l2) + GR^2 / (HR + l2) - G^2 / (H + l2)`; of equal gains the first column, missing values to the right,
    /// the lowest cut. Missing values of a column that has none in the node go right. A leaf adds `-G / (H + l2)`.
    ///
    /// # Panics
    /// When `pairs` are not one a row, or a row does not exist.
    pub fn grow(&mut self, pairs: &[[f32; 2]], rows: &[u32], seed: u64) -> Grown {
        assert_eq!(pairs.len(), self.bins.rows(), "one pair a row");
        self.rows.clear();
        self.rows.extend(rows.iter().filter(|&&r| pairs[r as usize][1] > 0.0));
        let units = Units::of(pairs, &self.rows);
        let mut total = [0; 2];
        for &row in &self.rows {
            let pair = units.fix(pairs[row as usize]);
            self.pairs[row as usize] = pair;
            total = add(total, pair);
        }
        self.spare.resize(self.rows.len(), 0);
        let all: Vec<u32> = (0..self.bins.columns() as u32).collect();
        let columns = sample::columns(&all, self.rules.tree_columns, Stream::new(seed, &[0]).number(0));
        let root = Open {
            node: 0,
            rows: 0..self.rows.len(),
            total,
            depth: 0,
            key: Stream::new(seed, &[1]).number(0),
            histogram: None,
        };
        self.grow_from(root, units, &columns)
    }

    fn grow_from(&mut self, mut root: Open, units: Units, columns: &[u32]) -> Grown {
        root.histogram = self.wants_histogram(&root.rows, 0).then(|| self.histogram(root.rows.clone()));
        let mut nodes = vec![self.node(units, root.total)];
        let (mut cuts, mut leaves) = (vec![0], Vec::new());
        let mut open = vec![root];
        while let Some(mut next) = open.pop() {
            let Some(split) = self.split(&next, units, columns) else {
                self.pool.extend(next.histogram.take());
                leaves.push((next.node as u32, next.rows));
                continue;
            };
            let children = nodes.len();
            (nodes[next.node], cuts[next.node]) =
                (self.split_node(nodes[next.node], &split, children), split.bin);
            let pair = self.children(next, &split, children);
            for child in pair {
                nodes.push(self.node(units, child.total));
                cuts.push(0);
                open.push(child);
            }
        }
        let tree = Tree::new(nodes, self.bins.columns()).unwrap_or_default();
        Grown { tree, cuts, rows: self.rows.clone(), leaves }
    }

    fn node(&self, units: Units, total: Pair) -> Node {
        let (g, h) = units.number(total);
        Node {
            column: 0,
            threshold: 0.0,
            missing_left: false,
            children: 0,
            value: self.rules.leaf((g, h)) as f32,
            cover: h as f32,
            gain: 0.0,
        }
    }

    fn split_node(&self, leaf: Node, split: &Split, children: usize) -> Node {
        let cut = self.bins.cuts(split.column as usize).get(usize::from(split.bin) - 1);
        Node {
            column: split.column,
            // Above the last cut are all values: the split is between them and the missing ones.
            threshold: cut.copied().unwrap_or(f32::INFINITY),
            missing_left: split.missing_left,
            children: children as u32,
            gain: split.gain,
            ..leaf
        }
    }

    fn wants_histogram(&self, rows: &Range<usize>, depth: usize) -> bool {
        rows.len() >= self.few && depth < self.rules.max_depth
    }

    fn histogram(&mut self, rows: Range<usize>) -> Histogram {
        let mut histogram = self.pool.pop().unwrap_or_else(|| Histogram::new(self.bins.columns()));
        histogram.fill(self.level, self.bins, &self.rows[rows], &self.pairs);
        histogram
    }

    fn split(&mut self, open: &Open, units: Units, columns: &[u32]) -> Option<Split> {
        if open.depth >= self.rules.max_depth || open.rows.len() < 2 {
            return None;
        }
        let columns = sample::columns(columns, self.rules.node_columns, open.key);
        let site = Site { bins: self.bins, rules: &self.rules, units, total: open.total, columns: &columns };
        if let Some(histogram) = &open.histogram {
            return split::of_histogram(self.level, &site, histogram.columns(), &mut self.candidates);
        }
        let rows = &self.rows[open.rows.clone()];
        split::of_rows(self.level, &site, rows, &self.pairs, &mut self.sums, &mut self.candidates)
    }

    /// The children of a split node, the right one first: the last is split next.
    fn children(&mut self, parent: Open, split: &Split, at: usize) -> [Open; 2] {
        let middle = parent.rows.start + self.partition(parent.rows.clone(), split);
        let child = |side: usize, rows: Range<usize>, total: Pair| Open {
            node: at + side,
            rows,
            total,
            depth: parent.depth + 1,
            key: Stream::new(parent.key, &[side as u64]).number(0),
            histogram: None,
        };
        let mut left = child(0, parent.rows.start..middle, split.left);
        let mut right = child(1, middle..parent.rows.end, less(parent.total, split.left));
        let (small, large) = if left.rows.len() <= right.rows.len() {
            (&mut left, &mut right)
        } else {
            (&mut right, &mut left)
        };
        if let Some(mut histogram) = parent.histogram {
            if self.wants_histogram(&large.rows, large.depth) {
                let part = self.histogram(small.rows.clone());
                histogram.subtract(&part);
                large.histogram = Some(histogram);
                small.histogram = Some(part);
            } else {
                self.pool.push(histogram);
            }
            if !self.wants_histogram(&small.rows, small.depth) {
                self.pool.extend(small.histogram.take());
            }
        }
        [left, right]
    }

    /// Brings the rows that go left to the front of the range, all in their order; returns their number.
    fn partition(&mut self, range: Range<usize>, split: &Split) -> usize {
        let bins = self.bins.column(split.column as usize);
        let rows = &mut self.rows[range];
        let spare = &mut self.spare[..rows.len()];
        let (mut left, mut right) = (0, 0);
        for i in 0..rows.len() {
            let row = rows[i];
            let bin = bins[row as usize];
            let goes_left = if bin == MISSING { split.missing_left } else { bin <= split.bin };
            // Written to both, kept in one: no branch to guess.
            rows[left] = row;
            spare[right] = row;
            left += usize::from(goes_left);
            right += usize::from(!goes_left);
        }
        rows[left..].copy_from_slice(&spare[..right]);
        left
    }
}

impl Grown {
    /// The rows that each leaf was grown from: index of the leaf's node, indices of its rows.
    pub fn leaves(&self) -> impl Iterator<Item = (usize, &[u32])> {
        self.leaves.iter().map(|(node, range)| (*node as usize, &self.rows[range.clone()]))
    }

    /// Adds to `out[i]` the value of the leaf that row `rows[i]` of the bins it was grown over falls into.
    ///
    /// # Panics
    /// When a row does not exist.
    pub fn add(&self, bins: &Bins, rows: &[u32], out: &mut [f64]) {
        let nodes = self.tree.nodes();
        for (&row, out) in rows.iter().zip(out) {
            let mut at = 0;
            while nodes[at].children > 0 {
                let bin = bins.column(nodes[at].column as usize)[row as usize];
                let left = if bin == MISSING { nodes[at].missing_left } else { bin <= self.cuts[at] };
                at = nodes[at].children as usize + usize::from(!left);
            }
            *out += f64::from(nodes[at].value);
        }
    }
}
