//! The words of streams: a detector watches one number after the other and says when they have changed.

use std::fmt::Debug;
use std::ops::RangeInclusive;

/// Watches a stream of numbers for a change, before it has seen any.
pub trait Detector: Debug + Send + Sync {
    /// A detector that has seen nothing.
    fn start(&self) -> Box<dyn Detecting>;
    /// What it can learn from; [`Watch`] skips everything else, and NaN in any case.
    fn range(&self) -> RangeInclusive<f64> {
        f64::MIN..=f64::MAX
    }
}

/// A detector at work. [`Watch`] keeps values out of its range away from it, and ends it with the first drift.
pub trait Detecting: Debug + Send {
    /// Learns from the next value, which is in the range of the detector, and says what it thinks of all so far.
    fn observe(&mut self, value: f64) -> Signal;
}

/// What a detector says of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Nothing is known to have changed.
    Quiet,
    /// There may have been a change; only some detectors warn.
    Warning,
    /// There has been a change.
    Drift,
    /// The value is NaN or out of the detector's range, and nothing was learned from it.
    Skipped,
}

/// A stream under watch.
///
/// A detector starts afresh with the value after the one that raised the drift. Values that are NaN, infinite or out of the
/// range of the detector are skipped and counted: they are neither zero nor a change.
#[derive(Debug)]
pub struct Watch<'a> {
    detector: &'a dyn Detector,
    at_work: Option<Box<dyn Detecting>>,
    skipped: u64,
}

impl<'a> Watch<'a> {
    /// A stream of which nothing has been seen.
    pub fn new(detector: &'a dyn Detector) -> Self {
        Self { detector, at_work: None, skipped: 0 }
    }

    /// Takes the next value.
    pub fn observe(&mut self, value: f64) -> Signal {
        if !(value.is_finite() && self.detector.range().contains(&value)) {
            self.skipped += 1;
            return Signal::Skipped;
        }
        let signal = self.at_work.get_or_insert_with(|| self.detector.start()).observe(value);
        if signal == Signal::Drift {
            self.at_work = None;
        }
        signal
    }

    /// How many values were skipped so far.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says drift at the third value it sees.
    #[derive(Debug, Clone, Copy)]
    struct Third(u32);

    impl Detector for Third {
        fn start(&self) -> Box<dyn Detecting> {
            Box::new(Self(0))
        }

        fn range(&self) -> RangeInclusive<f64> {
            0.0..=1.0
        }
    }

    impl Detecting for Third {
        fn observe(&mut self, _value: f64) -> Signal {
            self.0 += 1;
            if self.0 == 3 { Signal::Drift } else { Signal::Quiet }
        }
    }

    #[test]
    fn a_detector_starts_afresh_after_a_drift_and_never_sees_what_it_cannot_use() {
        use Signal::{Drift, Quiet, Skipped};
        let mut watch = Watch::new(&Third(0));
        let values = [0.0, f64::NAN, 1.0, f64::INFINITY, 0.5, 1.5, 0.0, 0.0, 0.0];
        let signals = values.map(|v| watch.observe(v));
        assert_eq!(signals, [Quiet, Skipped, Quiet, Skipped, Drift, Skipped, Quiet, Quiet, Drift]);
        assert_eq!(watch.skipped(), 3);
    }
}
