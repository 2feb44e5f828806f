//! Reconcile: archived forecasts of cells and of countries are made to add up.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use forewarn_catalog::{RECONCILERS, find};
use forewarn_core::{Field, Hierarchy, Reconcile, ReconcileArgs, Reconciled, Step, Unit};
use forewarn_data::geography;
use forewarn_store::{Archive, Digest, Filed, ForecastFile, Made, Manifest};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Shape, file_forecast, joined, labels, run_id};
use crate::{Code, Error, Result};

/// What to reconcile, and how.
#[derive(Debug, Clone)]
pub struct ReconciliationRequest {
    /// Folder of the archived forecast of grid cells.
    pub cells: PathBuf,
    /// Folder of the archived forecast of countries.
    pub countries: PathBuf,
    /// Catalog name of the reconciler.
    pub method: String,
    /// Its settings.
    pub settings: Value,
    /// Archive that the results are filed in.
    pub archive: PathBuf,
    /// Names of the results: the cells', the countries'.
    pub names: (String, String),
}

/// What was reconciled.
#[derive(Debug, Clone, Serialize)]
pub struct Reconciliation {
    /// Folder of the cells' forecast.
    pub cells: PathBuf,
    /// Folder of the countries' forecast.
    pub countries: PathBuf,
    /// Label of the origin.
    pub origin: String,
    /// How many countries add up in every step.
    pub coherent: usize,
    /// Largest relative difference between a country and the sum of its cells, of those that add up.
    pub largest_difference: f64,
    /// Countries that do not add up, why, and in how many steps.
    pub exceptions: Vec<Exception>,
    /// Cells that belong to no country that is forecast; they stay as they are.
    pub cells_without_country: usize,
}

/// A country that does not add up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Exception {
    /// Its id.
    pub country: u32,
    /// Why.
    pub reason: String,
    /// In how many steps.
    pub steps: usize,
}

/// Reconciles step by step and files both results.
///
/// # Errors
/// [`Error::Config`] when the forecasts are not of cells and countries, or of different targets, origins or horizons; what
/// the method refuses; an archive that cannot be read or written.
pub fn reconcile(request: &ReconciliationRequest, code: &Code) -> Result<Reconciliation> {
    let method = find("reconciler", RECONCILERS, &request.method)?;
    let (cells, countries) = (Filed::read(&request.cells)?, Filed::read(&request.countries)?);
    agree(&cells.manifest, &countries.manifest)?;
    let (method, pair) = ((method.build)(&request.settings)?, (cells.open()?, countries.open()?));
    let coverage = Coverage::of(pair.0.field(Step(1))?.units());
    let hierarchy = coverage.hierarchy(pair.0.field(Step(1))?.units(), pair.1.field(Step(1))?.units());
    let archive = Archive::open(&request.archive)?;
    let findings = RefCell::new(Findings::default());
    let side = |filed: &Filed, name: &str, make: &dyn Fn(Step) -> Result<Field>| {
        let record =
            |file, shape: &Shape| manifest(request, (&cells, &countries), (filed, name), code, (file, shape));
        file_forecast(&archive, &labels(&filed.manifest), filed.manifest.steps, make, record)
    };
    let of_cells = side(&cells, &request.names.0, &|step| {
        let made = one(&*method, &pair, &hierarchy, step)?;
        findings.borrow_mut().add(&made, &hierarchy);
        Ok(made.parts)
    })?;
    let of_countries =
        side(&countries, &request.names.1, &|step| Ok(one(&*method, &pair, &hierarchy, step)?.totals))?;
    let found = findings.into_inner();
    let exceptions = found.exceptions(&coverage);
    Ok(Reconciliation {
        cells: of_cells.dir,
        countries: of_countries.dir,
        origin: cells.manifest.origin.1,
        coherent: hierarchy.children().len()
            - exceptions.iter().map(|e| e.country).collect::<BTreeSet<_>>().len(),
        largest_difference: found.largest_difference,
        exceptions,
        cells_without_country: hierarchy.orphans().len(),
    })
}

/// One step.
fn one(
    method: &dyn Reconcile,
    (cells, countries): &(ForecastFile, ForecastFile),
    hierarchy: &Hierarchy,
    step: Step,
) -> Result<Reconciled> {
    let (parts, totals) = (cells.field(step)?, countries.field(step)?);
    Ok(method.reconcile(&ReconcileArgs::new(&parts, &totals, hierarchy)?)?)
}

/// What was noticed over the steps.
#[derive(Debug, Default)]
struct Findings {
    largest_difference: f64,
    reasons: BTreeMap<(u32, String), usize>,
}

