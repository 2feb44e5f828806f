//! The law of one cell in one month: nothing, or a heavy-tailed count.

/// Zero with probability `exp(-rate)`, else the ceiling of a generalised Pareto variate.
///
/// ```text
/// P(Y > k) = (1 - exp(-rate)) * (1 + shape * k / scale)^(-1 / shape)      for whole k >= 0
/// ```
///
/// The shape is the tail index xi (Pickands 1975, doi:10.1214/aos/1176343003). There is no upper bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    /// Intensity: minus the logarithm of the probability of a zero.
    pub rate: f64,
    /// Scale of the generalised Pareto distribution, in fatalities.
    pub scale: f64,
    /// Its tail index, above 0.
    pub shape: f64,
}

impl Law {
    /// Probability of at least one fatality.
    pub fn occurrence(&self) -> f64 {
        -(-self.rate).exp_m1()
    }

    /// Probability of more than `count` fatalities (whole, 0 or more).
    pub fn exceedance(&self, count: f64) -> f64 {
        self.occurrence() * (1.0 + self.shape * count / self.scale).powf(-1.0 / self.shape)
    }

    /// Whether something happens, for a uniform variate.
    pub(super) fn occurs(&self, uniform: f64) -> bool {
        // 1 - exp(-rate) < rate spares the exponential for nearly every cell.
        uniform < self.rate && uniform < self.occurrence()
    }

    /// How much happens when something does, for a uniform variate.
    pub(super) fn size(&self, uniform: f64) -> f64 {
        let excess = self.scale / self.shape * (-self.shape * uniform.ln()).exp_m1();
        // A variate that rounds to 1 would give 0.
        excess.ceil().max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: Law = Law { rate: 0.5, scale: 4.0, shape: 0.8 };

    #[test]
    fn the_distribution_is_that_of_the_formula() {
        assert!((LAW.occurrence() - 0.393_469_340_287_366_6).abs() < 1e-15);
        assert_eq!(LAW.exceedance(0.0), LAW.occurrence());
        // (1 + 0.8 * 5 / 4)^(-1.25) = 2^-1.25
        assert!((LAW.exceedance(5.0) / LAW.occurrence() - 0.420_448_207_626_857_3).abs() < 1e-15);
    }

    #[test]
    fn sizes_invert_the_distribution() {
        for k in [1_u32, 2, 3, 10, 1_000, 100_000] {
            let k = f64::from(k);
            // The size exceeds k just when the uniform is below P(Y > k | Y > 0).
            let at = LAW.exceedance(k) / LAW.occurrence();
            assert_eq!(LAW.size(at * (1.0 + 1e-9)), k);
            assert_eq!(LAW.size(at * (1.0 - 1e-9)), k + 1.0);
        }
        assert_eq!(LAW.size(1.0), 1.0);
        assert!(LAW.size(f64::EPSILON / 4.0).is_finite());
    }

    #[test]
    fn occurrence_is_below_its_probability() {
        assert!(LAW.occurs(0.393) && !LAW.occurs(0.394) && !LAW.occurs(0.6));
        assert!(!Law { rate: 0.0, ..LAW }.occurs(f64::MIN_POSITIVE));
    }
}
