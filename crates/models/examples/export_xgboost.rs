//! Trains `xgboost` with each objective and writes, into the folder given as argument, each model as XGBoost's JSON and a
//! table of rows and predictions: `tests/python/test_xgboost.py` reads both with Python's package of that name.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;
use forewarn_models::regressors::REGRESSORS;

const ROWS: usize = 2000;
const COLUMNS: [&str; 4] = ["deaths", "deaths_lag", "distance", "nothing"];
const OBJECTIVES: [&str; 4] = ["squared-error", "poisson", "tweedie", "logistic"];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).ok_or("give a folder to write into")?;
    let entry =
        REGRESSORS.iter().find(|e| e.name == "xgboost").ok_or("built without the feature `xgboost`")?;
    let rows = rows()?;
    let weights: Vec<f32> = (0..ROWS).map(|i| 1.0 + (i % 4) as f32 / 2.0).collect();
    let all: Vec<u32> = (0..ROWS as u32).collect();
    for objective in OBJECTIVES {
        let settings = serde_json::json!({"objective": objective, "rounds": 60, "learning-rate": 0.1});
        let prepared = (entry.build)(&settings)?.prepare(&PrepareArgs::new(&rows, &weights)?)?;
        let labels = labels(&rows, objective == "logistic");
        let fitted = prepared.fit(&LabelArgs::new(Labels::new(&all, &labels, &weights, ROWS)?, 1))?;
        let (extension, model) = fitted.export()?.ok_or("no export")?;
        fs::write(Path::new(&folder).join(format!("{objective}.{extension}")), model)?;
        let table =
            table(&rows, &fitted.predict(&rows)?, &fitted.contributions(&rows)?.ok_or("no contributions")?);
        fs::write(Path::new(&folder).join(format!("{objective}.csv")), table?)?;
    }
    Ok(())
}

/// Numbers with many zeros and some missing values.
fn rows() -> forewarn_core::Result<DesignMatrix> {
    let stream = Stream::new(5, &[1]);
    let value = |i: usize| match stream.below(2 * i as u64, 10) {
        0 => f32::NAN,
        1..=4 => 0.0,
        _ => stream.below(2 * i as u64 + 1, 1000) as f32 / 37.0,
    };
    let columns = COLUMNS.iter().map(|&c| c.to_owned()).collect();
    DesignMatrix::new(columns, (0..ROWS * COLUMNS.len()).map(value).collect())
}

fn labels(rows: &DesignMatrix, events: bool) -> Vec<f32> {
    let or = |x: f32, missing: f32| if x.is_nan() { missing } else { x };
    let label = |x: &[f32]| (or(x[0], 9.0) * 0.5 + if x[1] == 0.0 { 0.0 } else { or(x[2], 30.0) }).floor();
    rows.rows().map(label).map(|y| if events { f32::from(y > 10.0) } else { y }).collect()
}

/// The columns, `prediction`, and `shap_0` to the base value; a missing value is an empty field.
fn table(rows: &DesignMatrix, predicted: &[f32], parts: &Contributions) -> Result<String, std::fmt::Error> {
    let width = COLUMNS.len() + 1;
    let names: Vec<String> = (0..width).map(|i| format!("shap_{i}")).collect();
    let mut text = format!("{},prediction,{}\n", COLUMNS.join(","), names.join(","));
    for ((row, prediction), parts) in rows.rows().zip(predicted).zip(parts.values.chunks_exact(width)) {
        for value in row {
            if !value.is_nan() {
                write!(text, "{value}")?;
            }
            text.push(',');
        }
        write!(text, "{prediction}")?;
        for part in parts {
            write!(text, ",{part}")?;
        }
        text.push('\n');
    }
    Ok(text)
}
