//! Who has issued what: the forecasts of the archive that are about the target of a run.

use std::collections::{BTreeMap, BTreeSet};

use forewarn_core::{Cadence, Period, Step, Units};
use forewarn_store::{Archive, Filed, Unreadable};

use super::issuance::{Filing, filings, first_filed};
use crate::context::Context;
use crate::{Error, Result};

/// The forecasts of one target, by forecaster and origin.
pub(crate) struct Issued {
    all: BTreeMap<String, BTreeMap<Period, Vec<Version>>>,
    cadence: Cadence,
    unreadable: Vec<Unreadable>,
}

/// A forecast of which there may be others of the same name and origin, by other runs.
struct Version {
    filed: Filed,
    /// When it was filed first, UTC as in RFC 3339; `None` when no record tells.
    issued: Option<String>,
}

impl Version {
    /// Whether it was known to be there before a period began.
    fn is_before(&self, period: Period, cadence: Cadence) -> bool {
        // A label is the beginning of the time at which its period begins, and of all times in it.
        self.issued.as_deref().is_some_and(|issued| issued < cadence.label(period).as_str())
    }

    fn reaches(&self, month: Period) -> bool {
        self.filed.manifest.origin.0 + self.filed.manifest.steps >= month
    }
}

/// Of several forecasts of one origin, the one that counts for a month: the last that was issued before the month began, else
/// the first. So what was in force when the month began is scored, and nobody replaces it afterwards.
fn counting(versions: &[Version], month: Period, cadence: Cadence) -> Option<&Version> {
    let reaching = || versions.iter().filter(|version| version.reaches(month));
    reaching().rfind(|version| version.is_before(month, cadence)).or_else(|| reaching().next())
}

impl Issued {
    /// Those of an archive. When each was issued is asked only of those that are there several times.
    ///
    /// # Errors
    /// An archive that cannot be read, records that cannot be looked for.
    pub(crate) fn of(ctx: &Context<'_>, archive: &Archive) -> Result<Self> {
        let target = &ctx.run.config.target;
        let (found, unreadable) = archive.list()?;
        let mut issued = Self { all: BTreeMap::new(), cadence: ctx.cadence(), unreadable };
        for filed in found {
            let m = &filed.manifest;
            if m.target != target.column || m.level != target.level || m.cadence != ctx.cadence() {
                continue;
            }
            let (name, origin) = (m.name.clone(), m.origin.0);
            let versions = issued.all.entry(name).or_default().entry(origin).or_default();
            versions.push(Version { filed, issued: None });
        }
        if issued.repeated().next().is_some() {
            issued.date(&filings(ctx.run)?);
        }
        Ok(issued)
    }

    /// Finds out when each of several was issued, and puts them in that order; those of which nobody knows last, by run.
    fn date(&mut self, filings: &[Filing]) {
        let several = self.all.values_mut().flat_map(BTreeMap::values_mut).filter(|all| all.len() > 1);
        for versions in several {
            for version in versions.iter_mut() {
                version.issued = first_filed(&version.filed.manifest, filings);
            }
            versions.sort_by_key(|v| (v.issued.is_none(), v.issued.clone(), v.filed.manifest.run.clone()));
        }
    }

    /// What is there several times.
    fn repeated(&self) -> impl Iterator<Item = &Vec<Version>> {
        self.all.values().flat_map(BTreeMap::values).filter(|versions| versions.len() > 1)
    }

    /// Whether all forecasts of some could be read.
    ///
    /// # Errors
    /// Why the first that could not could not.
    pub(crate) fn check(&self, names: &[String]) -> Result<()> {
        let concerned = |broken: &&Unreadable| names.iter().any(|name| name == broken.name());
        match self.unreadable.iter().find(concerned) {
            None => Ok(()),
            Some(broken) => Err(Error::config(&broken.folder, broken.error.to_string())),
        }
    }

