//! What the forecasts that go out are compared with from when their models were trained: the reference of each artifact
//! in use, or rehearsals where one of them has none.

use forewarn_core::{Outlook, PartitionName, Reference, Trained};
use forewarn_store::{Artifact, REFERENCE};

use super::output::{Outgoing, outlook};
use crate::Result;
use crate::artifacts::{Kept, reference_numbers};
use crate::context::Context;
use crate::session::Session;
use crate::stages::forecast::Made;

/// A model's forecast that goes out, by itself or in an ensemble, and the reference that is kept with its artifact.
pub(super) struct Remembered<'a> {
    made: &'a Made,
    artifact: &'a Artifact,
    trained: Trained,
}

impl Remembered<'_> {
    /// Name and digest of the reference.
    pub(super) fn file(&self) -> (String, String) {
        let digest = self.artifact.fit.reference.as_ref().map(ToString::to_string);
        (format!("{}/{REFERENCE}", self.artifact.fit.name), digest.unwrap_or_default())
    }

    /// With its forecast, which is that of a member where another one goes out.
    ///
    /// # Errors
    /// A forecast that cannot be read.
    pub(super) fn then(&self, ctx: &Context<'_>, issued: &str) -> Result<Then> {
        let member = (self.made.name != issued).then(|| self.made.name.clone());
        let source = format!("when `{}` was trained", self.artifact.fit.name);
        Ok(Then { member, outlook: outlook(ctx, self.made)?, trained: self.trained.clone(), source })
    }
}

/// A forecast, and what such forecasts looked like.
pub(super) struct Then {
    member: Option<String>,
    outlook: Outlook,
    trained: Trained,
    source: String,
}

impl Then {
    /// What was rehearsed in place of references, and `why`; `None` without a rehearsal.
    pub(super) fn rehearsed(rehearsed: &[Outlook], now: Outlook, why: &str) -> Option<Self> {
        let trained = Trained::of(rehearsed);
        let source = format!("in the rehearsals of this run ({why})");
        (!trained.steps.is_empty()).then_some(Self { member: None, outlook: now, trained, source })
    }

    pub(super) fn reference(&self) -> Reference<'_> {
        let member = self.member.as_deref();
        Reference { member, outlook: &self.outlook, trained: &self.trained, source: &self.source }
    }
}

/// The references of all that goes into the forecast; or why one of them cannot be told.
pub(super) fn remembered<'a>(
    session: &Session<'_>,
    outgoing: &Outgoing<'a>,
) -> std::result::Result<Vec<Remembered<'a>>, String> {
    let issued = outgoing.issued;
    let ensemble = session.ensembles.iter().find(|spec| spec.name == issued.name);
    let names = ensemble.map_or_else(|| vec![issued.name.clone()], |spec| spec.members.clone());
    let present = names.iter().filter(|name| !issued.absent.contains(name));
    let event = session.ctx.run.config.evaluation.event;
    let one = |name: &String| {
        let missing = || format!("`{name}` is kept in no artifact");
        let made = outgoing.made.iter().find(|made| made.name == *name).ok_or_else(missing)?;
        let artifact = in_use(session.ctx, outgoing.kept, name).ok_or_else(missing)?;
        let trained = reference_numbers(artifact, event).map_err(|e| e.to_string())?;
        Ok(Remembered { made, artifact, trained })
    };
    present.map(one).collect()
}

/// The artifact that the model forecasts with; where that has learned up to the origin, so that its reference is the forecast
/// itself, the one of the same settings that is scored.
fn in_use<'a>(ctx: &Context<'_>, kept: &'a Kept<'_>, model: &str) -> Option<&'a Artifact> {
    let forecasts = kept.of(model, PartitionName::Forecasting)?;
    if forecasts.fit.training.last == ctx.cadence().label(ctx.origin()) {
        return kept.of(model, ctx.run.config.evaluation.partition);
    }
    Some(forecasts)
}
