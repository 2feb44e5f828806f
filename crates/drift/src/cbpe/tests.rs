use forewarn_kernels::random::Stream;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Case {
    reference: Rows,
    analysis: Rows,
    calibrated: bool,
    isotonic: [Vec<f64>; 2],
    chunks: Vec<Vec<Peer>>,
}

#[derive(Deserialize)]
struct Rows {
    scores: Vec<f64>,
    labels: Vec<u8>,
}

impl Rows {
    fn labels(&self) -> Vec<bool> {
        self.labels.iter().map(|l| *l == 1).collect()
    }
}

/// In the order of the measures.
#[derive(Deserialize)]
struct Peer {
    value: f64,
    sampling_error: f64,
    realized: f64,
    limits: (f64, f64),
    band: (f64, f64),
    alert: bool,
}

fn case() -> Case {
    serde_json::from_str(include_str!("../../tests/data/cbpe.json")).unwrap()
}

fn near(got: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((got - expected).abs() <= tolerance, "{what}: {got} {expected}");
}

#[test]
fn nannyml_agrees() {
    let case = case();
    let labels = case.reference.labels();
    let fitted = Cbpe::default().fit(&case.reference.scores, &labels).unwrap();
    assert_eq!(fitted.is_calibrated(), case.calibrated);
    for (score, chance) in case.isotonic[0].iter().zip(&case.isotonic[1]) {
        near(fitted.chance(*score), *chance, 1e-12, "isotonic");
    }
    let rows = [&case.reference, &case.analysis];
    let chunks: Vec<(&[f64], Vec<bool>)> = rows
        .iter()
        .flat_map(|r| {
            r.scores.chunks(500).zip(r.labels().chunks(500).map(<[bool]>::to_vec).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(chunks.len(), case.chunks.len());
    for ((scores, labels), peers) in chunks.iter().zip(&case.chunks) {
        let estimation = fitted.estimate(scores, None).unwrap();
        let realized = realized(scores, labels, 0.5);
        for ((e, peer), realized) in estimation.estimates.iter().zip(peers).zip(realized) {
            let (area, resampled) = (e.measure == "roc-auc", e.measure == "average-precision");
            near(e.value, peer.value, if area || resampled { 1e-5 } else { 1e-12 }, e.measure);
            near(realized, peer.realized, 1e-12, "realized");
            near(e.limits.0, peer.limits.0, 1e-12, "lower limit");
            near(e.limits.1, peer.limits.1, 1e-12, "upper limit");
            assert_eq!(e.alert, peer.alert, "{}", e.measure);
            // Resamples are drawn by chance there and here: fifty and two hundred.
            let allowed = if resampled {
                0.35 * peer.sampling_error
            } else if area {
                1e-5
            } else {
                1e-12
            };
            near(e.sampling_error, peer.sampling_error, allowed, e.measure);
            near(e.band.0, peer.band.0, 3.0 * allowed + 1e-5, "lower bound");
            near(e.band.1, peer.band.1, 3.0 * allowed + 1e-5, "upper bound");
        }
    }
}

/// Scores, and labels of a chance that is a function of them.
fn drawn(seed: u64, n: u64, chance: fn(f64) -> f64) -> (Vec<f64>, Vec<bool>) {
    let stream = Stream::new(seed, &[]);
    let row = |i: u64| {
        let score = 0.05 + 0.9 * stream.uniform(2 * i);
        (score, stream.uniform(2 * i + 1) < chance(score))
    };
    (0..n).map(row).unzip()
}

#[test]
fn estimates_are_what_labels_tell_later() {
    let (scores, labels) = drawn(1, 4000, |s| s.powi(2));
    let fitted = Cbpe::default().fit(&scores, &labels).unwrap();
    // Another mix of scores: low ones only one time in four.
    let (scores, labels) = drawn(2, 8000, |s| s.powi(2));
    let kept = (0..8000).filter(|i| scores[*i] > 0.5 || i % 4 == 0);
    let (scores, labels): (Vec<f64>, Vec<bool>) = kept.map(|i| (scores[i], labels[i])).unzip();
    let later = Labelled { scores: &scores, labels: &labels };
    let estimation = fitted.estimate(&scores, Some(later)).unwrap();
    for (e, realized) in estimation.estimates.iter().zip(realized(&scores, &labels, 0.5)) {
        near(e.value, realized, 0.04, e.measure);
    }
    assert!(matches!(estimation.assumption, Assumption::NotRejected(_)), "{}", estimation.assumption);
}

#[test]
fn the_assumption_is_never_passed_over_in_silence() {
    let (scores, labels) = drawn(1, 2000, |s| s);
    let fitted = Cbpe::default().fit(&scores, &labels).unwrap();
    let said = |scores: &[f64], later| fitted.estimate(scores, later).unwrap().assumption.to_string();
    let (chunk, _) = drawn(2, 500, |s| s);
    assert!(said(&chunk, None).starts_with("assumption: not checkable: no labels since the reference; "));
    let few = Labelled { scores: &chunk[..2], labels: &[true, false] };
    assert!(said(&chunk, Some(few)).contains("2 rows with labels since the reference are too few"));
    // The same scores with another meaning.
    let (scores, labels) = drawn(3, 500, |s| 1.0 - s);
    let turned = said(&chunk, Some(Labelled { scores: &scores, labels: &labels }));
    assert!(turned.starts_with("assumption: broken: p = "), "{turned}");
    let beyond: Vec<f64> = chunk.iter().map(|s| s / 2.0).collect();
    let beyond = said(&beyond, None);
    assert!(
        beyond.starts_with("assumption: broken: ") && beyond.contains("beyond the reference's"),
        "{beyond}"
    );
}

#[test]
fn what_cannot_be_used_is_refused_with_the_cure() {
    let (scores, labels) = drawn(1, 2000, |s| s);
    let error = |settings: Cbpe, scores: &[f64], labels: &[bool]| {
        settings.fit(scores, labels).unwrap_err().to_string()
    };
    let with = |change: fn(&mut Cbpe)| {
        let mut settings = Cbpe::default();
        change(&mut settings);
        settings
    };
    let default = Cbpe::default;
    assert!(error(default(), &scores, &labels[1..]).contains("2000 scores and 1999 labels"));
    assert!(error(default(), &[f64::NAN; 2000], &labels).contains("the score of row 0 is NaN"));
    assert!(error(default(), &[1.5; 2000], &labels).contains("scores are 0-1"));
    assert!(error(default(), &scores, &[false; 2000]).contains("0 events and 2000 others"));
    assert!(error(with(|c| c.chunk = 5000), &scores, &labels).contains("lower `chunk`"));
    let changes: [fn(&mut Cbpe); 4] =
        [|c| c.chunk = 0, |c| c.width = 0.0, |c| c.level = 1.0, |c| c.threshold = 2.0];
    for change in changes {
        assert!(error(with(change), &scores, &labels).starts_with("cbpe: `"));
    }
    let fitted = default().fit(&scores, &labels).unwrap();
    assert!(fitted.estimate(&[], None).unwrap_err().to_string().contains("chunk: no scores"));
}
