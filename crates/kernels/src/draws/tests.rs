//! The tiles against the scalar twin.

use proptest::prelude::*;

use super::*;

/// One of every score, with settings that meet edges and ties.
fn every_score() -> Vec<RowScore> {
    let edges = vec![0.0, 0.5, 2.5, 5.5, 100.0];
    let event = |threshold, strict| Event { threshold, strict };
    let mut scores = vec![
        RowScore::Observed,
        RowScore::Mean,
        RowScore::Crps,
        RowScore::FairCrps,
        RowScore::ThresholdCrps { threshold: 2.0 },
        RowScore::Ignorance(Bins { edges: edges.clone(), beyond: Beyond::Open }),
        RowScore::Ignorance(Bins { edges, beyond: Beyond::Closed }),
        RowScore::Interval(Interval::central(0.9)),
        RowScore::Interval(Interval { lower: 0.1, upper: 0.7, below: 20.0, above: 3.0 }),
        RowScore::WeightedInterval { levels: vec![0.5, 0.8] },
        RowScore::Exceedance(event(1.0, false)),
        RowScore::Brier(event(1.0, false)),
        RowScore::Brier(event(0.0, true)),
        RowScore::Below,
        RowScore::AtMost,
        RowScore::DawidSebastiani,
    ];
    scores.extend([0.0, 0.3, 0.99, 1.0, 1.5].map(|level| RowScore::Quantile { level }));
    scores.extend([0.5, 0.99].map(|level| RowScore::QuantileScore { level }));
    scores.extend([0.2, 0.9].map(|level| RowScore::Coverage { level }));
    scores.extend(
        [
            point::Loss::Error,
            point::Loss::Squared,
            point::Loss::SquaredLog,
            point::Loss::Pinball { level: 0.2 },
        ]
        .map(RowScore::Point),
    );
    scores
}

/// The twin: each row sorted by itself.
fn by_row<T: Sortable>(values: &[T], width: usize, observed: &[T], score: &RowScore) -> Vec<f64> {
    let row = |(row, y): (&[T], &T)| {
        let mut row = row.to_vec();
        row.sort_by(Sortable::order);
        score.of(&row, *y)
    };
    values.chunks_exact(width).zip(observed).map(row).collect()
}

/// Rows x draws to draws x rows.
fn turned<T: Copy>(values: &[T], width: usize) -> Vec<T> {
    (0..width).flat_map(|k| values.iter().skip(k).step_by(width).copied()).collect()
}

/// The scores of all rows with the vectors of one level.
fn at<T: Sortable>(level: Level, draws: &Draws<'_, T>, observed: &[T], scores: &[RowScore]) -> Vec<Vec<f64>> {
    let mut columns = vec![vec![0.0; observed.len()]; scores.len()];
    let slices = columns.iter_mut().map(Vec::as_mut_slice).collect();
    T::with(level, Chunk { draws, observed, plans: &plans(draws, scores), first: 0, columns: slices });
    columns
}

fn check<T: Sortable + std::fmt::Debug>(values: &[T], width: usize, observed: &[T]) {
    let (scores, columns) = (every_score(), turned(values, width));
    let layouts = [Draws::contiguous(values, width), Draws::strided(&columns, observed.len())];
    for (i, score) in scores.iter().enumerate() {
        let expected = by_row(values, width, observed, score);
        for draws in &layouts {
            for level in Level::available() {
                let got = at(level, draws, observed, &scores[i..=i]).remove(0);
                let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
                let agree = got.iter().zip(&expected).all(same);
                assert!(agree, "{score:?} {level:?}: {got:?}, twin {expected:?}, {values:?} {observed:?}");
            }
        }
    }
}

fn value() -> impl Strategy<Value = f32> {
    prop_oneof![
        6 => Just(0.0_f32), 1 => Just(-0.0_f32), 3 => 0.0_f32..200.0, 2 => -5.0_f32..5.0,
        2 => (0_u8..7).prop_map(f32::from),
    ]
}

