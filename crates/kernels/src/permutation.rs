//! p values by permutation: how often is the statistic as great when the pooled values are dealt anew?
//!
//! What is dealt are blocks of values that could as well have been in the other sample: single values when they are
//! independent, whole months or regions when they are not; only inside strata where place or season must stay. Fisher
//! (1935), The Design of Experiments; for blocks and strata Good (2005), doi:10.1007/b138696. A statistic is a
//! function of how many values of each sample are at every distinct pooled value, so that ties cost nothing.
//!
//! Permutation `b` uses the random numbers at the address `[b]` under the seed: results depend on nothing else.

use crate::hypergeometric::{Urn, chosen};
use crate::random::Stream;

/// A statistic that is less by so little, relatively, is as great: rounding does not decide.
const ROUNDING: f64 = 1e-9;

/// How often to permute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Permutations at most.
    pub permutations: u64,
    /// After so many statistics as great as the observed one there is nothing more to learn.
    pub exceedances: u64,
}

/// What permuting said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Permuted {
    /// The p value, above 0, at most 1.
    pub p_value: f64,
    /// Permutations made.
    pub permutations: u64,
}

impl Effort {
    /// Share of permutations whose statistic is at least `observed`, the observed one counted among them:
    /// `(1 + b) / (1 + B)`, never 0, or `h / l` when the `h`-th exceedance comes at permutation `l`: both are valid p
    /// values. Besag and Clifford (1991), doi:10.1093/biomet/78.2.301.
    ///
    /// `statistic` is that of permutation `0, 1, ...`; greater is further apart. A statistic that is NaN counts as
    /// great as the observed one, so that it makes nothing significant.
    pub fn p_value(self, observed: f64, mut statistic: impl FnMut(u64) -> f64) -> Permuted {
        let least = observed - ROUNDING * observed.abs();
        let mut great = 0;
        for b in 0..self.permutations {
            let value = statistic(b);
            great += u64::from(value >= least || value.is_nan());
            if great == self.exceedances {
                return Permuted { p_value: great as f64 / (b + 1) as f64, permutations: b + 1 };
            }
        }
        let p_value = (1 + great) as f64 / (1 + self.permutations) as f64;
        Permuted { p_value, permutations: self.permutations }
    }
}

/// p values of several statistics on the same permutations, and of the smallest of them: at least one part moved.
///
/// Returns the p value of each part and the combined one. Row 0 of `statistics` is observed, the others are of
/// permutations; each row has one statistic a part. Each statistic becomes a p value among its column, and the
/// smallest p value of row 0 is placed among those of all rows: Tippett's combination, its law taken from the
/// permutations, so that the parts may depend on one another (Pesarin 2001, Multivariate Permutation Tests).
pub fn smallest_p_value<const N: usize>(statistics: &[[f64; N]]) -> ([f64; N], f64) {
    let rows = statistics.len();
    let mut smallest = vec![1.0_f64; rows];
    let mut parts = [1.0; N];
    for part in 0..N {
        let mut sorted: Vec<f64> = statistics.iter().map(|row| row[part]).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        for (row, least) in statistics.iter().zip(&mut smallest) {
            let reached = row[part] - ROUNDING * row[part].abs();
            let p = (rows - sorted.partition_point(|value| *value < reached)) as f64 / rows as f64;
            *least = least.min(p);
        }
        let reached = statistics[0][part] - ROUNDING * statistics[0][part].abs();
        parts[part] = (rows - sorted.partition_point(|value| *value < reached)) as f64 / rows as f64;
    }
    let combined = smallest.iter().filter(|p| **p <= smallest[0]).count() as f64 / rows as f64;
    (parts, combined)
}

/// Deals pooled values anew into two samples.
#[derive(Debug, Clone)]
pub struct Dealer {
    plan: Plan,
    seed: u64,
    totals: Vec<u64>,
    counts: Vec<[u64; 2]>,
}

/// What changes places.
#[derive(Debug, Clone)]
enum Plan {
    /// Every value with any other; the reference gets so many.
    Values(u64),
    Blocks(Vec<Stratum>),
}

/// Blocks that may change places with one another.
#[derive(Debug, Clone)]
struct Stratum {
    /// The ranks of the values of each block.
    blocks: Vec<Vec<u32>>,
    /// How many of them the reference gets.
    reference: u64,
}

/// A value of a sample, for [`Dealer::blocks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Only blocks of one stratum change places: 0 for all, or the month of the year.
    pub stratum: u32,
    /// Values of one block and stratum stay together: a number for each value, or the month.
    pub block: u32,
    /// Rank of the value among the distinct pooled values, from 0: see [`ranks`].
    pub rank: u32,
}

