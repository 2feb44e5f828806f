//! The energy score: the CRPS of several dimensions at once.

use crate::simd::{Level, dispatch};
use crate::trajectories::{Element, Members, Trajectories};
use crate::vectors::{self, Kernel, LANES, Vectors};

/// Members whose distances to those of a block are computed together.
const GROUP: usize = 4;

/// Energy score of every case, in the unit of the values: `mean_i ||x_i - y|| - sum_ij ||x_i - x_j|| / (2 m^2)`
/// with Euclidean norms over the dimensions. Gneiting and Raftery (2007), doi:10.1198/016214506000001437.
///
/// The fair score divides by `2 m (m - 1)` instead, which makes its expectation independent of `m`; it can be
/// negative, and one member gives NaN. A missing value anywhere in a case, or an infinite member, gives NaN.
///
/// `observed` is cases x dimensions. Distances between `f32` members are computed in `f32` wherever their squares
/// are safe, and added in `f64`: within 1e-6 of the mean distance to the truth. Of `f64` everything is `f64`.
///
/// # Panics
/// When there is not one observation for every dimension of every case.
pub fn scores<T: Element>(trajectories: &Trajectories<'_, T>, observed: &[T], fair: bool) -> Vec<f64> {
    scores_at(Level::best(), trajectories, observed, fair)
}

fn scores_at<T: Element>(level: Level, x: &Trajectories<'_, T>, observed: &[T], fair: bool) -> Vec<f64> {
    x.check(observed);
    let shape = x.shape();
    let m = shape.members as f64;
    x.each(
        || Members::<T>::new(shape),
        |members, case| {
            members.fill(x, case);
            let to_truth = to_truth(level, members, x.truth(observed, case));
            let pairs = if to_truth == 0.0 || to_truth.is_nan() {
                0.0
            } else if T::SQUARABLE.contains(&to_truth) {
                vectors::run(level, HalfPairs(members))
            } else {
                let mut wide = Members::<f64>::new(shape);
                wide.fill(x, case);
                vectors::run(level, HalfPairs(&wide))
            };
            to_truth / m - pairs / (m * (m - f64::from(fair)))
        },
    )
}

dispatch! {
    /// `sum_i ||x_i - y||`, in `f64`; NaN when anything is.
    fn to_truth<T: Element>(members: &Members<T>, truth: &[T]) -> f64 = to_truth_body;
}

#[inline(always)]
fn to_truth_body<T: Element>(members: &Members<T>, truth: &[T]) -> f64 {
    let mut sum = 0.0;
    for block in 0..members.blocks() {
        let mut squares = [0.0; LANES];
        for (dim, &y) in members.dims().zip(truth) {
            let (x, y): (_, f64) = (&dim[block], y.into());
            for lane in 0..LANES {
                let difference = x[lane].into() - y;
                squares[lane] += difference * difference;
            }
        }
        let inside = (members.members() - block * LANES).min(LANES);
        sum += squares[..inside].iter().map(|s| s.sqrt()).sum::<f64>();
    }
    sum
}

/// `sum_(i<j) ||x_i - x_j||`.
struct HalfPairs<'a, A>(&'a Members<A>);

impl<A: Element> Kernel<A> for HalfPairs<'_, A> {
    #[inline(always)]
    fn run<V: Vectors<Number = A>>(self, v: V) -> f64 {
        let members = self.0;
        let (mut own, mut later) = ([0.0; LANES], [0.0; LANES]);
        for first in (0..members.members()).step_by(GROUP) {
            let diagonal = first / LANES;
            // A block on the diagonal holds every pair twice, and the distance of a member to itself, 0.
            add_distances(v, members, (first, diagonal), &mut own);
            for block in diagonal + 1..members.blocks() {
                add_distances(v, members, (first, block), &mut later);
            }
        }
        own.iter().sum::<f64>() / 2.0 + later.iter().sum::<f64>()
    }
}

