//! How far two distributions over the same bins are apart.
//!
//! Inputs are masses (counts, weights, probabilities), one a bin, and are divided by their sum here; logarithms are
//! natural. A mass that is negative or NaN, a sum that is 0 (or subnormal) or not finite, no bins, or two different numbers of bins
//! give NaN. A bin of mass 0 is exactly 0: nothing is added to it unless [`smoothed`] is asked for.

use crate::logarithm::double::ln;
use crate::simd::{Level, Real, chunks, dispatch};

/// Rows that are worked on side by side, so that nothing is added across the lanes of a vector.
const LANES: usize = 32;
type Lanes = [f64; LANES];
/// Rows of a task.
const CHUNK: usize = 8192;

/// A distance of a distribution `p` from a distribution `q`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Divergence {
    /// See [`kullback_leibler`].
    KullbackLeibler,
    /// See [`jeffreys`].
    Jeffreys,
    /// See [`jensen_shannon`].
    JensenShannon,
    /// See [`hellinger`].
    Hellinger,
    /// See [`total_variation`].
    TotalVariation,
}

/// Kullback-Leibler divergence of `p` from `q`, in nats: `sum p ln(p / q)`, with `0 ln 0 = 0`; infinite where `q` is 0
/// and `p` is not. Kullback and Leibler (1951), doi:10.1214/aoms/1177729694.
pub fn kullback_leibler<T: Real>(p: &[T], q: &[T]) -> f64 {
    Divergence::KullbackLeibler.of(p, q)
}

/// Jeffreys' divergence, in nats: `sum (p - q) ln(p / q)`, the sum of both Kullback-Leibler divergences (some halve
/// it); infinite where just one of `p` and `q` is 0. Jeffreys (1946), doi:10.1098/rspa.1946.0056.
pub fn jeffreys<T: Real>(p: &[T], q: &[T]) -> f64 {
    Divergence::Jeffreys.of(p, q)
}

/// Jensen-Shannon divergence, in nats, 0 to `ln 2`: `(KL(p, m) + KL(q, m)) / 2` with `m = (p + q) / 2`. Lin (1991),
/// doi:10.1109/18.61115. The distance is its root, see [`jensen_shannon_distance`].
pub fn jensen_shannon<T: Real>(p: &[T], q: &[T]) -> f64 {
    Divergence::JensenShannon.of(p, q)
}

/// Jensen-Shannon distance, 0 to `sqrt(ln 2)`: the root of [`jensen_shannon`], which is a metric. Endres and
/// Schindelin (2003), doi:10.1109/TIT.2003.813506.
pub fn jensen_shannon_distance<T: Real>(p: &[T], q: &[T]) -> f64 {
    jensen_shannon(p, q).sqrt()
}

/// Hellinger's distance, 0 to 1: `sqrt(sum (sqrt(p) - sqrt(q))^2 / 2)`. Hellinger (1909),
/// doi:10.1515/crll.1909.136.210.
pub fn hellinger<T: Real>(p: &[T], q: &[T]) -> f64 {
    Divergence::Hellinger.of(p, q)
}

/// Total variation, 0 to 1: `sum |p - q| / 2`, the most that the probabilities of one event can differ.
pub fn total_variation<T: Real>(p: &[T], q: &[T]) -> f64 {
    Divergence::TotalVariation.of(p, q)
}

/// The shares `(x / sum + alpha) / (1 + k alpha)` of `k` masses: additive smoothing, `alpha` a share. What it does to
/// a divergence depends on `alpha`, which belongs next to every number that it is used for. NaN for masses that are no
/// distribution or a negative `alpha`.
pub fn smoothed<T: Real>(masses: &[T], alpha: f64) -> Vec<f64> {
    let unit = if alpha >= 0.0 { unit(masses) } else { f64::NAN };
    let whole = 1.0 + masses.len() as f64 * alpha;
    masses.iter().map(|&x| (x.into() * unit + alpha) / whole).collect()
}

/// Every divergence of every row of `p` from that row of `q`, two tables with `width` bins a row: one vector a
/// divergence. The same numbers as row by row.
///
/// # Panics
/// When the tables differ in length, or hold no whole number of rows.
pub fn rows<T: Real>(p: &[T], q: &[T], width: usize, wanted: &[Divergence]) -> Vec<Vec<f64>> {
    rows_at(Level::best(), p, q, width, wanted)
}

