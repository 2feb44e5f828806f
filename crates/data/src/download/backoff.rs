//! How long to wait before the next try.

use std::time::Duration;

use forewarn_kernels::random::Stream;

/// Wait before try `failed + 1`: `min(first * 2^(failed - 1), longest)`, of which the jitter takes up to half.
///
/// The jitter keeps many machines that failed together from coming back together; it is a function of the seed,
/// so that a run can be repeated.
pub(super) fn backoff(first: Duration, longest: Duration, failed: u32, seed: u64) -> Duration {
    let doublings = failed.saturating_sub(1).min(31);
    let full = first.saturating_mul(1 << doublings).min(longest);
    full.mul_f64(0.5 + 0.5 * Stream::new(seed, &[failed.into()]).uniform(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(2);
    const LONGEST: Duration = Duration::from_mins(2);

    #[test]
    fn waits_double_up_to_the_longest_and_keep_at_least_half() {
        for (failed, full) in
            [(1, 2.0), (2, 4.0), (3, 8.0), (6, 64.0), (7, 120.0), (40, 120.0), (u32::MAX, 120.0)]
        {
            for seed in 0..50 {
                let wait = backoff(FIRST, LONGEST, failed, seed).as_secs_f64();
                assert!(wait >= full / 2.0 && wait <= full, "{failed}: {wait}");
            }
        }
    }

    #[test]
    fn the_jitter_follows_the_seed() {
        let waits: std::collections::BTreeSet<_> = (0..20).map(|s| backoff(FIRST, LONGEST, 3, s)).collect();
        assert_eq!(waits.len(), 20);
        assert_eq!(backoff(FIRST, LONGEST, 3, 7), backoff(FIRST, LONGEST, 3, 7));
    }
}
