//! Maps: the layers of the configuration for the forecast that is issued, one scale a layer.

use std::path::PathBuf;
use std::sync::Arc;

use forewarn_catalog::{MAPS, parse, render};
use forewarn_core::{Beside, Cadence, Cell, Field, Ground, Map, MapArgs, MapInput, Scene, Step, Unit, Units};
use forewarn_data::geography::{self, Region};
use rayon::prelude::*;
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

/// A map of the catalog with its settings.
#[derive(Debug)]
pub(crate) struct Layer {
    /// Its name and the settings that are not the default.
    pub(crate) label: String,
    /// Makes its scenes.
    pub(crate) map: Box<dyn Map>,
}

impl Layer {
    /// From `name[:key=value[,key=value]]`.
    ///
    /// # Errors
    /// [`Error::Core`] that lists the maps there are, or tells which setting does not fit.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let (label, map) = parse("map", MAPS, text)?;
        Ok(Self { label, map })
    }

    /// Its name in a file's: letters, digits and points of the label.
    pub(crate) fn slug(&self) -> String {
        let letter = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' };
        self.label.chars().map(letter).collect()
    }
}

/// What is the same for all maps of a forecast.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// Name of the model or ensemble.
    pub(crate) model: &'a str,
    /// What is forecast, in words.
    pub(crate) target: &'a str,
    /// How often.
    pub(crate) cadence: Cadence,
    /// Which edition of the data.
    pub(crate) vintage: &'a str,
    /// Where the units lie.
    pub(crate) ground: &'a Arc<Ground>,
}

impl About<'_> {
    /// What a layer shows of a field.
    ///
    /// # Errors
    /// [`Error::Core`] that says what the layer lacks.
    pub(crate) fn scene(&self, layer: &Layer, field: &Field, beside: Beside<'_>) -> Result<Scene> {
        let args = MapArgs::new(field, (self.model, self.target), self.cadence, self.ground);
        Ok(layer.map.scene(&args.vintage(self.vintage).beside(beside))?)
    }
}

/// Where the units of a level lie: cells (`pgm`) each on itself, countries (`cm`) on the land cells of which they hold
/// most.
///
/// # Errors
/// [`Error::Config`] for units that have no place.
pub(crate) fn ground(level: &str, units: &Units) -> Result<Arc<Ground>> {
    let borders = geography::borders().clone();
    match level {
        "pgm" => Ok(Ground::of_cells(units, borders)?),
        "cm" => Ok(Ground::of_groups(units, &land(), borders)),
        other => {
            let reason = format!("units at level `{other}` have no place on a map; there are: pgm, cm");
            Err(Error::config("target.level", reason))
        }
    }
}

/// Cells on land with the country of each.
fn land() -> Vec<(Cell, u32)> {
    let place = |unit: &Unit| Some((Cell::try_from(*unit).ok()?, geography::country(*unit)?.id));
    geography::region(Region::Land).iter().filter_map(place).collect()
}

/// The layers of the configuration that can show the forecast of `made`: those that need draws only where it has some, none
/// where units have no place.
///
/// # Errors
/// [`Error::Config`] for a layer that needs more than the forecast.
pub(crate) fn layers(ctx: &Context<'_>, made: &Made) -> Result<Vec<Layer>> {
    let config = &ctx.run.config;
    if !matches!(config.target.level.as_str(), "pgm" | "cm") {
        return Ok(Vec::new());
    }
    let mut layers = Vec::new();
    for text in &config.maps.layers {
        let layer = Layer::parse(text)?;
        let needs = layer.map.needs();
        if needs.iter().any(|need| *need != MapInput::Draws) {
            let reason = format!("`{text}` needs more than the forecast; draw it with `forewarn map`");
            return Err(Error::config("maps.layers", reason));
        }
        if needs.is_empty() || made.size.draws.is_some() {
            layers.push(layer);
        }
    }
    Ok(layers)
}

