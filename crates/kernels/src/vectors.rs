//! Vectors of [`LANES`] numbers for kernels whose sums compilers do not keep in registers by themselves.
//!
//! Every operation rounds once and correctly, lane by lane, on every processor, so that all levels give the same
//! bytes. Kernels that the compiler turns into vectors by itself are better off with [`crate::simd`] alone.

use std::marker::PhantomData;
use std::ops::{Add, Mul, RangeInclusive, Sub};

use crate::simd::{Level, Real};

/// Numbers in a vector: fixed, so that sums do not depend on the processor.
pub(crate) const LANES: usize = 16;

/// A number that kernels of trajectories can calculate with: `f32` or `f64`.
pub trait Element: Real + Default + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// Distances whose squares neither overflow nor vanish.
    const SQUARABLE: RangeInclusive<f64>;
    /// Its 512-bit vectors.
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vectors<Number = Self>;
    /// Its 256-bit vectors.
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vectors<Number = Self>;
    /// The nearest number of this type.
    fn nearest(value: f64) -> Self;
    /// Absolute value.
    #[must_use]
    fn abs(self) -> Self;
    /// Square root.
    #[must_use]
    fn sqrt(self) -> Self;
}

impl Element for f32 {
    const SQUARABLE: RangeInclusive<f64> = 1e-12..=1e15;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = x86::Avx512Single;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = x86::Avx2Single;
    #[inline(always)]
    fn nearest(value: f64) -> Self {
        value as Self
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.abs()
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.sqrt()
    }
}

impl Element for f64 {
    const SQUARABLE: RangeInclusive<f64> = 0.0..=Self::INFINITY;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = x86::Avx512Double;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = x86::Avx2Double;
    #[inline(always)]
    fn nearest(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.abs()
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.sqrt()
    }
}

/// Proof that a processor has certain registers, and how numbers get there and back.
pub trait Registers: Copy {
    /// Number in a lane.
    type Number: Element;
    /// [`LANES`] numbers.
    type Lanes: Copy;

    /// Takes note that the instructions are there.
    ///
    /// # Safety
    /// The processor must have them.
    #[allow(unsafe_code, reason = "a proof that anyone could make would prove nothing")]
    unsafe fn new() -> Self;
    /// The same number in every lane.
    fn splat(self, number: Self::Number) -> Self::Lanes;
    /// From memory.
    fn load(self, numbers: &[Self::Number; LANES]) -> Self::Lanes;
    /// To memory.
    fn store(self, lanes: Self::Lanes) -> [Self::Number; LANES];
    /// Sum of all lanes in `f64`: the upper half added to the lower, until one is left.
    fn sum(self, a: Self::Lanes) -> f64;
}

/// What can be calculated with them.
pub trait Vectors: Registers {
    /// `a + b`.
    fn add(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// `a - b`.
    fn sub(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// `a b`.
    fn mul(self, a: Self::Lanes, b: Self::Lanes) -> Self::Lanes;
    /// Absolute value.
    fn abs(self, a: Self::Lanes) -> Self::Lanes;
    /// Square root.
    fn sqrt(self, a: Self::Lanes) -> Self::Lanes;
}

/// A calculation with vectors, written once for all of them.
pub(crate) trait Kernel<A: Element> {
    /// Implementations are marked `#[inline(always)]`, and so is all that they call.
    fn run<V: Vectors<Number = A>>(self, vectors: V) -> f64;
}

/// Runs a kernel with the vectors of a level.
#[allow(unsafe_code, reason = "calls code for vector instructions that were found to be there")]
pub(crate) fn run<A: Element, K: Kernel<A>>(level: Level, kernel: K) -> f64 {
    #[cfg(target_arch = "x86_64")]
    match level.checked() {
        // SAFETY: `checked` answers this level only where the processor has its instructions.
        Level::Avx512 => return unsafe { x86::avx512(kernel) },
        // SAFETY: as above.
        Level::Avx2 => return unsafe { x86::avx2(kernel) },
        Level::Portable => {}
    }
    let _ = level;
    // SAFETY: plain numbers need no special instructions.
    kernel.run(unsafe { Plain::<A>::new() })
}

/// No special instructions.
#[derive(Debug, Clone, Copy)]
struct Plain<A>(PhantomData<A>);

/// Applies a function of numbers to lanes.
#[inline(always)]
fn lanes<A: Element>(a: [A; LANES], b: [A; LANES], f: impl Fn(A, A) -> A) -> [A; LANES] {
    let mut out = a;
    for lane in 0..LANES {
        out[lane] = f(a[lane], b[lane]);
    }
    out
}

impl<A: Element> Registers for Plain<A> {
    type Number = A;
    type Lanes = [A; LANES];

    #[allow(unsafe_code, reason = "the trait asks other implementations for a promise")]
    unsafe fn new() -> Self {
        Self(PhantomData)
    }
    #[inline(always)]
    fn splat(self, number: A) -> [A; LANES] {
        [number; LANES]
    }
    #[inline(always)]
    fn load(self, numbers: &[A; LANES]) -> [A; LANES] {
        *numbers
    }
    #[inline(always)]
    fn store(self, lanes: [A; LANES]) -> [A; LANES] {
        lanes
    }
    #[inline(always)]
    fn sum(self, a: [A; LANES]) -> f64 {
        let mut sums = a.map(Into::into);
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                sums[lane] += sums[lane + width];
            }
            width /= 2;
        }
        sums[0]
    }
}

