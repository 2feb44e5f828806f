//! Exponentially weighted means of the past, of a unit and of the rings around it.

use forewarn_core::{COLUMNS, Cell, Result, Unit};

use super::Places;

/// The weighted means at the period that was entered last.
#[derive(Debug)]
pub(super) struct Excitation {
    units: usize,
    /// What is left of a weighted mean after one period, by half-life.
    keep: Vec<f64>,
    /// Weighted means of log(1 + y), half-lives x units.
    means: Vec<f64>,
    /// Neighbours of each unit, by ring.
    rings: Vec<Vec<Vec<u32>>>,
    /// Whether a unit was ever observed.
    seen: Vec<bool>,
}

impl Excitation {
    /// Before the first period: nothing was ever observed.
    ///
    /// # Errors
    /// `Error::Data` when there are rings and a unit is no grid cell.
    pub(super) fn new(units: &[Unit], half_lives: &[f64], radii: &[u32]) -> Result<Self> {
        let keep: Vec<f64> = half_lives.iter().map(|h| (-1.0 / h).exp2()).collect();
        let means = vec![0.0; keep.len() * units.len()];
        Ok(Self { units: units.len(), keep, means, rings: rings(units, radii)?, seen: vec![false; units.len()] })
    }

    /// Kernels a unit: the background, and one for each half-life of the unit and of each ring.
    pub(super) fn width(&self) -> usize {
        1 + self.keep.len() * (1 + self.rings.len())
    }

    /// Enters the observations of the next period.
    pub(super) fn advance(&mut self, observed: &[f32]) {
        for (seen, y) in self.seen.iter_mut().zip(observed) {
            *seen |= !y.is_nan();
        }
        for (keep, means) in self.keep.iter().zip(self.means.chunks_exact_mut(self.units)) {
            for (mean, &y) in means.iter_mut().zip(observed).filter(|(_, y)| !y.is_nan()) {
                *mean = keep * *mean + (1.0 - keep) * f64::from(y.max(0.0)).ln_1p();
            }
        }
    }

    /// The kernels of every unit, units x width; NaN for a unit that was never observed.
    pub(super) fn kernels(&self) -> Vec<f32> {
        let width = self.width();
        let mut out = vec![f32::NAN; self.units * width];
        for (u, row) in out.chunks_exact_mut(width).enumerate().filter(|(u, _)| self.seen[*u]) {
            row[0] = 1.0;
            let mut at = 1;
            for means in self.means.chunks_exact(self.units) {
                row[at] = means[u] as f32;
                for (ring, kernel) in self.rings.iter().zip(&mut row[at + 1..]) {
                    let sum: f64 = ring[u].iter().map(|&v| means[v as usize]).sum();
                    *kernel = (sum / ring[u].len().max(1) as f64) as f32;
                }
                at += 1 + self.rings.len();
            }
        }
        out
    }
}

/// For each radius and unit, the units further away than the radius before and no further than this one, in cells.
fn rings(units: &[Unit], radii: &[u32]) -> Result<Vec<Vec<Vec<u32>>>> {
    if radii.is_empty() {
        return Ok(Vec::new());
    }
    let cells = units.iter().map(|&u| Cell::try_from(u)).collect::<Result<Vec<_>>>()?;
    let places: Places = cells.iter().enumerate().map(|(i, c)| ((c.row(), c.col()), i)).collect();
    let inner = std::iter::once(0).chain(radii.iter().copied());
    let ring = |(inner, &outer): (u32, &u32)| {
        cells.iter().map(|cell| around(*cell, &places, inner, outer)).collect()
    };
    Ok(inner.zip(radii).map(ring).collect())
}

/// The units in the square ring beyond `inner` and up to `outer` cells from `cell`, across the 180th meridian too.
fn around(cell: Cell, places: &Places, inner: u32, outer: u32) -> Vec<u32> {
    let (reach, columns) = (i64::from(outer), i64::from(COLUMNS));
    let mut found = Vec::new();
    for north in -reach..=reach {
        for east in -reach..=reach {
            if north.abs().max(east.abs()) <= i64::from(inner) {
                continue;
            }
            let row = u32::try_from(i64::from(cell.row()) + north);
            let col = (i64::from(cell.col()) - 1 + east).rem_euclid(columns) as u32 + 1;
            found.extend(row.ok().and_then(|row| places.get(&(row, col))).map(|&i| i as u32));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f32, b: f64) {
        assert!((f64::from(a) - b).abs() < 1e-6, "{a} against {b}");
    }

    #[test]
    fn means_fade_by_half_and_what_is_missing_leaves_them() {
        let mut e = Excitation::new(&[Unit(1), Unit(2)], &[1.0], &[]).unwrap();
        let z = 3.0_f64.ln_1p();
        e.advance(&[3.0, f32::NAN]);
        close(e.kernels()[1], z / 2.0);
        assert!(e.kernels()[2..].iter().all(|k| k.is_nan()), "never observed");
        e.advance(&[0.0, 0.0]);
        close(e.kernels()[1], z / 4.0);
        e.advance(&[f32::NAN, 3.0]);
        close(e.kernels()[1], z / 4.0);
        assert_eq!((e.width(), e.kernels()[0], e.kernels()[2]), (2, 1.0, 1.0));
        close(e.kernels()[3], z / 2.0);
    }

    #[test]
    fn rings_hold_the_cells_around_and_close_the_globe() {
        // A row of cells at the 180th meridian: columns 719, 720, 1, 2, 3.
        let row = |col| Cell::at(180, col).unwrap().gid();
        let mut units: Vec<Unit> = [1, 2, 3, 719, 720].map(|c| Unit(row(c))).into();
        units.sort();
        let found = rings(&units, &[1, 2]).unwrap();
        let columns = |ring: usize, unit: usize| {
            let mut all: Vec<u32> = found[ring][unit].iter().map(|&v| Cell::try_from(units[v as usize]).unwrap().col()).collect();
            all.sort_unstable();
            all
        };
        assert_eq!((columns(0, 0), columns(1, 0)), (vec![2, 720], vec![3, 719]));
        assert_eq!((columns(0, 2), columns(1, 2)), (vec![2], vec![1]));
        assert!(rings(&[Unit(0)], &[1]).is_err(), "no cell");
        assert!(rings(&[Unit(0)], &[]).unwrap().is_empty());
    }
}
