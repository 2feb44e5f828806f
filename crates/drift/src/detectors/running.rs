//! Mean and variance of what came so far, updated value by value.

/// A running mean; Finch's and river's order of operations, so that alarms agree to the last bit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mean {
    /// How many values.
    pub n: f64,
    /// Their mean; 0 before the first.
    pub value: f64,
}

impl Mean {
    pub(super) fn add(&mut self, x: f64) {
        self.n += 1.0;
        self.value += (1.0 / self.n) * (x - self.value);
    }
}

/// A running variance. Source: Welford (1962), doi:10.1080/00401706.1962.10490022.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Variance {
    /// The mean.
    pub mean: Mean,
    squares: f64,
}

impl Variance {
    pub(super) fn add(&mut self, x: f64) {
        let before = self.mean.value;
        self.mean.add(x);
        self.squares += (x - before) * (x - self.mean.value);
    }

    /// Standard deviation with the divisor `n - 1`; 0 below two values.
    pub(super) fn deviation(&self) -> f64 {
        if self.mean.n > 1.0 { (self.squares / (self.mean.n - 1.0)).sqrt() } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_by_hand() {
        let mut v = Variance::default();
        assert_eq!((v.mean.value, v.deviation()), (0.0, 0.0));
        for x in [2.0, 4.0, 9.0] {
            v.add(x);
        }
        // Mean 5, squares 9 + 1 + 16.
        assert!((v.mean.value - 5.0).abs() < 1e-15 && (v.deviation() - 13.0_f64.sqrt()).abs() < 1e-15);
    }
}
