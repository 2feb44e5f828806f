//! Reconcile: archived forecasts of cells and of countries are made to add up.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use forewarn_catalog::{RECONCILERS, find};
use forewarn_core::{Field, Hierarchy, Reconcile, ReconcileArgs, Reconciled, Step, Unit};
use forewarn_store::{Archive, Digest, Filed, ForecastFile, Made, Manifest};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Size, file_forecast, joined, labels, run_id};
use crate::coverage::Coverage;
use crate::{Code, Error, Result};

/// What to reconcile, and how.
#[derive(Debug, Clone)]
pub struct ReconciliationRequest {
    /// Place of the archived forecast of grid cells: a folder, or an address.
    pub cells: PathBuf,
    /// Place of the archived forecast of countries.
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
            |file, size: &Size| manifest(request, (&cells, &countries), (filed, name), code, (file, size));
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
        cells: of_cells.place(),
        countries: of_countries.place(),
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

/// The record of one side.
fn manifest(
    request: &ReconciliationRequest,
    (cells, countries): (&Filed, &Filed),
    (side, name): (&Filed, &str),
    code: &Code,
    (file, holds): (Digest, &Size),
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
        schema: Manifest::SCHEMA,
        inputs: BTreeMap::new(),
        run: run_id("reconcile", &side.manifest.origin.1, &config),
        name: name.to_owned(),
        made,
        draws: holds.draws,
        units: holds.units,
        missing: holds.missing,
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

#[cfg(test)]
mod tests {
    use super::super::tests::{archive, field, manifest, put};
    use super::*;
    use crate::coverage::tests::{all_but_one, small};

    #[test]
    fn cells_and_countries_of_one_forecast_agree() {
        let (cells, countries) =
            (manifest("cells"), Manifest { level: "cm".into(), ..manifest("countries") });
        agree(&cells, &countries).unwrap();
        let wrong = |cells: &Manifest, countries: &Manifest| agree(cells, countries).unwrap_err().to_string();
        let said = wrong(&countries, &cells);
        assert!(said.contains("the level of the cells is `cm`, it must be `pgm`"), "{said}");
        assert!(wrong(&cells, &cells).contains("the level of the countries is `pgm`, it must be `cm`"));
        let other = Manifest { target: "ged_ns".into(), ..countries.clone() };
        assert!(wrong(&cells, &other).contains("the target is `ged_ns`, it must be `ged_sb`"));
        let other = Manifest { origin: (manifest("m").origin.0, "2020-11".into()), ..countries.clone() };
        assert!(wrong(&cells, &other).contains("the origin is `2020-11`, it must be `2020-12`"));
        let other = Manifest { steps: Step(36), ..countries };
        assert!(wrong(&cells, &other).contains("the number of steps is `36`, it must be `2`"));
    }

    fn made(totals: &[f32], exceptions: &[(u32, &str)]) -> Reconciled {
        Reconciled {
            parts: field(1, &[10, 11, 20], &[1.0, 4.0, 2.0, 4.0, 0.25, 0.0]),
            totals: field(1, &[1, 2], totals),
            exceptions: exceptions.iter().map(|&(unit, reason)| (Unit(unit), reason.to_owned())).collect(),
        }
    }

    #[test]
    fn the_largest_difference_is_relative_and_of_those_that_add_up() {
        let units = |ids: &[u32]| ids.iter().map(|&u| Unit(u)).collect::<Vec<_>>();
        let hierarchy = Hierarchy::new(&units(&[10, 11, 20]), &units(&[1, 2]), |u| Some(Unit(u.0 / 10)));
        let mut findings = Findings::default();
        findings.add(&made(&[3.0, 8.0, 0.25, 0.0], &[]), &hierarchy);
        assert_eq!(findings.largest_difference, 0.0);
        // The cells of the first sum to 3 and 8; 8 is 2 less than 10.
        findings.add(&made(&[3.0, 10.0, 0.25, 0.0], &[]), &hierarchy);
        assert_eq!(findings.largest_difference, 0.2);
        // Below 1 it is absolute: 0.5 - 0.25.
        findings.add(&made(&[3.0, 8.0, 0.5, 0.0], &[]), &hierarchy);
        assert_eq!(findings.largest_difference, 0.25);
        findings.add(&made(&[30.0, 8.0, 0.25, 0.0], &[(1, "why")]), &hierarchy);
        findings.add(&made(&[3.0, 8.0, 0.25, 0.0], &[(1, "why"), (2, "what")]), &hierarchy);
        assert_eq!(findings.largest_difference, 0.25, "what is excepted need not add up");
        let exceptions = findings.exceptions(&Coverage(BTreeMap::from([(2, (3, 1))])));
        let reason = "only 1 of its 3 cells are forecast".to_owned();
        let first = Exception { country: 1, reason: "why".into(), steps: 2 };
        assert_eq!(exceptions, [first, Exception { country: 2, reason, steps: 1 }]);
    }

    #[test]
    fn both_results_are_filed_and_add_up() {
        let (root, archive) = archive();
        let both = small();
        let (cells, ids) = (all_but_one(&both), [both[0].0, both[1].0]);
        let of_cells = |step| field(step, &cells, &vec![1.0; cells.len()]);
        let of_countries = |step| field(step, &ids, &[12.0, 7.0]);
        let from = put(&archive, manifest("fine_grain"), vec![of_cells(1), of_cells(2)]);
        let record = Manifest { level: "cm".into(), ..manifest("broad_brush") };
        let to = put(&archive, record, vec![of_countries(1), of_countries(2)]);
        let request = ReconciliationRequest {
            cells: from.place(),
            countries: to.place(),
            method: "proportional".into(),
            settings: json!({}),
            archive: root.path().join("archive"),
            names: ("fine_sum".into(), "broad_sum".into()),
        };
        let code = Code { revision: "0.1.0".into(), digest: "program".into() };
        let made = reconcile(&request, &code).unwrap();
        assert_eq!((made.coherent, made.cells_without_country), (1, both[1].1.len() - 1));
        assert!(made.largest_difference < 1e-6, "{}", made.largest_difference);
        let [exception] = &made.exceptions[..] else { panic!("{:?}", made.exceptions) };
        assert_eq!((exception.country, exception.steps), (ids[1], 2));
        assert!(exception.reason.starts_with("only "), "{}", exception.reason);
        let filed = Filed::read(&made.cells).unwrap();
        let there = filed.open().unwrap().field(Step(2)).unwrap();
        for (cell, &value) in there.units().iter().zip(there.values()) {
            let share = if both[0].1.contains(&cell.0) { 12.0 / both[0].1.len() as f32 } else { 1.0 };
            assert!((value - share).abs() < 1e-5, "cell {cell}: {value}");
        }
        let totals = Filed::read(&made.countries).unwrap().open().unwrap().field(Step(1)).unwrap();
        assert_eq!(totals.values(), [12.0, 7.0], "totals are kept");
        assert_eq!(filed.manifest.name, "fine_sum");
    }
}
