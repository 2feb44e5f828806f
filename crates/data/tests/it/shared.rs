//! Real data that lies beside the project.

use std::path::PathBuf;

/// The file called `name` of the shared conflict data; without the folder a test is skipped, in CI it fails.
pub(crate) fn conflict(name: &str) -> Option<PathBuf> {
    find("conflict", name)
}

/// The same of the forecasts that others published.
pub(crate) fn forecasts(name: &str) -> Option<PathBuf> {
    find("forecasts", name)
}

fn find(folder: &str, name: &str) -> Option<PathBuf> {
    let shared = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let path = shared.join(folder).join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is not there", path.display());
    eprintln!("skipped: no ../shared/data/{folder}/{name}");
    None
}
