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
