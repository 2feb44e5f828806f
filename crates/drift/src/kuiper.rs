//! Kuiper's two-sample test.

use forewarn_core::prelude::*;
use forewarn_kernels::kolmogorov_smirnov::Pooled;
use forewarn_kernels::kuiper::{asymptotic_p_value, statistic};

use crate::deals::Deals;
use crate::samples;
use crate::settings::{Method, Several};

forewarn_core::entry!(DriftTest: Kuiper as "kuiper", check);

/// How far one distribution function is above the other, and how far below it, added.
///
/// `V = max (F - G) + max (G - F)`, 0-1: sees changes of spread, and of a place on a circle (the day of the
/// year) wherever the circle is cut, where `kolmogorov-smirnov` sees shifts best. `auto` is asymptotic where
/// no values are tied, or hardly any, and there are more than 10,000 of them, and by permutation otherwise,
/// for the law of large samples is too careful with small and with tied ones; a permutation costs some
/// nanoseconds a value, or less where many are tied. `exact` is not offered. Values must be independent:
/// months of one series and neighbouring cells are not, and then it warns far too often, unless they are
/// dealt in blocks. Sources: Kuiper (1960), doi:10.1016/S1385-7258(60)50006-0; the law by Stephens (1965),
/// doi:10.1093/biomet/52.3-4.309.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Kuiper(pub Several);

impl Kuiper {
    fn check(self) -> Result<Self> {
        self.0.check("kuiper", &[Method::Exact])?;
        Ok(self)
    }
}

impl DriftTest for Kuiper {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        samples::need_order("kuiper", args)?;
        let pooled = Pooled::new(args.reference, args.current);
        let observed = statistic(pooled.counts());
        let permuted = self.0.permuted();
        let deals = Deals::of("kuiper", &permuted, args)?;
        let asymptotic = match deals.method("kuiper", self.0.method)? {
            Method::Asymptotic => true,
            Method::Auto => samples::nearly_continuous(&pooled),
            Method::Exact | Method::Permutation => false,
        };
        let p_value = if asymptotic {
            asymptotic_p_value(observed, pooled.sizes())
        } else {
            deals.p_value(pooled.counts(), statistic)
        };
        Ok(deals.drift(observed, p_value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::{cases, near};

    fn compare(method: Method, reference: &[f64], current: &[f64]) -> Drift {
        let test = Kuiper(Several { method, permutations: 199, ..Several::default() });
        test.compare(&DriftArgs::new(reference, current).unwrap()).unwrap()
    }

    #[test]
    fn astropy_agrees() {
        for c in cases() {
            let got = compare(Method::Asymptotic, &c.reference, &c.current);
            // astropy's differences of shares have an error of 1e-14 for every value.
            let expected = c.kuiper.statistic.unwrap();
            assert!((got.statistic - expected).abs() <= 1e-11 * expected + 1e-14, "{}: {got:?}", c.name);
            let p = c.kuiper.p_value.unwrap();
            if c.untied() {
                assert!(near(got.p_value, p, 1e-9), "{}: {got:?} {p}", c.name);
            }
        }
    }

    #[test]
    fn a_change_of_spread_is_seen() {
        let narrow: Vec<f64> = (0..60).map(|i| f64::from(i) / 60.0 + 0.001).collect();
        let wide: Vec<f64> = narrow.iter().map(|v| 0.5 + 2.2 * (v - 0.5)).collect();
        let drift = compare(Method::Auto, &narrow, &wide);
        assert!(drift.p_value == 0.005 && drift.statistic > 0.5, "{drift:?}");
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"method": "exact"})).unwrap_err().to_string();
        assert!(error.contains("`method` is exact, which this test has not; use `auto`"), "{error}");
        let error = (ENTRY.build)(&json!({"level": 1.0})).unwrap_err().to_string();
        assert!(error.contains("`level` is 1; it must be between 0 and 1"), "{error}");
    }
}
