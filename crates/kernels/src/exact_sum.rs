//! Sums of numbers without rounding: the same for any order and any grouping of the terms.
//!
//! A sum is a whole number of units of `2^-1074`, the least number above 0, in limbs of 32 bits: the long accumulator of
//! Kulisch (2013), Computer Arithmetic and Validity, doi:10.1515/9783110301793.

/// Bits of a limb.
const BITS: u32 = 32;
/// Room for the largest number, and 2^30 times that.
const LIMBS: usize = 68;
/// Terms after which limbs are carried over: each adds less than 2^32 to a limb of 63 bits.
const TERMS: u32 = 1 << 30;

/// A sum of finite numbers.
#[derive(Debug, Clone)]
pub struct ExactSum {
    limbs: Vec<i64>,
    terms: u32,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self { limbs: vec![0; LIMBS], terms: 0 }
    }
}

impl PartialEq for ExactSum {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl ExactSum {
    /// Adds a number, which must be finite.
    pub fn add(&mut self, value: f64) {
        debug_assert!(value.is_finite(), "{value} has no place in a sum");
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as u32;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, place) =
            if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent - 1) };
        let mut wide = u128::from(mantissa) << (place % BITS);
        let sign = if value < 0.0 { -1 } else { 1 };
        for limb in &mut self.limbs[(place / BITS) as usize..][..3] {
            *limb += sign * i64::from(wide as u32);
            wide >>= BITS;
        }
        self.terms += 1;
        if self.terms == TERMS {
            self.carry();
        }
    }

    /// Adds the product of two numbers. Exact unless it is beyond 1e300 or what it lacks is below 1e-300.
    pub fn add_product(&mut self, a: f64, b: f64) {
        let product = a * b;
        self.add(product);
        self.add(a.mul_add(b, -product));
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        other.carry();
        self.carry();
        for (limb, more) in self.limbs.iter_mut().zip(other.limbs) {
            *limb += more;
        }
        self.carry();
    }

    /// The nearest number, or the one beside it.
    pub fn value(&self) -> f64 {
        let mut sum = self.clone();
        sum.carry();
        let negative = sum.limbs[LIMBS - 1] < 0;
        if negative {
            for limb in &mut sum.limbs {
                *limb = -*limb;
            }
            sum.carry();
        }
        let half = |exponent: i32| 2.0_f64.powi(exponent);
        let of = |(i, limb): (usize, &i64)| {
            let exponent = i as i32 * BITS as i32 - 1074;
            *limb as f64 * half(exponent / 2) * half(exponent - exponent / 2)
        };
        // From the greatest on, so that what is lost is below the last digit.
        let value = sum.limbs.iter().enumerate().rev().filter(|(_, limb)| **limb != 0).map(of).sum::<f64>();
        if negative { -value } else { value }
    }

    /// The place of the first limb that is not 0, and the limbs from there to the last one that is not: the sum itself, for
    /// keeping. All but the last are in 0..2^32.
    pub fn parts(&self) -> (usize, Vec<i64>) {
        let mut sum = self.clone();
        sum.carry();
        let used = |limb: &i64| *limb != 0;
        let Some(first) = sum.limbs.iter().position(used) else { return (0, Vec::new()) };
        let last = sum.limbs.iter().rposition(used).unwrap_or(first);
        (first, sum.limbs[first..=last].to_vec())
    }

    /// The sum of such parts; `None` when they are none.
    pub fn from_parts(first: usize, parts: &[i64]) -> Option<Self> {
        let mut sum = Self::default();
        let limbs = sum.limbs.get_mut(first..)?.get_mut(..parts.len())?;
        limbs.copy_from_slice(parts);
        (sum.parts() == (first, parts.to_vec())).then_some(sum)
    }

    /// Brings all limbs but the last to 0..2^32.
    fn carry(&mut self) {
        let mut carried = 0;
        for limb in &mut self.limbs[..LIMBS - 1] {
            let all = *limb + carried;
            carried = all >> BITS;
            *limb = all & ((1 << BITS) - 1);
        }
        self.limbs[LIMBS - 1] += carried;
        self.terms = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        for value in values {
            sum.add(*value);
        }
        sum
    }

    #[test]
    fn nothing_is_lost() {
        assert_eq!(sum(&[1e300, 1.0, -1e300]).value(), 1.0);
        assert_eq!(sum(&[5e-324, 1e308, -1e308, 5e-324]).value(), 1e-323);
        assert_eq!(sum(&[-0.1, -0.2, 0.3]).value(), -2.775_557_561_562_891_4e-17);
        assert_eq!((sum(&[]).value(), sum(&[-2.5, 2.5]).parts()), (0.0, (0, vec![])));
        assert_eq!(sum(&[f64::MAX, f64::MAX]).value(), f64::INFINITY);
        let mut squares = ExactSum::default();
        squares.add_product(1e8 + 1.0, 1e8 + 1.0);
        squares.add(-1e16);
        assert_eq!(squares.value(), 2e8 + 1.0);
    }

    #[test]
    fn parts_that_are_none_are_refused() {
        assert!(ExactSum::from_parts(LIMBS, &[1]).is_none() && ExactSum::from_parts(3, &[0, 1]).is_none());
        assert!(ExactSum::from_parts(3, &[1 << 40, 1]).is_none());
    }

    proptest! {
        #[test]
        fn any_order_and_grouping_is_the_same_sum(
            values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO, 0..40),
            cut in 0_usize..40,
        ) {
            let all = sum(&values);
            let (a, b) = values.split_at(cut.min(values.len()));
            let mut merged = sum(b);
            merged.merge(&sum(a));
            let reversed: Vec<f64> = values.iter().rev().copied().collect();
            prop_assert_eq!(all.parts(), merged.parts());
            prop_assert_eq!(all.parts(), sum(&reversed).parts());
            let (first, parts) = all.parts();
            prop_assert_eq!(ExactSum::from_parts(first, &parts).map(|sum| sum.value()), Some(all.value()));
        }

        #[test]
        fn small_numbers_have_the_plain_sum(values in prop::collection::vec(-1000_i32..1000, 0..60)) {
            let numbers: Vec<f64> = values.iter().map(|v| f64::from(*v) / 8.0).collect();
            prop_assert_eq!(sum(&numbers).value(), f64::from(values.iter().sum::<i32>()) / 8.0);
        }
    }
}
