//! Whether forecasts have become worse than they were, measured against their baseline.

use forewarn_core::prelude::*;
use forewarn_kernels::bootstrap::Blocks;
use forewarn_kernels::comparison::{LEVEL, POWER};
use forewarn_kernels::random::Stream;
use forewarn_kernels::special::normal_quantile;

use super::finals::Finals;
use crate::words::{number, percent};

forewarn_core::entry!(PerformanceCheck: ScoreDifference as "score-difference", check);

/// Whether the forecast has lost against its baseline, compared with how it used to do.
///
/// The mean difference of the scores, `d = score - baseline` (lower is better), of the newest `recent` final periods
/// against that of all before them. Where it is hard to forecast it is hard for both; so the change counts only as far
/// as neither an unchanged difference nor an unchanged share of the baseline explains it: the lesser of `mean(d)` now
/// minus then, and of the same for `d - baseline * mean(d then) / mean(baseline then)`. The effect is **that change as a
/// share of the baseline's mean score then**, 0 where the forecast has not become worse: a quiet year in which both
/// scores fall is none.
///
/// The p value is one-sided, the greater of both changes', by circular block permutation: the periods are closed to a
/// circle, turned, cut into blocks of neighbours and these shuffled; `(1 + as great) / (1 + permutations)` is at least
/// 0.0005 by default, and about one over the number of periods when the blocks are as long as `recent`. Blocks: Politis
/// and Romano (1992), in Exploring the Limits of Bootstrap. Periods that are alike over more than a block warn too
/// often, and so do periods of more noise. The message tells since when it is worse (the split in two that fits all
/// periods best), and the smallest effect found with 80 % power at the 5 % level:
/// `(z_0.95 + z_0.8)` standard errors, from the means of runs of `recent` earlier periods.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScoreDifference {
    /// How many of the newest periods are compared with those before them.
    #[schemars(range(min = 1))]
    pub recent: usize,
    /// Fewest periods before them.
    #[schemars(range(min = 2))]
    pub earlier: usize,
    /// Whether periods count whose truth may still be revised.
    pub provisional: bool,
    /// Periods of a block; the cube root of their number, rounded up, when not given.
    #[schemars(range(min = 1))]
    pub block: Option<u32>,
    /// Shuffles.
    #[schemars(range(min = 19))]
    pub permutations: u64,
    /// Seed of the shuffles.
    pub seed: u64,
    /// Loss as a share of the baseline's score that matters.
    #[schemars(range(min = 0.0))]
    pub limit: f64,
}

