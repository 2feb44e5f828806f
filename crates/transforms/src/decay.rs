//! Exponential decay of an elapsed time.

use forewarn_core::prelude::*;

use crate::settings;

forewarn_core::entry!(Transform: Decay as "decay", check);

/// Exponential decay of an elapsed time, `y = 2^(-x / half-life)`: 1 at 0, 1/2 after one half-life; the reference
/// calls it `temporal.decay`.
///
/// Applied to `time-since`, it is a memory of the last event. Missing: stays missing. A negative time is an error;
/// the reference lets it grow above 1.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Decay {
    /// Periods after which half is left, above 0.
    pub half_life: f32,
}

impl Default for Decay {
    fn default() -> Self {
        Self { half_life: 12.0 }
    }
}

impl Decay {
    fn check(self) -> Result<Self> {
        settings::positive("decay", "half-life", self.half_life.into())?;
        Ok(self)
    }
}

impl Transform for Decay {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        if let Some(i) = args.values.iter().position(|&x| x < 0.0) {
            let (unit, value) = (args.units[i % args.units.len()], args.values[i]);
            return Err(Error::data(format!(
                "decay of unit {unit}: the elapsed time is {value}; it starts at 0 (put `time-since` before it)"
            )));
        }
        let rate = -1.0 / self.half_life;
        Ok(args.values.iter().map(|&x| (x * rate).exp2()).collect())
    }

    fn examples(&self) -> Vec<TransformExample> {
        vec![TransformExample {
            title: "half is left after each half-life",
            settings: r#"{"half-life": 12}"#,
            units: &[1],
            groups: &[],
            input: &[0.0, 12.0, 24.0, f32::NAN, 6.0],
            expect: &[1.0, 0.5, 0.25, f32::NAN, std::f32::consts::FRAC_1_SQRT_2],
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_time_names_its_unit() {
        let units = [Unit(3), Unit(7)].into();
        let args = TransformArgs::new(&units, &[0.0, 1.0, 2.0, -1.0], &[]).unwrap();
        let error = Decay::default().apply(&args).unwrap_err().to_string();
        assert!(error.contains("unit 7") && error.contains("-1"), "{error}");
        assert!(Decay { half_life: 0.0 }.check().is_err());
    }
}
