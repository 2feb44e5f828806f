//! Validate: observations become a checked panel and a quarantine, or the run stops.

use forewarn_core::{Axis, TargetKind};
use forewarn_data::validation::{self, Checked, Expectation, Finding, Severity};
use forewarn_data::{Records, geography, panel_file};
use forewarn_store::StepOutput;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::{SilentPeriods, Source, Validation};
use crate::engine::{Engine, read_json, write_json};
use crate::stages::fetch::Snapshot;
use crate::{Error, Resolved, Result};

/// File of the checked panel.
pub const PANEL: &str = "panel.parquet";
/// File of the rows that were left out.
pub const QUARANTINE: &str = "quarantine.csv";
/// File of the summary.
const SUMMARY: &str = "validation.json";

/// What validation found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Rows read.
    pub rows: u64,
    /// Rows in quarantine.
    pub rejected: u64,
    /// Periods of the panel.
    pub axis: Axis,
    /// Units of the panel.
    pub units: u64,
    /// Values of the target that are present.
    pub present: u64,
    /// Share of zeros among them (0-1).
    pub zero_share: f64,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// Reads the source, checks it and writes the panel.
///
/// # Errors
/// [`Error::Gate`] when too much is wrong; the evidence is left in the quarantine folder.
pub fn validate(run: &Resolved, engine: &Engine<'_>, snapshot: &Snapshot) -> Result<(StepOutput, Summary)> {
    let config = &run.config;
    let inputs = json!({
        "source": config.source,
        "digest": snapshot.digest,
        "target": [config.target.column, json!(config.target.kind)],
        "validation": config.validation,
    });
    let output = engine.step("validate", "", &inputs, |workspace| {
        let checked = check(run)?;
        let quarantine = workspace.path(QUARANTINE);
        validation::write_quarantine(&quarantine, &checked.rejected)?;
        gate(run, snapshot, &checked)?;
        let path = workspace.path(PANEL);
        panel_file::write(&checked.panel, std::fs::File::create(&path).map_err(Error::io(&path))?)?;
        write_json(workspace, SUMMARY, &summary(run, &checked)?)?;
        Ok(json!({ "source": snapshot.digest }))
    })?;
    let summary: Summary = read_json(&output, SUMMARY)?;
    for f in summary.findings.iter().filter(|f| f.severity != Severity::Pass) {
        engine.warn(format!("{}: {}", f.rule, f.message));
    }
    Ok((output, summary))
}
