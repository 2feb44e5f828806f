//! Reconciliation: forecasts of parts (grid cells) and of their totals (countries) are made to add up.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::{Error, Field, Result, Unit};

/// A way to make forecasts of parts and of their totals add up.
pub trait Reconcile: Debug + Send + Sync {
    /// Both forecasts, coherent where that can be done, and where it cannot be, why.
    ///
    /// # Errors
    /// [`Error::Data`] when a forecast cannot be reconciled by this method at all.
    fn reconcile(&self, args: &ReconcileArgs<'_>) -> Result<Reconciled>;
}

/// What to reconcile.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ReconcileArgs<'a> {
    /// Forecast of the parts.
    pub parts: &'a Field,
    /// Forecast of the totals, of the same origin and step.
    pub totals: &'a Field,
    /// Which parts make which total.
    pub hierarchy: &'a Hierarchy,
}

impl<'a> ReconcileArgs<'a> {
    /// What to reconcile.
    ///
    /// # Errors
    /// [`Error::Data`] when the fields differ in origin or step, or the hierarchy is of other units.
    pub fn new(parts: &'a Field, totals: &'a Field, hierarchy: &'a Hierarchy) -> Result<Self> {
        if (parts.origin, parts.step) != (totals.origin, totals.step) {
            return Err(Error::data(format!(
                "the parts are forecast from period {}, step {}, the totals from {}, step {}",
                parts.origin, parts.step, totals.origin, totals.step
            )));
        }
        let (of, there) = (hierarchy.sizes(), (parts.units().len(), totals.units().len()));
        if of != there {
            return Err(Error::data(format!(
                "the hierarchy is of {} parts and {} totals, the forecasts of {} and {}",
                of.0, of.1, there.0, there.1
            )));
        }
        Ok(Self { parts, totals, hierarchy })
    }
}

/// Which parts make which total. A part belongs to one total, or to none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    parts: usize,
    children: Vec<Vec<usize>>,
    orphans: Vec<usize>,
}

impl Hierarchy {
    /// The hierarchy of `parts` and `totals`, where `parent` tells the total that a part belongs to.
    pub fn new(parts: &[Unit], totals: &[Unit], parent: impl Fn(Unit) -> Option<Unit>) -> Self {
        let row: BTreeMap<Unit, usize> = totals.iter().enumerate().map(|(row, &unit)| (unit, row)).collect();
        let mut children = vec![Vec::new(); totals.len()];
        let mut orphans = Vec::new();
        for (part, &unit) in parts.iter().enumerate() {
            match parent(unit).and_then(|total| row.get(&total)) {
                Some(&total) => children[total].push(part),
                None => orphans.push(part),
            }
        }
        Self { parts: parts.len(), children, orphans }
    }

    /// Rows of the parts of each total, ascending.
    pub fn children(&self) -> &[Vec<usize>] {
        &self.children
    }

    /// Rows of the parts that belong to no total.
    pub fn orphans(&self) -> &[usize] {
        &self.orphans
    }

    /// How many parts and totals.
    fn sizes(&self) -> (usize, usize) {
        (self.parts, self.children.len())
    }
}

/// What reconciliation gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconciled {
    /// The parts.
    pub parts: Field,
    /// The totals; draw `d` of a total is the sum of draws `d` of its parts.
    pub totals: Field,
    /// The totals whose parts do not add up to them, and why.
    pub exceptions: Vec<(Unit, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Period, Step, Units};

    fn field(step: u16, units: &[u32]) -> Field {
        let units: Units = units.iter().map(|&u| Unit(u)).collect();
        let values = vec![0.0; units.len()];
        Field::point(Period(9), Step(step), units, values).unwrap()
    }

    #[test]
    fn parts_belong_to_one_total_or_to_none() {
        let units = |ids: &[u32]| ids.iter().map(|&u| Unit(u)).collect::<Vec<_>>();
        let parent = |u: Unit| (u.0 != 30).then_some(Unit(u.0 / 10));
        let hierarchy = Hierarchy::new(&units(&[10, 11, 20, 30, 70]), &units(&[1, 2, 3]), parent);
        assert_eq!(hierarchy.children(), [vec![0, 1], vec![2], vec![]]);
        assert_eq!(hierarchy.orphans(), [3, 4], "one without a parent, one whose parent is not forecast");
    }

    #[test]
    fn only_what_belongs_together_is_reconciled() {
        let (parts, totals) = (field(2, &[10, 11]), field(2, &[1]));
        let hierarchy = Hierarchy::new(parts.units(), totals.units(), |_| Some(Unit(1)));
        assert!(ReconcileArgs::new(&parts, &totals, &hierarchy).is_ok());
        let wrong = |parts: &Field, totals: &Field| {
            ReconcileArgs::new(parts, totals, &hierarchy).unwrap_err().to_string()
        };
        let e = wrong(&field(3, &[10, 11]), &totals);
        assert!(e.contains("period 9, step 3, the totals from 9, step 2"), "{e}");
        let e = wrong(&parts, &field(2, &[1, 2]));
        assert!(e.contains("2 parts and 1 totals, the forecasts of 2 and 2"), "{e}");
    }
}
