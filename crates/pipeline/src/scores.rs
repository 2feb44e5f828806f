//! Pooling: tallies by origin and step become scores of any group.

use std::collections::BTreeMap;

use forewarn_core::{Better, Metric, Period, Step, Tally};
use serde::{Deserialize, Serialize};

/// What the forecasts of one origin contribute to every score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OriginTallies {
    /// Last period that was known.
    pub origin: Period,
    /// Rows with known truth, by step - 1.
    pub rows: Vec<u64>,
    /// By forecaster, then metric, then step - 1; `None` where the metric could not be computed.
    pub tallies: BTreeMap<String, BTreeMap<String, Vec<Option<Tally>>>>,
    /// What could not be computed, and why.
    pub failures: Vec<String>,
}

/// A metric of the run.
#[derive(Debug)]
pub struct NamedMetric {
    /// Catalog name.
    pub name: &'static str,
    /// With its default settings.
    pub metric: Box<dyn Metric>,
}

/// What a score is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// All origins and steps pooled.
    All,
    /// One step, all origins (step-wise).
    Step,
    /// One origin, all steps (time-series-wise).
    Origin,
    /// One target month, all origins that reach it (month-wise).
    Month,
}

/// One score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Model or ensemble.
    pub model: String,
    /// Catalog name of the metric.
    pub metric: String,
    /// What it is about.
    pub group: Group,
    /// Step, origin or month id; `None` for all.
    pub key: Option<i32>,
    /// The score; `None` where it is not defined.
    pub value: Option<f64>,
    /// Rows (unit and target month) it was computed from.
    pub n: u64,
}

/// Every score of every forecaster and metric, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// The scores.
    pub scores: Vec<Score>,
}

impl Scores {
    /// Pools the tallies of all origins by every group.
    pub fn pool(origins: &[OriginTallies], names: &[String], metrics: &[NamedMetric]) -> Self {
        let mut scores = Vec::new();
        for name in names {
            for metric in metrics {
                for ((group, key), pool) in groups(origins, name, metric) {
                    let value =
                        pool.tally.and_then(|t| metric.metric.score(&t).ok()).filter(|v| v.is_finite());
                    let (model, metric) = (name.clone(), metric.name.to_owned());
                    scores.push(Score { model, metric, group, key, value, n: pool.rows });
                }
            }
        }
        Self { scores }
    }

    /// One score.
    pub fn find(&self, model: &str, metric: &str, group: Group, key: Option<i32>) -> Option<&Score> {
        self.scores
            .iter()
            .find(|s| s.model == model && s.metric == metric && s.group == group && s.key == key)
    }
}

/// A pool of rows: `tally` is `None` as soon as a part of it is missing, so that no score is of fewer rows than it says.
struct Pool {
    tally: Option<Tally>,
    rows: u64,
}

fn groups(
    origins: &[OriginTallies],
    name: &str,
    metric: &NamedMetric,
) -> BTreeMap<(Group, Option<i32>), Pool> {
    let mut pools: BTreeMap<(Group, Option<i32>), Pool> = BTreeMap::new();
    for origin in origins {
        let steps = origin.tallies.get(name).and_then(|m| m.get(metric.name));
        for (i, &rows) in origin.rows.iter().enumerate() {
            let step = Step(i as u16 + 1);
            let month = origin.origin + step;
            let tally = steps.and_then(|s| s.get(i)).and_then(Option::as_ref);
            let keys = [
                (Group::All, None),
                (Group::Step, Some(i32::from(step.0))),
                (Group::Origin, Some(origin.origin.0)),
                (Group::Month, Some(month.0)),
            ];
            for key in keys {
                let pool =
                    pools.entry(key).or_insert_with(|| Pool { tally: Some(Tally::default()), rows: 0 });
                pool.rows += rows;
                match (tally, &mut pool.tally) {
                    (Some(tally), Some(sum)) => metric.metric.pool(sum, tally),
                    (None, sum) => *sum = None,
                    (Some(_), None) => {}
                }
            }
        }
    }
    pools
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
mod tests {
    use super::*;
    use forewarn_catalog::{METRICS, find};

    fn metric(name: &str) -> NamedMetric {
        let entry = find("metric", METRICS, name).unwrap();
        NamedMetric { name: entry.name, metric: entry.default().unwrap() }
    }

    fn origin(origin: i32, sums: [Option<(f64, f64)>; 2]) -> OriginTallies {
        let steps = sums.iter().map(|s| s.map(|(sum, n)| Tally(vec![n, n, sum]))).collect();
        let tallies = BTreeMap::from([("a".to_owned(), BTreeMap::from([("mae".to_owned(), steps)]))]);
        OriginTallies { origin: Period(origin), rows: vec![2, 4], tallies, failures: Vec::new() }
    }

    #[test]
    fn groups_pool_rows_not_means() {
        let origins = [
            origin(10, [Some((2.0, 2.0)), Some((8.0, 4.0))]),
            origin(11, [Some((6.0, 2.0)), Some((4.0, 4.0))]),
        ];
        let scores = Scores::pool(&origins, &["a".to_owned()], &[metric("mae")]);
        let value = |group, key| scores.find("a", "mae", group, key).map(|s| (s.value.unwrap(), s.n));
        assert_eq!(value(Group::All, None), Some((20.0 / 12.0, 12)));
        assert_eq!(value(Group::Step, Some(1)), Some((2.0, 4)));
        assert_eq!(value(Group::Origin, Some(11)), Some((10.0 / 6.0, 6)));
        assert_eq!(
            value(Group::Month, Some(12)),
            Some((14.0 / 6.0, 6)),
            "step 2 of origin 10 and step 1 of origin 11"
        );
        assert_eq!(value(Group::Month, Some(13)), Some((1.0, 4)));
    }

    #[test]
    fn a_missing_part_makes_the_pool_missing_not_smaller() {
        let origins = [origin(10, [Some((2.0, 2.0)), None])];
        let scores = Scores::pool(&origins, &["a".to_owned()], &[metric("mae")]);
        assert_eq!(scores.find("a", "mae", Group::All, None).unwrap().value, None);
        assert_eq!(scores.find("a", "mae", Group::Step, Some(1)).unwrap().value, Some(1.0));
    }

    #[test]
    fn skill_is_the_share_of_the_way_to_perfect() {
        assert_eq!(skill(Better::Lower, 0.5, 2.0), Some(0.75));
        assert_eq!(skill(Better::Higher, 0.75, 0.5), Some(0.5));
        assert_eq!(skill(Better::Lower, 0.5, 0.0), None);
        assert_eq!(skill(Better::Near(0.0), 0.5, 2.0), None);
        assert!(is_better(Better::Near(0.9), 0.95, 0.8) && !is_better(Better::Lower, 2.0, 1.0));
    }
}
