//! The two-sample test of Anderson and Darling.

use forewarn_core::prelude::*;
use forewarn_kernels::anderson_darling::{Scale, asymptotic_p_value, sum_of_squares};
use forewarn_kernels::kolmogorov_smirnov::Pooled;

use crate::deals::Deals;
use crate::samples;
use crate::settings::{Method, Several};

forewarn_core::entry!(DriftTest: AndersonDarling as "anderson-darling", check);

/// Squared distances between the distribution functions of two samples, weighted so that the tails count.
///
/// The statistic is `A^2` with midranks, less its expectation of 1, in standard deviations under no drift;
/// the greater, the further apart. It sees any change of distribution, changes in the tails better than
/// `kolmogorov-smirnov`. The p value of untied samples is interpolated in the table of the source where that
/// reaches, between 0.001 and 0.25, and by permutation beyond; with ties by permutation always, for the table
/// warns too often there (12 % for 5 % on counts with 85 % zeros). Of more than 10,000 values of which hardly
/// any are tied it is by the table too, and 0.001 or 0.25 stand for all beyond. A permutation costs some
/// nanoseconds a value, or less where many are tied. `exact` is not offered. Samples of one and the same
/// value have `p = 1`; fewer than four values together are refused. Values must be independent: months of one
/// series and neighbouring cells are not, and then it warns far too often, unless they are dealt in blocks.
/// Source: Scholz and Stephens (1987), doi:10.1080/01621459.1987.10478517.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AndersonDarling(pub Several);

/// The p values between which the table reaches.
const TABLE: [f64; 2] = [0.001, 0.25];

impl AndersonDarling {
    fn check(self) -> Result<Self> {
        self.0.check("anderson-darling", &[Method::Exact])?;
        Ok(self)
    }
}

impl DriftTest for AndersonDarling {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        samples::need_order("anderson-darling", args)?;
        let pooled = Pooled::new(args.reference, args.current);
        let scale = Scale::new(pooled.sizes()).ok_or_else(|| {
            Error::data("`anderson-darling` needs four values in both samples together; give more".to_owned())
        })?;
        let statistic = scale.standardised(sum_of_squares(pooled.counts()));
        let large = samples::nearly_continuous(&pooled);
        let permuted = self.0.permuted();
        let deals = Deals::of("anderson-darling", &permuted, args)?;
        let method = deals.method("anderson-darling", self.0.method)?;
        let table = match method {
            Method::Permutation => None,
            Method::Auto if !large && !samples::untied(&pooled) => None,
            _ => asymptotic_p_value(statistic).map(|p| p.clamp(TABLE[0], TABLE[1])),
        };
        let beyond = if statistic > 1.0 { TABLE[0] } else { TABLE[1] };
        if table.is_none() && large && method != Method::Permutation {
            let note = format!("beyond the table of p values, which ends at {beyond}");
            return Ok(deals.drift(statistic, beyond).with_note(note));
        }
        let p_value = table.unwrap_or_else(|| deals.p_value(pooled.counts(), sum_of_squares));
        Ok(deals.drift(statistic, p_value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::{cases, near};

    fn compare(method: Method, reference: &[f64], current: &[f64]) -> Drift {
        let test = AndersonDarling(Several { method, permutations: 199, ..Several::default() });
        test.compare(&DriftArgs::new(reference, current).unwrap()).unwrap()
    }

    #[test]
    fn scipy_agrees() {
        for c in cases() {
            let got = compare(Method::Asymptotic, &c.reference, &c.current);
            let Some(expected) = c.anderson_darling.statistic else {
                // SciPy refuses samples of one value.
                assert_eq!((c.name.as_str(), got.p_value), ("both_const", 1.0));
                continue;
            };
            // Near 0 the standardised statistic has lost digits of the sum.
            assert!((got.statistic - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{}: {got:?}", c.name);
            let p = c.anderson_darling.p_value.unwrap();
            if (0.001..0.25).contains(&p) && p > 0.001 {
                assert!(near(got.p_value, p, 1e-9), "{}: {got:?} {p}", c.name);
            } else {
                // SciPy stops at the ends of its table.
                assert!(got.p_value > 0.2 || got.p_value <= 0.005, "{}: {got:?} {p}", c.name);
            }
        }
    }

    #[test]
    fn auto_trusts_the_table_without_ties_only() {
        let c = &cases()[0];
        let [auto, table] = [Method::Auto, Method::Asymptotic].map(|m| compare(m, &c.reference, &c.current));
        assert_eq!(auto, table);
        let tied = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0];
        let other = [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 4.0];
        let [auto, permuted] = [Method::Auto, Method::Permutation].map(|m| compare(m, &tied, &other));
        assert_eq!(auto, permuted);
    }

    #[test]
    fn large_samples_end_with_the_table() {
        let sample = |from: f64| (0..6000).map(|i| from + f64::from(i)).collect::<Vec<_>>();
        let apart = compare(Method::Auto, &sample(0.0), &sample(900.5));
        assert!(apart.p_value == 0.001 && apart.note.unwrap().contains("ends at 0.001"));
        let alike = compare(Method::Auto, &sample(0.0), &sample(0.5));
        assert!(alike.p_value == 0.25 && alike.note.unwrap().contains("ends at 0.25"));
    }

    #[test]
    fn what_has_no_answer_is_refused_with_the_cure() {
        let error = AndersonDarling::default().compare(&DriftArgs::new(&[1.0], &[2.0, 3.0]).unwrap());
        assert!(error.unwrap_err().to_string().contains("needs four values"));
        let error = (ENTRY.build)(&json!({"method": "exact"})).unwrap_err().to_string();
        assert!(error.contains("`method` is exact, which this test has not; use `auto`"), "{error}");
        let error = (ENTRY.build)(&json!({"level": 0.0})).unwrap_err().to_string();
        assert!(error.contains("`level` is 0; it must be between 0 and 1"), "{error}");
        assert!((ENTRY.build)(&json!({"permutations": 0})).unwrap_err().to_string().contains("at least 1"));
        assert!((ENTRY.build)(&json!({"method": "permutation", "seed": 7})).is_ok());
    }
}
