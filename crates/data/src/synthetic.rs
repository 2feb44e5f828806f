//! A synthetic source whose truth is known: monthly fatalities on the real grid, and their exact predictive
//! distribution from any origin.
//!
//! For demonstrations without a download, and for tests that must know what the best possible forecast is. The
//! process ([`Process`]) is self-exciting, spreads to neighbouring cells, is zero nearly everywhere and heavy-tailed.
//! Each random number is addressed by seed, month and cell, so that neither threads nor order change a result.

mod law;
mod process;
mod state;

use forewarn_core::{Axis, Cadence, Field, History, Panel, Period, PredictArgs};
use forewarn_kernels::random::seed_for;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use law::Law;
pub use process::{Kernel, Process};

use crate::geography::{Region, region};
use crate::{Error, Result};
use process::Ground;
use state::{Active, Dice, State};

/// A seeded world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Synthetic {
    /// Where.
    pub region: Region,
    /// First month of the panel.
    pub first: Period,
    /// Last month of the panel.
    pub last: Period,
    /// Which of the possible worlds.
    pub seed: u64,
    /// Name of the column of fatalities.
    pub column: String,
    /// Months simulated before the first one, so that the panel does not begin in peace. What they left behind is
    /// part of the truth: it follows from the settings alone.
    pub warm_up: u16,
    /// How violence starts, lasts, spreads and escalates.
    pub process: Process,
}

impl Default for Synthetic {
    fn default() -> Self {
        Self {
            region: Region::AfricaMiddleEast,
            first: Period(109),
            last: Period(492),
            seed: 1,
            column: "ged_sb".to_owned(),
            warm_up: 240,
            process: Process::default(),
        }
    }
}

impl Synthetic {
    /// Fatalities of every cell in every month: whole numbers, none missing, without upper bound.
    ///
    /// # Errors
    /// [`Error::Config`] when a setting is out of bounds or the last month lies before the first.
    pub fn panel(&self) -> Result<Panel> {
        let ground = self.ground()?;
        let axis = Axis::between(Cadence::Month, self.first, self.last);
        let n = ground.units.len();
        let mut values = vec![0.0; axis.len * n];
        let mut state = self.opening(&ground);
        for (field, month) in values.chunks_exact_mut(n).zip(self.first.0..) {
            let active = state.draw(self.dice(month));
            for &(i, size) in &active {
                field[i] = size;
            }
            state.advance(&active);
        }
        let mut panel = Panel::new(axis, ground.units.clone())?;
        panel.push(&self.column, values)?;
        Ok(panel)
    }

    /// Draws from the true predictive distribution, given the history up to its origin.
    ///
    /// The `k`-th draws of all cells are one possible future, followed month by month: joint over cells, and, for the
    /// same seed, over steps.
    ///
    /// # Errors
    /// [`Error::Core`] when the history is of other cells, begins elsewhere, or holds what is no count.
    pub fn predictive(&self, args: &PredictArgs<'_>) -> Result<Field> {
        let ground = self.ground()?;
        let state = self.replay(&ground, args.history, args.target)?;
        let seed = seed_for(args.seed, "synthetic-futures");
        let origin = args.history.origin();
        let future = |draw: usize| {
            let mut state = state.clone();
            let dice = |step: u16| Dice::new(seed, [origin.0 as u64, draw as u64, u64::from(step)]);
            for step in 1..args.step.0 {
                let active = state.draw(dice(step));
                state.advance(&active);
            }
            state.draw(dice(args.step.0))
        };
        let futures: Vec<Active> = (0..args.draws).into_par_iter().map(future).collect();
        let mut values = vec![0.0; ground.units.len() * args.draws];
        for (draw, active) in futures.iter().enumerate() {
            for &(i, size) in active {
                values[i * args.draws + draw] = size;
            }
        }
        Ok(Field::draws(origin, args.step, ground.units.clone(), args.draws, values)?)
    }

    /// The true law of every cell in the month after the history: the predictive distribution of step 1 in closed form.
    ///
    /// # Errors
    /// As [`Synthetic::predictive`].
    pub fn laws(&self, history: History<'_>, column: &str) -> Result<Vec<Law>> {
        let ground = self.ground()?;
        let state = self.replay(&ground, history, column)?;
        Ok((0..ground.units.len()).map(|i| state.law(i)).collect())
    }

    /// The true probability of at least one fatality in the month after the history, for every cell.
    ///
    /// # Errors
    /// As [`Synthetic::predictive`].
    pub fn occurrence_probability(&self, history: History<'_>, column: &str) -> Result<Vec<f64>> {
        Ok(self.laws(history, column)?.iter().map(Law::occurrence).collect())
    }

    fn ground(&self) -> Result<Ground> {
        if self.last < self.first {
            let label = |p| Cadence::Month.label(p);
            let reason = format!("{} lies before `first`, {}", label(self.last), label(self.first));
            return Err(Error::Config { setting: "last".into(), reason });
        }
        self.process.check()?;
        Ground::new(region(self.region), &self.process, seed_for(self.seed, "ground"))
    }

    fn dice(&self, month: i32) -> Dice {
        Dice::new(seed_for(self.seed, "world"), [month as u64, 0, 0])
    }

    /// The state before the first month of the panel.
    fn opening<'a>(&'a self, ground: &'a Ground) -> State<'a> {
        let mut state = State::new(ground, &self.process);
        for month in self.first.0 - i32::from(self.warm_up)..self.first.0 {
            let active = state.draw(self.dice(month));
            state.advance(&active);
        }
        state
    }

    /// The state after the history.
    fn replay<'a>(&'a self, ground: &'a Ground, history: History<'_>, column: &str) -> Result<State<'a>> {
        if *history.units() != ground.units {
            return Err(no_history(&format!(
                "{} units that are not the {} cells of {}",
                history.units().len(),
                ground.units.len(),
                self.region
            )));
        }
        let axis = history.axis();
        if axis.cadence != Cadence::Month || axis.first != self.first {
            let (found, expected) = (axis.cadence.label(axis.first), Cadence::Month.label(self.first));
            return Err(no_history(&format!(
                "a history from {found} on, and the process starts in {expected}"
            )));
        }
        let mut state = self.opening(ground);
        for (t, field) in history.column(column)?.chunks_exact(ground.units.len()).enumerate() {
            if let Some(i) = field.iter().position(|v| !(*v >= 0.0 && v.fract() == 0.0)) {
                let (unit, month) = (ground.units[i], axis.cadence.label(axis.period(t)));
                return Err(no_history(&format!("{} in unit {unit}, {month}: no count", field[i])));
            }
            state.advance(&observed(field));
        }
        Ok(state)
    }
}

fn observed(field: &[f32]) -> Active {
    field.iter().enumerate().filter(|(_, v)| **v > 0.0).map(|(i, v)| (i, *v)).collect()
}

fn no_history(found: &str) -> Error {
    forewarn_core::Error::data(format!(
        "{found}; the truth is known for histories of this synthetic source only"
    ))
    .into()
}

#[cfg(test)]
mod tests;
