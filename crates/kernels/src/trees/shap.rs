//! What each feature added to the prediction of a tree.

use super::tree::{Node, Tree};

/// A feature on the way from the root to a node.
#[derive(Debug, Clone, Copy)]
struct Element {
    /// Its column; `u32::MAX` for the root's element, which is no feature.
    column: u32,
    /// Share of the rows that go this way when the feature is not known.
    zero: f64,
    /// Whether the row goes this way (1) or not (0) when it is.
    one: f64,
    /// Weight of the coalitions of so many of the features on the way.
    weight: f64,
}

impl Tree {
    /// The prediction without knowing any feature: the mean of the leaves, each weighted by the cover along its way.
    pub fn expected(&self) -> f64 {
        self.expected_at(0)
    }

    fn expected_at(&self, at: usize) -> f64 {
        let node = &self.nodes()[at];
        if node.children == 0 {
            return f64::from(node.value);
        }
        let left = node.children as usize;
        let share = self.share(node, left);
        share * self.expected_at(left) + (1.0 - share) * self.expected_at(left + 1)
    }

    /// Share of a split's cover that its child has; one half where the split has none.
    fn share(&self, split: &Node, child: usize) -> f64 {
        let left = split.children as usize;
        let cover = |i: usize| f64::from(self.nodes()[i].cover);
        let both = cover(left) + cover(left + 1);
        if both > 0.0 { cover(child) / both } else { 0.5 }
    }

    /// Adds to `out`, one number a column, what each feature of `row` added to the prediction: the Shapley values of the game
    /// whose players are the features and whose value is the prediction when only those of a coalition are known, all other
    /// splits sending the row both ways by cover. They and [`Tree::expected`] add up to the leaf of the row.
    ///
    /// Lundberg, Erion and Lee (2018), arXiv:1802.03888, algorithm 2: time grows with the leaves and the square of the depth.
    ///
    /// # Panics
    /// When row or `out` have fewer columns than the tree reads.
    pub fn add_contributions(&self, row: &[f32], out: &mut [f64]) {
        let root = Element { column: u32::MAX, zero: 1.0, one: 1.0, weight: 1.0 };
        self.descend(0, &[], root, row, out);
    }

    fn descend(&self, at: usize, path: &[Element], next: Element, row: &[f32], out: &mut [f64]) {
        let mut path = extended(path, next);
        let node = &self.nodes()[at];
        if node.children == 0 {
            for i in 1..path.len() {
                let weight: f64 = unwound(&path, i).iter().map(|e| e.weight).sum();
                let Element { column, zero, one, .. } = path[i];
                out[column as usize] += weight * (one - zero) * f64::from(node.value);
            }
            return;
        }
        let (mut zero, mut one) = (1.0, 1.0);
        if let Some(i) = path.iter().position(|e| e.column == node.column) {
            (zero, one) = (path[i].zero, path[i].one);
            path = unwound(&path, i);
        }
        let taken = child(node, row);
        for next in [node.children as usize, node.children as usize + 1] {
            let one = if next == taken { one } else { 0.0 };
            let zero = zero * self.share(node, next);
            // Where no coalition comes, nothing is added.
            if zero > 0.0 || one > 0.0 {
                self.descend(next, &path, Element { column: node.column, zero, one, weight: 0.0 }, row, out);
            }
        }
    }
}

/// The child that a row goes to.
fn child(split: &Node, row: &[f32]) -> usize {
    let x = row[split.column as usize];
    let left = if x.is_nan() { split.missing_left } else { x < split.threshold };
    split.children as usize + usize::from(!left)
}

/// The way with one more feature (`EXTEND`).
fn extended(path: &[Element], next: Element) -> Vec<Element> {
    let length = path.len();
    let mut path = path.to_vec();
    path.push(Element { weight: if length == 0 { 1.0 } else { 0.0 }, ..next });
    let all = (length + 1) as f64;
    for i in (0..length).rev() {
        path[i + 1].weight += next.one * path[i].weight * (i + 1) as f64 / all;
        path[i].weight *= next.zero * (length - i) as f64 / all;
    }
    path
}

