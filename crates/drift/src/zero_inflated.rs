//! The two-part test of counts with many zeros.

use forewarn_core::prelude::*;
use forewarn_kernels::contingency::chi_square;
use forewarn_kernels::kolmogorov_smirnov::Pooled;
use forewarn_kernels::permutation::smallest_p_value;
use forewarn_kernels::rank_sum::RankSum;

use crate::deals::Deals;
use crate::samples;
use crate::settings::Permuted;

forewarn_core::entry!(DriftTest: ZeroInflated as "zero-inflated", check);

/// Whether zeros are as frequent as they were, and whether what is above zero is as great: two questions of counts.
///
/// The share of zeros by the score test of two proportions, the values above zero by their rank sum (as
/// `mann-whitney`). Each becomes a p value among the permutations, the statistic is the smaller one, and the
/// p value is how often the smaller of both is as small in the same permutations (min-p), so that both
/// questions together keep the level. The note says what became of each part: where conflict has become more
/// frequent, or worse where it is. All permutations are made; each deals the counts of the distinct values.
/// Values must not be below 0, and must be independent: months of one series and neighbouring cells are not,
/// and then it warns far too often, unless they are dealt in blocks. Sources: the two parts as in Lachenbruch
/// (2001), doi:10.1002/sim.790; min-p as in Westfall and Young (1993), Resampling-Based Multiple Testing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ZeroInflated(pub Permuted);

impl ZeroInflated {
    fn check(self) -> Result<Self> {
        self.0.check("zero-inflated")?;
        Ok(self)
    }
}

impl DriftTest for ZeroInflated {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        samples::need_order("zero-inflated", args)?;
        let pooled = Pooled::new(args.reference, args.current);
        let (lowest, counts) = (pooled.values()[0], pooled.counts());
        if lowest < 0.0 {
            return Err(Error::data(format!(
                "the lowest value is {lowest} and `zero-inflated` is for values from 0 on; use `kolmogorov-smirnov`"
            )));
        }
        let zeros = usize::from(lowest == 0.0);
        let deals = Deals::of("zero-inflated", &self.0, args)?;
        let mut dealer = deals.dealer(counts);
        let permuted = (0..self.0.permutations).map(|b| parts(dealer.deal(b), zeros));
        let statistics: Vec<[f64; 2]> = std::iter::once(parts(counts, zeros)).chain(permuted).collect();
        let (p_values, combined) = smallest_p_value(&statistics);
        let smaller = p_values[0].min(p_values[1]);
        Ok(deals.drift(smaller, combined).with_note(note(counts, zeros, p_values)))
    }
}

/// The chi-square statistic of the shares of zeros, and the squared standardised rank sum of the values above zero;
/// `zeros` is how many of the distinct values are zero.
fn parts(counts: &[[u64; 2]], zeros: usize) -> [f64; 2] {
    let (zero, above) = counts.split_at(zeros);
    let rest = total(above);
    let ranks = RankSum::new(above);
    let squared = (ranks.u - ranks.mean).powi(2) / ranks.variance;
    // Without a value above zero in one sample there is nothing to compare.
    [chi_square(&[total(zero), rest]), if squared.is_finite() { squared } else { 0.0 }]
}

fn total(counts: &[[u64; 2]]) -> [u64; 2] {
    counts.iter().fold([0, 0], |[n, m], [x, y]| [n + x, m + y])
}

/// What became of each part.
fn note(counts: &[[u64; 2]], zeros: usize, [p_zero, p_above]: [f64; 2]) -> String {
    let (zero, above) = counts.split_at(zeros);
    let ([a, b], [x, y]) = (total(zero), total(above));
    let share = |zeros: u64, others: u64| zeros as f64 / (zeros + others) as f64;
    let zero_part = format!("zeros {:.4} then, {:.4} now (p = {p_zero:.4})", share(a, x), share(b, y));
    let ranks = RankSum::new(above);
    if x == 0 || y == 0 {
        return format!("{zero_part}; no values above zero to compare");
    }
    // Half of the pairs without drift.
    let greater = 1.0 - ranks.u / (x as f64 * y as f64);
    format!("{zero_part}; a value above zero now is the greater one in {greater:.4} of all pairs (p = {p_above:.4})")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cases::cases;

    fn compare(reference: &[f64], current: &[f64]) -> Drift {
        ZeroInflated::default().compare(&DriftArgs::new(reference, current).unwrap()).unwrap()
    }

    /// So many zeros, then so many values from `first` on.
    fn counts(zeros: usize, others: usize, first: usize) -> Vec<f64> {
        let above = (0..others).map(|i| (first + i % 8) as f64);
        std::iter::repeat_n(0.0, zeros).chain(above).collect()
    }

    #[test]
    fn worked_by_hand() {
        // 60 of 100 zeros against 40 of 100: 8; above, 1 2 against 3 4: (0 - 2)^2 / (4 / 12 * 5).
        assert!((parts(&[[60, 40], [40, 60]], 1)[0] - 8.0).abs() < 1e-14);
        let got = parts(&[[5, 5], [1, 0], [1, 0], [0, 1], [0, 1]], 1);
        assert!(got[0] == 0.0 && (got[1] - 2.4).abs() < 1e-14, "{got:?}");
        assert_eq!(parts(&[[5, 5], [1, 0]], 1)[1], 0.0);
    }

    #[test]
    fn says_which_part_has_moved() {
        let fewer_zeros = compare(&counts(170, 30, 1), &counts(100, 50, 1));
        let note = fewer_zeros.note.clone().unwrap();
        assert!(fewer_zeros.drifted && fewer_zeros.statistic == 0.001, "{fewer_zeros:?}");
        assert!(note.starts_with("zeros 0.8500 then, 0.6667 now (p = 0.0010); a value above"), "{note}");
        let greater = compare(&counts(170, 30, 1), &counts(127, 23, 5));
        let note = greater.note.clone().unwrap();
        assert!(greater.drifted && note.contains("0.8500 then, 0.8467 now (p = 1.0000)"), "{note}");
        assert!(note.ends_with("(p = 0.0010)"), "{note}");
        let nothing = compare(&[0.0; 20], &[0.0; 30]);
        assert_eq!(nothing.p_value, 1.0);
        assert!(nothing.note.unwrap().ends_with("no values above zero to compare"));
    }

    #[test]
    fn sees_what_the_largest_gap_misses() {
        let c = cases().into_iter().find(|c| c.name == "zero_inflated").unwrap();
        let got = compare(&c.reference, &c.current);
        // 87 % zeros, then 82 %: the law of untied samples says 0.82 of the largest gap.
        assert!(c.asymptotic > 0.8 && got.p_value < 0.2, "{got:?}");
        assert!(got.note.as_ref().is_some_and(|note| note.starts_with("zeros 0.8675 then, 0.8200 now")), "{got:?}");
    }

    #[test]
    fn what_has_no_answer_is_refused_with_the_cure() {
        let error = ZeroInflated::default().compare(&DriftArgs::new(&[-1.0, 0.0], &[0.0]).unwrap()).unwrap_err();
        assert!(error.to_string().contains("the lowest value is -1") && error.to_string().contains("kolmogorov"));
        assert!((ENTRY.build)(&json!({"level": 0.0})).unwrap_err().to_string().contains("`level` is 0;"));
    }
}
