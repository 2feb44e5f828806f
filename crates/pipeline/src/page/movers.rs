//! Movers: where the forecast changed most.

use forewarn_core::{Field, Period};

use super::{Against, Shown, place};
use crate::Result;
use crate::report::{Mover, Movers, Place};

/// Movers that are named.
const NAMED: usize = 8;

/// The largest changes of the first target period's expectation, against the forecast of that period that was issued
/// before; without one, against the mean of the last year.
///
/// # Errors
/// A panel that cannot be read.
pub(super) fn movers(
    shown: &Shown<'_>,
    (first, previous): (&Field, Option<&Field>),
    places: &[Place],
) -> Result<Movers> {
    let now = first.means();
    let (against, before) = match previous {
        Some(field) => (Against::Forecast(shown.label(field.origin)), field.means()),
        None => (Against::Year(shown.season()), year(shown)?),
    };
    let country = |place: &Place| {
        let before = match previous {
            Some(_) => place.previous,
            None => mean(&place.past[place.past.len().saturating_sub(shown.season())..]),
        };
        Some(Mover {
            unit: place.code.clone(),
            place: place.name.clone(),
            expected: place.steps.first()?.expected?,
            before: before?,
        })
    };
    let level = &shown.results.ctx.run.config.target.level;
    let unit = |i: &usize| Mover {
        unit: first.units()[*i].to_string(),
        place: place(first.units()[*i], level),
        expected: f64::from(now[*i]),
        before: f64::from(before[*i]),
    };
    let known = (0..now.len()).filter(|&i| !(now[i] - before[i]).is_nan());
    let mut order: Vec<usize> = known.filter(|&i| now[i] != before[i]).collect();
    let size = |i: usize| (now[i] - before[i]).abs();
    order.sort_by(|&a, &b| size(b).total_cmp(&size(a)).then(a.cmp(&b)));
    Ok(Movers {
        against: against.to_string(),
        countries: most(places.iter().filter_map(country).collect()),
        units: order.iter().take(NAMED).map(unit).collect(),
    })
}

/// The largest changes first.
fn most(mut movers: Vec<Mover>) -> Vec<Mover> {
    movers.retain(|mover| mover.expected != mover.before);
    movers.sort_by(|a, b| b.change().abs().total_cmp(&a.change().abs()).then_with(|| a.place.cmp(&b.place)));
    movers.truncate(NAMED);
    movers
}

/// Mean observed value of each unit over the last year.
fn year(shown: &Shown<'_>) -> Result<Vec<f32>> {
    let ctx = shown.results.ctx;
    let season = shown.season();
    let mut sums = vec![0.0_f64; ctx.summary().units as usize];
    for back in 0..season as i32 {
        let values = ctx.panel()?.field(&ctx.run.config.target.column, Period(ctx.origin().0 - back))?;
        sums.iter_mut().zip(values).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    Ok(sums.iter().map(|sum| (sum / season as f64) as f32).collect())
}

/// Mean of what is known; `None` when something is not.
fn mean(past: &[(String, Option<f64>)]) -> Option<f64> {
    let values: Option<Vec<f64>> = past.iter().map(|(_, value)| *value).collect();
    let values = values.filter(|values| !values.is_empty())?;
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_change_comes_first_whichever_way_it_goes() {
        let mover = |place: &str, expected, before| Mover {
            unit: String::new(),
            place: place.to_owned(),
            expected,
            before,
        };
        let all = vec![mover("Chad", 5.0, 4.0), mover("Mali", 3.0, 3.0), mover("Togo", 1.0, 9.0)];
        let names: Vec<String> = most(all).into_iter().map(|mover| mover.place).collect();
        assert_eq!(names, ["Togo", "Chad"], "what did not move is no mover");
    }

    #[test]
    fn a_year_with_a_gap_has_no_mean() {
        let month = |value| (String::new(), value);
        assert_eq!(mean(&[month(Some(1.0)), month(Some(2.0))]), Some(1.5));
        assert_eq!(mean(&[month(Some(1.0)), month(None)]), None);
        assert_eq!(mean(&[]), None);
    }
}
