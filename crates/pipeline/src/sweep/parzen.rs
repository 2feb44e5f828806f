//! A density on (0, 1) around what was seen: the adaptive Parzen estimator of Bergstra et al. (2011), section 4.2.

use forewarn_kernels::random::Stream;
use forewarn_kernels::special::{normal_cdf, normal_quantile};

/// A mixture of normal distributions cut off at 0 and 1, each with the same weight: the prior (mean 1/2, standard
/// deviation 1) and one around each place that was seen. Its standard deviation is the larger distance to a neighbour,
/// the prior's mean being one of them, and between `1 / min(100, n + 1)` and 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parzen {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    mean: f64,
    deviation: f64,
    /// Probability below 0 and below 1 before it is cut off.
    below: (f64, f64),
}

impl Part {
    fn new(mean: f64, deviation: f64) -> Self {
        let below = (normal_cdf(-mean / deviation), normal_cdf((1.0 - mean) / deviation));
        Self { mean, deviation, below }
    }

    fn mass(&self) -> f64 {
        self.below.1 - self.below.0
    }

    fn density(&self, x: f64) -> f64 {
        let z = (x - self.mean) / self.deviation;
        let root = (2.0 * std::f64::consts::PI).sqrt();
        (-0.5 * z * z).exp() / (root * self.deviation * self.mass())
    }

    fn within(&self, (low, high): (f64, f64)) -> f64 {
        let cdf = |x: f64| normal_cdf((x - self.mean) / self.deviation);
        (cdf(high) - cdf(low)) / self.mass()
    }
}

impl Parzen {
    /// From places in (0, 1), in any order; the prior alone when there are none.
    pub(crate) fn new(places: &[f64]) -> Self {
        let mut points: Vec<(f64, bool)> = places.iter().map(|&place| (place, false)).collect();
        points.push((0.5, true));
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let least = 1.0 / (points.len().min(100) as f64);
        let part = |(i, &(mean, prior)): (usize, &(f64, bool))| {
            let left = i.checked_sub(1).map_or(0.0, |j| mean - points[j].0);
            let right = points.get(i + 1).map_or(0.0, |next| next.0 - mean);
            let deviation = if prior { 1.0 } else { left.max(right).clamp(least, 1.0) };
            Part::new(mean, deviation)
        };
        Self { parts: points.iter().enumerate().map(part).collect() }
    }

    /// The density at a place.
    pub(crate) fn density(&self, x: f64) -> f64 {
        self.mean_of(|part| part.density(x))
    }

    /// The probability between two places.
    pub(crate) fn within(&self, ends: (f64, f64)) -> f64 {
        self.mean_of(|part| part.within(ends))
    }

    fn mean_of(&self, of: impl Fn(&Part) -> f64) -> f64 {
        self.parts.iter().map(of).sum::<f64>() / self.parts.len() as f64
    }

    /// The `i`-th place drawn from it, from two numbers of a stream.
    pub(crate) fn draw(&self, stream: Stream, i: u64) -> f64 {
        let part = self.parts[stream.below(2 * i, self.parts.len() as u32) as usize];
        let level = part.below.0 + stream.uniform(2 * i + 1) * part.mass();
        (part.mean + part.deviation * normal_quantile(level)).clamp(f64::EPSILON, 1.0 - f64::EPSILON)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_the_larger_distance_to_a_neighbour() {
        // Sorted with the prior's mean: 0.1, 0.2, 0.5, 0.9.
        let parzen = Parzen::new(&[0.9, 0.1, 0.2]);
        let deviations: Vec<(f64, f64)> = parzen.parts.iter().map(|p| (p.mean, p.deviation)).collect();
        let expected = [(0.1, 0.25), (0.2, 0.3), (0.5, 1.0), (0.9, 0.4)];
        for (got, want) in deviations.iter().zip(expected) {
            assert!((got.0 - want.0).abs() < 1e-12 && (got.1 - want.1).abs() < 1e-12, "{deviations:?}");
        }
        assert_eq!(Parzen::new(&[]).parts, [Part::new(0.5, 1.0)]);
    }

    #[test]
    fn the_density_is_one() {
        for places in [vec![], vec![0.01], vec![0.3, 0.3, 0.31, 0.99]] {
            let parzen = Parzen::new(&places);
            let n = 20_000;
            let sum: f64 = (0..n).map(|i| parzen.density((f64::from(i) + 0.5) / f64::from(n))).sum();
            assert!((sum / f64::from(n) - 1.0).abs() < 1e-6, "{places:?}");
            let parts: f64 =
                (0..10).map(|i| parzen.within((f64::from(i) / 10.0, f64::from(i + 1) / 10.0))).sum();
            assert!((parts - 1.0).abs() < 1e-9, "{places:?} {parts}");
        }
    }

    #[test]
    fn draws_follow_the_density() {
        let parzen = Parzen::new(&[0.05, 0.1, 0.8]);
        let (stream, n) = (Stream::new(3, &[]), 5000);
        let draws: Vec<f64> = (0..n).map(|i| parzen.draw(stream, i)).collect();
        assert!(draws.iter().all(|&x| 0.0 < x && x < 1.0));
        for ends in [(0.0, 0.1), (0.1, 0.3), (0.7, 0.9)] {
            let share = draws.iter().filter(|&&x| ends.0 <= x && x < ends.1).count() as f64 / n as f64;
            // Five standard errors of a share of 0.3.
            assert!((share - parzen.within(ends)).abs() < 5.0 * (0.21 / n as f64).sqrt(), "{ends:?} {share}");
        }
    }
}
