use proptest::prelude::*;

use super::frame::{Frame, WIDTH};
use super::*;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{}-{:02}", 2018 + i / 12, 1 + i % 12)).collect()
}

/// Two years and a half with a gap, and a year of forecasts.
fn fan() -> Fan {
    let mut observed: Vec<f64> = (0..30).map(|i| f64::from(i * 7 % 13) * 20.0).collect();
    observed[4] = f64::NAN;
    let median: Vec<f64> = (0..12).map(|i| 40.0 + 3.0 * f64::from(i)).collect();
    Fan {
        title: "Deaths by month".into(),
        subtitle: "Nigeria · origin 2020-06 · vintage 21.1 · n = 1".into(),
        unit: "deaths a month".into(),
        periods: names(42),
        observed,
        half: median.iter().map(|m| (m * 0.6, m * 1.5)).collect(),
        most: median.iter().map(|m| (0.0, m * 9.0)).collect(),
        median,
        scale: Scale::Log1p,
    }
}

fn line(name: &str, role: Role, values: [f64; 3]) -> Line {
    let intervals = if name == "rain" { values.map(|v| (v - 0.1, v + 0.2)).into() } else { Vec::new() };
    Line { name: name.into(), role, values: values.into(), intervals }
}

fn lines() -> Lines {
    Lines {
        title: "CRPS by step".into(),
        subtitle: "lower is better".into(),
        along: "months ahead".into(),
        names: ["1", "2", "3"].map(String::from).into(),
        value: "CRPS".into(),
        lines: vec![
            line("rain", Role::Model(0), [0.4, 0.5, 0.7]),
            line("zero", Role::Baseline(0), [0.5, f64::NAN, 0.7]),
        ],
        reference: None,
    }
}

fn ranked() -> Ranked {
    let row = |name: &str, role, value: f64| Standing {
        name: name.into(),
        role,
        value,
        interval: Some((value - 0.1, value + 0.1)),
        note: "n = 12".into(),
    };
    Ranked {
        title: "Skill".into(),
        subtitle: "higher is better".into(),
        value: "skill".into(),
        rows: vec![
            row("rain", Role::Model(0), 0.2),
            row("sun", Role::Model(1), f64::NAN),
            row("zero", Role::Baseline(0), -0.3),
        ],
        reference: Some(("as good as the best baseline".into(), 0.0)),
    }
}

fn histogram() -> Histogram {
    Histogram {
        title: "Where the truth fell".into(),
        subtitle: "n = 200".into(),
        bins: "part of the forecast".into(),
        names: ["lowest", "middle", "highest"].map(String::from).into(),
        shares: vec![0.2, 0.3, 0.5],
        n: 200,
        level: 0.9,
    }
}

fn reliability() -> Reliability {
    let bin = |forecast, observed, n| Bin { forecast, observed, n };
    let bins = vec![bin(0.05, 0.04, 12_000), bin(0.5, 0.7, 40), bin(0.9, 0.8, 10), bin(f64::NAN, 0.0, 0)];
    Reliability { title: "Reliability".into(), subtitle: "n = 12,050".into(), bins, level: 0.9 }
}

#[test]
fn each_kind_as_a_picture() {
    let charts =
        [fan().chart(), lines().chart(), ranked().chart(), histogram().chart(), reliability().chart()];
    for (name, chart) in ["fan", "lines", "ranked", "histogram", "reliability"].iter().zip(charts) {
        insta::assert_snapshot!(*name, svg(&chart).as_str());
    }
}

#[test]
fn the_forecast_begins_after_the_last_observation() {
    let chart = fan().chart();
    let Some(Mark::Line(median)) = chart.series.iter().find(|s| s.name == "median").map(|s| &s.mark) else {
        panic!("no median")
    };
    assert_eq!((median[0], median.len()), ((30.0, 40.0), 12));
    assert!(chart.series.iter().any(|s| s.mark == Mark::Rule(29.0, Along::X)));
    assert!(chart.y.label.ends_with("logarithmic scale"));
}

#[test]
fn a_gap_stays_a_gap_and_a_lone_value_is_a_dot() {
    let picture = svg(&lines().chart());
    // The line of the baseline has a hole: two dots, no path.
    assert_eq!(
        (picture.as_str().matches("<polyline").count(), picture.as_str().matches("<circle").count()),
        (1, 2)
    );
    let empty = Chart {
        series: vec![Series::new("a", Role::Observed, Mark::Line(vec![(0.0, f64::NAN)]))],
        ..Chart::default()
    };
    let picture = svg(&empty);
    assert!(picture.as_str().contains("there are no values") && !picture.as_str().contains("<circle"));
}

#[test]
fn a_zero_is_drawn_and_a_missing_bar_is_not() {
    let mut histogram = histogram();
    histogram.shares = vec![0.0, f64::NAN, 1.0];
    let picture = svg(&histogram.chart());
    assert_eq!(picture.as_str().matches("class=\"bar").count(), 2);
    assert!(picture.as_str().contains("height=\"0\""));
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let hostile = "</title><script>\"'&";
    let mut lines = lines();
    let plain = svg(&lines.chart()).as_str().matches('<').count();
    for text in [&mut lines.title, &mut lines.subtitle, &mut lines.along, &mut lines.lines[0].name] {
        hostile.clone_into(text);
    }
    let picture = svg(&lines.chart());
    assert!(!picture.as_str().contains("<script"));
    assert_eq!(picture.as_str().matches('<').count(), plain);
}

