//! Metrics as people ask for them.

use forewarn_catalog::{METRICS, parse_metric};
use forewarn_core::Metric;

use crate::{Error, Result};

/// A metric that was asked for.
#[derive(Debug)]
pub struct Request {
    /// As it was typed.
    pub label: String,
    /// The metric with its settings.
    pub metric: Box<dyn Metric>,
}

/// Every metric there is, with its default settings.
///
/// # Errors
/// [`Error::Core`] when one has no default settings.
pub(super) fn every_metric() -> Result<Vec<Request>> {
    METRICS.iter().map(|e| Ok(Request { label: e.name.to_owned(), metric: e.default()? })).collect()
}

/// The metrics of lists such as `crps:estimator=fair,brier:threshold=25,strict=true,mae`.
///
/// A comma separates metrics, unless `key=` comes next: that is one more setting of the metric before it. Settings may
/// be separated by colons as well; commas and colons in brackets or quotes belong to a value. What is asked for twice
/// in the same words is given once.
///
/// # Errors
/// [`Error::Config`] that names the nearest metric for a name that there is not, or what does not fit of the settings.
pub fn requests(lists: &[String]) -> Result<Vec<Request>> {
    let mut requests: Vec<Request> = Vec::new();
    for label in lists.iter().flat_map(|list| items(list)) {
        if requests.iter().any(|r| r.label == label) {
            continue;
        }
        let (name, spelled) = spelled(&label);
        if !METRICS.iter().any(|e| e.name == name) {
            return Err(unknown(&name));
        }
        let (_, metric) = parse_metric(&spelled).map_err(|e| Error::config("--metric", e.to_string()))?;
        requests.push(Request { label, metric });
    }
    Ok(requests)
}

/// The metrics of a list, each with its settings, as typed.
fn items(list: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for piece in pieces(list, &[',']) {
        match items.last_mut() {
            Some(item) if pieces(piece, &[':'])[0].contains('=') => {
                item.push(',');
                item.push_str(piece);
            }
            _ => items.push(piece.to_owned()),
        }
    }
    items.iter().map(|item| item.trim().to_owned()).collect()
}

/// The name of a metric, and the metric in the form that the catalog reads: one colon, then commas.
fn spelled(item: &str) -> (String, String) {
    let pieces = pieces(item, &[':', ',']);
    let name = pieces[0].trim().to_owned();
    let colon = if pieces.len() > 1 { ":" } else { "" };
    let spelled = format!("{name}{colon}{}", pieces[1..].join(","));
    (name, spelled)
}

/// The pieces between separators that stand in no brackets and no quotes; at least one.
fn pieces<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let (mut depth, mut quoted) = (0_i32, false);
    let separates = |c: char| {
        match c {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        !quoted && depth == 0 && separators.contains(&c)
    };
    text.split(separates).collect()
}

fn unknown(name: &str) -> Error {
    let plain = name.to_lowercase().replace(['_', ' '], "-");
    let likeness = |known: &str| strsim::jaro_winkler(&plain, known);
    let nearest = METRICS.iter().map(|e| e.name).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let hint = nearest.filter(|n| likeness(n) > 0.7).map(|n| format!("did you mean `{n}`? "));
    let hint = hint.unwrap_or_default();
    Error::config("--metric", format!("there is no `{name}`; {hint}`forewarn list metric` shows all"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_before_a_key_goes_on_with_the_settings() {
        let list = "crps:estimator=fair, brier:threshold=25,strict=true,mae,interval-score:a=1:b=2";
        let expected =
            ["crps:estimator=fair", "brier:threshold=25,strict=true", "mae", "interval-score:a=1:b=2"];
        assert_eq!(items(list), expected);
        assert_eq!(items("a:levels=[0.5,0.9],b"), ["a:levels=[0.5,0.9]", "b"]);
        assert_eq!(items("a,k=1,b:m=\"x,y=2\""), ["a,k=1", "b:m=\"x,y=2\""]);
    }

    #[test]
    fn colons_are_commas_after_the_first() {
        let form = |item| spelled(item).1;
        assert_eq!(form("brier:threshold=25:strict=true"), "brier:threshold=25,strict=true");
        assert_eq!(form("brier,threshold=25"), "brier:threshold=25");
        assert_eq!((form("crps"), form("crps:")), ("crps".to_owned(), "crps:".to_owned()));
    }

    #[test]
    fn the_label_is_what_was_typed() {
        let asked = |text: &str| requests(&[text.to_owned()]).unwrap();
        let labels: Vec<_> =
            asked("brier:threshold=2:strict=true,crps,crps").into_iter().map(|r| r.label).collect();
        assert_eq!(labels, ["brier:threshold=2:strict=true", "crps"]);
    }

    #[test]
    fn what_is_not_there_is_told_with_the_nearest() {
        let said = |text: &str| requests(&[text.to_owned()]).unwrap_err().to_string();
        let expected = "--metric: there is no `crisp`; did you mean `crps`? `forewarn list metric` shows all";
        assert_eq!(said("crisp"), expected);
        assert!(said("mse,ROC_AUC").contains("did you mean `roc-auc`?"));
        assert_eq!(said("qqq"), "--metric: there is no `qqq`; `forewarn list metric` shows all");
        assert!(said("").contains("there is no ``"));
        assert!(said("crps:estimator=fairest").contains("fairest"));
        assert!(said("brier:treshold=1").contains("treshold"));
    }

    #[test]
    fn every_metric_has_default_settings() {
        assert_eq!(every_metric().unwrap().len(), METRICS.len());
    }
}
