//! Truth: what was observed, in all its editions. Forecasts are scored by one edition, and again when another one says
//! something else.

use std::borrow::Cow;
use std::collections::BTreeMap;

use forewarn_core::{Cadence, Panel, Period};
use forewarn_data::panel_file;
pub use forewarn_store::Edition;
use forewarn_store::{Digest, Editions};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::config::day_of;
use crate::progress::Observer;
use crate::session::{Access, Session, session};
use crate::{Error, Resolved, Result};

/// What was observed of the target in one edition, with a digest of each period.
pub(crate) struct Truth<'a> {
    panel: Cow<'a, Panel>,
    /// The edition.
    pub(crate) edition: Edition,
    /// The first edition that says the same of a period, by period.
    since: Vec<u32>,
}

/// What is told of the edition that scores are by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Its number.
    pub number: u32,
    /// What it is, in words.
    pub vintage: String,
    /// Day on which it was known.
    pub known: Option<String>,
    /// Whether the month may still be revised in it.
    pub provisional: bool,
    /// The first edition that says the same of the month.
    pub since: u32,
}

impl<'a> Truth<'a> {
    /// That of the session, which is recorded when it is new; or what was known on a day.
    ///
    /// # Errors
    /// What cannot be read or written; [`Error::Config`] when no edition was known by then.
    pub(crate) fn of(session: &'a Session<'_>, as_known: Option<&str>) -> Result<Self> {
        let (now, _) = record(session)?;
        let editions = editions(session)?;
        let all = editions.list()?;
        let Some(day) = as_known else {
            let since = since(&all, &now);
            return Ok(Self { panel: Cow::Borrowed(session.ctx.panel()?), edition: now, since });
        };
        let day = day_of("--as-known", day)?;
        let known = all.iter().filter(|edition| edition.known.as_deref().is_some_and(|known| known <= day));
        let newest = known.max_by_key(|edition| (&edition.known, edition.axis.last(), edition.number));
        let Some(edition) = newest else {
            let reason =
                format!("no edition of the truth was known on {day}; `truth.known` says when one was");
            return Err(Error::config("--as-known", reason));
        };
        let panel = Cow::Owned(panel_file::read(&editions.read(edition)?)?);
        Ok(Self { panel, edition: edition.clone(), since: since(&all, edition) })
    }

    /// What was observed.
    pub(crate) fn panel(&self) -> &Panel {
        &self.panel
    }

    /// Digest of the periods from `first` to `last`, as far as there are any.
    pub(crate) fn digest(&self, first: Period, last: Period) -> String {
        let each = (first.0..=last.0).filter_map(|period| self.edition.period(Period(period)));
        Digest::of_bytes(each.collect::<Vec<_>>().concat().as_bytes()).to_string()
    }

    /// What is told of it about a period of it.
    pub(crate) fn told(&self, period: Period) -> Told {
        let at = self.edition.axis.index(period);
        Told {
            number: self.edition.number,
            vintage: self.edition.vintage.clone(),
            known: self.edition.known.clone(),
            provisional: self.edition.is_provisional(period),
            since: at.map_or(self.edition.number, |at| self.since[at]),
        }
    }
}

/// By period, the first edition that says what `edition` says of it, and after which none said otherwise.
fn since(all: &[Edition], edition: &Edition) -> Vec<u32> {
    let of = |at: usize| {
        let period = edition.axis.period(at);
        let same = |other: &&Edition| other.period(period) == edition.period(period);
        let has = |other: &&Edition| other.number <= edition.number && other.period(period).is_some();
        let before = all.iter().rev().filter(has);
        before.take_while(same).last().map_or(edition.number, |first| first.number)
    };
    (0..edition.axis.len).map(of).collect()
}

fn editions(session: &Session<'_>) -> Result<Editions> {
    let run = session.ctx.run;
    Ok(Editions::open(&run.shared("truth"), &run.config.target.column, &run.config.target.level)?)
}

