//! A forecast from an artifact, without fitting: what anyone who audits a model does.

use std::path::{Path, PathBuf};

use forewarn_catalog::{MODELS, find};
use forewarn_core::{Error as Fault, Field, Period, Step, same_columns};
use forewarn_store::{Artifact, FeatureList, file as files};
use forewarn_transforms::QuerySet;
use serde::Serialize;
use serde_json::{Value, json};

use super::{artifacts, definitions};
use crate::components::{ModelSpec, Status};
use crate::progress::Observer;
use crate::session::{Access, Session, session};
use crate::stages::features::query_set;
use crate::stages::forecast::{FORECAST, Made, write_fields};
use crate::{Code, Error, Resolved, Result};

/// Which artifact forecasts, from where, and into which file.
#[derive(Debug, Clone, Copy)]
pub struct Reuse<'a> {
    /// Name of its folder.
    pub artifact: &'a str,
    /// Label of the last known period; the last observed one when absent.
    pub origin: Option<&'a str>,
    /// The Parquet file; `ARTIFACT_ORIGIN.parquet` in the output folder's `forecasts` when absent.
    pub output: Option<&'a Path>,
}

/// What was forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reused {
    /// Name of the artifact's folder.
    pub artifact: String,
    /// Digest of its fit.
    pub identity: String,
    /// Label of the last known period.
    pub origin: String,
    /// Steps 1 to this.
    pub steps: Step,
    /// The Parquet file.
    pub file: PathBuf,
    /// Its digest.
    pub sha256: String,
}

/// Forecasts with an artifact on the observations of a run.
///
/// # Errors
/// [`Error::Core`] that names the first feature that is not what the model was fitted with, [`Error::Config`] when target,
/// level or origin do not fit, [`Error::Store`] when the artifact was changed.
pub fn reuse(run: &Resolved, code: &Code, observer: &dyn Observer, wanted: Reuse<'_>) -> Result<Reused> {
    let artifact = artifacts(run).find(wanted.artifact)?;
    check_target(&artifact, run)?;
    if let Some(fitted) = &artifact.fit.features {
        check_features(fitted, query_set(run)?.as_ref())?;
    }
    session(run, code, observer, Access::Alone, |session| {
        session.with_features()?;
        let origin = session.period(wanted.origin)?;
        check_origin(&artifact, session, origin)?;
        let made = forecast(&artifact, session, origin)?;
        let label = session.ctx.cadence().label(origin).replace(':', "");
        let name = format!("{}_{label}.parquet", artifact.folder());
        let file = wanted.output.map_or_else(|| session.root.join("forecasts").join(name), Path::to_path_buf);
        let bytes = std::fs::read(&made.file).map_err(Error::io(&made.file))?;
        files::write_bytes(&file, &bytes)?;
        Ok(Reused {
            artifact: artifact.folder(),
            identity: artifact.identity.to_string(),
            origin: session.ctx.cadence().label(origin),
            steps: run.config.forecast.steps,
            file,
            sha256: made.sha256.to_string(),
        })
    })
}

fn forecast(artifact: &Artifact, session: &Session<'_>, origin: Period) -> Result<Made> {
    let (fit, ctx) = (&artifact.fit, session.ctx);
    let model = (find("model", MODELS, &fit.algorithm)?.build)(&fit.settings)?;
    let fitted = model.restore(&artifact.state()?)?;
    let (name, algorithm) = (fit.model.clone(), fit.algorithm.clone());
    let spec = ModelSpec { name, algorithm, status: Status::Shadow, settings: fit.settings.clone(), model };
    let config = &ctx.run.config.forecast;
    let inputs = json!({
        "artifact": artifact.identity,
        "data": ctx.data_digest(&spec),
        "origin": origin,
        "steps": config.steps,
        "draws": config.draws,
    });
    let output = ctx.engine.step("reuse", &artifact.folder(), &inputs, |workspace| {
        let predict = |step: u16| -> Result<Field> {
            Ok(fitted.predict(&ctx.predict_args(&spec, origin, Step(step), fit.seed)?)?)
        };
        write_fields(ctx, &workspace.path(FORECAST), predict)
    })?;
    Made::of(&fit.model, &output, fit.seed)
}

fn check_target(artifact: &Artifact, run: &Resolved) -> Result<()> {
    let (fit, target) = (&artifact.fit, &run.config.target);
    let facts = [("target", &fit.target, &target.column), ("level", &fit.level, &target.level)];
    match facts.iter().find(|(_, fitted, now)| fitted != now) {
        None => Ok(()),
        Some((what, fitted, now)) => {
            let reason = format!("the {what} is `{now}`, `{}` was fitted on `{fitted}`", artifact.folder());
            Err(Error::config(run.file.display().to_string(), reason))
        }
    }
}

