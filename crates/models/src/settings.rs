//! The state of a model that learns nothing but its settings.

use forewarn_core::{Error, Result, TargetKind};
use serde::{Serialize, de::DeserializeOwned};

/// Settings as bytes.
pub(crate) fn write<T: Serialize>(component: &str, settings: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(settings).map_err(|e| Error::numeric(component, e.to_string()))
}

/// Settings from bytes.
pub(crate) fn read<T: DeserializeOwned>(component: &str, state: &[u8]) -> Result<T> {
    serde_json::from_slice(state)
        .map_err(|e| Error::data(format!("these bytes are no state of `{component}`: {e}")))
}

/// That the target is a count.
pub(crate) fn counts_only(component: &str, kind: TargetKind) -> Result<()> {
    if kind != TargetKind::Count {
        return Err(Error::data(format!(
            "`{component}` draws counts, and the target is declared to be none"
        )));
    }
    Ok(())
}