proptest! {
    #[test]
    fn side_by_side_is_one_by_one(
        (rows, width) in (1_usize..40, 1_usize..40),
        pool in prop::collection::vec(value(), 1..200),
        holes in prop::collection::vec((0_usize..2000, prop_oneof![Just(f32::NAN), Just(f32::INFINITY)]), 0..3),
        constant in 0_usize..50,
    ) {
        let mut values: Vec<f32> = (0..=rows * width).map(|i| pool[i * 7 % pool.len()]).collect();
        let mut observed: Vec<f32> = (0..rows).map(|i| pool[i * 5 % pool.len()]).collect();
        for (i, hole) in holes {
            let n = values.len();
            values[i % n] = hole;
            if hole.is_nan() {
                observed[i % rows] = hole;
            }
        }
        for row in values[1..].chunks_exact_mut(width).take(constant) {
            row.fill(row[0]);
        }
        // Starts that no vector is aligned to.
        check(&values[1..], width, &observed);
        let double = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
        check(&double(&values[1..]), width, &double(&observed));
    }
}

/// Zero-inflated draws and truth.
fn sample(rows: usize, width: usize) -> (Vec<f32>, Vec<f32>) {
    let stream = crate::random::Stream::new(3, &[]);
    let count = |i: u64| if stream.below(2 * i, 3) > 0 { 0.0 } else { stream.below(2 * i + 1, 90) as f32 };
    let values = (0..(rows * width) as u64).map(count).collect();
    (values, (0..rows as u64).map(|i| count(i + 1_000_000)).collect())
}

#[test]
fn sums_are_those_of_the_rows_whatever_the_number_of_threads() {
    let (rows, width) = (5000, 21);
    let (values, mut observed) = sample(rows, width);
    observed[17] = f32::NAN;
    let draws = Draws::contiguous(&values, width);
    let scores = [RowScore::Crps, RowScore::Mean];
    let weights: Vec<f64> = (0..rows).map(|i| (i % 4) as f64).collect();
    let mixed: Vec<u32> = (0..rows as u32).map(|i| i * 7 % 5).collect();
    let blocks: Vec<u32> = (0..rows as u32).map(|i| i / 900).collect();
    let groupings = [
        Grouping { of: &mixed, count: 5 },
        Grouping { of: &blocks, count: 6 },
        Grouping { of: &[], count: 1 },
    ];
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| sums(&draws, &observed, &weights, &scores, &groupings))
    };
    let got = on(1);
    assert_eq!(got, on(4), "bytes, not closeness");
    let columns = score(&draws, &observed, &scores);
    for (grouping, sums) in groupings.iter().zip(&got) {
        for g in 0..grouping.count {
            let in_group = |i: &usize| grouping.of.get(*i).map_or(0, |&of| of as usize) == g && *i != 17;
            let total = |f: &dyn Fn(usize) -> f64| (0..rows).filter(in_group).map(f).sum::<f64>();
            assert_eq!(sums.rows[g], total(&|_| 1.0));
            assert_eq!(sums.weight[g], total(&|i| weights[i]));
            for (sum, column) in sums.sums.iter().zip(&columns) {
                let expected = total(&|i| weights[i] * column[i]);
                assert!((sum[g] - expected).abs() <= 1e-12 * expected.abs(), "{} {expected}", sum[g]);
            }
        }
    }
}

#[test]
fn rows_are_counted_also_when_nothing_is_scored() {
    let (values, mut observed) = sample(50, 3);
    let all = [Grouping { of: &[], count: 1 }];
    let count = |observed: &[f32]| sums(&Draws::contiguous(&values, 3), observed, &[], &[], &all)[0].rows[0];
    assert_eq!(count(&observed), 50.0);
    observed[7] = f32::NAN;
    assert_eq!(count(&observed), 49.0);
}

#[test]
fn a_row_that_cannot_be_scored_spoils_no_other() {
    let (mut values, observed) = sample(64, 10);
    let draws = values.clone();
    let clean = score(&Draws::contiguous(&draws, 10), &observed, &[RowScore::Crps]).remove(0);
    values[5 * 10 + 3] = f32::NAN;
    let got = score(&Draws::contiguous(&values, 10), &observed, &[RowScore::Crps]).remove(0);
    assert!(got[5].is_nan());
    assert!((0..64).filter(|&i| i != 5).all(|i| got[i] == clean[i]));
}
