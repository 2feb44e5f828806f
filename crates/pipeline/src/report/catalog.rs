//! The catalog of models: what each is, what it learned from, how good it is, what it cost. As a page and as Markdown.

mod markdown;

use serde::Serialize;

use super::facts::Metric;
use super::html::{Align, Html};
use super::words::{change, count, direction, maybe, number, percent};

use Align::{Code, Left, Right};

pub use markdown::markdown;

/// Everything that the catalog shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Catalog {
    /// Name of the run's configuration.
    pub name: String,
    /// Id of the run.
    pub run: String,
    /// What is forecast, in words with its unit.
    pub target: String,
    /// Steps ahead.
    pub steps: u16,
    /// Version of the data.
    pub vintage: String,
    /// Version and revision of the program.
    pub code: String,
    /// The partition that was evaluated.
    pub partition: String,
    /// How often forecasts were made in the past, to score them.
    pub origins: usize,
    /// First and last period that they were compared with.
    pub test: (String, String),
    /// Probability that the ranges of scores hold (0-1).
    pub level: f64,
    /// What was measured; the first leads.
    pub metrics: Vec<Metric>,
    /// Models, then ensembles.
    pub entries: Vec<Entry>,
}

/// A model or an ensemble.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Entry {
    /// Its name in the run.
    pub name: String,
    /// `model` or `ensemble`.
    pub kind: String,
    /// Catalog name.
    pub algorithm: String,
    /// What the algorithm does: paragraphs of Markdown.
    pub doc: Vec<String>,
    /// `deployed`, `shadow`, `baseline`; of an ensemble `production`, `shadow`.
    pub status: String,
    /// Names of its members; none for a model.
    pub members: Vec<String>,
    /// Settings with their values, and whether these were written.
    pub settings: Vec<(String, String, bool)>,
    /// Query set, and the features that are used.
    pub features: Option<(String, Vec<String>)>,
    /// Its artifacts; none for an ensemble.
    pub artifacts: Vec<Artifact>,
    /// Its scores over all rows.
    pub scores: Vec<Score>,
    /// Why it is not there.
    pub failure: Option<String>,
}

/// A fitted model.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Artifact {
    /// Name of its folder.
    pub folder: String,
    /// Digest of its fit.
    pub identity: String,
    /// Partition whose training range it was fitted on.
    pub partition: String,
    /// First and last period that it has learned from.
    pub training: (String, String),
    /// Units that it has learned from.
    pub units: u64,
    /// CPU seconds of fitting, where they are known.
    pub cpu_seconds: Option<f64>,
    /// Bytes of its files.
    pub bytes: u64,
}

/// A score over all rows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Score {
    /// Name of the metric.
    pub metric: String,
    /// The score.
    pub value: Option<f64>,
    /// Where it is.
    pub interval: Option<(f64, f64)>,
    /// Skill against the best baseline.
    pub skill: Option<f64>,
    /// Where it is.
    pub skill_interval: Option<(f64, f64)>,
    /// That baseline.
    pub against: Option<String>,
}

impl Catalog {
    /// How the scores were taken, in a sentence.
    fn evaluation(&self) -> String {
        format!(
            "Scores are of forecasts from {} past origins, compared with what was observed from {} to {}; the models had \
             learned from nothing after the first origin. Skill is the share of the best baseline’s error that is avoided; \
             ranges hold {} of what the scores are when months are drawn anew.",
            count(self.origins),
            self.test.0,
            self.test.1,
            percent(self.level)
        )
    }

    fn headline<'e>(&self, entry: &'e Entry) -> Option<&'e Score> {
        let first = self.metrics.first()?;
        entry.scores.iter().find(|s| s.metric == first.name)
    }
}

impl Score {
    /// The skill and where it is, with the baseline.
    fn skill_text(&self) -> String {
        let against = self.against.as_deref().unwrap_or_default();
        match (self.skill, self.skill_interval) {
            (Some(skill), Some((low, high))) => {
                format!("{} ({} to {}) vs {against}", change(skill), change(low), change(high))
            }
            (Some(skill), None) => format!("{} vs {against}", change(skill)),
            (None, _) => "–".to_owned(),
        }
    }

    fn range_text(&self) -> String {
        self.interval
            .map_or_else(|| "–".to_owned(), |(low, high)| format!("{} to {}", number(low), number(high)))
    }
}

