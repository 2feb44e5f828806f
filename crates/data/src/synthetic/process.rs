//! The settings of the process, and the ground it runs on.

use std::collections::HashMap;

use forewarn_core::{COLUMNS, Cell, Units};
use forewarn_kernels::random::{Stream, seed_for};
use serde::{Deserialize, Serialize};

use crate::geography::country;
use crate::{Error, Result};

/// Cells from one knot of the district field to the next: three degrees. A divisor of [`COLUMNS`].
const DISTRICT: u32 = 6;

/// How violence starts, lasts, spreads and escalates. The defaults resemble Africa and the Middle East,
/// 1989-2020, in the shares and correlations that the tests list. Weaker than in the record: how long a cell stays
/// active beyond some months, and waves common to the whole region, of which there are none; nor is there a season.
///
/// With `y` the fatalities of a cell in a month and `h(y) = 1 + magnitude ln y` for `y > 0`, the rate of a cell is
///
/// ```text
/// rate(t)   = background + short(t) + long(t)
/// short(t)  = sum over past months s of weight (1 - decay) decay^(t-1-s) [ (1 - spread) h(y(s)) + spread / 8 sum over neighbours h(y'(s)) ]
/// scale(t)  = scale (1 + sum over past months s of (1 - fading) fading^(t-1-s) y(s))^escalation
/// ```
///
/// (`long` as `short`, with its own weight and decay) and the law of `y(t)` is [`super::Law`]. Both depend on nothing
/// but what was observed, which makes the predictive distribution exact. Self-exciting in the sense of Hawkes (1971),
/// doi:10.1093/biomet/58.1.83, in discrete time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Process {
    /// Mean rate of a cell and month that nothing excites.
    pub background: f64,
    /// Share of the background that is the same in all cells, 0-1: violence that nobody expected there.
    pub everywhere: f64,
    /// Standard deviation of the logarithm of the rest of the background between countries.
    pub between_countries: f64,
    /// The same between districts, which change smoothly over about three degrees.
    pub between_districts: f64,
    /// The same between cells.
    pub between_cells: f64,
    /// Excitation that is soon over.
    pub short: Kernel,
    /// Excitation that lasts.
    pub long: Kernel,
    /// Share of the excitation that goes to the eight neighbours, 0-1; what falls outside the region is lost.
    pub spread: f64,
    /// How much more a month excites when it is e times as deadly.
    pub magnitude: f64,
    /// Tail index of the sizes, above 0 and below 1.
    pub shape: f64,
    /// Scale of the sizes in a cell without past, in fatalities.
    pub scale: f64,
    /// Power by which sizes follow the recent sizes of the cell, 0 to less than 1; below 1 the tail keeps its index.
    pub escalation: f64,
    /// Share of the recent sizes that is kept from month to month, 0 to less than 1.
    pub fading: f64,
}

/// An exponential memory.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Kernel {
    /// Rate that a month with one fatality adds in all months after it together.
    pub weight: f64,
    /// Share that is kept from month to month, 0 to less than 1.
    pub decay: f64,
}

impl Default for Process {
    fn default() -> Self {
        Self {
            background: 0.0014,
            everywhere: 0.08,
            between_countries: 1.0,
            between_districts: 2.7,
            between_cells: 1.1,
            short: Kernel { weight: 0.36, decay: 0.2 },
            long: Kernel { weight: 0.36, decay: 0.94 },
            spread: 0.26,
            magnitude: 0.13,
            shape: 0.8,
            scale: 3.2,
            escalation: 0.57,
            fading: 0.5,
        }
    }
}

