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
