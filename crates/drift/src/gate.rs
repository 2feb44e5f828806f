//! Verdicts: what the readings of a gate's checks mean, by its rules.
//!
//! A reading is off when its effect matters and chance is no excuse: `q <= alpha` by Benjamini and Hochberg (1995,
//! doi:10.1111/j.2517-6161.1995.tb02031.x) over all readings of the gate that chance can move; a fact needs the effect
//! alone. When nothing is wrong, a gate that judges `n` times a year is expected to raise at most `n alpha` alarms by
//! chance, however many readings it has.

use forewarn_core::prelude::*;
use forewarn_kernels::multiplicity::benjamini_hochberg;

/// What a gate says, ascending by how much it stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing is off.
    Pass,
    /// Something could not be looked at.
    CannotTell,
    /// Something is off that stops nothing.
    Warn,
    /// Something is off that stops what comes after.
    Fail,
}

impl Verdict {
    /// As written in evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::CannotTell => "cannot-tell",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// How a check's readings are judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Name of the check.
    pub check: String,
    /// What a reading that is off amounts to: `warn` or `fail`.
    #[serde(default = "fail")]
    pub severity: Verdict,
    /// How often it must be off, in how many periods, the newest among them: `[2, 3]`.
    #[serde(default = "at_once")]
    pub persistence: [usize; 2],
    /// The share of the limit below which the effect must fall for an alarm to end (0-1); it begins at the limit.
    #[serde(default = "release")]
    pub release: f64,
    /// Settings of the check.
    #[serde(default)]
    pub settings: serde_json::Map<String, serde_json::Value>,
}

fn fail() -> Verdict {
    Verdict::Fail
}

fn at_once() -> [usize; 2] {
    [1, 1]
}

fn release() -> f64 {
    0.8
}

impl Rule {
    /// The check with its default settings; `severity` says what it amounts to.
    pub fn new(check: &str, severity: Verdict) -> Self {
        let settings = serde_json::Map::new();
        Self { check: check.to_owned(), severity, persistence: at_once(), release: release(), settings }
    }

    /// Refuses what no verdict can be made by.
    ///
    /// # Errors
    /// [`Error::Config`] that names the rule and the setting.
    pub fn checked(self) -> Result<Self> {
        let wrong = |what: String| Err(Error::config(format!("rule `{}`", self.check), what));
        let [hits, of] = self.persistence;
        if self.severity < Verdict::Warn {
            return wrong(format!("`severity` is `{}`; it is `warn` or `fail`", self.severity.as_str()));
        }
        if hits == 0 || hits > of {
            return wrong(format!("`persistence` is [{hits}, {of}]; it is [k, n] with 1 <= k <= n"));
        }
        if !(self.release > 0.0 && self.release <= 1.0) {
            return wrong(format!("`release` is {}; it must be above 0 and at most 1", self.release));
        }
        Ok(self)
    }
}

/// The checks that the rules name, each with its rule.
///
/// # Errors
/// [`Error::Config`] for a check that is not in the catalog, a setting that it has not, or a rule that cannot be.
pub fn checks<'r, T: ?Sized>(rules: &'r [Rule], catalog: &[Entry<T>]) -> Result<Vec<(&'r Rule, Box<T>)>> {
    let build = |rule: &'r Rule| {
        let entry = catalog.iter().find(|entry| entry.name == rule.check).ok_or_else(|| {
            let names: Vec<_> = catalog.iter().map(|entry| entry.name).collect();
            let text = format!("this gate has no such check; it has: {}", names.join(", "));
            Error::config(format!("rule `{}`", rule.check), text)
        })?;
        rule.clone().checked()?;
        Ok((rule, (entry.build)(&serde_json::Value::Object(rule.settings.clone()))?))
    };
    rules.iter().map(build).collect()
}

/// The readings of every check; of a check that fails, one that is unknown and says why.
pub fn readings<'r, T: ?Sized>(
    checks: &[(&'r Rule, Box<T>)],
    read: impl Fn(&T) -> Result<Vec<Reading>>,
) -> Vec<(&'r Rule, Reading)> {
    let of = |(rule, check): &(&'r Rule, Box<T>)| {
        let rule = *rule;
        let readings = read(check);
        let readings = readings.unwrap_or_else(|e| vec![Reading::unknown("all", e.to_string())]);
        readings.into_iter().map(move |reading| (rule, reading))
    };
    checks.iter().flat_map(of).collect()
}

/// A reading that somebody answers for: it is told, and stops nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waiver {
    /// Name of the check.
    pub check: String,
    /// The subject; all of the check's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Who answers for it.
    pub owner: String,
    /// The last period for which it holds (`2026-12`).
    pub until: String,
    /// Why.
    pub reason: String,
}

