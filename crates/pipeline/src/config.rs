//! The configuration of a run: what it holds. How it is put together is in [`layers`](crate::layers).

use std::path::PathBuf;

use forewarn_catalog::render::Projection;
use forewarn_core::{Cadence, PartitionName, Period, Step, TargetKind};
use forewarn_data::synthetic::Synthetic;
use forewarn_data::table::Table;
use forewarn_data::ucdp::Ucdp;
use forewarn_data::{download, ucdp_api};
use serde::{Deserialize, Serialize};

use crate::partitions::Partitions;
use crate::scores::{Intervals, Leads};
use crate::trackers::Tracking;
use crate::{Error, Result};

/// Everything a run depends on, apart from the data and the files of models, ensembles and query set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Name of the run, for files and titles.
    pub name: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Folder of everything written, relative to the configuration file.
    pub output: PathBuf,
    /// Where forecasts are filed: a folder, relative to the configuration file, or `s3://BUCKET/PREFIX`; `archive` in the
    /// output folder when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<PathBuf>,
    /// Where machines that do the tasks of one run share what they make: `s3://BUCKET/PREFIX`, or a folder; nothing is shared
    /// when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<PathBuf>,
    /// What is forecast.
    pub target: Target,
    /// Which edition of the observations this is, in words (`GED 21.1`), for titles and provenance.
    pub vintage: String,
    /// When this edition was known, and what of it may still change.
    pub truth: Truth,
    /// Where observations come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Which release of UCDP GED a run fetches before it reads its source; nothing is fetched when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<Download>,
    /// What is believed of them.
    pub validation: Validation,
    /// What models may learn from.
    pub features: Features,
    /// How far and how finely.
    pub forecast: Forecast,
    /// Which periods train and which test.
    pub partitions: Partitions,
    /// How the forecasts are scored.
    pub evaluation: Evaluation,
    /// When a shadow may take over.
    pub promotion: Promotion,
    /// What is looked at before models learn and before forecasts go out.
    pub gates: Gates,
    /// What is drawn.
    pub maps: Maps,
    /// Where a run is told once it has ended.
    #[serde(skip_serializing_if = "Tracking::is_default")]
    pub tracking: Tracking,
    /// Names of the models: each is a file `models/NAME.toml` beside the configuration.
    pub models: Vec<String>,
    /// Names of the ensembles: each is a file `ensembles/NAME.toml` beside the configuration.
    pub ensembles: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: "run".to_owned(),
            seed: 42,
            output: "forewarn-out".into(),
            archive: None,
            store: None,
            target: Target::default(),
            vintage: "not stated".to_owned(),
            truth: Truth::default(),
            source: None,
            download: None,
            validation: Validation::default(),
            features: Features::default(),
            forecast: Forecast::default(),
            partitions: Partitions::default(),
            evaluation: Evaluation::default(),
            promotion: Promotion::default(),
            gates: Gates::default(),
            maps: Maps::default(),
            tracking: Tracking::default(),
            models: Vec::new(),
            ensembles: Vec::new(),
        }
    }
}

/// What is forecast.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Target {
    /// Column of the panel.
    pub column: String,
    /// What kind of number it is.
    pub kind: TargetKind,
    /// Level of analysis: `pgm` (PRIO-GRID cell), `cm` (country), ...
    pub level: String,
    /// What it is, in words with its unit.
    pub description: String,
    /// Short plural of what is counted.
    pub counted: String,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            column: "ged_sb".to_owned(),
            kind: TargetKind::Count,
            level: "pgm".to_owned(),
            description: "fatalities in state-based conflict".to_owned(),
            counted: "deaths".to_owned(),
        }
    }
}

/// When an edition of the observations was known, and what of it may still change.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Truth {
    /// Day on which it was published, such as `2021-06-20`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    /// First period whose values may still be revised, such as `2020-01`; none when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisional_from: Option<String>,
}

