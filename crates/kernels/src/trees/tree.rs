//! A fitted tree, read without its bins.

/// A split, or a leaf: where `children` is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// Column that is split.
    pub column: u32,
    /// Values below it go left.
    pub threshold: f32,
    /// Whether missing values go left.
    pub missing_left: bool,
    /// Index of the left child, the right child follows; 0 for a leaf.
    pub children: u32,
    /// What a leaf adds to the prediction; for a split, what it would add as a leaf.
    pub value: f32,
    /// Sum of the hessians of its rows.
    pub cover: f32,
    /// By how much the split lowers the loss, doubled; 0 for a leaf.
    pub gain: f64,
}

/// Nodes from the root; children come after their parent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// A tree of `nodes` that read rows of `columns` values, or the first node that breaks what [`Node`] says.
    ///
    /// # Errors
    /// The index of the first node whose children are missing or do not come after it, or whose column is missing; 0
    /// where there is no node.
    pub fn new(nodes: Vec<Node>, columns: usize) -> Result<Self, usize> {
        let wrong = |(i, node): (usize, &Node)| {
            let children = node.children as usize;
            let inside = children > i && children + 1 < nodes.len() && (node.column as usize) < columns;
            node.children > 0 && !inside
        };
        match nodes.iter().enumerate().position(wrong) {
            Some(i) => Err(i),
            None if nodes.is_empty() => Err(0),
            None => Ok(Self { nodes }),
        }
    }

    /// The nodes, the root first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Multiplies what every node adds by `rate`.
    pub fn scale(&mut self, rate: f32) {
        for node in &mut self.nodes {
            node.value *= rate;
        }
    }

    /// Index of the leaf that `row` falls into.
    ///
    /// # Panics
    /// When the row has fewer columns than the tree reads.
    #[inline]
    pub fn leaf(&self, row: &[f32]) -> usize {
        let mut at = 0;
        loop {
            let node = &self.nodes[at];
            if node.children == 0 {
                return at;
            }
            let x = row[node.column as usize];
            let left = if x.is_nan() { node.missing_left } else { x < node.threshold };
            at = node.children as usize + usize::from(!left);
        }
    }

    /// Adds to every `out[i]` the value of the leaf that row `i` of `rows`, rows x columns, falls into.
    ///
    /// # Panics
    /// As [`Tree::leaf`].
    pub fn add(&self, rows: &[f32], out: &mut [f64]) {
        let columns = rows.len().checked_div(out.len()).unwrap_or_default().max(1);
        for (row, out) in rows.chunks_exact(columns).zip(out) {
            *out += f64::from(self.nodes[self.leaf(row)].value);
        }
    }

    /// Adds the gain of every split to its column.
    pub fn add_gain(&self, gain: &mut [f64]) {
        for node in self.nodes.iter().filter(|n| n.children > 0) {
            gain[node.column as usize] += node.gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAF: Node = Node {
        column: 0,
        threshold: 0.0,
        missing_left: false,
        children: 0,
        value: 0.0,
        cover: 1.0,
        gain: 0.0,
    };

    #[test]
    fn rows_fall_where_the_thresholds_say() {
        let root = Node { column: 1, threshold: 2.0, missing_left: true, children: 1, gain: 3.0, ..LEAF };
        let leaf = |value| Node { value, ..LEAF };
        let mut tree = Tree::new(vec![root, leaf(-1.0), leaf(1.0)], 2).unwrap();
        let mut out = [10.0; 4];
        tree.add(&[0.0, 1.9, 0.0, 2.0, 0.0, f32::NAN, f32::NAN, 7.0], &mut out);
        assert_eq!(out, [9.0, 11.0, 9.0, 11.0]);
        tree.scale(0.5);
        assert_eq!(tree.nodes()[2].value, 0.5);
        let mut gain = [0.0; 2];
        tree.add_gain(&mut gain);
        assert_eq!(gain, [0.0, 3.0]);
        tree.add(&[], &mut []);
    }

    #[test]
    fn broken_trees_are_refused() {
        let split = |children, column| Node { column, children, ..LEAF };
        assert_eq!(Tree::new(vec![], 1), Err(0));
        assert_eq!(Tree::new(vec![split(1, 0), LEAF], 1), Err(0));
        assert_eq!(Tree::new(vec![split(1, 1), LEAF, LEAF], 1), Err(0));
        assert_eq!(Tree::new(vec![split(1, 0), split(1, 0), LEAF], 1), Err(1));
        assert!(Tree::new(vec![split(1, 0), LEAF, LEAF], 1).is_ok());
    }
}
