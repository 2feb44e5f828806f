//! Vectors of sort keys, one lane a row.
//!
//! Draws are sorted as integers: the bits of a float that is not negative ascend with it, those of a negative one do so
//! after [`Lanes::flip`]. Integers have no NaN and one zero, so that every processor puts the same draw first, and their
//! minimum costs half as much as that of floats.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64 as arch;

use crate::simd::{Level, Real};

/// Keys that are compared at once.
pub trait Keys: Copy {
    /// The highest key, which no number has: what empty places are filled with.
    fn pad() -> Self;
    /// Lower key of each lane.
    #[must_use]
    fn min(self, other: Self) -> Self;
    /// Higher key of each lane.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// Bits that are set in either.
    #[must_use]
    fn or(self, other: Self) -> Self;
}

/// `N` values of type `T`, as their bits or as their keys.
pub trait Lanes<T: Real, const N: usize>: Keys {
    /// Neighbours in memory.
    fn load(values: &[T; N]) -> Self;
    /// Whether the sign bit of any lane is set.
    fn negative(self) -> bool;
    /// Bits to keys and back; changes only negative lanes.
    #[must_use]
    fn flip(self) -> Self;
    /// Whether the key of any lane is above that of `other`.
    fn exceeds(self, other: Self) -> bool;
    /// `self`, whole numbers, one higher where the value `x >= threshold`; 0 is the number of [`Sortable::NONE`].
    #[must_use]
    fn count(self, x: Self, threshold: Self) -> Self;
    /// Exchanges rows and columns.
    fn transpose(rows: [Self; N]) -> [Self; N];
}

/// Vectors as arrays of their lanes.
#[allow(unsafe_code, reason = "vectors are arrays, said without copying them")]
pub(crate) fn arrays<T: Real, V: Lanes<T, N>, const N: usize>(vectors: &[V]) -> &[[T; N]] {
    const { assert!(size_of::<V>() == size_of::<[T; N]>() && align_of::<V>() >= align_of::<T>()) };
    // SAFETY: both are `N` values of `T` without padding, all bits are valid, and the alignment suffices.
    unsafe { std::slice::from_raw_parts(vectors.as_ptr().cast(), vectors.len()) }
}

/// What is done with vectors of whatever size the processor has.
pub trait Job<T: Real>: Sized {
    /// Its result.
    type Out;
    /// Does it; to be marked `#[inline(always)]`, so that it is compiled for the instructions of `V`.
    fn run<V: Lanes<T, N>, const N: usize>(self) -> Self::Out;
}

/// Values that a [`Job`] can be done with.
pub trait Sortable: Real {
    /// The value whose bits are the whole number 0.
    #[doc(hidden)]
    const NONE: Self;
    /// The whole number that are its bits.
    #[doc(hidden)]
    fn whole(self) -> usize;
    /// Does a job with the instructions of `level`, if the processor has them.
    #[doc(hidden)]
    fn with<J: Job<Self>>(level: Level, job: J) -> J::Out;
    /// Total order, NaN last.
    #[doc(hidden)]
    fn order(&self, other: &Self) -> std::cmp::Ordering;
    /// The lowest value that is at least `threshold`, or above it when `strict`; NaN, which nothing reaches, if there is
    /// none.
    #[doc(hidden)]
    fn reaching(threshold: f64, strict: bool) -> Self;
}

