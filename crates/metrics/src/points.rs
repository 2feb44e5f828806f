//! Scores of a point forecast: the mean of the draws, or under `compat = "views"` every draw by itself.

use forewarn_core::{Error, Result, ScoreArgs, Tally};
use forewarn_kernels::draws::RowScore;
use forewarn_kernels::point::Loss;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose conventions are followed where they differ from the ones documented here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compat {
    /// views-evaluation 2.0.0, to compare with its figures.
    Views,
}

/// The row scores of a loss of the predictive mean; none under `views`, where draws are scored one by one.
pub(crate) fn row_scores(loss: Loss, compat: Option<Compat>) -> Vec<RowScore> {
    if compat.is_some() { Vec::new() } else { vec![RowScore::Point(loss)] }
}

/// The tally of a loss, `[rows, weight, sum]`.
pub(crate) fn tally(args: &ScoreArgs<'_>, loss: Loss, compat: Option<Compat>, domain: &str) -> Result<Tally> {
    if compat.is_none() {
        return args.tally(&[RowScore::Point(loss)], domain);
    }
    let mut sums = vec![0.0; 3];
    for pair in pairs(args, compat) {
        let value = loss.of(pair.forecast, pair.observed);
        if !value.is_finite() {
            let Pair { forecast, observed, .. } = pair;
            return Err(Error::data(format!(
                "not defined for forecast {forecast}, observed {observed}: it needs {domain}"
            )));
        }
        sums[0] += 1.0;
        sums[1] += pair.weight;
        sums[2] += pair.weight * value;
    }
    Ok(Tally(sums))
}

/// A forecast, its truth and its weight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) forecast: f64,
    pub(crate) observed: f64,
    pub(crate) weight: f64,
}

/// The pairs of all rows whose truth is known.
pub(crate) fn pairs(args: &ScoreArgs<'_>, compat: Option<Compat>) -> Vec<Pair> {
    let (forecasts, width) = match compat {
        None => (args.columns(&[RowScore::Mean]).swap_remove(0), 1),
        Some(Compat::Views) => (args.draws(), args.width()),
    };
    let observed = args.observed();
    let pair = |(i, &forecast): (usize, &f64)| {
        let row = i / width;
        Pair { forecast, observed: observed[row], weight: args.weight(row) }
    };
    forecasts.iter().enumerate().map(pair).filter(|p| !p.observed.is_nan()).collect()
}

#[cfg(test)]
mod tests {
    use forewarn_core::ForecastKind;

    use super::*;

    const DRAWS: [f64; 6] = [0.0, 2.0, 8.0, 9.0, 4.0, 6.0];

    #[test]
    fn views_pairs_each_draw_with_the_truth_and_weight_of_its_row() {
        let args = ScoreArgs::rows(&[1.0, f64::NAN, 5.0], &DRAWS, 2, ForecastKind::Draws).unwrap();
        let args = args.weighted(&[2.0, 3.0, 4.0]).unwrap();
        let of = |compat| -> Vec<[f64; 3]> {
            pairs(&args, compat).iter().map(|p| [p.forecast, p.observed, p.weight]).collect()
        };
        assert_eq!(of(None), [[1.0, 1.0, 2.0], [5.0, 5.0, 4.0]]);
        let views = [[0.0, 1.0, 2.0], [2.0, 1.0, 2.0], [4.0, 5.0, 4.0], [6.0, 5.0, 4.0]];
        assert_eq!(of(Some(Compat::Views)), views);
    }

    #[test]
    fn the_mean_may_be_right_where_no_draw_is() {
        let args = ScoreArgs::rows(&[1.0, f64::NAN, 5.0], &DRAWS, 2, ForecastKind::Draws).unwrap();
        assert_eq!(tally(&args, Loss::Squared, None, "").unwrap(), Tally(vec![2.0, 2.0, 0.0]));
        let views = tally(&args, Loss::Squared, Some(Compat::Views), "").unwrap();
        assert_eq!(views, Tally(vec![4.0, 4.0, 4.0]));
        assert!(row_scores(Loss::Squared, Some(Compat::Views)).is_empty());
    }

    #[test]
    fn the_draw_outside_the_domain_is_named() {
        let args = ScoreArgs::rows(&[1.0], &[-3.0, 5.0], 2, ForecastKind::Draws).unwrap();
        assert!(tally(&args, Loss::SquaredLog, None, "values above -1").is_ok());
        let error = tally(&args, Loss::SquaredLog, Some(Compat::Views), "values above -1").unwrap_err();
        assert!(error.to_string().contains("forecast -3, observed 1: it needs values above -1"), "{error}");
    }
}
