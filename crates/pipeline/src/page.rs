//! The report's facts, gathered from a run.

use std::fmt;
use std::path::{Path, PathBuf};

use forewarn_catalog::atlas::Fragment;
use forewarn_catalog::{METRICS, find};
use forewarn_core::{Better, Cell, Field, Period, Step, Unit};
use forewarn_data::geography;
use forewarn_data::validation::Severity as Found;
use forewarn_store::{Archive, ForecastFile, Manifest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::components::{Role, Status};
use crate::report::{
    Coverage, Evaluation, Filed, Finding, Metric, Model, Outlook, Picture, Place, Report, Reproduce, Risk,
    Run, Score, Severity, Source, StepScores, Validation, data_uri,
};
use crate::results::{Results, issued};
use crate::scores::Group;
use crate::stages::forecast::Made;
use crate::stages::validate::QUARANTINE;
use crate::{Error, Result};

/// The metric that leads the table and the chart.
pub(crate) const HEADLINE: &str = "crps";
/// Rows of the table of risks.
const RISKS: usize = 15;

mod atlas;
mod countries;
mod movers;

/// The forecast that the page is about.
pub(super) struct Shown<'a> {
    results: &'a Results<'a>,
    made: &'a Made,
    file: ForecastFile,
}

impl Shown<'_> {
    fn label(&self, period: Period) -> String {
        self.results.ctx.cadence().label(period)
    }

    /// What was observed at the origin.
    fn observed(&self) -> Result<&[f32]> {
        let ctx = self.results.ctx;
        Ok(ctx.panel()?.field(&ctx.run.config.target.column, ctx.origin())?)
    }

    /// Periods of a year, as far as there are observations.
    fn season(&self) -> usize {
        self.results.ctx.cadence().season().min(self.results.ctx.axis().len)
    }
}

/// What a forecast is compared with.
enum Against {
    /// The forecast from an earlier origin.
    Forecast(String),
    /// The mean of the last periods.
    Year(usize),
}

impl fmt::Display for Against {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forecast(origin) => write!(f, "the forecast from {origin}"),
            Self::Year(periods) => write!(f, "the mean of the last {periods} periods"),
        }
    }
}

/// What the page of a run says.
///
/// # Errors
/// A forecast or a picture that cannot be read again.
pub(crate) fn report(
    results: &Results<'_>,
    archive: &Archive,
    manifests: &[(Manifest, PathBuf)],
) -> Result<Report> {
    let shown = issued(results.ensembles, results.made)
        .map(|made| Ok::<_, Error>(Shown { results, made, file: made.open()? }))
        .transpose()?;
    let forecast = shown.as_ref().map(|shown| forecast(shown, archive)).transpose()?.unwrap_or_default();
    Ok(Report {
        run: run(results),
        maps: results.pictures.iter().map(|p| picture(results, p)).collect::<Result<_>>()?,
        evaluation: Some(evaluation(results)),
        sources: vec![source(results)],
        validation: validation(results),
        models: models(results),
        archive: manifests.iter().map(|(m, _)| filed(results, archive, m)).collect(),
        missing: results.missing.to_vec(),
        reproduce: reproduce(results),
        ..forecast
    })
}

/// What the page says of the forecast itself.
fn forecast(shown: &Shown<'_>, archive: &Archive) -> Result<Report> {
    let first = shown.file.field(Step(1))?;
    let previous = previous(shown, archive, &first)?;
    let Everywhere { atlas, places } = everywhere(shown, (&first, previous.as_ref()))?;
    Ok(Report {
        outlook: Some(outlook(shown, &first, previous.as_ref())?),
        atlas,
        risks: risks(shown, &first)?,
        movers: Some(movers::movers(shown, (&first, previous.as_ref()), &places)?),
        places,
        ..Report::default()
    })
}

/// What is made of every step of the forecast.
#[derive(Serialize, Deserialize)]
struct Everywhere {
    atlas: Option<Fragment>,
    places: Vec<Place>,
}

/// File of a step that keeps it.
const EVERYWHERE: &str = "everywhere.json";

