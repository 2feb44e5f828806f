//! The cheapest way to move one distribution of mass onto another: the earth mover's distance, exactly.
//!
//! By the network simplex method with strongly feasible trees, which cannot cycle (Cunningham 1976,
//! doi:10.1007/BF01580660), on the points that have mass; the entering arc is the best of the next row that has one. Rubner,
//! Tomasi and Guibas (2000), doi:10.1023/A:1026543900054, for the distance.

use crate::simd::{Level, dispatch};

/// What to do about totals that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// Masses are taken as they are, and the cost is in mass times distance. Totals that differ by more than 1e-9 of the
    /// larger have no plan; a smaller difference is taken for rounding.
    Equal,
    /// Both are divided by their totals: the cost is a distance a unit of mass.
    Normalised,
}

/// A cheapest plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What it costs: the sum over its flows of mass times cost.
    pub cost: f64,
    /// From, to, and the mass that is moved, by index into the two distributions; ascending.
    pub flows: Vec<(usize, usize, f64)>,
}

/// How far two cells of a grid are apart, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// `sqrt(dx^2 + dy^2)`.
    Euclidean,
    /// `|dx| + |dy|`.
    Manhattan,
}

/// The cheapest plan that moves the masses `p` onto `q`, where a unit of mass costs `cost(i, j)` from `p[i]` to `q[j]`.
///
/// Nothing for masses that are negative or NaN, totals that `balance` does not allow or that are not finite, and costs that
/// are not finite between points with mass. Work and memory grow with the product of the numbers of points with mass; a
/// thousand on each side take a fraction of a second.
pub fn plan(p: &[f64], q: &[f64], cost: impl Fn(usize, usize) -> f64, balance: Balance) -> Option<Plan> {
    let (p, q) = balanced(p, q, balance)?;
    solve(&p, &q, cost)
}

/// The cost of the cheapest plan between two fields on a grid, row-major and `width` wide; NaN where [`plan`] has none, or
/// the fields are no whole number of rows or differ in size.
///
/// Mass that both have in a cell stays there, which no metric can better.
pub fn grid(p: &[f64], q: &[f64], width: usize, metric: Metric, balance: Balance) -> f64 {
    if p.len() != q.len() || width == 0 || !p.len().is_multiple_of(width) {
        return f64::NAN;
    }
    let Some((mut p, mut q)) = balanced(p, q, balance) else { return f64::NAN };
    for (p, q) in p.iter_mut().zip(&mut q) {
        let both = p.min(*q);
        (*p, *q) = (*p - both, *q - both);
    }
    let distance = |i: usize, j: usize| {
        let (dx, dy) = ((i % width).abs_diff(j % width) as f64, (i / width).abs_diff(j / width) as f64);
        match metric {
            Metric::Euclidean => dx.hypot(dy),
            Metric::Manhattan => dx + dy,
        }
    };
    solve(&p, &q, distance).map_or(f64::NAN, |plan| plan.cost)
}

/// Masses with one total.
fn balanced(p: &[f64], q: &[f64], balance: Balance) -> Option<(Vec<f64>, Vec<f64>)> {
    let (from, to): (f64, f64) = (p.iter().sum(), q.iter().sum());
    let valid = p.iter().chain(q).all(|&x| x >= 0.0) && from < f64::INFINITY && to < f64::INFINITY;
    let divided = |x: &[f64], by: f64| x.iter().map(|x| x / by).collect::<Vec<f64>>();
    match balance {
        Balance::Normalised => (valid && from > 0.0 && to > 0.0).then(|| (divided(p, from), divided(q, to))),
        Balance::Equal => {
            let equal = (from - to).abs() <= 1e-9 * from.max(to);
            (valid && equal)
                .then(|| (p.to_vec(), if from == to { q.to_vec() } else { divided(q, to / from) }))
        }
    }
}

