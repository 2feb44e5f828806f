//! What made a forecast, and how that is written down.

use std::collections::BTreeMap;
use std::path::Path;

use forewarn_core::{Cadence, Period, Step};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Digest, Error, Result};

/// Before and after the digest that ends a manifest.
const BEFORE: &str = ",\n  \"digest\": \"";
const AFTER: &str = "\"\n}";
/// Hexadecimal digits of a digest.
const DIGITS: usize = 64;
/// Digits of the Parquet file's digest that are in its name.
const NAMED: usize = 16;

/// What made a forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this record: [`Manifest::SCHEMA`], or 1.
    pub schema: u32,
    /// Run that made it.
    pub run: String,
    /// Model or ensemble.
    pub name: String,
    /// How it was made.
    pub made: Made,
    /// Column that is forecast.
    pub target: String,
    /// Level of analysis.
    pub level: String,
    /// How often.
    pub cadence: Cadence,
    /// Last period that was known, with its label.
    pub origin: (Period, String),
    /// Steps 1 to this.
    pub steps: Step,
    /// Draws a unit; `None` for a point forecast.
    pub draws: Option<usize>,
    /// Units.
    pub units: u64,
    /// Unit-steps without a forecast.
    pub missing: u64,
    /// Seed of the draws.
    pub seed: u64,
    /// Which edition of the observations it knew, in words.
    pub vintage: String,
    /// Version and revision of the program.
    pub code: String,
    /// Digest of the resolved configuration, as far as forecasts depend on it.
    pub config: Digest,
    /// Digests of the sources, by name.
    pub data: BTreeMap<String, String>,
    /// Digests of what it was made from, by name: `panel`, `features`, ...
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// Digest of the Parquet file.
    pub file: Digest,
}

/// How a forecast was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Made {
    /// By a model.
    Model {
        /// Catalog name.
        algorithm: String,
        /// Its settings.
        settings: Value,
        /// Name of the fitted artifact.
        artifact: String,
        /// Digest of its state.
        state: String,
    },
    /// By an ensemble.
    Ensemble {
        /// Catalog name.
        algorithm: String,
        /// Its settings.
        settings: Value,
        /// Role in the run.
        role: String,
        /// Digests of the members' forecasts, by name.
        members: BTreeMap<String, String>,
        /// Members that it had to do without, with the reason.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        absent: BTreeMap<String, String>,
        /// Weights of the members, steps x members in the order of their names; empty where it has none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        weights: Vec<Vec<f64>>,
    },
    /// By making forecasts of cells and of countries add up.
    Reconciliation {
        /// Catalog name.
        algorithm: String,
        /// Its settings.
        settings: Value,
        /// Name and digest of the cells' forecast.
        cells: (String, String),
        /// Name and digest of the countries' forecast.
        countries: (String, String),
    },
    /// By somebody else, who published it.
    Import {
        /// Where it was published, in words or as an address.
        source: String,
        /// Digest of what was read.
        digest: String,
        /// In which layout it was published.
        layout: String,
    },
}

impl Manifest {
    /// The version that is written. Of version 1 is what was filed before: without a digest of its own, and with a file
    /// that is called `forecast.parquet`.
    pub const SCHEMA: u32 = 2;

    /// `TARGET/NAME/ORIGIN/RUN`: where it belongs in an archive.
    pub fn folder(&self) -> String {
        let origin = self.origin.1.replace(':', "");
        [&self.target, &self.name, &origin, &self.run].map(String::as_str).join("/")
    }

    /// Name of the Parquet file. It has digits of the file's digest, so that writers of different forecasts never write
    /// the same file.
    pub fn file_name(&self) -> String {
        match self.schema {
            1 => "forecast.parquet".to_owned(),
            _ => format!("forecast-{}.parquet", &self.file.as_str()[..NAMED]),
        }
    }

    /// What is written: JSON, whose last field `digest` is the SHA-256 of the text without that field.
    pub(crate) fn text(&self) -> Result<Vec<u8>> {
        let wrong = |e: serde_json::Error| Error::damaged(Path::new(&self.folder()), e.to_string());
        let mut text = serde_json::to_string_pretty(self).map_err(wrong)?;
        if self.schema > 1 {
            let digest = Digest::of_bytes(text.as_bytes());
            text.truncate(text.len() - "\n}".len());
            text.extend([BEFORE, digest.as_str(), AFTER]);
        }
        Ok(text.into_bytes())
    }

    /// What a text says, if it is what was written.
    ///
    /// # Errors
    /// What is wrong with it, and the cure.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let broken = || "is no text; put it back from a copy".to_owned();
        let text = str::from_utf8(text).map_err(|_| broken())?;
        let signed = split(text);
        if let Some((rest, digest)) = &signed {
            let found = Digest::of_bytes(rest.as_bytes());
            if found.as_str() != *digest {
                return Err(format!(
                    "has sha256 {found}, it was filed with {digest}; put it back from a copy"
                ));
            }
        }
        let rest = signed.as_ref().map_or(text, |(rest, _)| rest);
        let manifest: Self = serde_json::from_str(rest).map_err(|e| e.to_string())?;
        match manifest.schema {
            1 => Ok(manifest),
            Self::SCHEMA if signed.is_some() => Ok(manifest),
            Self::SCHEMA => Err("lacks its digest; put it back from a copy".to_owned()),
            newer => Err(version(newer)),
        }
    }
}

/// The text without the digest, and the digest.
fn split(text: &str) -> Option<(String, &str)> {
    let (rest, digest) = text.strip_suffix(AFTER)?.split_at_checked(text.len() - AFTER.len() - DIGITS)?;
    Some((rest.strip_suffix(BEFORE)?.to_owned() + "\n}", digest))
}

pub(super) fn version(found: u32) -> String {
    let known = Manifest::SCHEMA;
    format!("its manifest is of version {found}, this program knows versions to {known}: use a newer one")
}