/// [`rows`] with the instructions of `level`.
///
/// # Panics
/// As [`rows`].
pub fn rows_at<T: Real>(
    level: Level,
    p: &[T],
    q: &[T],
    width: usize,
    wanted: &[Divergence],
) -> Vec<Vec<f64>> {
    assert!(p.len() == q.len() && width > 0 && p.len().is_multiple_of(width), "{} and {}", p.len(), q.len());
    let parts = chunks(p.len() / width, CHUNK, |rows| {
        let values = rows.start * width..rows.end * width;
        table(level, [&p[values.clone()], &q[values]], width, wanted)
    });
    let gather = |i: usize| parts.iter().flat_map(|part: &Vec<Vec<f64>>| part[i].iter().copied()).collect();
    (0..wanted.len()).map(gather).collect()
}

impl Divergence {
    /// The divergence of one distribution from another.
    pub fn of<T: Real>(self, p: &[T], q: &[T]) -> f64 {
        if p.len() != q.len() {
            return f64::NAN;
        }
        let (from, to) = (unit(p), unit(q));
        let mut sum = 0.0;
        for (&p, &q) in p.iter().zip(q) {
            let (p, q) = (p.into() * from, q.into() * to);
            let logs = if self.has_logarithms() { logarithms(p, q) } else { (0.0, 0.0) };
            sum += self.term(p, q, logs);
        }
        if p.is_empty() { f64::NAN } else { self.finish(sum) }
    }

    fn has_logarithms(self) -> bool {
        matches!(self, Self::KullbackLeibler | Self::Jeffreys | Self::JensenShannon)
    }

    /// What one bin adds; `a` and `b` are the logarithms of `p` and `q` over their mean.
    #[inline(always)]
    fn term(self, p: f64, q: f64, (a, b): (f64, f64)) -> f64 {
        match self {
            Self::KullbackLeibler => masked(p, a - b),
            Self::Jeffreys => masked(p - q, a - b),
            Self::JensenShannon => masked(p, a) + masked(q, b),
            Self::Hellinger => (p.sqrt() - q.sqrt()) * (p.sqrt() - q.sqrt()),
            Self::TotalVariation => (p - q).abs(),
        }
    }

    /// The divergence, of the sum of its terms. What is below 0 by rounding is 0.
    fn finish(self, sum: f64) -> f64 {
        match self {
            _ if sum < 0.0 => 0.0,
            Self::KullbackLeibler | Self::Jeffreys => sum,
            Self::JensenShannon | Self::TotalVariation => sum / 2.0,
            Self::Hellinger => (sum / 2.0).sqrt(),
        }
    }
}

/// `weight * logarithm`, 0 for a weight of 0 whatever the logarithm.
#[inline(always)]
fn masked(weight: f64, logarithm: f64) -> f64 {
    if weight == 0.0 { 0.0 } else { weight * logarithm }
}

/// Logarithms of two shares over their mean. Ratios and not shares: where both are alike their logarithms are small,
/// and so is the rounding.
#[inline(always)]
fn logarithms(p: f64, q: f64) -> (f64, f64) {
    (ln(2.0 * p / (p + q)), ln(2.0 * q / (p + q)))
}

/// What masses are multiplied by to become shares: 1 over their sum; NaN when they are no distribution.
#[inline(always)]
fn unit<T: Real>(masses: &[T]) -> f64 {
    let (mut sum, mut valid) = (0.0, true);
    for &x in masses {
        let x: f64 = x.into();
        sum += x;
        valid &= x >= 0.0;
    }
    if valid { reciprocal(sum) } else { f64::NAN }
}

/// Of a sum that is of some size.
#[inline(always)]
fn reciprocal(sum: f64) -> f64 {
    if (f64::MIN_POSITIVE..f64::INFINITY).contains(&sum) { 1.0 / sum } else { f64::NAN }
}

/// [`unit`] of [`LANES`] rows, bins x rows; NaN for a row that is no distribution.
#[inline(always)]
fn row_units(masses: &[Lanes]) -> Lanes {
    let (mut sums, mut least) = ([0.0; LANES], [0.0; LANES]);
    for bin in masses {
        for ((sum, least), &x) in sums.iter_mut().zip(&mut least).zip(bin) {
            *sum += x;
            *least = if x < *least { x } else { *least };
        }
    }
    for (sum, least) in sums.iter_mut().zip(least) {
        // NaN is in the sum; it is not below 0.
        *sum = if least == 0.0 { reciprocal(*sum) } else { f64::NAN };
    }
    sums
}