impl Default for ScoreDifference {
    fn default() -> Self {
        Self {
            recent: 6,
            earlier: 24,
            provisional: false,
            block: None,
            permutations: 1999,
            seed: 1,
            limit: 0.1,
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// How much greater the mean of the values from `boundary` on is than that of those before.
fn rise(values: &[f64], boundary: usize) -> f64 {
    mean(&values[boundary..]) - mean(&values[..boundary])
}

/// Where the values rise: the split in two that leaves the least squared differences from the means of both parts
/// (Page 1955, doi:10.1093/biomet/42.3-4.523, for one change of a mean); the first value after it.
fn split(values: &[f64]) -> usize {
    let n = values.len();
    let gain = |k: usize| {
        let rise = rise(values, k);
        if rise > 0.0 { (k * (n - k)) as f64 * rise * rise } else { 0.0 }
    };
    (1..n).fold(1, |best, k| if gain(k) > gain(best) { k } else { best })
}

impl ScoreDifference {
    fn check(self) -> Result<Self> {
        if self.recent < 1 || self.earlier < 2 || self.block == Some(0) || self.permutations < 19 {
            let reason = "`recent` and `block` must be at least 1, `earlier` 2, `permutations` 19";
            return Err(Error::config("score-difference", reason));
        }
        crate::limit::positive("score-difference", &[("limit", self.limit)])?;
        Ok(self)
    }

    fn reading(&self, track: &Track) -> Result<Reading> {
        let finals = Finals::of(track, self.provisional)?;
        let least = self.earlier + self.recent;
        if finals.len() < least {
            let why = format!(
                "{} final periods are too few for {} recent and {} earlier ones; {}",
                finals.len(),
                self.recent,
                self.earlier,
                finals.left_out()
            );
            return Ok(Reading::unknown(&track.subject, why));
        }
        let boundary = finals.len() - self.recent;
        let level = mean(&finals.baseline[..boundary]);
        if level <= 0.0 {
            let why = format!("the baseline's mean score is {}: there is nothing to take a share of", number(level));
            return Ok(Reading::unknown(&track.subject, why));
        }
        let plain = finals.differences();
        let share = mean(&plain[..boundary]) / level;
        let relative: Vec<f64> = plain.iter().zip(&finals.baseline).map(|(d, b)| d - share * b).collect();
        let worse = rise(&plain, boundary).min(rise(&relative, boundary)) / level;
        let detectable = self.detectable(&relative[..boundary]) / level;
        let message = format!(
            "the mean score is {} to the baseline's {} in {}; it was {} to {} in the {boundary} before: worse by {} of \
             the baseline's score{}; {} more would have been found with a power of {} at the {} level; p is at least {}",
            number(mean(&finals.scores[boundary..])),
            number(mean(&finals.baseline[boundary..])),
            finals.newest(self.recent),
            number(mean(&finals.scores[..boundary])),
            number(level),
            percent(worse.max(0.0)),
            if worse > 0.0 { format!(", since {}", finals.label(split(&relative))) } else { String::new() },
            percent(detectable),
            percent(POWER),
            percent(LEVEL),
            number(1.0 / (1 + self.permutations) as f64)
        );
        let p = self.p_value(&plain, boundary).max(self.p_value(&relative, boundary));
        Ok(Reading::fact(&track.subject, worse.clamp(0.0, f64::MAX), self.limit, message).by_chance(p).detects(detectable))
    }

    /// How likely a rise at least as great is when blocks may change places.
    fn p_value(&self, values: &[f64], boundary: usize) -> f64 {
        let n = values.len();
        let length = match self.block {
            Some(length) => Blocks::new(n as u32, length),
            None => Blocks::automatic(n as u32),
        };
        let length = length.length() as usize;
        let observed = rise(values, boundary);
        // Rounding makes no difference smaller.
        let reached = observed - 1e-12 * observed.abs();
        let shuffled = |replicate: u64| {
            let stream = Stream::new(self.seed, &[replicate]);
            let turn = stream.below(0, n as u32) as usize;
            let turned: Vec<f64> = values[turn..].iter().chain(&values[..turn]).copied().collect();
            let mut blocks: Vec<&[f64]> = turned.chunks(length).collect();
            for i in (1..blocks.len()).rev() {
                blocks.swap(i, stream.below(i as u64, i as u32 + 1) as usize);
            }
            rise(&blocks.concat(), boundary) >= reached
        };
        let great = (0..self.permutations).filter(|replicate| shuffled(*replicate)).count();
        (1 + great) as f64 / (1 + self.permutations) as f64
    }

    /// Smallest rise that is found with [`POWER`] at [`LEVEL`], from the means of all runs of neighbours on the circle of
    /// the earlier values.
    fn detectable(&self, earlier: &[f64]) -> f64 {
        let (n, run) = (earlier.len(), self.recent.min(earlier.len() - 1));
        let centre = mean(earlier);
        let mean_of = |start: usize| (start..start + run).map(|i| earlier[i % n]).sum::<f64>() / run as f64;
        let squares: f64 = (0..n).map(|start| (mean_of(start) - centre).powi(2)).sum();
        // Runs of the values that their centre comes from differ less from it than new ones.
        let variance = squares / (n - run) as f64;
        let errors = normal_quantile(1.0 - LEVEL) + normal_quantile(POWER);
        errors * (variance * (1.0 + run as f64 / n as f64)).sqrt()
    }
}

impl PerformanceCheck for ScoreDifference {
    fn read(&self, tracks: &[Track]) -> Result<Vec<Reading>> {
        tracks.iter().map(|track| self.reading(track)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::performance::cases::{history, track};

    fn read(scores: &[f64], baseline: &[f64]) -> Reading {
        ScoreDifference::default().read(&[track(scores, baseline)]).unwrap().remove(0)
    }

    #[test]
    fn worked_by_hand() {
        // A tenth better than the baseline of 2, alternating, and then as good.
        let baseline = [2.0; 30];
        let mut scores: Vec<f64> = (0..30).map(|i| if i % 2 == 0 { 1.7 } else { 1.9 }).collect();
        scores[24..].fill(2.0);
        let reading = read(&scores, &baseline);
        assert!((reading.effect.unwrap() - 0.1).abs() < 1e-12 && reading.p_value.unwrap() < 0.02, "{reading:?}");
        let said = "the mean score is 2 to the baseline's 2 in the last 6 final periods (2023-08 to 2024-01); 0 without a score \
                    yet, 0 provisional; it was 1.8 to 2 in the 24 before: worse by 10 % of the baseline's score";
        assert!(reading.message.starts_with(said), "{}", reading.message);
        assert!(reading.message.ends_with("p is at least 0.0005"), "{}", reading.message);
        scores[24..].fill(1.5);
        let better = read(&scores, &baseline);
        assert!(better.effect == Some(0.0) && better.p_value.unwrap() > 0.9, "{better:?}");
    }

    #[test]
    fn since_when_it_is_worse_is_told() {
        let baseline = [2.0; 40];
        let mut scores: Vec<f64> = (0..40).map(|i| if i % 2 == 0 { 1.7 } else { 1.9 }).collect();
        scores[31..].iter_mut().for_each(|score| *score += 0.5);
        let reading = read(&scores, &baseline);
        let month = Cadence::Month.label(track(&scores, &baseline).periods[31]);
        assert!(reading.message.contains(&format!("the baseline's score, since {month};")), "{}", reading.message);
        assert_eq!(split(&[1.0, 1.0, 5.0, 5.0]), 2);
        assert_eq!(split(&[5.0, 5.0, 1.0, 1.0]), 1, "a fall is no rise");
    }

    #[test]
    fn a_quiet_year_is_no_loss_and_neither_is_a_busy_one() {
        let (scores, baseline) = history(3, 60, 0.3);
        for factor in [0.05, 0.3, 4.0] {
            let last = |values: &[f64]| {
                values.iter().enumerate().map(|(i, v)| if i < 54 { *v } else { factor * v }).collect::<Vec<_>>()
            };
            let reading = read(&last(&scores), &last(&baseline));
            assert!(!reading.matters() && reading.effect.unwrap() < 0.03 * factor.max(1.0), "{factor}: {reading:?}");
        }
        // The same advantage in a busy year, and the same lag in a quiet one.
        let shift = |values: &[f64], by: f64| {
            values.iter().enumerate().map(|(i, v)| if i < 54 { *v } else { v + by }).collect::<Vec<_>>()
        };
        let calm = |lead: f64, by: f64| {
            let scores: Vec<f64> = baseline.iter().map(|b| b + lead).collect();
            read(&shift(&scores, by), &shift(&baseline, by)).effect.unwrap()
        };
        assert!(calm(-0.2, 3.0) < 1e-9 && calm(0.2, 3.0) < 1e-9 && calm(-0.2, -0.5) < 1e-9);
    }

    #[test]
    fn a_loss_is_found_when_it_is_as_great_as_promised() {
        let (mut missed, mut size) = (0, 0.0);
        for seed in 0..60 {
            let (mut scores, baseline) = history(seed, 60, 0.3);
            let before: Vec<f64> = scores.iter().zip(&baseline).map(|(s, b)| s - 0.9 * b).collect();
            let detectable = ScoreDifference::default().detectable(&before[..54]);
            scores[54..].iter_mut().for_each(|s| *s += detectable);
            missed += u64::from(read(&scores, &baseline).p_value.unwrap() > LEVEL);
            size += detectable / 60.0;
        }
        // A fifth of 60 is 12, and four standard errors are 12 too.
        assert!((1..=24).contains(&missed), "{missed} missed");
        assert!((0.03..0.12).contains(&size), "{size}");
    }

    #[test]
    fn p_values_are_no_smaller_than_they_may_be() {
        for (memory, allowed) in [(0.0, 0.05_f64), (0.3, 0.05), (0.5, 0.05)] {
            let check = ScoreDifference { permutations: 199, ..ScoreDifference::default() };
            let p = |seed: u64| {
                let (scores, baseline) = history(1000 + seed, 48, memory);
                check.read(&[track(&scores, &baseline)]).unwrap()[0].p_value.unwrap()
            };
            let share = (0..600).filter(|seed| p(*seed) <= 0.05).count() as f64 / 600.0;
            assert!(share <= allowed + 4.0 * (allowed * (1.0 - allowed) / 600.0).sqrt(), "{memory}: {share}");
            assert!(share >= 0.01, "{memory}: blind");
        }
    }

    #[test]
    fn too_few_final_periods_are_unknown() {
        let (scores, baseline) = history(3, 29, 0.0);
        let reading = read(&scores, &baseline);
        assert!(reading.effect.is_none() && reading.message.contains("29 final periods are too few"), "{reading:?}");
        let (mut scores, baseline) = history(3, 31, 0.0);
        scores[30] = f64::NAN;
        assert!(read(&scores, &baseline).message.contains("1 without a score yet"));
        scores[29] = f64::NAN;
        assert_eq!(read(&scores, &baseline).effect, None);
        let zero = read(&[0.0; 40], &[0.0; 40]);
        assert!(zero.effect.is_none() && zero.message.contains("nothing to take a share of"), "{zero:?}");
    }

    #[test]
    fn provisional_periods_count_only_when_asked_for() {
        let (mut scores, baseline) = history(5, 40, 0.0);
        scores[36..].iter_mut().for_each(|s| *s += 5.0);
        let mut track = track(&scores, &baseline);
        track.provisional[36..].fill(true);
        let read = |provisional| {
            let check = ScoreDifference { provisional, ..ScoreDifference::default() };
            check.read(std::slice::from_ref(&track)).unwrap().remove(0)
        };
        assert!(!read(false).matters() && read(false).message.contains("4 provisional"), "{:?}", read(false));
        assert!(read(true).matters());
    }

    #[test]
    fn settings_are_checked() {
        for settings in [json!({"recent": 0}), json!({"block": 0}), json!({"permutations": 5}), json!({"limit": 0.0})] {
            assert!((ENTRY.build)(&settings).is_err(), "{settings}");
        }
        assert!((ENTRY.build)(&json!({"block": 4, "recent": 12})).is_ok());
    }
}
