//! Whether columns still depend on one another as they did.

use forewarn_core::prelude::*;
use forewarn_kernels::linear::symmetric_eigen;
use forewarn_kernels::random::Stream;

use crate::columns;
use crate::limit::{positive, share};

forewarn_core::entry!(RowTest: PcaResidual as "pca-residual", check);

/// Fewest rows of a reference for each of its columns, and one more.
const FEWEST: usize = 2;

/// How much of the rows the main directions of a reference do not explain: the settings.
///
/// Columns are standardised by the mean and deviation of the reference; the fewest principal components that explain more than
/// `variance` of it are kept (Pearson 1901, doi:10.1080/14786440109462720), and the length of what is left of a row, the
/// residual, is averaged. It rises where dependences break or values go beyond, and falls where everything shrinks; drift along
/// the kept directions is not seen. The statistic is the mean residual of the current rows less that of the reference, and the p
/// value, two-sided, the share of random assignments of rows to samples, with directions learned anew each time, for which it is
/// as far from 0; of each column the mean squared residual is told, current less reference. Residuals are the same numbers as
/// those of `NannyML` 0.13's data reconstruction on numeric columns without missing values; missing ones are refused here
/// instead of being filled with the mean, and so are constant columns. Rows must be independent: months of one series and
/// neighbouring cells are not, and then it warns far too often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PcaResidual {
    /// Share of unchanged samples that may be called drifted, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
    /// Share of the variance of the reference to be explained, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub variance: f64,
    /// Random assignments; the least p value is one over these and one.
    #[schemars(range(min = 19))]
    pub permutations: u32,
    /// Their seed.
    pub seed: u64,
}

impl Default for PcaResidual {
    fn default() -> Self {
        Self { level: 0.05, variance: 0.65, permutations: 199, seed: 0 }
    }
}

/// Main directions of a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedPcaResidual {
    moments: Vec<(f64, f64)>,
    /// Kept directions, one after the other.
    directions: Vec<f64>,
    explained: Vec<f64>,
}

/// How far rows are from the main directions.
#[derive(Debug, Clone, PartialEq)]
pub struct Residual {
    /// Mean length of the residual of a row, at least 0, in standard deviations of the reference.
    pub value: f64,
    /// Standard error of this mean.
    pub sampling_error: f64,
    /// Mean squared residual of each column: where it is large its dependence on the others has changed.
    pub by_column: Vec<f64>,
}

impl PcaResidual {
    /// Learns the main directions of a reference: columns of the same number of rows.
    ///
    /// # Errors
    /// [`Error::Data`] for values that are missing or infinite, a constant column, or no more than twice as many rows as columns.
    pub fn fit(&self, reference: &[Vec<f64>]) -> Result<FittedPcaResidual> {
        columns::check("reference", reference, FEWEST * reference.len() + 1)?;
        let moments = columns::moments("reference", reference)?;
        let rows = columns::standardised(reference, &moments);
        Ok(self.directions(&rows, moments))
    }

    fn directions(&self, rows: &[f64], moments: Vec<(f64, f64)>) -> FittedPcaResidual {
        let width = moments.len();
        let (values, vectors) = symmetric_eigen(&columns::products(rows, width), width);
        let total: f64 = values.iter().sum();
        let shares: Vec<f64> = values.iter().map(|v| v / total).collect();
        let mut sum = 0.0;
        let until = shares.iter().position(|share| {
            sum += share;
            sum > self.variance
        });
        let kept = until.map_or(width, |i| i + 1);
        let directions = vectors[..kept * width].to_vec();
        FittedPcaResidual { moments, directions, explained: shares[..kept].to_vec() }
    }

    /// Residuals of the reference and of the current rows, by the directions of the reference.
    fn residuals(&self, reference: &[Vec<f64>], current: &[Vec<f64>]) -> Result<[Residual; 2]> {
        let fitted = self.fit(reference)?;
        Ok([fitted.residual(reference)?, fitted.residual(current)?])
    }

    /// Share of random assignments of the rows to samples for which the statistic is as far from 0.
    fn p_value(&self, samples: [&[Vec<f64>]; 2], observed: f64) -> f64 {
        let all: Vec<Vec<f64>> =
            samples[0].iter().zip(samples[1]).map(|(a, b)| [&a[..], b].concat()).collect();
        let [n, m] = samples.map(|columns| columns[0].len());
        let as_far = |p: &u32| {
            let order = order(n + m, Stream::new(self.seed, &[u64::from(*p)]));
            let deal = |rows: &[usize]| -> Vec<Vec<f64>> {
                all.iter().map(|column| rows.iter().map(|i| column[*i]).collect()).collect()
            };
            // A reference that is dealt nothing but one value has no directions: it counts as far, which warns too seldom.
            self.residuals(&deal(&order[..n]), &deal(&order[n..])).map_or(true, |[before, now]| {
                // Rounding must not make an assignment that is as far a nearer one.
                (now.value - before.value).abs() >= observed.abs() * (1.0 - 1e-12)
            })
        };
        let count = (0..self.permutations).filter(as_far).count();
        (count + 1) as f64 / f64::from(self.permutations + 1)
    }

