//! Artefacts along rows, columns and runs of ids.

mod lines;

use std::collections::{BTreeMap, BTreeSet};

use forewarn_core::prelude::*;

use self::lines::Lines;
use super::leads::{Leads, Range};
use super::past::{Past, periods};
use crate::limit;
use crate::chance;
use crate::words::percent;

forewarn_core::entry!(OutputCheck: Stripes as "stripes", check);

/// Whether the forecast has changed along rows or columns of the grid or in runs of ids, as nothing on Earth does.
///
/// The change of each cell against the last forecast is `ln((now + offset) / (then + offset))` of its means, added
/// over steps; changes by more than a factor of e count as that. Real changes are regional; so each change is taken
/// against the mean of the changes of two cells across the line: those north and south for rows, west and east for
/// columns, and for runs of ids, which go along rows, those as many rows north and south as a run spans. The effect
/// is **the share of the variance of what is left that is between the means of lines, beyond the share that
/// shuffling gives** (0-1). The p value is the greater of two, so that both must be small: of shuffles of runs of
/// up to eight neighbours (`(1 + as great) / (1 + permutations)`; Phipson and Smyth 2010,
/// doi:10.2202/1544-6115.1585), and, with six or more pairs of earlier forecasts as far apart, of the same share
/// between these, by the prediction interval of Student's t.
///
/// In a synthetic forecast of 40 by 50 cells, which change by a tenth each and by a half in regions, one row or column
/// doubled is an effect of 0.11, 62 ids 0.16, and a rectangular country less than 0.02. The more lines there are, the less
/// is one of them: on 160 by 80 cells a row is 0.08, the country 0.006. Where most cells expect nothing, a doubled line is a
/// handful of numbers, and is found only when these are many for such a forecast. Without earlier pairs a region is more
/// easily taken for a run of ids. Where most units have no neighbours north and south, as countries, there are no rows
/// and columns, and ids are looked at as they are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stripes {
    /// Ranges of steps, three readings each.
    pub leads: Leads,
    /// Added to means before their logarithm, in the unit of the target: below it, changes are taken for noise.
    #[schemars(range(min = 0.0))]
    pub offset: f64,
    /// Units of a run of ids, at most; never more than a thirty-second of all, for real changes are as great as long runs.
    #[schemars(range(min = 2))]
    pub block: usize,
    /// Shuffles.
    #[schemars(range(min = 19))]
    pub permutations: u64,
    /// Seed of the shuffles.
    pub seed: u64,
    /// Share of the variance beyond chance that matters.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub limit: f64,
}

/// Greatest absolute change that counts: without a bound, few cells of great changes hide all lines.
const MOST: f64 = 1.0;

impl Default for Stripes {
    fn default() -> Self {
        Self { leads: Leads::default(), offset: 0.1, block: 256, permutations: 1999, seed: 1, limit: 0.03 }
    }
}

/// A way to lay lines through units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Along {
    Rows,
    Columns,
    Ids,
}

/// The lines through the units in one way.
struct Layout {
    along: Along,
    /// The line of each unit.
    line: Vec<usize>,
    /// The two neighbours across the line of each unit; `None` where one is lacking.
    across: Vec<Option<[usize; 2]>>,
    /// Whether units have neighbours at all.
    grid: bool,
}

impl Layout {
    /// `None` where there are no such lines.
    fn new(units: &[Unit], along: Along, block: usize) -> Option<Self> {
        let at: BTreeMap<Unit, usize> = units.iter().enumerate().map(|(i, unit)| (*unit, i)).collect();
        let cells: Vec<Option<Cell>> = units.iter().map(|unit| Cell::try_from(*unit).ok()).collect();
        let find = |row: u32, col: u32| at.get(&Unit::from(Cell::at(row, col).ok()?)).copied();
        let pair = |cell: &Option<Cell>, [up, right]: [u32; 2]| {
            let (row, col) = (cell.as_ref()?.row(), cell.as_ref()?.col());
            Some([find(row + up, col + right)?, find(row.checked_sub(up)?, col.checked_sub(right)?)?])
        };
        let vertical: Vec<_> = cells.iter().map(|cell| pair(cell, [1, 0])).collect();
        let rows: BTreeSet<u32> = cells.iter().flatten().map(|cell| cell.row()).collect();
        let reach = (block * rows.len()).div_ceil(units.len().max(1)).max(1) as u32;
        let grid = 2 * vertical.iter().flatten().count() >= units.len();
        let of_cell = |f: fn(Cell) -> u32| cells.iter().map(|cell| cell.map_or(0, f) as usize).collect();
        match along {
            Along::Ids => {
                let line = (0..units.len()).map(|i| i / block).collect();
                let across = cells.iter().map(|cell| pair(cell, [reach, 0])).collect();
                Some(Self { along, line, across, grid })
            }
            Along::Rows => grid.then(|| Self { along, line: of_cell(Cell::row), across: vertical, grid }),
            Along::Columns => grid.then(|| {
                let across = cells.iter().map(|cell| pair(cell, [0, 1])).collect();
                Self { along, line: of_cell(Cell::col), across, grid }
            }),
        }
    }

