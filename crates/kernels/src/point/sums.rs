//! Every usual sum of a point forecast in one pass over memory.
use crate::logarithm::{double, single};
use crate::prefetch::prefetch;
use crate::simd::{Level, Real, chunks, dispatch};

/// Pairs handed to a thread at a time.
const CHUNK: usize = 1 << 16;
/// Pairs whose sums are judged together; both sides stay in the first cache.
const SEGMENT: usize = 1 << 12;
/// Pairs added up in single precision before they go to double precision.
const BLOCK: usize = 512;
/// Elements from one that is read to the one that is asked for.
const AHEAD: usize = 2048;
/// `f32` in a register.
const SINGLES: usize = 16;
/// `f64` in a register.
const DOUBLES: usize = 8;

/// Weighted sums over pairs of a forecast `f` and what was observed, `y`, and the means that follow from them.
///
/// Every mean is NaN when no weight is left to divide by. A difference is always `f - y`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sums {
    /// Pairs of two numbers.
    pub rows: u64,
    /// Pairs with a NaN, which count for nothing else.
    pub missing: u64,
    /// Sum of the weights.
    pub weight: f64,
    /// Sum of `f`.
    pub forecast: f64,
    /// Sum of `y`.
    pub observed: f64,
    /// Sum of `f - y`.
    pub error: f64,
    /// Sum of `|f - y|`.
    pub absolute: f64,
    /// Sum of `(f - y)^2`.
    pub squared: f64,
    /// Sum of `(ln(1 + f) - ln(1 + y))^2`; NaN when any value is -1 or below.
    pub squared_log: f64,
    /// Mean of `y` about which `spread` was taken.
    centre: f64,
    /// Sum of `(y - centre)^2`.
    spread: f64,
}

impl Sums {
    /// Mean of `(f - y)^2`.
    pub fn mse(&self) -> f64 {
        self.squared / self.weight
    }

    /// Root of [`Sums::mse`].
    pub fn rmse(&self) -> f64 {
        self.mse().sqrt()
    }

    /// Mean of `|f - y|`.
    pub fn mae(&self) -> f64 {
        self.absolute / self.weight
    }

    /// Mean of `f - y`: positive when the forecast is too high (xskillscore's `me(obs, fct)` has the other sign).
    pub fn bias(&self) -> f64 {
        self.error / self.weight
    }

    /// Mean of `(ln(1 + f) - ln(1 + y))^2`; NaN when any value is -1 or below, for which scikit-learn raises.
    pub fn msle(&self) -> f64 {
        self.squared_log / self.weight
    }

    /// Root of [`Sums::msle`].
    pub fn rmsle(&self) -> f64 {
        self.msle().sqrt()
    }

    /// Mean of `f`.
    pub fn mean_forecast(&self) -> f64 {
        self.forecast / self.weight
    }

    /// Mean of `y`.
    pub fn mean_observed(&self) -> f64 {
        self.observed / self.weight
    }

    /// Coefficient of determination, also the efficiency of Nash and Sutcliffe (1970,
    /// doi:10.1016/0022-1694(70)90255-6): `1 - sum (f - y)^2 / sum (y - mean y)^2`.
    ///
    /// NaN when `y` is constant, for which scikit-learn answers 1 or 0 and xskillscore minus infinity.
    pub fn r2(&self) -> f64 {
        if self.spread > 0.0 { 1.0 - self.squared / self.spread } else { f64::NAN }
    }

    /// These pairs and then `next`; the spread by Chan, Golub and `LeVeque` (1983,
    /// doi:10.1080/00031305.1983.10483115).
    #[must_use]
    pub fn merge(mut self, next: &Self) -> Self {
        if next.weight != 0.0 {
            let weight = self.weight + next.weight;
            let step = next.centre - self.centre;
            self.spread += next.spread + step * step * (self.weight * next.weight / weight);
            self.centre =
                if self.weight == 0.0 { next.centre } else { self.centre + step * (next.weight / weight) };
        }
        self.rows += next.rows;
        self.missing += next.missing;
        self.weight += next.weight;
        self.forecast += next.forecast;
        self.observed += next.observed;
        self.error += next.error;
        self.absolute += next.absolute;
        self.squared += next.squared;
        self.squared_log += next.squared_log;
        self
    }
}

/// Sums over the pairs of `f` and `y`, with the weight 1 when `weights` is empty.
///
/// Pairs with a NaN are skipped and counted. A weight that is NaN makes every mean NaN.
///
/// # Panics
/// When the lengths differ.
pub fn sums<T: Real>(f: &[T], y: &[T], weights: &[f64]) -> Sums {
    sums_at(Level::best(), f, y, weights)
}

