//! Laws that hold for every metric of the catalog.

use forewarn_core::*;
use forewarn_kernels::random::Stream;
use proptest::prelude::*;
use serde_json::json;

use crate::METRICS;

const ROWS: usize = 240;
const DRAWS: usize = 20;

/// Calibration, not skill: an exact forecast does not optimise it (see its documentation).
const NOT_A_SCORE: [&str; 1] = ["coverage"];

/// A forecast with `width` draws a row; one value is a point forecast. Cells are side by side from west to east.
fn field(width: usize, values: Vec<f32>) -> Field {
    let units = (1..=(values.len() / width) as u32).map(Unit).collect();
    match width {
        1 => Field::point(Period(9), Step(1), units, values),
        _ => Field::draws(Period(9), Step(1), units, width, values),
    }
    .unwrap()
    .sorted()
}

fn args<'a>(observed: &'a [f32], forecast: &'a Field) -> ScoreArgs<'a> {
    ScoreArgs::new(observed, forecast).unwrap().placed(Places::Grid)
}

fn tally(metric: &dyn Metric, observed: &[f32], forecast: &Field) -> Tally {
    metric.tally(&args(observed, forecast)).unwrap()
}

/// The score; NaN where there is none.
fn score(metric: &dyn Metric, observed: &[f32], forecast: &Field) -> f64 {
    let tally = metric.tally(&args(observed, forecast));
    tally.and_then(|t| metric.score(&t)).unwrap_or(f64::NAN)
}

/// Scores that no exact forecast has.
const NEEDS_SPREAD: &str = "dawid-sebastiani";

/// Values of the truth for which every metric is defined, and for which accuracy and the like can be perfect.
const BEYOND_ZERO: [&str; 3] = ["mape", "poisson-deviance", "tweedie-deviance"];

/// Scores of a whole field at a time: their pools are means over fields.
const WITHIN_A_FIELD: [&str; 7] =
    ["energy-score", "fractions-skill-score", "gini", "moran", "sal", "spearman", "variogram-score"];

/// Of them, those that refuse a part of a field.
const OF_WHOLE_FIELDS: [&str; 4] = ["fractions-skill-score", "gini", "moran", "sal"];

/// Scores that rows enter together, without weights.
const JOINT: [&str; 7] = WITHIN_A_FIELD;

/// Metrics that are not defined for all numbers; they say so.
const PARTIAL: [&str; 10] = [
    "dawid-sebastiani",
    "gini",
    "ignorance",
    "mape",
    "msle",
    "poisson-deviance",
    "rmsle",
    "sal",
    "tweedie-deviance",
    "variogram-score",
];

/// Whether a metric has a score of these rows.
fn defined(entry: &Entry<dyn Metric>, observed: &[f32], draws: &[f32]) -> bool {
    !score(entry.default().unwrap().as_ref(), observed, &field(DRAWS, draws.to_vec())).is_nan()
}

/// Counts, four in five of them zero.
fn counts(seed: u64, n: usize) -> Vec<f32> {
    let stream = Stream::new(seed, &[]);
    let count =
        |i: u64| if stream.below(2 * i, 5) > 0 { 0.0 } else { (1 + stream.below(2 * i + 1, 30)) as f32 };
    (0..n as u64).map(count).collect()
}

/// Distance from the best there is: lower is better.
fn distance(metric: &dyn Metric, score: f64) -> f64 {
    match metric.better() {
        Better::Lower => score,
        Better::Higher => -score,
        Better::Near(best) => (score - best).abs(),
    }
}

fn close(a: f64, b: f64, relative: f64) -> bool {
    (a.is_nan() && b.is_nan()) || (a - b).abs() <= relative * (1.0 + a.abs().max(b.abs()))
}