    /// Changes against those of the neighbours across, in lines.
    fn lines(&self, change: &[f64]) -> Option<Lines> {
        let left = |i: usize| match self.across[i] {
            _ if !self.grid => change[i],
            Some([a, b]) => change[i] - 0.5 * (change[a] + change[b]),
            None => f64::NAN,
        };
        let numbers = (0..change.len()).map(|i| (self.line[i], left(i))).filter(|(_, v)| v.is_finite());
        Lines::new(&numbers.collect::<Vec<_>>())
    }

    /// `row 173`, `units 5 to 260`.
    fn name(&self, line: usize, units: &[Unit]) -> String {
        let mut of_line = self.units(line, units);
        match self.along {
            Along::Rows => format!("row {line}"),
            Along::Columns => format!("column {line}"),
            Along::Ids => match (of_line.next(), of_line.last()) {
                (Some(first), Some(last)) => format!("units {first} to {last}"),
                _ => format!("block {line}"),
            },
        }
    }

    fn units<'a>(&'a self, line: usize, units: &'a [Unit]) -> impl Iterator<Item = Unit> + 'a {
        units.iter().zip(&self.line).filter(move |(_, l)| **l == line).map(|(unit, _)| *unit)
    }

    fn what(&self) -> &'static str {
        match self.along {
            Along::Rows => "rows",
            Along::Columns => "columns",
            Along::Ids => "runs of ids",
        }
    }
}

impl Stripes {
    fn check(self) -> Result<Self> {
        self.leads.check("stripes")?;
        limit::positive("stripes", &[("offset", self.offset), ("limit", self.limit)])?;
        if self.block < 2 || self.permutations < 19 {
            let reason = format!("`block` is {} and `permutations` {}", self.block, self.permutations);
            return Err(Error::config("stripes", format!("{reason}; they must be at least 2 and 19")));
        }
        Ok(self)
    }

    /// The change of each unit; `None` when the units are not the same.
    fn change(&self, range: &Range, now: &Outlook, then: &Outlook) -> Option<Vec<f64>> {
        let (units, now) = range.by_unit(now, |field| &field.means)?;
        let (others, then) = range.by_unit(then, |field| &field.means)?;
        let change = |(a, b): (&f64, &f64)| ((a + self.offset) / (b + self.offset)).ln().clamp(-MOST, MOST);
        (units == others).then(|| now.iter().zip(&then).map(change).collect())
    }

    fn readings(&self, args: &OutputArgs<'_>, range: &Range, layouts: &[Layout]) -> Vec<Reading> {
        let past = Past::new(args, range);
        let unknown = |why: &str| vec![Reading::unknown(range.label(), why)];
        let Some((last, gap)) = past.latest() else {
            return unknown("there is no forecast from the 12 periods before to compare with");
        };
        let Some(change) = self.change(range, args.outlook, last) else {
            return unknown("the units are not those of the last forecast");
        };
        let units = &args.outlook.steps[0].units;
        let before: Vec<Vec<f64>> = past.pairs(gap).filter_map(|(a, b)| self.change(range, b, a)).collect();
        layouts.iter().map(|layout| self.reading(range, (layout, units), &change, (&before, gap))).collect()
    }

