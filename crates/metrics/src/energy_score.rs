//! Energy score.

use forewarn_core::prelude::*;
use forewarn_kernels::energy;

use crate::average;
use crate::crps::Estimator;
use crate::joint::Case;

forewarn_core::entry!(Metric: EnergyScore as "energy-score");

/// Energy score of all units of a field together: lower is better, 0 is perfect.
///
/// `mean_k ||x_k - y|| - sum_kl ||x_k - x_l|| / (2 S^2)` with `x_k` the vector of draw `k` over all units, in
/// the unit of the target; the CRPS of many dimensions (Gneiting and Raftery 2007,
/// doi:10.1198/016214506000001437). Draws of the same number must belong together across units: it scores the
/// joint distribution, though it sees errors of the means far better than errors of the dependence (for which
/// `variogram-score`). Of a pool it is the mean over fields.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnergyScore {
    /// How the spread of the draws is estimated.
    pub estimator: Estimator,
}

impl Metric for EnergyScore {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        let Some(case) = Case::of(args)? else { return Ok(Tally(vec![0.0; 3])) };
        let fair = self.estimator == Estimator::Fair && args.kind() == ForecastKind::Draws;
        let score = energy::scores(&case.trajectories(), &case.observed, fair)[0];
        if !score.is_finite() {
            return Err(Error::data("the fair energy score needs at least 2 draws and finite values"));
        }
        Ok(Tally(vec![1.0, 1.0, score]))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "of one unit it is the CRPS",
                observed: &[0.0],
                draws: &[&[0.0, 0.0, 1.0, 2.0]],
                expect: 0.3125,
            },
            ScoreExample {
                title: "a point is scored by its distance",
                observed: &[3.0, 4.0],
                draws: &[&[0.0], &[0.0]],
                expect: 5.0,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &EnergyScore, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    const FAIR: EnergyScore = EnergyScore { estimator: Estimator::Fair };

    #[test]
    fn the_spread_by_either_estimator() {
        // Trajectories (0, 0) and (3, 4) for (0, 0): 5/2 less 10/8, or less 10/4.
        let (observed, draws) = ([0.0, 0.0], [0.0, 3.0, 0.0, 4.0]);
        assert!((score(&EnergyScore::default(), &observed, &draws, &[]).unwrap() - 1.25).abs() < 1e-12);
        assert!(score(&FAIR, &observed, &draws, &[]).unwrap().abs() < 1e-12);
        // Without the second unit, 3/2 less 6/8.
        let one = score(&EnergyScore::default(), &[0.0, f64::NAN], &draws, &[]).unwrap();
        assert!((one - 0.75).abs() < 1e-12, "{one}");
    }

    #[test]
    fn the_fair_score_of_one_draw_is_refused_and_of_a_point_is_its_distance() {
        let error = score(&FAIR, &[3.0, 4.0], &[0.0, 0.0], &[]).unwrap_err();
        assert!(error.to_string().contains("at least 2 draws"), "{error}");
        let args = ScoreArgs::rows(&[3.0, 4.0], &[0.0, 0.0], 1, ForecastKind::Point).unwrap();
        assert!((FAIR.score(&FAIR.tally(&args).unwrap()).unwrap() - 5.0).abs() < 1e-12);
    }

    #[test]
    fn rows_have_no_weights_and_no_truth_has_no_score() {
        let error = score(&FAIR, &[0.0], &[0.0, 1.0], &[2.0]).unwrap_err();
        assert!(error.to_string().contains("no weights of rows"), "{error}");
        let error = score(&FAIR, &[f64::NAN], &[0.0, 1.0], &[]).unwrap_err();
        assert!(error.to_string().contains("no row"), "{error}");
    }
}
