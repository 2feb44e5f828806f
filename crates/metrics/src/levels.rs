//! Events and non-events at every forecast probability that occurs.
//!
//! The tally is `[level, events, non-events]` for each level, ascending: as many entries as there are different
//! probabilities (at most `S + 1` of forecasts with `S` draws), from which ranking scores come out exactly, with
//! their ties, however many rows there were. Pools merge by level, so that forecasts of different numbers of draws
//! can be pooled.

use std::cmp::Ordering;

use forewarn_core::{Error, Result, ScoreArgs, Tally};
use forewarn_kernels::draws::Event;
use forewarn_kernels::ranking::levels_of;

/// Weighted counts of rows by forecast probability and by whether the event happened.
pub(crate) fn tally(args: &ScoreArgs<'_>, threshold: f64) -> Tally {
    let events = args.events(Event { threshold, strict: false });
    let levels = levels_of(&events.probabilities, &events.happened, &events.weights);
    Tally(levels.into_iter().flat_map(|(level, events, others)| [level, events, others]).collect())
}

/// Merges a part into a pool, level by level.
pub(crate) fn pool(pool: &mut Tally, part: &Tally) {
    let (a, b) = (pool.0.as_chunks::<3>().0, part.0.as_chunks::<3>().0);
    let mut merged = Vec::with_capacity(pool.0.len() + part.0.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let order = match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) => x[0].total_cmp(&y[0]),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        match order {
            Ordering::Less => merged.extend(a[i]),
            Ordering::Greater => merged.extend(b[j]),
            Ordering::Equal => merged.extend([a[i][0], a[i][1] + b[j][1], a[i][2] + b[j][2]]),
        }
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
    pool.0 = merged;
}

/// A score of `[events, non-events]` by ascending probability.
///
/// # Errors
/// [`Error::Data`] when there are no rows, or the score is NaN, which is then for want of `needs`.
pub(crate) fn score(tally: &Tally, score: fn(&[[f64; 2]]) -> f64, needs: &str) -> Result<f64> {
    let levels: Vec<[f64; 2]> = tally.0.as_chunks::<3>().0.iter().map(|l| [l[1], l[2]]).collect();
    if levels.is_empty() {
        return Err(Error::data("no row has both a forecast and a truth"));
    }
    let value = score(&levels);
    if value.is_nan() { Err(Error::data(needs)) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Field, Period, Step, Unit};
    use forewarn_kernels::ranking::roc_auc;

    use super::*;

    fn of(observed: &[f32], draws: usize, values: &[f32]) -> Tally {
        let units = (0..observed.len() as u32).map(Unit).collect();
        let field = Field::draws(Period(1), Step(1), units, draws, values.to_vec()).unwrap();
        tally(&ScoreArgs::new(observed, &field).unwrap(), 1.0)
    }

    #[test]
    fn rows_are_counted_where_they_belong() {
        let t = of(&[0.0, 1.0, f32::NAN, 3.0], 2, &[0.0, 0.5, 0.0, 1.0, 0.0, 1.0, 1.0, 2.0]);
        assert_eq!(t.0, [0.0, 0.0, 1.0, 0.5, 1.0, 0.0, 1.0, 1.0, 0.0]);
        assert_eq!(score(&t, roc_auc, "both").unwrap(), 1.0);
    }

    #[test]
    fn forecasts_of_different_numbers_of_draws_share_their_levels() {
        let mut both = of(&[0.0, 1.0], 2, &[0.0, 0.0, 0.0, 1.0]);
        pool(&mut both, &of(&[0.0, 1.0], 4, &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0]));
        assert_eq!(both.0, [0.0, 0.0, 1.0, 0.25, 1.0, 0.0, 0.5, 1.0, 1.0]);
        let mut empty = Tally::default();
        pool(&mut empty, &both);
        assert_eq!(empty, both);
        pool(&mut both, &Tally::default());
        assert_eq!(empty, both);
    }

    #[test]
    fn no_rows_no_score_and_why() {
        let why = |t: &Tally| score(t, roc_auc, "it needs events and non-events").unwrap_err().to_string();
        assert!(why(&Tally::default()).contains("no row"));
        assert!(why(&of(&[0.0], 1, &[3.0])).contains("events and non-events"));
    }
}
