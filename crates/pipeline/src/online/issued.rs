//! Who has issued what: the forecasts of the archive that are about the target of a run.

use std::collections::{BTreeMap, BTreeSet};

use forewarn_core::{Period, Step};
use forewarn_store::{Archive, Filed, Unreadable};

use crate::context::Context;
use crate::{Error, Result};

/// The forecasts of one target, by forecaster and origin.
pub(crate) struct Issued {
    all: BTreeMap<String, BTreeMap<Period, Filed>>,
    /// Where several runs have issued a forecast of the same name and origin.
    repeated: Vec<String>,
    unreadable: Vec<Unreadable>,
}

impl Issued {
    /// Those of an archive. Of several runs with the same name and origin the first by its id counts, and that is told.
    ///
    /// # Errors
    /// An archive that cannot be read.
    pub(crate) fn of(ctx: &Context<'_>, archive: &Archive) -> Result<Self> {
        let target = &ctx.run.config.target;
        let (found, unreadable) = archive.list()?;
        let mut issued = Self { all: BTreeMap::new(), repeated: Vec::new(), unreadable };
        for filed in found {
            let m = &filed.manifest;
            if m.target != target.column || m.level != target.level || m.cadence != ctx.cadence() {
                continue;
            }
            let (name, origin) = (m.name.clone(), m.origin.0);
            let place = issued.all.entry(name).or_default();
            if let Some(first) = place.get(&origin) {
                let (run, label) = (&first.manifest.run, ctx.cadence().label(origin));
                issued.repeated.push(format!(
                    "`{}` has several forecasts from {label}: that of run {run} counts, not that of {}",
                    m.name, m.run
                ));
                continue;
            }
            place.insert(origin, filed);
        }
        Ok(issued)
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

    /// What should be known: which forecasts do not count, and which could not be read.
    pub(crate) fn notes(&self) -> Vec<String> {
        let unreadable = self.unreadable.iter().map(|broken| format!("{}: {}", broken.folder, broken.error));
        self.repeated.iter().cloned().chain(unreadable).collect()
    }

    /// The forecasters.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.all.keys()
    }

    /// The origins of all.
    pub(crate) fn origins(&self) -> BTreeSet<Period> {
        self.all.values().flat_map(BTreeMap::keys).copied().collect()
    }

    /// The forecast of one from an origin.
    pub(crate) fn find(&self, name: &str, origin: Period) -> Option<&Filed> {
        self.all.get(name)?.get(&origin)
    }

    /// The forecasts that one has made of a month, at most `steps` before it.
    pub(crate) fn about(&self, name: &str, month: Period, steps: Step) -> Vec<&Filed> {
        let first = Period(month.0 - i32::from(steps.0));
        let Some(origins) = self.all.get(name) else { return Vec::new() };
        let reaches = |filed: &&Filed| filed.manifest.origin.0 + filed.manifest.steps >= month;
        origins.range(first..month).map(|(_, filed)| filed).filter(reaches).collect()
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
