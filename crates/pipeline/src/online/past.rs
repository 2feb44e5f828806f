//! What an earlier evaluation has left: read again for the pages of a run.

use std::path::Path;

use forewarn_core::{Cadence, Period};

use super::{Online, folder, quoted};
use crate::session::Session;
use crate::{Error, Result};

/// The newest evaluation of issued forecasts, with the scores of its months.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Past {
    /// The evaluation.
    pub(crate) online: Online,
    /// Its months: label, and the score of each forecaster over all steps by the metric asked for, NaN for none.
    pub(crate) months: Vec<(String, Vec<f64>)>,
}

/// The newest evaluation of the target of a session of a month up to its origin.
///
/// # Errors
/// [`Error::Io`] for a file that cannot be read.
pub(crate) fn newest(session: &Session<'_>, metric: &str) -> Result<Option<Past>> {
    let ctx = session.ctx;
    read(&folder(session), (ctx.cadence(), ctx.origin()), metric)
}

/// The newest evaluation in `folder` (`online/TARGET` of an output folder) of a month up to `last`, with the scores of its
/// months by `metric`; `None` when there is none.
///
/// # Errors
/// [`Error::Io`] for a file that cannot be read.
fn read(folder: &Path, (cadence, last): (Cadence, Period), metric: &str) -> Result<Option<Past>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(None) };
    let month = |path: &Path| cadence.parse(path.file_name()?.to_str()?.strip_suffix(".json")?).ok();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let known = paths.filter_map(|path| Some((month(&path)?, path))).filter(|(month, _)| *month <= last);
    let Some((_, path)) = known.max() else { return Ok(None) };
    let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
    let online: Online = serde_json::from_slice(&bytes).map_err(|e| Error::io(&path)(e.into()))?;
    let months = (online.first.0.0..=online.month.0.0).map(|month| cadence.label(Period(month)));
    let months = months.map(|month| scores(folder, &online, (month, metric))).collect::<Result<_>>()?;
    Ok(Some(Past { online, months }))
}

