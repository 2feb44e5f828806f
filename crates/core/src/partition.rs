//! Partitions and rolling origins: which periods train, which test.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Axis, Error, Month, Period, Result, Step};

/// The partitions every run knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PartitionName {
    /// Where models and ensembles are compared and tuned.
    Calibration,
    /// Where the chosen ones are confirmed.
    Validation,
    /// All data up to now; the forecasts that are issued.
    Forecasting,
}

impl PartitionName {
    /// As written in configuration and file names.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calibration => "calibration",
            Self::Validation => "validation",
            Self::Forecasting => "forecasting",
        }
    }
}

/// A train and a test range, all ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// First and last training period.
    pub train: (Period, Period),
    /// First and last test period.
    pub test: (Period, Period),
}

impl Partition {
    /// Checks that training ends before the test begins and both lie on `axis`.
    ///
    /// # Errors
    /// [`Error::Config`] that names the range and the axis.
    pub fn check(&self, axis: Axis) -> Result<()> {
        let ordered =
            self.train.0 <= self.train.1 && self.train.1 < self.test.0 && self.test.0 <= self.test.1;
        let inside = axis.index(self.train.0).is_some() && axis.index(self.test.1).is_some();
        if ordered && inside {
            return Ok(());
        }
        let label = |p| axis.cadence.label(p);
        Err(Error::config(
            "partition",
            format!(
                "train {} to {}, test {} to {} must ascend and lie within the data ({} to {})",
                label(self.train.0),
                label(self.train.1),
                label(self.test.0),
                label(self.test.1),
                label(axis.first),
                label(axis.last())
            ),
        ))
    }
}

/// Partitions of months that move by a year once a year, when the final edition of the last year is out: the validation
/// test range is the last `window` months up to a December, the calibration test range the `window` months before it, and
/// every training range goes from `first` to the month before its test range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearlyPartitions {
    /// First training period of all.
    pub first: Period,
    /// Month of the year (1-12) in which they move: from then on the last year belongs to the validation test range.
    pub month: u32,
    /// Months of a test range.
    pub window: usize,
}

impl YearlyPartitions {
    /// A partition as it stands in the month `now`, the first that is not observed. The test range of
    /// [`PartitionName::Forecasting`] is `window` months from `now` on.
    ///
    /// # Errors
    /// [`Error::Config`] when `month` is no month of the year, the window is empty, or it leaves nothing to train on.
    pub fn partition(&self, name: PartitionName, now: Period) -> Result<Partition> {
        let wrong = |reason: String| Err(Error::config("partitions.yearly", reason));
        if !(1..=12).contains(&self.month) || self.window == 0 {
            let (month, window) = (self.month, self.window);
            return wrong(format!(
                "month {month} and a window of {window}: a month is 1-12, a window at least 1"
            ));
        }
        let month = Month::from(now);
        let whole_years = if month.month() >= self.month { 1 } else { 2 };
        let december = Period::from(Month::new(month.year() - whole_years, 12)?);
        let window = self.window as i32;
        let last = match name {
            PartitionName::Calibration => december.0 - window,
            PartitionName::Validation => december.0,
            PartitionName::Forecasting => now.0 + window - 1,
        };
        let test = (Period(last - window + 1), Period(last));
        let train = (self.first, Period(test.0.0 - 1));
        if train.0 > train.1 {
            let (first, test) = (Month::from(self.first), Month::from(test.0));
            return wrong(format!("training begins in {first}, the {} test range in {test}", name.as_str()));
        }
        Ok(Partition { train, test })
    }
}

/// The origins of an evaluation: one fit, `count` origins from the end of training on, `stride` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollingOrigins {
    /// The first origin: the last training period.
    pub first: Period,
    /// How many.
    pub count: usize,
    /// Periods between two of them.
    pub stride: usize,
}

