//! A field whose law is known: where violence is likely, how likely, and how deadly.
//!
//! The law, of a cell and a month. Most cells are quiet: an event has probability [`QUIET`]. A share [`EXPOSED`] is
//! not: its probability is skewed, `0.5 v^3` with `v` uniform, and by the year [`WAR`] or [`LULL`] times that; a year
//! is like the last with probability [`STAYS`]. An event costs `ceil(s (u^(-1 / a) - 1))` deaths, `u` uniform: a Lomax
//! variate of scale `s`, the cell's own, and tail index `a` = [`TAIL`], rounded up (Lomax 1954,
//! doi:10.1080/01621459.1954.10501239; conflict deaths are of that kind: Cederman 2003,
//! doi:10.1017/S0003055403000571). So some 99.5 % of the values are zero, a cell's past says much about its future,
//! and not all.

use forewarn_kernels::random::Stream;

/// Cells of the field: those of Africa and the Middle East.
pub(super) const CELLS: usize = 13_110;
/// Months that are forecast.
pub(super) const MONTHS: usize = 12;
/// Months that are known.
pub(super) const HISTORY: usize = 60;

const EXPOSED: f64 = 0.035;
const QUIET: f64 = 1e-4;
const WAR: f64 = 1.7;
const LULL: f64 = 0.3;
const STAYS: f64 = 0.75;
const TAIL: f64 = 2.0;

/// What random numbers are for; the first part of their address.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Cell,
    Year,
    Truth,
    Draws,
    Thinning,
    Resampling,
}

/// Random numbers of a cell in a period (0 where there is none).
pub(super) fn stream(seed: u64, purpose: Purpose, cell: usize, period: usize) -> Stream {
    Stream::new(seed, &[purpose as u64, cell as u64, period as u64])
}

/// The distribution of one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Law {
    /// Probability of an event.
    pub(super) frequency: f64,
    /// Scale of its deaths.
    pub(super) scale: f64,
}

impl Law {
    /// The `i`-th variate of a stream.
    pub(super) fn draw(self, stream: Stream, i: u64) -> f32 {
        if stream.uniform(2 * i) >= self.frequency {
            return 0.0;
        }
        let tail = stream.uniform(2 * i + 1).powf(-1.0 / TAIL);
        (self.scale * (tail - 1.0)).ceil() as f32
    }
}

/// The field: laws, the known months and the truth to forecast, each cell by cell.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: u64,
    /// Laws of the months to forecast, which share a year.
    pub(super) laws: Vec<Law>,
    /// Known months, the oldest first.
    pub(super) history: Vec<Vec<f32>>,
    /// The truth.
    pub(super) observed: Vec<Vec<f32>>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let years: Vec<Vec<Law>> = (0..CELLS).map(|cell| laws(seed, cell)).collect();
        let month = |month: usize| -> Vec<f32> {
            let value = |(cell, laws): (usize, &Vec<Law>)| {
                laws[month / 12].draw(stream(seed, Purpose::Truth, cell, month), 0)
            };
            years.iter().enumerate().map(value).collect()
        };
        Self {
            seed,
            history: (0..HISTORY).map(month).collect(),
            observed: (HISTORY..HISTORY + MONTHS).map(month).collect(),
            laws: years.iter().map(|laws| laws[HISTORY / 12]).collect(),
        }
    }

    /// Sum of the truth.
    pub(super) fn total(&self) -> f64 {
        self.observed.iter().flatten().map(|&y| f64::from(y)).sum()
    }

    /// Share of the truth that is zero.
    pub(super) fn zero_share(&self) -> f64 {
        let zeros = self.observed.iter().flatten().filter(|&&y| y == 0.0).count();
        zeros as f64 / (CELLS * MONTHS) as f64
    }

    /// Number of known months with an event, cell by cell.
    pub(super) fn events(&self) -> Vec<usize> {
        let of = |cell: usize| self.history.iter().filter(|month| month[cell] > 0.0).count();
        (0..CELLS).map(of).collect()
    }
}

/// The laws of a cell, a year each.
fn laws(seed: u64, cell: usize) -> Vec<Law> {
    let own = stream(seed, Purpose::Cell, cell, 0);
    let scale = 1.0 + 9.0 * own.uniform(2);
    let exposed = own.uniform(0) < EXPOSED;
    let usual = 0.5 * own.uniform(1).powi(3);
    let mut war = own.uniform(3) < 0.5;
    let law = |year: usize| {
        let change = stream(seed, Purpose::Year, cell, year).uniform(0) >= STAYS;
        war ^= year > 0 && change;
        let frequency = if exposed { usual * if war { WAR } else { LULL } } else { QUIET };
        Law { frequency, scale }
    };
    (0..=HISTORY / 12).map(law).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_nearly_empty_heavy_tailed_and_the_same_for_the_same_seed() {
        for seed in 1..=20 {
            let world = World::new(seed);
            assert!((0.993..0.997).contains(&world.zero_share()), "seed {seed}: {}", world.zero_share());
            let mut deaths: Vec<f64> = world.observed.iter().flatten().map(|&y| f64::from(y)).collect();
            deaths.sort_unstable_by(f64::total_cmp);
            let events = deaths.iter().filter(|&&y| y > 0.0).count();
            let tenth: f64 = deaths[deaths.len() - events / 10..].iter().sum();
            assert!(tenth > 0.3 * world.total(), "seed {seed}: a tenth of the events has {tenth} deaths");
        }
        assert_eq!(World::new(3).observed, World::new(3).observed);
        assert_ne!(World::new(3).observed, World::new(4).observed);
    }

    #[test]
    fn draws_follow_their_law() {
        let law = Law { frequency: 0.4, scale: 5.0 };
        let draws: Vec<f32> = (0..100_000).map(|i| law.draw(Stream::new(1, &[]), i)).collect();
        let share = |from: f32| draws.iter().filter(|&&y| y >= from).count() as f64 / 100_000.0;
        // P(ceil(X) >= n) = P(X > n - 1) = (1 + (n - 1) / s)^-a.
        assert!((share(1.0) - 0.4).abs() < 0.006, "{}", share(1.0));
        assert!((share(6.0) - 0.1).abs() < 0.004, "{}", share(6.0));
        assert!((share(46.0) - 0.004).abs() < 0.001, "{}", share(46.0));
        assert!(draws.iter().all(|y| y.fract() == 0.0 && *y >= 0.0));
    }

    #[test]
    fn the_past_of_a_cell_says_something_about_its_future() {
        let world = World::new(1);
        let events = world.events();
        let next = |cells: &dyn Fn(usize) -> bool| {
            let chosen: Vec<usize> = (0..CELLS).filter(|&c| cells(c)).collect();
            let hits: usize =
                chosen.iter().map(|&c| world.observed.iter().filter(|m| m[c] > 0.0).count()).sum();
            hits as f64 / (chosen.len() * MONTHS) as f64
        };
        assert!(next(&|c| events[c] >= 6) > 0.1);
        assert!(next(&|c| events[c] == 0) < 0.001);
    }
}
