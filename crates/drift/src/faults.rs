//! Faults that are planted to see whether a gate finds them.

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;

/// What can go wrong with the newest period of a column, or with the edition that brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The newest period is zero everywhere.
    AllZero,
    /// One unit in ten is zero in all periods: a join that lost units.
    UnitsZero,
    /// The units of one group have no value in the newest period.
    GroupMissing,
    /// The newest values are ten times too great.
    TimesTen,
    /// The newest values are a tenth of what they should be.
    Tenth,
    /// Every value stands one period too late.
    Shifted,
    /// The newest period is a copy of the one a year before it.
    Duplicated,
    /// One value in a hundred of the newest period is missing.
    SomeMissing,
    /// The newest period is a copy of the one before it.
    Stale,
    /// The values of the newest period belong to other units.
    Permuted,
    /// All units have the same value in the newest period.
    Constant,
    /// One unit has an absurd value in the newest period: 273,076, which a forecast once had, or ten times the record
    /// where that is more.
    Absurd,
    /// One unit in ten is zero in the newest period alone.
    UnitsSilent,
    /// The units of one group are zero in the newest period.
    GroupSilent,
}

impl Fault {
    /// Those that a gate finds at whatever sparsity. That a tenth of the units or one group is silent for one period
    /// ([`Fault::UnitsSilent`], [`Fault::GroupSilent`]) is not among them: where nearly all units are zero anyway, it may
    /// be the truth.
    pub const ALL: [Self; 12] = [
        Self::AllZero,
        Self::UnitsZero,
        Self::GroupMissing,
        Self::TimesTen,
        Self::Tenth,
        Self::Shifted,
        Self::Duplicated,
        Self::SomeMissing,
        Self::Stale,
        Self::Permuted,
        Self::Constant,
        Self::Absurd,
    ];

    /// A copy of what came in with this fault in one column.
    ///
    /// # Errors
    /// [`Error::Data`] when the panel lacks the column or has fewer than 13 periods, [`Error::Config`] when there is no
    /// group to lose.
    pub fn plant(self, args: &InputArgs<'_>, column: &str, seed: u64) -> Result<Panel> {
        let panel = args.panel;
        if panel.axis().len < 13 {
            return Err(Error::data("a fault needs a panel of at least 13 periods"));
        }
        let mut values = panel.column(column)?.values().to_vec();
        let draw = Stream::new(seed, &[self as u64]);
        match self {
            Self::UnitsZero => units_zero(&mut values, panel.units().len(), draw),
            Self::Shifted => values.copy_within(
                ..panel.column(column)?.values().len() - panel.units().len(),
                panel.units().len(),
            ),
            _ => self.newest(&mut values, args, draw)?,
        }
        let mut faulty = Panel::new(panel.axis(), panel.units().clone())?;
        for c in panel.columns() {
            faulty.push(
                &c.name,
                if c.name == column { std::mem::take(&mut values) } else { c.values().to_vec() },
            )?;
        }
        Ok(faulty)
    }

    /// Faults of the newest period alone.
    fn newest(self, values: &mut [f32], args: &InputArgs<'_>, draw: Stream) -> Result<()> {
        let units = args.panel.units().len();
        let (before, newest) = values.split_at_mut(values.len() - units);
        match self {
            Self::AllZero => newest.fill(0.0),
            Self::TimesTen => newest.iter_mut().for_each(|v| *v *= 10.0),
            Self::Tenth => newest.iter_mut().for_each(|v| *v /= 10.0),
            Self::Stale => newest.copy_from_slice(&before[before.len() - units..]),
            Self::Duplicated => newest.copy_from_slice(&before[before.len() - 12 * units..][..units]),
            Self::Constant => newest.fill(7.0),
            Self::Absurd => {
                let record = before.iter().copied().fold(0.0, f32::max);
                newest[draw.below(0, units as u32) as usize] = (10.0 * record).max(273_076.0);
            }
            Self::Permuted => permute(newest, draw),
            Self::SomeMissing => some(newest, draw, 100, f32::NAN),
            Self::UnitsSilent => some(newest, draw, 10, 0.0),
            Self::GroupMissing | Self::GroupSilent => {
                let group =
                    (args.groups.len() as u32).checked_sub(1).map(|last| draw.below(0, last + 1) as usize);
                let group = group.and_then(|i| args.groups.get(i));
                let value = if self == Self::GroupMissing { f32::NAN } else { 0.0 };
                let none = || Error::config("a fault of a group", "there are no groups of units");
                group.ok_or_else(none)?.rows.iter().for_each(|row| newest[*row] = value);
            }
            Self::UnitsZero | Self::Shifted => {}
        }
        Ok(())
    }
}

/// One unit in ten is zero throughout.
fn units_zero(values: &mut [f32], units: usize, draw: Stream) {
    for row in values.chunks_exact_mut(units) {
        some(row, draw, 10, 0.0);
    }
}

/// One value in so many becomes another: the same units for the same draws.
fn some(values: &mut [f32], draw: Stream, one_in: u32, value: f32) {
    for (i, v) in values.iter_mut().enumerate() {
        if draw.below(i as u64, one_in) == 0 {
            *v = value;
        }
    }
}

/// Fisher and Yates.
fn permute(values: &mut [f32], draw: Stream) {
    for i in (1..values.len()).rev() {
        values.swap(i, draw.below(i as u64, i as u32 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_changes_what_it_says() {
        let axis = Axis { cadence: Cadence::Month, first: Period(100), len: 14 };
        let units: Units = (1..=200).map(Unit).collect();
        let mut panel = Panel::new(axis, units).unwrap();
        let values: Vec<f32> = (0..14 * 200_u32).map(|i| (i * 7 % 31) as f32 + 1.0).collect();
        panel.push("a", values.clone()).unwrap();
        panel.push("b", values).unwrap();
        let (columns, groups) = (["a".to_owned()], [Group { name: "g".to_owned(), rows: vec![3, 5] }]);
        let args = InputArgs::new(&panel, &columns).unwrap().with_groups(&groups);
        for fault in Fault::ALL.into_iter().chain([Fault::UnitsSilent, Fault::GroupSilent]) {
            let faulty = fault.plant(&args, "a", 1).unwrap();
            assert_eq!(faulty.column("b").unwrap(), panel.column("b").unwrap(), "{fault:?}");
            assert_ne!(
                faulty.field("a", Period(113)).unwrap(),
                panel.field("a", Period(113)).unwrap(),
                "{fault:?}"
            );
            let history = faulty.field("a", Period(112)).unwrap() == panel.field("a", Period(112)).unwrap();
            assert_eq!(history, !matches!(fault, Fault::UnitsZero | Fault::Shifted), "{fault:?}");
        }
        let missing = Fault::GroupMissing.plant(&args, "a", 1).unwrap();
        let places: Vec<usize> = missing
            .field("a", Period(113))
            .unwrap()
            .iter()
            .enumerate()
            .filter(|(_, v)| v.is_nan())
            .map(|(i, _)| i)
            .collect();
        assert_eq!(places, [3, 5]);
        let error =
            Fault::GroupMissing.plant(&InputArgs::new(&panel, &columns).unwrap(), "a", 1).unwrap_err();
        assert!(error.to_string().contains("no groups"), "{error}");
    }
}
