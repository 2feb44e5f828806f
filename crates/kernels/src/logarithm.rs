//! Natural logarithm without branches, so that a loop over it becomes vector instructions.
//!
//! `x = 2^k (1 + f)` with `1 + f` between `sqrt(1/2)` and `sqrt(2)`; then, with `s = f / (2 + f)`,
//! `ln(1 + f) = 2 atanh(s)` by the minimax polynomials of fdlibm (Sun Microsystems 1993). No result is further than 1
//! unit in the last place from the true one; `f64::ln` may differ from it by another.

#![allow(
    clippy::inline_always,
    reason = "a call would keep the loop around it from becoming vector instructions"
)]

const LN2_HIGH: f64 = 6.931_471_803_691_238e-1; // 32 bits: its products with exponents are exact
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const L: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// Natural logarithm: `-inf` at 0, NaN below, `inf` at `inf`; subnormal numbers are as precise as others.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    const HALF_ROOT: u64 = 0x3FE6_A09E_0000_0000; // the upper bits of sqrt(1/2)
    const ONE: u64 = 0x3FF0_0000_0000_0000;
    let tiny = x < f64::MIN_POSITIVE;
    let bits = (if tiny { x * 18_014_398_509_481_984.0 } else { x }).to_bits().wrapping_add(ONE - HALF_ROOT);
    // The biased exponent becomes a float by being the low bits of 2^52: there is no such instruction before AVX-512.
    let biased = f64::from_bits(0x4330_0000_0000_0000 | (bits >> 52)) - 4_503_599_627_370_496.0;
    let k = biased - if tiny { 1023.0 + 54.0 } else { 1023.0 };
    let f = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) + HALF_ROOT) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (L[1] + w * (L[3] + w * L[5]));
    let odd = z * (L[0] + w * (L[2] + w * (L[4] + w * L[6])));
    let half = 0.5 * f * f;
    let y = k * LN2_HIGH - ((half - (s * (half + (even + odd)) + k * LN2_LOW)) - f);
    let special = if x == 0.0 { f64::NEG_INFINITY } else { f64::NAN };
    if x > 0.0 && x < f64::INFINITY {
        y
    } else if x == f64::INFINITY {
        x
    } else {
        special
    }
}

/// Natural logarithm in single precision; the same rules.
#[inline(always)]
pub fn ln_f32(x: f32) -> f32 {
    const HALF_ROOT: u32 = 0x3F35_04F3;
    const ONE: u32 = 0x3F80_0000;
    let tiny = x < f32::MIN_POSITIVE;
    let bits = (if tiny { x * 33_554_432.0 } else { x }).to_bits().wrapping_add(ONE - HALF_ROOT);
    let biased = f32::from_bits(0x4B00_0000 | (bits >> 23)) - 8_388_608.0;
    let k = biased - if tiny { 127.0 + 25.0 } else { 127.0 };
    let f = f32::from_bits((bits & 0x007F_FFFF) + HALF_ROOT) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (0.400_009_72 + w * 0.242_790_79);
    let odd = z * (0.666_666_6 + w * 0.284_987_87);
    let half = 0.5 * f * f;
    let y = k * 0.693_138_1 - ((half - (s * (half + (even + odd)) + k * 9.058_001e-6)) - f);
    let special = if x == 0.0 { f32::NEG_INFINITY } else { f32::NAN };
    if x > 0.0 && x < f32::INFINITY {
        y
    } else if x == f32::INFINITY {
        x
    } else {
        special
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::simd::{Level, dispatch};

    fn apart(x: f64) -> i64 {
        (ln(x).to_bits() as i64 - x.ln().to_bits() as i64).abs()
    }

    fn apart_f32(x: f32) -> i32 {
        let precise = f64::from(x).ln() as f32;
        (ln_f32(x).to_bits() as i32 - precise.to_bits() as i32).abs()
    }

    #[test]
    fn within_two_units_in_the_last_place_everywhere() {
        let steps = 400_000_u64;
        for i in 1..steps {
            let x = f64::from_bits(f64::INFINITY.to_bits() / steps * i + i % 977);
            assert!(apart(x) <= 2, "{x:e}: {}", ln(x));
            let near_one = 0.5 + 1.5 * i as f64 / steps as f64;
            assert!(near_one == 1.0 || apart(near_one) <= 2, "{near_one}: {}", ln(near_one));
        }
        for x in (1..0x7F80_0000_u32).step_by(1009).map(f32::from_bits) {
            assert!(apart_f32(x) <= 2, "{x:e}: {}", ln_f32(x));
        }
    }

    #[test]
    fn at_the_ends() {
        for x in [5e-324, 1e-310, f64::MIN_POSITIVE, f64::MAX, 1.0 - f64::EPSILON / 2.0, 1.0 + f64::EPSILON] {
            assert!(apart(x) <= 2, "{x:e}");
        }
        assert_eq!((ln(1.0), ln(0.0), ln(-0.0)), (0.0, f64::NEG_INFINITY, f64::NEG_INFINITY));
        assert_eq!((ln(f64::INFINITY), ln_f32(f32::INFINITY)), (f64::INFINITY, f32::INFINITY));
        assert_eq!((ln_f32(1.0), ln_f32(0.0)), (0.0, f32::NEG_INFINITY));
        for x in [f64::NAN, -1.0, -5e-324, f64::NEG_INFINITY] {
            assert!(ln(x).is_nan() && ln_f32(x as f32 - f32::MIN_POSITIVE).is_nan(), "{x}");
        }
    }

    #[inline(always)]
    fn each(x: &mut [f64]) {
        for x in x {
            *x = ln(*x);
        }
    }

    dispatch! {
        fn each_at(x: &mut [f64]) = each;
    }

    proptest! {
        #[test]
        fn every_level_gives_the_same_bytes(x in proptest::collection::vec(any::<f64>(), 0..70)) {
            let bits = |x: &[f64]| x.iter().map(|v| if v.is_nan() { 0 } else { v.to_bits() }).collect::<Vec<_>>();
            let plain: Vec<f64> = x.iter().map(|&x| ln(x)).collect();
            for level in Level::available() {
                let mut lanes = x.clone();
                each_at(level, &mut lanes);
                prop_assert_eq!(bits(&lanes), bits(&plain));
            }
        }
    }
}
