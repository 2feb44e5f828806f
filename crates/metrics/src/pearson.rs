//! Linear correlation.

use forewarn_core::prelude::*;

use crate::moments;
use crate::points::Compat;

forewarn_core::entry!(Metric: Pearson as "pearson");

/// Linear correlation of the predictive mean with the truth: higher is better, 1 is perfect.
///
/// `cov(f, y) / (sd f sd y)` with `f` the mean of the draws, without unit (Pearson 1895,
/// doi:10.1098/rspl.1895.0041). Blind to bias and scale: ten times the truth scores 1. Not defined where either
/// is constant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pearson {
    /// `views`: the mean over all draws of all rows, each draw a forecast, as views-evaluation 2.0.0 has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
}

impl Metric for Pearson {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(moments::tally(args, self.compat))
    }

    fn pool(&self, pool: &mut Tally, part: &Tally) {
        moments::pool(pool, part);
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        let (moments, _) = moments::varying(tally, true)?;
        Ok(moments.pearson())
    }

    fn better(&self) -> Better {
        Better::Higher
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
                draws: &[&[3.0], &[2.0]],
                expect: -1.0,
            },
            ScoreExample {
                title: "a constant forecast correlates with nothing",
                observed: &[0.0, 12.0],
                draws: &[&[3.0], &[3.0]],
                expect: f64::NAN,
            },
        ]
    }
}
