//! Whether a forecast is worse than its baseline now.

use forewarn_core::prelude::*;
use forewarn_kernels::comparison::{LEVEL, POWER, diebold_mariano};

use super::finals::Finals;
use crate::words::{number, percent};

forewarn_core::entry!(PerformanceCheck: BaselineLost as "baseline-lost", check);

/// Whether the forecast is worse than its baseline over the newest final periods.
///
/// The effect is **the mean of `score - baseline` as a share of the baseline's mean score**, over the newest `recent`
/// final periods, 0 where the forecast is not worse. The p value is one-sided, paired, by the test of Diebold and Mariano
/// (1995, doi:10.1080/07350015.1995.10524599) for differences that depend on the `horizon - 1` before, with the correction
/// of Harvey, Leybourne and Newbold (1997, doi:10.1016/S0169-2070(96)00719-4) for small samples; where that estimate of
/// the variance is not above zero, for independent ones. It needs means that are nearly normal. Without any variance the
/// reading is a fact. The message tells the smallest share found with 80 % power at the 5 % level, two-sided.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BaselineLost {
    /// How many of the newest periods are looked at.
    #[schemars(range(min = 4))]
    pub recent: usize,
    /// One more than the number of periods over which differences depend on one another.
    #[schemars(range(min = 1))]
    pub horizon: usize,
    /// Whether periods count whose truth may still be revised.
    pub provisional: bool,
    /// Loss as a share of the baseline's score that matters.
    #[schemars(range(min = 0.0))]
    pub limit: f64,
}

impl Default for BaselineLost {
    fn default() -> Self {
        Self { recent: 12, horizon: 2, provisional: false, limit: 0.05 }
    }
}

impl BaselineLost {
    fn check(self) -> Result<Self> {
        if self.recent < 4 || self.horizon < 1 || self.horizon >= self.recent {
            let reason = format!("`recent` is {} and `horizon` {}", self.recent, self.horizon);
            let rule = "`recent` must be at least 4, `horizon` from 1 to below `recent`";
            return Err(Error::config("baseline-lost", format!("{reason}; {rule}")));
        }
        crate::limit::positive("baseline-lost", &[("limit", self.limit)])?;
        Ok(self)
    }

    fn reading(&self, track: &Track) -> Result<Reading> {
        let finals = Finals::of(track, self.provisional)?;
        let Some(start) = finals.len().checked_sub(self.recent) else {
            let why = format!(
                "{} final periods are too few for {}; {}",
                finals.len(),
                self.recent,
                finals.left_out()
            );
            return Ok(Reading::unknown(&track.subject, why));
        };
        let n = self.recent as f64;
        let level = finals.baseline[start..].iter().sum::<f64>() / n;
        let differences = &finals.differences()[start..];
        let worse = differences.iter().sum::<f64>() / n;
        if level <= 0.0 && worse != 0.0 {
            let why = format!("the baseline's mean score is {}: there is nothing to take a share of", number(level));
            return Ok(Reading::unknown(&track.subject, why));
        }
        let share = if worse == 0.0 { 0.0 } else { worse / level };
        let test = diebold_mariano(differences, self.horizon).or_else(|_| diebold_mariano(differences, 1)).ok();
        let power = test.map_or_else(
            || "the differences do not vary".to_owned(),
            |test| {
                let [share, power, chance] = [test.detectable / level, POWER, LEVEL].map(percent);
                format!("{share} either way would have been found with a power of {power} at the {chance} level")
            },
        );
        let message = format!(
            "the mean score is {} and the baseline's {} in {}: {} of it {}; {power}",
            number(level + worse),
            number(level),
            finals.newest(self.recent),
            percent(share.abs()),
            if share > 0.0 { "worse" } else { "better" }
        );
        let reading = Reading::fact(&track.subject, share.clamp(0.0, f64::MAX), self.limit, message);
        let reading = reading.detects(test.map_or(f64::NAN, |test| test.detectable / level));
        Ok(match test {
            Some(test) if test.statistic > 0.0 => reading.by_chance(test.p_value / 2.0),
            Some(test) => reading.by_chance(1.0 - test.p_value / 2.0),
            None if worse <= 0.0 => reading.by_chance(1.0),
            None => reading,
        })
    }
}

