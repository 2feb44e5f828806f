//! Forecast: a fitted model at the last observed period becomes one field a step, in a file.

use std::path::PathBuf;

use forewarn_core::{Field, PredictArgs, Step};
use forewarn_kernels::random::seed_for;
use forewarn_store::{ForecastFile, Labels, write_forecast};
use rayon::prelude::*;
use serde_json::json;

use crate::components::ModelSpec;
use crate::context::Context;
use crate::stages::train::Trained;
use crate::{Error, Result};

/// File of a forecast in its step.
pub const FORECAST: &str = "forecast.parquet";

/// A forecast of the run, one field a step.
#[derive(Debug)]
pub struct Made {
    /// Model or ensemble.
    pub name: String,
    /// Its Parquet file.
    pub file: PathBuf,
    /// Digest of the step that made it.
    pub digest: String,
}

impl Made {
    /// The field of one step.
    ///
    /// # Errors
    /// [`Error::Store`] when the file cannot be read.
    pub fn field(&self, step: Step) -> Result<Field> {
        Ok(ForecastFile::open(&self.file)?.field(step)?)
    }
}

/// Forecasts every step.
///
/// # Errors
/// What the model refuses.
pub fn forecast(ctx: &Context<'_>, spec: &ModelSpec, trained: &Trained) -> Result<Made> {
    let config = &ctx.run.config;
    let seed = seed_for(config.seed, &spec.name);
    let inputs = json!({
        "artifact": trained.digest,
        "panel": ctx.panel_digest(),
        "target": config.target.column,
        "level": config.target.level,
        "steps": config.forecast.steps,
        "draws": config.forecast.draws,
        "seed": seed,
    });
    let output = ctx.engine.step("forecast", &spec.name, &inputs, |workspace| {
        let history = ctx.panel()?.until(ctx.origin())?;
        let predict = |step: u16| -> Result<Field> {
            let args = PredictArgs::new(history, &config.target.column, Step(step), config.forecast.draws, seed)?;
            Ok(trained.fitted.predict(&args)?)
        };
        let path = workspace.path(FORECAST);
        write_fields(ctx, path, predict)?;
        Ok(json!({ "artifact": trained.artifact }))
    })?;
    Ok(Made { name: spec.name.clone(), file: output.dir.join(FORECAST), digest: output.digest.to_string() })
}

/// Makes the fields of all steps, as many at a time as there are threads, and writes them in order.
///
/// # Errors
/// What `make` refuses; a file that cannot be written.
pub fn write_fields(ctx: &Context<'_>, path: PathBuf, make: impl Fn(u16) -> Result<Field> + Sync) -> Result<()> {
    let config = &ctx.run.config;
    let steps = config.forecast.steps.0;
    let labels = Labels { target: config.target.column.clone(), level: config.target.level.clone(), cadence: ctx.cadence() };
    let width = rayon::current_num_threads() as u16;
    let batches = (1..=steps).step_by(usize::from(width.max(1))).flat_map(|first| {
        let last = steps.min(first + width.max(1) - 1);
        let batch: Vec<Result<Field>> = (first..=last).into_par_iter().map(&make).collect();
        ctx.engine.advance(u64::from(last), u64::from(steps));
        batch
    });
    let mut failure = None;
    let fields = batches.map_while(|field| field.map_err(|e| failure = Some(e)).ok());
    let file = std::fs::File::create(&path).map_err(Error::io(&path))?;
    let written = write_forecast(file, &labels, fields);
    match failure {
        Some(e) => Err(e),
        None => Ok(written?),
    }
}
