//! How often each drift test says «drifted» at 5 % when nothing has, and when something has: the tables of
//! `docs/results/gates.md`.
//!
//! ```text
//! drift_levels [REPLICATES] [PERMUTATIONS] [SEED] [NAME..]     300, 199, 0 and all when not given
//! ```
//!
//! A name is that of a test, or the beginning of that of a scenario: only these are done.
//!
//! Every test has its default settings but `block-length = 0`, which takes dependence from the values of scenarios without categories; blocks are the months
//! of a panel, strata the months of the year. All is drawn from one seed; the replicates of
//! two seeds have nothing in common. Each replicate has permutations of its own: with the same 99 in all of them a test would
//! have the level that these happen to have, which is 5 % give or take 2.

mod scenarios;

use std::error::Error;
use std::io::Write;
use std::ops::Range;

use forewarn_core::{DriftArgs, DriftTest, Entry};
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
    let (replicates, permutations, seed) = (number(1, 300)?, number(2, 199)?, number(3, 0)?);
    let given: Vec<String> = std::env::args().skip(4).collect();
    let (tests, starts): (Vec<String>, Vec<String>) =
        given.into_iter().partition(|name| DRIFT_TESTS.iter().any(|entry| entry.name == name));
    let asked = |name: &str| tests.is_empty() || tests.iter().any(|asked| asked == name);
    let wanted =
        |name: &str| starts.is_empty() || starts.iter().any(|start| name.starts_with(start.as_str()));
    let tests = DRIFT_TESTS.iter().filter(|entry| entry.name != OF_TWO_VALUES && asked(entry.name));
    let tests: Vec<(&str, Test<'_>)> =
        tests.map(|entry| (entry.name, Test { entry, permutations })).collect();
    let mut out = std::io::stdout().lock();
    for drifts in [false, true] {
        let scenarios: Vec<Scenario> =
            all().into_iter().filter(|scenario| scenario.drifts == drifts && wanted(scenario.name)).collect();
        if scenarios.is_empty() {
            continue;
        }
        let names: Vec<&str> = scenarios.iter().map(|scenario| scenario.name).collect();
        writeln!(out, "\n| {} | {} |", if drifts { "drift" } else { "no drift" }, names.join(" | "))?;
        writeln!(out, "|---|{}", "--:|".repeat(names.len()))?;
        for (name, test) in &tests {
            let count = if *name == SLOW { replicates.div_ceil(6) } else { replicates };
            let shares: Vec<String> = scenarios
                .iter()
                .map(|scenario| share(test, scenario, seed << 32..(seed << 32) + count))
                .collect();
            writeln!(out, "| `{name}` | {} |", shares.join(" | "))?;
            out.flush()?;
        }
    }
    Ok(())
}

/// Share of the replicates that are called drifted; a dash where the test refuses them.
fn share(test: &Test<'_>, scenario: &Scenario, seeds: Range<u64>) -> String {
    let replicates = seeds.end - seeds.start;
    let drifted: Vec<Option<bool>> =
        seeds.into_par_iter().map(|seed| test.drifted(seed, &(scenario.samples)(seed))).collect();
    let known: Vec<bool> = drifted.into_iter().flatten().collect();
    if 2 * (known.len() as u64) < replicates {
        return "-".to_owned();
    }
    format!("{:.3}", known.iter().filter(|drifted| **drifted).count() as f64 / known.len() as f64)
}

/// A test of the catalog with its default settings.
struct Test<'e> {
    entry: &'e Entry<dyn DriftTest>,
    permutations: u64,
}

impl Test<'_> {
    /// Whether it says so; nothing where it refuses the samples.
    fn drifted(&self, seed: u64, samples: &Samples) -> Option<bool> {
        // Codes of categories have no autocorrelation that could be estimated.
        let block_length = u64::from(samples.nominal);
        let settings = json!({"block-length": block_length, "permutations": self.permutations, "seed": seed});
        let mut args = DriftArgs::new(&samples.reference, &samples.current).ok()?;
        if samples.nominal {
            args = args.as_nominal();
        }
        if let Some([before, now]) = &samples.blocks {
            args = args.with_blocks([before, now]).ok()?;
        }
        if let Some([before, now]) = &samples.strata {
            args = args.with_strata([before, now]).ok()?;
        }
        let test = (self.entry.build)(&settings).expect("settings that every test has");
        test.compare(&args).ok().map(|drift| drift.drifted)
    }
}
