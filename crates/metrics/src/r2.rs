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

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &R2, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn a_pool_of_parts_scores_like_the_whole() {
        let metric = R2 {};
        let (observed, forecast) = ([1.0, 3.0, 2.0, 1e6], [1.0, 2.0, 4.0, 1e6 + 5.0]);
        let tally = |rows: std::ops::Range<usize>| {
            let (y, f) = (&observed[rows.clone()], &forecast[rows]);
            metric.tally(&ScoreArgs::rows(y, f, 1, ForecastKind::Draws).unwrap()).unwrap()
        };
        for cut in 0..=4 {
            let mut pool = Tally::default();
            metric.pool(&mut pool, &tally(0..cut));
            metric.pool(&mut pool, &tally(cut..4));
            let (parts, whole) = (metric.score(&pool).unwrap(), metric.score(&tally(0..4)).unwrap());
            assert!((parts - whole).abs() < 1e-12, "{cut}: {parts}, {whole}");
        }
    }

    #[test]
    fn worse_than_the_mean_is_below_zero_and_weights_count() {
        let of = |w: &[f64]| score(&R2 {}, &[1.0, 3.0, 2.0], &[1.0, 2.0, 4.0], w).unwrap();
        assert!((of(&[]) + 1.5).abs() < 1e-12); // errors 0, 1, 4 of a variance 1, 1, 0
        assert!((of(&[1.0, 1.0, 0.0]) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_constant_truth_has_no_score_and_a_constant_forecast_has() {
        let of = |y: &[f64], f: &[f64]| score(&R2 {}, y, f, &[]);
        assert_eq!(of(&[0.0, 2.0], &[2.0, 2.0]).unwrap(), -1.0);
        let error = of(&[1.0, 1.0], &[1.0, 2.0]).unwrap_err();
        assert!(error.to_string().contains("the truth is constant"), "{error}");
        let error = of(&[f64::NAN], &[1.0]).unwrap_err();
        assert!(error.to_string().contains("no row"), "{error}");
    }
}
