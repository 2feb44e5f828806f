//! Whether a classifier can tell the current sample from the reference.

use forewarn_core::prelude::*;
use forewarn_kernels::separation::{Settings, separation};

use crate::columns;
use crate::limit::share;

forewarn_core::entry!(RowTest: DomainClassifier as "domain-classifier", check);

/// Fewest rows of a sample in each fold.
const FEWEST: usize = 10;

/// How well boosted trees tell the rows of two samples apart: the settings.
///
/// The rows of both samples are dealt into `folds`; trees learn from the others to which sample a row belongs (logistic loss,
/// the method of Chen and Guestrin 2016, doi:10.1145/2939672.2939785), and the area under the ROC curve is taken of each fold,
/// of scores that never saw it. 0.5 is no difference that trees can see, 1 a complete one, in any column or in how
/// columns depend on one another. The p value is found in one of two ways:
///
/// * with `permutations`, the samples are dealt anew and everything is learned again, each time: right for any number of
///   rows and folds as long as rows can be exchanged, at `permutations` times the cost;
/// * without, from the law of Mann and Whitney, which holds in each fold, for its scores are fixed before its rows are seen. The
///   folds are not independent, since each learned from the others: taking them for independent gave 11 % of false alarms at a
///   level of 5 %. So the p value is twice the mean of those of the folds, which never gives too many, and sees less: enough
///   for thousands of rows, where the permutations would be slow.
///
/// (To deal anew the labels of scores that are already learned would be wrong: the scores have seen them.) Rows must be
/// independent: months of one series and neighbouring cells are not, and then it warns far too often; a column that tells the
/// time tells the samples apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DomainClassifier {
    /// Share of unchanged samples that may be called drifted, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
    /// Parts of the rows, each of which is scored by what was learned from the others; at least 2.
    #[schemars(range(min = 2))]
    pub folds: u32,
    /// Trees.
    #[schemars(range(min = 1))]
    pub rounds: u32,
    /// Splits from the root to a leaf, at most.
    #[schemars(range(min = 1))]
    pub depth: u32,
    /// What is taken of each tree, above 0 and at most 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub rate: f64,
    /// How often the samples are dealt anew for the p value, 99: the least p value is one over these and one. 0 for the law of the
    /// folds.
    pub permutations: u32,
    /// Seed of the folds and permutations.
    pub seed: u64,
}

impl Default for DomainClassifier {
    fn default() -> Self {
        Self { level: 0.05, folds: 5, rounds: 40, depth: 3, rate: 0.1, permutations: 99, seed: 0 }
    }
}

/// How well the samples can be told apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Separation {
    /// Mean area under the ROC curve of the folds (0-1).
    pub roc_auc: f64,
    /// How likely it is as great when nothing has changed (0-1); one-sided, for a smaller area is no difference.
    pub p_value: f64,
    /// Whether the p value is at or below the level.
    pub drifted: bool,
    /// How much of the area is lost when the rows of a fold are given each other's values of a column: where it is large, trees
    /// needed this column, alone or with others. Two columns that say the same hide each other.
    pub importance: Vec<f64>,
}

impl DomainClassifier {
    /// Compares two samples of the same columns.
    ///
    /// Values are read in single precision, in at most 256 bins a column.
    ///
    /// # Errors
    /// [`Error::Config`] for settings that make no sense; [`Error::Data`] for values that are missing or infinite, or fewer than
    /// ten rows of a sample in each fold.
    pub fn compare(&self, reference: &[Vec<f64>], current: &[Vec<f64>]) -> Result<Separation> {
        columns::same(reference.len(), current.len())?;
        let fewest = FEWEST * self.folds as usize;
        let n = columns::check("reference", reference, fewest)?;
        let m = columns::check("current", current, fewest)?;
        let row = |columns: &[Vec<f64>], i: usize| columns.iter().map(|c| c[i] as f32).collect::<Vec<f32>>();
        let before = (0..n).flat_map(|i| row(reference, i));
        let rows: Vec<f32> = before.chain((0..m).flat_map(|i| row(current, i))).collect();
        let labels: Vec<bool> = (0..n + m).map(|i| i >= n).collect();
        let found = separation(&rows, reference.len(), &labels, &self.settings());
        let drifted = found.p_value <= self.level;
        let (roc_auc, p_value, importance) = (found.roc_auc, found.p_value, found.importance);
        Ok(Separation { roc_auc, p_value, drifted, importance })
    }

    fn settings(&self) -> Settings {
        let Self { folds, rounds, depth, rate, permutations, seed, .. } = *self;
        Settings { folds, rounds, depth, rate, permutations, seed }
    }

    fn check(self) -> Result<Self> {
        share("domain-classifier", "level", self.level)?;
        let refuse = |reason: String| Err(Error::config("domain-classifier", reason));
        if self.folds < 2 {
            return refuse(format!("`folds` is {}; it must be at least 2", self.folds));
        }
        if self.rounds == 0 || self.depth == 0 {
            let (rounds, depth) = (self.rounds, self.depth);
            return refuse(format!("`rounds` is {rounds} and `depth` {depth}; both must be at least 1"));
        }
        if !(0.0 < self.rate && self.rate <= 1.0) {
            return refuse(format!("`rate` is {}; it must be above 0 and at most 1", self.rate));
        }
        Ok(self)
    }
}

