//! The atlas: maps of several quantities over all steps that a reader can walk through, as a piece of a page.
//!
//! One piece of HTML with its script and its values inside; it asks nobody for anything. The map is drawn in the
//! reader's browser from the same scenes as the pictures. Every unit tells its values under the pointer or by the
//! arrow keys, at every step; a chosen unit shows its past and its forecast with interval.

mod markup;
mod pack;

use forewarn_core::{Error, Result, Scene, Units};
use serde_json::{Value, json};

use crate::colour;
use crate::data_uri::base64;
pub use markup::{Fragment, SCRIPT, STYLE};

/// What the atlas shows.
#[derive(Debug, Clone)]
pub struct Atlas<'a> {
    /// What it is, for those who hear the page.
    pub title: &'a str,
    /// Target period of each step, such as `2021-01`.
    pub periods: &'a [String],
    /// The quantities, the first shown first.
    pub layers: &'a [Layer],
    /// Name of each unit's place, such as its country; one a unit, empty where there is none.
    pub places: &'a [String],
    /// What was observed before.
    pub history: Option<History<'a>>,
    /// Which layers make the forecast with interval of one unit.
    pub fan: Option<Fan>,
}

/// One quantity, a scene a step.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its name in the list, such as «Expected deaths».
    pub name: String,
    /// One scene a step, on one scale ([`crate::render`] draws the same).
    pub scenes: Vec<Scene>,
}

/// Observations of the units, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Label of each period.
    pub periods: &'a [String],
    /// Periods x units, in the order of the scenes' units; NaN is «not observed».
    pub values: &'a [Vec<f32>],
}

/// Positions of layers that are quantiles of one forecast.
#[derive(Debug, Clone, Copy)]
pub struct Fan {
    /// Lower end of the interval.
    pub low: usize,
    /// The median.
    pub middle: usize,
    /// Upper end of the interval.
    pub high: usize,
    /// Share of outcomes the interval should hold, 0 to 1.
    pub level: f64,
}

impl Atlas<'_> {
    /// The atlas as HTML. It needs [`STYLE`] and [`SCRIPT`] once in the page. Values are kept to a thousandth;
    /// one that is not zero is never shown as zero.
    ///
    /// # Errors
    /// [`Error::Data`] when layers differ in units, ground or number of steps, or a value cannot be shown.
    pub fn fragment(&self) -> Result<Fragment> {
        let first = self.check()?;
        let layers: Vec<Value> = self.layers.iter().map(layer).collect::<Result<_>>()?;
        let history = self.history.map(|history| -> Result<Value> {
            let values: Vec<&[f32]> = history.values.iter().map(Vec::as_slice).collect();
            Ok(json!({ "periods": history.periods, "data": packed(&pack::values(&values, false)?)? }))
        });
        let (names, index) = pack::dictionary(self.places);
        let record = json!({
            "title": self.title,
            "periods": self.periods,
            "layers": layers,
            "units": packed(&pack::units(&first.units))?,
            "ground": packed(&pack::ground(&first.ground.cells))?,
            "borders": pack::borders(&first.ground),
            "places": names,
            "place": packed(&index)?,
            "history": history.transpose()?,
            "fan": self.fan.map(|fan| json!({
                "low": fan.low, "middle": fan.middle, "high": fan.high, "level": fan.level,
            })),
        });
        Ok(markup::fragment(self, &record))
    }

    /// The first scene, when all belong together.
    fn check(&self) -> Result<&Scene> {
        let none = || Error::data("the atlas has no scene; it needs at least one layer with one step");
        let first = self.layers.first().and_then(|layer| layer.scenes.first()).ok_or_else(none)?;
        for layer in self.layers {
            let steps = layer.scenes.len();
            if steps != self.periods.len() {
                let periods = self.periods.len();
                return Err(Error::data(format!(
                    "layer «{}» has {steps} scenes for {periods} periods",
                    layer.name
                )));
            }
            for scene in &layer.scenes {
                belongs(layer, scene, first)?;
            }
        }
        same_units("place names", self.places.len(), &first.units)?;
        for row in self.history.iter().flat_map(|history| history.values) {
            same_units("values of a past period", row.len(), &first.units)?;
        }
        let fan = self.fan.map(|fan| fan.low.max(fan.middle).max(fan.high));
        match fan.filter(|&last| last >= self.layers.len()) {
            Some(last) => Err(Error::data(format!("the fan names layer {last} of {}", self.layers.len()))),
            None => Ok(first),
        }
    }
}

fn same_units(what: &str, n: usize, units: &Units) -> Result<()> {
    if n == units.len() {
        return Ok(());
    }
    Err(Error::data(format!("{n} {what} for {} units", units.len())))
}

fn belongs(layer: &Layer, scene: &Scene, first: &Scene) -> Result<()> {
    let name = &layer.name;
    same_units("values of a scene", scene.values.len(), &scene.units)?;
    if scene.units != first.units || scene.ground.cells != first.ground.cells {
        return Err(Error::data(format!("layer «{name}» shows other units than the first one")));
    }
    if layer.scenes.iter().any(|other| other.legend != scene.legend) {
        return Err(Error::data(format!("the steps of layer «{name}» are not on one scale")));
    }
    Ok(())
}