/// The plan of balanced masses.
fn solve(p: &[f64], q: &[f64], cost: impl Fn(usize, usize) -> f64) -> Option<Plan> {
    let support = |x: &[f64]| (0..x.len()).filter(|&i| x[i] > 0.0).collect::<Vec<_>>();
    let (from, to) = (support(p), support(q));
    let costs: Vec<f64> =
        from.iter().flat_map(|&i| to.iter().map(move |&j| (i, j))).map(|(i, j)| cost(i, j)).collect();
    if !costs.iter().all(|c| c.is_finite()) {
        return None;
    }
    if costs.is_empty() {
        return Some(Plan { cost: 0.0, flows: Vec::new() });
    }
    let masses = from.iter().map(|&i| p[i]).chain(to.iter().map(|&j| q[j])).collect();
    let mut tree = Tree::new(costs, from.len(), masses);
    tree.optimise()?;
    let mut flows: Vec<_> = tree.flows().map(|(i, j, mass)| (i, j, mass, tree.cost(i, j))).collect();
    flows.sort_unstable_by_key(|&(i, j, ..)| (i, j));
    let cost = flows.iter().fold(0.0, |sum, (_, _, mass, cost)| sum + mass * cost);
    Some(Plan { cost, flows: flows.into_iter().map(|(i, j, mass, _)| (from[i], to[j], mass)).collect() })
}

/// No node.
const NONE: usize = usize::MAX;

/// A spanning tree of sources, sinks and a root that takes, at a price, what is not yet moved.
///
/// All arcs lead from sources to sinks, from sources to the root or from the root to sinks: the arc between a node and its
/// parent leads up from a source, and down to a sink.
struct Tree {
    costs: Vec<f64>,
    sources: usize,
    /// What an arc from the root to a sink costs: more than any way around.
    penalty: f64,
    parent: Vec<usize>,
    /// On the arc to the parent.
    flow: Vec<f64>,
    depth: Vec<u32>,
    /// Of a tree arc, that of its end is that of its start and its cost.
    potential: Vec<f64>,
    child: Vec<usize>,
    next: Vec<usize>,
    previous: Vec<usize>,
}

impl Tree {
    /// All mass by way of the root.
    fn new(costs: Vec<f64>, sources: usize, mut masses: Vec<f64>) -> Self {
        let root = masses.len();
        masses.push(0.0);
        let greatest = costs.iter().fold(0.0_f64, |most, c| most.max(c.abs()));
        let penalty = if greatest > 0.0 { greatest * (root + 1) as f64 } else { 1.0 };
        let mut tree = Self {
            costs,
            sources,
            penalty,
            parent: vec![NONE; root + 1],
            flow: masses,
            depth: vec![1; root + 1],
            potential: vec![0.0; root + 1],
            child: vec![NONE; root + 1],
            next: vec![NONE; root + 1],
            previous: vec![NONE; root + 1],
        };
        tree.depth[root] = 0;
        for node in 0..root {
            tree.attach(node, root);
        }
        tree.potential[sources..root].fill(penalty);
        tree
    }

    fn root(&self) -> usize {
        self.parent.len() - 1
    }

    fn cost(&self, source: usize, sink: usize) -> f64 {
        self.costs[source * (self.root() - self.sources) + sink]
    }

    /// Source, sink and mass of every arc that moves something.
    fn flows(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let real = (0..self.root()).filter(|&node| self.parent[node] != self.root() && self.flow[node] > 0.0);
        real.map(|node| {
            let (source, sink) = (node.min(self.parent[node]), node.max(self.parent[node]));
            (source, sink - self.sources, self.flow[node])
        })
    }

    /// Pivots until no arc is worth entering; nothing if rounding keeps that from happening.
    fn optimise(&mut self) -> Option<()> {
        let least = -1e-14 * self.penalty;
        let level = Level::best();
        let (mut row, mut idle) = (0, 0);
        let mut pivots = 1_000 + 50 * self.costs.len();
        let mut nodes = Vec::new();
        while idle < self.sources {
            let width = self.root() - self.sources;
            let costs = &self.costs[row * width..(row + 1) * width];
            let sinks = &self.potential[self.sources..self.root()];
            let best = least_at(level, costs, sinks);
            if best + self.potential[row] < least {
                let sink = costs.iter().zip(sinks).position(|(c, p)| c - p == best)?;
                self.pivot(row, self.sources + sink, &mut nodes);
                pivots = pivots.checked_sub(1)?;
                idle = 0;
            } else {
                idle += 1;
            }
            row = (row + 1) % self.sources;
        }
        Some(())
    }

    /// Enters the arc from `source` to `sink` and drops the one of the cycle it closes that is emptied first; of several the
    /// last along the cycle from its top, which keeps the tree strongly feasible.
    fn pivot(&mut self, source: usize, sink: usize, nodes: &mut Vec<usize>) {
        let top = self.common(source, sink);
        let (mut mass, mut leaving, mut from_source) = (f64::INFINITY, NONE, true);
        for node in self.path(source, top) {
            if node < self.sources && self.flow[node] < mass {
                (mass, leaving) = (self.flow[node], node);
            }
        }
        for node in self.path(sink, top) {
            if node >= self.sources && self.flow[node] <= mass {
                (mass, leaving, from_source) = (self.flow[node], node, false);
            }
        }
        for (start, source_side) in [(source, true), (sink, false)] {
            let mut node = start;
            while node != top {
                let shrinks = (node < self.sources) == source_side;
                self.flow[node] += if shrinks { -mass } else { mass };
                node = self.parent[node];
            }
        }
        let (below, above) = if from_source { (source, sink) } else { (sink, source) };
        self.hang(below, above, mass, leaving);
        self.refresh(below, nodes);
    }

