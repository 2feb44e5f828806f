//! `forewarn redteam` as its users run it.

use std::path::Path;

use crate::project::{forewarn, said};

fn redteam(arguments: &[&str]) -> (i32, String, String) {
    said(&forewarn().current_dir(Path::new("/")).arg("redteam").args(arguments).output().unwrap())
}

#[test]
fn the_default_suite_passes_and_fits_the_page() {
    let (code, out, err) = redteam(&[]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("The suite passes: the truth has mean rank 1."), "{out}");
    assert!(out.lines().all(|line| line.len() <= 120), "{out}");
    let row = |name: &str| out.lines().find(|l| l.starts_with(name)).unwrap().split_whitespace().count();
    assert_eq!((row("crps"), row("mean rank")), (9, 10), "{out}");
}

#[test]
fn a_suite_that_can_be_fooled_exits_3_with_the_evidence() {
    let (code, out, err) = redteam(&["--metric", "msle", "--seed", "1"]);
    assert_eq!(code, 3, "{err}");
    assert!(out.contains("msle prefers: all zero, same mean everywhere, size / 10, frequency / 10"), "{out}");
    assert!(err.starts_with("error: gate `redteam` failed: all zero ("), "{err}");
    let (code, out, _) = redteam(&["--metric", "msle", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(code == 3 && found["passes"] == false && found["above"][0] == "all-zero", "{out}");
}

#[test]
fn metrics_are_named_in_one_go_or_one_by_one() {
    let together = redteam(&["--metric", "msle,crps,brier,average-precision"]);
    let apart = redteam(&["-m", "msle", "-m", "crps,brier", "--metric", "average-precision", "--seed", "1"]);
    assert_eq!(together.0, 0, "{}", together.2);
    assert_eq!(together, apart);
    let (code, out, err) = redteam(&["--metric", "crisp"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("there is no `crisp`; did you mean `crps`?"), "{err}");
}
