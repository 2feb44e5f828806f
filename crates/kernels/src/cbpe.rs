//! How good a classifier probably is, from its scores and the chances they stand for, without labels.
//!
//! Confidence-based performance estimation, as in `NannyML` 0.13: a row of score `s` is an event with chance `c(s)`, learned where
//! labels are known. Every row then counts as `c` events and `1 - c` others, and each measure is computed of these sums.
//! That is right as long as `c` is still the chance of an event at the score, whatever the mix of scores.

use rayon::prelude::*;

use crate::binary::Confusion;
use crate::isotonic::Isotonic;
use crate::random::Stream;
use crate::ranking::{auc_ap, average_precision, levels_of, roc_auc};
use crate::special::chi_square_survival;

/// The measures, in the order of all arrays here.
pub const MEASURES: [&str; 7] =
    ["accuracy", "precision", "recall", "specificity", "f1", "roc-auc", "average-precision"];

/// Resamples of the reference for the sampling error of the average precision.
const RESAMPLES: u64 = 200;

/// Shuffles, each with a tenth of the rows held out, by which it is decided whether to calibrate.
const SPLITS: u64 = 10;

fn measures(table: &Confusion, (roc_auc, average_precision): (f64, f64)) -> [f64; 7] {
    let specificity = table.true_negatives / (table.true_negatives + table.false_positives);
    [table.accuracy(), table.precision(), table.recall(), specificity, table.f1(), roc_auc, average_precision]
}

/// The measures where labels are known; an event is forecast from the score `threshold` on. NaN where one is not defined.
///
/// # Panics
/// When the lengths differ.
pub fn realized(scores: &[f64], labels: &[bool], threshold: f64) -> [f64; 7] {
    let areas = auc_ap(scores, labels, &[]);
    measures(&Confusion::at(scores, labels, &[], threshold), (areas.roc_auc, areas.average_precision))
}

/// The measures to be expected of rows whose chances of an event (0-1) are known.
///
/// Ties of scores enter together and nothing is rounded; `NannyML` 0.13.1 orders ties as they come and rounds cumulated sums
/// to five decimals, which moves both areas by some 1e-6 to 1e-5.
///
/// # Panics
/// When the lengths differ.
pub fn expected(scores: &[f64], chances: &[f64], threshold: f64) -> [f64; 7] {
    assert_eq!(scores.len(), chances.len(), "a chance a score");
    // Each row twice: as an event of weight c, and as another of weight 1 - c.
    let twice = [scores, scores].concat();
    let labels: Vec<bool> = (0..twice.len()).map(|i| i < scores.len()).collect();
    let others = chances.iter().map(|c| 1.0 - c);
    let weights: Vec<f64> = chances.iter().copied().chain(others).collect();
    let levels: Vec<[f64; 2]> =
        levels_of(&twice, &labels, &weights).into_iter().map(|level| [level.1, level.2]).collect();
    let table = Confusion::at(&twice, &labels, &weights, threshold);
    measures(&table, (roc_auc(&levels), average_precision(&levels)))
}

/// By how much each measure of one row scatters on the reference: divided by the root of the number of rows it is the sampling
/// error of a chunk.
///
/// Of shares (accuracy, precision, recall, specificity) `sqrt(p (1 - p) / f)` with `f` the share of rows they are of; of F1
/// likewise, of rows that are not true negatives, scaled; of the ROC area the deviation of the shares of others below each event
/// (of events above each other, where events are the more frequent), by the root of their share; of the average
/// precision the deviation over resamples of the reference, drawn under `seed`. NaN where the measure is.
///
/// # Panics
/// When the lengths differ.
pub fn scatter(scores: &[f64], labels: &[bool], threshold: f64, seed: u64) -> [f64; 7] {
    let n = scores.len() as f64;
    let Confusion { true_positives: tp, false_positives: fp, true_negatives: tn, false_negatives: fn_ } =
        Confusion::at(scores, labels, &[], threshold);
    let share = |hits: f64, of: f64| {
        let p = hits / of;
        (p * (1.0 - p) * n / of).sqrt()
    };
    let relevant = tp + fp + fn_;
    let f1 = share(tp, relevant) * relevant / (tp + 0.5 * (fp + fn_));
    let levels = levels_of(scores, labels, &[]);
    [
        share(tp + tn, n),
        share(tp, tp + fp),
        share(tp, tp + fn_),
        share(tn, tn + fp),
        f1,
        scatter_of_area(&levels),
        scatter_of_precision((scores, labels), &levels, seed),
    ]
}

