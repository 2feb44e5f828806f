//! What a gate said, and why: the file that is left behind.

use forewarn_drift::gate::{Judged, Verdict};
use serde::{Deserialize, Serialize};

use super::{Kind, Planted};

/// What a gate said in one period, with everything that it is based on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Evidence {
    /// Version of this format; see `docs/gates.md`.
    pub schema: u32,
    /// Which gate.
    pub gate: Kind,
    /// The run.
    pub run: String,
    /// The period that was judged.
    pub period: String,
    /// What the gate says.
    pub verdict: Verdict,
    /// The greatest q value that was not chance.
    pub alpha: f64,
    /// False alarms that chance is expected to raise in a year, at most, while nothing is wrong.
    pub false_alarms_a_year: f64,
    /// What was looked at.
    pub looked: Looked,
    /// Every reading, with what it means.
    pub readings: Vec<Judged>,
    /// Faults that were planted, and whether the gate found them.
    pub planted: Vec<Planted>,
}

/// What a gate looked at, so that a reading can be made again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Looked {
    /// The files, from the output folder, with their digests.
    pub files: Vec<(String, String)>,
    /// The earlier edition it was compared with.
    pub previous: Option<(String, String)>,
    /// The columns.
    pub columns: Vec<String>,
}

impl Evidence {
    /// The format that is written here.
    pub const SCHEMA: u32 = 1;

    /// Faults that were planted and not found: a gate that is blind for them.
    pub fn blind(&self) -> impl Iterator<Item = &Planted> {
        self.planted.iter().filter(|planted| planted.found == Some(false))
    }

    /// What comes of it: a gate that is blind fails, whatever it says of the rest.
    pub fn state(&self) -> Verdict {
        if self.blind().next().is_some() { Verdict::Fail } else { self.verdict }
    }

    /// The readings that are off or unknown, worst first.
    pub fn off(&self) -> Vec<&Judged> {
        let mut off: Vec<&Judged> = self.readings.iter().filter(|j| j.verdict > Verdict::Pass).collect();
        off.sort_by_key(|judged| std::cmp::Reverse(judged.verdict));
        off
    }

    /// The same, each in a sentence.
    pub fn reasons(&self) -> Vec<String> {
        self.off().into_iter().map(sentence).collect()
    }
}

/// `fail: silent, ged_sb_best: ...`
fn sentence(judged: &Judged) -> String {
    let Judged { check, reading, verdict, .. } = judged;
    format!("{}: {check}, {}: {}", verdict.as_str(), reading.subject, reading.message)
}
