//! The input tests of the reference system.

mod changes;
mod ecod;
mod sentences;
mod shares;
mod tensor;
mod thresholds;

use std::collections::BTreeMap;

use forewarn_core::prelude::*;

use self::changes::{Change, Split};
use self::sentences::Names;
use self::shares::{By, What};
use self::tensor::Tensor;
pub use self::thresholds::{Set, Test};

forewarn_core::entry!(InputCheck: Integrity as "integrity", check);

/// The thirteen input tests of the reference system (VIEWS `viewser` 6.6.4), corrected, or exactly as they are.
///
/// The effect is **the test's value as a multiple of its threshold**; it matters from 1 on. Tests of periods and of
/// units give one reading for the worst and name the units above the threshold; tests of columns one for each. Only
/// `ks-drift` has a p value; all others are facts. Here the newest period is tested; what is missing is left out of
/// zeros and extremes, and what has no value is unknown; a unit exists in a column from its first value there on;
/// shares are of a column's own values; a change from a share of zero is measured from half of one value; unknown
/// tests are refused. With `compat = "views"` the numbers are the reference's: the newest period is never tested, a
/// test that is not a number has passed, missing values count as no zeros and units that do not exist neither, so that
/// shares of zeros go below 0, and a single missing value where there was none is a change by 10^18.
///
/// The thresholds are the reference's too, and crude: a relative change of 1 % of the zeros is common in clean data of
/// few units and never reached in those of many, and the greatest of thousands of skewed values is often five standard
/// deviations out. Use them to compare with the reference, and other checks to decide.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Integrity {
    /// Which of the reference's sets of tests and thresholds.
    pub set: Set,
    /// Thresholds in place of those of the set, or of further tests.
    pub thresholds: BTreeMap<Test, f64>,
    /// Trusted periods; those of the set (30, `viewser` 10) when not given.
    #[schemars(range(min = 1))]
    pub standard: Option<u32>,
    /// Tested periods after them; those of the set (1) when not given.
    #[schemars(range(min = 1))]
    pub test: Option<u32>,
    /// Whose behaviour where the reference's differs.
    pub compat: Compat,
}

/// Whose behaviour an input check shows where the reference system's differs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compat {
    /// The corrected one.
    #[default]
    None,
    /// That of `viewser` 6.6.4, to compare with old numbers.
    Views,
}

impl Integrity {
    fn check(self) -> Result<Self> {
        if let Some((test, threshold)) = self.thresholds.iter().find(|(_, t)| !(**t > 0.0 && t.is_finite())) {
            let reason = format!("the threshold of `{}` is {threshold}; it must be above 0", test.name());
            return Err(Error::config("integrity", reason));
        }
        if self.standard == Some(0) || self.test == Some(0) {
            return Err(Error::config("integrity", "`standard` and `test` must be at least 1 period"));
        }
        Ok(self)
    }

    fn views(&self) -> bool {
        self.compat == Compat::Views
    }

    /// From where on a multiple of the threshold matters: the reference warns above it, not at it.
    fn limit(&self) -> f64 {
        if self.views() { 1.0_f64.next_up() } else { 1.0 }
    }

    fn all_thresholds(&self) -> BTreeMap<Test, f64> {
        let mut all = self.set.thresholds();
        all.extend(&self.thresholds);
        all
    }

    fn lengths(&self) -> [usize; 2] {
        let [standard, test] = self.set.lengths();
        [self.standard.unwrap_or(standard) as usize, self.test.unwrap_or(test) as usize]
    }

    /// The changes that a test finds: one a column, or one for all.
    fn changes(&self, test: Test, tensor: &Tensor, split: &Split) -> Vec<Change> {
        let share = if self.views() { changes::share_views } else { changes::share };
        let views = self.views();
        let of = |feature| match test {
            Test::DeltaCompleteness => share(tensor, split, feature, What::Missing),
            Test::DeltaZeroes => share(tensor, split, feature, What::Zeros),
            Test::ExtremeValues => changes::extreme(tensor, split, feature, views),
            _ => changes::distribution(tensor, split, feature, views),
        };
        if test == Test::EcodDrift {
            return vec![ecod::outliers(tensor, split, views)];
        }
        (0..tensor.features).map(of).collect()
    }

