//! Where counts differ from what was expected, over circles of cells of a grid: Kulldorff's spatial scan statistic.
//!
//! Kulldorff (1997), doi:10.1080/03610929708831995. For a circle with `c` of the `n` events where `b` were expected, all
//! expectations together `n`, the log likelihood ratio of a rate that is another inside is
//!
//! ```text
//! c ln(c / b) + (n - c) ln((n - c) / (n - b))
//! ```
//!
//! and the statistic is the greatest of all circles. How many events there are together is taken as given: a month in which
//! everything doubled has no cluster. Its law is not known; it is compared with that of other months.

/// Numbers on a grid of cells, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raster {
    /// How many rows.
    pub rows: usize,
    /// How many columns.
    pub columns: usize,
}

/// The circle that differs most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cluster {
    /// Cell in the middle.
    pub centre: usize,
    /// Radius in cells: those whose middle is no further are inside.
    pub radius: usize,
    /// Events inside.
    pub observed: f64,
    /// Events expected inside, of as many as there are.
    pub expected: f64,
    /// The log likelihood ratio; 0 when nothing differs.
    pub ratio: f64,
}

/// Circles around cells, and what is expected in each.
#[derive(Debug, Clone)]
pub struct Scan {
    raster: Raster,
    /// Half the width of each row of a circle, from the middle row on, by radius.
    halves: Vec<Vec<usize>>,
    centres: Vec<usize>,
    /// Share of all that is expected inside, centres x radii.
    shares: Vec<f64>,
}

/// Sums of all cells before each one in its row.
struct Prefix {
    raster: Raster,
    sums: Vec<f64>,
}

impl Scan {
    /// Circles of 0 to `radius` cells around `centres`; `expected` is a number for each cell of the raster, in any unit.
    ///
    /// # Panics
    /// When there is not a number for each cell, or a centre is none of them.
    pub fn new(raster: Raster, expected: &[f64], centres: &[usize], radius: usize) -> Self {
        let prefix = Prefix::of(raster, expected);
        assert!(centres.iter().all(|centre| *centre < expected.len()), "a centre off the grid");
        let half = |r: usize, row: usize| (0..=r).take_while(|x| x * x + row * row <= r * r).count() - 1;
        let halves: Vec<Vec<usize>> =
            (0..=radius).map(|r| (0..=r).map(|row| half(r, row)).collect()).collect();
        let all: f64 = expected.iter().sum();
        let shares =
            centres.iter().flat_map(|c| halves.iter().map(|half| prefix.circle(*c, half) / all)).collect();
        Self { raster, halves, centres: centres.to_vec(), shares }
    }

    /// The circle in which the events differ most from what was expected; `None` without events, or where none was
    /// expected anywhere. Of equal ones the first centre, the smallest radius.
    ///
    /// # Panics
    /// When there is not a number for each cell.
    pub fn most_unusual(&self, events: &[f64]) -> Option<Cluster> {
        let prefix = Prefix::of(self.raster, events);
        let all: f64 = events.iter().sum();
        let mut most: Option<Cluster> = None;
        let shares = self.shares.chunks_exact(self.halves.len());
        for (&centre, shares) in self.centres.iter().zip(shares) {
            for (radius, (half, share)) in self.halves.iter().zip(shares).enumerate() {
                let (observed, expected) = (prefix.circle(centre, half), share * all);
                // What is expected nowhere has no ratio; it is for other checks.
                let ratio = if *share > 0.0 { ratio(observed, expected, all) } else { 0.0 };
                if most.is_none_or(|most| ratio > most.ratio) && all > 0.0 && !share.is_nan() {
                    most = Some(Cluster { centre, radius, observed, expected, ratio });
                }
            }
        }
        most
    }
}

/// The log likelihood ratio of a circle.
fn ratio(observed: f64, expected: f64, all: f64) -> f64 {
    let part = |c: f64, b: f64| if c > 0.0 { c * (c / b).ln() } else { 0.0 };
    let outside = (all - expected).max(0.0);
    if outside == 0.0 {
        return 0.0;
    }
    (part(observed, expected) + part(all - observed, outside)).max(0.0)
}

impl Prefix {
    fn of(raster: Raster, values: &[f64]) -> Self {
        assert_eq!(values.len(), raster.rows * raster.columns, "a number for each cell");
        let mut sums = Vec::with_capacity(raster.rows * (raster.columns + 1));
        for row in values.chunks_exact(raster.columns) {
            let mut sum = 0.0;
            sums.push(sum);
            sums.extend(row.iter().map(|value| {
                sum += value;
                sum
            }));
        }
        Self { raster, sums }
    }

