//! Numbers about forecasts that a person brings, outside of any run: scores of a table, divergences of two
//! distributions. Each comes with a number or with the reason why there is none.

mod bins;
mod divergence;
mod request;
mod table;

pub use divergence::{Comparison, Divergences, KINDS, Kind};
use request::every_metric;
pub use request::{Request, requests};
pub use table::{TableScores, metrics_of, score_table};

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A number that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What was asked for, in the words of who asked.
    pub label: String,
    /// The number, which is finite, or why there is none.
    pub value: Result<f64, String>,
    /// How to read it: which way is good, or its unit.
    pub note: String,
}

/// Numbers in the order in which they were asked for. As JSON: `{"scores": {label: number or null}, "reasons":
/// {label: why there is none}}`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers(pub Vec<Answer>);

impl Answers {
    /// Labels of the numbers that do not exist.
    pub fn missing(&self) -> Vec<&str> {
        self.reasons().map(|(label, _)| label).collect()
    }

    /// What has no number, and why.
    pub fn reasons(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|a| Some((a.label.as_str(), a.value.as_ref().err()?.as_str())))
    }
}

impl Serialize for Answers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("scores", &Pairs(|| self.0.iter().map(|a| (&a.label, a.value.as_ref().ok()))))?;
        map.serialize_entry("reasons", &Pairs(|| self.reasons()))?;
        map.end()
    }
}

/// Pairs as a map in their order.
struct Pairs<F>(F);

impl<K: Serialize, V: Serialize, I: Iterator<Item = (K, V)>, F: Fn() -> I> Serialize for Pairs<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map((self.0)())
    }
}
