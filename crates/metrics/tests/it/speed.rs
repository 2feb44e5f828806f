//! Time of a tally at operational size.

use std::hint::black_box;
use std::time::Instant;

use forewarn_core::{Field, Period, ScoreArgs, Step, Unit};
use forewarn_kernels::random::Stream;
use forewarn_metrics::METRICS;

/// 13,110 cells x 100 draws, a field of the monthly run; one row in `every` is not constant.
fn operational(every: usize) -> (Vec<f32>, Field) {
    let (rows, draws) = (13_110, 100);
    let mut values = vec![0.0; rows * draws];
    let mut observed = vec![0.0; rows];
    for (i, row) in values.chunks_exact_mut(draws).enumerate().filter(|(i, _)| i % every == 0) {
        let stream = Stream::new(1, &[i as u64]);
        observed[i] = stream.below(1000, 40) as f32;
        for (d, v) in row.iter_mut().enumerate() {
            *v = stream.below(d as u64, 60).saturating_sub(20) as f32;
        }
    }
    let units = (0..rows as u32).map(Unit).collect();
    (observed, Field::draws(Period(1), Step(1), units, draws, values).unwrap().sorted())
}

/// Prints the median of each metric: `cargo test -p forewarn-metrics --test it -- --ignored speed --nocapture`.
#[test]
#[ignore = "a measurement"]
fn speed_of_a_tally() {
    for every in [50, 1] {
        let (observed, field) = operational(every);
        let args = ScoreArgs::new(&observed, &field).unwrap();
        println!("one row in {every} varies:");
        for entry in METRICS {
            let metric = entry.default().unwrap();
            let mut times: Vec<f64> = (0..101)
                .map(|_| {
                    let start = Instant::now();
                    black_box(metric.tally(black_box(&args)).unwrap());
                    start.elapsed().as_secs_f64() * 1e3
                })
                .collect();
            times.sort_by(f64::total_cmp);
            println!("{:24} median {:.3} ms, fastest {:.3} ms", entry.name, times[50], times[0]);
            assert!(every == 1 || times[0] < 3.0, "{}: ten times slower than it was made to be", entry.name);
        }
    }
}