    /// What should be known: which of several forecasts counts for which months, and which could not be read.
    pub(crate) fn notes(&self) -> Vec<String> {
        let unreadable = self.unreadable.iter().map(|broken| format!("{}: {}", broken.folder, broken.error));
        self.repeated().map(|versions| self.told(versions)).chain(unreadable).collect()
    }

    fn told(&self, versions: &[Version]) -> String {
        let m = &versions[0].filed.manifest;
        let last = versions.iter().map(|v| v.filed.manifest.origin.0 + v.filed.manifest.steps).max();
        let months = || (m.origin.0.0 + 1..=last.unwrap_or(m.origin.0).0).map(Period);
        let one = |version: &Version| {
            let counts = |month: &Period| {
                counting(versions, *month, self.cadence).is_some_and(|v| std::ptr::eq(v, version))
            };
            let when = version.issued.as_deref().map_or("when is not known", |issued| issued);
            let (run, label) = (&version.filed.manifest.run, |month| self.cadence.label(month));
            match (months().find(counts), months().rfind(counts)) {
                (Some(first), Some(last)) => {
                    let after =
                        if version.is_before(first, self.cadence) { "" } else { ", after that began" };
                    format!(
                        "that of run {run} (issued: {when}{after}) counts from {} to {}",
                        label(first),
                        label(last)
                    )
                }
                _ => format!("that of run {run} (issued: {when}) does not count"),
            }
        };
        let all: Vec<String> = versions.iter().map(one).collect();
        format!("`{}` has several forecasts from {}: {}", m.name, m.origin.1, all.join("; "))
    }

