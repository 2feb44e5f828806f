//! Equal rows of a table that is stored by column, found exactly.
//!
//! Most rows of a zero-inflated panel are equal: a place without conflict looks like every other such place. Learning from
//! each distinct row once, with its count as weight, is the same as learning from all rows.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use rayon::prelude::*;

/// Rows hashed at a time: their hashes stay in the cache while the columns go by.
const CHUNK: usize = 4096;

/// Which rows are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distinct {
    /// For each row, which distinct row it is, 0, 1, 2, ... in the order of first appearance.
    pub of: Vec<u32>,
    /// For each distinct row, the first row that is it.
    pub first: Vec<u32>,
}

impl Distinct {
    /// Compares rows `0..rows` of `columns`; 0 equals -0 and NaN equals NaN.
    ///
    /// Rows are grouped by a 64-bit hash and then compared with the first of their group, value by value; where two
    /// different rows share a hash, all rows are hashed anew with another key, so that the result is exact.
    ///
    /// # Panics
    /// When a column is shorter than `rows`, or there are 2^32 rows or more.
    pub fn of(columns: &[&[f32]], rows: usize) -> Self {
        assert!(u32::try_from(rows).is_ok(), "{rows} rows");
        let mut key = 0;
        loop {
            let found = group(&hashes(columns, rows, key));
            if found.holds(columns) {
                return found;
            }
            key += 1;
        }
    }

    /// Whether every row equals the first one of its group.
    fn holds(&self, columns: &[&[f32]]) -> bool {
        columns.par_iter().all(|column| {
            let first: Vec<u32> = self.first.iter().map(|&i| bits(column[i as usize])).collect();
            self.of.iter().zip(*column).all(|(&g, &v)| bits(v) == first[g as usize])
        })
    }
}

/// The bits of a value, the same for equal values and for every NaN.
fn bits(value: f32) -> u32 {
    if value.is_nan() { u32::MAX } else { (value + 0.0).to_bits() }
}

/// One hash a row: `h = (h ^ value) * odd`, folded over the columns.
fn hashes(columns: &[&[f32]], rows: usize, key: u64) -> Vec<u64> {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut all = vec![key.wrapping_mul(ODD) ^ ODD; rows];
    all.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, hashes)| {
        for column in columns {
            let values = &column[chunk * CHUNK..][..hashes.len()];
            for (h, &v) in hashes.iter_mut().zip(values) {
                // The rotation brings the well-mixed upper bits back to where the next value is added.
                *h = (*h ^ u64::from(bits(v))).wrapping_mul(ODD).rotate_left(29);
            }
        }
    });
    all
}

fn group(hashes: &[u64]) -> Distinct {
    let mut known: HashMap<u64, u32, BuildHasherDefault<Same>> = HashMap::default();
    let mut first = Vec::new();
    let number = |(i, &h): (usize, &u64)| {
        *known.entry(h).or_insert_with(|| {
            first.push(i as u32);
            (first.len() - 1) as u32
        })
    };
    let of = hashes.iter().enumerate().map(number).collect();
    Distinct { of, first }
}

/// Takes a hash for what it is.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only whole hashes are written")
    }

    fn write_u64(&mut self, hash: u64) {
        // The table takes its index from the lower bits and its tag from the upper ones.
        self.0 = hash ^ (hash >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn zeros_and_missing_values_are_equal_to_themselves() {
        let a = [0.0, -0.0, f32::NAN, 1.0, -f32::NAN, 0.0];
        let b = [2.0, 2.0, 2.0, 2.0, 2.0, 3.0];
        let found = Distinct::of(&[&a, &b], 6);
        assert_eq!(found, Distinct { of: vec![0, 0, 1, 2, 1, 3], first: vec![0, 2, 3, 5] });
        assert_eq!(Distinct::of(&[&a], 0), Distinct { of: vec![], first: vec![] });
    }

    #[test]
    fn rows_that_share_a_hash_are_told_apart() {
        let wrong = Distinct { of: vec![0, 0, 0], first: vec![0] };
        assert!(wrong.holds(&[&[1.0, 1.0, 1.0]]));
        assert!(!wrong.holds(&[&[1.0, 1.0, 1.0], &[5.0, 6.0, 5.0]]));
    }

    proptest! {
        #[test]
        fn agrees_with_comparing_all_pairs(rows in prop::collection::vec([0_u8..3, 0..2, 0..3], 0..70)) {
            let value = |v: u8| [0.0, 1.5, f32::NAN][usize::from(v)];
            let columns: Vec<Vec<f32>> = (0..3).map(|c| rows.iter().map(|r| value(r[c])).collect()).collect();
            let views: Vec<&[f32]> = columns.iter().map(Vec::as_slice).collect();
            let found = Distinct::of(&views, rows.len());
            for i in 0..rows.len() {
                prop_assert_eq!(found.first[found.of[i] as usize], rows.iter().position(|r| r == &rows[i]).unwrap() as u32);
            }
        }
    }
}
