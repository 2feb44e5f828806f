//! Better, worse, or cannot tell.

use forewarn_core::{Better, PartitionName};
use serde::Serialize;

use super::evidence::{Contest, Online};
use crate::scores::{Group, NamedMetric};

/// Months of forecasts that were issued and came true or not, from which on they must not speak against the shadow; with
/// fewer, but some, nobody can tell yet.
pub(crate) const LEAST_ONLINE_MONTHS: usize = 3;

/// What the evidence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The shadow is measurably better, and nowhere that counts worse.
    Better,
    /// It is measurably worse.
    Worse,
    /// Neither.
    CannotTell,
}

/// A decision and what led to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ruling {
    /// The decision.
    pub decision: Decision,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// Rules by the first metric that has a direction, the primary one:
///
/// * worse where it is worse over all rows;
/// * better where it is better over all rows, no other metric is worse over all rows, the primary metric is worse in no
///   group of steps, there are at least as many countries in which it is better as worse, and what was issued does not
///   speak against it;
/// * cannot tell otherwise.
///
/// Scores by state, such as onset, are part of the evidence and never decide: over rows in which something then happened,
/// who always forecasts it wins (Lerch et al. 2017, doi:10.1214/16-STS588).
pub(crate) fn rule(
    backtests: &[Contest],
    online: &Online,
    metrics: &[NamedMetric],
    partition: PartitionName,
) -> Ruling {
    let primary = metrics.iter().find(|m| !matches!(m.metric.better(), Better::Near(_)));
    let Some(primary) = primary.map(|m| m.name.as_str()) else {
        return cannot_tell(vec!["no metric of the suite says which of two scores is better".to_owned()]);
    };
    let Some(whole) = backtests.iter().find(|c| c.metric == primary && c.group == Group::All) else {
        return cannot_tell(vec![format!("there is no score by {primary}")]);
    };
    let told = format!("{} ({} partition, n = {})", words(whole), partition.as_str(), whole.n);
    if whole.is_worse() {
        return Ruling { decision: Decision::Worse, reasons: vec![told] };
    }
    let mut against = Vec::new();
    if !whole.is_better() {
        against.push(format!("no difference can be told: {told}"));
    }
    against.extend(objections(backtests, primary));
    against.extend(issued(online, primary));
    if against.is_empty() {
        return Ruling { decision: Decision::Better, reasons: vec![told, so_far(online)] };
    }
    cannot_tell(against)
}

fn cannot_tell(reasons: Vec<String>) -> Ruling {
    Ruling { decision: Decision::CannotTell, reasons }
}

/// What speaks against a shadow that may be better over all rows.
fn objections(backtests: &[Contest], primary: &str) -> Vec<String> {
    let guarded = |c: &&Contest| match c.group {
        Group::All => c.metric != primary,
        Group::Leads => c.metric == primary,
        _ => false,
    };
    let mut all: Vec<String> = backtests
        .iter()
        .filter(guarded)
        .filter(|c| c.is_worse())
        .map(|c| format!("worse: {}", words(c)))
        .collect();
    let countries = || backtests.iter().filter(|c| c.metric == primary && c.group == Group::Country);
    let (better, worse) =
        (countries().filter(|c| c.is_better()).count(), countries().filter(|c| c.is_worse()).count());
    if worse > better {
        all.push(format!("worse in {worse} countries and better in {better}"));
    }
    all
}

/// What the forecasts that were issued say against it.
fn issued(online: &Online, primary: &str) -> Option<String> {
    if online.months == 0 {
        return None;
    }
    if online.months < LEAST_ONLINE_MONTHS {
        let (months, least) = (online.months, LEAST_ONLINE_MONTHS);
        return Some(format!(
            "what was issued has come true or not in {months} months so far, {least} are needed"
        ));
    }
    let contest = online.contests.iter().find(|c| c.metric == primary && c.group == Group::All)?;
    let loses = contest.is_worse() || (contest.interval.is_none() && contest.skill.is_some_and(|s| s < 0.0));
    loses.then(|| format!("worse in what was issued, {} months: {}", online.months, words(contest)))
}

fn so_far(online: &Online) -> String {
    match online.months {
        0 => "nothing that both issued can be judged yet: this rests on backtests alone".to_owned(),
        months => format!("what was issued does not speak against it ({months} months)"),
    }
}

