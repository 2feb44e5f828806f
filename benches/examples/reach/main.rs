//! What training at full size costs, and whether merging equal rows changes what is learned: the figures of
//! `docs/results/models.md`.
//!
//! ```text
//! reach features TABLE.parquet QUERY_SET.toml OUT.parquet [place]   features and `target`; `place`: row and column of the cell
//! reach share FILE UNTIL                                            how many rows are distinct
//! reach train FILE UNTIL STEPS MODEL                                CPU seconds and memory of training
//! reach score FILE UNTIL LAST STEP REGRESSOR [unmerged] [event]     scores of one step on what was held out
//! ```
//!
//! MODEL and REGRESSOR are JSON, `{"algorithm": "boosting", "settings": {"rounds": 100}}`; UNTIL the last month of training, LAST the last
//! that may be looked at. `benches/peers/xgboost_stepshift.py` reads the same FILE.

mod score;
mod usage;

use std::error::Error;
use std::fs::File;
use std::path::Path;

use forewarn_benches::{NAMES, observed};
use forewarn_catalog::{MODELS, find};
use forewarn_core::{Cell, FitArgs, Panel, Period, Step, TargetKind};
use forewarn_data::geography;
use forewarn_data::panel_file;
use forewarn_kernels::distinct::Distinct;
use forewarn_transforms::QuerySet;
use serde_json::{Value, json};
use usage::Usage;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Column of what is learned.
const TARGET: &str = "target";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = match &arguments[..] {
        ["features", table, set, out, place @ ..] => features(table, set, out, place == ["place"])?,
        ["share", file, until] => share(&read(file)?, until.parse()?)?,
        ["train", file, until, steps, model] => {
            train(&read(file)?, until.parse()?, steps.parse()?, &serde_json::from_str(model)?)?
        }
        ["score", file, until, last, step, regressor, how @ ..] => {
            let plan = score::Plan {
                until: until.parse()?,
                last: last.parse()?,
                step: step.parse()?,
                regressor: serde_json::from_str(regressor)?,
                unmerged: how.contains(&"unmerged"),
                event: how.contains(&"event"),
            };
            plan.run(&read(file)?)?
        }
        _ => return Err("see the first lines of benches/examples/reach/main.rs".into()),
    };
    serde_json::to_writer(std::io::stdout().lock(), &answer)?;
    Ok(())
}

fn read(file: &str) -> Outcome<Panel> {
    Ok(panel_file::read(Path::new(file))?)
}

/// Names of the features of a file.
fn names(panel: &Panel) -> Vec<&str> {
    panel.columns().iter().map(|c| c.name.as_str()).filter(|&n| n != TARGET).collect()
}

fn features(table: &str, set: &str, out: &str, place: bool) -> Outcome<Value> {
    let panel = observed(table, NAMES, &["ged_sb_best", "ged_ns_best", "ged_os_best"])?;
    let set = QuerySet::parse(&std::fs::read_to_string(set)?)?;
    let country = |&unit| geography::country(unit).map_or(0, |c| c.id);
    let groups: Vec<u32> = panel.units().iter().map(country).collect();
    let mut features = set.apply(&panel, &groups)?;
    if place {
        let cells = panel.units().iter().map(|u| Cell::new(u.0)).collect::<Result<Vec<_>, _>>()?;
        let periods = panel.axis().len;
        let every =
            |of: fn(&Cell) -> u32| cells.iter().map(|c| of(c) as f32).collect::<Vec<_>>().repeat(periods);
        features.push("row", every(|c| c.row()))?;
        features.push("col", every(|c| c.col()))?;
    }
    features.push(TARGET, panel.column("ged_sb_best")?.values().to_vec())?;
    panel_file::write(&features, File::create(out)?)?;
    Ok(
        json!({ "features": names(&features).len(), "cells": panel.units().len(), "months": panel.axis().len }),
    )
}

fn share(panel: &Panel, until: i32) -> Outcome<Value> {
    let history = panel.until(Period(until))?;
    let columns = names(panel).iter().map(|n| history.column(n)).collect::<Result<Vec<_>, _>>()?;
    let rows = history.axis().len * history.units().len();
    let distinct = Distinct::of(&columns, rows).first.len();
    Ok(json!({ "rows": rows, "distinct": distinct, "share": distinct as f64 / rows as f64 }))
}

fn train(panel: &Panel, until: i32, steps: u16, model: &Value) -> Outcome<Value> {
    let name = model["algorithm"].as_str().ok_or("no `algorithm`")?;
    let mut settings = model["settings"].clone();
    settings["features"] = names(panel).into();
    let model = (find("model", MODELS, name)?.build)(&settings)?;
    let history = panel.until(Period(until))?;
    let args = FitArgs::new(history, TARGET, TargetKind::Count, 42)?
        .with_steps(Step(steps))
        .with_features(history)?;
    let before = Usage::restart()?;
    let fitted = model.fit(&args)?;
    let after = Usage::now()?;
    let state = fitted.state()?.len();
    Ok(
        json!({ "steps": steps, "cpu_s": after.cpu_seconds - before.cpu_seconds, "panel_mb": before.resident_mb,
        "peak_above_mb": after.peak_mb - before.resident_mb, "state_bytes": state }),
    )
}
