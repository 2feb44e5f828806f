//! The best split of a node.

use super::bins::{Bins, MISSING};
use super::fixed::{Pair, Units, add, less};
use super::histogram::Sums;
use crate::simd::dispatch;

/// What a tree may do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Splits from the root to a leaf, at most.
    pub max_depth: usize,
    /// Least sum of hessians of a child.
    pub min_child_weight: f64,
    /// Added to the sum of hessians where it divides: `lambda`.
    pub l2: f64,
    /// Least gain of a split: `gamma`.
    pub min_split_loss: f64,
    /// Largest magnitude of a leaf, 0 for any.
    pub max_delta_step: f64,
    /// Share (0-1) of the columns that a tree may use.
    pub tree_columns: f64,
    /// Share (0-1) of these that each split chooses from.
    pub node_columns: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            max_depth: 6,
            min_child_weight: 1.0,
            l2: 1.0,
            min_split_loss: 0.0,
            max_delta_step: 0.0,
            tree_columns: 1.0,
            node_columns: 1.0,
        }
    }
}

/// Splits that lower the loss by no more than rounding are none; the value is that of `XGBoost`.
const LEAST_GAIN: f64 = 1e-6;

impl Rules {
    /// The value of a leaf with sums `g` and `h`: `-g / (h + l2)`, clipped; 0 where `h` is too small for a child.
    pub(super) fn leaf(&self, (g, h): (f64, f64)) -> f64 {
        if h < self.min_child_weight || h <= 0.0 { 0.0 } else { self.step(g, h) }
    }

    #[inline(always)]
    fn step(&self, g: f64, h: f64) -> f64 {
        let step = -g / (h + self.l2);
        if self.max_delta_step == 0.0 { step } else { step.clamp(-self.max_delta_step, self.max_delta_step) }
    }

    /// By how much a leaf lowers the loss, doubled: `g^2 / (h + l2)` where the leaf is not clipped.
    #[inline(always)]
    fn score(&self, g: f64, h: f64) -> f64 {
        if self.max_delta_step == 0.0 {
            return g * g / (h + self.l2);
        }
        let step = self.step(g, h);
        -(2.0 * g * step + (h + self.l2) * step * step)
    }

    /// The score of a node; 0 where it is too small for a child.
    #[inline(always)]
    fn node_score(&self, (g, h): (f64, f64)) -> f64 {
        if h < self.min_child_weight || h <= 0.0 { 0.0 } else { self.score(g, h) }
    }

    fn allows(&self, gain: f64) -> bool {
        gain > LEAST_GAIN && gain >= self.min_split_loss
    }
}

/// A node that may be split.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) bins: &'a Bins,
    pub(super) rules: &'a Rules,
    pub(super) units: Units,
    /// Sums over its rows.
    pub(super) total: Pair,
    /// Columns to choose from, ascending.
    pub(super) columns: &'a [u32],
}

/// A split: rows of `column` in bins `1..=bin` go left, missing ones where it says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    pub(super) column: u32,
    pub(super) bin: u8,
    pub(super) missing_left: bool,
    pub(super) gain: f64,
    /// Sums of the left child.
    pub(super) left: Pair,
}

/// Cut points of one column with the sums of what is below, in order.
///
/// Bins that no row of the node is in may be left out: a cut at their end is the cut before, and of equal gains the
/// first wins.
#[derive(Debug, Clone)]
pub(super) struct Candidates {
    below: [[i64; 256]; 2],
    bins: [u8; 256],
    gains: [f64; 256],
    len: usize,
}

/// Candidates are filled up to whole vectors.
const LANES: usize = 8;

impl Candidates {
    pub(super) fn new() -> Self {
        Self { below: [[0; 256]; 2], bins: [0; 256], gains: [0.0; 256], len: 0 }
    }

    /// Every bin in use, of the histogram of a column.
    #[inline(always)]
    fn of_all(&mut self, sums: &Sums, used: usize) {
        let mut below = [0; 2];
        for (i, &sum) in sums[1..=used.min(255)].iter().enumerate() {
            below = add(below, sum);
            (self.below[0][i], self.below[1][i]) = (below[0], below[1]);
            self.bins[i] = (i + 1) as u8;
        }
        self.len = used;
    }

