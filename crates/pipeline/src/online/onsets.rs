//! How early an onset was seen: the risk that was forecast for it, origin by origin, and for all that stayed quiet.
//!
//! An onset is an event in a unit that had none in the year before the month. The risk of a forecast is the share of its
//! draws that are an event; of a point forecast it is 0 or 1. To see each onset is easy for who warns everywhere: so the
//! warnings are counted too.

use forewarn_core::{Field, Panel, Period, Unit};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::context::Context;
use crate::scores::{Past, State};

/// Bins of risk: 0, 1 %, ... 100 %.
const BINS: usize = 101;

/// What one forecast said of the units that were quiet for a year.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Chance {
    /// Risk of each onset, in the order of units.
    pub(crate) onsets: Vec<(Unit, f32)>,
    /// Bins of risk, in per cent rounded down, with units: quiet for a year before, whatever happened then. Empty bins are
    /// left out.
    pub(crate) quiet: Vec<(u8, u32)>,
}

impl Chance {
    /// Units with a risk of at least `percent`.
    pub(crate) fn warned(&self, percent: u8) -> u64 {
        self.quiet.iter().filter(|(bin, _)| *bin >= percent).map(|(_, units)| u64::from(*units)).sum()
    }
}

/// The rows that were quiet for a year before a month.
pub(crate) struct Onsets {
    event: f32,
    /// By unit: `Some(true)` for an onset, `Some(false)` where it stayed quiet, `None` where there was no quiet.
    states: Vec<Option<bool>>,
}

impl Onsets {
    /// Those of a month; none where the year before is not known.
    ///
    /// # Errors
    /// A month that is not on the axis.
    pub(crate) fn of(ctx: &Context<'_>, truth: &Panel, month: Period) -> Result<Self> {
        let config = &ctx.run.config;
        let (event, year) = (config.evaluation.event, ctx.cadence().season());
        let observed = truth.field(&config.target.column, month)?;
        if month == truth.axis().first {
            return Ok(Self { event: event as f32, states: vec![None; observed.len()] });
        }
        let recent = truth.until(Period(month.0 - 1))?.recent(&config.target.column, year)?;
        let past = Past::new(recent, observed.len(), year, event);
        let state = |(unit, y): (usize, &f32)| match past.state(unit, *y) {
            _ if y.is_nan() => None,
            State::Onset => Some(true),
            State::Quiet => Some(false),
            State::Escalation | State::Active | State::Unknown => None,
        };
        Ok(Self { event: event as f32, states: observed.iter().enumerate().map(state).collect() })
    }

    /// What a field says of them; of rows that it has.
    pub(crate) fn chance(&self, field: &Field) -> Chance {
        let mut bins = [0_u32; BINS];
        let mut onsets = Vec::new();
        for ((unit, state), row) in field.units().iter().zip(&self.states).zip(field.rows()) {
            let Some(is_onset) = state.filter(|_| !row[0].is_nan()) else { continue };
            let hits = row.iter().filter(|v| **v >= self.event).count();
            bins[hits * (BINS - 1) / row.len()] += 1;
            if is_onset {
                onsets.push((*unit, hits as f32 / row.len() as f32));
            }
        }
        let quiet = bins.iter().enumerate().filter(|(_, units)| **units > 0);
        Chance { onsets, quiet: quiet.map(|(bin, units)| (bin as u8, *units)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Step, Units};

    use super::*;

    fn units() -> Units {
        [1, 2, 3, 4].map(Unit).into_iter().collect()
    }

    #[test]
    fn the_risk_is_the_share_of_draws_that_are_an_event() {
        let onsets = Onsets { event: 1.0, states: vec![Some(true), Some(false), None, Some(false)] };
        let nan = f32::NAN;
        let draws = vec![0.0, 1.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.9, 7.0, 7.0, 7.0, 7.0, nan, nan, nan, nan];
        let field = Field::draws(Period(9), Step(1), units(), 4, draws).unwrap();
        let chance = onsets.chance(&field);
        assert_eq!(chance.onsets, [(Unit(1), 0.5)]);
        assert_eq!(
            chance.quiet,
            [(0, 1), (50, 1)],
            "what was no quiet row is not counted, nor what has no forecast"
        );
        assert_eq!([0, 1, 50, 51].map(|percent| chance.warned(percent)), [2, 1, 1, 0]);
    }

    #[test]
    fn a_point_forecast_is_sure() {
        let onsets = Onsets { event: 5.0, states: vec![Some(true), Some(true), Some(false), None] };
        let field = Field::point(Period(9), Step(1), units(), vec![5.0, 4.9, 6.0, 9.0]).unwrap();
        let chance = onsets.chance(&field);
        assert_eq!(chance.onsets, [(Unit(1), 1.0), (Unit(2), 0.0)]);
        assert_eq!(chance.quiet, [(0, 1), (100, 2)]);
    }
}