/// The atlas and the countries, read again where they were made before: they take longer than the rest of the page.
fn everywhere(shown: &Shown<'_>, (first, previous): (&Field, Option<&Field>)) -> Result<Everywhere> {
    let (ctx, config) = (shown.results.ctx, &shown.results.ctx.run.config);
    let before =
        previous.map(|field| (field.origin, field.means().iter().map(|v| v.to_bits()).collect::<Vec<_>>()));
    let before = serde_json::to_vec(&before).map_err(|e| Error::io(Path::new(EVERYWHERE))(e.into()))?;
    let inputs = json!({
        "forecast": shown.made.sha256,
        "panel": ctx.panel_digest(),
        "previous": forewarn_store::Digest::of_bytes(&before),
        "name": shown.made.name,
        "target": config.target,
        "steps": config.forecast.steps,
        "vintage": config.vintage,
    });
    let output = ctx.engine.step("page", &shown.made.name, &inputs, |workspace| {
        let made = Everywhere {
            atlas: atlas::atlas(shown, first)?,
            places: countries::places(shown, first, previous)?,
        };
        let path = workspace.path(EVERYWHERE);
        let bytes = serde_json::to_vec(&made).map_err(|e| Error::io(&path)(e.into()))?;
        std::fs::write(&path, bytes).map_err(Error::io(&path))?;
        Ok(json!({}))
    })?;
    let path = output.dir.join(EVERYWHERE);
    let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
    serde_json::from_slice(&bytes).map_err(|e| Error::io(&path)(e.into()))
}

/// The forecast of the first target period that was filed under the same name one period earlier, of the same units.
fn previous(shown: &Shown<'_>, archive: &Archive, first: &Field) -> Result<Option<Field>> {
    let ctx = shown.results.ctx;
    let before = Period(ctx.origin().0 - 1);
    let filed = crate::filing::of(archive, std::slice::from_ref(&shown.made.name))?;
    let same = |filed: &&forewarn_store::Filed| {
        let m = &filed.manifest;
        m.origin.0 == before && m.steps.0 >= 2 && m.target == ctx.run.config.target.column
    };
    let field = filed.iter().find(same).map(|filed| filed.open()?.field(Step(2))).transpose()?;
    Ok(field.filter(|field| field.units() == first.units()))
}

fn run(results: &Results<'_>) -> Run {
    let (ctx, config) = (results.ctx, &results.ctx.run.config);
    let label = |step: u16| ctx.cadence().label(ctx.origin() + Step(step));
    let unit_kind = match config.target.level.as_str() {
        "pgm" => "grid cells",
        "cm" => "countries",
        _ => "units",
    };
    Run {
        name: config.name.clone(),
        id: results.id.to_owned(),
        target: config.target.description.clone(),
        counted: config.target.counted.clone(),
        unit_kind: unit_kind.to_owned(),
        units: ctx.summary().units as usize,
        shown: issued(results.ensembles, results.made).map(|m| m.name.clone()).unwrap_or_default(),
        origin: label(0),
        first_target: label(1),
        last_target: label(config.forecast.steps.0),
        targets: (1..=config.forecast.steps.0).map(label).collect(),
        vintage: config.vintage.clone(),
    }
}

/// Totals of the first target period beside what was observed.
fn outlook(shown: &Shown<'_>, field: &Field, previous: Option<&Field>) -> Result<Outlook> {
    let ctx = shown.results.ctx;
    let total = |values: &[f32]| values.iter().filter(|v| !v.is_nan()).map(|&v| f64::from(v)).sum::<f64>();
    let observed = |period: Period| -> Result<f64> {
        Ok(total(ctx.panel()?.field(&ctx.run.config.target.column, period)?))
    };
    let season = shown.season();
    let year: Vec<f64> =
        (0..season as i32).map(|i| observed(Period(ctx.origin().0 - i))).collect::<Result<_>>()?;
    Ok(Outlook {
        expected: total(&field.means()),
        observed: year.first().copied(),
        recent: Some((year.iter().sum::<f64>() / season as f64, season)),
        previous: previous.map(|field| (total(&field.means()), shown.label(field.origin))),
        likely: (!field.is_point()).then(|| field.rows().filter(|row| chance(row) > 0.5).count()),
    })
}

/// Share of draws that are at least 1.
fn chance(draws: &[f32]) -> f64 {
    draws.iter().filter(|&&v| v >= 1.0).count() as f64 / draws.len() as f64
}

