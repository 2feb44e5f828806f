//! The rank sum test of Wilcoxon, Mann and Whitney.

use forewarn_core::prelude::*;
use forewarn_kernels::kolmogorov_smirnov::Pooled;
use forewarn_kernels::rank_sum::RankSum;

use crate::deals::Deals;
use crate::samples;
use crate::settings::Permuted;

forewarn_core::entry!(DriftTest: MannWhitney as "mann-whitney", check);

/// Whether values now tend to be lower or higher than those of the reference.
///
/// `U` counts the pairs of a reference and a current value in which the **reference** is greater, a tie as
/// one half: below half of all pairs, values have risen. Two-sided; drifted when the p value is at or below
/// `level`. The p value is by the normal law, its variance corrected for ties, with a continuity correction
/// of one half: right with many ties as in counts, a little too large, and rough where the smaller sample has
/// fewer than ten values or hardly any differ. It sees shifts, also with outliers, and no change of spread
/// alone: then it warns too often when the sizes differ too. Values must be independent: months of one series
/// and neighbouring cells are not, and then it warns far too often, unless they are dealt in blocks. Sources:
/// Mann and Whitney (1947), doi:10.1214/aoms/1177730491; the correction for ties as in Lehmann (1975),
/// Nonparametrics.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MannWhitney(pub Permuted);

impl MannWhitney {
    fn check(self) -> Result<Self> {
        self.0.check("mann-whitney")?;
        Ok(self)
    }
}

impl DriftTest for MannWhitney {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        samples::need_order("mann-whitney", args)?;
        let pooled = Pooled::new(args.reference, args.current);
        let deals = Deals::of("mann-whitney", &self.0, args)?;
        let rank_sum = RankSum::new(pooled.counts());
        let p_value =
            if deals.independent() { rank_sum.p_value() } else { deals.p_value(pooled.counts(), apart) };
        Ok(deals.drift(rank_sum.u, p_value))
    }
}

/// How far the rank sum is from half of the pairs, in its standard deviations.
fn apart(counts: &[[u64; 2]]) -> f64 {
    let ranks = RankSum::new(counts);
    // All values are equal.
    if ranks.variance > 0.0 { (ranks.u - ranks.mean).abs() / ranks.variance.sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::cases;

    fn compare(reference: &[f64], current: &[f64]) -> Drift {
        MannWhitney::default().compare(&DriftArgs::new(reference, current).unwrap()).unwrap()
    }

    #[test]
    fn scipy_agrees() {
        for c in cases() {
            let got = compare(&c.reference, &c.current);
            assert!(c.mann_whitney.agrees(got.statistic, got.p_value), "{}: {got:?}", c.name);
        }
    }

    #[test]
    fn a_rise_lowers_the_statistic_and_infinity_is_a_value() {
        let low: Vec<f64> = (0..20).map(f64::from).collect();
        let high: Vec<f64> = (0..20).map(|i| f64::from(i) + 30.0).collect();
        let risen = compare(&low, &high);
        assert!(risen.drifted && risen.statistic == 0.0);
        let fallen = compare(&high, &low);
        assert!(fallen.drifted && fallen.statistic == 400.0);
        assert_eq!(compare(&[1.0, f64::INFINITY], &[f64::INFINITY, 2.0]).statistic, 1.5);
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"level": 0.0})).unwrap_err().to_string();
        assert!(error.contains("`level` is 0; it must be between 0 and 1"), "{error}");
        assert!((ENTRY.build)(&json!({"level": 0.01})).is_ok());
    }
}
