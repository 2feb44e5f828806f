//! Coefficient of determination.

use forewarn_core::prelude::*;

use crate::moments;

forewarn_core::entry!(Metric: R2 as "r2");

/// Share of the variance that the predictive mean explains: higher is better, 1 is perfect, 0 is what the mean
/// of the truth scores.
///
/// `1 - sum (f - y)^2 / sum (y - mean y)^2` with `f` the mean of the draws, without unit; also known as Nash-
/// Sutcliffe efficiency (Nash and Sutcliffe 1970, doi:10.1016/0022-1694(70)90255-6). Not defined for a constant
/// truth, where scikit-learn answers 0 or 1. Of a pool the mean is that of the pool.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct R2 {}

impl Metric for R2 {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        Ok(moments::tally(args, None))
    }

    fn pool(&self, pool: &mut Tally, part: &Tally) {
        moments::pool(pool, part);
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        let (moments, squared_errors) = moments::varying(tally, false)?;
        Ok(1.0 - squared_errors / moments.squares[1])
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
                title: "the mean explains nothing",
                observed: &[0.0, 12.0],
                draws: &[&[6.0], &[6.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "a constant truth has no variance",
                observed: &[1.0, 1.0],
                draws: &[&[0.0], &[1.0]],
                expect: f64::NAN,
            },
        ]
    }
}
