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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use forewarn_core::{Axis, Cadence, Unit, Units};
    use forewarn_store::{Digest, Labels, write_forecast};

    use super::*;
    use crate::stages::forecast::Size;

    const TARGET: &str = "ged_sb";

    /// Two units in periods 1 to 20; the truth of the first is the number of the period.
    fn panel() -> Panel {
        let axis = Axis { cadence: Cadence::Month, first: Period(1), len: 20 };
        let mut panel = Panel::new(axis, units()).unwrap();
        let values = (1..=20_u8).flat_map(|period| [f32::from(period), 0.0]).collect();
        panel.push(TARGET, values).unwrap();
        panel
    }

    fn units() -> Units {
        [Unit(7), Unit(9)].into_iter().collect()
    }

    /// A forecast of three steps, which says for the first unit 100 times its origin plus the step, and `add`.
    fn made(folder: &Path, name: &str, origin: i32, add: f32) -> Made {
        let file = folder.join(format!("{name}_{origin}.parquet"));
        let labels = Labels { target: TARGET.into(), level: "pgm".into(), cadence: Cadence::Month };
        let field = |step: u16| {
            let value = 100.0 * origin as f32 + f32::from(step) + add;
            Field::point(Period(origin), Step(step), units(), vec![value, 0.0]).unwrap()
        };
        write_forecast(std::fs::File::create(&file).unwrap(), &labels, (1..=3).map(field)).unwrap();
        Made {
            name: name.to_owned(),
            digest: file.display().to_string(),
            file,
            sha256: Digest::of_bytes(b""),
            seed: 0,
            size: Size::default(),
            absent: Vec::new(),
            weights: Vec::new(),
        }
    }

    fn past<'a>(panel: &'a Panel, origin: i32, earlier: &[(i32, &'a [Made])]) -> PastForecasts<'a> {
        let earlier = earlier.iter().map(|(from, made)| (Period(*from), made.iter().collect())).collect();
        PastForecasts { panel, target: TARGET, steps: Step(3), origin: Period(origin), earlier }
    }

    #[test]
    fn a_target_is_known_once_it_is_observed() {
        let panel = panel();
        let known =
            |origin, from| past(&panel, origin, &[]).known(Period(from)).map(|s| s.0).collect::<Vec<_>>();
        assert_eq!(known(15, 10), [1, 2, 3], "no more steps than there are");
        assert_eq!(known(13, 10), [1, 2, 3]);
        assert_eq!(known(12, 10), [1, 2], "period 13 comes after the origin");
        assert_eq!(known(11, 10), [1]);
        assert_eq!(
            (known(10, 10), known(9, 10)),
            (vec![], vec![]),
            "nothing of itself, or of what comes later"
        );
        assert_eq!(known(-8, -10), [1, 2], "periods before 1980");
    }

    #[test]
    fn targets_are_visited_origin_by_origin_with_their_truth() {
        let (folder, panel) = (tempfile::tempdir().unwrap(), panel());
        let of = |origin| [made(folder.path(), "b", origin, 0.0), made(folder.path(), "a", origin, 0.5)];
        let (tenth, twelfth) = (of(10), of(12));
        let past = past(&panel, 13, &[(10, &tenth), (12, &twelfth)]);
        let mut seen = Vec::new();
        past.visit(&mut |target| {
            let names: Vec<_> = target.members.iter().map(|m| m.name).collect();
            assert_eq!(names, ["b", "a"], "members keep their order");
            let first: Vec<f32> = target.members.iter().map(|m| m.field.values()[0]).collect();
            seen.push((first[0], first[1], target.truth[0]));
            Ok(())
        })
        .unwrap();
        let expected =
            [(1001.0, 1001.5, 11.0), (1002.0, 1002.5, 12.0), (1003.0, 1003.5, 13.0), (1201.0, 1201.5, 13.0)];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_visit_ends_with_the_first_refusal() {
        let (folder, panel) = (tempfile::tempdir().unwrap(), panel());
        let tenth = [made(folder.path(), "a", 10, 0.0)];
        let mut visits = 0;
        let stopped = past(&panel, 13, &[(10, &tenth)]).visit(&mut |_| {
            visits += 1;
            if visits == 2 { Err(Fault::data("enough")) } else { Ok(()) }
        });
        assert_eq!((stopped.unwrap_err().to_string().contains("enough"), visits), (true, 2));
        std::fs::remove_file(&tenth[0].file).unwrap();
        let gone = past(&panel, 13, &[(10, &tenth)]).visit(&mut |_| Ok(())).unwrap_err().to_string();
        assert!(gone.contains("a past forecast cannot be read"), "{gone}");
    }
}