impl Process {
    /// Refuses settings outside their bounds.
    pub(super) fn check(&self) -> Result<()> {
        let (any, share, below_one) = (0.0..=f64::MAX, 0.0..=1.0, 0.0..=1.0_f64.next_down());
        let above = f64::MIN_POSITIVE;
        for (name, value, bounds) in [
            ("background", self.background, &(above..=f64::MAX)),
            ("everywhere", self.everywhere, &share),
            ("between-countries", self.between_countries, &any),
            ("between-districts", self.between_districts, &any),
            ("between-cells", self.between_cells, &any),
            ("short.weight", self.short.weight, &any),
            ("short.decay", self.short.decay, &below_one),
            ("long.weight", self.long.weight, &any),
            ("long.decay", self.long.decay, &below_one),
            ("spread", self.spread, &share),
            ("magnitude", self.magnitude, &any),
            ("shape", self.shape, &(above..=1.0_f64.next_down())),
            ("scale", self.scale, &(above..=f64::MAX)),
            ("escalation", self.escalation, &below_one),
            ("fading", self.fading, &below_one),
        ] {
            if !bounds.contains(&value) {
                let setting = format!("process.{name}");
                let reason = format!("{value} is not from {} to {}", bounds.start(), bounds.end());
                return Err(Error::Config { setting, reason });
            }
        }
        Ok(())
    }
}

/// The cells of a region, who borders whom, and what stirs where.
#[derive(Debug)]
pub(super) struct Ground {
    /// The cells, ascending.
    pub(super) units: Units,
    /// Positions of the up to eight neighbours of each cell.
    pub(super) neighbours: Vec<Vec<u32>>,
    /// Rate of each cell without excitation.
    pub(super) background: Vec<f64>,
}

impl Ground {
    /// Lays out the region; the background is drawn, and scaled to the declared mean.
    pub(super) fn new(units: Units, process: &Process, seed: u64) -> Result<Self> {
        let cells = units.iter().map(|&u| Cell::try_from(u)).collect::<forewarn_core::Result<Vec<_>>>()?;
        let place: HashMap<Cell, u32> = cells.iter().copied().zip(0..).collect();
        let neighbours =
            cells.iter().map(|&c| around(c).filter_map(|n| place.get(&n).copied()).collect()).collect();
        let countries = Stream::new(seed_for(seed, "countries"), &[]);
        let districts = Stream::new(seed_for(seed, "districts"), &[]);
        let alone = Stream::new(seed_for(seed, "cells"), &[]);
        let risk = |&cell: &Cell| {
            // Cells of no country share one more draw.
            let id = country(cell.into()).map_or(0, |c| c.id);
            let exponent = process.between_countries * normal(countries, u64::from(id))
                + process.between_districts * smooth(districts, cell)
                + process.between_cells * normal(alone, u64::from(cell.gid()));
            exponent.exp()
        };
        let risks: Vec<f64> = cells.iter().map(risk).collect();
        let mean = risks.iter().sum::<f64>() / risks.len() as f64;
        let uneven = 1.0 - process.everywhere;
        let rate = |risk: &f64| process.background * (process.everywhere + uneven * risk / mean);
        let background = risks.iter().map(rate).collect();
        Ok(Self { units, neighbours, background })
    }
}

/// The eight cells around a cell, in order of id for most; the world is round from west to east.
fn around(cell: Cell) -> impl Iterator<Item = Cell> {
    let shifts = [COLUMNS - 1, 0, 1];
    let rows = cell.row().saturating_sub(1)..=cell.row() + 1;
    rows.flat_map(move |row| {
        shifts.map(move |shift| Cell::at(row, (cell.col() - 1 + shift) % COLUMNS + 1).ok())
    })
    .flatten()
    .filter(move |&other| other != cell)
}

