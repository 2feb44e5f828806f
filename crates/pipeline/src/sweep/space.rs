//! What is searched: settings and the values they may take.
//!
//! Every range is the image of the open interval (0, 1), so that methods draw and compare places there and know nothing
//! of units.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Values of settings by their path, such as `occurrence.settings.max-depth`.
pub(crate) type Settings = BTreeMap<String, Value>;

/// The most values of a range of whole numbers: what a double can tell apart.
const MOST: i128 = 1 << 52;

/// The values that a setting may take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Range {
    /// Whole numbers, both ends included, each as likely.
    Int(#[serde(deserialize_with = "two")] [i64; 2]),
    /// Numbers, each as likely.
    Uniform(#[serde(deserialize_with = "two")] [f64; 2]),
    /// Positive numbers, their logarithms each as likely.
    LogUniform(#[serde(deserialize_with = "two")] [f64; 2]),
    /// One of these, each as likely.
    Choice(Vec<Value>),
}

/// Two ends, no more: a list of numbers is easily meant as a choice.
fn two<'de, D: Deserializer<'de>, T: Deserialize<'de>>(ends: D) -> Result<[T; 2], D::Error> {
    let ends = Vec::<T>::deserialize(ends)?;
    let wrong = |ends: Vec<T>| D::Error::custom(format!("{} numbers; a range has two ends", ends.len()));
    ends.try_into().map_err(wrong)
}

/// A setting and its values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Dimension {
    /// Where it stands in the settings of the model.
    pub(crate) path: String,
    /// Its values.
    pub(crate) range: Range,
}

impl Range {
    /// What is wrong with the range, if anything is.
    pub(crate) fn fault(&self) -> Option<String> {
        match self {
            Self::Int([a, b]) if a > b => Some(format!("the range from {a} to {b} is empty")),
            Self::Int([a, b]) if i128::from(*b) - i128::from(*a) >= MOST => {
                Some(format!("the range from {a} to {b} has more values than can be told apart"))
            }
            Self::Uniform([a, b]) | Self::LogUniform([a, b]) if !(b - a).is_finite() => {
                Some(format!("the range from {a} to {b} is not finite"))
            }
            Self::Uniform([a, b]) | Self::LogUniform([a, b]) if a >= b => {
                Some(format!("the range from {a} to {b} is empty"))
            }
            Self::LogUniform([a, _]) if *a <= 0.0 => {
                Some(format!("the range begins at {a}; logarithms need numbers above 0"))
            }
            Self::Choice(options) if options.is_empty() => Some("there is nothing to choose from".to_owned()),
            Self::Choice(options) => {
                let twice = options.iter().enumerate().find(|(i, option)| options[..*i].contains(option));
                twice.map(|(_, option)| format!("{option} is listed twice"))
            }
            _ => None,
        }
    }

    /// The values at which the range is tried before anything is fitted: its ends, or every option.
    pub(crate) fn ends(&self) -> Vec<Value> {
        match self {
            Self::Int(ends) => ends.map(Value::from).to_vec(),
            Self::Uniform(ends) | Self::LogUniform(ends) => ends.map(Value::from).to_vec(),
            Self::Choice(options) => options.clone(),
        }
    }

    /// The value at a place in (0, 1).
    pub(crate) fn at(&self, place: f64) -> Value {
        match self {
            Self::Int([a, b]) => Value::from(*a + index(place, (b - a + 1) as usize) as i64),
            Self::Uniform([a, b]) => Value::from((a + place * (b - a)).clamp(*a, *b)),
            Self::LogUniform([a, b]) => {
                let (low, high) = (a.ln(), b.ln());
                Value::from((low + place * (high - low)).exp().clamp(*a, *b))
            }
            Self::Choice(options) => options[index(place, options.len())].clone(),
        }
    }

