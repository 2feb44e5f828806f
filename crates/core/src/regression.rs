//! Tabular regression: rows of named features in, one number a row out.
//!
//! A [`Regressor`] knows nothing of periods and units, so that the same one serves a panel model, a weather station or a
//! table. Rows are given once ([`Regressor::prepare`]) and then fitted to many sets of labels: forecasts of 36 steps
//! share their rows, and only the labels shift.

use std::fmt::Debug;
use std::sync::Arc;

use crate::{Error, Result};

/// Rows of named features: rows x columns, the columns of a row contiguous, NaN for «not observed».
#[derive(Debug, Clone, PartialEq)]
pub struct DesignMatrix {
    columns: Arc<[String]>,
    values: Vec<f32>,
}

impl DesignMatrix {
    /// A matrix of `values`, rows x columns.
    ///
    /// # Errors
    /// [`Error::Data`] when there is no column, two have the same name, the values are no whole number of rows, or one is
    /// infinite.
    pub fn new(columns: Arc<[String]>, values: Vec<f32>) -> Result<Self> {
        if columns.is_empty() || !values.len().is_multiple_of(columns.len()) {
            return Err(Error::data(format!("{} values for {} columns", values.len(), columns.len())));
        }
        if let Some(name) =
            columns.iter().enumerate().find_map(|(i, c)| columns[..i].contains(c).then_some(c))
        {
            return Err(Error::data(format!("two columns are called `{name}`")));
        }
        if let Some(i) = values.iter().position(|v| v.is_infinite()) {
            let (row, column) = (i / columns.len(), &columns[i % columns.len()]);
            return Err(Error::data(format!("row {row}, column `{column}`: the value is infinite")));
        }
        Ok(Self { columns, values })
    }

    /// Names of the columns, in order.
    pub fn columns(&self) -> &Arc<[String]> {
        &self.columns
    }

    /// All values, rows x columns.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The rows.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.columns.len())
    }

    /// One row.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.columns.len()..][..self.columns.len()]
    }

    /// That the columns are those that were fitted, in their order.
    ///
    /// # Errors
    /// [`Error::Data`] that names the first column that differs, with what was fitted.
    pub fn expect(&self, fitted: &[String]) -> Result<()> {
        same_columns(&self.columns, fitted)
    }
}

/// That `columns` are those that were fitted, in their order.
///
/// # Errors
/// [`Error::Data`] that names the first column that differs, with what was fitted.
pub fn same_columns(columns: &[String], fitted: &[String]) -> Result<()> {
    if columns == fitted {
        return Ok(());
    }
    let differs =
        (0..fitted.len().max(columns.len())).find(|&i| fitted.get(i) != columns.get(i)).unwrap_or_default();
    let name = |columns: &[String]| columns.get(differs).map_or("nothing".to_owned(), |c| format!("`{c}`"));
    Err(Error::data(format!(
        "column {differs} is {}, the model was fitted with {} there ({} columns, now {})",
        name(columns),
        name(fitted),
        fitted.len(),
        columns.len()
    )))
}

/// A regressor before it has seen data.
pub trait Regressor: Debug + Send + Sync {
    /// Brings the rows into the form that fits read, once.
    ///
    /// # Errors
    /// [`Error::Data`] when the regressor cannot read the rows (a missing value, for some).
    fn prepare(&self, args: &PrepareArgs<'_>) -> Result<Box<dyn Prepared>>;
    /// Reads back what [`Regression::state`] wrote.
    ///
    /// # Errors
    /// [`Error::Data`] when the bytes are no state of this regressor.
    fn restore(&self, state: &[u8]) -> Result<Box<dyn Regression>>;
    /// What a prediction means.
    fn predicts(&self) -> Predicts {
        Predicts::Mean
    }
    /// Whether fits stop early by watched labels, as it is set.
    fn watches(&self) -> bool {
        false
    }
}

/// What the number that a regression predicts means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predicts {
    /// The expected value of the label.
    Mean,
    /// The probability (0-1) of the label 1, of labels from 0 to 1.
    Probability,
}

/// The rows of many fits.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PrepareArgs<'a> {
    /// Rows that labels will point at.
    pub rows: &'a DesignMatrix,
    /// How often each row occurs, for cut points and scales that depend on all rows.
    pub weights: &'a [f32],
}

