//! Forecasts that others published, filed in the archive beside our own, to be scored like them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use forewarn_core::Period;
use forewarn_data::published::{self, Observed, Published, Settings, observed_in};
use forewarn_data::table::Table;
use forewarn_data::validation::{self, Expectation, Severity};
use forewarn_store::{Archive, Digest, Labels, Made, Manifest};
use serde::Serialize;

use crate::code::Code;
use crate::stages::forecast::write_all;
use crate::{Error, Result};

/// What is imported, and as what.
#[derive(Debug, Clone)]
pub struct Import {
    /// The file.
    pub file: PathBuf,
    /// Name of the forecaster in the archive.
    pub name: String,
    /// Column that it forecasts; what the file says when absent.
    pub target: Option<String>,
    /// Level of analysis; what the file says when absent.
    pub level: Option<String>,
    /// What is told about the file.
    pub settings: Settings,
    /// What was observed, where the file has changes.
    pub observed: Option<Table>,
}

/// A forecast that was filed.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    /// Where: `TARGET/NAME/ORIGIN/RUN`.
    pub folder: String,
    /// Last month that was known.
    pub origin: String,
    /// Steps 1 to this.
    pub steps: usize,
    /// What is missing in it or odd.
    pub findings: Vec<String>,
}

/// Files the forecasts of a file, one for each origin; what is there stays.
///
/// # Errors
/// A file that is no forecast, with the row; [`Error::Config`] when nobody says of what target or level it is; an archive
/// that cannot be written.
pub fn import(import: &Import, archive: &Archive, code: &Code) -> Result<Vec<Imported>> {
    let observed = import.observed.as_ref().map(panel).transpose()?;
    let column = import.observed.as_ref().and_then(|table| table.values.first()).cloned().unwrap_or_default();
    let lookup = observed.as_ref().map(|panel| observed_in(panel, &column)).transpose()?;
    let lookup = lookup.as_ref().map(|lookup| lookup as &Observed<'_>);
    let forecasts = published::read(&import.file, &import.settings, lookup)?;
    let digest = Digest::of_file(&import.file)?;
    let folder = tempfile::tempdir().map_err(Error::io(&import.file))?;
    let file = |forecast| one(import, archive, (forecast, &digest, &code.revision), folder.path());
    forecasts.into_iter().map(file).collect()
}

fn one(
    import: &Import,
    archive: &Archive,
    (forecast, digest, code): (Published, &Digest, &str),
    folder: &Path,
) -> Result<Imported> {
    let told = |setting: &str, value: Option<String>| {
        let reason = format!("{} does not say its {setting}; tell it", import.file.display());
        value.ok_or_else(|| Error::config(format!("--{setting}"), reason))
    };
    let about = &forecast.about;
    let target = told("target", import.target.clone().or(about.target().map(str::to_owned)))?;
    let level = told("level", import.level.clone().or(about.level().map(str::to_owned)))?;
    let source = import.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let label = forecast.cadence.label(forecast.origin);
    let path = folder.join(format!("{}.parquet", forecast.origin.0));
    let labels = Labels { target: target.clone(), level: level.clone(), cadence: forecast.cadence };
    let (steps, units, draws) = (forecast.fields.len(), forecast.units().len() as u64, forecast.draws());
    let findings = forecast.findings().into_iter().map(|finding| finding.message).collect();
    let layout = about.layout.to_string();
    let size = write_all(&path, &labels, forecast.fields.into_iter().map(Ok))?;
    let settings = format!("{:?}", import.settings);
    let manifest = Manifest {
        schema: Manifest::SCHEMA,
        run: format!("import-{}", &digest.as_str()[..10]),
        name: import.name.clone(),
        made: Made::Import { source: source.clone(), digest: digest.to_string(), layout },
        target,
        level,
        cadence: forecast.cadence,
        origin: (forecast.origin, label.clone()),
        steps: forewarn_core::Step(steps as u16),
        draws,
        units,
        missing: size.missing,
        seed: 0,
        vintage: "as published".to_owned(),
        code: code.to_owned(),
        config: Digest::of_bytes(settings.as_bytes()),
        data: BTreeMap::from([(source, digest.to_string())]),
        inputs: BTreeMap::new(),
        file: Digest::of_file(&path)?,
    };
    let folder = manifest.folder();
    archive.file(manifest, &path)?;
    Ok(Imported { folder, origin: label, steps, findings })
}

/// What was observed, as it stands in a table: only a lookup, so that nothing is asked of it.
fn panel(table: &Table) -> Result<forewarn_core::Panel> {
    let records = table.read(&table.path)?;
    let expect = Expectation {
        units: None,
        first: None,
        last: None,
        counts: false,
        max_rejected_share: 0.0,
        silent_periods: Severity::Pass,
    };
    Ok(validation::check(records, &expect)?.panel)
}

/// A month from its label (`2017-12`).
///
/// # Errors
/// [`Error::Config`] when it is none.
pub fn month(setting: &str, label: &str) -> Result<Period> {
    forewarn_core::Cadence::Month.parse(label).map_err(|e| Error::config(setting, e.to_string()))
}
