//! Gradient boosting of trees, in pure Rust.

mod fit;
mod loss;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use forewarn_core::prelude::*;
use forewarn_kernels::simd;
use forewarn_kernels::trees::{Bins, Rules, Tree};

use crate::bytes::{Reader, Writer};
use crate::{merged, tree_contributions, tree_state};
use loss::{Link, Objective};

pub use loss::Loss;

forewarn_core::entry!(Regressor: Boosting as "boosting", check);

const NAME: &str = "boosting";
const VERSION: u8 = 1;

/// Gradient boosting of depth-wise histogram trees, with the second-order gain of `XGBoost`.
///
/// Friedman (2001), doi:10.1214/aos/1013203451, with the regularised gain, the missing values and the histograms of Chen
/// and Guestrin (2016), doi:10.1145/2939672.2939785. The first margin is the weighted mean label through the link; each
/// round adds `learning-rate` times the tree that lowers the loss most, to second order. Missing features are sent to the
/// side that lowers the loss more. Where cut points agree the trees are those of `XGBoost` (`hist`, `depthwise`); here a
/// cut is the middle of two neighbouring values. Equal rows may be merged into one with their mean label and total weight:
/// the trees are the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Boosting {
    /// What is lowered; it says what labels may be.
    pub loss: Loss,
    /// Power of the variance for loss `tweedie`, between 1 (counts) and 2 (sizes), ends excluded.
    pub tweedie_power: f64,
    /// Trees, at least 1.
    #[schemars(range(min = 1))]
    pub rounds: usize,
    /// By how much each tree is shrunk, above 0, at most 1.
    pub learning_rate: f64,
    /// Splits from the root to a leaf, 1-32.
    #[schemars(range(min = 1, max = 32))]
    pub max_depth: usize,
    /// Least sum of hessians in a child; for squared loss, the weight of its rows.
    pub min_child_weight: f64,
    /// Ridge penalty of the leaves.
    pub l2: f64,
    /// Least gain of a split.
    pub min_split_loss: f64,
    /// Share of the rows that each tree sees, above 0, at most 1.
    pub row_share: f64,
    /// Share of the columns that each tree sees, above 0, at most 1.
    pub column_share: f64,
    /// Stops after so many rounds without a lower loss on the watched labels, and keeps the best; 0 for never. Without
    /// watched labels all rounds are kept.
    pub early_stopping_rounds: usize,
    /// Bins of a column, one of them for missing values, 3-256.
    #[schemars(range(min = 3, max = 256))]
    pub bins: usize,
    /// Largest step of a leaf before it is shrunk, 0 for any; by default 3 for loss `logistic`, 0.7 for `poisson` and 0 for
    /// the others.
    ///
    /// Where an event has a probability of 0.003, the second-order step of a leaf full of events is 1 / 0.003 wide under
    /// loss `logistic` and wider still under `poisson`, and the next trees do not bring it back. `XGBoost` bounds only the
    /// latter by default, at 0.7, and advises 1 to 10 for the former; where events are as frequent as not, no first step is
    /// wider than 2, so that 3 changes little. Steps of `tweedie` are never wider than `1 / (power - 1)` or `1 / (2 - power)`.
    pub max_delta_step: Option<f64>,
}

impl Default for Boosting {
    fn default() -> Self {
        Self {
            loss: Loss::Squared,
            tweedie_power: 1.5,
            rounds: 100,
            learning_rate: 0.1,
            max_depth: 6,
            min_child_weight: 1.0,
            l2: 1.0,
            min_split_loss: 0.0,
            row_share: 1.0,
            column_share: 1.0,
            early_stopping_rounds: 0,
            bins: 256,
            max_delta_step: None,
        }
    }
}

impl Boosting {
    fn check(self) -> Result<Self> {
        let share = |x: f64| x > 0.0 && x <= 1.0;
        let penalty = |x: f64| x >= 0.0 && x.is_finite();
        let power = self.tweedie_power;
        let rules = [
            ("tweedie-power", power > 1.0 && power < 2.0, power, "lies between 1 and 2"),
            ("rounds", self.rounds >= 1, self.rounds as f64, "is at least 1"),
            ("learning-rate", share(self.learning_rate), self.learning_rate, "is above 0, at most 1"),
            ("max-depth", (1..=32).contains(&self.max_depth), self.max_depth as f64, "is 1-32"),
            ("min-child-weight", penalty(self.min_child_weight), self.min_child_weight, "is at least 0"),
            ("l2", penalty(self.l2), self.l2, "is at least 0"),
            ("min-split-loss", penalty(self.min_split_loss), self.min_split_loss, "is at least 0"),
            ("row-share", share(self.row_share), self.row_share, "is above 0, at most 1"),
            ("column-share", share(self.column_share), self.column_share, "is above 0, at most 1"),
            ("bins", (3..=256).contains(&self.bins), self.bins as f64, "is 3-256"),
            ("max-delta-step", penalty(self.step()), self.step(), "is at least 0"),
        ];
        match rules.iter().find(|rule| !rule.1) {
            Some((name, _, value, rule)) => Err(Error::config(NAME, format!("`{name}` is {value}; it {rule}"))),
            None => Ok(self),
        }
    }

