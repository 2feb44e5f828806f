//! Scores as a table for a terminal.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::ops::Range;

use forewarn_catalog::parse_metric;
use forewarn_core::Better;
use forewarn_pipeline::{Comparison, Group, Score, Scores, Verdict, is_better};

/// Columns after metric and model, with what is above them.
const HEAD: [&str; 7] = ["metric", "model", "score", "interval", "skill", "interval", "against"];

/// The scores of the whole evaluation, the best of each metric first, then why some are missing.
pub(super) fn table(scores: &Scores) -> String {
    let mut whole: Vec<(&Score, Better)> = scores
        .scores
        .iter()
        .filter(|s| s.group == Group::All)
        .map(|s| (s, parse_metric(&s.metric).map_or(Better::Lower, |(_, m)| m.better())))
        .collect();
    whole.sort_by(|(a, better), (b, _)| a.metric.cmp(&b.metric).then_with(|| order(*better, a, b)));
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(whole.iter().map(|(score, _)| row(score)));
    let mut out = aligned(&rows, 2..6);
    for (score, _) in &whole {
        if let Some(reason) = &score.reason {
            let _ = writeln!(out, "{} of {}: {reason}", score.metric, score.model);
        }
    }
    out.push_str(&leads(scores));
    if !scores.comparisons.is_empty() {
        out.push('\n');
        out.push_str(&comparisons(&scores.comparisons));
    }
    out
}

