//! Counter-based random numbers: every draw is a function of its address, so that rows can be drawn in any
//! order, on any thread, and again later by another program.
//!
//! Definition, in arithmetic modulo 2^64, with `mix` the finaliser of SplitMix64 (Steele, Lea and Flood 2014,
//! doi:10.1145/2660193.2660195) and `G = 0x9E3779B97F4A7C15`:
//!
//! ```text
//! key(seed, a, b, ...) = fold from k = mix(seed + G) over the address by k = mix((k ^ x) + G)
//! number(key, i)       = mix(key + (i + 1) * G)
//! below(key, i, n)     = ((number >> 32) * n) >> 32          for n < 2^32
//! uniform(key, i)      = ((number >> 12) + 0.5) / 2^52       in the open interval (0, 1)
//! ```

const G: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finaliser of SplitMix64: a bijection on 64 bits.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The random numbers at one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream(u64);

impl Stream {
    /// The numbers at `address` (say unit, origin, step) under `seed`.
    pub fn new(seed: u64, address: &[u64]) -> Self {
        let start = mix(seed.wrapping_add(G));
        Self(address.iter().fold(start, |k, &x| mix((k ^ x).wrapping_add(G))))
    }

    /// The `i`-th number, 64 random bits.
    pub fn number(self, i: u64) -> u64 {
        mix(self.0.wrapping_add((i + 1).wrapping_mul(G)))
    }

    /// The `i`-th number as an index in `0..n`; 0 when `n` is 0. The bias is below `n / 2^32`.
    pub fn below(self, i: u64, n: u32) -> u32 {
        (((self.number(i) >> 32) * u64::from(n)) >> 32) as u32
    }

    /// The `i`-th number as a uniform variate in the open interval (0, 1).
    pub fn uniform(self, i: u64) -> f64 {
        // One bit less than a double holds: the half would be rounded up to 1 at the upper end.
        ((self.number(i) >> 12) as f64 + 0.5) / 4_503_599_627_370_496.0
    }
}

/// A seed for a named part of a run (a model, a source), so that parts do not share random numbers.
pub fn seed_for(seed: u64, name: &str) -> u64 {
    let address: Vec<u64> = name.bytes().map(u64::from).collect();
    Stream::new(seed, &address).number(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_does_not_change() {
        // Computed from the definition above in Python integers; archived draws depend on them.
        let s = Stream::new(42, &[62_356, 444, 1]);
        assert_eq!(s.number(0), 0x0A39_9277_4021_B568);
        assert_eq!(s.below(1, 12), 11);
        assert_eq!(seed_for(42, "conflictology"), 0xB0AC_E121_0178_6086);
    }

    #[test]
    fn uniform_is_uniform_and_open() {
        let n = 100_000;
        let s = Stream::new(7, &[]);
        let draws: Vec<f64> = (0..n).map(|i| s.uniform(i)).collect();
        assert!(draws.iter().all(|&u| 0.0 < u && u < 1.0));
        let mean = draws.iter().sum::<f64>() / n as f64;
        let variance = draws.iter().map(|u| (u - mean).powi(2)).sum::<f64>() / n as f64;
        // Six standard errors of each.
        assert!((mean - 0.5).abs() < 6.0 * (1.0 / 12.0_f64 / n as f64).sqrt(), "{mean}");
        assert!((variance - 1.0 / 12.0).abs() < 6.0 * (1.0 / 180.0_f64 / n as f64).sqrt(), "{variance}");
    }

    #[test]
    fn below_reaches_every_index_equally_on_neighbouring_addresses() {
        let mut counts = [0_u32; 12];
        for unit in 0..20_000 {
            counts[Stream::new(1, &[unit, 444]).below(3, 12) as usize] += 1;
        }
        let expected = 20_000.0 / 12.0;
        let chi2: f64 = counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
        assert!(chi2 < 35.0, "chi-square with 11 degrees of freedom: {chi2}");
        assert_eq!(Stream::new(1, &[]).below(0, 0), 0);
    }
}
