//! What a test saw, in words.

use forewarn_core::prelude::*;

use super::changes::{Change, Split};
use super::shares::{By, What};
use super::thresholds::Test;
use crate::words::{number, percent};

/// Names of what is in the tensor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub axis: Axis,
    pub units: &'a [Unit],
    pub columns: &'a [String],
}

impl Names<'_> {
    /// What the share of a group is of.
    pub(super) fn group(&self, by: By, group: usize) -> String {
        match by {
            By::All => "all columns".to_owned(),
            By::Period => self.axis.cadence.label(self.axis.period(group)),
            By::Unit => format!("unit {}", self.units[group]),
            By::Feature => self.columns[group].clone(),
        }
    }

    /// The share that is greatest, and how many are above the threshold.
    pub(super) fn share(&self, (what, by): (What, By), (group, share): (usize, f64), above: [usize; 2]) -> String {
        let what = if what == What::Missing { "missing" } else { "zero" };
        let seen = format!("{} of the values of {} are {what}", percent(share), self.group(by, group));
        match by {
            By::All | By::Feature => seen,
            By::Period | By::Unit => {
                let kind = if by == By::Period { "periods" } else { "units" };
                format!("{seen}, the greatest share of {} {kind}, {} of them above the threshold", above[1], above[0])
            }
        }
    }

    /// A test of the newest periods against those before them.
    pub(super) fn change(&self, test: Test, split: &Split, change: Change) -> String {
        let label = |i: usize| self.axis.cadence.label(self.axis.period(i));
        let span = |range: &std::ops::Range<usize>| match range.len() {
            1 => label(range.start),
            _ => format!("{} to {}", label(range.start), label(range.end - 1)),
        };
        let (new, old) = (span(&split.test), span(&split.standard));
        let Change { value, seen, expected } = change;
        if value.is_nan() {
            return untold(test, (&new, &old), change);
        }
        match test {
            Test::ExtremeValues => format!(
                "the greatest value of {new} is {}, the mean of {old} {}, {} standard deviations apart",
                number(seen),
                number(expected),
                number(value)
            ),
            Test::KsDrift => format!(
                "{seen} values above zero in {new}, {expected} in {old}: by the test of Kolmogorov and Smirnov they \
                 are of one distribution with p = {}",
                number(1.0 / value)
            ),
            _ => {
                let what = match test {
                    Test::DeltaCompleteness => "values are missing",
                    Test::DeltaZeroes => "values are zero",
                    _ => "rows are outliers",
                };
                let (seen, expected) = (percent(seen), percent(expected));
                format!("{seen} of the {what} in {new}, {expected} in {old}: a relative change of {}", number(value))
            }
        }
    }
}

/// Why a test of the newest periods has no value.
fn untold(test: Test, (new, old): (&str, &str), Change { seen, expected, .. }: Change) -> String {
    match test {
        Test::KsDrift => {
            format!("{seen} values above zero in {new}, {expected} in {old}: nothing to compare")
        }
        Test::ExtremeValues if !seen.is_nan() && !expected.is_nan() => format!(
            "all values of {old} are {}, the greatest of {new} is {}: there is no measure of how far off that is",
            number(expected),
            number(seen)
        ),
        _ => format!("there is no value in {new}, or none in {old}, to compare"),
    }
}