/// Ranges of steps: each forecaster beside every baseline.
fn leads(scores: &Scores) -> String {
    let of: Vec<&Score> = scores.scores.iter().filter(|s| s.group == Group::Leads).collect();
    let mut baselines: Vec<&str> = of.iter().flat_map(|s| &s.skills).map(|s| s.baseline.as_str()).collect();
    baselines.sort_unstable();
    baselines.dedup();
    let mut rows: Vec<[String; 7]> = Vec::new();
    for score in of.iter().filter(|s| s.skills.len() == baselines.len()) {
        for (i, skill) in score.skills.iter().enumerate() {
            let shown = |i: usize, text: &str| if i == 0 { text.to_owned() } else { String::new() };
            rows.push([
                shown(i, &score.metric),
                shown(i, score.label.as_deref().unwrap_or_default()),
                shown(i, &score.model),
                shown(i, &score.value.map_or_else(|| "missing".to_owned(), number)),
                skill.skill.map_or_else(String::new, percent),
                range(skill.interval, percent),
                skill.baseline.clone(),
            ]);
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let head = ["metric", "steps", "model", "score", "skill", "interval", "against"].map(str::to_owned);
    rows.insert(0, head);
    format!("\n{}", aligned(&rows, 3..6))
}

fn comparisons(comparisons: &[Comparison]) -> String {
    let head = ["metric", "issued", "against", "verdict", "difference", "detectable", "p (DM)", "p (GW)"];
    let shown = |value: Option<f64>, show: fn(f64) -> String| value.map_or_else(String::new, show);
    let row = |c: &Comparison| {
        let verdict = match c.verdict {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::CannotTell => "cannot tell",
        };
        let numbers = [shown(c.difference, number), shown(c.detectable, number)];
        let tests = [shown(c.diebold_mariano, p_value), shown(c.giacomini_white, p_value)];
        let words = [&c.metric, &c.model, &c.other].map(Clone::clone);
        let parts = [&words[..], &[verdict.to_owned()], &numbers, &tests].concat();
        std::array::from_fn(|i| parts.get(i).cloned().unwrap_or_default())
    };
    let mut rows: Vec<[String; 8]> = vec![head.map(str::to_owned)];
    rows.extend(comparisons.iter().map(row));
    let mut out = aligned(&rows, 4..8);
    if let Some(c) = comparisons.iter().find(|c| 4 * c.horizon > c.months) {
        let _ = writeln!(
            out,
            "caution: with a horizon of {} in {} months, verdicts are wrong more often than 5 % (docs/evaluation.md)",
            c.horizon, c.months
        );
    }
    out
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// Rows with a blank between columns; the columns in `right` end together.
fn aligned<const N: usize>(rows: &[[String; N]], right: Range<usize>) -> String {
    let width = |i: usize| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cell = |(i, text): (usize, &String)| {
            let width = widths[i];
            if right.contains(&i) { format!("{text:>width$}") } else { format!("{text:<width$}") }
        };
        let line: Vec<String> = row.iter().enumerate().map(cell).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", line.join("  ").trim_end());
    }
    out
}

/// The better one first, those without a value last.
fn order(better: Better, a: &Score, b: &Score) -> Ordering {
    let by_name = || a.model.cmp(&b.model);
    match (a.value, b.value) {
        (Some(x), Some(y)) if is_better(better, x, y) => Ordering::Less,
        (Some(x), Some(y)) if is_better(better, y, x) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        _ => by_name(),
    }
}

fn row(score: &Score) -> [String; 7] {
    let against = score.baseline.clone().filter(|_| score.skill.is_some());
    [
        score.metric.clone(),
        score.model.clone(),
        score.value.map_or_else(|| "missing".to_owned(), number),
        range(score.interval, number),
        score.skill.map_or_else(String::new, percent),
        range(score.skill_interval, percent),
        against.unwrap_or_default(),
    ]
}

fn range(range: Option<(f64, f64)>, show: fn(f64) -> String) -> String {
    range.map_or_else(String::new, |(low, high)| format!("{} to {}", show(low), show(high)))
}

/// Four significant digits.
fn number(value: f64) -> String {
    let decimals =
        if value == 0.0 { 0 } else { (3 - value.abs().log10().floor() as i32).clamp(0, 9) as usize };
    format!("{value:.decimals$}")
}

fn percent(share: f64) -> String {
    format!("{:+.1}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use forewarn_pipeline::Skill;

    use super::*;

    fn score(model: &str, value: Option<f64>) -> Score {
        Score {
            model: model.to_owned(),
            metric: "roc-auc".to_owned(),
            group: Group::All,
            key: None,
            label: None,
            value,
            interval: None,
            baseline: Some("still_water".to_owned()),
            skill: None,
            skill_interval: None,
            skills: Vec::new(),
            reason: None,
            n: 9,
        }
    }

    #[test]
    fn the_best_is_first_and_what_is_missing_is_explained() {
        let broken = Score { reason: Some("no event".to_owned()), ..score("dark_horse", None) };
        let best = Score {
            interval: Some((0.8, 0.91234)),
            skill: Some(0.7),
            skill_interval: Some((-0.05, 0.9)),
            ..score("quiet_river", Some(0.85))
        };
        let step = Score { group: Group::Step, key: Some(1), ..score("quiet_river", Some(0.1)) };
        let skill = |baseline: &str, skill: f64| Skill {
            baseline: baseline.to_owned(),
            skill: Some(skill),
            interval: Some((skill - 0.1, skill + 0.1)),
        };
        let early = Score {
            group: Group::Leads,
            label: Some("steps 1 to 12".to_owned()),
            skills: vec![skill("still_water", 0.4), skill("same_weather", 0.3)],
            ..score("quiet_river", Some(0.9))
        };
        let comparison = Comparison {
            metric: "crps".to_owned(),
            model: "quiet_river".to_owned(),
            other: "still_water".to_owned(),
            months: 47,
            horizon: 23,
            difference: Some(-0.02),
            detectable: Some(0.01),
            diebold_mariano: Some(0.0004),
            giacomini_white: None,
            verdict: Verdict::Better,
            reason: None,
        };
        let all = vec![broken, score("still_water", Some(0.5)), step, early, best];
        let scores = Scores { scores: all, comparisons: vec![comparison], summaries: Vec::new() };
        let expected = "\
metric   model          score          interval   skill         interval  against
roc-auc  quiet_river   0.8500  0.8000 to 0.9123  +70.0%  -5.0% to +90.0%  still_water
roc-auc  still_water   0.5000
roc-auc  dark_horse   missing
roc-auc of dark_horse: no event

metric   steps          model         score   skill          interval  against
roc-auc  steps 1 to 12  quiet_river  0.9000  +40.0%  +30.0% to +50.0%  still_water
                                             +30.0%  +20.0% to +40.0%  same_weather

metric  issued       against      verdict  difference  detectable  p (DM)  p (GW)
crps    quiet_river  still_water  better     -0.02000     0.01000  <0.001
caution: with a horizon of 23 in 47 months, verdicts are wrong more often than 5 % (docs/evaluation.md)
";
        assert_eq!(table(&scores), expected);
    }

    #[test]
    fn four_digits() {
        assert_eq!(
            [0.0, 0.012_345, 1.0, 123_456.7, -2.5].map(number),
            ["0", "0.01235", "1.000", "123457", "-2.500"]
        );
    }
}
