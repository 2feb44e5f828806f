//! A quadtree over cells, and which of its squares each cell looks at.

use crate::window::Place;

/// Periods that are summed at once.
pub(crate) const LANES: usize = 16;

/// The cells of a power-of-two square and the squares that hold them.
#[derive(Debug)]
pub(crate) struct SpatialTree {
    /// Every square after the one that holds it; the root is the first.
    squares: Vec<Square>,
    /// Square of each unit.
    leaves: Vec<u32>,
}

#[derive(Debug)]
struct Square {
    centre: [f64; 2],
    side: usize,
    parent: u32,
    children: Vec<u32>,
}

/// What a square looks like before it is split: its south-west corner and the units in it.
struct Part {
    parent: u32,
    corner: Place,
    side: usize,
    units: Vec<u32>,
}

impl SpatialTree {
    /// The tree over these places, which are centred in the smallest power-of-two square that holds them.
    pub(crate) fn of(places: &[Place]) -> Self {
        let ends = |of: fn(&Place) -> usize| {
            let lowest = places.iter().map(of).min().unwrap_or(0);
            (lowest, places.iter().map(of).max().unwrap_or(0) - lowest)
        };
        let ((row, rows), (col, cols)) = (ends(|p| p.row), ends(|p| p.col));
        let side = (rows.max(cols) + 1).next_power_of_two();
        let moved =
            |p: &Place| Place { row: p.row - row + (side - rows) / 2, col: p.col - col + (side - cols) / 2 };
        let places: Vec<Place> = places.iter().map(moved).collect();
        let mut tree = Self { squares: Vec::new(), leaves: vec![0; places.len()] };
        let all = (0..places.len() as u32).collect();
        let mut parts = vec![Part { parent: 0, corner: Place { row: 0, col: 0 }, side, units: all }];
        while let Some(part) = parts.pop() {
            tree.add(part, &places, &mut parts);
        }
        tree
    }

    /// Adds a square and queues its quarters.
    fn add(&mut self, part: Part, places: &[Place], queue: &mut Vec<Part>) {
        let (id, Place { row, col }, side) = (self.squares.len() as u32, part.corner, part.side);
        if id > 0 {
            self.squares[part.parent as usize].children.push(id);
        }
        let half = side as f64 / 2.0;
        let centre = [row as f64 + half, col as f64 + half];
        self.squares.push(Square { centre, side, parent: part.parent, children: Vec::new() });
        if side == 1 {
            part.units.iter().for_each(|&unit| self.leaves[unit as usize] = id);
            return;
        }
        let half = side / 2;
        let mut quarters = [(); 4].map(|()| Vec::new());
        for unit in part.units {
            let place = places[unit as usize];
            quarters[usize::from(place.row >= row + half) * 2 + usize::from(place.col >= col + half)]
                .push(unit);
        }
        for (i, units) in quarters.into_iter().enumerate().filter(|(_, units)| !units.is_empty()) {
            let corner = Place { row: row + i / 2 * half, col: col + i % 2 * half };
            queue.push(Part { parent: id, corner, side: half, units });
        }
    }

    /// Which squares each unit looks at, under an opening angle; `shift` is added to both components of a distance.
    pub(crate) fn partners(&self, angle: f64, shift: f64, weight: impl Fn(f64) -> f64) -> Partners {
        let mut partners = Partners { ends: Vec::with_capacity(self.leaves.len()), pairs: Vec::new() };
        let mut open = Vec::new();
        for &own in &self.leaves {
            let [row, col] = self.squares[own as usize].centre;
            open.push(0);
            while let Some(id) = open.pop() {
                let square: &Square = &self.squares[id as usize];
                let distance = (row - square.centre[0] + shift).hypot(col - square.centre[1] + shift);
                let near = square.side as f64 > angle * distance;
                if near && square.side > 1 {
                    open.extend(&square.children);
                } else if id != own {
                    partners.pairs.push((id, weight(distance)));
                }
            }
            partners.ends.push(partners.pairs.len());
        }
        partners
    }

    /// `value` of each cell in each of up to [`LANES`] fields, and its sum in each square.
    fn stock(&self, fields: &[&[f32]], value: impl Fn(f32) -> f64) -> Vec<[f64; LANES]> {
        let mut stocks = vec![[0.0; LANES]; self.squares.len()];
        for (lane, field) in fields.iter().enumerate() {
            for (&leaf, &x) in self.leaves.iter().zip(*field) {
                stocks[leaf as usize][lane] = value(x);
            }
        }
        for id in (1..self.squares.len()).rev() {
            let child = stocks[id];
            let parent = &mut stocks[self.squares[id].parent as usize];
            parent.iter_mut().zip(child).for_each(|(sum, x)| *sum += x);
        }
        stocks
    }
}

/// For each unit, the squares that it looks at and their weights.
#[derive(Debug)]
pub(crate) struct Partners {
    ends: Vec<usize>,
    pairs: Vec<(u32, f64)>,
}

impl Partners {
    /// The weighted sums of `value` around each unit in up to [`LANES`] fields, on fields x units.
    pub(crate) fn sums(&self, tree: &SpatialTree, fields: &[&[f32]], value: impl Fn(f32) -> f64) -> Vec<f64> {
        let stocks = tree.stock(fields, value);
        // Most squares of a conflict column hold nothing for months.
        let empty: Vec<bool> = stocks.iter().map(|stock| stock.iter().all(|&x| x == 0.0)).collect();
        let units = self.ends.len();
        let mut out = vec![0.0; fields.len() * units];
        let mut start = 0;
        for (unit, &end) in self.ends.iter().enumerate() {
            let mut sums = [0.0; LANES];
            for &(square, weight) in self.pairs[start..end].iter().filter(|(s, _)| !empty[*s as usize]) {
                sums.iter_mut().zip(&stocks[square as usize]).for_each(|(sum, x)| *sum += weight * x);
            }
            out[unit..].iter_mut().step_by(units).zip(sums).for_each(|(y, sum)| *y = sum);
            start = end;
        }
        out
    }
}