    /// The sum over a circle, cut off where the grid ends.
    fn circle(&self, centre: usize, half: &[usize]) -> f64 {
        let Raster { rows, columns } = self.raster;
        let (row, column) = (centre / columns, centre % columns);
        let line = |row: usize, half: usize| {
            let sums = &self.sums[row * (columns + 1)..][..=columns];
            sums[(column + half + 1).min(columns)] - sums[column.saturating_sub(half)]
        };
        let mut sum = line(row, half[0]);
        for (away, half) in half.iter().enumerate().skip(1) {
            if row >= away {
                sum += line(row - away, *half);
            }
            if row + away < rows {
                sum += line(row + away, *half);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    const RASTER: Raster = Raster { rows: 30, columns: 40 };

    /// The definition: every cell asked how far it is.
    fn plain(raster: Raster, values: &[f64], centre: usize, radius: usize) -> f64 {
        let place = |cell: usize| [cell / raster.columns, cell % raster.columns];
        let [r, c] = place(centre);
        let inside = |cell: &usize| {
            let [row, column] = place(*cell);
            row.abs_diff(r).pow(2) + column.abs_diff(c).pow(2) <= radius.pow(2)
        };
        (0..values.len()).filter(inside).map(|cell| values[cell]).sum()
    }

    fn counts(seed: u64, one_in: u32) -> Vec<f64> {
        (0..1200).map(|i| f64::from(u8::from(Stream::new(seed, &[]).below(i, one_in) == 0))).collect()
    }

    #[test]
    fn circles_hold_the_cells_that_are_near() {
        let (values, prefix) = (counts(1, 3), Prefix::of(RASTER, &counts(1, 3)));
        let scan = Scan::new(RASTER, &values, &[0, 39, 640, 1199], 12);
        for (i, centre) in [0, 39, 640, 1199].into_iter().enumerate() {
            for (radius, half) in scan.halves.iter().enumerate() {
                let expected = plain(RASTER, &values, centre, radius);
                assert_eq!(prefix.circle(centre, half), expected, "{centre} {radius}");
                let share = scan.shares[i * 13 + radius];
                assert!((share * values.iter().sum::<f64>() - expected).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_ratio_is_worked_by_hand() {
        // 6 of 10 events where 3 were expected: 6 ln 2 + 4 ln(4/7).
        let expected = 6.0 * 2.0_f64.ln() + 4.0 * (4.0_f64 / 7.0).ln();
        assert!((ratio(6.0, 3.0, 10.0) - expected).abs() < 1e-15);
        assert!((ratio(0.0, 3.0, 10.0) - 10.0 * (10.0_f64 / 7.0).ln()).abs() < 1e-15);
        assert_eq!((ratio(3.0, 3.0, 10.0), ratio(10.0, 10.0, 10.0)), (0.0, 0.0));
    }

    #[test]
    fn a_cluster_is_found_where_it_is() {
        let expected = vec![0.1; 1200];
        let centres: Vec<usize> = (0..1200).collect();
        let scan = Scan::new(RASTER, &expected, &centres, 6);
        for (more, one_in, centre) in [(true, 10, 15 * 40 + 20), (false, 2, 10 * 40 + 8)] {
            let (quiet, mut events) = (scan.most_unusual(&counts(2, one_in)).unwrap(), counts(3, one_in));
            let far = |cell: usize, other: usize| {
                (cell / 40).abs_diff(other / 40).pow(2) + (cell % 40).abs_diff(other % 40).pow(2)
            };
            for (cell, event) in events.iter_mut().enumerate() {
                if far(cell, centre) <= 16 {
                    *event = f64::from(u8::from(more));
                }
            }
            let found = scan.most_unusual(&events).unwrap();
            let away =
                (found.centre / 40).abs_diff(centre / 40).max((found.centre % 40).abs_diff(centre % 40));
            assert!(away <= 2 && found.radius.abs_diff(4) <= 2, "{more} {found:?}");
            assert!(
                found.ratio > 2.0 * quiet.ratio && (found.observed > found.expected) == more,
                "{found:?} {quiet:?}"
            );
        }
    }

    #[test]
    fn without_events_there_is_no_cluster() {
        let scan = Scan::new(RASTER, &vec![1.0; 1200], &[5, 6], 3);
        assert_eq!(scan.most_unusual(&vec![0.0; 1200]), None);
        assert_eq!(Scan::new(RASTER, &vec![0.0; 1200], &[5], 3).most_unusual(&counts(1, 9)), None);
        assert!(scan.most_unusual(&vec![2.0; 1200]).unwrap().ratio < 1e-9);
    }
}
