//! Gradients and hessians in 64-bit fixed point.

/// A gradient and a hessian, or sums of them.
pub(super) type Pair = [i64; 2];

/// Sums of magnitudes stay below 2 to this power, so that no sum overflows.
const BITS: i32 = 61;

#[inline(always)]
pub(super) fn add(a: Pair, b: Pair) -> Pair {
    [a[0].wrapping_add(b[0]), a[1].wrapping_add(b[1])]
}

#[inline(always)]
pub(super) fn less(a: Pair, b: Pair) -> Pair {
    [a[0].wrapping_sub(b[0]), a[1].wrapping_sub(b[1])]
}

/// What one unit of fixed point is worth, a power of two for each of gradient and hessian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Units {
    pub(super) gradient: f64,
    pub(super) hessian: f64,
}

impl Units {
    /// The finest units in which the sums over `rows` fit.
    pub(super) fn of(pairs: &[[f32; 2]], rows: &[u32]) -> Self {
        let mut sums = [0.0_f64; 2];
        for &r in rows {
            let [g, h] = pairs[r as usize];
            sums[0] += f64::from(g.abs());
            sums[1] += f64::from(h);
        }
        Self { gradient: unit(sums[0]), hessian: unit(sums[1]) }
    }

    /// A row in fixed point. A hessian above 0 stays above 0: a sum of hessians is 0 where there is no row, nowhere else.
    pub(super) fn fix(self, [g, h]: [f32; 2]) -> Pair {
        // Towards zero: rounding to nearest is a call on most processors, and a unit is nothing beside a sum.
        let fix = |x: f32, unit: f64| (f64::from(x) / unit) as i64;
        [fix(g, self.gradient), fix(h, self.hessian).max(i64::from(h > 0.0))]
    }

    /// Back to numbers: gradient, hessian.
    #[inline(always)]
    pub(super) fn number(self, pair: Pair) -> (f64, f64) {
        (pair[0] as f64 * self.gradient, pair[1] as f64 * self.hessian)
    }
}

/// The smallest power of two in which `sum` is less than `2^BITS` units.
fn unit(sum: f64) -> f64 {
    if sum > 0.0 { 2.0_f64.powi(exponent(sum) + 1 - BITS) } else { 1.0 }
}

/// `floor(log2(x))` of a normal number.
fn exponent(x: f64) -> i32 {
    (x.to_bits() >> 52) as i32 - 1023
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_powers_of_two_that_hold_the_sum() {
        assert_eq!((exponent(1.0), exponent(1.99), exponent(0.5), exponent(1e-30)), (0, 0, -1, -100));
        assert_eq!(unit(1.5), 2.0_f64.powi(-60));
        assert_eq!(unit(0.0), 1.0);
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_numbers(
            pairs in prop::collection::vec((-1e6_f32..1e6, prop_oneof![Just(0.0_f32), Just(1e-30), 0.0_f32..9.0]), 1..70)
        ) {
            let pairs: Vec<[f32; 2]> = pairs.into_iter().map(|(g, h)| [g, h]).collect();
            let rows: Vec<u32> = (0..pairs.len() as u32).collect();
            let units = Units::of(&pairs, &rows);
            let fixed = pairs.iter().map(|&p| units.fix(p));
            let sum = units.number(fixed.clone().fold([0; 2], add));
            let exact: [f64; 2] = [0, 1].map(|k| pairs.iter().map(|p| f64::from(p[k])).sum());
            let size: f64 = pairs.iter().map(|p| f64::from(p[0].abs())).sum();
            prop_assert!((sum.0 - exact[0]).abs() <= 1e-13 * size && (sum.1 - exact[1]).abs() <= 1e-13 * exact[1]);
            for (p, f) in pairs.iter().zip(fixed) {
                prop_assert_eq!(p[1] > 0.0, f[1] > 0);
            }
        }
    }
}
