//! Samples in which nothing has drifted, and samples in which something has.

use forewarn_kernels::random::Stream;
use forewarn_kernels::special::normal_quantile;

/// Two samples, and which of their values belong together.
pub(crate) struct Samples {
    pub(crate) reference: Vec<f64>,
    pub(crate) current: Vec<f64>,
    pub(crate) blocks: Option<[Vec<u32>; 2]>,
    pub(crate) strata: Option<[Vec<u32>; 2]>,
    /// Whether the values are codes of categories.
    pub(crate) nominal: bool,
}

/// A scenario: its name, whether something has drifted, and its samples under a seed.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) drifts: bool,
    pub(crate) samples: Box<dyn Fn(u64) -> Samples + Sync>,
}

/// Those of nine peers' defaults that are compared in the results, and drift in three of them.
pub(crate) fn all() -> Vec<Scenario> {
    let null = |name, samples| Scenario { name, drifts: false, samples };
    let drift = |name, samples| Scenario { name, drifts: true, samples };
    vec![
        null("normal 500 v 500", plain(normal, [500, 500])),
        null("normal 1500 v 1500", plain(normal, [1500, 1500])),
        null("normal 1500 v 100", plain(normal, [1500, 100])),
        null("lognormal 1500 v 300", plain(|d, i| normal(d, i).exp(), [1500, 300])),
        null("85 % zeros 500 v 500", plain(counts, [500, 500])),
        null("85 % zeros 400 v 300", plain(counts, [400, 300])),
        null("85 % zeros 1500 v 300", plain(counts, [1500, 300])),
        null("AR(1) 0.5, 500 v 500", autoregression(0.5, 0.0)),
        null("AR(1) 0.8, 500 v 500", autoregression(0.8, 0.0)),
        null("panel 100 cells, 24 v 12 months", panel([24, 12], 0.0)),
        null("panel 100 cells, 24 v 12 months, shocks", panel([24, 12], 0.3)),
        null("panel 600 cells, 12 v 1 month, shocks", panel([12, 1], 0.3)),
        null("season of 1 sd: 3 years v 1 month", season(0.0)),
        null("4 classes 300 v 300", classes([300, 300])),
        null("4 classes 300 v 1000", classes([300, 1000])),
        null("4 classes 1000 v 300", classes([1000, 300])),
        null("4 classes 1000 v 100", classes([1000, 100])),
        drift("zeros 85 % to 75 %, 400 v 300", changed(0.75, 6.0)),
        drift("mean above zero 6 to 12, 400 v 300", changed(0.85, 12.0)),
        drift("AR(1) 0.5, mean + 0.4 sd", autoregression(0.5, 0.4)),
        drift("season, mean + 0.8 sd", season(0.8)),
    ]
}

fn normal(draw: Stream, i: u64) -> f64 {
    normal_quantile(draw.uniform(i))
}

/// Zero but for one in so many, then 1 or more with a mean of `mean`.
fn count(draw: Stream, i: u64, zeros: f64, mean: f64) -> f64 {
    let above = (draw.uniform(2 * i + 1).ln() / (1.0 - 1.0 / mean).ln()).floor() + 1.0;
    if draw.uniform(2 * i) < zeros { 0.0 } else { above }
}

fn counts(draw: Stream, i: u64) -> f64 {
    count(draw, i, 0.85, 6.0)
}

fn sides(seed: u64) -> [Stream; 2] {
    [0, 1].map(|side| Stream::new(seed, &[side]))
}

fn independent([reference, current]: [Vec<f64>; 2]) -> Samples {
    Samples { reference, current, blocks: None, strata: None, nominal: false }
}

fn plain(value: fn(Stream, u64) -> f64, sizes: [u64; 2]) -> Box<dyn Fn(u64) -> Samples + Sync> {
    Box::new(move |seed| {
        let draws = sides(seed);
        independent([0, 1].map(|side| (0..sizes[side]).map(|i| value(draws[side], i)).collect()))
    })
}

/// Codes of four categories: 40, 30, 20 and 10 %.
fn classes(sizes: [u64; 2]) -> Box<dyn Fn(u64) -> Samples + Sync> {
    let class =
        |draw: Stream, i| [0.4, 0.7, 0.9].iter().filter(|limit| draw.uniform(i) >= **limit).count() as f64;
    let drawn = plain(class, sizes);
    Box::new(move |seed| Samples { nominal: true, ..drawn(seed) })
}

fn changed(zeros: f64, mean: f64) -> Box<dyn Fn(u64) -> Samples + Sync> {
    Box::new(move |seed| {
        let [before, now] = sides(seed);
        let now = (0..300).map(|i| count(now, i, zeros, mean)).collect();
        independent([(0..400).map(|i| counts(before, i)).collect(), now])
    })
}

/// 500 values each of a series in which so much of a value is left in the next.
fn autoregression(phi: f64, shift: f64) -> Box<dyn Fn(u64) -> Samples + Sync> {
    let series = move |draw: Stream, shift: f64| {
        let (mut last, new) = (normal(draw, 500), (1.0 - phi * phi).sqrt());
        let mut next = |i| {
            last = phi * last + new * normal(draw, i);
            last + shift
        };
        (0..500).map(&mut next).collect::<Vec<_>>()
    };
    Box::new(move |seed| {
        let [before, now] = sides(seed);
        independent([series(before, 0.0), series(now, shift)])
    })
}

/// Months of cells that are zero or not by chance, all of a month more often by a shock of so many logits.
fn panel(months: [u64; 2], shock: f64) -> Box<dyn Fn(u64) -> Samples + Sync> {
    let cells: u64 = if months[1] == 1 { 600 } else { 100 };
    Box::new(move |seed| {
        let draws = sides(seed);
        let month = |side: usize, month: u64| {
            let moved = (shock * normal(draws[side], month)).exp();
            let zeros = 0.85 / (0.85 + 0.15 * moved);
            let draw = Stream::new(seed, &[side as u64, month]);
            (0..cells).map(move |i| count(draw, i, zeros, 1.0 + 5.0 * moved))
        };
        let values = |side: usize| (0..months[side]).flat_map(|m| month(side, m)).collect();
        let block = |side: usize| (0..months[side] * cells).map(|i| (i / cells) as u32).collect();
        let [reference, current] = [0, 1].map(values);
        Samples { reference, current, blocks: Some([0, 1].map(block)), strata: None, nominal: false }
    })
}

/// The same month of three years against that of a fourth: what is left of three years when only like is compared with like.
fn season(shift: f64) -> Box<dyn Fn(u64) -> Samples + Sync> {
    Box::new(move |seed| {
        let draws = sides(seed);
        let day = |side: usize, i: u64| {
            let turn = std::f64::consts::TAU * (i % 30) as f64 / 365.0;
            turn.sin() + normal(draws[side], i) + if side == 1 { shift } else { 0.0 }
        };
        let [reference, current] = [90, 30].map(|days: u64| {
            let side = usize::from(days == 30);
            (0..days).map(|i| day(side, i)).collect::<Vec<f64>>()
        });
        let strata = [vec![0; 90], vec![0; 30]];
        Samples { reference, current, blocks: None, strata: Some(strata), nominal: false }
    })
}