/// Deviation of the shares of the more frequent class below each row of the rarer one, by the root of its share.
fn scatter_of_area(levels: &[(f64, f64, f64)]) -> f64 {
    let (events, others) = levels.iter().fold((0.0, 0.0), |sum, l| (sum.0 + l.1, sum.1 + l.2));
    let flip = events > others;
    let (rare, frequent) = if flip { (others, events) } else { (events, others) };
    let (mut below, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (_, events, others) in levels {
        let (r, f) = if flip { (others, events) } else { (events, others) };
        let place = (below + f / 2.0) / frequent;
        sum += r * place;
        squares += r * place * place;
        below += f;
    }
    let mean = sum / rare;
    ((squares / rare - mean * mean).max(0.0) * (events + others) / rare).sqrt()
}

fn scatter_of_precision(rows: (&[f64], &[bool]), levels: &[(f64, f64, f64)], seed: u64) -> f64 {
    let level = |s: &f64| levels.partition_point(|l| l.0 < *s);
    let places: Vec<(usize, usize)> =
        rows.0.iter().map(level).zip(rows.1.iter().map(|event| usize::from(!event))).collect();
    let n = places.len();
    let resample = |r: u64| {
        let stream = Stream::new(seed, &[r]);
        let mut counts = vec![[0.0; 2]; levels.len()];
        for i in 0..n {
            let (level, class) = places[stream.below(i as u64, n as u32) as usize];
            counts[level][class] += 1.0;
        }
        average_precision(&counts)
    };
    let all: Vec<f64> = (0..RESAMPLES).into_par_iter().map(resample).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let variance = all.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / all.len() as f64;
    (variance * n as f64).sqrt()
}

/// Scores or chances, each with whether it was an event.
type Rows = Vec<(f64, bool)>;

/// Whether isotonic calibration makes scores better chances: `NannyML`'s rule, with shuffles of our own under `seed`.
///
/// Ten times a tenth of each class is held out and calibrated by the rest; of all that was held out, the calibration error
/// (ten bins of equal count) must fall. The rule leans to calibrating, for what one shuffle holds out another learns from. Never for one class only, or a ROC area above 0.999.
///
/// # Panics
/// When the lengths differ.
pub fn gains_by_calibration(scores: &[f64], labels: &[bool], seed: u64) -> bool {
    let area = auc_ap(scores, labels, &[]).roc_auc;
    if area.is_nan() || area > 0.999 {
        return false;
    }
    let split = |s: u64| {
        let out = held_out(labels, Stream::new(seed, &[s]));
        let rows = |held: bool| (0..labels.len()).filter(move |&i| out[i] == held);
        let (train, events): (Vec<f64>, Vec<bool>) =
            rows.clone()(false).map(|i| (scores[i], labels[i])).unzip();
        let fit = Isotonic::fit(&train, &events);
        let before: Rows = rows(true).map(|i| (scores[i], labels[i])).collect();
        let after: Rows = before.iter().map(|row| (fit.chance(row.0), row.1)).collect();
        [before, after]
    };
    let splits: Vec<[Rows; 2]> = (0..SPLITS).into_par_iter().map(split).collect();
    let [before, after] =
        [0, 1].map(|k| calibration_error(splits.iter().flat_map(|s| s[k].iter().copied()).collect()));
    before > after
}

/// Marks a tenth of each class, drawn without replacement.
fn held_out(labels: &[bool], stream: Stream) -> Vec<bool> {
    let mut out = vec![false; labels.len()];
    for class in [false, true] {
        let mut rows: Vec<usize> = (0..labels.len()).filter(|i| labels[*i] == class).collect();
        for k in 0..(rows.len() as f64 / 10.0).round() as usize {
            let other = k + stream.below(rows[k] as u64, (rows.len() - k) as u32) as usize;
            rows.swap(k, other);
            out[rows[k]] = true;
        }
    }
    out
}

/// Mean distance of chance and share of events over ten bins of equal count (the last takes what is left).
fn calibration_error(mut rows: Rows) -> f64 {
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = rows.len();
    let width = (n / 10).max(1);
    let bin = |b: usize| {
        let rows = &rows[b * width..if b == 9 { n } else { ((b + 1) * width).min(n) }];
        rows.iter().map(|row| row.0 - f64::from(u8::from(row.1))).sum::<f64>().abs() / n as f64
    };
    (0..n.div_ceil(width).min(10)).map(bin).sum()
}

/// A row whose label is known: its score, the chance that it stands for, and whether it was an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// The score.
    pub score: f64,
    /// The chance of an event, by what was learned on the reference.
    pub chance: f64,
    /// Whether it was one.
    pub event: bool,
}

