//! Whether the forecast that is issued is better than another: tests on the differences of their monthly scores.

use forewarn_core::Better;
use forewarn_kernels::comparison::{self, LEVEL, diebold_mariano, giacomini_white};
use serde::{Deserialize, Serialize};

use super::{Group, NamedMetric, Score};

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The issued forecast is better.
    Better,
    /// It is worse.
    Worse,
    /// The months do not tell them apart.
    CannotTell,
}

/// Fewest months a month of the horizon for a verdict: with fewer, 11 to 18 % of the tests that can be made reject where 5 %
/// should (docs/evaluation.md).
const MONTHS_A_HORIZON: usize = 4;

/// The issued forecast beside another, by one loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Name of the metric: one of which lower is better.
    pub metric: String,
    /// The forecast that is issued.
    pub model: String,
    /// The other one.
    pub other: String,
    /// Target months, each of equal weight.
    pub months: usize,
    /// Months over which differences may depend on each other: the number of steps, but less than half of the months.
    pub horizon: usize,
    /// Mean over months of the difference of the monthly scores, in their unit: negative where the issued forecast is
    /// better.
    pub difference: Option<f64>,
    /// Smallest difference that the test of Diebold and Mariano finds at the 5 % level with 80 % power.
    pub detectable: Option<f64>,
    /// p value of the test of Diebold and Mariano, corrected for small samples by Harvey, Leybourne and Newbold.
    pub diebold_mariano: Option<f64>,
    /// p value of the conditional test of Giacomini and White; none below 7 months a month of the horizon.
    pub giacomini_white: Option<f64>,
    /// Better or worse where the p value of Diebold and Mariano is below 5 %; nobody can tell where the horizon is more than
    /// a quarter of the months, because there the test rejects more often by chance than it says.
    pub verdict: Verdict,
    /// Why a test could not be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The issued forecast `model` beside every other, by every metric of which lower is better.
pub(crate) fn compare(
    scores: &[Score],
    metrics: &[NamedMetric],
    (model, names): (&str, &[String]),
    steps: usize,
) -> Vec<Comparison> {
    let losses = metrics.iter().filter(|m| m.metric.better() == Better::Lower);
    let others = || names.iter().filter(|n| *n != model);
    let pair = |metric: &NamedMetric, other: &String| {
        let (mine, theirs) = (monthly(scores, &metric.name, model), monthly(scores, &metric.name, other));
        let missing = f64::NAN;
        let differences: Vec<f64> =
            mine.iter().zip(&theirs).map(|(a, b)| a.unwrap_or(missing) - b.unwrap_or(missing)).collect();
        test(&differences, steps, [&metric.name, model, other].map(str::to_owned))
    };
    losses.flat_map(|metric| others().map(move |other| pair(metric, other))).collect()
}

/// The scores of all target months, in their order.
fn monthly(scores: &[Score], metric: &str, model: &str) -> Vec<Option<f64>> {
    let of = scores.iter().filter(|s| s.group == Group::Month && s.model == model && s.metric == metric);
    let mut months: Vec<_> = of.map(|s| (s.key, s.value)).collect();
    months.sort_unstable_by_key(|(key, _)| *key);
    months.into_iter().map(|(_, value)| value).collect()
}

fn test(differences: &[f64], steps: usize, [metric, model, other]: [String; 3]) -> Comparison {
    let months = differences.len();
    let horizon = steps.min(months.saturating_sub(1) / 2).max(1);
    let mean = diebold_mariano(differences, horizon);
    let conditional = conditional(differences, horizon);
    let trusted = MONTHS_A_HORIZON * horizon <= months;
    let reasons = [
        (!trusted).then(|| format!("{months} months are too few to tell at a horizon of {horizon}")),
        mean.as_ref().err().map(|e| format!("no test of Diebold and Mariano: {e}")),
        conditional.as_ref().err().map(|e| format!("no test of Giacomini and White: {e}")),
    ];
    let reasons: Vec<String> = reasons.into_iter().flatten().collect();
    let difference = differences.iter().sum::<f64>() / months as f64;
    Comparison {
        metric,
        model,
        other,
        months,
        horizon,
        difference: difference.is_finite().then_some(difference),
        detectable: mean.as_ref().ok().map(|c| c.detectable),
        diebold_mariano: mean.as_ref().ok().map(|c| c.p_value),
        giacomini_white: conditional.ok(),
        verdict: mean.ok().filter(|_| trusted).map_or(Verdict::CannotTell, |c| verdict(&c)),
        reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
    }
}

