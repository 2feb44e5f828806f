//! Lines doubled in forecasts of the real record, and whether `stripes` says so: the table of `docs/results/gates.md`.
//!
//! ```text
//! stripes TABLE.parquet [LINES]     so many lines of each kind, drawn with the origin; 60 when not given
//! ```
//!
//! A forecast is the mean of each cell over its last 36 months for the steps 1, 3, 9 and 24, which the ranges of steps take one each;
//! the more it counts lately the nearer the step: weights fall by half in 3, 6, 12 and 24 months. Each is compared with the forecasts of
//! the 13 months before. Alarms are at `q <= 0.01` over all readings of the check.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;

use forewarn_benches::{NAMES, observed};
use forewarn_core::{Cell, FieldSummary, Outlook, OutputArgs, Panel, Step, Unit};
use forewarn_drift::gate::{Rule, Terms, Verdict, checks, judge, readings};
use forewarn_drift::output::OUTPUT_CHECKS;
use forewarn_kernels::random::Stream;

type Outcome<T> = Result<T, Box<dyn Error>>;

const COLUMN: &str = "ged_sb_best";
/// Steps, and in how many months a month's weight falls by half.
const STEPS: [(u16, f32); 4] = [(1, 3.0), (3, 6.0), (9, 12.0), (24, 24.0)];
const WINDOW: usize = 36;
const EARLIER: usize = 13;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let table = arguments.first().ok_or("see the first lines of benches/examples/stripes/main.rs")?;
    let lines: u64 = arguments.get(1).map_or(Ok(60), |n| n.parse())?;
    let mut out = std::io::stdout().lock();
    let bench = Bench { panel: observed(table, NAMES, &[COLUMN])? };
    for kind in ["rows", "columns", "ids"] {
        writeln!(out, "{kind}, share of lines by units that expect something: {:?}", bench.sizes(kind)?)?;
        let mut found: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for seed in 0..lines {
            let (size, alarm) = bench.doubled(kind, seed)?;
            let [alarms, all] = found.entry(named(size)).or_default();
            (*alarms, *all) = (*alarms + usize::from(alarm), *all + 1);
        }
        writeln!(out, "{kind}, found of all by units that expect something: {found:?}")?;
    }
    let all = bench.panel.axis().len;
    let alarms: Vec<usize> =
        (all - 96..all).filter_map(|len| bench.alarm(len, &|_| false).ok()?.then_some(len)).collect();
    writeln!(out, "untouched: {} of 96 months with an alarm", alarms.len())?;
    Ok(())
}

/// How many units expect something.
fn named(size: usize) -> &'static str {
    match size {
        0 => "0",
        1 | 2 => "1-2",
        3..=7 => "3-7",
        _ => "8 or more",
    }
}

struct Bench {
    panel: Panel,
}

impl Bench {
    /// The line of each unit.
    fn lines(&self, kind: &str) -> Outcome<Vec<u32>> {
        let line = |(i, unit): (usize, &Unit)| -> Outcome<u32> {
            let cell = Cell::try_from(*unit)?;
            Ok(match kind {
                "rows" => cell.row(),
                "columns" => cell.col(),
                _ => i as u32 / 256,
            })
        };
        self.panel.units().iter().enumerate().map(line).collect()
    }

    /// Of all lines in all months, how many have so many units that expect something (0-1).
    fn sizes(&self, kind: &str) -> Outcome<BTreeMap<&'static str, f64>> {
        let (lines, all) = (self.lines(kind)?, self.panel.axis().len);
        let (mut sizes, mut count) = (BTreeMap::new(), 0.0);
        for len in all - 96..all {
            let mut by_line: BTreeMap<u32, usize> = BTreeMap::new();
            for (line, mean) in lines.iter().zip(&self.forecast(len, &|_| false)?.steps[3].means) {
                *by_line.entry(*line).or_default() += usize::from(*mean > 0.0);
            }
            count += by_line.len() as f64;
            for size in by_line.into_values() {
                *sizes.entry(named(size)).or_default() += 1.0;
            }
        }
        Ok(sizes.into_iter().map(|(name, n): (_, f64)| (name, n / count)).collect())
    }

    /// Doubles a line drawn by the seed in a forecast from a month drawn by it: how many of its units expect something, and whether
    /// there is an alarm that there is not without.
    fn doubled(&self, kind: &str, seed: u64) -> Outcome<(usize, bool)> {
        let draw = Stream::new(7, &[seed, kind.len() as u64]);
        let all = self.panel.axis().len;
        let len = all - draw.below(0, 96) as usize;
        let units = self.panel.units();
        let drawn = draw.below(1, units.len() as u32) as usize;
        let lines = self.lines(kind)?;
        let line = |i: usize| lines[i] == lines[drawn];
        let forecast = self.forecast(len, &|_| false)?;
        let means = &forecast.steps[3].means;
        let size = (0..units.len()).filter(|i| line(*i) && means[*i] > 0.0).count();
        Ok((size, self.alarm(len, &line)? && !self.alarm(len, &|_| false)?))
    }

    /// Whether `stripes` has an alarm for the forecast after so many months, with the means of these units doubled.
    fn alarm(&self, len: usize, doubled: &dyn Fn(usize) -> bool) -> Outcome<bool> {
        let earlier: Vec<Outlook> =
            (len - EARLIER..len).map(|len| self.forecast(len, &|_| false)).collect::<Outcome<_>>()?;
        let now = self.forecast(len, doubled)?;
        let rules = [Rule::new("stripes", Verdict::Warn)];
        let checks = checks(&rules, OUTPUT_CHECKS)?;
        let args = OutputArgs::new(&now, &earlier);
        let judged = judge(
            readings(&checks, |check| check.read(&args)),
            &Terms { alpha: 0.01, waivers: &[], earlier: &[] },
        );
        Ok(judged.iter().any(|j| j.verdict == Verdict::Warn))
    }

    fn forecast(&self, len: usize, doubled: &dyn Fn(usize) -> bool) -> Outcome<Outlook> {
        let values = self.panel.column(COLUMN)?.values();
        let n = self.panel.units().len();
        let field = |(step, half): (u16, f32)| {
            let weight = |back: usize| 0.5_f32.powf(back as f32 / half);
            let total: f32 = (0..WINDOW).map(weight).sum();
            let mean = |i: usize| {
                let sum: f32 = (0..WINDOW).map(|back| weight(back) * values[(len - 1 - back) * n + i]).sum();
                sum / total * if doubled(i) { 2.0 } else { 1.0 }
            };
            let means: Vec<f32> = (0..n).map(mean).collect();
            let active = means.iter().map(|m| (m / 10.0).min(1.0)).collect();
            let greatest = means.iter().map(|m| 2.0 * m).collect();
            FieldSummary {
                step: Step(step),
                units: self.panel.units().clone(),
                means,
                active,
                greatest,
                negative: 0,
            }
        };
        let axis = self.panel.axis();
        Ok(Outlook { origin: axis.period(len - 1), steps: STEPS.into_iter().map(field).collect() })
    }
}