    fn step(&self) -> f64 {
        self.max_delta_step.unwrap_or(match self.loss {
            Loss::Logistic => 3.0,
            Loss::Poisson => 0.7,
            Loss::Squared | Loss::Tweedie => 0.0,
        })
    }

    fn objective(&self) -> Objective {
        match self.loss {
            Loss::Squared => Objective::Squared,
            Loss::Poisson => Objective::Poisson(self.step()),
            Loss::Tweedie => Objective::Tweedie(self.tweedie_power),
            Loss::Logistic => Objective::Logistic,
        }
    }

    fn rules(&self) -> Rules {
        Rules {
            max_depth: self.max_depth,
            min_child_weight: self.min_child_weight,
            l2: self.l2,
            min_split_loss: self.min_split_loss,
            max_delta_step: self.step(),
            tree_columns: self.column_share,
            node_columns: 1.0,
        }
    }
}

impl Regressor for Boosting {
    fn prepare(&self, args: &PrepareArgs<'_>) -> Result<Box<dyn Prepared>> {
        let columns = args.rows.columns().clone();
        let bins = Bins::new(args.rows.values(), columns.len(), args.weights, self.bins);
        Ok(Box::new(Binned { settings: self.clone(), columns, bins }))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Regression>> {
        Ok(Box::new(Boosted::read(state)?))
    }

    fn predicts(&self) -> Predicts {
        if self.loss == Loss::Logistic { Predicts::Probability } else { Predicts::Mean }
    }

    fn watches(&self) -> bool {
        self.early_stopping_rounds > 0
    }
}

#[derive(Debug)]
struct Binned {
    settings: Boosting,
    columns: Arc<[String]>,
    bins: Bins,
}

impl Prepared for Binned {
    fn fit(&self, args: &LabelArgs<'_>) -> Result<Box<dyn Regression>> {
        let objective = self.settings.objective();
        for labels in [Some(args.train), args.watch].iter().flatten() {
            objective.check(labels)?;
        }
        let constant = merged::constant(args).map(f64::from);
        let mean = constant.unwrap_or_else(|| merged::Merged::new(&args.train, self.bins.rows()).mean());
        let base = objective.link().margin(mean);
        let trees = match constant {
            Some(_) => Vec::new(),
            None => fit::trees(&self.settings, &self.bins, args, (objective, base))?,
        };
        Ok(Box::new(Boosted { columns: self.columns.clone(), link: objective.link(), base, trees }))
    }
}

/// Boosted trees: the prediction is the inverse link of the base and the leaves.
#[derive(Debug, Clone, PartialEq)]
struct Boosted {
    columns: Arc<[String]>,
    link: Link,
    base: f64,
    trees: Vec<Tree>,
}

/// Rows that go through one tree after another, so that both stay in the cache.
const BLOCK: usize = 128;

impl Boosted {
    fn read(state: &[u8]) -> Result<Self> {
        let mut r = Reader::new(NAME, VERSION, state)?;
        let columns = r.names()?;
        let link = r.byte()?;
        let link = *Link::ALL.get(usize::from(link)).ok_or_else(|| r.wrong("it has no such link"))?;
        let base = r.double()?;
        let count = r.count(4)?;
        let trees = (0..count).map(|_| tree_state::read(&mut r, columns.len())).collect::<Result<_>>()?;
        r.end()?;
        Ok(Self { columns, link, base, trees })
    }
}

impl Regression for Boosted {
    fn predict(&self, rows: &DesignMatrix) -> Result<Vec<f32>> {
        rows.expect(&self.columns)?;
        let width = self.columns.len();
        let parts = simd::chunks(rows.len(), BLOCK, |range| {
            let values = &rows.values()[range.start * width..range.end * width];
            let mut margins = vec![self.base; range.len()];
            for tree in &self.trees {
                tree.add(values, &mut margins);
            }
            margins.into_iter().map(|m| self.link.mean(m) as f32).collect::<Vec<_>>()
        });
        Ok(parts.concat())
    }

    fn state(&self) -> Result<Vec<u8>> {
        let mut w = Writer::new(NAME, VERSION);
        w.names(&self.columns);
        w.byte(self.link as u8);
        w.double(self.base);
        w.count(self.trees.len());
        for tree in &self.trees {
            tree_state::write(&mut w, tree);
        }
        Ok(w.done())
    }

    fn rounds(&self) -> Option<usize> {
        Some(self.trees.len())
    }

    fn contributions(&self, rows: &DesignMatrix) -> Result<Option<Contributions>> {
        rows.expect(&self.columns)?;
        let values = tree_contributions::of(self.trees.iter(), (self.base, 1.0), rows);
        Ok(Some(Contributions { values, scale: self.link.name() }))
    }

    fn gain(&self) -> Vec<f64> {
        let mut gain = vec![0.0; self.columns.len()];
        for tree in &self.trees {
            tree.add_gain(&mut gain);
        }
        gain
    }
}
