//! Sorting numbers by value, with the vector instructions there are.
//!
//! With AVX-512: quicksort whose partition compresses eight values a step, down to blocks that a bitonic network sorts in
//! registers (Bramas 2017, doi:10.14569/IJACSA.2017.081044). Otherwise, and for inputs that defeat the choice of pivots, the
//! standard library's sort.

use crate::simd::Level;

/// The values ascending, -0 as 0; nothing when one is NaN.
pub fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    sorted_at(Level::best(), values)
}

/// [`sorted`] with the instructions of `level`.
pub fn sorted_at(level: Level, values: &[f64]) -> Option<Vec<f64>> {
    let mut sorted = values.to_vec();
    sort_at(level, &mut sorted).then_some(sorted)
}

/// Sorts the values, -0 made 0; false, and no order, when one is NaN.
#[allow(unsafe_code, reason = "calls code for vector instructions that were found to be there")]
pub fn sort_at(level: Level, values: &mut [f64]) -> bool {
    let mut missing = false;
    for v in &mut *values {
        missing |= v.is_nan();
        *v += 0.0;
    }
    if missing {
        return false;
    }
    #[cfg(target_arch = "x86_64")]
    if level.checked() == Level::Avx512 {
        // SAFETY: `checked` answers this level only where the processor has its instructions.
        unsafe { avx512::sort(values) };
        return true;
    }
    let _ = level;
    values.sort_unstable_by(f64::total_cmp);
    true
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512d, __mmask8, _CMP_LE_OQ, _CMP_LT_OQ, _mm512_cmp_pd_mask, _mm512_loadu_pd, _mm512_mask_blend_pd,
        _mm512_mask_loadu_pd, _mm512_mask_storeu_pd, _mm512_maskz_compress_pd, _mm512_max_pd, _mm512_min_pd,
        _mm512_permutex_pd, _mm512_set1_pd, _mm512_shuffle_f64x2, _mm512_storeu_pd,
    };
    use std::ops::Range;

    /// Values of a vector.
    const LANES: usize = 8;
    /// Values that a network sorts.
    const BLOCK: usize = 16 * LANES;
    /// Values of a strip of a partition, see there: 8 KiB.
    const STRIP: usize = 1024;

    /// Sorts values of which none is NaN.
    #[target_feature(enable = "avx512f,popcnt")]
    pub(super) fn sort(values: &mut [f64]) {
        let mut upper = vec![0.0; 3 * STRIP + LANES];
        let depth = 2 * (values.len() + 1).ilog2();
        quicksort(values, &mut upper, depth);
    }

    #[target_feature(enable = "avx512f,popcnt")]
    fn quicksort(mut values: &mut [f64], upper: &mut [f64], mut depth: u32) {
        while values.len() > BLOCK {
            if depth == 0 {
                values.sort_unstable_by(f64::total_cmp);
                return;
            }
            depth -= 1;
            let pivot = pivot(values);
            let mut lower = partition::<_CMP_LT_OQ>(values, upper, pivot);
            if lower == 0 {
                // The pivot is the least: the values equal to it are where they belong.
                lower = partition::<_CMP_LE_OQ>(values, upper, pivot);
                values = &mut values[lower..];
                continue;
            }
            let (left, right) = values.split_at_mut(lower);
            quicksort(left, upper, depth);
            values = right;
        }
        small(values);
    }

    /// The median of as many evenly spaced values as a block holds, or of a few where there are not many more.
    #[target_feature(enable = "avx512f")]
    fn pivot(values: &[f64]) -> f64 {
        let count = if values.len() < 64 * BLOCK { 2 * LANES } else { BLOCK };
        let mut sample = [0.0; BLOCK];
        let step = values.len() / count;
        for (to, from) in sample[..count].iter_mut().zip(values[step / 2..].iter().step_by(step)) {
            *to = *from;
        }
        small(&mut sample[..count]);
        sample[count / 2]
    }

    /// Moves the values that compare so to the pivot to the front, the others behind them: how many they are.
    ///
    /// Strips are read from the left; their lower values are put back there, their upper ones into a buffer. Once the
    /// buffer holds a strip, one is read from the right, and its place taken by the buffer: so it stays small, and in the
    /// cache.
    #[target_feature(enable = "avx512f,popcnt")]
    fn partition<const COMPARE: i32>(values: &mut [f64], buffer: &mut [f64], pivot: f64) -> usize {
        let (mut left, mut right) = (0, values.len());
        let (mut below, mut above) = (0, 0);
        while left < right {
            if above >= STRIP && right - left >= STRIP {
                let from = right - STRIP;
                split::<COMPARE>(values, from..right, &mut below, (&mut *buffer, &mut above), pivot);
                above -= STRIP;
                values[from..right].copy_from_slice(&buffer[above..above + STRIP]);
                right = from;
            } else {
                let to = (left + STRIP).min(right);
                split::<COMPARE>(values, left..to, &mut below, (&mut *buffer, &mut above), pivot);
                left = to;
            }
        }
        values[below..right].copy_from_slice(&buffer[..above]);
        below
    }

    /// Appends the lower values of a strip to the first `below` values, the upper ones to the first `above` of `upper`.
    ///
    /// Eight at a time, without a branch: both kinds are packed and stored as whole vectors; what of them is beyond their
    /// number is overwritten by the next.
    #[target_feature(enable = "avx512f,popcnt")]
    #[allow(unsafe_code, reason = "stores whole vectors at places that only their counts know")]
    fn split<const COMPARE: i32>(
        values: &mut [f64],
        strip: Range<usize>,
        below: &mut usize,
        (upper, above): (&mut [f64], &mut usize),
        pivot: f64,
    ) {
        let len = strip.len();
        assert!(
            *below <= strip.start && strip.end <= values.len() && *above + len + LANES <= upper.len(),
            "room for whole vectors"
        );
        let whole = strip.start + len / LANES * LANES;
        let (source, buffer) = (values.as_mut_ptr(), upper.as_mut_ptr());
        let pivots = _mm512_set1_pd(pivot);
        for at in (strip.start..whole).step_by(LANES) {
            // SAFETY: `at + LANES <= strip.end`, within `values`. Not more values were stored than read, so that the
            // vector stored at `below` ends at most where the one just read does, and the one at `above` at most `LANES`
            // beyond the room for the whole strip: both asserted above.
            unsafe {
                let v = _mm512_loadu_pd(source.add(at));
                let lower: __mmask8 = _mm512_cmp_pd_mask::<COMPARE>(v, pivots);
                _mm512_storeu_pd(source.add(*below), _mm512_maskz_compress_pd(lower, v));
                _mm512_storeu_pd(buffer.add(*above), _mm512_maskz_compress_pd(!lower, v));
                let count = lower.count_ones() as usize;
                *below += count;
                *above += LANES - count;
            }
        }
        for at in whole..strip.end {
            let v = values[at];
            let lower = if COMPARE == _CMP_LT_OQ { v < pivot } else { v <= pivot };
            let (to, i) = if lower { (&mut *values, &mut *below) } else { (&mut *upper, &mut *above) };
            to[*i] = v;
            *i += 1;
        }
    }

    /// Sorts at most a block, filled up with infinities.
    #[target_feature(enable = "avx512f")]
    fn small(values: &mut [f64]) {
        match values.len().div_ceil(LANES) {
            0 => {}
            1 => network::<1>(values),
            2 => network::<2>(values),
            3..=4 => network::<4>(values),
            5..=8 => network::<8>(values),
            _ => network::<16>(values),
        }
    }

    /// Sorts at most `N` vectors; `N` is a power of two.
    #[target_feature(enable = "avx512f")]
    #[allow(unsafe_code, reason = "loads and stores of whole vectors")]
    fn network<const N: usize>(values: &mut [f64]) {
        assert!(values.len() <= N * LANES, "{} values in {N} vectors", values.len());
        let mut v = [_mm512_set1_pd(f64::INFINITY); N];
        for (x, part) in v.iter_mut().zip(values.chunks(LANES)) {
            // SAFETY: the mask has as many bits as there are values.
            *x = single(unsafe { _mm512_mask_loadu_pd(*x, first(part.len()), part.as_ptr()) });
        }
        let mut size = 2;
        while size <= N {
            merge(&mut v, size);
            size *= 2;
        }
        for (part, x) in values.chunks_mut(LANES).zip(v) {
            // SAFETY: as above.
            unsafe { _mm512_mask_storeu_pd(part.as_mut_ptr(), first(part.len()), x) };
        }
    }

    /// The mask of the first `count` lanes.
    fn first(count: usize) -> __mmask8 {
        (0xFF_u32 >> (LANES - count.min(LANES))) as __mmask8
    }

    /// Merges ascending halves of every run of `size` vectors.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn merge<const N: usize>(v: &mut [__m512d; N], size: usize) {
        for run in v.chunks_exact_mut(size) {
            for i in 0..size / 2 {
                let (a, b) = (run[i], reversed(run[size - 1 - i]));
                (run[i], run[size - 1 - i]) = (_mm512_min_pd(a, b), _mm512_max_pd(a, b));
            }
            let mut stride = size / 4;
            while stride > 0 {
                for pair in run.chunks_exact_mut(2 * stride) {
                    for i in 0..stride {
                        let (a, b) = (pair[i], pair[i + stride]);
                        (pair[i], pair[i + stride]) = (_mm512_min_pd(a, b), _mm512_max_pd(a, b));
                    }
                }
                stride /= 2;
            }
            for x in run {
                *x = bitonic(*x);
            }
        }
    }

    /// Smaller of lane and partner where the mask is 0, larger where it is 1.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn exchange(v: __m512d, partner: __m512d, upper: __mmask8) -> __m512d {
        _mm512_mask_blend_pd(upper, _mm512_min_pd(v, partner), _mm512_max_pd(v, partner))
    }

    /// Lanes 7 to 0.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn reversed(v: __m512d) -> __m512d {
        let halves = _mm512_shuffle_f64x2::<0b01_00_11_10>(v, v);
        _mm512_permutex_pd::<0b00_01_10_11>(halves)
    }

    /// Sorts a vector whose lanes rise and fall: partners 4, 2 and 1 apart.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn bitonic(v: __m512d) -> __m512d {
        let v = exchange(v, _mm512_shuffle_f64x2::<0b01_00_11_10>(v, v), 0b1111_0000);
        let v = exchange(v, _mm512_permutex_pd::<0b01_00_11_10>(v), 0b1100_1100);
        exchange(v, _mm512_permutex_pd::<0b10_11_00_01>(v), 0b1010_1010)
    }

    /// Sorts a vector: partners mirrored in twos, in fours and in all eight, each followed by what a merge takes.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn single(v: __m512d) -> __m512d {
        let v = exchange(v, _mm512_permutex_pd::<0b10_11_00_01>(v), 0b1010_1010);
        let v = exchange(v, _mm512_permutex_pd::<0b00_01_10_11>(v), 0b1100_1100);
        let v = exchange(v, _mm512_permutex_pd::<0b10_11_00_01>(v), 0b1010_1010);
        let v = exchange(v, reversed(v), 0b1111_0000);
        let v = exchange(v, _mm512_permutex_pd::<0b01_00_11_10>(v), 0b1100_1100);
        exchange(v, _mm512_permutex_pd::<0b10_11_00_01>(v), 0b1010_1010)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Stream;

    fn by_the_library(values: &[f64]) -> Vec<f64> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    #[test]
    fn every_length_every_level() {
        let s = Stream::new(1, &[]);
        for n in (0..600).chain([5_000, 20_001, 100_003]) {
            let normal: Vec<f64> = (0..n).map(|i| s.uniform(i) - 0.5).collect();
            let tied: Vec<f64> =
                (0..n).map(|i| f64::from(s.below(i, 5)) * f64::from(s.below(n + i, 2))).collect();
            let rising: Vec<f64> = (0..n).map(|i| i as f64).collect();
            let falling: Vec<f64> = (0..n).map(|i| -(i as f64)).collect();
            let pipe: Vec<f64> = (0..n).map(|i| i.min(n - i) as f64).collect();
            for values in [normal, tied, rising, falling, pipe, vec![f64::INFINITY; n as usize]] {
                for level in Level::available() {
                    let got = sorted_at(level, &values);
                    assert!(got.is_some_and(|got| got == by_the_library(&values)), "{n} {level:?}");
                }
            }
        }
    }

    #[test]
    fn not_a_number_has_no_place_and_zero_no_sign() {
        let mut values = vec![0.0; 300];
        values[7] = -0.0;
        for level in Level::available() {
            let sorted = sorted_at(level, &values).unwrap_or_default();
            assert!(sorted.len() == 300 && sorted.iter().all(|v| v.to_bits() == 0));
        }
        values[299] = f64::NAN;
        assert_eq!(sorted(&values), None);
    }

    proptest! {
        #[test]
        fn any_numbers_as_the_library_does(values in proptest::collection::vec(any::<f64>(), 0..900), skip in 0_usize..2) {
            let values: Vec<f64> = values.into_iter().skip(skip).filter(|v| !v.is_nan()).collect();
            for level in Level::available() {
                prop_assert_eq!(sorted_at(level, &values), Some(by_the_library(&values)));
            }
        }
    }
}