#[test]
fn labels_do_not_touch_and_stay_inside() {
    let mut lines = lines();
    lines.lines = (0..8)
        .map(|i| line("name", Role::Model(i), [0.0, 0.0, f64::from(u8::try_from(i).unwrap()) / 1e3]))
        .collect();
    let picture = svg(&lines.chart());
    let rows: Vec<f64> = numbers(picture.as_str(), "<text class=\"name", " y=\"");
    assert_eq!(rows.len(), 8);
    assert!(rows.windows(2).all(|pair| pair[1] - pair[0] >= 16.9), "{rows:?}");
    assert!(rows.iter().all(|row| (10.0..320.0).contains(row)), "{rows:?}");
}

#[test]
fn labels_of_months_begin_with_januaries_and_fit() {
    let frame = Frame::around(&fan().chart());
    let labels: Vec<&str> = frame.x.ticks.iter().map(|(_, label)| label.as_str()).collect();
    assert!(labels.contains(&"2019-01") && labels.len() < 42, "{labels:?}");
    assert!(frame.x.ticks.windows(2).all(|pair| pair[1].0 - pair[0].0 > 50.0));
}

/// The numbers after `attribute` in elements that begin with `element`.
fn numbers(picture: &str, element: &str, attribute: &str) -> Vec<f64> {
    let elements = picture.split(element).skip(1).filter_map(|rest| rest.split('>').next());
    let values = elements.flat_map(|e| e.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()));
    values.map(|value| value.parse().unwrap()).collect()
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -1e9..1e9_f64, 1 => 0.0..1.0_f64, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY), 1 => Just(0.0)]
}

fn mark() -> impl Strategy<Value = Mark> {
    let along = || prop_oneof![Just(Along::X), Just(Along::Y)];
    let points = || prop::collection::vec((value(), value()), 0..12);
    let dot = (value(), value(), value(), value()).prop_map(|(x, y, low, high)| Dot {
        at: (x, y),
        interval: Some((low, high)),
        note: "n".into(),
    });
    prop_oneof![
        points().prop_map(Mark::Line),
        points().prop_map(Mark::Bars),
        prop::collection::vec((value(), value(), value()), 0..12).prop_map(Mark::Band),
        (prop::collection::vec(dot, 0..6), along()).prop_map(|(dots, along)| Mark::Dots(dots, along)),
        (value(), along()).prop_map(|(value, along)| Mark::Rule(value, along)),
    ]
}

/// Corners of all that is drawn of data.
fn corners(picture: &str) -> Vec<(f64, f64)> {
    let of = |element: &str, x: &str, y: &str| {
        numbers(picture, element, x).into_iter().zip(numbers(picture, element, y)).collect::<Vec<_>>()
    };
    let mut all = of("<circle", " cx=\"", " cy=\"");
    all.extend(of("<rect class=\"bar", " x=\"", " y=\""));
    for class in ["span", "rule", "interval"] {
        let element = format!("<line class=\"{class}");
        all.extend(of(&element, " x1=\"", " y1=\""));
        all.extend(of(&element, " x2=\"", " y2=\""));
    }
    for path in picture.split(" points=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        all.extend(
            path.split(' ')
                .filter_map(|pair| pair.split_once(','))
                .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())),
        );
    }
    all
}

proptest! {
    #[test]
    fn marks_stay_inside_the_frame_and_what_is_not_finite_never_draws(
        marks in prop::collection::vec(mark(), 0..4),
        scales in (prop::bool::ANY, prop::bool::ANY),
    ) {
        let scale = |log| if log { Scale::Log1p } else { Scale::Linear };
        let chart = Chart {
            x: Axis { scale: scale(scales.0), ..Axis::default() },
            y: Axis { scale: scale(scales.1), ..Axis::default() },
            series: marks.into_iter().map(|mark| Series::new("name", Role::Model(0), mark)).collect(),
            ..Chart::default()
        };
        let frame = Frame::around(&chart);
        let picture = svg(&chart);
        prop_assert!(!picture.as_str().contains("NaN") && !picture.as_str().contains("inf"), "{}", picture.as_str());
        prop_assert!(frame.right < WIDTH && frame.left < frame.right);
        for (x, y) in corners(picture.as_str()) {
            prop_assert!((frame.left - 0.1..=frame.right + 0.1).contains(&x), "{x} in {frame:?}");
            prop_assert!((frame.top - 0.1..=frame.bottom + 0.1).contains(&y), "{y} in {frame:?}");
        }
        prop_assert_eq!(&picture, &svg(&chart));
    }
}

#[test]
fn an_axis_has_room_for_all_that_it_holds() {
    let line = Line { name: "a".into(), role: Role::Model(0), values: vec![0.2, 0.4], intervals: vec![] };
    let names = vec!["1".to_owned(), "2".to_owned()];
    let mut chart = Lines { names, lines: vec![line], ..Lines::default() }.chart();
    chart.y.holds = Some((0.0, 1.0));
    let frame = frame::Frame::around(&chart);
    let height = |value| frame.point((0.0, value)).unwrap().1;
    assert!(frame.top <= height(1.0) && height(0.0) <= frame.bottom, "{frame:?}");
}