impl RollingOrigins {
    /// The origins of a partition, each with `steps` periods of truth inside the test range.
    ///
    /// # Errors
    /// [`Error::Config`] when the test range is too short, with the length that would do.
    pub fn within(partition: &Partition, count: usize, stride: usize, steps: Step) -> Result<Self> {
        let origins = Self { first: partition.train.1, count, stride: stride.max(1) };
        let need = origins.last() + steps;
        if count == 0 || need > partition.test.1 {
            return Err(Error::config(
                "evaluation",
                format!(
                    "{count} origins, stride {stride}, {steps} steps need truth up to period {need}, the test range ends at {}",
                    partition.test.1
                ),
            ));
        }
        Ok(origins)
    }

    /// The last origin.
    pub fn last(&self) -> Period {
        Period(self.first.0 + (self.count.saturating_sub(1) * self.stride) as i32)
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Period> + use<> {
        let Self { first, count, stride } = *self;
        (0..count).map(move |i| Period(first.0 + (i * stride) as i32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cadence;

    const CALIBRATION: Partition =
        Partition { train: (Period(121), Period(444)), test: (Period(445), Period(492)) };

    #[test]
    fn twelve_origins_are_twelve() {
        let o = RollingOrigins::within(&CALIBRATION, 12, 1, Step(36)).unwrap();
        assert_eq!(o.iter().collect::<Vec<_>>().len(), 12);
        assert_eq!((o.iter().next(), o.last()), (Some(Period(444)), Period(455)));
        // 48 test months hold 13 origins of 36 steps, not 14.
        assert!(RollingOrigins::within(&CALIBRATION, 13, 1, Step(36)).is_ok());
        let e = RollingOrigins::within(&CALIBRATION, 14, 1, Step(36)).unwrap_err();
        assert!(e.to_string().contains("up to period 493, the test range ends at 492"));
        assert!(RollingOrigins::within(&CALIBRATION, 0, 1, Step(36)).is_err());
    }

    /// The ranges that VIEWS had before and after it moved them in the summer of 2026
    /// (views-models, `config_partitions.py`).
    #[test]
    fn partitions_move_each_july() {
        let yearly = YearlyPartitions { first: Period(121), month: 7, window: 48 };
        let at = |year, month, name| {
            let p = yearly.partition(name, Month::new(year, month).unwrap().into()).unwrap();
            (p.train.0.0, p.train.1.0, p.test.0.0, p.test.1.0)
        };
        for (year, month) in [(2025, 7), (2025, 12), (2026, 1), (2026, 6)] {
            assert_eq!(at(year, month, PartitionName::Calibration), (121, 444, 445, 492), "{year}-{month}");
            assert_eq!(at(year, month, PartitionName::Validation), (121, 492, 493, 540), "{year}-{month}");
        }
        assert_eq!(at(2026, 7, PartitionName::Calibration), (121, 456, 457, 504));
        assert_eq!(at(2026, 7, PartitionName::Validation), (121, 504, 505, 552));
        assert_eq!(at(2026, 7, PartitionName::Forecasting), (121, 558, 559, 606));
    }

    #[test]
    fn yearly_partitions_are_checked() {
        let wrong = |yearly: YearlyPartitions| {
            yearly.partition(PartitionName::Calibration, Period(493)).unwrap_err().to_string()
        };
        let yearly = YearlyPartitions { first: Period(121), month: 7, window: 48 };
        assert!(wrong(YearlyPartitions { month: 13, ..yearly }).contains("month 13"));
        assert!(wrong(YearlyPartitions { window: 0, ..yearly }).contains("a window of 0"));
        let late = wrong(YearlyPartitions { first: Period(400), ..yearly });
        assert!(late.contains("begins in 2013-04, the calibration test range in 2012-01"), "{late}");
    }

    #[test]
    fn partitions_lie_within_the_data() {
        let axis = Axis::between(Cadence::Month, Period(109), Period(492));
        assert!(CALIBRATION.check(axis).is_ok());
        let overlap = Partition { train: (Period(121), Period(445)), ..CALIBRATION };
        assert!(overlap.check(axis).is_err());
        let late = Partition { test: (Period(445), Period(493)), ..CALIBRATION };
        assert!(late.check(axis).unwrap_err().to_string().contains("1989-01 to 2020-12"));
    }
}
