//! What was issued, and has come.

use super::super::frame::{self, Card};
use super::{Facts, between};
use crate::online::Pair;
use crate::page::HEADLINE;
use crate::report::html::{Align, Html};
use crate::report::words::{count, maybe, percent};
use crate::scores::{Group, Leads, Score};

use Align::{Left, Right};

/// How often onsets were warned of.
pub(super) fn missed(facts: &Facts<'_>) -> Card {
    let shown = facts.record.issued.as_ref().map(|issued| issued.name.as_str());
    let warned = facts.online.and_then(|online| {
        let of = online.warned.iter().filter(|w| shown == Some(w.model.as_str()));
        of.min_by_key(|w| w.leads.0).map(|w| (online, w))
    });
    let question = "What did we miss?";
    let Some((online, warned)) = warned else {
        let cure = "Onsets are known from forecasts that were issued and have come: `forewarn evaluate online` counts them.";
        return Card {
            question,
            big: None,
            sentences: vec![cure.to_owned()],
            stamp: "not evaluated yet".to_owned(),
        };
    };
    let sentences = vec![
        format!(
            "of {} onsets came without a warning {} before (a risk of at least {} %).",
            count(warned.onsets),
            ahead(warned.leads),
            warned.risk
        ),
        match warned.success_ratio() {
            Some(ratio) => format!("Of {} warnings {} came true.", count(warned.warnings), percent(ratio)),
            None => "There was no warning.".to_owned(),
        },
    ];
    let stamp = format!(
        "issued forecasts of {} to {} · truth {} · n = {}",
        online.first.1,
        online.month.1,
        online.truth.vintage,
        count(warned.rows)
    );
    Card { question, big: Some(count(warned.onsets - warned.hits)), sentences, stamp }
}

/// Scores of what was issued.
pub(super) fn section(facts: &Facts<'_>, page: &mut Html) {
    let Some(online) = facts.online else {
        page.raw("<p class=\"missing\">No forecast that was issued was evaluated yet.</p>\n<p>When months have come, <code>forewarn evaluate online</code> scores every forecast of them in the archive.</p>\n");
        return;
    };
    let caption = format!(
        "Issued forecasts of {} to {}, truth {}",
        online.first.1, online.month.1, online.truth.vintage
    );
    let row = |score: &Score| {
        vec![
            score.model.clone(),
            score.metric.clone(),
            maybe(score.value),
            between(score.interval),
            count(score.n),
        ]
    };
    let headline = online.scores.iter().filter(|s| s.group == Group::All && s.metric == HEADLINE);
    let headings =
        [("Forecast", Left), ("Metric", Left), ("Score", Right), ("90 % interval", Right), ("n", Right)];
    frame::table(&caption, &headings, &headline.map(row).collect::<Vec<_>>(), page);
    let row = |pair: &Pair| {
        vec![
            pair.model.clone(),
            pair.against.clone(),
            maybe(pair.skill),
            between(pair.interval),
            count(pair.months),
            count(pair.n),
        ]
    };
    let pairs = online.pairs.iter().filter(|p| p.group == Group::All && p.metric == HEADLINE);
    let headings = [
        ("Forecast", Left),
        ("Against", Left),
        ("Skill", Right),
        ("90 % interval", Right),
        ("Months", Right),
        ("n", Right),
    ];
    frame::table(
        &format!("Skill on the rows of both; {caption}"),
        &headings,
        &pairs.map(row).collect::<Vec<_>>(),
        page,
    );
}

/// `1 period`, `2 to 3 periods`.
fn ahead(Leads(first, last): Leads) -> String {
    match (first.0, last.0) {
        (1, 1) => "one period".to_owned(),
        (first, last) if first == last => format!("{first} periods"),
        (first, last) => format!("{first} to {last} periods"),
    }
}
