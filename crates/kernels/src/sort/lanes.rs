//! Vectors of values, one lane a row.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64 as arch;

use crate::simd::{Level, Real};

/// `N` values of type `T` that are compared at once.
pub trait Lanes<T: Real, const N: usize>: Copy {
    /// Neighbours in memory.
    fn load(values: &[T; N]) -> Self;
    /// The smaller ones; of a NaN and a number either.
    #[must_use]
    fn min(self, other: Self) -> Self;
    /// The greater ones; of a NaN and a number either.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// Lanes that hold a NaN in either, or are smaller here than there.
    fn below_or_nan(self, other: Self) -> u32;
    /// Lanes that hold a NaN in either.
    fn nan(self, other: Self) -> u32;
    /// Exchanges rows and columns.
    fn transpose(rows: [Self; N]) -> [Self; N];
    /// The same value in every lane.
    #[inline(always)]
    fn splat(value: T) -> Self {
        Self::load(&[value; N])
    }
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
    /// Above all others.
    const INFINITY: Self;
    /// Does a job with the instructions of `level`, if the processor has them.
    #[doc(hidden)]
    fn with<J: Job<Self>>(level: Level, job: J) -> J::Out;
    /// Total order, NaN last.
    #[doc(hidden)]
    fn order(&self, other: &Self) -> std::cmp::Ordering;
}

/// Lanes for processors of which nothing is known.
#[derive(Clone, Copy)]
pub(crate) struct Array<T, const N: usize>([T; N]);

impl<T: Real, const N: usize> Lanes<T, N> for Array<T, N> {
    #[inline(always)]
    fn load(values: &[T; N]) -> Self {
        Self(*values)
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| if self.0[i] < other.0[i] { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| if self.0[i] > other.0[i] { self.0[i] } else { other.0[i] }))
    }

    #[inline(always)]
    fn below_or_nan(self, other: Self) -> u32 {
        let mut mask = 0;
        for i in 0..N {
            mask |= u32::from(!matches!(self.0[i].partial_cmp(&other.0[i]), Some(o) if o.is_ge())) << i;
        }
        mask
    }

    #[inline(always)]
    fn nan(self, other: Self) -> u32 {
        let mut mask = 0;
        for i in 0..N {
            mask |= u32::from(self.0[i].partial_cmp(&other.0[i]).is_none()) << i;
        }
        mask
    }

    #[inline(always)]
    fn transpose(rows: [Self; N]) -> [Self; N] {
        std::array::from_fn(|c| Self(std::array::from_fn(|r| rows[r].0[c])))
    }
}

/// Implements the lanes of one vector type of the processor by its instructions.
macro_rules! vector {
    ($vector:ident, $value:ty, $lanes:literal, $load:ident, $min:ident, $max:ident,
     |$a:ident, $b:ident, $how:ident| $compare:expr, $transpose:path) => {
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "vector instructions")]
        impl Lanes<$value, $lanes> for arch::$vector {
            #[inline(always)]
            fn load(values: &[$value; $lanes]) -> Self {
                // SAFETY: lanes of the processor are used only inside `Sortable::with`, at a level that it has; the array has as many values as are read, and no alignment is needed.
                unsafe { arch::$load(values.as_ptr()) }
            }

            #[inline(always)]
            fn min(self, other: Self) -> Self {
                // SAFETY: as in `load`.
                unsafe { arch::$min(self, other) }
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                // SAFETY: as in `load`.
                unsafe { arch::$max(self, other) }
            }

            #[inline(always)]
            fn below_or_nan(self, other: Self) -> u32 {
                const $how: i32 = arch::_CMP_NGE_UQ;
                let ($a, $b) = (self, other);
                // SAFETY: as in `load`.
                unsafe { $compare }
            }

            #[inline(always)]
            fn nan(self, other: Self) -> u32 {
                const $how: i32 = arch::_CMP_UNORD_Q;
                let ($a, $b) = (self, other);
                // SAFETY: as in `load`.
                unsafe { $compare }
            }

            #[inline(always)]
            fn transpose(rows: [Self; $lanes]) -> [Self; $lanes] {
                // SAFETY: as in `load`.
                unsafe { $transpose(rows) }
            }
        }
    };
}