/// The `i`-th standard normal variate of a stream (Box and Muller 1958, doi:10.1214/aoms/1177706645).
fn normal(stream: Stream, i: u64) -> f64 {
    let (radius, angle) = (stream.uniform(2 * i), stream.uniform(2 * i + 1));
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// A field that is standard normal everywhere and changes smoothly: bilinear between random knots.
fn smooth(stream: Stream, cell: Cell) -> f64 {
    let split = |i: u32| ((i - 1) / DISTRICT, (f64::from((i - 1) % DISTRICT) + 0.5) / f64::from(DISTRICT));
    let ((row, north), (col, east)) = (split(cell.row()), split(cell.col()));
    let knots_around = COLUMNS / DISTRICT;
    let (mut sum, mut square) = (0.0, 0.0);
    for (r, wr) in [(row, 1.0 - north), (row + 1, north)] {
        for (c, wc) in [(col, 1.0 - east), ((col + 1) % knots_around, east)] {
            sum += wr * wc * normal(stream, u64::from(r * knots_around + c));
            square += (wr * wc).powi(2);
        }
    }
    sum / square.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geography::{Region, region};

    #[test]
    fn neighbours_are_mutual_and_go_round_the_world() {
        let gids = |row, col| {
            let mut all: Vec<_> = around(Cell::at(row, col).unwrap()).map(|c| (c.row(), c.col())).collect();
            all.sort_unstable();
            all
        };
        let round = [(9, 1), (9, 2), (9, 720), (10, 2), (10, 720), (11, 1), (11, 2), (11, 720)];
        assert_eq!(gids(10, 1), round);
        assert_eq!(gids(1, 5), [(1, 4), (1, 6), (2, 4), (2, 5), (2, 6)], "the south pole is an edge");
        assert_eq!(gids(360, 720).len(), 5);
        let ground = Ground::new(region(Region::AfricaMiddleEast), &Process::default(), 1).unwrap();
        for (i, neighbours) in ground.neighbours.iter().enumerate() {
            assert!(neighbours.iter().all(|&j| ground.neighbours[j as usize].contains(&(i as u32))));
        }
        let inner = ground.neighbours.iter().filter(|n| n.len() == 8).count();
        assert!(inner > 11_000, "{inner} cells inside the region");
    }

    #[test]
    fn the_background_has_the_declared_mean_and_is_uneven() {
        let process = Process::default();
        let ground = Ground::new(region(Region::AfricaMiddleEast), &process, 5).unwrap();
        let mean = ground.background.iter().sum::<f64>() / ground.background.len() as f64;
        assert!((mean / process.background - 1.0).abs() < 1e-12);
        let even = Process { between_countries: 0.0, between_districts: 0.0, between_cells: 0.0, ..process };
        let flat = Ground::new(region(Region::AfricaMiddleEast), &even, 5).unwrap();
        assert!(flat.background.iter().all(|b| (b / even.background - 1.0).abs() < 1e-9));
        let above = ground.background.iter().filter(|&&b| b > mean).count();
        assert!(above * 4 < ground.background.len(), "most of the rate is in few cells: {above}");
    }

    #[test]
    fn the_district_field_is_standard_normal_and_smooth() {
        let stream = Stream::new(3, &[]);
        let cells: Vec<Cell> = region(Region::Land).iter().map(|&u| Cell::try_from(u).unwrap()).collect();
        let values: Vec<f64> = cells.iter().map(|&c| smooth(stream, c)).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        // About 1,800 independent districts.
        assert!(mean.abs() < 0.15 && (variance - 1.0).abs() < 0.2, "{mean} {variance}");
        let step = |c: Cell| (smooth(stream, c) - smooth(stream, around(c).next().unwrap())).abs();
        let steps: f64 = cells.iter().map(|&c| step(c)).sum::<f64>() / cells.len() as f64;
        assert!(steps < 0.4, "mean step to a neighbour: {steps}");
    }

    #[test]
    fn settings_out_of_bounds_are_named() {
        assert!(Process::default().check().is_ok());
        let bad = |p: Process| p.check().unwrap_err().to_string();
        let high = Process { shape: 1.0, ..Process::default() };
        assert!(bad(high).starts_with("process.shape: 1 is not from"));
        let endless = Kernel { weight: 0.1, decay: 1.0 };
        assert!(bad(Process { long: endless, ..Process::default() }).starts_with("process.long.decay: 1 is"));
        assert!(bad(Process { spread: f64::NAN, ..Process::default() }).starts_with("process.spread: NaN"));
        let unknown = serde_json::from_str::<Process>(r#"{"shap": 0.8}"#).unwrap_err().to_string();
        assert!(unknown.contains("unknown field `shap`"), "{unknown}");
    }
}
