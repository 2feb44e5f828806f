//! Means of scores over groups, as views-evaluation 2.0.0 reports them.
//!
//! A mean of the scores of groups is not the score of the pooled rows ([`Group::All`]): it gives a month with three rows
//! the weight of one with three thousand. It is computed on request only, to compare with figures that were made so.

use serde::{Deserialize, Serialize};

use super::{Group, Score};

/// The two means of one model and metric over the groups of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Model or ensemble.
    pub model: String,
    /// The metric.
    pub metric: String,
    /// Kind of group: step, origin (time-series-wise) or month.
    pub group: Group,
    /// Mean over all groups; `None` as soon as one of them has no score.
    pub mean: Option<f64>,
    /// Mean over the groups that have a score; `None` when none has.
    pub mean_of_defined: Option<f64>,
}

/// The means over steps, origins and months of every model and metric, in the order of the scores.
pub(crate) fn summaries(scores: &[Score]) -> Vec<Summary> {
    let same = |a: &Score, b: &Score| a.model == b.model && a.metric == b.metric;
    let mut summaries = Vec::new();
    for all in scores.iter().filter(|s| s.group == Group::All) {
        for group in [Group::Step, Group::Origin, Group::Month] {
            let values: Vec<Option<f64>> =
                scores.iter().filter(|s| s.group == group && same(s, all)).map(|s| s.value).collect();
            let defined: Vec<f64> = values.iter().flatten().copied().collect();
            let mean = defined.iter().sum::<f64>() / defined.len() as f64;
            summaries.push(Summary {
                model: all.model.clone(),
                metric: all.metric.clone(),
                group,
                mean: (defined.len() == values.len() && !values.is_empty()).then_some(mean),
                mean_of_defined: (!defined.is_empty()).then_some(mean),
            });
        }
    }
    summaries
}
