//! What a gate said, and why: the file that is left behind.

use forewarn_drift::gate::{Judged, Verdict};
use serde::{Deserialize, Serialize};

use super::{Kind, Planted};
use crate::report::words::count;

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

    /// How many readings there are and what came of them: `4 readings, 1 off, 1 could not be told, 1 waived`.
    pub fn counts(&self) -> String {
        let of = |is: fn(&Judged) -> bool| count(self.readings.iter().filter(|judged| is(judged)).count());
        format!(
            "{} readings, {} off, {} could not be told, {} waived",
            count(self.readings.len()),
            of(|judged| judged.verdict >= Verdict::Warn),
            of(|judged| judged.verdict == Verdict::CannotTell),
            of(|judged| judged.waived.is_some())
        )
    }

    /// The same in sentences: one for each check and verdict, with the reading that is furthest beyond its limit, and how
    /// many others there are.
    pub fn reasons(&self) -> Vec<String> {
        let mut groups: Vec<Vec<&Judged>> = Vec::new();
        for judged in self.off() {
            let same = |group: &&mut Vec<&Judged>| {
                (group[0].verdict, &group[0].check) == (judged.verdict, &judged.check)
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.push(judged),
                None => groups.push(vec![judged]),
            }
        }
        groups.iter().map(|group| sentence(group)).collect()
    }
}

/// `fail: silent, ged_sb_best: ... (and 2 readings more)`
fn sentence(group: &[&Judged]) -> String {
    let beyond = |j: &Judged| j.reading.effect.map_or(0.0, |effect| effect / j.reading.limit);
    // Of readings that are as far off the first is told.
    let worst = group.iter().copied().reduce(|a, b| if beyond(b) > beyond(a) { b } else { a });
    let Some(Judged { check, reading, verdict, .. }) = worst else { return String::new() };
    let more = match group.len() {
        1 => String::new(),
        2 => " (and 1 reading more)".to_owned(),
        n => format!(" (and {} readings more)", n - 1),
    };
    format!("{}: {check}, {}: {}{more}", verdict.as_str(), reading.subject, reading.message)
}

#[cfg(test)]
pub(crate) mod tests {
    use forewarn_core::Reading;

    use super::*;
    use crate::gates::Looked;

    pub(crate) fn evidence() -> Evidence {
        let judged = |check: &str, subject: &str, effect: f64, verdict| Judged {
            check: check.to_owned(),
            reading: Reading::fact(subject, effect, 1.0, format!("it is {effect}")),
            q_value: None,
            off: verdict > Verdict::Pass,
            verdict,
            waived: None,
        };
        Evidence {
            schema: Evidence::SCHEMA,
            gate: Kind::Input,
            run: "demo-2020-12-0123456789".to_owned(),
            period: "2020-12".to_owned(),
            verdict: Verdict::Fail,
            alpha: 0.01,
            false_alarms_a_year: 0.12,
            looked: Looked::default(),
            readings: vec![
                judged("size", "ged_sb", 2.0, Verdict::Warn),
                judged("size", "a <b> & \"c\"", 3.0, Verdict::Warn),
                judged("silent", "ged_sb", 9.0, Verdict::Fail),
                judged("range", "ged_sb", f64::NAN, Verdict::CannotTell),
                judged("whole", "ged_sb", 0.0, Verdict::Pass),
            ],
            planted: Vec::new(),
        }
    }

    #[test]
    fn what_is_off_is_told_once_a_check_worst_first() {
        let expected = [
            "fail: silent, ged_sb: it is 9",
            "warn: size, a <b> & \"c\": it is 3 (and 1 reading more)",
            "cannot-tell: range, ged_sb: it is NaN",
        ];
        assert_eq!(evidence().reasons(), expected);
    }

    #[test]
    fn evidence_is_json_without_nan() {
        let text = serde_json::to_string(&evidence()).unwrap();
        assert!(text.contains("\"effect\":null") && !text.contains(":NaN"), "{text}");
        assert_eq!(serde_json::from_str::<Evidence>(&text).unwrap(), evidence());
    }
}
