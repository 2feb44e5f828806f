//! Rows sorted side by side: as many at a time as a vector has lanes.
//!
//! A tile of rows is turned into vectors of one draw of every row, and the vectors are sorted by a network of minima
//! and maxima, in which no branch depends on the values: 471,960 rows of 100 take a tenth of the time of sorting them
//! one by one.
//!
//! What is compiled for vectors has loops where closures would read better: a closure is compiled by itself, without
//! the instructions of its surroundings.

pub(crate) mod lanes;
mod network;
pub mod sample;

pub use lanes::Sortable;
use lanes::arrays;
#[doc(hidden)]
pub use lanes::{Job, Lanes};
use network::BLOCK;
use rayon::prelude::*;

use crate::prefetch::prefetch;
use crate::simd::Level;

/// Rows handed to a thread at a time.
const CHUNK: usize = 1024;

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
    vectors: Vec<V>,
    /// Lanes that hold a NaN; their order means nothing.
    pub(crate) missing: u32,
    /// Whether they were ascending already.
    pub(crate) untouched: bool,
}

impl<V> Tile<V> {
    /// An empty tile.
    pub(crate) fn new() -> Self {
        Self { vectors: Vec::new(), missing: 0, untouched: true }
    }

    /// The draws by rank.
    pub(crate) fn ranks(&self, width: usize) -> &[V] {
        &self.vectors[..width]
    }

    /// Loads and sorts the rows from `first` on; lanes beyond the last row repeat it.
    #[inline(always)]
    pub(crate) fn fill<T, const N: usize>(&mut self, table: &Table<'_, T>, first: usize)
    where
        T: Sortable,
        V: Lanes<T, N>,
    {
        let blocks = table.width.div_ceil(BLOCK);
        self.vectors.resize(blocks * BLOCK, V::splat(T::INFINITY));
        (self.missing, self.untouched) = (0, true);
        for (b, block) in self.vectors.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
            let mut v: [V; BLOCK] = load_block::<T, V, N>(table, first, b * BLOCK);
            for pair in v.as_chunks::<2>().0 {
                self.missing |= pair[0].nan(pair[1]);
            }
            let mut i = 1;
            while self.untouched && i < BLOCK {
                self.untouched = v[i].below_or_nan(v[i - 1]) == 0;
                i += 1;
            }
            if !self.untouched {
                network::sort_block(&mut v);
            }
            *block = v;
        }
        for edge in (BLOCK..self.vectors.len()).step_by(BLOCK) {
            self.untouched &= self.vectors[edge].below_or_nan(self.vectors[edge - 1]) == 0;
        }
        if !self.untouched {
            network::merge_blocks(&mut self.vectors);
        }
    }
}

/// 16 draws of `N` rows from draw `column` on, +infinity beyond the last.
#[inline(always)]
fn load_block<T: Sortable, V: Lanes<T, N>, const N: usize>(
    table: &Table<'_, T>,
    first: usize,
    column: usize,
) -> [V; BLOCK] {
    let mut block = [V::splat(T::INFINITY); BLOCK];
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
    let mut square = [V::splat(T::INFINITY); N];
    for r in 0..N {
        prefetch(values, (N + r) * width);
        if let Some((draws, _)) = values[r * width..].split_first_chunk::<N>() {
            square[r] = V::load(draws);
        }
    }
    V::transpose(square)
}

/// What is left of a row from `start` on, at most `N` draws, +infinity beyond the last.
#[inline(always)]
fn load_row<T: Sortable, V: Lanes<T, N>, const N: usize>(
    table: &Table<'_, T>,
    row: usize,
    start: usize,
) -> V {
    let rest = &table.values[row * table.width + start..(row + 1) * table.width];
    let count = rest.len().min(N);
    let mut draws = [T::INFINITY; N];
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
    prefetch(table.values, column * table.rows + first + 64 / size_of::<T>());
    match draws[first..].first_chunk::<N>() {
        Some(rows) => V::load(rows),
        None => V::load(&std::array::from_fn(|r| draws[(first + r).min(table.rows - 1)])),
    }
}

/// Sorts every row of `width` contiguous values in place: ascending, NaN last. Of zeros of both signs either may
/// become the other.
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
        let mut tile: Tile<V> = Tile::new();
        for first in (0..rows).step_by(N) {
            tile.fill(&Table { values: self.values, rows, width, layout: Layout::Rows }, first);
            if tile.untouched {
                continue;
            }
            let end = ((first + N) * width).min(self.values.len());
            let target = &mut self.values[first * width..end];
            for (lane, row) in target.chunks_exact_mut(width).enumerate() {
                if tile.missing >> lane & 1 == 1 {
                    row.sort_unstable_by(Sortable::order);
                }
            }
            unload(&tile, target, width);
        }
    }
}

/// Writes the rows of a tile back, but for those with a NaN.
#[inline(always)]
fn unload<T: Sortable, V: Lanes<T, N>, const N: usize>(tile: &Tile<V>, target: &mut [T], width: usize) {
    for (i, part) in tile.vectors.as_chunks::<N>().0.iter().enumerate() {
        let start = i * N;
        let columns = V::transpose(*part);
        for (lane, row) in target.chunks_exact_mut(width).enumerate() {
            if start >= width || tile.missing >> lane & 1 == 1 {
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
            let same =
                |(a, b): (&T, &T)| a == b || (a.partial_cmp(a).is_none() && b.partial_cmp(b).is_none());
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
                1 => Just(f32::NAN), 1 => Just(f32::INFINITY), 1 => Just(f32::NEG_INFINITY),
            ], 0..900),
            width in 1_usize..40,
        ) {
            let whole = values.len() / width * width;
            check(&values[..whole], width);
            check(&values[..whole].iter().map(|&v| f64::from(v)).collect::<Vec<f64>>(), width);
        }
    }
}
