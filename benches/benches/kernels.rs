//! The kernels of verification, on all cores; `examples/speed` of the kernels does the same at full size.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use forewarn_kernels::divergence::{Divergence, rows};
use forewarn_kernels::draws::{Beyond, Bins, Draws, Event, Grouping, Interval, RowScore, sums};
use forewarn_kernels::histogram::{Edges, counts};
use forewarn_kernels::random::Stream;
use forewarn_kernels::ranking::auc_ap;
use forewarn_kernels::sort::radix;
use forewarn_kernels::trajectories::{Shape, Trajectories};
use forewarn_kernels::two_samples::compare;
use forewarn_kernels::wasserstein::w1;
use forewarn_kernels::{energy, point, variogram};

const ROWS: usize = 13_110;
const EDGES: [f64; 11] = [0.0, 0.5, 2.5, 5.5, 10.5, 25.5, 50.5, 100.5, 250.5, 500.5, 1000.5];

/// Numbers with a heavy tail.
fn sample(seed: u64, n: usize) -> impl Iterator<Item = f64> {
    let stream = Stream::new(seed, &[]);
    (0..n as u64).map(move |i| 1.0 / stream.uniform(i) - 1.0)
}

fn singles(seed: u64, n: usize) -> Vec<f32> {
    sample(seed, n).map(|v| v as f32).collect()
}

fn draws(c: &mut Criterion) {
    let mut group = c.benchmark_group("draws");
    let nine = [
        RowScore::Crps,
        RowScore::ThresholdCrps { threshold: 1.0 },
        RowScore::Interval(Interval::central(0.95)),
        RowScore::Coverage { level: 0.9 },
        RowScore::Ignorance(Bins { edges: EDGES.to_vec(), beyond: Beyond::Open }),
        RowScore::Brier(Event { threshold: 0.0, strict: true }),
        RowScore::QuantileScore { level: 0.99 },
        RowScore::Mean,
        RowScore::Point(point::Loss::Squared),
    ];
    for width in [100, 1000] {
        let (values, observed) = (singles(1, ROWS * width), singles(2, ROWS));
        let table = Draws::contiguous(&values, width);
        let all = [Grouping { of: &[], count: 1 }];
        group.throughput(Throughput::Elements(values.len() as u64));
        for (name, scores) in [("crps", &nine[..1]), ("fair crps", &[RowScore::FairCrps]), ("nine", &nine)] {
            group.bench_function(format!("{name}, {ROWS} x {width}"), |b| {
                b.iter(|| sums(black_box(&table), &observed, &[], scores, &all));
            });
        }
    }
}

fn joint(c: &mut Criterion) {
    let shape = Shape { cases: 100, dims: 36, members: 100 };
    let (values, observed) = (singles(3, 360_000), singles(4, 3_600));
    let cases = Trajectories::case_dim_member(&values, shape);
    c.bench_function("energy score, 100 x 36 x 100", |b| {
        b.iter(|| energy::scores(black_box(&cases), &observed, false));
    });
    c.bench_function("variogram score, 100 x 36 x 100", |b| {
        b.iter(|| variogram::scores(black_box(&cases), &observed, 0.5, None, false));
    });
}

fn columns(c: &mut Criterion) {
    let n = 1_000_000;
    let (f, y) = (singles(5, n), singles(6, n));
    let labels: Vec<bool> = y.iter().map(|&y| y > 9.0).collect();
    let edges = Edges::new(&EDGES).expect("edges ascend");
    let (u, v): (Vec<f64>, Vec<f64>) = (sample(7, n).collect(), sample(8, n).collect());
    let mut group = c.benchmark_group("a million values");
    group.bench_function("point scores", |b| b.iter(|| point::sums(black_box(&f), &y, &[])));
    group.bench_function("areas", |b| b.iter(|| auc_ap(black_box(&f), &labels, &[])));
    group.bench_function("histogram", |b| b.iter(|| counts(black_box(&f), &edges)));
    group.bench_function("wasserstein", |b| b.iter(|| w1(black_box(&u), &v)));
    group.bench_function("two samples, sorted and compared", |b| {
        b.iter(|| {
            let [a, b] = [&f, &y].map(|values| radix::sorted(black_box(values)).unwrap_or_default());
            compare(&a, &b, 10, 1)
        });
    });
    let wanted = [Divergence::JensenShannon, Divergence::Jeffreys];
    let whole = n / 11 * 11;
    group.bench_function("divergences of 11 bins", |b| {
        b.iter(|| rows(black_box(&u[..whole]), &v[..whole], 11, &wanted));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = draws, joint, columns
}
criterion_main!(benches);
