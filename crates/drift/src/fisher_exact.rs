//! Fisher's exact test.

use forewarn_core::prelude::*;
use forewarn_kernels::hypergeometric::Urn;
use forewarn_kernels::kolmogorov_smirnov::Pooled;


forewarn_core::entry!(DriftTest: FisherExact as "fisher-exact", check);

/// Whether two values, such as no event and event, are as frequent as they were, exactly.
///
/// The statistic is the odds ratio `a d / (b c)` of the counts of the lower value `a`, `c` and the higher one
/// `b`, `d` in the reference and the current sample: above 1, the higher value has become more frequent; it
/// is infinite where `b` or `c` is 0, and 1 where just one value occurs. Two-sided: the p value is the share
/// of all tables with these margins that are no likelier, so that it holds for samples of any size; it is a
/// little too large, for there are few tables. For two distinct values, numbers or categories; more are
/// refused. Values must be independent: months of one series and neighbouring cells are not, and then it
/// warns far too often. Source: Fisher (1935), doi:10.2307/2342435.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FisherExact {
    /// Share of unchanged columns that may be called drifted, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
}

impl Default for FisherExact {
    fn default() -> Self {
        Self { level: 0.05 }
    }
}

impl FisherExact {
    fn check(self) -> Result<Self> {
        crate::limit::share("fisher-exact", "level", self.level)?;
        Ok(self)
    }
}

impl DriftTest for FisherExact {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        if args.blocks.is_some() || args.strata.is_some() {
            let what = "`fisher-exact` is for independent values, and these are in blocks or strata; use `chi-square`";
            return Err(Error::data(what.to_owned()));
        }
        let pooled = Pooled::new(args.reference, args.current);
        let (statistic, p_value) = match *pooled.counts() {
            [_] => (1.0, 1.0),
            [[a, c], [b, d]] => {
                let urn = Urn { marked: a + c, others: b + d, drawn: a + b };
                ((a as f64 * d as f64) / (b as f64 * c as f64), urn.no_likelier(a))
            }
            _ => return Err(too_many(pooled.counts().len())),
        };
        Ok(Drift::new(statistic, p_value, self.level))
    }
}

fn too_many(distinct: usize) -> Error {
    Error::data(format!("the samples have {distinct} distinct values and `fisher-exact` takes two; use `chi-square`"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::categories;

    fn compare(reference: &[f64], current: &[f64]) -> Result<Drift> {
        FisherExact::default().compare(&DriftArgs::new(reference, current).unwrap())
    }

    #[test]
    fn scipy_agrees() {
        let mut seen = 0;
        for c in categories() {
            let got = compare(&c.codes(0), &c.codes(1));
            if c.table.len() == 2 {
                let got = got.unwrap();
                assert!(c.fisher_exact.agrees(got.statistic, got.p_value), "{}: {got:?}", c.name);
                seen += 1;
            } else {
                let error = got.unwrap_err().to_string();
                assert!(error.contains("distinct values") && error.contains("use `chi-square`"), "{error}");
            }
        }
        assert_eq!(seen, 2);
    }

    #[test]
    fn the_lady_tasting_tea() {
        // Three of four cups rightly named: 34 of 70 tables are no likelier; odds 3 * 3 / (1 * 1).
        let got = compare(&[0.0, 0.0, 0.0, 1.0], &[0.0, 1.0, 1.0, 1.0]).unwrap();
        assert!((got.p_value - 34.0 / 70.0).abs() < 1e-15 && got.statistic == 9.0, "{got:?}");
        assert_eq!(compare(&[0.0; 9], &[1.0; 9]).unwrap().statistic, f64::INFINITY);
        assert_eq!(compare(&[5.0; 9], &[5.0; 7]).unwrap(), Drift::new(1.0, 1.0, 0.05));
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"level": 0.0})).unwrap_err().to_string();
        assert!(error.contains("`level` is 0; it must be between 0 and 1"), "{error}");
    }
}
