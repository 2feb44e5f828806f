//! Cases in the file of rules: small observations and what the gate must say of them.

use std::collections::BTreeMap;
use std::path::Path;

use forewarn_core::{Axis, Cadence, InputArgs, Panel, Period, Unit};
use forewarn_drift::gate::{Judged, Terms, Verdict, checks, judge, readings};
use forewarn_drift::input::INPUT_CHECKS;
use serde::{Deserialize, Serialize};

use super::{GateFile, Kind};
use crate::{Error, Result};

/// A case of the input gate.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UnitTest {
    /// What it shows.
    pub name: String,
    /// Values on periods x units, `nan` for missing.
    pub history: Vec<Vec<f32>>,
    /// How often the history is repeated, one after the other.
    #[serde(default = "once")]
    pub cycles: usize,
    /// Values of the newest period.
    pub newest: Vec<f32>,
    /// The worst verdict of each check.
    pub expect: BTreeMap<String, Verdict>,
}

fn once() -> usize {
    1
}

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tested {
    /// Its name.
    pub name: String,
    /// What the checks said that said something else than was expected; empty when all is well.
    pub wrong: Vec<String>,
}

/// Judges the cases of a file by its rules.
///
/// # Errors
/// A file that cannot be read, a case that is none, rules that do not fit.
pub fn test(path: &Path) -> Result<Vec<Tested>> {
    let file = GateFile::load(path)?;
    if file.tests.is_empty() {
        let reason = "there are no [[tests]]; give one with `name`, `history`, `newest` and `expect`";
        return Err(Error::config(path.display().to_string(), reason));
    }
    file.tests.iter().map(|case| case.run(&file)).collect()
}

impl UnitTest {
    fn run(&self, file: &GateFile) -> Result<Tested> {
        let panel =
            self.panel().map_err(|e| Error::config(format!("test `{}`", self.name), e.to_string()))?;
        let columns = ["x".to_owned()];
        let args = InputArgs::new(&panel, &columns)?;
        let rules = file.rules(Kind::Input);
        let checks = checks(&rules, INPUT_CHECKS)?;
        let terms = Terms { alpha: file.alpha, waivers: &[], earlier: &[] };
        let judged = judge(readings(&checks, |check| check.read(&args)), &terms);
        let wrong =
            self.expect.iter().filter_map(|(check, expected)| wrong(&judged, check, *expected)).collect();
        Ok(Tested { name: self.name.clone(), wrong })
    }

    fn panel(&self) -> Result<Panel> {
        let rows: Vec<&Vec<f32>> =
            std::iter::repeat_n(&self.history, self.cycles).flatten().chain([&self.newest]).collect();
        let units = (1..=self.newest.len() as u32).map(Unit).collect();
        let axis = Axis { cadence: Cadence::Month, first: Period(1), len: rows.len() };
        let mut panel = Panel::new(axis, units)?;
        panel.push("x", rows.into_iter().flatten().copied().collect())?;
        Ok(panel)
    }
}

/// What a check said instead of what was expected.
fn wrong(judged: &[Judged], check: &str, expected: Verdict) -> Option<String> {
    let of_check = judged.iter().filter(|j| j.check == check);
    let Some(worst) = of_check.max_by_key(|j| j.verdict) else {
        return Some(format!("`{check}` is {}, but it has no reading", expected.as_str()));
    };
    (worst.verdict != expected).then(|| {
        let (expected, said) = (expected.as_str(), worst.verdict.as_str());
        format!("`{check}` should be {expected} and is {said}: {}", worst.reading.message)
    })
}
