//! What the past left behind: the state from which the next month is drawn.

use forewarn_kernels::random::Stream;

use super::law::Law;
use super::process::{Ground, Kernel, Process};

/// The random numbers of one month, by cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dice {
    occurrence: Stream,
    size: Stream,
}

impl Dice {
    /// The numbers at `address` under `seed`.
    pub(super) fn new(seed: u64, address: [u64; 3]) -> Self {
        let [a, b, c] = address;
        Self { occurrence: Stream::new(seed, &[a, b, c, 0]), size: Stream::new(seed, &[a, b, c, 1]) }
    }
}

/// Position and fatalities of the cells where something happened, ascending by position; in the precision of a panel,
/// so that the state can be worked out again from one.
pub(super) type Active = Vec<(usize, f32)>;

/// Excitation and recent sizes of every cell, as they stand before the month to come.
#[derive(Debug, Clone)]
pub(super) struct State<'a> {
    ground: &'a Ground,
    process: &'a Process,
    short: Vec<f64>,
    long: Vec<f64>,
    recent: Vec<f64>,
}

impl<'a> State<'a> {
    /// Peace since ever.
    pub(super) fn new(ground: &'a Ground, process: &'a Process) -> Self {
        let zeros = vec![0.0; ground.units.len()];
        Self { ground, process, short: zeros.clone(), long: zeros.clone(), recent: zeros }
    }

    /// The law of the `i`-th cell in the month to come.
    pub(super) fn law(&self, i: usize) -> Law {
        let Process { shape, scale, escalation, .. } = *self.process;
        Law { rate: self.rate(i), scale: scale * (1.0 + self.recent[i]).powf(escalation), shape }
    }

    fn rate(&self, i: usize) -> f64 {
        self.ground.background[i] + self.short[i] + self.long[i]
    }

    /// Draws the month to come.
    pub(super) fn draw(&self, dice: Dice) -> Active {
        let happens = |i: usize| {
            let unit = u64::from(self.ground.units[i].0);
            let uniform = dice.occurrence.uniform(unit);
            // Most cells are done with here, before their law is worked out.
            if uniform >= self.rate(i) {
                return None;
            }
            let law = self.law(i);
            law.occurs(uniform).then(|| (i, law.size(dice.size.uniform(unit)) as f32))
        };
        (0..self.ground.units.len()).filter_map(happens).collect()
    }

    /// Moves past a month in which this happened.
    pub(super) fn advance(&mut self, active: &Active) {
        let Process { short, long, spread, magnitude, fading, .. } = *self.process;
        for (traces, kept) in
            [(&mut self.short, short.decay), (&mut self.long, long.decay), (&mut self.recent, fading)]
        {
            for trace in traces {
                *trace *= kept;
            }
        }
        let added = |kernel: Kernel| kernel.weight * (1.0 - kernel.decay);
        let (short, long) = (added(short), added(long));
        for &(i, size) in active {
            let size = f64::from(size);
            let mark = 1.0 + magnitude * size.ln();
            self.recent[i] += (1.0 - fading) * size;
            self.excite(i, (1.0 - spread) * mark, short, long);
            for &j in &self.ground.neighbours[i] {
                self.excite(j as usize, spread / 8.0 * mark, short, long);
            }
        }
    }

    fn excite(&mut self, i: usize, mark: f64, short: f64, long: f64) {
        self.short[i] += short * mark;
        self.long[i] += long * mark;
    }
}

#[cfg(test)]
mod tests {
    use forewarn_core::Unit;

    use super::*;

    /// Three cells in a row; only neighbours touch.
    fn three(process: &Process) -> Ground {
        Ground::new([Unit(100_001), Unit(100_002), Unit(100_003)].into(), process, 1).unwrap()
    }

    #[test]
    fn the_state_is_the_sum_of_the_formula() {
        let process = Process {
            between_countries: 0.0,
            between_districts: 0.0,
            between_cells: 0.0,
            background: 0.01,
            short: Kernel { weight: 0.4, decay: 0.5 },
            long: Kernel { weight: 0.2, decay: 0.9 },
            spread: 0.4,
            magnitude: 0.5,
            scale: 3.0,
            escalation: 0.5,
            fading: 0.5,
            ..Process::default()
        };
        let ground = three(&process);
        let mut state = State::new(&ground, &process);
        state.advance(&vec![(0, 1.0)]);
        state.advance(&vec![(1, 20.0)]);
        // First cell: itself two months ago, its neighbour one month ago.
        let neighbour = 0.4 / 8.0 * (1.0 + 0.5 * 20.0_f64.ln());
        let own = 0.6;
        let expect = 0.01 + 0.4 * 0.5 * (0.5 * own + neighbour) + 0.2 * (1.0 - 0.9) * (0.9 * own + neighbour);
        assert!((state.law(0).rate - expect).abs() < 1e-15);
        // The third cell is no neighbour of the first.
        let expect = 0.01 + neighbour * (0.4 * 0.5 + 0.2 * (1.0 - 0.9));
        assert!((state.law(2).rate - expect).abs() < 1e-15);
        let scales = [0, 1, 2].map(|i| state.law(i).scale);
        let expect = [3.0 * 1.25_f64.sqrt(), 3.0 * 11.0_f64.sqrt(), 3.0];
        assert!(scales.iter().zip(expect).all(|(s, e)| (s - e).abs() < 1e-12), "{scales:?}");
    }

    #[test]
    fn all_of_the_weight_is_given_in_the_end() {
        let process = Process { spread: 0.0, ..Process::default() };
        let ground = three(&process);
        let mut state = State::new(&ground, &process);
        let background = state.law(1).rate;
        state.advance(&vec![(1, 1.0)]);
        let mut sum = 0.0;
        for _ in 0..2_000 {
            sum += state.law(1).rate - background;
            state.advance(&vec![]);
        }
        assert!((sum - process.short.weight - process.long.weight).abs() < 1e-9, "{sum}");
    }

    #[test]
    fn a_draw_depends_on_the_address_of_the_cell_only() {
        let process = Process { background: 0.5, between_districts: 0.0, ..Process::default() };
        let wide = Ground::new((100_001..100_401).map(Unit).collect(), &process, 1).unwrap();
        // The same cells without the first 200: the same numbers for those that are left.
        let mut narrow = Ground::new((100_201..100_401).map(Unit).collect(), &process, 1).unwrap();
        narrow.background = wide.background[200..].to_vec();
        let dice = Dice::new(9, [1, 2, 3]);
        let drawn = State::new(&wide, &process).draw(dice);
        let part = State::new(&narrow, &process).draw(dice);
        let same: Active = drawn.iter().filter(|a| a.0 >= 200).map(|&(i, y)| (i - 200, y)).collect();
        assert!(part.len() > 20 && part == same);
        assert_ne!(State::new(&wide, &process).draw(Dice::new(9, [1, 3, 3])), drawn);
    }
}