#[test]
fn examples_hold_and_the_first_is_perfect() {
    for entry in METRICS {
        let metric = entry.default().unwrap();
        let examples = metric.examples();
        assert!(examples.len() >= 2, "{}: two examples at least", entry.file);
        for e in &examples {
            let forecast = field(e.draws[0].len(), e.draws.concat());
            let got = score(metric.as_ref(), e.observed, &forecast);
            assert!(close(got, e.expect, 1e-7), "{}, {}: {got}, expected {}", entry.file, e.title, e.expect);
        }
        let exact = |(y, draws): (&f32, &&[f32])| draws.iter().all(|d| d == y);
        if entry.name == NEEDS_SPREAD {
            continue;
        }
        let first = &examples[0];
        assert!(first.observed.iter().zip(first.draws).all(exact), "{}: perfect comes first", entry.file);
        assert!(first.title.starts_with("a perfect forecast"), "{}: say so", entry.file);
    }
}

#[test]
fn entries_are_sorted_documented_and_strict() {
    assert!(METRICS.windows(2).all(|w| w[0].name < w[1].name), "keep the catalog sorted");
    for entry in METRICS {
        let doc = entry.doc();
        assert!(doc.contains("doi:"), "{}: cite the source", entry.file);
        let direction = ["lower is better", "higher is\nbetter", "higher is better", "best near"];
        assert!(direction.iter().any(|words| doc.contains(words)), "{}: say what is good", entry.file);
        let unit = ["unit", "0-1"];
        assert!(unit.iter().any(|words| doc.contains(words)), "{}: give the unit", entry.file);
        let file = format!("{}.rs", entry.name.replace('-', "_"));
        assert!(entry.file.ends_with(&file), "{}: named {}", entry.file, entry.name);
        let unknown = (entry.build)(&json!({"no-such-setting": 1}));
        assert!(matches!(unknown, Err(Error::Config { .. })), "{}: deny_unknown_fields", entry.file);
    }
}

#[test]
fn settings_out_of_bounds_are_refused_by_name() {
    let properties = |e: &Entry<dyn Metric>| (e.schema)().get("properties").cloned().unwrap_or_default();
    for entry in METRICS {
        for (setting, bad) in
            [("level", json!(0.0)), ("level", json!(1.0)), ("level", json!(-3)), ("threshold", json!("x"))]
        {
            if properties(entry).get(setting).is_some() {
                let error = (entry.build)(&json!({setting: bad})).unwrap_err().to_string();
                assert!(error.starts_with(entry.name), "{}: {error}", entry.file);
            }
        }
    }
}

#[test]
fn a_perfect_forecast_is_optimal() {
    let zeros = &counts(3, ROWS);
    let above: &Vec<f32> = &zeros.iter().map(|y| y + 1.0).collect();
    for entry in METRICS.iter().filter(|e| !NOT_A_SCORE.contains(&e.name) && e.name != NEEDS_SPREAD) {
        check_optimum(entry, if BEYOND_ZERO.contains(&entry.name) { above } else { zeros });
    }
}

/// Compares the perfect forecast of one metric with others.
fn check_optimum(entry: &Entry<dyn Metric>, observed: &[f32]) {
    let noise = counts(4, ROWS * DRAWS);
    let near = |scale: f32| {
        let value = move |(i, n): (usize, &f32)| (observed[i / DRAWS] + scale * (n - 3.0)).max(0.0);
        field(DRAWS, noise.iter().enumerate().map(value).collect())
    };
    let perturbed = [
        ("nothing", field(1, vec![0.0; ROWS])),
        ("too low", field(1, observed.iter().map(|y| y / 10.0).collect())),
        ("too high", field(1, observed.iter().map(|y| y * 2.0 + 1.0).collect())),
        ("misplaced", field(1, observed.iter().rev().copied().collect())),
        ("a little noise", near(0.1)),
        ("much noise", near(3.0)),
        ("unrelated draws", field(DRAWS, noise.clone())),
    ];
    let metric = entry.default().unwrap();
    let perfect = [1, DRAWS].map(|width| {
        let values = observed.iter().flat_map(|&y| vec![y; width]).collect();
        distance(metric.as_ref(), score(metric.as_ref(), observed, &field(width, values)))
    });
    // More draws tell more against the pseudo-draws of the ignorance score.
    if entry.name != "ignorance" {
        assert!(close(perfect[0], perfect[1], 1e-12), "{}: a point is a degenerate distribution", entry.file);
    }
    let mut worse = 0;
    for (name, forecast) in &perturbed {
        let other = distance(metric.as_ref(), score(metric.as_ref(), observed, forecast));
        let best = perfect[usize::from(!forecast.is_point())];
        assert!(
            best <= other + 1e-12 || other.is_nan(),
            "{}: {name} scores {other}, perfect {best}",
            entry.file
        );
        worse += u32::from(best < other || other.is_nan());
    }
    assert!(worse >= 3, "{}: it tells only {worse} of 7 forecasts from the perfect one", entry.file);
}