/// Adds the distances of [`GROUP`] members to each member of a block.
#[inline(always)]
fn add_distances<V: Vectors>(
    v: V,
    members: &Members<V::Number>,
    (first, block): (usize, usize),
    sums: &mut [f64; LANES],
) {
    let mut squares = [v.splat(V::Number::default()); GROUP];
    let (own, group) = (first / LANES, first % LANES / GROUP);
    for dim in members.dims() {
        let (some, others) = (&dim[own].as_chunks::<GROUP>().0[group], v.load(&dim[block]));
        for (square, &x) in squares.iter_mut().zip(some) {
            let difference = v.sub(v.splat(x), others);
            *square = v.add(*square, v.mul(difference, difference));
        }
    }
    let [a, b, c, d] = squares;
    let (rows, inside) = (members.members() - first, members.members() - block * LANES);
    let mut distances = v.sqrt(a);
    for (row, square) in [b, c, d].into_iter().enumerate() {
        distances = if row + 1 < rows { v.add(distances, v.sqrt(square)) } else { distances };
    }
    let distances = v.store(distances);
    for lane in 0..LANES {
        sums[lane] += if lane < inside { distances[lane].into() } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::trajectories::{Shape, tests::cases};

    /// The definition, word for word: the score, and the mean distance to the truth.
    fn by_definition(members: &[Vec<f64>], y: &[f64], fair: bool) -> (f64, f64) {
        let norm = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let m = members.len() as f64;
        let to_truth = members.iter().map(|x| norm(x, y)).sum::<f64>() / m;
        let spread: f64 = members.iter().flat_map(|a| members.iter().map(move |b| norm(a, b))).sum();
        (to_truth - spread / (2.0 * m * (m - f64::from(fair))), to_truth)
    }

    /// The members of one case.
    fn members<T: Element>(x: &Trajectories<'_, T>, case: usize) -> Vec<Vec<f64>> {
        let Shape { dims, members, .. } = x.shape();
        (0..members).map(|k| (0..dims).map(|d| x.get(case, d, k).into()).collect()).collect()
    }

    #[test]
    fn worked_by_hand() {
        // Members (3, 4) and (0, 0), truth (0, 0): 5/2 - 10/8; fair 5/2 - 10/4.
        let x = [3.0_f32, 0.0, 4.0, 0.0];
        let x = Trajectories::case_dim_member(&x, Shape { cases: 1, dims: 2, members: 2 });
        assert_eq!(scores(&x, &[0.0, 0.0], false), [1.25]);
        assert_eq!(scores(&x, &[0.0, 0.0], true), [0.0]);
    }

    #[test]
    fn a_published_case() {
        // Input `mv_m1` of the comparison of peers; scoringrules 0.10.0 gives the same.
        let x = Trajectories::case_member_dim(&[1.0, 0.0, 5.0], Shape { cases: 1, dims: 3, members: 1 });
        assert_eq!(scores(&x, &[1.0, 2.0, 3.0], false), [8.0_f64.sqrt()]);
        assert!(scores(&x, &[1.0, 2.0, 3.0], true)[0].is_nan(), "one member says nothing about spread");
    }

    #[test]
    fn a_missing_or_infinite_value_is_not_scored() {
        let shape = Shape { cases: 2, dims: 1, members: 2 };
        for missing in [f32::NAN, f32::INFINITY] {
            let x = [0.0, missing, 0.0, 1.0];
            let scores = scores(&Trajectories::case_dim_member(&x, shape), &[1.0, 1.0], false);
            assert!(scores[0].is_nan() && scores[1] == 0.25, "{scores:?}");
        }
        let x = Trajectories::case_dim_member(&[0.0, 1.0, 0.0, 1.0], shape);
        assert!(scores(&x, &[1.0, f32::NAN], false)[1].is_nan());
    }

    #[test]
    fn very_large_and_very_small_values_keep_their_score() {
        for scale in [1e-30_f32, 1e30] {
            let x = [3.0 * scale, 0.0, 4.0 * scale, 0.0];
            let x = Trajectories::case_dim_member(&x, Shape { cases: 1, dims: 2, members: 2 });
            let score = scores(&x, &[0.0, 0.0], false)[0] / f64::from(scale);
            assert!((score - 1.25).abs() < 1e-6, "{score}");
        }
    }

    proptest! {
        #[test]
        fn every_level_agrees_with_the_definition((shape, x, y) in cases(), fair in any::<bool>()) {
            let wide = |v: &[f32]| v.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            let (wide_x, wide_y) = (wide(&x), wide(&y));
            let singles = Trajectories::case_member_dim(&x, shape);
            let doubles = Trajectories::case_member_dim(&wide_x, shape);
            let reference = (
                scores_at(Level::Portable, &singles, &y, fair),
                scores_at(Level::Portable, &doubles, &wide_y, fair),
            );
            for case in 0..shape.cases {
                let (expected, scale) = by_definition(&members(&doubles, case), doubles.truth(&wide_y, case), fair);
                let close = |score: f64, tolerance: f64| {
                    (score - expected).abs() <= tolerance * scale || score.is_nan() && expected.is_nan()
                };
                prop_assert!(close(reference.0[case], 1e-6), "{} {expected}", reference.0[case]);
                prop_assert!(close(reference.1[case], 1e-12), "{} {expected}", reference.1[case]);
            }
            let bits = |scores: &[f64]| scores.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
            for level in Level::available() {
                prop_assert_eq!(bits(&scores_at(level, &singles, &y, fair)), bits(&reference.0));
                prop_assert_eq!(bits(&scores_at(level, &doubles, &wide_y, fair)), bits(&reference.1));
            }
        }
    }
}
