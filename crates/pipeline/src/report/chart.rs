//! The score by step as a line chart.

use super::facts::{Evaluation, Report, StepScores};
use super::html::Html;
use super::words::{direction, maybe, number};

/// More lines than this cannot be told apart; the table has them all.
const LINES: usize = 8;
/// Size of the picture, and of the white space around the plot: left, top, right, bottom.
const SIZE: (f64, f64) = (860.0, 340.0);
const SPACE: (f64, f64, f64, f64) = (64.0, 12.0, 190.0, 48.0);
/// Least distance between two labels.
const LABEL: f64 = 17.0;
/// Rounding errors of this share of a tick do not add another one.
const SLACK: f64 = 1e-9;
/// Longest label.
const LETTERS: usize = 24;

/// The figure and the same numbers as a table.
pub(super) fn by_step(report: &Report, evaluation: &Evaluation, page: &mut Html) {
    let Some(metric) = evaluation.metrics.first() else { return };
    let lines = chosen(report, evaluation);
    let Some(plot) = Plot::around(&lines) else {
        page.raw("<p class=\"missing\">Scores by step are missing.</p>\n");
        return;
    };
    page.raw("<figure class=\"chart\">\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Chart\">\n<svg role=\"img\" viewBox=\"0 0 860 340\" aria-label=\"");
    page.text(described(&lines, &metric.name)).raw("\">\n");
    plot.axes(&metric.name, page);
    let mut ends = Vec::new();
    for (class, line) in classes(report, &lines).into_iter().zip(&lines) {
        plot.line(class, line, page);
        let last = line.values.iter().rposition(Option::is_some).and_then(|i| Some((i, line.values[i]?)));
        ends.extend(last.map(|(i, value)| (class, line.model.as_str(), plot.y(value), plot.x(i + 1))));
    }
    labels(ends, page);
    page.raw("</svg>\n</div>\n<figcaption>")
        .text(&metric.name)
        .raw(" by step (")
        .text(direction(metric.better));
    page.raw("), mean over ").text(evaluation.origins.len()).raw(" origins; truth ");
    page.text(&evaluation.truth.0).raw(" to ").text(&evaluation.truth.1).raw("; data vintage ");
    page.text(&report.run.vintage).raw(". Dashed lines are baselines.");
    if lines.len() < evaluation.by_step.len() {
        page.raw(" Shown are ").text(lines.len()).raw(" of ").text(evaluation.by_step.len());
        page.raw(" models; the table has all.");
    }
    page.raw("</figcaption>\n</figure>\n");
    step_table(report, evaluation, page);
}

fn is_baseline(report: &Report, name: &str) -> bool {
    report.models.iter().any(|model| model.baseline && model.name == name)
}

/// The shown model, the baselines, then the others in their order.
fn chosen<'a>(report: &Report, evaluation: &'a Evaluation) -> Vec<&'a StepScores> {
    let mut lines: Vec<&StepScores> = evaluation.by_step.iter().collect();
    lines.sort_by_key(|line| (line.model != report.run.shown, !is_baseline(report, &line.model)));
    lines.truncate(LINES);
    lines
}

/// A class for each line: colours for models, greys with dashes for baselines.
fn classes(report: &Report, lines: &[&StepScores]) -> Vec<&'static str> {
    let mut models = ["c0", "c1", "c2", "c3", "c4", "c5"].into_iter().cycle();
    let mut baselines = ["b0", "b1", "b2"].into_iter().cycle();
    let class = |line: &&StepScores| {
        let classes = if is_baseline(report, &line.model) { baselines.next() } else { models.next() };
        classes.unwrap_or_default()
    };
    lines.iter().map(class).collect()
}

fn described(lines: &[&StepScores], metric: &str) -> String {
    let each = lines.iter().map(|line| {
        let mut known = line.values.iter().flatten();
        let first = known.next().map_or_else(|| "missing".to_owned(), |&v| number(v));
        let last = known.next_back().map_or_else(|| first.clone(), |&v| number(v));
        format!("{} from {first} to {last}", line.model)
    });
    format!(
        "Line chart of {metric} from the first to the last step: {}.",
        each.collect::<Vec<_>>().join("; ")
    )
}

/// Where numbers stand in the picture.
struct Plot {
    steps: usize,
    ticks: Vec<f64>,
}

impl Plot {
    /// `None` when there is no number at all.
    fn around(lines: &[&StepScores]) -> Option<Self> {
        let steps = lines.iter().map(|line| line.values.len()).max()?;
        let values = || lines.iter().flat_map(|line| line.values.iter().flatten()).filter(|v| v.is_finite());
        let low = values().copied().reduce(f64::min)?;
        let high = values().copied().reduce(f64::max)?;
        Some(Self { steps, ticks: ticks(low, high) })
    }

