//! A whole field as one forecast of many dimensions.

use forewarn_core::{Error, Result, ScoreArgs};
use forewarn_kernels::trajectories::{Shape, Trajectories};

/// The units whose truth is known, with their draws.
pub(crate) struct Case {
    /// Truth of each unit.
    pub(crate) observed: Vec<f64>,
    draws: Vec<f64>,
    width: usize,
}

impl Case {
    /// The case of some rows; `None` when no truth is known.
    ///
    /// # Errors
    /// [`Error::Data`] for weighted rows, which a joint score has no use for.
    pub(crate) fn of(args: &ScoreArgs<'_>) -> Result<Option<Self>> {
        if args.is_weighted() {
            return Err(Error::data("a joint score has no weights of rows; leave them out"));
        }
        let (all, width) = (args.draws(), args.width());
        let mut case = Self { observed: Vec::new(), draws: Vec::new(), width };
        for (y, row) in args.observed().into_iter().zip(all.chunks_exact(width)) {
            if !y.is_nan() {
                case.observed.push(y);
                case.draws.extend(row);
            }
        }
        Ok((!case.observed.is_empty()).then_some(case))
    }

    /// One case x units x draws.
    pub(crate) fn trajectories(&self) -> Trajectories<'_, f64> {
        let shape = Shape { cases: 1, dims: self.observed.len(), members: self.width };
        Trajectories::case_dim_member(&self.draws, shape)
    }
}
