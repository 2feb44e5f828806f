//! Several columns side by side: what is refused of them, and their moments.

use forewarn_core::{Error, Result};

/// Refuses no columns, columns of different lengths, fewer than `fewest` rows, and values that are not finite. Returns the number
/// of rows.
pub(crate) fn check(what: &str, columns: &[Vec<f64>], fewest: usize) -> Result<usize> {
    let Some(rows) = columns.first().map(Vec::len) else {
        return Err(Error::data(format!("{what}: no columns")));
    };
    if let Some(k) = columns.iter().position(|c| c.len() != rows) {
        let found = columns[k].len();
        return Err(Error::data(format!("{what}: column {k} has {found} rows, column 0 has {rows}")));
    }
    if rows < fewest {
        return Err(Error::data(format!("{what}: {rows} rows; {fewest} are needed")));
    }
    for (k, column) in columns.iter().enumerate() {
        if let Some(row) = column.iter().position(|v| !v.is_finite()) {
            return Err(Error::data(format!(
                "{what}: column {k}, row {row} is {}; leave such rows out, or fill them, and count them",
                column[row]
            )));
        }
    }
    Ok(rows)
}

/// Refuses two samples that differ in the number of columns.
pub(crate) fn same(reference: usize, current: usize) -> Result<()> {
    if reference == current {
        return Ok(());
    }
    Err(Error::data(format!("the reference has {reference} columns, the current sample {current}")))
}

/// Mean and standard deviation (divisor `n`) of each column.
///
/// # Errors
/// [`Error::Data`] for a column whose values are all equal.
pub(crate) fn moments(what: &str, columns: &[Vec<f64>]) -> Result<Vec<(f64, f64)>> {
    let moments = |(k, column): (usize, &Vec<f64>)| {
        let n = column.len() as f64;
        let mean = column.iter().sum::<f64>() / n;
        let deviation = (column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        // A constant whose sum was rounded has a deviation of rounding errors.
        if deviation > 1e-12 * mean.abs() {
            return Ok((mean, deviation));
        }
        let value = column[0];
        Err(Error::data(format!(
            "{what}: column {k} is {value} in every row; leave it out, and test it by itself"
        )))
    };
    columns.iter().enumerate().map(moments).collect()
}

/// Standardised rows, row by row.
pub(crate) fn standardised(columns: &[Vec<f64>], moments: &[(f64, f64)]) -> Vec<f64> {
    let rows = columns.first().map_or(0, Vec::len);
    let row =
        |i: usize| columns.iter().zip(moments).map(move |(c, (mean, deviation))| (c[i] - mean) / deviation);
    (0..rows).flat_map(row).collect()
}

/// Mean products of every two columns of `width`: the covariance when their means are 0.
pub(crate) fn products(rows: &[f64], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width * width];
    for row in rows.chunks_exact(width) {
        for (sums, x) in sums.chunks_exact_mut(width).zip(row) {
            for (sum, y) in sums.iter_mut().zip(row) {
                *sum += x * y;
            }
        }
    }
    let n = (rows.len() / width) as f64;
    sums.into_iter().map(|sum| sum / n).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::f64::consts::TAU;

    use forewarn_kernels::random::Stream;

    use super::*;

    /// Standard normal columns.
    pub(crate) fn normal(seed: u64, rows: u64, width: u64) -> Vec<Vec<f64>> {
        let value = |stream: Stream, i: u64| {
            (-2.0 * stream.uniform(2 * i).ln()).sqrt() * (TAU * stream.uniform(2 * i + 1)).cos()
        };
        let column = |c| (0..rows).map(|i| value(Stream::new(seed, &[c]), i)).collect();
        (0..width).map(column).collect()
    }

    #[test]
    fn moments_are_worked_by_hand() {
        let columns = [vec![1.0, 3.0], vec![10.0, 10.0 + 4.0]];
        let found = moments("reference", &columns).unwrap();
        assert_eq!(found, [(2.0, 1.0), (12.0, 2.0)]);
        let rows = standardised(&columns, &found);
        assert_eq!(rows, [-1.0, -1.0, 1.0, 1.0]);
        assert_eq!(products(&rows, 2), [1.0; 4]);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let error = |columns: &[Vec<f64>]| check("current", columns, 2).unwrap_err().to_string();
        assert!(error(&[]).contains("current: no columns"));
        assert!(error(&[vec![1.0; 3], vec![1.0; 2]]).contains("column 1 has 2 rows, column 0 has 3"));
        assert!(error(&[vec![1.0]]).contains("1 rows; 2 are needed"));
        assert!(error(&[vec![1.0, 2.0], vec![1.0, f64::NAN]]).contains("column 1, row 1 is NaN"));
        let constant = moments("reference", &[vec![0.1; 7]]).unwrap_err().to_string();
        assert!(constant.contains("column 0 is 0.1 in every row"), "{constant}");
        assert!(same(2, 3).unwrap_err().to_string().contains("the reference has 2 columns"));
    }
}
