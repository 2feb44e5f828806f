//! Sums of gradients and hessians by column and bin.

use super::bins::Bins;
use super::fixed::{Pair, add, less};
use crate::prefetch::prefetch;
use crate::simd::{Level, dispatch};

/// 256 bins and 4 that are never used: columns a page apart would fight for the same lines of the cache.
const STRIDE: usize = 260;

/// How many rows ahead memory is asked for; measured.
const AHEAD: usize = 16;

/// Sums of one column, by bin.
pub(super) type Sums = [Pair; STRIDE];

/// No row yet.
pub(super) const EMPTY: Sums = [[0; 2]; STRIDE];

/// Sums of every column, by bin.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Histogram(Vec<Sums>);

impl Histogram {
    /// All sums 0.
    pub(super) fn new(columns: usize) -> Self {
        Self(vec![EMPTY; columns])
    }

    /// Sums of every column.
    pub(super) fn columns(&self) -> &[Sums] {
        &self.0
    }

    /// Becomes the sums over `rows`.
    pub(super) fn fill(&mut self, level: Level, bins: &Bins, rows: &[u32], pairs: &[Pair]) {
        for sums in &mut self.0 {
            sums.fill([0; 2]);
        }
        add_rows(level, &mut self.0, bins.by_row(), rows, pairs);
    }

    /// Becomes the sums over its rows without those of `part`.
    pub(super) fn subtract(&mut self, part: &Self) {
        for (sums, part) in self.0.iter_mut().zip(&part.0) {
            for (sum, &part) in sums.iter_mut().zip(part) {
                *sum = less(*sum, part);
            }
        }
    }
}

#[inline(always)]
fn add_rows_body(histogram: &mut [Sums], bins: &[u8], rows: &[u32], pairs: &[Pair]) {
    let columns = histogram.len();
    for (i, &row) in rows.iter().enumerate() {
        if let Some(&ahead) = rows.get(i + AHEAD) {
            prefetch(bins, ahead as usize * columns);
            prefetch(bins, (ahead as usize + 1) * columns - 1);
            prefetch(pairs, ahead as usize);
        }
        let pair = pairs[row as usize];
        let bins = &bins[row as usize * columns..][..columns];
        for (sums, &bin) in histogram.iter_mut().zip(bins) {
            let sum = &mut sums[usize::from(bin)];
            *sum = add(*sum, pair);
        }
    }
}

dispatch! {
    /// Adds the pair of every row to the bins of its columns.
    fn add_rows(histogram: &mut [Sums], bins: &[u8], rows: &[u32], pairs: &[Pair]) = add_rows_body;
}