impl Truth {
    /// The first provisional period, once it is seen that all are days and periods: a run does not find that out at its end.
    ///
    /// # Errors
    /// [`Error::Config`] that names the setting.
    pub(crate) fn check(&self, cadence: Cadence) -> Result<Option<Period>> {
        self.known.as_deref().map(|day| day_of("truth.known", day)).transpose()?;
        let first = self.provisional_from.as_deref().map(|label| cadence.parse(label)).transpose();
        first.map_err(|e| Error::config("truth.provisional-from", e.to_string()))
    }
}

/// A day as `2021-06-20`, so that days are in the order of their text.
pub(crate) fn day_of<'d>(setting: &str, day: &'d str) -> Result<&'d str> {
    let digits = |part: &str, size: usize| part.len() == size && part.bytes().all(|b| b.is_ascii_digit());
    let within = |part: &str, last: u32| part.parse::<u32>().is_ok_and(|n| (1..=last).contains(&n));
    let parts: Vec<&str> = day.split('-').collect();
    match parts[..] {
        [y, m, d] if digits(y, 4) && digits(m, 2) && digits(d, 2) && within(m, 12) && within(d, 31) => {
            Ok(day)
        }
        _ => Err(Error::config(setting, format!("`{day}` is no day; write it as 2021-06-20"))),
    }
}

/// What is fetched, and how patiently.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Download {
    /// Folder that it is fetched into, relative to the configuration file.
    pub into: PathBuf,
    /// Which release, and from where.
    pub ucdp: ucdp_api::Ucdp,
    /// Time limits and retries.
    pub client: download::Settings,
}

impl Default for Download {
    fn default() -> Self {
        Self { into: "data".into(), ucdp: ucdp_api::Ucdp::default(), client: download::Settings::default() }
    }
}

/// Where observations come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Source {
    /// A seeded process on the real grid.
    Synthetic(Synthetic),
    /// A Parquet or CSV table.
    Table(Table),
    /// UCDP GED events.
    Ucdp(Ucdp),
}

/// What is believed of the observations.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Validation {
    /// Units that may appear: a region of the grid (`africa-middle-east`, `land`), or those of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<forewarn_data::geography::Region>,
    /// First period that may appear (`1989-01`); the first one of the data when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Last period that may appear; the last one of the data when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Share of rows that may be quarantined (0-1) before the gate fails.
    pub max_rejected_share: f64,
    /// What to do with a period that is all zero or empty although its neighbours are not.
    pub silent_periods: SilentPeriods,
}

impl Default for Validation {
    fn default() -> Self {
        Self {
            region: None,
            first: None,
            last: None,
            max_rejected_share: 0.001,
            silent_periods: SilentPeriods::Fail,
        }
    }
}

/// What to do with a period that is all zero or empty although its neighbours are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SilentPeriods {
    /// Fail the gate.
    Fail,
    /// Say so and go on.
    Warn,
}

/// What models may learn from.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Features {
    /// A query set, relative to the configuration file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_set: Option<PathBuf>,
}

/// From where, how far and how finely.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Forecast {
    /// The last period that counts as known (`2018-12`): later observations are dropped once they are checked. The last
    /// one of the data when absent. The values before are those of today's edition, which were not all known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Periods ahead: every step from 1 to this.
    pub steps: Step,
    /// Draws a unit and step, for models that return draws.
    pub draws: usize,
}

impl Default for Forecast {
    fn default() -> Self {
        Self { origin: None, steps: Step(36), draws: 100 }
    }
}

/// How the forecasts are scored: rolling origins on one partition, one fit at the end of training.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Evaluation {
    /// How many origins.
    pub origins: usize,
    /// Periods between two of them.
    pub stride: usize,
    /// Which partition: `calibration`, where models are compared and tuned, or `validation`, where the chosen ones are
    /// confirmed.
    pub partition: PartitionName,
    /// The metrics, each as `name[:key=value[,key=value]]` (`brier:threshold=25`); the default ones when empty.
    pub metrics: Vec<String>,
    /// Ranges of steps that are also scored together, such as `[[1, 12], [13, 36]]`.
    pub leads: Vec<Leads>,
    /// Smallest value that is an event, in the unit of the target, where scores are grouped by the state of conflict.
    pub event: f64,
    /// How sure scores are.
    pub interval: Intervals,
    /// `views`: also the means of scores over steps, origins and months, as views-evaluation 2.0.0 reports them.
    /// Metrics that differ there have a setting of the same name (`interval-score:compat=views`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
}

