//! Share of events with an alarm.

use forewarn_core::prelude::*;
use forewarn_kernels::binary::Confusion;

use crate::confusion::{self, Alarm};

forewarn_core::entry!(Metric: Recall as "recall", check);

/// Share of events with an alarm: higher is better, 1 is perfect.
///
/// `hits / (hits + misses)`, 0-1, also known as hit rate (Jolliffe and Stephenson 2012,
/// doi:10.1002/9781119960003). An alarm is a forecast probability (the share of draws that reach `threshold`)
/// of at least `probability`. Not defined without an event.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recall {
    /// Smallest value that is an event, in the unit of the target. Of forecast probabilities the event is 1.
    pub threshold: f64,
    /// Smallest forecast probability that raises an alarm, 0-1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: f64,
}

impl Default for Recall {
    fn default() -> Self {
        let Alarm { threshold, probability } = Alarm::default();
        Self { threshold, probability }
    }
}

impl Recall {
    fn check(self) -> Result<Self> {
        self.alarm().check("recall")?;
        Ok(self)
    }
}

impl Metric for Recall {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(self.alarm().tally(args))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        confusion::score(tally, Confusion::recall, "there is no event")
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
                title: "one of two events",
                observed: &[7.0, 12.0],
                draws: &[&[0.0], &[3.0]],
                expect: 0.5,
            },
            ScoreExample {
                title: "no event, no recall",
                observed: &[0.0],
                draws: &[&[1.0]],
                expect: f64::NAN,
            },
        ]
    }
}

impl Recall {
    fn alarm(&self) -> Alarm {
        Alarm { threshold: self.threshold, probability: self.probability }
    }
}