/// A reading and what it means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Judged {
    /// Name of the check.
    pub check: String,
    /// What it read.
    pub reading: Reading,
    /// The p value, corrected for all readings of the gate.
    pub q_value: Option<f64>,
    /// Whether it is off this time, whatever comes of it.
    pub off: bool,
    /// What comes of it.
    pub verdict: Verdict,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waiver>,
}

/// What judging needs besides readings.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The greatest q value that is not chance.
    pub alpha: f64,
    /// Waivers that hold now.
    pub waivers: &'a [Waiver],
    /// What the same gate judged in the periods before, latest last.
    pub earlier: &'a [Vec<Judged>],
}

/// Judges the readings of a gate, each with its rule.
pub fn judge(readings: Vec<(&Rule, Reading)>, terms: &Terms<'_>) -> Vec<Judged> {
    let p_values: Vec<Option<f64>> = readings.iter().map(|(_, reading)| reading.p_value).collect();
    let q_values = q_values(&p_values);
    let one = |((rule, reading), q_value): ((&Rule, Reading), Option<f64>)| {
        let off = is_off(rule, &reading, q_value, terms);
        let own = verdict(rule, &reading, off, terms);
        let applies = |w: &&Waiver| {
            w.check == rule.check && w.subject.as_ref().is_none_or(|subject| *subject == reading.subject)
        };
        let waived = terms.waivers.iter().find(applies).filter(|_| own > Verdict::Pass).cloned();
        let verdict = if waived.is_some() { Verdict::Pass } else { own };
        Judged { check: rule.check.clone(), reading, q_value, off, verdict, waived }
    };
    readings.into_iter().zip(q_values).map(one).collect()
}

/// The verdict of the gate: the worst of all. Nothing read is nothing known.
pub fn overall(judged: &[Judged]) -> Verdict {
    judged.iter().map(|j| j.verdict).max().unwrap_or(Verdict::CannotTell)
}

/// What the gate said of the same subject, in the period that is `back` periods before.
fn before<'t>(rule: &Rule, reading: &Reading, terms: &Terms<'t>, back: usize) -> Option<&'t Judged> {
    let period = terms.earlier.iter().rev().nth(back)?;
    period.iter().find(|j| j.check == rule.check && j.reading.subject == reading.subject)
}

fn is_off(rule: &Rule, reading: &Reading, q_value: Option<f64>, terms: &Terms<'_>) -> bool {
    let goes_on = before(rule, reading, terms, 0).is_some_and(|j| j.off);
    let limit = if goes_on { rule.release * reading.limit } else { reading.limit };
    let matters = reading.effect.is_some_and(|effect| effect >= limit);
    matters && q_value.is_none_or(|q| q <= terms.alpha)
}

fn verdict(rule: &Rule, reading: &Reading, off: bool, terms: &Terms<'_>) -> Verdict {
    if reading.effect.is_none() {
        return Verdict::CannotTell;
    }
    let [hits, of] = rule.persistence;
    let earlier =
        (0..of - 1).filter(|back| before(rule, reading, terms, *back).is_some_and(|j| j.off)).count();
    if off && earlier + 1 >= hits { rule.severity } else { Verdict::Pass }
}

