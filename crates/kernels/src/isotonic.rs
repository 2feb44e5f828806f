//! Isotonic regression: the rising function of a score that is nearest to labels.

/// Chances of an event by score that never fall as the score rises.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Ascending scores.
    scores: Vec<f64>,
    /// The chance at each of them.
    chances: Vec<f64>,
}

/// Neighbouring scores with the same chance.
#[derive(Debug, Clone, Copy)]
struct Block {
    rows: f64,
    events: f64,
    scores: (f64, f64),
}

impl Isotonic {
    /// The rising function with the least sum of squared distances from the labels (1 for an event); equal scores count as one.
    ///
    /// By pooling neighbours that are in the wrong order (Ayer and others 1955, doi:10.1214/aoms/1177728423). The same as
    /// scikit-learn's `IsotonicRegression` with `out_of_bounds="clip"`. Without rows every chance is NaN.
    ///
    /// # Panics
    /// When the lengths differ. Scores are finite.
    pub fn fit(scores: &[f64], labels: &[bool]) -> Self {
        assert_eq!(scores.len(), labels.len(), "a label a score");
        let mut rows: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut blocks: Vec<Block> = Vec::new();
        for tied in rows.chunk_by(|a, b| a.0 == b.0) {
            let events = tied.iter().filter(|row| row.1).count() as f64;
            let score = tied[0].0;
            let mut block = Block { rows: tied.len() as f64, events, scores: (score, score) };
            // Equal chances are pooled as well: fewer blocks for the same function.
            while let Some(last) = blocks.pop_if(|last| last.events * block.rows >= block.events * last.rows)
            {
                block.rows += last.rows;
                block.events += last.events;
                block.scores.0 = last.scores.0;
            }
            blocks.push(block);
        }
        let mut fitted = Self { scores: Vec::new(), chances: Vec::new() };
        for block in blocks {
            let (first, last) = block.scores;
            let ends = if first == last { 1 } else { 2 };
            for score in [first, last].into_iter().take(ends) {
                fitted.scores.push(score);
                fitted.chances.push(block.events / block.rows);
            }
        }
        fitted
    }

    /// The chance at a score: straight lines between those of the fit, and constant beyond them.
    pub fn chance(&self, score: f64) -> f64 {
        let after = self.scores.partition_point(|s| *s <= score);
        let at = |i: usize| self.chances.get(i).copied().unwrap_or(f64::NAN);
        if after == 0 || after == self.scores.len() || score.is_nan() {
            return if score.is_nan() { f64::NAN } else { at(after.saturating_sub(1)) };
        }
        let (low, high) = (self.scores[after - 1], self.scores[after]);
        let slope = (at(after) - at(after - 1)) / (high - low);
        slope * (score - low) + at(after - 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn worked_by_hand() {
        // Scores 1 to 5 with labels 0 1 0 1 1: the second and third are pooled to 1/2.
        let fit = Isotonic::fit(&[1.0, 2.0, 3.0, 4.0, 5.0], &[false, true, false, true, true]);
        assert_eq!(fit.scores, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(fit.chances, [0.0, 0.5, 0.5, 1.0, 1.0]);
        assert_eq!([0.0, 1.5, 2.5, 3.5, 9.0].map(|s| fit.chance(s)), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert!(fit.chance(f64::NAN).is_nan());
        // Ties are one score.
        let fit = Isotonic::fit(&[1.0, 1.0, 1.0, 0.0], &[true, false, true, false]);
        assert_eq!((fit.chance(0.0), fit.chance(1.0)), (0.0, 2.0 / 3.0));
        assert!(Isotonic::fit(&[], &[]).chance(1.0).is_nan());
    }

    /// The max-min formula, straight from the definition.
    fn twin(scores: &[f64], labels: &[bool], at: f64) -> f64 {
        let mean = |from: f64, to: f64| {
            let rows = || scores.iter().zip(labels).filter(|(s, _)| from <= **s && **s <= to);
            rows().filter(|(_, event)| **event).count() as f64 / rows().count() as f64
        };
        let from = scores.iter().filter(|s| **s <= at);
        let lowest =
            |from: f64| scores.iter().filter(|s| **s >= at).map(|to| mean(from, *to)).fold(1.0, f64::min);
        from.map(|from| lowest(*from)).fold(0.0, f64::max)
    }

    proptest! {
        #[test]
        fn chances_are_those_of_the_definition(rows in prop::collection::vec((0_u8..30, any::<bool>()), 1..40)) {
            let (scores, labels): (Vec<f64>, Vec<bool>) =
                rows.into_iter().map(|(s, label)| (f64::from(s), label)).unzip();
            let fit = Isotonic::fit(&scores, &labels);
            for &score in &scores {
                prop_assert!((fit.chance(score) - twin(&scores, &labels, score)).abs() < 1e-12);
            }
        }
    }
}
