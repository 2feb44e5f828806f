//! `forewarn list` and `forewarn explain`.

use std::fmt::Write as _;

use forewarn_catalog::{Page, pages};

use crate::Failure;

/// All components, or those of one kind.
pub(crate) fn list(kind: Option<&str>, json: bool) -> Result<String, Failure> {
    let all = pages();
    let chosen: Vec<&Page> = all.iter().filter(|p| kind.is_none_or(|k| p.kind == k)).collect();
    if chosen.is_empty() {
        let mut kinds: Vec<_> = all.iter().map(|p| p.kind).collect();
        kinds.dedup();
        let reason =
            format!("there is no kind `{}`; there are: {}", kind.unwrap_or_default(), kinds.join(", "));
        return Err(Failure::new(2, reason));
    }
    if json {
        let text = serde_json::to_string_pretty(&chosen).map_err(|e| Failure::new(1, e.to_string()))?;
        return Ok(text + "\n");
    }
    let mut out = String::new();
    let width = chosen.iter().map(|page| page.kind.len()).max().unwrap_or(0);
    for page in chosen {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{:<width$} {:<26} {}", page.kind, page.name, page.summary);
    }
    Ok(out)
}

/// The page of a component.
pub(crate) fn explain(name: &str) -> Result<String, Failure> {
    let found: Vec<_> = pages().into_iter().filter(|p| p.name == name).collect();
    if found.is_empty() {
        return Err(Failure::new(2, format!("there is no `{name}`; `forewarn list` shows what there is")));
    }
    Ok(found.into_iter().map(|p| p.text).collect::<Vec<_>>().join("\n"))
}
