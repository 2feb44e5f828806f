//! Whether archived forecasts may be combined.

use std::path::Path;

use forewarn_core::{Cadence, Month, Period, Step};
use forewarn_store::{Archive, Filed, ForecastFile, Made};
use serde::Deserialize;

use crate::components::Status;
use crate::{Error, Result};

/// By how much the largest value of a member may differ from the median member's, as a factor, before another scale (such
/// as logarithms) is suspected. Fatalities a cell reach thousands, their logarithms never 13.
const SCALE: f32 = 100.0;

/// A forecast that was found for a member.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// Name of the member.
    pub name: String,
    /// Its forecast.
    pub filed: Filed,
    /// What speaks against it; it is combined only when nothing does.
    pub faults: Vec<String>,
    largest: f32,
}

/// The members of an ensemble as the archive has them: what was found, and who was not.
#[derive(Debug, Default)]
pub(crate) struct Search {
    /// Who has a forecast from the origin.
    pub found: Vec<Candidate>,
    /// Who has none, and why.
    pub absent: Vec<(String, String)>,
}

/// Looks for the forecasts of `names` from `origin`, or from the newest origin that any of them has.
///
/// # Errors
/// An archive that cannot be read, or that has nothing of any member.
pub(crate) fn search(archive: &Archive, names: &[String], origin: Option<&str>) -> Result<(String, Search)> {
    let all: Vec<Filed> =
        archive.list()?.into_iter().filter(|filed| names.contains(&filed.manifest.name)).collect();
    let newest = || all.iter().max_by_key(|f| f.manifest.origin.0).map(|f| f.manifest.origin.1.clone());
    let Some(origin) = origin.map(str::to_owned).or_else(newest) else {
        let reason = format!("it holds no forecast of {}", names.join(", "));
        return Err(Error::config("archive", reason));
    };
    let mut search = Search::default();
    for name in names {
        let here: Vec<&Filed> = all.iter().filter(|f| f.manifest.name == *name).collect();
        match choose(&here, &origin) {
            Ok(filed) => search.found.push(candidate(name, filed.clone())?),
            Err(reason) => search.absent.push((name.clone(), reason)),
        }
    }
    Ok((origin, search))
}

/// The forecast from `origin`; runs that filed the same bytes are one.
fn choose<'f>(here: &[&'f Filed], origin: &str) -> std::result::Result<&'f Filed, String> {
    let fits: Vec<&&Filed> = here.iter().filter(|f| f.manifest.origin.1 == origin).collect();
    let Some(first) = fits.first() else {
        let latest = here.iter().max_by_key(|f| f.manifest.origin.0);
        let latest =
            latest.map_or("nothing".to_owned(), |f| format!("its latest is from {}", f.manifest.origin.1));
        return Err(format!("it has no forecast from {origin}; the archive holds {latest}"));
    };
    if let Some(other) = fits.iter().find(|f| f.manifest.file != first.manifest.file) {
        let (a, b) = (&first.manifest.run, &other.manifest.run);
        return Err(format!(
            "runs {a} and {b} filed different forecasts from {origin}; move one out of the archive"
        ));
    }
    Ok(first)
}

fn candidate(name: &str, filed: Filed) -> Result<Candidate> {
    let field = filed.open()?.field(Step(1))?;
    let largest = field.values().iter().copied().filter(|v| !v.is_nan()).fold(0.0, f32::max);
    Ok(Candidate { name: name.to_owned(), filed, faults: Vec::new(), largest })
}

/// Notes what speaks against each: another target, level, cadence or horizon than the first has, another scale than the
/// others, gaps, a file that is damaged, training in an earlier cycle, a status of deprecated.
///
/// # Errors
/// A file of a model that cannot be read.
pub(crate) fn check(archive: &Archive, found: &mut [Candidate], cycle: u32, models: &Path) -> Result<()> {
    let middle = median(found.iter().map(|c| c.largest).filter(|&v| v > 0.0).collect());
    let like = found.first().map(|c| (c.name.clone(), c.filed.manifest.clone()));
    for candidate in found.iter_mut() {
        let mut faults = Vec::new();
        if let Some((name, like)) = &like {
            faults.extend(differs(candidate, name, like));
        }
        faults.extend(scale(candidate.largest, middle));
        faults.extend(gaps(&candidate.filed)?);
        faults.extend(archive.verify(&candidate.filed).err().map(|e| e.to_string()));
        faults.extend(stale(&candidate.filed, cycle));
        faults.extend(deprecated(models, &candidate.name)?);
        candidate.faults = faults;
    }
    Ok(())
}

