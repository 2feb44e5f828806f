//! How long to wait before the next try.

use std::time::Duration;

/// Wait before try `failed + 1`: `min(first * 2^(failed - 1), longest)`, of which the jitter takes up to half.
///
/// The jitter keeps many machines that failed together from coming back together; it is a function of the seed,
/// so that a run can be repeated.
pub(super) fn backoff(first: Duration, longest: Duration, failed: u32, seed: u64) -> Duration {
    let doublings = failed.saturating_sub(1).min(31);
    let full = first.saturating_mul(1 << doublings).min(longest);
    let unit = mix(seed ^ u64::from(failed)) as f64 / u64::MAX as f64;
    full.mul_f64(0.5 + 0.5 * unit)
}

/// One step of `SplitMix64` (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195).
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(2);
    const LONGEST: Duration = Duration::from_secs(120);

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

    #[test]
    fn the_generator_is_the_published_one() {
        // First output for seed 0 of the reference implementation.
        assert_eq!(mix(0), 0xE220_A839_7B1D_CDAF);
    }
}
