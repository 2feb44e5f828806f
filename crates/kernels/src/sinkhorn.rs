//! Optimal transport with entropy: a smooth stand-in for [`crate::transport`].
//!
//! Sinkhorn's scaling (Cuturi 2013, arXiv:1306.0895) on logarithms, so that no small regularisation underflows (Peyre and
//! Cuturi 2019, doi:10.1561/2200000073, section 4.4). Points without mass are left out: they have no logarithm, and
//! libraries that keep them are wrong without a word.

use crate::simd::{Level, dispatch};

/// When to stop, and how smooth the plan is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Weight of the entropy, in the unit of the costs, above 0.
    pub regularisation: f64,
    /// Greatest sum of absolute differences between the plan's row sums and `p`, both of total 1.
    pub tolerance: f64,
    /// Most iterations.
    pub iterations: usize,
}

/// A regularised plan's cost, and whether it is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transport {
    /// Mass times cost of the plan, without the entropy, a unit of mass.
    pub cost: f64,
    /// Iterations taken.
    pub iterations: usize,
    /// Sum of absolute differences between the plan's row sums and `p`; its column sums are `q` but for rounding.
    pub marginal_error: f64,
    /// Whether that error is within the tolerance: if not, the cost is not to be used.
    pub converged: bool,
}

/// The plan that moves the masses `p` onto `q` (both divided by their totals) with the least
/// `sum P (C + e (ln P - 1))`, `e` the regularisation and `C` the `cost(i, j)` of a unit of mass.
///
/// Nothing for masses that are negative or NaN or whose total is 0 or not finite, a regularisation that is not above 0,
/// and costs that are not finite between points with mass.
pub fn transport(
    p: &[f64],
    q: &[f64],
    cost: impl Fn(usize, usize) -> f64,
    settings: Settings,
) -> Option<Transport> {
    let (from, to) = (support(p)?, support(q)?);
    let e = settings.regularisation;
    let costs: Vec<f64> =
        from.iter().flat_map(|a| to.iter().map(move |b| (a.0, b.0))).map(|(i, j)| cost(i, j) / e).collect();
    let valid = e > 0.0 && e < f64::INFINITY && costs.iter().all(|c| c.is_finite());
    valid.then(|| Scaling::new(costs, &from, &to).run(settings))
}

/// Points with mass and their shares.
fn support(masses: &[f64]) -> Option<Vec<(usize, f64)>> {
    let sum: f64 = masses.iter().sum();
    let valid = masses.iter().all(|&x| x >= 0.0) && sum > 0.0 && sum < f64::INFINITY;
    let shares = masses.iter().map(|x| x / sum).enumerate();
    valid.then(|| shares.filter(|(_, share)| *share > 0.0).collect())
}

/// Costs and potentials over the regularisation.
struct Scaling {
    costs: Vec<f64>,
    transposed: Vec<f64>,
    p: Vec<f64>,
    q: Vec<f64>,
    f: Vec<f64>,
    g: Vec<f64>,
}

impl Scaling {
    fn new(costs: Vec<f64>, from: &[(usize, f64)], to: &[(usize, f64)]) -> Self {
        let (rows, columns) = (from.len(), to.len());
        let at = |j: usize| (0..rows).map(move |i| i * columns + j);
        let transposed = (0..columns).flat_map(at).map(|k| costs[k]).collect();
        let share = |points: &[(usize, f64)]| points.iter().map(|(_, share)| *share).collect();
        Self { costs, transposed, p: share(from), q: share(to), f: vec![0.0; rows], g: vec![0.0; columns] }
    }

    fn run(mut self, settings: Settings) -> Transport {
        let level = Level::best();
        let (mut iterations, mut error) = (0, f64::INFINITY);
        for iteration in 0..=settings.iterations {
            // The row sums, with which f is updated, are also what tells how far from done it is.
            let mut difference = 0.0;
            let mut f = self.f.clone();
            for (i, f) in f.iter_mut().enumerate() {
                let log = log_sum_at(level, &self.g, &self.costs[i * self.g.len()..]);
                difference += ((*f + log).exp() - self.p[i]).abs();
                *f = self.p[i].ln() - log;
            }
            if iteration > 0 {
                (iterations, error) = (iteration, difference);
            }
            if error <= settings.tolerance || iteration == settings.iterations {
                break;
            }
            self.f = f;
            for (j, g) in self.g.iter_mut().enumerate() {
                let log = log_sum_at(level, &self.f, &self.transposed[j * self.f.len()..]);
                *g = self.q[j].ln() - log;
            }
        }
        let cost = self.cost() * settings.regularisation;
        Transport { cost, iterations, marginal_error: error, converged: error <= settings.tolerance }
    }

