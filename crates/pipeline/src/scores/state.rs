//! The state of conflict of a row: what happened in the year up to the origin, and at the target.

/// The state of conflict of a row.
///
/// It is known only afterwards. A score over the rows in which something then happened is not proper, and rewards
/// whoever always forecasts it (Lerch et al. 2017, doi:10.1214/16-STS588): it is for diagnosis, never to choose by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum State {
    /// No event in the year up to the origin, and one at the target.
    Onset = 1,
    /// An event before, and at the target one that is above the mean of that year.
    Escalation = 2,
    /// An event before, otherwise.
    Active = 3,
    /// No event before nor at the target.
    Quiet = 4,
    /// The year before is not known and shows no event.
    Unknown = 5,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Onset, Self::Escalation, Self::Active, Self::Quiet, Self::Unknown];

    /// As written in results.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Onset => "onset",
            Self::Escalation => "escalation",
            Self::Active => "active",
            Self::Quiet => "quiet",
            Self::Unknown => "unknown",
        }
    }
}

/// The year before an origin, of every unit.
#[derive(Debug)]
pub(crate) struct Past {
    /// Smallest value that is an event.
    event: f64,
    /// Whether there was an event; `None` where that is not known.
    events: Vec<Option<bool>>,
    /// Mean of the values that are known.
    means: Vec<f64>,
}

impl Past {
    /// Of `recent` values, periods x units; `periods` of them make a year.
    pub(crate) fn new(recent: &[f32], units: usize, periods: usize, event: f64) -> Self {
        let known = |unit: usize| {
            recent.iter().skip(unit).step_by(units.max(1)).filter(|v| !v.is_nan()).map(|&v| f64::from(v))
        };
        let happened = |unit: usize| {
            let any = known(unit).any(|v| v >= event);
            (any || known(unit).count() == periods).then_some(any)
        };
        let mean = |unit: usize| known(unit).sum::<f64>() / known(unit).count() as f64;
        Self { event, events: (0..units).map(happened).collect(), means: (0..units).map(mean).collect() }
    }

    /// The state of a unit in a target period with this truth, which is known.
    pub(crate) fn state(&self, unit: usize, truth: f32) -> State {
        let truth = f64::from(truth);
        match (self.events[unit], truth >= self.event) {
            (None, _) => State::Unknown,
            (Some(false), true) => State::Onset,
            (Some(false), false) => State::Quiet,
            (Some(true), true) if truth > self.means[unit] => State::Escalation,
            (Some(true), _) => State::Active,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The states of two units, whose years are `[first of both, second of both, ...]`.
    fn states(recent: &[f32], event: f64, truth: [f32; 2]) -> [State; 2] {
        let past = Past::new(recent, 2, 3, event);
        [past.state(0, truth[0]), past.state(1, truth[1])]
    }

    #[test]
    fn before_and_at_the_target() {
        use State::{Active, Escalation, Onset, Quiet};
        // Unit 0 is calm; unit 1 had 6 in three months, 2 a month.
        let recent = [0.0, 0.0, 0.0, 6.0, 0.0, 0.0];
        assert_eq!(states(&recent, 1.0, [1.0, 3.0]), [Onset, Escalation]);
        assert_eq!(states(&recent, 1.0, [0.0, 2.0]), [Quiet, Active], "as much as the mean is no escalation");
        assert_eq!(states(&recent, 1.0, [0.9, 0.0]), [Quiet, Active]);
        assert_eq!(states(&recent, 5.0, [4.0, 4.0]), [Quiet, Active], "above the mean, but no event");
        assert_eq!(states(&recent, 7.0, [7.0, 6.0]), [Onset, Quiet]);
    }

    #[test]
    fn what_is_not_known_is_not_quiet() {
        let gap = [f32::NAN, f32::NAN, 0.0, 4.0, 0.0, 0.0];
        assert_eq!(states(&gap, 1.0, [5.0, 3.0]), [State::Unknown, State::Escalation]);
        assert_eq!(
            states(&gap, 1.0, [0.0, 2.0]),
            [State::Unknown, State::Active],
            "the mean of what is known is 2"
        );
        assert_eq!(
            states(&[0.0, 1.0], 1.0, [0.0, 1.0]),
            [State::Unknown, State::Active],
            "a history of one month"
        );
    }
}