    fn check(self) -> Result<Self> {
        share("pca-residual", "level", self.level)?;
        share("pca-residual", "variance", self.variance)?;
        if self.permutations < 19 {
            let reason = format!("`permutations` is {}; it must be at least 19", self.permutations);
            return Err(Error::config("pca-residual", reason));
        }
        Ok(self)
    }
}

impl RowTest for PcaResidual {
    fn compare_rows(&self, reference: &[Vec<f64>], current: &[Vec<f64>]) -> Result<RowDrift> {
        columns::same(reference.len(), current.len())?;
        let [before, now] = self.residuals(reference, current)?;
        let statistic = now.value - before.value;
        let drift = Drift::new(statistic, self.p_value([reference, current], statistic), self.level);
        let by_column =
            now.by_column.iter().zip(&before.by_column).map(|(now, before)| now - before).collect();
        Ok(RowDrift { drift, by_column })
    }
}

/// Rows in a random order.
fn order(rows: usize, stream: Stream) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    for i in 0..rows.saturating_sub(1) {
        order.swap(i, i + stream.below(i as u64, (rows - i) as u32) as usize);
    }
    order
}

impl FittedPcaResidual {
    /// Share of the variance that each kept direction explains, largest first.
    pub fn explained(&self) -> &[f64] {
        &self.explained
    }

