//! How far two distributions are apart.

use forewarn_data::score_table::{Distribution, DistributionPair};
use forewarn_kernels::divergence::{Divergence, smoothed};
use forewarn_kernels::sinkhorn;
use forewarn_kernels::wasserstein::{Weighted, energy_distance, energy_distance_weighted, w1, w1_weighted};
use serde::Serialize;

use super::bins::Bins;
use super::{Answer, Answers};
use crate::{Error, Result};

/// A distance or divergence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bin by bin, wherever the bins are.
    Bins(Divergence),
    /// Wasserstein distance of order 1.
    Wasserstein,
    /// Energy distance.
    EnergyDistance,
    /// Cost of the plan of least cost with entropy.
    Sinkhorn,
}

/// All kinds by name.
pub const KINDS: [(&str, Kind); 8] = [
    ("jensen-shannon", Kind::Bins(Divergence::JensenShannon)),
    ("jeffreys", Kind::Bins(Divergence::Jeffreys)),
    ("kullback-leibler", Kind::Bins(Divergence::KullbackLeibler)),
    ("hellinger", Kind::Bins(Divergence::Hellinger)),
    ("total-variation", Kind::Bins(Divergence::TotalVariation)),
    ("wasserstein", Kind::Wasserstein),
    ("energy-distance", Kind::EnergyDistance),
    ("sinkhorn", Kind::Sinkhorn),
];

/// Greatest sum of differences between the plan's row sums and `p` (a share) and most iterations of `sinkhorn`.
const TOLERANCE: f64 = 1e-11;
const ITERATIONS: usize = 10_000;
/// Share of the greatest distance that `sinkhorn` is regularised by unless told.
const REGULARISATION: f64 = 0.02;

/// How to compare.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// Edges of bins in which samples are counted, ascending; `lower <= x < upper` is in a bin.
    pub edges: Option<Vec<f64>>,
    /// What is added to the share of each bin of both distributions, which are then scaled to one again, for the
    /// divergences that go bin by bin; 0 or more.
    pub smoothing: f64,
    /// Weight of the entropy for `sinkhorn`, above 0, in the unit of the positions; without, a fiftieth of the greatest
    /// distance between bins.
    pub regularisation: Option<f64>,
}

/// Divergences of two distributions. As JSON: `{"n": [.., ..], "missing": [.., ..], "positions": .., "smoothing": ..,
/// "regularisation": .., "scores": {..}, "reasons": {..}}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Divergences {
    /// Bins of a histogram, known values of a sample; of `p` and `q`.
    pub n: [usize; 2],
    /// What they are.
    #[serde(skip)]
    pub counted: [&'static str; 2],
    /// Missing values of a sample, which are left out.
    pub missing: [usize; 2],
    /// Where the distances between values come from.
    pub positions: &'static str,
    /// What was added to each share.
    pub smoothing: f64,
    /// Weight of the entropy in `sinkhorn`, if there are bins for it.
    pub regularisation: Option<f64>,
    /// The numbers.
    #[serde(flatten)]
    pub answers: Answers,
}

impl Comparison {
    /// The divergences of `p` from `q`. One that cannot be computed says why, and stops no other.
    ///
    /// # Errors
    /// [`Error::Config`] for settings out of their range.
    pub fn of(&self, pair: &DistributionPair, kinds: &[(&str, Kind)]) -> Result<Divergences> {
        self.check()?;
        let sides = Sides { bins: Bins::of(pair, self.edges.as_deref()), samples: samples(pair) };
        let of_bins = |bins: &Bins| Some(self.regularisation(bins, &bins.positions().ok()?));
        let regularisation = sides.bins.as_ref().ok().and_then(of_bins);
        let answer = |(name, kind): &(&str, Kind)| {
            let value = self.value(*kind, &sides).and_then(|v| finite(v, *kind));
            Answer { label: (*name).to_owned(), value, note: note(*kind, regularisation) }
        };
        let (p, q) = (size(&pair.p), size(&pair.q));
        Ok(Divergences {
            n: [p.n, q.n],
            counted: [p.counted, q.counted],
            missing: [p.missing, q.missing],
            positions: sides.positions(),
            smoothing: self.smoothing,
            regularisation,
            answers: Answers(kinds.iter().map(answer).collect()),
        })
    }

