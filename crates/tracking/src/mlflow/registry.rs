//! Registered models: a version for each model that a run made, and the aliases that point to it.

use serde_json::json;

use super::client::Client;
use super::text;
use crate::{Artifact, Result};

/// Registers what a run made at `source`; a version that the run has registered before is used again.
pub(super) fn register(client: &Client, run: &str, source: &str, artifact: &Artifact) -> Result<()> {
    let name = &artifact.name;
    client.find_or_make(
        || Ok(client.find("registered-models/get", &[("name", name)])?.map(drop)),
        || client.post_once("registered-models/create", &json!({ "name": name })).map(drop),
    )?;
    let filter = format!("name='{name}' and run_id='{run}'");
    let version = client.find_or_make(
        || {
            let found = client.find("model-versions/search", &[("filter", &filter)])?;
            Ok(found.and_then(|found| text(&found["model_versions"][0]["version"])))
        },
        || {
            let made = json!({
                "name": name, "source": source, "run_id": run,
                "tags": artifact.files.iter()
                    .map(|file| json!({"key": format!("sha256.{}", file.name), "value": file.digest}))
                    .collect::<Vec<_>>(),
            });
            let made = client.post_once("model-versions/create", &made)?;
            text(&made["model_version"]["version"]).ok_or_else(|| client.strange("model-versions/create"))
        },
    )?;
    for alias in &artifact.aliases {
        let body = json!({"name": name, "alias": alias, "version": version});
        client.post("registered-models/alias", &body)?;
    }
    Ok(())
}