/// One loop for each divergence, none of which has to choose.
#[inline(always)]
fn add_terms(d: Divergence, [p, q]: [&Lanes; 2], [a, b]: [&Lanes; 2], sums: &mut Lanes) {
    macro_rules! add {
        ($d:ident) => {
            for l in 0..LANES {
                sums[l] += Divergence::$d.term(p[l], q[l], (a[l], b[l]));
            }
        };
    }
    match d {
        Divergence::KullbackLeibler => add!(KullbackLeibler),
        Divergence::Jeffreys => add!(Jeffreys),
        Divergence::JensenShannon => add!(JensenShannon),
        Divergence::Hellinger => add!(Hellinger),
        Divergence::TotalVariation => add!(TotalVariation),
    }
}

/// Sums of the terms of [`LANES`] rows.
#[inline(always)]
fn sums_body(from: &[Lanes], to: &[Lanes], wanted: &[Divergence], sums: &mut [Lanes]) {
    let with_logarithms = wanted.iter().any(|d| d.has_logarithms());
    let (from_units, to_units) = (row_units(from), row_units(to));
    let [mut p, mut q, mut a, mut b] = [[0.0; LANES]; 4];
    for (from, to) in from.iter().zip(to) {
        for l in 0..LANES {
            (p[l], q[l]) = (from[l] * from_units[l], to[l] * to_units[l]);
        }
        if with_logarithms {
            for l in 0..LANES {
                (a[l], b[l]) = logarithms(p[l], q[l]);
            }
        }
        for (d, sums) in wanted.iter().zip(&mut *sums) {
            add_terms(*d, [&p, &q], [&a, &b], sums);
        }
    }
}

dispatch! {
    fn sums_at(from: &[Lanes], to: &[Lanes], wanted: &[Divergence], sums: &mut [Lanes]) = sums_body;
}

/// Lays whole rows side by side; lanes without a row keep what they held.
fn transpose<T: Real>(masses: &[T], width: usize, lanes: &mut [Lanes]) {
    for (l, row) in masses.chunks_exact(width).enumerate() {
        for (bin, &x) in lanes.iter_mut().zip(row) {
            bin[l] = x.into();
        }
    }
}

