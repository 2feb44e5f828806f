//! SVG and GeoJSON, character by character.

use forewarn_maps::render::{Layout, Projection, geojson, svg};

use crate::scenes::{countries, scene};

/// Without the fonts, which are a hundred thousand characters.
fn readable(svg: &str) -> String {
    let mut parts = svg.split("data:font/ttf;base64,");
    let first = parts.next().unwrap().to_owned();
    let rest = parts.map(|part| {
        let (font, after) = part.split_once(')').unwrap();
        assert!(font.len() > 40_000 && font.len() % 4 == 0, "{}", font.len());
        format!("FONT){after}")
    });
    first + &rest.collect::<String>()
}

#[test]
fn a_map_of_counts() {
    let text = svg(&scene("expected-value", "{}", 1), &Layout::wide(600)).unwrap();
    insta::assert_snapshot!("counts", readable(&text));
}

#[test]
fn a_map_of_differences_of_equal_area() {
    let layout = Layout { width: 600, projection: Projection::EqualArea };
    insta::assert_snapshot!(
        "differences",
        readable(&svg(&scene("error", r#"{"top": 10}"#, 1), &layout).unwrap())
    );
}

#[test]
fn countries_with_their_outlines() {
    insta::assert_snapshot!("countries", geojson(&countries()).unwrap());
}

#[test]
fn one_element_opens_for_each_that_closes() {
    for (name, settings) in
        [("expected-value", "{}"), ("probability", r#"{"threshold": 5}"#), ("error", "{}")]
    {
        let text = svg(&scene(name, settings, 2), &Layout::wide(500)).unwrap();
        let count = |what: &str| text.matches(what).count();
        for element in ["svg", "g", "text", "title", "desc", "style", "defs", "clipPath", "linearGradient"] {
            let opened = count(&format!("<{element} ")) + count(&format!("<{element}>"));
            assert_eq!(opened, count(&format!("</{element}>")), "{element}");
        }
        assert!(text.contains("cell &amp; month") && !text.contains("NaN") && !text.contains("inf"));
        assert_eq!(text, svg(&scene(name, settings, 2), &Layout::wide(500)).unwrap());
    }
}
