//! Features: the query set over the checked panel.

use forewarn_data::{geography, panel_file};
use forewarn_store::StepOutput;
use forewarn_transforms::QuerySet;
use serde::Serialize;
use serde_json::json;

use crate::context::{Context, FEATURES};
use crate::engine::write_json;
use crate::{Error, Resolved, Result};

/// File of the summary.
pub(crate) const SUMMARY: &str = "features.json";

/// What the features look like.
#[derive(Debug, Serialize)]
struct Features {
    /// Name and version of the query set.
    query_set: String,
    /// Each feature with the share of its values that is missing (0-1).
    missing_share: Vec<(String, f64)>,
}

/// The query set of a run, if it names one.
///
/// # Errors
/// [`Error::Config`] that points into the query set.
pub(crate) fn query_set(run: &Resolved) -> Result<Option<QuerySet>> {
    let Some(path) = &run.config.features.query_set else { return Ok(None) };
    let path = run.path(path);
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let set = QuerySet::parse(&text).map_err(|e| Error::config(path.display().to_string(), e.to_string()))?;
    let target = &run.config.target;
    if set.level() != target.level {
        let reason = format!("its level is `{}`, the run's is `{}`", set.level(), target.level);
        return Err(Error::config(path.display().to_string(), reason));
    }
    Ok(Some(set))
}

/// Computes the query set of the run, if it names one.
///
/// # Errors
/// [`Error::Config`] that points into the query set.
pub(crate) fn features(ctx: &Context<'_>) -> Result<Option<StepOutput>> {
    let Some(set) = query_set(ctx.run)? else { return Ok(None) };
    let name = format!("{} {}", set.name(), set.version());
    let inputs = json!({ "panel": ctx.panel_digest(), "query-set": set.digest_input() });
    let output = ctx.engine.step("features", set.name(), &inputs, |workspace| {
        let panel = ctx.panel()?;
        let country = |u: &forewarn_core::Unit| geography::country(*u).map_or(0, |c| c.id);
        let groups: Vec<u32> = panel.units().iter().map(country).collect();
        let features = set.apply(panel, &groups)?;
        let size = (panel.axis().len * panel.units().len()) as f64;
        let share = |c: &forewarn_core::Column| (c.name.clone(), 1.0 - c.present() as f64 / size);
        let missing_share = features.columns().iter().map(share).collect();
        let path = workspace.path(FEATURES);
        panel_file::write(&features, std::fs::File::create(&path).map_err(Error::io(&path))?)?;
        write_json(workspace, SUMMARY, &Features { query_set: name, missing_share })?;
        Ok(json!({ "panel": ctx.panel_digest() }))
    })?;
    Ok(Some(output))
}
