//! What a report is made of: plain facts, filled by the run.
//!
//! Numbers that do not exist are `None`; the page says «missing» and never shows 0 in their place.

use forewarn_catalog::atlas::Fragment;
use forewarn_core::Better;
use serde::{Deserialize, Serialize};

/// Everything that the page shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Which run, about what, from when to when.
    pub run: Run,
    /// Totals for the first target period; `None` when nothing was forecast.
    pub outlook: Option<Outlook>,
    /// Maps, in the order they are shown.
    pub maps: Vec<Picture>,
    /// The map that a reader can walk through; `None` where units have no place on a map.
    #[serde(skip)]
    pub atlas: Option<Fragment>,
    /// Units with the highest expected value at the first target period, highest first.
    pub risks: Vec<Risk>,
    /// Where the forecast changed most; `None` when nothing was forecast.
    pub movers: Option<Movers>,
    /// Countries, the highest expectation first; empty where units have none.
    pub places: Vec<Place>,
    /// Scores of past forecasts; `None` when nothing was evaluated.
    pub evaluation: Option<Evaluation>,
    /// What was read.
    pub sources: Vec<Source>,
    /// What the checks found in it.
    pub validation: Validation,
    /// Models, ensembles and baselines, in the order they are shown.
    pub models: Vec<Model>,
    /// Forecasts that were written to the archive.
    pub archive: Vec<Filed>,
    /// What should be here and is not, with the reason: one sentence each.
    pub missing: Vec<String>,
    /// What it takes to do it again.
    pub reproduce: Reproduce,
}

/// Which run, about what, from when to when.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Run {
    /// Name of the run, as in its configuration.
    pub name: String,
    /// Its unique id.
    pub id: String,
    /// What is forecast, in words with its unit, such as `deaths in state-based conflict per cell and month`.
    pub target: String,
    /// Short plural of what is counted, such as `deaths`.
    pub counted: String,
    /// Plural of what the units are, such as `grid cells`.
    pub unit_kind: String,
    /// How many units were forecast.
    pub units: usize,
    /// Model or ensemble that maps, outlook and risks show.
    pub shown: String,
    /// Label of the last observed period.
    pub origin: String,
    /// Label of the first forecast period.
    pub first_target: String,
    /// Label of the last forecast period.
    pub last_target: String,
    /// Labels of all forecast periods, step 1 first.
    pub targets: Vec<String>,
    /// Version of the data, such as a release or the date of the download.
    pub vintage: String,
}

/// Totals over all units.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outlook {
    /// Expected total of the first target period.
    pub expected: f64,
    /// Observed total of the origin.
    pub observed: Option<f64>,
    /// Mean observed total of a period over the last year, and how many periods that is.
    pub recent: Option<(f64, usize)>,
    /// Total that an earlier forecast expected for the same target period, and its origin.
    pub previous: Option<(f64, String)>,
    /// Units where the event is more likely than not; `None` for a point forecast.
    pub likely: Option<usize>,
}

/// A picture with its words.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Picture {
    /// The picture as a `data:image/...` URI, see [`super::data_uri`]. Anything else is not shown.
    pub uri: String,
    /// What is seen, for those who cannot see it.
    pub alt: String,
    /// Caption: what, target period, origin, model, vintage.
    pub caption: String,
}

/// One row of the table of risks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Risk {
    /// Id of the unit.
    pub unit: String,
    /// Where it is, such as its country.
    pub place: String,
    /// Expected value.
    pub expected: f64,
    /// Probability of at least one, 0 to 1.
    pub probability: Option<f64>,
    /// Central 90 % interval: the 5 % and 95 % quantiles.
    pub interval: Option<(f64, f64)>,
    /// What was observed at the origin.
    pub observed: Option<f64>,
}

/// Where the forecast of the first target period changed most.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Movers {
    /// What it is compared with, in words.
    pub against: String,
    /// Countries, the largest change first.
    pub countries: Vec<Mover>,
    /// Units, the largest change first.
    pub units: Vec<Mover>,
}

/// A change of an expectation.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Mover {
    /// Id of the unit, or code of the country.
    pub unit: String,
    /// Where it is.
    pub place: String,
    /// What is expected now.
    pub expected: f64,
    /// What it is compared with.
    pub before: f64,
}

impl Mover {
    /// Now less before.
    pub fn change(&self) -> f64 {
        self.expected - self.before
    }
}

