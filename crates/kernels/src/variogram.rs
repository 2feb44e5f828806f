//! The variogram score: whether the differences between the dimensions are right.

use crate::simd::Level;
use crate::trajectories::{Element, Members, Trajectories};
use crate::vectors::{self, Kernel, LANES, Vectors};

/// Blocks added up in the arithmetic of the values before they are added in `f64`.
const RUN: usize = 8;

/// Variogram score of order `power` of every case:
/// `sum_(i,j) w_ij (|y_i - y_j|^p - mean_k |x_ki - x_kj|^p)^2` over **all** pairs of dimensions, which is twice the
/// sum over `i < j`. Scheuerer and Hamill (2015), doi:10.1175/MWR-D-14-00269.1. The unit is that of the values to
/// the power `2 p`; one dimension scores 0.
///
/// The fair score takes from every square the sampling variance of its mean, `s^2 / m` with `s^2` over `m - 1`:
/// its expectation does not depend on `m`; it can be negative, and one member gives NaN.
///
/// `observed` is cases x dimensions, `weights` dimensions x dimensions (all 1 when there are none). Differences of
/// `f32` and their powers 1/2 and 1 are computed in `f32` and added in `f64`, everything else in `f64`. A missing
/// value anywhere in a case gives NaN.
///
/// # Panics
/// When there is not one observation for every dimension of every case, not one weight for every pair of
/// dimensions, or `power` is not above 0.
pub fn scores<T: Element>(
    trajectories: &Trajectories<'_, T>,
    observed: &[T],
    power: f64,
    weights: Option<&[f64]>,
    fair: bool,
) -> Vec<f64> {
    let weights = pair_weights(trajectories.shape().dims, weights);
    let pairs = Pairs { power: Power::of(power), weights, fair };
    scores_at(Level::best(), trajectories, observed, &pairs)
}

/// What is asked of every pair of dimensions.
struct Pairs {
    power: Power,
    /// Of the pairs `i < j` in order, both ways together.
    weights: Vec<f64>,
    fair: bool,
}

#[derive(Clone, Copy)]
enum Power {
    Half,
    One,
    Two,
    Other(f64),
}

impl Power {
    fn of(power: f64) -> Self {
        assert!(power > 0.0, "power {power}");
        match power {
            0.5 => Self::Half,
            1.0 => Self::One,
            2.0 => Self::Two,
            other => Self::Other(other),
        }
    }

    /// Whether `f32` can neither overflow nor lose small differences, squares of powers included if they are needed.
    fn keeps_range(self, squares: bool) -> bool {
        matches!((self, squares), (Self::Half, _) | (Self::One, false))
    }

    #[inline(always)]
    fn apply(self, differences: &mut [f64]) {
        match self {
            Self::Half => differences.iter_mut().for_each(|d| *d = d.abs().sqrt()),
            Self::One => differences.iter_mut().for_each(|d| *d = d.abs()),
            Self::Two => differences.iter_mut().for_each(|d| *d *= *d),
            Self::Other(p) => differences.iter_mut().for_each(|d| *d = d.abs().powf(p)),
        }
    }
}

fn pair_weights(dims: usize, weights: Option<&[f64]>) -> Vec<f64> {
    let Some(w) = weights else { return vec![2.0; dims * (dims - 1) / 2] };
    assert_eq!(w.len(), dims * dims, "one weight for every pair of dimensions");
    let row = |i: usize| (i + 1..dims).map(move |j| w[i * dims + j] + w[j * dims + i]);
    (0..dims).flat_map(row).collect()
}

fn scores_at<T: Element>(level: Level, x: &Trajectories<'_, T>, observed: &[T], pairs: &Pairs) -> Vec<f64> {
    x.check(observed);
    if pairs.power.keeps_range(pairs.fair) {
        scores_in::<T, T>(level, x, observed, pairs)
    } else {
        scores_in::<T, f64>(level, x, observed, pairs)
    }
}

/// The scores with the arithmetic `A`.
fn scores_in<T: Element, A: Element>(
    level: Level,
    x: &Trajectories<'_, T>,
    observed: &[T],
    pairs: &Pairs,
) -> Vec<f64> {
    x.each(
        || Members::<A>::new(x.shape()),
        |members, case| {
            members.fill(x, case);
            let truth: Vec<f64> = x.truth(observed, case).iter().map(|&y| y.into()).collect();
            // One member has no sampling variance that could be told, whatever rounding makes of it.
            let unknown = pairs.fair && x.shape().members < 2;
            if unknown || members.missing() || truth.iter().any(|y| y.is_nan()) {
                return f64::NAN;
            }
            vectors::run(level, Score { members, truth: &truth, pairs })
        },
    )
}

/// The score of one case.
struct Score<'a, A> {
    members: &'a Members<A>,
    truth: &'a [f64],
    pairs: &'a Pairs,
}

