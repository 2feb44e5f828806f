//! Scores of the rows of a tile, side by side: what [`RowScore::of`] says, to the last bit.

use super::{Bins, Event, Interval, RowScore, standardised};
use crate::crps::{LANES, total};
use crate::quantile;
use crate::sort::lanes::{Lanes, Sortable, arrays};

/// Rows whose partial sums are held in registers at a time.
const ROWS: usize = 8;

/// A score, with what of it is the same for all rows.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    score: &'a RowScore,
    /// [`Bins::surprise`] by number of draws in the bin; the second where draws are beyond the last edge.
    surprises: [Vec<f64>; 2],
}

impl<'a> Plan<'a> {
    pub(super) fn new(score: &'a RowScore, width: usize) -> Self {
        let surprises = match score {
            RowScore::Ignorance(bins) => {
                [false, true].map(|beyond| (0..=width).map(|n| bins.surprise(n, width, beyond)).collect())
            }
            _ => Default::default(),
        };
        Self { score, surprises }
    }

    /// Whether it needs the mean of the draws, of which several scores may have the use.
    pub(super) fn wants_mean(&self) -> bool {
        matches!(self.score, RowScore::Mean | RowScore::Point(_) | RowScore::DawidSebastiani)
    }
}

/// `N` rows with their draws ascending: `ranks[k][l]` is the `k`-th smallest draw of row `l`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sorted<'a, V, T, const N: usize> {
    vectors: &'a [V],
    ranks: &'a [[T; N]],
    y: [f64; N],
    first: [f64; N],
    constant: [bool; N],
    /// Several scores ask for it.
    mean: [f64; N],
}

impl<'a, V: Lanes<T, N>, T: Sortable, const N: usize> Sorted<'a, V, T, N> {
    #[inline(always)]
    pub(super) fn new(vectors: &'a [V], y: [f64; N], wants_mean: bool) -> Self {
        let ranks = arrays(vectors);
        let first = ranks[0].map(Into::into);
        let last: [f64; N] = ranks[ranks.len() - 1].map(Into::into);
        let constant = std::array::from_fn(|l| first[l] == last[l]);
        let mut sorted = Self { vectors, ranks, y, first, constant, mean: first };
        if wants_mean {
            sorted.mean = sorted.mean();
        }
        sorted
    }

    /// One score of every row, whose truth is known.
    #[inline(always)]
    pub(super) fn score(&self, plan: &Plan<'_>) -> [f64; N] {
        match plan.score {
            RowScore::Observed => self.y,
            RowScore::Mean => self.mean,
            RowScore::Point(loss) => std::array::from_fn(|l| loss.of(self.mean[l], self.y[l])),
            RowScore::Quantile { level } => self.quantile(*level),
            RowScore::QuantileScore { level } => {
                let q = self.quantile(*level);
                std::array::from_fn(|l| quantile::pinball(q[l], self.y[l], *level))
            }
            RowScore::Crps => self.crps(),
            RowScore::FairCrps => self.fair_crps(),
            RowScore::ThresholdCrps { threshold } => self.crps_above(*threshold),
            RowScore::Ignorance(bins) => self.ignorance(bins, &plan.surprises),
            RowScore::Interval(interval) => self.interval(interval),
            RowScore::Coverage { level } => {
                let i = Interval::central(*level);
                let (lower, upper) = (self.quantile(i.lower), self.quantile(i.upper));
                std::array::from_fn(|l| f64::from(quantile::covers((lower[l], upper[l]), self.y[l])))
            }
            RowScore::WeightedInterval { levels } => self.weighted_interval(levels),
            RowScore::Exceedance(event) => self.exceedance(*event),
            RowScore::Brier(event) => {
                let share = self.exceedance(*event);
                std::array::from_fn(|l| (share[l] - f64::from(event.is(self.y[l]))).powi(2))
            }
            RowScore::Below => self.short_of_truth(false),
            RowScore::AtMost => self.short_of_truth(true),
            RowScore::DawidSebastiani => self.dawid_sebastiani(),
        }
    }

