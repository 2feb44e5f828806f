//! `forewarn config show`.

use std::fmt::Write as _;

use forewarn_pipeline::Resolved;

use crate::Failure;
use crate::arguments::ConfigCommand;

/// Prints every value with its origin.
pub(crate) fn config(command: &ConfigCommand, environment: &[(String, String)]) -> Result<String, Failure> {
    let ConfigCommand::Show { config, json } = command;
    let shown = Resolved::load(&config.config, environment, &config.set)?.shown();
    if *json {
        let text = serde_json::to_string_pretty(&shown).map_err(|e| Failure::new(1, e.to_string()))?;
        return Ok(text + "\n");
    }
    let mut out = String::new();
    for s in shown {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{:<48} # {}", format!("{} = {}", s.path, s.value), s.origin);
    }
    Ok(out)
}