impl Findings {
    fn add(&mut self, made: &Reconciled, hierarchy: &Hierarchy) {
        let excepted: BTreeSet<Unit> = made.exceptions.iter().map(|(unit, _)| *unit).collect();
        let width = made.parts.width();
        let totals = made.totals.units().iter().zip(made.totals.rows()).zip(hierarchy.children());
        for ((_, total), children) in totals.filter(|((unit, _), _)| !excepted.contains(unit)) {
            for (d, &total) in total.iter().enumerate() {
                let part = |&child: &usize| f64::from(made.parts.values()[child * width + d]);
                let sum: f64 = children.iter().map(part).sum();
                let difference = (sum - f64::from(total)).abs() / f64::from(total).max(1.0);
                self.largest_difference = self.largest_difference.max(difference);
            }
        }
        for (unit, reason) in &made.exceptions {
            *self.reasons.entry((unit.0, reason.clone())).or_default() += 1;
        }
    }

    fn exceptions(&self, coverage: &Coverage) -> Vec<Exception> {
        let one = |((country, reason), &steps): (&(u32, String), &usize)| {
            let reason = coverage.partly(*country).unwrap_or_else(|| reason.clone());
            Exception { country: *country, reason, steps }
        };
        self.reasons.iter().map(one).collect()
    }
}

/// Cells of each country: how many there are, and how many are forecast.
struct Coverage(BTreeMap<u32, (usize, usize)>);

impl Coverage {
    fn of(forecast: &[Unit]) -> Self {
        let mut all: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
        for cell in geography::region(geography::Region::Land).iter() {
            let Some(country) = geography::country(*cell) else { continue };
            let (there, forecasts) = all.entry(country.id).or_default();
            *there += 1;
            *forecasts += usize::from(forecast.binary_search(cell).is_ok());
        }
        Self(all)
    }

    /// Cells of countries that are forecast whole: sums over some cells of a country are not its total.
    fn hierarchy(&self, cells: &[Unit], countries: &[Unit]) -> Hierarchy {
        let whole = |id: u32| self.0.get(&id).is_some_and(|(there, forecasts)| there == forecasts);
        let parent = |cell| geography::country(cell).filter(|c| whole(c.id)).map(|c| Unit(c.id));
        Hierarchy::new(cells, countries, parent)
    }

    fn partly(&self, country: u32) -> Option<String> {
        let (there, forecasts) = self.0.get(&country)?;
        (0 < *forecasts && forecasts < there)
            .then(|| format!("only {forecasts} of its {there} cells are forecast"))
    }
}

/// The record of one side.
fn manifest(
    request: &ReconciliationRequest,
    (cells, countries): (&Filed, &Filed),
    (side, name): (&Filed, &str),
    code: &Code,
    (file, shape): (Digest, &Shape),
) -> Manifest {
    let both = || [cells, countries].into_iter().map(|filed| &filed.manifest);
    let made = Made::Reconciliation {
        algorithm: request.method.clone(),
        settings: request.settings.clone(),
        cells: (cells.manifest.name.clone(), cells.manifest.file.to_string()),
        countries: (countries.manifest.name.clone(), countries.manifest.file.to_string()),
    };
    let config = json!([made, code.digest]);
    Manifest {
        run: run_id("reconcile", &side.manifest.origin.1, &config),
        name: name.to_owned(),
        made,
        draws: shape.draws,
        units: shape.units,
        missing: shape.missing,
        seed: 0,
        vintage: joined(both(), |m| &m.vintage),
        code: code.revision.clone(),
        config: Digest::of_bytes(config.to_string().as_bytes()),
        data: both().flat_map(|m| m.data.clone()).collect(),
        file,
        ..side.manifest.clone()
    }
}

/// That they may be compared.
fn agree(cells: &Manifest, countries: &Manifest) -> Result<()> {
    let pairs = [
        ("level of the cells", cells.level.clone(), "pgm".to_owned()),
        ("level of the countries", countries.level.clone(), "cm".to_owned()),
        ("target", countries.target.clone(), cells.target.clone()),
        ("origin", countries.origin.1.clone(), cells.origin.1.clone()),
        ("number of steps", countries.steps.to_string(), cells.steps.to_string()),
    ];
    match pairs.into_iter().find(|(_, found, wanted)| found != wanted) {
        Some((what, found, wanted)) => Err(Error::config(
            "forewarn reconcile",
            format!("the {what} is `{found}`, it must be `{wanted}`"),
        )),
        None => Ok(()),
    }
}
