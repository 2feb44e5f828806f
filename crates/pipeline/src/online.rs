//! Online evaluation: every forecast that was ever issued about a month, scored when the month has come.
//!
//! A month is scored by forecaster into a sheet, which is made once and again when a forecast is added or
//! the truth revised. Scores are pooled from sheets: of each forecaster on the rows that it has forecast, and of two on the
//! rows of both, for nobody is better by having forecast other months.

mod issuance;
mod issued;
mod onsets;
pub(crate) mod past;
mod pool;
mod series;
mod sheet;
mod tracks;
mod warned;

use std::path::PathBuf;

use forewarn_core::{Axis, Period};
use forewarn_store::{StepOutput, file};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) use issued::Issued;
pub use pool::Pair;
pub(crate) use tracks::tracks;
pub use warned::{Onset, Warned};

use self::pool::Pooling;
use self::series::quoted;
use self::sheet::{Month, Sheet};
use crate::code::Code;
use crate::components::{Role, Status};
use crate::config::Config;
use crate::context::Context;
use crate::engine::{read_json, write_json};
use crate::progress::Observer;
use crate::scores::{Leads, NamedMetric, Score};
use crate::session::{Access, Session, session};
use crate::stages::evaluate;
use crate::truth::{Told, Truth};
use crate::{Error, Resolved, Result, filing};

const RESULT: &str = "online.json";

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The month; the last observed one when absent.
    pub month: Option<String>,
    /// The first month of the scores over several; that of the first forecast when absent.
    pub from: Option<String>,
    /// The truth as it was known on this day; that of the run when absent.
    pub as_known: Option<String>,
    /// The risk in per cent from which a forecast is a warning.
    pub risk: u8,
}

/// How good the issued forecasts were, up to and in a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Online {
    /// Column that was forecast.
    pub target: String,
    /// The month, and its label.
    pub month: (Period, String),
    /// The first month of the scores over several, and its label.
    pub first: (Period, String),
    /// Which edition of the truth scores are by.
    pub truth: Told,
    /// Who has issued what.
    pub forecasters: Vec<Forecaster>,
    /// Scores of each forecaster over all months, on its own rows.
    pub scores: Vec<Score>,
    /// The same of the month alone.
    pub latest: Vec<Score>,
    /// Each forecaster beside the baselines and beside what is in production, on the rows of both.
    pub pairs: Vec<Pair>,
    /// How often onsets were warned of, and how often in vain.
    pub warned: Vec<Warned>,
    /// The onsets of the month, and since when they were warned of.
    pub onsets: Vec<Onset>,
    /// What could not be computed, and why.
    pub failures: Vec<String>,
}

/// What one forecaster has issued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecaster {
    /// Model or ensemble.
    pub name: String,
    /// Months that it has forecast and that were scored.
    pub months: usize,
    /// Forecasts of months, from all origins.
    pub forecasts: usize,
    /// Rows.
    pub rows: u64,
}

/// An evaluation, and where it is written.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    /// What was found.
    pub online: Online,
    /// The whole of it.
    pub file: PathBuf,
    /// Folder of the scores by month, forecaster, metric and step: a CSV file a month.
    pub series: PathBuf,
    /// How many sheets were made, and how many were there.
    pub sheets: (usize, usize),
    /// What should be known.
    pub warnings: Vec<String>,
}

/// Scores what the archive holds about the months up to one.
///
/// # Errors
/// [`Error::Config`] when nothing was issued about them; what stops a run.
pub fn online(run: &Resolved, code: &Code, request: &Request, observer: &dyn Observer) -> Result<Evaluation> {
    let metrics = evaluate::metrics(&run.config.evaluation.metrics)?;
    session(run, code, observer, Access::Alone, |session| evaluated(session, &metrics, request))
}

/// The months that are scored.
struct Months {
    first: Period,
    last: Period,
}

