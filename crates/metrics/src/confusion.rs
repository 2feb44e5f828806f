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
