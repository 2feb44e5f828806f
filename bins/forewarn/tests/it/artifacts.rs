//! Artifacts, importance, reasons and the catalog as their users ask for them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::project::{forewarn, project, said, write};

const HURDLE: &str = r#"
algorithm = "hurdle"
status = "deployed"
[settings.occurrence]
algorithm = "boosting"
settings = { loss = "logistic", rounds = 6, max-depth = 3 }
[settings.severity]
algorithm = "random-forest"
settings = { trees = 3, min-leaf = 10 }
"#;

const LINE: &str = r#"
algorithm = "stepshift"
[settings]
features = ["noise", "log_deaths"]
[settings.regressor]
algorithm = "least-squares"
"#;

const QUERY_SET: &str = r#"
name = "small"
version = 3
level = "pgm"
[[features]]
name = "log_deaths"
source = "ged_sb"
transforms = [{ name = "log1p" }]
[[features]]
name = "log_sum"
source = "ged_sb"
transforms = [{ name = "fill" }, { name = "moving-sum", periods = 6 }, { name = "log1p" }]
[[features]]
name = "noise"
source = "ged_sb"
transforms = [{ name = "log1p" }, { name = "time-lag", periods = 11 }, { name = "replace-missing" }]
"#;

/// The small run with two models that learn from features; gives its configuration.
fn learning(folder: &Path) -> PathBuf {
    let config = project(folder);
    write(folder, "models/clear_stream.toml", HURDLE);
    write(folder, "models/straight_road.toml", LINE);
    write(folder, "query_set.toml", QUERY_SET);
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace("\"same_weather\", \"long_memory\"]", "\"clear_stream\", \"straight_road\"]");
    let text =
        text.replace("steps = 6\ndraws = 30", "steps = 2\ndraws = 20").replace("origins = 4", "origins = 2");
    let text = text.replace("[\"common_ground\", \"middle_path\"]", "[\"common_ground\"]");
    write(folder, "forewarn.toml", &text);
    write(
        folder,
        "ensembles/common_ground.toml",
        "algorithm = \"mean\"\nrole = \"production\"\nmembers = [\"clear_stream\"]\n",
    );
    config
}

fn ask(config: &Path, arguments: &[&str]) -> (i32, String, String) {
    said(&forewarn().args(arguments).arg("-c").arg(config).output().unwrap())
}