/// The units with the highest expected value.
fn risks(shown: &Shown<'_>, field: &Field) -> Result<Vec<Risk>> {
    let observed = shown.observed()?;
    let means = field.means();
    highest(&means).take(RISKS).map(|i| Ok(risk(shown, field, observed, i))).collect()
}

/// Positions of the values above 0, the highest first.
fn highest(values: &[f32]) -> impl Iterator<Item = usize> {
    let mut order: Vec<usize> = (0..values.len()).filter(|&i| values[i] > 0.0).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    order.into_iter()
}

/// What is forecast for one unit.
fn risk(shown: &Shown<'_>, field: &Field, observed: &[f32], i: usize) -> Risk {
    let mut draws = field.values()[i * field.width()..][..field.width()].to_vec();
    draws.sort_by(f32::total_cmp);
    let quantile = |p: f64| forewarn_kernels::quantile::quantile(&draws, p);
    let mean = draws.iter().map(|&v| f64::from(v)).sum::<f64>() / draws.len() as f64;
    Risk {
        unit: field.units()[i].to_string(),
        place: place(field.units()[i], &shown.results.ctx.run.config.target.level),
        expected: mean,
        probability: (!field.is_point()).then(|| chance(&draws)),
        interval: (!field.is_point()).then(|| (quantile(0.05), quantile(0.95))),
        observed: (!observed[i].is_nan()).then(|| f64::from(observed[i])),
    }
}

/// Country and centre of a cell, or the name of a country.
pub(crate) fn place(unit: Unit, level: &str) -> String {
    if level != "pgm" {
        let country = geography::countries().iter().find(|c| level == "cm" && c.id == unit.0);
        return country.map(|c| c.name.to_owned()).unwrap_or_default();
    }
    let country = geography::country(unit).map_or("no country", |c| c.name);
    let centre = Cell::try_from(unit).map(Cell::centre);
    centre.map_or_else(|_| country.to_owned(), |(lat, lon)| format!("{country}, {}", degrees(lat, lon)))
}

fn degrees(latitude: f64, longitude: f64) -> String {
    let (north, east) = (if latitude < 0.0 { "S" } else { "N" }, if longitude < 0.0 { "W" } else { "E" });
    format!("{:.2}° {north} {:.2}° {east}", latitude.abs(), longitude.abs())
}

fn picture(results: &Results<'_>, picture: &crate::stages::maps::Picture) -> Result<Picture> {
    let bytes = std::fs::read(&picture.file).map_err(Error::io(&picture.file))?;
    let origin = results.ctx.cadence().label(results.ctx.origin());
    let caption = format!("{}; origin {origin}, data: {}", picture.caption, results.ctx.run.config.vintage);
    Ok(Picture { uri: data_uri("image/png", &bytes), alt: picture.caption.clone(), caption })
}

fn evaluation(results: &Results<'_>) -> Evaluation {
    let (axis, evaluated) = (results.ctx.axis(), results.evaluated);
    let label = |p: Period| axis.cadence.label(p);
    let mut metrics: Vec<_> = results.metrics.iter().collect();
    metrics.sort_by_key(|m| m.name.as_str() != HEADLINE);
    let names: Vec<&str> = results.models.iter().map(|m| m.name.as_str()).collect();
    let names = || names.iter().copied().chain(results.ensembles.iter().map(|e| e.name.as_str()));
    let mut scores = Vec::new();
    for metric in &metrics {
        scores.extend(names().map(|name| score(results, name, &metric.name)));
    }
    let by_step = |name: &str| {
        let headline = metrics.first().map_or(HEADLINE, |m| &m.name);
        let value = |s: u16| {
            evaluated.scores.find(name, headline, Group::Step, Some(i32::from(s))).and_then(|s| s.value)
        };
        StepScores {
            model: name.to_owned(),
            values: (1..=results.ctx.run.config.forecast.steps.0).map(value).collect(),
        }
    };
    let last = evaluated.partition.origins.last() + results.ctx.run.config.forecast.steps;
    Evaluation {
        partition: evaluated.partition.name.as_str().to_owned(),
        origins: evaluated.partition.origins.iter().map(label).collect(),
        truth: (label(evaluated.partition.ranges.test.0), label(last)),
        metrics: metrics.iter().map(|m| self::metric(&m.name, m.metric.better())).collect(),
        level: results.ctx.run.config.evaluation.interval.level,
        scores,
        by_step: names().map(by_step).collect(),
        coverage: coverage(results),
    }
}

