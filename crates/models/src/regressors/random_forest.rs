//! Regression forests with quantiles.

mod grow;
mod leaves;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use forewarn_core::prelude::*;
use forewarn_kernels::simd;
use forewarn_kernels::trees::{Bins, Rules, Tree};

use crate::bytes::{Reader, Writer};
use crate::{tree_contributions, tree_state};
use leaves::{Label, Leaves};

forewarn_core::entry!(Regressor: RandomForest as "random-forest", check);

const NAME: &str = "random-forest";
const VERSION: u8 = 1;

/// A regression forest: the mean of deep trees, each grown from a bootstrap sample, each split from some of the columns.
///
/// Breiman (2001), doi:10.1023/A:1010933404324; splits lower the weighted sum of squared errors most, over histograms,
/// and send missing features to the better side. Leaves keep the labels of their sample, so that quantiles can be told
/// (Meinshausen 2006, JMLR 7:983): a quantile is the smallest label at or below which that share of the weight lies, when
/// every tree spreads the weight 1 over the labels of the leaf that the row falls into. A leaf with more than 64 distinct
/// labels keeps 64 equally likely quantiles of them; its mean stays that of all. The bootstrap draws a row as often as a
/// Poisson variate with its weight for the mean says, so that a row of weight 3 stands for three rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RandomForest {
    /// Trees, at least 1.
    #[schemars(range(min = 1))]
    pub trees: usize,
    /// Splits from the root to a leaf, 0 for any number.
    pub max_depth: usize,
    /// Least weight of the sampled rows of a leaf.
    pub min_leaf: f64,
    /// Share of the columns that each split chooses from, above 0, at most 1.
    pub column_share: f64,
    /// Share of the rows that each tree sees, drawn without replacement, above 0, at most 1; a bootstrap when absent.
    pub row_share: Option<f64>,
    /// Bins of a column, one of them for missing values, 3-256.
    #[schemars(range(min = 3, max = 256))]
    pub bins: usize,
}

impl Default for RandomForest {
    fn default() -> Self {
        Self { trees: 200, max_depth: 0, min_leaf: 5.0, column_share: 1.0 / 3.0, row_share: None, bins: 256 }
    }
}

impl RandomForest {
    fn check(self) -> Result<Self> {
        let share = |x: f64| x > 0.0 && x <= 1.0;
        let rows = self.row_share.unwrap_or(1.0);
        let least = self.min_leaf;
        let rules = [
            ("trees", self.trees >= 1, self.trees as f64, "is at least 1"),
            ("min-leaf", least >= 0.0 && least.is_finite(), least, "is at least 0"),
            ("column-share", share(self.column_share), self.column_share, "is above 0, at most 1"),
            ("row-share", share(rows), rows, "is above 0, at most 1"),
            ("bins", (3..=256).contains(&self.bins), self.bins as f64, "is 3-256"),
        ];
        match rules.iter().find(|rule| !rule.1) {
            Some((name, _, value, rule)) => Err(Error::config(NAME, format!("`{name}` is {value}; it {rule}"))),
            None => Ok(self),
        }
    }

    fn rules(&self) -> Rules {
        Rules {
            max_depth: if self.max_depth == 0 { usize::MAX } else { self.max_depth },
            min_child_weight: self.min_leaf,
            l2: 0.0,
            node_columns: self.column_share,
            ..Rules::default()
        }
    }
}

