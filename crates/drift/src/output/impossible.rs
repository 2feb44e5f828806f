//! What no forecast may hold.

use forewarn_core::prelude::*;

use crate::limit;
use crate::words::number;

forewarn_core::entry!(OutputCheck: Impossible as "impossible", check);

/// Whether the forecast holds what cannot be: units without a forecast, negative draws, values beyond all bounds.
///
/// Three facts, over all steps, without a p value. The effect is, in turn, **the number of units without a forecast**
/// (units of the latest earlier forecast that are gone counted), which matters above `missing`; **the number of
/// negative draws**, from 1 on; and **the greatest draw as a multiple of its bound**, from 1 on. The bound is the lower
/// of `bound`, which needs no earlier forecast, and `factor` times the greatest draw of all earlier forecasts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Impossible {
    /// How many units may be without a forecast.
    pub missing: u64,
    /// How many times the greatest earlier draw no draw may reach.
    #[schemars(range(min = 0.0))]
    pub factor: f64,
    /// What no draw may reach, in the unit of the target.
    #[schemars(range(min = 0.0))]
    pub bound: f64,
}

impl Default for Impossible {
    fn default() -> Self {
        Self { missing: 0, factor: 100.0, bound: 1e7 }
    }
}

impl Impossible {
    fn check(self) -> Result<Self> {
        limit::positive("impossible", &[("factor", self.factor), ("bound", self.bound)])?;
        Ok(self)
    }

    fn missing(&self, args: &OutputArgs<'_>) -> Reading {
        let steps = &args.outlook.steps;
        let without = |field: &FieldSummary| {
            let pairs = field.units.iter().zip(&field.means);
            pairs.filter(|(_, mean)| mean.is_nan()).map(|(unit, _)| *unit).collect::<Vec<_>>()
        };
        let mut units: Vec<Unit> = steps.iter().flat_map(without).collect();
        let mut there: Vec<Unit> = steps.iter().flat_map(|field| field.units.iter().copied()).collect();
        there.sort_unstable();
        there.dedup();
        let earlier = args.earlier.iter().max_by_key(|o| o.origin).and_then(|o| o.steps.first());
        let gone = earlier.iter().flat_map(|field| field.units.iter());
        units.extend(gone.filter(|unit| there.binary_search(unit).is_err()));
        units.sort_unstable();
        units.dedup();
        let first = units.first().map_or_else(String::new, |unit| format!(", unit {unit} the first"));
        let message = format!(
            "{} of {} units have no forecast at some step{first}; {} may",
            units.len(),
            there.len(),
            self.missing
        );
        Reading::fact("missing units", units.len() as f64, self.missing as f64 + 1.0, message).at(units)
    }

    fn negative(args: &OutputArgs<'_>) -> Reading {
        let steps = args.outlook.steps.iter().filter(|field| field.negative > 0);
        let total: u64 = steps.clone().map(|field| field.negative).sum();
        let at = steps.map(|field| field.step.to_string()).collect::<Vec<_>>().join(", ");
        let at = if at.is_empty() { at } else { format!(", at steps {at}") };
        let below = args.outlook.steps.iter().flat_map(|field| {
            field.units.iter().zip(&field.means).filter(|(_, mean)| **mean < 0.0).map(|(unit, _)| *unit)
        });
        let mut units: Vec<Unit> = below.collect();
        units.sort_unstable();
        units.dedup();
        let message = format!("{total} draws are negative{at}; none may be");
        Reading::fact("negative draws", total as f64, 1.0, message).at(units)
    }

    fn beyond(&self, args: &OutputArgs<'_>) -> Reading {
        let subject = "greatest draw";
        let Some(greatest) = greatest(args.outlook) else {
            return Reading::unknown(subject, "there is no draw at all");
        };
        let before = args.earlier.iter().filter_map(self::greatest).reduce(f64::max).filter(|v| *v > 0.0);
        let bound = before.map_or(self.bound, |v| self.bound.min(self.factor * v));
        let why = match before {
            Some(v) if bound < self.bound => format!("{} times the greatest earlier one, {}", self.factor, number(v)),
            _ => "the bound for any draw".to_owned(),
        };
        let above = args.outlook.steps.iter().flat_map(|field| {
            let beyond = |(_, draw): &(&Unit, &f32)| f64::from(**draw) >= bound;
            field.units.iter().zip(&field.greatest).filter(beyond).map(|(unit, draw)| (*draw, *unit))
        });
        let mut above: Vec<(f32, Unit)> = above.collect();
        above.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut units: Vec<Unit> = Vec::new();
        for (_, unit) in above {
            if units.len() < Reading::PLACES && !units.contains(&unit) {
                units.push(unit);
            }
        }
        let message =
            format!("the greatest draw is {}; it may not reach {}, {why}", number(greatest), number(bound));
        Reading::fact(subject, (greatest / bound).clamp(0.0, f64::MAX), 1.0, message).at(units)
    }
}

