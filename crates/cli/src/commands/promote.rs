//! `forewarn promote`: may a shadow take over?

use std::fmt::Write as _;

use forewarn_pipeline::promotion::{Challenge, Contest, Decision, Promotion, promote as judge};
use forewarn_pipeline::{Group, Resolved};

use super::run::code;
use crate::Failure;
use crate::arguments::PromoteArguments;
use crate::progress::Display;

/// Judges, prints the evidence in short, and fails unless the shadow is better.
pub(crate) fn promote(
    arguments: &PromoteArguments,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let run = Resolved::load(&arguments.run.config, environment, &arguments.run.set)?;
    let challenge = Challenge {
        shadow: arguments.shadow.clone(),
        production: arguments.over.clone(),
        approver: arguments.approver.clone(),
    };
    let promotion = judge(&run, &code()?, &challenge, &Display::new())?;
    let output = if arguments.run.json {
        serde_json::to_string_pretty(&promotion).map_err(|e| Failure::new(1, e.to_string()))? + "\n"
    } else {
        words(&promotion)
    };
    match promotion.ruling.decision {
        Decision::Better => Ok(output),
        Decision::Worse | Decision::CannotTell => {
            let reason =
                format!("`{}` does not take over: {}", promotion.shadow, promotion.ruling.reasons.join("; "));
            Err(Failure { output, ..Failure::new(3, reason) })
        }
    }
}

fn words(promotion: &Promotion) -> String {
    let decision = match promotion.ruling.decision {
        Decision::Better => "better",
        Decision::Worse => "worse",
        Decision::CannotTell => "cannot tell",
    };
    let mut out = format!("{} against {}: {decision}\n", promotion.shadow, promotion.production);
    for reason in &promotion.ruling.reasons {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  {reason}");
    }
    let _ = writeln!(out, "\n{:<20} {:<18} {:>12} {:>12}  skill", "metric", "rows", "shadow", "production");
    for contest in promotion.backtests.iter().filter(|c| c.group != Group::Country) {
        row(&mut out, contest);
    }
    countries(&mut out, promotion);
    let _ = writeln!(out, "\nmonths of issued forecasts to judge by: {}", promotion.online.months);
    for contest in promotion.online.contests.iter().filter(|c| c.group == Group::All) {
        row(&mut out, contest);
    }
    let _ = writeln!(out, "evidence: {}", promotion.evidence.display());
    match &promotion.approver {
        Some(approver) => {
            let changed: Vec<_> = promotion.changed.iter().map(|path| path.display().to_string()).collect();
            let _ = writeln!(out, "approved by {approver}; changed: {}", changed.join(", "));
        }
        None => out.push_str("nothing is changed; --approver NAME would, where the answer is better\n"),
    }
    out
}

fn row(out: &mut String, contest: &Contest) {
    let number = |v: Option<f64>| v.map_or("-".to_owned(), |v| format!("{v:.5}"));
    let percent = |v: f64| format!("{:+.1} %", 100.0 * v);
    let skill = contest.skill.map_or_else(
        || contest.reason.clone().unwrap_or_else(|| "-".to_owned()),
        |skill| match contest.interval {
            Some((low, high)) => format!("{} ({} to {})", percent(skill), percent(low), percent(high)),
            None => percent(skill),
        },
    );
    let rows = contest.label.as_deref().unwrap_or("all");
    let (shadow, production) = (number(contest.shadow), number(contest.production));
    let _ = writeln!(out, "{:<20} {rows:<18} {shadow:>12} {production:>12}  {skill}", contest.metric);
}

/// In how many countries the shadow is better or worse, by the metric that decides.
fn countries(out: &mut String, promotion: &Promotion) {
    let Some(metric) = promotion.backtests.first().map(|c| &c.metric) else { return };
    let all = || promotion.backtests.iter().filter(|c| c.group == Group::Country && c.metric == *metric);
    let (better, worse) = (all().filter(|c| c.is_better()).count(), all().filter(|c| c.is_worse()).count());
    let _ =
        writeln!(out, "{metric:<20} better in {better} countries, worse in {worse}, of {}", all().count());
}

#[cfg(test)]
mod tests {
    use forewarn_pipeline::promotion::{Online, Ruling};

    use super::*;