/// The whole page, UTF-8, beginning with `<!doctype html>`. Everything from the catalog is escaped.
pub fn html(catalog: &Catalog) -> String {
    let mut page = Html::begin(format!("Models of {}", catalog.name));
    page.raw("<a class=\"skip\" href=\"#overview\">Skip to the overview</a>\n<header>\n<p class=\"eyebrow\">Model catalog of ");
    page.text(&catalog.name).raw("</p>\n").element("h1", format!("Models that forecast {}", catalog.target));
    page.raw("<p>")
        .text(format!("{} steps ahead · data: {}", catalog.steps, catalog.vintage))
        .raw("</p>\n</header>\n");
    navigation(catalog, &mut page);
    page.raw("<main>\n");
    overview(catalog, &mut page);
    for entry in &catalog.entries {
        section(catalog, entry, &mut page);
    }
    page.raw("<section id=\"metrics\">\n<h2>Metrics</h2>\n<dl>\n");
    for metric in &catalog.metrics {
        page.element("dt", &metric.name).raw("<dd>");
        prose(&mut page, &metric.meaning);
        page.text(format!(" ({})", direction(metric.better))).raw("</dd>\n");
    }
    page.raw("</dl>\n</section>\n</main>\n<footer><p>Run <code>")
        .text(&catalog.run)
        .raw("</code> · forewarn ");
    page.text(&catalog.code).raw("</p></footer>\n</body>\n</html>\n");
    page.finish()
}

fn navigation(catalog: &Catalog, page: &mut Html) {
    page.raw("<nav aria-label=\"Models\"><ul>\n<li><a href=\"#overview\">Overview</a></li>\n");
    for entry in &catalog.entries {
        page.raw("<li><a href=\"#").text(&entry.name).raw("\">").text(&entry.name).raw("</a></li>\n");
    }
    page.raw("<li><a href=\"#metrics\">Metrics</a></li>\n</ul></nav>\n");
}

/// One line a model.
fn overview(catalog: &Catalog, page: &mut Html) {
    page.raw("<section id=\"overview\">\n<h2>Overview</h2>\n").paragraph(catalog.evaluation());
    let headings = [
        ("Name", Left),
        ("Algorithm", Left),
        ("Status", Left),
        ("Score", Right),
        ("Skill", Right),
        ("CPU s", Right),
    ];
    let metric = catalog.metrics.first().map_or("no metric", |m| &m.name);
    page.open_table(
        format!("Models and ensembles; scores by {metric}, CPU seconds of the fit that was scored"),
        &headings,
    );
    for entry in &catalog.entries {
        let score = catalog.headline(entry);
        let fit = entry.artifacts.iter().find(|a| a.partition == catalog.partition);
        let cells = [
            (entry.algorithm.clone(), Left),
            (entry.status.clone(), Left),
            (maybe(score.and_then(|s| s.value)), Right),
            (score.map_or_else(|| "–".to_owned(), Score::skill_text), Right),
            (fit.and_then(|a| a.cpu_seconds).map_or_else(|| "–".to_owned(), number), Right),
        ];
        page.row(&entry.name, &cells);
    }
    page.close_table();
    page.raw("</section>\n");
}

/// All about one.
fn section(catalog: &Catalog, entry: &Entry, page: &mut Html) {
    page.raw("<section id=\"").text(&entry.name).raw("\">\n<h2>").text(&entry.name);
    page.raw(" <span class=\"tag\">").text(&entry.status).raw("</span></h2>\n");
    if let Some(failure) = &entry.failure {
        page.raw("<p class=\"alert\">").text(failure).raw("</p>\n");
    }
    for paragraph in &entry.doc {
        page.raw("<p>");
        prose(page, paragraph);
        page.raw("</p>\n");
    }
    page.raw("<dl>\n").element("dt", "Algorithm").raw("<dd><code>").text(&entry.algorithm).raw("</code> (");
    page.text(&entry.kind).raw(")</dd>\n");
    if !entry.members.is_empty() {
        page.element("dt", "Members").element("dd", entry.members.join(", ")).raw("\n");
    }
    settings(entry, page);
    if let Some((set, used)) = &entry.features {
        page.element("dt", "Features").raw("<dd>").text(format!("{} of query set {set}: ", used.len()));
        page.raw("<code>").text(used.join(", ")).raw("</code></dd>\n");
    }
    page.raw("</dl>\n");
    artifacts(entry, page);
    scores(catalog, entry, page);
    page.raw("</section>\n");
}

fn settings(entry: &Entry, page: &mut Html) {
    for (title, wanted) in [("Settings", true), ("Defaults", false)] {
        let shown: Vec<_> = entry.settings.iter().filter(|(.., written)| *written == wanted).collect();
        if shown.is_empty() {
            continue;
        }
        page.element("dt", title).raw("<dd>");
        for (i, (name, value, _)) in shown.into_iter().enumerate() {
            page.raw(if i > 0 { "<br>" } else { "" })
                .raw("<code>")
                .text(format!("{name} = {value}"))
                .raw("</code>");
        }
        page.raw("</dd>\n");
    }
}

