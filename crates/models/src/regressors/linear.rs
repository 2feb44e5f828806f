//! What the linear regressors share: rows without gaps, standardised blocks of them, and the fitted line.

use std::sync::Arc;

use forewarn_core::prelude::*;

use crate::settings;

/// Rows of a [`Standard::block`]: 512 rows of 40 columns stay in the second cache.
pub(super) const BLOCK: usize = 512;

/// That no value is missing, for `component`.
pub(super) fn check_complete(component: &str, rows: &DesignMatrix) -> Result<()> {
    let Some(i) = rows.values().iter().position(|v| v.is_nan()) else { return Ok(()) };
    let (row, column) = (i / rows.columns().len(), &rows.columns()[i % rows.columns().len()]);
    Err(Error::data(format!(
        "column `{column}` is missing in row {row}, and `{component}` cannot read missing values; \
         put `replace-missing` at the end of the column's transforms, or use a regressor of trees"
    )))
}

/// Sum of products, in eight lanes that are added in order.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (left, right) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in left.zip(right) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// Weighted means and standard deviations of the columns over the labelled rows.
#[derive(Debug)]
pub(super) struct Standard {
    /// Mean of each column.
    pub(super) means: Vec<f64>,
    /// Standard deviation of each column (divisor: sum of weights); 0 where the column is constant.
    pub(super) scales: Vec<f64>,
    /// Mean of the label.
    pub(super) label: f64,
    /// Sum of the weights.
    pub(super) weight: f64,
}

impl Standard {
    /// Two passes: the deviations are taken from the mean, so that a large mean costs no digits.
    pub(super) fn of(rows: &DesignMatrix, labels: &Labels<'_>) -> Self {
        let count = rows.columns().len();
        let mut means = vec![0.0; count];
        let (mut label, mut weight) = (0.0, 0.0);
        for ((&r, &y), &w) in labels.rows().iter().zip(labels.values()).zip(labels.weights()) {
            let w = f64::from(w);
            weight += w;
            label += w * f64::from(y);
            for (mean, &x) in means.iter_mut().zip(rows.row(r as usize)) {
                *mean += w * f64::from(x);
            }
        }
        for mean in &mut means {
            *mean /= weight;
        }
        let scales = deviations(rows, labels, &means).iter().map(|s| (s / weight).sqrt()).collect();
        Self { means, scales, label: label / weight, weight }
    }

    /// Standardised columns of the labels `from..from + out.len() / columns`, column after column. A constant column is 0.
    pub(super) fn block(&self, rows: &DesignMatrix, labelled: &[u32], out: &mut [f64]) {
        for (i, &r) in labelled.iter().enumerate() {
            for (j, &x) in rows.row(r as usize).iter().enumerate() {
                let scale = self.scales[j];
                out[j * BLOCK + i] = if scale > 0.0 { (f64::from(x) - self.means[j]) / scale } else { 0.0 };
            }
        }
        for column in out.chunks_exact_mut(BLOCK) {
            column[labelled.len()..].fill(0.0);
        }
    }

    /// The line in the units of the columns, of `slopes` of standardised columns; `centre` is its value at the means.
    pub(super) fn line(
        &self,
        regressor: &str,
        columns: &Arc<[String]>,
        slopes: &[f64],
        centre: f64,
        link: Link,
    ) -> Line {
        let slopes: Vec<f64> =
            slopes.iter().zip(&self.scales).map(|(&b, &s)| if s > 0.0 { b / s } else { 0.0 }).collect();
        let intercept = centre - slopes.iter().zip(&self.means).map(|(b, m)| b * m).sum::<f64>();
        let columns = columns.to_vec();
        Line { regressor: regressor.to_owned(), columns, intercept, slopes, means: self.means.clone(), link }
    }
}

