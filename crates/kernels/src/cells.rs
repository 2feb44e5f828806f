//! The Kolmogorov-Smirnov test of every unit of a panel at once: its last periods against those before.

mod permuted;

pub use self::permuted::{Deals, permuted};
use crate::kolmogorov;

/// A unit's test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellTest {
    /// The statistic, 0-1: the greatest distance of the two distribution functions; NaN where either side has no value.
    pub statistic: f64,
    /// p value by Kolmogorov's law at the effective sample size, rounded; with ties too great, never too small. NaN
    /// where there is no statistic.
    pub p_value: f64,
}

/// Compares, for each unit, the first `reference` periods with those after them.
///
/// `values` are periods x units, units contiguous. A missing value (NaN) is left out. Work is one pass over the values,
/// and a sort of those of a unit that are not zero, of which sparse counts have few.
///
/// # Panics
/// When `values` are no whole number of periods of `units`, or fewer periods than `reference`.
pub fn kolmogorov_smirnov(values: &[f32], units: usize, reference: usize) -> Vec<CellTest> {
    assert!(units > 0 && values.len().is_multiple_of(units), "{} values of {units} units", values.len());
    let split = reference * units;
    assert!(split <= values.len(), "{reference} periods of {}", values.len() / units);
    let mut laws = Laws::default();
    let mut unit = Sides::default();
    let mut tests = Vec::with_capacity(units);
    for u in 0..units {
        unit.clear();
        unit.take(0, &values[..split], u, units);
        unit.take(1, &values[split..], u, units);
        tests.push(unit.test(&mut laws));
    }
    tests
}

/// The values of one unit on both sides.
#[derive(Default)]
struct Sides {
    /// How many values there are.
    sizes: [u64; 2],
    /// How many of them are zero.
    zeros: [u64; 2],
    /// The others, with their side.
    others: Vec<(f32, usize)>,
}

impl Sides {
    fn clear(&mut self) {
        (self.sizes, self.zeros) = ([0; 2], [0; 2]);
        self.others.clear();
    }

    fn take(&mut self, side: usize, values: &[f32], u: usize, units: usize) {
        for row in values.chunks_exact(units) {
            let v = row[u];
            if v == 0.0 {
                self.zeros[side] += 1;
            } else if !v.is_nan() {
                self.others.push((v, side));
                self.sizes[side] += 1;
            }
        }
        self.sizes[side] += self.zeros[side];
    }

    fn test(&mut self, laws: &mut Laws) -> CellTest {
        let [n, m] = self.sizes;
        if n == 0 || m == 0 {
            return CellTest { statistic: f64::NAN, p_value: f64::NAN };
        }
        let gap = self.gap();
        CellTest { statistic: gap as f64 / (n * m) as f64, p_value: laws.p_value(gap, [n, m]) }
    }

    /// The statistic times both sample sizes: a whole number.
    fn gap(&mut self) -> u64 {
        let [n, m] = self.sizes;
        self.others.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let (mut seen, mut gap, mut zeros) = ([0_u64; 2], 0, Some(self.zeros));
        let mut look = |seen: &[u64; 2]| gap = u64::max(gap, (seen[0] * m).abs_diff(seen[1] * n));
        for tied in self.others.chunk_by(|a, b| a.0 == b.0) {
            if let Some([a, b]) = zeros.take_if(|_| tied[0].0 > 0.0) {
                seen = [seen[0] + a, seen[1] + b];
                look(&seen);
            }
            for (_, side) in tied {
                seen[*side] += 1;
            }
            look(&seen);
        }
        gap
    }
}

/// p values that were computed: units have few different statistics.
#[derive(Default)]
struct Laws {
    sizes: [u64; 2],
    known: Vec<Option<f64>>,
}

impl Laws {
    fn p_value(&mut self, gap: u64, sizes: [u64; 2]) -> f64 {
        let [n, m] = sizes;
        if self.sizes != sizes {
            (self.sizes, self.known) = (sizes, vec![None; (n * m) as usize + 1]);
        }
        *self.known[gap as usize].get_or_insert_with(|| {
            let effective = ((n * m) as f64 / (n + m) as f64).round_ties_even().max(1.0) as u64;
            kolmogorov::survival(effective, gap as f64 / (n * m) as f64)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kolmogorov_smirnov::Pooled;
    use crate::random::Stream;

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

    #[test]
    fn each_unit_is_tested_as_if_alone() {
        let (periods, units, reference) = (17, 300, 10);
        let values = values(1, periods, units as u64);
        for (u, test) in kolmogorov_smirnov(&values, units, reference).into_iter().enumerate() {
            let side = |range: std::ops::Range<usize>| -> Vec<f64> {
                let of = range.map(|t| f64::from(values[t * units + u]));
                of.filter(|v| !v.is_nan()).collect()
            };
            let pooled = Pooled::new(&side(0..reference), &side(reference..periods as usize));
            assert_eq!(test.statistic, pooled.statistic(), "unit {u}");
            assert_eq!(test.p_value, pooled.asymptotic_p_value(), "unit {u}");
        }
    }

    #[test]
    fn a_side_without_values_has_no_test_and_equal_sides_no_distance() {
        let nan = f32::NAN;
        // Periods x units: the second unit is silent after the first period.
        let tests = kolmogorov_smirnov(&[0.0, 1.0, 3.0, 0.0, nan, 3.0], 3, 1);
        assert_eq!((tests[0].statistic, tests[0].p_value), (0.0, 1.0));
        assert!(tests[1].statistic.is_nan() && tests[1].p_value.is_nan());
        assert_eq!(tests[2].statistic, 0.0);
    }
}