/// [`sums`] with the instructions of `level`.
fn sums_at<T: Real>(level: Level, f: &[T], y: &[T], weights: &[f64]) -> Sums {
    assert!(f.len() == y.len() && (weights.is_empty() || weights.len() == y.len()), "lengths differ");
    let parts = chunks(f.len(), CHUNK, |range| {
        let weights = if weights.is_empty() { weights } else { &weights[range.clone()] };
        chunk(level, &f[range.clone()], &y[range], weights)
    });
    parts.iter().fold(Sums::default(), Sums::merge)
}

dispatch! {
    /// Sums of a chunk.
    fn chunk<T: Real>(f: &[T], y: &[T], weights: &[f64]) -> Sums = chunk_body;
}

#[inline(always)]
fn chunk_body<T: Real>(f: &[T], y: &[T], weights: &[f64]) -> Sums {
    let mut sums = Sums::default();
    for (i, (f, y)) in f.chunks(SEGMENT).zip(y.chunks(SEGMENT)).enumerate() {
        let weights = weights.get(i * SEGMENT..i * SEGMENT + f.len()).unwrap_or(&[]);
        let quick = if weights.is_empty() && size_of::<T>() == 4 { quick(f, y) } else { None };
        sums = sums.merge(&quick.unwrap_or_else(|| careful(f, y, weights)));
    }
    sums
}

/// Sums of a segment of `f32` in single precision within blocks of [`BLOCK`], relative error below 1e-7; `None` when
/// single precision does not do: NaN, infinities, squares out of range, or observations that hardly differ.
#[inline(always)]
fn quick<T: Real>(f: &[T], y: &[T]) -> Option<Sums> {
    let mut wide = [[0.0_f64; SINGLES]; 6];
    // Two short loops a block: the chain of operations of a logarithm is too long for the processor to look beyond it.
    let mut parts = [[[0.0_f32; SINGLES]; 2]; BLOCK / SINGLES];
    for (f, y) in f.chunks(BLOCK).zip(y.chunks(BLOCK)) {
        let mut sums = [[0.0_f32; SINGLES]; 6];
        let ((f, f_rest), (y, y_rest)) = (f.as_chunks::<SINGLES>(), y.as_chunks::<SINGLES>());
        for ((f, y), parts) in f.iter().zip(y).zip(&mut parts) {
            prefetch(f, AHEAD);
            prefetch(y, AHEAD);
            add(&mut sums, f.map(narrow), y.map(narrow), parts);
        }
        add_logs(&mut sums[5], &parts[..f.len()]);
        if !f_rest.is_empty() {
            add(&mut sums, padded(f_rest), padded(y_rest), &mut parts[0]);
            add_logs(&mut sums[5], &parts[..1]);
        }
        for (wide, sums) in wide.iter_mut().zip(sums) {
            for i in 0..SINGLES {
                wide[i] += f64::from(sums[i]);
            }
        }
    }
    let [forecast, observed, error, absolute, squared, squared_log] = wide.map(|lanes| lanes.iter().sum());
    let weight = f.len() as f64;
    let (centre, spread) = quick_spread(y, observed / weight);
    let usable =
        f64::is_finite(forecast) && f64::is_finite(observed) && f64::is_finite(squared) && spread.is_finite();
    let tiny =
        (squared < 1e-25 && absolute > 0.0) || (spread > 0.0 && spread < 1e-10 * weight * centre * centre);
    let sums = Sums {
        rows: f.len() as u64,
        missing: 0,
        weight,
        forecast,
        observed,
        error,
        absolute,
        squared,
        squared_log,
        centre,
        spread,
    };
    (usable && !tiny && !(spread > 0.0 && spread < 1e-25)).then_some(sums)
}

/// Adds pairs to the sums of `f`, `y`, error, absolute error and squared error, and begins their logarithms.
#[inline(always)]
fn add(
    sums: &mut [[f32; SINGLES]; 6],
    f: [f32; SINGLES],
    y: [f32; SINGLES],
    parts: &mut [[f32; SINGLES]; 2],
) {
    for i in 0..SINGLES {
        let error = f[i] - y[i];
        (parts[0][i], parts[1][i]) = single::ratio_parts(f[i], y[i]);
        sums[0][i] += f[i];
        sums[1][i] += y[i];
        sums[2][i] += error;
        sums[3][i] += error.abs();
        sums[4][i] += error * error;
    }
}

