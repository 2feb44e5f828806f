//! Outputs of other libraries, as the files in `data` hold them; each file says where its numbers come from.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A file of outputs.
#[derive(Deserialize)]
pub(crate) struct Cases {
    /// Relative difference at which two numbers agree.
    pub(crate) tolerance: f64,
    /// Reasons why forewarn differs, or is to be asked in another way, by code.
    pub(crate) reasons: BTreeMap<String, Reason>,
    /// Inputs by name.
    pub(crate) inputs: BTreeMap<String, Value>,
    /// Calls of the peers.
    pub(crate) groups: Vec<Group>,
}

/// Why forewarn does not give what a peer gives, or not at once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// Whose matter it is.
    pub(crate) kind: Kind,
    /// What the peer does.
    pub(crate) peer: String,
    /// What forewarn does.
    pub(crate) here: String,
}

/// Kinds of reasons.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// The peer is wrong.
    Defect,
    /// The peer means something else that is as good.
    Convention,
    /// forewarn has a setting, or a factor, that gives the peer's number: the test takes it and they agree.
    Setting,
    /// forewarn has no such thing.
    Absent,
}

/// One call of a peer, and what should give the same.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// Library.
    pub(crate) peer: String,
    /// Its name for the quantity.
    pub(crate) metric: String,
    /// How it was called.
    pub(crate) call: String,
    /// The metric or kernel that should agree; none when there is none.
    pub(crate) score: Option<String>,
    /// Its settings.
    #[serde(default = "no_settings")]
    pub(crate) settings: Value,
    /// Whether the rows have the weights `w` of the input.
    #[serde(default)]
    pub(crate) weighted: bool,
    /// Truth and forecasts are raised to it before anything else.
    pub(crate) above: Option<f64>,
    /// Truth of 0 or less is replaced by it before anything else.
    pub(crate) observed_floor: Option<f64>,
    /// Truth is 1 above it and else 0 before anything else.
    pub(crate) event_above: Option<f64>,
    /// Whether draws are replaced by their mean, as the probability of an event.
    #[serde(default)]
    pub(crate) mean_probability: bool,
    /// What forewarn says is multiplied by it ...
    #[serde(default = "one")]
    pub(crate) times: f64,
    /// ... and this is added.
    #[serde(default)]
    pub(crate) plus: f64,
    /// Tolerance where that of the file is too strict.
    pub(crate) tolerance: Option<f64>,
    /// Only every so many numbers, from the first, are compared; forewarn does not offer the others.
    pub(crate) every: Option<usize>,
    /// Code of the reason for settings, factors and preparations.
    pub(crate) note: Option<String>,
    /// Outputs by input.
    pub(crate) outputs: BTreeMap<String, Value>,
    /// Codes of the reasons why outputs differ.
    #[serde(default)]
    pub(crate) differs: Differs,
}

/// Which outputs differ, and why.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Differs {
    /// All of them.
    All(String),
    /// Some, by input.
    Some(BTreeMap<String, String>),
}

impl Default for Differs {
    fn default() -> Self {
        Self::Some(BTreeMap::new())
    }
}

fn no_settings() -> Value {
    Value::Object(serde_json::Map::new())
}

fn one() -> f64 {
    1.0
}

impl Group {
    /// Code of the reason why the output of an input differs.
    pub(crate) fn differs(&self, input: &str) -> Option<&str> {
        match &self.differs {
            Differs::All(code) => Some(code),
            Differs::Some(codes) => codes.get(input).map(String::as_str),
        }
    }

    /// The numbers of an output that are compared.
    pub(crate) fn theirs(&self, input: &str) -> Vec<Option<f64>> {
        numbers(&self.outputs[input]).into_iter().step_by(self.every.unwrap_or(1)).collect()
    }

    /// What is wrong with an output: it disagrees without a reason, or agrees against one.
    pub(crate) fn complaint(&self, input: &str, ours: &[Option<f64>], tolerance: f64) -> Option<String> {
        let theirs = self.theirs(input);
        let agrees = agree(ours, &theirs, self.tolerance.unwrap_or(tolerance));
        if agrees != self.differs(input).is_some() {
            return None;
        }
        let how = if agrees { "agrees, against what is listed" } else { "differs" };
        let (peer, metric, call) = (&self.peer, &self.metric, &self.call);
        Some(format!("{metric} {input} {peer} ({call}) {how}: {ours:?}, the peer {theirs:?}"))
    }

    /// What forewarn says, in the terms of the peer; no number for NaN.
    pub(crate) fn converted(&self, ours: f64) -> Option<f64> {
        let value = ours * self.times + self.plus;
        (!value.is_nan()).then_some(value)
    }
}

/// The numbers of an output or an input, in order; none where it is NaN, or the peer raised.
pub(crate) fn numbers(value: &Value) -> Vec<Option<f64>> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        Value::Number(number) => vec![number.as_f64()],
        Value::String(word) => vec![word.parse::<f64>().ok().filter(|v| !v.is_nan())],
        _ => vec![None],
    }
}

/// [`numbers`] with NaN for none.
pub(crate) fn floats(value: &Value) -> Vec<f64> {
    numbers(value).into_iter().map(|v| v.unwrap_or(f64::NAN)).collect()
}

/// Whether both have the same numbers, and none in the same places. Where one side has no number at all and says so
/// once, the other may say so for every row.
fn agree(ours: &[Option<f64>], theirs: &[Option<f64>], tolerance: f64) -> bool {
    if ours.len() != theirs.len() {
        return ours.iter().chain(theirs).all(Option::is_none);
    }
    ours.iter().zip(theirs).all(|pair| match pair {
        (Some(a), Some(b)) => {
            a == b || (a.is_finite() && b.is_finite() && (a - b).abs() <= tolerance * b.abs() + 1e-15)
        }
        (None, None) => true,
        _ => false,
    })
}
