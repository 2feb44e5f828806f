//! Where something has begun or ended: the circle of cells that differs most.

use forewarn_core::prelude::*;
use forewarn_kernels::scan::{Cluster, Raster, Scan as Circles};

use crate::newest::Rows;
use crate::replay::Replays;

forewarn_core::entry!(InputCheck: Scan as "scan", check);

/// In which circle of cells the number above zero differs most from what it was, by Kulldorff's scan statistic.
///
/// Every circle of up to `radius` cells around a cell that is above zero now, or was in the `periods` before: how many are,
/// and how many were a period, of as many as there are now together, so that a change everywhere is no cluster. A share `even`
/// of what is expected is spread over all cells, so that something is expected anywhere. The statistic is the greatest log
/// likelihood ratio (Kulldorff 1997, doi:10.1080/03610929708831995) of all circles, of rises and of falls. The effect is the
/// absolute logarithm of the ratio of both numbers in its circle, half a cell added to each (1.1 is three times as many, or a
/// third). Chance: the square root of the statistic by Student's law of prediction among `replays` earlier periods, each
/// against the periods before it, where it has its own greatest circle. The reading names the cell in the middle, the radius,
/// the groups inside and the cells. It has something to say when a war moves to a new place, which is no fault. Of units that
/// are not cells of a grid there is no reading; unknown with fewer than twelve replays.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scan {
    /// Smallest effect that matters.
    pub limit: f64,
    /// How many periods before the newest it is compared with.
    pub periods: usize,
    /// For how many earlier periods the same is done to know what chance does.
    pub replays: usize,
    /// Greatest radius of a circle, in cells.
    pub radius: usize,
    /// Share of what is expected that is spread over all cells, 0-1.
    pub even: f64,
}

impl Default for Scan {
    fn default() -> Self {
        Self { limit: 1.1, periods: 12, replays: 96, radius: 8, even: 0.1 }
    }
}

/// Most groups that a message names.
const GROUPS: usize = 4;
/// Standard deviation of the square root of a log likelihood ratio at least: that of a normal variate over the root of two.
const ERROR: f64 = 0.5;

impl Scan {
    fn check(self) -> Result<Self> {
        crate::limit::share("scan", "even", self.even)?;
        crate::limit::positive("scan", &[("limit", self.limit), ("periods", self.periods as f64)])?;
        Ok(self)
    }

    fn column(&self, rows: Rows<'_>, grid: &Grid, groups: &[Group]) -> Reading {
        let last = rows.last();
        let first = last.saturating_sub(self.replays).max(self.periods);
        let statistic = |i: usize| self.cluster(rows, grid, i).map_or(0.0, |(cluster, _)| cluster.ratio.sqrt());
        let replays = (first < last).then(|| Replays::of((first..last).map(statistic), ERROR)).flatten();
        let Some(replays) = replays else {
            return Reading::unknown(rows.name, "there are fewer than 12 earlier periods to compare with");
        };
        let Some((cluster, inside)) = self.cluster(rows, grid, last) else {
            return Reading::fact(rows.name, 0.0, self.limit, format!("nothing is above zero in {}", rows.now()))
                .by_chance(1.0);
        };
        let effect = ((cluster.observed + 0.5) / (cluster.expected + 0.5)).ln().abs();
        let message = self.message(rows, &cluster, (grid, groups, &inside));
        let p_value = replays.one_sided(cluster.ratio.sqrt(), false);
        Reading::fact(rows.name, effect, self.limit, message).by_chance(p_value).at(rows.units(inside))
    }

