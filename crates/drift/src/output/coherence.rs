//! Whether forecasts of different levels agree.

use forewarn_core::prelude::*;

use super::leads::{Leads, Range};
use crate::limit;
use crate::words::number;

forewarn_core::entry!(OutputCheck: Coherence as "coherence", check);

/// Whether the units of each group add up to what was forecast for the group itself.
///
/// The sum over steps and the group's units of the means, against the sum over steps of the forecast at the group's own
/// level. The effect is **the relative difference**, `|units - group| / max(group, least)`, of the group where it is
/// greatest; one reading a range of steps, a fact. A group of which a unit has no forecast, or that has none of its own,
/// cannot be told: it is named, and the reading is unknown unless another group is off by as much as matters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Coherence {
    /// Ranges of steps, one reading each.
    pub leads: Leads,
    /// Relative difference that matters.
    #[schemars(range(min = 0.0))]
    pub limit: f64,
    /// Sum, in the unit of the target, below which differences are taken relative to it.
    #[schemars(range(min = 0.0))]
    pub least: f64,
}

impl Default for Coherence {
    fn default() -> Self {
        Self { leads: Leads::default(), limit: 0.05, least: 1.0 }
    }
}

/// A group's two sums.
struct Sums<'a> {
    group: &'a Group,
    units: f64,
    own: f64,
    effect: f64,
}

impl Coherence {
    fn check(self) -> Result<Self> {
        self.leads.check("coherence")?;
        limit::positive("coherence", &[("limit", self.limit), ("least", self.least)])?;
        Ok(self)
    }

    fn sums<'a>(&self, args: &OutputArgs<'a>, range: &Range, sums: &[Vec<f64>]) -> Vec<Sums<'a>> {
        let steps = args.outlook.steps.iter().zip(sums).filter(|(field, _)| range.steps().contains(&field.step));
        let sum = |(g, group): (usize, &'a Group)| {
            let means = |field: &FieldSummary| group.rows.iter().map(|&row| f64::from(field.means[row])).sum::<f64>();
            let units: f64 = steps.clone().map(|(field, _)| means(field)).sum();
            let own: f64 = steps.clone().map(|(_, sums)| sums[g]).sum();
            Sums { group, units, own, effect: (units - own).abs() / own.max(self.least) }
        };
        args.groups.iter().enumerate().map(sum).collect()
    }

    fn reading(&self, args: &OutputArgs<'_>, range: &Range, sums: &[Vec<f64>]) -> Reading {
        let mut groups = self.sums(args, range, sums);
        let all = groups.len();
        let untold: Vec<&str> =
            groups.iter().filter(|g| g.effect.is_nan()).map(|g| g.group.name.as_str()).collect();
        let untold = untold.join(", ");
        groups.retain(|g| !g.effect.is_nan());
        groups.sort_by(|a, b| b.effect.total_cmp(&a.effect));
        let worst = groups.first().filter(|g| untold.is_empty() || g.effect >= self.limit);
        let Some(worst) = worst else {
            let why = format!("a forecast is missing for {untold}, or for one of its units");
            return Reading::unknown(range.label(), why);
        };
        let off = groups.iter().filter(|g| g.effect >= self.limit);
        let message = format!(
            "the units of {} add up to {} over {}, and {} is forecast for it: a relative difference of {}; {} of {all} \
             groups differ by {} or more",
            worst.group.name,
            number(worst.units),
            range.label(),
            number(worst.own),
            number(worst.effect),
            off.clone().count(),
            number(self.limit)
        );
        let units = args.outlook.step(range.steps()[0]).map(|field| &field.units);
        let places = off.flat_map(|g| &g.group.rows).filter_map(|&row| units?.get(row)).copied();
        Reading::fact(range.label(), worst.effect, self.limit, message).at(places)
    }
}

/// Refuses sums and groups that do not fit the forecast.
fn fits(args: &OutputArgs<'_>, sums: &[Vec<f64>]) -> Result<()> {
    let (steps, groups) = (args.outlook.steps.len(), args.groups.len());
    if sums.len() != steps || sums.iter().any(|sums| sums.len() != groups) {
        return Err(Error::data(format!(
            "sums of {} steps are given for {steps}; each needs as many as there are groups, {groups}",
            sums.len()
        )));
    }
    let units = args.outlook.steps.iter().map(|field| field.units.len()).min().unwrap_or(0);
    match args.groups.iter().find(|group| group.rows.iter().any(|&row| row >= units)) {
        None => Ok(()),
        Some(group) => {
            Err(Error::data(format!("`{}` has a unit beyond the {units} of the forecast", group.name)))
        }
    }
}