/// A metric with its meaning.
pub(crate) fn metric(name: &str, better: Better) -> Metric {
    let component = name.split(':').next().unwrap_or(name);
    let doc = find("metric", METRICS, component).map(forewarn_core::Entry::doc).unwrap_or_default();
    let meaning = doc.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    Metric { name: name.to_owned(), meaning, better }
}

fn score(results: &Results<'_>, name: &str, metric: &str) -> Score {
    let (model, metric) = (name.to_owned(), metric.to_owned());
    let Some(found) = results.evaluated.scores.find(&model, &metric, Group::All, None) else {
        return Score { model, metric, ..Score::default() };
    };
    Score {
        model,
        metric,
        value: found.value,
        interval: found.interval,
        skill: found.skill,
        skill_interval: found.skill_interval,
        against: found.baseline.clone().filter(|b| b != name),
        reason: found.reason.clone(),
        n: found.n,
    }
}

fn coverage(results: &Results<'_>) -> Option<Coverage> {
    let shown = issued(results.ensembles, results.made)?;
    let metric = results.metrics.iter().find(|m| m.name == "coverage")?;
    let score = results.evaluated.scores.find(&shown.name, &metric.name, Group::All, None)?;
    let Better::Near(level) = metric.metric.better() else { return None };
    Some(Coverage { level, share: score.value?, n: score.n })
}

fn source(results: &Results<'_>) -> Source {
    Source {
        name: "observations".to_owned(),
        location: results.snapshot.name.clone(),
        vintage: results.ctx.run.config.vintage.clone(),
        digest: results.snapshot.digest.clone(),
        rows: results.ctx.summary().rows,
    }
}

fn validation(results: &Results<'_>) -> Validation {
    let summary = results.ctx.summary();
    let finding = |f: &forewarn_data::validation::Finding| Finding {
        severity: match f.severity {
            Found::Pass => Severity::Note,
            Found::Warn => Severity::Warning,
            Found::Fail => Severity::Failure,
        },
        check: f.rule.clone(),
        message: f.message.clone(),
        count: f.count,
    };
    let quarantine = (summary.rejected > 0).then(|| QUARANTINE.to_owned());
    let findings = summary.findings.iter().map(finding).collect();
    Validation { rows: summary.rows, rejected: summary.rejected, quarantine, findings }
}

fn models(results: &Results<'_>) -> Vec<Model> {
    let failure = |name: &str| results.missing.iter().find(|m| m.contains(&format!("`{name}`"))).cloned();
    let text = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let models = results.models.iter().map(|m| Model {
        name: m.name.clone(),
        algorithm: m.algorithm.clone(),
        status: text(json!(m.status)),
        role: "member".to_owned(),
        baseline: m.status == Status::Baseline,
        failure: failure(&m.name),
    });
    let ensembles = results.ensembles.iter().map(|e| Model {
        name: e.name.clone(),
        algorithm: format!("{} of {}", e.algorithm, e.members.join(", ")),
        status: if e.role == Role::Production { "deployed".to_owned() } else { "shadow".to_owned() },
        role: text(json!(e.role)),
        baseline: false,
        failure: failure(&e.name),
    });
    models.chain(ensembles).collect()
}

fn filed(results: &Results<'_>, archive: &Archive, manifest: &Manifest) -> Filed {
    let place = archive.filed(manifest.clone()).place();
    Filed {
        model: manifest.name.clone(),
        path: place.strip_prefix(results.root).unwrap_or(&place).display().to_string(),
        rows: manifest.units * u64::from(manifest.steps.0),
        digest: manifest.file.to_string(),
    }
}

fn reproduce(results: &Results<'_>) -> Reproduce {
    let run = results.ctx.run;
    let file = run.file.file_name().unwrap_or(run.file.as_os_str()).to_string_lossy().into_owned();
    Reproduce {
        command: format!("forewarn run -c {file}"),
        config_digest: forewarn_store::Digest::of_bytes(run.to_toml().as_bytes()).to_string(),
        revision: results.code.revision.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: run.config.seed,
    }
}
