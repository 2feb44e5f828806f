//! `docs/differences.md` is what the case files say; the test writes what the page should be beside its build files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::cases::{Cases, Group, Kind, Reason};

/// Outputs of peers in the metric and kernel cases, none of which may get lost.
const OUTPUTS: usize = 1739;
/// Outputs in the cases of views-evaluation, views-baseline and fatalities003.
const VIEWS_OUTPUTS: usize = 218;

const INTRODUCTION: &str = "# Differences from other libraries

The metrics and kernels of forewarn are tested against what other libraries say on the same inputs, which were chosen
to be difficult: ties, zeros, missing values, one row, one draw, one class, nothing observed. Two numbers agree when
they are within 1e-12 of one another, relatively (1e-9 for views-evaluation). Where the peer has no number (NaN, or an
error) and forewarn refuses and says why, they agree as well. Every other output is on this page, with the reason.

The cases are `metric_cases.json`, `kernel_cases.json` and `views_cases.json` in `crates/metrics/tests/data`; the tests
beside them hold this page to them. *Definition* stands for formulas written out independently of any library. Numbers
in brackets count outputs.
";

const SECTIONS: [(Kind, &str, &str); 4] = [
    (Kind::Defect, "Defects of the peers", "Numbers that are wrong by what the peer itself documents."),
    (
        Kind::Convention,
        "Other conventions",
        "Numbers that answer another question, or that stand for no answer.",
    ),
    (
        Kind::Setting,
        "Same numbers by a setting",
        "Here the outputs agree once forewarn is asked in the terms of the peer, which the tests do.",
    ),
    (Kind::Absent, "Not offered", "What peers have and forewarn has not, and what to use instead."),
];

fn files() -> [Cases; 3] {
    [
        include_str!("../data/metric_cases.json"),
        include_str!("../data/kernel_cases.json"),
        include_str!("../data/views_cases.json"),
    ]
    .map(|text| serde_json::from_str(text).unwrap())
}

fn outputs(files: &[Cases]) -> usize {
    files.iter().flat_map(|f| &f.groups).map(|g| g.outputs.len()).sum()
}

fn library(peer: &str) -> &str {
    match peer {
        "sklearn" => "scikit-learn",
        "ref" => "definition",
        _ if peer.starts_with("smartcore") => "smartcore",
        _ if peer.starts_with("views-evaluation") => "views-evaluation",
        other => other,
    }
}

/// How outputs of a library compare.
#[derive(Default)]
struct Count {
    agree: usize,
    by_setting: usize,
    differ: usize,
    absent: usize,
}

/// What is about one reason: outputs by library and metric.
type Places<'a> = BTreeMap<(&'a str, &'a str), usize>;

/// Counts by library, and where each reason holds.
struct Survey<'a> {
    counts: BTreeMap<&'a str, Count>,
    reasons: BTreeMap<&'a str, (&'a Reason, Places<'a>)>,
}

impl<'a> Survey<'a> {
    fn of(files: &'a [Cases]) -> Self {
        let mut survey = Self { counts: BTreeMap::new(), reasons: BTreeMap::new() };
        for file in files {
            for group in &file.groups {
                group.outputs.keys().for_each(|input| survey.add(file, group, input));
            }
        }
        survey
    }

    fn add(&mut self, file: &'a Cases, group: &'a Group, input: &str) {
        let library = library(&group.peer);
        let code = group.differs(input).or(group.note.as_deref());
        let count = self.counts.entry(library).or_default();
        let Some(code) = code else {
            count.agree += 1;
            return;
        };
        let reason = &file.reasons[code];
        match (group.score.is_some(), group.differs(input).is_some()) {
            (true, false) => count.by_setting += 1,
            (true, true) => count.differ += 1,
            _ => count.absent += 1,
        }
        let (_, places) = self.reasons.entry(code).or_insert_with(|| (reason, BTreeMap::new()));
        *places.entry((library, group.metric.as_str())).or_default() += 1;
    }

    fn table_of_libraries(&self) -> String {
        let mut page = String::from(
            "\n| Peer | Outputs | Agree | Agree by a setting, or in part | Differ | Not offered |\n|---|--:|--:|--:|--:|--:|\n",
        );
        let mut all = Count::default();
        for (library, Count { agree, by_setting, differ, absent }) in &self.counts {
            let sum = agree + by_setting + differ + absent;
            writeln!(page, "| {library} | {sum} | {agree} | {by_setting} | {differ} | {absent} |").unwrap();
            all.agree += agree;
            all.by_setting += by_setting;
            all.differ += differ;
            all.absent += absent;
        }
        let Count { agree, by_setting, differ, absent } = all;
        let sum = agree + by_setting + differ + absent;
        writeln!(page, "| **All** | {sum} | {agree} | {by_setting} | {differ} | {absent} |").unwrap();
        page
    }

    fn section(&self, kind: Kind) -> String {
        let mut page = String::from("| Where | The peer | forewarn |\n|---|---|---|\n");
        let reasons = self.reasons.values().filter(|(reason, _)| reason.kind == kind);
        let mut rows: Vec<String> = reasons.map(|(reason, places)| row(reason, places)).collect();
        rows.sort_unstable();
        page.push_str(&rows.concat());
        page
    }
}

fn row(reason: &Reason, places: &Places<'_>) -> String {
    let libraries: BTreeSet<&str> = places.keys().map(|(library, _)| *library).collect();
    let of = |library: &str| {
        let own = places.iter().filter(|((l, _), _)| *l == library);
        let metrics: Vec<String> = own.map(|((_, metric), n)| format!("`{metric}` ({n})")).collect();
        format!("{library} {}", metrics.join(", "))
    };
    let places: Vec<String> = libraries.into_iter().map(of).collect();
    let cell = |text: &str| text.replace('|', "\\|");
    format!("| {} | {} | {} |\n", places.join("; "), cell(&reason.peer), cell(&reason.here))
}

fn page(files: &[Cases]) -> String {
    let survey = Survey::of(files);
    let mut page = INTRODUCTION.to_owned() + &survey.table_of_libraries();
    for (kind, title, about) in SECTIONS {
        write!(page, "\n## {title}\n\n{about}\n\n{}", survey.section(kind)).unwrap();
    }
    page
}

#[test]
fn every_output_of_the_peers_is_accounted_for() {
    let [metrics, kernels, views] = files();
    assert_eq!(outputs(&[metrics, kernels]), OUTPUTS);
    assert_eq!(outputs(&[views]), VIEWS_OUTPUTS);
    for file in files() {
        for group in &file.groups {
            let unexplained =
                group.outputs.keys().filter(|i| group.score.is_none() && group.differs(i).is_none());
            assert_eq!(unexplained.count(), 0, "{} of {}", group.metric, group.peer);
        }
    }
}

#[test]
fn the_page_lists_every_difference() {
    let page = page(&files());
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/differences.md");
    std::fs::write(path, &page).unwrap();
    let written = include_str!("../../../../docs/differences.md");
    // The drift tests have their own cases, in their own crate.
    let written = written.split("\n## Drift tests\n").next().unwrap();
    assert!(page == written, "docs/differences.md is not what the cases say: {path} is; read it and copy it");
}
