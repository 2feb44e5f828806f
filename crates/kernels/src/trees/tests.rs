//! Trees against a twin that tries every cut of every column on the raw values.

use proptest::prelude::*;

use super::*;
use crate::simd::Level;

const NAN: f32 = f32::NAN;

/// Rows x columns with their pairs.
#[derive(Debug, Clone)]
struct Table {
    columns: usize,
    values: Vec<f32>,
    pairs: Vec<[f32; 2]>,
}

impl Table {
    fn bins(&self) -> Bins {
        Bins::new(&self.values, self.columns, &vec![1.0; self.pairs.len()], 256)
    }

    fn all(&self) -> Vec<u32> {
        (0..self.pairs.len() as u32).collect()
    }

    fn value(&self, row: u32, column: usize) -> f32 {
        self.values[row as usize * self.columns + column]
    }

    fn sums(&self, rows: &[u32]) -> (f64, f64) {
        let sum = |k: usize| rows.iter().map(|&r| f64::from(self.pairs[r as usize][k])).sum();
        (sum(0), sum(1))
    }

    fn goes_left(&self, row: u32, node: &Node) -> bool {
        let x = self.value(row, node.column as usize);
        if x.is_nan() { node.missing_left } else { x < node.threshold }
    }

    /// Middles of neighbouring values, and the cut above all of them.
    fn cuts(&self, column: usize) -> Vec<f32> {
        let mut values: Vec<f32> =
            self.all().into_iter().map(|r| self.value(r, column) + 0.0).filter(|v| !v.is_nan()).collect();
        values.sort_by(f32::total_cmp);
        values.dedup();
        values.windows(2).map(|v| f32::midpoint(v[0], v[1])).chain([f32::INFINITY]).collect()
    }

    fn best(&self, rows: &[u32], rules: &Rules) -> Option<Node> {
        let total = self.sums(rows);
        let score = |(g, h): (f64, f64)| {
            let step = -g / (h + rules.l2);
            if rules.max_delta_step == 0.0 {
                return g * g / (h + rules.l2);
            }
            let step = step.clamp(-rules.max_delta_step, rules.max_delta_step);
            -(2.0 * g * step + (h + rules.l2) * step * step)
        };
        let whole = if total.1 < rules.min_child_weight || total.1 <= 0.0 { 0.0 } else { score(total) };
        let mut best: Option<Node> = None;
        for column in 0..self.columns {
            let missing = rows.iter().any(|&r| self.value(r, column).is_nan());
            for missing_left in if missing { &[false, true][..] } else { &[false] } {
                for threshold in self.cuts(column) {
                    let node = Node {
                        column: column as u32,
                        threshold,
                        missing_left: *missing_left,
                        children: 1,
                        value: 0.0,
                        cover: 0.0,
                        gain: 0.0,
                    };
                    let (left, right): (Vec<u32>, Vec<u32>) =
                        rows.iter().partition(|&&r| self.goes_left(r, &node));
                    let (l, r) = (self.sums(&left), self.sums(&right));
                    let least = l.1.min(r.1);
                    let gain = score(l) + score(r) - whole;
                    if least > 0.0
                        && least >= rules.min_child_weight
                        && gain > best.map_or(1e-6, |b| b.gain)
                        && gain >= rules.min_split_loss
                    {
                        best = Some(Node { gain, ..node });
                    }
                }
            }
        }
        best
    }

    /// The splits of the tree, each with the path to it.
    fn twin(&self, rows: &[u32], rules: &Rules, path: &str, out: &mut Vec<(String, Node)>) {
        let split = if path.len() < rules.max_depth { self.best(rows, rules) } else { None };
        let Some(node) = split else { return };
        out.push((path.to_owned(), node));
        let (left, right): (Vec<u32>, Vec<u32>) = rows.iter().partition(|&&r| self.goes_left(r, &node));
        self.twin(&left, rules, &format!("{path}l"), out);
        self.twin(&right, rules, &format!("{path}r"), out);
    }
}

