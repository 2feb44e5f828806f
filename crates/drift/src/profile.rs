//! Profiles: what is kept of a sample so that later ones can be compared with it when it is no longer there.
//!
//! A profile is made once, in one pass over a sorted sample, and merges: the profile of a whole is that of its parts, in
//! any order, to the byte. It knows how many values there are, are missing and are zero, the least and the greatest, the
//! sums that mean and variance are made of, without rounding, and how many values are in each of at most 4096 bins that
//! follow the values ([`leading_digits`](forewarn_kernels::leading_digits)). Of no more than 4096 different values, such as
//! counts, nothing is lost; of more, two profiles tell by how much a distance may be off ([`Profile::bound`]).

mod bound;
mod columns;

use forewarn_core::prelude::*;
use forewarn_kernels::exact_sum::ExactSum;
use forewarn_kernels::leading_digits::LeadingDigits;

pub use self::bound::Bound;
pub use self::columns::{Column, Columns, Words};

/// Greatest size of a value, so that its square is a number.
const GREATEST: f64 = 1e150;

/// What is kept of a sample of numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "Kept", try_from = "Kept")]
pub struct Profile {
    missing: u64,
    zeros: u64,
    range: Option<[f64; 2]>,
    sum: ExactSum,
    squares: ExactSum,
    bins: LeadingDigits,
}

/// How a profile is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Kept {
    values: u64,
    missing: u64,
    zeros: u64,
    /// Least and greatest value.
    range: Option<[f64; 2]>,
    /// Place of the first limb, limbs.
    sum: (usize, Vec<i64>),
    squares: (usize, Vec<i64>),
    /// Digits that are known of a value.
    digits: u32,
    /// Bins of values that are not zero, with their counts.
    bins: Vec<(i64, u64)>,
}

impl Profile {
    /// Of a sample in which NaN is missing.
    ///
    /// # Errors
    /// [`Error::Data`] for a value that is infinite, or beyond 1e150.
    pub fn of(values: &[f64]) -> Result<Self> {
        if let Some(i) = values.iter().position(|v| v.abs() > GREATEST) {
            let what = format!(
                "value {i} is {}; a profile is of values within {GREATEST:e}, take it out",
                values[i]
            );
            return Err(Error::data(what));
        }
        let mut present: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        let range = |present: &[f64]| Some([present.first()? + 0.0, present.last()? + 0.0]);
        present.sort_unstable_by(f64::total_cmp);
        let (missing, range) = ((values.len() - present.len()) as u64, range(&present));
        let all = present.len();
        present.retain(|v| *v != 0.0);
        let (mut sum, mut squares) = (ExactSum::default(), ExactSum::default());
        for value in &present {
            sum.add(*value);
            squares.add_product(*value, *value);
        }
        let bins = LeadingDigits::of_sorted(&present);
        Ok(Self { missing, zeros: (all - present.len()) as u64, range, sum, squares, bins })
    }

    /// With the values of another sample: the profile of both together.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.sum.merge(&other.sum);
        both.squares.merge(&other.squares);
        both.range = match (self.range, other.range) {
            (Some([a, b]), Some([c, d])) => Some([a.min(c), b.max(d)]),
            (one, another) => one.or(another),
        };
        both.bins = self.bins.merged(&other.bins);
        both.missing += other.missing;
        both.zeros += other.zeros;
        both
    }

    /// How many values there are, without those that are missing.
    pub fn values(&self) -> u64 {
        self.zeros + self.bins.bins().iter().map(|(_, count)| count).sum::<u64>()
    }

    /// How many values are missing.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// How many values are zero.
    pub fn zeros(&self) -> u64 {
        self.zeros
    }

    /// The least and the greatest value; `None` without values.
    pub fn range(&self) -> Option<[f64; 2]> {
        self.range
    }

    /// Mean; NaN without values.
    pub fn mean(&self) -> f64 {
        self.sum.value() / self.values() as f64
    }

    /// Variance, `sum (x - mean)^2 / (n - 1)`; NaN for less than two values.
    pub fn variance(&self) -> f64 {
        // n sum x^2 - (sum x)^2, of which rounding would leave nothing where the mean is great.
        let n = self.values() as f64;
        let (mut scaled, [a, b], [c, d]) = (ExactSum::default(), halves(&self.sum), halves(&self.squares));
        for (x, y) in [(n, c), (n, d), (-a, a), (-2.0 * a, b), (-b, b)] {
            scaled.add_product(x, y);
        }
        (scaled.value() / n / (n - 1.0)).max(if n > 1.0 { 0.0 } else { f64::NAN })
    }

    /// Samples that have the two profiles, ascending: a value of a bin that both know exactly is itself, others stand in the
    /// middle of their bin. Any test may compare them; [`Profile::bound`] tells by how much it may be off.
    pub fn samples(&self, other: &Self) -> [Vec<f64>; 2] {
        let [a, b] = self.bins.alike(&other.bins);
        [(a, self.zeros), (b, other.zeros)].map(|(bins, zeros)| {
            let mut values = Vec::new();
            let below = bins.bins().partition_point(|(bin, _)| *bin < 0);
            let mut push = |value: f64, count: u64| values.extend((0..count).map(|_| value));
            for (i, (bin, count)) in bins.bins().iter().enumerate() {
                if i == below {
                    push(0.0, zeros);
                }
                let [low, high] = bins.edges(*bin);
                push(f64::midpoint(low, high), *count);
            }
            if below == bins.bins().len() {
                push(0.0, zeros);
            }
            values
        })
    }

    /// By how much a distance of [`Profile::samples`] may differ from that of the samples themselves.
    pub fn bound(&self, other: &Self) -> Bound {
        let sizes = [self, other].map(Self::values);
        Bound::of(&self.bins.alike(&other.bins), [self.zeros, other.zeros], sizes)
    }
}

/// A sum as two numbers, the second what the first lacks.
fn halves(sum: &ExactSum) -> [f64; 2] {
    let first = sum.value();
    let mut rest = sum.clone();
    rest.add(-first);
    [first, rest.value()]
}

impl From<Profile> for Kept {
    fn from(profile: Profile) -> Self {
        Self {
            values: profile.values(),
            missing: profile.missing,
            zeros: profile.zeros,
            range: profile.range,
            sum: profile.sum.parts(),
            squares: profile.squares.parts(),
            digits: profile.bins.digits(),
            bins: profile.bins.bins().to_vec(),
        }
    }
}

impl TryFrom<Kept> for Profile {
    type Error = String;

    fn try_from(kept: Kept) -> std::result::Result<Self, String> {
        let wrong = |what: &str| format!("{what} of this profile are not those of any sample; make it again");
        let sum = |(first, parts): &(usize, Vec<i64>)| {
            ExactSum::from_parts(*first, parts).ok_or_else(|| wrong("the sums"))
        };
        let profile = Self {
            missing: kept.missing,
            zeros: kept.zeros,
            range: kept.range,
            sum: sum(&kept.sum)?,
            squares: sum(&kept.squares)?,
            bins: LeadingDigits::from_bins(kept.digits, kept.bins).ok_or_else(|| wrong("the bins"))?,
        };
        if profile.values() == kept.values { Ok(profile) } else { Err(wrong("the counts")) }
    }
}

#[cfg(test)]
mod tests;
