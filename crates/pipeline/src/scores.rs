//! Scores of any group, beside the best baseline, and how sure they are.

mod bootstrap;
mod compare;
mod labels;
mod leads;
mod pool;
mod state;
mod summary;
mod tallies;

use forewarn_core::{Better, Metric};
use serde::{Deserialize, Serialize};

pub use bootstrap::Intervals;
pub use compare::{Comparison, Verdict};
pub use leads::Leads;
pub use pool::Margin;
pub(crate) use state::Past;
pub use state::State;
pub use summary::Summary;
pub(crate) use tallies::add;
pub use tallies::{GroupSlices, OriginTallies, Part, Slices};

/// A metric of the run.
#[derive(Debug)]
pub struct NamedMetric {
    /// Catalog name, with the settings that are not the default: `brier:threshold=25`.
    pub name: String,
    /// With its settings.
    pub metric: Box<dyn Metric>,
}

impl NamedMetric {
    /// Whether a change of it tells better forecasts from worse ones. Calibration alone does not: who forecasts nothing where
    /// nearly nothing happens is calibrated.
    pub(crate) fn judges(&self) -> bool {
        let component = self.name.split(':').next().unwrap_or_default();
        self.metric.better() == Better::Lower && !["calibration-error", "pit-deviation"].contains(&component)
    }
}

/// What a score is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// All origins and steps pooled.
    All,
    /// A range of steps, all origins.
    Leads,
    /// One step, all origins (step-wise).
    Step,
    /// One origin, all steps (time-series-wise).
    Origin,
    /// One target month, all origins that reach it (month-wise).
    Month,
    /// One country.
    Country,
    /// One region of the UN M49 standard.
    Region,
    /// One conflict state: what was there in the year before the origin, and at the target. It is known only
    /// afterwards, so that scores by state are no proper scores: they are for diagnosis.
    State,
}

/// One score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Model or ensemble.
    pub model: String,
    /// Name of the metric.
    pub metric: String,
    /// What it is about.
    pub group: Group,
    /// Step, origin, month id, country id, M49 code or number of the state; of a range of steps the first times 65,536
    /// plus the last; `None` for all.
    pub key: Option<i32>,
    /// Name of the country, region or state, or the range of steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The score; `None` where it is not defined.
    pub value: Option<f64>,
    /// Where the score is, with the probability of the settings (90 % unless told).
    pub interval: Option<(f64, f64)>,
    /// Name of the best baseline by this metric in this group.
    pub baseline: Option<String>,
    /// Skill against it; `None` for that baseline itself and where skill is not defined.
    pub skill: Option<f64>,
    /// Where the skill is.
    pub skill_interval: Option<(f64, f64)>,
    /// Skill against every baseline, for all rows and for ranges of steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Skill>,
    /// Why there is no score, or no interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Rows (unit and target month) it was computed from.
    pub n: u64,
}

/// Skill against one baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skill {
    /// The baseline.
    pub baseline: String,
    /// The skill; `None` where it is not defined.
    pub skill: Option<f64>,
    /// Where it is.
    pub interval: Option<(f64, f64)>,
}

/// Who is scored.
#[derive(Debug, Clone, Copy)]
pub struct Forecasts<'a> {
    /// Names of models and ensembles.
    pub names: &'a [String],
    /// Those that the others are measured against.
    pub baselines: &'a [String],
    /// The production ensemble.
    pub issued: Option<&'a str>,
}

impl Forecasts<'_> {
    fn is_baseline(&self, i: usize) -> bool {
        self.baselines.contains(&self.names[i])
    }
}

/// Every score of every forecaster and metric, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// The scores.
    pub scores: Vec<Score>,
    /// The issued forecast beside each other one; none without a production ensemble.
    #[serde(default)]
    pub comparisons: Vec<Comparison>,
    /// Means over groups; only with `compat = "views"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summaries: Vec<Summary>,
}

impl Scores {
    /// Pools the tallies of all origins by every group, and by the ranges of steps in `leads`; `intervals` come with the
    /// seed of their replicates.
    pub fn pool(
        origins: &[OriginTallies],
        forecasts: &Forecasts<'_>,
        metrics: &[NamedMetric],
        intervals: (&Intervals, u64),
        leads: &[Leads],
    ) -> Self {
        let groups = pool::group(origins, leads);
        let scores = pool::scores(&groups, forecasts, metrics, intervals);
        let steps = origins.iter().map(|o| o.whole.rows.len()).max().unwrap_or(0);
        let compare = |issued: &str| compare::compare(&scores, metrics, (issued, forecasts.names), steps);
        let comparisons = forecasts.issued.map(compare).unwrap_or_default();
        Self { scores, comparisons, summaries: Vec::new() }
    }

    /// How far `ensemble` is below the mean of its `members` by one metric, over all rows.
    ///
    /// # Errors
    /// Why one of them has no score.
    pub fn margin(
        origins: &[OriginTallies],
        who: (&str, &[String]),
        metric: &NamedMetric,
        intervals: (&Intervals, u64),
    ) -> std::result::Result<Margin, String> {
        let groups = pool::group(origins, &[]);
        let all = groups.get(&(Group::All, None)).ok_or("there is nothing to score")?;
        pool::margin(all, who, metric, intervals)
    }

    /// The same with the means over groups of views-evaluation 2.0.0.
    #[must_use]
    pub fn with_summaries(mut self) -> Self {
        self.summaries = summary::summaries(&self.scores);
        self
    }

    /// One score.
    pub fn find(&self, model: &str, metric: &str, group: Group, key: Option<i32>) -> Option<&Score> {
        self.scores
            .iter()
            .find(|s| s.model == model && s.metric == metric && s.group == group && s.key == key)
    }
}

/// Skill against a baseline: the share of the distance from the baseline to a perfect score that was covered.
///
/// For losses `1 - score / baseline`, for skills bounded by 1 `(score - baseline) / (1 - baseline)`; `None` where
/// the baseline is already perfect or closeness to a level is asked for.
pub fn skill(better: Better, score: f64, baseline: f64) -> Option<f64> {
    let skill = match better {
        Better::Lower => 1.0 - score / baseline,
        Better::Higher => (score - baseline) / (1.0 - baseline),
        Better::Near(_) => return None,
    };
    skill.is_finite().then_some(skill)
}

/// Whether `a` is better than `b`.
pub fn is_better(better: Better, a: f64, b: f64) -> bool {
    match better {
        Better::Lower => a < b,
        Better::Higher => a > b,
        Better::Near(level) => (a - level).abs() < (b - level).abs(),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod views;