    fn contest(metric: &str, group: Group, key: Option<i32>, interval: Option<(f64, f64)>) -> Contest {
        Contest {
            metric: metric.to_owned(),
            group,
            key,
            label: key.map(|key| format!("{group:?} {key}")),
            shadow: Some(0.5),
            production: Some(0.625),
            skill: Some(0.2),
            interval,
            n: 100,
            reason: None,
        }
    }

    fn line(contest: &Contest) -> String {
        let mut out = String::new();
        row(&mut out, contest);
        // Columns are at least a space apart.
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_row_has_both_scores_and_the_skill() {
        let whole = contest("crps", Group::All, None, Some((0.125, 0.25)));
        assert_eq!(line(&whole), "crps all 0.50000 0.62500 +20.0 % (+12.5 % to +25.0 %)");
        let open = contest("crps", Group::Leads, Some(6), None);
        assert_eq!(line(&open), "crps Leads 6 0.50000 0.62500 +20.0 %", "without an interval");
        let loses = Contest { skill: Some(-0.5), interval: Some((-0.75, 0.0)), ..whole.clone() };
        assert!(line(&loses).ends_with("-50.0 % (-75.0 % to +0.0 %)"), "{}", line(&loses));
        let silent = Contest { production: None, skill: None, reason: Some("no event".to_owned()), ..whole };
        assert_eq!(line(&silent), "crps all 0.50000 - no event");
        assert_eq!(line(&Contest { shadow: None, reason: None, ..silent }), "crps all - - -");
    }

    fn promotion(decision: Decision, backtests: Vec<Contest>) -> Promotion {
        let reasons = vec!["it is so".to_owned(), "and so".to_owned()];
        Promotion {
            shadow: "new_hand".to_owned(),
            production: "old_hand".to_owned(),
            run: "r1".to_owned(),
            ruling: Ruling { decision, reasons },
            backtests,
            online: Online {
                months: 4,
                contests: vec![
                    contest("brier", Group::All, None, None),
                    contest("brier", Group::Leads, Some(1), None),
                ],
            },
            approver: None,
            changed: Vec::new(),
            evidence: "promotions/new_hand.json".into(),
        }
    }

    #[test]
    fn the_decision_comes_first_with_its_reasons() {
        let decisions =
            [(Decision::Better, "better"), (Decision::Worse, "worse"), (Decision::CannotTell, "cannot tell")];
        for (decision, word) in decisions {
            let out = words(&promotion(decision, Vec::new()));
            let begin = format!("new_hand against old_hand: {word}\n  it is so\n  and so\n");
            assert!(out.starts_with(&begin), "{out}");
        }
    }

    #[test]
    fn what_was_changed_is_told_with_who_approved_it() {
        let mut judged = promotion(Decision::Better, Vec::new());
        let out = words(&judged);
        let end = "evidence: promotions/new_hand.json\nnothing is changed; --approver NAME would, where the answer is better\n";
        assert!(out.ends_with(end), "{out}");
        judged.approver = Some("Ada".to_owned());
        judged.changed = vec!["models/new_hand.toml".into(), "models/old_hand.toml".into()];
        let out = words(&judged);
        let end = "approved by Ada; changed: models/new_hand.toml, models/old_hand.toml\n";
        assert!(out.ends_with(end) && !out.contains("nothing is changed"), "{out}");
    }

    #[test]
    fn countries_are_counted_by_the_first_metric_and_not_listed() {
        let (good, bad, open) = (Some((0.1, 0.3)), Some((-0.3, -0.1)), Some((-0.1, 0.5)));
        let countries = [good, good, bad, open, None];
        let mut backtests = vec![contest("crps", Group::All, None, good)];
        let of = |metric, (key, interval)| contest(metric, Group::Country, Some(key), interval);
        backtests.extend((1..).zip(countries).map(|pair| of("crps", pair)));
        backtests.extend((1..).zip([bad; 5]).map(|pair| of("brier", pair)));
        let out = words(&promotion(Decision::Better, backtests));
        let told = out.lines().find(|line| line.contains("countries")).unwrap();
        assert_eq!(
            told.split_whitespace().collect::<Vec<_>>().join(" "),
            "crps better in 2 countries, worse in 1, of 5"
        );
        assert!(!out.contains("Country 1"), "{out}");
        let issued = out.split("months of issued forecasts to judge by: 4\n").nth(1).unwrap();
        assert!(issued.starts_with("brier ") && !issued.contains("Leads"), "only all rows: {issued}");
        assert!(
            !words(&promotion(Decision::Better, Vec::new())).contains("countries"),
            "of none nothing is said"
        );
    }
}
