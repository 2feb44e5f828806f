//! What members got wrong in the past, as sums that add.
//!
//! Both scores that weights are learned by are squares of an error that is linear in the weights. For the mean of the
//! members it is `sum of w_m (mu_m - y)`; for the linear pool the CRPS is the integral over `x` of the square of
//! `sum of w_m (F_m(x) - 1{y <= x})`, as weights sum to 1. So either score of any weights is `w' G w`, with the matrix
//! `G_ij = sum over cases of the product of the errors of members i and j`: the past is read once, one target at a time, and
//! reduced to one matrix a group of steps. For the CRPS that matrix holds what `E|X_i - y|` and `E|X_i - X_j|` would:
//! `G_ij = (E|X_i - y| + E|X_j - y| - E|X_i - X_j|) / 2`, without the difference of large numbers.

use std::collections::BTreeSet;

use forewarn_core::{EnsembleArgs, Error, Member, PastTarget, Period, Result};
use forewarn_kernels::{simd, sort};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::members;
use crate::step_groups;

/// Units handed to a thread at a time.
const CHUNK: usize = 256;

/// What is minimised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// The CRPS of the linear pool.
    #[default]
    Crps,
    /// The squared error of the weighted mean (non-negative least squares).
    Nnls,
}

/// Products of the errors of every two members, added up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Errors {
    /// Members x members, in the order of their names.
    pub(crate) gram: Vec<f64>,
    /// Targets in which members said something different.
    pub(crate) targets: BTreeSet<Period>,
}

/// The past of each group of steps.
///
/// Units without truth, or without a forecast of some member, are left out; so are those where all members say the same
/// one value, which cannot tell members apart.
///
/// # Errors
/// [`Error::Data`] when a past target is not of these members, or they differ in units, origin or step.
pub(crate) fn of(args: &EnsembleArgs<'_>, groups: &[[u16; 2]], objective: Objective) -> Result<Vec<Errors>> {
    let count = args.members.len();
    let mut all = vec![Errors { gram: vec![0.0; count * count], targets: BTreeSet::new() }; groups.len()];
    visit(args, groups, &mut |group, members, truth| {
        let parts = simd::chunks(truth.len(), CHUNK, |rows| chunk(members, truth, rows, objective));
        let errors = &mut all[group];
        for (part, differ) in parts {
            errors.gram.iter_mut().zip(&part).for_each(|(sum, x)| *sum += x);
            if differ {
                errors.targets.insert(members[0].field.target());
            }
        }
        Ok(())
    })?;
    Ok(all)
}

/// What is done with a past target of one group of steps: its members by name, and the truth.
type Each<'e> = dyn FnMut(usize, &[Member<'_>], &[f32]) -> Result<()> + 'e;

/// Hands every past target of a group to `each`.
///
/// # Errors
/// As for [`of`], and what `each` returns.
pub(crate) fn visit(args: &EnsembleArgs<'_>, groups: &[[u16; 2]], each: &mut Each<'_>) -> Result<()> {
    let mut names = args.members.to_vec();
    names.sort_unstable();
    args.past.visit(&mut |target| {
        let members = sorted(target, &names)?;
        match step_groups::find(groups, members[0].field.step) {
            Some(group) => each(group, &members, target.truth),
            None => Ok(()),
        }
    })
}

/// The members of a past target by name, after checking that they are those of the ensemble and about the truth's units.
fn sorted<'a>(target: &PastTarget<'a>, names: &[&str]) -> Result<Vec<Member<'a>>> {
    let first = members::check(target.members)?;
    let mut members = target.members.to_vec();
    members.sort_by_key(|m| m.name);
    if !members.iter().map(|m| m.name).eq(names.iter().copied()) {
        let given: Vec<&str> = members.iter().map(|m| m.name).collect();
        return Err(Error::data(format!(
            "past forecasts of {}; the members are: {}",
            given.join(", "),
            names.join(", ")
        )));
    }
    if first.units().len() != target.truth.len() {
        let (units, values) = (first.units().len(), target.truth.len());
        return Err(Error::data(format!(
            "past forecasts of {units} units, and {values} observations of them"
        )));
    }
    Ok(members)
}

