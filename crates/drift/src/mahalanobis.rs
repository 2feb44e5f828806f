//! Whether the means of several columns have moved together.

use forewarn_core::prelude::*;
use forewarn_kernels::linear::symmetric_eigen;
use forewarn_kernels::random::Stream;
use forewarn_kernels::special::beta;

use crate::columns;
use crate::limit::share;

forewarn_core::entry!(RowTest: Mahalanobis as "mahalanobis", check);

/// The distance of the means of two samples in many columns, and how likely chance makes it as great: the settings.
///
/// `D^2 = d' S^-1 d` with `d` the difference of the means and `S` the covariance within both samples (Mahalanobis 1936); the
/// unit of a column does not matter, and columns that say the same are not counted twice. By Hotelling's
/// `T^2 = D^2 n m / (n + m)`, of which `T^2 (n + m - k - 1) / (k (n + m - 2))` follows the F law with `k` and `n + m - k - 1`
/// degrees of freedom for `k` normal columns, and nearly so for others when there are many rows (Hotelling 1931,
/// doi:10.1214/aoms/1177732979). Where `S` has no inverse (more columns than rows, columns that follow from others) it is the
/// correlation of all rows, shrunk to independence as much as Ledoit and Wolf say (2004, doi:10.1016/S0047-259X(03)00096-4), and
/// the p value is the share of random assignments of rows to samples that are as far apart. The statistic told is `D`, and of each
/// column the difference of its means in its standard deviations. It sees the means only. Rows must
/// be independent: months of one series and neighbouring cells are not, and then it warns far too often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mahalanobis {
    /// Share of unchanged samples that may be called drifted, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
    /// Random assignments where there is no law, at least 19.
    #[schemars(range(min = 19))]
    pub permutations: u32,
    /// Their seed.
    pub seed: u64,
}

impl Default for Mahalanobis {
    fn default() -> Self {
        Self { level: 0.05, permutations: 999, seed: 0 }
    }
}

/// How far the means have moved.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanShift {
    /// Distance of the means, at least 0; 1 is a standard deviation in any direction.
    pub distance: f64,
    /// Hotelling's `T^2`.
    pub statistic: f64,
    /// How likely it is as great when nothing has changed (0-1).
    pub p_value: f64,
    /// How much the correlations were shrunk (0-1); 0 where they had an inverse.
    pub shrinkage: f64,
    /// Whether the p value is at or below the level.
    pub drifted: bool,
    /// Difference of the means of each column, current less reference, in its standard deviation over all rows.
    pub by_column: Vec<f64>,
}

/// Both samples in one, standardised.
struct Pooled {
    width: usize,
    /// Rows of the reference, then the others.
    rows: Vec<f64>,
    sizes: (f64, f64),
    /// Difference of the means.
    apart: Vec<f64>,
}

impl Mahalanobis {
    /// Compares two samples of the same columns.
    ///
    /// # Errors
    /// [`Error::Config`] for a level that is not between 0 and 1; [`Error::Data`] for values that are missing or infinite, a
    /// column that is constant in both samples together, and fewer than ten rows of the reference or two current ones.
    pub fn compare(&self, reference: &[Vec<f64>], current: &[Vec<f64>]) -> Result<MeanShift> {
        columns::same(reference.len(), current.len())?;
        columns::check("reference", reference, 10)?;
        columns::check("current", current, 2)?;
        let pooled = Pooled::new(reference, current)?;
        let (statistic, p_value, shrinkage) =
            pooled.hotelling().unwrap_or_else(|| pooled.shrunk(u64::from(self.permutations), self.seed));
        let (n, m) = pooled.sizes;
        let distance = (statistic * (n + m) / (n * m)).sqrt();
        let drifted = p_value <= self.level;
        Ok(MeanShift { distance, statistic, p_value, shrinkage, drifted, by_column: pooled.apart })
    }

    fn check(self) -> Result<Self> {
        share("mahalanobis", "level", self.level)?;
        if self.permutations < 19 {
            let reason = format!("`permutations` is {}; it must be at least 19", self.permutations);
            return Err(Error::config("mahalanobis", reason));
        }
        Ok(self)
    }
}

impl RowTest for Mahalanobis {
    fn compare_rows(&self, reference: &[Vec<f64>], current: &[Vec<f64>]) -> Result<RowDrift> {
        let shift = self.compare(reference, current)?;
        let mut drift = Drift::new(shift.distance, shift.p_value, self.level);
        if shift.shrinkage > 0.0 {
            drift = drift.with_note(format!(
                "columns follow from one another or outnumber rows: correlations shrunk by {:.3}, p by {} random \
                 assignments",
                shift.shrinkage, self.permutations
            ));
        }
        Ok(RowDrift { drift, by_column: shift.by_column })
    }
}

