//! Integers that are in the order of numbers, and their sort.
use crate::simd::Real;

/// Bits of a digit.
const DIGIT: u32 = 11;
/// Values of a digit.
const VALUES: usize = 1 << DIGIT;
/// Below so many keys a sort by comparison is quicker.
const SHORT: usize = 4096;

/// An unsigned integer in the order of the numbers it stands for; NaN comes last, and 0 and -0 are the same.
pub(super) trait Key: Copy + Ord + Default + Send + Sync {
    /// Width.
    const BITS: u32;
    /// The key of `x`.
    fn of<T: Real>(x: T) -> Self;
    /// The number, for a key of one that is not NaN.
    fn number(self) -> f64;
    /// [`DIGIT`] bits from `shift` up.
    fn digit(self, shift: u32) -> usize;
}

macro_rules! key {
    ($int:ty, $float:ty) => {
        impl Key for $int {
            const BITS: u32 = <$int>::BITS;

            #[inline(always)]
            fn of<T: Real>(x: T) -> Self {
                const SIGN: $int = 1 << (<$int>::BITS - 1);
                let x: f64 = x.into();
                let bits = (x as $float + 0.0).to_bits(); // -0 + 0 is 0
                let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                if x.is_nan() { <$int>::MAX } else { ordered }
            }

            fn number(self) -> f64 {
                const SIGN: $int = 1 << (<$int>::BITS - 1);
                let bits = if self & SIGN == 0 { !self } else { self ^ SIGN };
                <$float>::from_bits(bits).into()
            }

            #[inline(always)]
            fn digit(self, shift: u32) -> usize {
                (self >> shift) as usize & (VALUES - 1)
            }
        }
    };
}
key!(u32, f32);
key!(u64, f64);

/// Sorts ascending: by digits from the lowest up (Knuth 1998, 5.2.5), leaving out digits that all keys share.
pub(super) fn sort<K: Key>(mut keys: Vec<K>) -> Vec<K> {
    if keys.len() < SHORT || u32::try_from(keys.len()).is_err() {
        keys.sort_unstable();
        return keys;
    }
    let digits = K::BITS.div_ceil(DIGIT) as usize;
    let mut counts = vec![[0_u32; VALUES]; digits];
    for &key in &keys {
        for (digit, counts) in counts.iter_mut().enumerate() {
            counts[key.digit(digit as u32 * DIGIT)] += 1;
        }
    }
    let mut other = vec![K::default(); keys.len()];
    for (digit, counts) in counts.iter_mut().enumerate() {
        let shift = digit as u32 * DIGIT;
        if counts[keys[0].digit(shift)] as usize == keys.len() {
            continue;
        }
        scatter(&keys, &mut other, counts, shift);
        std::mem::swap(&mut keys, &mut other);
    }
    keys
}

/// Moves the keys to where their digit belongs; keys that share it stay in order.
fn scatter<K: Key>(keys: &[K], other: &mut [K], counts: &mut [u32; VALUES], shift: u32) {
    let mut start = 0;
    for count in counts.iter_mut() {
        (*count, start) = (start, start + *count);
    }
    for &key in keys {
        let next = &mut counts[key.digit(shift)];
        other[*next as usize] = key;
        *next += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_in_the_order_of_numbers() {
        let ascending = [f64::NEG_INFINITY, -1e30, -1.0, -1e-40, 0.0, 1e-40, 0.5, 1.0, f64::INFINITY];
        for pair in ascending.windows(2) {
            assert!(u64::of(pair[0]) < u64::of(pair[1]) && u32::of(pair[0] as f32) < u32::of(pair[1] as f32));
        }
        for x in ascending {
            assert_eq!((u64::of(x).number(), u32::of(x as f32).number()), (x, f64::from(x as f32)));
        }
        assert_eq!((u64::of(-0.0), u32::of(-0.0_f32)), (u64::of(0.0), u32::of(0.0_f32)));
        assert_eq!((u64::of(-f64::NAN), u32::of(f32::NAN)), (u64::MAX, u32::MAX));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn digits_sort(seed in any::<u64>(), n in SHORT - 2..SHORT + 3000, shift in 0_u32..60) {
            let stream = crate::random::Stream::new(seed, &[]);
            let wide: Vec<u64> = (0..n as u64).map(|i| stream.number(i) >> shift).collect();
            let narrow: Vec<u32> = wide.iter().map(|&key| key as u32).collect();
            let (mut wide_twin, mut narrow_twin) = (wide.clone(), narrow.clone());
            wide_twin.sort_unstable();
            narrow_twin.sort_unstable();
            prop_assert!(sort(wide) == wide_twin && sort(narrow) == narrow_twin);
        }
    }
}
