//! Maps of a small run.

use super::*;
use crate::Silent;
use crate::small_run::{archive, code, project};

fn request(out: &Path) -> Request<'_> {
    Request {
        model: None,
        origin: None,
        layers: &[],
        steps: &[],
        formats: &[],
        multiples: false,
        animate: false,
        width: Some(400),
        projection: None,
        against: None,
        out,
    }
}

fn names(drawn: &Drawn) -> Vec<String> {
    drawn.files.iter().map(|f| f.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

fn texts<const N: usize>(all: [&str; N]) -> Vec<String> {
    all.map(str::to_owned).to_vec()
}

#[test]
fn every_layer_that_is_known_is_drawn_and_the_others_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = project(folder.path(), 1);
    archive(&run).unwrap();
    let out = folder.path().join("maps");
    let (all, formats) = (texts(["all"]), [Format::Png, Format::Svg, Format::GeoJson]);
    let request = Request {
        layers: &all,
        steps: &all,
        formats: &formats,
        multiples: true,
        animate: true,
        ..request(&out)
    };
    let drawn = draw(&run, &code(), &Silent, &request).unwrap();
    let names = names(&drawn);
    for there in [
        "common_ground_2020-12_step02_expected-value.png",
        "common_ground_2020-12_step01_skill.svg",
        "common_ground_2020-12_data-coverage.png",
        "common_ground_2020-12_multiples_probability.png",
        "common_ground_2020-12_animation_quantile.png",
    ] {
        assert!(names.contains(&there.to_owned()), "{there}: {names:?}");
    }
    assert!(drawn.files.iter().all(|file| file.metadata().unwrap().len() > 100));
    assert!(!names.iter().any(|name| name.contains("_error") || name.contains("_change")), "{names:?}");
    let told = drawn.left_out.join("\n");
    // Sixty months are too few to compare twelve with sixty before.
    assert!(told.contains("drift, step 1: data: `drift` needs a test of each unit's observations"), "{told}");
    assert!(
        told.contains("error, step 1 (and 1 more steps): data: `error` needs what was observed in 2021-01"),
        "{told}"
    );
    assert!(told.contains("`change` needs a forecast of the same period from an earlier origin"), "{told}");
    // The same again is the same, byte for byte.
    let before: Vec<Vec<u8>> = drawn.files.iter().map(|f| std::fs::read(f).unwrap()).collect();
    let again = draw(&run, &code(), &Silent, &request).unwrap();
    assert_eq!(again, drawn);
    assert!(again.files.iter().zip(before).all(|(file, before)| std::fs::read(file).unwrap() == before));
}

#[test]
fn an_earlier_forecast_has_errors_and_a_later_one_changes() {
    let folder = tempfile::tempdir().unwrap();
    let run = project(folder.path(), 1);
    let earlier = crate::small_run::load(folder.path(), &["forecast.origin=2020-11"]);
    archive(&earlier).unwrap();
    archive(&run).unwrap();
    let out = folder.path().join("maps");
    let formats = [Format::GeoJson];
    let draw = |origin, layer: &str, step: &str| {
        let (layers, steps) = (texts([layer]), texts([step]));
        let request = Request { origin, layers: &layers, steps: &steps, formats: &formats, ..request(&out) };
        draw(&run, &code(), &Silent, &request)
    };
    let error = draw(Some("2020-11"), "error", "1").unwrap();
    let text = std::fs::read_to_string(&error.files[0]).unwrap();
    let scene: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(scene["title"].as_str().unwrap().ends_with("2020-12"), "{}", scene["title"]);
    let change = draw(None, "change", "all").unwrap();
    assert_eq!(names(&change), ["common_ground_2020-12_step01_change.geojson"]);
    assert!(change.left_out[0].starts_with("change, step 2"), "{:?}", change.left_out);
    let refused = draw(None, "change", "2").unwrap_err().to_string();
    assert!(refused.contains("earlier origin"), "{refused}");
    let none = draw(Some("2019-01"), "error", "1").unwrap_err().to_string();
    assert!(none.contains("from 2019-01") && none.contains("2 from 2020-11 to 2020-12 are"), "{none}");
}

#[test]
fn what_is_not_there_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let run = project(folder.path(), 1);
    archive(&run).unwrap();
    let out = folder.path().join("maps");
    let says = |model: Option<&str>, against: Option<&str>, layer: &str, step: &str| {
        let (layers, steps) = (texts([layer]), texts([step]));
        let request = Request {
            model,
            against,
            layers: &layers,
            steps: &steps,
            formats: &[Format::Png],
            ..request(&out)
        };
        draw(&run, &code(), &Silent, &request).unwrap_err().to_string()
    };
    assert!(says(None, None, "weather", "1").contains("there is no `weather`"));
    assert!(says(None, None, "skill", "3").contains("`3` is no step of the forecast; there are 1 to 2"));
    assert!(says(Some("nobody"), None, "skill", "1").contains("no forecast of `nobody` from 2020-12"));
    assert!(says(None, Some("nobody"), "skill", "1").contains("`nobody` is no model of this run"));
}