/// The p value of Giacomini and White, where the test can reject at all. Its variance is about zero, not about the mean: of
/// a difference that dwarfs its noise it is `horizon` times the mean squared, so that the statistic of `m` months stays near
/// `m / horizon`, however large the difference; the 5 % level is at 5.99.
fn conditional(differences: &[f64], horizon: usize) -> Result<f64, String> {
    if differences.len().saturating_sub(horizon) < 6 * horizon {
        return Err(format!("{} months are too few for a horizon of {horizon}", differences.len()));
    }
    giacomini_white(differences, horizon).map(|c| c.p_value).map_err(|e| e.to_string())
}

fn verdict(test: &comparison::Comparison) -> Verdict {
    match (test.p_value < LEVEL, test.mean < 0.0) {
        (false, _) => Verdict::CannotTell,
        (true, true) => Verdict::Better,
        (true, false) => Verdict::Worse,
    }
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;

    use super::*;

    fn of(differences: &[f64], steps: usize) -> Comparison {
        test(differences, steps, ["crps", "a", "b"].map(str::to_owned))
    }

    fn noise(mean: f64) -> Vec<f64> {
        (0..48).map(|i| mean + Stream::new(9, &[]).uniform(i) - 0.5).collect()
    }

    #[test]
    fn a_difference_that_is_large_beside_its_noise_is_told() {
        let verdict = |mean: f64| of(&noise(mean), 1).verdict;
        assert_eq!([-0.5, 0.0, 0.5].map(verdict), [Verdict::Better, Verdict::CannotTell, Verdict::Worse]);
        let none = of(&noise(0.0), 1);
        assert!(none.difference.unwrap().abs() < none.detectable.unwrap() && none.reason.is_none());
    }

    #[test]
    fn nobody_can_tell_where_the_test_cannot_be_trusted() {
        let (far, near) = (of(&noise(-0.5), 13), of(&noise(-0.5), 12));
        assert!(far.diebold_mariano.unwrap() < LEVEL, "the p value is there nevertheless");
        assert_eq!((far.verdict, near.verdict), (Verdict::CannotTell, Verdict::Better));
        assert!(far.reason.unwrap().contains("48 months are too few to tell at a horizon of 13"));
    }

    #[test]
    fn the_horizon_is_less_than_half_of_the_months() {
        assert_eq!(
            [(36, 47), (36, 48), (3, 47), (36, 2)].map(|(s, n)| of(&vec![0.1; n], s).horizon),
            [23, 23, 3, 1]
        );
    }

    #[test]
    fn a_test_that_could_not_reject_is_not_made() {
        let far = of(&noise(9.0), 23);
        assert_eq!((far.horizon, far.giacomini_white), (23, None));
        assert!(far.reason.unwrap().contains("48 months are too few for a horizon of 23"));
        // What it would have said of a difference that is thirty times its noise.
        assert!(giacomini_white(&noise(9.0), 23).unwrap().p_value > 0.3);
        assert!(of(&noise(9.0), 6).giacomini_white.unwrap() < 0.06);
    }

    #[test]
    fn what_cannot_be_tested_says_why() {
        let missing = of(&[0.1, f64::NAN, 0.2, 0.4], 1);
        assert_eq!((missing.verdict, missing.difference), (Verdict::CannotTell, None));
        assert!(missing.reason.unwrap().contains("Diebold and Mariano: a difference is missing"));
        assert!(of(&[0.1; 20], 1).reason.unwrap().contains("variance"));
    }
}