fn splits(tree: &Tree, at: usize, path: &str, out: &mut Vec<(String, Node)>) {
    let node = tree.nodes()[at];
    if node.children > 0 {
        out.push((path.to_owned(), Node { children: 1, value: 0.0, cover: 0.0, ..node }));
        splits(tree, node.children as usize, &format!("{path}l"), out);
        splits(tree, node.children as usize + 1, &format!("{path}r"), out);
    }
}

fn compare(table: &Table, rules: Rules) {
    let (bins, rows) = (table.bins(), table.all());
    let mut expected = Vec::new();
    let known: Vec<u32> = rows.iter().copied().filter(|&r| table.pairs[r as usize][1] > 0.0).collect();
    table.twin(&known, &rules, "", &mut expected);
    for (few, level) in
        [1, 20, usize::MAX].into_iter().flat_map(|few| Level::available().map(move |l| (few, l)))
    {
        let mut grower = Grower::new(&bins, rules);
        (grower.few, grower.level) = (few, level);
        let grown = grower.grow(&table.pairs, &rows, 1);
        let mut found = Vec::new();
        splits(&grown.tree, 0, "", &mut found);
        assert_eq!(found, expected, "histograms from {few} rows on, {level:?}");
        check_leaves(table, &rules, &bins, &grown);
        // The memory of the first tree does not show in the second.
        assert_eq!(grower.grow(&table.pairs, &rows, 1), grown);
    }
}

fn check_leaves(table: &Table, rules: &Rules, bins: &Bins, grown: &Grown) {
    let mut by_leaf = vec![0.0; table.pairs.len()];
    for (node, rows) in grown.leaves() {
        let node = grown.tree.nodes()[node];
        let (g, h) = table.sums(rows);
        let value = if h < rules.min_child_weight || h == 0.0 { 0.0 } else { -g / (h + rules.l2) };
        let most = if rules.max_delta_step > 0.0 { rules.max_delta_step } else { f64::INFINITY };
        assert_eq!((node.value, node.cover), (value.clamp(-most, most) as f32, h as f32));
        for &r in rows {
            by_leaf[r as usize] = f64::from(node.value);
        }
    }
    let (mut raw, mut binned) = (vec![0.0; by_leaf.len()], vec![0.0; by_leaf.len()]);
    grown.tree.add(&table.values, &mut raw);
    grown.add(bins, &table.all(), &mut binned);
    assert_eq!(raw, binned);
    let known = (0..raw.len()).filter(|&r| table.pairs[r][1] > 0.0);
    known.for_each(|r| assert_eq!(raw[r], by_leaf[r], "row {r}"));
}

/// Dyadic numbers, so that every sum is exact in the twin too.
fn tables(rows: std::ops::Range<usize>) -> impl Strategy<Value = Table> {
    let value = prop_oneof![2 => Just(0.0_f32), 1 => Just(-0.0_f32), 2 => Just(NAN), 6 => (-9_i8..9).prop_map(f32::from)];
    let pair = (-16_i8..16, prop_oneof![1 => Just(0_u8), 9 => 1_u8..5]);
    (1_usize..4, prop::collection::vec((prop::collection::vec(value, 3), pair), rows)).prop_map(
        |(columns, rows)| Table {
            columns,
            values: rows.iter().flat_map(|(v, _)| v[..columns].to_vec()).collect(),
            pairs: rows.iter().map(|(_, (g, h))| [f32::from(*g) / 4.0, f32::from(*h) / 2.0]).collect(),
        },
    )
}

