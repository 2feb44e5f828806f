//! The map that a reader can walk through: layers of the forecast over all steps.

use forewarn_catalog::atlas::{self, Atlas, Fan, Fragment, History};
use forewarn_catalog::render::common_scale;
use forewarn_core::{Beside, Field, Period, Step, Unit};
use forewarn_data::geography;

use super::{Shown, place};
use crate::Result;
use crate::stages::maps::{About, Layer, ground};

/// Periods of the past that a chosen unit shows.
const PAST: i32 = 36;
/// Share of outcomes in the interval of the fan, and the layers that are its ends and its middle.
const LEVEL: f64 = 0.9;
const LOW: &str = "quantile:level=0.05";
const MIDDLE: &str = "quantile:level=0.5";
const HIGH: &str = "quantile:level=0.95";

/// The atlas of the shown forecast; `None` where units have no place on a map.
///
/// # Errors
/// A forecast, map or panel that cannot be read or drawn.
pub(super) fn atlas(shown: &Shown<'_>, first: &Field) -> Result<Option<Fragment>> {
    let (ctx, config) = (shown.results.ctx, &shown.results.ctx.run.config);
    if !matches!(config.target.level.as_str(), "pgm" | "cm") {
        return Ok(None);
    }
    let kinds = kinds(first.is_point(), &config.target.counted, &shown.label(ctx.origin()));
    let layers = layers(shown, first, &kinds)?;
    let steps = 1..=config.forecast.steps.0;
    let periods: Vec<String> = steps.map(|step| shown.label(ctx.origin() + Step(step))).collect();
    let places: Vec<String> = first.units().iter().map(|&unit| country(unit, shown)).collect();
    let (labels, values) = past(shown)?;
    let position = |map: &str| kinds.iter().position(|(_, kind)| *kind == map);
    let fan = position(LOW).zip(position(MIDDLE)).zip(position(HIGH));
    let atlas = Atlas {
        title: &config.target.description,
        periods: &periods,
        layers: &layers,
        places: &places,
        history: Some(History { periods: &labels, values: &values }),
        fan: fan.map(|((low, middle), high)| Fan { low, middle, high, level: LEVEL }),
    };
    Ok(Some(atlas.fragment()?))
}

/// Layers as readers call them and as the catalog does, of a forecast from an origin.
fn kinds(is_point: bool, counted: &str, origin: &str) -> Vec<(String, &'static str)> {
    let mut kinds = vec![(format!("Expected {counted}"), "expected-value")];
    if !is_point {
        kinds.push(("Probability of 1 or more".to_owned(), "probability"));
        kinds.push(("Probability of 25 or more".to_owned(), "probability:threshold=25"));
    }
    kinds.push((format!("Change since {origin}"), "change:against=observed"));
    if !is_point {
        let quantiles = [("5 % quantile", LOW), ("Median", MIDDLE), ("95 % quantile", HIGH)];
        kinds.extend(quantiles.map(|(name, map)| (name.to_owned(), map)));
    }
    kinds
}

/// The scenes of every layer, each layer on one scale.
fn layers(shown: &Shown<'_>, first: &Field, kinds: &[(String, &str)]) -> Result<Vec<atlas::Layer>> {
    let (ctx, config) = (shown.results.ctx, &shown.results.ctx.run.config);
    let about = About {
        model: &shown.made.name,
        target: &config.target.description,
        cadence: ctx.cadence(),
        vintage: &config.vintage,
        ground: &ground(&config.target.level, first.units())?,
    };
    let maps: Vec<Layer> = kinds.iter().map(|(_, map)| Layer::parse(map)).collect::<Result<_>>()?;
    let mut layers: Vec<atlas::Layer> =
        kinds.iter().map(|(name, _)| atlas::Layer { name: name.clone(), scenes: Vec::new() }).collect();
    let beside = Beside { observed: Some(shown.observed()?), ..Beside::default() };
    for step in 1..=config.forecast.steps.0 {
        // Sorted draws are the same forecast, and quantiles of them are quick.
        let field = shown.file.field(Step(step))?.sorted();
        for (map, layer) in maps.iter().zip(&mut layers) {
            layer.scenes.push(about.scene(map, &field, beside)?);
        }
    }
    for layer in &mut layers {
        common_scale(&mut layer.scenes);
    }
    Ok(layers)
}

/// The country of a unit, or whatever says where it is.
fn country(unit: Unit, shown: &Shown<'_>) -> String {
    let level = &shown.results.ctx.run.config.target.level;
    geography::country_at(level, unit).map_or_else(|| place(unit, ""), |country| country.name.to_owned())
}

/// Labels and values of the last observed periods, oldest first.
fn past(shown: &Shown<'_>) -> Result<(Vec<String>, Vec<Vec<f32>>)> {
    let ctx = shown.results.ctx;
    let first = (ctx.origin().0 - PAST + 1).max(ctx.axis().first.0);
    let of = |period| -> Result<_> {
        let values = ctx.panel()?.field(&ctx.run.config.target.column, period)?;
        Ok((shown.label(period), values.to_vec()))
    };
    Ok((first..=ctx.origin().0).map(Period).map(of).collect::<Result<Vec<_>>>()?.into_iter().unzip())
}
