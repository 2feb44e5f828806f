//! A chart in words, for those who do not see it.

use super::{Along, Axis, Chart, Dot, Mark, Series};
use crate::text::number;

/// Dots that are named one by one.
const NAMED: usize = 16;

/// What the chart shows, with its key numbers: each series from its first to its last value.
pub fn described(chart: &Chart) -> String {
    let across = if chart.x.label.is_empty() { String::new() } else { format!(" by {}", chart.x.label) };
    let axes = match (chart.y.names.is_empty(), chart.y.label.is_empty()) {
        (true, false) => format!("{}{across}. ", chart.y.label),
        (false, _) if !chart.x.label.is_empty() => format!("{}. ", chart.x.label),
        _ => String::new(),
    };
    let series: Vec<String> = chart.series.iter().filter_map(|series| one(chart, series)).collect();
    format!("{axes}{}.", series.join("; "))
}

/// One series; nothing for one without a name.
fn one(chart: &Chart, series: &Series) -> Option<String> {
    let name = (!series.name.is_empty()).then_some(&series.name)?;
    let words = match &series.mark {
        Mark::Line(points) | Mark::Bars(points) => path(chart, points),
        Mark::Band(band) => area(chart, band),
        Mark::Dots(dots, along) => list(chart, dots, *along),
        Mark::Rule(value, Along::Y) => format!("a line at {}", at(&chart.y, *value)),
        Mark::Rule(value, Along::X) => format!("a line at {}", at(&chart.x, *value)),
    };
    Some(format!("{name}: {words}"))
}

/// The name of a position, or its number.
fn at(axis: &Axis, value: f64) -> String {
    let name = (value >= 0.0).then(|| axis.names.get(value.round() as usize)).flatten();
    name.cloned().unwrap_or_else(|| number(value))
}

fn path(chart: &Chart, points: &[(f64, f64)]) -> String {
    let known = || points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
    let (Some(first), Some(last)) = (known().next(), known().next_back()) else {
        return "all values are missing".to_owned();
    };
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p.1), h.max(p.1)));
    let point = |p: &(f64, f64)| format!("{} at {}", number(p.1), at(&chart.x, p.0));
    let missing = points.len() - known().count();
    let gaps = if missing > 0 { format!(", {missing} missing") } else { String::new() };
    if known().count() == 1 {
        return format!("{}{gaps}", point(first));
    }
    format!(
        "from {} to {}, lowest {}, highest {}{gaps}",
        point(first),
        point(last),
        number(low),
        number(high)
    )
}

fn area(chart: &Chart, band: &[(f64, f64, f64)]) -> String {
    let known = || band.iter().filter(|(x, low, high)| [x, low, high].iter().all(|v| v.is_finite()));
    let range = |b: &(f64, f64, f64)| format!("{} to {} at {}", number(b.1), number(b.2), at(&chart.x, b.0));
    match (known().next(), known().next_back()) {
        (Some(first), Some(last)) if first.0 < last.0 => format!("{}, and {}", range(first), range(last)),
        (Some(only), _) => range(only),
        _ => "all values are missing".to_owned(),
    }
}

fn list(chart: &Chart, dots: &[Dot], along: Along) -> String {
    let each = |dot: &Dot| {
        let (name, value) = match along {
            Along::X => (at(&chart.y, dot.at.1), dot.at.0),
            Along::Y => (at(&chart.x, dot.at.0), dot.at.1),
        };
        let interval = dot.interval.filter(|(low, high)| low.is_finite() && high.is_finite());
        let interval = interval.map(|(low, high)| format!(" ({} to {})", number(low), number(high)));
        format!("{name} {}{}", number(value), interval.unwrap_or_default())
    };
    let mut words: Vec<String> = dots.iter().take(NAMED).map(each).collect();
    if dots.len() > NAMED {
        words.push(format!("and {} more", dots.len() - NAMED));
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Role;

    #[test]
    fn words_carry_the_key_numbers_and_what_is_missing() {
        let line = Mark::Line(vec![(0.0, 3.0), (1.0, f64::NAN), (2.0, 7.0), (3.0, 5.0)]);
        let dot = Dot { at: (0.25, 1.0), interval: Some((0.1, 0.4)), note: String::new() };
        let mut chart = Chart {
            x: Axis {
                label: "month".into(),
                names: ["a", "b", "c", "d"].map(String::from).into(),
                ..Axis::default()
            },
            y: Axis { label: "deaths".into(), ..Axis::default() },
            series: vec![
                Series::new("seen", Role::Observed, line),
                Series::new("90 %", Role::Model(0), Mark::Band(vec![(3.0, 1.0, 9.0)])),
                Series::new("", Role::Reference, Mark::Rule(0.0, Along::Y)),
            ],
            ..Chart::default()
        };
        let words = "deaths by month. seen: from 3 at a to 5 at d, lowest 3, highest 7, 1 missing; 90 %: 1 to 9 at d.";
        assert_eq!(described(&chart), words);
        chart.y.names = vec!["one".into(), "two".into()];
        chart.x = Axis { label: "skill".into(), ..Axis::default() };
        chart.series = vec![Series::new("models", Role::Model(0), Mark::Dots(vec![dot], Along::X))];
        assert_eq!(described(&chart), "skill. models: two 0.25 (0.1 to 0.4).");
        chart.series = vec![Series::new("none", Role::Observed, Mark::Line(vec![(0.0, f64::NAN)]))];
        assert!(described(&chart).contains("all values are missing"));
    }
}
