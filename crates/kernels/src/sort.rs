//! Rows sorted side by side: as many at a time as a vector has lanes.
//!
//! A tile of rows is turned into vectors of one draw of every row, and the vectors are sorted by a network of minima
//! and maxima, in which no branch depends on the values: 471,960 rows of 100 take a tenth of the time of sorting
//! them one by one.
//!
//! What is compiled for vectors has loops where closures would read better: a closure is compiled by itself, without
//! the instructions of its surroundings.

pub(crate) mod lanes;
mod network;
pub mod radix;
pub mod sample;

pub use lanes::Sortable;
use lanes::arrays;
#[doc(hidden)]
pub use lanes::{Job, Keys, Lanes};
use network::BLOCK;
use rayon::prelude::*;

use crate::prefetch::prefetch;
use crate::simd::Level;

/// Rows handed to a thread at a time.
const CHUNK: usize = 1024;

/// Tiles between what is sorted and what is asked for, where the rows of a draw are neighbours.
const AHEAD: usize = 4;

/// Where the draws of a row are in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Next to each other.
    Rows,
    /// As far apart as there are rows: neighbours are the same draw of the next row.
    Columns,
}

/// A table of rows x draws in memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a, T> {
    pub(crate) values: &'a [T],
    pub(crate) rows: usize,
    pub(crate) width: usize,
    pub(crate) layout: Layout,
}

/// `N` rows, their draws ascending: vector `k` holds the `k`-th smallest draw of each.
#[derive(Debug)]
pub(crate) struct Tile<V> {
    /// A power of two of them, those beyond the draws filled with [`Keys::pad`].
    blocks: Vec<[V; BLOCK]>,
    width: usize,
    /// Rows that hold a NaN, by bit; their order means nothing.
    pub(crate) missing: u32,
    /// Whether they were ascending already.
    pub(crate) untouched: bool,
}

impl<V: Keys> Tile<V> {
    /// Room for rows of `width` draws.
    pub(crate) fn new(width: usize) -> Self {
        let blocks = vec![[V::pad(); BLOCK]; width.div_ceil(BLOCK).next_power_of_two()];
        Self { blocks, width, missing: 0, untouched: true }
    }

    /// The draws by rank.
    pub(crate) fn ranks(&self) -> &[V] {
        &self.blocks.as_flattened()[..self.width]
    }

