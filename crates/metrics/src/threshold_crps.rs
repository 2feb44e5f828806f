//! Threshold-weighted continuous ranked probability score.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;

use crate::points::Compat;
use crate::{average, settings};

forewarn_core::entry!(Metric: ThresholdCrps as "threshold-crps", check);

/// Continuous ranked probability score of what is above a threshold: lower is better, 0 is perfect.
///
/// `crps` of `max(X, threshold)` against `max(y, threshold)`, in the unit of the target: the integral of the
/// Brier score over the thresholds from there on (Gneiting and Ranjan 2011, doi:10.1198/jbes.2010.08110).
/// Proper, unlike scoring only the rows where much happened. Of values that are never below the threshold it is
/// plain `crps`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ThresholdCrps {
    /// Where counting begins, in the unit of the target.
    pub threshold: f64,
    /// `views`: from 0, whatever the threshold, as views-evaluation 2.0.0 has it; of counts this is plain `crps`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
}

impl Default for ThresholdCrps {
    fn default() -> Self {
        Self { threshold: 25.0, compat: None }
    }
}

impl ThresholdCrps {
    fn check(self) -> Result<Self> {
        settings::threshold("threshold-crps", self.threshold)?;
        Ok(self)
    }
}

impl Metric for ThresholdCrps {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        let threshold = if self.compat.is_some() { 0.0 } else { self.threshold };
        vec![RowScore::ThresholdCrps { threshold }]
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
                title: "below the threshold nothing counts",
                observed: &[10.0],
                draws: &[&[0.0, 25.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "above it the excess does",
                observed: &[30.0],
                draws: &[&[0.0]],
                expect: 5.0,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &ThresholdCrps, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn the_threshold_lifts_draws_and_truth() {
        let metric = ThresholdCrps { threshold: 1.0, compat: None };
        // 1 and 2 for 1: 1/2 less half of 1/2.
        assert_eq!(score(&metric, &[0.0], &[0.0, 2.0], &[]).unwrap(), 0.25);
        assert_eq!(score(&metric, &[30.0, 1.0], &[26.0, 0.0], &[1.0, 3.0]).unwrap(), 1.0);
    }

    #[test]
    fn views_counts_from_zero_whatever_the_threshold() {
        for threshold in [1.0, 25.0] {
            let metric = ThresholdCrps { threshold, compat: Some(Compat::Views) };
            // 0 and 2 for 0: 1 less half of 1, also where they were negative.
            assert_eq!(score(&metric, &[0.0], &[0.0, 2.0], &[]).unwrap(), 0.5);
            assert_eq!(score(&metric, &[-1.0], &[-4.0, 2.0], &[]).unwrap(), 0.5);
        }
    }

    #[test]
    fn a_threshold_that_nothing_reaches_is_refused() {
        for threshold in [f64::INFINITY, f64::NAN] {
            let error = ThresholdCrps { threshold, compat: None }.check().unwrap_err();
            assert!(error.to_string().contains("`threshold`"), "{error}");
        }
    }
}