impl Known {
    fn residual(&self) -> f64 {
        f64::from(u8::from(self.event)) - self.chance
    }
}

/// Whether scores still stand for the chances they stood for: the p value of a chi-square test.
///
/// The later rows are cut into bins of about equal count by score, 50 rows at least and ten bins at most. In each the sum of
/// `label - chance` is compared with what the reference has there, in units of its standard deviation
/// `sqrt(n p (1 - p) (1 + n / m))`, with `n` later rows, `m` of the reference and `p` the share of events of both; the sum of
/// squares has as many degrees of freedom as bins that can be compared (the binning of Hosmer and Lemeshow 1980,
/// doi:10.1080/03610928008827941, with the error of the estimated chances). A changed mix of scores is no change. NaN where
/// nothing can be compared: fewer than 50 later rows, or none of the reference near them, or one class only.
pub fn calibration_shift(reference: &[Known], later: &[Known]) -> f64 {
    let sorted = |rows: &[Known]| {
        let mut rows = rows.to_vec();
        rows.sort_by(|a, b| a.score.total_cmp(&b.score));
        rows
    };
    let (reference, later) = (sorted(reference), sorted(later));
    let bins = (later.len() / 50).min(10);
    let (mut sum, mut df, mut from) = (0.0, 0.0, (0, 0));
    for b in 1..=bins {
        let end = later.get(b * later.len() / bins).map_or(f64::INFINITY, |row| row.score);
        let until = |rows: &[Known]| rows.partition_point(|row| row.score < end);
        let to = (until(&reference), until(&later));
        if let Some(square) = distance(&reference[from.0..to.0], &later[from.1..to.1]) {
            sum += square;
            df += 1.0;
        }
        from = to;
    }
    if df > 0.0 { chi_square_survival(sum, df) } else { f64::NAN }
}