/// Draws the steps of the configuration that the forecast of `made` has.
///
/// # Errors
/// Units that are not on the map; a file that cannot be written.
pub(crate) fn map(ctx: &Context<'_>, made: &Made, layer: &Layer) -> Result<Vec<Picture>> {
    let config = &ctx.run.config;
    let steps: Vec<Step> =
        config.maps.steps.iter().copied().filter(|&step| step <= config.forecast.steps).collect();
    let inputs = json!({
        "forecast": made.digest,
        "map": layer.label,
        "steps": steps,
        "width": config.maps.width,
        "projection": config.maps.projection,
        "description": config.target.description,
        "vintage": config.vintage,
    });
    let name = |step: Step| format!("{}_step{:02}_{}.png", made.name, step.0, layer.slug());
    let output = ctx.engine.step("map", &layer.label, &inputs, |workspace| {
        for (step, bytes) in draw(ctx, made, (layer, &steps))? {
            let path = workspace.path(&name(step));
            std::fs::write(&path, bytes).map_err(Error::io(path))?;
        }
        Ok(json!({}))
    })?;
    let picture = |step: Step| {
        let period = ctx.cadence().label(ctx.origin() + step);
        let caption = format!("{} ({}), {period}: {}", made.name, layer.label, config.target.description);
        Picture { file: output.dir.join(name(step)), name: name(step), caption }
    };
    Ok(steps.into_iter().map(picture).collect())
}

/// The pictures of a layer, all on one scale.
fn draw(ctx: &Context<'_>, made: &Made, (layer, steps): (&Layer, &[Step])) -> Result<Vec<(Step, Vec<u8>)>> {
    let config = &ctx.run.config;
    let file = made.open()?;
    let Some(&first) = steps.first() else { return Ok(Vec::new()) };
    let ground = ground(&config.target.level, file.field(first)?.units())?;
    let about = About {
        model: &made.name,
        target: &config.target.description,
        cadence: ctx.cadence(),
        vintage: &config.vintage,
        ground: &ground,
    };
    let scene = |step: &Step| about.scene(layer, &file.field(*step)?, Beside::default());
    let mut scenes = steps.par_iter().map(scene).collect::<Result<Vec<_>>>()?;
    render::common_scale(&mut scenes);
    let layout = render::Layout { width: config.maps.width, projection: config.maps.projection };
    let png = |(step, scene): (&Step, &Scene)| Ok((*step, render::png(scene, &layout)?));
    steps.par_iter().zip(&scenes).map(png).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_named_with_their_settings() {
        let layer = Layer::parse("quantile:level=0.5").unwrap();
        assert_eq!(
            (layer.label.as_str(), layer.slug().as_str()),
            ("quantile:level=0.5", "quantile_level_0.5")
        );
        let unknown = Layer::parse("temperature").unwrap_err().to_string();
        assert!(unknown.contains("expected-value") && unknown.contains("data-coverage"), "{unknown}");
    }

    #[test]
    fn countries_lie_on_their_land_and_other_units_nowhere() {
        let sudan = geography::countries().iter().find(|c| c.name == "Sudan" && c.iso3 == "SDN").unwrap();
        let units: Units = geography::countries().iter().map(|c| Unit(c.id)).collect();
        let ground = ground("cm", &units).unwrap();
        let row = units.iter().position(|u| u.0 == sudan.id).unwrap() as u32;
        let khartoum = Cell::containing(15.5, 32.5).unwrap();
        let there = ground.cells.iter().find(|(cell, _)| *cell == khartoum).map(|(_, row)| *row);
        let named = there.map(|row| geography::countries()[row as usize].iso3);
        assert!(there == Some(row) || named == Some("SDN"), "{there:?} {row}");
        assert!(ground.cells.len() > 60_000, "{}", ground.cells.len());
        assert!(super::ground("station", &units).unwrap_err().to_string().contains("station"));
    }
}