    /// The circle that differs most in a period, and the positions of its units.
    fn cluster(&self, rows: Rows<'_>, grid: &Grid, i: usize) -> Option<(Cluster, Vec<usize>)> {
        let cells = grid.raster.rows * grid.raster.columns;
        let (mut events, mut before) = (vec![0.0; cells], vec![0.0; cells]);
        for (values, counts) in (i - self.periods..=i).map(|t| (rows.row(t), t == i)) {
            let counts = if counts { &mut events } else { &mut before };
            for (unit, _) in values.iter().enumerate().filter(|(_, v)| **v > 0.0) {
                counts[grid.place[unit]] += 1.0;
            }
        }
        let centres: Vec<usize> = (0..cells).filter(|cell| events[*cell] + before[*cell] > 0.0).collect();
        let own: f64 = before.iter().sum::<f64>() * (1.0 - self.even);
        let everywhere = before.iter().sum::<f64>() * self.even / grid.place.len() as f64;
        if own == 0.0 {
            return None;
        }
        for count in &mut before {
            *count *= 1.0 - self.even;
        }
        for cell in &grid.place {
            before[*cell] += everywhere;
        }
        let cluster = Circles::new(grid.raster, &before, &centres, self.radius).most_unusual(&events)?;
        let units = (0..grid.place.len()).filter(|unit| grid.within(grid.place[*unit], &cluster)).collect();
        Some((cluster, units))
    }

    fn message(&self, rows: Rows<'_>, cluster: &Cluster, (grid, groups, inside): (&Grid, &[Group], &[usize])) -> String {
        let cells = |group: &Group| group.rows.iter().filter(|row| inside.binary_search(row).is_ok()).count();
        let mut touched: Vec<_> = groups.iter().map(|group| (cells(group), &group.name)).collect();
        touched.retain(|(cells, _)| *cells > 0);
        touched.sort_by_key(|(cells, name)| (std::cmp::Reverse(*cells), *name));
        let more = touched.len().saturating_sub(GROUPS);
        let mut names: Vec<String> = touched.iter().take(GROUPS).map(|(_, name)| (*name).clone()).collect();
        if more > 0 {
            names.push(format!("{more} more"));
        }
        let of = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
        format!(
            "in {} within {} cells of cell {}{of}, {} of {} cells are above zero; {:.1} were expected by the {} periods before",
            rows.now(),
            cluster.radius,
            grid.cell(cluster.centre),
            cluster.observed,
            inside.len(),
            cluster.expected,
            self.periods
        )
    }
}

/// Units on the smallest part of the grid that holds them.
struct Grid {
    raster: Raster,
    /// First row and column.
    corner: [u32; 2],
    /// Where on the raster each unit is.
    place: Vec<usize>,
}

impl Grid {
    /// `None` where units are no cells, or most have none to the north or south.
    fn of(units: &Units) -> Option<Self> {
        let cells: Vec<Cell> = units.iter().map(|unit| Cell::try_from(*unit).ok()).collect::<Option<_>>()?;
        let bounds = |of: fn(Cell) -> u32| Some([cells.iter().map(|c| of(*c)).min()?, cells.iter().map(|c| of(*c)).max()?]);
        let ([south, north], [west, east]) = (bounds(Cell::row)?, bounds(Cell::col)?);
        let raster = Raster { rows: (north - south + 1) as usize, columns: (east - west + 1) as usize };
        let place: Vec<usize> = cells
            .iter()
            .map(|cell| (cell.row() - south) as usize * raster.columns + (cell.col() - west) as usize)
            .collect();
        let mut there = vec![false; raster.rows * raster.columns];
        for cell in &place {
            there[*cell] = true;
        }
        let beside = |cell: &&usize| {
            let south = cell.checked_sub(raster.columns).is_some_and(|cell| there[cell]);
            south || there.get(**cell + raster.columns).is_some_and(|there| *there)
        };
        let grid = 2 * place.iter().filter(beside).count() >= place.len();
        grid.then_some(Self { raster, corner: [south, west], place })
    }

    fn within(&self, cell: usize, cluster: &Cluster) -> bool {
        let place = |cell: usize| [cell / self.raster.columns, cell % self.raster.columns];
        let ([a, b], [c, d]) = (place(cell), place(cluster.centre));
        a.abs_diff(c).pow(2) + b.abs_diff(d).pow(2) <= cluster.radius.pow(2)
    }

    /// The id of a cell.
    fn cell(&self, cell: usize) -> u32 {
        let [south, west] = self.corner;
        let (row, column) = (cell / self.raster.columns, cell % self.raster.columns);
        (south - 1 + row as u32) * COLUMNS + west + column as u32
    }
}

