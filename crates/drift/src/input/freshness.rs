//! Whether the newest period is the one that should be there.

use forewarn_core::prelude::*;

forewarn_core::entry!(InputCheck: Freshness as "freshness");

/// How many periods the observations are behind.
///
/// The effect is the number of periods between the newest one of the panel and the one that is due, 0 when it is there;
/// the limit is 1. There is no reading where nobody said what is due. A fact, without chance.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Freshness {}

impl InputCheck for Freshness {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        let Some(due) = args.due else { return Ok(Vec::new()) };
        let (axis, newest) = (args.panel.axis(), args.panel.axis().last());
        let label = |period| axis.cadence.label(period);
        let behind = (due.0 - newest.0).max(0);
        let message = format!("the newest period is {}, {} is due", label(newest), label(due));
        Ok(vec![Reading::fact("periods", f64::from(behind), 1.0, message)])
    }
}
