//! Weights learned from past forecasts.

use forewarn_core::prelude::*;

use crate::errors::{self, Errors, Objective};
use crate::linear_pool::{self, Draws};
use crate::simplex;
use crate::step_groups::{self, Groups};
use crate::weighted_mean;
use crate::weights::Weights;

forewarn_core::entry!(Ensemble: Stacking as "stacking", check);

/// Members with the weights that would have been best in the past, shrunk to equal ones.
///
/// For each group of steps, the weights from 0 on that sum to 1 and minimise a score of past forecasts: with `crps` that of
/// the linear pool, which then combines the members; with `nnls` the squared error of the weighted mean, and the members
/// are combined by `weighted-mean`, rank by rank. Steps in no group, and groups without a past, have equal weights. Of `n`
/// past months, weights `w` of `M` members become `(n w + shrinkage) / (n + shrinkage M)`. Wolpert (1992),
/// doi:10.1016/S0893-6080(05)80023-1; Breiman (1996), doi:10.1007/BF00117832; Hall and Mitchell (2007),
/// doi:10.1016/j.ijforecast.2006.08.001; for the score Gneiting and Raftery (2007), doi:10.1198/016214506000001437.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stacking {
    /// What is minimised, and how members are combined.
    pub objective: Objective,
    /// First and last step of each group that has weights of its own.
    pub steps: Groups,
    /// Months of the past, for each member, that equal weights count as; 0 believes the past alone.
    #[schemars(range(min = 0.0))]
    pub shrinkage: f64,
}

impl Default for Stacking {
    fn default() -> Self {
        Self { objective: Objective::Crps, steps: step_groups::default_groups(), shrinkage: 1.0 }
    }
}

impl Stacking {
    fn check(self) -> Result<Self> {
        step_groups::check("stacking", &self.steps)?;
        step_groups::check_shrinkage("stacking", self.shrinkage)?;
        Ok(self)
    }

    /// The weights of one group.
    fn learn(&self, names: &[&str], errors: &Errors) -> Weights {
        let equal = 1.0 / names.len() as f64;
        let believed =
            step_groups::credibility(errors.targets.len(), self.shrinkage * names.len() as f64);
        let learned = simplex::minimise(&errors.gram, names.len());
        let mixed = learned.iter().map(|w| believed * w + (1.0 - believed) * equal);
        Weights::normalised(names.iter().map(|&name| name.to_owned()).zip(mixed))
    }
}

impl Ensemble for Stacking {
    fn fit(&self, args: &EnsembleArgs<'_>) -> Result<Box<dyn Combine>> {
        let equal = Weights::new("stacking", &std::collections::BTreeMap::new(), args)?;
        let mut names = args.members.to_vec();
        names.sort_unstable();
        let past = errors::of(args, &self.steps, self.objective)?;
        let weights = past.iter().map(|errors| self.learn(&names, errors)).collect();
        let names = args.members.iter().map(|&name| name.to_owned()).collect();
        Ok(Box::new(Stacked { settings: self.clone(), names, weights, equal }))
    }

    fn learns(&self) -> bool {
        true
    }
}

/// The weights of each group of steps.
#[derive(Debug)]
struct Stacked {
    settings: Stacking,
    names: Vec<String>,
    weights: Vec<Weights>,
    equal: Weights,
}

impl Stacked {
    fn at(&self, step: Step) -> &Weights {
        let group = step_groups::find(&self.settings.steps, step);
        group.and_then(|group| self.weights.get(group)).unwrap_or(&self.equal)
    }
}

impl Combine for Stacked {
    fn combine(&self, args: &CombineArgs<'_>) -> Result<Field> {
        let weights = args.members.first().map_or(&self.equal, |m| self.at(m.field.step));
        match self.settings.objective {
            Objective::Crps => linear_pool::combine(args, weights, Draws::Widest),
            Objective::Nnls => weighted_mean::combine(args.members, weights),
        }
    }

    fn weights(&self, step: Step) -> Vec<f64> {
        self.at(step).of(&self.names)
    }
}