    /// Loads and sorts the rows from `first` on; lanes beyond the last row repeat it.
    #[inline(always)]
    pub(crate) fn fill<T, const N: usize>(&mut self, table: &Table<'_, T>, first: usize)
    where
        T: Sortable,
        V: Lanes<T, N>,
    {
        let used = self.width.div_ceil(BLOCK);
        let mut negative = false;
        self.untouched = true;
        for b in 0..used {
            let mut block: [V; BLOCK] = load_block::<T, V, N>(table, first, b * BLOCK);
            negative |= make_keys(&mut block);
            if self.untouched {
                let before = if b == 0 { block[0] } else { self.blocks[b - 1][BLOCK - 1] };
                self.untouched = ascends(before, &block);
            }
            if !self.untouched {
                network::sort_block(&mut block);
            }
            self.blocks[b] = block;
        }
        if !self.untouched {
            network::merge_blocks(&mut self.blocks, used);
        }
        if negative {
            for key in &mut self.blocks.as_flattened_mut()[..self.width] {
                *key = key.flip();
            }
        }
        // As integers, NaNs are above or below all numbers.
        let ranks = arrays(self.ranks());
        let (lowest, highest) = (&ranks[0], &ranks[self.width - 1]);
        let mut nans = 0;
        for l in 0..N {
            let missing = lowest[l].into().is_nan() || highest[l].into().is_nan();
            nans |= u32::from(missing) << l;
        }
        self.missing = nans;
    }
}

/// Makes keys of the bits of draws; whether any is negative.
#[inline(always)]
fn make_keys<T: Sortable, V: Lanes<T, N>, const N: usize>(block: &mut [V; BLOCK]) -> bool {
    let mut bits = block[0];
    for &draws in &block[1..] {
        bits = bits.or(draws);
    }
    if bits.negative() {
        for draws in block {
            *draws = draws.flip();
        }
    }
    bits.negative()
}

/// Whether the keys of all rows ascend, from those before a block on.
#[inline(always)]
fn ascends<T: Sortable, V: Lanes<T, N>, const N: usize>(mut before: V, block: &[V; BLOCK]) -> bool {
    for &keys in block {
        if before.exceeds(keys) {
            return false;
        }
        before = keys;
    }
    true
}

/// 16 draws of `N` rows from draw `column` on, padding beyond the last.
#[inline(always)]
fn load_block<T: Sortable, V: Lanes<T, N>, const N: usize>(
    table: &Table<'_, T>,
    first: usize,
    column: usize,
) -> [V; BLOCK] {
    let mut block = [V::pad(); BLOCK];
    match table.layout {
        Layout::Rows => {
            // The lanes beyond the last row repeat it.
            let last = table.rows - 1;
            for (i, part) in block.as_chunks_mut::<N>().0.iter_mut().enumerate() {
                let start = column + i * N;
                if start + N <= table.width && first + 2 * N <= table.rows {
                    *part = load_square(&table.values[first * table.width + start..], table.width);
                } else if start < table.width && N <= table.width && first + 2 * N <= table.rows {
                    // The last draws, with some that are there already.
                    let (count, back) = (table.width - start, table.width - N);
                    let square: [V; N] =
                        load_square(&table.values[first * table.width + back..], table.width);
                    part[..count].copy_from_slice(&square[N - count..]);
                } else if start < table.width {
                    for (r, row) in part.iter_mut().enumerate() {
                        *row = load_row(table, (first + r).min(last), start);
                    }
                    *part = V::transpose(*part);
                }
            }
        }
        Layout::Columns => {
            for (k, vector) in block.iter_mut().enumerate().take(table.width - column) {
                *vector = load_column(table, first, column + k);
            }
        }
    }
    block
}

/// `N` draws of `N` rows that are `width` apart, and a hint that those of the next rows come next.
#[inline(always)]
fn load_square<T: Sortable, V: Lanes<T, N>, const N: usize>(values: &[T], width: usize) -> [V; N] {
    let mut square = [V::pad(); N];
    for r in 0..N {
        prefetch(values, (N + r) * width);
        if let Some((draws, _)) = values[r * width..].split_first_chunk::<N>() {
            square[r] = V::load(draws);
        }
    }
    V::transpose(square)
}

/// What is left of a row from `start` on, at most `N` draws, padding beyond the last.
#[inline(always)]
fn load_row<T: Sortable, V: Lanes<T, N>, const N: usize>(
    table: &Table<'_, T>,
    row: usize,
    start: usize,
) -> V {
    let rest = &table.values[row * table.width + start..(row + 1) * table.width];
    let count = rest.len().min(N);
    let mut draws = arrays(&[V::pad()])[0];
    draws[..count].copy_from_slice(&rest[..count]);
    V::load(&draws)
}

/// One draw of `N` rows.
#[inline(always)]
fn load_column<T: Sortable, V: Lanes<T, N>, const N: usize>(
    table: &Table<'_, T>,
    first: usize,
    column: usize,
) -> V {
    let draws = &table.values[column * table.rows..(column + 1) * table.rows];
    prefetch(table.values, column * table.rows + first + AHEAD * N);
    match draws[first..].first_chunk::<N>() {
        Some(rows) => V::load(rows),
        None => V::load(&std::array::from_fn(|r| draws[(first + r).min(table.rows - 1)])),
    }
}

/// Sorts every row of `width` contiguous values in place: ascending, -0 before 0 and NaN last.
///
/// # Panics
/// When the values are no whole number of rows, or `width` is 0.
pub fn rows<T: Sortable>(values: &mut [T], width: usize) {
    rows_at(Level::best(), values, width);
}

/// [`rows`] with the vectors of one level.
pub(crate) fn rows_at<T: Sortable>(level: Level, values: &mut [T], width: usize) {
    assert!(width > 0 && values.len().is_multiple_of(width), "{} values in rows of {width}", values.len());
    if width == 1 {
        return;
    }
    values.par_chunks_mut(CHUNK * width).for_each(|part| T::with(level, SortRows { values: part, width }));
}

/// Sorts rows in place.
struct SortRows<'a, T> {
    values: &'a mut [T],
    width: usize,
}

