//! XGBoost's JSON of trees, and what the trees predict.
//!
//! Predictions are made here and not in the library: a model that was read back predicts there with all threads of the
//! machine and cannot be told otherwise, and rows would be copied into its form. They are the same to the last bit: f32
//! sums from the base margin on, tree after tree.

use std::collections::BTreeMap;

use forewarn_core::prelude::*;
use serde_json::value::RawValue;

use super::{NAME, Objective};

/// The JSON as XGBoost writes it; numbers that are not read here keep their digits.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Model {
    learner: Learner,
    version: Box<RawValue>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Learner {
    attributes: Box<RawValue>,
    feature_names: Vec<String>,
    feature_types: Vec<String>,
    gradient_booster: Booster,
    #[serde(rename = "learner_model_param")]
    parameters: BTreeMap<String, String>,
    objective: Box<RawValue>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Booster {
    model: Trees,
    name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Trees {
    #[serde(rename = "gbtree_model_param")]
    parameters: BTreeMap<String, String>,
    #[serde(rename = "tree_info")]
    groups: Vec<u32>,
    #[serde(rename = "trees")]
    texts: Vec<Box<RawValue>>,
}

impl Model {
    /// Reads XGBoost's JSON.
    pub(super) fn read(json: &[u8]) -> Result<Self> {
        serde_json::from_slice(json).map_err(|e| Error::data(format!("these bytes are no state of `{NAME}`: {e}")))
    }

    /// XGBoost's JSON.
    pub(super) fn write(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::numeric(NAME, e.to_string()))
    }

    /// Without the trees after the first `rounds`.
    pub(super) fn with_rounds(mut self, rounds: usize) -> Result<Self> {
        let trees = &mut self.learner.gradient_booster.model;
        trees.texts.truncate(rounds);
        trees.groups.truncate(rounds);
        let count = trees.texts.len().to_string();
        match trees.parameters.get_mut("num_trees") {
            Some(said) => *said = count,
            None => return Err(Error::numeric(NAME, "XGBoost's JSON does not say `num_trees`")),
        }
        Ok(self)
    }

    /// With the names of the columns, unless XGBoost refuses one of them for its brackets.
    pub(super) fn with_names(mut self, columns: &[String]) -> Self {
        if !columns.iter().any(|c| c.contains(['[', ']', '<'])) {
            self.learner.feature_names = columns.to_vec();
        }
        self
    }

    /// The prediction before the first tree.
    fn base_score(&self) -> Result<f32> {
        let said = self.learner.parameters.get("base_score");
        said.and_then(|text| text.parse().ok())
            .ok_or_else(|| Error::data(format!("no state of `{NAME}`: `base_score` is {said:?}")))
    }
}

/// The tree of XGBoost's JSON, one entry a node.
#[derive(Debug, Deserialize)]
struct Tree {
    left_children: Vec<i32>,
    right_children: Vec<i32>,
    split_indices: Vec<u32>,
    split_conditions: Vec<f32>,
    default_left: Vec<u8>,
    loss_changes: Vec<f32>,
}

/// Trees that can be walked.
#[derive(Debug)]
pub(super) struct Forest {
    objective: Objective,
    base: f32,
    nodes: Vec<Node>,
    /// Position of each tree's root; positions in a node are counted from its root.
    roots: Vec<usize>,
    gain: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    /// Below this to the left; the value of a leaf.
    value: f32,
    column: u32,
    /// 0 in a leaf, as no child is a root.
    left: u32,
    right: u32,
    missing: u32,
}

impl Forest {
    /// The trees of `model`, on `columns` columns.
    pub(super) fn new(model: &Model, objective: Objective, columns: usize) -> Result<Self> {
        let base = margin(objective, model.base_score()?);
        let (nodes, roots, gain) = (Vec::new(), Vec::new(), vec![0.0; columns]);
        let mut forest = Self { objective, base, nodes, roots, gain };
        for text in &model.learner.gradient_booster.model.texts {
            let tree: Tree = serde_json::from_str(text.get())
                .map_err(|e| Error::data(format!("a tree in the state of `{NAME}`: {e}")))?;
            forest.add(&tree)?;
        }
        Ok(forest)
    }

    /// Adds a tree whose children come after their parents, as they do when it is grown without pruning.
    fn add(&mut self, tree: &Tree) -> Result<()> {
        let count = tree.left_children.len();
        let same = [
            tree.right_children.len(),
            tree.split_indices.len(),
            tree.split_conditions.len(),
            tree.default_left.len(),
            tree.loss_changes.len(),
        ];
        let broken = || Error::data(format!("a tree in the state of `{NAME}` is broken"));
        if count == 0 || same.iter().any(|&n| n != count) {
            return Err(broken());
        }
        self.roots.push(self.nodes.len());
        for i in 0..count {
            let (left, right) = (tree.left_children[i], tree.right_children[i]);
            let (value, column) = (tree.split_conditions[i], tree.split_indices[i]);
            if left == -1 {
                self.nodes.push(Node { value, column: 0, left: 0, right: 0, missing: 0 });
                continue;
            }
            let child = |c: i32| usize::try_from(c).is_ok_and(|c| c > i && c < count);
            let Some(gain) = self.gain.get_mut(column as usize).filter(|_| child(left) && child(right)) else {
                return Err(broken());
            };
            *gain += f64::from(tree.loss_changes[i]);
            let missing = if tree.default_left[i] == 1 { left } else { right } as u32;
            self.nodes.push(Node { value, column, left: left as u32, right: right as u32, missing });
        }
        Ok(())
    }

    /// How many trees there are.
    pub(super) fn trees(&self) -> usize {
        self.roots.len()
    }

    /// Summed over the splits on each column, by how much they lowered the training loss.
    pub(super) fn gain(&self) -> &[f64] {
        &self.gain
    }

    /// One prediction a row.
    pub(super) fn predict(&self, rows: &DesignMatrix) -> Vec<f32> {
        /// Rows that walk a tree while its nodes are in the first cache.
        const ROWS: usize = 64;
        let width = rows.columns().len();
        let mut sums = vec![self.base; rows.len()];
        for (rows, sums) in rows.values().chunks(ROWS * width).zip(sums.chunks_mut(ROWS)) {
            for &root in &self.roots {
                let tree = &self.nodes[root..];
                for (row, sum) in rows.chunks_exact(width).zip(&mut *sums) {
                    *sum += leaf(tree, row);
                }
            }
        }
        for sum in &mut sums {
            *sum = self.link(*sum);
        }
        sums
    }

    /// As XGBoost's `PredTransform`.
    fn link(&self, margin: f32) -> f32 {
        match self.objective {
            Objective::SquaredError => margin,
            Objective::Poisson | Objective::Tweedie => margin.exp(),
            Objective::Logistic => 1.0 / ((-margin).min(88.7).exp() + 1.0 + 1e-16),
        }
    }
}

/// As XGBoost's `ProbToMargin`.
fn margin(objective: Objective, base_score: f32) -> f32 {
    match objective {
        Objective::SquaredError => base_score,
        Objective::Poisson | Objective::Tweedie => base_score.ln(),
        Objective::Logistic => -(1.0 / base_score - 1.0).ln(),
    }
}

fn leaf(tree: &[Node], row: &[f32]) -> f32 {
    let mut node = tree[0];
    while node.left != 0 {
        let value = row[node.column as usize];
        let next = if value < node.value {
            node.left
        } else if value.is_nan() {
            node.missing
        } else {
            node.right
        };
        node = tree[next as usize];
    }
    node.value
}
