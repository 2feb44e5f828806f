//! Natural logarithms without branches, which the compiler turns into vector instructions.
//!
//! A number is `2^k m` with `m` near 1, and `ln m = 2 atanh(s) = 2 (s + s^3/3 + s^5/5 + ...)` with
//! `s = (m - 1) / (m + 1)` (Abramowitz and Stegun 1964, 4.1.27). The series in `s^2` is replaced by the polynomial
//! that interpolates it at Chebyshev's points of `0..=0.0412`, whose relative error is 1e-8 (`f32`) and 7e-19 (`f64`).
macro_rules! logarithms {
    ($module:ident, $float:ident, $int:ident, $doc:literal, mantissa: $mantissa:literal, lift: $lift:literal, magic: $magic:literal,
     ln2: [$high:literal, $low:literal], series: $series:expr) => {
        #[doc = $doc]
        pub mod $module {
            /// Bits of the root of one half: numbers from there to its double have the exponent 0.
            const ROOT: $int = std::$float::consts::FRAC_1_SQRT_2.to_bits() as $int;
            /// One and a half times the power of two whose unit in the last place is 1.
            const MAGIC: $float = $magic;
            /// From the coefficient of `z^0` up.
            const SERIES: &[$float] = &$series;

            /// A small integer as a number; no vector instructions before AVX-512 convert 64-bit integers.
            #[inline(always)]
            fn number(k: $int) -> $float {
                $float::from_bits((MAGIC.to_bits() as $int).wrapping_add(k) as _) - MAGIC
            }

            /// `2 atanh(s) - 2 s`, for `|s| <= 0.203`.
            #[inline(always)]
            fn tail(s: $float) -> $float {
                let z = s * s;
                let (last, others) = (SERIES[SERIES.len() - 1], &SERIES[..SERIES.len() - 1]);
                let sum = others.iter().rev().fold(last, |sum, c| sum * z + c);
                2.0 * s * z * sum
            }

            /// `ln(x)`, to 2 units in the last place: minus infinity at 0, NaN below.
            #[inline(always)]
            pub fn ln(x: $float) -> $float {
                const UP: $float = (1_u64 << ($mantissa + 2)) as $float;
                let tiny = x < $float::MIN_POSITIVE;
                let bits = (if tiny { x * UP } else { x }).to_bits() as $int;
                let exponent = bits.wrapping_sub(ROOT) >> $mantissa;
                let m = $float::from_bits(bits.wrapping_sub(exponent << $mantissa) as _);
                let k = number(exponent) - if tiny { $lift } else { 0.0 };
                let s = (m - 1.0) / (m + 1.0);
                let value = k * $high + (2.0 * s + (tail(s) + k * $low));
                let special = if x == 0.0 { -$float::INFINITY } else { x };
                let special = if x < 0.0 { $float::NAN } else { special };
                if x > 0.0 && x < $float::INFINITY { value } else { special }
            }

            /// `ln(1 + f) - ln(1 + y)` with one division and no logarithm of either, also where the two nearly agree:
            /// then `s = (f - y) / (2 + f + y)` is exact to a rounding. NaN unless both are above -1.
            #[inline(always)]
            pub fn log_ratio_1p(f: $float, y: $float) -> $float {
                let (a, b) = (1.0 + f, 1.0 + y);
                let finite = a < $float::INFINITY && b < $float::INFINITY;
                let value = finite_log_ratio_1p(f, y);
                let special = if a > 0.0 && b > 0.0 { a - b } else { $float::NAN };
                if finite { value } else { special }
            }

            /// [`log_ratio_1p`], of two numbers that are not infinite.
            #[inline(always)]
            fn finite_log_ratio_1p(f: $float, y: $float) -> $float {
                let (s, k) = ratio_parts(f, y);
                from_parts(s, k)
            }

            /// The first half of [`log_ratio_1p`], of two numbers that are not infinite: `s` and `k`.
            #[inline(always)]
            pub(crate) fn ratio_parts(f: $float, y: $float) -> ($float, $float) {
                const HALF: $int = 1 << ($mantissa - 1);
                let (a, b) = (1.0 + f, 1.0 + y);
                let ahead = (a.to_bits() as $int).wrapping_sub(b.to_bits() as $int);
                let exponent = ahead.wrapping_add(HALF) >> $mantissa; // the difference of bits is the logarithm to 0.09
                let scaled =
                    $float::from_bits((a.to_bits() as $int).wrapping_sub(exponent << $mantissa) as _);
                let difference = if exponent == 0 { f - y } else { scaled - b };
                let s = difference / (scaled + b);
                (if a > 0.0 && b > 0.0 { s } else { $float::NAN }, number(exponent))
            }

            /// The second half of [`log_ratio_1p`].
            #[inline(always)]
            pub(crate) fn from_parts(s: $float, k: $float) -> $float {
                k * $high + (2.0 * s + (tail(s) + k * $low))
            }
        }
    };
}

