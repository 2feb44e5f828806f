//! What the commands print and how they exit.

use std::path::Path;

use crate::project::{self, forewarn, write};

/// Exit code, standard output, standard error.
fn said(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    project::said(&forewarn().current_dir(folder).args(arguments).output().unwrap())
}

#[test]
fn every_component_is_listed_and_explained() {
    let here = tempfile::tempdir().unwrap();
    let (code, list, _) = said(here.path(), &["list"]);
    assert_eq!(code, 0);
    let names: Vec<&str> = list.lines().map(|l| l.split_whitespace().nth(1).unwrap()).collect();
    assert!(names.len() >= 30, "{list}");
    for name in names {
        let (code, page, _) = said(here.path(), &["explain", name]);
        assert!(
            code == 0 && page.starts_with(&format!("# {name} (")) && page.contains("Source: `crates/"),
            "{page}"
        );
    }
    let (code, out, err) = said(here.path(), &["explain", "crisp"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("there is no `crisp`; `forewarn list` shows what there is"), "{err}");
    let (code, _, err) = said(here.path(), &["list", "metrics"]);
    assert!(
        code == 2
            && err.contains("there are: detector, drift-test, ensemble")
            && err.contains("metric, model")
            && err.contains("reconciler, regressor, row-test, transform"),
        "{err}"
    );
}

#[test]
fn a_new_model_is_a_file_that_works() {
    let here = tempfile::tempdir().unwrap();
    let new = ["new", "model", "quiet_river", "--algorithm", "conflictology"];
    let (code, out, err) = said(here.path(), &new);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("wrote models/quiet_river.toml") && out.contains("add \"quiet_river\" to `models`"),
        "{out}"
    );
    let file = std::fs::read_to_string(here.path().join("models/quiet_river.toml")).unwrap();
    assert!(file.contains("algorithm = \"conflictology\"") && file.contains("window = 12"), "{file}");
    std::fs::write(
        here.path().join("forewarn.toml"),
        "models = [\"quiet_river\"]\n[source]\ntype = \"synthetic\"\n",
    )
    .unwrap();
    let (code, out, err) = said(here.path(), &["doctor"]);
    assert!(code == 0 && out.contains("1 models, 0 ensembles"), "{out}{err}");

    let (code, _, err) = said(here.path(), &new);
    assert!(code == 2 && err.contains("exists"), "an existing file is not overwritten: {err}");
    let (code, _, err) = said(here.path(), &["new", "model", "River", "--algorithm", "zero"]);
    assert!(code == 2 && err.contains("expected two words like `quiet_river`"), "{err}");
    let (code, _, err) = said(here.path(), &["new", "ensemble", "calm_sea", "--algorithm", "moan"]);
    assert!(
        code == 2 && err.contains("there is no `moan`; there are: beta-transformed-pool, linear-pool"),
        "{err}"
    );
}

#[test]
fn the_doctor_looks_at_rules_stores_and_secrets_too() {
    let here = tempfile::tempdir().unwrap();
    let config = project::project(here.path());
    let doctor =
        |more: &[&str]| said(here.path(), &[&["doctor", "-c", config.to_str().unwrap()], more].concat());
    let (code, out, err) = doctor(&[]);
    assert!(code == 0 && out.contains("the default rules") && out.contains("threads"), "{out}{err}");
    write(here.path(), "rules.toml", "alpha = 2\n");
    let (code, out, err) = doctor(&["--set", "gates.file=rules.toml"]);
    assert!(code == 1 && err.contains("a run would not work: gates"), "{err}");
    assert!(out.contains("BAD  gates") && out.contains("must be between 0 and 1"), "{out}");
    let (code, out, _) = doctor(&["--set", "store=s3://"]);
    assert!(code == 1 && out.contains("BAD  store") && out.contains("names no bucket"), "{out}");
    write(here.path(), "token", "secret");
    let mut program = forewarn();
    program
        .current_dir(here.path())
        .args(["doctor"])
        .env("FOREWARN_UCDP_TOKEN_FILE", here.path().join("token"));
    let (code, out, err) = project::said(&program.output().unwrap());
    assert!(
        code == 1 && out.contains("chmod 600") && !(out + &err).contains("secret\n"),
        "a file that all may read"
    );
}

#[test]
fn wrong_settings_are_pointed_at() {
    let here = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| write(here.path(), name, text);
    let run = |text: &str| {
        write("forewarn.toml", text);
        said(here.path(), &["run"])
    };
    let (code, _, err) = said(here.path(), &["run"]);
    assert!(code == 1 && err.contains("forewarn.toml: No such file"), "{err}");
    let (code, _, err) = run("[forecast]\nsteps = 36\ndrows = 5\n");
    assert!(code == 2 && err.contains("forewarn.toml:3:1: unknown field `drows`"), "{err}");
    let (code, _, err) = run("models = [\"quiet_river\"]\n");
    assert!(code == 2 && err.contains("create it with `forewarn new model quiet_river`"), "{err}");
    write("models/quiet_river.toml", "algorithm = \"conflictology\"\n\n[settings]\nwindo = 3\n");
    let (code, _, err) = run("models = [\"quiet_river\"]\n");
    assert!(
        code == 2 && err.contains("models/quiet_river.toml:4:1") && err.contains("expected `window`"),
        "{err}"
    );
    write("models/quiet_river.toml", "status = \"shadow\"\nalgorithm = \"conflictologie\"\n");
    let (code, _, err) = run("models = [\"quiet_river\"]\n");
    assert!(
        code == 2
            && err.contains("quiet_river.toml:2:13")
            && err.contains("there are: average, conflictology"),
        "{err}"
    );
    write("models/quiet_river.toml", "algorithm = \"zero\"\n");
    let (code, _, err) = run("models = [\"quiet_river\"]\n");
    assert!(code == 2 && err.contains("there is no [source]"), "{err}");
    let (code, _, err) = run("models = [\"quiet_river\"]\n[evaluation]\nmetrics = [\"crisp\"]\n");
    assert!(code == 2 && err.contains("there is no `crisp`; there are:"), "{err}");
}

#[test]
fn each_value_is_shown_with_its_origin() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("forewarn.toml"), "[forecast]\ndraws = 10\n").unwrap();
    let mut show = forewarn();
    show.current_dir(here.path()).args(["config", "show", "--set", "seed=7"]);
    show.env("FOREWARN_FORECAST__STEPS", "6").env("FOREWARN_UCDP_TOKEN", "hush");
    let (_, shown, _) = project::said(&show.output().unwrap());
    let line = |start: &str| shown.lines().find(|l| l.starts_with(start)).unwrap_or_default().to_owned();
    assert!(line("forecast.draws = 10").ends_with("# forewarn.toml"), "{shown}");
    assert!(line("forecast.steps = 6").ends_with("# FOREWARN_FORECAST__STEPS"), "{shown}");
    assert!(line("seed = 7").ends_with("# --set seed"), "{shown}");
    assert!(line("evaluation.origins = 12").ends_with("# default"), "{shown}");
    assert!(!shown.contains("hush"), "secrets are never shown");
}
