//! The report of a run: one HTML page that needs nothing else.
//!
//! [`render`] is a pure function of [`Report`]: no clock, no files, no network, same record, same page.
//! The page follows the reader's light or dark setting, prints, and works by keyboard and screen reader.
//! Its first screen answers what changed, where, how sure, and how good the forecasts were.

mod answers;
pub mod catalog;
mod chart;
mod facts;
pub(crate) mod html;
pub(crate) mod pages;
mod places;
pub(crate) mod scores;
mod sections;
pub(crate) mod words;

pub(crate) use answers::{Answer, cards};
pub use facts::{
    Coverage, Evaluation, Filed, Finding, Metric, Model, Mover, Movers, Outlook, Picture, Place, Report,
    Reproduce, Risk, Run, Score, Severity, Source, StepScores, Total, Validation,
};
pub use forewarn_catalog::data_uri;
use html::Html;

/// Writes what a section holds.
type Content = fn(&Report, &mut Html);

/// Sections in order: anchor, heading, content.
const SECTIONS: [(&str, &str, Content); 10] = [
    ("maps", "Map", sections::maps),
    ("risks", "Highest risks", sections::risks),
    ("movers", "What changed most", places::movers),
    ("countries", "Countries", places::countries),
    ("scores", "How good were the forecasts", scores::section),
    ("data", "Data that came in", sections::data),
    ("models", "Models", sections::models),
    ("archive", "Forecasts filed", sections::archive),
    ("missing", "What is missing", sections::missing),
    ("reproduce", "How to reproduce", sections::reproduce),
];

/// The whole page, UTF-8, beginning with `<!doctype html>`. Everything from the record is escaped.
pub fn render(report: &Report) -> String {
    let run = &report.run;
    let mut page = Html::begin(format!("{}: {}, origin {}", run.name, run.target, run.origin));
    page.raw("<a class=\"skip\" href=\"#answers\">Skip to the answers</a>\n");
    answers::header(report, &mut page);
    navigation(&mut page);
    page.raw("<main>\n");
    answers::section(report, &mut page);
    for (anchor, heading, content) in SECTIONS {
        page.raw("<section id=\"")
            .raw(anchor)
            .raw("\" aria-labelledby=\"")
            .raw(anchor)
            .raw("-h\">\n<h2 id=\"");
        page.raw(anchor).raw("-h\">").raw(heading).raw("</h2>\n");
        content(report, &mut page);
        page.raw("</section>\n");
    }
    page.raw("</main>\n<footer><p>Run <code>").text(&run.id).raw("</code> · origin ").text(&run.origin);
    page.raw(" · data vintage ").text(&run.vintage).raw(" · forewarn ").text(&report.reproduce.version);
    page.raw("</p></footer>\n");
    if report.atlas.is_some() {
        page.raw("<script>\n").raw(forewarn_catalog::atlas::SCRIPT).raw("</script>\n");
    }
    page.raw("</body>\n</html>\n");
    page.finish()
}