/// Weighted sums of squared deviations; exactly 0 for a constant column, whatever its mean was rounded to.
fn deviations(rows: &DesignMatrix, labels: &Labels<'_>, means: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; means.len()];
    let mut varies = vec![false; means.len()];
    let mut first: Option<&[f32]> = None;
    for (&r, &w) in labels.rows().iter().zip(labels.weights()).filter(|(_, w)| **w > 0.0) {
        let row = rows.row(r as usize);
        let first = *first.get_or_insert(row);
        for (j, &x) in row.iter().enumerate() {
            let d = f64::from(x) - means[j];
            sums[j] += f64::from(w) * d * d;
            varies[j] |= x != first[j];
        }
    }
    sums.iter().zip(varies).map(|(&s, v)| if v { s } else { 0.0 }).collect()
}

/// How the prediction follows from the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Link {
    /// It is the line.
    Identity,
    /// The logistic function of the line.
    Logit,
}

impl Link {
    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Logit => "logit",
        }
    }
}

/// `1 / (1 + exp(-x))`.
pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// A fitted line: `link(intercept + sum of slope * value)`; a missing value gives NaN.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    regressor: String,
    columns: Vec<String>,
    intercept: f64,
    slopes: Vec<f64>,
    means: Vec<f64>,
    link: Link,
}

impl Line {
    /// Reads back what [`Line::state`] wrote.
    pub(super) fn read(regressor: &str, state: &[u8]) -> Result<Self> {
        let line: Self = settings::read(regressor, state)?;
        let count = line.columns.len();
        if line.slopes.len() != count || line.means.len() != count {
            let reason =
                format!("the state of `{regressor}` has {count} columns and {} slopes", line.slopes.len());
            return Err(Error::data(reason));
        }
        Ok(line)
    }

    fn at(&self, row: &[f32]) -> f64 {
        row.iter().zip(&self.slopes).fold(self.intercept, |sum, (&x, b)| sum + b * f64::from(x))
    }
}

impl Regression for Line {
    fn predict(&self, rows: &DesignMatrix) -> Result<Vec<f32>> {
        rows.expect(&self.columns)?;
        let linked = |x| match self.link {
            Link::Identity => x,
            Link::Logit => logistic(x),
        };
        Ok(rows.rows().map(|row| linked(self.at(row)) as f32).collect())
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write(&self.regressor, self)
    }

    /// `slope * (value - mean of the column)`, the SHAP values of a line whose columns are independent (Lundberg and Lee
    /// 2017, arXiv:1705.07874, corollary 1); a missing value gives NaN for its column.
    fn contributions(&self, rows: &DesignMatrix) -> Result<Option<Contributions>> {
        rows.expect(&self.columns)?;
        let base = self.slopes.iter().zip(&self.means).fold(self.intercept, |sum, (b, m)| sum + b * m);
        let mut values = Vec::with_capacity(rows.len() * (self.columns.len() + 1));
        for row in rows.rows() {
            let parts = self.slopes.iter().zip(&self.means).zip(row);
            values.extend(parts.map(|((b, m), &x)| (b * (f64::from(x) - m)) as f32));
            values.push(base as f32);
        }
        Ok(Some(Contributions { values, scale: self.link.name() }))
    }

    fn export(&self) -> Result<Option<(&'static str, Vec<u8>)>> {
        let json = serde_json::to_vec(self).map_err(|e| Error::numeric(&self.regressor, e.to_string()))?;
        Ok(Some(("json", json)))
    }
}

#[cfg(test)]
impl Line {
    /// Intercept and slopes.
    pub(super) fn numbers(&self) -> (f64, &[f64]) {
        (self.intercept, &self.slopes)
    }
}

#[cfg(test)]
pub(super) mod cases {
    //! Rows for the tests of this folder.

    use super::*;

    /// `values` with columns `a`, `b`, ...
    pub(in super::super) fn matrix(width: u8, values: Vec<f32>) -> DesignMatrix {
        let columns = (0..width).map(|i| char::from(b'a' + i).to_string()).collect();
        DesignMatrix::new(columns, values).unwrap()
    }