    /// The lowest node above both.
    fn common(&self, mut a: usize, mut b: usize) -> usize {
        while a != b {
            if self.depth[a] >= self.depth[b] {
                a = self.parent[a];
            } else {
                b = self.parent[b];
            }
        }
        a
    }

    /// The nodes from `start` up to, and without, `top`.
    fn path(&self, start: usize, top: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(start), |&node| Some(self.parent[node]))
            .take_while(move |&node| node != top)
    }

    /// Makes `node` a child of `parent` by an arc of this flow; what was above it, up to `last`, hangs below it.
    fn hang(&mut self, mut node: usize, mut parent: usize, mut flow: f64, last: usize) {
        loop {
            let above = self.parent[node];
            self.detach(node);
            self.attach(node, parent);
            std::mem::swap(&mut self.flow[node], &mut flow);
            if node == last {
                return;
            }
            (parent, node) = (node, above);
        }
    }

    fn attach(&mut self, node: usize, parent: usize) {
        let next = std::mem::replace(&mut self.child[parent], node);
        (self.parent[node], self.next[node], self.previous[node]) = (parent, next, NONE);
        if next != NONE {
            self.previous[next] = node;
        }
    }

    fn detach(&mut self, node: usize) {
        let (previous, next) = (self.previous[node], self.next[node]);
        if previous == NONE {
            self.child[self.parent[node]] = next;
        } else {
            self.next[previous] = next;
        }
        if next != NONE {
            self.previous[next] = previous;
        }
    }

    /// Depths and potentials from `start` downwards, from those of the parents: no rounding adds up over the pivots.
    fn refresh(&mut self, start: usize, nodes: &mut Vec<usize>) {
        nodes.push(start);
        while let Some(node) = nodes.pop() {
            let parent = self.parent[node];
            let above = self.potential[parent];
            self.depth[node] = self.depth[parent] + 1;
            self.potential[node] = match (node < self.sources, parent == self.root()) {
                (true, true) => above,
                (false, true) => above + self.penalty,
                (true, false) => above - self.cost(node, parent - self.sources),
                (false, false) => above + self.cost(parent, node - self.sources),
            };
            let mut child = self.child[node];
            while child != NONE {
                nodes.push(child);
                child = self.next[child];
            }
        }
    }
}

/// The least `cost - potential`.
#[inline(always)]
fn least_body(costs: &[f64], potentials: &[f64]) -> f64 {
    const LANES: usize = 32;
    let mut least = [f64::INFINITY; LANES];
    let (costs, costs_rest) = costs.as_chunks::<LANES>();
    let (potentials, potentials_rest) = potentials.as_chunks::<LANES>();
    for (costs, potentials) in costs.iter().zip(potentials) {
        for ((least, c), p) in least.iter_mut().zip(costs).zip(potentials) {
            *least = if c - p < *least { c - p } else { *least };
        }
    }
    let rest = costs_rest.iter().zip(potentials_rest).fold(f64::INFINITY, |least, (c, p)| least.min(c - p));
    least.iter().fold(rest, |a, &b| a.min(b))
}

