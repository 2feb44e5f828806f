//! UCDP's georeferenced events (GED) from Uppsala: as a file, or page by page.
//!
//! Yearly releases (`25.1`) and monthly candidate releases (`25.0.10`) are there as files, which is the better
//! way: one request, one length, resumable. The paged API gives the same events and may be newer by days; its
//! pages are put together into a `.csv.gz` with the official column names.
//!
//! Sources: the data are described in Sundberg and Melander 2013, doi:10.1177/0022343313484347; the API at
//! <https://ucdp.uu.se/apidocs/>. Its pages are numbered from 0: who begins at 1 loses the first page and gets
//! an empty one at the end.

mod pages;
mod rows;

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::download::{Client, Expect, Fetched, Progress, Request, Token};
use crate::error::{Error, Result};

/// Which release of UCDP GED to fetch, and from where.
///
/// In addresses `{version}` stands for the version as it is (`25.1`), `{digits}` for its digits (`251`) and
/// `{underscores}` for its parts joined by `_` (`25_0_10`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ucdp {
    /// Release: `25.1` is yearly, `25.0.10` the candidate of October 2025.
    pub version: String,
    /// As a file or page by page.
    pub shape: Shape,
    /// Address of the yearly file, a ZIP of a CSV.
    pub file_url: String,
    /// Address of the monthly candidate file, a CSV.
    pub candidate_url: String,
    /// Address of the paged API.
    pub api_url: String,
    /// Header in which the API wants its token.
    pub token_header: String,
    /// Events a page, 1..=1000.
    pub page_size: u32,
    /// Pause between pages, in milliseconds. UCDP turns away those who ask much more often than this.
    pub page_pause_ms: u32,
    /// How often to begin again when the data change while their pages are fetched.
    pub passes: u32,
    /// SHA-256 that the file must have; only for `shape = "file"`.
    pub sha256: Option<String>,
}

/// How to get the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// The file of the release.
    File,
    /// The paged API; wants a token.
    Api,
}

impl Default for Ucdp {
    fn default() -> Self {
        Self {
            version: "25.1".to_owned(),
            shape: Shape::File,
            file_url: "https://ucdp.uu.se/downloads/ged/ged{digits}-csv.zip".to_owned(),
            candidate_url: "https://ucdp.uu.se/downloads/candidateged/GEDEvent_v{underscores}.csv".to_owned(),
            api_url: "https://ucdpapi.pcr.uu.se/api/gedevents/{version}".to_owned(),
            token_header: "x-ucdp-access-token".to_owned(),
            page_size: 1000,
            page_pause_ms: 1500,
            passes: 3,
            sha256: None,
        }
    }
}

/// Columns without which the events are of no use to us.
const NEEDED: [&str; 10] = [
    "id",
    "type_of_violence",
    "where_prec",
    "latitude",
    "longitude",
    "date_start",
    "date_end",
    "best",
    "low",
    "high",
];

