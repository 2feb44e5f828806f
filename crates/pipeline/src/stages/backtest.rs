//! Backtest: what every model and ensemble forecasts from a past origin, each in a file of its own.
//!
//! Each is a step of its own, so that with another model none of the others' forecasts is made again.

use forewarn_core::Period;

use crate::components::{EnsembleSpec, ModelSpec};
use crate::context::Context;
use crate::stages::combine::combine;
use crate::stages::forecast::{Made, Purpose, forecast};
use crate::stages::train::Trained;
use crate::{Error, Result};

/// The forecasts from one past origin.
#[derive(Debug)]
pub(crate) struct Backtest {
    /// The last period that was known.
    pub origin: Period,
    /// The forecasts, models first.
    pub made: Vec<Made>,
    /// Who has none, and why.
    pub absent: Vec<(String, String)>,
}

impl Backtest {
    /// None yet.
    pub(crate) fn at(origin: Period) -> Self {
        Self { origin, made: Vec::new(), absent: Vec::new() }
    }

    /// The models' forecasts from `origin`.
    ///
    /// # Errors
    /// What stops a run (disk, store); what a model refuses is kept as the reason.
    pub(crate) fn of_models(
        ctx: &Context<'_>,
        origin: Period,
        trained: &[(&ModelSpec, Trained)],
    ) -> Result<Self> {
        let mut all = Self::at(origin);
        for (spec, trained) in trained {
            all.keep(&spec.name, forecast(ctx, spec, trained, Purpose::Backtest(origin)))?;
        }
        Ok(all)
    }

    /// The ensembles' forecasts of those, which may learn from `earlier` ones.
    ///
    /// # Errors
    /// As [`Backtest::of_models`].
    pub(crate) fn of_ensembles(
        &self,
        ctx: &Context<'_>,
        ensembles: &[EnsembleSpec],
        earlier: &[Self],
    ) -> Result<Self> {
        let mut all = Self::at(self.origin);
        for spec in ensembles {
            let made = combine(ctx, spec, &self.made, (Purpose::Backtest(self.origin), earlier));
            all.keep(&spec.name, made)?;
        }
        Ok(all)
    }

    /// Adds the forecasts of `other`, of the same origin.
    pub(crate) fn extend(&mut self, other: Self) {
        self.made.extend(other.made);
        self.absent.extend(other.absent);
    }

    fn keep(&mut self, name: &str, made: Result<Made>) -> Result<()> {
        match made {
            Ok(made) => self.made.push(made),
            Err(e @ (Error::Core(_) | Error::Config { .. })) => {
                self.absent.push((name.to_owned(), e.to_string()));
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }
}
