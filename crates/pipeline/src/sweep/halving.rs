//! Successive halving: many settings with little, the best of them with more. Jamieson and Talwalkar (2016),
//! arXiv:1502.07943; the rungs are those of a bracket of Hyperband, Li et al. (2018), arXiv:1603.06560, algorithm 1.

use serde::Serialize;

use super::search::{Past, ranked};

/// How many settings start, and with how much of the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Halving {
    /// Settings of the first rung.
    pub(crate) start: usize,
    /// The least resource, at least 1.
    pub(crate) min: u64,
    /// The resource of the last rung.
    pub(crate) max: u64,
    /// What the resource is multiplied and the number of settings divided by from rung to rung, at least 2.
    pub(crate) eta: u64,
}

/// Settings that get the same resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rung {
    /// How many settings.
    pub(crate) count: usize,
    /// How much each of them gets.
    pub(crate) resource: u64,
}

impl Halving {
    /// `count = start / eta^k` rounded down, at least 1; `resource = max / eta^(K - k)` rounded, with the greatest `K`
    /// whose first resource is not below `min`. One setting alone is not compared with anything: it goes to the last
    /// rung at once.
    pub(crate) fn rungs(&self) -> Vec<Rung> {
        let mut powers = vec![1_u64];
        while let Some(next) =
            powers[powers.len() - 1].checked_mul(self.eta).filter(|p| self.max / p >= self.min)
        {
            powers.push(next);
        }
        let last = powers.len() - 1;
        let rung = |k: usize| {
            let power = powers[last - k];
            let resource = self.max / power + u64::from(self.max % power >= power.div_ceil(2));
            Rung { count: (self.start / powers[k] as usize).max(1), resource }
        };
        (0..=last).map(rung).filter(|rung| rung.count > 1 || rung.resource == self.max).collect()
    }

    /// Which setting is next, and its resource; `None` when all is done or none is left. `past` is what was proposed, in
    /// that order. Of those with equal scores the earlier goes on; those that failed do not.
    pub(crate) fn propose(&self, past: &[Past]) -> Option<(usize, u64)> {
        let mut left: Vec<usize> = (0..self.rungs().first()?.count).collect();
        let mut done = 0;
        for rung in self.rungs() {
            left.truncate(rung.count);
            if past.len() < done + left.len() {
                return Some((left[past.len() - done], rung.resource));
            }
            let order = ranked(&past[done..done + left.len()]);
            done += left.len();
            left = order.into_iter().map(|i| left[i]).collect();
        }
        None
    }

    /// Trials in all, if none fails.
    pub(crate) fn trials(&self) -> usize {
        self.rungs().iter().map(|rung| rung.count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::space::Settings;
    use super::*;

    fn rungs(start: usize, min: u64, max: u64, eta: u64) -> Vec<(usize, u64)> {
        Halving { start, min, max, eta }.rungs().iter().map(|r| (r.count, r.resource)).collect()
    }

    #[test]
    fn rungs_are_those_of_hyperband() {
        // The bracket s = 4 of table 1 of Li et al.: R = 81, eta = 3.
        assert_eq!(rungs(81, 1, 81, 3), [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)]);
        assert_eq!(rungs(27, 3, 81, 3), [(27, 3), (9, 9), (3, 27), (1, 81)]);
        assert_eq!(rungs(9, 1, 12, 3), [(9, 1), (3, 4), (1, 12)]);
        assert_eq!(rungs(4, 1, 27, 3), [(4, 1), (1, 27)], "one alone goes to the end at once");
        assert_eq!(rungs(5, 6, 6, 2), [(5, 6)]);
        assert_eq!(rungs(8, 2, 9, 2), [(8, 2), (4, 5), (2, 9)]);
        assert_eq!(rungs(3, 1, u64::MAX, 3).len(), 2);
    }

    fn play(halving: Halving, loss: impl Fn(usize, u64) -> Option<f64>) -> Vec<(usize, u64)> {
        let mut past = Vec::new();
        let mut seen = Vec::new();
        while let Some((setting, resource)) = halving.propose(&past) {
            past.push(Past {
                settings: Settings::new(),
                loss: loss(setting, resource),
                resource: Some(resource),
            });
            seen.push((setting, resource));
        }
        seen
    }

    #[test]
    fn the_better_ones_go_on_the_best_first() {
        let halving = Halving { start: 9, min: 1, max: 9, eta: 3 };
        let seen = play(halving, |setting, _| Some((setting as f64 - 6.2).abs()));
        assert_eq!(seen[9..], [(6, 3), (7, 3), (5, 3), (6, 9)]);
        assert_eq!(seen.len(), halving.trials());
        let turned = play(halving, |i, resource| Some(if resource == 1 { i as f64 } else { -(i as f64) }));
        assert_eq!(turned[9..], [(0, 3), (1, 3), (2, 3), (2, 9)], "each rung judges anew");
    }

    #[test]
    fn what_failed_does_not_go_on() {
        let halving = Halving { start: 9, min: 1, max: 9, eta: 3 };
        let seen = play(halving, |setting, _| (setting == 4 || setting == 8).then_some(1.0));
        assert_eq!(seen[9..], [(4, 3), (8, 3), (4, 9)], "of equals the earlier");
        assert_eq!(play(halving, |_, _| None).len(), 9, "nobody is left");
    }
}