/// Nothing before the end of training: that would be no forecast.
fn check_origin(artifact: &Artifact, session: &Session<'_>, origin: Period) -> Result<()> {
    let (fit, cadence) = (&artifact.fit, session.ctx.cadence());
    if fit.cadence == cadence && cadence.parse(&fit.training.last)? <= origin {
        return Ok(());
    }
    let (origin, last) = (cadence.label(origin), &fit.training.last);
    let reason = format!(
        "`{}` has learned from what happened up to {last}; {origin} is no origin for it",
        artifact.folder()
    );
    Err(Error::config("--origin", reason))
}

/// That the query set of the run has the features that the model was fitted with: those it uses, all of them in order
/// where it uses all, and each made in the same way.
///
/// # Errors
/// [`Fault::Data`] that names the first that differs.
fn check_features(fitted: &FeatureList, now: Option<&QuerySet>) -> Result<()> {
    let Some(set) = now else {
        let reason =
            format!("the model learned from features of `{}`, and the run has none", fitted.query_set);
        return Err(Fault::data(reason).into());
    };
    let name = |definition: &Value| definition["name"].as_str().unwrap_or_default().to_owned();
    let there: Vec<String> = set.features().iter().map(|f| f.name().to_owned()).collect();
    let all: Vec<String> = fitted.definitions.iter().map(name).collect();
    let chosen = || fitted.used.iter().filter(|u| there.contains(u)).cloned().collect();
    same_columns(&if fitted.used == all { there.clone() } else { chosen() }, &fitted.used)?;
    let made = definitions(set);
    let find = |all: &[Value], used: &String| all.iter().find(|d| name(d) == *used).cloned();
    for used in &fitted.used {
        let (then, now) = (find(&fitted.definitions, used), find(&made, used));
        if then != now {
            let text = |d: Option<Value>| d.unwrap_or_default().to_string();
            let reason = format!(
                "feature `{used}` is now made otherwise than when the model was fitted: {}, then {}",
                text(now),
                text(then)
            );
            return Err(Fault::data(reason).into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(features: &str) -> QuerySet {
        QuerySet::parse(&format!("name = \"s\"\nversion = 1\nlevel = \"pgm\"\n{features}")).unwrap()
    }

    fn feature(name: &str, periods: u32) -> String {
        format!(
            "[[features]]\nname = \"{name}\"\nsource = \"y\"\n\
             transforms = [{{ name = \"time-lag\", periods = {periods} }}]\n"
        )
    }

    fn fitted(used: &[&str]) -> FeatureList {
        let set = set(&(feature("a", 1) + &feature("b", 2)));
        let used = used.iter().map(|&u| u.to_owned()).collect();
        FeatureList { query_set: "s".to_owned(), version: 1, used, definitions: definitions(&set) }
    }

    #[test]
    fn features_that_differ_are_refused_by_name() {
        let check = |used: &[&str], now: String| check_features(&fitted(used), Some(&set(&now)));
        let (a, b, c) = (feature("a", 1), feature("b", 2), feature("c", 3));
        let wrong = |used: &[&str], now: String| check(used, now).unwrap_err().to_string();
        assert!(check(&["a", "b"], a.clone() + &b).is_ok());
        assert!(
            wrong(&["a", "b"], b.clone() + &a).contains("column 0 is `b`, the model was fitted with `a`")
        );
        assert!(
            wrong(&["a", "b"], a.clone() + &b + &c)
                .contains("column 2 is `c`, the model was fitted with nothing")
        );
        assert!(
            wrong(&["a", "b"], a.clone() + &c).contains("column 1 is `c`, the model was fitted with `b`")
        );
        // A model that names its features takes them in its own order, and does not mind others.
        assert!(check(&["b"], c.clone() + &b + &a).is_ok());
        assert!(wrong(&["b"], a.clone()).contains("column 0 is nothing, the model was fitted with `b`"));
        let otherwise = wrong(&["a", "b"], a + &feature("b", 3));
        assert!(
            otherwise.contains("feature `b` is now made otherwise") && otherwise.contains("\"periods\":3"),
            "{otherwise}"
        );
        assert!(check_features(&fitted(&["a"]), None).unwrap_err().to_string().contains("the run has none"));
    }
}
