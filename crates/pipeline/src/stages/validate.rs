//! Validate: observations become a checked panel and a quarantine, or the run stops.

use forewarn_core::TargetKind;
use forewarn_data::validation::{self, Checked, Expectation, Severity};
use forewarn_data::{Records, geography, panel_file};
use forewarn_store::StepOutput;
use serde_json::json;

use crate::config::{SilentPeriods, Source, Validation};
use crate::context::{PANEL, Summary};
use crate::engine::{Engine, read_json, write_json};
use crate::stages::fetch::Snapshot;
use crate::{Error, Resolved, Result};

/// File of the rows that were left out.
pub(crate) const QUARANTINE: &str = "quarantine.csv";
/// File of the summary.
const SUMMARY: &str = "validation.json";

/// Reads the source, checks it and writes the panel.
///
/// # Errors
/// [`Error::Gate`] when too much is wrong; the evidence is left in the quarantine folder.
pub(crate) fn validate(
    run: &Resolved,
    engine: &Engine<'_>,
    snapshot: &Snapshot,
) -> Result<(StepOutput, Summary)> {
    let config = &run.config;
    let inputs = json!({
        "source": config.source,
        "digest": snapshot.digest,
        "target": [config.target.column, json!(config.target.kind)],
        "validation": config.validation,
        "origin": config.forecast.origin,
    });
    let output = engine.step("validate", "", &inputs, |workspace| {
        let mut checked = check(run)?;
        let quarantine = workspace.path(QUARANTINE);
        validation::write_quarantine(&quarantine, &checked.rejected)?;
        gate(run, snapshot, &checked)?;
        if let Some(origin) = &config.forecast.origin {
            let origin = checked.panel.axis().cadence.parse(origin)?;
            checked.panel.cut(origin).map_err(|e| Error::config("forecast.origin", e.to_string()))?;
        }
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

/// Reads the source and checks it.
fn check(run: &Resolved) -> Result<Checked> {
    let records = match &run.config.source {
        None => return Err(Error::config(run.file.display().to_string(), "there is no [source]")),
        Some(Source::Synthetic(process)) => {
            let panel = process.panel()?;
            let rows = (panel.axis().len * panel.units().len()) as u64;
            return Ok(Checked { panel, rejected: Vec::new(), findings: Vec::new(), rows });
        }
        Some(Source::Table(table)) => table.read(&run.path(&table.path))?,
        Some(Source::Ucdp(events)) => events.read(&run.path(&events.path))?,
    };
    let expect = expectation(&run.config.validation, &records, run.config.target.kind)?;
    Ok(validation::check(records, &expect)?)
}

fn expectation(settings: &Validation, records: &Records, kind: TargetKind) -> Result<Expectation> {
    let period = |label: &Option<String>| label.as_deref().map(|l| records.cadence.parse(l)).transpose();
    Ok(Expectation {
        units: settings.region.map(geography::region),
        first: period(&settings.first)?,
        last: period(&settings.last)?,
        counts: kind == TargetKind::Count,
        max_rejected_share: settings.max_rejected_share,
        silent_periods: match settings.silent_periods {
            SilentPeriods::Fail => Severity::Fail,
            SilentPeriods::Warn => Severity::Warn,
        },
    })
}

/// Stops the run when a finding says so; the evidence lies in a file of its own, because no step is committed.
fn gate(run: &Resolved, snapshot: &Snapshot, checked: &Checked) -> Result<()> {
    let fails: Vec<&str> = checked
        .findings
        .iter()
        .filter(|f| f.severity == Severity::Fail)
        .map(|f| f.message.as_str())
        .collect();
    if fails.is_empty() {
        return Ok(());
    }
    let folder = run.path(&run.config.output).join("quarantine");
    let evidence = folder.join(format!("{}.csv", &snapshot.digest[..10]));
    validation::write_quarantine(&evidence, &checked.rejected)?;
    let reason = format!("{} (rejected rows: {})", fails.join("; "), evidence.display());
    Err(Error::Gate { gate: "validation", reason })
}

fn summary(run: &Resolved, checked: &Checked) -> Result<Summary> {
    let target = checked.panel.column(&run.config.target.column)?;
    let present = target.present() as u64;
    let zeros = target.values().iter().filter(|&&v| v == 0.0).count();
    Ok(Summary {
        rows: checked.rows,
        rejected: checked.rejected.len() as u64,
        axis: checked.panel.axis(),
        units: checked.panel.units().len() as u64,
        present,
        zero_share: zeros as f64 / present.max(1) as f64,
        findings: checked.findings.clone(),
    })
}
