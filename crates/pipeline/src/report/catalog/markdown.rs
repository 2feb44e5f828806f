//! The catalog as Markdown, for a repository.

use std::fmt::Write as _;

use super::super::words::{count, direction, maybe, number};
use super::{Catalog, Entry, Score};

/// The catalog as Markdown (with the tables of GitHub).
pub fn markdown(catalog: &Catalog) -> String {
    let mut out = format!(
        "# Models of {}\n\nThey forecast {}, {} steps ahead; data: {}. {}\n\n",
        catalog.name,
        catalog.target,
        catalog.steps,
        catalog.vintage,
        catalog.evaluation()
    );
    let metric = catalog.metrics.first().map_or("score", |m| &m.name);
    row(&mut out, &["Name", "Algorithm", "Status", metric, "Skill"].map(str::to_owned));
    out.push_str("|---|---|---|---:|---:|\n");
    for entry in &catalog.entries {
        let score = catalog.headline(entry);
        let link = format!("[{0}](#{0})", entry.name);
        let skill = score.map_or_else(|| "–".to_owned(), Score::skill_text);
        let value = maybe(score.and_then(|s| s.value));
        row(&mut out, &[link, entry.algorithm.clone(), entry.status.clone(), value, skill]);
    }
    for entry in &catalog.entries {
        section(&mut out, entry);
    }
    out.push_str("\n## Metrics\n\n");
    for metric in &catalog.metrics {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "* `{}`: {} ({})", metric.name, metric.meaning, direction(metric.better));
    }
    let _ = write!(out, "\nRun `{}`, forewarn {}.\n", catalog.run, catalog.code);
    out
}

fn section(out: &mut String, entry: &Entry) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\n## {}\n\n", entry.name);
    if let Some(failure) = &entry.failure {
        let _ = write!(out, "**{failure}**\n\n");
    }
    for paragraph in &entry.doc {
        let _ = write!(out, "{paragraph}\n\n");
    }
    let _ = writeln!(out, "* {} `{}`, {}", entry.kind, entry.algorithm, entry.status);
    if !entry.members.is_empty() {
        let _ = writeln!(out, "* members: {}", entry.members.join(", "));
    }
    for (title, wanted) in [("settings", true), ("defaults", false)] {
        let shown: Vec<_> = entry.settings.iter().filter(|s| s.2 == wanted).collect();
        let shown: Vec<_> = shown.iter().map(|(name, value, _)| format!("`{name} = {value}`")).collect();
        if !shown.is_empty() {
            let _ = writeln!(out, "* {title}: {}", shown.join(", "));
        }
    }
    if let Some((set, used)) = &entry.features {
        let _ = writeln!(out, "* {} features of query set {set}: `{}`", used.len(), used.join("`, `"));
    }
    for a in &entry.artifacts {
        let cost =
            a.cpu_seconds.map_or_else(|| "CPU time not known".to_owned(), |s| format!("{} CPU s", number(s)));
        let (first, last) = &a.training;
        let (units, bytes) = (count(a.units), count(a.bytes));
        let _ = writeln!(
            out,
            "* artifact `{}` ({}): learned from {first} to {last}, {units} units; {cost}, {bytes} bytes; identity `{}`",
            a.folder, a.partition, a.identity
        );
    }
    if !entry.scores.is_empty() {
        out.push('\n');
        row(out, &["Metric", "Score", "Range", "Skill"].map(str::to_owned));
        out.push_str("|---|---:|---:|---:|\n");
    }
    for s in &entry.scores {
        row(out, &[s.metric.clone(), maybe(s.value), s.range_text(), s.skill_text()]);
    }
}

/// A row of a table; a bar in a cell is escaped.
fn row(out: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_a_table_and_a_section_a_model() {
        let text = markdown(&super::super::tests::catalog());
        for line in [
            "| [quiet_river](#quiet_river) | hurdle | deployed | 0.125 | +25.0\u{a0}% (+20.0\u{a0}% to +30.0\u{a0}%) vs long_memory |",
            "## common_ground",
            "* settings: `gate = \"hard\"`",
            "* 2 features of query set pgm 1: `sb`, `sb_lag_1`",
            "| crps | 0.125 | 0.1 to 0.15 | +25.0\u{a0}% (+20.0\u{a0}% to +30.0\u{a0}%) vs long_memory |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        let mut out = String::new();
        row(&mut out, &["a|b".to_owned()]);
        assert_eq!(out, "| a\\|b |\n");
    }
}