    fn check(&self) -> Result<()> {
        let ascends = |e: &Vec<f64>| e.len() > 1 && e.windows(2).all(|pair| pair[0] < pair[1]);
        if !self.edges.as_ref().is_none_or(ascends) {
            return Err(Error::config("--edges", "give two or more, each greater than the one before"));
        }
        if !(self.smoothing.is_finite() && self.smoothing >= 0.0) {
            let reason = format!("it is {}; give a share of 0 or more, such as 1e-6", self.smoothing);
            return Err(Error::config("--smoothing", reason));
        }
        match self.regularisation {
            Some(e) if !(e.is_finite() && e > 0.0) => {
                Err(Error::config("--regularisation", format!("it is {e}; give a number above 0")))
            }
            _ => Ok(()),
        }
    }

    fn value(&self, kind: Kind, sides: &Sides) -> Result<f64, String> {
        match (kind, &sides.samples) {
            (Kind::Wasserstein, Some(samples)) => of_samples(samples, w1),
            (Kind::EnergyDistance, Some(samples)) => of_samples(samples, energy_distance),
            (Kind::Wasserstein, None) => sides.weighted(w1_weighted),
            (Kind::EnergyDistance, None) => sides.weighted(energy_distance_weighted),
            (Kind::Bins(divergence), _) => self.by_bin(divergence, sides.bins.as_ref()?),
            (Kind::Sinkhorn, _) => self.sinkhorn(sides.bins.as_ref()?),
        }
    }

    fn by_bin(&self, divergence: Divergence, bins: &Bins) -> Result<f64, String> {
        let (p, q) = (smoothed(&bins.p, self.smoothing), smoothed(&bins.q, self.smoothing));
        let value = divergence.of(&p, &q);
        if value != f64::INFINITY {
            return Ok(value);
        }
        let lacks = |a: &[f64], b: &[f64]| a.iter().zip(b).position(|(a, b)| *a > 0.0 && *b == 0.0);
        Err(match (lacks(&p, &q), lacks(&q, &p)) {
            (Some(bin), _) => format!("infinite: q is 0 in bin {} where p is not", bin + 1),
            (None, Some(bin)) => format!("infinite: p is 0 in bin {} where q is not", bin + 1),
            (None, None) => "infinite".to_owned(),
        })
    }

    /// The weight of the entropy.
    fn regularisation(&self, bins: &Bins, at: &[f64]) -> f64 {
        let held = at.iter().zip(bins.p.iter().zip(&bins.q)).filter(|(_, (p, q))| **p + **q > 0.0);
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = held.fold(ends, |(low, high), (&x, _)| (low.min(x), high.max(x)));
        // Where all mass is in one bin every regularisation gives the same plan.
        let width = if high > low { high - low } else { 1.0 };
        self.regularisation.unwrap_or(REGULARISATION * width)
    }

    fn sinkhorn(&self, bins: &Bins) -> Result<f64, String> {
        let at = bins.positions()?;
        let regularisation = self.regularisation(bins, &at);
        let settings = sinkhorn::Settings { regularisation, tolerance: TOLERANCE, iterations: ITERATIONS };
        let plan = sinkhorn::transport(&bins.p, &bins.q, |i, j| (at[i] - at[j]).abs(), settings)
            .ok_or("the distances are beyond the range of numbers")?;
        if plan.converged {
            return Ok(plan.cost);
        }
        Err(format!(
            "no convergence in {} iterations (the plan misses p by {:.1e}, {TOLERANCE:.0e} is allowed); raise \
             `--regularisation` above {regularisation}",
            plan.iterations, plan.marginal_error
        ))
    }
}

/// What can be compared.
struct Sides {
    bins: Result<Bins, String>,
    /// Known values, if both are samples.
    samples: Option<[Vec<f64>; 2]>,
}

impl Sides {
    fn weighted(&self, distance: fn(Weighted<'_>, Weighted<'_>) -> f64) -> Result<f64, String> {
        let bins = self.bins.as_ref()?;
        let values = &bins.positions()?;
        Ok(distance(Weighted { values, weights: &bins.p }, Weighted { values, weights: &bins.q }))
    }

    fn positions(&self) -> &'static str {
        match (&self.samples, &self.bins) {
            (Some(_), _) => "values of the samples (of sinkhorn: midpoints of the bins)",
            (None, Ok(Bins { edges: None, .. })) => "numbers of the bins, as no edges are given",
            _ => "midpoints of the bins",
        }
    }
}

