//! Components as people write them on a command line: a name, and settings where they are not the default.

use forewarn_core::{Entry, Error, Metric, Result};
use forewarn_metrics::METRICS;
use serde_json::{Map, Value};

use crate::find;

/// What an evaluation scores by when nothing else is asked for: location, spread, calibration, ranking and rare events,
/// each with its default settings.
pub const DEFAULT_METRICS: [&str; 18] = [
    "average-precision",
    "bias",
    "brier",
    "calibration-error",
    "coverage",
    "crps",
    "ignorance",
    "interval-score",
    "mae",
    "mean-calibration-ratio",
    "mse",
    "msle",
    "pit-deviation",
    "quantile-score",
    "rmse",
    "roc-auc",
    "threshold-crps",
    "weighted-interval-score",
];

/// A metric and its label, from `name[:key=value[,key=value]]`: `crps`, `crps:estimator=fair`, `brier:threshold=25`,
/// `weighted-interval-score:levels=[0.5,0.9]`.
///
/// Names and keys are those of the reference pages, in kebab case. A value is JSON (a number, `true`, a list, a quoted
/// text); what is no JSON is text. The label is the same for every spelling of the same settings: keys ascend, and text
/// has quotes only where it would be read as something else without them.
///
/// # Errors
/// [`Error::Config`] that says which metrics there are, what is wrong with the form, or which setting does not fit.
pub fn parse_metric(text: &str) -> Result<(String, Box<dyn Metric>)> {
    parse("metric", METRICS, text)
}

/// A component of any kind and its label, written as [`parse_metric`] says.
///
/// # Errors
/// As [`parse_metric`].
pub fn parse<T: ?Sized>(kind: &str, entries: &'static [Entry<T>], text: &str) -> Result<(String, Box<T>)> {
    let (name, rest) = text.split_once(':').map_or((text, None), |(name, rest)| (name, Some(rest)));
    let entry = find(kind, entries, name.trim())?;
    let settings = rest.map_or_else(|| Ok(Map::new()), |rest| settings(&format!("{kind} `{text}`"), rest))?;
    let component = (entry.build)(&Value::Object(settings.clone()))?;
    Ok((label(entry.name, &settings), component))
}

fn settings(what: &str, rest: &str) -> Result<Map<String, Value>> {
    let wrong = |reason: String| Error::config(what, reason);
    let mut settings = Map::new();
    for part in parts(rest) {
        let form = || wrong(format!("`{part}` is no setting; write `name:key=value,key=value`"));
        let (key, value) = part.split_once('=').ok_or_else(form)?;
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || value.is_empty() {
            return Err(form());
        }
        if settings.insert(key.to_owned(), read(value)).is_some() {
            return Err(wrong(format!("`{key}` is set twice")));
        }
    }
    Ok(settings)
}

/// The parts between commas; commas in brackets or quotes belong to a value.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_i32, false, 0);
    let mut parts = Vec::new();
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn read(value: &str) -> Value {
    serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()))
}

fn label(name: &str, settings: &Map<String, Value>) -> String {
    if settings.is_empty() {
        return name.to_owned();
    }
    let mut parts: Vec<_> = settings.iter().map(|(key, value)| format!("{key}={}", written(value))).collect();
    parts.sort_unstable();
    format!("{name}:{}", parts.join(","))
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) if read(text) == *value && !text.contains([',', '[', ']', '{', '}', '"']) => {
            text.clone()
        }
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Field, Period, ScoreArgs, Step, Unit};

    use super::*;

    fn of(text: &str) -> (String, f64) {
        let (label, metric) = parse_metric(text).unwrap();
        let units = [Unit(1)].into();
        let field = Field::draws(Period(1), Step(1), units, 4, vec![0.0, 0.0, 1.0, 2.0]).unwrap();
        let tally = metric.tally(&ScoreArgs::new(&[0.0], &field).unwrap()).unwrap();
        (label, metric.score(&tally).unwrap())
    }

    #[test]
    fn settings_reach_the_metric() {
        // Mean distance 3/4, and 14 between ordered pairs of draws, of which there are 16, or 12 of different ones.
        assert_eq!(of("crps"), ("crps".to_owned(), 0.75 - 14.0 / 32.0));
        assert_eq!(of("crps:estimator=ensemble").1, of("crps").1);
        assert!((of("crps:estimator=fair").1 - (0.75 - 14.0 / 24.0)).abs() < 1e-15);
        assert_eq!(of("brier:threshold=2"), ("brier:threshold=2".to_owned(), 1.0 / 16.0));
        assert_eq!(of("brier:threshold=1").1, 4.0 / 16.0);
        assert_eq!(of("brier:threshold=1,strict=true").1, 1.0 / 16.0);
    }

    #[test]
    fn one_label_for_one_meaning() {
        let label = |text| parse_metric(text).unwrap().0;
        assert_eq!(label(" brier : threshold = 25 , strict=true "), "brier:strict=true,threshold=25");
        assert_eq!(label("brier:strict=true,threshold=25"), "brier:strict=true,threshold=25");
        assert_eq!(label("crps:estimator=\"fair\""), "crps:estimator=fair");
        let again = label("crps:estimator=fair");
        assert_eq!(label(&again), again);
    }

    #[test]
    fn lists_and_text_keep_their_commas() {
        assert_eq!(
            parts("a=[1,2],b={\"x\":[3,4]},c=\"d,e\",f"),
            ["a=[1,2]", "b={\"x\":[3,4]}", "c=\"d,e\"", "f"]
        );
        assert_eq!(written(&read("\"12\"")), "\"12\"", "text that looks like a number keeps its quotes");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let said = |text: &str| parse_metric(text).unwrap_err().to_string();
        assert!(said("crisp").contains("there is no `crisp`") && said("crisp").contains("crps"));
        for form in ["crps:", "crps:estimator", "crps:=fair", "crps:estimator=", "crps:estimator=fair,"] {
            assert!(said(form).contains("write `name:key=value"), "{form}: {}", said(form));
        }
        assert!(said("brier:threshold=1,threshold=2").contains("`threshold` is set twice"));
        assert!(said("brier:treshold=1").contains("treshold"));
        assert!(said("brier:threshold=many").contains("invalid type"));
        assert!(said("").contains("there is no ``"));
    }

    #[test]
    fn the_default_metrics_exist_and_ascend() {
        assert!(DEFAULT_METRICS.is_sorted());
        for name in DEFAULT_METRICS {
            assert_eq!(parse_metric(name).unwrap().0, name);
        }
    }
}