impl<'a> PrepareArgs<'a> {
    /// The rows of many fits.
    ///
    /// # Errors
    /// [`Error::Data`] when there is no row, or weights are not one a row, finite and >= 0.
    pub fn new(rows: &'a DesignMatrix, weights: &'a [f32]) -> Result<Self> {
        if rows.is_empty() || weights.len() != rows.len() {
            return Err(Error::data(format!("{} rows with {} weights", rows.len(), weights.len())));
        }
        check_weights(weights)?;
        Ok(Self { rows, weights })
    }
}

/// Rows in the form that fits read.
pub trait Prepared: Debug + Send + Sync {
    /// Learns labels; fits of different labels may run side by side.
    ///
    /// # Errors
    /// [`Error::Data`] when labels lie outside what the loss allows; [`Error::Numeric`] when the fit fails.
    fn fit(&self, args: &LabelArgs<'_>) -> Result<Box<dyn Regression>>;
}

/// What to learn.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LabelArgs<'a> {
    /// Learned from.
    pub train: Labels<'a>,
    /// Watched, for early stopping; `None` where nothing is held out.
    pub watch: Option<Labels<'a>>,
    /// Rounds to do instead of those of the regressor's settings; regressors without rounds do not mind it.
    pub rounds: Option<usize>,
    /// Seed; the same seed gives the same bytes.
    pub seed: u64,
}

impl<'a> LabelArgs<'a> {
    /// What to learn.
    pub fn new(train: Labels<'a>, seed: u64) -> Self {
        Self { train, watch: None, rounds: None, seed }
    }

    /// With labels that are watched for early stopping.
    #[must_use]
    pub fn watching(self, labels: Labels<'a>) -> Self {
        Self { watch: Some(labels), ..self }
    }

    /// With exactly so many rounds.
    #[must_use]
    pub fn with_rounds(self, rounds: usize) -> Self {
        Self { rounds: Some(rounds), ..self }
    }
}

/// Labels of prepared rows. A row may be pointed at by none, one or several labels.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    rows: &'a [u32],
    values: &'a [f32],
    weights: &'a [f32],
}

impl<'a> Labels<'a> {
    /// `values[i]` with weight `weights[i]` is a label of row `rows[i]`, of `count` rows that were prepared.
    ///
    /// # Errors
    /// [`Error::Data`] when there is none, lengths differ, a row does not exist, a value is missing or infinite, or a
    /// weight is negative or not finite, or all are 0.
    pub fn new(rows: &'a [u32], values: &'a [f32], weights: &'a [f32], count: usize) -> Result<Self> {
        if rows.is_empty() || rows.len() != values.len() || rows.len() != weights.len() {
            let sizes = (rows.len(), values.len(), weights.len());
            return Err(Error::data(format!(
                "{} rows, {} values, {} weights of labels",
                sizes.0, sizes.1, sizes.2
            )));
        }
        if let Some(row) = rows.iter().find(|&&r| r as usize >= count) {
            return Err(Error::data(format!("a label of row {row}, there are {count}")));
        }
        if let Some(i) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::data(format!("label {i} is {}", values[i])));
        }
        check_weights(weights)?;
        if weights.iter().all(|&w| w == 0.0) {
            return Err(Error::data("all labels have weight 0"));
        }
        Ok(Self { rows, values, weights })
    }

    /// Row of each label.
    pub fn rows(&self) -> &'a [u32] {
        self.rows
    }

    /// The labels.
    pub fn values(&self) -> &'a [f32] {
        self.values
    }

    /// How often each occurs.
    pub fn weights(&self) -> &'a [f32] {
        self.weights
    }
}

fn check_weights(weights: &[f32]) -> Result<()> {
    match weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
        Some(i) => Err(Error::data(format!("weight {i} is {}; weights are finite and >= 0", weights[i]))),
        None => Ok(()),
    }
}

/// A fitted regression.
pub trait Regression: Debug + Send + Sync {
    /// One number a row: see [`Regressor::predicts`].
    ///
    /// # Errors
    /// [`Error::Data`] when the columns are not those that were fitted.
    fn predict(&self, rows: &DesignMatrix) -> Result<Vec<f32>>;
    /// The learned state, for the artifact.
    ///
    /// # Errors
    /// [`Error::Numeric`] when the state cannot be written.
    fn state(&self) -> Result<Vec<u8>>;
    /// Quantiles of the label at `levels` (0-1, ascending), rows x levels; `None` where only the mean is estimated.
    ///
    /// # Errors
    /// As [`Regression::predict`].
    fn quantiles(&self, rows: &DesignMatrix, levels: &[f64]) -> Result<Option<Vec<f32>>> {
        let _ = (rows, levels);
        Ok(None)
    }
    /// Rounds that were kept, each of which added a part to the prediction; `None` where there are no rounds.
    fn rounds(&self) -> Option<usize> {
        None
    }
    /// By how much splits on each column lowered the loss in training (`gain`), one number a column; empty where the
    /// regression has no such thing.
    fn gain(&self) -> Vec<f64> {
        Vec::new()
    }
    /// What each column added to the prediction of each row, rows x (columns + 1), the last the base value, in the units
    /// of [`Contributions::scale`]; `None` where the regression cannot tell.
    ///
    /// # Errors
    /// As [`Regression::predict`].
    fn contributions(&self, rows: &DesignMatrix) -> Result<Option<Contributions>> {
        let _ = rows;
        Ok(None)
    }
    /// The state in a format that other programs read, with its file extension; `None` where there is none.
    ///
    /// # Errors
    /// As [`Regression::state`].
    fn export(&self) -> Result<Option<(&'static str, Vec<u8>)>> {
        Ok(None)
    }
}