/// Lanes for processors of which nothing is known: the bits of `$value` as `$bits`.
macro_rules! portable {
    ($name:ident, $value:ident, $bits:ident) => {
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name([$bits; 8]);

        impl Keys for $name {
            #[inline(always)]
            fn pad() -> Self {
                Self([$bits::MAX; 8])
            }

            #[inline(always)]
            fn min(self, other: Self) -> Self {
                Self(std::array::from_fn(|i| self.0[i].min(other.0[i])))
            }

            #[inline(always)]
            fn or(self, other: Self) -> Self {
                Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                Self(std::array::from_fn(|i| self.0[i].max(other.0[i])))
            }
        }

        impl Lanes<$value, 8> for $name {
            #[inline(always)]
            fn load(values: &[$value; 8]) -> Self {
                Self(values.map(|x| x.to_bits().cast_signed()))
            }

            #[inline(always)]
            fn negative(self) -> bool {
                self.0.iter().fold(0, |a, b| a | b) < 0
            }

            #[inline(always)]
            fn flip(self) -> Self {
                Self(self.0.map(|b| b ^ ((b >> ($bits::BITS - 1)) & $bits::MAX)))
            }

            #[inline(always)]
            fn exceeds(self, other: Self) -> bool {
                (0..8).fold(false, |any, i| any | (self.0[i] > other.0[i]))
            }

            #[inline(always)]
            fn count(mut self, x: Self, threshold: Self) -> Self {
                let value = |bits: $bits| $value::from_bits(bits.cast_unsigned());
                for i in 0..8 {
                    self.0[i] += $bits::from(value(x.0[i]) >= value(threshold.0[i]));
                }
                self
            }

            #[inline(always)]
            fn transpose(rows: [Self; 8]) -> [Self; 8] {
                std::array::from_fn(|c| Self(rows.map(|row| row.0[c])))
            }
        }
    };
}

portable!(Single, f32, i32);
portable!(Double, f64, i64);

/// Lanes of one vector type of the processor, by its instructions.
macro_rules! vector {
    ($name:ident($vector:ident), $value:ident x $lanes:literal, $load:ident, $or:ident, $xor:ident, $pad:expr,
     |$a:ident, $b:ident| $min:expr, $max:expr, $negative:expr, $magnitude:expr, $exceeds:expr,
     $sub:ident, $reached:expr, $transpose:path) => {
        #[cfg(target_arch = "x86_64")]
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name(arch::$vector);

        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "vector instructions")]
        impl Keys for $name {
            #[inline(always)]
            fn pad() -> Self {
                // SAFETY: lanes of the processor are used only inside `Sortable::with`, at a level that it has.
                Self(unsafe { $pad })
            }

            #[inline(always)]
            fn min(self, other: Self) -> Self {
                let ($a, $b) = (self.0, other.0);
                // SAFETY: as in `pad`.
                Self(unsafe { $min })
            }

            #[inline(always)]
            fn or(self, other: Self) -> Self {
                // SAFETY: as in `pad`.
                Self(unsafe { arch::$or(self.0, other.0) })
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                let ($a, $b) = (self.0, other.0);
                // SAFETY: as in `pad`.
                Self(unsafe { $max })
            }
        }

        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "vector instructions")]
        impl Lanes<$value, $lanes> for $name {
            #[inline(always)]
            fn load(values: &[$value; $lanes]) -> Self {
                // SAFETY: as in `pad`; the array has as many values as are read, and no alignment is needed.
                Self(unsafe { arch::$load(values.as_ptr().cast()) })
            }

            #[inline(always)]
            fn negative(self) -> bool {
                let $a = self.0;
                // SAFETY: as in `pad`.
                unsafe { $negative != 0 }
            }

            #[inline(always)]
            fn flip(self) -> Self {
                let $a = self.0;
                // SAFETY: as in `pad`.
                Self(unsafe { arch::$xor($a, $magnitude) })
            }

            #[inline(always)]
            fn exceeds(self, other: Self) -> bool {
                let ($a, $b) = (self.0, other.0);
                // SAFETY: as in `pad`.
                unsafe { $exceeds != 0 }
            }

            #[inline(always)]
            fn count(self, x: Self, threshold: Self) -> Self {
                let ($a, $b) = (x.0, threshold.0);
                // SAFETY: as in `pad`.
                Self(unsafe { arch::$sub(self.0, $reached) })
            }

            #[inline(always)]
            fn transpose(mut rows: [Self; $lanes]) -> [Self; $lanes] {
                let mut bits = [rows[0].0; $lanes];
                for i in 0..$lanes {
                    bits[i] = rows[i].0;
                }
                // SAFETY: as in `pad`.
                let bits = unsafe { $transpose(bits) };
                for i in 0..$lanes {
                    rows[i] = Self(bits[i]);
                }
                rows
            }
        }
    };
}

