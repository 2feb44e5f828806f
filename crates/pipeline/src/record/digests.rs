//! Digests of what a run made.

use std::collections::BTreeMap;
use std::path::Path;

use forewarn_store::Digest;
use serde::{Deserialize, Serialize};

/// Name of the page in a run's folder.
pub(crate) const PAGE: &str = "report.html";
/// Name of the scores in a run's folder.
pub(crate) const SCORES: &str = "scores.json";

/// SHA-256 of what a run made, as far as it went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    /// The checked panel.
    pub panel: Option<String>,
    /// The features.
    pub features: Option<String>,
    /// The fitted states, by name of the artifact.
    pub artifacts: BTreeMap<String, String>,
    /// The files of the forecasts, by model or ensemble.
    pub forecasts: BTreeMap<String, String>,
    /// `scores.json`.
    pub scores: Option<String>,
    /// The maps, by name of the file.
    pub maps: BTreeMap<String, String>,
    /// `report.html`.
    pub page: Option<String>,
}

impl Digests {
    /// Keeps the digest of a file that was written into the run's folder, if it is one of those that matter.
    pub(crate) fn written(&mut self, name: &str, bytes: &[u8]) {
        let digest = || Digest::of_bytes(bytes).to_string();
        match name {
            PAGE => self.page = Some(digest()),
            SCORES => self.scores = Some(digest()),
            map if Path::new(map).extension().is_some_and(|e| e == "png") => {
                self.maps.insert(map.to_owned(), digest());
            }
            _ => {}
        }
    }

    /// How many there are, but for that of the page.
    pub(crate) fn compared(&self) -> usize {
        let single = [&self.panel, &self.features, &self.scores];
        let several = self.artifacts.len() + self.forecasts.len() + self.maps.len();
        single.into_iter().flatten().count() + several
    }
}
