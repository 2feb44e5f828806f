//! `forewarn pool`: archived forecasts become an ensemble's.

use std::fmt::Write as _;

use forewarn_pipeline::archived::{Pool, Pooled, pool as combine};

use super::run::code;
use crate::Failure;
use crate::arguments::PoolArguments;

/// Pools, and tells who was combined and who was not; that somebody is missing is exit code 1.
pub(crate) fn pool(arguments: &PoolArguments) -> Result<String, Failure> {
    let request = Pool {
        archive: arguments.archive.clone(),
        ensemble: arguments.ensemble.clone(),
        origin: arguments.origin.clone(),
        cycle: arguments.cycle,
        seed: arguments.seed,
    };
    let pooled = combine(&request, &code()?)?;
    let output = if arguments.json {
        serde_json::to_string_pretty(&pooled).map_err(|e| Failure::new(1, e.to_string()))? + "\n"
    } else {
        words(&pooled)
    };
    if pooled.absent.is_empty() {
        return Ok(output);
    }
    let absent: Vec<_> = pooled.absent.iter().map(|(name, why)| format!("`{name}`: {why}")).collect();
    Err(Failure { output, ..Failure::new(1, format!("members are missing: {}", absent.join("; "))) })
}

fn words(pooled: &Pooled) -> String {
    let mut out = format!("{} from {}: {}\n", pooled.name, pooled.origin, pooled.members.join(", "));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "filed: {}", pooled.folder.display());
    out
}
