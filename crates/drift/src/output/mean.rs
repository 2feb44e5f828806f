//! How much is expected in all.

use forewarn_core::prelude::*;

use super::leads::Leads;
use super::ratio::Ratio;
use crate::limit;

forewarn_core::entry!(OutputCheck: Mean as "mean", check);

/// Whether as much is expected in all as in the last forecast, at the same steps.
///
/// The sum over units and steps of the means of the draws, against that of the latest earlier forecast, and against
/// that from `season` periods before where there is one. The effect is **the absolute log ratio**, `|ln(now / then)|`
/// (0.69 is twice or half as much); a sum of zero counts as a millionth. The p value is two-sided, by the prediction
/// interval of Student's t on the changes between earlier forecasts as many periods apart (Geisser 1993, Predictive
/// Inference); with fewer than six of them, or none that differ, the reading is a fact. It takes changes for
/// independent and nearly normal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mean {
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

impl Default for Mean {
    fn default() -> Self {
        let double = std::f64::consts::LN_2;
        Self { leads: Leads::default(), limit: double, season: 12, season_limit: 2.0 * double }
    }
}

impl Mean {
    fn check(self) -> Result<Self> {
        self.leads.check("mean")?;
        limit::positive("mean", &[("limit", self.limit), ("season-limit", self.season_limit)])?;
        Ok(self)
    }
}

impl OutputCheck for Mean {
    fn read(&self, args: &OutputArgs<'_>) -> Result<Vec<Reading>> {
        let ratio = Ratio {
            what: "the sum of the means",
            of: &FieldSummary::sum,
            parts: |field| &field.means,
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
        let last = outlook(500, &[1, 2, 3], &[[1.0, 3.0], [1.0, 1.0], [0.0, 2.0]]);
        let now = outlook(501, &[1, 2, 3], &[[4.0, 4.0], [1.0, 1.0], [0.0, 2.0]]);
        let readings = Mean::default().read(&OutputArgs::new(&now, &[last])).unwrap();
        assert_eq!(readings.len(), 2);
        assert!((readings[0].effect.unwrap() - 2.0_f64.ln()).abs() < 1e-15 && readings[0].matters());
        assert_eq!((readings[0].p_value, &readings[0].units[..]), (None, &[Unit(1), Unit(2)][..]));
        let said = "the sum of the means over step 1 is 8, and was 4 from 1 period before: a log ratio of 0.6931";
        assert!(readings[0].message.starts_with(said), "{}", readings[0].message);
        assert_eq!((readings[1].effect, readings[1].subject.as_str()), (Some(0.0), "steps 2-3"));
        let first = Mean::default().read(&OutputArgs::new(&now, &[])).unwrap();
        assert!(first.iter().all(|r| r.effect.is_none() && r.message.contains("no forecast of")));
    }

    #[test]
    fn chance_is_learnt_from_earlier_changes() {
        let earlier = history(24, 1.0);
        let read = |factor| {
            let now = history(25, factor).pop().unwrap();
            Mean::default().read(&OutputArgs::new(&now, &earlier)).unwrap()
        };
        let calm = read(1.0);
        assert_eq!(calm.len(), 8, "{calm:?}");
        assert!(calm.iter().all(|r| !r.matters() && r.p_value.unwrap() > 0.001), "{calm:?}");
        let doubled = read(3.0);
        assert!(doubled.iter().step_by(2).all(|r| r.matters() && r.p_value.unwrap() < 1e-4), "{doubled:?}");
        assert!(doubled[1].subject.ends_with(", 12 periods before"), "{doubled:?}");
        let quiet = read(0.0);
        assert!((quiet[0].effect.unwrap() - 1e6_f64.ln()).abs() < 1e-9);
        assert!(read(-1.0).iter().all(|r| r.effect.is_none()), "negative sums have no ratio");
    }

    #[test]
    fn settings_are_checked() {
        let error = |settings| (ENTRY.build)(&settings).unwrap_err().to_string();
        assert!(error(json!({"limit": 0.0})).contains("`limit` is 0"));
        assert!(error(json!({"leads": [[3, 2]]})).contains("`leads` has [3, 2]"));
        assert!((ENTRY.build)(&json!({"leads": [[1, 36]], "season-limit": 2.0})).is_ok());
    }
}
