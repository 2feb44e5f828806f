//! What can be known at all of zeros in a tenth of the cells in the newest month alone: how often a test that knows the fault finds
//! it in the real record. The table of `docs/results/gates.md`.
//!
//! ```text
//! lost_cells TABLE.parquet [DRAWS]     losses drawn for each of the last 120 months; 20 when not given
//! ```
//!
//! A logistic law tells how likely each cell is to be active, from its own past, its neighbours then and now, and the other two
//! columns now, which the fault leaves alone. It learns from the months before the last 120. The likelihood ratio of «each active
//! cell was lost with probability 0.1» against «none was» is the strongest test there is as far as this law is true.

use std::error::Error;
use std::io::Write;
use std::ops::Range;

use forewarn_benches::{NAMES, observed};
use forewarn_core::Cell;
use forewarn_kernels::linear::solve;
use forewarn_kernels::random::Stream;
use rayon::prelude::*;

type Outcome<T> = Result<T, Box<dyn Error>>;

const COLUMNS: [&str; 3] = ["ged_sb_best", "ged_ns_best", "ged_os_best"];
/// Months of the past in which a cell's active ones are counted.
const WINDOWS: [usize; 6] = [1, 3, 6, 12, 36, 120];
const FEATURES: usize = 1 + WINDOWS.len() + 2 + 3 + 2;
/// Months that are tested.
const TESTED: usize = 120;
const YEAR: usize = 12;
/// Share of cells that are lost.
const LOST: f64 = 0.1;
/// Keeps the weights of features that nearly repeat each other small.
const RIDGE: f64 = 1.0;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let table = arguments.first().ok_or("see the first lines of benches/examples/lost_cells/main.rs")?;
    let draws: u64 = arguments.get(1).map_or(Ok(20), |n| n.parse())?;
    let record = Record::read(table)?;
    let weights = record.learn(WINDOWS[5]..record.months - TESTED)?;
    let tested = record.months - TESTED - YEAR..record.months;
    let untouched: Vec<f64> =
        tested.clone().into_par_iter().map(|month| record.ratio(&weights, month, &|_| false)).collect();
    let lost = |month: usize, draw: u64| {
        let stream = Stream::new(11, &[month as u64, draw]);
        record.ratio(&weights, month, &|cell| stream.uniform(cell as u64) < LOST)
    };
    let faulty: Vec<Vec<f64>> = tested
        .skip(YEAR)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|month| (0..draws).map(|draw| lost(month, draw)).collect())
        .collect();
    let last_year = |i: usize| untouched[i - YEAR..i].iter().sum::<f64>() / YEAR as f64;
    for (name, less) in [("as it is", false), ("less the mean of the last year", true)] {
        let base = |i: usize| if less { last_year(i + YEAR) } else { 0.0 };
        let quiet: Vec<f64> = (0..TESTED).map(|i| untouched[i + YEAR] - base(i)).collect();
        let lost: Vec<f64> = faulty
            .iter()
            .enumerate()
            .flat_map(|(i, all)| all.iter().map(move |ratio| ratio - base(i)))
            .collect();
        report(name, quiet, &lost)?;
    }
    Ok(())
}

/// By how much the ratio is greater with the fault, and how often that is told at so many false alarms.
fn report(name: &str, mut quiet: Vec<f64>, lost: &[f64]) -> Outcome<()> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let centre = mean(&quiet);
    let deviation = mean(&quiet.iter().map(|v| (v - centre).powi(2)).collect::<Vec<_>>()).sqrt();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{name}: with the fault {:.2} standard deviations more",
        (mean(lost) - centre) / deviation
    )?;
    quiet.sort_by(|a, b| b.total_cmp(a));
    for alarms in [7, 20, 60] {
        let found = lost.iter().filter(|ratio| **ratio > quiet[alarms]).count() as f64 / lost.len() as f64;
        writeln!(
            out,
            "  {:.1} false alarms a year: {:.0} % found",
            f64::from(alarms as u32) / 10.0,
            100.0 * found
        )?;
    }
    Ok(())
}

/// The record: which cells were active when, month by month.
struct Record {
    months: usize,
    cells: usize,
    /// Deaths of the faulty column.
    deaths: Vec<f32>,
    /// Months up to and without this one in which a cell was active.
    before: Vec<u16>,
    /// Whether there were deaths by the other columns.
    others: [Vec<bool>; 2],
    /// Up to eight neighbours of each cell.
    around: Vec<Vec<usize>>,
}

