//! What is written around maps: what all share is said once, what differs above each.

use forewarn_core::Scene;

use crate::caption::{DOT, number};
use crate::text::count;

/// The text of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) title: String,
    pub(super) subtitle: String,
    /// One above each map; empty when there is one map.
    pub(super) captions: Vec<String>,
    pub(super) footnote: String,
}

impl Words {
    /// One scene says everything in its titles.
    pub(super) fn of(scene: &Scene) -> Self {
        let (title, subtitle) = (scene.title.clone(), scene.subtitle.clone());
        Self {
            title,
            subtitle,
            captions: Vec::new(),
            footnote: format!("{}{}", places(scene), values(scene)),
        }
    }

    /// Several scenes: the parts of their titles (between commas) and subtitles (between dots) that are the same are said
    /// once, the others above each map.
    pub(super) fn shared(scenes: &[Scene]) -> Self {
        let titles: Vec<&str> = scenes.iter().map(|scene| scene.title.as_str()).collect();
        let subtitles: Vec<&str> = scenes.iter().map(|scene| scene.subtitle.as_str()).collect();
        let (title, own) = apart(&titles, ", ");
        let (subtitle, more) = apart(&subtitles, DOT);
        let both = own.into_iter().zip(more).map(|(own, more)| {
            [own, more].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(DOT)
        });
        let captions = both.collect();
        Self { title, subtitle, captions, footnote: scenes.first().map(places).unwrap_or_default() }
    }
}

/// The parts that all texts have at the same place, and what is left of each. Texts of different numbers of parts share
/// nothing.
fn apart(texts: &[&str], between: &str) -> (String, Vec<String>) {
    let parts: Vec<Vec<&str>> = texts.iter().map(|text| text.split(between).collect()).collect();
    let len = parts.first().map_or(0, Vec::len);
    let same = |i: usize| parts.iter().all(|of| of.len() == len && of[i] == parts[0][i]);
    let shared: Vec<bool> = (0..len).map(same).collect();
    let pick = |of: &[&str], wanted: bool| -> String {
        let chosen =
            of.iter().enumerate().filter(|(i, _)| shared.get(*i).copied().unwrap_or(false) == wanted);
        chosen.map(|(_, part)| *part).collect::<Vec<_>>().join(between)
    };
    let common = parts.first().map(|of| pick(of, true)).unwrap_or_default();
    (common, parts.iter().map(|of| pick(of, false)).collect())
}

/// How many units there are, and on how many cells.
fn places(scene: &Scene) -> String {
    let (units, cells) = (scene.units.len(), scene.ground.cells.len());
    let what = |n: usize, one: &str| format!("{} {one}{}", count(n), if n == 1 { "" } else { "s" });
    if units == cells {
        return format!("{} of 0.5°", what(units, "cell"));
    }
    format!("{} on {} of 0.5°", what(units, "unit"), what(cells, "cell"))
}

/// How many are exactly zero, how many without data, and the largest value, on a scale with two ends the smallest too.
fn values(scene: &Scene) -> String {
    let number_of = |is: fn(&&f32) -> bool| count(scene.values.iter().filter(is).count());
    let (zero, missing) = (number_of(|v| **v == 0.0), number_of(|v| v.is_nan()));
    let finite = || scene.values.iter().copied().filter(|v| v.is_finite());
    let ends = finite().reduce(f32::min).zip(finite().reduce(f32::max));
    let ends = match ends {
        None => String::new(),
        Some((least, most)) if scene.legend.shade.is_signed() => {
            format!("{DOT}values from {} to {}", number(least), number(most))
        }
        Some((_, most)) => format!("{DOT}largest value {}", number(most)),
    };
    let zero = match scene.legend.zero.as_str() {
        "0" => format!("{zero} zero"),
        wording => format!("{zero} “{wording}”"),
    };
    format!("{DOT}{zero}{DOT}{missing} without data{ends}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_apart_from_what_is_shared() {
        let titles = ["Expected deaths, per cell, 2021-01", "Expected deaths, per cell, 2023-12"];
        let (shared, own) = apart(&titles, ", ");
        assert_eq!(
            (shared.as_str(), own),
            ("Expected deaths, per cell", vec!["2021-01".into(), "2023-12".into()])
        );
        let (shared, own) = apart(&["a · 1 · x", "a · 2 · x"], DOT);
        assert_eq!((shared.as_str(), own), ("a · x", vec!["1".to_owned(), "2".into()]));
    }

    #[test]
    fn texts_without_the_same_parts_keep_everything() {
        let (shared, own) = apart(&["a, b", "a"], ", ");
        assert_eq!((shared.as_str(), own), ("", vec!["a, b".to_owned(), "a".into()]));
        assert_eq!(apart(&["a, b"], ", "), ("a, b".to_owned(), vec![String::new()]));
        assert_eq!(apart(&[], ", "), (String::new(), vec![]));
    }
}
