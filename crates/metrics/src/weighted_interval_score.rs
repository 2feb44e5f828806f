//! Weighted interval score.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;

use crate::{average, settings};

forewarn_core::entry!(Metric: WeightedIntervalScore as "weighted-interval-score", check);

/// Interval scores of several central intervals and the error of the median, weighted to approach the CRPS:
/// lower is better, 0 is perfect.
///
/// `(|y - median| / 2 + sum_k a_k / 2 IS_k) / (K + 1/2)` with `a_k = 1 - level_k`, `IS_k` the `interval-score`
/// of that level and quantiles by linear interpolation, in the unit of the target (Bracher et al. 2021,
/// doi:10.1371/journal.pcbi.1008618).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WeightedIntervalScore {
    /// Probabilities that the intervals should hold, between 0 and 1.
    pub levels: Vec<f64>,
}

impl Default for WeightedIntervalScore {
    fn default() -> Self {
        Self { levels: vec![0.5, 0.8, 0.9] }
    }
}

impl WeightedIntervalScore {
    fn check(self) -> Result<Self> {
        for &level in &self.levels {
            settings::level("weighted-interval-score", level)?;
        }
        Ok(self)
    }
}

impl Metric for WeightedIntervalScore {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        vec![RowScore::WeightedInterval { levels: self.levels.clone() }]
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
                title: "of a point it is the absolute error",
                observed: &[5.0],
                draws: &[&[2.0]],
                expect: 3.0,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: [f64; 5] = [0.0, 1.0, 2.0, 3.0, 4.0];

    fn score(metric: &WeightedIntervalScore, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn without_levels_it_is_the_error_of_the_median() {
        let metric = WeightedIntervalScore { levels: vec![] }.check().unwrap();
        assert_eq!(score(&metric, &[5.0], &DRAWS, &[]).unwrap(), 3.0);
        assert_eq!(score(&metric, &[5.0, 2.0], &[DRAWS, DRAWS].concat(), &[1.0, 2.0]).unwrap(), 1.0);
    }

    #[test]
    fn each_level_adds_its_share_in_any_order() {
        // Level 0.5 is 1 to 3, where 5 scores 2 + 4 * 2; level 0.2 is 1.6 to 2.4, where it scores 0.8 + 2.5 * 2.6.
        let (wide, narrow) = (0.25 * 10.0, 0.4 * 7.3);
        let of = |levels: &[f64]| {
            score(&WeightedIntervalScore { levels: levels.to_vec() }, &[5.0], &DRAWS, &[]).unwrap()
        };
        assert!((of(&[0.5]) - (1.5 + wide) / 1.5).abs() < 1e-12);
        assert!((of(&[0.5, 0.2]) - (1.5 + wide + narrow) / 2.5).abs() < 1e-12);
        assert!((of(&[0.5, 0.2]) - of(&[0.2, 0.5])).abs() < 1e-12);
    }

    #[test]
    fn one_bad_level_is_refused() {
        for level in [0.0, 1.0, f64::NAN] {
            let error = WeightedIntervalScore { levels: vec![0.5, level] }.check().unwrap_err();
            assert!(error.to_string().contains("`level`"), "{error}");
        }
    }
}
