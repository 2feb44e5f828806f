//! Maps on request: any layer of any filed forecast, with what is known beside it.

mod known;
mod unit_scores;

use std::path::{Path, PathBuf};

use forewarn_catalog::{MAPS, render};
use forewarn_core::{MapInput, Period, Scene, Step};
use forewarn_store::file as files;
use rayon::prelude::*;
use serde::Serialize;

use crate::components::Role;
use crate::progress::Observer;
use crate::session::{Access, Session, session};
use crate::stages::maps::{Layer, ground};
use crate::{Code, Error, Resolved, Result};

pub use forewarn_catalog::render::{Layout, Projection};
use known::Known;

/// Every layer, or every step.
pub const ALL: &str = "all";

/// What is to be drawn.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Model or ensemble; the one that is issued when absent.
    pub model: Option<&'a str>,
    /// Label of the origin; the last observed period when absent.
    pub origin: Option<&'a str>,
    /// Layers as `name[:key=value[,key=value]]`, or [`ALL`].
    pub layers: &'a [String],
    /// Steps, or [`ALL`]; those of the configuration when empty.
    pub steps: &'a [String],
    /// Pictures of every step, in these formats.
    pub formats: &'a [Format],
    /// All steps side by side, too.
    pub multiples: bool,
    /// All steps one after the other, too.
    pub animate: bool,
    /// Size and projection; width and projection of the configuration when absent.
    pub width: Option<u32>,
    /// How the globe becomes flat.
    pub projection: Option<Projection>,
    /// Baseline of the skill; the best one of the run when absent.
    pub against: Option<&'a str>,
    /// Folder of the files.
    pub out: &'a Path,
}

/// Kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Pixels.
    Png,
    /// Paths and text.
    Svg,
    /// Values with their places.
    GeoJson,
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// Model or ensemble.
    pub model: String,
    /// Label of the origin.
    pub origin: String,
    /// The files, by layer and step.
    pub files: Vec<PathBuf>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// Scenes of one layer, a step each.
struct Series {
    slug: String,
    /// Whether it is about a step, or the same for all.
    stepwise: bool,
    scenes: Vec<(Step, Scene)>,
}

/// Draws what is asked for of a forecast that is filed.
///
/// # Errors
/// [`Error::Config`] for an unknown layer, step, origin or model, and when nothing is filed; [`Error::Core`] when a layer that
/// was named lacks what it needs.
pub fn draw(run: &Resolved, code: &Code, observer: &dyn Observer, request: &Request<'_>) -> Result<Drawn> {
    let (layers, some) = layers(request.layers)?;
    session(run, code, observer, Access::Alone, |session| {
        let model = request.model.map_or_else(|| issued(session), str::to_owned);
        let origin = origin(session, request.origin)?;
        let known = Known::open(session, (&model, origin), request.against)?;
        let steps = steps(run, &known, request.steps)?;
        let lenient = some || request.steps.iter().any(|step| step == ALL);
        let mut left_out = known.notes();
        let drawn = series(&known, (&layers, &steps), (lenient, some), &mut left_out)?;
        let name = format!("{model}_{}", session.ctx.cadence().label(origin).replace(':', ""));
        let layout = Layout {
            width: request.width.unwrap_or(run.config.maps.width),
            projection: request.projection.unwrap_or(run.config.maps.projection),
        };
        let files: Vec<PathBuf> = drawn
            .par_iter()
            .map(|series| write(series, (&name, request), layout))
            .collect::<Result<Vec<_>>>()?
            .concat();
        Ok(Drawn { model, origin: session.ctx.cadence().label(origin), files, left_out })
    })
}

/// The layers that are meant, and whether they are all there are.
fn layers(asked: &[String]) -> Result<(Vec<Layer>, bool)> {
    let some = asked.iter().any(|layer| layer == ALL);
    let named = asked.iter().filter(|layer| *layer != ALL).map(|text| Layer::parse(text));
    let mut layers = named.collect::<Result<Vec<_>>>()?;
    if some {
        for entry in MAPS {
            if layers.iter().all(|layer| layer.label != entry.name) {
                layers.push(Layer::parse(entry.name)?);
            }
        }
    }
    Ok((layers, some))
}

/// Model or ensemble whose forecast is issued: the production ensemble, else the last one of the configuration.
fn issued(session: &Session<'_>) -> String {
    let production = session.ensembles.iter().find(|e| e.role == Role::Production);
    let last = production.or(session.ensembles.last()).map(|e| e.name.clone());
    last.or_else(|| session.models.last().map(|m| m.name.clone())).unwrap_or_default()
}

/// An origin by its label: of the archive, so that it may lie outside the observations.
fn origin(session: &Session<'_>, label: Option<&str>) -> Result<Period> {
    label.map_or_else(|| Ok(session.ctx.origin()), |label| Ok(session.ctx.cadence().parse(label)?))
}