vector!(
    __m512,
    f32,
    16,
    _mm512_loadu_ps,
    _mm512_min_ps,
    _mm512_max_ps,
    |a, b, HOW| u32::from(arch::_mm512_cmp_ps_mask::<HOW>(a, b)),
    transpose::f32x16
);
vector!(
    __m512d,
    f64,
    8,
    _mm512_loadu_pd,
    _mm512_min_pd,
    _mm512_max_pd,
    |a, b, HOW| u32::from(arch::_mm512_cmp_pd_mask::<HOW>(a, b)),
    transpose::f64x8
);
vector!(
    __m256,
    f32,
    8,
    _mm256_loadu_ps,
    _mm256_min_ps,
    _mm256_max_ps,
    |a, b, HOW| arch::_mm256_movemask_ps(arch::_mm256_cmp_ps::<HOW>(a, b)) as u32,
    transpose::f32x8
);
vector!(
    __m256d,
    f64,
    4,
    _mm256_loadu_pd,
    _mm256_min_pd,
    _mm256_max_pd,
    |a, b, HOW| arch::_mm256_movemask_pd(arch::_mm256_cmp_pd::<HOW>(a, b)) as u32,
    transpose::f64x4
);

/// Exchange of rows and columns, by shuffles in registers: gathers take three times as long.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "vector instructions")]
mod transpose {
    #[allow(clippy::wildcard_imports, reason = "instructions")]
    use super::arch::*;

