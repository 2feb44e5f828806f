//! Shares of values that are missing or zero.

use super::tensor::{NONE, Tensor};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Missing,
    Zeros,
}

/// What the shares are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    All,
    Period,
    Unit,
    Feature,
}

impl By {
    fn groups(self, tensor: &Tensor) -> usize {
        match self {
            Self::All => 1,
            Self::Period => tensor.periods(),
            Self::Unit => tensor.units,
            Self::Feature => tensor.features,
        }
    }

    /// The group of a value from its place in the tensor.
    fn group(self, tensor: &Tensor, place: usize) -> usize {
        match self {
            Self::All => 0,
            Self::Period => place / (tensor.units * tensor.features),
            Self::Unit => place / tensor.features % tensor.units,
            Self::Feature => place % tensor.features,
        }
    }
}

/// How many of some values there are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Of units that do not exist.
    pub none: u64,
    pub missing: u64,
    pub zeros: u64,
    pub others: u64,
}

impl Counts {
    pub(super) fn add(&mut self, value: f64) {
        let counter = match value {
            NONE => &mut self.none,
            v if v.is_nan() => &mut self.missing,
            0.0 => &mut self.zeros,
            _ => &mut self.others,
        };
        *counter += 1;
    }

    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut counts = Self::default();
        values.for_each(|value| counts.add(value));
        counts
    }

    pub(super) fn existing(self) -> u64 {
        self.missing + self.zeros + self.others
    }

    /// How many values a share is of, and how many of these are meant: missing ones of those that exist, zeros of
    /// those that are there.
    pub(super) fn share(self, what: What) -> (u64, u64) {
        match what {
            What::Missing => (self.missing, self.existing()),
            What::Zeros => (self.zeros, self.zeros + self.others),
        }
    }

    /// The reference's share of zeros is what is left of a count of what is no zero: missing values are none, and
    /// unless all values are taken together, neither are those of units that do not exist.
    fn views(self, what: What, by: By) -> f64 {
        let existing = self.existing() as f64;
        match what {
            What::Missing => self.missing as f64 / existing,
            What::Zeros => {
                let none = if by == By::All { 0 } else { self.none };
                1.0 - (self.missing + self.others + none) as f64 / existing
            }
        }
    }
}

/// The share in each group; NaN where nothing is in it.
pub(super) fn shares(tensor: &Tensor, what: What, by: By, views: bool) -> Vec<f64> {
    let mut counts = vec![Counts::default(); by.groups(tensor)];
    for (place, value) in tensor.values.iter().enumerate() {
        counts[by.group(tensor, place)].add(*value);
    }
    let share = |counts: &Counts| {
        let (meant, all) = counts.share(what);
        if views { counts.views(what, by) } else { meant as f64 / all as f64 }
    };
    counts.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand_and_by_the_reference() {
        // Two periods of two units and one feature: 0, missing; 3, a unit that is gone.
        let tensor = Tensor { units: 2, features: 1, values: vec![0.0, f64::NAN, 3.0, NONE] };
        let missing = |by| shares(&tensor, What::Missing, by, false);
        assert_eq!(missing(By::All), [1.0 / 3.0]);
        assert_eq!(missing(By::Period), [0.5, 0.0]);
        assert_eq!(missing(By::Unit), [0.0, 1.0]);
        let zeros = |by, views| shares(&tensor, What::Zeros, by, views);
        assert_eq!((zeros(By::All, false), zeros(By::Feature, false)), (vec![0.5], vec![0.5]));
        assert!(zeros(By::Unit, false)[1].is_nan(), "nothing is there");
        // What is missing is no zero, what does not exist neither, so that there are fewer zeros than none.
        assert_eq!(zeros(By::Unit, true), [0.5, -1.0]);
        assert_eq!(zeros(By::Period, true), [0.5, -1.0]);
        assert!((zeros(By::All, true)[0] - 1.0 / 3.0).abs() < 1e-15);
    }
}