    /// The forecasters.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.all.keys()
    }

    /// The origins of all.
    pub(crate) fn origins(&self) -> BTreeSet<Period> {
        self.all.values().flat_map(BTreeMap::keys).copied().collect()
    }

    /// The forecast of one from an origin, as it counts for the month after that.
    pub(crate) fn find(&self, name: &str, origin: Period) -> Option<&Filed> {
        let versions = self.all.get(name)?.get(&origin)?;
        counting(versions, Period(origin.0 + 1), self.cadence).map(|version| &version.filed)
    }

    /// The forecasts that one has made of a month, at most `steps` before it.
    pub(crate) fn about(&self, name: &str, month: Period, steps: Step) -> Vec<&Filed> {
        let first = Period(month.0 - i32::from(steps.0));
        let Some(origins) = self.all.get(name) else { return Vec::new() };
        let counts = origins.range(first..month);
        counts.filter_map(|(_, all)| Some(&counting(all, month, self.cadence)?.filed)).collect()
    }

    /// The units that two forecast, where they do not forecast the same; `None` too where none is in both.
    ///
    /// # Errors
    /// A forecast that cannot be read.
    pub(crate) fn units_of_both(&self, one: &str, other: &str) -> Result<Option<Units>> {
        let newest = |name: &str| {
            let (origin, _) = self.all.get(name)?.last_key_value()?;
            self.find(name, *origin)
        };
        let (Some(one), Some(other)) = (newest(one), newest(other)) else { return Ok(None) };
        let units = |filed: &Filed| -> Result<Units> { Ok(filed.open()?.field(Step(1))?.units().clone()) };
        let (one, other) = (units(one)?, units(other)?);
        let both: Units = one.iter().copied().filter(|unit| other.binary_search(unit).is_ok()).collect();
        Ok((one != other && !both.is_empty()).then_some(both))
    }

    /// The first month that one has forecast.
    pub(crate) fn first_of(&self, name: &str) -> Option<Period> {
        Some(Period(self.all.get(name)?.keys().next()?.0 + 1))
    }

    /// The first month that was forecast.
    pub(crate) fn first(&self) -> Option<Period> {
        self.all.values().filter_map(|origins| Some(Period(origins.keys().next()?.0 + 1))).min()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use forewarn_store::Manifest;
    use serde_json::json;

    use super::*;

    /// A forecast from December 2020 for three months, or more.
    fn manifest(run: &str, steps: u16) -> Manifest {
        let digest = forewarn_store::Digest::of_bytes(run.as_bytes());
        let manifest = json!({
            "schema": 2, "run": run, "name": "m",
            "made": { "kind": "import", "source": "s", "digest": "d", "layout": "l" },
            "target": "y", "level": "cm", "cadence": "month", "origin": [492, "2020-12"], "steps": steps,
            "draws": null, "units": 1, "missing": 0, "seed": 0, "vintage": "", "code": "", "config": digest,
            "data": {}, "file": digest
        });
        serde_json::from_value(manifest).unwrap()
    }

    fn issued(all: &[(&str, Option<&str>, u16)]) -> Issued {
        let archive = Archive::open("nowhere").unwrap();
        let version = |(run, issued, steps): &(&str, Option<&str>, u16)| Version {
            filed: archive.filed(manifest(run, *steps)),
            issued: issued.map(str::to_owned),
        };
        let origins = BTreeMap::from([(Period(492), all.iter().map(version).collect())]);
        let all = BTreeMap::from([("m".to_owned(), origins)]);
        Issued { all, cadence: Cadence::Month, unreadable: Vec::new() }
    }

    /// The runs that count from January to March 2021.
    fn counts(issued: &Issued) -> [String; 3] {
        [493, 494, 495].map(|month| {
            let about = issued.about("m", Period(month), Step(36));
            assert_eq!(about.len(), 1, "one of an origin");
            about[0].manifest.run.clone()
        })
    }

    #[test]
    fn the_last_forecast_before_a_month_began_counts_for_it() {
        let (first, second) = ("2020-12-31T23:59:59Z", "2021-02-28T23:59:59Z");
        let late = "2021-03-01T00:00:00Z";
        let all = issued(&[("b", Some(first), 3), ("a", Some(second), 3), ("0", Some(late), 3)]);
        assert_eq!(counts(&all), ["b", "b", "a"], "what came when March began is too late for it");
        assert_eq!(all.find("m", Period(492)).unwrap().manifest.run, "b");
        let [told] = &all.notes()[..] else { panic!("one note") };
        for part in [
            "`m` has several forecasts from 2020-12: ",
            "run b (issued: 2020-12-31T23:59:59Z) counts from 2021-01 to 2021-02; ",
            "run a (issued: 2021-02-28T23:59:59Z) counts from 2021-03 to 2021-03; ",
            "run 0 (issued: 2021-03-01T00:00:00Z) does not count",
        ] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn nobody_replaces_a_forecast_afterwards() {
        let after = [("b", Some("2024-01-01T00:00:00Z"), 3), ("a", Some("2024-01-02T00:00:00Z"), 3)];
        let all = issued(&after);
        assert_eq!(counts(&all), ["b", "b", "b"], "the first, with the least hindsight");
        assert!(all.notes()[0].contains("run b (issued: 2024-01-01T00:00:00Z, after that began) counts"));
        let longer =
            issued(&[("b", Some("2020-12-01T00:00:00Z"), 2), ("a", Some("2024-01-02T00:00:00Z"), 3)]);
        assert_eq!(counts(&longer), ["b", "b", "a"], "only who forecasts a month counts for it");
    }

    #[test]
    fn who_does_not_say_when_comes_last() {
        let mut all = issued(&[("a", None, 3), ("b", None, 3)]);
        assert_eq!(counts(&all), ["a", "a", "a"], "by the ids of the runs");
        let file = forewarn_store::Digest::of_bytes(b"b");
        let filing = json!({
            "run": "b", "until": "archive", "end": "done", "ended": "2024-01-01T00:00:00Z",
            "digests": { "forecasts": { "m": file } }
        });
        all.date(&[serde_json::from_value(filing).unwrap()]);
        assert_eq!(counts(&all), ["b", "b", "b"]);
        assert!(all.notes()[0].contains("run a (issued: when is not known) does not count"));
    }
}
