//! Whether forecasts still look as they did when the model was trained.

use forewarn_core::prelude::*;

use super::leads::{Leads, Range};
use super::ratio::log_ratio;
use crate::limit;
use crate::words::number;

/// How many times wider the limit is for a reference of a single origin: one month says little of what is usual. The sum of a
/// forecast for Africa was 4.5 times what it was four years later, and nothing was wrong with either.
const ALONE: f64 = 2.0;

forewarn_core::entry!(OutputCheck: AsTrained as "trained", check);

/// Whether forecasts look as they did when the model was trained.
///
/// The expected share of active units, the sum of the means and four high quantiles of the means over units, each added
/// over steps, against their means over the forecasts that were made in training ([`Reference`]): those that are kept with
/// the artifact of each model, or those of rehearsals. The effect is **the
/// absolute log ratio**, `|ln(now / then)|` (1.1 is three times or a third); what was zero counts as a millionth. A
/// fact: an artifact keeps the forecast of a single origin, and the origins of a rehearsal are neighbours, whose spread,
/// which the message tells, is not that of forecasts made years later.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AsTrained {
    /// Ranges of steps, six readings each.
    pub leads: Leads,
    /// Absolute log ratio that matters; twice that (its square, as a ratio) where the reference is of a single origin.
    #[schemars(range(min = 0.0))]
    pub limit: f64,
}

impl Default for AsTrained {
    fn default() -> Self {
        Self { leads: Leads::default(), limit: 3.0_f64.ln() }
    }
}

/// A number of a forecast, and where its reference is kept.
struct Number {
    what: String,
    now: Box<dyn Fn(&FieldSummary) -> f64>,
    then: Box<dyn Fn(&TrainedStep) -> Usual>,
}

fn numbers() -> Vec<Number> {
    let mut numbers = vec![
        Number {
            what: "share of active units".to_owned(),
            now: Box::new(FieldSummary::active_share),
            then: Box::new(|step| step.active),
        },
        Number {
            what: "sum of the means".to_owned(),
            now: Box::new(FieldSummary::sum),
            then: Box::new(|step| step.sum),
        },
    ];
    numbers.extend(Trained::LEVELS.iter().enumerate().map(|(i, &level)| Number {
        what: format!("{level} quantile of the means"),
        now: Box::new(move |field| field.quantile(level)),
        then: Box::new(move |step| step.quantiles[i]),
    }));
    numbers
}

impl AsTrained {
    fn check(self) -> Result<Self> {
        self.leads.check("trained")?;
        limit::positive("trained", &[("limit", self.limit)])?;
        Ok(self)
    }

    /// What is read of one range of one forecast.
    fn range(&self, range: &Range, reference: &Reference<'_>) -> Vec<Reading> {
        let steps = range.steps().iter().map(|step| reference.trained.step(*step));
        let Some(steps) = steps.collect::<Option<Vec<_>>>() else {
            let why = format!("no reference of these steps is kept from {}", reference.source);
            return vec![Reading::unknown(subject(range, reference), why)];
        };
        numbers().iter().map(|number| self.reading(range, number, reference, &steps)).collect()
    }

    fn reading(&self, range: &Range, kind: &Number, reference: &Reference<'_>, steps: &[&TrainedStep]) -> Reading {
        let now = range.sum(reference.outlook, &kind.now).unwrap_or(f64::NAN);
        let usual: Vec<Usual> = steps.iter().map(|step| (kind.then)(step)).collect();
        let then: f64 = usual.iter().map(|u| u.mean).sum();
        let alone = usual.iter().any(|u| u.sd.is_none());
        let spread = match usual.iter().map(|u| u.sd).sum::<Option<f64>>() {
            // Standard deviations add where steps rise and fall together, which they nearly do.
            Some(sd) => format!("with a standard deviation of at most {}", number(sd)),
            None => "of a single origin".to_owned(),
        };
        let message = format!(
            "the {}, added over {}, is {}; it was {} {}, {spread}",
            kind.what,
            range.label(),
            number(now),
            number(then),
            reference.source
        );
        let subject = format!("{}, {}", subject(range, reference), kind.what);
        let limit = if alone { ALONE * self.limit } else { self.limit };
        Reading::fact(subject, log_ratio(now, then).abs(), limit, message)
    }
}

/// The steps, and whose forecast it is.
fn subject(range: &Range, reference: &Reference<'_>) -> String {
    let member = reference.member.map(|name| format!("{name}, ")).unwrap_or_default();
    member + &range.label()
}

