//! Replay: what would have been issued from past origins, filed in the archive for online evaluation.
//!
//! Each origin is a run of its own, with [`forecast.origin`](crate::Forecast::origin), as far as the forecasts: models are
//! fitted again on what was observed by then. The observations are those of today's edition.

use std::path::PathBuf;

use forewarn_core::Period;
use serde::Serialize;

use crate::code::Code;
use crate::outcome::{Outcome, Until};
use crate::progress::Observer;
use crate::run::run;
use crate::session::{Access, session};
use crate::{Error, Resolved, Result};

/// What a replay has filed.
#[derive(Debug, Clone, Serialize)]
pub struct Replay {
    /// By origin: its label, and the files.
    pub origins: Vec<(String, Vec<PathBuf>)>,
    /// Parts that could not be made, and why.
    pub missing: Vec<String>,
}

/// Files the forecasts from each origin between `first` and `last`, both included; what is there is not made again.
///
/// # Errors
/// Origins that are not on the axis of the observations, or do not ascend; what stops a run.
pub fn replay(
    resolved: &Resolved,
    code: &Code,
    (first, last): (&str, &str),
    observer: &dyn Observer,
) -> Result<Replay> {
    let labels: Vec<String> = session(resolved, code, observer, Access::Alone, |session| {
        let (first, last) = (session.period(Some(first))?, session.period(Some(last))?);
        Ok((first.0..=last.0).map(|period| session.ctx.cadence().label(Period(period))).collect())
    })?;
    if labels.is_empty() {
        return Err(Error::config("--to", format!("{last} is before {first}")));
    }
    let mut replay = Replay { origins: Vec::new(), missing: Vec::new() };
    for label in labels {
        let mut at = resolved.clone();
        at.config.forecast.origin = Some(label.clone());
        at.config.download = None;
        let Outcome { files, missing, .. } = run(&at, code, Until::Hindcast, observer)?;
        replay.missing.extend(missing.into_iter().map(|what| format!("{label}: {what}")));
        let filed = files.into_iter().filter(|file| file.extension().is_some_and(|e| e == "parquet"));
        replay.origins.push((label, filed.collect()));
    }
    Ok(replay)
}
