//! The same test with p values by permutation of blocks of periods.

use super::CellTest;
use crate::hypergeometric::chosen;
use crate::permutation::Effort;
use crate::random::Stream;

/// What changes places, and how often.
#[derive(Debug, Clone, Copy)]
pub struct Deals<'a> {
    /// The block of each period; periods of one block and side change places together.
    pub blocks: &'a [u32],
    /// How often, for each unit.
    pub effort: Effort,
    /// Permutation `b` has the random numbers at the address `[b]` under it, the same for all units.
    pub seed: u64,
}

/// Compares, for each unit, the first `reference` periods with those after them, as
/// [`kolmogorov_smirnov`](super::kolmogorov_smirnov) does, its p values by permutation: right with ties, and for units that
/// remember what they were, when blocks are longer than their memory.
///
/// As many blocks are the reference's as before. Work is a step for each value that is not zero and each permutation; units
/// without such values have `p = 1` at once.
///
/// # Panics
/// When `values` are no whole number of periods of `units`, there is not a block for each period, or not as many periods as
/// `reference`.
pub fn permuted(values: &[f32], units: usize, reference: usize, deals: Deals<'_>) -> Vec<CellTest> {
    assert!(
        units > 0 && values.len() == units * deals.blocks.len(),
        "{} values of {units} units",
        values.len()
    );
    assert!(reference <= deals.blocks.len(), "{reference} periods of {}", deals.blocks.len());
    let periods = deals.blocks.len();
    let sides = sides(deals, reference);
    let mut unit = Unit::default();
    let mut tests = Vec::with_capacity(units);
    for u in 0..units {
        unit.take(values, u, units);
        let observed = unit.statistic(&sides[..periods]);
        let statistic = |b: u64| unit.statistic(&sides[(b as usize + 1) * periods..][..periods]);
        let p_value = match observed {
            0.0 => 1.0,
            d if d.is_nan() => f64::NAN,
            d => deals.effort.p_value(d, statistic).p_value,
        };
        tests.push(CellTest { statistic: observed, p_value });
    }
    tests
}

/// For the observed deal and every permutation the side of each period: 0 the reference, 1 after it.
fn sides(deals: Deals<'_>, reference: usize) -> Vec<u8> {
    let periods = deals.blocks.len();
    let mut keys: Vec<(usize, u32)> =
        deals.blocks.iter().enumerate().map(|(t, block)| (usize::from(t >= reference), *block)).collect();
    let of_period = keys.clone();
    keys.sort_unstable();
    keys.dedup();
    let place: Vec<usize> = of_period.iter().map(|key| keys.partition_point(|k| k < key)).collect();
    let wanted = keys.iter().filter(|(side, _)| *side == 0).count() as u64;
    let mut sides: Vec<u8> = of_period.iter().map(|(side, _)| *side as u8).collect();
    sides.reserve(periods * deals.effort.permutations as usize);
    let mut placed = vec![0_u8; keys.len()];
    for b in 0..deals.effort.permutations {
        let (stream, mut wanted) = (Stream::new(deals.seed, &[b]), wanted);
        for (i, side) in placed.iter_mut().enumerate() {
            let first = chosen(stream.number(i as u64), wanted, (keys.len() - i) as u64);
            wanted -= u64::from(first);
            *side = u8::from(!first);
        }
        sides.extend(place.iter().map(|block| placed[*block]));
    }
    sides
}

/// The values of one unit.
#[derive(Default)]
struct Unit {
    /// Those that are not zero, ascending, with their period, and whether the next one is greater.
    others: Vec<(f32, usize, bool)>,
    /// How many of them are negative.
    negative: usize,
    /// Periods without a value.
    missing: Vec<usize>,
    periods: usize,
}

impl Unit {
    fn take(&mut self, values: &[f32], u: usize, units: usize) {
        self.others.clear();
        self.missing.clear();
        self.periods = values.len() / units;
        for (t, row) in values.chunks_exact(units).enumerate() {
            if row[u].is_nan() {
                self.missing.push(t);
            } else if row[u] != 0.0 {
                self.others.push((row[u], t, true));
            }
        }
        self.others.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        for i in 1..self.others.len() {
            self.others[i - 1].2 = self.others[i - 1].0 < self.others[i].0;
        }
        self.negative = self.others.partition_point(|(v, ..)| *v < 0.0);
    }