impl InputCheck for Scan {
    fn read(&self, args: &InputArgs<'_>) -> Result<Vec<Reading>> {
        let Some(grid) = Grid::of(args.panel.units()) else { return Ok(Vec::new()) };
        Ok(Rows::all(args)?.into_iter().map(|rows| self.column(rows, &grid, args.groups)).collect())
    }
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;

    use super::*;

    const SIDE: u32 = 30;

    /// Cells of which those to the west are above zero one month in three; in the last, also a disc around (20, 22).
    fn panel(disc: bool, months: usize) -> Panel {
        let cells: Units = (0..SIDE * SIDE)
            .map(|i| Unit::from(Cell::at(100 + i / SIDE, 300 + i % SIDE).unwrap()))
            .collect();
        let axis = Axis { cadence: Cadence::Month, first: Period(200), len: months };
        let mut panel = Panel::new(axis, cells).unwrap();
        let value = |i: usize| {
            let (month, cell) = (i / 900, i % 900);
            let (row, column) = (cell / 30, cell % 30);
            let now = disc && month == months - 1 && row.abs_diff(20).pow(2) + column.abs_diff(22).pow(2) <= 9;
            let war = column < 12 && Stream::new(1, &[]).below(i as u64, 3) == 0;
            if now || war { 2.0 } else { 0.0 }
        };
        panel.push("x", (0..months * 900).map(value).collect()).unwrap();
        panel
    }

    fn read(panel: &Panel) -> Vec<Reading> {
        let columns = ["x".to_owned()];
        let group = |name: &str, rows| Group { name: name.to_owned(), rows };
        let groups = [group("south", (0..450).collect()), group("north", (450..900).collect())];
        Scan::default().read(&InputArgs::new(panel, &columns).unwrap().with_groups(&groups)).unwrap()
    }

    #[test]
    fn a_war_in_a_new_place_is_found_there() {
        let found = &read(&panel(true, 60))[0];
        assert!(found.matters() && found.p_value.unwrap() < 1e-6, "{found:?}");
        let centre = Unit::from(Cell::at(120, 322).unwrap());
        assert!(found.units.contains(&centre) && (20..60).contains(&found.units.len()), "{found:?}");
        assert!(found.message.contains("(north)") || found.message.contains("(north, south)"), "{found:?}");
        let quiet = &read(&panel(false, 60))[0];
        assert!(quiet.p_value.unwrap() > 0.01, "{quiet:?}");
    }

    #[test]
    fn a_place_that_falls_silent_is_found_too() {
        let mut values = panel(false, 60).column("x").unwrap().values().to_vec();
        let last = 59 * 900;
        for cell in (0..900).filter(|cell| (cell / 30_usize).abs_diff(15) <= 6 && cell % 30 < 8) {
            values[last + cell] = 0.0;
        }
        let whole = panel(false, 60);
        let mut silent = Panel::new(whole.axis(), whole.units().clone()).unwrap();
        silent.push("x", values).unwrap();
        let found = &read(&silent)[0];
        assert!(found.matters() && found.p_value.unwrap() < 0.001, "{found:?}");
        assert!(found.message.contains(", 0 of") || found.message.contains(", 1 of"), "{}", found.message);
    }

    #[test]
    fn the_same_every_month_is_no_cluster_and_countries_have_no_circles() {
        assert_eq!(read(&panel(false, 20))[0].effect, None);
        let axis = Axis { cadence: Cadence::Month, first: Period(200), len: 60 };
        let mut countries = Panel::new(axis, (1..=50).map(Unit).collect()).unwrap();
        countries.push("x", vec![1.0; 3000]).unwrap();
        assert!(read(&countries).is_empty());
        let mut zeros = Panel::new(axis, panel(false, 60).units().clone()).unwrap();
        zeros.push("x", vec![0.0; 54_000]).unwrap();
        assert_eq!((read(&zeros)[0].effect, read(&zeros)[0].p_value), (Some(0.0), Some(1.0)));
        assert!((ENTRY.build)(&serde_json::json!({"even": 0.0})).is_err());
    }
}