    /// Sum over ranks of a function of rank, draw and row, in the order of [`crate::crps::sum`].
    #[inline(always)]
    fn sum(&self, term: impl Fn(f64, f64, usize) -> f64) -> [f64; N] {
        let mut sums = [0.0; N];
        // As many rows at a time as partial sums of them fit into registers.
        for from in (0..N).step_by(ROWS) {
            let to = (from + ROWS).min(N);
            let mut lanes = [[0.0; ROWS]; LANES];
            for (block, draws) in self.ranks.chunks(LANES).enumerate() {
                let rank = (block * LANES) as f64;
                for (k, draws) in draws.iter().enumerate() {
                    for (l, lane) in lanes[k].iter_mut().enumerate().take(to - from) {
                        *lane += term(rank + k as f64, draws[from + l].into(), from + l);
                    }
                }
            }
            for l in from..to {
                sums[l] = total(lanes.map(|lane| lane[l - from]));
            }
        }
        sums
    }

    /// How many draws of every row reach its threshold.
    #[inline(always)]
    fn reaching(&self, thresholds: &[T; N]) -> [usize; N] {
        let threshold = V::load(thresholds);
        let mut counts = [V::load(&[T::NONE; N]); 2];
        let (pairs, rest) = self.vectors.as_chunks::<2>();
        for pair in pairs {
            counts[0] = counts[0].count(pair[0], threshold);
            counts[1] = counts[1].count(pair[1], threshold);
        }
        for &draws in rest {
            counts[0] = counts[0].count(draws, threshold);
        }
        let (counts, mut all) = (arrays(&counts), [0; N]);
        for l in 0..N {
            all[l] = counts[0][l].whole() + counts[1][l].whole();
        }
        all
    }

    /// Share of the draws that are events.
    #[inline(always)]
    fn exceedance(&self, event: Event) -> [f64; N] {
        let counts = self.reaching(&[T::reaching(event.threshold, event.strict); N]);
        counts.map(|count| count as f64 / self.ranks.len() as f64)
    }

    /// Share of the draws below the truth, or also at it.
    #[inline(always)]
    fn short_of_truth(&self, at: bool) -> [f64; N] {
        let counts = self.reaching(&self.y.map(|y| T::reaching(y, at)));
        let m = self.ranks.len() as f64;
        counts.map(|count| (m - count as f64) / m)
    }

    #[inline(always)]
    fn is_constant(&self) -> bool {
        self.constant.iter().all(|&c| c)
    }

    #[inline(always)]
    fn mean(&self) -> [f64; N] {
        if self.is_constant() {
            return self.first;
        }
        let (sum, m) = (self.sum(|_, x, _| x), self.ranks.len() as f64);
        std::array::from_fn(|l| if self.constant[l] { self.first[l] } else { sum[l] / m })
    }

    #[inline(always)]
    fn quantile(&self, level: f64) -> [f64; N] {
        let last = self.ranks.len() - 1;
        if !(0.0..=1.0).contains(&level) {
            return [f64::NAN; N];
        }
        let (below, t) = quantile::position(last + 1, level);
        let (a, b) = (self.ranks[below], self.ranks[(below + 1).min(last)]);
        std::array::from_fn(|l| quantile::between(a[l].into(), b[l].into(), t))
    }

    #[inline(always)]
    fn interval(&self, interval: &Interval) -> [f64; N] {
        let (lower, upper) = (self.quantile(interval.lower), self.quantile(interval.upper));
        std::array::from_fn(|l| interval.score(lower[l], upper[l], self.y[l]))
    }