fn json(config: &Path, arguments: &[&str]) -> Value {
    let (code, out, err) = ask(config, &[arguments, &["--json"]].concat());
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn kept(folder: &Path, artifact: &str) -> PathBuf {
    folder.join("forewarn-out/artifacts").join(artifact)
}

#[test]
fn every_fit_is_kept_and_can_be_checked_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let config = learning(folder.path());
    let outcome = json(&config, &["run"]);
    let list = json(&config, &["artifacts", "list"]);
    assert_eq!(list["artifacts"].as_array().unwrap().len(), 6, "three models, two partitions");

    let shown = json(&config, &["artifacts", "show", "straight_road_31122020"]);
    let fit = &shown["fit"];
    assert_eq!(fit["features"]["used"], serde_json::json!(["noise", "log_deaths"]));
    assert_eq!(
        (fit["features"]["query_set"].as_str(), fit["features"]["version"].as_u64()),
        (Some("small"), Some(3))
    );
    assert_eq!(
        (fit["training"]["first"].as_str(), fit["training"]["last"].as_str()),
        (Some("2016-01"), Some("2020-12"))
    );
    assert!(
        shown["files"]["exports/step_02_value.json"]["sha256"].is_string(),
        "lines are exported: {shown}"
    );
    assert!(
        fit["data"]["panel"].is_string() && fit["data"]["features"].is_string() && fit["program"].is_string()
    );
    assert!(shown["cost"]["cpu_seconds"].is_number());
    // The forecasting artifact tells whose scores these are: those of the fit before the test range.
    let run = outcome["run"].as_str().unwrap();
    let scores = &shown["evaluations"][run];
    assert!(scores["scored"]["name"].as_str().unwrap().starts_with("straight_road_3"));
    assert_ne!(scores["scored"]["identity"], shown["identity"]);
    let crps = scores["scores"].as_array().unwrap().iter().find(|s| s["metric"] == "crps").unwrap();
    assert!(crps["value"].as_f64().unwrap() > 0.0 && crps["group"] == "all");
    let (_, page, _) = ask(&config, &["artifacts", "show", "clear_stream_31122020"]);
    assert!(
        page.contains("3 of small 3: log_deaths, log_sum, noise") && page.contains("the same settings"),
        "{page}"
    );

    // The artifact alone forecasts what the run has filed, byte for byte.
    let reused = json(&config, &["artifacts", "forecast", "clear_stream_31122020"]);
    let mut written = outcome["files"].as_array().unwrap().iter().map(|f| f.as_str().unwrap());
    let issued = written
        .rfind(|f| f.contains("clear_stream") && Path::new(f).extension().is_some_and(|e| e == "parquet"))
        .unwrap();
    assert!(std::fs::read(issued).unwrap() == std::fs::read(reused["file"].as_str().unwrap()).unwrap());

    assert_eq!(ask(&config, &["artifacts", "verify"]).0, 0);
    let state = kept(folder.path(), "clear_stream_31122020").join("model.state");
    let mut bytes = std::fs::read(&state).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&state, bytes).unwrap();
    let (code, out, err) = ask(&config, &["artifacts", "verify", "clear_stream_31122020"]);
    assert!(code == 1 && out.contains("1 faults") && err.contains("model.state: has sha256"), "{out}{err}");
    let (code, _, err) = ask(&config, &["artifacts", "forecast", "clear_stream_31122020"]);
    assert!(
        code == 1 && err.contains("model.state: has sha256"),
        "what was changed does not forecast: {err}"
    );
}

#[test]
fn another_fit_of_the_same_name_stands_beside_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let config = learning(folder.path());
    assert_eq!(ask(&config, &["train"]).0, 0);
    let record = kept(folder.path(), "clear_stream_31122020").join("artifact.json");
    let first = std::fs::read(&record).unwrap();
    write(folder.path(), "models/clear_stream.toml", &HURDLE.replace("rounds = 6", "rounds = 5"));
    assert_eq!(ask(&config, &["train"]).0, 0);
    assert_eq!(ask(&config, &["train"]).0, 0, "and it is found again");
    assert!(std::fs::read(&record).unwrap() == first, "the first is as it was");
    let list = json(&config, &["artifacts", "list"]);
    let folders: Vec<&str> =
        list["artifacts"].as_array().unwrap().iter().map(|a| a["folder"].as_str().unwrap()).collect();
    let others: Vec<_> = folders.iter().filter(|f| f.contains("clear_stream_31122020-")).collect();
    assert_eq!((others.len(), folders.len()), (1, 8), "{folders:?}");
}

#[test]
fn features_that_differ_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = learning(folder.path());
    assert_eq!(ask(&config, &["train"]).0, 0);
    let with = |query_set: String, artifact: &str| {
        write(folder.path(), "query_set.toml", &query_set);
        let (code, _, err) = ask(&config, &["artifacts", "forecast", artifact]);
        write(folder.path(), "query_set.toml", QUERY_SET);
        (code, err)
    };
    let renamed = || QUERY_SET.replace("\"noise\"", "\"later\"");
    let (code, err) = with(renamed(), "clear_stream_31122020");
    assert!(code == 1 && err.contains("column 2 is `later`, the model was fitted with `noise`"), "{err}");
    let (code, err) = with(renamed(), "straight_road_31122020");
    assert!(code == 1 && err.contains("the model was fitted with `noise`"), "{err}");
    let (code, err) = with(QUERY_SET.replace("periods = 11", "periods = 12"), "straight_road_31122020");
    assert!(code == 1 && err.contains("feature `noise` is now made otherwise"), "{err}");
    // It reads neither of the others.
    assert_eq!(with(QUERY_SET.replace("periods = 6", "periods = 5"), "straight_road_31122020").0, 0);
    let (code, _, err) =
        ask(&config, &["artifacts", "forecast", "straight_road_31122020", "--origin", "2019-01"]);
    assert!(code == 2 && err.contains("has learned from what happened up to 2020-12"), "{err}");
    let (code, _, err) = ask(&config, &["artifacts", "show", "loud_noise_31122020"]);
    assert!(code == 1 && err.contains("there are: clear_stream_"), "{err}");
}