impl Record {
    fn read(table: &str) -> Outcome<Self> {
        let panel = observed(table, NAMES, &COLUMNS)?;
        let (months, cells) = (panel.axis().len, panel.units().len());
        let deaths = panel.column(COLUMNS[0])?.values().to_vec();
        let mut before = vec![0_u16; (months + 1) * cells];
        for i in 0..months * cells {
            before[i + cells] = before[i] + u16::from(deaths[i] > 0.0);
        }
        let active = |name| -> Outcome<Vec<bool>> {
            Ok(panel.column(name)?.values().iter().map(|v| *v > 0.0).collect())
        };
        let places: Vec<Cell> =
            panel.units().iter().map(|unit| Cell::try_from(*unit)).collect::<Result<_, _>>()?;
        let near = |a: &Cell, b: &Cell| a.row().abs_diff(b.row()) <= 1 && a.col().abs_diff(b.col()) <= 1;
        let around = places
            .par_iter()
            .map(|a| (0..cells).filter(|b| near(a, &places[*b]) && places[*b] != *a).collect())
            .collect();
        Ok(Self { months, cells, deaths, before, others: [active(COLUMNS[1])?, active(COLUMNS[2])?], around })
    }

    /// In how many of the `window` months before this one a cell was active.
    fn count(&self, month: usize, cell: usize, window: usize) -> f64 {
        let at = |month: usize| f64::from(self.before[month * self.cells + cell]);
        at(month) - at(month - window)
    }

    fn active(&self, month: usize, cell: usize) -> bool {
        self.deaths[month * self.cells + cell] > 0.0
    }

    /// What the law knows of a cell in a month in which some cells are lost.
    fn features(&self, month: usize, cell: usize, lost: &dyn Fn(usize) -> bool) -> [f64; FEATURES] {
        let mut row = [1.0; FEATURES];
        for (x, window) in row[1..].iter_mut().zip(WINDOWS) {
            *x = self.count(month, cell, window).ln_1p();
        }
        let deaths = |back: usize| f64::from(self.deaths[(month - back) * self.cells + cell]);
        let around =
            |of: &dyn Fn(usize) -> f64| self.around[cell].iter().map(|near| of(*near)).sum::<f64>().ln_1p();
        let now = |near: usize| f64::from(u8::from(self.active(month, near) && !lost(near)));
        let others =
            self.others.each_ref().map(|other| f64::from(u8::from(other[month * self.cells + cell])));
        let rest = [
            deaths(1).ln_1p(),
            (1..=YEAR).map(deaths).sum::<f64>().ln_1p(),
            around(&now),
            around(&|near| self.count(month, near, 1)),
            around(&|near| self.count(month, near, YEAR)),
            others[0],
            others[1],
        ];
        row[1 + WINDOWS.len()..].copy_from_slice(&rest);
        row
    }

    /// Weights of the logistic law, by Newton's method; months are added in their order.
    fn learn(&self, months: Range<usize>) -> Outcome<[f64; FEATURES]> {
        let mut weights = [0.0; FEATURES];
        for _ in 0..12 {
            let parts: Vec<_> =
                months.clone().into_par_iter().map(|month| self.slope(&weights, month)).collect();
            let mut gradient: Vec<f64> = weights.iter().map(|w| -RIDGE * w).collect();
            let mut curvature = vec![0.0; FEATURES * FEATURES];
            for i in 0..FEATURES {
                curvature[i * FEATURES + i] = RIDGE;
            }
            for (slope, bend) in parts {
                gradient.iter_mut().zip(slope).for_each(|(to, part)| *to += part);
                curvature.iter_mut().zip(bend).for_each(|(to, part)| *to += part);
            }
            if !solve(&mut curvature, &mut gradient) {
                return Err("the law cannot be learned: a feature repeats others".into());
            }
            weights.iter_mut().zip(gradient).for_each(|(weight, step)| *weight += step);
        }
        Ok(weights)
    }

    /// First and second derivatives of the likelihood of a month.
    fn slope(&self, weights: &[f64; FEATURES], month: usize) -> ([f64; FEATURES], Vec<f64>) {
        let (mut slope, mut bend) = ([0.0; FEATURES], vec![0.0; FEATURES * FEATURES]);
        for cell in 0..self.cells {
            let row = self.features(month, cell, &|_| false);
            let p = probability(weights, &row);
            let residual = f64::from(u8::from(self.active(month, cell))) - p;
            for i in 0..FEATURES {
                slope[i] += residual * row[i];
                for j in 0..FEATURES {
                    bend[i * FEATURES + j] += p * (1.0 - p) * row[i] * row[j];
                }
            }
        }
        (slope, bend)
    }

    /// Logarithm of the likelihood ratio of the loss, in a month in which some cells are lost.
    fn ratio(&self, weights: &[f64; FEATURES], month: usize, lost: &dyn Fn(usize) -> bool) -> f64 {
        let of = |cell: usize| {
            if self.active(month, cell) && !lost(cell) {
                return (1.0 - LOST).ln();
            }
            let p = probability(weights, &self.features(month, cell, lost));
            (1.0 + LOST * p / (1.0 - p)).ln()
        };
        (0..self.cells).map(of).sum()
    }
}

fn probability(weights: &[f64; FEATURES], row: &[f64; FEATURES]) -> f64 {
    let z: f64 = weights.iter().zip(row).map(|(weight, x)| weight * x).sum();
    1.0 / (1.0 + (-z).exp())
}
