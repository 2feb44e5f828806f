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

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &Pearson, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn a_pool_of_parts_scores_like_the_whole() {
        let metric = Pearson::default();
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
    fn views_correlates_each_draw_by_itself() {
        let (observed, draws) = ([0.0, 1.0], [0.0, 2.0, 1.0, 3.0]);
        assert!((score(&Pearson::default(), &observed, &draws, &[]).unwrap() - 1.0).abs() < 1e-12);
        let views = score(&Pearson { compat: Some(Compat::Views) }, &observed, &draws, &[]).unwrap();
        assert!((views - 1.0 / 5.0_f64.sqrt()).abs() < 1e-12, "{views}");
    }

    #[test]
    fn a_weight_is_a_repetition_and_a_constant_is_named() {
        let of = |y: &[f64], f: &[f64], w: &[f64]| score(&Pearson::default(), y, f, w);
        let weighted = of(&[1.0, 3.0, 2.0], &[1.0, 2.0, 4.0], &[2.0, 1.0, 1.0]).unwrap();
        let repeated = of(&[1.0, 1.0, 3.0, 2.0], &[1.0, 1.0, 2.0, 4.0], &[]).unwrap();
        assert!((weighted - repeated).abs() < 1e-12, "{weighted}, {repeated}");
        let error = of(&[1.0, 1.0], &[1.0, 2.0], &[]).unwrap_err();
        assert!(error.to_string().contains("the truth is constant"), "{error}");
        let error = of(&[1.0, 2.0], &[1.0, 1.0], &[]).unwrap_err();
        assert!(error.to_string().contains("the forecast is constant"), "{error}");
    }
}