    fn cost(&self) -> f64 {
        let mut sum = 0.0;
        for (f, row) in self.f.iter().zip(self.costs.chunks_exact(self.g.len())) {
            for (g, c) in self.g.iter().zip(row) {
                sum += (f + g - c).exp() * c;
            }
        }
        sum
    }
}

/// `exp(x)` for `x <= 0`, and 0 below -708, without a branch: `2^k e^r` with `|r| <= ln(2) / 2` and 13 terms of the series.
#[inline(always)]
fn exp(x: f64) -> f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: what is added to it is rounded to a whole number
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * 6.931_471_803_691_238e-1) - k * 1.908_214_929_270_587_7e-10;
    let mut y = 1.0 / 6_227_020_800.0;
    for factorial in [
        479_001_600.0,
        39_916_800.0,
        3_628_800.0,
        362_880.0,
        40_320.0,
        5_040.0,
        720.0,
        120.0,
        24.0,
        6.0,
        2.0,
        1.0,
        1.0,
    ] {
        y = y * r + 1.0 / factorial;
    }
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    if x < -708.0 { 0.0 } else { y * scale }
}

/// `ln sum exp(potential - cost)`, from the greatest term; the first as many costs as there are potentials.
#[inline(always)]
fn log_sum_body(potentials: &[f64], costs: &[f64]) -> f64 {
    const LANES: usize = 32;
    let (blocks, rest) = potentials.as_chunks::<LANES>();
    let (cost_blocks, cost_rest) = costs[..potentials.len()].as_chunks::<LANES>();
    let mut most = [f64::NEG_INFINITY; LANES];
    for (potentials, costs) in blocks.iter().zip(cost_blocks) {
        for ((most, p), c) in most.iter_mut().zip(potentials).zip(costs) {
            *most = if p - c > *most { p - c } else { *most };
        }
    }
    let last = rest.iter().zip(cost_rest).fold(f64::NEG_INFINITY, |most, (p, c)| most.max(p - c));
    let greatest = most.iter().fold(last, |a, &b| a.max(b));
    let mut sums = [0.0; LANES];
    for (potentials, costs) in blocks.iter().zip(cost_blocks) {
        for ((sum, p), c) in sums.iter_mut().zip(potentials).zip(costs) {
            *sum += exp((p - c) - greatest);
        }
    }
    let last = rest.iter().zip(cost_rest).fold(0.0, |sum, (p, c)| sum + exp((p - c) - greatest));
    greatest + sums.iter().fold(last, |sum, s| sum + s).ln()
}

