//! What all gates do alike: rules and history in, a step that judges, evidence out.

use forewarn_core::Reading;
use forewarn_drift::gate::{Judged, Rule, Terms, overall};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::history::History;
use super::{Evidence, GateFile, Judgement, Kind, Looked, Planted};
use crate::Result;
use crate::engine::{read_json, write_json};
use crate::session::Session;

/// File of what the gate judged, in its step.
const JUDGED: &str = "judged.json";

/// What judging finds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Found {
    /// Every reading, judged.
    pub(super) readings: Vec<Judged>,
    /// Faults that were planted.
    pub(super) planted: Vec<Planted>,
}

/// What a rule reads now, and the files with their digests that it is read from.
pub(crate) struct Again {
    /// Every reading of the rule.
    pub(crate) readings: Vec<Reading>,
    /// Names and digests.
    pub(crate) files: Vec<(String, String)>,
}

/// A gate of a run, with its rules and what it said before.
pub(super) struct Gate<'s> {
    /// The run.
    pub(super) session: &'s Session<'s>,
    /// Which gate.
    pub(super) kind: Kind,
    /// What it said before.
    pub(super) history: History,
    /// The file of rules.
    pub(super) file: GateFile,
}

impl<'s> Gate<'s> {
    /// Reads rules and history.
    ///
    /// # Errors
    /// What is no file of rules, or no evidence.
    pub(super) fn open(session: &'s Session<'s>, kind: Kind) -> Result<Self> {
        let file = GateFile::of(session.ctx.run)?;
        let history = History::open(&session.root, kind, session.ctx.cadence())?;
        Ok(Self { session, kind, history, file })
    }

    /// Judges what was `looked` at, unless that was done before; `inputs` is what `find` depends on besides.
    ///
    /// # Errors
    /// Waivers without a period, and what `find` answers.
    pub(super) fn judge(
        self,
        looked: Looked,
        inputs: &Value,
        find: impl FnOnce(&[Rule], &Terms<'_>) -> Result<Found>,
    ) -> Result<Judgement> {
        let Self { session, kind, history, file } = self;
        let (ctx, now) = (session.ctx, session.ctx.origin());
        let (rules, waivers) = (file.rules(kind), file.waivers(ctx.cadence(), now)?);
        let before = history.before(now);
        let memory = rules.iter().map(|rule| rule.persistence[1]).max().unwrap_or(1);
        let earlier = &before[before.len().saturating_sub(memory)..];
        let inputs = json!({
            "looked": looked,
            "inputs": inputs,
            "rules": rules,
            "waivers": waivers,
            "alpha": file.alpha,
            "earlier": earlier,
        });
        let output = ctx.engine.step("gate", kind.as_str(), &inputs, |workspace| {
            let found = find(&rules, &Terms { alpha: file.alpha, waivers: &waivers, earlier })?;
            write_json(workspace, JUDGED, &found)?;
            Ok(json!({ "verdict": overall(&found.readings) }))
        })?;
        let Found { readings, planted } = read_json(&output, JUDGED)?;
        let evidence = Evidence {
            schema: Evidence::SCHEMA,
            gate: kind,
            run: session.id.clone(),
            period: ctx.cadence().label(now),
            verdict: overall(&readings),
            alpha: file.alpha,
            false_alarms_a_year: file.alpha * ctx.cadence().season().max(1) as f64,
            looked,
            readings,
            planted,
        };
        Ok(Judgement { history, evidence })
    }
}