fn differs(candidate: &Candidate, name: &str, like: &forewarn_store::Manifest) -> Vec<String> {
    let here = &candidate.filed.manifest;
    let pairs = [
        ("target", here.target.clone(), like.target.clone()),
        ("level", here.level.clone(), like.level.clone()),
        ("cadence", format!("{:?}", here.cadence), format!("{:?}", like.cadence)),
        ("steps", here.steps.to_string(), like.steps.to_string()),
        ("units", here.units.to_string(), like.units.to_string()),
    ];
    let fault =
        |(what, a, b): (&str, String, String)| (a != b).then(|| format!("its {what}: {a}, `{name}` has {b}"));
    pairs.into_iter().filter_map(fault).collect()
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn scale(largest: f32, middle: f32) -> Option<String> {
    let ratio = if largest > 0.0 && middle > 0.0 { largest / middle } else { 1.0 };
    let fits = (1.0 / SCALE..=SCALE).contains(&ratio);
    (!fits).then(|| {
        format!("its largest value is {largest}, the median member's {middle}: is it on another scale?")
    })
}

/// The first unit without a forecast.
fn gaps(filed: &Filed) -> Result<Option<String>> {
    if filed.manifest.missing == 0 {
        return Ok(None);
    }
    let file: ForecastFile = filed.open()?;
    for step in 1..=filed.manifest.steps.0 {
        let field = file.field(Step(step))?;
        if let Some(row) = field.rows().position(|row| row[0].is_nan()) {
            let (unit, missing) = (field.units()[row], filed.manifest.missing);
            return Ok(Some(format!("it lacks {missing} unit-steps, such as unit {unit} at step {step}")));
        }
    }
    Ok(None)
}

/// Whether a model was trained before the cycle that its origin belongs to, which begins each year in month `cycle`.
fn stale(filed: &Filed, cycle: u32) -> Option<String> {
    let Made::Model { artifact, .. } = &filed.manifest.made else { return None };
    if filed.manifest.cadence != Cadence::Month {
        return None;
    }
    let Some(learned) = last_month(artifact) else {
        return Some(format!("its artifact `{artifact}` does not tell when it was trained"));
    };
    let origin = filed.manifest.origin.0;
    let begin = cycle_begin(origin, cycle);
    // In the first month of a cycle the month before it is the last that is known.
    (learned.0 < begin.0 - 1).then(|| {
        let label = |period: Period| Cadence::Month.label(period);
        format!(
            "its artifact `{artifact}` has learned from months to {}, the cycle of {} began in {}: train it anew",
            label(learned),
            label(origin),
            label(begin)
        )
    })
}

/// The month in which the cycle began that forecasts from `origin` belong to; they are issued in the month after it.
fn cycle_begin(origin: Period, cycle: u32) -> Period {
    let issued = Month::from(Period(origin.0 + 1));
    let months = (issued.month() + 12 - cycle) % 12;
    Period(Period::from(issued).0 - months as i32)
}

/// The month of `adjective_noun_ddmmyyyy`.
fn last_month(artifact: &str) -> Option<Period> {
    let date =
        artifact.rsplit('_').next().filter(|d| d.len() == 8 && d.bytes().all(|b| b.is_ascii_digit()))?;
    Month::new(date[4..].parse().ok()?, date[2..4].parse().ok()?).ok().map(Period::from)
}

#[derive(Deserialize)]
struct ModelStatus {
    #[serde(default)]
    status: Status,
}

/// Whether the file of a model beside the ensemble's says that it is deprecated; a model of another project has none.
fn deprecated(models: &Path, name: &str) -> Result<Option<String>> {
    let path = models.join(format!("{name}.toml"));
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::io(path)(e)),
    };
    let file: ModelStatus =
        toml::from_str(&text).map_err(|e| Error::config(path.display().to_string(), e.to_string()))?;
    Ok((file.status == Status::Deprecated).then(|| format!("it is deprecated ({})", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_begin_each_july() {
        let begin =
            |year, month| Cadence::Month.label(cycle_begin(Month::new(year, month).unwrap().into(), 7));
        // A forecast from June is issued in July, in the new cycle.
        assert_eq!((begin(2026, 5), begin(2026, 6)), ("2025-07".to_owned(), "2026-07".to_owned()));
        assert_eq!((begin(2026, 12), begin(2027, 1)), ("2026-07".to_owned(), "2026-07".to_owned()));
    }

    #[test]
    fn artifacts_tell_their_month() {
        assert_eq!(last_month("pink_panther_24122024"), Some(Period(540)));
        assert_eq!((last_month("pink_panther"), last_month("pink_panther_24132024")), (None, None));
    }

    #[test]
    fn logarithms_are_another_scale_and_a_forecast_of_nothing_is_not() {
        assert!(scale(8.5, 5000.0).unwrap().contains("another scale"));
        assert!(scale(5000.0, 8.5).is_some());
        assert_eq!((scale(300.0, 5000.0), scale(0.0, 5000.0)), (None, None));
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