    /// Where the mean residual of a chunk is expected: the mean of the reference's chunks of so many rows, less and more `width`
    /// of their deviations; the lower limit is at least 0.
    ///
    /// # Errors
    /// [`Error::Config`] for a chunk or width that is not above 0, [`Error::Data`] as [`FittedPcaResidual::residual`] and for
    /// fewer than two chunks.
    pub fn limits(&self, reference: &[Vec<f64>], chunk: usize, width: f64) -> Result<(f64, f64)> {
        positive("pca-residual", &[("width", width), ("chunk", chunk as f64)])?;
        columns::check("reference", reference, chunk + 1)?;
        columns::same(self.moments.len(), reference.len())?;
        let rows = columns::standardised(reference, &self.moments);
        let chunks: Vec<f64> =
            rows.chunks(chunk * self.moments.len()).map(|c| self.of_rows(c).value).collect();
        let n = chunks.len() as f64;
        let mean = chunks.iter().sum::<f64>() / n;
        let deviation = (chunks.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        Ok(((mean - width * deviation).max(0.0), mean + width * deviation))
    }

    /// The residual of current rows: the columns of the reference, in its order.
    ///
    /// # Errors
    /// [`Error::Data`] for another number of columns, fewer than two rows, or values that are missing or infinite.
    pub fn residual(&self, current: &[Vec<f64>]) -> Result<Residual> {
        columns::same(self.moments.len(), current.len())?;
        columns::check("current", current, 2)?;
        Ok(self.of_rows(&columns::standardised(current, &self.moments)))
    }

    fn of_rows(&self, rows: &[f64]) -> Residual {
        let width = self.moments.len();
        let n = (rows.len() / width) as f64;
        let (mut lengths, mut by_column) = (Vec::new(), vec![0.0; width]);
        for row in rows.chunks_exact(width) {
            let mut left = row.to_vec();
            for direction in self.directions.chunks_exact(width) {
                let along: f64 = direction.iter().zip(row).map(|(d, x)| d * x).sum();
                left.iter_mut().zip(direction).for_each(|(x, d)| *x -= along * d);
            }
            by_column.iter_mut().zip(&left).for_each(|(sum, x)| *sum += x * x / n);
            lengths.push(left.iter().map(|x| x * x).sum::<f64>().sqrt());
        }
        let value = lengths.iter().sum::<f64>() / n;
        let variance = lengths.iter().map(|l| (l - value).powi(2)).sum::<f64>() / (n - 1.0);
        Residual { value, sampling_error: (variance / n).sqrt(), by_column }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::columns::tests::normal;

    #[derive(Deserialize)]
    struct Case {
        reference: Vec<Vec<f64>>,
        analysis: Vec<Vec<f64>>,
        explained: Vec<f64>,
        rows: Vec<Row>,
    }

    #[derive(Deserialize)]
    struct Row {
        value: f64,
        sampling_error: f64,
        upper: f64,
        lower: f64,
        alert: bool,
    }

    #[test]
    fn nannyml_agrees() {
        let case: Case = serde_json::from_str(include_str!("../tests/data/multivariate.json")).unwrap();
        let fitted = PcaResidual::default().fit(&case.reference).unwrap();
        let limits = fitted.limits(&case.reference, 100, 3.0).unwrap();
        let near = |got: f64, expected: f64| assert!((got - expected).abs() < 1e-12, "{got} {expected}");
        assert_eq!(fitted.explained().len(), case.explained.len());
        fitted.explained().iter().zip(&case.explained).for_each(|(a, b)| near(*a, *b));
        let mut rows = case.rows.iter();
        for sample in [&case.reference, &case.analysis] {
            for chunk in 0..6 {
                let part: Vec<Vec<f64>> =
                    sample.iter().map(|c| c[chunk * 100..(chunk + 1) * 100].to_vec()).collect();
                let (found, expected) = (fitted.residual(&part).unwrap(), rows.next().unwrap());
                near(found.value, expected.value);
                near(found.sampling_error, expected.sampling_error);
                near(limits.0, expected.lower);
                near(limits.1, expected.upper);
                assert_eq!(found.value < limits.0 || found.value > limits.1, expected.alert);
            }
        }
        assert!(rows.next().is_none());
    }

    #[test]
    fn a_broken_dependence_is_found_and_placed() {
        // Three columns that are nearly one, and one of its own.
        let depends = |seed: u64, broken: bool| {
            let noise = normal(seed, 2000, 4);
            let follow =
                |c: usize| -> Vec<f64> { (0..2000).map(|i| noise[0][i] + 0.1 * noise[c][i]).collect() };
            let third = if broken { normal(seed + 100, 2000, 1).remove(0) } else { follow(2) };
            vec![noise[0].clone(), follow(1), third, noise[3].clone()]
        };
        let settings = PcaResidual { variance: 0.9, permutations: 39, ..PcaResidual::default() };
        let same = settings.compare_rows(&depends(1, false), &depends(2, false)).unwrap();
        assert!(!same.drift.drifted, "{same:?}");
        let broken = settings.compare_rows(&depends(1, false), &depends(3, true)).unwrap();
        let most = broken.by_column.iter().copied().fold(0.0, f64::max);
        assert!(broken.drift.p_value == 0.025 && broken.by_column[2] == most, "{broken:?}");
    }

    #[test]
    fn false_alarms_are_as_many_as_declared() {
        // Skewed columns that share a factor, few rows: the reference fits itself better than others, and the deals know.
        let rows = |seed: u64, n: u64| {
            let noise = normal(seed, n, 4);
            let column = |c: usize| (0..n as usize).map(|i| (noise[0][i] + noise[c][i]).exp()).collect();
            (1..4).map(column).collect::<Vec<Vec<f64>>>()
        };
        let drifted = |r: &u64| {
            let settings = PcaResidual { permutations: 19, seed: *r, ..PcaResidual::default() };
            settings.compare_rows(&rows(2 * r, 40), &rows(2 * r + 1, 15)).unwrap().drift.drifted
        };
        let alarms = (0..1000).filter(drifted).count() as f64 / 1000.0;
        assert!((alarms - 0.05).abs() < 4.0 * (0.05_f64 * 0.95 / 1000.0).sqrt(), "{alarms}");
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let columns = normal(1, 1100, 3);
        let default = PcaResidual::default;
        let error = |columns: &[Vec<f64>]| default().fit(columns).unwrap_err().to_string();
        let mut missing = columns.clone();
        missing[1][7] = f64::NAN;
        assert!(error(&missing).contains("column 1, row 7 is NaN"));
        assert!(error(&normal(1, 6, 3)).contains("6 rows; 7 are needed"));
        assert!(error(&[vec![1.0; 600]]).contains("is 1 in every row"));
        let refused = |settings: PcaResidual| settings.check().unwrap_err().to_string();
        assert!(refused(PcaResidual { variance: 1.0, ..default() }).contains("`variance` is 1"));
        assert!(refused(PcaResidual { permutations: 9, ..default() }).contains("`permutations` is 9"));
        let fitted = default().fit(&columns).unwrap();
        assert!(fitted.residual(&columns[..2]).unwrap_err().to_string().contains("has 3 columns"));
        let limits = |chunk| fitted.limits(&columns, chunk, 3.0).unwrap_err().to_string();
        assert!(limits(0).contains("`chunk` is 0") && limits(1100).contains("1100 rows; 1101 are needed"));
    }
}