/// Of the readings that chance can move.
fn q_values(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let known: Vec<f64> = p_values.iter().flatten().copied().collect();
    let mut q_values = benjamini_hochberg(&known).into_iter();
    p_values.iter().map(|p| p.and_then(|_| q_values.next())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Terms<'static> = Terms { alpha: 0.01, waivers: &[], earlier: &[] };

    fn reading(effect: f64, p_value: Option<f64>) -> Reading {
        let fact = Reading::fact("x", effect, 1.0, "");
        p_value.map_or(fact.clone(), |p| fact.by_chance(p))
    }

    fn verdict_of(rule: &Rule, reading: Reading, terms: &Terms<'_>) -> Verdict {
        overall(&judge(vec![(rule, reading)], terms))
    }

    #[test]
    fn a_verdict_needs_an_effect_that_matters_and_no_chance() {
        let rule = Rule::new("size", Verdict::Fail);
        let of = |effect, p| verdict_of(&rule, reading(effect, p), &NONE);
        assert_eq!(of(2.0, Some(0.001)), Verdict::Fail);
        assert_eq!(of(2.0, Some(0.02)), Verdict::Pass);
        assert_eq!(of(0.5, Some(0.001)), Verdict::Pass);
        assert_eq!(of(1.0, None), Verdict::Fail);
        assert_eq!(of(f64::NAN, None), Verdict::CannotTell);
        assert_eq!(of(5.0, Some(f64::NAN)), Verdict::CannotTell);
        assert_eq!(overall(&[]), Verdict::CannotTell);
    }

    #[test]
    fn many_readings_are_corrected_for() {
        let rule = Rule::new("size", Verdict::Fail);
        let quiet = || (&rule, reading(2.0, Some(0.5)));
        let readings = |p| (0..99).map(|_| quiet()).chain([(&rule, reading(2.0, Some(p)))]).collect();
        assert_eq!(overall(&judge(readings(0.001), &NONE)), Verdict::Pass);
        assert_eq!(overall(&judge(readings(0.000_1), &NONE)), Verdict::Fail);
        // Worked by hand: 0.01 x 3 / 1, 0.02 x 3 / 2, 0.5 x 3 / 3.
        let q = q_values(&[Some(0.5), None, Some(0.01), Some(0.02)]);
        assert_eq!(q, [Some(0.5), None, Some(0.03), Some(0.03)]);
    }

    #[test]
    fn an_alarm_comes_after_k_of_n_and_ends_below_its_limit() {
        let rule = Rule { persistence: [2, 3], ..Rule::new("size", Verdict::Warn) };
        let mut earlier: Vec<Vec<Judged>> = Vec::new();
        let mut step = |effect| {
            let judged = judge(vec![(&rule, reading(effect, None))], &Terms { earlier: &earlier, ..NONE });
            earlier.push(judged.clone());
            overall(&judged)
        };
        let verdicts: Vec<_> = [1.5, 0.1, 1.5, 0.9, 0.7, 0.9].map(&mut step).to_vec();
        // Once is not enough, twice of three is; 0.9 keeps it up, 0.7 ends it, and 0.9 does not bring it back.
        let (pass, warn) = (Verdict::Pass, Verdict::Warn);
        assert_eq!(verdicts, [pass, pass, warn, warn, pass, pass]);
    }

    #[test]
    fn a_waiver_is_for_its_subject_and_is_told() {
        let rule = Rule::new("size", Verdict::Fail);
        let waiver = |subject: Option<&str>| Waiver {
            check: "size".to_owned(),
            subject: subject.map(str::to_owned),
            owner: "A. Nalyst".to_owned(),
            until: "2026-12".to_owned(),
            reason: "a new source".to_owned(),
        };
        let of = |waivers: &[Waiver], effect| {
            judge(vec![(&rule, reading(effect, None))], &Terms { waivers, ..NONE }).remove(0)
        };
        let judged = of(&[waiver(Some("x"))], 2.0);
        assert!(judged.off && judged.verdict == Verdict::Pass && judged.waived.is_some());
        assert_eq!(of(&[waiver(Some("y"))], 2.0).verdict, Verdict::Fail);
        assert_eq!(of(&[waiver(None)], f64::NAN).verdict, Verdict::Pass);
        assert!(of(&[waiver(None)], 0.1).waived.is_none());
    }

    #[test]
    fn rules_are_checked() {
        let wrong = |rule: Rule| rule.checked().unwrap_err().to_string();
        let rule = || Rule::new("size", Verdict::Fail);
        assert!(wrong(Rule { severity: Verdict::Pass, ..rule() }).contains("`severity` is `pass`"));
        assert!(wrong(Rule { persistence: [3, 2], ..rule() }).contains("[3, 2]"));
        assert!(wrong(Rule { release: 0.0, ..rule() }).contains("`release` is 0"));
        assert!(rule().checked().is_ok());
    }
}
