//! `forewarn why`: what each feature added to a forecast.

use std::fmt::Write as _;

use forewarn_pipeline::why::{Contribution, Explanation, PartExplanation, Sum, Why, why as ask};

use super::{aligned, json_text, number, run_and_code};
use crate::Failure;
use crate::arguments::WhyArguments;
use crate::progress::Display;

/// Asks and prints a table a part.
pub(crate) fn why(arguments: &WhyArguments, environment: &[(String, String)]) -> Result<String, Failure> {
    let (run, code) = run_and_code(&arguments.run, environment)?;
    let WhyArguments { model, unit, step, origin, .. } = arguments;
    let question = Why { model, unit: *unit, step: *step, origin: origin.as_deref() };
    let found = ask(&run, &code, &Display::new(), question)?;
    if arguments.run.json { json_text(&found) } else { Ok(words(&found, arguments.top)) }
}

fn words(found: &Explanation, top: usize) -> String {
    let place = if found.place.is_empty() { String::new() } else { format!(" ({})", found.place) };
    let mut out = format!(
        "{}: {} for unit {}{place}, from {}, step {}\n",
        found.model, found.target, found.unit, found.origin, found.step
    );
    // Writing to a String cannot fail.
    let _ = write!(out, "forecast by {}: mean {}", found.artifact, number(found.mean));
    if let Some(chance) = found.chance {
        let _ = write!(out, ", above 0 in {:.0} % of draws", 100.0 * chance);
    }
    let _ = match found.observed {
        Some(observed) => writeln!(out, "; observed {}", number(observed)),
        None => writeln!(out),
    };
    for part in &found.parts {
        let _ = write!(out, "\n{}: {} = {}\n", part.role, part.predicts, number(part.prediction));
        match &part.sum {
            Some(sum) => out.push_str(&table(part, sum, top)),
            None => out.push_str("its regressor cannot tell what each feature added\n"),
        }
    }
    out
}

fn table(part: &PartExplanation, sum: &Sum, top: usize) -> String {
    let signed = |x: f64| format!("{}{}", if x > 0.0 { "+" } else { "" }, number(x));
    let mut rows = vec![["feature", "value", "adds"].map(str::to_owned).to_vec()];
    let shown = sum.contributions.iter().filter(|c| c.contribution != 0.0).take(top);
    rows.extend(shown.map(|c: &Contribution| {
        let value = c.value.map_or_else(|| "missing".to_owned(), |v| number(f64::from(v)));
        vec![c.feature.clone(), value, signed(c.contribution)]
    }));
    let rest = &sum.contributions[(rows.len() - 1).min(sum.contributions.len())..];
    if !rest.is_empty() {
        let added = rest.iter().map(|c| c.contribution).sum();
        rows.push(vec![format!("{} others", rest.len()), String::new(), signed(added)]);
    }
    rows.push(vec!["base".to_owned(), String::new(), signed(sum.base)]);
    let total = match sum.scale.as_str() {
        "identity" => "sum".to_owned(),
        scale => format!("sum = {scale} of {}", number(part.prediction)),
    };
    rows.push(vec![total, String::new(), signed(sum.total)]);
    aligned(&rows, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contribution(feature: &str, value: Option<f32>, contribution: f64) -> Contribution {
        Contribution { feature: feature.to_owned(), value, contribution }
    }

    fn explanation(sum: Option<Sum>) -> Explanation {
        let part = PartExplanation {
            role: "occurrence".to_owned(),
            predicts: "probability".to_owned(),
            prediction: 0.5,
            sum,
        };
        Explanation {
            run: "r".to_owned(),
            model: "quiet_river".to_owned(),
            artifact: "quiet_river_31122016".to_owned(),
            unit: 7,
            place: "Mali".to_owned(),
            origin: "2016-12".to_owned(),
            target: "2017-06".to_owned(),
            step: 6,
            mean: 2.5,
            chance: Some(0.5),
            observed: Some(0.0),
            parts: vec![part],
        }
    }

    #[test]
    fn what_adds_up_is_shown_adding_up() {
        let contributions = vec![
            contribution("deaths", Some(3.0), 2.0),
            contribution("lag", None, -0.5),
            contribution("noise", Some(1.0), 0.25),
            contribution("unread", Some(1.0), 0.0),
        ];
        let sum = Sum { scale: "logit".to_owned(), base: -1.75, total: 0.0, contributions };
        let text = words(&explanation(Some(sum)), 2);
        assert!(text.starts_with("quiet_river: 2017-06 for unit 7 (Mali), from 2016-12, step 6\n"), "{text}");
        assert!(text.contains("mean 2.500, above 0 in 50 % of draws; observed 0\n"), "{text}");
        let expected = "feature                  value     adds\n\
                        deaths                   3.000   +2.000\n\
                        lag                    missing  -0.5000\n\
                        2 others                        +0.2500\n\
                        base                             -1.750\n\
                        sum = logit of 0.5000                 0\n";
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn a_regressor_that_cannot_tell_says_so() {
        assert!(words(&explanation(None), 5).ends_with("cannot tell what each feature added\n"));
    }
}
