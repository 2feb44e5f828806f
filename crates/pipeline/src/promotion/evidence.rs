//! What speaks for and against a shadow.

use serde::Serialize;

use crate::scores::{Group, Score, Scores};

/// One score of both on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contest {
    /// Name of the metric.
    pub metric: String,
    /// What it is about.
    pub group: Group,
    /// Which step, month, country, ...; `None` for all.
    pub key: Option<i32>,
    /// The same in words.
    pub label: Option<String>,
    /// Score of the shadow.
    pub shadow: Option<f64>,
    /// Score of what it would replace.
    pub production: Option<f64>,
    /// Skill of the shadow against it.
    pub skill: Option<f64>,
    /// Where that skill is.
    pub interval: Option<(f64, f64)>,
    /// Rows both were scored on.
    pub n: u64,
    /// Why something is missing.
    pub reason: Option<String>,
}

impl Contest {
    /// Whether the shadow is better for sure.
    pub fn is_better(&self) -> bool {
        self.interval.is_some_and(|(low, _)| low > 0.0)
    }

    /// Whether it is worse for sure.
    pub fn is_worse(&self) -> bool {
        self.interval.is_some_and(|(_, high)| high < 0.0)
    }
}

/// What was issued by both and can be judged by now.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Online {
    /// Different target months that both had forecast from the same origin before they came.
    pub months: usize,
    /// Scores of both over these, all steps pooled.
    pub contests: Vec<Contest>,
}

/// The contests of groups that are judged: all rows, step groups, states and countries. The shadow is the first forecaster.
pub(crate) fn contests(scores: &Scores) -> Vec<Contest> {
    let judged = |s: &&Score| matches!(s.group, Group::All | Group::Leads | Group::State | Group::Country);
    let Some(shadow) = scores.scores.first().map(|s| s.model.clone()) else { return Vec::new() };
    let both = scores.scores.iter().filter(judged).filter(|s| s.model == shadow);
    both.map(|score| contest(scores, score)).collect()
}

fn contest(scores: &Scores, score: &Score) -> Contest {
    let production = score.baseline.as_ref();
    let other = production.and_then(|name| scores.find(name, &score.metric, score.group, score.key));
    Contest {
        metric: score.metric.clone(),
        group: score.group,
        key: score.key,
        label: score.label.clone(),
        shadow: score.value,
        production: other.and_then(|other| other.value),
        skill: score.skill,
        interval: score.skill_interval,
        n: score.n,
        reason: score.reason.clone().or_else(|| other.and_then(|other| other.reason.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(model: &str, metric: &str, group: Group, key: Option<i32>) -> Score {
        Score {
            model: model.into(),
            metric: metric.into(),
            group,
            key,
            label: key.map(|key| format!("{group:?} {key}")),
            value: Some(if model == "new_hand" { 0.5 } else { 2.0 }),
            interval: Some((0.1, 9.0)),
            baseline: (model == "new_hand").then(|| "old_hand".to_owned()),
            skill: Some(0.75),
            skill_interval: Some((0.5, 0.875)),
            skills: Vec::new(),
            reason: None,
            n: 40,
        }
    }

    fn of(scores: Vec<Score>) -> Vec<Contest> {
        contests(&Scores { scores, ..Scores::default() })
    }

    #[test]
    fn both_stand_side_by_side_in_the_groups_that_are_judged() {
        let groups = [
            (Group::All, None),
            (Group::Leads, Some(65_542)),
            (Group::Step, Some(1)),
            (Group::Origin, Some(492)),
            (Group::Month, Some(493)),
            (Group::Country, Some(7)),
            (Group::Region, Some(2)),
            (Group::State, Some(1)),
        ];
        let both = ["new_hand", "old_hand"];
        let scores = both.iter().flat_map(|name| groups.map(|(group, key)| score(name, "crps", group, key)));
        let found = of(scores.collect());
        let judged = [Group::All, Group::Leads, Group::Country, Group::State];
        assert_eq!(found.iter().map(|c| c.group).collect::<Vec<_>>(), judged);
        let expected = Contest {
            metric: "crps".into(),
            group: Group::Country,
            key: Some(7),
            label: Some("Country 7".into()),
            shadow: Some(0.5),
            production: Some(2.0),
            skill: Some(0.75),
            interval: Some((0.5, 0.875)),
            n: 40,
            reason: None,
        };
        assert_eq!(found[2], expected);
        assert_eq!(of(Vec::new()), []);
    }

    #[test]
    fn production_is_looked_up_by_metric_group_and_key() {
        let mut other = score("old_hand", "crps", Group::Country, Some(8));
        other.value = Some(3.0);
        let mut brier = score("old_hand", "brier", Group::Country, Some(7));
        brier.value = Some(4.0);
        let found = of(vec![score("new_hand", "crps", Group::Country, Some(7)), other, brier]);
        assert_eq!((found.len(), found[0].production), (1, None));
    }

    #[test]
    fn the_reason_of_either_is_told() {
        let all = |name| score(name, "crps", Group::All, None);
        let silent = |name| Score { value: None, reason: Some(format!("{name} has none")), ..all(name) };
        let of_production = of(vec![all("new_hand"), silent("old_hand")]);
        assert_eq!(of_production[0].reason.as_deref(), Some("old_hand has none"));
        let of_both = of(vec![silent("new_hand"), silent("old_hand")]);
        assert_eq!(of_both[0].reason.as_deref(), Some("new_hand has none"), "its own comes first");
    }

    #[test]
    fn an_interval_that_touches_zero_tells_nothing() {
        let mut contest = of(vec![score("new_hand", "crps", Group::All, None)]).remove(0);
        let mut told = |interval| {
            contest.interval = interval;
            (contest.is_better(), contest.is_worse())
        };
        assert_eq!(told(Some((0.01, 0.5))), (true, false));
        assert_eq!(told(Some((-0.5, -0.01))), (false, true));
        for open in [Some((0.0, 0.5)), Some((-0.5, 0.0)), Some((-0.1, 0.1)), Some((f64::NAN, f64::NAN)), None]
        {
            assert_eq!(told(open), (false, false), "{open:?}");
        }
    }
}