    fn x(&self, step: usize) -> f64 {
        let width = SIZE.0 - SPACE.0 - SPACE.2;
        SPACE.0 + width * (step as f64 - 1.0) / (self.steps.max(2) as f64 - 1.0)
    }

    fn y(&self, value: f64) -> f64 {
        let (low, high) = (self.ticks[0], self.ticks[self.ticks.len() - 1]);
        let height = SIZE.1 - SPACE.1 - SPACE.3;
        SPACE.1 + height * (high - value) / (high - low)
    }

    fn axes(&self, metric: &str, page: &mut Html) {
        let (left, right, bottom) = (SPACE.0, SIZE.0 - SPACE.2, SIZE.1 - SPACE.3);
        for &tick in &self.ticks {
            let y = self.y(tick);
            page.raw("<line class=\"grid\"").place([("x1", left), ("y1", y), ("x2", right), ("y2", y)]);
            page.raw("/><text class=\"tick\" text-anchor=\"end\"").place([("x", left - 8.0), ("y", y + 4.0)]);
            page.raw(">").text(number(tick)).raw("</text>\n");
        }
        let every = if self.steps > 12 { 6 } else { 1 };
        for step in (1..=self.steps).filter(|&step| step == 1 || step.is_multiple_of(every)) {
            page.raw("<text class=\"tick\" text-anchor=\"middle\"");
            page.place([("x", self.x(step)), ("y", bottom + 20.0)]).raw(">").text(step).raw("</text>\n");
        }
        page.raw("<text class=\"tick\" text-anchor=\"middle\"");
        page.place([("x", f64::midpoint(left, right)), ("y", bottom + 40.0)]).raw(">step (periods ahead) · ");
        page.text(metric).raw(" upwards</text>\n");
    }

    /// One path a run of known values; a value with no neighbour is a dot.
    fn line(&self, class: &'static str, line: &StepScores, page: &mut Html) {
        let numbered: Vec<(usize, Option<f64>)> = (1..).zip(line.values.iter().copied()).collect();
        for piece in numbered.chunk_by(|a, b| a.1.is_some() == b.1.is_some()) {
            let points = piece.iter().filter_map(|&(step, value)| Some((self.x(step), self.y(value?))));
            let points: Vec<(f64, f64)> = points.filter(|point| point.1.is_finite()).collect();
            if let [(x, y)] = points[..] {
                page.raw("<circle r=\"3\" class=\"dot ").raw(class).raw("\"").place([("cx", x), ("cy", y)]);
                page.raw("/>\n");
            } else if !points.is_empty() {
                page.raw("<polyline class=\"line ").raw(class).raw("\" points=\"");
                for (x, y) in &points {
                    page.text(format_args!("{x:.1},{y:.1} "));
                }
                page.raw("\"><title>").text(&line.model).raw("</title></polyline>\n");
            }
        }
    }
}

impl Html {
    /// Attributes that say where something stands.
    fn place<const N: usize>(&mut self, attributes: [(&'static str, f64); N]) -> &mut Self {
        for (name, value) in attributes {
            self.raw(" ").raw(name).raw("=\"").text(format_args!("{value:.1}")).raw("\"");
        }
        self
    }
}

/// Names at the ends of the lines, pushed apart downwards, then back up into the picture.
fn labels(mut ends: Vec<(&'static str, &str, f64, f64)>, page: &mut Html) {
    ends.sort_by(|a, b| a.2.total_cmp(&b.2));
    let mut rows: Vec<f64> = Vec::new();
    for &(_, _, y, _) in &ends {
        rows.push(rows.last().map_or(y, |&above| y.max(above + LABEL)));
    }
    let mut floor = SIZE.1 - SPACE.3;
    for row in rows.iter_mut().rev() {
        *row = row.min(floor);
        floor = *row - LABEL;
    }
    for ((class, name, y, x), row) in ends.into_iter().zip(rows) {
        let shown: String = if name.chars().count() > LETTERS {
            name.chars().take(LETTERS - 1).chain(['…']).collect()
        } else {
            name.to_owned()
        };
        let right = SIZE.0 - SPACE.2 + 22.0;
        page.raw("<line class=\"leader\"").place([
            ("x1", x + 3.0),
            ("y1", y),
            ("x2", right - 4.0),
            ("y2", row),
        ]);
        page.raw("/><text class=\"name ").raw(class).raw("\"").place([("x", right), ("y", row + 4.0)]);
        page.raw(">").text(shown).raw("</text>\n");
    }
}

/// Round ticks, the first at or below `low`, the last at or above `high`: three to seven of them.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let (low, high) = if high > low {
        (low, high)
    } else {
        (low - low.abs().max(1.0) / 2.0, high + high.abs().max(1.0) / 2.0)
    };
    let rough = (high - low) / 4.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|&s| s >= rough * (1.0 - SLACK))
        .unwrap_or(rough);
    let (first, last) = ((low / step + SLACK).floor() as i64, (high / step - SLACK).ceil() as i64);
    (first..=last).map(|i| i as f64 * step).collect()
}