vector!(
    F32x16(__m512i), f32 x 16, _mm512_loadu_si512, _mm512_or_si512, _mm512_xor_si512,
    arch::_mm512_set1_epi32(i32::MAX),
    |a, b| arch::_mm512_min_epi32(a, b),
    arch::_mm512_max_epi32(a, b),
    arch::_mm512_movepi32_mask(a),
    arch::_mm512_srli_epi32::<1>(arch::_mm512_srai_epi32::<31>(a)),
    arch::_mm512_cmpgt_epi32_mask(a, b),
    _mm512_sub_epi32,
    arch::_mm512_movm_epi32(arch::_mm512_cmp_ps_mask::<{ arch::_CMP_GE_OQ }>(arch::_mm512_castsi512_ps(a), arch::_mm512_castsi512_ps(b))),
    transpose::wide32
);
vector!(
    F64x8(__m512i), f64 x 8, _mm512_loadu_si512, _mm512_or_si512, _mm512_xor_si512,
    arch::_mm512_set1_epi64(i64::MAX),
    |a, b| arch::_mm512_min_epi64(a, b),
    arch::_mm512_max_epi64(a, b),
    arch::_mm512_movepi64_mask(a),
    arch::_mm512_srli_epi64::<1>(arch::_mm512_srai_epi64::<63>(a)),
    arch::_mm512_cmpgt_epi64_mask(a, b),
    _mm512_sub_epi64,
    arch::_mm512_movm_epi64(arch::_mm512_cmp_pd_mask::<{ arch::_CMP_GE_OQ }>(arch::_mm512_castsi512_pd(a), arch::_mm512_castsi512_pd(b))),
    transpose::wide64
);
vector!(
    F32x8(__m256i), f32 x 8, _mm256_loadu_si256, _mm256_or_si256, _mm256_xor_si256,
    arch::_mm256_set1_epi32(i32::MAX),
    |a, b| arch::_mm256_min_epi32(a, b),
    arch::_mm256_max_epi32(a, b),
    arch::_mm256_movemask_ps(arch::_mm256_castsi256_ps(a)),
    arch::_mm256_srli_epi32::<1>(arch::_mm256_srai_epi32::<31>(a)),
    arch::_mm256_movemask_epi8(arch::_mm256_cmpgt_epi32(a, b)),
    _mm256_sub_epi32,
    arch::_mm256_castps_si256(arch::_mm256_cmp_ps::<{ arch::_CMP_GE_OQ }>(arch::_mm256_castsi256_ps(a), arch::_mm256_castsi256_ps(b))),
    transpose::narrow32
);
// There is no minimum of 64-bit integers before AVX-512.
vector!(
    F64x4(__m256i), f64 x 4, _mm256_loadu_si256, _mm256_or_si256, _mm256_xor_si256,
    arch::_mm256_set1_epi64x(i64::MAX),
    |a, b| arch::_mm256_blendv_epi8(a, b, arch::_mm256_cmpgt_epi64(a, b)),
    arch::_mm256_blendv_epi8(b, a, arch::_mm256_cmpgt_epi64(a, b)),
    arch::_mm256_movemask_pd(arch::_mm256_castsi256_pd(a)),
    arch::_mm256_srli_epi64::<1>(arch::_mm256_cmpgt_epi64(arch::_mm256_setzero_si256(), a)),
    arch::_mm256_movemask_epi8(arch::_mm256_cmpgt_epi64(a, b)),
    _mm256_sub_epi64,
    arch::_mm256_castpd_si256(arch::_mm256_cmp_pd::<{ arch::_CMP_GE_OQ }>(arch::_mm256_castsi256_pd(a), arch::_mm256_castsi256_pd(b))),
    transpose::narrow64
);

/// Exchange of rows and columns, by shuffles in registers: gathers take three times as long.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "vector instructions")]
mod transpose {
    #[allow(clippy::wildcard_imports, reason = "instructions")]
    use super::arch::*;

    /// Four rows of four quarters, turned over.
    ///
    /// # Safety
    /// The processor has AVX-512.
    #[inline(always)]
    unsafe fn quarters(u: [__m512i; 4]) -> [__m512i; 4] {
        // SAFETY: by the caller.
        unsafe {
            let (a, b) = (_mm512_shuffle_i32x4::<0x88>(u[0], u[1]), _mm512_shuffle_i32x4::<0x88>(u[2], u[3]));
            let (c, d) = (_mm512_shuffle_i32x4::<0xdd>(u[0], u[1]), _mm512_shuffle_i32x4::<0xdd>(u[2], u[3]));
            [
                _mm512_shuffle_i32x4::<0x88>(a, b),
                _mm512_shuffle_i32x4::<0x88>(c, d),
                _mm512_shuffle_i32x4::<0xdd>(a, b),
                _mm512_shuffle_i32x4::<0xdd>(c, d),
            ]
        }
    }