dispatch! {
    fn least_at(costs: &[f64], potentials: &[f64]) -> f64 = least_body;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wasserstein::{Weighted, w1_weighted};

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn two_heaps_on_a_grid() {
        // 5 move one cell to the right, 2 one to the right and two down. Also POT 0.9.7: 1.35316 and 1.57143 a unit.
        let (mut a, mut b) = ([0.0; 16], [0.0; 16]);
        (a[0], a[6], b[1], b[15]) = (5.0, 2.0, 5.0, 2.0);
        let euclidean = grid(&a, &b, 4, Metric::Euclidean, Balance::Equal);
        assert!(near(euclidean, 5.0 + 2.0 * 5.0_f64.sqrt()), "{euclidean}");
        assert!(near(grid(&a, &b, 4, Metric::Manhattan, Balance::Equal), 11.0));
        assert!(near(grid(&a, &b, 4, Metric::Euclidean, Balance::Normalised), 1.353_162_279_285_654_4));
        assert!(near(grid(&a, &b, 4, Metric::Manhattan, Balance::Normalised), 11.0 / 7.0));
        assert_eq!(grid(&a, &a, 4, Metric::Euclidean, Balance::Equal), 0.0);
    }

    #[test]
    fn a_plan_moves_what_there_is() {
        let costs = [[4.0, 1.0], [2.0, 3.0]];
        let plan = plan(&[3.0, 1.0], &[2.0, 2.0], |i, j| costs[i][j], Balance::Equal);
        assert_eq!(plan, Some(Plan { cost: 8.0, flows: vec![(0, 0, 1.0), (0, 1, 2.0), (1, 0, 1.0)] }));
    }

    #[test]
    fn what_has_no_plan() {
        let zero = |_, _| 0.0;
        assert_eq!(plan(&[1.0], &[2.0], zero, Balance::Equal), None);
        assert!(plan(&[1.0], &[2.0], zero, Balance::Normalised).is_some_and(|p| p.flows == [(0, 0, 1.0)]));
        assert!(plan(&[1.0], &[1.0 + 1e-12], zero, Balance::Equal).is_some());
        for bad in [[-1.0, 2.0], [f64::NAN, 1.0], [f64::INFINITY, 0.0]] {
            assert_eq!(plan(&bad, &[1.0], zero, Balance::Normalised), None);
        }
        assert_eq!(plan(&[0.0], &[1.0], zero, Balance::Normalised), None);
        assert_eq!(plan(&[1.0], &[1.0], |_, _| f64::NAN, Balance::Equal), None);
        assert!(plan(&[0.0], &[0.0], zero, Balance::Equal).is_some_and(|p| p.cost == 0.0), "nothing to move");
        assert!(grid(&[1.0, 2.0], &[1.0, 2.0], 3, Metric::Manhattan, Balance::Equal).is_nan());
    }

    /// Least cost over all ways to match as many sources to sinks of unit mass.
    fn matching(costs: &[Vec<f64>], row: usize, used: &mut Vec<bool>) -> f64 {
        if row == costs.len() {
            return 0.0;
        }
        let mut least = f64::INFINITY;
        for j in 0..costs.len() {
            if !used[j] {
                used[j] = true;
                least = least.min(costs[row][j] + matching(costs, row + 1, used));
                used[j] = false;
            }
        }
        least
    }

    proptest! {
        #[test]
        fn no_matching_is_cheaper(costs in (1_usize..7).prop_flat_map(|n| {
            proptest::collection::vec(proptest::collection::vec(-3_i8..9, n..=n), n..=n)
        })) {
            let costs: Vec<Vec<f64>> = costs.iter().map(|r| r.iter().map(|&c| f64::from(c)).collect()).collect();
            let ones = vec![1.0; costs.len()];
            let plan = plan(&ones, &ones, |i, j| costs[i][j], Balance::Equal).unwrap();
            prop_assert!(near(plan.cost, matching(&costs, 0, &mut vec![false; costs.len()])));
        }

        #[test]
        fn on_a_line_it_is_wasserstein_and_the_margins_hold(
            masses in proptest::collection::vec((0_u8..4, 0_u8..4), 2..70), skip in 0_usize..2,
        ) {
            let (p, q): (Vec<f64>, Vec<f64>) = masses[skip..].iter().map(|&(p, q)| (f64::from(p), f64::from(q))).unzip();
            let at: Vec<f64> = (0..p.len()).map(|i| (i * i) as f64).collect();
            let wanted = w1_weighted(Weighted { values: &at, weights: &p }, Weighted { values: &at, weights: &q });
            let got = plan(&p, &q, |i, j| (at[i] - at[j]).abs(), Balance::Normalised);
            prop_assert_eq!(got.is_none(), wanted.is_nan());
            if let Some(plan) = got {
                prop_assert!((plan.cost - wanted).abs() <= 1e-9 * wanted.max(1.0), "{} {}", plan.cost, wanted);
                let (mut from, mut to) = (vec![0.0; p.len()], vec![0.0; q.len()]);
                for (i, j, mass) in plan.flows {
                    from[i] += mass;
                    to[j] += mass;
                }
                let share = |x: &[f64], i: usize| x[i] / x.iter().sum::<f64>();
                prop_assert!((0..p.len()).all(|i| near(from[i], share(&p, i)) && near(to[i], share(&q, i))));
            }
        }
    }
}
