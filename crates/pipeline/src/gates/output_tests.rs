//! Output gates of whole runs of twenty cells.

use std::collections::BTreeMap;
use std::path::Path;

use forewarn_core::{Cadence, Field, Period, Step, Unit};
use forewarn_data::geography::{self, Region};
use forewarn_store::{Archive, Digest, Labels, Made, Manifest, write_forecast};
use serde_json::json;

use super::{Evidence, Kind, Verdict};
use crate::artifacts::artifacts;
use crate::small_run::{archive, code, load, project, write};
use crate::{Result, Silent, judge};

/// What the output gate said of the run, by subject; readings of `check` alone.
fn readings(evidence: &Evidence, check: &str) -> BTreeMap<String, (Option<f64>, String)> {
    let of = evidence.readings.iter().filter(|judged| judged.check == check);
    of.map(|j| (j.reading.subject.clone(), (j.reading.effect, j.reading.message.clone()))).collect()
}

fn judged(folder: &Path, flags: &[&str]) -> Result<Evidence> {
    Ok(judge(&load(folder, flags), &code(), Kind::Output, &Silent)?.0)
}

#[test]
fn every_member_is_compared_with_the_reference_of_its_artifact() {
    let folder = tempfile::tempdir().unwrap();
    let run = project(folder.path(), 2);
    archive(&run).unwrap();
    let (all, broken) = artifacts(&run).list().unwrap();
    assert_eq!((all.len(), broken.len()), (4, 0));
    assert!(
        all.iter()
            .all(|artifact| artifact.reference().unwrap().is_some() && artifact.faults().unwrap().is_empty())
    );
    let evidence = judged(folder.path(), &[]).unwrap();
    let scored =
        all.iter().find(|a| a.fit.model == "long_memory" && a.fit.partition == "calibration").unwrap();
    let found = readings(&evidence, "trained");
    let (effect, said) = &found["long_memory, step 1, sum of the means"];
    assert!(said.contains(&format!("when `{}` was trained, of a single origin", scored.fit.name)), "{said}");
    assert!(
        effect.is_some() && found.keys().any(|subject| subject.starts_with("still_water, ")),
        "{found:?}"
    );
    let file =
        (format!("{}/reference.json", scored.fit.name), scored.fit.reference.as_ref().unwrap().to_string());
    assert!(evidence.looked.files.contains(&file), "{:?}", evidence.looked.files);
}

#[test]
fn a_reference_that_cannot_be_read_is_replaced_by_rehearsals_and_the_reason_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = project(folder.path(), 2);
    archive(&run).unwrap();
    for artifact in artifacts(&run).list().unwrap().0.iter().filter(|a| a.fit.model == "long_memory") {
        std::fs::write(artifact.dir.join("reference.json"), "{}").unwrap();
    }
    let found = readings(&judged(folder.path(), &[]).unwrap(), "trained");
    let (effect, said) = &found["step 1, sum of the means"];
    assert!(effect.is_some() && said.contains("in the rehearsals of this run ("), "{said}");
    assert!(said.contains("reference.json: has sha256"), "{said}");
    assert!(found.keys().all(|subject| subject.starts_with("step")), "{found:?}");
}

/// A country of 2 to 9 land cells, and its cells.
fn country() -> (u32, Vec<u32>) {
    let mut all: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for cell in geography::region(Region::Land).iter() {
        if let Some(country) = geography::country(*cell) {
            all.entry(country.id).or_default().push(cell.0);
        }
    }
    all.into_iter().find(|(_, cells)| (2..10).contains(&cells.len())).unwrap()
}

/// Files a point forecast of one country, of both steps, from December 2020.
fn file_country(folder: &Path, id: u32, level: &str, values: [f32; 2]) {
    let units = [Unit(id)].into();
    let field = |(step, value): (u16, f32)| {
        Field::point(Period(492), Step(step), std::sync::Arc::clone(&units), vec![value]).unwrap()
    };
    let labels = Labels { target: "deaths".into(), level: level.into(), cadence: Cadence::Month };
    let path = folder.join("countries.parquet");
    let fields = [(1, values[0]), (2, values[1])].map(field);
    write_forecast(std::fs::File::create(&path).unwrap(), &labels, fields).unwrap();
    let nothing = Digest::of_bytes(b"");
    let manifest = Manifest {
        schema: Manifest::SCHEMA,
        run: format!("run-{level}"),
        name: "wide_delta".into(),
        made: Made::Model {
            algorithm: "zero".into(),
            settings: json!({}),
            artifact: String::new(),
            state: nothing.to_string(),
        },
        target: "deaths".into(),
        level: level.into(),
        cadence: Cadence::Month,
        origin: (Period(492), "2020-12".into()),
        steps: Step(2),
        draws: None,
        units: 1,
        missing: 0,
        seed: 0,
        vintage: "final".into(),
        code: "0.1.0".into(),
        config: nothing,
        data: BTreeMap::new(),
        inputs: BTreeMap::new(),
        file: Digest::of_file(&path).unwrap(),
    };
    Archive::open(folder.join("countries")).unwrap().file(manifest, &path).unwrap();
}

#[test]
fn cells_must_add_up_to_the_forecast_of_countries_that_the_configuration_names() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), 2);
    // Two deaths a month in each cell of the country, always.
    let (id, cells) = country();
    let rows = (433..=492).flat_map(|month| cells.iter().map(move |cell| format!("{cell},{month},2\n")));
    write(folder.path(), "deaths.csv", &("cell,month,deaths\n".to_owned() + &rows.collect::<String>()));
    write(folder.path(), "models/still_water.toml", "algorithm = \"no-change\"\nstatus = \"baseline\"\n");
    let asked = ["gates.countries.forecast=\"wide_delta\"", "gates.countries.archive=\"countries\""];
    assert!(readings(&judged(folder.path(), &[]).unwrap(), "coherence").is_empty(), "nobody asked");

    let missing = judged(folder.path(), &asked).unwrap();
    let (effect, said) = &readings(&missing, "coherence")["step 1"];
    assert!(
        effect.is_none() && said.contains("no forecast `wide_delta` of `deaths` for countries"),
        "{said}"
    );
    assert!(said.contains("from 2020-12 is filed in") && said.contains("file it first"), "{said}");
    assert!(missing.verdict >= Verdict::CannotTell, "{:?}", missing.verdict);

    let total = 2.0 * cells.len() as f32;
    file_country(folder.path(), id, "pgm", [9.0, 9.0]);
    let found = readings(&judged(folder.path(), &asked).unwrap(), "coherence");
    assert!(found["step 1"].0.is_none(), "a forecast of cells is none of countries");

    file_country(folder.path(), id, "cm", [total, 2.0 * total]);
    let found = judged(folder.path(), &asked).unwrap();
    let coherence = readings(&found, "coherence");
    assert_eq!((coherence["step 1"].0, coherence["step 2"].0), (Some(0.0), Some(0.5)));
    assert!(coherence["step 2"].1.contains(geography::country_at("cm", Unit(id)).unwrap().name));
    assert_eq!(found.verdict, Verdict::Fail, "{:?}", found.reasons());
    assert!(found.looked.files.iter().any(|(name, _)| name == "countries: wide_delta"));
}