impl Pooled {
    fn new(reference: &[Vec<f64>], current: &[Vec<f64>]) -> Result<Self> {
        let joined: Vec<Vec<f64>> =
            reference.iter().zip(current).map(|(r, c)| [r.as_slice(), c].concat()).collect();
        let moments = columns::moments("both samples", &joined)?;
        let (width, n) = (reference.len(), reference[0].len());
        let rows = columns::standardised(&joined, &moments);
        let (before, after) = rows.split_at(n * width);
        let apart = means(after, width).iter().zip(means(before, width)).map(|(a, b)| a - b).collect();
        Ok(Self { width, sizes: (n as f64, current[0].len() as f64), apart, rows })
    }

    /// `T^2`, its p value and no shrinkage; none where the covariance within the samples has no inverse.
    fn hotelling(&self) -> Option<(f64, f64, f64)> {
        let ((n, m), k) = (self.sizes, self.width as f64);
        let freedom = n + m - 2.0;
        // Total products less those between the samples.
        let between = n * m / (n + m);
        let mut within = columns::products(&self.rows, self.width);
        for (row, x) in within.chunks_exact_mut(self.width).zip(&self.apart) {
            for (cell, y) in row.iter_mut().zip(&self.apart) {
                *cell = (*cell * (n + m) - between * x * y) / freedom;
            }
        }
        let (values, vectors) = symmetric_eigen(&within, self.width);
        if freedom <= k || values.last().copied().unwrap_or(0.0) < 1e-9 * values[0] {
            return None;
        }
        let along = |v: &[f64]| v.iter().zip(&self.apart).map(|(v, x)| v * x).sum::<f64>();
        let squares =
            vectors.chunks_exact(self.width).zip(&values).map(|(v, value)| along(v).powi(2) / value);
        let statistic = between * squares.sum::<f64>();
        let df = freedom - k + 1.0;
        // The upper tail of F with k and df degrees of freedom.
        let p_value = beta(df / 2.0, k / 2.0, freedom / (freedom + statistic));
        Some((statistic, p_value, 0.0))
    }

    /// `T^2` by shrunk correlations of all rows, its p value by permutation, and the shrinkage.
    fn shrunk(&self, permutations: u64, seed: u64) -> (f64, f64, f64) {
        let correlations = columns::products(&self.rows, self.width);
        let shrinkage = ledoit_wolf(&self.rows, &correlations, self.width);
        let (values, vectors) = symmetric_eigen(&correlations, self.width);
        let scale = |v: f64| 1.0 / ((1.0 - shrinkage) * v.max(0.0) + shrinkage).sqrt();
        let direction =
            |(v, value): (&[f64], &f64)| v.iter().map(|x| x * scale(*value)).collect::<Vec<f64>>();
        let directions: Vec<Vec<f64>> =
            vectors.chunks_exact(self.width).zip(&values).map(direction).collect();
        let along = |row: &[f64], v: &[f64]| row.iter().zip(v).map(|(x, v)| x * v).sum::<f64>();
        let white: Vec<f64> = self
            .rows
            .chunks_exact(self.width)
            .flat_map(|row| directions.iter().map(move |v| along(row, v)))
            .collect();
        let (statistic, p_value) = self.permuted(&white, permutations, seed);
        (statistic, p_value, shrinkage)
    }

    /// `T^2` of white rows, and the share of random assignments that are as far apart.
    fn permuted(&self, white: &[f64], permutations: u64, seed: u64) -> (f64, f64) {
        let (n, m) = self.sizes;
        // The mean of all rows is 0: the sum over the current ones tells the difference of the means.
        let statistic = |picked: &[usize]| {
            let sum = |c: usize| picked.iter().map(|i| white[i * self.width + c]).sum::<f64>();
            let apart = |c: usize| sum(c) * (1.0 / m + 1.0 / n);
            (0..self.width).map(|c| apart(c).powi(2)).sum::<f64>() * n * m / (n + m)
        };
        let mut order: Vec<usize> = (0..(n + m) as usize).collect();
        let observed = statistic(&order[n as usize..]);
        let mut as_far = 1_u64;
        for p in 0..permutations {
            let stream = Stream::new(seed, &[p]);
            for i in 0..m as usize {
                let left = (order.len() - i) as u32;
                order.swap(i, i + stream.below(i as u64, left) as usize);
            }
            // Rounding must not make an assignment that is as far a nearer one.
            as_far += u64::from(statistic(&order[..m as usize]) >= observed * (1.0 - 1e-12));
        }
        (observed, as_far as f64 / (permutations + 1) as f64)
    }
}

fn means(rows: &[f64], width: usize) -> Vec<f64> {
    let n = (rows.len() / width) as f64;
    (0..width).map(|c| rows.iter().skip(c).step_by(width).sum::<f64>() / n).collect()
}