impl<A: Element> Vectors for Plain<A> {
    #[inline(always)]
    fn add(self, a: [A; LANES], b: [A; LANES]) -> [A; LANES] {
        lanes(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: [A; LANES], b: [A; LANES]) -> [A; LANES] {
        lanes(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: [A; LANES], b: [A; LANES]) -> [A; LANES] {
        lanes(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn abs(self, a: [A; LANES]) -> [A; LANES] {
        lanes(a, a, |a, _| a.abs())
    }
    #[inline(always)]
    fn sqrt(self, a: [A; LANES]) -> [A; LANES] {
        lanes(a, a, |a, _| a.sqrt())
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) mod x86 {
    //! The vectors of x86-64 processors.
    #![allow(unsafe_code, reason = "vector instructions; that they are there is what a `Vectors` proves")]

    #[allow(clippy::wildcard_imports, reason = "some fifty instructions")]
    use std::arch::x86_64::*;

    use super::{Element, Kernel, LANES, Registers, Vectors};

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,popcnt")]
    pub(super) fn avx512<A: Element, K: Kernel<A>>(kernel: K) -> f64 {
        // SAFETY: this function is only called where the processor has the instructions.
        kernel.run(unsafe { A::Avx512::new() })
    }

    #[target_feature(enable = "avx2,popcnt")]
    pub(super) fn avx2<A: Element, K: Kernel<A>>(kernel: K) -> f64 {
        // SAFETY: this function is only called where the processor has the instructions.
        kernel.run(unsafe { A::Avx2::new() })
    }

    #[inline]
    #[target_feature(enable = "avx")]
    fn abs_ps(a: __m256) -> __m256 {
        _mm256_andnot_ps(_mm256_set1_ps(-0.0), a)
    }

    #[inline]
    #[target_feature(enable = "avx")]
    fn abs_pd(a: __m256d) -> __m256d {
        _mm256_andnot_pd(_mm256_set1_pd(-0.0), a)
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn sum_zmm_singles([a]: [__m512; 1]) -> f64 {
        let upper = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(a)));
        sum_zmm_doubles([_mm512_cvtps_pd(_mm512_castps512_ps256(a)), _mm512_cvtps_pd(upper)])
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn sum_zmm_doubles([a, b]: [__m512d; 2]) -> f64 {
        let eight = _mm512_add_pd(a, b);
        sum_4(_mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd::<1>(eight)))
    }

    #[inline]
    #[target_feature(enable = "avx")]
    fn sum_ymm_singles([a, b]: [__m256; 2]) -> f64 {
        let lower = |x| _mm256_cvtps_pd(_mm256_castps256_ps128(x));
        let upper = |x| _mm256_cvtps_pd(_mm256_extractf128_ps::<1>(x));
        sum_ymm_doubles([lower(a), upper(a), lower(b), upper(b)])
    }

    #[inline]
    #[target_feature(enable = "avx")]
    fn sum_ymm_doubles([a, b, c, d]: [__m256d; 4]) -> f64 {
        sum_4(_mm256_add_pd(_mm256_add_pd(a, c), _mm256_add_pd(b, d)))
    }

    #[inline]
    #[target_feature(enable = "avx")]
    fn sum_4(a: __m256d) -> f64 {
        let two = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd::<1>(a));
        _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
    }

    /// Implements [`Vectors`] with registers of some width.
    macro_rules! vectors {
        ($(#[$doc:meta])* $name:ident, $number:ty, $register:ty, $load:ident, $store:ident, $splat:ident,
         ($($op:ident = $two:ident),*), ($($map:ident = $one:ident),*), $sum:ident) => {
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name(());

            impl $name {
                const WIDTH: usize = size_of::<$register>() / size_of::<$number>();
            }

            impl Registers for $name {
                type Number = $number;
                type Lanes = [$register; LANES * size_of::<$number>() / size_of::<$register>()];

                #[inline(always)]
                unsafe fn new() -> Self {
                    Self(())
                }
                #[inline(always)]
                fn splat(self, number: $number) -> Self::Lanes {
                    // SAFETY: `self` proves that the processor has the instruction.
                    [unsafe { $splat(number) }; _]
                }
                #[inline(always)]
                fn load(self, numbers: &[$number; LANES]) -> Self::Lanes {
                    let mut out = self.splat(0.0);
                    for (out, numbers) in out.iter_mut().zip(numbers.as_chunks::<{ Self::WIDTH }>().0) {
                        // SAFETY: as above; as many numbers are read as the chunk has.
                        *out = unsafe { $load(numbers.as_ptr()) };
                    }
                    out
                }
                #[inline(always)]
                fn store(self, lanes: Self::Lanes) -> [$number; LANES] {
                    let mut out = [0.0; LANES];
                    for (lanes, out) in lanes.iter().zip(out.as_chunks_mut::<{ Self::WIDTH }>().0) {
                        // SAFETY: as above; as many numbers are written as the chunk has.
                        unsafe { $store(out.as_mut_ptr(), *lanes) };
                    }
                    out
                }
                #[inline(always)]
                fn sum(self, a: Self::Lanes) -> f64 {
                    // SAFETY: `self` proves that the processor has the instruction.
                    unsafe { $sum(a) }
                }
            }

            impl Vectors for $name {
                $(#[inline(always)]
                fn $op(self, mut a: Self::Lanes, b: Self::Lanes) -> Self::Lanes {
                    for (a, b) in a.iter_mut().zip(b) {
                        // SAFETY: `self` proves that the processor has the instruction.
                        *a = unsafe { $two(*a, b) };
                    }
                    a
                })*
                $(#[inline(always)]
                fn $map(self, mut a: Self::Lanes) -> Self::Lanes {
                    for a in &mut a {
                        // SAFETY: `self` proves that the processor has the instruction.
                        *a = unsafe { $one(*a) };
                    }
                    a
                })*
            }
        };
    }

    vectors! {
        /// 512-bit vectors of `f32`.
        Avx512Single, f32, __m512, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_set1_ps,
        (add = _mm512_add_ps, sub = _mm512_sub_ps, mul = _mm512_mul_ps),
        (abs = _mm512_abs_ps, sqrt = _mm512_sqrt_ps), sum_zmm_singles
    }
    vectors! {
        /// 512-bit vectors of `f64`.
        Avx512Double, f64, __m512d, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_set1_pd,
        (add = _mm512_add_pd, sub = _mm512_sub_pd, mul = _mm512_mul_pd),
        (abs = _mm512_abs_pd, sqrt = _mm512_sqrt_pd), sum_zmm_doubles
    }
    vectors! {
        /// 256-bit vectors of `f32`.
        Avx2Single, f32, __m256, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_set1_ps,
        (add = _mm256_add_ps, sub = _mm256_sub_ps, mul = _mm256_mul_ps),
        (abs = abs_ps, sqrt = _mm256_sqrt_ps), sum_ymm_singles
    }
    vectors! {
        /// 256-bit vectors of `f64`.
        Avx2Double, f64, __m256d, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_set1_pd,
        (add = _mm256_add_pd, sub = _mm256_sub_pd, mul = _mm256_mul_pd),
        (abs = abs_pd, sqrt = _mm256_sqrt_pd), sum_ymm_doubles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation on numbers whose results need rounding.
    struct Everything;

    impl<A: Element> Kernel<A> for Everything {
        #[inline(always)]
        fn run<V: Vectors<Number = A>>(self, v: V) -> f64 {
            let mut numbers = [A::default(); LANES];
            for (lane, number) in numbers.iter_mut().enumerate() {
                *number = A::nearest((lane as f64 - 5.0) / 3.0);
            }
            let x = v.load(&numbers);
            let y = v.add(v.mul(x, x), v.sub(v.sqrt(v.abs(x)), v.splat(A::nearest(0.1))));
            let stored: f64 = v.store(y).iter().enumerate().map(|(lane, &y)| lane as f64 * y.into()).sum();
            v.sum(y) + stored
        }
    }

    #[test]
    fn every_level_gives_the_same_bytes() {
        for level in [Level::Portable, Level::Avx2, Level::Avx512] {
            let singles = (run::<f32, _>(level, Everything), run::<f32, _>(Level::Portable, Everything));
            let doubles = (run::<f64, _>(level, Everything), run::<f64, _>(Level::Portable, Everything));
            assert_eq!(
                (singles.0.to_bits(), doubles.0.to_bits()),
                (singles.1.to_bits(), doubles.1.to_bits())
            );
            let expected: f64 = (0..16)
                .map(|lane| {
                    let x = (f64::from(lane) - 5.0) / 3.0;
                    (f64::from(lane) + 1.0) * (x * x + x.abs().sqrt() - 0.1)
                })
                .sum();
            assert!((doubles.0 - expected).abs() < 1e-11 && (singles.0 - expected).abs() < 1e-3);
        }
    }
}