#[test]
fn the_order_of_rows_and_draws_is_irrelevant() {
    let (observed, draws) = (counts(5, ROWS), counts(6, ROWS * DRAWS));
    let reverse = |values: &[f32]| values.iter().rev().copied().collect::<Vec<f32>>();
    let reversed = (reverse(&observed), reverse(&draws));
    for entry in METRICS {
        let metric = entry.default().unwrap();
        let one = score(metric.as_ref(), &observed, &field(DRAWS, draws.clone()));
        let other = score(metric.as_ref(), &reversed.0, &field(DRAWS, reversed.1.clone()));
        assert!(close(one, other, 1e-12), "{}: {one} {other}", entry.file);
    }
}

#[test]
fn pooled_halves_are_the_whole() {
    let (observed, draws) = (counts(7, ROWS), counts(8, ROWS * DRAWS));
    for entry in METRICS.iter().filter(|e| !WITHIN_A_FIELD.contains(&e.name) && defined(e, &observed, &draws))
    {
        let metric = entry.default().unwrap();
        let whole = tally(metric.as_ref(), &observed, &field(DRAWS, draws.clone()));
        for cut in [0, 1, ROWS / 2, ROWS] {
            let parts =
                [(&observed[..cut], &draws[..cut * DRAWS]), (&observed[cut..], &draws[cut * DRAWS..])];
            let mut pool = Tally::default();
            for (y, values) in parts {
                metric.pool(&mut pool, &tally(metric.as_ref(), y, &field(DRAWS, values.to_vec())));
            }
            let same = pool.0.iter().zip(&whole.0).all(|(a, b)| close(*a, *b, 1e-12));
            assert!(same && pool.0.len() == whole.0.len(), "{}: {pool:?} {whole:?}", entry.file);
            let scores = [&pool, &whole].map(|t| metric.score(t).unwrap());
            assert!(close(scores[0], scores[1], 1e-12), "{}", entry.file);
        }
    }
}

#[test]
fn rows_without_truth_contribute_nothing() {
    let (observed, draws) = (counts(9, ROWS), counts(10, ROWS * DRAWS));
    for entry in METRICS.iter().filter(|e| defined(e, &observed, &draws)) {
        let metric = entry.default().unwrap();
        let known = tally(metric.as_ref(), &observed, &field(DRAWS, draws.clone()));
        let mut longer = (vec![f32::NAN; 2], vec![f32::NAN; DRAWS]);
        longer.1.extend([7.0; DRAWS]);
        longer.0.extend(&observed);
        longer.1.extend(&draws);
        let padded = tally(metric.as_ref(), &longer.0, &field(DRAWS, longer.1));
        let same = known.0.iter().zip(&padded.0).all(|(a, b)| close(*a, *b, 1e-12));
        assert!(same && known.0.len() == padded.0.len(), "{}: {known:?} {padded:?}", entry.file);
        let nothing = tally(metric.as_ref(), &[f32::NAN], &field(1, vec![3.0]));
        for tally in [nothing, Tally::default()] {
            let reason = metric.score(&tally).unwrap_err().to_string();
            assert!(reason.len() > 15, "{}: no rows, no score, and why: {reason}", entry.file);
        }
    }
}