/// Rows of a table, [`LANES`] at a time.
fn table<T: Real>(level: Level, masses: [&[T]; 2], width: usize, wanted: &[Divergence]) -> Vec<Vec<f64>> {
    let (mut p, mut q) = (vec![[0.0; LANES]; width], vec![[0.0; LANES]; width]);
    let mut out = vec![Vec::with_capacity(masses[0].len() / width); wanted.len()];
    let mut sums = vec![[0.0; LANES]; wanted.len()];
    for (from, to) in masses[0].chunks(width * LANES).zip(masses[1].chunks(width * LANES)) {
        transpose(from, width, &mut p);
        transpose(to, width, &mut q);
        sums.fill([0.0; LANES]);
        sums_at(level, &p, &q, wanted, &mut sums);
        for ((d, sums), out) in wanted.iter().zip(&sums).zip(&mut out) {
            out.extend(sums[..from.len() / width].iter().map(|&sum| d.finish(sum)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LN_2;

    use proptest::prelude::*;

    use super::*;

    const ALL: [Divergence; 5] = [
        Divergence::KullbackLeibler,
        Divergence::Jeffreys,
        Divergence::JensenShannon,
        Divergence::Hellinger,
        Divergence::TotalVariation,
    ];

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-13 * b.abs().max(1e-2) || a == b
    }

    #[test]
    fn worked_by_hand() {
        // Also scipy 1.17.1: entropy, jensenshannon.
        let (p, q) = ([0.1, 0.2, 0.7], [0.3, 0.3, 0.4]);
        assert!(near(kullback_leibler(&p, &q), 0.200_776_801_066_351_95));
        assert!(near(jeffreys(&p, &q), 0.428_153_704_925_065_05));
        assert!(near(jensen_shannon(&p, &q), 0.051_912_259_238_103_43));
        assert!(near(hellinger(&p, &q), 0.229_555_402_358_289_83));
        assert!(near(total_variation(&p, &q), 0.3));
        let counts = [[900.0_f32, 60.0, 25.0, 10.0, 5.0], [940.0, 20.0, 10.0, 20.0, 10.0]];
        assert!(near(jensen_shannon(&counts[0], &counts[1]), 0.008_384_490_503_572_08), "counts are divided");
        assert!(near(
            jeffreys(&smoothed(&[1.0, 0.0, 0.0], 1e-6), &smoothed(&[0.0, 0.5, 0.5], 1e-6)),
            26.937_796_121_977_74
        ));
    }

    #[test]
    fn bins_of_mass_zero_count() {
        // A library that skips bins where one mass is 0 has 0 and 0.2061 for these two.
        assert!(near(jensen_shannon(&[1.0, 0.0, 0.0], &[0.0, 0.5, 0.5]), LN_2));
        let (p, q) = ([0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.5, 0.0]);
        assert!(near(jensen_shannon_distance(&p, &q), 0.464_501_404_022_459));
        assert!(near(kullback_leibler(&p, &q), LN_2));
        assert_eq!((kullback_leibler(&q, &p), jeffreys(&p, &q)), (f64::INFINITY, f64::INFINITY));
        assert!(near(hellinger(&p, &q), 0.541_196_100_146_197) && near(total_variation(&p, &q), 0.5));
        assert!(near(jeffreys(&[1.0, 1e-300], &[1.0, 1e-290]), 1e-290 * 1e10_f64.ln()));
    }

    #[test]
    fn no_distribution_has_no_divergence() {
        let good = [1.0, 2.0];
        for bad in [[0.0, 0.0], [f64::NAN, 1.0], [-1.0, 3.0], [f64::INFINITY, 1.0], [f64::MAX, f64::MAX]] {
            for d in ALL {
                assert!(d.of(&good, &bad).is_nan() && d.of(&bad, &good).is_nan(), "{d:?} {bad:?}");
                assert!(d.of(&bad, &bad).is_nan(), "{d:?} {bad:?}");
            }
            assert!(smoothed(&bad, 0.1).iter().all(|s| s.is_nan()));
        }
        assert!(jensen_shannon::<f64>(&[], &[]).is_nan() && jensen_shannon(&good, &[1.0]).is_nan());
        assert!(smoothed(&good, -0.1).iter().all(|s| s.is_nan()));
    }

    /// The definition, with the library's logarithm.
    fn plain(d: Divergence, p: &[f64], q: &[f64]) -> f64 {
        let (from, to): (f64, f64) = (p.iter().sum(), q.iter().sum());
        let kl = |p: f64, q: f64| if p == 0.0 { 0.0 } else { p * (p.ln() - q.ln()) };
        let each = p.iter().zip(q).map(|(p, q)| (p / from, q / to));
        match d {
            Divergence::KullbackLeibler => each.map(|(p, q)| kl(p, q)).sum(),
            Divergence::Jeffreys => each.map(|(p, q)| kl(p, q) + kl(q, p)).sum(),
            Divergence::JensenShannon => {
                each.map(|(p, q)| kl(p, p.midpoint(q)) + kl(q, p.midpoint(q))).sum::<f64>() / 2.0
            }
            Divergence::Hellinger => {
                (each.map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)).sum::<f64>() / 2.0).sqrt()
            }
            Divergence::TotalVariation => each.map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0,
        }
    }

    fn mass() -> impl Strategy<Value = f64> {
        prop_oneof![3 => Just(0.0), 4 => 0.0..9.0, 1 => Just(1.0), 1 => Just(f64::NAN)]
    }

    proptest! {
        #[test]
        fn rows_are_the_rows_and_each_is_the_definition(
            masses in proptest::collection::vec((mass(), mass()), 1..70), width in 1_usize..12, skip in 0_usize..2,
        ) {
            let (p, q): (Vec<f64>, Vec<f64>) = masses[skip..].iter().copied().unzip();
            let end = p.len() / width * width;
            for level in Level::available() {
                let tables = rows_at(level, &p[..end], &q[..end], width, &ALL);
                for (d, row) in ALL.iter().zip(&tables) {
                    for (i, got) in row.iter().enumerate() {
                        let at = i * width..(i + 1) * width;
                        let (p, q) = (&p[at.clone()], &q[at]);
                        prop_assert_eq!(got.to_bits(), d.of(p, q).to_bits(), "{:?} {:?}", d, level);
                        let wanted = plain(*d, p, q);
                        let equal = (got.is_nan() && wanted.is_nan()) || *got == wanted;
                        // The root of a rounding is large.
                        prop_assert!(equal || (got - wanted).abs() < 2e-8, "{:?} {} {}", d, got, wanted);
                    }
                }
            }
        }

        #[test]
        fn of_f32_is_of_the_same_numbers(masses in proptest::collection::vec((0_u8..9, 0_u8..9), 33)) {
            let (p, q): (Vec<f32>, Vec<f32>) = masses.iter().map(|&(p, q)| (f32::from(p), f32::from(q))).unzip();
            let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
            let (narrow, wide) = (rows(&p, &q, 11, &ALL), rows(&wide(&p), &wide(&q), 11, &ALL));
            prop_assert_eq!(format!("{narrow:?}"), format!("{wide:?}"));
        }
    }
}
