//! `forewarn map`.

use std::path::Path;

use serde_json::Value;

use crate::project::{forewarn, project, said};

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn layers_of_a_filed_forecast_are_drawn_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path());
    let (code, _, errors) = said(
        &forewarn()
            .arg("replay")
            .arg("-c")
            .arg(&config)
            .args(["--from", "2020-11", "--to", "2020-11"])
            .output()
            .unwrap(),
    );
    assert_eq!(code, 0, "{errors}");
    let out = folder.path().join("maps");
    let map = |more: &[&str]| {
        let mut command = forewarn();
        command.arg("map").arg("-c").arg(&config).args(["--width", "400", "--out"]).arg(&out);
        said(&command.args(more).output().unwrap())
    };
    let (code, text, errors) = map(&[
        "--origin",
        "2020-11",
        "--model",
        "long_memory",
        "--step",
        "all",
        "--format",
        "png,svg,geojson",
        "--layer",
        "quantile:level=0.5,top=10,error,data-coverage",
        "--animate",
    ]);
    assert_eq!(code, 0, "{errors}");
    assert!(text.contains("long_memory_2020-11_animation_quantile_level_0.5_top_10.png"), "{text}");
    // 2020-12 alone is known by now.
    assert!(text.contains("left out: error, step 2 (and 4 more steps)"), "{text}");
    let error = json(&out.join("long_memory_2020-11_step01_error.geojson"));
    assert_eq!(error["features"].as_array().unwrap().len(), 13_110);
    let coverage = json(&out.join("long_memory_2020-11_data-coverage.geojson"));
    assert_eq!(coverage["features"][0]["properties"]["value"], 1);
    let svg = std::fs::read_to_string(out.join("long_memory_2020-11_step06_quantile_level_0.5_top_10.svg"))
        .unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("50 % quantile"));

    let (code, _, errors) = map(&["--origin", "2020-11", "--layer", "error", "--step", "2"]);
    assert!(code == 1 && errors.contains("`error` needs what was observed in 2021-01"), "{code} {errors}");
    let (code, _, errors) = map(&["--layer", "weather"]);
    assert!(code == 2 && errors.contains("there is no `weather`"), "{code} {errors}");
    let (code, _, errors) = said(&forewarn().args(["map", "--layer", "error"]).output().unwrap());
    assert!(code == 2 && errors.contains("--out"), "{code} {errors}");
}
