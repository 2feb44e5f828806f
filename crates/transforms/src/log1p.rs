//! The logarithm of one plus the value.

use forewarn_core::prelude::*;

forewarn_core::entry!(Transform: Log1p as "log1p");

/// The natural logarithm of one plus the value, `y = ln(1 + x)`; the reference calls it `ops.ln`.
///
/// Missing: stays missing. A value of -1 or less has no such logarithm and is an error; the reference turns it into
/// -infinity or missing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Log1p {}

impl Transform for Log1p {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        if let Some(i) = args.values.iter().position(|&x| x <= -1.0) {
            let (unit, value) = (args.units[i % args.units.len()], args.values[i]);
            return Err(Error::data(format!("log1p of unit {unit}: the value is {value}; it must be above -1")));
        }
        Ok(args.values.iter().map(|&x| log1p(x)).collect())
    }

    fn examples(&self) -> Vec<TransformExample> {
        vec![TransformExample {
            title: "0 stays 0, e - 1 becomes 1",
            settings: "{}",
            units: &[1],
            groups: &[],
            input: &[0.0, std::f32::consts::E - 1.0, f32::NAN, -0.5],
            expect: &[0.0, 1.0, f32::NAN, -std::f32::consts::LN_2],
        }]
    }
}

/// `ln(1 + x)` to the precision of `f32`, a third of the time of `f32::ln_1p`.
fn log1p(x: f32) -> f32 {
    let wide = f64::from(x);
    if wide.abs() < 1e-4 {
        // 1 + x would lose digits of x. Most values of a conflict column are 0 and end here.
        return (wide * (1.0 - wide * (0.5 - wide / 3.0))) as f32;
    }
    (1.0 + wide).ln() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_logarithm(x in prop_oneof![-0.999_f32..1.0, 0.0_f32..1e9, -1e-3_f32..1e-3, -1e-6_f32..1e-6]) {
            let exact = f64::from(x).ln_1p() as f32;
            prop_assert!((log1p(x) - exact).abs() <= f32::EPSILON * exact.abs(), "ln(1 + {})", x);
        }
    }

    #[test]
    fn what_has_no_logarithm_names_its_unit() {
        let units = [Unit(3), Unit(7)].into();
        let args = TransformArgs::new(&units, &[0.0, -1.0], &[]).unwrap();
        assert!(Log1p {}.apply(&args).unwrap_err().to_string().contains("unit 7: the value is -1"));
    }
}
