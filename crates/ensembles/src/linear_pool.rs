//! The linear pool: a mixture of the members.

use std::collections::BTreeMap;

use forewarn_core::prelude::*;

use crate::members;
use crate::picks::{picks, pool};
use crate::weights::{self, Weights};

forewarn_core::entry!(Ensemble: LinearPool as "linear-pool", check);

/// Mixture of the members: every draw is a draw of one of them, the same in all units.
///
/// `F = sum of w_m F_m`. Output draw `j` is one draw of one member in every unit, so that dependence across units survives;
/// each member gives its share of the draws (largest remainder), none of them twice if it has enough. A point counts as a
/// draw that repeats; points alone give their weighted mean, which is the mean of the pool. Wider than the mean by rank:
/// what members disagree about stays uncertain. Stone (1961), doi:10.1214/aoms/1177704873; Gneiting and Ranjan (2013),
/// doi:10.1214/13-EJS823.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LinearPool {
    /// Weight of each member, by its name; divided by their sum. Every member has one, or none are given and all are equal.
    pub weights: BTreeMap<String, f64>,
    /// How many draws come out.
    pub draws: Draws,
}

/// How many draws come out of a pool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Draws {
    /// As many as the member with most of them has.
    #[default]
    Widest,
    /// As many as all members have together: with equal weights and equally many draws each, every draw of every member
    /// once (stratified concatenation).
    All,
}

impl LinearPool {
    fn check(self) -> Result<Self> {
        weights::check("linear-pool", &self.weights)?;
        Ok(self)
    }
}

impl Ensemble for LinearPool {
    fn fit(&self, args: &EnsembleArgs<'_>) -> Result<Box<dyn Combine>> {
        let weights = Weights::new("linear-pool", &self.weights, args)?;
        let names = args.members.iter().map(|&name| name.to_owned()).collect();
        Ok(Box::new(Pool { weights, names, draws: self.draws }))
    }
}

/// Weights that fit the members.
#[derive(Debug)]
struct Pool {
    weights: Weights,
    names: Vec<String>,
    draws: Draws,
}

impl Combine for Pool {
    fn combine(&self, args: &CombineArgs<'_>) -> Result<Field> {
        combine(args, &self.weights, self.draws)
    }

    fn weights(&self, _: Step) -> Vec<f64> {
        self.weights.of(&self.names)
    }
}