/// The greatest draw of a forecast.
fn greatest(outlook: &Outlook) -> Option<f64> {
    let draws = outlook.steps.iter().flat_map(|field| &field.greatest).filter(|v| !v.is_nan());
    draws.map(|v| f64::from(*v)).reduce(f64::max)
}

impl OutputCheck for Impossible {
    fn read(&self, args: &OutputArgs<'_>) -> Result<Vec<Reading>> {
        if args.outlook.steps.is_empty() {
            return Err(Error::data("the forecast has no steps"));
        }
        Ok(vec![self.missing(args), Self::negative(args), self.beyond(args)])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::cases::outlook;

    fn read(now: &Outlook, earlier: &[Outlook]) -> Vec<Reading> {
        Impossible::default().read(&OutputArgs::new(now, earlier)).unwrap()
    }

    #[test]
    fn a_forecast_like_the_last_is_possible() {
        let [last, now] = [500, 501].map(|t| outlook(t, &[1, 2], &[[0.0, 3.0], [0.0, 4.0]]));
        let readings = read(&now, &[last]);
        assert!(readings.iter().all(|r| !r.matters() && r.p_value.is_none() && r.units.is_empty()), "{readings:?}");
        assert!(readings[2].message.contains("is 8; it may not reach 800, 100 times the greatest earlier one, 8"));
    }

    #[test]
    fn what_diverged_is_caught_without_any_earlier_forecast() {
        let readings = read(&outlook(500, &[1, 2], &[[0.0, 3.0], [1e21, 2e7]]), &[]);
        assert!(readings[2].matters() && readings[2].effect.unwrap() > 1e14, "{readings:?}");
        assert_eq!(readings[2].units, [Unit(1), Unit(2)]);
        assert!(readings[2].message.contains("it may not reach 10000000, the bound for any draw"));
        // Whatever was wrong before is no measure: the absolute bound stays.
        let wrong = outlook(499, &[1], &[[1e21, 0.0]]);
        assert!(read(&outlook(500, &[1], &[[1e21, 0.0]]), &[wrong])[2].matters());
    }

    #[test]
    fn missing_units_are_named_and_so_are_those_that_are_gone() {
        let last = outlook(500, &[1], &[[0.0, 3.0, 1.0]]);
        let now = outlook(501, &[1, 2], &[[0.0, 3.0], [f32::NAN, 3.0]]);
        let reading = &read(&now, &[last])[0];
        assert_eq!((reading.effect, &reading.units[..]), (Some(2.0), &[Unit(1), Unit(3)][..]));
        assert!(reading.matters() && reading.message.starts_with("2 of 2 units have no forecast at some step, unit 1"));
        let lenient = Impossible { missing: 2, ..Impossible::default() };
        assert!(!lenient.read(&OutputArgs::new(&now, &[])).unwrap()[0].matters());
        let nothing = read(&outlook(501, &[1], &[[f32::NAN]]), &[]);
        assert!(nothing[0].matters() && nothing[2].effect.is_none());
    }

    #[test]
    fn negative_draws_are_counted() {
        let mut now = outlook(501, &[1, 7], &[[0.0, 3.0], [1.0, -1.0]]);
        now.steps[1].negative = 5;
        let reading = &read(&now, &[])[1];
        assert_eq!((reading.effect, reading.matters(), &reading.units[..]), (Some(5.0), true, &[Unit(2)][..]));
        assert_eq!(reading.message, "5 draws are negative, at steps 7; none may be");
        let empty = Outlook { origin: Period(1), steps: Vec::new() };
        assert!(Impossible::default().read(&OutputArgs::new(&empty, &[])).is_err());
        assert!((ENTRY.build)(&json!({"bound": 0.0})).is_err());
    }
}