impl OutputCheck for AsTrained {
    fn read(&self, args: &OutputArgs<'_>) -> Result<Vec<Reading>> {
        let ranges = self.leads.ranges(args.outlook);
        if args.references.is_empty() {
            let why = "no reference from when the model was trained is kept for these steps";
            return Ok(ranges.iter().map(|range| Reading::unknown(range.label(), why)).collect());
        }
        let of = |reference| ranges.iter().flat_map(move |range| self.range(range, reference));
        Ok(args.references.iter().flat_map(of).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::cases::{history, outlook};

    const THEN: &str = "when the model was trained";

    /// The readings of a forecast that is compared with a reference.
    fn read(now: &Outlook, trained: &Trained, member: Option<&str>) -> Vec<Reading> {
        let reference = Reference { member, outlook: now, trained, source: THEN };
        AsTrained::default().read(&OutputArgs::new(now, &[]).with_references(&[reference])).unwrap()
    }

    #[test]
    fn worked_by_hand() {
        let then = [
            outlook(400, &[2, 3], &[[1.0, 3.0], [2.0, 2.0]]),
            outlook(401, &[2, 3], &[[1.0, 1.0], [2.0, 2.0]]),
        ];
        let trained = Trained::of(&then);
        let now = outlook(500, &[2, 3], &[[14.0, 14.0], [0.0, 0.0]]);
        let readings = read(&now, &trained, None);
        assert_eq!(readings.len(), 6);
        let sum = &readings[1];
        assert!((sum.effect.unwrap() - 4.0_f64.ln()).abs() < 1e-12 && sum.matters() && sum.p_value.is_none());
        assert_eq!(
            sum.message,
            "the sum of the means, added over steps 2-3, is 28; it was 7 when the model was trained, with a standard \
             deviation of at most 1.414"
        );
        assert_eq!(sum.subject, "steps 2-3, sum of the means");
        // The greatest mean was 3 or 1, and 2.
        assert!((readings[5].effect.unwrap() - (14.0_f64 / 4.0).ln()).abs() < 1e-12, "{readings:?}");
    }

    #[test]
    fn every_member_is_compared_with_its_own_reference() {
        let (now, calm, wild) =
            (outlook(500, &[1], &[[1.0, 3.0]]), outlook(500, &[1], &[[1.0, 1.0]]), outlook(500, &[1], &[[8.0, 8.0]]));
        let trained = [Trained::of(std::slice::from_ref(&calm)), Trained::of(std::slice::from_ref(&calm))];
        let of = |member, outlook, trained, source| Reference { member: Some(member), outlook, trained, source };
        let both = [
            of("calm_sea", &calm, &trained[0], "when `calm_sea_31122016` was trained"),
            of("wild_fire", &wild, &trained[1], "when `wild_fire_31122016` was trained"),
        ];
        let readings = AsTrained::default().read(&OutputArgs::new(&now, &[]).with_references(&both)).unwrap();
        assert_eq!(readings.len(), 12);
        assert_eq!((readings[1].subject.as_str(), readings[1].effect), ("calm_sea, step 1, sum of the means", Some(0.0)));
        assert!((readings[7].effect.unwrap() - 8.0_f64.ln()).abs() < 1e-12, "what goes out is not what is compared");
        let said = &readings[7].message;
        assert!(said.contains("is 16; it was 2 when `wild_fire_31122016` was trained, of a single origin"), "{said}");
    }

    #[test]
    fn what_was_not_kept_is_unknown() {
        let now = outlook(500, &[1], &[[1.0, 2.0]]);
        let other = Trained::of(&[outlook(400, &[2], &[[1.0, 2.0]])]);
        let none = AsTrained::default().read(&OutputArgs::new(&now, &[])).unwrap();
        assert!(none.len() == 1 && none[0].effect.is_none(), "{none:?}");
        let elsewhere = read(&now, &other, Some("calm_sea"));
        assert!(elsewhere.len() == 1 && elsewhere[0].effect.is_none(), "{elsewhere:?}");
        assert_eq!(elsewhere[0].subject, "calm_sea, step 1");
        let single = Trained::of(std::slice::from_ref(&now));
        let readings = read(&now, &single, None);
        assert!(readings.iter().all(|r| r.effect == Some(0.0) && r.message.ends_with("of a single origin")));
        assert!(readings.iter().all(|r| (r.limit - 9.0_f64.ln()).abs() < 1e-12), "nine times instead of three");
        assert!((ENTRY.build)(&json!({"limit": 0.0})).is_err());
    }

    #[test]
    fn forecasts_of_the_same_kind_look_as_trained() {
        let mut all = history(25, 5.0);
        let now = all.pop().unwrap();
        let trained = Trained::of(&all[..12]);
        let read = |o: &Outlook| read(o, &trained, None);
        assert!(read(&all[23]).iter().all(|r| !r.matters()), "{:?}", read(&all[23]));
        assert!(read(&now).iter().filter(|r| r.matters()).count() >= 20, "{:?}", read(&now));
    }
}
