//! Average precision.

use forewarn_core::prelude::*;
use forewarn_kernels::ranking;

use crate::{levels, settings};

forewarn_core::entry!(Metric: AveragePrecision as "average-precision", check);

/// How well the forecast probability of an event ranks: precision averaged over recall; higher is better, 1 is
/// perfect.
///
/// `sum_k (R_k - R_(k-1)) P_k` over the distinct shares of draws that reach `threshold`, from the highest down,
/// with precision `P` and recall `R`, both 0-1; what is tied enters together, and nothing is interpolated
/// (Davis and Goadrich 2006, doi:10.1145/1143844.1143874). A forecast that knows nothing scores the frequency of
/// the event, so that scores of different months or regions do not compare. Not defined without an
/// event. `S` draws rank in `S + 1` levels, a point forecast in 2, a forecast probability by its value.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AveragePrecision {
    /// Smallest value that is an event, in the unit of the target; 1 for «anything at all» of a count.
    pub threshold: f64,
}

impl Default for AveragePrecision {
    fn default() -> Self {
        Self { threshold: 1.0 }
    }
}

impl AveragePrecision {
    fn check(self) -> Result<Self> {
        settings::threshold("average-precision", self.threshold)?;
        Ok(self)
    }
}

impl Metric for AveragePrecision {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(levels::tally(args, self.threshold))
    }

    fn pool(&self, pool: &mut Tally, part: &Tally) {
        levels::pool(pool, part);
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        levels::score(tally, ranking::average_precision, "there is no event")
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
                title: "one false alarm above the only event",
                observed: &[0.0, 3.0, 0.0],
                draws: &[&[0.0, 0.0], &[0.0, 2.0], &[1.0, 1.0]],
                expect: 0.5,
            },
            ScoreExample {
                title: "all tied: the frequency of the event",
                observed: &[0.0, 3.0, 0.0, 0.0],
                draws: &[&[0.0], &[0.0], &[0.0], &[0.0]],
                expect: 0.25,
            },
            ScoreExample {
                title: "no event, no score",
                observed: &[0.0, 0.0],
                draws: &[&[0.0], &[5.0]],
                expect: f64::NAN,
            },
        ]
    }

    fn better(&self) -> Better {
        Better::Higher
    }
}
