//! How unusual the newest of a series of numbers is, by what chance has done to it before.

use forewarn_kernels::special::{student_quantile, student_tails};

/// Fewest numbers that say how far chance goes.
const FEWEST: usize = 12;

/// The same number, replayed for periods in which nothing was wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replays {
    mean: f64,
    /// Standard deviation of a new number: of the replays, and of their mean.
    spread: f64,
    degrees: f64,
}

impl Replays {
    /// From the replays that there are: those that are NaN are none. `None` with fewer than twelve. Their standard
    /// deviation counts as at least `error`, which is what sampling alone does to one.
    pub(crate) fn of(replays: impl IntoIterator<Item = f64>, error: f64) -> Option<Self> {
        let known: Vec<f64> = replays.into_iter().filter(|v| v.is_finite()).collect();
        let n = known.len() as f64;
        let mean = known.iter().sum::<f64>() / n;
        let variance = known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let spread = (variance.max(error * error) * (1.0 + 1.0 / n)).sqrt();
        (known.len() >= FEWEST).then_some(Self { mean, spread, degrees: n - 1.0 })
    }

    /// How likely chance goes at least as far from their mean, on either side: Student's law of prediction.
    pub(crate) fn p_value(&self, now: f64) -> f64 {
        student_tails((now - self.mean) / self.spread, self.degrees)
    }

    /// How likely chance goes at least as far below (or above) their mean.
    pub(crate) fn one_sided(&self, now: f64, below: bool) -> f64 {
        let half = self.p_value(now) / 2.0;
        if (now < self.mean) == below { half } else { 1.0 - half }
    }

    /// The smallest distance from their mean that has a p value of at most `level` four times out of five.
    pub(crate) fn detectable(&self, level: f64) -> f64 {
        let quantile = |p| student_quantile(p, self.degrees);
        self.spread * (quantile(1.0 - level / 2.0) + quantile(0.8))
    }
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;
    use forewarn_kernels::special::normal_quantile;

    use super::*;

    #[test]
    fn p_values_are_uniform_when_nothing_is_wrong() {
        let normal = |i| normal_quantile(Stream::new(3, &[]).uniform(i));
        let p = |r: u64| {
            let replays = Replays::of((0..20).map(|i| 5.0 + normal(21 * r + i)), 0.1).unwrap();
            replays.p_value(5.0 + normal(21 * r + 20))
        };
        for level in [0.01, 0.05, 0.5] {
            let share = (0..4000).filter(|r| p(*r) <= level).count() as f64 / 4000.0;
            let margin = 4.0 * (level * (1.0 - level) / 4000.0).sqrt();
            assert!((share - level).abs() < margin, "{share} of the p values are at most {level}");
        }
    }

    #[test]
    fn what_is_detectable_is_detected_four_times_out_of_five() {
        let normal = |i| normal_quantile(Stream::new(4, &[]).uniform(i));
        let found = |r: u64| {
            let replays = Replays::of((0..30).map(|i| normal(31 * r + i)), 0.1).unwrap();
            replays.p_value(replays.mean + replays.detectable(0.01) + normal(31 * r + 30)) <= 0.01
        };
        let share = (0..2000).filter(|r| found(*r)).count() as f64 / 2000.0;
        assert!((share - 0.8).abs() < 0.05, "{share}");
    }

    #[test]
    fn too_few_replays_say_nothing_and_equal_ones_no_more_than_sampling() {
        assert!(Replays::of((0..11).map(f64::from), 1.0).is_none());
        assert!(Replays::of((0..12).map(f64::from).chain([f64::NAN]), 1.0).is_some());
        let equal = Replays::of([2.0; 40], 1.0).unwrap();
        assert!(equal.p_value(3.0) > 0.3 && equal.p_value(8.0) < 1e-5);
        let replays = Replays::of((0..40).map(f64::from), 1.0).unwrap();
        assert!(replays.one_sided(-50.0, true) < 0.001 && replays.one_sided(-50.0, false) > 0.999);
    }
}
