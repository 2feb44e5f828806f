//! Which draw of which member each output draw is: the linear pool as one choice for all units.
//!
//! A linear pool is the mixture `F = sum of w_m F_m` (Stone 1961, doi:10.1214/aoms/1177704873). Each output draw is one draw
//! of one member, the same in every unit, so that a draw stays one possible world: dependence across units, and across
//! steps where a member's draws are paths, survives. How many draws a member gives is not left to chance: its share,
//! by the largest remainder. Chance says only where they stand, and it is tied to the names of members, not to their order.

use forewarn_core::{Field, Member, Result};
use forewarn_kernels::random::{Stream, seed_for};
use rayon::prelude::*;

use crate::members;

/// Units handed to a thread at a time.
const CHUNK: usize = 256;

/// A draw of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pick {
    /// Its place among the members.
    pub(crate) member: usize,
    /// Its place among the draws of the member.
    pub(crate) draw: usize,
}

/// The picks for `total` output draws from members in the order of their names.
///
/// A member with `total` draws gives draw `j` where its turn is `j`: equal members give themselves. From others, draws are
/// taken in even strides from a random start: none twice unless it gives more than it has, and then each about equally often.
pub(crate) fn picks(members: &[Member<'_>], weights: &[f64], total: usize, seed: u64) -> Vec<Pick> {
    let origin = members.first().map_or(0, |m| m.field.origin.0);
    let stream = |m: &Member<'_>| Stream::new(seed_for(seed, m.name), &[origin as u64]);
    let streams: Vec<Stream> = members.iter().map(stream).collect();
    let counts = allocate(weights, total, &streams);
    let mut turns = Vec::with_capacity(total);
    for (member, (&count, stream)) in counts.iter().zip(&streams).enumerate() {
        // One turn at random in each of equal parts of the output: early and late draws are of every member.
        let turn = |k: usize| ((k as f64 + stream.uniform(k as u64 + 2)) / count as f64, member, k);
        turns.extend((0..count).map(turn));
    }
    turns.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let pick = |(j, (_, member, k)): (usize, (f64, usize, usize))| {
        let width = members[member].field.width();
        let stride = width as f64 / counts[member] as f64;
        let even = ((k as f64 + streams[member].uniform(1)) * stride) as usize;
        Pick { member, draw: if width == total { j } else { even.min(width - 1) } }
    };
    turns.into_iter().enumerate().map(pick).collect()
}

/// How many of `total` each gets: whole parts of its share first, then one each by the largest remainder; among equal
/// remainders chance decides.
fn allocate(weights: &[f64], total: usize, streams: &[Stream]) -> Vec<usize> {
    let shares: Vec<f64> = weights.iter().map(|w| w * total as f64).collect();
    // A share that is whole but for rounding is whole.
    let mut counts: Vec<usize> = shares.iter().map(|s| (s + 1e-9) as usize).collect();
    let remainder = |m: usize| ((shares[m] - counts[m] as f64) * 1e9).round() as i64;
    let mut order: Vec<(i64, u64, usize)> =
        (0..weights.len()).map(|m| (-remainder(m), streams[m].number(0), m)).collect();
    order.sort_unstable();
    let left = total.saturating_sub(counts.iter().sum());
    for (_, _, m) in order.into_iter().take(left) {
        counts[m] += 1;
    }
    counts
}

/// The field of `picks`: points alone give their weighted mean, a unit that a member has no forecast for has none.
///
/// # Errors
/// [`forewarn_core::Error::Data`] when members differ in origin, step or units.
pub(crate) fn pool(members: &[Member<'_>], picks: &[Pick]) -> Result<Field> {
    let first = members::check(members)?;
    let width = picks.len();
    let mut values = vec![0.0; first.units().len() * width];
    let chunks = values.par_chunks_mut(CHUNK * width).enumerate();
    chunks.for_each(|(i, part)| {
        for (k, out) in part.chunks_exact_mut(width).enumerate() {
            gather(members, picks, i * CHUNK + k, out);
        }
    });
    members::field(members, width, values)
}

/// The picked draws of one unit.
pub(crate) fn gather(members: &[Member<'_>], picks: &[Pick], index: usize, out: &mut [f32]) {
    if members.iter().any(|m| members::row(m.field, index)[0].is_nan()) {
        out.fill(f32::NAN);
        return;
    }
    for (slot, pick) in out.iter_mut().zip(picks) {
        *slot = members::row(members[pick.member].field, index)[pick.draw];
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use forewarn_core::{Period, Step, Unit};
    use proptest::prelude::*;

    use super::*;

    fn field(width: usize) -> Field {
        let values = (0..width).map(|d| d as f32).collect();
        Field::draws(Period(5), Step(1), [Unit(1)].into(), width, values).unwrap()
    }

    #[test]
    fn shares_are_given_by_the_largest_remainder() {
        let streams: Vec<Stream> = (0..3).map(|i| Stream::new(1, &[i])).collect();
        assert_eq!(allocate(&[0.5, 0.3, 0.2], 10, &streams), [5, 3, 2]);
        assert_eq!(allocate(&[0.56, 0.27, 0.17], 10, &streams), [5, 3, 2]);
        assert_eq!(allocate(&[1.0, 0.0, 0.0], 7, &streams), [7, 0, 0]);
        let thirds = allocate(&[1.0 / 3.0; 3], 100, &streams);
        assert_eq!((thirds.iter().sum::<usize>(), thirds.iter().max()), (100, Some(&34)));
    }

    #[test]
    fn chance_decides_fairly_who_gives_one_more() {
        let mut more = [0; 3];
        for seed in 0..3000 {
            let streams: Vec<Stream> = (0..3).map(|i| Stream::new(seed, &[i])).collect();
            let counts = allocate(&[1.0 / 3.0; 3], 100, &streams);
            more[counts.iter().position(|&n| n == 34).unwrap()] += 1;
        }
        assert!(more.iter().all(|n| (900..1100).contains(n)), "{more:?}");
    }

    proptest! {
        #[test]
        fn every_member_gives_its_share_and_no_draw_twice_unless_it_must(
            widths in prop::collection::vec(1_usize..120, 1..6), total in 1_usize..150, seed in 0_u64..99,
        ) {
            let fields: Vec<Field> = widths.iter().map(|&w| field(w)).collect();
            let names: Vec<String> = (0..widths.len()).map(|i| format!("m{i}")).collect();
            let members: Vec<_> =
                names.iter().zip(&fields).map(|(name, field)| Member { name, field }).collect();
            let raw: Vec<f64> = (0..widths.len()).map(|i| (i + 1) as f64).collect();
            let weights: Vec<f64> = raw.iter().map(|w| w / raw.iter().sum::<f64>()).collect();
            let picks = picks(&members, &weights, total, seed);
            prop_assert_eq!(picks.len(), total);
            for (m, (&width, weight)) in widths.iter().zip(&weights).enumerate() {
                let draws: Vec<usize> = picks.iter().filter(|p| p.member == m).map(|p| p.draw).collect();
                prop_assert!((draws.len() as f64 - weight * total as f64).abs() < 1.0 + 1e-6);
                prop_assert!(draws.iter().all(|&d| d < width));
                let distinct = draws.iter().collect::<BTreeSet<_>>().len();
                prop_assert_eq!(distinct, draws.len().min(width));
            }
        }
    }
}
