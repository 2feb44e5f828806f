//! Scores of past forecasts beside the baselines.

use forewarn_core::Better;

use super::chart;
use super::facts::{Evaluation, Metric, Report, Score};
use super::html::Html;
use super::words::{MISSING, change, count, direction, number, percent};

/// Metrics of one table: more would not fit on paper.
const COLUMNS: usize = 6;

impl Evaluation {
    /// The score of a model by a metric.
    pub(super) fn score(&self, model: &str, metric: &str) -> Option<&Score> {
        self.scores.iter().find(|score| score.model == model && score.metric == metric)
    }

    /// Its value, when there is one.
    fn value(&self, model: &str, metric: &str) -> Option<f64> {
        self.score(model, metric)?.value.filter(|value| value.is_finite())
    }
}

/// Table, meanings, chart by step.
pub(crate) fn section(report: &Report, page: &mut Html) {
    let Some(evaluation) = &report.evaluation else {
        page.raw("<p class=\"missing\">Nothing was evaluated: no score is known for these models.</p>\n");
        return;
    };
    let ends = (evaluation.origins.first(), evaluation.origins.last());
    let origins = if let (Some(first), Some(last)) = ends {
        format!("{} origins from {first} to {last}", evaluation.origins.len())
    } else {
        "no origins".to_owned()
    };
    page.paragraph(format!(
        "Forecasts were made as if standing at {origins} ({} partition) and compared with what was observed \
         from {} to {}. Skill is the share of the best baseline’s error that a model avoids: 100 % is perfect, \
         0 % is no better than the baseline, below 0 % is worse. The ranges below a number hold {} of the values that \
         it takes when the months are drawn anew; a skill whose range holds 0 % does not tell the model from the baseline.",
        evaluation.partition,
        evaluation.truth.0,
        evaluation.truth.1,
        percent(evaluation.level)
    ));
    evaluation.metrics.chunks(COLUMNS).for_each(|metrics| table(report, (evaluation, metrics), page));
    page.raw("<dl class=\"meanings\">\n");
    for metric in &evaluation.metrics {
        page.element("dt", &metric.name).raw("<dd>").prose(&metric.meaning).raw("</dd>\n");
    }
    page.raw("</dl>\n");
    chart::by_step(report, evaluation, page);
}

/// The scores by some metrics.
fn table(report: &Report, (evaluation, metrics): (&Evaluation, &[Metric]), page: &mut Html) {
    let caption = format!(
        "Mean scores over all steps, origins and {}; truth {} to {}, data vintage {}",
        report.run.unit_kind, evaluation.truth.0, evaluation.truth.1, report.run.vintage
    );
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Scores\">\n<table>\n");
    page.element("caption", caption).raw("\n<thead><tr><th scope=\"col\">Model</th>");
    for metric in metrics {
        page.raw("<th scope=\"col\" class=\"number\">").text(&metric.name).raw("<small>");
        page.text(direction(metric.better)).raw("</small>");
        if let Some(n) = common_n(evaluation, &metric.name) {
            page.raw("<small>n = ").text(count(n)).raw("</small>");
        }
        page.raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for model in &report.models {
        page.raw("<tr><th scope=\"row\">").text(&model.name);
        if model.baseline {
            page.raw(" <span class=\"tag\">baseline</span>");
        }
        if model.name == report.run.shown {
            page.raw(" <span class=\"tag shown\">shown</span>");
        }
        page.raw("</th>");
        for metric in metrics {
            cell(evaluation, &model.name, metric, page);
        }
        page.raw("</tr>\n");
    }
    page.close_table();
}

/// Value, skill, and n where it is not the column's.
fn cell(evaluation: &Evaluation, model: &str, metric: &Metric, page: &mut Html) {
    let Some((score, value)) =
        evaluation.score(model, &metric.name).zip(evaluation.value(model, &metric.name))
    else {
        page.raw("<td class=\"number missing\">").raw(MISSING);
        if let Some(reason) = evaluation.score(model, &metric.name).and_then(|s| s.reason.as_ref()) {
            page.raw("<small>").text(reason).raw("</small>");
        }
        page.raw("</td>");
        return;
    };
    page.raw("<td class=\"number\">");
    if is_best(evaluation, metric, value) {
        page.raw("<strong>").text(number(value)).raw("</strong><span class=\"hidden\"> (best)</span>");
    } else {
        page.text(number(value));
    }
    if let Some((low, high)) = score.interval {
        page.raw("<small>").text(number(low)).raw(" to ").text(number(high)).raw("</small>");
    }
    if let Some(skill) = score.skill.filter(|skill| skill.is_finite()) {
        let class = if skill < 0.0 { "<small class=\"worse\">" } else { "<small>" };
        page.raw(class).text(change(skill)).raw(" skill</small>");
        if let Some((low, high)) = score.skill_interval {
            page.raw("<small>").text(change(low)).raw(" to ").text(change(high)).raw("</small>");
        }
    }
    if common_n(evaluation, &metric.name).is_none() {
        page.raw("<small>n = ").text(count(score.n)).raw("</small>");
    }
    page.raw("</td>");
}

fn is_best(evaluation: &Evaluation, metric: &Metric, value: f64) -> bool {
    let loss = |value: f64| match metric.better {
        Better::Lower => value,
        Better::Higher => -value,
        Better::Near(best) => (value - best).abs(),
    };
    let all = evaluation.scores.iter().filter(|score| score.metric == metric.name);
    all.filter_map(|score| score.value)
        .filter(|other| other.is_finite())
        .all(|other| loss(value) <= loss(other))
}

/// The number of pairs behind a metric, when it is the same for every model.
fn common_n(evaluation: &Evaluation, metric: &str) -> Option<u64> {
    let mut all = evaluation.scores.iter().filter(|score| score.metric == metric).map(|score| score.n);
    let first = all.next()?;
    all.all(|n| n == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(better: Better, values: &[f64]) -> Evaluation {
        let metric = Metric { name: "m".into(), meaning: String::new(), better };
        let score = |(i, &v): (usize, &f64)| Score {
            model: i.to_string(),
            metric: "m".into(),
            value: Some(v),
            n: 5,
            ..Score::default()
        };
        let scores = values.iter().enumerate().map(score).collect();
        Evaluation { metrics: vec![metric], scores, ..Evaluation::default() }
    }

    #[test]
    fn best_follows_the_direction_of_the_metric() {
        for (better, best) in [(Better::Lower, -1.0), (Better::Higher, 2.0), (Better::Near(0.9), 0.5)] {
            let evaluation = evaluation(better, &[-1.0, 0.5, 2.0, f64::NAN]);
            for value in [-1.0, 0.5, 2.0] {
                assert_eq!(is_best(&evaluation, &evaluation.metrics[0], value), value == best, "{better:?}");
            }
        }
    }

    #[test]
    fn a_differing_n_is_shown_in_each_cell() {
        let mut evaluation = evaluation(Better::Lower, &[1.0, 2.0]);
        assert_eq!(common_n(&evaluation, "m"), Some(5));
        evaluation.scores[1].n = 4;
        let mut page = Html::default();
        cell(&evaluation, "1", &evaluation.metrics[0], &mut page);
        cell(&evaluation, "gone", &evaluation.metrics[0], &mut page);
        let text = page.finish();
        assert!(text.contains("n = 4") && text.contains("missing"), "{text}");
    }
}
