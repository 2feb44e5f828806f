//! How often each drift test says «drifted» at 5 % when nothing has, and when something has: the tables of
//! `docs/results/gates.md`.
//!
//! ```text
//! drift_levels [REPLICATES] [PERMUTATIONS]     300 and 199 when not given
//! ```
//!
//! Every test has its default settings but `block-length = 0`, which takes dependence from the values; blocks are the months
//! of a panel, strata the months of the year. All is drawn from one seed.

mod scenarios;

use std::error::Error;
use std::io::Write;

use forewarn_core::{DriftArgs, DriftTest};
use forewarn_drift::DRIFT_TESTS;
use rayon::prelude::*;
use serde_json::json;

use scenarios::{Samples, Scenario, all};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Work grows with the square of the sample: fewer replicates, which the heading tells.
const SLOW: &str = "mmd";
/// For two values only.
const OF_TWO_VALUES: &str = "fisher-exact";

fn main() -> Outcome<()> {
    let number = |i: usize, default| std::env::args().nth(i).map_or(Ok(default), |text| text.parse::<u64>());
    let (replicates, permutations) = (number(1, 300)?, number(2, 199)?);
    let tests: Vec<(&str, Box<dyn DriftTest>)> = DRIFT_TESTS
        .iter()
        .filter(|entry| entry.name != OF_TWO_VALUES)
        .map(|entry| {
            Ok((entry.name, (entry.build)(&json!({"block-length": 0, "permutations": permutations}))?))
        })
        .collect::<Outcome<_>>()?;
    let mut out = std::io::stdout().lock();
    for drifts in [false, true] {
        let scenarios: Vec<Scenario> =
            all().into_iter().filter(|scenario| scenario.drifts == drifts).collect();
        let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name).collect();
        writeln!(out, "\n| {} | {} |", if drifts { "drift" } else { "no drift" }, names.join(" | "))?;
        writeln!(out, "|---|{}", "--:|".repeat(names.len()))?;
        for (name, test) in &tests {
            let count = if *name == SLOW { replicates.div_ceil(6) } else { replicates };
            let shares: Vec<String> =
                scenarios.iter().map(|scenario| share(test.as_ref(), scenario, count)).collect();
            writeln!(out, "| `{name}` | {} |", shares.join(" | "))?;
            out.flush()?;
        }
    }
    Ok(())
}

/// Share of the replicates that are called drifted; a dash where the test refuses them.
fn share(test: &dyn DriftTest, scenario: &Scenario, replicates: u64) -> String {
    let drifted: Vec<Option<bool>> =
        (0..replicates).into_par_iter().map(|seed| drifted(test, &(scenario.samples)(seed))).collect();
    let known: Vec<bool> = drifted.into_iter().flatten().collect();
    if 2 * (known.len() as u64) < replicates {
        return "-".to_owned();
    }
    format!("{:.3}", known.iter().filter(|drifted| **drifted).count() as f64 / known.len() as f64)
}

fn drifted(test: &dyn DriftTest, samples: &Samples) -> Option<bool> {
    let mut args = DriftArgs::new(&samples.reference, &samples.current).ok()?;
    if let Some([before, now]) = &samples.blocks {
        args = args.with_blocks([before, now]).ok()?;
    }
    if let Some([before, now]) = &samples.strata {
        args = args.with_strata([before, now]).ok()?;
    }
    test.compare(&args).ok().map(|drift| drift.drifted)
}