/// Records the target of a session as an edition of the truth, unless it is there; tells whether it is new.
///
/// # Errors
/// [`Error::Config`] when `[truth]` has no days and periods; what cannot be read or written.
pub(crate) fn record(session: &Session<'_>) -> Result<(Edition, bool)> {
    let (ctx, config) = (session.ctx, &session.ctx.run.config);
    let whole = ctx.panel()?;
    let mut panel = Panel::new(whole.axis(), whole.units().clone())?;
    panel.push(&config.target.column, whole.column(&config.target.column)?.values().to_vec())?;
    let mut values = Vec::new();
    panel_file::write(&panel, &mut values)?;
    let draft = Edition {
        schema: 1,
        number: 0,
        target: config.target.column.clone(),
        level: config.target.level.clone(),
        axis: panel.axis(),
        units: panel.units().len() as u64,
        vintage: config.vintage.clone(),
        known: config.truth.known.clone(),
        provisional: config.truth.check(ctx.cadence())?,
        data: BTreeMap::from([(session.snapshot.name.clone(), session.snapshot.digest.clone())]),
        periods: digests(&panel, &config.target.column)?,
        file: Digest::of_bytes(&values),
    };
    Ok(editions(session)?.record(&draft, &values)?)
}

/// Digest of the values of each period, and of whose values they are.
fn digests(panel: &Panel, column: &str) -> Result<Vec<String>> {
    let units: Vec<u8> = panel.units().iter().flat_map(|u| u.0.to_le_bytes()).collect();
    let digest = |index: usize| {
        let values = panel.field(column, panel.axis().period(index))?;
        let values = values.iter().flat_map(|v| v.to_le_bytes());
        let bytes: Vec<u8> = units.iter().copied().chain(values).collect();
        Ok(Digest::of_bytes(&bytes).as_str()[..16].to_owned())
    };
    (0..panel.axis().len).into_par_iter().map(digest).collect()
}

/// How two editions differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Revision {
    /// The earlier edition.
    pub from: Edition,
    /// The later one.
    pub to: Edition,
    /// By year of months, else by period: label, sum in the earlier one, sum in the later one, values that differ.
    pub sums: Vec<(String, f64, f64, u64)>,
}

/// The editions of the target of a run; the present one is recorded when it is new.
///
/// # Errors
/// What stops a run before it learns.
pub fn list(run: &Resolved, code: &Code, observer: &dyn Observer) -> Result<Vec<Edition>> {
    session(run, code, observer, Access::Alone, |session| {
        record(session)?;
        Ok(editions(session)?.list()?)
    })
}

/// What changed between two editions, over the periods and units of both.
///
/// # Errors
/// [`Error::Config`] when there is no such edition; what cannot be read.
pub fn compare(
    run: &Resolved,
    code: &Code,
    (from, to): (u32, u32),
    observer: &dyn Observer,
) -> Result<Revision> {
    session(run, code, observer, Access::Alone, |session| {
        record(session)?;
        let editions = editions(session)?;
        let all = editions.list()?;
        let find = |number: u32| {
            let found = all.iter().find(|edition| edition.number == number);
            let reason =
                || format!("there is no edition {number} of the truth; there are 1 to {}", all.len());
            found.cloned().ok_or_else(|| Error::config("truth", reason()))
        };
        let (from, to) = (find(from)?, find(to)?);
        let read = |edition: &Edition| -> Result<Panel> { Ok(panel_file::read(&editions.read(edition)?)?) };
        let sums = revised(&read(&from)?, &read(&to)?, &from.target)?;
        Ok(Revision { from, to, sums })
    })
}

