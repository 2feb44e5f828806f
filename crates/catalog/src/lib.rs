//! Every component the binaries know, and its reference page.

mod parse;

use std::fmt::Write as _;

use forewarn_core::{Entry, Error, Result};
pub use forewarn_drift::{
    DRIFT_TESTS, ROW_TESTS, detectors::DETECTORS, input::INPUT_CHECKS, output::OUTPUT_CHECKS,
    performance::PERFORMANCE_CHECKS,
};
pub use forewarn_ensembles::{ENSEMBLES, reconcilers::RECONCILERS};
pub use forewarn_maps::{MAPS, atlas, chart, data_uri, render, text};
pub use forewarn_metrics::METRICS;
pub use forewarn_models::{MODELS, regressors::REGRESSORS};
pub use forewarn_transforms::TRANSFORMS;
pub use parse::{DEFAULT_METRICS, parse, parse_metric};
use serde_json::Value;

/// Finds an entry by its catalog name.
///
/// # Errors
/// [`Error::Config`] that says which names there are.
pub fn find<'a, T: ?Sized>(kind: &str, entries: &'a [Entry<T>], name: &str) -> Result<&'a Entry<T>> {
    entries.iter().find(|e| e.name == name).ok_or_else(|| {
        let names: Vec<_> = entries.iter().map(|e| e.name).collect();
        Error::config(kind, format!("there is no `{name}`; there are: {}", names.join(", ")))
    })
}

/// A component of any kind, ready to print.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Page {
    /// `metric`, `model`, ...
    pub kind: &'static str,
    /// Catalog name.
    pub name: &'static str,
    /// First sentence of its documentation.
    pub summary: String,
    /// The whole page, Markdown.
    pub text: String,
}

/// Pages of all components, by kind, then name.
pub fn pages() -> Vec<Page> {
    let mut pages = of("detector", DETECTORS);
    pages.extend(of("drift-test", DRIFT_TESTS));
    pages.extend(of("ensemble", ENSEMBLES));
    pages.extend(of("input-check", INPUT_CHECKS));
    pages.extend(of("map", MAPS));
    pages.extend(metrics());
    pages.extend(of("model", MODELS));
    pages.extend(of("output-check", OUTPUT_CHECKS));
    pages.extend(of("performance-check", PERFORMANCE_CHECKS));
    pages.extend(of("reconciler", RECONCILERS));
    pages.extend(of("regressor", REGRESSORS));
    pages.extend(of("row-test", ROW_TESTS));
    pages.extend(of("transform", TRANSFORMS));
    pages
}

/// The pages of metrics, with worked cases.
fn metrics() -> Vec<Page> {
    let mut pages = of("metric", METRICS);
    for (page, entry) in pages.iter_mut().zip(METRICS) {
        let examples = entry.default().map(|metric| metric.examples()).unwrap_or_default();
        page.text.push_str("\n## Examples\n\n");
        for e in examples {
            let draws: Vec<_> = e.draws.iter().map(|row| format!("{row:?}")).collect();
            let score = if e.expect.is_nan() { "no score".to_owned() } else { format!("{}", e.expect) };
            writeln!(
                page.text,
                "- {}: observed {:?}, forecast {}: {score}",
                e.title,
                e.observed,
                draws.join(" ")
            )
            .ok();
        }
    }
    pages
}

fn of<T: ?Sized>(kind: &'static str, entries: &'static [Entry<T>]) -> Vec<Page> {
    let page = |e: &'static Entry<T>| {
        let doc = e.doc();
        let summary = doc.split_once("\n\n").map_or(doc.as_str(), |(first, _)| first).replace('\n', " ");
        Page { kind, name: e.name, summary, text: text(kind, e, &doc) }
    };
    entries.iter().map(page).collect()
}

/// The reference page of one component, from its doc comments.
fn text<T: ?Sized>(kind: &str, entry: &Entry<T>, doc: &str) -> String {
    let mut out = format!("# {} ({kind})\n\n{doc}\n\nSource: `{}`\n", entry.name, entry.file);
    let settings = settings(entry);
    if settings.is_empty() {
        out.push_str("\nIt has no settings.\n");
    } else {
        out.push_str("\n## Settings\n\n");
    }
    for s in settings {
        writeln!(out, "- `{} = {}`: {}", s.name, s.default, s.doc).ok();
    }
    out
}

/// One setting of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// As written in TOML.
    pub name: String,
    /// Its default, as written in TOML; `(required)` when there is none.
    pub default: String,
    /// Its doc comment, on one line.
    pub doc: String,
}

/// The settings of a component, from its schema.
pub fn settings<T: ?Sized>(entry: &Entry<T>) -> Vec<Setting> {
    let schema = (entry.schema)();
    let Some(Value::Object(properties)) = schema.get("properties") else { return Vec::new() };
    let setting = |(name, s): (&String, &Value)| Setting {
        name: name.clone(),
        default: s.get("default").map_or_else(|| "(required)".to_owned(), Value::to_string),
        doc: s.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " "),
    };
    properties.iter().map(setting).collect()
}