/// The chart's numbers, for those who do not see it.
fn step_table(report: &Report, evaluation: &Evaluation, page: &mut Html) {
    let steps = evaluation.by_step.iter().map(|line| line.values.len()).max().unwrap_or(0);
    page.raw("<details><summary>The chart as a table</summary>\n");
    page.raw(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Scores by step\">\n<table>\n",
    );
    page.element("caption", format!("Score by step, data vintage {}", report.run.vintage));
    page.raw("\n<thead><tr><th scope=\"col\">Step</th>");
    for line in &evaluation.by_step {
        page.raw("<th scope=\"col\" class=\"number\">").text(&line.model).raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for step in 0..steps {
        page.raw("<tr><th scope=\"row\">").text(step + 1).raw("</th>");
        for line in &evaluation.by_step {
            let value = line.values.get(step).copied().flatten();
            page.raw("<td class=\"number\">").text(maybe(value)).raw("</td>");
        }
        page.raw("</tr>\n");
    }
    page.close_table();
    page.raw("</details>\n");
}

#[cfg(test)]
mod tests {
    use forewarn_core::Better;

    use super::super::facts::{Metric, Model};
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_the_data() {
        let cases: [((f64, f64), &[f64]); 3] = [
            ((0.0, 10.0), &[0.0, 5.0, 10.0]),
            ((0.31, 0.39), &[0.3, 0.32, 0.34, 0.36, 0.38, 0.4]),
            ((5.0, 5.0), &[2.0, 4.0, 6.0, 8.0]),
        ];
        for ((low, high), expected) in cases {
            let found = ticks(low, high);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
            assert_eq!(found.len(), expected.len(), "{found:?}");
        }
    }

    #[test]
    fn a_gap_stays_a_gap_and_a_lone_value_is_a_dot() {
        let values = vec![Some(1.0), Some(2.0), None, Some(3.0)];
        let line = StepScores { model: "m".into(), values };
        let plot = Plot::around(&[&line]).unwrap();
        let mut page = Html::default();
        plot.line("c0", &line, &mut page);
        let text = page.finish();
        assert_eq!((text.matches("<polyline").count(), text.matches("<circle").count()), (1, 1), "{text}");
        assert!(Plot::around(&[&StepScores { model: "m".into(), values: vec![None] }]).is_none());
    }

    #[test]
    fn labels_do_not_touch_and_stay_inside() {
        let ends = (0..8).map(|_| ("c0", "name", 290.0, 600.0)).collect();
        let mut page = Html::default();
        labels(ends, &mut page);
        let text = page.finish();
        let rows = text.split("<text").skip(1).filter_map(|t| t.split(" y=\"").nth(1)?.split('"').next());
        let rows: Vec<f64> = rows.map(|y| y.parse().unwrap()).collect();
        assert_eq!(rows.len(), 8);
        assert!(rows.windows(2).all(|pair| pair[1] - pair[0] >= LABEL - 0.1), "{rows:?}");
        assert!(rows[7] <= SIZE.1 - SPACE.3 + 4.0 && rows[0] > 0.0);
    }

    #[test]
    fn many_models_are_cut_to_the_shown_one_the_baselines_and_some_others() {
        let line = |i: usize| StepScores { model: i.to_string(), values: vec![Some(1.0), Some(2.0)] };
        let mut report = Report::default();
        report.run.shown = "11".into();
        let model = |name: &str| Model { name: name.into(), baseline: true, ..Model::default() };
        report.models = vec![model("9"), model("10")];
        let metric = Metric { name: "crps".into(), meaning: String::new(), better: Better::Lower };
        let evaluation = Evaluation {
            metrics: vec![metric],
            by_step: (0..12).map(line).collect(),
            ..Evaluation::default()
        };
        let lines = chosen(&report, &evaluation);
        let names: Vec<&str> = lines.iter().map(|line| line.model.as_str()).collect();
        assert_eq!(names, ["11", "9", "10", "0", "1", "2", "3", "4"]);
        assert_eq!(classes(&report, &lines)[..4], ["c0", "b0", "b1", "c1"]);
        let mut page = Html::default();
        by_step(&report, &evaluation, &mut page);
        let text = page.finish();
        assert!(text.contains("Shown are 8 of 12 models"));
        // The table has every model.
        assert_eq!(text.matches("<th scope=\"col\" class=\"number\">").count(), 12);
    }
}