/// Sums of both by year, where there are years, and how many values differ, over the periods and units of both.
fn revised(from: &Panel, to: &Panel, column: &str) -> Result<Vec<(String, f64, f64, u64)>> {
    let (a, b) = (from.axis(), to.axis());
    let common: Vec<(usize, usize)> = from
        .units()
        .iter()
        .enumerate()
        .filter_map(|(i, unit)| Some((i, to.units().binary_search(unit).ok()?)))
        .collect();
    let mut sums: Vec<(String, f64, f64, u64)> = Vec::new();
    for period in (a.first.max(b.first).0..=a.last().min(b.last()).0).map(Period) {
        let (then, now) = (from.field(column, period)?, to.field(column, period)?);
        let label = a.cadence.label(period);
        let label = if a.cadence == Cadence::Month { label[..4].to_owned() } else { label };
        if sums.last().is_none_or(|(last, ..)| *last != label) {
            sums.push((label, 0.0, 0.0, 0));
        }
        let Some((_, before, after, values)) = sums.last_mut() else { continue };
        for (i, j) in &common {
            let (x, y) = (then[*i], now[*j]);
            // What is missing adds nothing, and is a revision where it is no longer.
            *before += if x.is_nan() { 0.0 } else { f64::from(x) };
            *after += if y.is_nan() { 0.0 } else { f64::from(y) };
            *values += u64::from(x != y && !(x.is_nan() && y.is_nan()));
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Axis, Unit, Units};

    use super::*;

    const TARGET: &str = "ged_sb";

    fn panel(first: i32, ids: &[u32], values: &[f32]) -> Panel {
        let units: Units = ids.iter().copied().map(Unit).collect();
        let axis = Axis { cadence: Cadence::Month, first: Period(first), len: values.len() / ids.len() };
        let mut panel = Panel::new(axis, units).unwrap();
        panel.push(TARGET, values.to_vec()).unwrap();
        panel
    }

    fn edition(number: u32, panel: &Panel) -> Edition {
        Edition {
            schema: 1,
            number,
            target: TARGET.to_owned(),
            level: "cm".to_owned(),
            axis: panel.axis(),
            units: panel.units().len() as u64,
            vintage: String::new(),
            known: None,
            provisional: None,
            data: BTreeMap::new(),
            periods: digests(panel, TARGET).unwrap(),
            file: Digest::of_bytes(b""),
        }
    }

    #[test]
    fn it_is_known_since_which_edition_a_month_says_what_it_says() {
        let first = panel(480, &[1, 2], &[1.0, 0.0, 2.0, 0.0]);
        let second = panel(480, &[1, 2], &[1.0, 0.0, 9.0, 0.0, 3.0, 0.0]);
        let third = panel(480, &[1, 2], &[1.0, 0.0, 2.0, 0.0, 3.0, 0.0]);
        let all = [edition(1, &first), edition(2, &second), edition(3, &third)];
        assert_eq!(since(&all, &all[2]), [1, 3, 2], "what was taken back is said anew");
        assert_eq!(since(&all, &all[1]), [1, 2, 2], "later editions do not matter");
        let same = [edition(1, &first), edition(2, &first), edition(3, &second)];
        assert_eq!(since(&same, &same[1]), [1, 1], "whatever they say");
        let cut = panel(480, &[1, 2], &[1.0, 0.0]);
        let with = [edition(1, &second), edition(2, &cut), edition(3, &second)];
        assert_eq!(
            since(&with, &with[2]),
            [1, 1, 1],
            "who does not say anything of a month says nothing else"
        );
    }

    #[test]
    fn a_digest_is_of_values_and_units() {
        let one = digests(&panel(480, &[1, 2], &[1.0, 0.0]), TARGET).unwrap();
        assert_eq!(one, digests(&panel(481, &[1, 2], &[1.0, 0.0]), TARGET).unwrap());
        assert_ne!(one, digests(&panel(480, &[1, 3], &[1.0, 0.0]), TARGET).unwrap());
        assert_ne!(
            one,
            digests(&panel(480, &[1, 2], &[1.0, f32::NAN]), TARGET).unwrap(),
            "missing is not zero"
        );
    }

    #[test]
    fn revisions_are_of_the_rows_of_both() {
        let nan = f32::NAN;
        let from = panel(491, &[1, 2], &[5.0, 1.0, 7.0, nan]);
        let to = panel(492, &[2, 3], &[4.0, 9.0, 2.0, 9.0]);
        // Month 492 is December 2020; only unit 2 is in both.
        assert_eq!(revised(&from, &to, TARGET).unwrap(), [("2020".to_owned(), 0.0, 4.0, 1)]);
        let same = revised(&from, &from, TARGET).unwrap();
        assert_eq!(same, [("2020".to_owned(), 13.0, 13.0, 0)], "what is missing in both is no revision");
    }
}
