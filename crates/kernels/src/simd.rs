//! One kernel, compiled for what the processor has.
//!
//! A kernel is written once, in portable Rust over short arrays that the compiler turns into vector instructions;
//! the macro `dispatch!` compiles it for every [`Level`] and calls the one that is asked for. Rust never contracts a
//! multiplication and an addition into one rounding, so that all levels give the same bytes.

use std::ops::Range;

use rayon::prelude::*;

/// `f32` or `f64`.
pub trait Real: Copy + PartialOrd + Into<f64> + Send + Sync + 'static {}
impl Real for f32 {}
impl Real for f64 {}

/// Vector instructions, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What every processor of the target has.
    Portable,
    /// 256-bit vectors.
    Avx2,
    /// 512-bit vectors.
    Avx512,
}

impl Level {
    /// The best that this processor has.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt");
            if avx512 && avx2 {
                return Self::Avx512;
            }
            if avx2 {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// Every level up to the best, for tests.
    pub fn available() -> impl Iterator<Item = Self> {
        [Self::Portable, Self::Avx2, Self::Avx512].into_iter().filter(|&level| level <= Self::best())
    }

    /// The better of what is asked for and what there is: a level that the processor lacks is never called.
    pub(crate) fn checked(self) -> Self {
        self.min(Self::best())
    }
}

/// Compiles `body`, a function marked `#[inline(always)]`, for every [`Level`].
///
/// `dispatch! { /// Doc. pub fn name<T: Real>(x: &[T]) -> f64 = body; }` makes `name(level, x)`.
macro_rules! dispatch {
    ($(#[$meta:meta])* $vis:vis fn $name:ident $(<$generic:ident: $bound:path>)?
     ($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? = $body:path;) => {
        $(#[$meta])*
        #[allow(unsafe_code, reason = "calls code for vector instructions that were found to be there")]
        $vis fn $name $(<$generic: $bound>)? (level: $crate::simd::Level, $($arg: $type),*) $(-> $out)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,popcnt")]
                fn avx2 $(<$generic: $bound>)? ($($arg: $type),*) $(-> $out)? {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,popcnt")]
                fn avx512 $(<$generic: $bound>)? ($($arg: $type),*) $(-> $out)? {
                    $body($($arg),*)
                }
                match level.checked() {
                    // SAFETY: `checked` answers this level only where the processor has its instructions.
                    $crate::simd::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::simd::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::simd::Level::Portable => {}
                }
            }
            let _ = level;
            $body($($arg),*)
        }
    };
}
pub(crate) use dispatch;

/// Applies `f` to fixed chunks of `0..len` in parallel; results in order, whatever the number of threads.
pub fn chunks<R: Send>(len: usize, chunk: usize, f: impl Fn(Range<usize>) -> R + Sync) -> Vec<R> {
    let starts = (0..len.div_ceil(chunk)).into_par_iter();
    starts.map(|i| f(i * chunk..((i + 1) * chunk).min(len))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[inline(always)]
    fn sum_body<T: Real>(x: &[T]) -> f64 {
        x.iter().map(|&v| v.into()).sum()
    }

    dispatch! {
        /// Sum.
        fn sum<T: Real>(x: &[T]) -> f64 = sum_body;
    }

    #[test]
    fn every_level_is_called_and_agrees() {
        for level in [Level::Portable, Level::Avx2, Level::Avx512] {
            assert_eq!(sum(level, &[1.0_f32, 2.0, 3.5]), 6.5, "{level:?}");
        }
        assert!(Level::available().any(|l| l == Level::Portable));
    }

    #[test]
    fn chunks_come_in_order_and_cover_everything() {
        let parts = chunks(10, 4, |r| r);
        assert_eq!(parts, [0..4, 4..8, 8..10]);
        assert!(chunks(0, 4, |r| r).is_empty());
    }
}