#[test]
fn reasons_add_up_to_the_forecast() {
    let folder = tempfile::tempdir().unwrap();
    let config = learning(folder.path());
    let unit = ["--unit", "116338", "--step", "2"];
    let found = json(&config, &[&["why", "clear_stream"], &unit[..]].concat());
    let parts = found["parts"].as_array().unwrap();
    assert_eq!(
        (parts[0]["role"].as_str(), parts[1]["role"].as_str()),
        (Some("occurrence"), Some("severity"))
    );
    for part in parts {
        let sum = &part["sum"];
        let added: f64 = sum["contributions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["contribution"].as_f64().unwrap())
            .sum();
        let (total, prediction) =
            (sum["base"].as_f64().unwrap() + added, part["prediction"].as_f64().unwrap());
        let linked = match sum["scale"].as_str().unwrap() {
            "logit" => 1.0 / (1.0 + (-total).exp()),
            _ => total,
        };
        assert!((linked - prediction).abs() < 1e-5, "{part}");
    }
    let chance = found["chance"].as_f64().unwrap();
    assert!(
        (chance - parts[0]["prediction"].as_f64().unwrap()).abs() <= 0.1,
        "20 draws of that probability: {found}"
    );
    let (code, out, _) = ask(&config, &[&["why", "straight_road"], &unit[..]].concat());
    assert!(code == 0 && out.contains("noise") && !out.contains("log_sum"), "{out}");
    let (code, _, err) = ask(&config, &["why", "still_water", "--unit", "116338"]);
    assert!(code == 2 && err.contains("made of no regression"), "{err}");
    let (code, _, err) = ask(&config, &["why", "clear_stream", "--unit", "1"]);
    assert!(code == 2 && err.contains("1 is no unit of the run; there are 13110"), "{err}");
    let (code, _, err) = ask(&config, &["why", "clear_stream", "--unit", "116338", "--origin", "2019-01"]);
    assert!(code == 2 && err.contains("has learned from what happened after 2019-01"), "{err}");
}

#[test]
fn importance_is_the_same_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let config = learning(folder.path());
    let on = |threads: &str| {
        let mut command = forewarn();
        command.args(["importance", "clear_stream", "--repeats", "2", "--json", "-c"]).arg(&config);
        let output = said(&command.env("RAYON_NUM_THREADS", threads).output().unwrap());
        assert_eq!(output.0, 0, "{}", output.2);
        output.1
    };
    let found = on("1");
    assert!(found == on("8"));
    let found: Value = serde_json::from_str(&found).unwrap();
    let steps = found["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "6 and 36 are beyond the run");
    let features = steps[0]["features"].as_array().unwrap();
    let total: f64 = features.iter().map(|f| f["gain"]["occurrence"].as_f64().unwrap()).sum();
    assert!((total - 1.0).abs() < 1e-9 && features.len() == 3, "{found}");
    assert!(
        features.iter().any(|f| f["increase"].as_f64().unwrap() != 0.0 && f["spread"].is_number()),
        "{found}"
    );
    let table = std::fs::read_to_string(found["files"][1].as_str().unwrap()).unwrap();
    assert_eq!(table.lines().count(), 1 + 3 * 2, "a line a feature and part: {table}");

    let (code, _, err) = ask(&config, &["importance", "still_water"]);
    assert!(code == 2 && err.contains("learns from no features"), "{err}");
    let (code, _, err) = ask(&config, &["importance", "clear_stream", "--steps", "3"]);
    assert!(code == 2 && err.contains("3 is no step of the run; there are 1 to 2"), "{err}");
    let (code, _, err) = ask(&config, &["importance", "clear_stream", "--metric", "magic"]);
    assert!(code == 2 && err.contains("there is no `magic`"), "{err}");
}

#[test]
fn the_catalog_shows_every_model_and_ensemble() {
    let folder = tempfile::tempdir().unwrap();
    let config = learning(folder.path());
    let (code, out, err) = ask(&config, &["catalog"]);
    assert_eq!(code, 0, "{err}");
    let page = std::fs::read_to_string(out.lines().find_map(|l| l.strip_prefix("wrote ")).unwrap()).unwrap();
    for text in [
        "still_water",
        "clear_stream_31122020",
        "3 of query set small 3",
        "common_ground",
        "production",
        "vs still_water",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let markdown = folder.path().join("MODELS.md");
    assert_eq!(ask(&config, &["catalog", "--output", markdown.to_str().unwrap()]).0, 0);
    let text = std::fs::read_to_string(markdown).unwrap();
    assert!(
        text.starts_with("# Models of small")
            && text.contains("## straight_road")
            && text.contains("| crps | "),
        "{text}"
    );
}

#[test]
fn a_line_misses_what_it_learned_from_and_tells_no_gains() {
    let folder = tempfile::tempdir().unwrap();
    let config = learning(folder.path());
    let found =
        json(&config, &["importance", "straight_road", "--steps", "1", "--metric", "mse", "--repeats", "2"]);
    let step = &found["steps"][0];
    let increase = |name: &str| {
        let all = step["features"].as_array().unwrap();
        all.iter().find(|f| f["feature"] == name).unwrap()["increase"].as_f64().unwrap()
    };
    assert_eq!((step["features"].as_array().unwrap().len(), &step["roles"]), (2, &serde_json::json!([])));
    // Units with deaths and units without change places: the line is wrong about both.
    assert!(increase("log_deaths") > increase("noise").abs(), "{step}");
    let table = std::fs::read_to_string(found["files"][1].as_str().unwrap()).unwrap();
    assert!(table.lines().nth(1).unwrap().starts_with("1,\"log_deaths\",,,"), "{table}");
    let (code, out, _) = ask(&config, &["importance", "straight_road", "--steps", "1", "--top", "1"]);
    assert!(code == 0 && out.contains("and 1 more"), "{out}");
}

#[test]
fn what_conformal_holds_inside_is_explained_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let config = learning(folder.path());
    let conformal = "algorithm = \"conformal\"\n[settings]\nperiods = 12\nevents = 5\n[settings.model]\n\
                     algorithm = \"stepshift\"\nsettings = { regressor = { algorithm = \"least-squares\" }, features = [\"log_deaths\"] }\n";
    write(folder.path(), "models/straight_road.toml", conformal);
    let found = json(&config, &["why", "straight_road", "--unit", "116338"]);
    let part = &found["parts"][0];
    let contributions = part["sum"]["contributions"].as_array().unwrap();
    assert_eq!((part["role"].as_str(), contributions.len()), (Some("value"), 1));
    let total = part["sum"]["total"].as_f64().unwrap();
    assert!((total - part["prediction"].as_f64().unwrap()).abs() < 1e-5, "{part}");
    assert_eq!(ask(&config, &["train"]).0, 0);
    let shown = json(&config, &["artifacts", "show", "straight_road_31122020"]);
    assert!(shown["files"]["exports/step_01_value.json"].is_object(), "{shown}");
    let path = kept(folder.path(), "straight_road_31122020").join("exports/step_01_value.json");
    let line: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(line["columns"], serde_json::json!(["log_deaths"]));
}
