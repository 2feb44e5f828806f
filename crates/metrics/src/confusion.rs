//! Two-by-two tables of alarms and events: the tally is `[hits, false alarms, misses, correct rejections]`.

use forewarn_core::{Error, Result, ScoreArgs, Tally};
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
        let mut cells = vec![0.0; 4];
        for (probability, event, weight) in args.events(Event { threshold: self.threshold, strict: false }) {
            let cell = match (probability >= self.probability, event == 1.0) {
                (true, true) => 0,
                (true, false) => 1,
                (false, true) => 2,
                (false, false) => 3,
            };
            cells[cell] += weight;
        }
        Tally(cells)
    }
}

/// Hits, false alarms, misses, correct rejections.
pub(crate) fn cells(tally: &Tally) -> [f64; 4] {
    [0, 1, 2, 3].map(|i| tally.at(i))
}

/// A ratio whose denominator may be empty.
///
/// # Errors
/// [`Error::Data`] `why` when it is.
pub(crate) fn ratio(above: f64, below: f64, why: &str) -> Result<f64> {
    if below > 0.0 { Ok(above / below) } else { Err(Error::data(why)) }
}