    /// # Safety
    /// The processor has AVX-512.
    #[inline(always)]
    pub(super) unsafe fn f32x16(r: [__m512; 16]) -> [__m512; 16] {
        // SAFETY: by the caller.
        unsafe {
            let mut t = r;
            for i in 0..8 {
                t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
                t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
            }
            let mut u = t;
            for i in 0..4 {
                let pair = |a: __m512, b: __m512| (_mm512_castps_pd(a), _mm512_castps_pd(b));
                let (a, b) = pair(t[4 * i], t[4 * i + 2]);
                let (c, d) = pair(t[4 * i + 1], t[4 * i + 3]);
                u[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
                u[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
                u[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(c, d));
                u[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(c, d));
            }
            // u[4 i + j] holds columns j, j + 4, j + 8, j + 12 of rows 4 i .. 4 i + 3, a quarter each.
            let mut out = r;
            for j in 0..4 {
                let (a, b) = (u[j], u[4 + j]);
                let (c, d) = (u[8 + j], u[12 + j]);
                let (ab, ab_odd) = (_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b));
                let (cd, cd_odd) = (_mm512_shuffle_f32x4::<0x88>(c, d), _mm512_shuffle_f32x4::<0xdd>(c, d));
                out[j] = _mm512_shuffle_f32x4::<0x88>(ab, cd);
                out[8 + j] = _mm512_shuffle_f32x4::<0xdd>(ab, cd);
                out[4 + j] = _mm512_shuffle_f32x4::<0x88>(ab_odd, cd_odd);
                out[12 + j] = _mm512_shuffle_f32x4::<0xdd>(ab_odd, cd_odd);
            }
            out
        }
    }

    /// # Safety
    /// The processor has AVX-512.
    #[inline(always)]
    pub(super) unsafe fn f64x8(r: [__m512d; 8]) -> [__m512d; 8] {
        // SAFETY: by the caller.
        unsafe {
            let mut t = r;
            for i in 0..4 {
                t[2 * i] = _mm512_unpacklo_pd(r[2 * i], r[2 * i + 1]);
                t[2 * i + 1] = _mm512_unpackhi_pd(r[2 * i], r[2 * i + 1]);
            }
            // t[2 i + j] holds columns j, j + 2, j + 4, j + 6 of rows 2 i and 2 i + 1, a quarter each.
            let mut out = r;
            for j in 0..2 {
                let (a, b) = (t[j], t[2 + j]);
                let (c, d) = (t[4 + j], t[6 + j]);
                let (ab, ab_odd) = (_mm512_shuffle_f64x2::<0x88>(a, b), _mm512_shuffle_f64x2::<0xdd>(a, b));
                let (cd, cd_odd) = (_mm512_shuffle_f64x2::<0x88>(c, d), _mm512_shuffle_f64x2::<0xdd>(c, d));
                out[j] = _mm512_shuffle_f64x2::<0x88>(ab, cd);
                out[4 + j] = _mm512_shuffle_f64x2::<0xdd>(ab, cd);
                out[2 + j] = _mm512_shuffle_f64x2::<0x88>(ab_odd, cd_odd);
                out[6 + j] = _mm512_shuffle_f64x2::<0xdd>(ab_odd, cd_odd);
            }
            out
        }
    }

    /// # Safety
    /// The processor has AVX2.
    #[inline(always)]
    pub(super) unsafe fn f32x8(r: [__m256; 8]) -> [__m256; 8] {
        // SAFETY: by the caller.
        unsafe {
            let mut t = r;
            for i in 0..4 {
                t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
                t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
            }
            let mut u = t;
            for i in 0..2 {
                let (a, b) = (t[4 * i], t[4 * i + 2]);
                let (c, d) = (t[4 * i + 1], t[4 * i + 3]);
                u[4 * i] = _mm256_shuffle_ps::<0x44>(a, b);
                u[4 * i + 1] = _mm256_shuffle_ps::<0xee>(a, b);
                u[4 * i + 2] = _mm256_shuffle_ps::<0x44>(c, d);
                u[4 * i + 3] = _mm256_shuffle_ps::<0xee>(c, d);
            }
            let mut out = r;
            for j in 0..4 {
                out[j] = _mm256_permute2f128_ps::<0x20>(u[j], u[4 + j]);
                out[4 + j] = _mm256_permute2f128_ps::<0x31>(u[j], u[4 + j]);
            }
            out
        }
    }

    /// # Safety
    /// The processor has AVX2.
    #[inline(always)]
    pub(super) unsafe fn f64x4(r: [__m256d; 4]) -> [__m256d; 4] {
        // SAFETY: by the caller.
        unsafe {
            let (a, b) = (_mm256_unpacklo_pd(r[0], r[1]), _mm256_unpackhi_pd(r[0], r[1]));
            let (c, d) = (_mm256_unpacklo_pd(r[2], r[3]), _mm256_unpackhi_pd(r[2], r[3]));
            [
                _mm256_permute2f128_pd::<0x20>(a, c),
                _mm256_permute2f128_pd::<0x20>(b, d),
                _mm256_permute2f128_pd::<0x31>(a, c),
                _mm256_permute2f128_pd::<0x31>(b, d),
            ]
        }
    }
}

/// Chooses the vectors of a value type by level.
macro_rules! sortable {
    ($value:ty, $wide:ident x $wide_lanes:literal, $narrow:ident x $narrow_lanes:literal) => {
        impl Sortable for $value {
            const INFINITY: Self = Self::INFINITY;

            #[allow(unsafe_code, reason = "calls code for vector instructions that were found to be there")]
            fn with<J: Job<Self>>(level: Level, job: J) -> J::Out {
                #[cfg(target_arch = "x86_64")]
                {
                    #[target_feature(enable = "avx2,popcnt")]
                    fn avx2<J: Job<$value>>(job: J) -> J::Out {
                        job.run::<arch::$narrow, $narrow_lanes>()
                    }
                    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,popcnt")]
                    fn avx512<J: Job<$value>>(job: J) -> J::Out {
                        job.run::<arch::$wide, $wide_lanes>()
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
                job.run::<Array<$value, 8>, 8>()
            }

            fn order(&self, other: &Self) -> std::cmp::Ordering {
                self.is_nan().cmp(&other.is_nan()).then(self.total_cmp(other))
            }
        }
    };
}

sortable!(f32, __m512 x 16, __m256 x 8);
sortable!(f64, __m512d x 8, __m256d x 4);

#[cfg(test)]
mod tests {
    use super::*;

    /// Transposes the numbers 0, 1, ... and writes them out.
    struct Exchange;

    impl Job<f32> for Exchange {
        type Out = bool;
        #[inline(always)]
        fn run<V: Lanes<f32, N>, const N: usize>(self) -> bool {
            let number = |r: usize, c: usize| (r * N + c) as f32;
            let rows = std::array::from_fn(|r| V::load(&std::array::from_fn(|c| number(r, c))));
            let columns = V::transpose(rows);
            (0..N).all(|c| {
                let expected = V::load(&std::array::from_fn(|r| number(r, c)));
                columns[c].below_or_nan(expected) == 0 && expected.below_or_nan(columns[c]) == 0
            })
        }
    }

    impl Job<f64> for Exchange {
        type Out = bool;
        #[inline(always)]
        fn run<V: Lanes<f64, N>, const N: usize>(self) -> bool {
            let number = |r: usize, c: usize| (r * N + c) as f64;
            let rows = std::array::from_fn(|r| V::load(&std::array::from_fn(|c| number(r, c))));
            let columns = V::transpose(rows);
            (0..N).all(|c| {
                let expected = V::load(&std::array::from_fn(|r| number(r, c)));
                columns[c].below_or_nan(expected) == 0 && expected.below_or_nan(columns[c]) == 0
            })
        }
    }

    #[test]
    fn rows_become_columns_in_every_vector() {
        for level in Level::available() {
            assert!(<f32 as Sortable>::with(level, Exchange), "{level:?}");
            assert!(<f64 as Sortable>::with(level, Exchange), "{level:?}");
        }
    }
}
