//! The outline of a set of lattice cells as simple polygons with holes.

use std::collections::BTreeMap;

use forewarn_core::Cell;

/// A corner of the lattice: half degrees east of 180° west and north of the south pole.
pub(super) type Corner = (i32, i32);

/// A ring of corners, the first not repeated.
pub(super) type Ring = Vec<Corner>;

/// Polygons, each its outer ring, counter-clockwise, and then its holes, clockwise: no ring touches itself, and corners
/// on straight edges are left out. Cells that touch at a corner only are apart. The same cells in any order give the same.
pub(super) fn polygons(cells: &[Cell]) -> Vec<Vec<Ring>> {
    let mut rings: Vec<Ring> = Vec::new();
    for ring in traced(edges(cells)) {
        rings.extend(simple(ring).into_iter().map(|ring| straightened(&ring)));
    }
    let (mut outer, holes): (Vec<Ring>, Vec<Ring>) = rings.into_iter().partition(|ring| area(ring) > 0);
    outer.sort_unstable();
    let mut polygons: Vec<Vec<Ring>> = outer.into_iter().map(|ring| vec![ring]).collect();
    for hole in holes {
        let within = |polygon: &&mut Vec<Ring>| contains(&polygon[0], inner(&hole));
        // Of rings within each other the smallest is the one that the hole is in.
        if let Some(polygon) = polygons.iter_mut().filter(within).min_by_key(|polygon| area(&polygon[0])) {
            polygon.push(hole);
        }
    }
    for polygon in &mut polygons {
        polygon[1..].sort_unstable();
    }
    polygons
}

/// Edges between a cell and what is none, counter-clockwise around the cell: where each begins, and where those that
/// begin there end.
fn edges(cells: &[Cell]) -> BTreeMap<Corner, Vec<Corner>> {
    let corner = |cell: &Cell| (cell.col() as i32 - 1, cell.row() as i32 - 1);
    let there: std::collections::BTreeSet<Corner> = cells.iter().map(corner).collect();
    let mut edges: BTreeMap<Corner, Vec<Corner>> = BTreeMap::new();
    for &(x, y) in &there {
        let sides = [
            ((x, y - 1), (x, y), (x + 1, y)),
            ((x + 1, y), (x + 1, y), (x + 1, y + 1)),
            ((x, y + 1), (x + 1, y + 1), (x, y + 1)),
            ((x - 1, y), (x, y + 1), (x, y)),
        ];
        for (_, from, to) in sides.into_iter().filter(|(beside, ..)| !there.contains(beside)) {
            edges.entry(from).or_default().push(to);
        }
    }
    edges
}

/// Closed ways along all edges, each once. Where two begin, the way goes on around the same cell: to the left.
fn traced(mut edges: BTreeMap<Corner, Vec<Corner>>) -> Vec<Ring> {
    let mut rings = Vec::new();
    while let Some(start) = edges.keys().next().copied() {
        let (mut ring, mut here, mut before) = (Vec::new(), start, None);
        while let Some(next) = take(&mut edges, here, before) {
            ring.push(here);
            (before, here) = (Some(here), next);
        }
        rings.push(ring);
    }
    rings
}

fn take(edges: &mut BTreeMap<Corner, Vec<Corner>>, here: Corner, before: Option<Corner>) -> Option<Corner> {
    let ends = edges.get_mut(&here)?;
    let left = |end: &Corner| before.is_none_or(|before| turn(before, here, *end) > 0);
    let which = ends.iter().position(left).unwrap_or(0);
    let next = ends.swap_remove(which);
    if ends.is_empty() {
        edges.remove(&here);
    }
    Some(next)
}

/// Above 0 for a turn to the left, 0 straight on.
fn turn(a: Corner, b: Corner, c: Corner) -> i32 {
    (b.0 - a.0) * (c.1 - b.1) - (b.1 - a.1) * (c.0 - b.0)
}

/// Cuts a ring where it comes to a corner again.
fn simple(ring: Ring) -> Vec<Ring> {
    let (mut rings, mut way) = (Vec::new(), Ring::new());
    for corner in ring {
        if let Some(at) = way.iter().position(|seen| *seen == corner) {
            rings.push(way.split_off(at));
        }
        way.push(corner);
    }
    rings.push(way);
    rings
}

/// Without corners on straight edges.
fn straightened(ring: &Ring) -> Ring {
    let n = ring.len();
    let bends = |i: usize| turn(ring[(i + n - 1) % n], ring[i], ring[(i + 1) % n]) != 0;
    (0..n).filter(|&i| bends(i)).map(|i| ring[i]).collect()
}