    /// The place of a value: the middle of its part where there are finitely many. NaN for a value of no such range.
    pub(crate) fn place(&self, value: &Value) -> f64 {
        match self {
            Self::Int([a, b]) => {
                let middle = |x: i64| ((x - a) as f64 + 0.5) / ((b - a) as f64 + 1.0);
                value.as_i64().map_or(f64::NAN, middle)
            }
            Self::Uniform([a, b]) => value.as_f64().map_or(f64::NAN, |x| (x - a) / (b - a)),
            Self::LogUniform([a, b]) => {
                value.as_f64().map_or(f64::NAN, |x| (x.ln() - a.ln()) / (b.ln() - a.ln()))
            }
            Self::Choice(options) => {
                let found = options.iter().position(|option| option == value);
                found.map_or(f64::NAN, |i| (i as f64 + 0.5) / options.len() as f64)
            }
        }
    }

    /// How many values there are; `None` for a continuum.
    pub(crate) fn count(&self) -> Option<usize> {
        match self {
            Self::Int([a, b]) => Some((b - a + 1) as usize),
            Self::Choice(options) => Some(options.len()),
            Self::Uniform(_) | Self::LogUniform(_) => None,
        }
    }
}

/// Which of `count` equal parts of (0, 1) a place is in.
pub(crate) fn index(place: f64, count: usize) -> usize {
    ((place * count as f64) as usize).min(count - 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn options() -> Range {
        Range::Choice(vec![json!("exact"), json!(3), json!([1, 2])])
    }

    #[test]
    fn places_become_values() {
        let ints = Range::Int([-1, 2]);
        let values = [0.001, 0.249, 0.25, 0.6, 0.999].map(|p| ints.at(p).as_i64().unwrap());
        assert_eq!(values, [-1, -1, 0, 1, 2], "four values, a quarter each");
        assert_eq!(Range::Uniform([1.0, 3.0]).at(0.25), json!(1.5));
        let log = Range::LogUniform([0.01, 100.0]).at(0.5).as_f64().unwrap();
        assert!((log - 1.0).abs() < 1e-12, "{log}");
        assert_eq!([0.1, 0.5, 0.9].map(|p| options().at(p)), [json!("exact"), json!(3), json!([1, 2])]);
        assert_eq!(Range::Int([5, 5]).at(0.7), json!(5));
    }

    #[test]
    fn values_have_their_place() {
        for range in [Range::Int([-3, 9]), options()] {
            for i in 0..range.count().unwrap() {
                let place = (i as f64 + 0.5) / range.count().unwrap() as f64;
                assert!((range.place(&range.at(place)) - place).abs() < 1e-15);
            }
        }
        for range in [Range::Uniform([-2.0, 5.0]), Range::LogUniform([1e-6, 1e3])] {
            for place in [1e-9, 0.3, 0.999] {
                assert!((range.place(&range.at(place)) - place).abs() < 1e-12, "{range:?} {place}");
            }
        }
        assert!(options().place(&json!("coarse")).is_nan());
        assert!(Range::Int([0, 1]).place(&json!("many")).is_nan());
    }

    #[test]
    fn faults_are_named() {
        let faults = [
            Range::Int([3, 2]),
            Range::Int([i64::MIN, i64::MAX]),
            Range::Uniform([1.0, 1.0]),
            Range::Uniform([0.0, f64::NAN]),
            Range::Uniform([f64::MIN, f64::MAX]),
            Range::LogUniform([0.0, 1.0]),
            Range::LogUniform([2.0, 1.0]),
            Range::Choice(vec![]),
            Range::Choice(vec![json!(1), json!(2), json!(1)]),
        ];
        for range in faults {
            assert!(range.fault().is_some(), "{range:?}");
        }
        for range in
            [Range::Int([3, 3]), Range::Uniform([-1.0, 1.0]), Range::LogUniform([0.1, 1.0]), options()]
        {
            assert_eq!(range.fault(), None);
        }
    }

    #[test]
    fn ranges_are_read_as_they_are_written() {
        let read = |text: &str| toml::from_str::<BTreeMap<String, Range>>(text).map_err(|e| e.to_string());
        assert_eq!(read("x = { log-uniform = [1, 2.5] }").unwrap()["x"], Range::LogUniform([1.0, 2.5]));
        assert!(read("x = { normal = [0, 1] }").unwrap_err().contains("unknown variant"));
        assert!(read("x = { int = [0, 1, 2] }").is_err() && read("x = { int = [0.5, 1] }").is_err());
    }
}
