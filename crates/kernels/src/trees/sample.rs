//! Which columns a tree, and a split, may choose from.

use crate::random::Stream;

/// A random share of `columns` (at least one), ascending; all of them for a share of 1.
pub(super) fn columns(columns: &[u32], share: f64, seed: u64) -> Vec<u32> {
    let mut pool = columns.to_vec();
    let keep = ((pool.len() as f64 * share).round() as usize).clamp(1, pool.len().max(1));
    if keep < pool.len() {
        let stream = Stream::new(seed, &[]);
        for i in 0..keep {
            let other = i + stream.below(i as u64, (pool.len() - i) as u32) as usize;
            pool.swap(i, other);
        }
        pool.truncate(keep);
        pool.sort_unstable();
    }
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_ascending_and_fair() {
        let all: Vec<u32> = (10..16).collect();
        let mut counts = [0; 6];
        for seed in 0..6000 {
            let some = columns(&all, 1.0 / 3.0, seed);
            assert!(some.len() == 2 && some[0] < some[1]);
            for c in some {
                counts[c as usize - 10] += 1;
            }
        }
        assert!(counts.iter().all(|n| (1800..2200).contains(n)), "{counts:?}");
        assert_eq!((columns(&all, 1.0, 5), columns(&all, 0.0, 5).len()), (all, 1));
    }
}
