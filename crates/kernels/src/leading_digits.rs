//! How many values have the same leading binary digits: a histogram whose bins need not be chosen before the data are
//! known, and that merges exactly.
//!
//! The bin of a value is its sign, its exponent and so many leading digits of its fraction: bins are narrow near zero and
//! wide far from it, `2^-digits` of the value. There are as many digits as leave [`MOST`] bins; a digit less merges bins two
//! by two, so that the bins depend on the values alone, not on their order, nor on the parts that were merged. Samples of no
//! more than [`MOST`] different values, such as counts, lose nothing.

/// Most bins.
pub const MOST: usize = 4096;
/// Digits of the fraction of a number.
const ALL: u32 = 52;

/// How many values are in each bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadingDigits {
    digits: u32,
    bins: Vec<(i64, u64)>,
}

impl LeadingDigits {
    /// Of values in ascending order, without NaN and zeros.
    pub fn of_sorted(values: &[f64]) -> Self {
        let bins = values.chunk_by(|a, b| a == b).map(|equal| (key(equal[0]), equal.len() as u64)).collect();
        Self { digits: ALL, bins }.coarsened(ALL)
    }

    /// From bins that were kept: how many digits, and how many values each bin has.
    ///
    /// `None` when they are not what values can make: not ascending, empty, too many.
    pub fn from_bins(digits: u32, bins: Vec<(i64, u64)>) -> Option<Self> {
        let ascending = bins.is_sorted_by(|a, b| a.0 < b.0);
        let sound = digits <= ALL && bins.len() <= MOST && bins.iter().all(|(_, count)| *count > 0);
        let finite = |(key, _): &(i64, u64)| edges(*key, digits)[1].is_finite();
        (sound && ascending && bins.iter().all(finite)).then_some(Self { digits, bins })
    }

    /// With the values of another.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let [a, b] = self.alike(other);
        let mut bins = [a.bins, b.bins].concat();
        bins.sort_unstable();
        Self { digits: a.digits, bins: joined(&bins, 0) }.coarsened(a.digits)
    }

    /// Both with the same bins: those of the coarser one.
    pub fn alike(&self, other: &Self) -> [Self; 2] {
        let digits = self.digits.min(other.digits);
        [self, other].map(|one| Self { digits, bins: joined(&one.bins, one.digits - digits) })
    }

    /// Digits of the fraction that are known.
    pub fn digits(&self) -> u32 {
        self.digits
    }

    /// Bins that are not empty, ascending, with their counts.
    pub fn bins(&self) -> &[(i64, u64)] {
        &self.bins
    }

    /// The lowest and the highest value of a bin, equal when it is known exactly.
    pub fn edges(&self, bin: i64) -> [f64; 2] {
        edges(bin, self.digits)
    }

    /// With the most digits, at most `digits`, that leave no more than [`MOST`] bins.
    fn coarsened(self, digits: u32) -> Self {
        let count = |shift: u32| {
            let distinct = self.bins.windows(2).filter(|two| two[0].0 >> shift != two[1].0 >> shift).count();
            distinct + usize::from(!self.bins.is_empty())
        };
        let shifts: Vec<u32> = (0..=digits).collect();
        // Without digits there is one bin an exponent and sign, which are fewer.
        let shift = shifts.partition_point(|shift| count(*shift) > MOST) as u32;
        Self { digits: self.digits - shift, bins: joined(&self.bins, shift) }
    }
}

/// Bins without their last digits, those that are then the same counted together.
fn joined(bins: &[(i64, u64)], shift: u32) -> Vec<(i64, u64)> {
    let same = |a: &(i64, u64), b: &(i64, u64)| a.0 >> shift == b.0 >> shift;
    let count = |alike: &[(i64, u64)]| (alike[0].0 >> shift, alike.iter().map(|(_, count)| count).sum());
    bins.chunk_by(same).map(count).collect()
}

