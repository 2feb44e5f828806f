//! Partitions: which periods train and which test, declared once, in the section `[partitions]`.

use forewarn_core::{Axis, Cadence, Partition, PartitionName, Period, RollingOrigins, YearlyPartitions};
use serde::{Deserialize, Serialize};

use crate::{Config, Error, Result};

/// The partitions of a run: ranges, or the rule by which they move, or nothing.
///
/// Ranges win over the rule. Without either, calibration tests on the latest periods that hold all origins and steps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Partitions {
    /// Where models and ensembles are compared and tuned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Ranges>,
    /// Where the chosen ones are confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Ranges>,
    /// Moves both by a year, once a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yearly: Option<Yearly>,
}

/// A train and a test range, as labels of periods (`2016-12`), all ends included.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ranges {
    /// First and last training period; from the first observation to just before the test range when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<(String, String)>,
    /// First and last test period.
    pub test: (String, String),
}

/// The rule of [`YearlyPartitions`], for months. It counts from the last observed month, so that the same data always
/// have the same partitions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Yearly {
    /// Month of the year (1-12) in which they move.
    pub month: u32,
    /// First training month; the first observation when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Months of a test range; when absent, those that hold all origins and steps, rounded up to whole years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
}

impl Default for Yearly {
    fn default() -> Self {
        Self { month: 7, first: None, window: None }
    }
}

/// What is evaluated: a partition and the origins in its test range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EvaluatedPartition {
    /// Which it is.
    pub name: PartitionName,
    /// Its train and test range.
    pub ranges: Partition,
    /// The origins.
    pub origins: RollingOrigins,
}

/// The partition that the configuration asks to evaluate, on observations of `axis`.
///
/// # Errors
/// [`Error::Config`] when it is not declared, [`Error::Core`] when its ranges do not fit the data.
pub(crate) fn evaluated(config: &Config, axis: Axis) -> Result<EvaluatedPartition> {
    let (evaluation, steps) = (&config.evaluation, config.forecast.steps);
    let (name, count, stride) = (evaluation.partition, evaluation.origins, evaluation.stride.max(1));
    let reach = count.saturating_sub(1) * stride + usize::from(steps.0);
    let ranges = find(&config.partitions, name, axis, reach)?;
    ranges.check(axis)?;
    let origins = RollingOrigins::within(&ranges, count, stride, steps)?;
    Ok(EvaluatedPartition { name, ranges, origins })
}

fn find(partitions: &Partitions, name: PartitionName, axis: Axis, reach: usize) -> Result<Partition> {
    let ranges = match name {
        PartitionName::Calibration => &partitions.calibration,
        PartitionName::Validation => &partitions.validation,
        PartitionName::Forecasting => {
            let reason = "what the forecasting partition will show is not known yet; there are: calibration, validation";
            return Err(Error::config("evaluation.partition", reason));
        }
    };
    match (ranges, &partitions.yearly) {
        (Some(ranges), _) => declared(ranges, axis),
        (None, Some(yearly)) => by_rule(yearly, name, axis, reach),
        (None, None) if name == PartitionName::Calibration => Ok(latest(axis, reach)),
        (None, None) => {
            let reason =
                "it is not declared; give `partitions.validation` a test range, or `partitions.yearly`";
            Err(Error::config("evaluation.partition = \"validation\"", reason))
        }
    }
}

fn declared(ranges: &Ranges, axis: Axis) -> Result<Partition> {
    let parse = |(first, last): &(String, String)| -> Result<(Period, Period)> {
        Ok((axis.cadence.parse(first)?, axis.cadence.parse(last)?))
    };
    let test = parse(&ranges.test)?;
    let before = (axis.first, Period(test.0.0 - 1));
    let train = ranges.train.as_ref().map_or(Ok(before), parse)?;
    Ok(Partition { train, test })
}

fn by_rule(yearly: &Yearly, name: PartitionName, axis: Axis, reach: usize) -> Result<Partition> {
    if axis.cadence != Cadence::Month {
        let reason = "the rule is for months; declare the ranges of calibration and validation";
        return Err(Error::config("partitions.yearly", reason));
    }
    let first = yearly.first.as_ref().map_or(Ok(axis.first), |first| axis.cadence.parse(first))?;
    let window = yearly.window.unwrap_or_else(|| reach.next_multiple_of(12));
    let rule = YearlyPartitions { first, month: yearly.month, window };
    Ok(rule.partition(name, Period(axis.last().0 + 1))?)
}

/// Tests on the latest periods that hold all origins and steps.
fn latest(axis: Axis, reach: usize) -> Partition {
    let test = (Period(axis.last().0 - reach as i32 + 1), axis.last());
    Partition { train: (axis.first, Period(test.0.0 - 1)), test }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a configuration evaluates on observations from January 1989 to December 2020.
    fn said(text: &str) -> Result<(i32, i32, i32, i32)> {
        let config: Config = toml::from_str(text).unwrap();
        let axis = Axis::between(Cadence::Month, Period(109), Period(492));
        let EvaluatedPartition { ranges: p, origins, .. } = evaluated(&config, axis)?;
        assert_eq!(origins.first, p.train.1);
        Ok((p.train.0.0, p.train.1.0, p.test.0.0, p.test.1.0))
    }

    #[test]
    fn ranges_win_over_the_rule_and_the_rule_over_the_latest_months() {
        assert_eq!(said("").unwrap(), (109, 445, 446, 492), "47 months hold 12 origins and 36 steps");
        let rule = "[partitions.yearly]\nfirst = \"1990-01\"\n";
        // The last observed month is December, so that the year moves in the next July only.
        assert_eq!(said(rule).unwrap(), (121, 384, 385, 432));
        let validation = "[evaluation]\npartition = \"validation\"\n";
        assert_eq!(said(&format!("{rule}{validation}")).unwrap(), (121, 432, 433, 480));
        assert_eq!(said(&format!("{rule}month = 1\n{validation}")).unwrap(), (121, 444, 445, 492));
        let ranges = "[partitions]\ncalibration = { test = [\"2017-01\", \"2020-12\"] }\n";
        assert_eq!(said(&format!("{ranges}{rule}")).unwrap(), (109, 444, 445, 492));
        assert_eq!(said(&format!("{ranges}{rule}{validation}")).unwrap(), (121, 432, 433, 480));
    }

    #[test]
    fn what_is_not_declared_cannot_be_evaluated() {
        let said = |text: &str| said(text).unwrap_err().to_string();
        let e = said("[evaluation]\npartition = \"validation\"\n");
        assert!(e.contains("it is not declared; give `partitions.validation`"), "{e}");
        let e = said("[evaluation]\npartition = \"forecasting\"\n");
        assert!(e.contains("is not known yet"), "{e}");
        let e = said("[partitions]\ncalibration = { test = [\"2018-01\", \"2020-12\"] }\n");
        assert!(e.contains("need truth up to period 503"), "{e}");
    }

    #[test]
    fn the_rule_is_for_months() {
        let config: Config = toml::from_str("[partitions.yearly]\n").unwrap();
        let axis = Axis::between(Cadence::Day, Period(1), Period(4000));
        let e = evaluated(&config, axis).unwrap_err().to_string();
        assert!(e.contains("partitions.yearly: the rule is for months"), "{e}");
    }
}