    fn reading(
        &self,
        range: &Range,
        (layout, units): (&Layout, &[Unit]),
        change: &[f64],
        (before, gap): (&[Vec<f64>], i32),
    ) -> Reading {
        let subject = format!("{}, {}", range.label(), layout.what());
        let Some(lines) = layout.lines(change) else {
            let why = format!("there are fewer than two {} with changes to compare", layout.what());
            return Reading::unknown(subject, why);
        };
        if !lines.vary() {
            return Reading::fact(subject, 0.0, self.limit, "nothing has changed anywhere by itself").by_chance(1.0);
        }
        let (expected, by_shuffles) = lines.shuffled(self.permutations, self.seed);
        let earlier = before.iter().filter_map(|change| layout.lines(change)).filter(Lines::vary);
        let usual = Usual::of(earlier.map(|lines| lines.share()));
        let p = chance::above(lines.share(), usual).map_or(by_shuffles, |p| p.max(by_shuffles));
        let usually = match usual {
            Some(u) => format!("{} on average between {} pairs before", percent(u.mean), u.origins),
            None => "nothing is known of pairs before".to_owned(),
        };
        let worst = lines.contributions().into_iter().reduce(|a, b| if b.1.abs() > a.1.abs() { b } else { a });
        let (line, contribution) = worst.unwrap_or_default();
        let message = format!(
            "{} of the variance of the local changes since {} before is between {}, {} when these are shuffled, \
             {usually}; most of it from {}, which {}",
            percent(lines.share()),
            periods(gap),
            layout.what(),
            percent(expected),
            layout.name(line, units),
            if contribution > 0.0 { "rose" } else { "fell" }
        );
        let reading = Reading::fact(subject, (lines.share() - expected).max(0.0), self.limit, message);
        let places: Vec<Unit> = if reading.matters() { layout.units(line, units).collect() } else { Vec::new() };
        reading.by_chance(p).at(places)
    }
}

