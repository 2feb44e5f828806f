//! `forewarn importance`: which features matter to a model?

use std::fmt::Write as _;

use forewarn_pipeline::importance::{
    FeatureImportance, Importance, Question, StepImportance, importance as ask,
};

use super::{aligned, json_text, number, run_and_code};
use crate::Failure;
use crate::arguments::ImportanceArguments;
use crate::progress::Display;

/// Asks, prints a table a step, says where all of it is.
pub(crate) fn importance(
    arguments: &ImportanceArguments,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let (run, code) = run_and_code(&arguments.run, environment)?;
    let ImportanceArguments { model, metric, repeats, .. } = arguments;
    let question = Question { model, steps: arguments.steps.clone(), metric, repeats: *repeats };
    let found = ask(&run, &code, &Display::new(), &question)?;
    if arguments.run.json { json_text(&found) } else { Ok(words(&found, arguments.top)) }
}

fn words(found: &Importance, top: usize) -> String {
    let origins = &found.origins;
    let mut out = format!(
        "{} ({}): rise of {} over {} origins, {} to {}, when a feature is permuted ({} times)\n",
        found.model,
        found.artifact,
        found.metric,
        origins.len(),
        origins.first().map_or("", String::as_str),
        origins.last().map_or("", String::as_str),
        found.repeats,
    );
    for step in &found.steps {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "\nstep {}: {} is {}", step.step, found.metric, number(step.score));
        out.push_str(&aligned(&table(step, top), 1));
        if step.features.len() > top {
            let _ = writeln!(out, "and {} more", step.features.len() - top);
        }
    }
    let _ = writeln!(out);
    for file in &found.files {
        let _ = writeln!(out, "wrote {}", file.display());
    }
    out
}

/// Feature, rise with its spread and share of the score, gain of each part.
fn table(step: &StepImportance, top: usize) -> Vec<Vec<String>> {
    let mut heading = ["feature", "increase", "+/-", "of score"].map(str::to_owned).to_vec();
    let gain = |role: &String| if step.roles.len() == 1 { "gain".to_owned() } else { format!("gain {role}") };
    heading.extend(step.roles.iter().map(gain));
    let row = |f: &FeatureImportance| {
        let share = f.increase / step.score.abs();
        let share = if share.is_finite() { format!("{:+.1} %", 100.0 * share) } else { "-".to_owned() };
        let spread = f.spread.map_or_else(|| "-".to_owned(), number);
        let mut row = vec![f.feature.clone(), number(f.increase), spread, share];
        row.extend(step.roles.iter().map(|role| {
            f.gain.get(role).map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share))
        }));
        row
    };
    std::iter::once(heading).chain(step.features.iter().take(top).map(row)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn feature(name: &str, gain: f64, increase: f64) -> FeatureImportance {
        let gain = BTreeMap::from([("value".to_owned(), gain)]);
        FeatureImportance { feature: name.to_owned(), gain, increase, spread: None }
    }

    #[test]
    fn the_table_shows_the_top_and_counts_the_rest() {
        let features = vec![feature("deaths", 0.75, 0.25), feature("noise", 0.25, -0.005)];
        let step = StepImportance { step: 6, score: 0.5, roles: vec!["value".to_owned()], features };
        let found = Importance {
            run: "r".to_owned(),
            model: "quiet_river".to_owned(),
            artifact: "quiet_river_31122016".to_owned(),
            metric: "crps".to_owned(),
            origins: vec!["2016-12".to_owned(), "2017-01".to_owned()],
            repeats: 3,
            steps: vec![step],
            files: vec!["importance.json".into()],
        };
        let all = words(&found, 5);
        let expected = "step 6: crps is 0.5000\n\
                        feature   increase  +/-  of score    gain\n\
                        deaths      0.2500    -   +50.0 %  75.0 %\n\
                        noise    -0.005000    -    -1.0 %  25.0 %\n";
        assert!(all.contains(expected), "{all}");
        assert!(
            all.contains("over 2 origins, 2016-12 to 2017-01") && all.ends_with("wrote importance.json\n"),
            "{all}"
        );
        let top = words(&found, 1);
        assert!(top.contains("and 1 more") && !top.contains("noise"), "{top}");
    }
}
