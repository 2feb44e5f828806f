//! Losses of boosted trees: gradients and hessians of the margin, which is the prediction before its inverse link.

use forewarn_core::prelude::*;

/// What is lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Squared error; for any label.
    #[default]
    Squared,
    /// Poisson deviance with the log link; for counts and rates, labels >= 0.
    Poisson,
    /// Tweedie deviance with the log link; for sizes with many zeros, labels >= 0.
    Tweedie,
    /// Log loss with the logit link; labels from 0 to 1, predictions are probabilities.
    Logistic,
}

/// From the margin to the prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Identity,
    Log,
    Logit,
}

/// Magnitude of a margin whose prediction rounds to 0 or 1.
const FAR: f64 = 120.0;

impl Link {
    pub(super) const ALL: [Self; 3] = [Self::Identity, Self::Log, Self::Logit];

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Log => "log",
            Self::Logit => "logit",
        }
    }

    /// The margin of a mean.
    pub(super) fn margin(self, mean: f64) -> f64 {
        match self {
            Self::Identity => mean,
            Self::Log => mean.ln().max(-FAR),
            Self::Logit => (mean / (1.0 - mean)).ln().clamp(-FAR, FAR),
        }
    }

    /// The mean of a margin.
    pub(super) fn mean(self, margin: f64) -> f64 {
        match self {
            Self::Identity => margin,
            Self::Log => margin.exp(),
            Self::Logit => sigmoid(margin),
        }
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// A loss with its numbers. Everything is linear in the label, so that the labels of equal rows may be added up: `w` is
/// the sum of their weights, `wy` the weighted sum of the labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Objective {
    Squared,
    /// With what is added to the margin in the hessian.
    Poisson(f64),
    /// With the power of the variance.
    Tweedie(f64),
    Logistic,
}

impl Objective {
    pub(super) fn link(self) -> Link {
        match self {
            Self::Squared => Link::Identity,
            Self::Poisson(_) | Self::Tweedie(_) => Link::Log,
            Self::Logistic => Link::Logit,
        }
    }

    /// Gradient and hessian by the margin, as `XGBoost` defines them.
    pub(super) fn pair(self, margin: f64, w: f64, wy: f64) -> [f32; 2] {
        let (g, h) = match self {
            Self::Squared => (w * margin - wy, w),
            Self::Poisson(step) => (w * margin.exp() - wy, w * (margin + step).exp()),
            Self::Tweedie(power) => {
                let (a, b) = (wy * ((1.0 - power) * margin).exp(), w * ((2.0 - power) * margin).exp());
                (b - a, (power - 1.0) * a + (2.0 - power) * b)
            }
            Self::Logistic => {
                let p = sigmoid(margin);
                (w * p - wy, w * (p * (1.0 - p)).max(1e-16))
            }
        };
        [g as f32, h as f32]
    }

    /// The loss, up to what does not depend on the margin.
    pub(super) fn loss(self, margin: f64, w: f64, wy: f64) -> f64 {
        match self {
            Self::Squared => 0.5 * w * margin * margin - wy * margin,
            Self::Poisson(_) => w * margin.exp() - wy * margin,
            Self::Tweedie(power) => {
                let (a, b) = (wy * ((1.0 - power) * margin).exp(), w * ((2.0 - power) * margin).exp());
                a / (power - 1.0) + b / (2.0 - power)
            }
            Self::Logistic => w * (margin.max(0.0) + (-margin.abs()).exp().ln_1p()) - wy * margin,
        }
    }

    /// That every label is one that the loss allows.
    pub(super) fn check(self, labels: &Labels<'_>) -> Result<()> {
        let (name, most, cure) = match self {
            Self::Squared => return Ok(()),
            Self::Poisson(_) => ("poisson", f32::INFINITY, ">= 0"),
            Self::Tweedie(_) => ("tweedie", f32::INFINITY, ">= 0"),
            Self::Logistic => ("logistic", 1.0, "from 0 to 1"),
        };
        match labels.values().iter().position(|y| !(0.0..=most).contains(y)) {
            None => Ok(()),
            Some(i) => Err(Error::data(format!(
                "label {i} is {}; loss `{name}` of `boosting` needs labels {cure}: transform them, or choose `squared`",
                labels.values()[i]
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Objective; 4] =
        [Objective::Squared, Objective::Poisson(0.0), Objective::Tweedie(1.3), Objective::Logistic];

    #[test]
    fn gradients_are_the_slopes_of_the_losses() {
        for objective in ALL {
            for (margin, w, wy) in [(0.3, 2.0, 1.0), (-1.5, 1.0, 0.0), (1.2, 0.5, 0.5)] {
                let e = 1e-4;
                let (up, at, down) =
                    (objective.loss(margin + e, w, wy), objective.loss(margin, w, wy), objective.loss(margin - e, w, wy));
                let [g, h] = objective.pair(margin, w, wy).map(f64::from);
                assert!((g - (up - down) / (2.0 * e)).abs() < 1e-5, "{objective:?}");
                assert!((h - (up - 2.0 * at + down) / (e * e)).abs() < 1e-5, "{objective:?}");
            }
        }
        // XGBoost makes the hessian of counts larger by its `max_delta_step`.
        let [g, h] = Objective::Poisson(0.7).pair(0.0, 1.0, 3.0);
        assert_eq!((g, h), (-2.0, 0.7_f64.exp() as f32));
    }

    #[test]
    fn links_go_there_and_back() {
        for (link, mean) in [(Link::Identity, -3.0), (Link::Log, 7.0), (Link::Logit, 0.2)] {
            assert!((link.mean(link.margin(mean)) - mean).abs() < 1e-12);
        }
        assert_eq!(Link::Log.mean(Link::Log.margin(0.0)) as f32, 0.0);
        assert_eq!(Link::Logit.mean(Link::Logit.margin(0.0)) as f32, 0.0);
        assert_eq!(Link::Logit.mean(Link::Logit.margin(1.0)) as f32, 1.0);
    }

    #[test]
    fn labels_are_checked() {
        let check = |objective: Objective, y: f32| {
            objective.check(&Labels::new(&[0, 0], &[0.0, y], &[1.0, 1.0], 1).unwrap())
        };
        for objective in ALL {
            assert!(check(objective, 1.0).is_ok());
            assert_eq!(check(objective, -1.0).is_ok(), objective == Objective::Squared);
            assert_eq!(check(objective, 1.5).is_ok(), objective != Objective::Logistic);
        }
        let e = check(Objective::Poisson(0.7), -1.0).unwrap_err().to_string();
        assert!(e.contains("label 1 is -1") && e.contains("`poisson`") && e.contains("choose `squared`"), "{e}");
    }
}
