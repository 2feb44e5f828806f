//! How early onsets were seen, and at what price in warnings.

use forewarn_core::{Period, Step, Unit};
use forewarn_data::geography;
use serde::{Deserialize, Serialize};

use super::sheet::{Sheet, SheetStep};
use crate::scores::Leads;

/// How often a forecaster warned of onsets that came, and of ones that did not. All counts are of rows: a unit, a month and
/// an origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warned {
    /// Model or ensemble.
    pub model: String,
    /// Steps ahead.
    pub leads: Leads,
    /// Risk in per cent from which a forecast is a warning.
    pub risk: u8,
    /// Onsets in rows that were forecast.
    pub onsets: u64,
    /// Those that were warned of.
    pub hits: u64,
    /// Warnings where there had been no event for a year, hits included.
    pub warnings: u64,
    /// Rows without an event in the year before.
    pub rows: u64,
}

impl Warned {
    /// Share of the onsets that were warned of, 0 to 1 (hit rate, probability of detection).
    pub fn hit_rate(&self) -> Option<f64> {
        (self.onsets > 0).then(|| self.hits as f64 / self.onsets as f64)
    }

    /// Share of the warnings that came true, 0 to 1 (success ratio, one less the false alarm ratio).
    pub fn success_ratio(&self) -> Option<f64> {
        (self.warnings > 0).then(|| self.hits as f64 / self.warnings as f64)
    }
}

/// An onset, and since when a forecaster warned of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Onset {
    /// Where.
    pub unit: Unit,
    /// Country, where the unit has one.
    pub country: Option<String>,
    /// Model or ensemble.
    pub model: String,
    /// The earliest origin whose risk was a warning; `None` when none was.
    pub since: Option<Period>,
    /// The origin from which on every one warned; `None` when the last did not.
    pub steadily: Option<Period>,
    /// How many months before the onset the first warning was.
    pub lead: Option<Step>,
    /// Highest risk of any origin, 0 to 1.
    pub highest: f32,
    /// Risk of the last origin, 0 to 1.
    pub last: f32,
    /// Origins that forecast it.
    pub origins: usize,
}

/// The warnings of a forecaster by ranges of steps; of ranges that it has.
pub(super) fn warned(sheets: &[Sheet], leads: &[Leads], risk: u8) -> Vec<Warned> {
    let Some(first) = sheets.first() else { return Vec::new() };
    let of = |range: &Leads| {
        let steps = || sheets.iter().flat_map(|sheet| &sheet.steps).filter(|of| range.holds(of.step));
        let onsets = || steps().flat_map(|step| &step.chance.onsets);
        Warned {
            model: first.name.clone(),
            leads: *range,
            risk,
            onsets: onsets().count() as u64,
            hits: onsets().filter(|(_, p)| is_warning(*p, risk)).count() as u64,
            warnings: steps().map(|step| step.chance.warned(risk)).sum(),
            rows: steps().map(|step| step.chance.warned(0)).sum(),
        }
    };
    leads.iter().map(of).filter(|warned| warned.rows > 0).collect()
}

/// Each onset of a month; units are of a level of analysis.
pub(super) fn onsets(sheet: &Sheet, level: &str, risk: u8) -> Vec<Onset> {
    let mut units: Vec<Unit> = sheet.steps.iter().flat_map(|s| &s.chance.onsets).map(|(u, _)| *u).collect();
    units.sort_unstable();
    units.dedup();
    units.into_iter().map(|unit| onset(sheet, (unit, level), risk)).collect()
}