fn navigation(page: &mut Html) {
    page.raw("<nav aria-label=\"Sections\"><ul>\n");
    for (anchor, heading, _) in SECTIONS {
        page.raw("<li><a href=\"#").raw(anchor).raw("\">").raw(heading).raw("</a></li>\n");
    }
    page.raw("</ul></nav>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use forewarn_catalog::atlas::{Atlas, Fragment, Layer};
    use forewarn_catalog::{MAPS, find};
    use forewarn_core::{Better, Cadence, Field, Ground, MapArgs, Period, Step, Unit, Units};

    /// Two models, a baseline, two metrics, two steps; `word` stands in every text.
    fn report(word: &str) -> Report {
        let text = |name: &str| format!("{name}{word}");
        let model = |name: &str, baseline| Model {
            name: text(name),
            algorithm: text("mean"),
            status: text("shadow"),
            role: text("production"),
            baseline,
            failure: None,
        };
        Report {
            run: Run {
                name: text("africa"),
                id: text("africa_forecasting_2020-12"),
                target: text("deaths per cell and month"),
                counted: text("deaths"),
                unit_kind: text("grid cells"),
                units: 131,
                shown: text("happy_hippo"),
                origin: text("2020-12"),
                first_target: text("2021-01"),
                last_target: text("2021-02"),
                // Charts leave out labels that are too long, so these are what they are.
                targets: vec!["2021-01".into(), "2021-02".into()],
                vintage: text("GED 21.1"),
            },
            outlook: Some(Outlook {
                expected: 110.0,
                observed: Some(100.0),
                recent: Some((120.5, 12)),
                previous: Some((88.0, text("2020-11"))),
                likely: Some(7),
            }),
            maps: vec![Picture {
                uri: data_uri("image/png", b"no picture"),
                alt: text("Map of deaths"),
                caption: text("Expected deaths in 2021-01"),
            }],
            risks: vec![Risk {
                unit: text("149427"),
                place: text("Nigeria"),
                expected: 61.25,
                probability: Some(0.97),
                interval: Some((0.0, 198.0)),
                observed: None,
            }],
            atlas: None,
            movers: Some(Movers {
                against: text("the forecast from 2020-11"),
                countries: vec![mover(text("NGA"), text("Nigeria"))],
                units: vec![mover(text("149427"), text("Nigeria"))],
            }),
            places: vec![country(word)],
            evaluation: Some(evaluation(word)),
            sources: vec![Source {
                name: text("ged"),
                location: text("ged211.csv.gz"),
                vintage: text("21.1"),
                digest: text("3f0a"),
                rows: 5_034,
            }],
            validation: Validation {
                rows: 5_034,
                rejected: 1,
                quarantine: Some(text("quarantine.csv")),
                findings: vec![Finding {
                    severity: Severity::Warning,
                    check: text("duplicate"),
                    message: text("line 7 repeats line 5"),
                    count: 1,
                }],
            },
            models: vec![model("happy_hippo", false), model("zero", true)],
            archive: vec![Filed {
                model: text("happy_hippo"),
                path: text("archive/happy_hippo.parquet"),
                rows: 262,
                digest: text("9ac1"),
            }],
            missing: vec![],
            reproduce: Reproduce {
                command: text("forewarn run -c africa.toml"),
                config_digest: text("77be"),
                revision: text("2890ce6"),
                version: text("0.1.0"),
                seed: 42,
            },
        }
    }

    fn mover(unit: String, place: String) -> Mover {
        Mover { unit, place, expected: 61.25, before: 80.0 }
    }

    /// Two months of the past, one of them not known, and two steps.
    fn country(word: &str) -> Place {
        let total = |middle: f64| Total {
            expected: Some(middle),
            quantiles: Some([0.0, middle / 2.0, middle, middle * 2.0, middle * 4.0]),
        };
        Place {
            name: format!("Nigeria{word}"),
            code: format!("NGA{word}"),
            units: 67,
            past: vec![("2020-11".into(), None), ("2020-12".into(), Some(55.0))],
            steps: vec![total(61.0), total(50.0)],
            previous: Some(80.0),
            highest: vec![],
        }
    }

    /// An atlas of one cell.
    fn atlas() -> Fragment {
        let units: Units = [Unit(149_427)].into();
        let ground = Ground::of_cells(&units, vec![]).unwrap();
        let field = Field::point(Period(491), Step(1), units, vec![2.0]).unwrap();
        let args = MapArgs::new(&field, ("happy_hippo", "deaths"), Cadence::Month, &ground);
        let map = find("map", MAPS, "expected-value").unwrap().default().unwrap();
        let layers = [Layer { name: "Expected deaths".into(), scenes: vec![map.scene(&args).unwrap()] }];
        let (periods, places) = (["2021-01".to_owned()], ["Nigeria".to_owned()]);
        let atlas = Atlas {
            title: "deaths",
            periods: &periods,
            layers: &layers,
            places: &places,
            history: None,
            fan: None,
        };
        atlas.fragment().unwrap()
    }

    #[test]
    fn the_script_comes_with_the_map_to_walk_through_and_no_other_way() {
        let with = render(&Report { atlas: Some(atlas()), ..report("") });
        assert_eq!((with.matches("<script>").count(), with.matches("class=\"atlas\"").count()), (1, 1));
        assert!(with.contains("<noscript>\n<div class=\"maps\">"), "a picture for those without scripts");
        assert!(!render(&report("")).contains("<script"));
        // Nothing to draw but the map to walk through: that is a map.
        let only = Report { atlas: Some(atlas()), maps: vec![], ..report("") };
        assert!(!render(&only).contains("There is no map."));
    }

    fn evaluation(word: &str) -> Evaluation {
        let text = |name: &str| format!("{name}{word}");
        let score = |name: &str, metric: &str, value, skill| Score {
            model: text(name),
            metric: text(metric),
            value,
            skill,
            interval: skill.map(|_| (0.45, 0.56)),
            skill_interval: skill.map(|_| (-0.05, 0.3)),
            reason: None,
            against: skill.map(|_| text("zero")),
            n: 1_572,
        };
        let metric = |name: &str, better| Metric { name: text(name), meaning: text("What it says."), better };
        let line =
            |name: &str, values: [f64; 2]| StepScores { model: text(name), values: values.map(Some).into() };
        Evaluation {
            partition: text("calibration"),
            origins: vec![text("2018-12"), text("2019-01")],
            truth: (text("2019-01"), text("2019-03")),
            level: 0.9,
            metrics: vec![metric("crps", Better::Lower), metric("coverage", Better::Near(0.9))],
            scores: vec![
                score("happy_hippo", "crps", Some(0.5), Some(0.2)),
                score("zero", "crps", Some(0.625), None),
                score("happy_hippo", "coverage", Some(0.93), None),
                score("zero", "coverage", Some(0.99), None),
            ],
            by_step: vec![line("happy_hippo", [0.4, 0.6]), line("zero", [0.6, 0.65])],
            coverage: Some(Coverage { level: 0.9, share: 0.93, n: 1_572 }),
        }
    }

    /// The page without its style sheet.
    fn body(report: &Report) -> String {
        let page = render(report);
        let (head, rest) = page.split_once("<style>").unwrap();
        format!("{head}{}", rest.split_once("</style>").unwrap().1)
    }

    #[test]
    fn a_whole_report() {
        insta::assert_snapshot!(body(&report("")));
    }

    #[test]
    fn nothing_from_the_record_becomes_markup() {
        let hostile = "</code></title><script>alert(1)</script>\" onload='x'&amp;";
        let page = render(&report(hostile));
        assert!(!page.contains("<script") && !page.contains("\" onload") && page.contains("&amp;amp;"));
        // As many elements as without it.
        assert_eq!(page.matches('<').count(), render(&report("")).matches('<').count());
    }

    #[test]
    fn the_page_asks_nobody_for_anything() {
        let mut report = report("");
        report.maps[0].uri = "https://example.org/map.png".into();
        let page = render(&report);
        for wish in ["http", "src=", "url(", "@import", "<script", "<link"] {
            assert!(!page.contains(wish), "{wish}");
        }
        assert!(page.contains("The picture is missing.") && page.contains("There is no map."));
    }

    #[test]
    fn what_is_missing_is_loud_and_never_zero() {
        let whole = body(&report(""));
        assert!(!whole.contains("This report is incomplete"), "nothing is missing here");

        let mut partial = report("");
        partial.models[1].failure = Some("no rows".into());
        partial.evaluation.as_mut().unwrap().scores[2].value = Some(f64::NAN);
        partial.validation.findings[0].severity = Severity::Failure;
        partial.missing.push("Map `probability`: a point forecast has none.".into());
        let page = body(&partial);
        assert!(page.contains("4 things are missing or failed"), "{page}");
        for gap in
            ["Model zero failed: no rows", "Check duplicate failed", "1 of 4 scores are missing", "none."]
        {
            assert!(page.contains(gap), "{gap}");
        }
        let empty = body(&Report::default());
        assert_eq!(empty.matches("<p class=\"big missing\">missing</p>").count(), 4);
    }

    #[test]
    fn every_answer_names_period_vintage_and_n() {
        let page = body(&report(""));
        let cards: Vec<&str> = page.split("<article>").skip(1).collect();
        assert_eq!(cards.len(), 4);
        for card in cards {
            let stamp =
                card.split("class=\"stamp\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
            assert!(
                stamp.contains("vintage GED 21.1") && stamp.contains("n = ") && stamp.contains("20"),
                "{stamp}"
            );
        }
        assert!(page.contains("+10.0\u{a0}%") && page.contains("better than the best baseline"));
    }

    #[test]
    fn a_worse_model_is_called_worse() {
        let mut report = report("");
        report.evaluation.as_mut().unwrap().scores[0].skill = Some(-0.1);
        let page = body(&report);
        assert!(page.contains("−10.0\u{a0}%") && page.contains("worse than the best baseline"));
    }
}
