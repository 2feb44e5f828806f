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