impl Months {
    /// # Errors
    /// [`Error::Config`] when there is no forecast of them, or they are not in the truth.
    fn of(session: &Session<'_>, request: &Request, (issued, axis): (&Issued, Axis)) -> Result<Self> {
        let last = request.month.as_ref().map_or(Ok(axis.last()), |label| axis.cadence.parse(label))?;
        if axis.index(last).is_none() {
            let ends = (axis.cadence.label(axis.first), axis.cadence.label(axis.last()));
            let reason =
                format!("{} is not in the truth ({} to {})", axis.cadence.label(last), ends.0, ends.1);
            return Err(Error::config("--month", reason));
        }
        let Some(first) = issued.first() else {
            let target = &session.ctx.run.config.target.column;
            let reason = format!("holds no forecast of `{target}`; `forewarn run` files them");
            return Err(Error::config("the archive", reason));
        };
        let first = match request.from.as_deref() {
            Some(label) => axis.cadence.parse(label)?.max(axis.first),
            None => first.max(axis.first),
        };
        if first <= last {
            return Ok(Self { first, last });
        }
        let label = |period| session.ctx.cadence().label(period);
        let reason = format!("the first forecast is about {}, after {}", label(first), label(last));
        Err(Error::config("the archive", reason))
    }
}

/// The sheets of one forecaster, by month, not read yet.
struct Shelf {
    name: String,
    outputs: Vec<(Period, StepOutput)>,
}

impl Shelf {
    fn read(&self) -> Result<Vec<Sheet>> {
        self.outputs.iter().map(|(_, output)| sheet::open(output)).collect()
    }
}

fn evaluated(session: &Session<'_>, metrics: &[NamedMetric], request: &Request) -> Result<Evaluation> {
    let ctx = session.ctx;
    let issued = Issued::of(ctx, &filing::archive(ctx.run)?)?;
    let truth = Truth::of(session, request.as_known.as_deref())?;
    let months = Months::of(session, request, (&issued, truth.panel().axis()))?;
    let names: Vec<&String> = issued.names().collect();
    let shelves = shelves(ctx, &truth, (&issued, &months, &names), metrics)?;
    if shelves.is_empty() {
        let label = |period| ctx.cadence().label(period);
        let reason = format!("holds no forecast of {} to {}", label(months.first), label(months.last));
        return Err(Error::config("the archive", reason));
    }
    let records = ctx.engine.records();
    let sheets = records.iter().filter(|r| r.step.starts_with("online "));
    let (found, made): (Vec<_>, Vec<_>) = sheets.partition(|r| r.cached);
    let work = Work { session, metrics, request, months, truth: &truth, issued: &issued, shelves };
    let series = work.series()?;
    let (online, file) = work.scores()?;
    let warnings = [ctx.engine.warnings(), issued.notes()].concat();
    Ok(Evaluation { online, file, series, sheets: (made.len(), found.len()), warnings })
}

/// Ranges of steps: those of the configuration, or a few.
fn leads(config: &Config) -> Vec<Leads> {
    if config.evaluation.leads.is_empty() {
        return Leads::usual(config.forecast.steps);
    }
    config.evaluation.leads.clone()
}

/// Makes or finds every sheet.
fn shelves<'a>(
    ctx: &'a Context<'a>,
    truth: &'a Truth<'a>,
    (issued, months, names): (&Issued, &Months, &[&String]),
    metrics: &'a [NamedMetric],
) -> Result<Vec<Shelf>> {
    let steps = ctx.run.config.forecast.steps;
    let mut shelves: Vec<Shelf> =
        names.iter().map(|&name| Shelf { name: name.clone(), outputs: Vec::new() }).collect();
    for month in (months.first.0..=months.last.0).map(Period) {
        let of = Month::of(ctx, truth, month, metrics)?;
        for shelf in &mut shelves {
            let about = issued.about(&shelf.name, month, steps);
            if !about.is_empty() {
                shelf.outputs.push((month, of.step(&shelf.name, &about, None)?));
            }
        }
    }
    shelves.retain(|shelf| !shelf.outputs.is_empty());
    Ok(shelves)
}

