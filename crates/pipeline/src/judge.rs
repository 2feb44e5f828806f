//! One gate of a run, by itself.

use crate::code::Code;
use crate::gates::{self, Evidence, Kind};
use crate::outcome::Until;
use crate::progress::Observer;
use crate::run::run_with;
use crate::session::{Access, session};
use crate::{Error, Resolved, Result};

/// Judges by one gate of a run, leaves its evidence, and says what it would stop a run with.
///
/// # Errors
/// What stops the run before the gate can judge.
pub fn judge(
    run: &Resolved,
    code: &Code,
    kind: Kind,
    observer: &dyn Observer,
) -> Result<(Evidence, Option<Error>)> {
    if kind == Kind::Input {
        return session(run, code, observer, Access::Alone, |session| {
            let judgement = gates::input(session)?;
            judgement.publish(session)?;
            let stop = judgement.pass(session).err();
            Ok((judgement.evidence, stop))
        });
    }
    let (_, judged) = run_with(run, code, Until::Judge, observer, |session, _| {
        let none = || Error::config("gate", "the run issues no forecast: nothing goes out");
        let judgement = gates::judged(session, kind)?.ok_or_else(none)?;
        let stop = judgement.pass(session).err();
        Ok((judgement.evidence, stop))
    })?;
    Ok(judged)
}