    /// The effect of a value; the reference passes what is not a number.
    fn multiple(&self, value: f64, threshold: f64) -> f64 {
        if self.views() && value.is_nan() { 0.0 } else { (value / threshold).abs() }
    }

    fn shares(&self, (test, threshold): (Test, f64), tensor: &Tensor, names: Names<'_>) -> Vec<Reading> {
        let Some((what, by)) = test.share() else { return Vec::new() };
        let all = shares::shares(tensor, what, by, self.views());
        let mut order: Vec<usize> = (0..all.len()).filter(|&i| !all[i].is_nan()).collect();
        order.sort_by(|&a, &b| all[b].total_cmp(&all[a]));
        let reading = |subject: &str, group: usize| {
            let over = order.iter().take_while(|&&i| all[i] / threshold >= self.limit());
            let above = [over.clone().count(), all.len()];
            let seen = names.share((what, by), (group, all[group]), above);
            let message = format!("{seen}; the threshold is {}", crate::words::percent(threshold));
            // The reference's shares of zeros can be below 0: far from any threshold.
            let effect = self.multiple(all[group], threshold).copysign(all[group]).max(0.0);
            let units = over.filter(|_| by == By::Unit).map(|&i| names.units[i]);
            Reading::fact(format!("{subject}, {}", test.name()), effect, self.limit(), message).at(units)
        };
        let nothing = |subject: &str| {
            let effect = if self.views() { 0.0 } else { f64::NAN };
            let subject = format!("{subject}, {}", test.name());
            Reading::fact(subject, effect, self.limit(), "there are no values to take a share of")
        };
        match by {
            By::Feature => (0..all.len())
                .map(|i| (&names.columns[i], i))
                .map(|(name, i)| if all[i].is_nan() { nothing(name) } else { reading(name, i) })
                .collect(),
            _ => vec![order.first().map_or_else(|| nothing("all columns"), |&i| reading("all columns", i))],
        }
    }

    fn change_readings(&self, (test, threshold): (Test, f64), tensor: &Tensor, names: Names<'_>) -> Vec<Reading> {
        let lengths = self.lengths();
        let subject = |i: usize| match test {
            Test::EcodDrift => format!("all columns, {}", test.name()),
            _ => format!("{}, {}", names.columns[i], test.name()),
        };
        let Some(split) = Split::new(tensor.periods(), lengths, self.views()) else {
            let why = format!(
                "{} periods are too few for {} trusted and {} tested ones",
                tensor.periods(),
                lengths[0],
                lengths[1]
            );
            return vec![Reading::unknown(format!("all columns, {}", test.name()), why)];
        };
        let reading = |(i, change): (usize, &Change)| {
            let effect = self.multiple(change.value, threshold);
            let seen = names.change(test, &split, *change);
            let message = format!("{seen}; the threshold is {}", crate::words::number(threshold));
            let reading = Reading::fact(subject(i), effect, self.limit(), message);
            let chance = test == Test::KsDrift && !self.views();
            if chance { reading.by_chance(1.0 / change.value) } else { reading }
        };
        self.changes(test, tensor, &split).iter().enumerate().map(reading).collect()
    }
}

impl InputCheck for Integrity {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        if args.columns.is_empty() {
            return Err(Error::data("`integrity` is given no columns; name at least one"));
        }
        let tensor = Tensor::of(args.panel, args.columns, self.views())?;
        let names = Names { axis: args.panel.axis(), units: args.panel.units(), columns: args.columns };
        let read = |test: (Test, f64)| match test.0.share() {
            Some(_) => self.shares(test, &tensor, names),
            None => self.change_readings(test, &tensor, names),
        };
        Ok(self.all_thresholds().into_iter().flat_map(read).collect())
    }
}

#[cfg(test)]
mod tests;
