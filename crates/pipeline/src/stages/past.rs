//! What the members of an ensemble had forecast before an origin, and what is known of it there.

use forewarn_core::{Error as Fault, Field, Member, Panel, Past, PastTarget, Period, Step};
use serde_json::{Value, json};

use crate::Result;
use crate::context::Context;
use crate::stages::backtest::Backtest;
use crate::stages::forecast::Made;

/// Forecasts of `members` from earlier origins, for the targets that are observed at `origin`.
///
/// So weights are learned as they could have been at the time: neither from a truth nor from a forecast that came later.
#[derive(Debug)]
pub(crate) struct PastForecasts<'a> {
    panel: &'a Panel,
    target: &'a str,
    steps: Step,
    origin: Period,
    earlier: Vec<(Period, Vec<&'a Made>)>,
}

impl<'a> PastForecasts<'a> {
    /// Those of `backtests` from before `origin`.
    ///
    /// # Errors
    /// A member that has no forecast from one of the earlier origins is named; a panel that cannot be read.
    pub(crate) fn of(
        ctx: &'a Context<'_>,
        members: &[String],
        backtests: &'a [Backtest],
        origin: Period,
    ) -> Result<Self> {
        let earlier = backtests.iter().filter(|b| b.origin < origin).map(|backtest| {
            let made = |name: &String| {
                let label = ctx.cadence().label(backtest.origin);
                let absent =
                    || Fault::data(format!("member `{name}` has no forecast from {label} to learn from"));
                backtest.made.iter().find(|made| made.name == *name).ok_or_else(absent)
            };
            Ok((backtest.origin, members.iter().map(made).collect::<Result<_, Fault>>()?))
        });
        let config = &ctx.run.config;
        let (panel, target, steps) = (ctx.panel()?, config.target.column.as_str(), config.forecast.steps);
        Ok(Self { panel, target, steps, origin, earlier: earlier.collect::<Result<_>>()? })
    }

    /// Digests of everything that can be learned from.
    pub(crate) fn inputs(&self, ctx: &Context<'_>) -> Value {
        let made = |(origin, made): &(Period, Vec<&Made>)| {
            json!([origin, made.iter().map(|made| &made.digest).collect::<Vec<_>>()])
        };
        json!([ctx.panel_digest(), self.target, self.earlier.iter().map(made).collect::<Vec<_>>()])
    }

    /// The steps from `from` whose targets are observed at the origin.
    fn known(&self, from: Period) -> impl Iterator<Item = Step> + use<> {
        let last = (self.origin.0 - from.0).min(i32::from(self.steps.0));
        (1..=last).map(|step| Step(step as u16))
    }
}

impl Past for PastForecasts<'_> {
    fn visit(
        &self,
        each: &mut dyn FnMut(&PastTarget<'_>) -> forewarn_core::Result<()>,
    ) -> forewarn_core::Result<()> {
        let unreadable =
            |e: &dyn std::fmt::Display| Fault::data(format!("a past forecast cannot be read: {e}"));
        for (origin, made) in &self.earlier {
            let files = made.iter().map(|made| made.open()).collect::<Result<Vec<_>>>();
            let files = files.map_err(|e| unreadable(&e))?;
            for step in self.known(*origin) {
                let fields = files.iter().map(|file| file.field(step)).collect::<Result<Vec<Field>, _>>();
                let fields = fields.map_err(|e| unreadable(&e))?;
                let both = made.iter().zip(&fields);
                let members: Vec<_> = both.map(|(made, field)| Member { name: &made.name, field }).collect();
                let truth = self.panel.field(self.target, *origin + step)?;
                each(&PastTarget { members: &members, truth })?;
            }
        }
        Ok(())
    }
}