fn steps(run: &Resolved, known: &Known<'_>, asked: &[String]) -> Result<Vec<Step>> {
    let last = known.last();
    if asked.iter().any(|step| step == ALL) {
        return Ok((1..=last.0).map(Step).collect());
    }
    if asked.is_empty() {
        return Ok(run.config.maps.steps.iter().copied().filter(|&step| step <= last).collect());
    }
    let step = |text: &String| match text.parse::<u16>() {
        Ok(step) if step > 0 && step <= last.0 => Ok(Step(step)),
        _ => Err(Error::config(
            "--step",
            format!("`{text}` is no step of the forecast; there are 1 to {last}, and `{ALL}`"),
        )),
    };
    let mut steps = asked.iter().map(step).collect::<Result<Vec<_>>>()?;
    steps.sort_unstable();
    steps.dedup();
    Ok(steps)
}

/// The scenes of every layer, on one scale each. A layer that lacks something is left out where that is allowed: for some
/// steps when all were asked for, altogether when all layers were.
fn series(
    known: &Known<'_>,
    (layers, steps): (&[Layer], &[Step]),
    (lenient, some): (bool, bool),
    left_out: &mut Vec<String>,
) -> Result<Vec<Series>> {
    let first = known.field(*steps.first().unwrap_or(&Step(1)))?;
    let ground = ground(&known.level(), first.units())?;
    let about = known.about(&ground);
    let needs = |layer: &Layer, of: &[MapInput]| layer.map.needs().iter().any(|need| of.contains(need));
    let stepwise = |layer: &Layer| !needs(layer, &[MapInput::Drift, MapInput::Reported]);
    let scores = layers.iter().any(|layer| needs(layer, &[MapInput::Scores]));
    let scores = if scores { known.scores(steps)? } else { None };
    let step = |step: &Step| -> Result<Vec<Option<Result<Scene>>>> {
        let field = known.field(*step)?;
        let at = known.at(*step, first.units())?;
        let beside = at.beside(known, scores.as_ref().and_then(|scores| scores.at(*step)));
        let of = |layer: &Layer| {
            let wanted = stepwise(layer) || Some(step) == steps.first();
            wanted.then(|| about.scene(layer, &field, beside))
        };
        Ok(layers.iter().map(of).collect())
    };
    let mut found: Vec<_> = steps.par_iter().map(step).collect::<Result<Vec<_>>>()?;
    let mut all = Vec::new();
    for (l, layer) in layers.iter().enumerate() {
        let own = found.iter_mut().map(|step| step[l].take());
        let scenes = told(layer, steps.iter().copied().zip(own), (lenient, some), left_out)?;
        if !scenes.is_empty() {
            all.push(Series { slug: layer.slug(), stepwise: stepwise(layer), scenes });
        }
    }
    Ok(all)
}

/// The scenes there are of a layer, on one scale; why others are not there is told, or is the error.
fn told(
    layer: &Layer,
    found: impl Iterator<Item = (Step, Option<Result<Scene>>)>,
    (lenient, some): (bool, bool),
    left_out: &mut Vec<String>,
) -> Result<Vec<(Step, Scene)>> {
    let (mut steps, mut scenes, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (step, result) in found.filter_map(|(step, result)| Some((step, result?))) {
        match result {
            Ok(scene) => {
                steps.push(step);
                scenes.push(scene);
            }
            Err(e @ Error::Core(_)) if lenient => refused.push((step, e)),
            Err(e) => return Err(e),
        }
    }
    let count = refused.len();
    if let Some((step, e)) = refused.into_iter().next() {
        if scenes.is_empty() && !some {
            return Err(e);
        }
        let more = if count > 1 { format!(" (and {} more steps)", count - 1) } else { String::new() };
        left_out.push(format!("{}, step {step}{more}: {e}", layer.label));
    }
    render::common_scale(&mut scenes);
    Ok(steps.into_iter().zip(scenes).collect())
}

/// Writes the files of one layer.
fn write(series: &Series, (name, request): (&str, &Request<'_>), layout: Layout) -> Result<Vec<PathBuf>> {
    let path = |what: &str, end: &str| request.out.join(format!("{name}_{what}{}.{end}", series.slug));
    let single = |(step, scene): &(Step, Scene)| -> Result<Vec<PathBuf>> {
        let what = if series.stepwise { format!("step{:02}_", step.0) } else { String::new() };
        let file = |format: &Format| {
            let (end, bytes) = match format {
                Format::Png => ("png", render::png(scene, &layout)?),
                Format::Svg => ("svg", render::svg(scene, &layout)?.into_bytes()),
                Format::GeoJson => ("geojson", render::geojson(scene)?.into_bytes()),
            };
            let path = path(&what, end);
            files::write_bytes(&path, &bytes)?;
            Ok(path)
        };
        request.formats.iter().map(file).collect()
    };
    let mut written = series.scenes.par_iter().map(single).collect::<Result<Vec<_>>>()?.concat();
    let scenes: Vec<Scene> = series.scenes.iter().map(|(_, scene)| scene.clone()).collect();
    let together = [
        (request.multiples, "multiples_", render::multiples as fn(&[Scene], &Layout) -> _),
        (request.animate, "animation_", render::animation),
    ];
    for (_, what, draw) in together.into_iter().filter(|(wanted, ..)| *wanted && scenes.len() > 1) {
        let path = path(what, "png");
        files::write_bytes(&path, &draw(&scenes, &layout)?)?;
        written.push(path);
    }
    Ok(written)
}

#[cfg(test)]
mod tests;
