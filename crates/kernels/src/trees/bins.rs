//! Values as small integers: one byte says between which cut points a value lies.

use rayon::prelude::*;

/// The bin of values that are missing; the others are counted from 1.
pub(super) const MISSING: u8 = 0;

/// Rows transposed at a time.
const CHUNK: usize = 4096;

/// The rows of many fits, every column cut into at most 256 bins, one of them for missing values.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    rows: usize,
    cuts: Vec<Vec<f32>>,
    by_row: Vec<u8>,
    by_column: Vec<u8>,
}

impl Bins {
    /// Bins of `values`, rows x `columns`, NaN for missing; `weights` say how often each row occurs.
    ///
    /// A column with less than `bins` distinct values has one bin for each. Otherwise a value that weighs more than an
    /// equal share of the column has its own bin, and the rest are cut into runs of about equal weight. Every cut point
    /// lies in the middle of two neighbouring values. Rows of weight 0 move no cut point.
    ///
    /// # Panics
    /// When there is no column, `values` are no whole number of rows, `weights` are not one a row, or `bins` is not in
    /// 2..=256.
    pub fn new(values: &[f32], columns: usize, weights: &[f32], bins: usize) -> Self {
        assert!(
            columns > 0 && values.len() == columns * weights.len(),
            "rows x columns values, one weight a row"
        );
        assert!((2..=256).contains(&bins), "a bin is a byte");
        let rows = weights.len();
        // Written in place: the rows may be millions, and all of them different.
        let (mut by_column, mut by_row) = (vec![0; rows * columns], vec![0; rows * columns]);
        let mut of_columns: Vec<&mut [u8]> = by_column.chunks_mut(rows.max(1)).collect();
        // Without rows there is nothing to write, and there are columns all the same.
        of_columns.resize_with(columns, Default::default);
        let of_columns = of_columns.into_par_iter().enumerate();
        let cuts =
            of_columns.map(|(c, out)| column(values, (c, columns), (weights, bins - 1), out)).collect();
        let of_rows = by_row.par_chunks_mut(CHUNK * columns).enumerate();
        of_rows.for_each(|(i, out)| transpose(&by_column, rows, i * CHUNK, out));
        Self { rows, cuts, by_row, by_column }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.cuts.len()
    }

    /// Cut points of a column, ascending; a value below the first is in the first bin.
    pub fn cuts(&self, column: usize) -> &[f32] {
        &self.cuts[column]
    }

    /// How many bins of a column hold values that are not missing.
    pub(super) fn used(&self, column: usize) -> usize {
        self.cuts[column].len() + 1
    }

    /// Bins of a column, one a row: 0 for missing, else 1 + the number of cut points that are not above the value.
    pub fn column(&self, column: usize) -> &[u8] {
        &self.by_column[column * self.rows..][..self.rows]
    }

    /// Bins of all rows, rows x columns.
    pub(super) fn by_row(&self) -> &[u8] {
        &self.by_row
    }
}

/// Cut points of the column that starts at `at.0` and has a value every `at.1`; its bins go to `out`.
fn column(values: &[f32], at: (usize, usize), (weights, most): (&[f32], usize), out: &mut [u8]) -> Vec<f32> {
    // Adding 0 makes one zero of both.
    let column: Vec<f32> =
        values.get(at.0..).unwrap_or_default().iter().step_by(at.1).map(|v| v + 0.0).collect();
    let cuts = cuts(&distinct(&column, weights), most);
    let bin = |v: &f32| if v.is_nan() { MISSING } else { 1 + cuts.partition_point(|c| c <= v) as u8 };
    for (out, value) in out.iter_mut().zip(&column) {
        *out = bin(value);
    }
    cuts
}

/// Ascending distinct values with the weight of each; neither missing values nor rows of weight 0.
fn distinct(column: &[f32], weights: &[f32]) -> Vec<(f32, f64)> {
    let known = column.iter().zip(weights).filter(|(v, w)| !v.is_nan() && **w > 0.0);
    let mut pairs: Vec<(f32, f32)> = known.map(|(&v, &w)| (v, w)).collect();
    // By weight too, so that the sums below do not depend on the order of the rows.
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut distinct: Vec<(f32, f64)> = Vec::new();
    for (value, weight) in pairs {
        match distinct.last_mut() {
            Some(last) if last.0 == value => last.1 += f64::from(weight),
            _ => distinct.push((value, f64::from(weight))),
        }
    }
    distinct
}

/// At most `most - 1` cut points between ascending distinct values.
fn cuts(distinct: &[(f32, f64)], most: usize) -> Vec<f32> {
    let between = |i: usize| middle(distinct[i].0, distinct[i + 1].0);
    if distinct.len() <= most {
        return (0..distinct.len().saturating_sub(1)).map(between).collect();
    }
    let mut left: f64 = distinct.iter().map(|d| d.1).sum();
    let (mut cuts, mut bin) = (Vec::with_capacity(most - 1), 0.0);
    for (i, pair) in distinct.windows(2).enumerate() {
        bin += pair[0].1;
        let share = left / (most - cuts.len()) as f64;
        // Ends before what fills a bin of its own, unless there is next to nothing in this one.
        let before_heavy = pair[1].1 >= share && bin >= share / 2.0;
        if cuts.len() + 1 < most && (bin >= share || before_heavy) {
            cuts.push(between(i));
            left -= bin;
            bin = 0.0;
        }
    }
    cuts
}

