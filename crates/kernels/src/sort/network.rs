//! Sorting networks over vectors: every lane is a row of its own, and all are sorted by the same comparisons.
//!
//! Blocks of 16 vectors are sorted in registers (Green's network of 60 comparisons, see Knuth 1998, The Art of Computer
//! Programming 3, section 5.3.4) and merged as bitonic sequences (Batcher 1968, doi:10.1145/1468075.1468121), up to
//! four strides of a merge a pass over memory. Loops fill arrays where closures would do: what is called through the
//! standard library is compiled without the vector instructions of its caller.

use super::lanes::Keys;

/// Vectors that are sorted, or merged, in registers.
pub(super) const BLOCK: usize = 16;

/// Compares and exchanges the given pairs, one after the other.
macro_rules! compare {
    ($v:ident: $($i:literal $j:literal),* $(,)?) => {
        $(
            let (a, b) = ($v[$i], $v[$j]);
            $v[$i] = a.min(b);
            $v[$j] = a.max(b);
        )*
    };
}

/// Sorts 16, by 60 comparisons.
#[inline(always)]
pub(super) fn sort_block<V: Keys>(v: &mut [V; BLOCK]) {
    compare!(v:
        0 13, 1 12, 2 15, 3 14, 4 8, 5 6, 7 11, 9 10,
        0 5, 1 7, 2 9, 3 4, 6 13, 8 14, 10 15, 11 12,
        0 1, 2 3, 4 5, 6 8, 7 9, 10 11, 12 13, 14 15,
        0 2, 1 3, 4 10, 5 11, 6 7, 8 9, 12 14, 13 15,
        1 2, 3 12, 4 6, 5 7, 8 10, 9 11, 13 14,
        1 4, 2 6, 5 8, 7 10, 9 13, 11 14,
        2 4, 3 6, 9 12, 11 13,
        3 5, 6 8, 7 9, 10 12,
        3 4, 5 6, 7 8, 9 10, 11 12,
        6 7, 8 9,
    );
}

/// Sorts 16 that are bitonic.
#[inline(always)]
fn clean_block<V: Keys>(v: &mut [V; 16]) {
    compare!(v: 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15);
    clean8_pairs(v);
}

/// Sorts each half of 16, where both are bitonic.
#[inline(always)]
fn clean8_pairs<V: Keys>(v: &mut [V; 16]) {
    compare!(v:
        0 4, 1 5, 2 6, 3 7, 8 12, 9 13, 10 14, 11 15,
        0 2, 1 3, 4 6, 5 7, 8 10, 9 11, 12 14, 13 15,
        0 1, 2 3, 4 5, 6 7, 8 9, 10 11, 12 13, 14 15,
    );
}

/// The vectors of a group: as many levels of a merge as `log2` of its size.
trait Group<V> {
    /// Merges where the second half runs down from the first.
    fn reverse(&mut self);
    /// Sorts what is bitonic.
    fn clean(&mut self);
}

impl<V: Keys> Group<V> for [V; 4] {
    #[inline(always)]
    fn reverse(&mut self) {
        let v = self;
        compare!(v: 0 3, 1 2, 0 1, 2 3);
    }
    #[inline(always)]
    fn clean(&mut self) {
        let v = self;
        compare!(v: 0 2, 1 3, 0 1, 2 3);
    }
}

impl<V: Keys> Group<V> for [V; 8] {
    #[inline(always)]
    fn reverse(&mut self) {
        let v = self;
        compare!(v: 0 7, 1 6, 2 5, 3 4, 0 2, 1 3, 4 6, 5 7, 0 1, 2 3, 4 5, 6 7);
    }
    #[inline(always)]
    fn clean(&mut self) {
        let v = self;
        compare!(v: 0 4, 1 5, 2 6, 3 7, 0 2, 1 3, 4 6, 5 7, 0 1, 2 3, 4 5, 6 7);
    }
}

impl<V: Keys> Group<V> for [V; 16] {
    #[inline(always)]
    fn reverse(&mut self) {
        let v = self;
        compare!(v: 0 15, 1 14, 2 13, 3 12, 4 11, 5 10, 6 9, 7 8);
        clean8_pairs(v);
    }
    #[inline(always)]
    fn clean(&mut self) {
        clean_block(self);
    }
}