    /// `rows` x 4 whole numbers from a recurrence that Python repeats in one line, divided by 8.
    ///
    /// `k = (k * 1103515245 + 12345) % 2**31; value = (k >> 16) % 64 / 8`, starting at `k = seed`.
    pub(in super::super) fn numbers(seed: u64, count: usize) -> Vec<f32> {
        let mut k = seed;
        let mut next = || {
            k = (k * 1_103_515_245 + 12_345) % (1 << 31);
            ((k >> 16) % 64) as f32 / 8.0
        };
        (0..count).map(|_| next()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::cases::matrix;
    use super::*;

    fn line() -> Line {
        let (columns, slopes, means) = (vec!["a".into(), "b".into()], vec![2.0, -1.0], vec![1.0, 3.0]);
        Line { regressor: "r".into(), columns, intercept: 0.5, slopes, means, link: Link::Identity }
    }

    #[test]
    fn a_line_by_hand() {
        let rows = matrix(2, vec![1.0, 2.0, 0.0, 0.0, f32::NAN, 1.0]);
        let found = line().predict(&rows).unwrap();
        assert_eq!(found[..2], [0.5, 0.5]);
        assert!(found[2].is_nan());
        let logit = Line { link: Link::Logit, intercept: 0.0, ..line() };
        assert_eq!(logit.predict(&matrix(2, vec![0.5, 1.0])).unwrap(), [0.5]);
        assert!(
            line().predict(&matrix(1, vec![1.0])).unwrap_err().to_string().contains("column 1 is nothing")
        );
    }

    #[test]
    fn contributions_add_up_to_the_line() {
        let rows = matrix(2, vec![1.0, 2.0, 4.0, -1.0]);
        let found = line().contributions(&rows).unwrap().unwrap();
        // Base 0.5 + 2 * 1 - 1 * 3 = -0.5; the second row adds 2 * (4 - 1) and -1 * (-1 - 3).
        assert_eq!(found.values, [0.0, 1.0, -0.5, 6.0, 4.0, -0.5]);
        assert_eq!(line().predict(&rows).unwrap(), [0.5, 9.5]);
        assert_eq!(found.scale, "identity");
    }

    #[test]
    fn states_round_trip_to_the_last_bit() {
        let line = Line { slopes: vec![0.1 + 0.2, 1.0 / 3.0], intercept: 5e-324, ..line() };
        let back = Line::read("r", &line.state().unwrap()).unwrap();
        assert_eq!(back.slopes, line.slopes);
        assert_eq!(back.intercept, line.intercept);
        let wrong = |name, state: &[u8]| Line::read(name, state).unwrap_err().to_string();
        assert!(wrong("other", &line.state().unwrap()).contains("they are of `r`"));
        assert!(wrong("r", b"{}").contains("no state of `r`"));
    }

    #[test]
    fn standards_are_weighted_and_see_constants() {
        let rows = matrix(2, vec![1.0, 0.1, 3.0, 0.1, 50.0, 9.0]);
        let labels = Labels::new(&[0, 1, 2], &[2.0, 4.0, 8.0], &[1.0, 3.0, 0.0], 3).unwrap();
        let s = Standard::of(&rows, &labels);
        assert_eq!((s.means[0], s.label, s.weight), (2.5, 3.5, 4.0));
        assert_eq!(s.scales, [0.75_f64.sqrt(), 0.0]);
        let mut out = vec![7.0; 2 * BLOCK];
        s.block(&rows, &[1, 0], &mut out);
        assert_eq!(out[..3], [0.5 / 0.75_f64.sqrt(), -1.5 / 0.75_f64.sqrt(), 0.0]);
        assert!(out[BLOCK..].iter().all(|&v| v == 0.0));
    }

    #[test]
    fn dots_of_all_lengths() {
        for n in 0..70 {
            let a: Vec<f64> = (0..n).map(|i| f64::from(i) - 3.0).collect();
            let b: Vec<f64> = (0..n).map(|i| f64::from(i % 7)).collect();
            assert_eq!(dot(&a, &b), a.iter().zip(&b).map(|(x, y)| x * y).sum::<f64>(), "{n}");
        }
    }
}
