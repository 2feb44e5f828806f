//! Rows in the form that XGBoost reads, quantised once and used for many fits.

use std::sync::{Arc, Mutex, PoisonError};

use forewarn_core::prelude::*;
use xgboost_rs::{Booster, DMatrix};

use super::{NAME, failed, fit};

/// The prepared rows, as matrices that fits take turns with.
///
/// A `DMatrix` keeps its bins from the first training on, and holds the labels of the training that runs; so fits that run
/// side by side need one each, and a later fit saves the making of bins. All are made from the same rows, weights and
/// number of bins, before they see a label, so that it does not matter which fit takes which.
#[derive(Debug)]
pub(super) struct Sheets {
    rows: DesignMatrix,
    weights: Vec<f32>,
    max_bin: u32,
    free: Mutex<Vec<DMatrix>>,
}

impl Sheets {
    /// Sheets of the rows; the first is made now.
    pub(super) fn new(args: &PrepareArgs<'_>, max_bin: u32) -> Result<Self> {
        if args.weights.iter().all(|&w| w == 0.0) {
            return Err(Error::data(format!("all rows have weight 0, and `{NAME}` needs some for its cut points")));
        }
        let (rows, weights) = (args.rows.clone(), args.weights.to_vec());
        let sheets = Self { rows, weights, max_bin, free: Mutex::new(Vec::new()) };
        let first = sheets.make()?;
        sheets.give(first);
        Ok(sheets)
    }

    /// Names of the columns.
    pub(super) fn columns(&self) -> &Arc<[String]> {
        self.rows.columns()
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A sheet of all rows that no other fit has; its labels and weights are of no use.
    pub(super) fn take(&self) -> Result<DMatrix> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.map_or_else(|| self.make(), Ok)
    }

    /// Gives a sheet back.
    pub(super) fn give(&self, sheet: DMatrix) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(sheet);
    }

    /// A matrix of the labelled rows alone, with their labels and weights.
    pub(super) fn excerpt(&self, labels: &Labels<'_>) -> Result<DMatrix> {
        let values: Vec<f32> = labels.rows().iter().flat_map(|&r| self.rows.row(r as usize)).copied().collect();
        let mut matrix = dense(&values, self.rows.columns().len())?;
        matrix.set_labels(labels.values()).map_err(|e| failed(&e))?;
        matrix.set_weights(labels.weights()).map_err(|e| failed(&e))?;
        Ok(matrix)
    }

    /// A matrix of all rows whose bins are made: a training of one tree without splits makes and keeps them.
    fn make(&self) -> Result<DMatrix> {
        let mut matrix = dense(self.rows.values(), self.rows.columns().len())?;
        let settings = super::Xgboost { max_bin: self.max_bin, max_depth: 1, ..super::Xgboost::default() };
        let config = fit::config(&settings, 0.5, 0);
        let train = |matrix: &mut DMatrix| {
            matrix.set_labels(&vec![0.5; self.rows.len()])?;
            matrix.set_weights(&self.weights)?;
            Booster::new_with_json_config(&[matrix], fit::strings(&config))?.update(matrix, 0)
        };
        train(&mut matrix).map_err(|e| failed(&e))?;
        Ok(matrix)
    }
}

/// A matrix without labels: NaN is missing and zero is zero, which `DMatrix::from_dense` has the other way round.
pub(super) fn dense(values: &[f32], columns: usize) -> Result<DMatrix> {
    let width = size_of::<f32>();
    let rows = values.len() / columns;
    // It takes the distance in bytes from row to row and from column to column.
    DMatrix::from_col_major_f32(values, columns * width, width, rows, columns, 1, f32::NAN).map_err(|e| failed(&e))
}
