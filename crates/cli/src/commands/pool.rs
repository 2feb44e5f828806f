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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn who_was_combined_and_where_it_lies_is_told() {
        let pooled = Pooled {
            folder: "archive/ged_sb/common_ground/2020-12/pool-1".into(),
            name: "common_ground".to_owned(),
            origin: "2020-12".to_owned(),
            members: vec!["left_hand".to_owned(), "right_hand".to_owned()],
            absent: BTreeMap::from([("third_hand".to_owned(), "it is deprecated".to_owned())]),
        };
        let expected = "common_ground from 2020-12: left_hand, right_hand\n\
                        filed: archive/ged_sb/common_ground/2020-12/pool-1\n";
        assert_eq!(words(&pooled), expected);
    }
}
