//! What a gate said in earlier periods: one file a period, `gates/KIND/PERIOD.json` in the output folder.

use std::path::{Path, PathBuf};

use forewarn_core::{Cadence, Period};
use forewarn_drift::gate::{Judged, Verdict};
use forewarn_store::file as files;

use super::{Evidence, Kind};
use crate::{Error, Result};

/// The evidence of one gate, ascending by period.
pub(crate) struct History {
    folder: PathBuf,
    periods: Vec<(Period, Evidence)>,
}

impl History {
    /// Reads what there is in an output folder.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that cannot be read: forgetting it would silence or repeat an alarm.
    pub(crate) fn open(root: &Path, kind: Kind, cadence: Cadence) -> Result<Self> {
        let folder = root.join("gates").join(kind.as_str());
        let mut periods = Vec::new();
        if folder.is_dir() {
            for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
                let path = entry.map_err(Error::io(&folder))?.path();
                if path.extension().is_some_and(|e| e == "json") {
                    let evidence = Self::read(&path)?;
                    periods.push((cadence.parse(&evidence.period)?, evidence));
                }
            }
        }
        periods.sort_by_key(|(period, _)| *period);
        Ok(Self { folder, periods })
    }

    fn read(path: &Path) -> Result<Evidence> {
        let bytes = std::fs::read(path).map_err(Error::io(path))?;
        serde_json::from_slice(&bytes).map_err(|e| {
            let reason = format!("it is no evidence of a gate ({e}); move it away to go on without it");
            Error::config(path.display().to_string(), reason)
        })
    }

    /// What was judged in the periods before `now`, latest last.
    pub(crate) fn before(&self, now: Period) -> Vec<Vec<Judged>> {
        let earlier = self.periods.iter().filter(|(period, _)| *period < now);
        earlier.map(|(_, evidence)| evidence.readings.clone()).collect()
    }

    /// The evidence of a period.
    pub(crate) fn at(&self, period: Period) -> Option<&Evidence> {
        self.periods.iter().find(|(p, _)| *p == period).map(|(_, evidence)| evidence)
    }

    /// The evidence up to a period, ascending; nothing where there is none of that period itself.
    pub(crate) fn until(&self, now: Period) -> Vec<Evidence> {
        let end = self.periods.iter().position(|(period, _)| *period == now).map_or(0, |i| i + 1);
        self.periods[..end].iter().map(|(_, evidence)| evidence.clone()).collect()
    }

    /// The edition of the panel that the gate let pass before the one with this digest: its file and digest.
    pub(crate) fn edition_before(&self, now: Period, digest: &str) -> Option<(String, String)> {
        let file = |evidence: &Evidence| evidence.looked.files.first().cloned();
        // A run that is repeated compares with what it compared with the first time.
        if let Some(same) = self.at(now).filter(|e| file(e).is_some_and(|(_, d)| d == digest)) {
            return same.looked.previous.clone();
        }
        // An edition that failed is no reference: what mends it would look like a revision, and fail too.
        let sound = |evidence: &Evidence| evidence.verdict != Verdict::Fail;
        let earlier = self.periods.iter().rev().filter(|(period, e)| *period <= now && sound(e));
        earlier.filter_map(|(_, evidence)| file(evidence)).find(|(_, d)| d != digest)
    }

    /// Keeps what the gate says now; what it said of the same period before is replaced.
    ///
    /// # Errors
    /// [`Error::Store`] when it cannot be written.
    pub(crate) fn keep(&self, evidence: &Evidence) -> Result<PathBuf> {
        let path = self.folder.join(format!("{}.json", evidence.period.replace(':', "")));
        let bytes = serde_json::to_vec_pretty(evidence).map_err(|e| Error::io(&path)(e.into()))?;
        files::write_bytes(&path, &bytes)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::Looked;
    use crate::gates::evidence::tests::evidence;

    fn seen(digest: &str, verdict: Verdict) -> Evidence {
        let file = |digest: &str| (format!("{digest}.parquet"), digest.to_owned());
        let looked = Looked { files: vec![file(digest)], previous: Some(file("older")), columns: Vec::new() };
        Evidence { verdict, looked, ..evidence() }
    }

    fn history(all: [(i32, Evidence); 2]) -> History {
        let periods = all.map(|(period, evidence)| (Period(period), evidence)).to_vec();
        History { folder: PathBuf::new(), periods }
    }

    #[test]
    fn an_edition_that_failed_is_no_reference_for_the_one_that_mends_it() {
        let digest = |found: Option<(String, String)>| found.map(|(_, digest)| digest);
        let failed = history([(491, seen("good", Verdict::Warn)), (492, seen("spoilt", Verdict::Fail))]);
        assert_eq!(digest(failed.edition_before(Period(492), "mended")).as_deref(), Some("good"));
        assert_eq!(digest(failed.edition_before(Period(493), "next")).as_deref(), Some("good"));
        // The same edition again is compared with what it was compared with.
        assert_eq!(digest(failed.edition_before(Period(492), "spoilt")).as_deref(), Some("older"));
        let passed = history([(491, seen("good", Verdict::Pass)), (492, seen("revised", Verdict::Pass))]);
        assert_eq!(digest(passed.edition_before(Period(492), "again")).as_deref(), Some("revised"));
    }
}
