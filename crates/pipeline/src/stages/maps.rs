//! Maps: every map of the catalog for the forecast that is issued.

use std::path::PathBuf;

use forewarn_catalog::{MAPS, render};
use forewarn_core::{Entry, Ground, Map, MapArgs, MapInput, Step};
use forewarn_data::geography;
use serde_json::json;

use crate::context::Context;
use crate::stages::forecast::Made;
use crate::{Error, Result};

/// A picture of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// File name.
    pub name: String,
    /// Where it lies.
    pub file: PathBuf,
    /// What it shows, in words.
    pub caption: String,
}

/// The maps of the catalog that can show the forecast of `made`. Only grid cells have a place on a map.
pub(crate) fn kinds(ctx: &Context<'_>, made: &Made) -> Result<Vec<&'static Entry<dyn Map>>> {
    let mut kinds = Vec::new();
    for entry in MAPS.iter().filter(|_| ctx.run.config.target.level == "pgm") {
        let needs = entry.default()?.needs();
        if needs.is_empty() || (needs == [MapInput::Draws] && made.size.draws.is_some()) {
            kinds.push(entry);
        }
    }
    Ok(kinds)
}

/// Draws one step of the forecast of `made`.
///
/// # Errors
/// Units that are not on the map; a file that cannot be written.
pub(crate) fn map(ctx: &Context<'_>, made: &Made, step: Step, entry: &Entry<dyn Map>) -> Result<Picture> {
    let config = &ctx.run.config;
    let name = format!("{}_step{:02}_{}.png", made.name, step.0, entry.name);
    let inputs = json!({
        "forecast": made.digest,
        "map": entry.name,
        "step": step,
        "width": config.maps.width,
        "description": config.target.description,
    });
    let output = ctx.engine.step("map", &format!("{} step {step}", entry.name), &inputs, |workspace| {
        let path = workspace.path(&name);
        std::fs::write(&path, draw(ctx, made, step, entry)?).map_err(Error::io(path))?;
        Ok(json!({}))
    })?;
    let period = ctx.cadence().label(ctx.origin() + step);
    let caption = format!("{} ({}), {period}: {}", made.name, entry.name, config.target.description);
    Ok(Picture { file: output.dir.join(&name), name, caption })
}

fn draw(ctx: &Context<'_>, made: &Made, step: Step, entry: &Entry<dyn Map>) -> Result<Vec<u8>> {
    let config = &ctx.run.config;
    let field = made.field(step)?;
    let titles = (made.name.as_str(), config.target.description.as_str());
    let ground = Ground::of_cells(field.units(), geography::borders().clone())?;
    let args = MapArgs::new(&field, titles, ctx.cadence(), &ground).vintage(&config.vintage);
    let scene = entry.default()?.scene(&args)?;
    Ok(render::png(&scene, config.maps.width)?)
}