    /// # Safety
    /// The processor has AVX-512.
    #[inline(always)]
    pub(super) unsafe fn wide32(r: [__m512i; 16]) -> [__m512i; 16] {
        let (mut u, mut out) = (r, r);
        // SAFETY: by the caller.
        unsafe {
            for q in [0, 4, 8, 12] {
                let (a, b) = (_mm512_unpacklo_epi32(r[q], r[q + 1]), _mm512_unpackhi_epi32(r[q], r[q + 1]));
                let (c, d) =
                    (_mm512_unpacklo_epi32(r[q + 2], r[q + 3]), _mm512_unpackhi_epi32(r[q + 2], r[q + 3]));
                u[q] = _mm512_unpacklo_epi64(a, c);
                u[q + 1] = _mm512_unpackhi_epi64(a, c);
                u[q + 2] = _mm512_unpacklo_epi64(b, d);
                u[q + 3] = _mm512_unpackhi_epi64(b, d);
            }
            // u[q + k] holds columns k, k + 4, k + 8, k + 12 of rows q .. q + 3, a quarter each.
            for k in 0..4 {
                let turned = quarters([u[k], u[4 + k], u[8 + k], u[12 + k]]);
                for j in 0..4 {
                    out[4 * j + k] = turned[j];
                }
            }
        }
        out
    }

    /// # Safety
    /// The processor has AVX-512.
    #[inline(always)]
    pub(super) unsafe fn wide64(r: [__m512i; 8]) -> [__m512i; 8] {
        let (mut low, mut high, mut out) = ([r[0]; 4], [r[0]; 4], r);
        // SAFETY: by the caller.
        unsafe {
            for i in 0..4 {
                low[i] = _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
                high[i] = _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
            }
            let (low, high) = (quarters(low), quarters(high));
            for j in 0..4 {
                (out[2 * j], out[2 * j + 1]) = (low[j], high[j]);
            }
        }
        out
    }

    /// # Safety
    /// The processor has AVX2.
    #[inline(always)]
    pub(super) unsafe fn narrow32(r: [__m256i; 8]) -> [__m256i; 8] {
        let (mut u, mut out) = (r, r);
        // SAFETY: by the caller.
        unsafe {
            for q in [0, 4] {
                let (a, b) = (_mm256_unpacklo_epi32(r[q], r[q + 1]), _mm256_unpackhi_epi32(r[q], r[q + 1]));
                let (c, d) =
                    (_mm256_unpacklo_epi32(r[q + 2], r[q + 3]), _mm256_unpackhi_epi32(r[q + 2], r[q + 3]));
                u[q] = _mm256_unpacklo_epi64(a, c);
                u[q + 1] = _mm256_unpackhi_epi64(a, c);
                u[q + 2] = _mm256_unpacklo_epi64(b, d);
                u[q + 3] = _mm256_unpackhi_epi64(b, d);
            }
            for k in 0..4 {
                out[k] = _mm256_permute2x128_si256::<0x20>(u[k], u[4 + k]);
                out[4 + k] = _mm256_permute2x128_si256::<0x31>(u[k], u[4 + k]);
            }
        }
        out
    }

    /// # Safety
    /// The processor has AVX2.
    #[inline(always)]
    pub(super) unsafe fn narrow64(r: [__m256i; 4]) -> [__m256i; 4] {
        // SAFETY: by the caller.
        unsafe {
            let (a, b) = (_mm256_unpacklo_epi64(r[0], r[1]), _mm256_unpackhi_epi64(r[0], r[1]));
            let (c, d) = (_mm256_unpacklo_epi64(r[2], r[3]), _mm256_unpackhi_epi64(r[2], r[3]));
            [
                _mm256_permute2x128_si256::<0x20>(a, c),
                _mm256_permute2x128_si256::<0x20>(b, d),
                _mm256_permute2x128_si256::<0x31>(a, c),
                _mm256_permute2x128_si256::<0x31>(b, d),
            ]
        }
    }
}

