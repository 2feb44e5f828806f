//! What forecasts looked like when the model was trained.

use serde::{Deserialize, Serialize};

use super::{FieldSummary, Outlook};
use crate::Step;

/// What forecasts looked like when the model was trained: the reference that is kept with it, step by step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trained {
    /// One a step, ascending.
    pub steps: Vec<TrainedStep>,
}

/// What the forecasts of one step looked like over the origins that were rehearsed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainedStep {
    /// Periods ahead.
    pub step: Step,
    /// Expected share of active units (0-1): [`FieldSummary::active_share`].
    pub active: Usual,
    /// Sum of the means of all units, in the unit of the target: [`FieldSummary::sum`].
    pub sum: Usual,
    /// Quantiles over units of their means, at the levels of [`Trained::LEVELS`].
    pub quantiles: [Usual; 4],
}

/// A number over several origins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Usual {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation, `sqrt(sum (x - mean)^2 / (n - 1))`; `None` for a single origin.
    pub sd: Option<f64>,
    /// Over how many origins.
    pub origins: u32,
}

impl Usual {
    /// Of the values that are not NaN; `None` when there are none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().filter(|v| !v.is_nan()).collect();
        let origins = u32::try_from(values.len()).ok().filter(|n| *n > 0)?;
        let n = f64::from(origins);
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        Some(Self { mean, sd: (origins > 1).then(|| (squares / (n - 1.0)).sqrt()), origins })
    }
}

impl Trained {
    /// Levels of the quantiles.
    pub const LEVELS: [f64; 4] = [0.9, 0.99, 0.999, 1.0];

    /// Sums up the forecasts of several origins. A step that none of them forecasts for any unit is left out.
    pub fn of(outlooks: &[Outlook]) -> Self {
        let mut steps: Vec<Step> = outlooks.iter().flat_map(|o| o.steps.iter().map(|s| s.step)).collect();
        steps.sort_unstable();
        steps.dedup();
        Self { steps: steps.into_iter().filter_map(|step| TrainedStep::of(outlooks, step)).collect() }
    }

    /// What the forecasts of a step looked like.
    pub fn step(&self, step: Step) -> Option<&TrainedStep> {
        self.steps.iter().find(|s| s.step == step)
    }
}

impl TrainedStep {
    fn of(outlooks: &[Outlook], step: Step) -> Option<Self> {
        let fields: Vec<&FieldSummary> = outlooks.iter().filter_map(|o| o.step(step)).collect();
        let usual = |number: &dyn Fn(&FieldSummary) -> f64| Usual::of(fields.iter().map(|f| number(f)));
        let [a, b, c, d] = Trained::LEVELS.map(|level| usual(&|field| field.quantile(level)));
        Some(Self {
            step,
            active: usual(&FieldSummary::active_share)?,
            sum: usual(&FieldSummary::sum)?,
            quantiles: [a?, b?, c?, d?],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Period, Unit};

    fn outlook(origin: i32, steps: &[(u16, [f32; 3])]) -> Outlook {
        let field = |(step, means): &(u16, [f32; 3])| FieldSummary {
            step: Step(*step),
            units: [1, 2, 3].map(Unit).into(),
            means: means.to_vec(),
            active: means.iter().map(|m| m / 10.0).collect(),
            greatest: means.to_vec(),
            negative: 0,
        };
        Outlook { origin: Period(origin), steps: steps.iter().map(field).collect() }
    }

    #[test]
    fn worked_by_hand() {
        let nan = f32::NAN;
        let outlooks = [
            outlook(500, &[(1, [0.0, 1.0, 5.0]), (2, [nan, nan, nan])]),
            outlook(501, &[(1, [0.0, nan, 2.0]), (3, [1.0, 1.0, 1.0])]),
        ];
        let trained = Trained::of(&outlooks);
        assert_eq!(
            trained.steps.iter().map(|s| s.step.0).collect::<Vec<_>>(),
            [1, 3],
            "nothing is known of 2"
        );
        let first = trained.step(Step(1)).unwrap();
        assert_eq!(first.sum, Usual { mean: 4.0, sd: Some(8.0_f64.sqrt()), origins: 2 });
        assert!((first.active.mean - 0.15).abs() < 1e-8, "a unit without a forecast is none");
        assert_eq!((first.quantiles[3].mean, first.quantiles[0].mean), (3.5, 3.0));
        assert_eq!(trained.step(Step(3)).unwrap().sum.sd, None);
        let text = serde_json::to_string(&trained).unwrap();
        assert_eq!(serde_json::from_str::<Trained>(&text).unwrap(), trained);
        assert_eq!(Trained::of(&[]), Trained::default());
    }
}