/// Adds squared log errors.
#[inline(always)]
fn add_logs(sums: &mut [f32; SINGLES], parts: &[[[f32; SINGLES]; 2]]) {
    for [s, k] in parts {
        for i in 0..SINGLES {
            let ratio = single::from_parts(s[i], k[i]);
            sums[i] += ratio * ratio;
        }
    }
}

/// The mean to take for `y`, and the sum of squares about it: exactly 0 for a constant.
#[inline(always)]
fn quick_spread<T: Real>(y: &[T], mean: f64) -> (f64, f64) {
    let centre = mean as f32;
    let mut wide = [0.0_f64; SINGLES];
    for y in y.chunks(BLOCK) {
        let mut sums = [0.0_f32; SINGLES];
        let (y, rest) = y.as_chunks::<SINGLES>();
        for y in y {
            for i in 0..SINGLES {
                let distance = narrow(y[i]) - centre;
                sums[i] += distance * distance;
            }
        }
        for (sum, &y) in sums.iter_mut().zip(rest) {
            *sum += (narrow(y) - centre) * (narrow(y) - centre);
        }
        for i in 0..SINGLES {
            wide[i] += f64::from(sums[i]);
        }
    }
    let (first, shift) = (y[0].into(), mean - f64::from(centre));
    if y.iter().all(|&y| y.into() == first) {
        return (first, 0.0);
    }
    (mean, (wide.iter().sum::<f64>() - y.len() as f64 * shift * shift).max(f64::MIN_POSITIVE))
}

/// An `f32` that went through `f64`, which costs no instruction.
#[inline(always)]
fn narrow<T: Real>(x: T) -> f32 {
    let x: f64 = x.into();
    x as f32
}

/// The rest of a slice, filled up with 0, which adds nothing.
#[inline(always)]
fn padded<T: Real>(rest: &[T]) -> [f32; SINGLES] {
    let mut lanes = [0.0; SINGLES];
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = narrow(x);
    }
    lanes
}

/// Eight pairs in double precision: a missing pair is 0 and 0 with the weight 0.
struct Octet {
    f: [f64; DOUBLES],
    y: [f64; DOUBLES],
    weight: [f64; DOUBLES],
    here: [bool; DOUBLES],
}

impl Octet {
    /// Pairs `start..start + 8`, as far as there are any.
    #[inline(always)]
    fn load<T: Real>(f: &[T], y: &[T], weights: &[f64], start: usize) -> Self {
        let mut octet =
            Self { f: eight(f, start), y: eight(y, start), weight: [0.0; DOUBLES], here: [false; DOUBLES] };
        for i in 0..DOUBLES {
            let here = !octet.f[i].is_nan() && !octet.y[i].is_nan();
            octet.here[i] = here;
            octet.f[i] = if here { octet.f[i] } else { 0.0 };
            octet.y[i] = if here { octet.y[i] } else { 0.0 };
            octet.weight[i] = if here { 1.0 } else { 0.0 };
        }
        if !weights.is_empty() {
            for (i, &weight) in weights[start..].iter().take(DOUBLES).enumerate() {
                octet.weight[i] = if octet.here[i] { weight } else { 0.0 };
            }
        }
        octet
    }
}

/// Eight values from `start`, filled up with NaN.
#[inline(always)]
fn eight<T: Real>(values: &[T], start: usize) -> [f64; DOUBLES] {
    let mut lanes = [f64::NAN; DOUBLES];
    if let Some(values) = values[start..].first_chunk::<DOUBLES>() {
        for i in 0..DOUBLES {
            lanes[i] = values[i].into();
        }
        return lanes;
    }
    for (lane, &x) in lanes.iter_mut().zip(&values[start..]) {
        *lane = x.into();
    }
    lanes
}

/// Sums of a segment in double precision.
#[inline(always)]
fn careful<T: Real>(f: &[T], y: &[T], weights: &[f64]) -> Sums {
    let mut sums = [[0.0_f64; DOUBLES]; 8];
    let (mut low, mut high) = ([f64::INFINITY; DOUBLES], [f64::NEG_INFINITY; DOUBLES]);
    for start in (0..f.len()).step_by(DOUBLES) {
        let pairs = Octet::load(f, y, weights, start);
        for i in 0..DOUBLES {
            let (f, y, weight) = (pairs.f[i], pairs.y[i], pairs.weight[i]);
            let error = f - y;
            let ratio = double::log_ratio_1p(f, y);
            sums[0][i] += weight * f;
            sums[1][i] += weight * y;
            sums[2][i] += weight * error;
            sums[3][i] += weight * error.abs();
            sums[4][i] += weight * (error * error);
            sums[5][i] += weight * (ratio * ratio);
            sums[6][i] += weight;
            sums[7][i] += if pairs.here[i] { 1.0 } else { 0.0 };
            low[i] = if pairs.here[i] && y < low[i] { y } else { low[i] };
            high[i] = if pairs.here[i] && y > high[i] { y } else { high[i] };
        }
    }
    let [forecast, observed, error, absolute, squared, squared_log, weight, rows] =
        sums.map(|lanes| lanes.iter().sum::<f64>());
    let low = low.iter().copied().fold(f64::INFINITY, f64::min);
    let constant = high.iter().all(|&high| high <= low);
    let centre = if constant && rows > 0.0 { low } else { observed / weight };
    let spread = if constant { 0.0 } else { careful_spread(f, y, weights, centre) };
    let (rows, all) = (rows as u64, f.len() as u64);
    let missing = all - rows;
    Sums { rows, missing, weight, forecast, observed, error, absolute, squared, squared_log, centre, spread }
}

