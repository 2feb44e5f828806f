//! `forewarn reconcile` as its users run it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::project::{forewarn, project, said, write};

const COUNTRIES: &str = r#"
name = "nations"
models = ["long_memory"]
[target]
column = "ged_sb"
level = "cm"
[source]
type = "table"
path = "countries.csv"
unit = "country_id"
time = "month_id"
values = ["ged_sb"]
[forecast]
steps = 3
draws = 20
[evaluation]
origins = 2
"#;

/// Runs of cells and of countries from the same month; gives the folders of their archived forecasts.
fn both(folder: &Path) -> (PathBuf, PathBuf) {
    let mut table = "country_id,month_id,ged_sb\n".to_owned();
    for (month, country) in (433..=492).flat_map(|month| (40..=250).map(move |country| (month, country))) {
        writeln!(table, "{country},{month},{}", (country * 7 + month * 13) % 40).unwrap();
    }
    let cells = folder.join("cells");
    project(&cells);
    let nations = folder.join("nations");
    write(&nations, "countries.csv", &table);
    write(&nations, "models/long_memory.toml", "algorithm = \"conflictology\"\n");
    write(&nations, "forewarn.toml", COUNTRIES);
    for (project, more) in [(&cells, &["--set", "forecast.steps=3"][..]), (&nations, &[])] {
        let config = project.join("forewarn.toml");
        let output = forewarn().args(["run", "-c"]).arg(config).args(more).output().unwrap();
        assert_eq!(said(&output).0, 0, "{}", said(&output).2);
    }
    let forecast = |project: &Path| {
        let origin = project.join("forewarn-out/archive/ged_sb/long_memory/2020-12");
        std::fs::read_dir(origin).unwrap().next().unwrap().unwrap().path()
    };
    (forecast(&cells), forecast(&nations))
}

fn reconcile(cells: &Path, countries: &Path, archive: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = forewarn();
    command.arg("reconcile").arg(cells).arg(countries).args(["--name", "calm_river", "calm_delta"]);
    said(&command.arg("--archive").arg(archive).args(arguments).output().unwrap())
}

#[test]
fn cells_add_up_to_countries_or_it_is_said_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let (cells, countries) = both(folder.path());
    for (i, method) in ["proportional", "bottom-up", "minimum-trace"].into_iter().enumerate() {
        let archive = folder.path().join(format!("archive_{i}"));
        let (code, out, err) = reconcile(&cells, &countries, &archive, &["--method", method, "--json"]);
        assert_eq!(code, 0, "{method}: {err}");
        let made: Value = serde_json::from_str(&out).unwrap();
        assert!(made["coherent"].as_u64().unwrap() > 30, "{method}: {out}");
        assert!(made["largest_difference"].as_f64().unwrap() <= 1e-6, "{method}: {out}");
        let reasons = made["exceptions"].to_string();
        assert!(reasons.contains("none of its parts is forecast"), "{reasons}");
        assert!(!reasons.contains("all zero"), "{method} lets parts of nothing add up too: {reasons}");
        let record =
            std::fs::read_to_string(Path::new(made["cells"].as_str().unwrap()).join("manifest.json"))
                .unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        assert_eq!((&record["made"]["kind"], &record["level"]), (&"reconciliation".into(), &"pgm".into()));
        assert_eq!(record["made"]["algorithm"], method);
        let (_, again, _) = reconcile(&cells, &countries, &archive, &["--method", method, "--json"]);
        assert_eq!(out, again, "the same again is the same forecast");
    }
    let archive = folder.path().join("archive_views");
    let views = ["--method", "proportional", "--set", "compat=views"];
    let (code, out, err) = reconcile(&cells, &countries, &archive, &views);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("its parts are all zero, and the total is not"),
        "what the reference loses is named: {out}"
    );
    assert!(out.contains("countries add up in every step and draw, to within"), "{out}");
}

#[test]
fn forecasts_that_do_not_belong_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (cells, countries) = both(folder.path());
    let archive = folder.path().join("archive");
    let refused = |a: &Path, b: &Path, arguments: &[&str]| {
        let (code, _, err) = reconcile(a, b, &archive, arguments);
        assert_ne!(code, 0);
        err
    };
    assert!(refused(&countries, &cells, &[]).contains("the level of the cells is `cm`, it must be `pgm`"));
    let e = refused(&cells, &countries, &["--method", "magic"]);
    assert!(e.contains("there is no `magic`; there are: bottom-up, minimum-trace, proportional"), "{e}");
    let e = refused(&cells, &countries, &["--set", "flor=1"]);
    assert!(e.contains("unknown field `flor`"), "{e}");
    let e = refused(&folder.path().join("nowhere"), &countries, &[]);
    assert!(e.contains("nowhere") && e.contains("manifest.json"), "{e}");
}