fn artifacts(entry: &Entry, page: &mut Html) {
    if entry.artifacts.is_empty() {
        return;
    }
    let headings = [
        ("Artifact", Left),
        ("Learned from", Left),
        ("For", Left),
        ("Units", Right),
        ("CPU s", Right),
        ("Bytes", Right),
        ("Identity", Code),
    ];
    page.open_table("Fitted models", &headings);
    for a in &entry.artifacts {
        let cells = [
            (format!("{} to {}", a.training.0, a.training.1), Left),
            (a.partition.clone(), Left),
            (count(a.units), Right),
            (a.cpu_seconds.map_or_else(|| "–".to_owned(), number), Right),
            (count(a.bytes), Right),
            (a.identity.chars().take(16).collect(), Code),
        ];
        page.row(&a.folder, &cells);
    }
    page.close_table();
}

fn scores(catalog: &Catalog, entry: &Entry, page: &mut Html) {
    if entry.scores.is_empty() {
        page.raw("<p class=\"missing\">It has no scores.</p>\n");
        return;
    }
    let headings = [("Metric", Left), ("Score", Right), ("Range", Right), ("Skill", Right)];
    let caption =
        format!("Scores, {} origins, truth {} to {}", catalog.origins, catalog.test.0, catalog.test.1);
    page.open_table(caption, &headings);
    for s in &entry.scores {
        page.row(&s.metric, &[(maybe(s.value), Right), (s.range_text(), Right), (s.skill_text(), Right)]);
    }
    page.close_table();
}

/// Text with code between back-quotes.
fn prose(page: &mut Html, text: &str) {
    for (i, piece) in text.split('`').enumerate() {
        if i % 2 == 1 {
            page.raw("<code>").text(piece).raw("</code>");
        } else {
            page.text(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forewarn_core::Better;

    pub(super) fn catalog() -> Catalog {
        let artifact = Artifact {
            folder: "quiet_river_31122016".to_owned(),
            identity: "0123456789abcdef0123".to_owned(),
            partition: "calibration".to_owned(),
            training: ("1990-01".to_owned(), "2016-12".to_owned()),
            units: 13_110,
            cpu_seconds: Some(12.5),
            bytes: 1_234_567,
        };
        let score = Score {
            metric: "crps".to_owned(),
            value: Some(0.125),
            interval: Some((0.1, 0.15)),
            skill: Some(0.25),
            skill_interval: Some((0.2, 0.3)),
            against: Some("long_memory".to_owned()),
        };
        let river = Entry {
            name: "quiet_river".to_owned(),
            kind: "model".to_owned(),
            algorithm: "hurdle".to_owned(),
            doc: vec!["Two parts: `p(x)` <and> how much.".to_owned()],
            status: "deployed".to_owned(),
            settings: vec![
                ("gate".to_owned(), "\"hard\"".to_owned(), true),
                ("features".to_owned(), "[]".to_owned(), false),
            ],
            features: Some(("pgm 1".to_owned(), vec!["sb".to_owned(), "sb_lag_1".to_owned()])),
            artifacts: vec![artifact],
            scores: vec![score],
            ..Entry::default()
        };
        let ground = Entry {
            name: "common_ground".to_owned(),
            kind: "ensemble".to_owned(),
            algorithm: "mean".to_owned(),
            status: "production".to_owned(),
            members: vec!["quiet_river".to_owned()],
            failure: Some("its member has no forecast".to_owned()),
            ..Entry::default()
        };
        let crps = Metric { name: "crps".to_owned(), meaning: "How far.".to_owned(), better: Better::Lower };
        Catalog {
            name: "demo".to_owned(),
            run: "demo-2020-12-0123".to_owned(),
            target: "deaths | cell".to_owned(),
            steps: 36,
            vintage: "test".to_owned(),
            code: "0.1.0".to_owned(),
            partition: "calibration".to_owned(),
            origins: 12,
            test: ("2017-01".to_owned(), "2020-12".to_owned()),
            level: 0.9,
            metrics: vec![crps],
            entries: vec![river, ground],
        }
    }

    #[test]
    fn the_page_tells_what_how_good_and_what_it_cost() {
        let page = html(&catalog());
        for text in [
            "Two parts: <code>p(x)</code> &lt;and&gt; how much.",
            "<code>gate = &quot;hard&quot;</code>",
            "2 of query set pgm 1",
            "1990-01 to 2016-12",
            "+25.0\u{a0}% (+20.0\u{a0}% to +30.0\u{a0}%) vs long_memory",
            "0.1 to 0.15",
            "<p class=\"alert\">its member has no forecast</p>",
            "1,234,567",
            "It has no scores.",
            "lower is better",
        ] {
            assert!(page.contains(text), "{text}\n{page}");
        }
    }
}