/// How much to shrink correlations to the identity (0-1): the error of their estimate against their distance from it.
fn ledoit_wolf(rows: &[f64], correlations: &[f64], width: usize) -> f64 {
    let n = (rows.len() / width) as f64;
    let norm: f64 = correlations.iter().map(|c| c * c).sum();
    // Standardised columns: the trace is the width.
    let distance = norm - width as f64;
    let square = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>();
    let fourth: f64 = rows.chunks_exact(width).map(|row| square(row).powi(2)).sum();
    let error = (fourth - n * norm) / (n * n);
    if distance <= 0.0 { 1.0 } else { (error / distance).clamp(1e-6, 1.0) }
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::special::student_tails;

    use super::*;
    use crate::columns::tests::normal;

    fn compare(reference: &[Vec<f64>], current: &[Vec<f64>]) -> MeanShift {
        Mahalanobis::default().compare(reference, current).unwrap()
    }

    #[test]
    fn one_column_is_students_test() {
        let before: Vec<f64> = (0..12).map(f64::from).collect();
        let after = vec![9.0, 14.0, 11.0];
        // Means 5.5 and 34/3, sums of squares 143 and 38/3, 13 degrees of freedom.
        let variance = (143.0 + 38.0 / 3.0) / 13.0;
        let t = (34.0 / 3.0 - 5.5) / (variance * (1.0_f64 / 12.0 + 1.0 / 3.0)).sqrt();
        let shift = compare(&[before], &[after]);
        assert!((shift.statistic - t * t).abs() < 1e-12, "{shift:?} {t}");
        assert!((shift.p_value - student_tails(t, 13.0)).abs() < 1e-12);
        assert!((shift.distance - (34.0 / 3.0 - 5.5) / variance.sqrt()).abs() < 1e-12);
        assert_eq!(shift.shrinkage, 0.0);
    }

    #[test]
    fn units_and_mixtures_of_columns_do_not_matter() {
        let (before, after) = (normal(1, 80, 3), normal(2, 30, 3));
        let mixed = |c: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let add = |a: usize, b: usize, f: f64| c[a].iter().zip(&c[b]).map(|(x, y)| x + f * y).collect();
            vec![add(0, 1, 100.0), add(1, 2, -3.0), c[2].iter().map(|x| 1e6 * x + 7.0).collect()]
        };
        let (plain, turned) = (compare(&before, &after), compare(&mixed(&before), &mixed(&after)));
        assert!((plain.statistic / turned.statistic - 1.0).abs() < 1e-8, "{plain:?} {turned:?}");
    }

    #[test]
    fn false_alarms_are_as_many_as_declared() {
        let runs = 1000;
        let settings = Mahalanobis { permutations: 99, ..Mahalanobis::default() };
        let alarms = |rows: (u64, u64), width: u64, runs: u64| {
            let drifted = |r: &u64| {
                let (before, after) = (normal(2 * r, rows.0, width), normal(2 * r + 1, rows.1, width));
                let shift = settings.compare(&before, &after).unwrap();
                assert_eq!(shift.shrinkage > 0.0, width > 20, "{shift:?}");
                shift.drifted
            };
            (0..runs).filter(drifted).count() as f64 / runs as f64
        };
        let margin = |runs: f64| 4.0 * (0.05 * 0.95 / runs).sqrt();
        let exact = alarms((40, 15), 4, runs);
        assert!((exact - 0.05).abs() < margin(runs as f64), "{exact}");
        let shrunk = alarms((14, 9), 22, 200);
        assert!((shrunk - 0.05).abs() < margin(200.0), "{shrunk}");
    }

    #[test]
    fn a_shift_is_found_with_and_without_an_inverse() {
        let (mut before, mut after) = (normal(1, 60, 5), normal(2, 60, 5));
        after[3].iter_mut().for_each(|x| *x += 1.2);
        let shift = compare(&before, &after);
        assert!(shift.drifted && shift.distance > 0.8 && shift.shrinkage == 0.0, "{shift:?}");
        assert!(shift.by_column[3] > 0.6 && shift.by_column.iter().filter(|d| d.abs() > 0.5).count() == 1);
        // A column twice has no inverse; a column that is one value before and another after has none either.
        before.push(before[0].clone());
        after.push(after[0].clone());
        let shift = compare(&before, &after);
        assert!(shift.drifted && shift.shrinkage > 0.0, "{shift:?}");
        let shift = compare(&[vec![0.0; 20]], &[vec![1.0; 10]]);
        assert!(shift.drifted && shift.p_value < 0.01, "{shift:?}");
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let error = |settings: Mahalanobis, before: &[Vec<f64>], after: &[Vec<f64>]| {
            settings.compare(before, after).unwrap_err().to_string()
        };
        let (good, default) = (normal(1, 20, 2), Mahalanobis::default);
        assert!(error(default(), &good, &good[..1]).contains("the current sample 1"));
        assert!(
            error(default(), &good, &[vec![0.0, 1.0], vec![f64::NAN, 0.0]])
                .contains("column 1, row 0 is NaN")
        );
        assert!(error(default(), &normal(1, 9, 2), &good).contains("9 rows; 10 are needed"));
        assert!(error(default(), &[vec![1.0; 20]], &[vec![1.0; 5]]).contains("is 1 in every row"));
        let refused = |settings: Mahalanobis| settings.check().unwrap_err().to_string();
        assert!(refused(Mahalanobis { level: 1.0, ..default() }).contains("`level` is 1"));
        assert!(refused(Mahalanobis { permutations: 0, ..default() }).contains("at least 19"));
    }
}
