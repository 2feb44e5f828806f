//! The rounds of boosting.

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;
use forewarn_kernels::trees::{Bins, Grower, Grown, Tree};

use super::Boosting;
use super::loss::Objective;
use crate::merged::Merged;

/// One fit under way.
struct Rounds<'a> {
    settings: &'a Boosting,
    objective: Objective,
    bins: &'a Bins,
    train: Merged,
    /// Margin of every row of the bins.
    margins: Vec<f64>,
    pairs: Vec<[f32; 2]>,
    seed: u64,
}

/// The trees of all rounds, or those up to the best on the watched labels.
pub(super) fn trees(
    settings: &Boosting,
    bins: &Bins,
    args: &LabelArgs<'_>,
    (objective, base): (Objective, f64),
) -> Result<Vec<Tree>> {
    let mut rounds = Rounds {
        settings,
        objective,
        bins,
        train: Merged::new(&args.train, bins.rows()),
        margins: vec![base; bins.rows()],
        pairs: vec![[0.0; 2]; bins.rows()],
        seed: args.seed,
    };
    let patience = settings.early_stopping_rounds;
    let watch = args.watch.filter(|_| patience > 0).map(|labels| Merged::new(&labels, bins.rows()));
    let mut watch = watch.map(|labels| Watch::new(labels, base, objective));
    let mut grower = Grower::new(bins, settings.rules());
    let most = args.rounds.unwrap_or(settings.rounds);
    let mut trees = Vec::with_capacity(most);
    for round in 0..most {
        let grown = rounds.grow(&mut grower, round)?;
        if let Some(watch) = &mut watch {
            watch.add(&grown, bins, round + 1);
        }
        trees.push(grown.tree);
        if watch.as_ref().is_some_and(|w| trees.len() - w.best.0 >= patience) {
            break;
        }
    }
    trees.truncate(watch.map_or(usize::MAX, |w| w.best.0));
    Ok(trees)
}

impl Rounds<'_> {
    fn grow(&mut self, grower: &mut Grower<'_>, round: usize) -> Result<Grown> {
        self.slopes(round)?;
        let seed = Stream::new(self.seed, &[round as u64]).number(0);
        let sample = self.sample(seed);
        let mut grown = grower.grow(&self.pairs, sample.as_deref().unwrap_or(&self.train.rows), seed);
        grown.tree.scale(self.settings.learning_rate as f32);
        if sample.is_none() {
            for (leaf, rows) in grown.leaves() {
                let value = f64::from(grown.tree.nodes()[leaf].value);
                for &row in rows {
                    self.margins[row as usize] += value;
                }
            }
        } else {
            let mut added = vec![0.0; self.train.rows.len()];
            grown.add(self.bins, &self.train.rows, &mut added);
            for (&row, added) in self.train.rows.iter().zip(added) {
                self.margins[row as usize] += added;
            }
        }
        Ok(grown)
    }

    /// Gradient and hessian of every row with a label.
    fn slopes(&mut self, round: usize) -> Result<()> {
        let labels = self.train.rows.iter().zip(&self.train.weights).zip(&self.train.sums);
        let mut finite = true;
        for ((&row, &w), &wy) in labels {
            let pair = self.objective.pair(self.margins[row as usize], w, wy);
            finite &= pair[0].is_finite() && pair[1].is_finite();
            self.pairs[row as usize] = pair;
        }
        if finite {
            return Ok(());
        }
        let why = format!("a gradient is not finite in round {round}: lower `learning-rate`, or set `max-delta-step`");
        Err(Error::numeric("boosting", why))
    }

    /// The rows of this round; `None` for all.
    fn sample(&self, seed: u64) -> Option<Vec<u32>> {
        let share = self.settings.row_share;
        let stream = Stream::new(seed, &[1]);
        let chosen = |row: &u32| stream.uniform(u64::from(*row)) < share;
        (share < 1.0).then(|| self.train.rows.iter().copied().filter(chosen).collect())
    }
}

/// Watched labels, their margins, and the best round so far with its loss.
struct Watch {
    labels: Merged,
    margins: Vec<f64>,
    objective: Objective,
    best: (usize, f64),
}

impl Watch {
    fn new(labels: Merged, base: f64, objective: Objective) -> Self {
        let margins = vec![base; labels.rows.len()];
        let mut watch = Self { labels, margins, objective, best: (0, 0.0) };
        watch.best.1 = watch.loss();
        watch
    }

    fn add(&mut self, grown: &Grown, bins: &Bins, rounds: usize) {
        grown.add(bins, &self.labels.rows, &mut self.margins);
        let loss = self.loss();
        if loss < self.best.1 {
            self.best = (rounds, loss);
        }
    }

    fn loss(&self) -> f64 {
        let labels = self.margins.iter().zip(&self.labels.weights).zip(&self.labels.sums);
        labels.map(|((&margin, &w), &wy)| self.objective.loss(margin, w, wy)).sum()
    }
}