logarithms! {
    single, f32, i32, "Logarithms of `f32`.", mantissa: 23, lift: 25.0, magic: 12_582_912.0,
    ln2: [0.693_138_1, 9.058_001e-6],
    series: [0.333_333_6, 0.199_888_54, 0.149_993_79]
}
logarithms! {
    double, f64, i64, "Logarithms of `f64`.", mantissa: 52, lift: 54.0, magic: 6_755_399_441_055_744.0,
    ln2: [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10],
    series: [
        0.333_333_333_333_333_3,
        0.200_000_000_000_048_2,
        0.142_857_142_832_62,
        0.111_111_115_859_093_73,
        0.090_908_640_354_520_2,
        0.076_946_221_169_547_34,
        0.066_012_033_421_837_83,
        0.068_321_686_562_910_8
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Distance of `value` from `exact` in units in the last place of an `f32`.
    fn units32(value: f32, exact: f64) -> f64 {
        let near = exact as f32;
        (f64::from(value) - exact).abs() / f64::from(near.abs().next_up() - near.abs())
    }

    #[test]
    fn every_exponent_and_a_dense_mantissa_of_a_single() {
        for high in 0..0x7F80_u32 {
            for low in [0, 1, 0x1234, 0x7FFF, 0x8000, 0xB504, 0xFFFF] {
                let x = f32::from_bits(high << 16 | low);
                if x > 0.0 && x != 1.0 {
                    let error = units32(single::ln(x), f64::from(x).ln());
                    assert!(error <= 2.0, "{x:e}: {error}");
                }
            }
        }
    }

    #[test]
    fn every_exponent_and_a_dense_mantissa_of_a_double() {
        for i in 1..2_000_000_u64 {
            let x = f64::from_bits(i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 0x7FF0_0000_0000_0000);
            let near = 0.5 + i as f64 * 1e-6;
            for x in [x, near] {
                let (value, exact) = (double::ln(x), x.ln());
                let unit = exact.abs().next_up() - exact.abs();
                // The library's own error is below one half unit more than the rounding that is counted here.
                assert!(x == 0.0 || (value - exact).abs() <= 2.0 * unit, "{x:e}: {value} {exact}");
            }
        }
    }

    #[test]
    fn extremes() {
        assert_eq!((single::ln(1.0), double::ln(1.0)), (0.0, 0.0));
        for zero in [0.0, -0.0] {
            assert_eq!((double::ln(zero), single::ln(zero as f32)), (f64::NEG_INFINITY, f32::NEG_INFINITY));
        }
        assert_eq!((single::ln(f32::INFINITY), double::ln(f64::INFINITY)), (f32::INFINITY, f64::INFINITY));
        for bad in [f64::NAN, -1.0, -f64::MIN_POSITIVE, -5e-324, f64::NEG_INFINITY] {
            assert!(double::ln(bad).is_nan() && double::log_ratio_1p(bad - 1.0, 2.0).is_nan(), "{bad}");
        }
        assert!(single::ln(-1e-45).is_nan() && single::ln(f32::NEG_INFINITY).is_nan());
        assert_eq!(double::ln(5e-324), 5e-324_f64.ln());
    }

    #[test]
    fn a_ratio_leaves_its_domain_with_nan() {
        let inf = f64::INFINITY;
        assert_eq!((double::log_ratio_1p(inf, 3.0), double::log_ratio_1p(3.0, inf)), (inf, -inf));
        assert!(double::log_ratio_1p(inf, inf).is_nan());
        for (f, y) in [(-1.0, 0.0), (0.0, -1.0), (-1.0, -1.0), (-2.0, -2.0), (-3.0, 5.0), (-inf, 0.0)] {
            assert!(
                double::log_ratio_1p(f, y).is_nan() && single::log_ratio_1p(f as f32, y as f32).is_nan(),
                "{f} {y}"
            );
        }
        assert_eq!(double::log_ratio_1p(7.0, 7.0), 0.0);
        assert_eq!(double::log_ratio_1p(1e-300, 0.0), 1e-300, "tiny differences keep their digits");
    }

    proptest! {
        #[test]
        fn a_ratio_is_a_difference_of_logarithms(f in -0.99_f64..100.0, step in -1.0_f64..1.0, power in -12_i32..12) {
            let y = f + step * 10.0_f64.powi(power);
            prop_assume!(y > -0.99);
            let exact = |f: f64, y: f64| {
                let near = (f - y).abs() < 0.3 * (1.0 + y);
                if near { ((f - y) / (1.0 + y)).ln_1p() } else { f.ln_1p() - y.ln_1p() }
            };
            let (value, expected) = (double::log_ratio_1p(f, y), exact(f, y));
            prop_assert!((value - expected).abs() <= 8e-15 * expected.abs(), "{value} {expected}");
            let (f, y) = (f as f32, y as f32);
            let (value, expected) = (f64::from(single::log_ratio_1p(f, y)), exact(f.into(), y.into()));
            prop_assert!((value - expected).abs() <= 8e-7 * expected.abs(), "{value} {expected}");
        }
    }
}