/// The way without its feature `i` (`UNWIND`).
fn unwound(path: &[Element], i: usize) -> Vec<Element> {
    let Element { zero, one, .. } = path[i];
    let last = path.len() - 1;
    let all = path.len() as f64;
    let mut rest = path[..last].to_vec();
    let mut carried = path[last].weight;
    for j in (0..last).rev() {
        if one > 0.0 {
            let before = rest[j].weight;
            rest[j].weight = carried * all / ((j + 1) as f64 * one);
            carried = before - rest[j].weight * zero * (last - j) as f64 / all;
        } else {
            rest[j].weight *= all / (zero * (last - j) as f64);
        }
    }
    for j in i..last {
        rest[j] = Element { weight: rest[j].weight, ..path[j + 1] };
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FEATURES: usize = 6;

    /// The prediction when only the features of a coalition (a bit each) are known.
    fn known(tree: &Tree, at: usize, coalition: u32, row: &[f32]) -> f64 {
        let node = &tree.nodes()[at];
        if node.children == 0 {
            return f64::from(node.value);
        }
        let left = node.children as usize;
        if coalition >> node.column & 1 == 1 {
            return known(tree, child(node, row), coalition, row);
        }
        let (a, b) = (f64::from(tree.nodes()[left].cover), f64::from(tree.nodes()[left + 1].cover));
        let share = if a + b > 0.0 { a / (a + b) } else { 0.5 };
        share * known(tree, left, coalition, row) + (1.0 - share) * known(tree, left + 1, coalition, row)
    }

    /// Shapley (1953): the mean of what a player adds over all orders in which players come.
    fn shapley(tree: &Tree, row: &[f32], player: usize) -> f64 {
        let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
        let without = (0..1_u32 << FEATURES).filter(|s| s >> player & 1 == 0);
        without
            .map(|s| {
                let size = s.count_ones() as usize;
                let weight = factorial(size) * factorial(FEATURES - size - 1) / factorial(FEATURES);
                weight * (known(tree, 0, s | 1 << player, row) - known(tree, 0, s, row))
            })
            .sum()
    }

    fn leaf(value: f32, cover: f32) -> Node {
        Node { column: 0, threshold: 0.0, missing_left: false, children: 0, value, cover, gain: 0.0 }
    }

    /// A tree that splits its first leaves by the given columns and thresholds; a feature may come again.
    fn tree(splits: &[(u32, f32, bool, f32)], leaves: &[(f32, f32)]) -> Tree {
        let mut nodes = vec![leaf(1.0, 8.0)];
        for (i, &(column, threshold, missing_left, share)) in splits.iter().enumerate() {
            let at = (i * 7 % nodes.len()..nodes.len())
                .find(|&n| nodes[n].children == 0)
                .unwrap_or(nodes.len() - 1);
            let (children, cover) = (nodes.len() as u32, nodes[at].cover);
            nodes[at] = Node { column, threshold, missing_left, children, ..nodes[at] };
            for (k, share) in [share, 1.0 - share].into_iter().enumerate() {
                let (value, _) = leaves[(2 * i + k) % leaves.len()];
                nodes.push(leaf(value, cover * share));
            }
        }
        Tree::new(nodes, FEATURES).unwrap()
    }

    #[test]
    fn the_example_of_two_features_is_worked_by_hand() {
        // x0 < 0: 0; else x1 < 0: 0, else 80; each side has half of the rows. Nothing known: 20.
        let both = tree(&[(0, 0.0, false, 0.5)], &[(0.0, 0.0)]);
        let mut nodes = both.nodes().to_vec();
        nodes[2] = Node { column: 1, children: 3, ..nodes[2] };
        nodes.extend([leaf(0.0, 2.0), leaf(80.0, 2.0)]);
        let both = Tree::new(nodes, 2).unwrap();
        assert_eq!(both.expected(), 20.0);
        let mut out = [0.0; 2];
        both.add_contributions(&[1.0, 1.0], &mut out);
        // Either alone lifts 20 to 40, and then 40 to 80: (20 + 40) / 2 each.
        assert!(out.iter().all(|v| (v - 30.0).abs() < 1e-12), "{out:?}");
        let mut out = [0.0; 2];
        both.add_contributions(&[-1.0, 1.0], &mut out);
        // x0 takes 20 to 0, or 40 to 0: -30; x1 lifts 20 to 40, or adds nothing: 10.
        assert!((out[0] + 30.0).abs() < 1e-12 && (out[1] - 10.0).abs() < 1e-12, "{out:?}");
    }

    #[test]
    fn a_leaf_alone_owes_nothing_to_features() {
        let mut out = [0.0; FEATURES];
        let lone = tree(&[], &[(0.0, 0.0)]);
        lone.add_contributions(&[0.0; FEATURES], &mut out);
        assert_eq!((lone.expected(), out), (1.0, [0.0; FEATURES]));
    }

    proptest! {
        #[test]
        fn they_are_shapley_values(
            splits in prop::collection::vec(
                (0..FEATURES as u32, -2.0_f32..2.0, any::<bool>(), prop_oneof![Just(0.0_f32), Just(0.5), 0.01_f32..0.99]),
                1..12,
            ),
            leaves in prop::collection::vec((-5.0_f32..5.0, 0.0_f32..1.0), 1..8),
            row in prop::collection::vec(prop_oneof![-3.0_f32..3.0, Just(f32::NAN)], FEATURES),
        ) {
            let tree = tree(&splits, &leaves);
            let mut out = vec![0.0; FEATURES];
            tree.add_contributions(&row, &mut out);
            for (player, &found) in out.iter().enumerate() {
                let expected = shapley(&tree, &row, player);
                prop_assert!((found - expected).abs() < 1e-9, "feature {player}: {found}, by definition {expected}");
            }
            let total = tree.expected() + out.iter().sum::<f64>();
            let value = f64::from(tree.nodes()[tree.leaf(&row)].value);
            prop_assert!((total - value).abs() < 1e-9, "{total} is not the prediction {value}");
        }
    }
}