/// Merges sorted blocks into one ascending sequence.
///
/// `blocks` is a power of two long; those from `used` on hold nothing but [`Keys::pad`].
#[inline(always)]
pub(super) fn merge_blocks<V: Keys>(blocks: &mut [[V; BLOCK]], used: usize) {
    // Depth first, by hand: after every block, merge what its number says is complete.
    for done in 1..=blocks.len() {
        let mut half = 1;
        while half < blocks.len() && done.is_multiple_of(2 * half) {
            let first = done - 2 * half;
            if first + half < used {
                let here = (used - first).min(2 * half);
                merge(&mut blocks[first..done], here);
            }
            half *= 2;
        }
    }
}

/// Merges the two sorted halves of `blocks`, of which `used` hold more than padding.
#[inline(always)]
fn merge<V: Keys>(blocks: &mut [[V; BLOCK]], used: usize) {
    let levels = blocks.len().ilog2();
    if let [low, high] = blocks {
        return merge_two(low, high);
    }
    let mut span = match levels {
        2 => crossed::<V, 4>(blocks, used),
        3 | 5 | 6 => crossed::<V, 8>(blocks, used),
        _ => crossed::<V, 16>(blocks, used),
    };
    while span > 1 {
        span = match span.ilog2() {
            2 => cleaned::<V, 4>(blocks, used, span),
            4 => cleaned::<V, 16>(blocks, used, span),
            _ => cleaned::<V, 8>(blocks, used, span),
        };
    }
    for block in &mut blocks[..used] {
        let mut v = *block;
        clean_block(&mut v);
        *block = v;
    }
}

/// Merges two blocks; no more than 17 vectors are in registers at any time.
#[inline(always)]
fn merge_two<V: Keys>(low: &mut [V; BLOCK], high: &mut [V; BLOCK]) {
    let mut below = *low;
    for i in 0..BLOCK {
        below[i] = low[i].min(high[BLOCK - 1 - i]);
    }
    clean_block(&mut below);
    let mut above = below;
    for i in 0..BLOCK {
        above[i] = low[i].max(high[BLOCK - 1 - i]);
        low[i] = below[i];
    }
    clean_block(&mut above);
    *high = above;
}

/// The first `log2 G` levels of a merge: what is as far from the end of the second half as something is from the
/// start of the first. Answers how many blocks the next level spans.
#[inline(always)]
fn crossed<V: Keys, const G: usize>(blocks: &mut [[V; BLOCK]], used: usize) -> usize
where
    [V; G]: Group<V>,
{
    let (last, apart) = (blocks.len() - 1, blocks.len() / G);
    for q in 0..apart {
        if last - q - (G / 2 - 1) * apart >= used {
            continue; // nothing but padding comes across
        }
        for o in 0..BLOCK {
            let place = |t: usize| {
                if t < G / 2 { (q + t * apart, o) } else { (last - q - (G - 1 - t) * apart, BLOCK - 1 - o) }
            };
            let mut v = [V::pad(); G];
            for (t, v) in v.iter_mut().enumerate() {
                *v = blocks[place(t).0][place(t).1];
            }
            v.reverse();
            for (t, v) in v.into_iter().enumerate() {
                blocks[place(t).0][place(t).1] = v;
            }
        }
    }
    apart
}

/// The next `log2 G` levels of a merge, within every `span` blocks. Answers the span that is left.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "the same place of several blocks")]
fn cleaned<V: Keys, const G: usize>(blocks: &mut [[V; BLOCK]], used: usize, span: usize) -> usize
where
    [V; G]: Group<V>,
{
    let apart = span / G;
    for first in (0..used).step_by(span) {
        for q in first..first + apart {
            if q + apart >= used {
                break; // all but the first are padding
            }
            for o in 0..BLOCK {
                let mut v = [V::pad(); G];
                for (t, v) in v.iter_mut().enumerate() {
                    *v = blocks[q + t * apart][o];
                }
                v.clean();
                for (t, v) in v.into_iter().enumerate() {
                    blocks[q + t * apart][o] = v;
                }
            }
        }
    }
    apart
}
