//! Whether archived forecasts may be combined.

use std::path::Path;

use forewarn_core::{Cadence, Month, Period, Step};
use forewarn_store::{Archive, Filed, ForecastFile, Made};
use serde::Deserialize;

use crate::components::Status;
use crate::filing;
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
    let all = filing::of(archive, names)?;
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
    use forewarn_store::{Digest, Manifest};
    use serde_json::json;

    use super::super::tests::{ORIGIN, archive, field, manifest, put, two};
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

    const VALUES: [f32; 4] = [1.0, 2.0, 3.0, 4.0];

    /// A record alone: nothing is read from its folder.
    fn record(manifest: Manifest) -> Filed {
        Archive::open("nowhere").unwrap().filed(manifest)
    }

    fn run_of(run: &str, origin: (i32, &str), bytes: &[u8]) -> Filed {
        let origin = (Period(origin.0), origin.1.to_owned());
        record(Manifest { run: run.into(), origin, file: Digest::of_bytes(bytes), ..manifest("m") })
    }

    #[test]
    fn runs_that_filed_the_same_are_one_and_others_are_told_apart() {
        let december = (492, "2020-12");
        let (a, b) = (run_of("r1", december, b"same"), run_of("r2", december, b"same"));
        let (c, old) = (run_of("r3", december, b"other"), run_of("r0", (491, "2020-11"), b"old"));
        assert_eq!(choose(&[&old, &a, &b], "2020-12").unwrap(), &a);
        assert_eq!(
            choose(&[&old, &a, &b], "2020-11").unwrap(),
            &old,
            "not the newest, the one that is asked for"
        );
        let reason = choose(&[&a, &b, &c], "2020-12").unwrap_err();
        assert!(reason.starts_with("runs r1 and r3 filed different forecasts from 2020-12"), "{reason}");
        let reason = choose(&[&old, &a], "2021-01").unwrap_err();
        assert_eq!(reason, "it has no forecast from 2021-01; the archive holds its latest is from 2020-12");
        assert!(choose(&[], "2021-01").unwrap_err().ends_with("the archive holds nothing"));
    }

    fn made_by(artifact: &str) -> Manifest {
        let (algorithm, state) = ("zero".to_owned(), String::new());
        let made = Made::Model { algorithm, settings: json!({}), artifact: artifact.into(), state };
        Manifest { made, ..manifest("m") }
    }

    #[test]
    fn models_are_trained_anew_each_cycle() {
        // From December 2020, issued in January 2021: of the cycle that began in July 2020, before which June was known.
        let said = |artifact: &str, cycle| stale(&record(made_by(artifact)), cycle);
        assert_eq!((said("m_31122020", 7), said("m_30062020", 7)), (None, None));
        let reason = said("m_31052020", 7).unwrap();
        assert!(reason.contains("from months to 2020-05, the cycle of 2020-12 began in 2020-07"), "{reason}");
        assert_eq!(said("m_31122020", 1), None, "a cycle that begins in the month of issue");
        assert!(said("m_30112020", 1).is_some());
        assert!(said("m_latest", 7).unwrap().contains("does not tell when it was trained"));
    }

    #[test]
    fn only_monthly_models_have_a_cycle() {
        let days = Manifest { cadence: Cadence::Day, ..made_by("m_31051999") };
        assert_eq!(stale(&record(days), 7), None);
        let (cells, countries) = (("a".to_owned(), "b".to_owned()), ("c".to_owned(), "d".to_owned()));
        let made = Made::Reconciliation { algorithm: "x".into(), settings: json!({}), cells, countries };
        assert_eq!(stale(&record(Manifest { made, ..manifest("m") }), 7), None);
    }

    #[test]
    fn each_difference_is_named_with_both_values() {
        let like = manifest("first_one");
        let said = |here: Manifest| {
            let filed = record(here);
            differs(
                &Candidate { name: "m".into(), filed, faults: Vec::new(), largest: 1.0 },
                "first_one",
                &like,
            )
        };
        assert_eq!(said(Manifest { seed: 9, vintage: "new".into(), ..manifest("m") }), [""; 0]);
        assert_eq!(
            said(Manifest { target: "ged_ns".into(), ..manifest("m") }),
            ["its target: ged_ns, `first_one` has ged_sb"]
        );
        assert_eq!(
            said(Manifest { cadence: Cadence::Day, ..manifest("m") }),
            ["its cadence: Day, `first_one` has Month"]
        );
        let all = said(Manifest { level: "cm".into(), steps: Step(36), units: 3, ..manifest("m") });
        let expected = [
            "its level: cm, `first_one` has pgm",
            "its steps: 36, `first_one` has 2",
            "its units: 3, `first_one` has 2",
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn the_first_gap_is_shown() {
        let (_root, archive) = archive();
        let whole = put(&archive, manifest("m"), two(VALUES));
        assert_eq!(gaps(&whole).unwrap(), None);
        let record = Manifest { missing: 2, ..manifest("n") };
        let fields = vec![field(1, &[100, 101], &[1.0, 2.0]), field(2, &[100, 101], &[3.0, f32::NAN])];
        let reason = gaps(&put(&archive, record, fields)).unwrap();
        assert_eq!(reason.as_deref(), Some("it lacks 2 unit-steps, such as unit 101 at step 2"));
        let told = put(&archive, Manifest { missing: 1, ..manifest("o") }, two(VALUES));
        assert_eq!(gaps(&told).unwrap(), None, "nothing is missing, whatever the record says");
    }

    #[test]
    fn a_model_of_another_project_has_no_status() {
        let folder = tempfile::tempdir().unwrap();
        let say = |text: &str| {
            std::fs::write(folder.path().join("old_hand.toml"), text).unwrap();
            deprecated(folder.path(), "old_hand")
        };
        assert_eq!(deprecated(folder.path(), "old_hand").unwrap(), None);
        assert_eq!(say("algorithm = \"zero\"\n").unwrap(), None);
        assert_eq!(say("algorithm = \"zero\"\nstatus = \"deployed\"\n").unwrap(), None);
        assert!(say("status = \"deprecated\"\n").unwrap().unwrap().starts_with("it is deprecated ("));
        let error = say("status = \"retired\"\n").unwrap_err();
        assert!(error.to_string().contains("old_hand.toml"), "{error}");
    }

    fn names(of: &[&str]) -> Vec<String> {
        of.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn the_newest_origin_of_any_member_is_looked_for() {
        let (_root, archive) = archive();
        let earlier = Manifest { origin: (Period(480), "2019-12".into()), ..manifest("left_hand") };
        put(&archive, earlier, two(VALUES));
        put(&archive, manifest("right_hand"), two(VALUES));
        let later = Manifest { origin: (Period(504), "2021-12".into()), ..manifest("third_hand") };
        put(&archive, later, two(VALUES));
        let both = names(&["left_hand", "right_hand"]);
        let (origin, found) = search(&archive, &both, None).unwrap();
        assert_eq!(origin, "2020-12", "who is no member does not count");
        assert_eq!(found.found.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["right_hand"]);
        assert_eq!(found.absent.len(), 1);
        assert!(
            found.absent[0]
                .1
                .contains("no forecast from 2020-12; the archive holds its latest is from 2019-12")
        );
        let (origin, found) = search(&archive, &both, Some("2019-12")).unwrap();
        assert_eq!((origin.as_str(), found.found[0].name.as_str()), ("2019-12", "left_hand"));
        let error = search(&archive, &names(&["no_one"]), None).unwrap_err();
        assert!(error.to_string().contains("it holds no forecast of no_one"), "{error}");
    }

    #[test]
    fn all_that_speaks_against_a_member_is_noted() {
        let (root, archive) = archive();
        std::fs::write(root.path().join("old_hand.toml"), "status = \"deprecated\"\n").unwrap();
        put(&archive, manifest("good_one"), two([f32::NAN, 500.0, 3.0, 4.0]));
        put(&archive, manifest("good_two"), two([900.0, 0.0, 3.0, 4.0]));
        let logarithms = Manifest { steps: Step(1), missing: 1, ..made_by("m_31051999") };
        let fields = vec![field(1, &[100, 101], &[6.0, f32::NAN])];
        put(&archive, Manifest { name: "old_hand".into(), ..logarithms }, fields);
        let members = names(&["good_one", "good_two", "old_hand"]);
        let mut found = search(&archive, &members, None).unwrap().1.found;
        assert_eq!(
            (found[0].largest, found[0].filed.manifest.origin.0),
            (500.0, ORIGIN),
            "a gap has no size"
        );
        let damaged = found[1].filed.file().unwrap();
        std::fs::write(&damaged, [std::fs::read(&damaged).unwrap(), b"!".to_vec()].concat()).unwrap();
        found[2].largest = 4.0;
        check(&archive, &mut found, 7, root.path()).unwrap();
        assert_eq!(found[0].faults, [""; 0], "against the first nothing is said");
        assert!(
            found[1].faults.len() == 1 && found[1].faults[0].contains("has sha256"),
            "{:?}",
            found[1].faults
        );
        let kinds = [
            "its steps: 1",
            "another scale",
            "such as unit 101 at step 1",
            "train it anew",
            "it is deprecated",
        ];
        assert_eq!(found[2].faults.len(), kinds.len(), "{:?}", found[2].faults);
        for (kind, fault) in kinds.iter().zip(&found[2].faults) {
            assert!(fault.contains(kind), "{kind}: {fault}");
        }
    }
}