/// Whether a unit can tell members apart: it was observed, all have a forecast, and not all say the same one value.
pub(crate) fn tells(members: &[Member<'_>], truth: f32, index: usize) -> bool {
    let missing = || members.iter().any(|m| members::row(m.field, index)[0].is_nan());
    !truth.is_nan() && !members::agree(members, index) && !missing()
}

/// The sums of some units, and whether any of them told members apart.
fn chunk(
    members: &[Member<'_>],
    truth: &[f32],
    rows: std::ops::Range<usize>,
    objective: Objective,
) -> (Vec<f64>, bool) {
    let mut gram = vec![0.0; members.len() * members.len()];
    let telling: Vec<usize> = rows.filter(|&i| tells(members, truth[i], i)).collect();
    match objective {
        Objective::Nnls => add_squares(members, truth, &telling, &mut gram),
        Objective::Crps => add_crps(members, truth, &telling, &mut gram),
    }
    // The upper triangle was added up.
    let m = members.len();
    for (i, j) in (0..m).flat_map(|i| (0..i).map(move |j| (i, j))) {
        gram[i * m + j] = gram[j * m + i];
    }
    (gram, !telling.is_empty())
}

/// Adds the products of the errors of the members' means.
fn add_squares(members: &[Member<'_>], truth: &[f32], units: &[usize], gram: &mut [f64]) {
    let mean = |row: &[f32]| row.iter().map(|&v| f64::from(v)).sum::<f64>() / row.len() as f64;
    for &i in units {
        let error = |m: &Member<'_>| mean(members::row(m.field, i)) - f64::from(truth[i]);
        add_product(&members.iter().map(error).collect::<Vec<_>>(), 1.0, gram);
    }
}

/// Adds `weight` times the products of errors to the upper triangle.
fn add_product(errors: &[f64], weight: f64, gram: &mut [f64]) {
    for ((i, error), row) in errors.iter().enumerate().zip(gram.chunks_exact_mut(errors.len())) {
        let scaled = weight * error;
        row[i..].iter_mut().zip(&errors[i..]).for_each(|(sum, other)| *sum += scaled * other);
    }
}

/// Adds the products of the errors of the members' distribution functions, integrated.
fn add_crps(members: &[Member<'_>], truth: &[f32], units: &[usize], gram: &mut [f64]) {
    let sorted: Vec<Vec<f32>> = members.iter().map(|m| ascending(m, units)).collect();
    let mut jumps: Vec<(f32, usize, f64)> = Vec::new();
    for (k, &i) in units.iter().enumerate() {
        jumps.clear();
        for (m, (member, sorted)) in members.iter().zip(&sorted).enumerate() {
            let width = member.field.width();
            let ties = sorted[k * width..(k + 1) * width].chunk_by(|a, b| a == b);
            jumps.extend(ties.map(|tie| (tie[0], m, tie.len() as f64 / width as f64)));
        }
        // The truth comes after the members that tie with it, so that the sums have one order.
        jumps.push((truth[i], members.len(), 1.0));
        jumps.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        integrate(&jumps, members.len(), gram);
    }
}

/// The draws of some units, ascending.
fn ascending(member: &Member<'_>, units: &[usize]) -> Vec<f32> {
    let mut values = Vec::with_capacity(units.len() * member.field.width());
    for &i in units {
        values.extend_from_slice(members::row(member.field, i));
    }
    sort::rows(&mut values, member.field.width());
    values
}

/// Adds the integral of the products of `F_m(x) - 1{y <= x}`, which change at the jumps only.
fn integrate(jumps: &[(f32, usize, f64)], members: usize, gram: &mut [f64]) {
    let mut errors = vec![0.0; members];
    for (k, &(x, who, by)) in jumps.iter().enumerate() {
        match errors.get_mut(who) {
            Some(error) => *error += by,
            None => errors.iter_mut().for_each(|error| *error -= 1.0),
        }
        let next = jumps.get(k + 1).map_or(x, |next| next.0);
        if next > x {
            add_product(&errors, f64::from(next) - f64::from(x), gram);
        }
    }
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Field, Step, Unit};
    use forewarn_kernels::{crps, random::Stream};
    use proptest::prelude::*;

    use super::*;

    fn field(width: usize, seed: u64) -> Field {
        let value = |i: u64| {
            let s = Stream::new(seed, &[i]);
            if s.uniform(0) < 0.4 { 0.0 } else { (s.uniform(1) * 30.0).round() as f32 }
        };
        let units = (0..9).map(Unit).collect();
        Field::draws(Period(3), Step(1), units, width, (0..9 * width as u64).map(value).collect()).unwrap()
    }

    /// `w' G w` of one chunk.
    fn form(members: &[Member<'_>], truth: &[f32], objective: Objective, w: &[f64]) -> f64 {
        let (gram, _) = chunk(members, truth, 0..truth.len(), objective);
        let m = w.len();
        (0..m * m).map(|k| w[k / m] * w[k % m] * gram[k]).sum()
    }

    proptest! {
        #[test]
        fn the_form_is_the_crps_of_the_pool_and_the_square_of_the_mean(seed in 0_u64..500, mix in 0.0_f64..1.0) {
            let (a, b, c) = (field(6, seed), field(4, seed + 1), field(1, seed + 2));
            let members = [("a", &a), ("b", &b), ("c", &c)].map(|(name, field)| Member { name, field });
            let truth: Vec<f32> = field(1, seed + 3).into_values();
            let w = [mix, (1.0 - mix) * 0.3, (1.0 - mix) * 0.7];
            let (mut score, mut square) = (0.0, 0.0);
            for (i, &y) in truth.iter().enumerate().filter(|&(i, &y)| tells(&members, y, i)) {
                let y = f64::from(y);
                let draws: Vec<(f64, f64)> = members.iter().zip(w).flat_map(|(m, w)| {
                    let width = m.field.width() as f64;
                    members::row(m.field, i).iter().map(move |&x| (f64::from(x), w / width))
                }).collect();
                score += draws.iter().map(|(x, p)| p * (x - y).abs()).sum::<f64>();
                let pairs = draws.iter().flat_map(|a| draws.iter().map(move |b| a.1 * b.1 * (a.0 - b.0).abs()));
                score -= pairs.sum::<f64>() / 2.0;
                square += (draws.iter().map(|(x, p)| p * x).sum::<f64>() - y).powi(2);
            }
            prop_assert!((form(&members, &truth, Objective::Crps, &w) - score).abs() < 1e-9 * (1.0 + score));
            prop_assert!((form(&members, &truth, Objective::Nnls, &w) - square).abs() < 1e-9 * (1.0 + square));
        }
    }

    #[test]
    fn one_member_has_its_own_crps() {
        let a = field(20, 1);
        let truth: Vec<f32> = field(1, 2).into_values();
        let members = [Member { name: "a", field: &a }];
        let scores = a.clone().sorted();
        let scores = scores.rows().zip(&truth).map(|(row, &y)| crps::ensemble(row, f64::from(y)));
        assert!((form(&members, &truth, Objective::Crps, &[1.0]) - scores.sum::<f64>()).abs() < 1e-9);
    }

    #[test]
    fn units_that_cannot_tell_members_apart_are_left_out() {
        let units: forewarn_core::Units = (0..4).map(Unit).collect();
        let point =
            |values: [f32; 4]| Field::point(Period(3), Step(1), units.clone(), values.to_vec()).unwrap();
        let (a, b) = (point([0.0, 0.0, f32::NAN, 1.0]), point([0.0, 1.0, 1.0, 2.0]));
        let members = [Member { name: "a", field: &a }, Member { name: "b", field: &b }];
        let told: Vec<bool> = (0..4).map(|i| tells(&members, [5.0, 5.0, 5.0, f32::NAN][i], i)).collect();
        assert_eq!(told, [false, true, false, false]);
        let (gram, differ) = chunk(&members, &[5.0, 5.0, 5.0, f32::NAN], 0..4, Objective::Nnls);
        assert_eq!((gram, differ), (vec![25.0, 20.0, 20.0, 16.0], true));
    }
}