impl OutputCheck for Stripes {
    fn read(&self, args: &OutputArgs<'_>) -> Result<Vec<Reading>> {
        let Some(first) = args.outlook.steps.first() else {
            return Err(Error::data("the forecast has no steps"));
        };
        if let Some(other) = args.outlook.steps.iter().find(|field| field.units != first.units) {
            let (a, b) = (first.step, other.step);
            return Err(Error::data(format!("the units of step {b} are not those of step {a}; forecast the same")));
        }
        let along = [Along::Rows, Along::Columns, Along::Ids];
        let block = self.block.min(first.units.len() / 32).max(2);
        let layouts = along.into_iter().filter_map(|along| Layout::new(&first.units, along, block));
        let layouts: Vec<Layout> = layouts.collect();
        let ranges = self.leads.ranges(args.outlook);
        Ok(ranges.iter().flat_map(|range| self.readings(args, range, &layouts)).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::cases::{GRID, history, history_on, outlook};

    fn read(now: &Outlook, earlier: &[Outlook]) -> Vec<Reading> {
        let check = Stripes { permutations: 999, ..Stripes::default() };
        check.read(&OutputArgs::new(now, earlier)).unwrap()
    }

    type Factor = Box<dyn Fn(usize, usize) -> f32>;

    fn scale(outlook: &mut Outlook, columns: u32, factor: impl Fn(usize, usize) -> f32) {
        for field in &mut outlook.steps {
            for (i, mean) in field.means.iter_mut().enumerate() {
                *mean *= factor(i / columns as usize, i % columns as usize);
            }
        }
    }

    fn alarms(readings: &[Reading]) -> Vec<&str> {
        let found = readings.iter().filter(|r| r.matters() && r.p_value.unwrap() <= 0.01);
        found.map(|r| r.subject.as_str()).collect()
    }

    /// The forecast after `earlier`, scaled in places.
    fn changed(factor: impl Fn(usize, usize) -> f32) -> (Vec<Outlook>, Outlook) {
        let mut all = history(25, 1.0);
        let mut now = all.pop().unwrap();
        scale(&mut now, GRID[1], factor);
        (all, now)
    }

    #[test]
    fn a_doubled_row_column_or_run_of_ids_is_found_and_named() {
        let double = |yes: bool| if yes { 2.0 } else { 1.0 };
        let columns = GRID[1] as usize;
        let cases: [(&str, &str, Factor); 3] = [
            ("rows", "row 168, which rose", Box::new(move |row, _| double(row == 17))),
            ("columns", "column 367, which rose", Box::new(move |_, column| double(column == 17))),
            (
                "runs of ids",
                "units 118474 to 119875, which rose",
                Box::new(move |row, column| double((row * columns + column) / 62 == 12)),
            ),
        ];
        for (along, named, factor) in cases {
            let (earlier, now) = changed(factor);
            for earlier in [&earlier[..], &earlier[23..]] {
                let readings = read(&now, earlier);
                let found: Vec<&Reading> = readings.iter().filter(|r| r.subject.ends_with(along)).collect();
                assert_eq!(found.len(), 4);
                assert!(found.iter().all(|r| (0.08..0.25).contains(&r.effect.unwrap())), "{along}: {:?}", found[0].effect);
                assert!(found.iter().all(|r| r.matters() && r.p_value == Some(0.001)), "{along}: {found:?}");
                assert!(found.iter().all(|r| r.message.ends_with(named)), "{along}: {}", found[0].message);
                assert!(!found[0].units.is_empty() && found[0].units.len() <= 256);
            }
        }
    }

    #[test]
    fn a_row_of_a_large_grid_matters_and_a_country_does_not() {
        let grid = [160, 80];
        let mut all = history_on(grid, 2, 1.0);
        let (now, then) = (all.pop().unwrap(), all);
        let greatest = |factor: &dyn Fn(usize, usize) -> bool| {
            let mut now = now.clone();
            scale(&mut now, grid[1], |row, column| if factor(row, column) { 2.0 } else { 1.0 });
            read(&now, &then).iter().filter_map(|r| r.effect).fold(0.0, f64::max)
        };
        let row = greatest(&|row, _| row == 17);
        assert!((0.045..0.08).contains(&row), "{row}");
        let country = greatest(&|row, column| (8..22).contains(&row) && (10..25).contains(&column));
        assert!(country < 0.01, "{country}");
    }

    #[test]
    fn regional_change_is_no_stripe() {
        let double = |yes: bool| if yes { 2.0 } else { 1.0 };
        let round = |row: usize, column: usize| (row as f32 - 20.0).powi(2) + (column as f32 - 25.0).powi(2) < 100.0;
        let country = |row: usize, column: usize| (8..22).contains(&row) && (10..25).contains(&column);
        let slope = |row: usize, column: usize| (0.03 * row as f32 - 0.01 * column as f32).exp();
        let none = Vec::<&str>::new();
        let all: [&dyn Fn(usize, usize) -> f32; 4] =
            [&|_, _| 1.0, &|r, c| double(round(r, c)), &|r, c| double(country(r, c)), &slope];
        for (i, factor) in all.into_iter().enumerate() {
            let (earlier, now) = changed(factor);
            assert_eq!(alarms(&read(&now, &earlier)), none, "case {i}");
            let against_one = read(&now, &earlier[23..]);
            assert_eq!(alarms(&against_one), none, "case {i} against one forecast");
            let greatest = against_one.iter().filter_map(|r| r.effect).fold(0.0, f64::max);
            assert!(greatest < 0.03, "case {i}: {greatest}");
        }
    }

    #[test]
    fn no_change_is_no_stripe_and_nothing_to_compare_is_unknown() {
        let now = outlook(501, &[1], &[[0.0; 9]]);
        let then = outlook(500, &[1], &[[0.0; 9]]);
        let check = Stripes { block: 3, ..Stripes::default() };
        // Units 1 to 9 lie in one row of the grid: as countries, they have runs of ids only.
        let readings = check.read(&OutputArgs::new(&now, std::slice::from_ref(&then))).unwrap();
        assert_eq!(readings.len(), 1);
        assert_eq!((readings[0].effect, readings[0].p_value), (Some(0.0), Some(1.0)));
        let unknown = |readings: Vec<Reading>| readings.iter().all(|r| r.effect.is_none());
        assert!(unknown(read(&now, &[])), "nothing to compare with");
        let [few, before] = [501, 500].map(|origin| outlook(origin, &[1], &[[1.0; 2]]));
        assert!(unknown(read(&few, &[before])), "one run of ids");
        assert!(unknown(read(&now, &[outlook(500, &[1], &[[0.0; 8]])])), "other units");
        let missing = outlook(501, &[1], &[[f32::NAN; 9]]);
        assert!(unknown(check.read(&OutputArgs::new(&missing, &[then])).unwrap()));
    }

    #[test]
    fn settings_are_checked() {
        let error = |settings| (ENTRY.build)(&settings).unwrap_err().to_string();
        assert!(error(json!({"permutations": 9})).contains("`permutations` 9; they must be at least 2 and 19"));
        assert!(error(json!({"offset": 0.0})).contains("`offset` is 0"));
    }
}