impl PerformanceCheck for BaselineLost {
    fn read(&self, tracks: &[Track]) -> Result<Vec<Reading>> {
        tracks.iter().map(|track| self.reading(track)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::performance::cases::{history, track};

    fn read(check: &BaselineLost, scores: &[f64], baseline: &[f64]) -> Reading {
        check.read(&[track(scores, baseline)]).unwrap().remove(0)
    }

    #[test]
    fn worked_by_hand() {
        // Differences 0, 1, 2, 1 on a baseline of 4: mean 1, variance 2/3, standard error sqrt(1/6), t = sqrt(6).
        let check = BaselineLost { recent: 4, horizon: 1, ..BaselineLost::default() };
        let reading = read(&check, &[9.0, 4.0, 5.0, 6.0, 5.0], &[4.0; 5]);
        assert_eq!(reading.effect, Some(0.25));
        let p = forewarn_kernels::special::student_tails(6.0_f64.sqrt(), 3.0) / 2.0;
        assert!((reading.p_value.unwrap() - p).abs() < 1e-12, "{reading:?}");
        let said = "the mean score is 5 and the baseline's 4 in the last 4 final periods (2021-09 to 2021-12); 0 without a score \
                    yet, 0 provisional: 25 % of it worse; ";
        assert!(reading.message.starts_with(said), "{}", reading.message);
        let better = read(&check, &[9.0, 4.0, 3.0, 2.0, 3.0], &[4.0; 5]);
        assert!(better.effect == Some(0.0) && (better.p_value.unwrap() - (1.0 - p)).abs() < 1e-12, "{better:?}");
    }

    #[test]
    fn what_does_not_vary_is_a_fact_and_too_few_periods_are_unknown() {
        let check = BaselineLost::default();
        let same = read(&check, &[1.0; 12], &[1.0; 12]);
        assert_eq!((same.effect, same.p_value), (Some(0.0), Some(1.0)));
        let worse = read(&check, &[1.5; 12], &[1.0; 12]);
        assert!(worse.matters() && worse.p_value.is_none() && worse.message.contains("do not vary"), "{worse:?}");
        assert_eq!(read(&check, &[0.0; 12], &[0.0; 12]).effect, Some(0.0));
        assert!(read(&check, &[1.0; 12], &[0.0; 12]).message.contains("nothing to take a share of"));
        let few = read(&check, &[1.0; 11], &[1.0; 11]);
        assert!(few.effect.is_none() && few.message.contains("11 final periods are too few for 12"), "{few:?}");
    }

    #[test]
    fn a_lost_baseline_is_found_and_a_kept_one_is_not() {
        let check = BaselineLost::default();
        for seed in 0..40 {
            let (mut scores, baseline) = history(seed, 40, 0.3);
            let kept = read(&check, &scores, &baseline);
            assert!(!kept.matters() && kept.p_value.unwrap() > 0.5, "{kept:?}");
            scores[28..].iter_mut().zip(&baseline[28..]).for_each(|(s, b)| *s += 0.25 * b);
            let lost = read(&check, &scores, &baseline);
            assert!(lost.matters() && lost.p_value.unwrap() < 0.01, "{lost:?}");
        }
    }

    #[test]
    fn settings_are_checked() {
        let error = (ENTRY.build)(&json!({"recent": 6, "horizon": 6})).unwrap_err().to_string();
        assert!(error.contains("`recent` is 6 and `horizon` 6; "), "{error}");
        assert!((ENTRY.build)(&json!({"limit": -0.1})).is_err() && (ENTRY.build)(&json!({"recent": 3})).is_err());
    }
}