impl<A: Element> Kernel<A> for Score<'_, A> {
    #[inline(always)]
    fn run<V: Vectors<Number = A>>(self, v: V) -> f64 {
        match self.pairs.power {
            Power::Half => self.each_pair(v, |v, d| v.sqrt(v.abs(d))),
            Power::One => self.each_pair(v, V::abs),
            Power::Two => self.each_pair(v, |v, d| v.mul(d, d)),
            Power::Other(p) => {
                self.each_pair(v, |v, d| v.load(&v.store(v.abs(d)).map(|d| A::nearest(d.into().powf(p)))))
            }
        }
    }
}

impl<A: Element> Score<'_, A> {
    #[inline(always)]
    fn each_pair<V: Vectors<Number = A>>(self, v: V, power: impl Fn(V, V::Lanes) -> V::Lanes + Copy) -> f64 {
        let Self { members, truth, pairs } = self;
        let m = members.members() as f64;
        let zeros = vec![0.0; truth.len()];
        let (mut means, mut noise, mut observed) = (zeros.clone(), zeros.clone(), zeros);
        let (mut score, mut weights) = (0.0, pairs.weights.as_slice());
        for (i, &y) in truth.iter().enumerate() {
            let later = truth.len() - i - 1;
            add_up(v, members, i, &mut means, power);
            means[..later].iter_mut().for_each(|mean| *mean /= m);
            if pairs.fair {
                add_up(v, members, i, &mut noise, |v, d| v.mul(power(v, d), power(v, d)));
                variances_of_means(&mut noise[..later], &means, m);
            }
            let observed = &mut observed[..later];
            observed.iter_mut().zip(&truth[i + 1..]).for_each(|(d, other)| *d = y - other);
            pairs.power.apply(observed);
            let (own, rest) = weights.split_at(later);
            weights = rest;
            for (((term, mean), noise), weight) in observed.iter_mut().zip(&means).zip(&noise).zip(own) {
                let miss = *term - mean;
                *term = weight * (miss * miss - noise);
            }
            score += observed.iter().sum::<f64>();
        }
        score
    }
}

/// From sums of squares of `m` powers each, and their means, the estimated variances of the means.
#[inline(always)]
fn variances_of_means(squares: &mut [f64], means: &[f64], m: f64) {
    for (square, mean) in squares.iter_mut().zip(means) {
        *square = (*square - m * mean * mean).max(0.0) / (m * (m - 1.0));
    }
}

/// Sums over the members of a function of the difference of dimension `i` to each later one.
#[inline(always)]
fn add_up<V: Vectors>(
    v: V,
    members: &Members<V::Number>,
    i: usize,
    sums: &mut [f64],
    power: impl Fn(V, V::Lanes) -> V::Lanes + Copy,
) {
    let mut dims = members.dims();
    let Some(own) = dims.nth(i) else { return };
    for (sum, other) in sums.iter_mut().zip(dims) {
        *sum = 0.0;
        for (own, other) in own.chunks(RUN).zip(other.chunks(RUN)) {
            *sum += add_run(v, own, other, power);
        }
    }
}

