//! Interval score.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::{Interval, RowScore};

use crate::points::Compat;
use crate::{average, settings};

forewarn_core::entry!(Metric: IntervalScore as "interval-score", check);

/// Width of the central prediction interval plus a penalty for what falls outside: lower is better, 0 is perfect.
///
/// `mean ((u - l) + 2/a (l - y)+ + 2/a (y - u)+)` with `a = 1 - level` and `l`, `u` the `a/2` and `1 - a/2` quantiles of
/// the draws (linear interpolation), in the unit of the target. Proper for the two quantiles (Gneiting and Raftery
/// 2007, doi:10.1198/016214506000001437). With few draws the ends of a wide interval are the extreme draws: `level`
/// 0.9 wants 20 draws at least.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IntervalScore {
    /// Probability that the interval should hold, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
    /// `views`: twice the penalties, as the quantile interval score of views-evaluation 2.0.0 has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
}

impl Default for IntervalScore {
    fn default() -> Self {
        Self { level: 0.9, compat: None }
    }
}

impl IntervalScore {
    fn check(self) -> Result<Self> {
        settings::level("interval-score", self.level)?;
        Ok(self)
    }
}

impl Metric for IntervalScore {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        let mut interval = Interval::central(self.level);
        if self.compat == Some(Compat::Views) {
            (interval.below, interval.above) = (1.0 / interval.lower * 2.0, 2.0 / (1.0 - interval.upper));
        }
        vec![RowScore::Interval(interval)]
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "inside the interval 0.2 to 3.8 its width counts",
                observed: &[2.0],
                draws: &[&[0.0, 1.0, 2.0, 3.0, 4.0]],
                expect: 3.6,
            },
            ScoreExample {
                title: "6.2 above it, at 20 for each",
                observed: &[10.0],
                draws: &[&[0.0, 1.0, 2.0, 3.0, 4.0]],
                expect: 127.6,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: [f64; 5] = [0.0, 1.0, 2.0, 3.0, 4.0];

    fn score(metric: &IntervalScore, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn views_doubles_the_penalties_and_not_the_width() {
        let proper = IntervalScore { level: 0.5, compat: None };
        let views = IntervalScore { compat: Some(Compat::Views), ..proper.clone() };
        // The interval is 1 to 3: each unit outside costs 2 / 0.5 = 4, or 8.
        for (y, one, two) in [(2.0, 2.0, 2.0), (5.0, 10.0, 18.0), (0.0, 6.0, 10.0)] {
            assert_eq!(score(&proper, &[y], &DRAWS, &[]).unwrap(), one, "{y}");
            assert_eq!(score(&views, &[y], &DRAWS, &[]).unwrap(), two, "{y}");
        }
    }

    #[test]
    fn rows_weigh_what_they_weigh() {
        let metric = IntervalScore { level: 0.5, compat: None };
        let draws = [DRAWS, DRAWS].concat();
        assert_eq!(score(&metric, &[2.0, 5.0], &draws, &[3.0, 1.0]).unwrap(), 4.0);
        let error = score(&metric, &[2.0, 5.0], &draws, &[0.0, 0.0]).unwrap_err();
        assert!(error.to_string().contains("weight 0"), "{error}");
    }

    #[test]
    fn levels_are_between_0_and_1() {
        for level in [0.0, 1.0, -0.5, f64::NAN] {
            let error = IntervalScore { level, compat: None }.check().unwrap_err();
            assert!(error.to_string().contains("`level`"), "{error}");
        }
    }
}
