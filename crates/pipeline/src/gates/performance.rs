//! The performance gate of a run: the forecast that is issued against its baseline, month by month.

use forewarn_core::{Cadence, Period, Reading, Track};
use forewarn_drift::gate::{Rule, checks, judge, readings};
use forewarn_drift::performance::PERFORMANCE_CHECKS;
use serde_json::json;

use super::judging::{Found, Gate};
use super::{Judgement, Judges, Kind, Looked};
use crate::Result;
use crate::online;
use crate::scores::{Group, NamedMetric, Scores};
use crate::session::Session;

/// Judges how good the forecasts of `issued` were lately against its baselines, by every metric of which less is better and
/// that is not of calibration alone: from
/// rolling origins, and those that were issued, in all, by ranges of steps and by region.
///
/// # Errors
/// Rules that do not fit.
pub(crate) fn performance(session: &Session<'_>, issued: &str, scores: Judges<'_>) -> Result<Judgement> {
    let gate = Gate::open(session, Kind::Performance)?;
    let tracks = tracks(session, issued, scores)?;
    let columns = tracks.iter().map(|track| track.subject.clone()).collect();
    let looked = Looked { files: Vec::new(), previous: None, columns };
    gate.judge(looked, &json!(tracks), |rules, terms| {
        let checks = checks(rules, PERFORMANCE_CHECKS)?;
        let readings = judge(readings(&checks, |check| check.read(&tracks)), terms);
        Ok(Found { readings, planted: Vec::new() })
    })
}

/// What a rule reads of the same scores.
///
/// # Errors
/// A rule that does not fit, records of scores that cannot be read.
pub(crate) fn again(
    session: &Session<'_>,
    issued: &str,
    scores: Judges<'_>,
    rule: &Rule,
) -> Result<Vec<Reading>> {
    let tracks = tracks(session, issued, scores)?;
    Ok(checks(std::slice::from_ref(rule), PERFORMANCE_CHECKS)?[0].1.read(&tracks)?)
}

fn tracks(session: &Session<'_>, issued: &str, (scores, metrics): Judges<'_>) -> Result<Vec<Track>> {
    let cadence = session.ctx.cadence();
    let mut tracks: Vec<Track> =
        metrics.iter().filter_map(|metric| track(issued, scores, metric, cadence)).collect();
    tracks.extend(online::tracks(session, issued, metrics)?);
    Ok(tracks)
}

/// Scores of the forecast by month, beside those of the baseline that is best over all months.
fn track(issued: &str, scores: &Scores, metric: &NamedMetric, cadence: Cadence) -> Option<Track> {
    if !metric.judges() {
        return None;
    }
    let best = scores.find(issued, &metric.name, Group::All, None)?.baseline.clone()?;
    if best == issued {
        return None;
    }
    let by_month = |name: &str| -> Vec<(i32, f64)> {
        let of = scores.scores.iter().filter(|s| s.model == name && s.metric == metric.name);
        let months = of.filter(|s| s.group == Group::Month);
        months.filter_map(|s| Some((s.key?, s.value.unwrap_or(f64::NAN)))).collect()
    };
    let (own, of_baseline) = (by_month(issued), by_month(&best));
    let baseline = |month: i32| of_baseline.iter().find(|(m, _)| *m == month).map_or(f64::NAN, |(_, v)| *v);
    Some(Track {
        subject: format!("{issued}, {}, against {best}, from rolling origins", metric.name),
        cadence,
        periods: own.iter().map(|(month, _)| Period(*month)).collect(),
        scores: own.iter().map(|(_, score)| *score).collect(),
        baseline: own.iter().map(|(month, _)| baseline(*month)).collect(),
        provisional: vec![false; own.len()],
    })
}
