//! Map of skill.

use std::sync::Arc;

use forewarn_core::prelude::*;

use crate::{caption, input, ticks};

/// By which share each unit's past forecasts were better than those of a baseline: `1 - score / baseline`.
///
/// 1 is perfect, 0 as good as the baseline, -1 twice as bad. Scores are means over past origins of one step. Where both are 0
/// neither is better, and the skill is 0; where the baseline alone is perfect there is nothing to divide by and no skill, which
/// the legend says. Exactly zero has a colour of its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Skill {}

forewarn_core::entry!(Map: Skill as "skill");

/// Skill of one unit; NaN where either score is, and against a baseline that alone is perfect.
fn skill(score: f32, baseline: f32) -> f32 {
    match (score == 0.0, baseline == 0.0) {
        (true, true) => 0.0,
        (false, true) => f32::NAN,
        _ => 1.0 - score / baseline,
    }
}

impl Map for Skill {
    fn needs(&self) -> &'static [MapInput] {
        &[MapInput::Scores]
    }

    fn scene(&self, args: &MapArgs<'_>) -> Result<Scene> {
        let what = ("mean scores of each unit's past forecasts", "draw a model of a run that is evaluated");
        let scores = input::needed("skill", args.beside.scores, what)?;
        input::one_each("skill", args, &[scores.score, scores.baseline])?;
        if let Some((unit, _)) = args.field.units().iter().zip(scores.baseline).find(|(_, b)| **b < 0.0) {
            let reason = format!("unit {unit} has a baseline score below 0; `{}` has no skill", scores.metric);
            return Err(Error::data(reason));
        }
        let values = scores.score.iter().zip(scores.baseline).map(|(s, b)| skill(*s, *b)).collect();
        let (metric, against, n) = (scores.metric, scores.against, scores.n);
        let label = format!(
            "1 − {metric} of the forecast ÷ {metric} of {against}: above 0 better, no value where {against} was perfect"
        );
        let past = if n == 1 { "1 past forecast".to_owned() } else { format!("{n} past forecasts") };
        Ok(Scene {
            title: format!("Skill of {past} of {} against {against} ({metric})", args.target),
            subtitle: caption::subtitle(args),
            legend: ticks::legend(Shade::SignedLinear, Some(1.0), &[], ("as good", label)),
            units: args.field.units().clone(),
            values,
            ground: Arc::clone(args.ground),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{field, refusal, scene};

    fn beside<'a>(score: &'a [f32], baseline: &'a [f32]) -> Beside<'a> {
        let scores = UnitScores { metric: "crps", against: "same_weather", score, baseline, n: 12 };
        Beside { scores: Some(scores), ..Beside::default() }
    }

    #[test]
    fn skill_is_the_share_by_which_the_score_is_smaller() {
        let field = field(&[[1.0]; 6]);
        let beside = beside(&[0.0, 1.0, 2.0, 0.0, 1.0, f32::NAN], &[2.0, 2.0, 1.0, 0.0, 0.0, 1.0]);
        let scene = scene(&ENTRY, "{}", &field, beside).unwrap();
        assert_eq!(scene.values[..4], [1.0, 0.5, -1.0, 0.0]);
        assert!(scene.values[4].is_nan() && scene.legend.label.ends_with("no value where same_weather was perfect"));
        assert!(scene.values[5].is_nan());
        assert_eq!(
            scene.title,
            "Skill of 12 past forecasts of deaths per cell against same_weather (crps)"
        );
        assert_eq!((scene.legend.top, scene.legend.zero.as_str()), (1.0, "as good"));
    }

    #[test]
    fn without_scores_there_is_no_skill() {
        let field = field(&[[1.0]]);
        assert!(refusal(&ENTRY, "{}", &field, Beside::default()).contains("`skill` needs mean scores"));
        assert!(refusal(&ENTRY, "{}", &field, beside(&[1.0], &[])).contains("0 values for the 1 units"));
        let below = refusal(&ENTRY, "{}", &field, beside(&[1.0], &[-0.5]));
        assert!(below.contains("unit 1") && below.contains("crps"), "{below}");
    }
}