impl Regressor for RandomForest {
    fn prepare(&self, args: &PrepareArgs<'_>) -> Result<Box<dyn Prepared>> {
        let columns = args.rows.columns().clone();
        let bins = Bins::new(args.rows.values(), columns.len(), args.weights, self.bins);
        Ok(Box::new(Binned { settings: self.clone(), columns, bins }))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Regression>> {
        Ok(Box::new(Grove::read(state)?))
    }
}

#[derive(Debug)]
struct Binned {
    settings: RandomForest,
    columns: Arc<[String]>,
    bins: Bins,
}

/// Trees that are grown one after the other, in the same memory.
const TREES: usize = 4;

impl Prepared for Binned {
    fn fit(&self, args: &LabelArgs<'_>) -> Result<Box<dyn Regression>> {
        let forest = grow::Forest::new(&self.settings, &self.bins, args);
        let parts = simd::chunks(self.settings.trees, TREES, |numbers| {
            let mut grower = forest.grower();
            numbers.map(|number| forest.member(&mut grower, number)).collect::<Vec<_>>()
        });
        let members = parts.into_iter().flatten().collect();
        Ok(Box::new(Grove { columns: self.columns.clone(), deviation: forest.deviation, members }))
    }
}

/// A tree with the labels in its leaves; what a leaf adds is their mean.
#[derive(Debug, Clone, PartialEq)]
struct Member {
    tree: Tree,
    leaves: Leaves,
}

/// A fitted forest.
#[derive(Debug, Clone, PartialEq)]
struct Grove {
    columns: Arc<[String]>,
    /// What labels were divided by; gains are in its square.
    deviation: f64,
    members: Vec<Member>,
}

/// Rows that go through one tree after another.
const BLOCK: usize = 128;

impl Grove {
    fn read(state: &[u8]) -> Result<Self> {
        let mut r = Reader::new(NAME, VERSION, state)?;
        let (columns, deviation) = (r.names()?, r.double()?);
        let count = r.count(4)?;
        if count == 0 {
            return Err(r.wrong("it has no tree"));
        }
        let mut member = |_| -> Result<_> {
            let tree = tree_state::read(&mut r, columns.len())?;
            let is_leaf: Vec<bool> = tree.nodes().iter().map(|n| n.children == 0).collect();
            Ok(Member { leaves: Leaves::read(&mut r, &is_leaf)?, tree })
        };
        let members = (0..count).map(&mut member).collect::<Result<_>>()?;
        r.end()?;
        Ok(Self { columns, deviation, members })
    }

    /// Labels of all leaves that a row falls into, ascending.
    fn pool(&self, row: &[f32], pool: &mut Vec<Label>) {
        pool.clear();
        for member in &self.members {
            let labels = member.leaves.of(member.tree.leaf(row));
            pool.extend(labels.iter().map(|&(y, share)| (y, f64::from(share))));
        }
        leaves::distinct(pool);
    }
}

impl Regression for Grove {
    fn predict(&self, rows: &DesignMatrix) -> Result<Vec<f32>> {
        rows.expect(&self.columns)?;
        let width = self.columns.len();
        let parts = simd::chunks(rows.len(), BLOCK, |range| {
            let values = &rows.values()[range.start * width..range.end * width];
            let mut sums = vec![0.0; range.len()];
            for member in &self.members {
                member.tree.add(values, &mut sums);
            }
            sums.into_iter().map(|sum| (sum / self.members.len() as f64) as f32).collect::<Vec<_>>()
        });
        Ok(parts.concat())
    }

    fn quantiles(&self, rows: &DesignMatrix, levels: &[f64]) -> Result<Option<Vec<f32>>> {
        rows.expect(&self.columns)?;
        let parts = simd::chunks(rows.len(), BLOCK, |range| {
            let (mut pool, mut out) = (Vec::new(), Vec::with_capacity(range.len() * levels.len()));
            for i in range {
                self.pool(rows.row(i), &mut pool);
                out.extend(leaves::quantiles(&pool, levels));
            }
            out
        });
        Ok(Some(parts.concat()))
    }

    fn state(&self) -> Result<Vec<u8>> {
        let mut w = Writer::new(NAME, VERSION);
        w.names(&self.columns);
        w.double(self.deviation);
        w.count(self.members.len());
        for member in &self.members {
            tree_state::write(&mut w, &member.tree);
            member.leaves.write(&mut w);
        }
        Ok(w.done())
    }

    fn contributions(&self, rows: &DesignMatrix) -> Result<Option<Contributions>> {
        rows.expect(&self.columns)?;
        let (trees, share) = (self.members.iter().map(|m| &m.tree), 1.0 / self.members.len() as f64);
        let values = tree_contributions::of(trees, (0.0, share), rows);
        Ok(Some(Contributions { values, scale: "identity" }))
    }

    /// The weighted sum of squared errors that splits on each column took away, on average over the trees.
    fn gain(&self) -> Vec<f64> {
        let mut gain = vec![0.0; self.columns.len()];
        for member in &self.members {
            member.tree.add_gain(&mut gain);
        }
        let unit = self.deviation * self.deviation / self.members.len() as f64;
        gain.into_iter().map(|g| g * unit).collect()
    }
}
