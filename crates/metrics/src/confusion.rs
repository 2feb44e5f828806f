//! Two-by-two tables of alarms and events: the tally is `[hits, false alarms, correct rejections, misses]`.

use forewarn_core::{Error, Result, ScoreArgs, Tally};
use forewarn_kernels::binary::Confusion;
use forewarn_kernels::draws::Event;

use crate::settings;

/// When there is an alarm, and what it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alarm {
    /// Smallest value that is an event, in the unit of the target. Of forecast probabilities the event is 1.
    pub(crate) threshold: f64,
    /// Smallest forecast probability that raises an alarm, 0-1.
    pub(crate) probability: f64,
}

impl Default for Alarm {
    fn default() -> Self {
        Self { threshold: 1.0, probability: 0.5 }
    }
}

impl Alarm {
    /// # Errors
    /// [`Error::Config`] of `component`.
    pub(crate) fn check(self, component: &str) -> Result<()> {
        settings::threshold(component, self.threshold)?;
        settings::probability(component, "probability", self.probability)
    }

    /// The weighted table.
    pub(crate) fn tally(self, args: &ScoreArgs<'_>) -> Tally {
        let events = args.events(Event { threshold: self.threshold, strict: false });
        let table = Confusion::at(&events.probabilities, &events.happened, &events.weights, self.probability);
        let Confusion { true_positives, false_positives, true_negatives, false_negatives } = table;
        Tally(vec![true_positives, false_positives, true_negatives, false_negatives])
    }
}

/// A score of the pooled table.
///
/// # Errors
/// [`Error::Data`] when there are no rows, or the score is NaN, which is then for want of `needs`.
pub(crate) fn score(tally: &Tally, score: fn(&Confusion) -> f64, needs: &str) -> Result<f64> {
    let table = Confusion {
        true_positives: tally.at(0),
        false_positives: tally.at(1),
        true_negatives: tally.at(2),
        false_negatives: tally.at(3),
    };
    if tally.0.iter().sum::<f64>() == 0.0 {
        return Err(Error::data("no row has both a forecast and a truth"));
    }
    let value = score(&table);
    if value.is_nan() { Err(Error::data(needs)) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use forewarn_core::ForecastKind;

    use super::*;

    #[test]
    fn reaching_the_threshold_and_the_probability_counts() {
        let (observed, draws) =
            ([5.0, 4.0, 4.0, 5.0, f64::NAN], [0.0, 5.0, 5.0, 9.0, 0.0, 4.0, 0.0, 0.0, 9.0, 9.0]);
        let args = ScoreArgs::rows(&observed, &draws, 2, ForecastKind::Draws).unwrap();
        let table = |probability| Alarm { threshold: 5.0, probability }.tally(&args);
        assert_eq!(table(0.5), Tally(vec![1.0, 1.0, 1.0, 1.0]));
        assert_eq!(table(0.6), Tally(vec![0.0, 1.0, 1.0, 2.0]));
        assert_eq!(table(0.0), Tally(vec![2.0, 2.0, 0.0, 0.0]));
        let weighted = args.weighted(&[1.0, 2.0, 3.0, 4.0, 9.0]).unwrap();
        let table = Alarm { threshold: 5.0, probability: 0.5 }.tally(&weighted);
        assert_eq!(table, Tally(vec![1.0, 2.0, 3.0, 4.0]));
    }

    #[test]
    fn of_probabilities_the_event_is_1_whatever_the_threshold() {
        let args = ScoreArgs::rows(&[1.0, 0.0], &[0.7, 0.2], 1, ForecastKind::Probability).unwrap();
        let table = Alarm { threshold: 25.0, probability: 0.5 }.tally(&args);
        assert_eq!(table, Tally(vec![1.0, 0.0, 1.0, 0.0]));
    }

    #[test]
    fn why_there_is_no_score_or_no_such_alarm() {
        let error = score(&Tally::default(), |_| 1.0, "an event").unwrap_err();
        assert!(error.to_string().contains("no row"), "{error}");
        let error = score(&Tally(vec![0.0, 0.0, 1.0, 0.0]), |_| f64::NAN, "no event").unwrap_err();
        assert!(error.to_string().contains("no event"), "{error}");
        for (threshold, probability, name) in [(f64::NAN, 0.5, "`threshold`"), (1.0, 1.5, "`probability`")] {
            let error = Alarm { threshold, probability }.check("recall").unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("recall"), "{error}");
        }
    }
}