    /// The statistic of a deal; NaN where either side has no value.
    fn statistic(&self, sides: &[u8]) -> f64 {
        let later = |t: &usize| u64::from(sides[*t]);
        let second = sides.iter().map(|side| u64::from(*side)).sum::<u64>();
        let m = second - self.missing.iter().map(later).sum::<u64>();
        let n = self.periods as u64 - self.missing.len() as u64 - m;
        if n == 0 || m == 0 {
            return f64::NAN;
        }
        // The gap `i m - j n` rises by m with a value of the reference, and falls by n with one of the others.
        let rise = [m as i64, -(n as i64)];
        let step = |(_, t, _): &(f32, usize, bool)| rise[usize::from(sides[*t])];
        let (below, above) = self.others.split_at(self.negative);
        let mut greatest = 0;
        // From the lowest up to the zeros, and from the zeros, where what is above is left, up to the highest.
        for (first, values) in [(0, below), (-above.iter().map(step).sum::<i64>(), above)] {
            let mut gap: i64 = first;
            greatest = greatest.max(gap.abs());
            for value in values {
                gap += step(value);
                greatest = if value.2 { greatest.max(gap.abs()) } else { greatest };
            }
        }
        greatest as f64 / (n * m) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::kolmogorov_smirnov;
    use crate::kolmogorov_smirnov::Pooled;
    use crate::special::normal_quantile;

    const EFFORT: Effort = Effort { permutations: 199, exceedances: 20 };

    /// Sparse counts with some missing and some negative values, periods x units.
    fn values(seed: u64, periods: u64, units: u64) -> Vec<f32> {
        let one = |i: u64| match Stream::new(seed, &[i]).below(0, 10) {
            0 => f32::NAN,
            1 => -(Stream::new(seed, &[i]).below(1, 3) as f32),
            2 | 3 => Stream::new(seed, &[i]).below(2, 5) as f32,
            _ => 0.0,
        };
        (0..periods * units).map(one).collect()
    }

    fn side(values: &[f32], sides: &[u8], [u, units]: [usize; 2], which: u8) -> Vec<f64> {
        let of = (0..sides.len()).filter(|t| sides[*t] == which).map(|t| f64::from(values[t * units + u]));
        of.filter(|v| !v.is_nan()).collect()
    }

    #[test]
    fn every_deal_has_the_statistic_of_its_samples() {
        let (periods, units, reference) = (17, 60, 10);
        let values = values(1, periods, units as u64);
        let blocks: Vec<u32> = (0..17).map(|t| t / 3).collect();
        let effort = Effort { permutations: 30, exceedances: u64::MAX };
        let deals = Deals { blocks: &blocks, effort, seed: 3 };
        let sides = sides(deals, reference);
        let found = permuted(&values, units, reference, deals);
        let plain = kolmogorov_smirnov(&values, units, reference);
        for u in 0..units {
            let statistic = |b: usize| {
                let sides = &sides[b * 17..][..17];
                let [a, b] = [0, 1].map(|which| side(&values, sides, [u, units], which));
                if a.is_empty() || b.is_empty() { f64::NAN } else { Pooled::new(&a, &b).statistic() }
            };
            assert_eq!(found[u].statistic, plain[u].statistic, "unit {u}");
            let p_value = effort.p_value(statistic(0), |b| statistic(b as usize + 1)).p_value;
            assert_eq!(found[u].p_value, p_value, "unit {u}");
        }
    }

    #[test]
    fn blocks_stay_together_and_keep_their_number() {
        let blocks = [0, 0, 1, 1, 1, 2, 2];
        let sides = sides(Deals { blocks: &blocks, effort: EFFORT, seed: 1 }, 4);
        // Block 1 is cut by the end of the reference, and is two blocks.
        let seen: std::collections::BTreeSet<[u8; 4]> =
            sides.chunks(7).map(|deal| [deal[0], deal[2], deal[4], deal[5]]).collect();
        assert!(sides.chunks(7).all(|deal| deal[0] == deal[1] && deal[2] == deal[3] && deal[5] == deal[6]));
        assert!(seen.len() == 6 && seen.iter().all(|deal| deal.iter().sum::<u8>() == 2), "{seen:?}");
        assert_eq!(sides[..7], [0, 0, 0, 0, 1, 1, 1]);
    }

    #[test]
    fn units_that_remember_are_not_called_different() {
        // 60 periods of an autoregression with 0.6, in blocks of six, and of one.
        let (periods, units) = (60, 300);
        let mut values = vec![0.0_f32; periods * units];
        for u in 0..units {
            let mut last = 0.0;
            for t in 0..periods {
                last = 0.6 * last + normal_quantile(Stream::new(u as u64, &[]).uniform(t as u64));
                values[t * units + u] = last as f32;
            }
        }
        let share = |length: u32| {
            let blocks: Vec<u32> = (0..60).map(|t| t / length).collect();
            let tests = permuted(&values, units, 36, Deals { blocks: &blocks, effort: EFFORT, seed: 2 });
            tests.iter().filter(|test| test.p_value <= 0.05).count() as f64 / units as f64
        };
        assert!(share(1) > 0.15 && share(6) < 0.1, "{} {}", share(1), share(6));
    }

    #[test]
    fn without_values_there_is_no_test_and_without_distance_no_evidence() {
        let nan = f32::NAN;
        let tests = permuted(&[0.0, 1.0, 0.0, nan], 2, 1, Deals { blocks: &[0, 1], effort: EFFORT, seed: 1 });
        assert_eq!((tests[0].statistic, tests[0].p_value), (0.0, 1.0));
        assert!(tests[1].statistic.is_nan() && tests[1].p_value.is_nan());
    }
}
