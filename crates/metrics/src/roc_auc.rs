//! Area under the receiver operating characteristic.

use forewarn_core::prelude::*;
use forewarn_kernels::ranking;

use crate::{levels, settings};

forewarn_core::entry!(Metric: RocAuc as "roc-auc", check);

/// Probability that an event had a higher forecast probability than a non-event, ties counting one half; higher is
/// better, 1 is perfect, 0.5 knows nothing.
///
/// The forecast probability is the share of draws that reach `threshold`. The area under the curve of hit rate
/// against false-alarm rate (Hanley and `McNeil` 1982, doi:10.1148/radiology.143.1.7063747), 0-1. For rare events it
/// is generous: telling deserts from cities is enough for 0.95; read it beside `average-precision`. Not
/// defined unless there were events and non-events. `S` draws rank in `S + 1` levels, a point forecast in 2, a forecast
/// probability by its value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RocAuc {
    /// Smallest value that is an event, in the unit of the target; 1 for «anything at all» of a count.
    pub threshold: f64,
}

impl Default for RocAuc {
    fn default() -> Self {
        Self { threshold: 1.0 }
    }
}

impl RocAuc {
    fn check(self) -> Result<Self> {
        settings::threshold("roc-auc", self.threshold)?;
        Ok(self)
    }
}

impl Metric for RocAuc {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(levels::tally(args, self.threshold))
    }

    fn pool(&self, pool: &mut Tally, part: &Tally) {
        levels::pool(pool, part);
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        levels::score(tally, ranking::roc_auc, "it needs both events and non-events")
    }

    fn of_events(&self) -> bool {
        true
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 0.0, 12.0],
                draws: &[&[0.0], &[0.0], &[12.0]],
                expect: 1.0,
            },
            ScoreExample {
                title: "the event ranks above one of two non-events",
                observed: &[0.0, 3.0, 0.0],
                draws: &[&[0.0, 0.0], &[0.0, 2.0], &[1.0, 1.0]],
                expect: 0.5,
            },
            ScoreExample {
                title: "a tie counts one half",
                observed: &[0.0, 3.0, 0.0, 0.0],
                draws: &[&[0.0, 0.0], &[0.0, 2.0], &[0.0, 1.0], &[0.0, 0.0]],
                expect: 2.5 / 3.0,
            },
            ScoreExample {
                title: "nothing but events, no score",
                observed: &[4.0, 1.0],
                draws: &[&[0.0], &[5.0]],
                expect: f64::NAN,
            },
        ]
    }

    fn better(&self) -> Better {
        Better::Higher
    }
}