fn samples(pair: &DistributionPair) -> Option<[Vec<f64>; 2]> {
    let known = |d: &Distribution| match d {
        Distribution::Sample(values) => Some(values.iter().copied().filter(|v| !v.is_nan()).collect()),
        Distribution::Masses { .. } => None,
    };
    Some([known(&pair.p)?, known(&pair.q)?])
}

fn of_samples([p, q]: &[Vec<f64>; 2], distance: fn(&[f64], &[f64]) -> f64) -> Result<f64, String> {
    for (name, values) in [("p", p), ("q", q)] {
        if values.is_empty() {
            return Err(format!("all values of {name} are missing"));
        }
        if values.iter().any(|v| v.is_infinite()) {
            return Err(format!("{name} has infinite values, from which nothing has a distance"));
        }
    }
    Ok(distance(p, q))
}

/// How much a distribution holds.
struct Size {
    n: usize,
    counted: &'static str,
    missing: usize,
}

fn size(distribution: &Distribution) -> Size {
    match distribution {
        Distribution::Masses { mass, .. } => Size { n: mass.len(), counted: "bins", missing: 0 },
        Distribution::Sample(values) => {
            let missing = values.iter().filter(|v| v.is_nan()).count();
            Size { n: values.len() - missing, counted: "values", missing }
        }
    }
}

fn finite(value: f64, kind: Kind) -> Result<f64, String> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(format!("{kind:?} is {value}: beyond the range of numbers"))
    }
}