/// A number above `a` and not above `b`, as near to their middle as there is.
fn middle(a: f32, b: f32) -> f32 {
    let middle = f64::midpoint(f64::from(a), f64::from(b)) as f32;
    if middle > a { middle } else { b }
}

/// The rows from `first` on, as many as `out` holds.
fn transpose(by_column: &[u8], rows: usize, first: usize, out: &mut [u8]) {
    let columns = by_column.len() / rows;
    for c in 0..columns {
        let column = &by_column[c * rows..][first..rows];
        for (to, &bin) in out[c..].iter_mut().step_by(columns).zip(column) {
            *to = bin;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAN: f32 = f32::NAN;

    #[test]
    fn few_values_have_a_bin_each() {
        let values = [3.0, NAN, 1.0, -0.0, NAN, 0.0, 7.0, 9.0];
        let bins = Bins::new(&values, 2, &[1.0, 1.0, 1.0, 0.0], 256);
        assert_eq!((bins.rows(), bins.columns()), (4, 2));
        // The last row weighs nothing: 7 and 9 make no cut, but have a bin.
        assert_eq!((bins.cuts(0), bins.cuts(1)), (&[2.0_f32][..], &[][..]));
        assert_eq!((bins.column(0), bins.column(1)), (&[2, 1, 0, 2][..], &[0, 1, 1, 1][..]));
        assert_eq!(bins.by_row(), [2, 0, 1, 1, 0, 1, 2, 1]);
    }

    #[test]
    fn a_heavy_value_does_not_take_the_bins_of_the_others() {
        let values: Vec<f32> = (0..1000).map(|i| if i < 950 { 0.0 } else { i as f32 }).collect();
        let bins = Bins::new(&values, 1, &[1.0; 1000], 26);
        // 51 values in 25 bins: the zeros, and 24 of the 50 others.
        assert_eq!(bins.cuts(0).len(), 24);
        assert_eq!(bins.cuts(0)[0], 475.0);
        let weights: Vec<f32> = (0..10).map(|i| if i == 4 { 90.0 } else { 1.0 }).collect();
        let values: Vec<f32> = (0..10).map(|i| i as f32).collect();
        assert_eq!(Bins::new(&values, 1, &weights, 4).cuts(0), [4.5, 7.5]);
    }

    #[test]
    fn rows_and_columns_hold_the_same_bins_across_chunks() {
        let rows = 2 * CHUNK + 7;
        let values: Vec<f32> = (0..rows * 3).map(|i| (i * i % 101) as f32).collect();
        let bins = Bins::new(&values, 3, &vec![1.0; rows], 64);
        for (row, found) in bins.by_row().chunks_exact(3).enumerate() {
            let expected = [0, 1, 2].map(|c| bins.column(c)[row]);
            assert_eq!(found, expected, "row {row}");
        }
        let none = Bins::new(&[], 3, &[], 64);
        assert_eq!((none.rows(), none.columns(), none.by_row().len()), (0, 3, 0));
    }

    #[test]
    fn neighbours_without_a_number_between_them_are_cut_at_the_upper() {
        assert_eq!(middle(1.0, 1.0_f32.next_up()), 1.0_f32.next_up());
        assert_eq!(middle(f32::MIN, f32::MAX), 0.0);
        assert_eq!(middle(0.0, f32::from_bits(1)), f32::from_bits(1));
    }

    proptest! {
        #[test]
        fn bins_keep_the_order_and_are_about_equal(
            values in prop::collection::vec(prop_oneof![4 => -50.0_f32..50.0, 1 => Just(NAN), 1 => Just(0.0)], 1..300),
            most in 2_usize..20,
        ) {
            let bins = Bins::new(&values, 1, &vec![1.0; values.len()], most);
            let (cuts, column) = (bins.cuts(0), bins.column(0));
            prop_assert!(cuts.len() < most - 1 && cuts.windows(2).all(|c| c[0] < c[1]));
            for (v, &bin) in values.iter().zip(column) {
                let expected = if v.is_nan() { 0 } else { 1 + cuts.iter().filter(|&c| c <= v).count() };
                prop_assert_eq!(usize::from(bin), expected);
            }
            let distinct = distinct(&values, &vec![1.0; values.len()]);
            if distinct.len() < most {
                prop_assert_eq!(cuts.len(), distinct.len().saturating_sub(1));
            } else {
                for b in 1..=cuts.len() {
                    prop_assert!(column.iter().any(|&x| usize::from(x) == b), "bin {} is empty", b);
                }
            }
        }
    }
}