/// A layer with its scale.
fn layer(layer: &Layer) -> Result<Value> {
    let legend = &layer.scenes[0].legend;
    let values: Vec<&[f32]> = layer.scenes.iter().map(|scene| scene.values.as_slice()).collect();
    let signed = legend.shade.is_signed();
    let titles: Vec<&str> = layer.scenes.iter().map(|scene| scene.title.as_str()).collect();
    let subtitles: Vec<&str> = layer.scenes.iter().map(|scene| scene.subtitle.as_str()).collect();
    let ticks: Vec<Value> =
        legend.ticks.iter().map(|&tick| json!([tick, colour::place(legend, tick)])).collect();
    Ok(json!({
        "name": layer.name,
        "titles": titles,
        "subtitles": subtitles,
        "label": legend.label,
        "zero": legend.zero,
        "signed": signed,
        "log": matches!(legend.shade, forewarn_core::Shade::Log1p | forewarn_core::Shade::SignedLog1p),
        "top": legend.top,
        "ticks": ticks,
        "colours": base64(colour::ramp(legend.shade).as_flattened()),
        "data": packed(&pack::values(&values, signed)?)?,
    }))
}

fn packed(bytes: &[u8]) -> Result<String> {
    Ok(base64(&pack::deflated(bytes)?))
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Ground, Legend, Shade, Unit};

    use super::*;

    fn scene(values: &[f32]) -> Scene {
        let units: Units = [Unit(148_000), Unit(148_001), Unit(149_000)].into();
        Scene {
            title: "Expected deaths".into(),
            subtitle: "origin 2020-12".into(),
            values: values.to_vec(),
            legend: Legend {
                shade: Shade::Log1p,
                top: 5.0,
                ticks: vec![0.0, 1.0, 5.0],
                zero: "0".into(),
                label: "Expected deaths".into(),
            },
            ground: Ground::of_cells(&units, vec![]).unwrap(),
            units,
        }
    }

    fn layer(steps: usize) -> Layer {
        Layer { name: "Expected deaths".into(), scenes: vec![scene(&[0.0, 2.5, f32::NAN]); steps] }
    }

    fn atlas<'a>(periods: &'a [String], layers: &'a [Layer], places: &'a [String]) -> Atlas<'a> {
        Atlas { title: "deaths", periods, layers, places, history: None, fan: None }
    }

    fn words(n: usize, word: &str) -> Vec<String> {
        vec![word.to_owned(); n]
    }

    /// The record as the script reads it.
    fn record(atlas: &Atlas<'_>) -> Value {
        let html = atlas.fragment().unwrap().to_string();
        let json = html.split_once("class=\"atlas-record\">").unwrap().1.split_once("</script>").unwrap().0;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_record_holds_what_the_scenes_say() {
        let record = record(&atlas(&words(2, "2021-01"), &[layer(2)], &words(3, "Mali")));
        assert_eq!(record["places"], json!(["Mali"]));
        let layer = &record["layers"][0];
        assert_eq!((&layer["name"], &layer["top"]), (&json!("Expected deaths"), &json!(5.0)));
        assert_eq!(layer["titles"].as_array().unwrap().len(), 2);
        assert_eq!(layer["ticks"][2], json!([5.0, 1.0]));
        let codes = pack::values(&[&[0.0, 2.5, f32::NAN], &[0.0, 2.5, f32::NAN]], false).unwrap();
        assert_eq!(layer["data"], json!(packed(&codes).unwrap()));
    }

    #[test]
    fn no_text_ends_the_record_or_becomes_markup() {
        let hostile = "</script><script>alert(1)</script>&\" onload='x'";
        let (periods, places) = (words(1, hostile), words(3, hostile));
        let layers = [Layer { name: hostile.into(), ..layer(1) }];
        let atlas = Atlas { title: hostile, ..atlas(&periods, &layers, &places) };
        let html = atlas.fragment().unwrap().to_string();
        assert_eq!((html.matches("<script").count(), html.matches("</script").count()), (1, 1));
        let before = html.split_once("<script").unwrap().0;
        assert!(!before.contains("onload='") && !before.contains("\" onload"), "{before}");
        assert_eq!(record(&atlas)["places"], json!([hostile]));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let refused = |atlas: &Atlas<'_>| atlas.fragment().unwrap_err().to_string();
        let (one, places) = (words(1, "2021-01"), words(3, ""));
        assert!(refused(&atlas(&one, &[], &places)).contains("no scene"));
        assert!(refused(&atlas(&one, &[layer(2)], &places)).contains("2 scenes for 1 periods"));
        assert!(refused(&atlas(&one, &[layer(1)], &words(2, ""))).contains("2 place names for 3 units"));
        let mut other = [layer(1), layer(1)];
        other[1].scenes[0].units = [Unit(1), Unit(2), Unit(3)].into();
        assert!(refused(&atlas(&one, &other, &places)).contains("other units"));
        let mut scales = [layer(2)];
        scales[0].scenes[1].legend.top = 6.0;
        assert!(refused(&atlas(&words(2, ""), &scales, &places)).contains("not on one scale"));
        let layers = [layer(1)];
        let fan = Some(Fan { low: 0, middle: 1, high: 0, level: 0.9 });
        assert!(refused(&Atlas { fan, ..atlas(&one, &layers, &places) }).contains("layer 1 of 1"));
        let values = [vec![1.0]];
        let history = Some(History { periods: &one, values: &values });
        let error = refused(&Atlas { history, ..atlas(&one, &layers, &places) });
        assert!(error.contains("1 values of a past period for 3 units"), "{error}");
    }
}