fn note(kind: Kind, regularisation: Option<f64>) -> String {
    let unit = match kind {
        Kind::Bins(Divergence::JensenShannon) => "nats, 0 to 0.693",
        Kind::Bins(Divergence::Jeffreys) => "nats, both directions added",
        Kind::Bins(Divergence::KullbackLeibler) => "nats, of p from q",
        Kind::Bins(Divergence::Hellinger | Divergence::TotalVariation) => "0 to 1",
        Kind::Wasserstein => "distance, order 1",
        Kind::EnergyDistance => "root of a distance",
        Kind::Sinkhorn => "distance",
    };
    match (kind, regularisation) {
        (Kind::Sinkhorn, Some(weight)) => format!("{unit}, regularisation {weight}"),
        _ => unit.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_2;

    use super::*;

    fn histogram(edges: Option<&[f64]>, mass: &[f64]) -> Distribution {
        Distribution::Masses { edges: edges.map(<[f64]>::to_vec), mass: mass.to_vec() }
    }

    fn sample(values: &[f64]) -> Distribution {
        Distribution::Sample(values.to_vec())
    }

    fn all(p: Distribution, q: Distribution, how: &Comparison) -> Vec<Result<f64, String>> {
        let found = how.of(&DistributionPair { p, q }, &KINDS).unwrap();
        found.answers.0.into_iter().map(|a| a.value).collect()
    }

    fn near(found: &Result<f64, String>, expected: f64) -> bool {
        found.as_ref().is_ok_and(|v| (v - expected).abs() < 1e-9)
    }

    #[test]
    fn disjoint_masses_are_as_far_apart_as_can_be() {
        let edges: &[f64] = &[0.0, 2.0, 4.0];
        let far = all(
            histogram(Some(edges), &[7.0, 0.0]),
            histogram(Some(edges), &[0.0, 3.0]),
            &Comparison::default(),
        );
        assert!(near(&far[0], LN_2) && near(&far[3], 1.0) && near(&far[4], 1.0), "{far:?}");
        assert_eq!(far[1], Err("infinite: q is 0 in bin 1 where p is not".to_owned()));
        assert_eq!(far[2], far[1]);
        // Midpoints are 1 and 3; the energy distance is sqrt(2 * 2).
        assert!(near(&far[5], 2.0) && near(&far[6], 2.0) && near(&far[7], 2.0), "{far:?}");
        let numbers = all(histogram(None, &[7.0, 0.0]), histogram(None, &[0.0, 3.0]), &Comparison::default());
        assert!(near(&numbers[5], 1.0), "without edges bins are 1 apart: {numbers:?}");
    }

    #[test]
    fn smoothing_is_of_shares_and_moves_no_mass() {
        let how = Comparison { smoothing: 0.5, ..Comparison::default() };
        let found = all(histogram(None, &[10.0, 0.0]), histogram(None, &[0.0, 1.0]), &how);
        // Shares 3/4 and 1/4 the one way, 1/4 and 3/4 the other.
        assert!(near(&found[2], 0.5 * 3.0_f64.ln()) && near(&found[1], 3.0_f64.ln()), "{found:?}");
        assert!(near(&found[4], 0.5) && near(&found[5], 1.0), "{found:?}");
    }

    #[test]
    fn samples_are_compared_as_they_are_or_in_declared_bins() {
        let (p, q) = (sample(&[0.0, 1.0, f64::NAN, 3.0]), sample(&[5.0, 6.0, 8.0]));
        let found = all(p.clone(), q.clone(), &Comparison::default());
        assert!(near(&found[5], 5.0), "{found:?}");
        assert!(found[0].as_ref().unwrap_err().contains("declare them with `--edges"), "{found:?}");
        let how = Comparison { edges: Some(vec![0.0, 4.0, f64::INFINITY]), ..Comparison::default() };
        let found = all(p.clone(), q.clone(), &how);
        assert!(near(&found[0], LN_2) && near(&found[5], 5.0), "{found:?}");
        assert!(
            found[7].as_ref().unwrap_err().contains("bin 2 (4 to inf) has mass and no midpoint"),
            "{found:?}"
        );
        let how = Comparison { edges: Some(vec![1.0, 6.0, 8.0]), ..Comparison::default() };
        let outside = "1 of 3 values of p lie outside the bins: 1 below 1, 0 at or above 8";
        let found = all(p, q.clone(), &how);
        assert!(found[0].as_ref().unwrap_err().starts_with(outside) && near(&found[5], 5.0), "{found:?}");
        let mixed = all(histogram(Some(&[0.0, 6.0, 9.0]), &[1.0, 2.0]), q, &Comparison::default());
        assert!(
            near(&mixed[4], 0.0) && near(&mixed[5], 0.0),
            "a sample is counted in the other's bins: {mixed:?}"
        );
    }

    #[test]
    fn other_bins_are_no_distance() {
        let why = |p, q| all(p, q, &Comparison::default())[0].clone().unwrap_err();
        let three = histogram(Some(&[0.0, 1.0, 2.0, 3.0]), &[1.0; 3]);
        assert!(why(three.clone(), histogram(None, &[1.0; 2])).starts_with("q has 2 bins, the edges make 3"));
        assert!(
            why(histogram(None, &[1.0]), histogram(None, &[1.0; 2])).starts_with("p has 1 bins, q has 2")
        );
        let other = histogram(Some(&[0.0, 1.0, 2.5, 3.0]), &[1.0; 3]);
        assert!(why(three.clone(), other).starts_with("edge 3 is 2 in p and 2.5 in q"));
        assert!(
            why(three.clone(), histogram(Some(&[0.0, 1.0]), &[1.0])).starts_with("p has 3 bins, q has 1")
        );
        assert!(why(three, histogram(None, &[0.0; 3])).starts_with("the masses of q add up to 0"));
    }

    #[test]
    fn sinkhorn_is_known_and_says_when_it_is_not_there() {
        // POT's sinkhorn2 of p and q on |i - j| with reg = 1.
        let (p, q) = (histogram(None, &[0.1, 0.2, 0.7]), histogram(None, &[0.3, 0.3, 0.4]));
        let how = Comparison { regularisation: Some(1.0), ..Comparison::default() };
        assert!(near(&all(p.clone(), q.clone(), &how)[7], 0.597_030_006_002_207_6));
        let how = Comparison { regularisation: Some(1e-5), ..Comparison::default() };
        let found = &all(p.clone(), q.clone(), &how)[7];
        assert!(near(found, 0.5) || found.as_ref().unwrap_err().contains("no convergence"), "{found:?}");
        assert!((all(p, q, &Comparison::default())[7].as_ref().unwrap() - 0.5).abs() < 1e-3);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let pair = DistributionPair { p: sample(&[1.0]), q: sample(&[2.0]) };
        let refused = |how: Comparison| how.of(&pair, &KINDS).unwrap_err().exit_code() == 2;
        for edges in [vec![1.0], vec![1.0, 1.0], vec![0.0, f64::NAN]] {
            assert!(refused(Comparison { edges: Some(edges), ..Comparison::default() }));
        }
        assert!(refused(Comparison { smoothing: -1.0, ..Comparison::default() }));
        assert!(refused(Comparison { regularisation: Some(0.0), ..Comparison::default() }));
    }
}