/// Squared distance of the mean residuals of two bins, in units of its variance.
fn distance(reference: &[Known], later: &[Known]) -> Option<f64> {
    let (m, n) = (reference.len() as f64, later.len() as f64);
    let events = reference.iter().chain(later).filter(|row| row.event).count() as f64;
    let p = events / (m + n);
    let variance = n * p * (1.0 - p) * (1.0 + n / m);
    let sum = |rows: &[Known]| rows.iter().map(Known::residual).sum::<f64>();
    let comparable = m > 0.0 && n > 0.0 && variance > 0.0;
    comparable.then(|| (sum(later) - n / m * sum(reference)).powi(2) / variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_measures_are_worked_by_hand() {
        // Forecast .6 and .7; of the chances .5 and .9 that is 1.4 hits, .6 false alarms, .1 missed, .9 right.
        let found = expected(&[0.2, 0.6, 0.7], &[0.1, 0.5, 0.9], 0.5);
        // Pairs won: others .1 below events .9; .5 below .9; .9 below .9 and .5; ties one half.
        let won = 0.1 * 0.45 + 0.5 * (0.9 + 0.25) + 0.9 * (1.4 + 0.05);
        let precision = (0.9 * 0.9 + 0.5 * 1.4 / 2.0 + 0.1 * 0.5) / 1.5;
        let hand = [2.3 / 3.0, 0.7, 1.4 / 1.5, 0.9 / 1.5, 2.8 / 3.5, won / (1.5 * 1.5), precision];
        for ((got, expected), name) in found.iter().zip(hand).zip(MEASURES) {
            assert!((got - expected).abs() < 1e-15, "{name}: {got} {expected}");
        }
    }

    #[test]
    fn sure_chances_give_what_is_realized() {
        let stream = Stream::new(1, &[]);
        let scores: Vec<f64> = (0..500).map(|i| f64::from(stream.below(i, 40)) / 40.0).collect();
        let labels: Vec<bool> = (0..500).map(|i| stream.uniform(1000 + i) < scores[i as usize]).collect();
        let chances: Vec<f64> = labels.iter().map(|event| f64::from(u8::from(*event))).collect();
        for (a, b) in expected(&scores, &chances, 0.5).iter().zip(realized(&scores, &labels, 0.5)) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }

    /// Scores, and labels whose chance is a function of them.
    fn drawn(seed: u64, n: u64, chance: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<bool>) {
        let stream = Stream::new(seed, &[n]);
        let row = |i: u64| {
            let score = stream.uniform(2 * i);
            (score, stream.uniform(2 * i + 1) < chance(score))
        };
        (0..n).map(row).unzip()
    }

    #[test]
    fn scatter_is_the_deviation_of_chunks() {
        let (scores, labels) = drawn(1, 20_000, |s| s * s);
        let scatter = scatter(&scores, &labels, 0.5, 7);
        let chunk = 400;
        let of_chunk = |r: u64| {
            let (scores, labels) = drawn(2 + r, chunk, |s| s * s);
            realized(&scores, &labels, 0.5)
        };
        let chunks: Vec<[f64; 7]> = (0..400).map(of_chunk).collect();
        for (k, name) in MEASURES.iter().enumerate() {
            let mean = chunks.iter().map(|c| c[k]).sum::<f64>() / 400.0;
            let deviation = (chunks.iter().map(|c| (c[k] - mean).powi(2)).sum::<f64>() / 400.0).sqrt();
            let ratio = scatter[k] / (chunk as f64).sqrt() / deviation;
            // Shares are exact but for 400 replicates; of the others the formulas are approximations.
            let allowed = if k < 4 { 0.85..1.18 } else { 0.7..1.6 };
            assert!(allowed.contains(&ratio), "{name}: {ratio}");
        }
    }

    #[test]
    fn calibration_is_taken_where_it_helps() {
        let (scores, labels) = drawn(3, 3000, |s| s.powi(3));
        assert!(gains_by_calibration(&scores, &labels, 1));
        assert!(!gains_by_calibration(&[0.1, 0.9], &[true, true], 1), "one class");
        assert!(!gains_by_calibration(&scores, &scores.iter().map(|s| *s > 0.4).collect::<Vec<_>>(), 1));
    }

    fn known(rows: &(Vec<f64>, Vec<bool>), fit: &Isotonic) -> Vec<Known> {
        let known = |(score, event): (&f64, &bool)| Known {
            score: *score,
            chance: fit.chance(*score),
            event: *event,
        };
        rows.0.iter().zip(&rows.1).map(known).collect()
    }

    #[test]
    fn the_calibration_test_keeps_its_level_and_finds_a_shift() {
        let runs = 1000;
        let (mut false_alarms, mut found) = (0, 0);
        for r in 0..runs {
            let reference = drawn(3 * r, 1000, |s| s * s);
            let fit = Isotonic::fit(&reference.0, &reference.1);
            let reference = known(&reference, &fit);
            // The mix of scores changes, what they stand for does not: half of those below 1/2 are gone.
            let (scores, labels) = drawn(3 * r + 1, 600, |s| s * s);
            let kept = |i: usize| scores[i] > 0.5 || i.is_multiple_of(2);
            let same = (0..600).filter(|i| kept(*i)).map(|i| (scores[i], labels[i])).unzip();
            let other = drawn(3 * r + 2, 600, |s| 0.8 * s * s + 0.1);
            false_alarms += u32::from(calibration_shift(&reference, &known(&same, &fit)) < 0.05);
            found += u32::from(calibration_shift(&reference, &known(&other, &fit)) < 0.05);
        }
        assert!((25..=75).contains(&false_alarms), "{false_alarms} of 1000 at 5 %");
        assert!(found > 600, "{found}");
    }

    #[test]
    fn what_cannot_be_compared_is_no_number() {
        let row = |event| Known { score: 0.5, chance: 0.5, event };
        assert!(calibration_shift(&[row(true); 100], &[row(false); 49]).is_nan());
        assert!(calibration_shift(&[], &[row(false); 100]).is_nan());
        assert!(calibration_shift(&[row(true); 100], &[row(true); 100]).is_nan());
    }
}