dispatch! {
    fn log_sum_at(potentials: &[f64], costs: &[f64]) -> f64 = log_sum_body;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::transport;

    fn line(i: usize, j: usize) -> f64 {
        i.abs_diff(j) as f64
    }

    fn settings(regularisation: f64) -> Settings {
        Settings { regularisation, tolerance: 1e-12, iterations: 100_000 }
    }

    #[test]
    fn the_method_on_logarithms_of_another_library() {
        // POT 0.9.7: sinkhorn2 with a regularisation of 1 and 0.1; with zeros only its `sinkhorn_log` is right.
        let cases = [
            (vec![0.1, 0.2, 0.7], vec![0.3, 0.3, 0.4], 1.0, 0.597_030_006_002_207_2),
            (vec![0.1, 0.2, 0.7], vec![0.3, 0.3, 0.4], 0.1, 0.500_000_001_717_611_3),
            (vec![0.5, 0.5, 0.0, 0.0], vec![0.25, 0.25, 0.5, 0.0], 0.1, 0.750_000_002_061_153_7),
            (
                vec![900.0, 60.0, 25.0, 10.0, 5.0],
                vec![940.0, 20.0, 10.0, 20.0, 10.0],
                0.1,
                0.060_003_556_182_733_24,
            ),
        ];
        for (p, q, regularisation, wanted) in cases {
            let got =
                transport(&p, &q, line, Settings { tolerance: 1e-8, ..settings(regularisation) }).unwrap();
            assert!(got.converged && (got.cost - wanted).abs() < 1e-6, "{got:?} {wanted}");
        }
    }

    #[test]
    fn one_point_on_each_side_needs_no_choice() {
        let got = transport(&[0.0, 3.0], &[5.0, 0.0], line, settings(0.01)).unwrap();
        assert!((got.cost - 1.0).abs() < 1e-12 && got.converged && got.iterations == 1, "{got:?}");
    }

    #[test]
    fn it_says_when_it_has_not_converged() {
        let few = Settings { iterations: 2, ..settings(0.01) };
        let got = transport(&[0.1, 0.2, 0.7], &[0.3, 0.3, 0.4], line, few).unwrap();
        assert!(!got.converged && got.iterations == 2 && got.marginal_error > 1e-12, "{got:?}");
        let none = Settings { iterations: 0, ..few };
        assert!(!transport(&[1.0], &[1.0], line, none).unwrap().converged);
    }

    #[test]
    fn what_has_no_plan() {
        for bad in [[0.0, 0.0], [-1.0, 2.0], [f64::NAN, 1.0], [f64::INFINITY, 1.0]] {
            assert_eq!(transport(&bad, &[1.0], line, settings(1.0)), None);
            assert_eq!(transport(&[1.0], &bad, line, settings(1.0)), None);
        }
        assert_eq!(transport(&[1.0], &[1.0], line, settings(0.0)), None);
        assert_eq!(transport(&[1.0], &[1.0], |_, _| f64::NAN, settings(1.0)), None);
    }

    #[test]
    fn the_exponential_is_the_librarys_but_for_rounding() {
        for i in 0..200_000 {
            let x = f64::from(i) * -0.003_541;
            let (got, wanted) = (exp(x), x.exp());
            assert!(
                (got - wanted).abs() <= 4.0 * f64::EPSILON * wanted || x < -708.0,
                "{x}: {got:e} {wanted:e}"
            );
        }
        assert_eq!((exp(0.0), exp(-709.0), exp(-1e9), exp(f64::NEG_INFINITY)), (1.0, 0.0, 0.0, 0.0));
    }

    proptest! {
        #[test]
        fn every_level_adds_up_the_same_bytes(x in proptest::collection::vec((-30.0..30.0, -900.0..900.0), 1..99)) {
            let (potentials, costs): (Vec<f64>, Vec<f64>) = x.into_iter().unzip();
            let plain = log_sum_body(&potentials, &costs);
            for level in Level::available() {
                prop_assert_eq!(log_sum_at(level, &potentials, &costs).to_bits(), plain.to_bits());
            }
            let greatest = potentials.iter().zip(&costs).fold(f64::NEG_INFINITY, |m, (p, c)| m.max(p - c));
            let sum: f64 = potentials.iter().zip(&costs).map(|(p, c)| (p - c - greatest).exp()).sum();
            prop_assert!((plain - greatest - sum.ln()).abs() < 1e-12 * plain.abs().max(1.0));
        }

        #[test]
        fn never_below_the_exact_cost(masses in proptest::collection::vec((0_u8..4, 0_u8..4), 1..12)) {
            let (p, q): (Vec<f64>, Vec<f64>) = masses.iter().map(|&(p, q)| (f64::from(p), f64::from(q))).unzip();
            let exact = transport::plan(&p, &q, line, transport::Balance::Normalised);
            let smooth = transport(&p, &q, line, Settings { tolerance: 1e-9, ..settings(0.5) });
            prop_assert_eq!(exact.is_none(), smooth.is_none());
            if let (Some(exact), Some(smooth)) = (exact, smooth) {
                prop_assert!(smooth.converged && smooth.cost >= exact.cost - 1e-7, "{:?} {:?}", smooth, exact);
            }
        }
    }
}
