//! What is kept of a model's forecasts when it is trained, so that later ones can be compared with them.

use forewarn_core::prelude::*;
use forewarn_kernels::quantile::quantile;

use crate::profile::{Column, Columns, Profile};

/// Profiles of a forecast: of each step the means of all units (`mean, step 1`), and their shares of draws of at least
/// `event` (`share of 1 or more, step 1`). A unit without a forecast is missing.
///
/// # Errors
/// [`Error::Data`] for a mean that is infinite.
pub fn profiles(outlook: &Outlook, event: f64) -> Result<Columns> {
    let mut columns = Columns::default();
    for field in &outlook.steps {
        for (name, values) in [(mean(field.step), &field.means), (share(field.step, event), &field.active)] {
            let values: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
            columns.0.insert(name, Column::Numbers(Profile::of(&values)?));
        }
    }
    Ok(columns)
}

/// The numbers that later forecasts are compared with, of the steps that `columns` has both profiles of; none where they
/// count other events. Forecasts that were merged, of several origins, count as one of all their units together.
pub fn trained(columns: &Columns, event: f64) -> Trained {
    let numbers = |name: &str| match columns.0.get(name) {
        Some(Column::Numbers(profile)) if profile.values() > 0 => Some(profile),
        _ => None,
    };
    let of = |step: Step| {
        let (means, shares) = (numbers(&mean(step))?, numbers(&share(step, event))?);
        let [values, _] = means.samples(means);
        let single = |mean: f64| Usual { mean, sd: None, origins: 1 };
        Some(TrainedStep {
            step,
            active: single(shares.mean()),
            sum: single(means.mean() * means.values() as f64),
            quantiles: Trained::LEVELS.map(|level| single(quantile(&values, level))),
        })
    };
    let mut steps: Vec<u16> =
        columns.0.keys().filter_map(|name| name.strip_prefix(MEAN)?.parse().ok()).collect();
    steps.sort_unstable();
    Trained { steps: steps.into_iter().filter_map(|step| of(Step(step))).collect() }
}

const MEAN: &str = "mean, step ";

fn mean(step: Step) -> String {
    format!("{MEAN}{step}")
}

fn share(step: Step, event: f64) -> String {
    format!("share of {event} or more, step {step}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::cases::{history, outlook};

    #[test]
    fn what_is_kept_says_what_the_forecast_would() {
        for outlook in
            [history(1, 1.0).remove(0), outlook(500, &[1, 3], &[[1.0, 0.0, f32::NAN], [0.5, 0.25, 4.0]])]
        {
            let columns = profiles(&outlook, 1.0).unwrap();
            let text = serde_json::to_string(&columns).unwrap();
            let kept = trained(&serde_json::from_str(&text).unwrap(), 1.0);
            let known = Trained::of(std::slice::from_ref(&outlook));
            assert_eq!(kept.steps.len(), known.steps.len());
            let near = |a: Usual, b: Usual| (a.mean - b.mean).abs() <= 1e-9 * b.mean.abs() && a.sd == b.sd;
            for (a, b) in kept.steps.iter().zip(&known.steps) {
                assert_eq!(a.step, b.step);
                assert!(near(a.active, b.active) && near(a.sum, b.sum), "{a:?} {b:?}");
                assert!(a.quantiles.iter().zip(b.quantiles).all(|(a, b)| near(*a, b)), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn nothing_is_made_up_of_what_was_not_kept() {
        let nan = f32::NAN;
        let columns = profiles(&outlook(500, &[1, 2], &[[1.0, 2.0], [nan, nan]]), 1.0).unwrap();
        assert_eq!(
            trained(&columns, 1.0).steps.iter().map(|s| s.step.0).collect::<Vec<_>>(),
            [1],
            "2 has no forecast"
        );
        assert_eq!(trained(&columns, 25.0), Trained::default(), "other events were counted");
        assert!(profiles(&outlook(500, &[1], &[[1.0, f32::INFINITY]]), 1.0).is_err());
    }
}
