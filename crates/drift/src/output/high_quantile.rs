//! How much is expected where most is.

use forewarn_core::prelude::*;

use super::leads::Leads;
use super::ratio::Ratio;
use crate::limit;

forewarn_core::entry!(OutputCheck: HighQuantile as "high-quantile", check);

/// Whether as much is expected in the worst places as in the last forecast, at the same steps.
///
/// The `level`-quantile over units of the means of their draws, added over steps, against that of the latest earlier
/// forecast, and against that from `season` periods before where there is one. The effect is **the absolute log
/// ratio**, `|ln(now / then)|` (0.69 is twice or half as much); a quantile of zero counts as a millionth. The p value
/// is two-sided, by the prediction interval of Student's t on the changes between earlier forecasts as many periods
/// apart (Geisser 1993, Predictive Inference); with fewer than six of them, or none that differ, the reading is a
/// fact. It takes changes for independent and nearly normal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HighQuantile {
    /// Level of the quantile, 0-1; 1 is the greatest mean.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
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

impl Default for HighQuantile {
    fn default() -> Self {
        let double = std::f64::consts::LN_2;
        Self { level: 0.999, leads: Leads::default(), limit: double, season: 12, season_limit: 2.0 * double }
    }
}

impl HighQuantile {
    fn check(self) -> Result<Self> {
        self.leads.check("high-quantile")?;
        limit::positive("high-quantile", &[("limit", self.limit), ("season-limit", self.season_limit)])?;
        if (0.0..=1.0).contains(&self.level) {
            return Ok(self);
        }
        Err(Error::config("high-quantile", format!("`level` is {}; it must be from 0 to 1", self.level)))
    }
}

impl OutputCheck for HighQuantile {
    fn read(&self, args: &OutputArgs<'_>) -> Result<Vec<Reading>> {
        let what = format!("the {} quantile of the means, added up,", self.level);
        let ratio = Ratio {
            what: &what,
            of: &|field: &FieldSummary| field.quantile(self.level),
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
        let last = outlook(500, &[2, 3], &[[1.0, 3.0], [1.0, 2.0]]);
        let now = outlook(501, &[2, 3], &[[1.0, 3.0], [1.0, 12.0]]);
        let greatest = HighQuantile { level: 1.0, ..HighQuantile::default() };
        let readings = greatest.read(&OutputArgs::new(&now, &[last])).unwrap();
        assert!((readings[0].effect.unwrap() - 3.0_f64.ln()).abs() < 1e-12, "{readings:?}");
        assert_eq!(readings[0].units, [Unit(2)]);
        assert!(readings[0].message.starts_with("the 1 quantile of the means, added up, over steps 2-3 is 15"));
    }

    #[test]
    fn worst_places_that_grow_are_seen_and_others_are_not() {
        let (earlier, now) = (history(24, 1.0), history(25, 1.0).pop().unwrap());
        let read = |factor: f32, top: bool| {
            let mut now = now.clone();
            for field in &mut now.steps {
                let bound = field.quantile(0.99) as f32;
                field.means.iter_mut().filter(|m| (**m >= bound) == top).for_each(|m| *m *= factor);
            }
            HighQuantile::default().read(&OutputArgs::new(&now, &earlier)).unwrap()
        };
        assert!(read(4.0, true).iter().step_by(2).all(|r| r.matters() && r.p_value.unwrap() < 1e-3));
        assert!(read(0.25, false).iter().all(|r| !r.matters()), "{:?}", read(0.25, false));
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"level": 1.5})).unwrap_err().to_string();
        assert!(error.contains("`level` is 1.5"), "{error}");
    }
}
