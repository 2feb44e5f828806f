//! Pool: archived forecasts of other runs become the forecast of an ensemble, and are checked before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use forewarn_core::{Combine, CombineArgs, EnsembleArgs, Error as Fault, Field, Member, Step};
use forewarn_kernels::random::seed_for;
use forewarn_store::{Archive, Digest, Filed, ForecastFile, Made, Manifest};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::members::{self, Candidate, Search};
use super::{Size, file_forecast, joined, labels, run_id};
use crate::components::{EnsembleSpec, MissingMember, archived_ensemble};
use crate::stages::combine::by_name;
use crate::{Code, Error, Result};

/// What to pool.
#[derive(Debug, Clone)]
pub struct Pool {
    /// The archive: a folder, or an address.
    pub archive: PathBuf,
    /// File of the ensemble, `ensembles/NAME.toml`, with its members.
    pub ensemble: PathBuf,
    /// Label of the origin (`2020-12`); the newest that a member has when absent.
    pub origin: Option<String>,
    /// Month of the year (1-12) in which models have to be trained anew.
    pub cycle: u32,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// What was pooled.
#[derive(Debug, Clone, Serialize)]
pub struct Pooled {
    /// Place of the result: a folder, or an address.
    pub folder: PathBuf,
    /// Name of the ensemble.
    pub name: String,
    /// Label of the origin.
    pub origin: String,
    /// Who was combined.
    pub members: Vec<String>,
    /// Who was not, and why.
    pub absent: BTreeMap<String, String>,
}

/// Combines the members' archived forecasts, one step at a time, and files the result.
///
/// # Errors
/// [`Error::Gate`] that names every member that is missing or does not fit, where the ensemble does not do without
/// (`missing = "degrade"`); [`Error::Config`] when it learns from past forecasts, which the archive does not hold.
pub fn pool(request: &Pool, code: &Code) -> Result<Pooled> {
    if !(1..=12).contains(&request.cycle) {
        return Err(Error::config("--cycle", format!("{} is no month of the year", request.cycle)));
    }
    let spec = archived_ensemble(&request.ensemble)?;
    if spec.ensemble.learns() {
        let reason = format!("`{}` learns from past forecasts; combine it in a run", spec.algorithm);
        return Err(Error::config(request.ensemble.display().to_string(), reason));
    }
    let archive = Archive::open(&request.archive)?;
    let (origin, mut search) = members::search(&archive, &spec.members, request.origin.as_deref())?;
    let folder = request.ensemble.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    members::check(&archive, &mut search.found, request.cycle, &folder.join("models"))?;
    let (members, absent) = accepted(&spec, search)?;
    let filed = combine(request, &spec, (&archive, &members, &absent), code)?;
    let members = members.into_iter().map(|m| m.name).collect();
    Ok(Pooled { folder: filed.place(), name: spec.name, origin, members, absent })
}

/// Who is combined and who is not.
fn accepted(spec: &EnsembleSpec, search: Search) -> Result<(Vec<Candidate>, BTreeMap<String, String>)> {
    let mut absent: BTreeMap<String, String> = search.absent.into_iter().collect();
    let (good, bad): (Vec<_>, Vec<_>) = search.found.into_iter().partition(|c| c.faults.is_empty());
    absent.extend(bad.into_iter().map(|c| (c.name, c.faults.join("; "))));
    if !absent.is_empty() && (good.is_empty() || spec.missing == MissingMember::Fail) {
        let all: Vec<_> = absent.iter().map(|(name, why)| format!("`{name}`: {why}")).collect();
        let cure = "mend them, or let the ensemble do without (`missing = \"degrade\"`)";
        let reason = format!("members that cannot be combined: {}; {cure}", all.join("; "));
        return Err(Error::Gate { gate: "members", reason });
    }
    Ok((good, absent))
}

fn combine(
    request: &Pool,
    spec: &EnsembleSpec,
    (archive, members, absent): (&Archive, &[Candidate], &BTreeMap<String, String>),
    code: &Code,
) -> Result<Filed> {
    let first = &members.first().ok_or_else(|| Fault::data("no member is left"))?.filed.manifest;
    let names: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
    let gone: Vec<&str> = absent.keys().map(String::as_str).collect();
    let combine = spec.ensemble.fit(&EnsembleArgs::new(&names).without(&gone))?;
    let files = members.iter().map(|m| Ok(m.filed.open()?)).collect::<Result<Vec<ForecastFile>>>()?;
    let seed = seed_for(request.seed, &spec.name);
    let combined = |step: Step| field(&*combine, &names, &files, (step, seed));
    let manifest = |file: Digest, size: &Size| {
        let all = || members.iter().map(|m| &m.filed.manifest);
        let made = Made::Ensemble {
            algorithm: spec.algorithm.clone(),
            settings: spec.settings.clone(),
            role: json!(spec.role).as_str().unwrap_or_default().to_owned(),
            members: members.iter().map(|m| (m.name.clone(), m.filed.manifest.file.to_string())).collect(),
            absent: absent.clone(),
            weights: by_name(&names, |step| combine.weights(step), first.steps),
        };
        let config = json!([made, first.origin, seed, code.digest]);
        Manifest {
            schema: Manifest::SCHEMA,
            inputs: BTreeMap::new(),
            run: run_id("pool", &first.origin.1, &config),
            name: spec.name.clone(),
            made,
            draws: size.draws,
            units: size.units,
            missing: size.missing,
            seed,
            vintage: joined(all(), |m| &m.vintage),
            code: code.revision.clone(),
            config: Digest::of_bytes(config.to_string().as_bytes()),
            data: all().flat_map(|m| m.data.clone()).collect(),
            file,
            ..first.clone()
        }
    };
    file_forecast(archive, &labels(first), first.steps, combined, manifest)
}

fn field(
    combine: &dyn Combine,
    names: &[&str],
    files: &[ForecastFile],
    (step, seed): (Step, u64),
) -> Result<Field> {
    let fields = files.par_iter().map(|file| file.field(step)).collect::<Result<Vec<_>, _>>()?;
    let members: Vec<_> = names.iter().zip(&fields).map(|(name, field)| Member { name, field }).collect();
    Ok(combine.combine(&CombineArgs::new(&members, seed))?)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::tests::{manifest, put, two};
    use super::*;

    /// A project with an archive and an ensemble of `left_hand` and `right_hand`.
    fn project(ensemble: &str) -> (TempDir, Archive, Pool) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("ensembles")).unwrap();
        let file = root.path().join("ensembles/common_ground.toml");
        let text = format!("{ensemble}\nmembers = [\"left_hand\", \"right_hand\"]\n");
        std::fs::write(&file, text).unwrap();
        let archive = Archive::open(root.path().join("archive")).unwrap();
        let request =
            Pool { archive: root.path().join("archive"), ensemble: file, origin: None, cycle: 7, seed: 5 };
        (root, archive, request)
    }

    fn code() -> Code {
        Code { revision: "0.1.0".into(), digest: "program".into() }
    }

    /// Who is combined when `left_hand` has a forecast, with these faults, and `right_hand` has none.
    fn half(missing: &str, faults: &[&str]) -> Result<(Vec<Candidate>, BTreeMap<String, String>)> {
        let (_root, archive, request) = project(&format!("algorithm = \"mean\"\nmissing = \"{missing}\""));
        put(&archive, manifest("left_hand"), two([1.0, 2.0, 3.0, 4.0]));
        let spec = archived_ensemble(&request.ensemble)?;
        let (_, mut search) = members::search(&archive, &spec.members, None)?;
        search.found[0].faults = faults.iter().map(|&fault| fault.to_owned()).collect();
        accepted(&spec, search)
    }

    #[test]
    fn an_ensemble_that_needs_all_names_everyone_who_is_missing() {
        let error = half("fail", &["too old", "too small"]).unwrap_err();
        assert!(matches!(error, Error::Gate { gate: "members", .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.contains("`left_hand`: too old; too small; `right_hand`: it has no forecast"), "{said}");
        assert!(said.contains("`missing = \"degrade\"`"), "{said}");
        assert!(half("fail", &[]).is_err(), "one is not there");
    }

    #[test]
    fn an_ensemble_that_degrades_combines_who_is_left_if_anyone_is() {
        let (members, absent) = half("degrade", &[]).unwrap();
        assert_eq!(members.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["left_hand"]);
        assert_eq!(absent.keys().collect::<Vec<_>>(), ["right_hand"]);
        assert!(half("degrade", &["too old"]).unwrap_err().to_string().contains("`left_hand`: too old"));
    }

    #[test]
    fn the_members_forecasts_are_combined_step_by_step_and_recorded() {
        let (_root, archive, request) = project("algorithm = \"mean\"\nrole = \"production\"");
        let left = put(&archive, manifest("left_hand"), two([1.0, 2.0, 3.0, 4.0]));
        let newer = Manifest { vintage: "candidate".into(), ..manifest("right_hand") };
        put(&archive, newer, two([3.0, 2.0, 5.0, 0.0]));
        let pooled = pool(&request, &code()).unwrap();
        assert_eq!((pooled.name.as_str(), pooled.origin.as_str()), ("common_ground", "2020-12"));
        assert_eq!((pooled.members.len(), pooled.absent.len()), (2, 0));
        let filed = Filed::read(&pooled.folder).unwrap();
        let values = |step| filed.open().unwrap().field(Step(step)).unwrap().into_values();
        assert_eq!((values(1), values(2)), (vec![2.0, 2.0], vec![4.0, 2.0]));
        let record = &filed.manifest;
        assert_eq!((record.vintage.as_str(), record.steps, record.units), ("candidate + final", Step(2), 2));
        let Made::Ensemble { role, members, .. } = &record.made else { panic!("{:?}", record.made) };
        assert_eq!((role.as_str(), &members["left_hand"]), ("production", &left.manifest.file.to_string()));
        let again = pool(&request, &code()).unwrap();
        assert_eq!(
            (again.folder, archive.list().unwrap().0.len()),
            (pooled.folder.clone(), 3),
            "nothing new"
        );
        let other = pool(&Pool { seed: 6, ..request }, &code()).unwrap();
        assert_ne!(other.folder, pooled.folder, "another seed is another run");
    }

    #[test]
    fn weights_by_name_are_those_of_who_is_there_and_who_is_not_is_on_the_record() {
        let text = "algorithm = \"weighted-mean\"\nmissing = \"degrade\"\nmembers = [\"left_hand\", \"right_hand\", \"third_hand\"]\n\
                    [settings.weights]\nleft_hand = 1\nright_hand = 3\nthird_hand = 4";
        let (_root, archive, request) = project("algorithm = \"mean\"");
        std::fs::write(&request.ensemble, text).unwrap();
        put(&archive, manifest("left_hand"), two([1.0, 2.0, 3.0, 4.0]));
        put(&archive, manifest("right_hand"), two([5.0, 2.0, 7.0, 0.0]));
        let pooled = pool(&request, &code()).unwrap();
        let filed = Filed::read(&pooled.folder).unwrap();
        let value = filed.open().unwrap().field(Step(1)).unwrap().into_values();
        assert_eq!(value, [4.0, 2.0], "1 : 3");
        let Made::Ensemble { weights, absent, .. } = &filed.manifest.made else { panic!() };
        assert_eq!(weights[0], [0.25, 0.75]);
        assert!(absent["third_hand"].starts_with("it has no forecast from 2020-12"), "{absent:?}");
    }

    #[test]
    fn what_cannot_be_asked_is_refused_before_anything_is_read() {
        let (_root, _, request) = project("algorithm = \"stacking\"");
        for cycle in [0, 13] {
            let error = pool(&Pool { cycle, ..request.clone() }, &code()).unwrap_err();
            assert!(error.to_string().contains("is no month of the year"), "{error}");
        }
        let error = pool(&request, &code()).unwrap_err().to_string();
        assert!(error.contains("`stacking` learns from past forecasts; combine it in a run"), "{error}");
    }
}