proptest! {
    #[test]
    fn trees_are_those_of_the_twin(
        table in tables(1..70), depth in 0_usize..5, l2 in 0_u8..3, step in 0_u8..2, least in 0_u8..4,
    ) {
        compare(&table, Rules {
            max_depth: depth,
            l2: f64::from(l2),
            max_delta_step: f64::from(step) * 0.7,
            min_child_weight: f64::from(least),
            min_split_loss: f64::from(least) / 8.0,
            ..Rules::default()
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn trees_of_many_rows_are_those_of_the_twin(table in tables(300..500)) {
        compare(&table, Rules { max_depth: 7, ..Rules::default() });
    }
}

/// A step of height 2 at 0.5 in the second column, missing values as the lower side.
fn steps() -> Table {
    let values = vec![1.0, 0.0, 2.0, 0.0, 3.0, 1.0, 4.0, 1.0, 5.0, NAN, 6.0, NAN];
    let pairs = [1.0, 1.0, -1.0, -1.0, 1.0, 1.0].map(|g| [g, 1.0]).to_vec();
    Table { columns: 2, values, pairs }
}

#[test]
fn worked_by_hand() {
    let table = steps();
    let bins = table.bins();
    let grown = Grower::new(&bins, Rules::default()).grow(&table.pairs, &table.all(), 1);
    let nodes = grown.tree.nodes();
    assert_eq!(nodes.len(), 3);
    // G = 4 and -2, H = 4 and 2: 16/5 + 4/3 - 4/7.
    let root = nodes[0];
    assert_eq!((root.column, root.threshold, root.missing_left, root.cover), (1, 0.5, true, 6.0));
    assert!((root.gain - (16.0 / 5.0 + 4.0 / 3.0 - 4.0 / 7.0)).abs() < 1e-12);
    assert_eq!((nodes[1].value, nodes[2].value), (-0.8, (2.0_f64 / 3.0) as f32));
}

#[test]
fn missing_values_alone_can_be_split_off() {
    let table = Table {
        columns: 1,
        values: vec![1.0, NAN, 1.0, NAN],
        pairs: [1.0, -1.0, 1.0, -1.0].map(|g| [g, 1.0]).to_vec(),
    };
    let grown = Grower::new(&table.bins(), Rules::default()).grow(&table.pairs, &table.all(), 1);
    let root = grown.tree.nodes()[0];
    assert_eq!((root.threshold, root.missing_left, root.children), (f32::INFINITY, false, 1));
    compare(&table, Rules::default());
}

#[test]
fn the_order_of_the_rows_and_a_row_twice_do_not_matter() {
    let table = steps();
    let bins = table.bins();
    let tree = |table: &Table, bins: &Bins, rows: &[u32]| {
        Grower::new(bins, Rules::default()).grow(&table.pairs, rows, 1).tree
    };
    let expected = tree(&table, &bins, &[0, 1, 2, 3, 4, 5]);
    assert_eq!(tree(&table, &bins, &[5, 3, 1, 0, 2, 4]), expected);
    let mut twice = table.clone();
    twice.values.extend_from_slice(&table.values);
    twice.pairs.extend_from_slice(&table.pairs);
    twice.pairs.iter_mut().flatten().for_each(|x| *x /= 2.0);
    assert_eq!(tree(&twice, &twice.bins(), &twice.all()), expected);
}

#[test]
fn trees_and_nodes_choose_from_their_columns() {
    let columns = 8;
    let values: Vec<f32> = (0..200 * columns).map(|i| ((i * 7919) % 1000) as f32).collect();
    let pairs = (0..200).map(|i| [((i * 37) % 11) as f32 - 5.0, 1.0]).collect();
    let table = Table { columns, values, pairs };
    let bins = table.bins();
    let used = |rules: Rules, seed: u64| {
        let grown = Grower::new(&bins, rules).grow(&table.pairs, &table.all(), seed);
        let mut gain = vec![0.0; columns];
        grown.tree.add_gain(&mut gain);
        (gain.iter().map(|g| usize::from(*g > 0.0)).sum::<usize>(), grown)
    };
    let by_tree = Rules { tree_columns: 0.25, ..Rules::default() };
    let by_node = Rules { node_columns: 0.25, ..Rules::default() };
    for seed in 0..5 {
        assert!(used(by_tree, seed).0 <= 2);
        assert!(used(by_node, seed).0 > 4);
        assert_eq!(used(by_node, seed).1, used(by_node, seed).1);
    }
    assert_ne!(used(by_node, 1).1, used(by_node, 2).1);
}

#[test]
fn no_row_is_one_leaf_of_zero() {
    let table = steps();
    let bins = table.bins();
    for rows in [&[][..], &[0][..]] {
        let mut pairs = table.pairs.clone();
        pairs[0][1] = 0.0;
        let grown = Grower::new(&bins, Rules::default()).grow(&pairs, rows, 1);
        assert_eq!((grown.tree.nodes().len(), grown.tree.nodes()[0].value), (1, 0.0));
    }
}