/// Where evaluations of the target of a session lie.
fn folder(session: &Session<'_>) -> PathBuf {
    session.root.join("online").join(&session.ctx.run.config.target.column)
}

struct Work<'a> {
    session: &'a Session<'a>,
    metrics: &'a [NamedMetric],
    request: &'a Request,
    months: Months,
    truth: &'a Truth<'a>,
    issued: &'a Issued,
    shelves: Vec<Shelf>,
}

impl Work<'_> {
    fn label(&self, month: Period) -> String {
        self.session.ctx.cadence().label(month)
    }

    /// Writes the scores of each month as a table; tells the folder.
    fn series(&self) -> Result<PathBuf> {
        let folder = folder(self.session).join("series");
        for month in (self.months.first.0..=self.months.last.0).map(Period) {
            let outputs: Vec<&StepOutput> = self
                .shelves
                .iter()
                .filter_map(|shelf| shelf.outputs.iter().find(|(of, _)| *of == month))
                .map(|(_, output)| output)
                .collect();
            let told = self.truth.told(month);
            let digests: Vec<&str> = outputs.iter().map(|o| o.digest.as_str()).collect();
            let inputs = json!([digests, told.since, told.provisional]);
            let used = &inputs[0];
            let label = self.label(month);
            let made = self.session.ctx.engine.step("online-series", &label, &inputs, |workspace| {
                let sheets: Result<Vec<Sheet>> = outputs.iter().map(|output| sheet::open(output)).collect();
                let text = series::table((&label, &told), &sheets?, self.metrics);
                let path = workspace.path(series::TABLE);
                std::fs::write(&path, text).map_err(Error::io(path))?;
                Ok(json!({ "sheets": used, "file": format!("series/{label}.csv") }))
            })?;
            series::publish(&made, &folder.join(format!("{label}.csv")))?;
        }
        Ok(folder)
    }

    /// The scores over all months and of the last, and where they are written.
    fn scores(&self) -> Result<(Online, PathBuf)> {
        let config = &self.session.ctx.run.config;
        let digests =
            |shelf: &Shelf| shelf.outputs.iter().map(|(_, o)| o.digest.to_string()).collect::<Vec<_>>();
        let inputs = json!({
            "sheets": self.shelves.iter().map(digests).collect::<Vec<_>>(),
            "months": [self.months.first, self.months.last],
            "truth": self.truth.told(self.months.last),
            "interval": config.evaluation.interval,
            "leads": leads(config),
            "seed": config.seed,
            "risk": self.request.risk,
            "against": self.against(),
        });
        let label = self.label(self.months.last);
        let made = self.session.ctx.engine.step("online-scores", &label, &inputs, |workspace| {
            write_json(workspace, RESULT, &self.pool()?)?;
            let sheets: Vec<String> = self.shelves.iter().flat_map(digests).collect();
            Ok(json!({ "sheets": sheets, "file": format!("{label}.json") }))
        })?;
        let online: Online = read_json(&made, RESULT)?;
        let path = folder(self.session).join(format!("{label}.json"));
        series::publish(&made, &path)?;
        Ok((online, path))
    }

    /// Those whom each forecaster is compared with: the baselines, and what is in production.
    fn against(&self) -> Vec<String> {
        let baselines = self.session.models.iter().filter(|m| m.status == Status::Baseline).map(|m| &m.name);
        let production =
            self.session.ensembles.iter().filter(|e| e.role == Role::Production).map(|e| &e.name);
        let has = |name: &&String| self.shelves.iter().any(|shelf| shelf.name == **name);
        baselines.chain(production).filter(has).cloned().collect()
    }

    /// Two forecasters on the rows of both; where they have not the same units, on the units of both.
    fn pair(
        &self,
        pooling: &Pooling<'_>,
        (name, mine): (&str, &[Sheet]),
        (other, theirs): (&str, &[Sheet]),
    ) -> Result<Vec<Pair>> {
        let pairs = pooling.pair(mine, theirs);
        if !pairs.is_empty() {
            return Ok(pairs);
        }
        let Some(units) = self.issued.units_of_both(name, other)? else { return Ok(Vec::new()) };
        let (ctx, steps) = (self.session.ctx, self.session.ctx.run.config.forecast.steps);
        let months = || mine.iter().map(|sheet| sheet.month);
        let of = |name: &str| -> Result<Vec<Sheet>> {
            let sheet = |month| {
                let about = self.issued.about(name, month, steps);
                let of = Month::of(ctx, self.truth, month, self.metrics)?;
                sheet::open(&of.step(name, &about, Some(&units))?)
            };
            months().map(sheet).collect()
        };
        Ok(pooling.pair(&of(name)?, &of(other)?))
    }

    fn pool(&self) -> Result<Online> {
        let ctx = self.session.ctx;
        let leads = leads(&ctx.run.config);
        let pooling = Pooling { config: &ctx.run.config, metrics: self.metrics, leads: &leads };
        let last = (self.months.last, self.label(self.months.last));
        let mut online = Online {
            target: ctx.run.config.target.column.clone(),
            first: (self.months.first, self.label(self.months.first)),
            truth: self.truth.told(last.0),
            month: last,
            forecasters: Vec::new(),
            scores: Vec::new(),
            latest: Vec::new(),
            pairs: Vec::new(),
            warned: Vec::new(),
            onsets: Vec::new(),
            failures: Vec::new(),
        };
        let others: Vec<(String, Vec<Sheet>)> = self
            .against()
            .into_iter()
            .filter_map(|name| Some((self.shelves.iter().find(|shelf| shelf.name == name)?, name)))
            .map(|(shelf, name)| Ok((name, shelf.read()?)))
            .collect::<Result<_>>()?;
        for (i, shelf) in self.shelves.iter().enumerate() {
            let sheets = shelf.read()?;
            online.add(&pooling, &sheets, self.request.risk);
            for (name, theirs) in others.iter().filter(|(name, _)| *name != shelf.name) {
                online.pairs.extend(self.pair(&pooling, (&shelf.name, &sheets), (name, theirs))?);
            }
            ctx.engine.advance(i as u64 + 1, self.shelves.len() as u64);
        }
        online.onsets.sort_by_key(|onset| (onset.unit, onset.model.clone()));
        Ok(online)
    }
}

impl Online {
    /// Adds one forecaster.
    fn add(&mut self, pooling: &Pooling<'_>, sheets: &[Sheet], risk: u8) {
        let Some(newest) = sheets.last() else { return };
        let rows = |sheet: &Sheet| sheet.steps.iter().map(|step| step.rows).sum::<u64>();
        self.forecasters.push(Forecaster {
            name: newest.name.clone(),
            months: sheets.iter().filter(|sheet| !sheet.steps.is_empty()).count(),
            forecasts: sheets.iter().map(|sheet| sheet.steps.len()).sum(),
            rows: sheets.iter().map(rows).sum(),
        });
        self.scores.extend(pooling.own(sheets));
        self.warned.extend(warned::warned(sheets, pooling.leads, risk));
        if newest.month == self.month.0 {
            self.latest.extend(pooling.own(std::slice::from_ref(newest)));
            self.onsets.extend(warned::onsets(newest, &pooling.config.target.level, risk));
        }
        self.failures.extend(sheets.iter().flat_map(|sheet| sheet.failures.clone()));
    }
}

/// Writes a file of a step where people look for it, unless it is there.
pub(crate) fn write_once(path: &std::path::Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    Ok(file::write_bytes(path, bytes)?)
}