#[test]
fn scores_of_whole_fields_refuse_parts_and_the_others_do_not() {
    let (observed, draws) = (counts(15, ROWS), counts(16, ROWS * DRAWS));
    let forecast = field(DRAWS, draws);
    for entry in METRICS {
        let part = entry.default().unwrap().tally(&args(&observed, &forecast).placed(Places::Part));
        match part {
            Err(e) if OF_WHOLE_FIELDS.contains(&entry.name) => {
                assert!(e.to_string().contains("a part of one"), "{}: {e}", entry.file);
            }
            part => assert!(!OF_WHOLE_FIELDS.contains(&entry.name), "{}: {part:?}", entry.file),
        }
    }
}

#[test]
fn weights_are_repetitions() {
    let (observed, draws) = (counts(11, 60), counts(12, 60 * DRAWS));
    let times: Vec<f64> = (0..60).map(|i| f64::from(i % 3)).collect();
    let mut repeated = (Vec::new(), Vec::new());
    for (i, &n) in times.iter().enumerate() {
        for _ in 0..n as usize {
            repeated.0.push(observed[i]);
            repeated.1.extend(&draws[i * DRAWS..(i + 1) * DRAWS]);
        }
    }
    for entry in METRICS.iter().filter(|e| !JOINT.contains(&e.name) && defined(e, &observed, &draws)) {
        let metric = entry.default().unwrap();
        let forecast = field(DRAWS, draws.clone());
        let args = args(&observed, &forecast).weighted(&times).unwrap();
        let weighted = metric.score(&metric.tally(&args).unwrap()).unwrap();
        let plain = score(metric.as_ref(), &repeated.0, &field(DRAWS, repeated.1.clone()));
        assert!(close(weighted, plain, 1e-12), "{}: {weighted} {plain}", entry.file);
    }
}

#[test]
fn one_pass_gives_every_metric_what_it_would_tally_by_itself() {
    let (observed, draws) = (counts(13, ROWS), counts(14, ROWS * DRAWS));
    let metrics: Vec<_> = METRICS.iter().map(|e| e.default().unwrap()).collect();
    let named: Vec<&dyn Metric> = metrics.iter().map(AsRef::as_ref).collect();
    let forecast = field(DRAWS, draws);
    let args = args(&observed, &forecast);
    for ((metric, together), entry) in named.iter().zip(tallies(&named, &args)).zip(METRICS) {
        assert_eq!(together, metric.tally(&args), "{}", entry.file);
    }
}

proptest! {
    #[test]
    fn what_is_finite_gives_a_number_or_nan_or_a_reason(
        (observed, width, values) in (1_usize..8, 1_usize..8).prop_flat_map(|(rows, width)| {
            let value = prop_oneof![
                4 => Just(0.0_f32), 2 => (0_u8..5).prop_map(f32::from), 1 => -1e30_f32..1e30, 1 => 0.0_f32..1e-30
            ];
            let row = prop::collection::vec(value.clone(), rows);
            (row, Just(width), prop::collection::vec(value, rows * width))
        }),
    ) {
        let forecast = field(width, values);
        for entry in METRICS {
            let metric = entry.default().unwrap();
            if let Ok(tally) = metric.tally(&args(&observed, &forecast)) {
                prop_assert!(tally.0.iter().all(|v| v.is_finite()), "{}: {tally:?}", entry.file);
                prop_assert!(metric.score(&tally).is_ok_and(f64::is_finite) || metric.score(&tally).is_err());
            } else {
                prop_assert!(PARTIAL.contains(&entry.name), "{}: defined for all numbers", entry.file);
            }
        }
    }
}
