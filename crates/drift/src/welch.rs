//! Welch's t test.

use forewarn_core::prelude::*;
use forewarn_kernels::kolmogorov_smirnov::Pooled;
use forewarn_kernels::welch::Welch as Statistic;

use crate::deals::Deals;
use crate::samples;
use crate::settings::Permuted;

forewarn_core::entry!(DriftTest: Welch as "welch", check);

/// Whether the mean has moved, whatever the variances.
///
/// `t = (mean of the reference - mean now) / sqrt(var / n + var' / m)`: below 0, the mean has risen.
/// Two-sided, by Student's law with the degrees of freedom of Satterthwaite; drifted when the p value is at
/// or below `level`. It needs means that are nearly normal: many values, or few and no long tail. With heavy
/// tails, as of counts of deaths, its p values mean little and it misses drift; in small skewed samples of
/// unequal size it warns too often. Values must be independent: months of one series and neighbouring cells
/// are not, and then it warns far too often, unless they are dealt in blocks. Two constant samples that agree
/// have `t = 0` and `p = 1`; when they differ there is no answer. Sources: Welch (1947),
/// doi:10.1093/biomet/34.1-2.28; Satterthwaite (1946), doi:10.2307/3002019.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Welch(pub Permuted);

impl Welch {
    fn check(self) -> Result<Self> {
        self.0.check("welch")?;
        Ok(self)
    }
}

impl DriftTest for Welch {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        samples::need_order("welch", args)?;
        for (name, sample) in [("reference", args.reference), ("current", args.current)] {
            refuse(name, sample)?;
        }
        let deals = Deals::of("welch", &self.0, args)?;
        let [before, now] = [args.reference, args.current].map(constant);
        let (statistic, p_value) = match (before, now) {
            (Some(before), Some(now)) if before == now => (0.0, 1.0),
            (Some(before), Some(now)) => return Err(constants_differ(before, now)),
            _ => {
                let welch = Statistic::new(args.reference, args.current);
                (welch.t, if deals.independent() { welch.p_value() } else { dealt(args, &deals) })
            }
        };
        Ok(deals.drift(statistic, p_value))
    }
}

/// How often `t` is as far from 0 when the blocks are dealt anew.
fn dealt(args: &DriftArgs<'_>, deals: &Deals<'_>) -> f64 {
    let pooled = Pooled::new(args.reference, args.current);
    deals.p_value(pooled.counts(), |counts| Statistic::of_counts(pooled.values(), counts).t.abs())
}

/// A mean needs finite values, its error at least two.
fn refuse(name: &str, sample: &[f64]) -> Result<()> {
    if sample.len() < 2 {
        return Err(Error::data(format!("the {name} sample has one value; `welch` needs at least two")));
    }
    match sample.iter().position(|v| v.is_infinite()) {
        None => Ok(()),
        Some(i) => Err(Error::data(format!(
            "value {i} of the {name} sample is {}, so that it has no mean; take it out or use `mann-whitney`",
            sample[i]
        ))),
    }
}

/// The value that all of a sample have.
fn constant(sample: &[f64]) -> Option<f64> {
    sample.iter().all(|v| *v == sample[0]).then_some(sample[0])
}

fn constants_differ(before: f64, now: f64) -> Error {
    Error::data(format!(
        "all values of the reference sample are {before} and all of the current one {now}: without variance \
         there is no `welch`; use `mann-whitney`"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::cases;

    fn compare(reference: &[f64], current: &[f64]) -> Result<Drift> {
        Welch::default().compare(&DriftArgs::new(reference, current).unwrap())
    }

    #[test]
    fn scipy_agrees() {
        for c in cases() {
            let got = compare(&c.reference, &c.current).unwrap();
            if c.welch.p_value.is_some() {
                assert!(c.welch.agrees(got.statistic, got.p_value), "{}: {got:?}", c.name);
            } else {
                // An intended difference: two columns of the same constant have not drifted.
                assert_eq!((c.name.as_str(), got.statistic, got.p_value), ("both_const", 0.0, 1.0));
            }
        }
    }

    #[test]
    fn a_rise_is_negative() {
        let low = [1.0, 2.0, 3.0, 4.0, 5.0];
        let risen = compare(&low, &low.map(|v| v + 10.0)).unwrap();
        assert!(risen.drifted && risen.statistic < -9.0, "{risen:?}");
    }

    #[test]
    fn what_has_no_answer_is_refused_with_the_cure() {
        let refused = |a: &[f64], b: &[f64]| compare(a, b).unwrap_err().to_string();
        assert!(refused(&[1.0, 2.0], &[1.0]).contains("the current sample has one value"));
        let error = refused(&[1.0, f64::INFINITY], &[1.0, 2.0]);
        assert!(error.contains("value 1 of the reference sample is inf") && error.contains("mann-whitney"));
        // A tenth has rounding in its mean: constancy is decided on the values.
        let error = refused(&[0.1; 3], &[0.3; 7]);
        assert!(error.contains("sample are 0.1 and all of the current one 0.3"), "{error}");
        assert_eq!(compare(&[0.1; 3], &[0.1; 7]).unwrap().p_value, 1.0);
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"level": 1.5})).unwrap_err().to_string();
        assert!(error.contains("`level` is 1.5; it must be between 0 and 1"), "{error}");
        assert!((ENTRY.build)(&json!({"level": 0.01})).is_ok());
    }
}
