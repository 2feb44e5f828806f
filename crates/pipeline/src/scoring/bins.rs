//! Two distributions over the same bins.

use forewarn_data::score_table::{Distribution, DistributionPair};
use forewarn_kernels::histogram::{Edges, counts};

/// Masses of both distributions, bin by bin; not scaled to one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bins {
    pub(super) p: Vec<f64>,
    pub(super) q: Vec<f64>,
    /// One more than bins, if they are known.
    pub(super) edges: Option<Vec<f64>>,
}

impl Bins {
    /// The bins of a pair: all edges there are, its own and those that were declared, have to be equal; samples are
    /// counted in them. Otherwise, why they cannot be compared bin by bin.
    pub(super) fn of(pair: &DistributionPair, declared: Option<&[f64]>) -> Result<Self, String> {
        let known = [("p", edges_of(&pair.p)), ("q", edges_of(&pair.q)), ("--edges", declared)];
        let mut known = known.into_iter().filter_map(|(name, edges)| Some((name, edges?)));
        let edges = known.next();
        if let Some(first) = edges {
            known.try_for_each(|other| same_edges(first, other))?;
        }
        let edges = edges.map(|(_, edges)| edges);
        let (p, q) = (masses("p", &pair.p, edges)?, masses("q", &pair.q, edges)?);
        if p.len() != q.len() {
            return Err(format!("p has {} bins, q has {}; they have to be the same bins", p.len(), q.len()));
        }
        for (name, masses) in [("p", &p), ("q", &q)] {
            let sum: f64 = masses.iter().sum();
            if sum == 0.0 || !sum.is_finite() {
                return Err(format!("the masses of {name} add up to {sum}: that is no distribution"));
            }
        }
        Ok(Self { p, q, edges: edges.map(<[f64]>::to_vec) })
    }

    /// Where the mass of each bin sits: at its midpoint, or at its number where the edges are not known. Otherwise, which
    /// bin has mass but no midpoint.
    pub(super) fn positions(&self) -> Result<Vec<f64>, String> {
        let Some(edges) = &self.edges else { return Ok((1..=self.p.len()).map(|bin| bin as f64).collect()) };
        let position = |(i, edge): (usize, &[f64])| match f64::midpoint(edge[0], edge[1]) {
            middle if middle.is_finite() => Ok(middle),
            _ if self.p[i] == 0.0 && self.q[i] == 0.0 => Ok(0.0), // never read, as it has no mass
            _ => {
                let reason = "has mass and no midpoint; give a finite edge";
                Err(format!("bin {} ({} to {}) {reason}", i + 1, edge[0], edge[1]))
            }
        };
        edges.windows(2).enumerate().map(position).collect()
    }
}

fn edges_of(distribution: &Distribution) -> Option<&[f64]> {
    match distribution {
        Distribution::Masses { edges, .. } => edges.as_deref(),
        Distribution::Sample(_) => None,
    }
}

fn same_edges((a, first): (&str, &[f64]), (b, second): (&str, &[f64])) -> Result<(), String> {
    if first.len() != second.len() {
        let (m, n) = (first.len() - 1, second.len() - 1);
        return Err(format!("{a} has {m} bins, {b} has {n}; they have to be the same bins"));
    }
    match first.iter().zip(second).position(|(x, y)| x != y) {
        None => Ok(()),
        Some(i) => {
            let (x, y, i) = (first[i], second[i], i + 1);
            Err(format!("edge {i} is {x} in {a} and {y} in {b}; they have to be the same bins"))
        }
    }
}

/// The mass of each bin; of a sample, how many of its values are in it.
fn masses(name: &str, distribution: &Distribution, edges: Option<&[f64]>) -> Result<Vec<f64>, String> {
    match (distribution, edges) {
        (Distribution::Masses { mass, .. }, Some(edges)) if mass.len() + 1 != edges.len() => {
            let (m, n) = (mass.len(), edges.len() - 1);
            Err(format!("{name} has {m} bins, the edges make {n}; they have to be the same bins"))
        }
        (Distribution::Masses { mass, .. }, _) => Ok(mass.clone()),
        (Distribution::Sample(values), Some(edges)) => counted(name, values, edges),
        (Distribution::Sample(_), None) => {
            Err(format!("{name} is a sample and has no bins; declare them with `--edges 0,1,5,inf`"))
        }
    }
}

fn counted(name: &str, values: &[f64], edges: &[f64]) -> Result<Vec<f64>, String> {
    let bins = Edges::new(edges).ok_or_else(|| "edges have to ascend".to_owned())?;
    let counts = counts(values, &bins);
    let (outside, known) = (counts.under + counts.over, values.len() as u64 - counts.missing);
    if outside > 0 {
        let (first, last) = (edges[0], edges[edges.len() - 1]);
        return Err(format!(
            "{outside} of {known} values of {name} lie outside the bins: {} below {first}, {} at or above {last}; \
             declare wider ones (the outermost edges may be -inf and inf)",
            counts.under, counts.over
        ));
    }
    Ok(counts.bins.iter().map(|&n| n as f64).collect())
}
