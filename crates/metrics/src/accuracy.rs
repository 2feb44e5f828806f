//! Share of right alarms and right silences.

use forewarn_core::prelude::*;
use forewarn_kernels::binary::Confusion;

use crate::confusion::{self, Alarm};

forewarn_core::entry!(Metric: Accuracy as "accuracy", check);

/// Share of rows where alarm and event agree: higher is better, 1 is perfect.
///
/// `(hits + correct rejections) / rows`, 0-1 (Jolliffe and Stephenson 2012, doi:10.1002/9781119960003). An
/// alarm is a forecast probability (the share of draws that reach `threshold`) of at least `probability`. With
/// 99 % non-events, silence scores 0.99.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Accuracy {
    /// Smallest value that is an event, in the unit of the target. Of forecast probabilities the event is 1.
    pub threshold: f64,
    /// Smallest forecast probability that raises an alarm, 0-1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: f64,
}

impl Default for Accuracy {
    fn default() -> Self {
        let Alarm { threshold, probability } = Alarm::default();
        Self { threshold, probability }
    }
}

impl Accuracy {
    fn check(self) -> Result<Self> {
        self.alarm().check("accuracy")?;
        Ok(self)
    }
}

impl Metric for Accuracy {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(self.alarm().tally(args))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        confusion::score(tally, Confusion::accuracy, "no row has both a forecast and a truth")
    }

    fn better(&self) -> Better {
        Better::Higher
    }

    fn of_events(&self) -> bool {
        true
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 1.0,
            },
            ScoreExample {
                title: "one of two",
                observed: &[0.0, 12.0],
                draws: &[&[0.0, 0.0, 3.0], &[0.0, 0.0, 3.0]],
                expect: 0.5,
            },
        ]
    }
}

impl Accuracy {
    fn alarm(&self) -> Alarm {
        Alarm { threshold: self.threshold, probability: self.probability }
    }
}
