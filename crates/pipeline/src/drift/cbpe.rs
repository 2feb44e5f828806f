//! How good a classifier probably is on a file whose labels are not known yet.

use std::collections::BTreeMap;
use std::path::Path;

use forewarn_data::score_table::{Sample, samples};
use forewarn_drift::cbpe::{Assumption, Cbpe, Estimation, Labelled};
use serde::Serialize;

use crate::{Error, Result};

/// Where scores and labels stand, and what to estimate.
#[derive(Debug, Clone)]
pub struct Labels<'a> {
    /// Column of the scores, 0-1.
    pub predicted: &'a str,
    /// Column of the labels, 1 for an event and 0 for none; missing where it is not known yet.
    pub observed: &'a str,
    /// Measures, all when empty.
    pub metrics: &'a [String],
    /// Settings of the estimation.
    pub settings: Cbpe,
}

/// What is to be expected of the current file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimated {
    /// Each measure by its name.
    pub measures: BTreeMap<&'static str, Measured>,
    /// What is known of the assumption that a score stands for the chance that it stood for.
    pub assumption: Believed,
    /// Whether scores were calibrated before they were taken for chances.
    pub calibrated: bool,
    /// Rows of the reference that have a score and a label, and of the current file that have a score.
    pub rows: [usize; 2],
    /// Rows of either file that lack them: they are left out.
    pub incomplete: [usize; 2],
    /// Rows of the current file whose label is known: by them the assumption is checked.
    pub labelled: usize,
}

/// What is known of the assumption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Believed {
    /// `not-rejected`, `broken` or `not-checkable`.
    pub state: &'static str,
    /// Why, in a sentence.
    pub why: String,
}

/// One measure, 0-1, higher is better.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// What is to be expected; none where the measure is not defined, as precision where no event is forecast.
    pub estimate: Option<f64>,
    /// Standard deviation of the measure of as many rows of the reference.
    pub sampling_error: f64,
    /// So many sampling errors on each side as the settings say.
    pub band: Option<[f64; 2]>,
    /// Where it was in the chunks of the reference, give or take.
    pub limits: [f64; 2],
    /// Whether the estimate is beyond these limits.
    pub alert: bool,
}

/// Estimates how good a classifier is on a file without labels, or with few, by a reference that has them.
///
/// # Errors
/// A file that cannot be read, a column that is not there or holds something else, a measure that is not there, and as
/// [`Cbpe::fit`].
pub fn cbpe(reference: &Path, current: &Path, labels: &Labels<'_>) -> Result<Estimated> {
    let before = Rows::of(reference, labels, true)?;
    let now = Rows::of(current, labels, false)?;
    let known = before.labelled();
    let fitted = labels.settings.fit(&known.0, &known.1)?;
    let later = now.labelled();
    let later_rows = (!later.0.is_empty()).then(|| Labelled { scores: &later.0, labels: &later.1 });
    let scores: Vec<f64> = now.scores.iter().copied().filter(|s| !s.is_nan()).collect();
    let estimation = fitted.estimate(&scores, later_rows)?;
    Ok(Estimated {
        measures: measures(&estimation, labels.metrics)?,
        assumption: believed(estimation.assumption),
        calibrated: fitted.is_calibrated(),
        rows: [known.0.len(), scores.len()],
        incomplete: [before.scores.len() - known.0.len(), now.scores.len() - scores.len()],
        labelled: later.0.len(),
    })
}

fn measures(estimation: &Estimation, metrics: &[String]) -> Result<BTreeMap<&'static str, Measured>> {
    let all = &estimation.estimates;
    if let Some(unknown) = metrics.iter().find(|name| all.iter().all(|e| e.measure != name.as_str())) {
        let names: Vec<&str> = all.iter().map(|e| e.measure).collect();
        let reason = format!("there is no `{unknown}` without labels; there are: {}", names.join(", "));
        return Err(Error::config("cbpe", reason));
    }
    let asked = |measure: &str| metrics.is_empty() || metrics.iter().any(|name| name == measure);
    let measured = all.iter().filter(|e| asked(e.measure)).map(|e| {
        let estimate = (!e.value.is_nan()).then_some(e.value);
        let measured = Measured {
            estimate,
            sampling_error: e.sampling_error,
            band: estimate.map(|_| [e.band.0, e.band.1]),
            limits: [e.limits.0, e.limits.1],
            alert: e.alert,
        };
        (e.measure, measured)
    });
    Ok(measured.collect())
}

fn believed(assumption: Assumption) -> Believed {
    let (state, why) = match assumption {
        Assumption::NotRejected(why) => ("not-rejected", why),
        Assumption::Broken(why) => ("broken", why),
        Assumption::NotCheckable(why) => ("not-checkable", why),
    };
    Believed { state, why }
}

/// The rows of a file: a score and a label each, NaN where missing.
struct Rows {
    scores: Vec<f64>,
    labels: Vec<f64>,
}

