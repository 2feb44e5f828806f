//! `forewarn catalog`: the models of a run, on a page.

use std::fmt::Write as _;
use std::path::Path;

use forewarn_pipeline::{Error, Until, run as run_pipeline, write_file};

use super::{json_text, run_and_code};
use crate::Failure;
use crate::arguments::{CatalogArguments, CatalogFormat};
use crate::progress::Display;

/// Does a run as far as its scores, writes the catalog, and copies it where it was asked for.
pub(crate) fn catalog(
    arguments: &CatalogArguments,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let (run, code) = run_and_code(&arguments.run, environment)?;
    let outcome = run_pipeline(&run, &code, Until::Catalog, &Display::new())?;
    let ending = match arguments.format.unwrap_or_else(|| format_of(arguments.output.as_deref())) {
        CatalogFormat::Html => "html",
        CatalogFormat::Markdown => "md",
    };
    let mut page = outcome.folder.join(format!("catalog.{ending}"));
    if let Some(output) = &arguments.output {
        let text = std::fs::read(&page).map_err(|e| Failure::new(1, format!("{}: {e}", page.display())))?;
        write_file(output, &text)?;
        page.clone_from(output);
    }
    let output = if arguments.run.json {
        json_text(&serde_json::json!({ "run": outcome.run, "catalog": page, "missing": outcome.missing }))?
    } else {
        let mut out = format!("wrote {}\n", page.display());
        if ending == "html" {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "next: open {}", page.display());
        }
        out
    };
    if outcome.missing.is_empty() {
        return Ok(output);
    }
    let reason = Error::Incomplete { missing: outcome.missing };
    Err(Failure { code: reason.exit_code(), reason: reason.to_string(), output })
}

/// The form that the ending of a file asks for.
fn format_of(output: Option<&Path>) -> CatalogFormat {
    let markdown = output.and_then(Path::extension).is_some_and(|e| e.eq_ignore_ascii_case("md"));
    if markdown { CatalogFormat::Markdown } else { CatalogFormat::Html }
}
