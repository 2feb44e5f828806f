//! Forecasts to try checks on.

use forewarn_core::*;
use forewarn_kernels::random::Stream;

/// A forecast of units 1, 2, ... with these means at each step; active in a tenth of it, and twice as much at most.
pub(crate) fn outlook<const N: usize>(origin: i32, steps: &[u16], means: &[[f32; N]]) -> Outlook {
    let units: Units = (1..=N as u32).map(Unit).collect();
    let field = |(step, means): (&u16, &[f32; N])| field(*step, &units, means.to_vec());
    Outlook { origin: Period(origin), steps: steps.iter().zip(means).map(field).collect() }
}

fn field(step: u16, units: &Units, means: Vec<f32>) -> FieldSummary {
    let active = means.iter().map(|m| (m / 10.0).clamp(0.0, 1.0)).collect();
    let greatest = means.iter().map(|m| 2.0 * m).collect();
    FieldSummary { step: Step(step), units: units.clone(), means, active, greatest, negative: 0 }
}

/// Rows and columns of the grid of [`history`].
pub(crate) const GRID: [u32; 2] = [40, 50];

/// A standard normal variate, by Box and Muller.
pub(crate) fn normal(address: &[u64]) -> f64 {
    let stream = Stream::new(11, address);
    (-2.0 * stream.uniform(0).ln()).sqrt() * (std::f64::consts::TAU * stream.uniform(1)).cos()
}

/// So many forecasts of grid cells, a month apart, in which whole regions change smoothly and cells a little by
/// themselves; the last one multiplied by `factor`.
pub(crate) fn history(count: u64, factor: f32) -> Vec<Outlook> {
    history_on(GRID, count, factor)
}

/// [`history`] on a grid of so many rows and columns.
pub(crate) fn history_on(grid: [u32; 2], count: u64, factor: f32) -> Vec<Outlook> {
    let [rows, columns] = grid;
    let units: Units =
        (0..rows * columns).map(|i| Unit((150 + i / columns) * 720 + 350 + i % columns)).collect();
    let outlook = |t: u64| {
        let factor = if t + 1 == count { factor } else { 1.0 };
        let steps = [1, 4, 8, 20].map(|step| {
            let means = (0..rows * columns).map(|i| factor * mean(grid, [t, u64::from(step)], i)).collect();
            field(step, &units, means)
        });
        Outlook { origin: Period(500 + t as i32), steps: steps.into() }
    };
    (0..count).map(outlook).collect()
}

/// The mean of cell `i` from origin `t`.
fn mean(grid: [u32; 2], [t, step]: [u64; 2], i: u32) -> f32 {
    let (row, column) = (f64::from(i / grid[1]), f64::from(i % grid[1]));
    let level = 2.0 * normal(&[0, u64::from(i)]) - 2.0;
    let region = |k: u64| {
        let [y, x] =
            [0, 1].map(|axis| Stream::new(5, &[k, axis]).uniform(0) * f64::from(grid[axis as usize]));
        let distance = ((row - y).powi(2) + (column - x).powi(2)) / (2.0 * 36.0);
        0.5 * normal(&[1, t, k]) * (-distance).exp()
    };
    let regions: f64 = (0..6).map(region).sum();
    let all = 0.1 * normal(&[2, t]);
    (level + regions + all + 0.1 * normal(&[3, t, u64::from(i), step])).exp() as f32
}