impl Ucdp {
    /// Fetches the release into `folder`, under the name [`Ucdp::file_name`].
    ///
    /// `token` is shown to the paged API only; files are free for all.
    ///
    /// # Errors
    /// [`Error::Config`] for settings that do not fit, before anything is asked; else as [`Client::fetch`], and
    /// [`Error::Network`] for pages that do not add up. The copy of before stays.
    pub fn fetch(
        &self,
        client: &mut Client,
        token: Option<&str>,
        folder: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Fetched> {
        self.check()?;
        let (url, target) = (self.url(), folder.join(self.file_name()));
        if self.shape == Shape::Api {
            let token = token.map(|t| Token::new(&self.token_header, t)).transpose()?;
            return pages::fetch(&pages::Api { ucdp: self, url, token }, client, &target, progress);
        }
        let expect = if self.is_candidate() { Expect::Csv } else { Expect::Zip };
        let request = Request {
            sha256: self.sha256.clone(),
            columns: NEEDED.map(str::to_owned).to_vec(),
            version: Some(self.version.clone()),
            ..Request::new(url, expect)
        };
        client.fetch(&request, &target, progress)
    }

    /// The address asked for this version; for pages, without the page.
    pub fn url(&self) -> String {
        let template = match self.shape {
            Shape::Api => &self.api_url,
            Shape::File if self.is_candidate() => &self.candidate_url,
            Shape::File => &self.file_url,
        };
        template
            .replace("{version}", &self.version)
            .replace("{digits}", &self.version.replace('.', ""))
            .replace("{underscores}", &self.version.replace('.', "_"))
    }

    /// Name of the file: `ged-25.1.zip`, `ged-25.0.10.csv`, or `ged-25.1.csv.gz` from pages.
    pub fn file_name(&self) -> String {
        let ending = match self.shape {
            Shape::Api => "csv.gz",
            Shape::File if self.is_candidate() => "csv",
            Shape::File => "zip",
        };
        format!("ged-{}.{ending}", self.version)
    }

    /// Whether the version is a monthly candidate: three parts, the middle one 0.
    fn is_candidate(&self) -> bool {
        self.version.split('.').nth(1) == Some("0")
    }

    fn check(&self) -> Result<()> {
        let refuse =
            |setting: &str, reason: String| Err(Error::Config { setting: format!("ucdp.{setting}"), reason });
        let parts: Vec<_> = self.version.split('.').collect();
        let numbers = parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
        if !numbers || parts.len() != if self.is_candidate() { 3 } else { 2 } {
            let known = "25.1 for a yearly release, 25.0.10 for the candidate of a month";
            return refuse(
                "version",
                format!("{:?} is no release: expected the like of {known}", self.version),
            );
        }
        if !(1..=1000).contains(&self.page_size) {
            return refuse("page-size", format!("{} events a page: expected 1..=1000", self.page_size));
        }
        if self.passes == 0 {
            return refuse("passes", "0 passes fetch nothing: give at least 1".to_owned());
        }
        if self.shape == Shape::Api && self.sha256.is_some() {
            let reason = "pages have no checksum of their own: leave it out, or set shape = \"file\"";
            return refuse("sha256", reason.to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ucdp(version: &str, shape: Shape) -> Ucdp {
        Ucdp { version: version.to_owned(), shape, ..Ucdp::default() }
    }

    #[test]
    fn versions_become_addresses_and_names() {
        for (version, shape, url, name) in [
            ("25.1", Shape::File, "https://ucdp.uu.se/downloads/ged/ged251-csv.zip", "ged-25.1.zip"),
            (
                "25.0.10",
                Shape::File,
                "https://ucdp.uu.se/downloads/candidateged/GEDEvent_v25_0_10.csv",
                "ged-25.0.10.csv",
            ),
            ("25.0.10", Shape::Api, "https://ucdpapi.pcr.uu.se/api/gedevents/25.0.10", "ged-25.0.10.csv.gz"),
        ] {
            let ucdp = ucdp(version, shape);
            ucdp.check().unwrap();
            assert_eq!((ucdp.url().as_str(), ucdp.file_name().as_str()), (url, name));
        }
    }

    #[test]
    fn settings_that_do_not_fit_are_refused() {
        for version in ["", "25", "25.", "25.0", "25.1.2", "25.0.10.1", "../../etc", "25.1/x", "v25.1"] {
            let message = ucdp(version, Shape::File).check().unwrap_err().to_string();
            assert!(message.starts_with("ucdp.version: ") && message.contains("25.0.10"), "{message}");
        }
        let api = || ucdp("25.1", Shape::Api);
        for (bad, setting) in [
            (Ucdp { page_size: 1001, ..api() }, "page-size"),
            (Ucdp { passes: 0, ..api() }, "passes"),
            (Ucdp { sha256: Some("0".repeat(64)), ..api() }, "sha256"),
        ] {
            assert!(bad.check().unwrap_err().to_string().contains(setting));
        }
    }

    #[test]
    fn needed_columns_are_official_ones() {
        assert!(NEEDED.iter().all(|c| rows::COLUMNS.contains(c)));
    }
}
