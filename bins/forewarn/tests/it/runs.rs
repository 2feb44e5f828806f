//! Whole runs: what they leave, what stops them, what does not matter.

use std::path::Path;

use crate::project::{forewarn, project, results, said, write};

fn run(config: &Path, arguments: &[&str]) -> (i32, String, String) {
    said(&forewarn().arg("run").arg("-c").arg(config).args(arguments).output().unwrap())
}

#[test]
fn the_number_of_threads_and_a_second_run_change_nothing() {
    let (one, eight) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (folder, threads) in [(&one, "1"), (&eight, "8")] {
        let config = project(folder.path());
        let output =
            forewarn().args(["run", "-c"]).arg(&config).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert_eq!(said(&output).0, 0, "{}", said(&output).2);
    }
    let expected = results(&one.path().join("forewarn-out"));
    assert!(expected == results(&eight.path().join("forewarn-out")), "1 and 8 threads give the same bytes");

    let (code, out, _) = run(&one.path().join("forewarn.toml"), &["--json"]);
    let outcome: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 0);
    assert!(outcome["steps"].as_array().unwrap().iter().all(|s| s["cached"] == true), "{out}");
    assert!(expected == results(&one.path().join("forewarn-out")), "a second run changes nothing");
    assert!(Path::new(outcome["report"].as_str().unwrap()).is_file());
}

#[test]
fn only_what_depends_on_a_change_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    assert_eq!(run(&config, &[]).0, 0);
    write(
        folder.path(),
        "models/long_memory.toml",
        "algorithm = \"conflictology\"\n[settings]\nwindow = 6\n",
    );
    let (_, out, _) = run(&config, &["--json"]);
    let outcome: serde_json::Value = serde_json::from_str(&out).unwrap();
    let steps = outcome["steps"].as_array().unwrap();
    let done = |cached: bool| {
        steps
            .iter()
            .filter(|s| s["cached"] == cached)
            .map(|s| s["step"].as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert!(done(true).contains(&"validate") && done(true).contains(&"forecast still_water"), "{out}");
    assert!(
        done(false).contains(&"forecast long_memory") && done(false).contains(&"combine common_ground"),
        "{out}"
    );
    // Forecasts from past origins too are made and scored anew only where they depend on it.
    assert!(!done(false).iter().any(|s| s.contains("same_weather")), "{out}");
    let origins = |cached, start: &str| done(cached).iter().filter(|s| s.starts_with(start)).count();
    for kind in ["backtest", "evaluate"] {
        assert_eq!(origins(true, &format!("{kind} same_weather ")), 4, "{out}");
        assert_eq!(origins(false, &format!("{kind} long_memory ")), 4, "{out}");
        assert_eq!(origins(false, &format!("{kind} common_ground ")), 4, "{out}");
    }
}

/// A table of 20 cells and 60 months, with the rows that `change` makes of it.
fn table(folder: &Path, change: impl Fn(u32, i32) -> Vec<String>) -> std::path::PathBuf {
    let config = project(folder);
    let mut text = String::from("cell,month,deaths\n");
    for month in 433..=492 {
        for cell in 0..20 {
            for row in change(100_000 + cell, month) {
                text.push_str(&row);
                text.push('\n');
            }
        }
    }
    write(folder, "deaths.csv", &text);
    let source = "name = \"small\"\nmodels = [\"still_water\", \"same_weather\", \"long_memory\"]\n\
                  ensembles = [\"common_ground\"]\n[target]\ncolumn = \"deaths\"\n[source]\ntype = \"table\"\n\
                  path = \"deaths.csv\"\nunit = \"cell\"\ntime = \"month\"\nvalues = [\"deaths\"]\n\
                  [forecast]\nsteps = 6\ndraws = 20\n[evaluation]\norigins = 3\n";
    write(folder, "forewarn.toml", source);
    config
}

fn good(cell: u32, month: i32) -> String {
    format!("{cell},{month},{}", (cell as i32 * 7 + month * 3) % 4 + 1)
}

#[test]
fn a_month_of_zeros_stops_the_run_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let zeros = |cell: u32, month: i32| {
        vec![if month == 492 { format!("{cell},{month},0") } else { good(cell, month) }]
    };
    let config = table(folder.path(), zeros);
    let (code, _, err) = run(&config, &[]);
    assert_eq!(code, 3, "{err}");
    assert!(
        err.contains("gate `validation` failed") && err.contains("2020-12") && err.contains("silent-periods"),
        "{err}"
    );
    let (code, _, err) = run(&config, &["--set", "validation.silent-periods=warn"]);
    assert!(code == 0 && err.contains("warning: silent-period"), "{err}");
}

#[test]
fn rows_that_cannot_be_believed_are_quarantined_up_to_the_bound() {
    let folder = tempfile::tempdir().unwrap();
    let negative = |cell: u32, month: i32| {
        vec![if cell == 100_003 && month == 440 { format!("{cell},{month},-5") } else { good(cell, month) }]
    };
    let config = table(folder.path(), negative);
    let (code, out, err) = run(&config, &[]);
    assert_eq!(code, 0, "one row of 1,200 is below the bound: {err}");
    // 7 months of 20 rows, then the fourth row, after the header.
    assert!(err.contains("deaths.csv:145") && err.contains("a count cannot be negative"), "{err}");
    let quarantine =
        out.lines().find_map(|l| l.strip_prefix("wrote ").filter(|l| l.ends_with("quarantine.csv"))).unwrap();
    let rows = std::fs::read_to_string(quarantine).unwrap();
    assert!(rows.contains("145,impossible-value,") && rows.contains("\"100003,440,-5\""), "{rows}");

    let (code, _, err) = run(&config, &["--set", "validation.max-rejected-share=0.0005"]);
    assert!(
        code == 3 && err.contains("1 of 1200 rows are wrong") && err.contains("max-rejected-share"),
        "{err}"
    );
}

#[test]
fn a_model_that_fails_is_missing_and_stops_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let config = table(folder.path(), |cell, month| vec![good(cell, month)]);
    write(
        folder.path(),
        "models/long_memory.toml",
        "algorithm = \"conflictology\"\n[settings]\nwindow = 500\n",
    );
    let (code, out, err) = run(&config, &[]);
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains("model `long_memory` (forecasting)")
            && err.contains("needs 500 periods of history, there are 60"),
        "{err}"
    );
    assert!(
        err.contains("ensemble `common_ground`") && err.contains("its member `long_memory` has no forecast"),
        "{err}"
    );
    assert!(out.contains("same_weather/2020-12") && out.contains("next: open"), "the rest is there: {out}");
    let page =
        std::fs::read_to_string(out.lines().find_map(|l| l.strip_prefix("next: open ")).unwrap()).unwrap();
    assert!(page.contains("needs 500 periods"), "the report says what is missing");
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    std::fs::create_dir_all(folder.path().join("forewarn-out")).unwrap();
    let held = std::fs::File::create(folder.path().join("forewarn-out/.lock")).unwrap();
    held.lock().unwrap();
    let (code, _, err) = run(&config, &[]);
    assert!(code == 75 && err.contains("another run is at work here"), "{err}");
}