/// Chooses the vectors of a value type by level.
macro_rules! sortable {
    ($value:ident, $wide:ident x $wide_lanes:literal, $narrow:ident x $narrow_lanes:literal, $portable:ident) => {
        impl Sortable for $value {
            const NONE: Self = 0.0;

            #[inline(always)]
            fn whole(self) -> usize {
                self.to_bits() as usize
            }

            #[allow(unsafe_code, reason = "calls code for vector instructions that were found to be there")]
            fn with<J: Job<Self>>(level: Level, job: J) -> J::Out {
                #[cfg(target_arch = "x86_64")]
                {
                    #[target_feature(enable = "avx2,popcnt")]
                    fn avx2<J: Job<$value>>(job: J) -> J::Out {
                        job.run::<$narrow, $narrow_lanes>()
                    }
                    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,popcnt")]
                    fn avx512<J: Job<$value>>(job: J) -> J::Out {
                        job.run::<$wide, $wide_lanes>()
                    }
                    match level.checked() {
                        // SAFETY: `checked` answers this level only where the processor has its instructions.
                        Level::Avx512 => return unsafe { avx512(job) },
                        // SAFETY: as above.
                        Level::Avx2 => return unsafe { avx2(job) },
                        Level::Portable => {}
                    }
                }
                let _ = level;
                job.run::<$portable, 8>()
            }

            fn order(&self, other: &Self) -> std::cmp::Ordering {
                self.is_nan().cmp(&other.is_nan()).then(self.total_cmp(other))
            }

            fn reaching(threshold: f64, strict: bool) -> Self {
                let near = threshold as Self;
                let reached = if strict { f64::from(near) > threshold } else { f64::from(near) >= threshold };
                match reached {
                    true => near,
                    false if near == Self::INFINITY => Self::NAN,
                    false => near.next_up(),
                }
            }
        }
    };
}

sortable!(f32, F32x16 x 16, F32x8 x 8, Single);
sortable!(f64, F64x8 x 8, F64x4 x 4, Double);

#[cfg(test)]
mod tests {
    use super::*;

    /// Transposes the numbers 0, 1, ... and compares every lane.
    struct Exchange;

    macro_rules! exchange {
        ($value:ty) => {
            impl Job<$value> for Exchange {
                type Out = bool;
                #[inline(always)]
                fn run<V: Lanes<$value, N>, const N: usize>(self) -> bool {
                    let number = |r: usize, c: usize| (r * N + c) as $value;
                    let rows = std::array::from_fn(|r| V::load(&std::array::from_fn(|c| number(r, c))));
                    let columns = V::transpose(rows);
                    let turned = |c: usize| std::array::from_fn(|r| number(r, c));
                    (0..N).all(|c| arrays(&columns)[c] == turned(c))
                }
            }
        };
    }
    exchange!(f32);
    exchange!(f64);

    #[test]
    fn rows_become_columns_in_every_vector() {
        for level in Level::available() {
            assert!(<f32 as Sortable>::with(level, Exchange), "{level:?}");
            assert!(<f64 as Sortable>::with(level, Exchange), "{level:?}");
        }
    }

    #[test]
    fn the_lowest_value_that_reaches_a_threshold() {
        assert_eq!(f32::reaching(1.0, false), 1.0);
        assert_eq!(f32::reaching(1.0, true), 1.0_f32.next_up());
        assert_eq!(f32::reaching(0.7, false), 0.7_f32.next_up(), "the nearest single is below");
        assert_eq!(f32::reaching(0.1, true), 0.1, "the nearest single is above");
        assert_eq!(f64::reaching(-0.0, true), f64::from_bits(1));
        assert_eq!(f32::reaching(-1e300, false), f32::MIN, "beyond the singles");
        assert_eq!(f32::reaching(1e300, false), f32::INFINITY);
        assert_eq!(f32::reaching(f64::NEG_INFINITY, false), f32::NEG_INFINITY);
        assert!(f64::reaching(f64::INFINITY, true).is_nan() && f32::reaching(f64::NAN, false).is_nan());
    }
}
