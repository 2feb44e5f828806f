//! Sorting networks over vectors: every lane is sorted by the same comparisons, whatever its values.
//!
//! Blocks of 16 vectors are sorted and cleaned in registers; longer runs are merged by bitonic steps, two strides at a
//! time, so that each value is read and written half as often. What is beyond the end counts as +infinity: no
//! comparison with it would change anything, so that none is made. Batcher (1968), doi:10.1145/1468075.1468121.

use super::lanes::Lanes;
use crate::simd::Real;

/// Vectors that are sorted in registers.
pub(super) const BLOCK: usize = 16;

/// Compares and exchanges pairs of vectors of an array.
macro_rules! exchange {
    ($v:ident: $($a:literal $b:literal),+ $(,)?) => {
        $((($v[$a], $v[$b]) = ($v[$a].min($v[$b]), $v[$a].max($v[$b])));)+
    };
}

/// Sorts 16 vectors with 60 comparisons: the network of Green (1969), see Knuth, The Art of Computer Programming 3,
/// 5.3.4.
#[inline(always)]
pub(super) fn sort_block<T: Real, V: Lanes<T, N>, const N: usize>(v: &mut [V; BLOCK]) {
    exchange!(v: 0 1, 2 3, 4 5, 6 7, 8 9, 10 11, 12 13, 14 15);
    exchange!(v: 0 2, 1 3, 4 6, 5 7, 8 10, 9 11, 12 14, 13 15);
    exchange!(v: 0 4, 1 5, 2 6, 3 7, 8 12, 9 13, 10 14, 11 15);
    exchange!(v: 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15);
    exchange!(v: 5 10, 6 9, 3 12, 13 14, 4 8, 7 11, 1 2);
    exchange!(v: 1 4, 7 13, 2 8, 11 14);
    exchange!(v: 2 4, 5 6, 9 10, 11 13, 3 8, 7 12);
    exchange!(v: 6 8, 10 12, 3 5, 7 9);
    exchange!(v: 3 4, 5 6, 7 8, 9 10, 11 12);
    exchange!(v: 6 7, 8 9);
}

/// Sorts a bitonic block.
#[inline(always)]
fn clean_block<T: Real, V: Lanes<T, N>, const N: usize>(v: &mut [V; BLOCK]) {
    exchange!(v: 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15);
    exchange!(v: 0 4, 1 5, 2 6, 3 7, 8 12, 9 13, 10 14, 11 15);
    exchange!(v: 0 2, 1 3, 4 6, 5 7, 8 10, 9 11, 12 14, 13 15);
    exchange!(v: 0 1, 2 3, 4 5, 6 7, 8 9, 10 11, 12 13, 14 15);
}

/// Merges sorted blocks, whose number of vectors is a multiple of 16, into one ascending run.
#[inline(always)]
pub(super) fn merge_blocks<T: Real, V: Lanes<T, N>, const N: usize>(x: &mut [V]) {
    let mut run = 2 * BLOCK;
    while run / 2 < x.len() {
        for part in x.chunks_mut(run).filter(|part| part.len() > run / 2) {
            if run == 2 * BLOCK {
                merge_pair(part);
            } else {
                merge(part, run);
            }
        }
        run *= 2;
    }
}

/// Merges two sorted blocks in registers.
#[inline(always)]
fn merge_pair<T: Real, V: Lanes<T, N>, const N: usize>(x: &mut [V]) {
    let ([low, high], _) = x.as_chunks_mut::<BLOCK>() else { return };
    let (a, b) = (*low, *high);
    let (mut below, mut above) = (a, b);
    for i in 0..BLOCK {
        below[i] = a[i].min(b[BLOCK - 1 - i]);
        above[i] = a[BLOCK - 1 - i].max(b[i]);
    }
    clean_block(&mut below);
    clean_block(&mut above);
    (*low, *high) = (below, above);
}

/// Merges two sorted halves of a run of `run` vectors, of which `x.len()` are there.
#[inline(always)]
fn merge<T: Real, V: Lanes<T, N>, const N: usize>(x: &mut [V], run: usize) {
    let quarter = run / 4;
    for i in 0..quarter {
        // Exchange with the mirror image, then at a quarter's distance in both halves.
        let [b, c, d] = [i + quarter, run - 1 - i - quarter, run - 1 - i];
        if d < x.len() {
            let (low, high) = (x[i].min(x[d]), x[i].max(x[d]));
            let (low2, high2) = (x[b].min(x[c]), x[b].max(x[c]));
            (x[i], x[b]) = (low.min(low2), low.max(low2));
            (x[c], x[d]) = (high2.min(high), high2.max(high));
        } else if c < x.len() {
            let (low, high) = (x[b].min(x[c]), x[b].max(x[c]));
            (x[i], x[b], x[c]) = (x[i].min(low), x[i].max(low), high);
        } else {
            (x[i], x[b]) = (x[i].min(x[b]), x[i].max(x[b]));
        }
    }
    let mut stride = quarter / 2;
    while stride >= BLOCK {
        if stride >= 2 * BLOCK {
            two_strides(x, stride);
            stride /= 4;
        } else {
            one_stride(x, stride);
            stride /= 2;
        }
    }
    for block in x.as_chunks_mut::<BLOCK>().0 {
        let mut v = *block;
        clean_block(&mut v);
        *block = v;
    }
}

/// Exchanges at one distance.
#[inline(always)]
fn one_stride<T: Real, V: Lanes<T, N>, const N: usize>(x: &mut [V], stride: usize) {
    for part in x.chunks_mut(2 * stride).filter(|part| part.len() > stride) {
        let (low, high) = part.split_at_mut(stride);
        for (a, b) in low.iter_mut().zip(high) {
            (*a, *b) = (a.min(*b), a.max(*b));
        }
    }
}

/// Exchanges at one distance, then at half of it.
#[inline(always)]
fn two_strides<T: Real, V: Lanes<T, N>, const N: usize>(x: &mut [V], stride: usize) {
    let half = stride / 2;
    for part in x.chunks_mut(2 * stride) {
        for i in 0..half.min(part.len()) {
            let [b, c, d] = [i + half, i + stride, i + stride + half];
            if d < part.len() {
                let (p, r) = (part[i].min(part[c]), part[i].max(part[c]));
                let (q, s) = (part[b].min(part[d]), part[b].max(part[d]));
                (part[i], part[b]) = (p.min(q), p.max(q));
                (part[c], part[d]) = (r.min(s), r.max(s));
            } else if c < part.len() {
                let (p, r) = (part[i].min(part[c]), part[i].max(part[c]));
                (part[i], part[b], part[c]) = (p.min(part[b]), p.max(part[b]), r);
            } else if b < part.len() {
                (part[i], part[b]) = (part[i].min(part[b]), part[i].max(part[b]));
            }
        }
    }
}