/// Twice the area in cells, negative for a clockwise ring.
fn area(ring: &Ring) -> i32 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
}

/// A point inside a hole, in half cells: the middle of the empty cell to the right of its first edge.
fn inner(hole: &Ring) -> (i32, i32) {
    let (a, b) = (hole[0], hole[1]);
    let along = ((b.0 - a.0).signum(), (b.1 - a.1).signum());
    (2 * a.0 + along.0 + along.1, 2 * a.1 + along.1 - along.0)
}

/// Whether a point, in half cells, is within a ring: an odd number of its edges lies to the west.
fn contains(ring: &Ring, (x, y): (i32, i32)) -> bool {
    let next = ring.iter().cycle().skip(1);
    let crosses = |(a, b): &(&Corner, &Corner)| a.0 == b.0 && 2 * a.0 < x && (2 * a.1 < y) != (2 * b.1 < y);
    ring.iter().zip(next).filter(crosses).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;
    use std::collections::BTreeSet;

    use super::*;

    /// Cells of a drawing, its last line row 1.
    fn cells(drawing: &[&str]) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (row, line) in (1..).zip(drawing.iter().rev()) {
            let columns = (1..).zip(line.chars()).filter(|(_, c)| *c == '#');
            cells.extend(columns.map(|(col, _)| Cell::at(row, col).unwrap()));
        }
        cells
    }

    #[test]
    fn one_cell_is_a_square_counter_clockwise() {
        assert_eq!(polygons(&cells(&["#"])), [vec![vec![(0, 0), (1, 0), (1, 1), (0, 1)]]]);
        assert_eq!(polygons(&cells(&["##"])), [vec![vec![(0, 0), (2, 0), (2, 1), (0, 1)]]]);
        assert!(polygons(&[]).is_empty());
    }

    #[test]
    fn a_hole_is_clockwise_and_an_island_in_it_its_own() {
        let all = polygons(&cells(&["#####", "#...#", "#.#.#", "#...#", "#####"]));
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].len(), 2);
        assert_eq!((area(&all[0][0]), area(&all[0][1]), area(&all[1][0])), (50, -18, 2));
    }

    #[test]
    fn rings_never_touch_themselves() {
        // Two cells that touch at a corner, and a ring that is closed only by a corner.
        assert_eq!(polygons(&cells(&["#.", ".#"])).len(), 2);
        let pinched = polygons(&cells(&["###", "#.#", "##."]));
        assert_eq!(pinched.len(), 1);
        let sizes: Vec<i32> = pinched[0].iter().map(area).collect();
        assert_eq!(sizes, [16, -2]);
        let diagonal = polygons(&cells(&["####", "#.##", "##.#", "####"]));
        assert_eq!(diagonal[0].iter().map(area).collect::<Vec<_>>(), [32, -2, -2]);
    }

    /// Whatever the cells: they and no others are within the polygons, and every ring is simple and turns the right way.
    #[test]
    fn random_sets_are_covered_exactly() {
        for seed in 0..200 {
            let stream = Stream::new(seed, &[]);
            let chosen = |i: &u64| u64::from(stream.below(*i, 10)) < 3 + seed % 5;
            let mut cells: Vec<Cell> = (0..64)
                .filter(chosen)
                .map(|i| Cell::at(1 + i as u32 / 8, 1 + i as u32 % 8).unwrap())
                .collect();
            let polygons = polygons(&cells);
            let there: BTreeSet<(i32, i32)> =
                cells.iter().map(|c| (c.col() as i32 - 1, c.row() as i32 - 1)).collect();
            for (x, y) in (0..8).flat_map(|x| (0..8).map(move |y| (x, y))) {
                let point = (2 * x + 1, 2 * y + 1);
                let holds = |polygon: &&Vec<Ring>| {
                    contains(&polygon[0], point) && !polygon[1..].iter().any(|hole| contains(hole, point))
                };
                assert_eq!(
                    polygons.iter().filter(holds).count(),
                    usize::from(there.contains(&(x, y))),
                    "{seed}"
                );
            }
            for ring in polygons.iter().flatten() {
                let corners: BTreeSet<_> = ring.iter().collect();
                assert_eq!(corners.len(), ring.len(), "{seed}: {ring:?}");
            }
            assert!(polygons.iter().all(|p| area(&p[0]) > 0 && p[1..].iter().all(|hole| area(hole) < 0)));
            cells.reverse();
            assert_eq!(super::polygons(&cells), polygons, "{seed}");
        }
    }
}