impl Dealer {
    /// Independent values: each may change places with any other. `counts` are how many of each sample are at every
    /// distinct value.
    ///
    /// A deal draws how many of the values at a tie go to the reference (hypergeometric given those before), so that
    /// its work is the number of distinct values and not of values.
    pub fn values(counts: &[[u64; 2]], seed: u64) -> Self {
        let reference = counts.iter().map(|[x, _]| x).sum();
        let totals = counts.iter().map(|[x, y]| x + y).collect();
        Self { plan: Plan::Values(reference), seed, totals, counts: counts.to_vec() }
    }

    /// Values in blocks in strata, of both samples; a block holds values of one sample only, for it is told by the sample,
    /// the stratum and its number. In every stratum the reference keeps as many blocks as it has; where blocks differ
    /// in length, the sizes of the samples change.
    pub fn blocks(reference: &[Member], current: &[Member], seed: u64) -> Self {
        let mut strata: std::collections::BTreeMap<u32, Stratum> = std::collections::BTreeMap::new();
        for (side, members) in [reference, current].into_iter().enumerate() {
            let mut members = members.to_vec();
            members.sort_unstable();
            for block in members.chunk_by(|a, b| (a.stratum, a.block) == (b.stratum, b.block)) {
                let empty = || Stratum { blocks: Vec::new(), reference: 0 };
                let stratum = strata.entry(block[0].stratum).or_insert_with(empty);
                stratum.blocks.push(block.iter().map(|member| member.rank).collect());
                stratum.reference += u64::from(side == 0);
            }
        }
        let ranks = reference.iter().chain(current).map(|member| member.rank as usize + 1);
        let mut totals = vec![0; ranks.max().unwrap_or(0)];
        for member in reference.iter().chain(current) {
            totals[member.rank as usize] += 1;
        }
        let counts = vec![[0; 2]; totals.len()];
        Self { plan: Plan::Blocks(strata.into_values().collect()), seed, totals, counts }
    }

    /// How many values of each sample are at every distinct value after permutation `b`.
    pub fn deal(&mut self, b: u64) -> &[[u64; 2]] {
        let (stream, mut used) = (Stream::new(self.seed, &[b]), 0);
        match &self.plan {
            Plan::Values(reference) => {
                let (mut others, mut drawn) = (self.totals.iter().sum::<u64>(), *reference);
                for (&marked, pair) in self.totals.iter().zip(&mut self.counts) {
                    others -= marked;
                    let x = Urn { marked, others, drawn }.draw(stream, &mut used);
                    drawn -= x;
                    *pair = [x, marked - x];
                }
            }
            Plan::Blocks(strata) => {
                for (total, pair) in self.totals.iter().zip(&mut self.counts) {
                    *pair = [0, *total];
                }
                for stratum in strata {
                    stratum.deal(stream, &mut used, &mut self.counts);
                }
            }
        }
        &self.counts
    }

    /// In how many ways the blocks can be dealt, infinite when beyond a number: no p value can be less than one over it.
    pub fn ways(&self) -> f64 {
        let choose = |all: u64, some: u64| {
            (1..=some.min(all - some)).map(|k| (all - k + 1) as f64 / k as f64).product::<f64>()
        };
        match &self.plan {
            Plan::Values(reference) => choose(self.totals.iter().sum(), *reference),
            Plan::Blocks(strata) => {
                strata.iter().map(|s| choose(s.blocks.len() as u64, s.reference)).product()
            }
        }
    }
}

impl Stratum {
    /// Moves the values of chosen blocks to the reference.
    fn deal(&self, stream: Stream, used: &mut u64, counts: &mut [[u64; 2]]) {
        let mut wanted = self.reference;
        for (block, left) in self.blocks.iter().zip((1..=self.blocks.len() as u64).rev()) {
            *used += 1;
            if chosen(stream.number(*used - 1), wanted, left) {
                wanted -= 1;
                for &rank in block {
                    let [x, y] = &mut counts[rank as usize];
                    (*x, *y) = (*x + 1, *y - 1);
                }
            }
        }
    }
}