/// One run of [`add_up`]; lanes without a member are zero in both dimensions, and add nothing.
#[inline(always)]
fn add_run<V: Vectors>(
    v: V,
    a: &[[V::Number; LANES]],
    b: &[[V::Number; LANES]],
    power: impl Fn(V, V::Lanes) -> V::Lanes,
) -> f64 {
    let mut run = v.splat(V::Number::default());
    for (a, b) in a.iter().zip(b) {
        run = v.add(run, power(v, v.sub(v.load(a), v.load(b))));
    }
    v.sum(run)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::trajectories::{Shape, tests::cases};

    /// The definition, word for word: the score, and the scale of its terms.
    fn by_definition(
        x: &Trajectories<'_, f64>,
        y: &[f64],
        case: usize,
        p: f64,
        w: &[f64],
        fair: bool,
    ) -> (f64, f64) {
        let Shape { dims, members, .. } = x.shape();
        let m = members as f64;
        let (mut score, mut scale) = (0.0, 0.0);
        for (i, j) in (0..dims).flat_map(|i| (0..dims).map(move |j| (i, j))) {
            let power = |k| (x.get(case, i, k) - x.get(case, j, k)).abs().powf(p);
            let mean = (0..members).map(power).sum::<f64>() / m;
            let observed = (y[i] - y[j]).abs().powf(p);
            let variance = (0..members).map(|k| (power(k) - mean).powi(2)).sum::<f64>() / (m - 1.0);
            let noise = if fair && i != j { variance / m } else { 0.0 };
            score += w[i * dims + j] * ((observed - mean).powi(2) - noise);
            scale += w[i * dims + j] * (observed + mean).powi(2);
            scale += if fair { w[i * dims + j] * variance } else { 0.0 };
        }
        (score, scale)
    }

    #[test]
    fn worked_by_hand() {
        // Dimensions 4 apart in one member, 0 in the other; in truth 1. Power 1/2: (1 - 1)^2; 1: (1 - 2)^2; both ways.
        let x = [4.0_f32, 0.0, 0.0, 0.0];
        let x = Trajectories::case_dim_member(&x, Shape { cases: 1, dims: 2, members: 2 });
        let y = [0.0, 1.0];
        assert_eq!(scores(&x, &y, 0.5, None, false), [0.0]);
        assert_eq!(scores(&x, &y, 1.0, None, false), [2.0]);
        assert_eq!(scores(&x, &y, 2.0, None, false), [2.0 * 49.0]);
        assert_eq!(scores(&x, &y, 3.0, None, false), [2.0 * 31.0 * 31.0]);
        assert_eq!(scores(&x, &y, 1.0, Some(&[9.0, 0.5, 0.25, 9.0]), false), [0.75]);
        // Powers 2 and 0: variance 2, of their mean 1; powers 4 and 0: 8, 4.
        assert_eq!(scores(&x, &y, 0.5, None, true), [-2.0]);
        assert_eq!(scores(&x, &y, 1.0, None, true), [2.0 * (1.0 - 4.0)]);
    }

    #[test]
    fn a_published_case() {
        // Input `mv_m1` of the comparison of peers; scoringrules 0.10.0 gives the same.
        let x = Trajectories::case_member_dim(&[1.0, 0.0, 5.0], Shape { cases: 1, dims: 3, members: 1 });
        let y = [1.0, 2.0, 3.0];
        assert!((scores(&x, &y, 0.5, None, false)[0] - 3.742_019_591_016_081).abs() < 1e-14);
        assert_eq!(scores(&x, &y, 1.0, None, false), [40.0]);
        assert!(scores(&x, &y, 1.0, None, true)[0].is_nan(), "one member says nothing about spread");
        let x =
            Trajectories::case_dim_member(&[0.0_f32, -0.598_181_07], Shape { cases: 1, dims: 2, members: 1 });
        assert!(scores(&x, &[0.0, 0.0], 0.5, None, true)[0].is_nan(), "nor does rounding");
    }

    #[test]
    fn a_missing_value_is_not_scored_even_where_there_are_no_pairs() {
        let x = [0.0_f32, f32::NAN, 0.0, 1.0];
        let x = Trajectories::case_dim_member(&x, Shape { cases: 2, dims: 1, members: 2 });
        let scored = scores(&x, &[0.0, 0.0], 0.5, None, false);
        assert!(scored[0].is_nan() && scored[1] == 0.0);
        assert!(scores(&x, &[0.0, f32::NAN], 0.5, None, false)[1].is_nan());
    }

    #[test]
    #[should_panic(expected = "power 0")]
    fn the_power_is_above_zero() {
        scores(
            &Trajectories::case_dim_member(&[0.0], Shape { cases: 1, dims: 1, members: 1 }),
            &[0.0],
            0.0,
            None,
            false,
        );
    }

    proptest! {
        #[test]
        fn every_level_agrees_with_the_definition(
            (shape, x, y) in cases(),
            power in prop_oneof![Just(0.5), Just(1.0), Just(2.0), Just(0.7)],
            weights in prop::collection::vec(0.0..2.0_f64, 64),
            fair in any::<bool>(),
        ) {
            let wide = |v: &[f32]| v.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
            let (wide_x, wide_y) = (wide(&x), wide(&y));
            let singles = Trajectories::case_dim_member(&x, shape);
            let doubles = Trajectories::case_dim_member(&wide_x, shape);
            let weights = &weights[..shape.dims * shape.dims];
            let pairs = Pairs { power: Power::of(power), weights: pair_weights(shape.dims, Some(weights)), fair };
            let reference = (
                scores_at(Level::Portable, &singles, &y, &pairs),
                scores_at(Level::Portable, &doubles, &wide_y, &pairs),
            );
            for case in 0..shape.cases {
                let y = doubles.truth(&wide_y, case);
                let (expected, scale) = by_definition(&doubles, y, case, power, weights, fair);
                let close = |score: f64, tolerance: f64| {
                    (score - expected).abs() <= tolerance * scale || score.is_nan() && expected.is_nan()
                };
                prop_assert!(close(reference.0[case], 1e-6) || shape.dims == 1, "{} {expected}", reference.0[case]);
                prop_assert!(close(reference.1[case], 1e-12) || shape.dims == 1, "{} {expected}", reference.1[case]);
            }
            let bits = |scores: &[f64]| scores.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
            for level in Level::available() {
                prop_assert_eq!(bits(&scores_at(level, &singles, &y, &pairs)), bits(&reference.0));
                prop_assert_eq!(bits(&scores_at(level, &doubles, &wide_y, &pairs)), bits(&reference.1));
            }
        }
    }
}
