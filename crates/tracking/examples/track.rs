//! Tells a made-up run to a tracker, to see what it looks like there:
//!
//! ```text
//! cargo run -p forewarn-tracking --example track -- jsonl FOLDER
//! cargo run -p forewarn-tracking --example track -- wandb FOLDER
//! cargo run -p forewarn-tracking --example track -- mlflow http://127.0.0.1:5000
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use forewarn_tracking::{
    Alert, Artifact, File, Jsonl, Level, Metrics, Mlflow, Moment, Patience, Place, Role, Run, Table, Tracked,
    Tracker, Wandb,
};
use serde_json::json;

/// A picture of two pixels.
const PICTURE: &[u8] = include_bytes!("two_pixels.png");
const BEGUN: u64 = 1_772_344_800;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let environment: Vec<_> =
        std::env::vars().filter(|(name, _)| name.starts_with("MLFLOW_TRACKING_")).collect();
    let tracker: Box<dyn Tracker> = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["jsonl", folder] => Box::new(Jsonl::new(folder)),
        ["wandb", folder] => Box::new(Wandb::new(folder, "forewarn-example")),
        ["mlflow", address] => {
            Box::new(Mlflow::new(address, "forewarn-example", &environment, Patience::default())?)
        }
        _ => return Err("expected: jsonl FOLDER, wandb FOLDER or mlflow ADDRESS".into()),
    };
    for (number, stage) in
        ["fetch", "train", "evaluate", "forecast", "gate", "report"].into_iter().enumerate()
    {
        let run = Run {
            group: "example-2026-03".into(),
            stage: stage.into(),
            name: format!("{stage} 2026-03"),
            config: [("forecast.steps".to_owned(), json!(36)), ("name".to_owned(), json!("example"))].into(),
            tags: vec!["example".into(), "pgm".into()],
            started: Moment(BEGUN + 60 * number as u64),
        };
        let mut told = tracker.begin(&run)?;
        tell(stage, told.as_mut())?;
        told.finish(Moment(run.started.0 + 60), u8::from(stage == "gate"))?;
    }
    Ok(())
}

fn tell(stage: &str, told: &mut dyn Tracked) -> Result<(), forewarn_tracking::Error> {
    let panel = |role| artifact("panel", "dataset", role, &[]);
    let model = |role| artifact("conflictology", "model", role, &["challenger"]);
    let forecast = |role| artifact("issued", "forecast", role, &[]);
    match stage {
        "fetch" => told.artifact(&panel(Role::Made)),
        "train" => {
            told.artifact(&panel(Role::Used))?;
            told.artifact(&model(Role::Made))
        }
        "evaluate" => {
            for step in 1..=36_u32 {
                let crps = 1.0 - 1.0 / f64::from(step + 1);
                let values = BTreeMap::from([("pgm/ged_sb/crps".to_owned(), crps)]);
                told.metrics(&Metrics { step: step.into(), values })?;
            }
            let undefined = BTreeMap::from([("pgm/ged_sb/average-precision".to_owned(), f64::NAN)]);
            told.metrics(&Metrics { step: 36, values: undefined })
        }
        "forecast" => {
            told.artifact(&model(Role::Used))?;
            told.artifact(&forecast(Role::Made))?;
            told.image("maps/expected-value", PICTURE)
        }
        "gate" => {
            let columns = ["check", "verdict", "value"].map(str::to_owned).to_vec();
            // Longer than a block of W&B's log.
            let rows = (0..2000)
                .map(|i| vec![json!(format!("check {i}")), json!("pass"), json!(f64::from(i) / 7.0)]);
            told.table("gates/output", &Table { columns, rows: rows.collect() })?;
            let text = "the mean is 3.2 times that of last month".to_owned();
            told.alert(&Alert { title: "gate output failed".into(), text, level: Level::Error })
        }
        _ => told.artifact(&forecast(Role::Used)),
    }
}

/// An artifact of one file, this program's own source.
fn artifact(name: &str, kind: &str, role: Role, aliases: &[&str]) -> Artifact {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/two_pixels.png");
    let file = File { name: format!("{name}.png"), place: Place::Path(path), digest: "0".repeat(64) };
    let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
    Artifact { name: name.into(), kind: kind.into(), role, files: vec![file], aliases }
}
