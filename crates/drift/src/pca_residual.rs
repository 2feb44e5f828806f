//! Whether columns still depend on one another as they did.

use forewarn_core::Result;
use forewarn_kernels::linear::symmetric_eigen;

use crate::columns;
use crate::limit::{positive, share};

/// How much of the rows the main directions of a reference do not explain: the settings.
///
/// Columns are standardised by the mean and deviation of the reference; the fewest principal components that explain more than
/// `variance` of it are kept (Pearson 1901, doi:10.1080/14786440109462720), and the length of what is left of a row, the
/// residual, is averaged over a chunk. It rises where dependences break or values go beyond, and falls where everything
/// shrinks; drift along the kept directions is not seen. The same numbers as `NannyML` 0.13's data reconstruction on numeric
/// columns without missing values; missing ones are refused here instead of being filled with the mean, and so are constant
/// columns.
#[derive(Debug, Clone, PartialEq)]
pub struct PcaResidual {
    /// Share of the variance of the reference to be explained, 0.65, between 0 and 1.
    pub variance: f64,
    /// Rows of a chunk of the reference, 500: the spread of its chunks gives the limits.
    pub chunk: usize,
    /// Deviations of the reference's chunks on each side of their mean that are no alert: 3.
    pub width: f64,
}

impl Default for PcaResidual {
    fn default() -> Self {
        Self { variance: 0.65, chunk: 500, width: 3.0 }
    }
}

/// Main directions of a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedPcaResidual {
    moments: Vec<(f64, f64)>,
    /// Kept directions, one after the other.
    directions: Vec<f64>,
    explained: Vec<f64>,
    limits: (f64, f64),
}

/// How far rows are from the main directions.
#[derive(Debug, Clone, PartialEq)]
pub struct Residual {
    /// Mean length of the residual of a row, at least 0, in standard deviations of the reference.
    pub value: f64,
    /// Standard error of this mean.
    pub sampling_error: f64,
    /// Mean of the reference's chunks, less and more `width` of their deviations; the lower one at least 0.
    pub limits: (f64, f64),
    /// Whether the value is beyond the limits.
    pub alert: bool,
    /// Mean squared residual of each column: where it is large its dependence on the others has changed.
    pub by_column: Vec<f64>,
}

impl PcaResidual {
    /// Learns the main directions of a reference: columns of the same number of rows.
    ///
    /// # Errors
    /// [`forewarn_core::Error::Config`] for settings that make no sense; [`forewarn_core::Error::Data`] for values that are missing or infinite, a constant
    /// column, no more rows than columns, or fewer than two chunks.
    pub fn fit(&self, reference: &[Vec<f64>]) -> Result<FittedPcaResidual> {
        self.check()?;
        let fewest = (reference.len() + 1).max(self.chunk + 1);
        columns::check("reference", reference, fewest)?;
        let width = reference.len();
        let moments = columns::moments("reference", reference)?;
        let rows = columns::standardised(reference, &moments);
        let (values, vectors) = symmetric_eigen(&columns::products(&rows, width), width);
        let total: f64 = values.iter().sum();
        let shares: Vec<f64> = values.iter().map(|v| v / total).collect();
        let mut sum = 0.0;
        let until = shares.iter().position(|share| {
            sum += share;
            sum > self.variance
        });
        let kept = until.map_or(width, |i| i + 1);
        let directions = vectors[..kept * width].to_vec();
        let explained = shares[..kept].to_vec();
        let fitted = FittedPcaResidual { moments, directions, explained, limits: (0.0, 0.0) };
        let chunks: Vec<f64> = rows.chunks(self.chunk * width).map(|c| fitted.of_rows(c).value).collect();
        Ok(FittedPcaResidual { limits: self.limits(&chunks), ..fitted })
    }

    fn check(&self) -> Result<()> {
        share("pca-residual", "variance", self.variance)?;
        positive("pca-residual", &[("width", self.width), ("chunk", self.chunk as f64)])
    }

    fn limits(&self, chunks: &[f64]) -> (f64, f64) {
        let n = chunks.len() as f64;
        let mean = chunks.iter().sum::<f64>() / n;
        let deviation = (chunks.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        ((mean - self.width * deviation).max(0.0), mean + self.width * deviation)
    }
}

impl FittedPcaResidual {
    /// Share of the variance that each kept direction explains, largest first.
    pub fn explained(&self) -> &[f64] {
        &self.explained
    }

    /// The residual of current rows: the columns of the reference, in its order.
    ///
    /// # Errors
    /// [`forewarn_core::Error::Data`] for another number of columns, fewer than two rows, or values that are missing or infinite.
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
        let alert = value < self.limits.0 || value > self.limits.1;
        Residual { value, sampling_error: (variance / n).sqrt(), limits: self.limits, alert, by_column }
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
        let settings = PcaResidual { chunk: 100, ..PcaResidual::default() };
        let fitted = settings.fit(&case.reference).unwrap();
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
                near(found.limits.0, expected.lower);
                near(found.limits.1, expected.upper);
                assert_eq!(found.alert, expected.alert);
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
        let fitted = PcaResidual { variance: 0.9, ..PcaResidual::default() }.fit(&depends(1, false)).unwrap();
        let same = fitted.residual(&depends(2, false)).unwrap();
        assert!(!same.alert, "{same:?}");
        let broken = fitted.residual(&depends(3, true)).unwrap();
        let most = broken.by_column.iter().copied().fold(0.0, f64::max);
        assert!(broken.alert && broken.by_column[2] == most, "{broken:?}");
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let columns = normal(1, 1100, 3);
        let error =
            |settings: PcaResidual, columns: &[Vec<f64>]| settings.fit(columns).unwrap_err().to_string();
        let default = PcaResidual::default;
        let mut missing = columns.clone();
        missing[1][7] = f64::NAN;
        assert!(error(default(), &missing).contains("column 1, row 7 is NaN"));
        assert!(error(default(), &normal(1, 400, 3)).contains("400 rows; 501 are needed"));
        assert!(error(default(), &[vec![1.0; 600]]).contains("is 1 in every row"));
        assert!(error(PcaResidual { variance: 1.0, ..default() }, &columns).contains("`variance` is 1"));
        assert!(error(PcaResidual { chunk: 0, ..default() }, &columns).contains("`chunk` is 0"));
        let fitted = default().fit(&columns).unwrap();
        assert!(fitted.residual(&columns[..2]).unwrap_err().to_string().contains("has 3 columns"));
    }
}