    /// The bins whose bits are set; clears them and their sums.
    #[inline(always)]
    fn of_occupied(&mut self, sums: &mut Sums, occupied: &mut [u64; 4]) {
        (self.len, sums[0]) = (0, [0; 2]);
        let mut below = [0; 2];
        occupied[0] &= !1;
        for (word, bits) in occupied.iter_mut().enumerate() {
            while *bits != 0 {
                let bin = word * 64 + bits.trailing_zeros() as usize;
                *bits &= *bits - 1;
                below = add(below, std::mem::take(&mut sums[bin]));
                (self.below[0][self.len], self.below[1][self.len]) = (below[0], below[1]);
                self.bins[self.len] = bin as u8;
                self.len += 1;
            }
        }
    }

    /// Replaces `best` where a cut of `column` gains more; the sums of missing values are `missing`.
    #[inline(always)]
    fn improve(&mut self, site: &Site<'_>, (column, missing): (u32, Pair), best: &mut Option<Split>) {
        for missing_left in [false, true] {
            if missing_left && missing[1] == 0 {
                return;
            }
            let extra = if missing_left { missing } else { [0; 2] };
            let most = self.gains(site, extra);
            if best.is_some_and(|b| b.gain >= most) || !site.rules.allows(most) {
                continue;
            }
            let Some(i) = self.gains[..self.len].iter().position(|&g| g == most) else { continue };
            let left = add([self.below[0][i], self.below[1][i]], extra);
            *best = Some(Split { column, bin: self.bins[i], missing_left, gain: most, left });
        }
    }

    /// Fills in the gain of every cut, with `extra` on the left; returns the largest.
    #[inline(always)]
    fn gains(&mut self, site: &Site<'_>, extra: Pair) -> f64 {
        let whole = site.rules.node_score(site.units.number(site.total));
        let padded = self.len.next_multiple_of(LANES).min(256);
        for k in 0..2 {
            self.below[k][self.len..padded].fill(0);
        }
        let mut most = [f64::NEG_INFINITY; LANES];
        for at in (0..padded).step_by(LANES) {
            for lane in 0..LANES {
                let left = add([self.below[0][at + lane], self.below[1][at + lane]], extra);
                let gain = gain(site, left) - whole;
                self.gains[at + lane] = gain;
                most[lane] = if gain > most[lane] { gain } else { most[lane] };
            }
        }
        most.into_iter().fold(f64::NEG_INFINITY, f64::max)
    }
}

/// The score of both children; `-inf` where one has no row, or weighs too little.
#[inline(always)]
fn gain(site: &Site<'_>, left: Pair) -> f64 {
    let right = less(site.total, left);
    let ((gl, hl), (gr, hr)) = (site.units.number(left), site.units.number(right));
    let score = site.rules.score(gl, hl) + site.rules.score(gr, hr);
    let least = site.rules.min_child_weight;
    let valid = hl >= least && hr >= least && left[1] > 0 && right[1] > 0;
    if valid { score } else { f64::NEG_INFINITY }
}

#[inline(always)]
fn of_histogram_body(site: &Site<'_>, histogram: &[Sums], candidates: &mut Candidates) -> Option<Split> {
    let mut best = None;
    for &column in site.columns {
        let (sums, used) = (&histogram[column as usize], site.bins.used(column as usize));
        candidates.of_all(sums, used);
        candidates.improve(site, (column, sums[usize::from(MISSING)]), &mut best);
    }
    best
}

dispatch! {
    /// The best split by the sums of a node.
    pub(super) fn of_histogram(site: &Site<'_>, histogram: &[Sums], candidates: &mut Candidates) -> Option<Split>
        = of_histogram_body;
}

#[inline(always)]
fn of_rows_body(
    site: &Site<'_>,
    rows: &[u32],
    pairs: &[Pair],
    sums: &mut Sums,
    candidates: &mut Candidates,
) -> Option<Split> {
    let mut best = None;
    for &column in site.columns {
        let bins = site.bins.column(column as usize);
        let mut occupied = [0_u64; 4];
        for &row in rows {
            let bin = bins[row as usize];
            let sum = &mut sums[usize::from(bin)];
            *sum = add(*sum, pairs[row as usize]);
            occupied[usize::from(bin >> 6)] |= 1 << (bin & 63);
        }
        let missing = sums[usize::from(MISSING)];
        candidates.of_occupied(sums, &mut occupied);
        candidates.improve(site, (column, missing), &mut best);
    }
    best
}

dispatch! {
    /// The best split by the rows of a small node. `sums` are all 0, before and after.
    pub(super) fn of_rows(
        site: &Site<'_>,
        rows: &[u32],
        pairs: &[Pair],
        sums: &mut Sums,
        candidates: &mut Candidates,
    ) -> Option<Split> = of_rows_body;
}
