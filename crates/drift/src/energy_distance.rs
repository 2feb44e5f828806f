//! The energy distance.

use forewarn_core::prelude::*;
use forewarn_kernels::wasserstein::pooled_energy_distance;

use crate::settings::Permuted;
use crate::wasserstein::transport;

forewarn_core::entry!(DriftTest: EnergyDistance as "energy-distance", check);

/// How far apart two distribution functions are, squared and over the range of the values: the energy distance.
///
/// `sqrt(2 integral (F - G)^2)`, in the root of the unit of the values: the root, as in `SciPy`, of what the
/// source calls so. Less ruled by outliers than `wasserstein`. The p value is by permutation; one deals the
/// counts of the distinct values, in some nanoseconds a value, or less where many are tied: 999 of two
/// samples of a million different values take some 15 s, of two columns of counts milliseconds. Values must
/// be finite, and independent: months of one series and neighbouring cells are not, and then it warns far too
/// often, unless they are dealt in blocks. Source: Szekely and Rizzo (2013), doi:10.1016/j.jspi.2013.03.018.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct EnergyDistance(pub Permuted);

impl EnergyDistance {
    fn check(self) -> Result<Self> {
        self.0.check("energy-distance")?;
        Ok(self)
    }
}

impl DriftTest for EnergyDistance {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        transport("energy-distance", args, &self.0, pooled_energy_distance)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::{cases, near};

    fn compare(reference: &[f64], current: &[f64]) -> Result<Drift> {
        let test = EnergyDistance(Permuted { permutations: 99, ..Permuted::default() });
        test.compare(&DriftArgs::new(reference, current).unwrap())
    }

    #[test]
    fn scipy_agrees() {
        for c in cases() {
            let got = compare(&c.reference, &c.current).unwrap();
            assert!(near(got.statistic, c.energy, 1e-12), "{}: {got:?} {}", c.name, c.energy);
        }
    }

    #[test]
    fn worked_by_hand() {
        // Half the mass moves by 4: F - G is 1/2 there, 2 * 4 / 4 = 2.
        let got = compare(&[0.0, 0.0], &[0.0, 4.0]).unwrap();
        assert!(near(got.statistic, 2.0_f64.sqrt(), 1e-15) && got.p_value == 1.0, "{got:?}");
    }

    #[test]
    fn settings_are_checked() {
        assert!(compare(&[f64::NEG_INFINITY], &[1.0]).unwrap_err().to_string().contains("is -inf"));
        assert!((ENTRY.build)(&json!({"level": 2.0})).unwrap_err().to_string().contains("`level` is 2;"));
        assert!((ENTRY.build)(&json!({"level": 0.01, "permutations": 199})).is_ok());
    }
}
