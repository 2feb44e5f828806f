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

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &Spearman, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn ties_share_their_mean_rank_and_unknown_truth_has_none() {
        // Ranks 1.5, 1.5, 3 against 1, 2, 3.
        let rho = score(&Spearman {}, &[1.0, 2.0, 3.0], &[1.0, 1.0, 2.0], &[]).unwrap();
        assert!((rho - 0.75_f64.sqrt()).abs() < 1e-12, "{rho}");
        let rho = score(&Spearman {}, &[1.0, f64::NAN, 3.0], &[1.0, 9.0, 2.0], &[]).unwrap();
        assert!((rho - 1.0).abs() < 1e-12, "{rho}");
    }

    #[test]
    fn a_pool_is_the_mean_over_fields_by_rows() {
        let mut pool = Tally::default();
        let fields: [(&[f64], &[f64]); 3] =
            [(&[1.0, 2.0], &[1.0, 2.0]), (&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), (&[0.0; 4], &[1.0, 2.0, 3.0, 4.0])];
        for (y, f) in fields {
            let args = ScoreArgs::rows(y, f, 1, ForecastKind::Draws).unwrap();
            Spearman {}.pool(&mut pool, &Spearman {}.tally(&args).unwrap());
        }
        // 1 of 2 rows, -1 of 3, and none of the constant truth.
        assert!((Spearman {}.score(&pool).unwrap() + 0.2).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_ranks_is_said() {
        let error = score(&Spearman {}, &[1.0, 2.0], &[1.0, 2.0], &[1.0, 2.0]).unwrap_err();
        assert!(error.to_string().contains("ranks have no weights"), "{error}");
        let error = score(&Spearman {}, &[1.0, 1.0], &[1.0, 2.0], &[]).unwrap_err();
        assert!(error.to_string().contains("constant"), "{error}");
    }
}