/// A country: the sum of its units.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-3.
    pub code: String,
    /// How many units it has.
    pub units: usize,
    /// Observed totals, oldest first, with the labels of their periods.
    pub past: Vec<(String, Option<f64>)>,
    /// Totals of step 1, 2, ...
    pub steps: Vec<Total>,
    /// Total of the first target period that the forecast before this one expected.
    pub previous: Option<f64>,
    /// Its units with the highest expected value at the first target period.
    pub highest: Vec<Risk>,
}

/// The forecast of a total.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Total {
    /// Expected total; `None` where a unit has no forecast.
    pub expected: Option<f64>,
    /// Quantiles 0.05, 0.25, 0.5, 0.75, 0.95; `None` for a point forecast.
    pub quantiles: Option<[f64; 5]>,
}

/// Scores of past forecasts.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Evaluation {
    /// Name of the partition.
    pub partition: String,
    /// Labels of the origins, oldest first.
    pub origins: Vec<String>,
    /// Label of the first and the last period whose truth was used.
    pub truth: (String, String),
    /// The metrics, in the order of the table's columns; the first one is the headline and the chart.
    pub metrics: Vec<Metric>,
    /// Probability of the intervals, 0 to 1.
    pub level: f64,
    /// Scores; a pair of model and metric without one is shown as missing.
    pub scores: Vec<Score>,
    /// Scores of the first metric by step.
    pub by_step: Vec<StepScores>,
    /// How often the truth lay in the interval, for the shown model.
    pub coverage: Option<Coverage>,
}

/// A metric.
#[derive(Debug, Clone, Serialize)]
pub struct Metric {
    /// Catalog name.
    pub name: String,
    /// What it says, in one sentence for a reader with no training.
    pub meaning: String,
    /// Which way is good.
    pub better: Better,
}

/// The score of one model by one metric.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Score {
    /// Name of the model.
    pub model: String,
    /// Name of the metric.
    pub metric: String,
    /// The score.
    pub value: Option<f64>,
    /// Where the score is with the probability of [`Evaluation::level`].
    pub interval: Option<(f64, f64)>,
    /// Skill against the best baseline: 1 is perfect, 0 as good as the baseline, below 0 worse.
    pub skill: Option<f64>,
    /// Where the skill is.
    pub skill_interval: Option<(f64, f64)>,
    /// Name of that baseline.
    pub against: Option<String>,
    /// Why there is no score, or no interval.
    pub reason: Option<String>,
    /// How many forecast-truth pairs went in.
    pub n: u64,
}

/// Scores of one model by the headline metric, by step.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StepScores {
    /// Name of the model.
    pub model: String,
    /// Scores of step 1, 2, ...
    pub values: Vec<Option<f64>>,
}

/// How often the truth lay in an interval.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Coverage {
    /// Share that the interval promises, 0 to 1.
    pub level: f64,
    /// Share that lay in it, 0 to 1.
    pub share: f64,
    /// How many forecast-truth pairs.
    pub n: u64,
}

/// A file or feed that was read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Source {
    /// Name in the configuration.
    pub name: String,
    /// Path or address, without secrets.
    pub location: String,
    /// Version of this source.
    pub vintage: String,
    /// SHA-256 in hexadecimal.
    pub digest: String,
    /// Rows read.
    pub rows: u64,
}

/// What the checks found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Validation {
    /// Rows read.
    pub rows: u64,
    /// Rows that were left out.
    pub rejected: u64,
    /// Where the rows that were left out lie, with reasons.
    pub quarantine: Option<String>,
    /// The findings, worst first.
    pub findings: Vec<Finding>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Stops what comes after.
    Failure,
    /// Needs a look.
    Warning,
    /// Good to know.
    Note,
}

/// One finding.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Name of the check.
    pub check: String,
    /// What was found, what was expected.
    pub message: String,
    /// How many rows or periods.
    pub count: u64,
}

/// A model, ensemble or baseline of the run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Catalog name of what it is, such as `conflictology`.
    pub algorithm: String,
    /// Shadow, deployed, baseline or deprecated.
    pub status: String,
    /// Production or shadow.
    pub role: String,
    /// Whether others are compared with it.
    pub baseline: bool,
    /// What went wrong; `None` when it did its work.
    pub failure: Option<String>,
}

/// A forecast in the archive.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Filed {
    /// Name of the model.
    pub model: String,
    /// Path in the archive.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// SHA-256 in hexadecimal.
    pub digest: String,
}

/// What it takes to do it again.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Reproduce {
    /// The command.
    pub command: String,
    /// SHA-256 of the resolved configuration.
    pub config_digest: String,
    /// Revision of the code.
    pub revision: String,
    /// Version of forewarn.
    pub version: String,
    /// Seed of all random draws.
    pub seed: u64,
}
