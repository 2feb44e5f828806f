//! Rank correlation.

use forewarn_core::prelude::*;
use forewarn_kernels::correlation;

use crate::average;
use crate::points::pairs;

forewarn_core::entry!(Metric: Spearman as "spearman");

/// Correlation of the ranks of the predictive means with those of the truth: higher is better, 1 is perfect.
///
/// Pearson correlation of average ranks, ties sharing their mean rank, with `f` the mean of the draws; without
/// unit (Spearman 1904, doi:10.2307/1412159). Ranks are taken within one field: of a pool of fields it is their
/// mean, weighted by rows, over those where it is defined. Not defined where either is constant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spearman {}

impl Metric for Spearman {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        if args.is_weighted() {
            return Err(Error::data("ranks have no weights; leave them out"));
        }
        let pairs = pairs(args, None);
        let forecast: Vec<f64> = pairs.iter().map(|p| p.forecast).collect();
        let observed: Vec<f64> = pairs.iter().map(|p| p.observed).collect();
        let rho = correlation::spearman(&forecast, &observed);
        let rows = if rho.is_nan() { 0.0 } else { pairs.len() as f64 };
        Ok(Tally(vec![rows, rows, if rho.is_nan() { 0.0 } else { rho * rows }]))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0).map_err(|_| Error::data("the forecast or the truth is constant"))
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
                title: "any ascending function will do",
                observed: &[0.0, 3.0, 12.0],
                draws: &[&[1.0], &[1.5], &[900.0]],
                expect: 1.0,
            },
            ScoreExample {
                title: "a constant forecast ranks nothing",
                observed: &[0.0, 12.0],
                draws: &[&[3.0], &[3.0]],
                expect: f64::NAN,
            },
        ]
    }
}