/// The rank of every value among ascending distinct ones, such as
/// [`values`](crate::kolmogorov_smirnov::Pooled::values); -0 is 0.
pub fn ranks(values: &[f64], distinct: &[f64]) -> Vec<u32> {
    let rank = |value: f64| distinct.partition_point(|d| d.total_cmp(&(value + 0.0)).is_lt()) as u32;
    values.iter().map(|value| rank(*value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kolmogorov_smirnov::Pooled;

    const ALL: Effort = Effort { permutations: 20_000, exceedances: u64::MAX };

    fn gap(counts: &[[u64; 2]]) -> f64 {
        let [n, m] = counts.iter().fold([0, 0], |[n, m], [x, y]| [n + x, m + y]);
        let (mut i, mut j, mut gap) = (0, 0, 0);
        for [x, y] in counts {
            (i, j) = (i + x, j + y);
            gap = gap.max((i * m).abs_diff(j * n));
        }
        gap as f64 / (n * m) as f64
    }

    #[test]
    fn agrees_with_the_exact_law_given_ties() {
        let pooled = Pooled::new(&[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0], &[0.0, 0.0, 1.0, 3.0, 3.0, 4.0]);
        let mut dealer = Dealer::values(pooled.counts(), 1);
        assert_eq!(dealer.ways(), 1716.0);
        let permuted = ALL.p_value(pooled.statistic(), |b| gap(dealer.deal(b)));
        let exact = pooled.exact_p_value();
        let error = (exact * (1.0 - exact) / 20_000.0).sqrt();
        assert!((permuted.p_value - exact).abs() < 4.0 * error, "{permuted:?} {exact}");
    }

    #[test]
    fn single_values_are_blocks_too() {
        let (a, b) = ([1.0, 1.0, 2.0, 5.0, 7.0, 7.0], [2.0, 5.0, 7.0, 7.0, 7.0, 9.0, 9.0]);
        let pooled = Pooled::new(&a, &b);
        let members = |sample: &[f64]| {
            let ranks = ranks(sample, pooled.values());
            (0..).zip(ranks).map(|(block, rank)| Member { stratum: 0, block, rank }).collect::<Vec<_>>()
        };
        let mut blocks = Dealer::blocks(&members(&a), &members(&b), 5);
        assert_eq!(blocks.ways(), 1716.0);
        let exact = pooled.exact_p_value();
        let permuted = ALL.p_value(pooled.statistic(), |b| gap(blocks.deal(b)));
        assert!((permuted.p_value - exact).abs() < 4.0 * (exact / 20_000.0).sqrt(), "{permuted:?} {exact}");
    }

    #[test]
    fn blocks_stay_together_and_in_their_stratum() {
        // Two strata (say January and July); blocks of two values, whose ranks tell where they are from.
        let block = |stratum: u32, block: u32, first: u32| {
            [first, first + 1].map(|rank| Member { stratum, block, rank })
        };
        let reference: Vec<_> = [block(0, 0, 0), block(0, 1, 2), block(6, 0, 6)].concat();
        let current: Vec<_> = [block(0, 0, 4), block(6, 7, 8)].concat();
        let mut dealer = Dealer::blocks(&reference, &current, 2);
        assert_eq!(dealer.ways(), 6.0);
        let mut seen = std::collections::BTreeSet::new();
        for b in 0..200 {
            let counts = dealer.deal(b);
            let side: Vec<u64> = counts.iter().map(|[x, _]| *x).collect();
            assert!(side.chunks(2).all(|pair| pair[0] == pair[1]), "blocks stay together: {side:?}");
            assert_eq!((side[0] + side[2] + side[4], side[6] + side[8]), (2, 1), "{side:?}");
            assert!(counts.iter().all(|[x, y]| x + y == 1));
            seen.insert(side);
        }
        assert_eq!(seen.len(), 6, "every way comes up");
    }

    #[test]
    fn stops_early_and_is_never_zero() {
        let effort = Effort { permutations: 99, exceedances: 5 };
        // Every second permutation is as great: the fifth is the tenth.
        let half = effort.p_value(1.0, |b| (b % 2) as f64);
        assert_eq!(half, Permuted { p_value: 0.5, permutations: 10 });
        assert_eq!(effort.p_value(1.0, |_| 0.0), Permuted { p_value: 0.01, permutations: 99 });
        // Less by rounding is as great; NaN is no evidence.
        assert_eq!(effort.p_value(3.0, |_| 3.0 - 1e-12).p_value, 1.0);
        assert_eq!(effort.p_value(-3.0, |_| -3.0 - 1e-12).p_value, 1.0);
        assert_eq!(effort.p_value(3.0, |_| f64::NAN).p_value, 1.0);
        assert_eq!(effort.p_value(3.0, |_| 3.0 - 1e-3).p_value, 0.01);
    }

    #[test]
    fn the_smallest_p_value_has_its_own_law() {
        // Columns 4 3 2 1 and 1 2 3 4: p values 1/4 2/4 3/4 1 and their mirror; smallest 1/4 1/2 1/2 1/4.
        let rows = [[4.0, 1.0], [3.0, 2.0], [2.0, 3.0], [1.0, 4.0]];
        assert_eq!(smallest_p_value(&rows), ([0.25, 1.0], 0.5));
        let mut second = rows;
        second.swap(0, 1);
        assert_eq!(smallest_p_value(&second), ([0.5, 0.75], 1.0));
    }

    #[test]
    fn ranks_know_no_sign_of_zero() {
        let pooled = Pooled::new(&[0.0, 3.0], &[-0.0, 7.0]);
        assert_eq!(pooled.values(), [0.0, 3.0, 7.0]);
        assert_eq!(ranks(&[7.0, -0.0, 3.0, 0.0], pooled.values()), [2, 0, 1, 0]);
    }
}
