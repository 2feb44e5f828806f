//! `forewarn map`: draws layers of a filed forecast.

use std::fmt::Write as _;

use forewarn_pipeline::maps::{self, Drawn, Format, Projection, Request};

use super::{json_text, run_and_code};
use crate::Failure;
use crate::arguments::{MapArguments, MapFormat, MapProjection};
use crate::progress::Display;

/// Draws, prints the files and what was left out.
pub(crate) fn map(arguments: &MapArguments, environment: &[(String, String)]) -> Result<String, Failure> {
    let Some(out) = &arguments.out else { return Err(Failure::new(2, "--out names no folder")) };
    let (run, code) = run_and_code(&arguments.run, environment)?;
    let layers = layers(&arguments.layer);
    let formats: Vec<Format> = arguments.format.iter().map(|format| kind(*format)).collect();
    let request = Request {
        model: arguments.model.as_deref(),
        origin: arguments.origin.as_deref(),
        layers: &layers,
        steps: &arguments.step,
        formats: &formats,
        multiples: arguments.multiples,
        animate: arguments.animate,
        width: arguments.width,
        projection: arguments.projection.map(flat),
        against: arguments.against.as_deref(),
        out,
    };
    let drawn = maps::draw(&run, &code, &Display::new(), &request)?;
    if arguments.run.json { json_text(&drawn) } else { Ok(words(&drawn)) }
}

fn kind(format: MapFormat) -> Format {
    match format {
        MapFormat::Png => Format::Png,
        MapFormat::Svg => Format::Svg,
        MapFormat::Geojson => Format::GeoJson,
    }
}

fn flat(projection: MapProjection) -> Projection {
    match projection {
        MapProjection::PlateCarree => Projection::PlateCarree,
        MapProjection::EqualArea => Projection::EqualArea,
    }
}

/// Layers from a list that was parted at every comma: a setting belongs to the layer before it.
fn layers(parts: &[String]) -> Vec<String> {
    let mut layers: Vec<String> = Vec::new();
    for part in parts {
        let setting = part.split_once('=').is_some_and(|(key, _)| !key.contains(':'));
        match layers.last_mut().filter(|layer| setting && layer.contains(':')) {
            Some(layer) => {
                layer.push(',');
                layer.push_str(part);
            }
            None => layers.push(part.clone()),
        }
    }
    layers
}

/// The files, one a line, and then what was left out.
fn words(drawn: &Drawn) -> String {
    let mut out = String::new();
    for file in &drawn.files {
        let _ = writeln!(out, "{}", file.display());
    }
    for reason in &drawn.left_out {
        let _ = writeln!(out, "left out: {reason}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stay_with_their_layer() {
        let of = |text: &str| layers(&text.split(',').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(of("error,skill"), ["error", "skill"]);
        let settings = of("quantile:level=0.5,top=10,error,probability:threshold=25");
        assert_eq!(settings, ["quantile:level=0.5,top=10", "error", "probability:threshold=25"]);
        // What belongs to nothing stands alone, so that it is refused by name.
        assert_eq!(of("top=10,error,top=5"), ["top=10", "error", "top=5"]);
    }

    #[test]
    fn files_come_first() {
        let drawn = Drawn {
            model: "a".into(),
            origin: "2020-12".into(),
            files: vec!["maps/a.png".into()],
            left_out: vec!["error, step 1: unknown".into()],
        };
        assert_eq!(words(&drawn), "maps/a.png\nleft out: error, step 1: unknown\n");
    }
}
