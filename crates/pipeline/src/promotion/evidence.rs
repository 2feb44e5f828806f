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