/// A contest in words.
fn words(contest: &Contest) -> String {
    let place = contest.label.as_ref().map_or_else(|| "all rows".to_owned(), Clone::clone);
    let percent = |v: f64| format!("{:+.1} %", 100.0 * v);
    let skill = match (contest.skill, contest.interval) {
        (Some(skill), Some((low, high))) => {
            format!("skill {} ({} to {})", percent(skill), percent(low), percent(high))
        }
        (Some(skill), None) => format!("skill {}, without an interval", percent(skill)),
        (None, _) => format!("no skill ({})", contest.reason.as_deref().unwrap_or("not defined")),
    };
    format!("{} over {place}: {skill}", contest.metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::State;
    use crate::stages::evaluate;

    fn contest(metric: &str, group: Group, key: Option<i32>, interval: (f64, f64)) -> Contest {
        let skill = f64::midpoint(interval.0, interval.1);
        Contest {
            metric: metric.to_owned(),
            group,
            key,
            label: None,
            shadow: Some(0.9),
            production: Some(1.0),
            skill: Some(skill),
            interval: Some(interval),
            n: 100,
            reason: None,
        }
    }

    fn ruled(backtests: &[Contest], online: &Online) -> Ruling {
        let metrics = evaluate::metrics(&["crps".to_owned(), "brier".to_owned()]).unwrap();
        rule(backtests, online, &metrics, PartitionName::Calibration)
    }

    const GOOD: (f64, f64) = (0.02, 0.08);
    const BAD: (f64, f64) = (-0.08, -0.02);
    const OPEN: (f64, f64) = (-0.02, 0.08);

    #[test]
    fn better_is_better_over_all_rows_and_nowhere_worse() {
        let whole = contest("crps", Group::All, None, GOOD);
        let ruling = ruled(std::slice::from_ref(&whole), &Online::default());
        assert_eq!(ruling.decision, Decision::Better);
        assert!(ruling.reasons[1].contains("backtests alone"), "{:?}", ruling.reasons);
        let worse = contest("crps", Group::All, None, BAD);
        assert_eq!(ruled(&[worse], &Online::default()).decision, Decision::Worse);
        let open = ruled(&[contest("crps", Group::All, None, OPEN)], &Online::default());
        assert_eq!(open.decision, Decision::CannotTell);
        assert!(
            open.reasons[0].contains("crps over all rows: skill +3.0 % (-2.0 % to +8.0 %)"),
            "{:?}",
            open.reasons
        );
        for veto in [
            contest("brier", Group::All, None, BAD),
            contest("crps", Group::Leads, Some(1), BAD),
            contest("crps", Group::Country, Some(7), BAD),
        ] {
            let ruling = ruled(&[whole.clone(), veto], &Online::default());
            assert_eq!(ruling.decision, Decision::CannotTell, "{:?}", ruling.reasons);
        }
        let balanced = [
            whole.clone(),
            contest("crps", Group::Country, Some(7), BAD),
            contest("crps", Group::Country, Some(8), GOOD),
            contest("crps", Group::State, Some(State::Onset as i32), BAD),
        ];
        assert_eq!(ruled(&balanced, &Online::default()).decision, Decision::Better, "neither is a veto");
        assert_eq!(ruled(&[], &Online::default()).decision, Decision::CannotTell);
    }

    #[test]
    fn what_was_issued_needs_three_months_and_may_not_speak_against() {
        let backtests = [contest("crps", Group::All, None, GOOD)];
        let online =
            |months, interval| Online { months, contests: vec![contest("crps", Group::All, None, interval)] };
        let few = ruled(&backtests, &online(2, GOOD));
        assert_eq!(few.decision, Decision::CannotTell);
        assert!(few.reasons[0].contains("2 months so far, 3 are needed"), "{:?}", few.reasons);
        assert_eq!(ruled(&backtests, &online(3, OPEN)).decision, Decision::Better);
        assert_eq!(ruled(&backtests, &online(3, BAD)).decision, Decision::CannotTell);
        let mut short = online(3, BAD);
        short.contests[0].interval = None;
        assert_eq!(ruled(&backtests, &short).decision, Decision::CannotTell, "worse without an interval");
    }
}
