//! Whether forecasts still look as they did when the model was trained.

use forewarn_core::prelude::*;

use super::leads::{Leads, Range};
use super::ratio::log_ratio;
use crate::limit;
use crate::words::number;

forewarn_core::entry!(OutputCheck: AsTrained as "trained", check);

/// Whether forecasts look as they did when the model was trained.
///
/// The expected share of active units, the sum of the means and four high quantiles of the means over units, each added
/// over steps, against their means over the origins that were rehearsed in training ([`Trained`]). The effect is **the
/// absolute log ratio**, `|ln(now / then)|` (1.1 is three times or a third); what was zero counts as a millionth. A
/// fact: the origins of a rehearsal are neighbours, and their spread, which the message tells, is not that of forecasts
/// made years later.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AsTrained {
    /// Ranges of steps, six readings each.
    pub leads: Leads,
    /// Absolute log ratio that matters.
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

    fn reading(&self, range: &Range, kind: &Number, outlook: &Outlook, trained: &[&TrainedStep]) -> Reading {
        let now = range.sum(outlook, &kind.now).unwrap_or(f64::NAN);
        let usual: Vec<Usual> = trained.iter().map(|step| (kind.then)(step)).collect();
        let then: f64 = usual.iter().map(|u| u.mean).sum();
        let spread = match usual.iter().map(|u| u.sd).sum::<Option<f64>>() {
            // Standard deviations add where steps rise and fall together, which they nearly do.
            Some(sd) => format!("with a standard deviation of at most {}", number(sd)),
            None => "of a single origin".to_owned(),
        };
        let message = format!(
            "the {}, added over {}, is {}; it was {} when the model was trained, {spread}",
            kind.what,
            range.label(),
            number(now),
            number(then)
        );
        let subject = format!("{}, {}", range.label(), kind.what);
        Reading::fact(subject, log_ratio(now, then).abs(), self.limit, message)
    }
}

impl OutputCheck for AsTrained {
    fn read(&self, args: &OutputArgs<'_>) -> Result<Vec<Reading>> {
        let numbers = numbers();
        let read = |range: &Range| {
            let steps = |trained: &'_ Trained| {
                range.steps().iter().map(|step| trained.step(*step).cloned()).collect::<Option<Vec<_>>>()
            };
            let Some(steps) = args.trained.and_then(steps) else {
                let why = "no reference from when the model was trained is kept for these steps";
                return vec![Reading::unknown(range.label(), why)];
            };
            let steps: Vec<&TrainedStep> = steps.iter().collect();
            numbers.iter().map(|n| self.reading(range, n, args.outlook, &steps)).collect()
        };
        Ok(self.leads.ranges(args.outlook).iter().flat_map(read).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::cases::{history, outlook};

    #[test]
    fn worked_by_hand() {
        let then = [
            outlook(400, &[2, 3], &[[1.0, 3.0], [2.0, 2.0]]),
            outlook(401, &[2, 3], &[[1.0, 1.0], [2.0, 2.0]]),
        ];
        let trained = Trained::of(&then);
        let now = outlook(500, &[2, 3], &[[14.0, 14.0], [0.0, 0.0]]);
        let readings = AsTrained::default().read(&OutputArgs::new(&now, &[]).with_trained(Some(&trained))).unwrap();
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
    fn what_was_not_kept_is_unknown() {
        let now = outlook(500, &[1], &[[1.0, 2.0]]);
        let other = Trained::of(&[outlook(400, &[2], &[[1.0, 2.0]])]);
        for trained in [None, Some(&other)] {
            let readings = AsTrained::default().read(&OutputArgs::new(&now, &[]).with_trained(trained)).unwrap();
            assert!(readings.len() == 1 && readings[0].effect.is_none(), "{readings:?}");
        }
        let single = Trained::of(std::slice::from_ref(&now));
        let readings = AsTrained::default().read(&OutputArgs::new(&now, &[]).with_trained(Some(&single))).unwrap();
        assert!(readings.iter().all(|r| r.effect == Some(0.0) && r.message.ends_with("of a single origin")));
        assert!((ENTRY.build)(&json!({"limit": 0.0})).is_err());
    }

    #[test]
    fn forecasts_of_the_same_kind_look_as_trained() {
        let mut all = history(25, 5.0);
        let now = all.pop().unwrap();
        let trained = Trained::of(&all[..12]);
        let read = |o: &Outlook| AsTrained::default().read(&OutputArgs::new(o, &[]).with_trained(Some(&trained))).unwrap();
        assert!(read(&all[23]).iter().all(|r| !r.matters()), "{:?}", read(&all[23]));
        assert!(read(&now).iter().filter(|r| r.matters()).count() >= 20, "{:?}", read(&now));
    }
}