/// Weighted sum of squares of `y` about `centre`, over the pairs of two numbers.
#[inline(always)]
fn careful_spread<T: Real>(f: &[T], y: &[T], weights: &[f64], centre: f64) -> f64 {
    let mut sums = [0.0_f64; DOUBLES];
    for start in (0..f.len()).step_by(DOUBLES) {
        let pairs = Octet::load(f, y, weights, start);
        for i in 0..DOUBLES {
            let distance = pairs.y[i] - centre;
            sums[i] += pairs.weight[i] * (distance * distance);
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::point::squared_log_error;

    /// The same by definition: the sums, and `r2`.
    fn twin(f: &[f64], y: &[f64], weights: &[f64]) -> ([f64; 8], f64) {
        let mut out = [0.0; 8];
        let mut kept = Vec::new();
        for (i, (&f, &y)) in f.iter().zip(y).enumerate() {
            if f.is_nan() || y.is_nan() {
                out[7] += 1.0;
                continue;
            }
            let w = weights.get(i).copied().unwrap_or(1.0);
            kept.push((y, w));
            let log = if f > -1.0 && y > -1.0 { squared_log_error(f, y) } else { f64::NAN };
            let terms = [1.0, f, y, f - y, (f - y).abs(), (f - y) * (f - y), log];
            for (out, term) in out.iter_mut().zip(terms) {
                *out += w * term;
            }
        }
        let mean = out[2] / out[0];
        let constant = kept.iter().all(|&(y, _)| y == kept[0].0);
        let spread: f64 = kept.iter().map(|&(y, w)| w * (y - mean) * (y - mean)).sum();
        (out, if constant { f64::NAN } else { 1.0 - out[5] / spread })
    }

    fn flat(s: &Sums) -> [f64; 8] {
        let missing = s.missing as f64;
        [s.weight, s.forecast, s.observed, s.error, s.absolute, s.squared, s.squared_log, missing]
    }

    fn same(a: f64, b: f64, tolerance: f64) -> bool {
        a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * b.abs().max(a.abs())
    }

    fn check<T: Real>(f: &[T], y: &[T], weights: &[f64], tolerance: f64) {
        let wide = |x: &[T]| x.iter().map(|&x| x.into()).collect::<Vec<f64>>();
        let (expected, r2) = twin(&wide(f), &wide(y), weights);
        let mut first = None;
        for level in Level::available() {
            let got = sums_at(level, f, y, weights);
            // Differences may cancel: their rounding is that of their absolute values.
            let slack = [0.0, 0.0, 0.0, tolerance * expected[4], 0.0, 0.0, 0.0, 0.0];
            for ((a, b), slack) in flat(&got).into_iter().zip(expected).zip(slack) {
                assert!(same(a, b, tolerance) || (a - b).abs() <= slack, "{level:?}: {got:?} {expected:?}");
            }
            assert!(same(1.0 - got.r2(), 1.0 - r2, 10.0 * tolerance), "{level:?}: {} {r2}", got.r2());
            let bytes = format!("{got:?}");
            assert_eq!(first.get_or_insert(bytes.clone()), &bytes, "every level gives the same bytes");
        }
    }

    #[test]
    fn worked_by_hand() {
        let s = sums(&[1.0, 3.0, f64::NAN, 0.0], &[0.0, 1.0, 5.0, 5.0], &[]);
        assert_eq!((s.rows, s.missing, s.weight), (3, 1, 3.0));
        assert_eq!((s.mse(), s.mae(), s.bias()), (10.0, 8.0 / 3.0, -2.0 / 3.0));
        assert_eq!((s.mean_forecast(), s.mean_observed(), s.rmse()), (4.0 / 3.0, 2.0, 10.0_f64.sqrt()));
        assert!((s.r2() - (1.0 - 30.0 / 14.0)).abs() < 1e-15);
        let ln2 = std::f64::consts::LN_2;
        let msle = (2.0 * ln2 * ln2 + 6.0_f64.ln().powi(2)) / 3.0;
        assert!((s.msle() - msle).abs() < 1e-15 && (s.rmsle() - msle.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn weights_count_a_pair_so_often() {
        let once = sums(&[1.0_f32, 4.0, 2.0], &[0.0, 1.0, 7.0], &[3.0, 1.0, 0.0]);
        let often = sums(&[1.0_f32, 1.0, 1.0, 4.0], &[0.0, 0.0, 0.0, 1.0], &[]);
        assert_eq!((once.mse(), once.bias(), once.r2()), (often.mse(), often.bias(), often.r2()));
        assert!(sums(&[1.0, 2.0], &[1.0, 2.0], &[1.0, f64::NAN]).mse().is_nan());
    }

    #[test]
    fn nothing_to_divide_by_is_not_a_number() {
        for s in [sums::<f32>(&[], &[], &[]), sums(&[f32::NAN], &[1.0], &[]), sums(&[1.0], &[2.0], &[0.0])] {
            assert!(
                s.mse().is_nan() && s.bias().is_nan() && s.r2().is_nan() && s.mean_observed().is_nan(),
                "{s:?}"
            );
        }
        // scikit-learn: 1.0 and 0.0.
        for f in [vec![0.1_f32; 5000], (0..5000).map(|i| i as f32).collect()] {
            assert!(sums(&f, &vec![0.1; 5000], &[]).r2().is_nan(), "constant observations");
        }
    }

    #[test]
    fn outside_the_domain_of_the_logarithm() {
        let s = sums(&[-1.0_f32, 2.0], &[0.0, 1.0], &[]);
        assert!(s.msle().is_nan() && s.mse() == 1.0);
        assert!(sums(&[-2.0], &[-2.0], &[]).msle().is_nan(), "also where both agree");
    }

    #[test]
    fn single_precision_that_does_not_do_is_not_used() {
        check(&[3e30_f32, 1.0, 2.0], &[0.0, 1.0, -0.5], &[], 1e-6);
        check(&[3e-30_f32, 1e-30, 0.0], &[1e-30, 2e-30, 1e-31], &[], 1e-6);
        check(&[1e6_f32, 1e6, 1e6 + 0.0625, 1e6], &[1e6, 1e6 + 0.0625, 1e6, 1e6], &[], 1e-6);
        let infinite = sums(&[f32::INFINITY, 1.0], &[0.0, 1.0], &[]);
        assert!(infinite.mse() == f64::INFINITY && infinite.msle() == f64::INFINITY && infinite.rows == 2);
    }

    #[test]
    fn long_series_cross_segments_and_chunks() {
        let stream = crate::random::Stream::new(3, &[]);
        let n = CHUNK + 3 * SEGMENT + 77;
        let y: Vec<f32> = (0..n as u64).map(|i| (stream.uniform(i).powi(-1) - 1.0).floor() as f32).collect();
        let f: Vec<f32> = (0..n as u64).map(|i| (stream.uniform(i + 1_000_000) * 3.0) as f32).collect();
        check(&f, &y, &[], 1e-6);
        check(&f[1..], &y[1..], &[], 1e-6);
        let wide = |x: &[f32]| x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        check(&wide(&f), &wide(&y), &[], 1e-11);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(pool.install(|| sums(&f, &y, &[])), sums(&f, &y, &[]), "any number of threads");
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![3 => Just(0.0), 3 => (0_u8..5).prop_map(f64::from), 3 => -0.9_f64..50.0, 1 => Just(f64::NAN)]
    }

    proptest! {
        #[test]
        fn sums_are_sums(pairs in prop::collection::vec((value(), value(), 0.0_f64..2.0), 0..70), skip in 0_usize..2) {
            let start = skip.min(pairs.len());
            let f: Vec<f64> = pairs.iter().map(|p| p.0).collect();
            let y: Vec<f64> = pairs.iter().map(|p| p.1).collect();
            let w: Vec<f64> = pairs.iter().map(|p| p.2).collect();
            let single = |x: &[f64]| x.iter().map(|&x| x as f32).collect::<Vec<_>>();
            check(&f[start..], &y[start..], &[], 1e-12);
            check(&f[start..], &y[start..], &w[start..], 1e-12);
            check(&single(&f)[start..], &single(&y)[start..], &[], 1e-6);
            check(&single(&f)[start..], &single(&y)[start..], &w[start..], 1e-12);
        }
    }
}
