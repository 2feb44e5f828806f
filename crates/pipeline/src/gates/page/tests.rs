use super::*;
use crate::gates::Looked;
use forewarn_core::Reading;
use forewarn_data::geography::{self, Region};
use forewarn_drift::faults::Fault;
use forewarn_drift::gate::Waiver;

fn judged(check: &str, subject: &str, verdict: Verdict, reading: Reading) -> Judged {
    let reading = Reading { subject: subject.to_owned(), ..reading };
    let q_value = reading.p_value;
    let off = verdict >= Verdict::Warn;
    Judged { check: check.to_owned(), reading, q_value, off, verdict, waived: None }
}

/// One reading of each kind; `word` stands in every text.
fn evidence(word: &str) -> Evidence {
    let text = |name: &str| format!("{name}{word}");
    let cells = geography::region(Region::AfricaMiddleEast);
    let fact = |effect, message: &str| Reading::fact("", effect, 1.0, text(message));
    let size = fact(3.5, "3.5 times the usual sum").by_chance(0.000_01).detects(1.5);
    let waiver = Waiver {
        check: text("zeros"),
        subject: None,
        owner: text("A. Nalyst"),
        until: text("2021-03"),
        reason: text("a new source"),
    };
    let excused = judged(&text("zeros"), &text("ged_os"), Verdict::Pass, fact(2.0, "all zero"));
    let planted =
        |fault, found, note: &str| Planted { fault, column: text("ged_sb"), found, note: text(note) };
    Evidence {
        schema: Evidence::SCHEMA,
        gate: Kind::Input,
        run: text("africa-2020-12-0123456789"),
        period: text("2020-12"),
        verdict: Verdict::Fail,
        alpha: 0.01,
        false_alarms_a_year: 0.12,
        looked: Looked {
            files: vec![(text("steps/validate/panel.parquet"), text("3f0a77be"))],
            previous: Some((text("steps/validate/older.parquet"), text("9ac1"))),
            columns: vec![text("ged_sb"), text("ged_os")],
        },
        readings: vec![
            judged(&text("silent"), &text("ged_sb"), Verdict::CannotTell, fact(f64::NAN, "no year before")),
            judged(
                &text("size"),
                &text("ged_sb"),
                Verdict::Fail,
                size.at(cells.iter().copied().skip(6000).take(40)),
            ),
            Judged { off: true, waived: Some(waiver), ..excused },
            judged(&text("size"), &text("ged_os"), Verdict::Pass, fact(0.25, "as usual").by_chance(0.5)),
        ],
        planted: vec![
            planted(Fault::TimesTen, Some(true), "size"),
            planted(Fault::Stale, None, "too few units"),
        ],
    }
}

/// The page without its style sheet.
fn body(evidence: &Evidence, level: &str) -> String {
    let page = page(evidence, level).unwrap();
    page.split_once("</style>").unwrap().1.to_owned()
}

#[test]
fn a_page_says_what_is_off_first_and_then_everything() {
    let body = body(&evidence(""), "pgm");
    let order = [
        "Something is off: no model may see these observations",
        "fail: 4 readings, 1 off, 1 could not be told, 1 waived.",
        "<h2>What is off</h2>",
        "size, ged_sb</h3>",
        "<p>3.5 times the usual sum</p>",
        "3.5; it matters from 1 on",
        "p &lt; 0.001, q &lt; 0.001",
        "from an effect of 1.5 on",
        "; and 32 more",
        "silent, ged_sb</h3>",
        "<h2>Where</h2>",
        "data:image/png;base64,",
        "12 of 40 units that readings name",
        "<td>A. Nalyst</td><td>2021-03</td><td>a new source</td>",
        "at most 0.12 alarms a year",
        "1 of 1 faults",
        "times-ten</th><td>ged_sb</td><td>yes</td><td>size</td>",
        "stale</th><td>ged_sb</td><td>not planted</td>",
        "steps/validate/panel.parquet</th><td>now</td><td class=\"code\">3f0a77be</td>",
        "steps/validate/older.parquet</th><td>before</td>",
        "<h2>All other readings</h2>",
        "zeros, ged_os</th><td>waived</td>",
        "size, ged_os</th><td>pass</td>",
    ];
    let mut rest = body.as_str();
    for text in order {
        rest = rest.split_once(text).unwrap_or_else(|| panic!("{text} is not in {rest}")).1;
    }
    assert!(!body.contains("NaN") && !body.contains("inf<"), "{body}");
}

#[test]
fn nothing_from_the_evidence_becomes_markup() {
    let hostile = "</code></title><script>alert(1)</script>\" onload='x'&amp;";
    for level in ["pgm", "cm"] {
        let page = page(&evidence(hostile), level).unwrap();
        assert!(!page.contains("<script") && !page.contains("\" onload") && page.contains("&amp;amp;"));
        assert_eq!(
            page.matches('<').count(),
            super::page(&evidence(""), level).unwrap().matches('<').count()
        );
        for wish in ["http", "url(", "@import", "<link"] {
            assert!(!page.contains(wish), "{wish}");
        }
    }
}

#[test]
fn units_that_are_no_cells_are_listed() {
    let mut evidence = evidence("");
    let mali = geography::countries().iter().find(|c| c.name == "Mali").unwrap();
    evidence.readings[1].reading.units = vec![Unit(mali.id)];
    let countries = body(&evidence, "cm");
    assert!(countries.contains(&format!("<th scope=\"row\">{}</th><td>Mali</td>", mali.id)), "{countries}");
    assert!(!countries.contains("<img"));
    let others = body(&evidence, "region");
    assert!(others.contains(&format!("<dd>{}</dd>", mali.id)), "{others}");
    evidence.readings[1].reading.units.clear();
    assert!(!body(&evidence, "pgm").contains("<h2>Where</h2>"));
}

#[test]
fn the_verdict_is_in_words() {
    let says = |verdict, gate, found: Option<bool>| {
        let planted = vec![Planted { fault: Fault::Stale, column: "x".into(), found, note: String::new() }];
        body(&Evidence { gate, verdict, planted, ..evidence("") }, "cm")
    };
    assert!(says(Verdict::Pass, Kind::Input, None).contains("<h1>Nothing is off</h1>"));
    assert!(says(Verdict::Warn, Kind::Output, None).contains("<h1>Something is off; it stops nothing</h1>"));
    assert!(says(Verdict::Fail, Kind::Output, None).contains("no forecast may be filed</h1>"));
    assert!(says(Verdict::CannotTell, Kind::Performance, None).contains("not all could be looked at</h1>"));
    let blind = says(Verdict::Pass, Kind::Input, Some(false));
    assert!(blind.contains("nothing it lets pass can be trusted</h1>") && blind.contains("<td>NO</td>"));
    let none = Evidence { readings: vec![], planted: vec![], looked: Looked::default(), ..evidence("") };
    assert!(
        body(&none, "pgm").contains("There are none.")
            && body(&none, "pgm").contains("No faults were planted")
    );
}

#[test]
fn what_is_off_beyond_the_first_is_in_the_table() {
    let mut evidence = evidence("");
    let fact = Reading::fact("", 2.0, 1.0, "too much");
    let off = (0..DETAILED + 2).map(|i| judged("size", &format!("column {i}"), Verdict::Warn, fact.clone()));
    evidence.readings = off.collect();
    let page = body(&evidence, "cm");
    assert_eq!((page.matches("</h3>").count(), page.matches("<td>warn</td>").count()), (DETAILED, 2));
}