/// The linear pool with these weights.
///
/// # Errors
/// [`Error::Data`] when members differ, or are not those of the weights.
pub(crate) fn combine(args: &CombineArgs<'_>, weights: &Weights, draws: Draws) -> Result<Field> {
    members::check(args.members)?;
    if args.members.iter().all(|m| m.field.is_point()) {
        return crate::weighted_mean::combine(args.members, weights);
    }
    let (members, weights) = weights.pair(args.members)?;
    let total = match draws {
        Draws::Widest => members::widest(&members),
        Draws::All => members::total(&members),
    };
    pool(&members, &picks(&members, &weights, total, args.seed))
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;
    use serde_json::json;

    use super::*;

    const UNITS: usize = 12;

    /// Draws that say whose they are: member, unit, draw.
    fn field(member: usize, width: usize) -> Field {
        let value = |i: usize| (member * 1_000_000 + (i / width) * 1000 + i % width) as f32;
        let units = (0..UNITS as u32).map(Unit).collect();
        Field::draws(Period(5), Step(1), units, width, (0..UNITS * width).map(value).collect()).unwrap()
    }

    fn combine(settings: &serde_json::Value, fields: &[(&str, &Field)], seed: u64) -> Result<Field> {
        let members: Vec<_> = fields.iter().map(|&(name, field)| Member { name, field }).collect();
        let names: Vec<&str> = fields.iter().map(|&(name, _)| name).collect();
        let fitted = (ENTRY.build)(settings)?.fit(&EnsembleArgs::new(&names))?;
        fitted.combine(&CombineArgs::new(&members, seed))
    }

    /// Whose draw each output draw is, after checking that it is the same in all units.
    fn origins(field: &Field) -> Vec<(usize, usize)> {
        let of = |unit: usize, v: f32| {
            let v = v as usize;
            assert_eq!(v % 1_000_000 / 1000, unit);
            (v / 1_000_000, v % 1000)
        };
        let rows: Vec<Vec<_>> =
            field.rows().enumerate().map(|(u, row)| row.iter().map(|&v| of(u, v)).collect()).collect();
        assert!(rows.iter().all(|row| *row == rows[0]), "a draw is one draw of one member in all units");
        rows[0].clone()
    }

    #[test]
    fn one_pick_is_shared_by_all_units_and_members_give_their_shares() {
        let (a, b) = (field(0, 50), field(1, 50));
        let picks = origins(&combine(&json!({}), &[("a", &a), ("b", &b)], 7).unwrap());
        assert_eq!(picks.iter().filter(|p| p.0 == 0).count(), 25);
        assert!(picks.iter().enumerate().all(|(j, p)| p.1 == j));
        // Every stretch of ten draws has some of both.
        assert!(picks.chunks(10).all(|c| (2..=8).contains(&c.iter().filter(|p| p.0 == 0).count())));
        let settings = json!({"weights": {"a": 3, "b": 1}});
        let picks = origins(&combine(&settings, &[("a", &a), ("b", &b)], 7).unwrap());
        assert!((37..=38).contains(&picks.iter().filter(|p| p.0 == 0).count()));
    }

    #[test]
    fn all_draws_come_out_once() {
        let (a, b) = (field(0, 50), field(1, 50));
        let all = combine(&json!({"draws": "all"}), &[("a", &a), ("b", &b)], 7).unwrap();
        let mut picks = origins(&all);
        picks.sort_unstable();
        let expected: Vec<(usize, usize)> = (0..2).flat_map(|m| (0..50).map(move |d| (m, d))).collect();
        assert_eq!(picks, expected);
        assert_eq!(combine(&json!({"draws": "all"}), &[("a", &a)], 7).unwrap(), a);
    }

    #[test]
    fn members_may_differ_in_their_number_of_draws() {
        let (a, b) = (field(0, 50), field(1, 10));
        let picks = origins(&combine(&json!({}), &[("a", &a), ("b", &b)], 7).unwrap());
        assert_eq!((picks.len(), picks.iter().filter(|p| p.0 == 0).count()), (50, 25));
        for d in 0..10 {
            assert!((2..=3).contains(&picks.iter().filter(|p| **p == (1, d)).count()));
        }
    }

    #[test]
    fn other_seeds_and_origins_pick_other_draws() {
        let (a, b) = (field(0, 50), field(1, 50));
        let with = |seed| combine(&json!({}), &[("a", &a), ("b", &b)], seed).unwrap();
        assert!(with(1) == with(1) && with(1) != with(2));
        let later = |f: &Field| {
            Field::draws(Period(6), f.step, f.units().clone(), f.width(), f.values().to_vec()).unwrap()
        };
        let next = combine(&json!({}), &[("a", &later(&a)), ("b", &later(&b))], 1).unwrap();
        assert_ne!(next.values(), with(1).values());
    }

    #[test]
    fn totals_over_units_are_as_uncertain_as_those_of_the_members() {
        // One number a draw moves all units; a pick per unit would lose nearly all of the spread of the total.
        let shared = |seed: u64| {
            let level = |d: usize| (Stream::new(seed, &[d as u64]).uniform(0) * 100.0) as f32;
            let units = (0..40).map(Unit).collect();
            let values = (0..40 * 100).map(|i| level(i % 100)).collect();
            Field::draws(Period(5), Step(1), units, 100, values).unwrap()
        };
        let deviation = |field: &Field| {
            let total = |d: usize| field.rows().map(|row| f64::from(row[d])).sum::<f64>();
            let totals: Vec<f64> = (0..100).map(total).collect();
            let mean = totals.iter().sum::<f64>() / 100.0;
            (totals.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / 100.0).sqrt()
        };
        let (a, b) = (shared(1), shared(2));
        let pooled = combine(&json!({}), &[("a", &a), ("b", &b)], 7).unwrap();
        assert!(deviation(&pooled) > 0.8 * deviation(&a).min(deviation(&b)));
    }
}