impl Rows {
    fn of(path: &Path, columns: &Labels<'_>, labels_needed: bool) -> Result<Self> {
        let mut all: BTreeMap<String, Sample> = samples(path)?.into_iter().collect();
        let names: Vec<String> = all.keys().map(|name| format!("`{name}`")).collect();
        let wrong = |reason: String| Error::config(path.display().to_string(), reason);
        let mut take = |column: &str| match all.remove(column) {
            Some(Sample::Numbers(values)) => Ok(Some(values)),
            Some(Sample::Words(words)) if words.iter().all(String::is_empty) => {
                Ok(Some(vec![f64::NAN; words.len()]))
            }
            Some(Sample::Words(_)) => Err(wrong(format!("column `{column}` holds words, not numbers"))),
            None => Ok(None),
        };
        let lacks = |column: &str| {
            wrong(format!("there is no column `{column}`; its columns are {}", names.join(", ")))
        };
        let scores = take(columns.predicted)?.ok_or_else(|| lacks(columns.predicted))?;
        let labels = match take(columns.observed)? {
            Some(labels) => labels,
            None if labels_needed => return Err(lacks(columns.observed)),
            None => vec![f64::NAN; scores.len()],
        };
        if labels.len() != scores.len() {
            let (n, m) = (scores.len(), labels.len());
            return Err(wrong(format!("{n} scores and {m} labels; there must be one label a score")));
        }
        if let Some(row) = labels.iter().position(|v| !v.is_nan() && *v != 0.0 && *v != 1.0) {
            return Err(wrong(format!(
                "row {row} of column `{}` is {}; a label is 1 for an event, 0 for none, or missing",
                columns.observed, labels[row]
            )));
        }
        Ok(Self { scores, labels })
    }

    /// Scores and labels of the rows that have both.
    fn labelled(&self) -> (Vec<f64>, Vec<bool>) {
        let both =
            self.scores.iter().zip(&self.labels).filter(|(score, label)| !score.is_nan() && !label.is_nan());
        both.map(|(score, label)| (*score, *label == 1.0)).unzip()
    }
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;

    use super::*;

    /// Rows whose score is the chance of an event, less so much; labels of every so many rows.
    fn table(folder: &Path, name: &str, rows: u64, shift: f64, labelled: u64) -> std::path::PathBuf {
        let draw = Stream::new(7, &[rows, labelled]);
        let row = |i: u64| {
            let chance = draw.uniform(2 * i);
            let event = u8::from(draw.uniform(2 * i + 1) < chance);
            let label = if i.is_multiple_of(labelled) { event.to_string() } else { String::new() };
            format!("{},{label}", (chance - shift).max(0.0))
        };
        let path = folder.join(name);
        let text: Vec<String> = (0..rows).map(row).collect();
        std::fs::write(&path, format!("p,y\n{}\nNA,1\n", text.join("\n"))).unwrap();
        path
    }

    fn labels(metrics: &[String]) -> Labels<'_> {
        Labels { predicted: "p", observed: "y", metrics, settings: Cbpe::default() }
    }

    #[test]
    fn estimates_are_those_of_calibrated_scores() {
        let folder = tempfile::tempdir().unwrap();
        let before = table(folder.path(), "before.csv", 3000, 0.0, 1);
        let now = table(folder.path(), "now.csv", 1001, 0.0, 5000);
        let found = cbpe(&before, &now, &labels(&[])).unwrap();
        // Half of the rows are above one half, and of these three quarters are events.
        let estimate = |name: &str| found.measures[name].estimate.unwrap();
        assert!((estimate("accuracy") - 0.75).abs() < 0.03 && (estimate("recall") - 0.75).abs() < 0.05);
        assert_eq!((found.rows, found.incomplete, found.labelled), ([3000, 1001], [1, 1], 1));
        assert_eq!(found.assumption.state, "not-checkable");
        assert!(found.assumption.why.contains("too few"), "{:?}", found.assumption);
        let only = cbpe(&before, &now, &labels(&["roc-auc".to_owned()])).unwrap();
        assert_eq!(only.measures.keys().collect::<Vec<_>>(), [&"roc-auc"]);
    }

    #[test]
    fn scores_that_mean_something_else_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let before = table(folder.path(), "before.csv", 3000, 0.0, 1);
        let same = table(folder.path(), "same.csv", 1002, 0.0, 3);
        assert_eq!(cbpe(&before, &same, &labels(&[])).unwrap().assumption.state, "not-rejected");
        let shifted = table(folder.path(), "shifted.csv", 1002, 0.3, 3);
        assert_eq!(cbpe(&before, &shifted, &labels(&[])).unwrap().assumption.state, "broken");
    }

    #[test]
    fn columns_that_are_not_what_they_should_be_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let before = table(folder.path(), "before.csv", 3000, 0.0, 1);
        let error = |labels: &Labels<'_>| cbpe(&before, &before, labels).unwrap_err().to_string();
        let unknown = ["brier".to_owned()];
        assert!(error(&labels(&unknown)).contains("there is no `brier` without labels; there are: accuracy"));
        let none = Labels { observed: "z", ..labels(&[]) };
        assert!(error(&none).contains("there is no column `z`; its columns are `p`, `y`"));
        let swapped = Labels { predicted: "y", observed: "p", ..labels(&[]) };
        assert!(error(&swapped).contains("a label is 1 for an event, 0 for none, or missing"));
    }
}
