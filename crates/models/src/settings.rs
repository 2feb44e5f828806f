//! The state of a model that learns nothing but its settings.

use forewarn_core::{Error, Result, TargetKind};
use serde::{Serialize, de::DeserializeOwned};

use crate::state;

/// Settings as bytes.
pub(crate) fn write<T: Serialize>(component: &str, settings: &T) -> Result<Vec<u8>> {
    state::write(component, settings, &[])
}

/// Settings from bytes.
pub(crate) fn read<T: DeserializeOwned>(component: &str, state: &[u8]) -> Result<T> {
    Ok(state::read(component, state)?.0)
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
