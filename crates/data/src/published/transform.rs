//! What the values of a file are, and how they become levels.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::layout::by_name;
use crate::Error;

/// What the values of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// Levels, in the unit of the target.
    Identity,
    /// `log(1 + level)`.
    Log1p,
    /// `log(1 + level) - log(1 + level at the origin)`.
    ChangeOfLog1p,
}

impl Transform {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Identity, Self::Log1p, Self::ChangeOfLog1p];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Log1p => "log1p",
            Self::ChangeOfLog1p => "change-of-log1p",
        }
    }

    /// What the name of a column says; `None` when it speaks of logarithms or models in words that say too little.
    pub(super) fn of_column(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let words: Vec<_> = name.split('_').collect();
        let is_one_of = |known: &[&str]| words.iter().any(|word| known.contains(word));
        let log1p = is_one_of(&["ln", "ln1", "log1p"]);
        if is_one_of(&["delta"]) {
            return (log1p || is_one_of(&["log"])).then_some(Self::ChangeOfLog1p);
        }
        if log1p {
            return Some(Self::Log1p);
        }
        let unclear = name.starts_with("step") || is_one_of(&["log", "ln2", "ss"]);
        (!unclear).then_some(Self::Identity)
    }

    /// The level, given that at the origin; NaN when that is needed and missing.
    pub(super) fn level(self, value: f64, at_origin: f64) -> f64 {
        match self {
            Self::Identity => value,
            Self::Log1p => value.exp_m1(),
            Self::ChangeOfLog1p => (at_origin.ln_1p() + value).exp_m1(),
        }
    }
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Transform {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        by_name("transform", text, Self::ALL.map(|transform| (transform.name(), transform)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_everywhere() {
        for transform in Transform::ALL {
            assert_eq!(transform.to_string().parse::<Transform>().unwrap(), transform);
            assert_eq!(serde_json::to_value(transform).unwrap(), transform.name());
        }
        assert!("log".parse::<Transform>().unwrap_err().to_string().contains("log1p, change-of-log1p"));
    }

    #[test]
    fn columns_say_what_they_hold_or_have_to_be_told() {
        for (name, expected) in [
            ("pred_ged_sb", Some(Transform::Identity)),
            ("outcome", Some(Transform::Identity)),
            ("pred_lr_sb_best", Some(Transform::Identity)),
            ("pred_island", Some(Transform::Identity)),
            ("pred_ln_sb_best", Some(Transform::Log1p)),
            ("ln1_step_combined_sb", Some(Transform::Log1p)),
            ("pred_delta_log", Some(Transform::ChangeOfLog1p)),
            ("pred_delta_ln_sb", Some(Transform::ChangeOfLog1p)),
            ("pred_delta", None),
            ("pred_log_sb", None),
            ("ln2_step_combined_sb", None),
            ("step_combined", None),
            ("step_pred_", None),
            ("ss_model_", None),
        ] {
            assert_eq!(Transform::of_column(name), expected, "{name}");
        }
    }

    #[test]
    fn levels_are_the_inverse() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12 * b.abs().max(1.0), "{a} {b}");
        near(Transform::Identity.level(3.0, f64::NAN), 3.0);
        near(Transform::Log1p.level(4.0_f64.ln(), f64::NAN), 3.0);
        // From 1 to 7: log(8) - log(2) = log(4).
        near(Transform::ChangeOfLog1p.level(4.0_f64.ln(), 1.0), 7.0);
        assert!(Transform::ChangeOfLog1p.level(0.0, f64::NAN).is_nan());
    }
}
