//! Coverage of the prediction interval.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;

use crate::{average, settings};

forewarn_core::entry!(Metric: Coverage as "coverage", check);

/// Share of observations inside the central prediction interval: best near its `level`; below it, the forecast is
/// too sure.
///
/// `mean 1{l <= y <= u}` with `l`, `u` the `(1 - level)/2` and `(1 + level)/2` quantiles of the draws (linear
/// interpolation), 0-1. Unconditional coverage as in Christoffersen (1998), doi:10.2307/2527341. It measures
/// calibration, not skill: it is read beside `interval-score`. Both ends belong to the interval, so that counts,
/// and zeros above all, are covered more often than the level even by the true distribution, and exact point
/// forecasts always.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Coverage {
    /// Probability that the interval should hold, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
}

impl Default for Coverage {
    fn default() -> Self {
        Self { level: 0.9 }
    }
}

impl Coverage {
    fn check(self) -> Result<Self> {
        settings::level("coverage", self.level)?;
        Ok(self)
    }
}

impl Metric for Coverage {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        vec![RowScore::Coverage { level: self.level }]
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast covers everything: more than the level, so coverage alone ranks nothing",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 1.0,
            },
            ScoreExample {
                title: "the interval is 0.2 to 3.8: one inside, one below",
                observed: &[2.0, 0.0],
                draws: &[&[0.0, 1.0, 2.0, 3.0, 4.0], &[0.0, 1.0, 2.0, 3.0, 4.0]],
                expect: 0.5,
            },
        ]
    }

    fn better(&self) -> Better {
        Better::Near(self.level)
    }
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;

    use super::*;

    #[test]
    fn draws_of_the_true_distribution_cover_the_level() {
        let (rows, draws) = (4000, 99);
        let uniform = |row: u64, i: u64| Stream::new(9, &[row]).uniform(i) as f32;
        let observed: Vec<f32> = (0..rows).map(|r| uniform(r, 1000)).collect();
        let values = (0..rows).flat_map(|r| (0..draws).map(move |i| uniform(r, i))).collect();
        let units = (0..rows as u32).map(Unit).collect();
        let field = Field::draws(Period(1), Step(1), units, draws as usize, values).unwrap().sorted();
        let metric = Coverage { level: 0.5 };
        let args = ScoreArgs::new(&observed, &field).unwrap();
        let share = metric.score(&metric.tally(&args).unwrap()).unwrap();
        // The ends are 25.5th of 99 draws: the expected share is 49/100; four standard errors are 0.032.
        assert!((share - 0.49).abs() < 0.032, "{share}");
    }
}
