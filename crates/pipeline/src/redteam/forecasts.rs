//! The forecasts that a suite has to tell apart: the truth, two honest baselines, five that are of no use.

use serde::Serialize;

use super::world::{CELLS, HISTORY, MONTHS, Purpose, World, stream};

/// Draws of every forecast. Points have as many, all alike: no score depends on who has more.
pub(super) const DRAWS: usize = 50;

/// A forecast, by how it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contender {
    /// Draws from the law that made the truth.
    Truth,
    /// Draws, cell by cell, from the values of the last 60 months.
    Climatology,
    /// The last known month again, in every month.
    Persistence,
    /// Nothing, anywhere.
    AllZero,
    /// The total of the truth spread evenly over cells and months.
    SameMean,
    /// The total of the truth in the four cells with the most events in the past, evenly over months.
    FourCells,
    /// The draws of the truth, each a tenth of it.
    TenthSize,
    /// The draws of the truth, nine in ten of them set to zero.
    TenthFrequency,
}

/// What a contender is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The best that can be.
    Truth,
    /// A forecast that many rely on, with reason: it may come near the truth.
    Baseline,
    /// Nobody should rely on it.
    Useless,
}

impl Contender {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 8] = [
        Self::Truth,
        Self::Climatology,
        Self::Persistence,
        Self::AllZero,
        Self::SameMean,
        Self::FourCells,
        Self::TenthSize,
        Self::TenthFrequency,
    ];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Truth => "truth",
            Self::Climatology => "climatology",
            Self::Persistence => "persistence",
            Self::AllZero => "all zero",
            Self::SameMean => "same mean everywhere",
            Self::FourCells => "all in 4 cells",
            Self::TenthSize => "size / 10",
            Self::TenthFrequency => "frequency / 10",
        }
    }

    /// What it is for.
    pub fn part(self) -> Part {
        match self {
            Self::Truth => Part::Truth,
            Self::Climatology | Self::Persistence => Part::Baseline,
            _ => Part::Useless,
        }
    }

    /// Its draws for a month, 0 the first after the known ones: cells x [`DRAWS`].
    pub(super) fn draws(self, world: &World, month: usize) -> Vec<f32> {
        match self {
            Self::Truth => truth(world, month),
            Self::Climatology => climatology(world, month),
            Self::Persistence => points(&world.history[HISTORY - 1]),
            Self::AllZero => points(&vec![0.0; CELLS]),
            Self::SameMean => points(&vec![(world.total() / (CELLS * MONTHS) as f64) as f32; CELLS]),
            Self::FourCells => points(&four_cells(world)),
            Self::TenthSize => truth(world, month).iter().map(|x| x / 10.0).collect(),
            Self::TenthFrequency => thinned(world, month),
        }
    }
}

/// The same value in every draw.
fn points(values: &[f32]) -> Vec<f32> {
    values.iter().flat_map(|&value| [value; DRAWS]).collect()
}

fn truth(world: &World, month: usize) -> Vec<f32> {
    let cell = |(cell, law): (usize, &super::world::Law)| {
        let (law, stream) = (*law, stream(world.seed, Purpose::Draws, cell, month));
        (0..DRAWS as u64).map(move |i| law.draw(stream, i))
    };
    world.laws.iter().enumerate().flat_map(cell).collect()
}

fn thinned(world: &World, month: usize) -> Vec<f32> {
    let mut draws = truth(world, month);
    for (cell, row) in draws.chunks_exact_mut(DRAWS).enumerate() {
        let stream = stream(world.seed, Purpose::Thinning, cell, month);
        for (i, x) in row.iter_mut().enumerate().filter(|(_, x)| **x > 0.0) {
            *x = if stream.uniform(i as u64) < 0.1 { *x } else { 0.0 };
        }
    }
    draws
}

fn climatology(world: &World, month: usize) -> Vec<f32> {
    let cell = |cell: usize| {
        let stream = stream(world.seed, Purpose::Resampling, cell, month);
        let draw = move |i: u64| world.history[stream.below(i, HISTORY as u32) as usize][cell];
        (0..DRAWS as u64).map(draw)
    };
    (0..CELLS).flat_map(cell).collect()
}

fn four_cells(world: &World) -> Vec<f32> {
    let events = world.events();
    let mut cells: Vec<usize> = (0..CELLS).collect();
    cells.sort_by_key(|&cell| std::cmp::Reverse(events[cell])); // stable: of equals, the first
    let mut values = vec![0.0; CELLS];
    for &cell in &cells[..4] {
        values[cell] = (world.total() / (4 * MONTHS) as f64) as f32;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(contender: Contender, world: &World) -> f64 {
        let draws = (0..MONTHS).flat_map(|month| contender.draws(world, month));
        draws.map(f64::from).sum::<f64>() / DRAWS as f64
    }

    fn active(contender: Contender, world: &World) -> f64 {
        let draws = contender.draws(world, 0);
        draws.iter().filter(|&&x| x > 0.0).count() as f64 / draws.len() as f64
    }

    #[test]
    fn each_is_what_it_says() {
        let world = World::new(5);
        let (truth, right) = (total(Contender::Truth, &world), world.total());
        assert_eq!(total(Contender::AllZero, &world), 0.0);
        for contender in [Contender::SameMean, Contender::FourCells] {
            assert!((total(contender, &world) / right - 1.0).abs() < 1e-6, "{contender:?}");
        }
        assert!((total(Contender::TenthSize, &world) / truth - 0.1).abs() < 1e-6);
        let often = active(Contender::Truth, &world);
        assert_eq!(active(Contender::TenthSize, &world), often);
        assert!((active(Contender::TenthFrequency, &world) / often - 0.1).abs() < 0.03);
        assert!((active(Contender::SameMean, &world) - 1.0).abs() < 1e-12);
        assert!((active(Contender::FourCells, &world) - 4.0 / CELLS as f64).abs() < 1e-12);
        let last = Contender::Persistence.draws(&world, 7);
        assert!(last.chunks_exact(DRAWS).zip(&world.history[59]).all(|(row, y)| row == [*y; DRAWS]));
    }

    #[test]
    fn climatology_draws_only_what_a_cell_has_seen() {
        let world = World::new(5);
        let draws = Contender::Climatology.draws(&world, 2);
        for (cell, row) in draws.chunks_exact(DRAWS).enumerate() {
            assert!(row.iter().all(|x| world.history.iter().any(|month| month[cell] == *x)), "cell {cell}");
        }
    }
}
