//! Matthews correlation coefficient.

use forewarn_core::prelude::*;
use forewarn_kernels::binary::Confusion;

use crate::confusion::{self, Alarm};

forewarn_core::entry!(Metric: Mcc as "mcc", check);

/// Correlation of alarms with events: higher is better, 1 is perfect, 0 is chance.
///
/// `(hits rejections - false alarms misses) / sqrt(alarms events silences non-events)`, without unit (Matthews
/// 1975, doi:10.1016/0005-2795(75)90109-9). An alarm is a forecast probability (the share of draws that reach
/// `threshold`) of at least `probability`. Not defined when one of the four is empty, where scikit-learn
/// answers 0.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mcc {
    /// Smallest value that is an event, in the unit of the target. Of forecast probabilities the event is 1.
    pub threshold: f64,
    /// Smallest forecast probability that raises an alarm, 0-1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: f64,
}

impl Default for Mcc {
    fn default() -> Self {
        let Alarm { threshold, probability } = Alarm::default();
        Self { threshold, probability }
    }
}

impl Mcc {
    fn check(self) -> Result<Self> {
        self.alarm().check("mcc")?;
        Ok(self)
    }
}

impl Metric for Mcc {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(self.alarm().tally(args))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        confusion::score(tally, Confusion::mcc, "alarms, silences, events or non-events are missing altogether")
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
                title: "upside down",
                observed: &[0.0, 12.0],
                draws: &[&[2.0], &[0.0]],
                expect: -1.0,
            },
            ScoreExample {
                title: "alarm everywhere",
                observed: &[0.0, 12.0],
                draws: &[&[2.0], &[2.0]],
                expect: f64::NAN,
            },
        ]
    }
}

impl Mcc {
    fn alarm(&self) -> Alarm {
        Alarm { threshold: self.threshold, probability: self.probability }
    }
}