    #[inline(always)]
    fn weighted_interval(&self, levels: &[f64]) -> [f64; N] {
        let median = self.quantile(0.5);
        let mut sums: [f64; N] = std::array::from_fn(|l| (self.y[l] - median[l]).abs() / 2.0);
        for &level in levels {
            let scores = self.interval(&Interval::central(level));
            for l in 0..N {
                sums[l] += (1.0 - level) / 2.0 * scores[l];
            }
        }
        sums.map(|sum| sum / (levels.len() as f64 + 0.5))
    }

    #[inline(always)]
    fn crps(&self) -> [f64; N] {
        let m = self.ranks.len() as f64;
        let constant = std::array::from_fn(|l| (self.first[l] - self.y[l]).abs());
        if self.is_constant() {
            return constant;
        }
        let sum = self.sum(|i, x, l| {
            let above = if x > self.y[l] { m } else { 0.0 };
            (x - self.y[l]) * (above - i - 0.5)
        });
        std::array::from_fn(|l| if self.constant[l] { constant[l] } else { 2.0 * sum[l] / (m * m) })
    }

    #[inline(always)]
    fn fair_crps(&self) -> [f64; N] {
        let m = self.ranks.len() as f64;
        if m < 2.0 {
            return [f64::NAN; N];
        }
        let constant = std::array::from_fn(|l| (self.first[l] - self.y[l]).abs());
        if self.is_constant() {
            return constant;
        }
        let sum = self.sum(|i, x, l| {
            let above = if x > self.y[l] { m - 1.0 } else { 0.0 };
            (x - self.y[l]) * (above - i)
        });
        std::array::from_fn(|l| if self.constant[l] { constant[l] } else { 2.0 * sum[l] / (m * (m - 1.0)) })
    }

    #[inline(always)]
    fn crps_above(&self, threshold: f64) -> [f64; N] {
        let m = self.ranks.len() as f64;
        let last = self.ranks[self.ranks.len() - 1];
        let y = self.y.map(|y| if y < threshold { threshold } else { y });
        let first = self.first.map(|x| x.max(threshold));
        let constant: [bool; N] = std::array::from_fn(|l| first[l] == last[l].into().max(threshold));
        let distance = std::array::from_fn(|l| (first[l] - y[l]).abs());
        if constant.iter().all(|&c| c) {
            return distance;
        }
        let sum = self.sum(|i, x, l| {
            let x = if x < threshold { threshold } else { x };
            let above = if x > y[l] { m } else { 0.0 };
            (x - y[l]) * (above - i - 0.5)
        });
        std::array::from_fn(|l| if constant[l] { distance[l] } else { 2.0 * sum[l] / (m * m) })
    }

    #[inline(always)]
    fn ignorance(&self, bins: &Bins, surprises: &[Vec<f64>; 2]) -> [f64; N] {
        // Nothing reaches NaN: no draw is beyond the edge that an open bin does not have.
        let nothing = T::reaching(f64::NAN, false);
        let (mut from, mut to) = ([nothing; N], [nothing; N]);
        let mut scored = [false; N];
        for l in 0..N {
            if let Some((lower, upper)) = bins.around(self.y[l]) {
                scored[l] = true;
                from[l] = T::reaching(lower, false);
                to[l] = upper.map_or(nothing, |upper| T::reaching(upper, false));
            }
        }
        let (above, beyond) = (self.reaching(&from), self.reaching(&to));
        let last = &self.ranks[self.ranks.len() - 1];
        let mut surprise_of_row = [f64::NAN; N];
        for l in 0..N {
            if scored[l] {
                let surprises = &surprises[usize::from(last[l].into() >= bins.last())];
                surprise_of_row[l] = surprises[above[l] - beyond[l]];
            }
        }
        surprise_of_row
    }

    #[inline(always)]
    fn dawid_sebastiani(&self) -> [f64; N] {
        let squares = self.sum(|_, x, l| (x - self.mean[l]) * (x - self.mean[l]));
        let freedom = self.ranks.len() as f64 - 1.0;
        std::array::from_fn(|l| standardised(self.y[l], self.mean[l], squares[l] / freedom))
    }
}