/// A whole number that ascends with the value; an arithmetic shift takes digits away from either sign.
fn key(value: f64) -> i64 {
    let magnitude = value.abs().to_bits() as i64;
    if value < 0.0 { !magnitude } else { magnitude }
}

fn edges(key: i64, digits: u32) -> [f64; 2] {
    let shift = ALL - digits;
    let first = key << shift;
    let value = |key: i64| {
        if key < 0 { -f64::from_bits(!key as u64) } else { f64::from_bits(key as u64) }
    };
    [value(first), value(first | ((1 << shift) - 1))]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> LeadingDigits {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        LeadingDigits::of_sorted(&values)
    }

    /// Many different values of both signs and all sizes.
    fn many(seed: u64, n: u64) -> Vec<f64> {
        let uniform = |i| crate::random::Stream::new(seed, &[]).uniform(i);
        (0..n).map(|i| (uniform(2 * i) - 0.3) * (20.0 * uniform(2 * i + 1)).exp()).collect()
    }

    #[test]
    fn few_values_are_kept_as_they_are() {
        let found = of(&[3.0, -0.5, 3.0, 1e-310, 273_076.0]);
        let kept: Vec<([f64; 2], u64)> =
            found.bins().iter().map(|(bin, n)| (found.edges(*bin), *n)).collect();
        assert_eq!(kept, [([-0.5; 2], 1), ([1e-310; 2], 1), ([3.0; 2], 2), ([273_076.0; 2], 1)]);
        assert_eq!((found.digits(), of(&[]).bins().len()), (52, 0));
    }

    #[test]
    fn many_values_share_bins_that_hold_them() {
        let mut values = many(1, 30_000);
        let found = of(&values);
        assert!(found.bins().len() <= MOST && found.bins().len() > MOST / 2, "{}", found.bins().len());
        assert_eq!(found.bins().iter().map(|(_, n)| n).sum::<u64>(), 30_000);
        values.sort_by(f64::total_cmp);
        let mut rest = values.as_slice();
        for (bin, count) in found.bins() {
            let (here, after) = rest.split_at(*count as usize);
            let [low, high] = found.edges(*bin);
            assert!(low <= here[0] && here[here.len() - 1] <= high, "{low} {high}");
            assert!((high - low) <= low.abs().max(high.abs()) * 0.5_f64.powi(found.digits() as i32));
            rest = after;
        }
    }

    #[test]
    fn bins_of_every_exponent_and_sign_have_room() {
        let all: Vec<f64> =
            (-1074..1024).map(|e| 2.0_f64.powi(e)).flat_map(|v| [v, -v, 1.5 * v, -1.25 * v]).collect();
        let all: Vec<f64> = all.into_iter().filter(|v| v.is_finite()).collect();
        assert!(of(&all).bins().len() <= MOST);
    }

    #[test]
    fn what_no_values_make_is_refused() {
        assert!(LeadingDigits::from_bins(53, vec![]).is_none());
        assert!(LeadingDigits::from_bins(5, vec![(2, 1), (2, 1)]).is_none());
        assert!(LeadingDigits::from_bins(5, vec![(2, 0)]).is_none());
        assert!(LeadingDigits::from_bins(0, vec![(2047, 1)]).is_none(), "infinity");
        assert!(LeadingDigits::from_bins(0, vec![(-5, 1), (3, 1)]).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn parts_merge_to_the_whole_in_any_order(seed in 0_u64..1000, sizes in prop::collection::vec(0_u64..9000, 1..5)) {
            let parts: Vec<Vec<f64>> = (0..).zip(&sizes).map(|(i, n)| many(seed * 10 + i, *n)).collect();
            let fold = |parts: &mut dyn Iterator<Item = &Vec<f64>>| {
                parts.fold(of(&[]), |all, part| all.merged(&of(part)))
            };
            let whole = of(&parts.concat());
            prop_assert_eq!(&fold(&mut parts.iter()), &whole);
            prop_assert_eq!(&fold(&mut parts.iter().rev()), &whole);
        }
    }
}
