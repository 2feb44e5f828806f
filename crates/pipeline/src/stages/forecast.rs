//! Forecast: a fitted model at an origin becomes one field a step, in a file. The forecasts that are issued and those
//! that are scored are made here, in the same way.

use std::path::{Path, PathBuf};

use forewarn_core::{Field, Period, Step};
use forewarn_kernels::random::seed_for;
use forewarn_store::{Digest, Filed, ForecastFile, Labels, StepOutput, write_forecast};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::components::ModelSpec;
use crate::context::Context;
use crate::stages::train::Trained;
use crate::{Error, Result};

/// File of a forecast in its step.
pub(crate) const FORECAST: &str = "forecast.parquet";

/// A forecast of the run, one field a step.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// Model or ensemble.
    pub name: String,
    /// Its Parquet file.
    pub file: PathBuf,
    /// Digest of the step that made it.
    pub digest: String,
    /// Digest of the file.
    pub sha256: Digest,
    /// Seed of its draws; 0 where nothing is drawn.
    pub seed: u64,
    /// What is in it.
    pub size: Size,
    /// Members of an ensemble that it had to do without.
    pub absent: Vec<String>,
    /// Weights of the members of an ensemble, steps x members in the order of their names; empty where there are none.
    pub weights: Vec<Vec<f64>>,
}

/// What is in a forecast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Size {
    /// Units.
    pub units: u64,
    /// Draws a unit; `None` for a point forecast.
    pub draws: Option<usize>,
    /// Unit-steps without a forecast.
    pub missing: u64,
}

impl Made {
    /// The forecast that a step left, as [`write_fields`] described it.
    ///
    /// # Errors
    /// [`Error::Store`] when the step holds something else.
    pub(crate) fn of(name: &str, output: &StepOutput, seed: u64) -> Result<Self> {
        let strange =
            || forewarn_store::Error::damaged(&output.dir, "holds no forecast; remove it and run again");
        let size = serde_json::from_value(output.notes.clone()).map_err(|_| strange())?;
        let sha256 = output.files.get(FORECAST).cloned().ok_or_else(strange)?;
        let file = output.dir.join(FORECAST);
        let (name, digest) = (name.to_owned(), output.digest.to_string());
        Ok(Self { name, file, digest, sha256, seed, size, absent: Vec::new(), weights: Vec::new() })
    }

    /// A forecast of the archive.
    ///
    /// # Errors
    /// [`Error::Store`] when it cannot be fetched.
    pub(crate) fn filed(filed: &Filed) -> Result<Self> {
        let m = &filed.manifest;
        Ok(Self {
            name: m.name.clone(),
            file: filed.file()?,
            digest: m.file.to_string(),
            sha256: m.file.clone(),
            seed: m.seed,
            size: Size { units: m.units, draws: m.draws, missing: m.missing },
            absent: Vec::new(),
            weights: Vec::new(),
        })
    }

    /// Its file, to read more than one field of it.
    ///
    /// # Errors
    /// [`Error::Store`] when the file cannot be read.
    pub(crate) fn open(&self) -> Result<ForecastFile> {
        Ok(ForecastFile::open(&self.file)?)
    }
}

/// What a forecast is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be issued: from the last observed period.
    Issue,
    /// To be scored: from a past origin.
    Backtest(Period),
}

impl Purpose {
    /// The last period that is known.
    pub(crate) fn origin(self, ctx: &Context<'_>) -> Period {
        match self {
            Self::Issue => ctx.origin(),
            Self::Backtest(origin) => origin,
        }
    }

    /// Kind and label of the step that makes it; one that is issued is of kind `issue`.
    pub(crate) fn step<'k>(self, ctx: &Context<'_>, issue: &'k str, name: &str) -> (&'k str, String) {
        match self {
            Self::Issue => (issue, name.to_owned()),
            Self::Backtest(origin) => ("backtest", format!("{name} {}", ctx.cadence().label(origin))),
        }
    }
}

/// Forecasts every step.
///
/// # Errors
/// What the model refuses.
pub(crate) fn forecast(
    ctx: &Context<'_>,
    spec: &ModelSpec,
    trained: &Trained,
    purpose: Purpose,
) -> Result<Made> {
    let config = &ctx.run.config;
    let seed = seed_for(config.seed, &spec.name);
    let origin = purpose.origin(ctx);
    let inputs = json!({
        "artifact": trained.digest.as_str(),
        "data": ctx.data_digest(spec),
        "target": config.target.column,
        "level": config.target.level,
        "origin": origin,
        "steps": config.forecast.steps,
        "draws": config.forecast.draws,
        "seed": seed,
    });
    let (kind, label) = purpose.step(ctx, "forecast", &spec.name);
    let output = ctx.engine.step(kind, &label, &inputs, |workspace| {
        let predict = |step: u16| -> Result<Field> {
            Ok(trained.fitted.predict(&ctx.predict_args(spec, origin, Step(step), seed)?)?)
        };
        write_fields(ctx, &workspace.path(FORECAST), predict)
    })?;
    Made::of(&spec.name, &output, seed)
}

/// Makes the fields of all steps, as many at a time as there are threads, and writes them in order; tells their [`Size`].
///
/// # Errors
/// What `make` refuses; a file that cannot be written.
pub(crate) fn write_fields(
    ctx: &Context<'_>,
    path: &Path,
    make: impl Fn(u16) -> Result<Field> + Sync,
) -> Result<Value> {
    let config = &ctx.run.config;
    let steps = config.forecast.steps.0;
    let labels = Labels {
        target: config.target.column.clone(),
        level: config.target.level.clone(),
        cadence: ctx.cadence(),
    };
    let width = rayon::current_num_threads() as u16;
    let batches = (1..=steps).step_by(usize::from(width.max(1))).flat_map(|first| {
        let last = steps.min(first + width.max(1) - 1);
        let batch: Vec<Result<Field>> = (first..=last).into_par_iter().map(&make).collect();
        ctx.engine.advance(u64::from(last), u64::from(steps));
        batch
    });
    Ok(json!(write_all(path, &labels, batches)?))
}

/// Writes the fields of all steps, in order, and tells their [`Size`].
///
/// # Errors
/// The first field that could not be made; a file that cannot be written.
pub(crate) fn write_all(
    path: &Path,
    labels: &Labels,
    fields: impl Iterator<Item = Result<Field>>,
) -> Result<Size> {
    let (mut failure, mut size) = (None, Size::default());
    let fields = fields.map_while(|field| field.map_err(|e| failure = Some(e)).ok()).inspect(|f| size.add(f));
    let file = std::fs::File::create(path).map_err(Error::io(path))?;
    let written = write_forecast(file, labels, fields);
    match failure {
        Some(e) => Err(e),
        None => Ok(written.map(|()| size)?),
    }
}

impl Size {
    fn add(&mut self, field: &Field) {
        self.units = field.units().len() as u64;
        self.draws = (!field.is_point()).then(|| field.width());
        self.missing += field.rows().filter(|row| row[0].is_nan()).count() as u64;
    }
}