/// The scores of one month over all steps.
fn scores(folder: &Path, online: &Online, (month, metric): (String, &str)) -> Result<(String, Vec<f64>)> {
    let path = folder.join("series").join(format!("{month}.csv"));
    let text = match std::fs::read_to_string(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.map_err(Error::io(&path))?,
    };
    let of = |name: &str| {
        let start = format!("{month},{name},{},all,", quoted(metric));
        let value = text.lines().find_map(|line| line.strip_prefix(&start)?.split(',').next()?.parse().ok());
        value.unwrap_or(f64::NAN)
    };
    let scores = online.forecasters.iter().map(|forecaster| of(&forecaster.name)).collect();
    Ok((month, scores))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::{Forecaster, Onset, Warned};
    use super::*;
    use crate::online::Pair;
    use crate::scores::{Group, Leads, Score};
    use crate::truth::Told;
    use forewarn_core::{Step, Unit};

    fn score(model: &str, group: Group, key: Option<i32>, value: f64) -> Score {
        Score {
            model: model.to_owned(),
            metric: "crps".to_owned(),
            group,
            key,
            label: key
                .filter(|_| group == Group::Leads)
                .map(|key| format!("steps {} to {}", key >> 16, key & 0xFFFF)),
            value: Some(value),
            interval: Some((value - 0.05, value + 0.05)),
            baseline: None,
            skill: None,
            skill_interval: None,
            skills: Vec::new(),
            reason: None,
            n: 240,
        }
    }

    fn scores(model: &str, value: f64) -> Vec<Score> {
        let steps =
            (1..=2).map(|step| score(model, Group::Step, Some(step), value + f64::from(step) / 100.0));
        let leads = [65_537, 131_074].map(|key| score(model, Group::Leads, Some(key), value));
        [score(model, Group::All, None, value)].into_iter().chain(leads).chain(steps).collect()
    }

    fn pair(model: &str, against: &str, group: Group, key: Option<i32>) -> Pair {
        Pair {
            model: model.to_owned(),
            against: against.to_owned(),
            metric: "crps".to_owned(),
            group,
            key,
            label: None,
            value: Some(0.3),
            other: Some(0.4),
            skill: Some(0.25),
            interval: Some((0.2, 0.3)),
            reason: None,
            months: 6,
            n: 240,
        }
    }

    fn warned(model: &str, leads: (u16, u16), hits: u64) -> Warned {
        let leads = Leads(Step(leads.0), Step(leads.1));
        Warned { model: model.to_owned(), leads, risk: 10, onsets: 9, hits, warnings: 2 * hits, rows: 200 }
    }

    fn onset(unit: u32, lead: Option<u16>) -> Onset {
        Onset {
            unit: Unit(unit),
            country: Some("Chad <b>".to_owned()),
            model: "common_ground".to_owned(),
            since: lead.map(|lead| Period(492 - i32::from(lead))),
            steadily: None,
            lead: lead.map(Step),
            highest: 0.125,
            last: 0.04,
            origins: 2,
        }
    }

    /// Two forecasters and six months up to 2020-12, one onset of which was seen and two were not.
    pub(crate) fn past() -> Past {
        let names = ["common_ground", "still_water"];
        let of = |name: &str| Forecaster { name: name.to_owned(), months: 6, forecasts: 12, rows: 240 };
        let (with, of_all) = (pair(names[0], names[1], Group::All, None), [0.3, 0.4]);
        let leads = [65_537, 131_074].map(|key| pair(names[0], names[1], Group::Leads, Some(key)));
        let online = Online {
            target: "deaths".to_owned(),
            month: (Period(492), "2020-12".to_owned()),
            first: (Period(487), "2020-07".to_owned()),
            truth: Told { number: 2, vintage: "GED 21.1".into(), known: None, provisional: true, since: 1 },
            forecasters: names.map(of).into(),
            scores: names.iter().zip(of_all).flat_map(|(name, value)| scores(name, value)).collect(),
            latest: names.iter().zip([0.5, 0.6]).flat_map(|(name, value)| scores(name, value)).collect(),
            pairs: [with].into_iter().chain(leads).collect(),
            warned: vec![
                warned(names[0], (1, 1), 4),
                warned(names[0], (2, 2), 3),
                warned(names[1], (1, 1), 0),
            ],
            onsets: vec![onset(1, Some(2)), onset(2, None), onset(3, None)],
            failures: Vec::new(),
        };
        let months = (7..=12).map(|month| (format!("2020-{month:02}"), vec![0.3, 0.4])).collect();
        Past { online, months }
    }

    #[test]
    fn the_newest_month_is_read_with_the_scores_of_all() {
        let folder = tempfile::tempdir().unwrap();
        let newest = |last| read(folder.path(), (Cadence::Month, Period(last)), "crps");
        assert_eq!(newest(492).unwrap(), None);
        let Past { online, .. } = past();
        let write = |name: &str, text: &str| crate::small_run::write(folder.path(), name, text);
        write("2020-12.json", &serde_json::to_string(&online).unwrap());
        let older = Online { month: (Period(490), "2020-10".into()), ..online.clone() };
        write("2020-10.json", &serde_json::to_string(&older).unwrap());
        write("notes.json", "no evaluation");
        let head = "month,model,metric,step,value,n,edition,provisional\n";
        let rows = "2020-09,still_water,crps,1,7,20,1,false\n2020-09,still_water,crps,all,0.25,40,1,false\n";
        write("series/2020-09.csv", &format!("{head}2020-09,common_ground,crps,all,,40,1,false\n{rows}"));
        let last = newest(492).unwrap().unwrap();
        assert_eq!((last.online.month.1.as_str(), last.months.len()), ("2020-12", 6));
        let (label, scores) = &last.months[2];
        assert!(label == "2020-09" && scores[0].is_nan() && scores[1] == 0.25, "{label} {scores:?}");
        assert!(last.months[3].1.iter().all(|score| score.is_nan()), "a month without a table");
        let before = newest(491).unwrap().unwrap();
        assert_eq!(before.online.month.1, "2020-10", "what came later is not known yet");
        write("2020-12.json", "{");
        assert!(newest(492).is_err());
    }
}