impl RowTest for DomainClassifier {
    fn compare_rows(&self, reference: &[Vec<f64>], current: &[Vec<f64>]) -> Result<RowDrift> {
        let found = self.compare(reference, current)?;
        let drift = Drift::new(found.roc_auc, found.p_value, self.level);
        let drift = if self.permutations == 0 {
            drift.with_note(format!("p of {} folds, never too low; `permutations` sees more", self.folds))
        } else {
            drift
        };
        Ok(RowDrift { drift, by_column: found.importance })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::tests::normal;

    /// Small, so that it can be learned a thousand times.
    fn small() -> DomainClassifier {
        DomainClassifier {
            folds: 3,
            rounds: 10,
            depth: 2,
            rate: 0.3,
            permutations: 0,
            ..DomainClassifier::default()
        }
    }

    #[test]
    fn a_shift_in_one_column_is_found_and_placed() {
        let (before, mut after) = (normal(1, 300, 4), normal(2, 250, 4));
        let settings = DomainClassifier { permutations: 0, ..DomainClassifier::default() };
        let same = settings.compare(&before, &after).unwrap();
        assert!((same.roc_auc - 0.5).abs() < 0.08 && !same.drifted, "{same:?}");
        after[2].iter_mut().for_each(|x| *x += 1.0);
        let shifted = settings.compare(&before, &after).unwrap();
        // The area of the best classifier is P(N(1, 2) > 0) = 0.760.
        assert!((0.68..0.80).contains(&shifted.roc_auc) && shifted.p_value < 1e-3, "{shifted:?}");
        let most = shifted.importance.iter().copied().fold(0.0, f64::max);
        assert!(shifted.importance[2] == most && most > 0.15, "{shifted:?}");
        assert!(shifted.importance.iter().filter(|i| i.abs() > 0.05).count() == 1, "{shifted:?}");
    }

    #[test]
    fn a_change_of_dependence_alone_is_found() {
        let noise = normal(1, 800, 3);
        let follow = |sign: f64| -> Vec<Vec<f64>> {
            let second = noise[0].iter().zip(&noise[1]).map(|(a, b)| sign * 0.9 * a + 0.436 * b).collect();
            vec![noise[0].clone(), second]
        };
        let settings = DomainClassifier { permutations: 19, rounds: 10, ..DomainClassifier::default() };
        let found = settings.compare(&follow(1.0), &follow(-1.0)).unwrap();
        assert!(found.roc_auc > 0.8 && found.p_value == 0.05 && found.drifted, "{found:?}");
    }

    #[test]
    fn false_alarms_are_no_more_than_declared() {
        let alarms = |settings: &DomainClassifier, runs: u64| {
            let drifted = |r: &u64| {
                let (before, after) = (normal(2 * r, 45, 3), normal(2 * r + 1, 36, 3));
                let settings = DomainClassifier { seed: *r, ..settings.clone() };
                settings.compare(&before, &after).unwrap().drifted
            };
            (0..runs).filter(drifted).count() as f64 / runs as f64
        };
        let margin = |runs: f64| 4.0 * (0.05 * 0.95 / runs).sqrt();
        let law = alarms(&small(), 1000);
        assert!(law <= 0.05 + margin(1000.0), "{law}");
        let dealt = alarms(&DomainClassifier { permutations: 19, ..small() }, 200);
        assert!((dealt - 0.05).abs() < margin(200.0), "{dealt}");
    }

    #[test]
    fn permutations_find_what_the_law_finds() {
        let (before, mut after) = (normal(1, 60, 3), normal(2, 60, 3));
        after[0].iter_mut().for_each(|x| *x += 1.5);
        let settings = DomainClassifier { permutations: 99, ..small() };
        let found = settings.compare(&before, &after).unwrap();
        assert_eq!(found.p_value, 0.01);
    }

    #[test]
    fn nothing_but_ties_is_no_difference() {
        let found = small().compare(&[vec![1.0; 60]], &[vec![1.0; 50]]).unwrap();
        assert_eq!((found.roc_auc, found.p_value, found.importance[0]), (0.5, 1.0, 0.0));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let error = |settings: DomainClassifier, before: &[Vec<f64>], after: &[Vec<f64>]| {
            settings.compare(before, after).unwrap_err().to_string()
        };
        let good = normal(1, 60, 2);
        assert!(error(small(), &good, &normal(1, 29, 2)).contains("current: 29 rows; 30 are needed"));
        assert!(error(small(), &good, &good[..1]).contains("the current sample 1"));
        let mut missing = good.clone();
        missing[0][3] = f64::NAN;
        assert!(error(small(), &missing, &good).contains("reference: column 0, row 3 is NaN"));
        for (settings, word) in [
            (DomainClassifier { folds: 1, ..small() }, "`folds` is 1"),
            (DomainClassifier { rounds: 0, ..small() }, "`rounds` is 0"),
            (DomainClassifier { rate: 0.0, ..small() }, "`rate` is 0"),
            (DomainClassifier { level: 0.0, ..small() }, "`level` is 0"),
        ] {
            assert!(settings.check().unwrap_err().to_string().contains(word));
        }
    }
}
