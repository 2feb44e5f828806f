//! A stated value in place of what is missing.

use forewarn_core::prelude::*;

use crate::settings;

forewarn_core::entry!(Transform: ReplaceMissing as "replace-missing", check);

/// A stated value in place of what is missing; the reference calls it `missing.replace_na`.
///
/// Missing: every missing value becomes `with`, at any time and in any unit. Afterwards nobody can tell it from an
/// observed one, so use it where missing has a known meaning (no report is no event), or last in a chain.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReplaceMissing {
    /// The value to put in, a finite number.
    pub with: f32,
}

impl ReplaceMissing {
    fn check(self) -> Result<Self> {
        settings::finite("replace-missing", "with", self.with.into())?;
        Ok(self)
    }
}

impl Transform for ReplaceMissing {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        Ok(args.values.iter().map(|&x| if x.is_nan() { self.with } else { x }).collect())
    }

    fn examples(&self) -> Vec<TransformExample> {
        vec![
            TransformExample {
                title: "what is missing becomes 0",
                settings: "{}",
                units: &[1],
                groups: &[],
                input: &[f32::NAN, 3.0, f32::NAN],
                expect: &[0.0, 3.0, 0.0],
            },
            TransformExample {
                title: "or any other number",
                settings: r#"{"with": -1.5}"#,
                units: &[1, 2],
                groups: &[],
                input: &[f32::NAN, 3.0],
                expect: &[-1.5, 3.0],
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_replacement_is_a_number() {
        let error = ReplaceMissing { with: f32::INFINITY }.check().unwrap_err();
        assert!(error.to_string().contains("`with` is inf"));
    }
}
