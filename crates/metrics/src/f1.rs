//! Harmonic mean of precision and recall.

use forewarn_core::prelude::*;
use forewarn_kernels::binary::Confusion;

use crate::confusion::{self, Alarm};

forewarn_core::entry!(Metric: F1 as "f1", check);

/// Harmonic mean of precision and recall: higher is better, 1 is perfect.
///
/// `2 hits / (2 hits + false alarms + misses)`, 0-1 (Van Rijsbergen 1979; Chicco and Jurman 2020,
/// doi:10.1186/s12864-019-6413-7). An alarm is a forecast probability (the share of draws that reach
/// `threshold`) of at least `probability`. Not defined with neither alarm nor event.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct F1 {
    /// Smallest value that is an event, in the unit of the target. Of forecast probabilities the event is 1.
    pub threshold: f64,
    /// Smallest forecast probability that raises an alarm, 0-1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: f64,
}

impl Default for F1 {
    fn default() -> Self {
        let Alarm { threshold, probability } = Alarm::default();
        Self { threshold, probability }
    }
}

impl F1 {
    fn check(self) -> Result<Self> {
        self.alarm().check("f1")?;
        Ok(self)
    }
}

impl Metric for F1 {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(self.alarm().tally(args))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        confusion::score(tally, Confusion::f1, "there is neither an alarm nor an event")
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
                title: "one hit, one false alarm",
                observed: &[0.0, 12.0],
                draws: &[&[2.0], &[3.0]],
                expect: 0.666_666_666_666_667,
            },
            ScoreExample {
                title: "silence about silence",
                observed: &[0.0],
                draws: &[&[0.0]],
                expect: f64::NAN,
            },
        ]
    }
}

impl F1 {
    fn alarm(&self) -> Alarm {
        Alarm { threshold: self.threshold, probability: self.probability }
    }
}
