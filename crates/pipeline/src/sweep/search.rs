//! Which settings are tried next, from what was tried: the methods behind one function without effects.

use forewarn_core::Better;
use serde::{Deserialize, Serialize};

use super::halving::Halving;
use super::space::{Dimension, Settings};
use super::{random, tpe};

/// How settings are chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Drawn from the ranges, whatever came before.
    Random,
    /// Drawn near what was good, by the tree-structured Parzen estimator.
    #[default]
    Tpe,
    /// Drawn at random; the better ones go on with more of a resource.
    SuccessiveHalving,
}

/// What was tried, and how it went.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Past {
    /// Its settings.
    pub(crate) settings: Settings,
    /// Less is better; `None` where it failed.
    pub(crate) loss: Option<f64>,
    /// How much of the resource it had.
    pub(crate) resource: Option<u64>,
}

/// What to try.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proposal {
    /// Its settings.
    pub(crate) settings: Settings,
    /// How much of the resource it gets.
    pub(crate) resource: Option<u64>,
}

/// A search over a space.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Search {
    /// What is searched, by path.
    pub(crate) space: Vec<Dimension>,
    /// How.
    pub(crate) method: Method,
    /// Trials of `random` and `tpe`.
    pub(crate) trials: usize,
    /// Of successive halving.
    pub(crate) halving: Option<Halving>,
    /// Seed of all draws.
    pub(crate) seed: u64,
}

impl Search {
    /// The next trial, a function of the past; `None` when there are no more.
    pub(crate) fn propose(&self, past: &[Past]) -> Option<Proposal> {
        if let Some(halving) = self.halving {
            let (setting, resource) = halving.propose(past)?;
            let settings = random::draw(&self.space, self.seed, setting as u64);
            return Some(Proposal { settings, resource: Some(resource) });
        }
        let settings = match self.method {
            _ if past.len() >= self.trials => return None,
            Method::Tpe => tpe::propose(&self.space, past, self.seed),
            _ => random::draw(&self.space, self.seed, past.len() as u64),
        };
        Some(Proposal { settings, resource: None })
    }

    /// Trials in all, if none fails.
    pub(crate) fn total(&self) -> usize {
        self.halving.map_or(self.trials, |halving| halving.trials())
    }
}

/// Those with a loss, the least first; of equals the earlier.
pub(crate) fn ranked(past: &[Past]) -> Vec<usize> {
    let mut order: Vec<(f64, usize)> =
        past.iter().enumerate().filter_map(|(i, p)| Some((p.loss?, i))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    order.into_iter().map(|(_, i)| i).collect()
}

/// Those to choose from, the best first: scores with less of the resource are another matter, so that only trials with
/// the most that any scored trial had are compared.
pub(crate) fn finalists(past: &[Past]) -> Vec<usize> {
    let most = past.iter().filter(|p| p.loss.is_some()).map(|p| p.resource).max();
    let mut order = ranked(past);
    order.retain(|&i| Some(past[i].resource) == most);
    order
}

/// A score as a loss: less is better.
pub(crate) fn loss(better: Better, score: f64) -> f64 {
    match better {
        Better::Lower => score,
        Better::Higher => -score,
        Better::Near(level) => (score - level).abs(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::space::Range;
    use super::*;

    fn past(loss: Option<f64>, resource: Option<u64>) -> Past {
        Past { settings: Settings::new(), loss, resource }
    }

    #[test]
    fn failures_are_never_first_and_equals_keep_their_order() {
        let trials = [past(None, None), past(Some(2.0), None), past(Some(1.0), None), past(Some(1.0), None)];
        assert_eq!(ranked(&trials), [2, 3, 1]);
        assert_eq!(finalists(&trials), [2, 3, 1]);
        assert!(finalists(&trials[..1]).is_empty());
    }

    #[test]
    fn only_the_most_resource_counts() {
        let trials = [
            past(Some(0.1), Some(1)),
            past(Some(0.9), Some(9)),
            past(Some(0.5), Some(9)),
            past(None, Some(27)),
        ];
        assert_eq!(finalists(&trials), [2, 1]);
    }

    #[test]
    fn losses_follow_what_is_better() {
        assert!(loss(Better::Lower, 1.0) < loss(Better::Lower, 2.0));
        assert!(loss(Better::Higher, 2.0) < loss(Better::Higher, 1.0));
        assert!(loss(Better::Near(0.9), 0.85) < loss(Better::Near(0.9), 1.0));
    }

    #[test]
    fn halving_draws_as_random_does() {
        let space = vec![Dimension { path: "window".to_owned(), range: Range::Int([1, 99]) }];
        let random = Search { space, method: Method::Random, trials: 2, halving: None, seed: 3 };
        let halving = Some(Halving { start: 3, min: 1, max: 3, eta: 3 });
        let search = Search { method: Method::SuccessiveHalving, halving, ..random.clone() };
        let first = search.propose(&[]).unwrap();
        assert_eq!(first.settings, random.propose(&[]).unwrap().settings);
        assert_eq!((first.resource, search.total(), random.total()), (Some(1), 4, 2));
        assert_eq!(random.propose(&[past(None, None), past(None, None)]), None);
    }
}
