//! Who ranks above whom: ranks by metric, mean ranks, and the verdict.

use forewarn_core::Better;

use super::forecasts::{Contender, Part};

/// How bad a score is, of which only the order counts. No score is worst.
fn badness(better: Better, score: Option<f64>) -> f64 {
    let bad = score.map_or(f64::INFINITY, |score| match better {
        Better::Lower => score,
        Better::Higher => -score,
        Better::Near(level) => (score - level).abs(),
    });
    if bad.is_nan() { f64::INFINITY } else { bad }
}

/// Ranks of scores, 1 the best; equals share the mean of their ranks (Kendall 1945, doi:10.1093/biomet/33.3.239), and
/// so do those without a score, at the end.
pub(super) fn ranks(better: Better, scores: &[Option<f64>]) -> Vec<f64> {
    let bad: Vec<f64> = scores.iter().map(|&score| badness(better, score)).collect();
    let rank = |x: &f64| {
        let before = bad.iter().filter(|y| *y < x).count() as f64;
        let equal = bad.iter().filter(|y| *y == x).count() as f64;
        before + 0.5 * (equal + 1.0)
    };
    bad.iter().map(rank).collect()
}

/// Mean over metrics of the rank of each of `n` contenders.
pub(super) fn mean_ranks(ranks: &[Vec<f64>], n: usize) -> Vec<f64> {
    let mean = |i: usize| ranks.iter().map(|metric| metric[i]).sum::<f64>() / ranks.len() as f64;
    (0..n).map(mean).collect()
}

/// Contenders whose mean rank is too good: a useless one at or above the truth, a baseline above it.
pub(super) fn above(mean_ranks: &[f64]) -> Vec<Contender> {
    let truth = mean_ranks[0];
    let is_above = |(contender, rank): (&Contender, &f64)| match contender.part() {
        Part::Truth => false,
        Part::Baseline => *rank < truth,
        Part::Useless => *rank <= truth,
    };
    let pairs = Contender::ALL.iter().zip(mean_ranks);
    pairs.filter(|pair| is_above(*pair)).map(|(contender, _)| *contender).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_follow_the_good_direction_and_ties_share() {
        let scores = [Some(2.0), Some(1.0), None, Some(2.0), Some(f64::NAN)];
        assert_eq!(ranks(Better::Lower, &scores), [2.5, 1.0, 4.5, 2.5, 4.5]);
        assert_eq!(ranks(Better::Higher, &scores), [1.5, 3.0, 4.5, 1.5, 4.5]);
        assert_eq!(ranks(Better::Near(1.75), &scores), [1.5, 3.0, 4.5, 1.5, 4.5]);
        assert_eq!(ranks(Better::Lower, &[None, None]), [1.5, 1.5]);
        assert_eq!(mean_ranks(&[vec![1.0, 2.0], vec![2.0, 1.0], vec![1.0, 2.0]], 2), [4.0 / 3.0, 5.0 / 3.0]);
    }

    #[test]
    fn a_useless_forecast_must_stay_below_and_a_baseline_may_draw_level() {
        let none: [Contender; 0] = [];
        assert_eq!(above(&[2.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]), none);
        assert_eq!(
            above(&[2.0, 1.9, 2.0, 2.0, 5.0, 1.0, 7.0, 8.0]),
            [Contender::Climatology, Contender::AllZero, Contender::FourCells]
        );
    }
}
