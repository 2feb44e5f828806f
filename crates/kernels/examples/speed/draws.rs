//! Scores of predictive distributions.

use forewarn_kernels::draws::{Beyond, Bins, Draws, Event, Grouping, Interval, RowScore, score, sums};
use forewarn_kernels::point::Loss;
use forewarn_kernels::random::Stream;

use crate::Kernel;

/// `n` rows of `m` draws of a heavy-tailed law without zeros.
pub(crate) fn crps(n: usize, m: usize) -> Kernel {
    total(sample(n, m, |_| 1.0), m, RowScore::Crps)
}

/// The same with about 7 in 100 draws above 0, in rows of very different risk.
pub(crate) fn crps_zero_inflated(n: usize, m: usize) -> Kernel {
    total(sample(n, m, |u| 0.64 * u.powi(8)), m, RowScore::Crps)
}

/// The fair estimator.
pub(crate) fn crps_fair(n: usize, m: usize) -> Kernel {
    total(sample(n, m, |_| 1.0), m, RowScore::FairCrps)
}

/// Nine scores, each by step, month and origin of 12 origins x 36 steps (13,110 rows each, at full size).
pub(crate) fn fused(n: usize, m: usize) -> Kernel {
    let (values, observed) = sample(n, m, |_| 1.0);
    let edges = vec![0.0, 0.5, 2.5, 5.5, 10.5, 25.5, 50.5, 100.5, 250.5, 500.5, 1000.5];
    let scores = [
        RowScore::Crps,
        RowScore::ThresholdCrps { threshold: 1.0 },
        RowScore::Interval(Interval::central(0.95)),
        RowScore::Coverage { level: 0.9 },
        RowScore::Ignorance(Bins { edges, beyond: Beyond::Open }),
        RowScore::Brier(Event { threshold: 0.0, strict: true }),
        RowScore::QuantileScore { level: 0.99 },
        RowScore::Mean,
        RowScore::Point(Loss::Squared),
    ];
    let field = |i: usize| (i / 13_110) as u32;
    let (steps, origins): (Vec<u32>, Vec<u32>) = (0..n).map(|i| (field(i) % 36, field(i) / 36)).unzip();
    let months: Vec<u32> = steps.iter().zip(&origins).map(|(step, origin)| step + origin).collect();
    let count = |of: &[u32]| of.iter().max().map_or(1, |last| *last as usize + 1);
    let counts = [&steps, &months, &origins].map(|of| count(of));
    Box::new(move || {
        let draws = Draws::contiguous(&values, m);
        let schemas = [(&steps, counts[0]), (&months, counts[1]), (&origins, counts[2])];
        let groupings = schemas.map(|(of, count)| Grouping { of, count });
        let groups = sums(&draws, &observed, &[], &scores, &groupings);
        groups.iter().flat_map(|g| g.sums.iter().flatten()).sum()
    })
}

fn total((values, observed): (Vec<f32>, Vec<f32>), m: usize, wanted: RowScore) -> Kernel {
    Box::new(move || {
        score(&Draws::contiguous(&values, m), &observed, std::slice::from_ref(&wanted))[0].iter().sum()
    })
}

/// Draws and truth from `exp(1.5 z)`, with `z` the sum of three uniform variates less its mean, doubled: near enough
/// to normal, and cheap. `risk` of a uniform variate is the probability that a row's values are not 0.
fn sample(n: usize, m: usize, risk: impl Fn(f64) -> f64) -> (Vec<f32>, Vec<f32>) {
    let mut values = Vec::with_capacity(n * m);
    let mut observed = Vec::with_capacity(n);
    for row in 0..n as u64 {
        let stream = Stream::new(7, &[row]);
        let risk = risk(stream.uniform(u64::MAX));
        let draw = |k: u64| {
            if stream.uniform(4 * k) >= risk {
                return 0.0;
            }
            let z: f64 = (1..4).map(|j| stream.uniform(4 * k + j)).sum();
            let value = (3.0 * (z - 1.5)).exp();
            (if risk < 1.0 { value.ceil() } else { value }) as f32
        };
        values.extend((0..m as u64).map(draw));
        observed.push(draw(m as u64));
    }
    (values, observed)
}
