//! Few bins, on processors with 512-bit vectors: sixteen values find their places at once, and no place is ever stored.
//!
//! A place is found by four comparisons with edges that are looked up by permutation, a search by halves. As one bit of
//! sixteen it is then counted as bits are: full adders (carry-save, Harley and Seal) keep the binary digits of 512 counters
//! apart in vectors, so that a vector of places costs about one more instruction than its comparisons. Comparing with every
//! edge takes three times as many comparisons, of which the processor does one a cycle.
#![allow(unsafe_code, reason = "vector instructions, called only where they were found to be there")]

#[allow(clippy::wildcard_imports, reason = "a dozen instructions")]
use std::arch::x86_64::*;

use super::ceiling;
use crate::prefetch::prefetch;

/// Edges that can be told apart: sixteen places, less those of what is missing and what is below all edges.
pub(super) const MOST: usize = 14;
/// Values in a vector.
const WIDTH: usize = 16;
/// Values whose places are counted at a time: eight vectors of pairs of places.
const BLOCK: usize = 16 * WIDTH;
/// Binary digits of a counter.
const DIGITS: usize = 12;
/// Values that cannot overflow a counter: two counters a lane share them.
const LIMIT: usize = 2 * WIDTH * ((1 << DIGITS) - 1) / BLOCK * BLOCK;
/// Values between those that are read and those that are asked for.
const AHEAD: usize = 2048;

/// Number of values under, in every bin, over and missing: `edges.len() + 2` places.
///
/// # Safety
/// The processor has the instructions of [`crate::simd::Level::Avx512`]. There are at most [`MOST`] edges.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,popcnt")]
pub(super) unsafe fn places(values: &[f32], edges: &[f64]) -> Vec<u64> {
    let search = Search::new(edges);
    let mut counts = [0; 16];
    for values in values.chunks(LIMIT) {
        search.count(values, &mut counts);
    }
    let mut places = counts[1..edges.len() + 2].to_vec();
    places.push(counts[0]);
    places
}

/// Edges by the number of those that were reached so far.
struct Search {
    /// Minus infinity, which all values but NaN reach; all edges; NaN, which none reaches.
    sorted: [f32; 15],
    middle: __m512,
    next: [(__m512, __m512i); 3],
}

impl Search {
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn new(edges: &[f64]) -> Self {
        let mut sorted = [f32::NAN; 15];
        sorted[0] = f32::NEG_INFINITY;
        sorted[1..].iter_mut().zip(edges).for_each(|(single, edge)| *single = ceiling(*edge));
        let step = |half: usize| {
            let edge = |reached: usize| sorted.get(reached + half - 1).copied().unwrap_or(f32::NAN);
            let table: [f32; WIDTH] = std::array::from_fn(edge);
            // SAFETY: as many numbers are read as the array has.
            (unsafe { _mm512_loadu_ps(table.as_ptr()) }, _mm512_set1_epi32(half as i32))
        };
        Self { sorted, middle: _mm512_set1_ps(sorted[7]), next: [step(4), step(2), step(1)] }
    }

    /// One bit of the sixteen from `lowest` on in every lane: the number of edges that its value reaches.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn bits(&self, values: &[f32; WIDTH], lowest: __m512i) -> __m512i {
        // SAFETY: as many numbers are read as the array has.
        let values = unsafe { _mm512_loadu_ps(values.as_ptr()) };
        let mut reached = _mm512_maskz_set1_epi32(_mm512_cmp_ps_mask::<_CMP_GE_OQ>(values, self.middle), 8);
        for (table, half) in &self.next {
            let edges = _mm512_permutexvar_ps(reached, *table);
            let more = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(values, edges);
            reached = _mm512_mask_add_epi32(reached, more, reached, *half);
        }
        _mm512_sllv_epi32(lowest, reached)
    }

    /// Adds the values, no more than [`LIMIT`], to the counts by number of edges reached.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn count(&self, values: &[f32], counts: &mut [u64; 16]) {
        let (low, high) = (_mm512_set1_epi32(1), _mm512_set1_epi32(1 << 16));
        let mut digits = [_mm512_setzero_si512(); DIGITS];
        let (blocks, rest) = values.as_chunks::<BLOCK>();
        for block in blocks {
            let mut bits = [_mm512_setzero_si512(); 8];
            for (bits, pair) in bits.iter_mut().zip(block.as_chunks::<{ 2 * WIDTH }>().0) {
                prefetch(pair, AHEAD);
                prefetch(pair, AHEAD + WIDTH);
                if let [first, second] = pair.as_chunks::<WIDTH>().0 {
                    *bits = _mm512_or_si512(self.bits(first, low), self.bits(second, high));
                }
            }
            add(&mut digits, &bits);
        }
        for (power, digit) in digits.iter().enumerate() {
            let mut lanes = [0_u16; 2 * WIDTH];
            // SAFETY: as many numbers are written as the array has.
            unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), *digit) };
            for (place, count) in counts.iter_mut().enumerate() {
                *count += lanes.iter().map(|lane| u64::from(lane >> place & 1) << power).sum::<u64>();
            }
        }
        for x in rest {
            counts[self.sorted.iter().filter(|edge| x >= edge).count()] += 1;
        }
    }
}

/// Adds eight numbers of one binary digit to counters.
#[inline]
#[target_feature(enable = "avx512f")]
fn add(digits: &mut [__m512i; DIGITS], bits: &[__m512i; 8]) {
    let [a, b, c, d, e, f, g, h] = *bits;
    let (ones, ab) = full_adder(digits[0], a, b);
    let (ones, cd) = full_adder(ones, c, d);
    let (ones, ef) = full_adder(ones, e, f);
    let (ones, gh) = full_adder(ones, g, h);
    let (twos, abcd) = full_adder(digits[1], ab, cd);
    let (twos, efgh) = full_adder(twos, ef, gh);
    let (fours, mut carry) = full_adder(digits[2], abcd, efgh);
    (digits[0], digits[1], digits[2]) = (ones, twos, fours);
    for digit in &mut digits[3..] {
        let next = _mm512_and_si512(*digit, carry);
        *digit = _mm512_xor_si512(*digit, carry);
        carry = next;
    }
}

/// Sum and carry of three bits, lane by lane and bit by bit.
#[inline]
#[target_feature(enable = "avx512f")]
fn full_adder(a: __m512i, b: __m512i, c: __m512i) -> (__m512i, __m512i) {
    (_mm512_ternarylogic_epi32::<0b1001_0110>(a, b, c), _mm512_ternarylogic_epi32::<0b1110_1000>(a, b, c))
}
