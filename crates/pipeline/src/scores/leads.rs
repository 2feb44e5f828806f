//! Ranges of steps that are scored together.

use forewarn_core::Step;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The steps from `.0` to `.1`, both included; `[1, 12]` in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leads(pub Step, pub Step);

impl Leads {
    /// Whether there are such steps among `1..=steps`.
    ///
    /// # Errors
    /// [`Error::Config`] that names the range.
    pub(crate) fn check(self, steps: Step) -> Result<()> {
        let Self(first, last) = self;
        if Step(1) <= first && first <= last && last <= steps {
            return Ok(());
        }
        let reason = format!("[{first}, {last}]: a range of steps ascends within 1 to {steps}");
        Err(Error::config("evaluation.leads", reason))
    }

    /// Ranges that say how scores change with lead time: the next step, and ever wider ones up to `steps`.
    pub(crate) fn usual(steps: Step) -> Vec<Self> {
        let all = [(1, 1), (2, 3), (4, 6), (7, 12), (13, 24), (25, 36), (37, u16::MAX)];
        let clipped = all.map(|(first, last)| Self(Step(first), Step(last.min(steps.0))));
        clipped.into_iter().filter(|range| range.0 <= range.1).collect()
    }

    /// Whether it holds `step`.
    pub(crate) fn holds(self, step: Step) -> bool {
        self.0 <= step && step <= self.1
    }

    /// As one number.
    pub(super) fn key(self) -> i32 {
        (i32::from(self.0.0) << 16) | i32::from(self.1.0)
    }

    /// What `key` stands for.
    pub(crate) fn of(key: i32) -> Self {
        Self(Step((key >> 16) as u16), Step((key & 0xFFFF) as u16))
    }

    /// What `key` stands for, in words.
    pub(super) fn label(key: i32) -> String {
        let Self(first, last) = Self::of(key);
        format!("steps {first} to {last}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked_and_named() {
        let said = |a, b| Leads(Step(a), Step(b)).check(Step(36)).map_err(|e| e.to_string());
        assert!(said(1, 12).is_ok() && said(36, 36).is_ok());
        for (a, b) in [(0, 3), (5, 4), (30, 37)] {
            assert!(said(a, b).unwrap_err().contains(&format!("[{a}, {b}]")), "{a} {b}");
        }
        let usual =
            |steps| Leads::usual(Step(steps)).iter().map(|range| (range.0.0, range.1.0)).collect::<Vec<_>>();
        assert_eq!(usual(8), [(1, 1), (2, 3), (4, 6), (7, 8)]);
        assert_eq!(usual(36).last(), Some(&(25, 36)));
        let leads = Leads(Step(13), Step(36));
        assert_eq!((Leads::of(leads.key()), Leads::label(leads.key()).as_str()), (leads, "steps 13 to 36"));
        assert_eq!([12, 13, 36, 37].map(|s| leads.holds(Step(s))), [false, true, true, false]);
    }
}
