//! How many units are active.

use forewarn_core::prelude::*;

use super::leads::Leads;
use super::ratio::Ratio;
use crate::limit;

forewarn_core::entry!(OutputCheck: Activation as "activation", check);

/// Whether as many units are expected to be active as in the last forecast, at the same steps.
///
/// The share of draws that are events, averaged over units and added over steps, against that of the latest earlier
/// forecast, and against that from `season` periods before where there is one. The effect is **the absolute log
/// ratio**, `|ln(now / then)|` (0.41 is half more or a third less); a share of zero counts as a millionth. The p value
/// is two-sided, by the prediction interval of Student's t on the changes between earlier forecasts as many periods
/// apart (Geisser 1993, Predictive Inference); with fewer than six of them, or none that differ, the reading is a
/// fact. It takes changes for independent and nearly normal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Activation {
    /// Ranges of steps, one reading each.
    pub leads: Leads,
    /// Absolute log ratio to the last forecast that matters.
    #[schemars(range(min = 0.0))]
    pub limit: f64,
    /// Periods of a year.
    #[schemars(range(min = 1))]
    pub season: u32,
    /// Absolute log ratio to the forecast of the year before that matters.
    #[schemars(range(min = 0.0))]
    pub season_limit: f64,
}

impl Default for Activation {
    fn default() -> Self {
        Self { leads: Leads::default(), limit: 1.5_f64.ln(), season: 12, season_limit: 2.0_f64.ln() }
    }
}

impl Activation {
    fn check(self) -> Result<Self> {
        self.leads.check("activation")?;
        limit::positive("activation", &[("limit", self.limit), ("season-limit", self.season_limit)])?;
        Ok(self)
    }
}

impl OutputCheck for Activation {
    fn read(&self, args: &OutputArgs<'_>) -> Result<Vec<Reading>> {
        let ratio = Ratio {
            what: "the expected share of active units, added up",
            of: &FieldSummary::active_share,
            parts: |field| &field.active,
            leads: &self.leads,
            limit: self.limit,
            season: (self.season, self.season_limit),
        };
        Ok(ratio.read(args))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::cases::{history, outlook};

    #[test]
    fn worked_by_hand() {
        // Cases are active in as many of ten draws as their mean says.
        let last = outlook(500, &[1], &[[1.0, 3.0]]);
        let now = outlook(501, &[1], &[[7.0, 1.0]]);
        let readings = Activation::default().read(&OutputArgs::new(&now, &[last])).unwrap();
        assert!((readings[0].effect.unwrap() - 2.0_f64.ln()).abs() < 1e-6, "{readings:?}");
        assert_eq!(readings[0].units, [Unit(1)], "where more is expected, not less");
        assert!(readings[0].message.contains("over step 1 is 0.4, and was 0.2"), "{}", readings[0].message);
    }

    #[test]
    fn a_forecast_that_wakes_up_everywhere_is_seen() {
        let (earlier, mut now) = (history(24, 1.0), history(25, 1.0).pop().unwrap());
        let read = |now: &Outlook| Activation::default().read(&OutputArgs::new(now, &earlier)).unwrap();
        assert!(read(&now).iter().all(|r| !r.matters()), "{:?}", read(&now));
        for field in &mut now.steps {
            field.active.iter_mut().for_each(|share| *share = 0.5_f32.max(*share));
        }
        assert!(read(&now).iter().all(|r| r.matters() && r.p_value.is_none_or(|p| p < 1e-3)), "{:?}", read(&now));
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"season-limit": -1.0})).unwrap_err().to_string();
        assert!(error.contains("`season-limit` is -1"), "{error}");
    }
}