impl<T: Sortable> Job<T> for SortRows<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run<V: Lanes<T, N>, const N: usize>(self) {
        let (rows, width) = (self.values.len() / self.width, self.width);
        let mut tile: Tile<V> = Tile::new(width);
        for first in (0..rows).step_by(N) {
            tile.fill(&Table { values: self.values, rows, width, layout: Layout::Rows }, first);
            let end = ((first + N) * width).min(self.values.len());
            let target = &mut self.values[first * width..end];
            if !tile.untouched {
                unload(&tile, target, width);
            }
            for row in
                target.chunks_exact_mut(width).enumerate().filter(|(lane, _)| tile.missing >> lane & 1 == 1)
            {
                row.1.sort_unstable_by(Sortable::order);
            }
        }
    }
}

/// Writes the rows of a tile back.
#[inline(always)]
fn unload<T: Sortable, V: Lanes<T, N>, const N: usize>(tile: &Tile<V>, target: &mut [T], width: usize) {
    for (i, part) in tile.blocks.as_flattened().as_chunks::<N>().0.iter().enumerate() {
        let start = i * N;
        let columns = V::transpose(*part);
        for (lane, row) in target.chunks_exact_mut(width).enumerate() {
            if start >= width {
                continue;
            }
            let row = &mut row[start..];
            let draws = &arrays(&columns)[lane];
            match row.first_chunk_mut::<N>() {
                Some(whole) => *whole = *draws,
                None => row.copy_from_slice(&draws[..row.len()]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check<T: Sortable + std::fmt::Debug>(values: &[T], width: usize) {
        let mut expected = values.to_vec();
        for row in expected.chunks_exact_mut(width) {
            row.sort_by(Sortable::order);
        }
        for level in Level::available() {
            let mut sorted = values.to_vec();
            rows_at(level, &mut sorted, width);
            let same = |(a, b): (&T, &T)| a.order(b).is_eq();
            assert!(sorted.iter().zip(&expected).all(same), "{level:?}: {sorted:?} {expected:?}");
        }
    }

    #[test]
    fn every_width_and_number_of_rows() {
        let stream = crate::random::Stream::new(1, &[]);
        for width in (1..70).chain([100, 127, 128, 129, 200, 255, 256, 500, 777, 1000, 1100]) {
            for rows in [1, 5, 16, 37] {
                let value = |i: usize| stream.uniform(i as u64) - 0.5;
                let values: Vec<f64> = (0..rows * width).map(value).collect();
                check(&values, width);
                check(&values.iter().map(|&v| v as f32).collect::<Vec<f32>>(), width);
            }
        }
    }

    #[test]
    fn a_network_that_sorts_zeros_and_ones_sorts_everything() {
        // Knuth's 0-1 principle, for the 16 values of a block: all 65,536 patterns.
        let values: Vec<f32> =
            (0..1_u32 << 16).flat_map(|p| (0..16).map(move |b| (p >> b & 1) as f32)).collect();
        check(&values, 16);
    }

    proptest! {
        #[test]
        fn whatever_the_values(
            values in prop::collection::vec(prop_oneof![
                4 => Just(0.0_f32), 1 => Just(-0.0_f32), 3 => -9.0_f32..9.0, 1 => (0_u8..4).prop_map(f32::from),
                1 => Just(f32::NAN), 1 => Just(-f32::NAN), 1 => Just(f32::INFINITY), 1 => Just(f32::NEG_INFINITY),
            ], 0..900),
            width in 1_usize..40,
        ) {
            let whole = values.len() / width * width;
            check(&values[..whole], width);
            check(&values[..whole].iter().map(|&v| f64::from(v)).collect::<Vec<f64>>(), width);
        }
    }
}