impl OutputCheck for Coherence {
    fn read(&self, args: &OutputArgs<'_>) -> Result<Vec<Reading>> {
        let ranges = self.leads.ranges(args.outlook);
        let sums = match args.sums {
            // Who forecasts one level only has nothing that could disagree.
            None => return Ok(Vec::new()),
            Some(Err(why)) => return Ok(ranges.iter().map(|r| Reading::unknown(r.label(), why)).collect()),
            Some(Ok(sums)) => sums,
        };
        if args.groups.is_empty() {
            let why = "no group has a forecast of its own and one of all its units";
            return Ok(ranges.iter().map(|range| Reading::unknown(range.label(), why)).collect());
        }
        fits(args, sums)?;
        Ok(ranges.iter().map(|range| self.reading(args, range, sums)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::cases::outlook;

    fn groups() -> [Group; 2] {
        [("Mali", vec![0, 1]), ("Niger", vec![2])].map(|(name, rows)| Group { name: name.to_owned(), rows })
    }

    fn read(means: &[[f32; 3]], sums: &[Vec<f64>]) -> Result<Vec<Reading>> {
        let now = outlook(500, &[2, 3], means);
        Coherence::default().read(&OutputArgs::new(&now, &[]).with_groups(&groups(), sums))
    }

    #[test]
    fn worked_by_hand() {
        let means = [[1.0, 2.0, 4.0], [1.0, 1.0, 4.0]];
        let agree = read(&means, &[vec![3.0, 4.0], vec![2.0, 4.0]]).unwrap();
        assert_eq!((agree.len(), agree[0].effect, agree[0].matters()), (1, Some(0.0), false));
        let off = read(&means, &[vec![3.0, 8.0], vec![2.0, 8.0]]).unwrap();
        assert_eq!((off[0].effect, &off[0].units[..], off[0].p_value), (Some(0.5), &[Unit(3)][..], None));
        assert!(off[0].message.starts_with("the units of Niger add up to 8 over steps 2-3, and 16 is forecast"));
        assert!(off[0].message.ends_with("1 of 2 groups differ by 0.05 or more"), "{}", off[0].message);
        // A hundredth of a death against a thousandth is no difference that matters.
        let tiny = read(&[[0.01, 0.0, 0.0], [0.0; 3]], &[vec![0.001, 0.0], vec![0.0; 2]]).unwrap();
        assert!(tiny[0].effect.is_some_and(|e| e < 0.01));
    }

    #[test]
    fn what_is_missing_does_not_agree() {
        let missing = [[f32::NAN, 2.0, 4.0], [1.0, 1.0, 4.0]];
        let reading = &read(&missing, &[vec![3.0, 4.0], vec![2.0, 4.0]]).unwrap()[0];
        assert!(reading.effect.is_none() && reading.message.contains("missing for Mali"), "{reading:?}");
        let reading = &read(&missing, &[vec![3.0, 9.0], vec![2.0, 9.0]]).unwrap()[0];
        assert!(reading.matters(), "the other group is off: {reading:?}");
        let now = outlook(500, &[2], &[[1.0, 2.0, 3.0]]);
        let none = Coherence::default().read(&OutputArgs::new(&now, &[])).unwrap();
        assert!(none.is_empty(), "nothing could disagree: {none:?}");
        let why = OutputArgs::new(&now, &[]).without_groups("the countries are not filed");
        let asked = Coherence::default().read(&why).unwrap();
        assert_eq!((asked.len(), asked[0].effect), (1, None));
        assert_eq!((asked[0].subject.as_str(), asked[0].message.as_str()), ("step 2", "the countries are not filed"));
        let nobody = Coherence::default().read(&OutputArgs::new(&now, &[]).with_groups(&[], &[vec![]])).unwrap();
        assert!(nobody.len() == 1 && nobody[0].effect.is_none(), "{nobody:?}");
        assert!(read(&missing, &[vec![3.0, 4.0]]).unwrap_err().to_string().contains("sums of 1 steps are given for 2"));
        assert!((ENTRY.build)(&serde_json::json!({"least": 0.0})).is_err());
    }
}