fn onset(sheet: &Sheet, (unit, level): (Unit, &str), risk: u8) -> Onset {
    // The newest origin first, as the steps are.
    let of = |step: &SheetStep| {
        let found = step.chance.onsets.iter().find(|(u, _)| *u == unit);
        found.map(|(_, p)| (step.step, *p))
    };
    let risks: Vec<(Step, f32)> = sheet.steps.iter().filter_map(of).collect();
    let origin = |step: &Step| Period(sheet.month.0 - i32::from(step.0));
    let lead = risks.iter().filter(|(_, p)| is_warning(*p, risk)).map(|(step, _)| *step).max();
    let steadily =
        risks.iter().take_while(|(_, p)| is_warning(*p, risk)).map(|(step, _)| origin(step)).last();
    Onset {
        unit,
        country: geography::country_at(level, unit).map(|c| c.name.to_owned()),
        model: sheet.name.clone(),
        since: lead.as_ref().map(origin),
        steadily,
        lead,
        highest: risks.iter().map(|(_, p)| *p).fold(0.0, f32::max),
        last: risks.first().map_or(0.0, |(_, p)| *p),
        origins: risks.len(),
    }
}

/// Whether a risk, 0 to 1, is at least `percent`, as bins of whole per cent say it.
fn is_warning(risk: f32, percent: u8) -> bool {
    (f64::from(risk) * 100.0 + 1e-4).floor() >= f64::from(percent)
}

#[cfg(test)]
mod tests {
    use super::super::onsets::Chance;
    use super::*;

    /// A month whose forecasts, one step ahead first, gave unit 7 these risks; two more units were quiet, with a risk of 3 %.
    fn sheet(risks: &[f32]) -> Sheet {
        let step = |(step, risk): (u16, &f32)| SheetStep {
            step: Step(step),
            forecast: String::new(),
            rows: 3,
            units: String::new(),
            parts: Vec::new(),
            chance: Chance { onsets: vec![(Unit(7), *risk)], quiet: vec![(3, 2), ((risk * 100.0) as u8, 1)] },
        };
        Sheet {
            name: "long_memory".to_owned(),
            month: Period(480),
            steps: (1..).zip(risks).map(step).collect(),
            groups: Vec::new(),
            failures: Vec::new(),
        }
    }

    #[test]
    fn the_first_warning_and_the_steady_one_are_told_apart() {
        let of = |risks: &[f32]| onsets(&sheet(risks), "cm", 10).remove(0);
        let onset = of(&[0.5, 0.2, 0.05, 0.12]);
        assert_eq!((onset.since, onset.lead), (Some(Period(476)), Some(Step(4))));
        assert_eq!(onset.steadily, Some(Period(478)), "three months before there was no warning");
        assert_eq!((onset.highest, onset.last, onset.origins), (0.5, 0.5, 4));
        let late = of(&[0.05, 0.2]);
        assert_eq!((late.since, late.steadily), (Some(Period(478)), None), "the last one did not warn");
        let missed = of(&[0.05, 0.09]);
        assert_eq!((missed.since, missed.lead, missed.steadily), (None, None, None));
        let named = geography::countries().iter().find(|c| c.id == 7).map(|c| c.name.to_owned());
        assert!(
            onset.country.is_some() && onset.country == named,
            "unit 7 is a country, not a cell: {onset:?}"
        );
        assert_eq!(of(&[0.1]).lead, Some(Step(1)), "a risk of ten per cent is one of at least ten");
    }

    #[test]
    fn warnings_are_counted_with_those_in_vain() {
        let leads = [Leads(Step(1), Step(2)), Leads(Step(3), Step(3)), Leads(Step(9), Step(9))];
        let sheets = [sheet(&[0.5, 0.2, 0.05])];
        let all = warned(&sheets, &leads, 10);
        assert_eq!(all.len(), 2, "nothing was forecast nine months ahead");
        assert_eq!((all[0].onsets, all[0].hits, all[0].warnings, all[0].rows), (2, 2, 2, 6));
        assert_eq!((all[0].hit_rate(), all[0].success_ratio()), (Some(1.0), Some(1.0)));
        assert_eq!(
            (all[1].hit_rate(), all[1].success_ratio()),
            (Some(0.0), None),
            "no warning, so none in vain"
        );
        let eager = warned(&sheets, &leads, 3);
        assert_eq!((eager[0].hits, eager[0].warnings), (2, 6), "who warns everywhere warns in vain");
        assert_eq!(eager[0].success_ratio(), Some(2.0 / 6.0));
    }
}