/// Whose conventions are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compat {
    /// views-evaluation 2.0.0.
    Views,
}

impl Default for Evaluation {
    fn default() -> Self {
        Self {
            origins: 12,
            stride: 1,
            partition: PartitionName::Calibration,
            metrics: Vec::new(),
            leads: Vec::new(),
            event: 1.0,
            interval: Intervals::default(),
            compat: None,
        }
    }
}

/// What a shadow is judged by, and who may put it into production.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Promotion {
    /// The metrics, the one that decides first; the others must not get worse.
    pub metrics: Vec<String>,
    /// Names of those who may approve; anybody who gives a name when empty.
    pub approvers: Vec<String>,
}

impl Default for Promotion {
    fn default() -> Self {
        let metrics = ["crps", "average-precision", "brier"];
        Self { metrics: metrics.map(str::to_owned).to_vec(), approvers: Vec::new() }
    }
}

/// What is looked at before models learn and before forecasts go out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Gates {
    /// A file of rules, relative to the configuration file; every check with its default settings when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The period that should be there by now (`2020-12`); freshness is not looked at when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// Whether faults are planted at every run, to see that the gate finds them.
    pub self_test: bool,
    /// The forecast of countries that a forecast of cells must add up to; not looked at when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub countries: Option<Countries>,
    /// Names of those who may let pass what a gate has failed; anybody who gives a name when empty.
    pub approvers: Vec<String>,
}

impl Default for Gates {
    fn default() -> Self {
        Self { file: None, due: None, self_test: true, countries: None, approvers: Vec::new() }
    }
}

/// An archived forecast of countries, of the same target and origin as the run's.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Countries {
    /// Name of the model or ensemble.
    pub forecast: String,
    /// Archive that it is filed in, a folder relative to the configuration file or an address; the run's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<PathBuf>,
}

/// What is drawn of the forecast that is issued.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Maps {
    /// Steps to draw, those that the forecast has.
    pub steps: Vec<Step>,
    /// Layers, each as `name[:key=value[,key=value]]` (`quantile:level=0.5`). Those that need draws are left out of a point
    /// forecast; those that need more than the forecast are drawn by `forewarn map`.
    pub layers: Vec<String>,
    /// Width of a picture in pixels.
    pub width: u32,
    /// `plate-carree` (equal degrees) or `equal-area`.
    pub projection: Projection,
}

impl Default for Maps {
    fn default() -> Self {
        let layers = ["expected-value", "probability", "quantile", "interval-width"];
        Self {
            steps: [1, 6, 12, 24, 36].map(Step).to_vec(),
            layers: layers.map(str::to_owned).to_vec(),
            width: 1600,
            projection: Projection::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_are_no_days_and_periods_are_named() {
        let of = |known: &str, first: &str| {
            let truth = Truth { known: Some(known.into()), provisional_from: Some(first.into()) };
            truth.check(Cadence::Month).map_err(|e| e.to_string())
        };
        assert_eq!(of("2021-06-20", "2020-01"), Ok(Some(Period(481))));
        assert!(of("June", "2020-01").unwrap_err().contains("truth.known"));
        assert!(of("2021-06-20", "soon").unwrap_err().contains("truth.provisional-from"));
    }

    #[test]
    fn days_are_days() {
        assert_eq!(day_of("known", "2021-06-20").unwrap(), "2021-06-20");
        for wrong in ["2021-6-20", "20.06.2021", "2021-13-01", "2021-01-32", "2021-01", ""] {
            assert!(day_of("known", wrong).unwrap_err().to_string().contains("is no day"), "{wrong}");
        }
    }
}