/// A regression inside a fitted model, for those who ask what it learned.
#[derive(Debug, Clone, Copy)]
pub struct RegressionPart<'a> {
    /// What it is for in the model: `value`, `occurrence`, `severity`.
    pub role: &'static str,
    /// What its prediction is, in words.
    pub predicts: &'static str,
    /// Names of its features, in order.
    pub columns: &'a [String],
    /// What was fitted.
    pub regression: &'a dyn Regression,
}

/// SHAP values: Lundberg and Lee (2017), arXiv:1705.07874.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// Rows x (columns + 1); a row adds up to the prediction before its link.
    pub values: Vec<f32>,
    /// What the sum of a row is: `identity`, `log` or `logit` of the prediction.
    pub scale: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Arc<[String]> {
        names.iter().map(|&n| n.to_owned()).collect()
    }

    #[test]
    fn matrices_are_checked() {
        let m = DesignMatrix::new(columns(&["a", "b"]), vec![1.0, 2.0, 3.0, f32::NAN]).unwrap();
        assert_eq!((m.len(), m.row(0), m.rows().count()), (2, &[1.0, 2.0][..], 2));
        let wrong = |names: &[&str], values: Vec<f32>| {
            DesignMatrix::new(columns(names), values).unwrap_err().to_string()
        };
        assert!(wrong(&["a", "b"], vec![1.0]).contains("1 values for 2 columns"));
        assert!(wrong(&["a", "a"], vec![1.0, 2.0]).contains("two columns are called `a`"));
        assert!(wrong(&["a", "b"], vec![0.0, 0.0, 0.0, f32::INFINITY]).contains("row 1, column `b`"));
        assert!(wrong(&[], vec![]).contains("0 columns"));
    }

    #[test]
    fn other_columns_are_named() {
        let m = DesignMatrix::new(columns(&["a", "b"]), vec![1.0, 2.0]).unwrap();
        assert!(m.expect(&columns(&["a", "b"])).is_ok());
        let wrong = |names: &[&str]| m.expect(&columns(names)).unwrap_err().to_string();
        assert!(wrong(&["b", "a"]).contains("column 0 is `a`, the model was fitted with `b` there"));
        assert!(wrong(&["a", "b", "c"]).contains("column 2 is nothing, the model was fitted with `c`"));
        assert!(wrong(&["a"]).contains("column 1 is `b`, the model was fitted with nothing"));
    }

    #[test]
    fn labels_are_checked() {
        assert!(Labels::new(&[0, 0, 1], &[1.0, 2.0, 3.0], &[1.0, 0.0, 2.0], 2).is_ok());
        let wrong = |rows: &[u32], values: &[f32], weights: &[f32]| {
            Labels::new(rows, values, weights, 2).unwrap_err().to_string()
        };
        assert!(wrong(&[], &[], &[]).contains("0 rows"));
        assert!(wrong(&[0], &[1.0, 2.0], &[1.0]).contains("1 rows, 2 values, 1 weights"));
        assert!(wrong(&[2], &[1.0], &[1.0]).contains("a label of row 2, there are 2"));
        assert!(wrong(&[1], &[f32::NAN], &[1.0]).contains("label 0 is NaN"));
        assert!(wrong(&[1], &[1.0], &[-1.0]).contains("weight 0 is -1"));
        assert!(wrong(&[1], &[1.0], &[0.0]).contains("all labels have weight 0"));
        let rows = DesignMatrix::new(columns(&["a"]), vec![1.0]).unwrap();
        assert!(
            PrepareArgs::new(&rows, &[1.0, 1.0]).is_err() && PrepareArgs::new(&rows, &[f32::NAN]).is_err()
        );
    }
}
