//! GeoJSON: the values with their places, for other programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use forewarn_core::{Cell, Error, Legend, Result, Scene, Shade};
use serde_json::json;

use super::check;
use super::outline::{Corner, polygons};
use super::svg::hex;
use crate::colour::{self, NO_DATA, ZERO};

/// A scene as GeoJSON (RFC 7946): one feature a unit, in their order.
///
/// Geometry: a `Polygon`, or a `MultiPolygon` where the unit has several pieces, outer rings counter-clockwise, in WGS 84
/// degrees; null for a unit that has no place. Properties: `unit`, `value` (null for «no data», and for a value without
/// bounds, whose colour is an end of the scale), and `fill`, the colour that the pictures have there. The collection has
/// `title`, `subtitle` and `legend` as foreign members.
///
/// # Errors
/// [`Error::Data`] as [`png`](super::png()).
pub fn geojson(scene: &Scene) -> Result<String> {
    check::scene(scene)?;
    let mut cells: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    for &(cell, row) in &scene.ground.cells {
        cells.entry(row).or_default().push(cell);
    }
    let ramp = colour::ramp(scene.legend.shade);
    let mut text = String::from("{\"type\":\"FeatureCollection\"");
    let members = [
        ("title", json!(scene.title)),
        ("subtitle", json!(scene.subtitle)),
        ("legend", legend(&scene.legend)?),
    ];
    for (name, member) in members {
        let _ = write!(text, ",\"{name}\":{member}");
    }
    text.push_str(",\"features\":[");
    for ((row, unit), value) in (0..).zip(scene.units.iter()).zip(&scene.values) {
        let fill = match *value {
            v if v.is_nan() => NO_DATA[0],
            0.0 => ZERO,
            v => ramp[colour::shade(&scene.legend, v)],
        };
        text.push_str(if row == 0 { "\n" } else { ",\n" });
        let _ =
            write!(text, "{{\"type\":\"Feature\",\"id\":{unit},\"properties\":{{\"unit\":{unit},\"value\":");
        let _ = if value.is_finite() { write!(text, "{value}") } else { write!(text, "null") };
        let _ = write!(text, ",\"fill\":\"{}\"}},\"geometry\":", hex(fill));
        geometry(&mut text, cells.get(&row).map_or(&[][..], Vec::as_slice));
        text.push('}');
    }
    text.push_str("\n]}\n");
    Ok(text)
}

fn legend(legend: &Legend) -> Result<serde_json::Value> {
    let shade = match legend.shade {
        Shade::Log1p => "log1p",
        Shade::Linear => "linear",
        Shade::SignedLog1p => "signed-log1p",
        Shade::SignedLinear => "signed-linear",
    };
    // As text first: as a float of 64 bits 0.1 would be 0.10000000149011612.
    let short = |value: &f32| serde_json::from_str::<serde_json::Value>(&value.to_string());
    let ticks = legend.ticks.iter().map(short).collect::<std::result::Result<Vec<_>, _>>();
    let both = ticks.and_then(|ticks| Ok((ticks, short(&legend.top)?)));
    let (ticks, top) = both.map_err(|e| Error::data(format!("the legend is no JSON: {e}")))?;
    Ok(json!({ "label": legend.label, "shade": shade, "top": top, "ticks": ticks, "zero": legend.zero }))
}

/// The outline of a unit's cells.
fn geometry(text: &mut String, cells: &[Cell]) {
    let polygons = polygons(cells);
    let many = polygons.len() > 1;
    let kind = if many { "MultiPolygon" } else { "Polygon" };
    if polygons.is_empty() {
        text.push_str("null");
        return;
    }
    let _ = write!(text, "{{\"type\":\"{kind}\",\"coordinates\":{}", if many { "[" } else { "" });
    for (p, polygon) in polygons.iter().enumerate() {
        text.push_str(if p == 0 { "[" } else { ",[" });
        for (r, ring) in polygon.iter().enumerate() {
            text.push_str(if r == 0 { "[" } else { ",[" });
            // The first corner closes the ring.
            for (c, corner) in ring.iter().chain(&ring[..1]).enumerate() {
                let _ = write!(text, "{}{}", if c == 0 { "" } else { "," }, position(*corner));
            }
            text.push(']');
        }
        text.push(']');
    }
    text.push_str(if many { "]}" } else { "}" });
}

/// Longitude and latitude of a corner.
fn position((x, y): Corner) -> String {
    format!("[{},{}]", f64::from(x) / 2.0 - 180.0, f64::from(y) / 2.0 - 90.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use forewarn_core::{Ground, Unit};
    use serde_json::Value;

    use super::*;

    /// Three countries: one of two cells apart, one without data, one without a place.
    fn scene() -> Scene {
        let land = [(1, 7), (3, 7), (2, 9)].map(|(gid, group)| (Cell::new(gid).unwrap(), group));
        let units = [7, 9, 11].map(Unit).into();
        Scene {
            title: "A \"title\"".into(),
            subtitle: "Origin".into(),
            values: vec![0.1, f32::NAN, 0.0],
            ground: Ground::of_groups(&units, &land, vec![]),
            units,
            legend: Legend {
                shade: Shade::Linear,
                top: 1.0,
                ticks: vec![0.0, 0.2, 1.0],
                zero: "0".into(),
                label: "Probability".into(),
            },
        }
    }

    #[test]
    fn a_feature_a_unit_with_its_value_and_place() {
        let all: Value = serde_json::from_str(&geojson(&scene()).unwrap()).unwrap();
        assert_eq!((&all["type"], &all["title"]), (&json!("FeatureCollection"), &json!("A \"title\"")));
        assert_eq!(all["legend"]["ticks"], json!([0, 0.2, 1]));
        let features = all["features"].as_array().unwrap();
        let of = |i: usize| (&features[i]["id"], &features[i]["properties"]["value"]);
        assert_eq!(
            [of(0), of(1), of(2)],
            [(&json!(7), &json!(0.1)), (&json!(9), &Value::Null), (&json!(11), &json!(0))]
        );
        assert_eq!(features[2]["geometry"], Value::Null);
        assert_eq!(features[1]["properties"]["fill"], json!(hex(NO_DATA[0])));
        let square = json!([[[-179.5, -90], [-179, -90], [-179, -89.5], [-179.5, -89.5], [-179.5, -90]]]);
        assert_eq!(features[1]["geometry"], json!({ "type": "Polygon", "coordinates": square }));
        assert_eq!(features[0]["geometry"]["type"], "MultiPolygon");
        assert_eq!(features[0]["geometry"]["coordinates"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_value_without_bounds_has_a_colour_and_no_number() {
        let mut scene = scene();
        scene.legend = Legend { shade: Shade::SignedLinear, ticks: vec![-1.0, 0.0, 1.0], ..scene.legend };
        scene.values[0] = f32::NEG_INFINITY;
        let all: Value = serde_json::from_str(&geojson(&scene).unwrap()).unwrap();
        let lowest = hex(colour::ramp(Shade::SignedLinear)[0]);
        assert_eq!(all["features"][0]["properties"], json!({ "unit": 7, "value": null, "fill": lowest }));
        scene.legend.shade = Shade::Linear;
        assert!(geojson(&scene).is_err());
        Arc::make_mut(&mut scene.ground).cells.clear();
    }
}
