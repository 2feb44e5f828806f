//! Whether the truth falls among the draws as evenly as it should.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::RowScore;
use forewarn_kernels::pit::Histogram;

use crate::settings;

forewarn_core::entry!(Metric: PitDeviation as "pit-deviation", check);

/// Deviation of the probability integral transform from uniform: lower is better, 0 is calibrated.
///
/// Each row's truth `y` is spread evenly between the shares of draws below and at or below it, `P(X < y)` and
/// `P(X <= y)`, over `bins` equal bins of 0-1: the non-randomised transform for counts of Czado, Gneiting and Held (2009),
/// doi:10.1111/j.1541-0420.2009.01191.x. The distance of that histogram from a flat one is the reliability index
/// `sum_k |f_k - 1 / K|` of Delle Monache et al. (2006), doi:10.1029/2005JD006917, or that of Kolmogorov; a share
/// of rows, so without a unit. Calibration, not sharpness: climatology is near 0. A row with nothing forecast and
/// nothing there is spread over all bins, so that where most rows are such the deviation is small whatever the others are:
/// compare models, or score by state. With one bin more than draws it is the deviation of the rank histogram, but for how
/// ties are spread.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PitDeviation {
    /// Number of bins.
    pub bins: u16,
    /// How the distance from flat is measured.
    pub distance: Distance,
}

/// A distance of a histogram from a flat one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Distance {
    /// Sum of the absolute differences, 0 to `2 (1 - 1 / K)`.
    ReliabilityIndex,
    /// Largest difference of the distribution functions at an edge, 0 to `1 - 1 / K`.
    Kolmogorov,
}

impl Default for PitDeviation {
    fn default() -> Self {
        Self { bins: 10, distance: Distance::ReliabilityIndex }
    }
}

impl PitDeviation {
    fn check(self) -> Result<Self> {
        settings::bins("pit-deviation", self.bins)?;
        Ok(self)
    }
}

impl Metric for PitDeviation {
    /// The rows by bin.
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        let columns = args.columns(&[RowScore::Below, RowScore::AtMost]);
        let mut histogram = Histogram::new(usize::from(self.bins));
        for (row, (below, at_most)) in columns[0].iter().zip(&columns[1]).enumerate() {
            histogram.add_weighted(*below, *at_most, args.weight(row)); // NaN without truth: not counted
        }
        Ok(Tally(histogram.bins().to_vec()))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        if tally.0.iter().sum::<f64>() == 0.0 {
            return Err(Error::data("no row has both a forecast and a truth, or all have weight 0"));
        }
        let histogram = Histogram::from_bins(&tally.0);
        Ok(match self.distance {
            Distance::ReliabilityIndex => histogram.reliability_index(),
            Distance::Kolmogorov => histogram.kolmogorov_distance(),
        })
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
                title: "nothing forecast, and nothing there",
                observed: &[0.0],
                draws: &[&[0.0, 0.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "all draws below the truth: one bin of ten has all",
                observed: &[5.0],
                draws: &[&[0.0, 1.0]],
                expect: 1.8,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &PitDeviation, observed: &[f64], draws: &[f64], weights: &[f64]) -> f64 {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws).unwrap();
        metric.score(&metric.tally(&args.weighted(weights).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn truths_are_spread_over_their_ties() {
        // Four draws, four bins. 1 ties with two of [0, 1, 1, 2]: 1/4 to 3/4; 5 is above [0, 1, 1, 2].
        let (observed, draws) = ([1.0, 5.0], [0.0, 1.0, 1.0, 2.0, 0.0, 1.0, 1.0, 2.0]);
        let index = PitDeviation { bins: 4, ..PitDeviation::default() };
        // Shares 0, 1/4, 1/4, 1/2.
        assert!((score(&index, &observed, &draws, &[]) - 0.5).abs() < 1e-15);
        let kolmogorov = PitDeviation { bins: 4, distance: Distance::Kolmogorov };
        assert!((score(&kolmogorov, &observed, &draws, &[]) - 0.25).abs() < 1e-15);
        // Weights 3 and 1: shares 0, 3/8, 3/8, 1/4.
        assert!((score(&index, &observed, &draws, &[3.0, 1.0]) - 0.5).abs() < 1e-15);
        assert!((score(&kolmogorov, &observed, &draws, &[3.0, 1.0]) - 0.25).abs() < 1e-15);
    }

    #[test]
    fn forecasts_that_are_too_narrow_deviate_more_than_those_that_are_right() {
        let observed: Vec<f64> = (0..40).map(f64::from).collect();
        let draws = |from: i32, to: i32| -> Vec<f64> {
            observed.iter().flat_map(|_| (from..to).map(f64::from)).collect()
        };
        let metric = PitDeviation::default();
        let (right, narrow) =
            (score(&metric, &observed, &draws(0, 40), &[]), score(&metric, &observed, &draws(15, 25), &[]));
        assert!(right < 1e-9 && narrow > 1.0, "{right} {narrow}");
    }
}
