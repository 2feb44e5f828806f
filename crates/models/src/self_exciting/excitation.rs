//! Exponentially weighted means of the past, of a unit and of the rings around it.

use forewarn_core::{Result, Unit};

use super::rings::Rings;

/// The weighted means at the period that was entered last.
#[derive(Debug)]
pub(super) struct Excitation {
    units: usize,
    /// What is left of a weighted mean after one period, by half-life.
    keep: Vec<f64>,
    /// Weighted means of log(1 + y), half-lives x units.
    means: Vec<f64>,
    rings: Rings,
    /// Whether a unit was ever observed.
    seen: Vec<bool>,
}

impl Excitation {
    /// Before the first period: nothing was ever observed.
    ///
    /// # Errors
    /// `Error::Data` when there are rings and a unit is no grid cell.
    pub(super) fn new(units: &[Unit], half_lives: &[f64], radii: &[u32]) -> Result<Self> {
        let keep: Vec<f64> = half_lives.iter().map(|h| (-1.0 / h).exp2()).collect();
        let means = vec![0.0; keep.len() * units.len()];
        let rings = Rings::new(units, radii)?;
        Ok(Self { units: units.len(), keep, means, rings, seen: vec![false; units.len()] })
    }

    /// Kernels a unit: the background, and one for each half-life of the unit and of each ring.
    pub(super) fn width(&self) -> usize {
        1 + self.keep.len() * (1 + self.rings.len())
    }

    /// Enters the observations of the next period.
    pub(super) fn advance(&mut self, observed: &[f32]) {
        self.see(observed);
        for (keep, means) in self.keep.iter().zip(self.means.chunks_exact_mut(self.units)) {
            for (mean, &y) in means.iter_mut().zip(observed).filter(|(_, y)| !y.is_nan()) {
                *mean = keep * *mean + (1.0 - keep) * f64::from(y.max(0.0)).ln_1p();
            }
        }
    }

    fn see(&mut self, observed: &[f32]) {
        for (seen, y) in self.seen.iter_mut().zip(observed) {
            *seen |= !y.is_nan();
        }
    }

    /// Enters all periods of a history, which may be done once and instead of [`Excitation::advance`]: the few values above
    /// 0 are weighted by how many periods were observed since, from the last one back.
    pub(super) fn enter(&mut self, history: &[f32]) {
        let mut since = vec![0_i32; self.units];
        for observed in history.chunks_exact(self.units).rev() {
            self.see(observed);
            for (u, &y) in observed.iter().enumerate() {
                if y > 0.0 {
                    let z = f64::from(y).ln_1p();
                    for (keep, means) in self.keep.iter().zip(self.means.chunks_exact_mut(self.units)) {
                        means[u] += (1.0 - keep) * z * keep.powi(since[u]);
                    }
                }
                since[u] += i32::from(!y.is_nan());
            }
        }
    }

    /// The kernels of every unit, units x width; NaN for a unit that was never observed.
    pub(super) fn kernels(&self) -> Vec<f32> {
        let (width, step) = (self.width(), 1 + self.rings.len());
        let mut out = vec![f32::NAN; self.units * width];
        let mut around = vec![0.0; self.rings.len() * self.units];
        for (row, _) in out.chunks_exact_mut(width).zip(&self.seen).filter(|(_, seen)| **seen) {
            row[0] = 1.0;
        }
        for (h, means) in self.means.chunks_exact(self.units).enumerate() {
            self.rings.sums(means, &mut around);
            let known = out.chunks_exact_mut(width).enumerate().filter(|(u, _)| self.seen[*u]);
            for (u, row) in known {
                let kernels = &mut row[1 + h * step..][..step];
                kernels[0] = means[u] as f32;
                for (r, kernel) in kernels[1..].iter_mut().enumerate() {
                    *kernel = around[r * self.units + u] as f32;
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f32, b: f64) {
        assert!((f64::from(a) - b).abs() < 1e-6, "{a} against {b}");
    }

    #[test]
    fn means_fade_by_half_and_what_is_missing_leaves_them() {
        let mut e = Excitation::new(&[Unit(1), Unit(2)], &[1.0], &[]).unwrap();
        let z = 3.0_f64.ln_1p();
        e.advance(&[3.0, f32::NAN]);
        close(e.kernels()[1], z / 2.0);
        assert!(e.kernels()[2..].iter().all(|k| k.is_nan()), "never observed");
        e.advance(&[0.0, 0.0]);
        close(e.kernels()[1], z / 4.0);
        e.advance(&[f32::NAN, 3.0]);
        close(e.kernels()[1], z / 4.0);
        assert_eq!((e.width(), e.kernels()[0], e.kernels()[2]), (2, 1.0, 1.0));
        close(e.kernels()[3], z / 2.0);
    }

    #[test]
    fn a_history_entered_at_once_is_that_entered_period_by_period() {
        let units: Vec<Unit> = (100..103).map(Unit).collect();
        let history: Vec<f32> = (0..90).map(|i| [0.0, 2.0, f32::NAN, 0.0, 0.0, 7.0, 1.0][i * i % 7]).collect();
        let (mut at_once, mut one_by_one) = (
            Excitation::new(&units, &[1.0, 6.0], &[1, 2]).unwrap(),
            Excitation::new(&units, &[1.0, 6.0], &[1, 2]).unwrap(),
        );
        at_once.enter(&history);
        history.chunks_exact(3).for_each(|observed| one_by_one.advance(observed));
        for (a, b) in at_once.kernels().iter().zip(one_by_one.kernels()) {
            close(*a, f64::from(b));
        }
    }
}
