//! Scores of predictive distributions given as draws: many scores of many rows in one pass.
//!
//! A [`Draws`] is a table of rows x draws in either layout; [`score`] sorts every row once, in vector registers
//! where the processor has them, and computes every [`RowScore`] that is asked for while the row is at hand. What a
//! score is, is said by [`RowScore::of`], its scalar twin; both give the same bytes, for any number of threads.
//!
//! Missing values: a row whose truth or any of whose draws is NaN scores NaN. Infinite draws are kept as they are.

mod tile;

use std::ops::Range;

use rayon::prelude::*;

use crate::simd::{Level, Real, dispatch};
use crate::sort::lanes::{Job, Lanes, Sortable};
use crate::sort::{Layout, Table, Tile};
use crate::{crps, exceedance, point, quantile};
use tile::Plan;

/// Rows handed to a thread at a time; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 1024;
/// Chunks whose sums are held at a time.
const BATCH: usize = 64;

/// Rows x draws.
#[derive(Debug, Clone, Copy)]
pub struct Draws<'a, T>(Table<'a, T>);

impl<'a, T: Real> Draws<'a, T> {
    /// Rows x draws, the draws of a row contiguous.
    ///
    /// # Panics
    /// When the values are no whole number of rows, or `width` is 0.
    pub fn contiguous(values: &'a [T], width: usize) -> Self {
        assert!(width > 0 && values.len().is_multiple_of(width), "{} values, {width} draws", values.len());
        Self(Table { values, rows: values.len() / width, width, layout: Layout::Rows })
    }

    /// Draws x rows: draw `k` of row `i` at `k * rows + i`.
    ///
    /// # Panics
    /// When the values are no whole number of draws, or there are rows without any.
    pub fn strided(values: &'a [T], rows: usize) -> Self {
        let width = values.len().checked_div(rows).unwrap_or(1);
        assert!(width > 0 && values.len() == rows * width, "{} values, {rows} rows", values.len());
        Self(Table { values, rows, width, layout: Layout::Columns })
    }

    /// All values, in their layout.
    pub fn values(&self) -> &'a [T] {
        self.0.values
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.0.rows
    }

    /// Draws a row.
    pub fn width(&self) -> usize {
        self.0.width
    }
}

/// A score, or a summary, of one row of draws.
#[derive(Debug, Clone, PartialEq)]
pub enum RowScore {
    /// The truth `y` itself.
    Observed,
    /// Mean of the draws.
    Mean,
    /// A loss of the mean of the draws as a point forecast.
    Point(point::Loss),
    /// The `level`-quantile of the draws, see [`quantile::quantile`].
    Quantile {
        /// Probability, 0-1.
        level: f64,
    },
    /// Pinball loss of the `level`-quantile of the draws, see [`quantile::pinball`].
    QuantileScore {
        /// Probability, 0-1.
        level: f64,
    },
    /// [`crps::ensemble`].
    Crps,
    /// [`crps::fair`]; NaN for one draw.
    FairCrps,
    /// [`crps::ensemble`] of `max(x, threshold)` against `max(y, threshold)`: only what happens above counts.
    /// Gneiting and Ranjan (2011), doi:10.1198/jbes.2010.08110.
    ThresholdCrps {
        /// Where counting begins, in the unit of the values.
        threshold: f64,
    },
    /// `-log2((c + 1) / (S + K))`, with `c` of the `S` draws in the one of `K` bins that holds `y`.
    Ignorance(Bins),
    /// Interval score between two quantiles of the draws; see [`Interval`].
    Interval(Interval),
    /// 1 when the closed central interval of `level` covers `y`, else 0.
    Coverage {
        /// Share of the draws that the interval holds, 0-1.
        level: f64,
    },
    /// Weighted interval score over central intervals of `levels` and the median:
    /// `(|y - median| / 2 + sum_k a_k / 2 IS_k) / (K + 1/2)` with `a_k = 1 - level_k`. Bracher et al. (2021),
    /// doi:10.1371/journal.pcbi.1008618.
    WeightedInterval {
        /// Shares of the draws that the intervals hold, 0-1.
        levels: Vec<f64>,
    },
    /// Share of draws that reach `threshold` (`>=`, or `>` when strict).
    Exceedance(Event),
    /// Squared difference of that share and whether `y` reaches it.
    Brier(Event),
    /// Share of draws below `y`: the lower end of the probability integral transform.
    Below,
    /// Share of draws at or below `y`: its upper end.
    AtMost,
    /// Dawid-Sebastiani score `((y - mean) / s)^2 + 2 ln s` with `s` the standard deviation (over `S - 1`); NaN where
    /// it is 0 or not known. Dawid and Sebastiani (1999), doi:10.1214/aos/1018031101.
    DawidSebastiani,
}

/// What counts as having happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// Value to reach.
    pub threshold: f64,
    /// Whether it must be passed (`>`), not just reached (`>=`).
    pub strict: bool,
}

impl Event {
    /// Whether `value` is an event.
    pub fn is(self, value: f64) -> bool {
        if self.strict { value > self.threshold } else { value >= self.threshold }
    }
}

/// Half-open bins `[e_k, e_(k+1))`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    /// Ascending edges.
    pub edges: Vec<f64>,
    /// How values beyond the last edge are counted.
    pub beyond: Beyond,
}

/// What becomes of draws at or beyond the last edge of [`Bins`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// They have a bin of their own, as the 2023 prediction competition had it: `K` = number of edges.
    Open,
    /// Truth there has no score (NaN). Draws there are in no bin and, as `numpy.bincount` has it in
    /// views-evaluation 2.0.0, raise `K` from one less than the number of edges to that number for their row.
    Closed,
}

/// An interval between two quantiles, `l` and `u`, and what missing it costs:
/// `u - l + below (l - y) 1{y < l} + above (y - u) 1{y > u}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Probability of the lower quantile.
    pub lower: f64,
    /// Probability of the upper quantile.
    pub upper: f64,
    /// Cost a unit of truth below the interval.
    pub below: f64,
    /// Cost a unit of truth above the interval.
    pub above: f64,
}

impl Interval {
    /// The central interval of `level`, with the proper costs `2 / (1 - level)`: Gneiting and Raftery (2007),
    /// doi:10.1198/016214506000001437.
    pub fn central(level: f64) -> Self {
        let (tail, cost) = ((1.0 - level) / 2.0, 2.0 / (1.0 - level));
        Self { lower: tail, upper: 1.0 - tail, below: cost, above: cost }
    }
}

impl RowScore {
    /// The score of one row of **ascending** draws: the scalar twin, and the definition.
    pub fn of<T: Real>(&self, row: &[T], y: T) -> f64 {
        let y: f64 = y.into();
        let missing = |v: &T| -> bool { Into::<f64>::into(*v).is_nan() };
        if y.is_nan() || row.is_empty() || row.iter().any(missing) {
            return f64::NAN;
        }
        match self {
            Self::Observed => y,
            Self::Mean => point::mean(row),
            Self::Point(loss) => loss.of(point::mean(row), y),
            Self::Quantile { level } => quantile::quantile(row, *level),
            Self::QuantileScore { level } => quantile::pinball(quantile::quantile(row, *level), y, *level),
            Self::Crps => crps::ensemble(row, y),
            Self::FairCrps => crps::fair(row, y),
            Self::ThresholdCrps { threshold } => crps::above(row, y, *threshold),
            Self::Ignorance(bins) => bins.ignorance(row, y),
            Self::Interval(i) => {
                i.score(quantile::quantile(row, i.lower), quantile::quantile(row, i.upper), y)
            }
            Self::Coverage { level } => {
                f64::from(quantile::covers(quantile::central_interval(row, *level), y))
            }
            Self::WeightedInterval { levels } => weighted_interval(row, y, levels),
            Self::Exceedance(event) => share(row, *event),
            Self::Brier(event) => (share(row, *event) - f64::from(event.is(y))).powi(2),
            Self::Below => (row.len() - exceedance::exceeding(row, y)) as f64 / row.len() as f64,
            Self::AtMost => row.partition_point(|&x| x.into() <= y) as f64 / row.len() as f64,
            Self::DawidSebastiani => dawid_sebastiani(row, y),
        }
    }
}

impl Interval {
    /// The score, given the two quantiles.
    #[inline(always)]
    fn score(&self, l: f64, u: f64, y: f64) -> f64 {
        (u - l) + self.below * (l - y).max(0.0) + self.above * (y - u).max(0.0)
    }
}

impl Bins {
    /// The bin of a value: `None` below the first edge, the number of edges - 1 at or beyond the last.
    fn index(&self, value: f64) -> Option<usize> {
        self.edges.partition_point(|&e| e <= value).checked_sub(1)
    }

    fn ignorance<T: Real>(&self, row: &[T], y: f64) -> f64 {
        let Some((from, to)) = self.around(y) else { return f64::NAN };
        let reach = |edge: Option<f64>| edge.map_or(0, |e| exceedance::exceeding(row, e));
        let beyond = row.last().is_some_and(|&x| x.into() >= self.last());
        self.surprise(reach(Some(from)) - reach(to), row.len(), beyond)
    }

    /// Lower and upper edge of the bin of `y`, no upper one for the open bin; `None` where `y` has no score.
    #[inline(always)]
    fn around(&self, y: f64) -> Option<(f64, Option<f64>)> {
        let bin = self.index(y)?;
        let upper = self.edges.get(bin + 1).copied();
        (upper.is_some() || self.beyond == Beyond::Open).then(|| (self.edges[bin], upper))
    }

    /// The last edge.
    fn last(&self) -> f64 {
        self.edges.last().copied().unwrap_or(f64::NAN)
    }

    /// Bits of surprise at a bin with `count` of `draws` draws, when some are (or not) beyond the last edge.
    fn surprise(&self, count: usize, draws: usize, beyond: bool) -> f64 {
        let bins = self.edges.len() - usize::from(self.beyond == Beyond::Closed && !beyond);
        -((count as f64 + 1.0) / (draws + bins) as f64).log2()
    }
}

/// Share of ascending draws that are events.
fn share<T: Real>(row: &[T], event: Event) -> f64 {
    let below = row.partition_point(|&x| !event.is(x.into()));
    (row.len() - below) as f64 / row.len() as f64
}

fn weighted_interval<T: Real>(row: &[T], y: f64, levels: &[f64]) -> f64 {
    let median = (y - quantile::quantile(row, 0.5)).abs() / 2.0;
    let interval = |&level: &f64| {
        let i = Interval::central(level);
        let (l, u) = (quantile::quantile(row, i.lower), quantile::quantile(row, i.upper));
        (1.0 - level) / 2.0 * i.score(l, u, y)
    };
    levels.iter().fold(median, |sum, level| sum + interval(level)) / (levels.len() as f64 + 0.5)
}

fn dawid_sebastiani<T: Real>(row: &[T], y: f64) -> f64 {
    let mean = point::mean(row);
    let variance = crps::sum(row, |_, x| (x - mean) * (x - mean)) / (row.len() as f64 - 1.0);
    standardised(y, mean, variance)
}

/// `((y - mean) / s)^2 + 2 ln s`; NaN unless `s` is above 0.
#[inline(always)]
fn standardised(y: f64, mean: f64, variance: f64) -> f64 {
    if variance > 0.0 { (y - mean) * (y - mean) / variance + variance.ln() } else { f64::NAN }
}

/// Every score of every row: one vector a score.
///
/// # Panics
/// When there are not as many observations as rows.
pub fn score<T: Sortable>(draws: &Draws<'_, T>, observed: &[T], scores: &[RowScore]) -> Vec<Vec<f64>> {
    assert_eq!(draws.rows(), observed.len(), "one observation a row");
    let plans = plans(draws, scores);
    let mut whole: Vec<Vec<f64>> = scores.iter().map(|_| vec![0.0; draws.rows()]).collect();
    if scores.is_empty() {
        return whole;
    }
    // One element a chunk of rows: its part of every column.
    let mut parts: Vec<Vec<&mut [f64]>> = (0..draws.rows().div_ceil(CHUNK)).map(|_| Vec::new()).collect();
    for column in &mut whole {
        for (part, rows) in parts.iter_mut().zip(column.chunks_mut(CHUNK)) {
            part.push(rows);
        }
    }
    parts.into_par_iter().enumerate().for_each(|(i, columns)| {
        let chunk = Chunk { draws, observed, plans: &plans, first: i * CHUNK, columns };
        T::with(Level::best(), chunk);
    });
    whole
}

/// Which rows belong together.
#[derive(Debug, Clone, Copy)]
pub struct Grouping<'a> {
    /// Group of each row, from 0; empty when all are in group 0.
    pub of: &'a [u32],
    /// Number of groups.
    pub count: usize,
}

/// What the rows of each group add up to.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSums {
    /// Rows whose truth is known, by group.
    pub rows: Vec<f64>,
    /// Their weight, by group.
    pub weight: Vec<f64>,
    /// Their weighted sum, by score, then group.
    pub sums: Vec<Vec<f64>>,
}

impl GroupSums {
    fn new(groups: usize, scores: usize) -> Self {
        Self { rows: vec![0.0; groups], weight: vec![0.0; groups], sums: vec![vec![0.0; groups]; scores] }
    }

    fn add(&mut self, other: &Self) {
        let add = |a: &mut Vec<f64>, b: &Vec<f64>| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        add(&mut self.rows, &other.rows);
        add(&mut self.weight, &other.weight);
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| add(a, b));
    }
}

/// Sums of every score over the groups of every grouping, in one pass over the draws. Rows whose truth is NaN are left
/// out; no weights mean 1 for every row.
///
/// # Panics
/// When there are not as many observations, weights (if any) or groups (if any) as rows, or a group is not below its
/// `count`.
pub fn sums<T: Sortable>(
    draws: &Draws<'_, T>,
    observed: &[T],
    weights: &[f64],
    scores: &[RowScore],
    groupings: &[Grouping<'_>],
) -> Vec<GroupSums> {
    assert_eq!(draws.rows(), observed.len(), "one observation a row");
    let whole = |n: usize| n == 0 || n == draws.rows();
    assert!(
        whole(weights.len()) && groupings.iter().all(|g| whole(g.of.len())),
        "one weight and group a row"
    );
    let plans = plans(draws, scores);
    let mut totals: Vec<_> = groupings.iter().map(|g| GroupSums::new(g.count, scores.len())).collect();
    let chunks: Vec<usize> = (0..draws.rows()).step_by(CHUNK).collect();
    for batch in chunks.chunks(BATCH) {
        let part = |&first: &usize| {
            let rows = first..(first + CHUNK).min(draws.rows());
            let mut columns = vec![vec![0.0; rows.len()]; scores.len()];
            let slices = columns.iter_mut().map(Vec::as_mut_slice).collect();
            T::with(Level::best(), Chunk { draws, observed, plans: &plans, first, columns: slices });
            let counting = weigh(&observed[rows.clone()], weights.get(rows.clone()), &mut columns);
            groupings.iter().map(|g| group(g, &rows, counting.as_ref(), &columns)).collect::<Vec<_>>()
        };
        let parts: Vec<Vec<GroupSums>> = batch.par_iter().map(part).collect();
        for part in &parts {
            totals.iter_mut().zip(part).for_each(|(total, part)| total.add(part));
        }
    }
    totals
}

/// What the rows of a chunk count: whether their truth is known, and their weight; nothing when all is 1.
struct Counting {
    known: Vec<f64>,
    weights: Vec<f64>,
}

/// Multiplies the scores of a chunk by the weights of its rows; those without truth get 0 for both.
fn weigh<T: Real>(observed: &[T], weights: Option<&[f64]>, columns: &mut [Vec<f64>]) -> Option<Counting> {
    let weights = weights.filter(|w| !w.is_empty());
    let missing = |y: &T| -> bool { Into::<f64>::into(*y).is_nan() };
    if weights.is_none() && !observed.iter().any(missing) {
        return None;
    }
    let known: Vec<f64> = observed.iter().map(|y| f64::from(!missing(y))).collect();
    let weights = match weights {
        Some(weights) => known.iter().zip(weights).map(|(k, w)| k * w).collect(),
        None => known.clone(),
    };
    for column in columns {
        for ((score, weight), known) in column.iter_mut().zip(&weights).zip(&known) {
            *score = if *known == 0.0 { 0.0 } else { *score * weight };
        }
    }
    Some(Counting { known, weights })
}

#[inline(always)]
fn add_up(values: &[f64]) -> f64 {
    crps::sum(values, |_, value| value)
}

dispatch! {
    /// Sum of neighbours, in eight parts.
    fn sum_of(values: &[f64]) -> f64 = add_up;
}

/// Adds up the rows of a chunk by group.
fn group(
    grouping: &Grouping<'_>,
    rows: &Range<usize>,
    counting: Option<&Counting>,
    columns: &[Vec<f64>],
) -> GroupSums {
    let mut sums = GroupSums::new(grouping.count, columns.len());
    let (all, level) = ([0; CHUNK], Level::best());
    let of = grouping.of.get(rows.clone()).unwrap_or(&all[..rows.len()]);
    let mut start = 0;
    // Neighbours mostly belong together.
    for run in of.chunk_by(|a, b| a == b) {
        let (rows, group) = (start..start + run.len(), run[0] as usize);
        start = rows.end;
        let count = |of: fn(&Counting) -> &Vec<f64>| {
            counting.map_or(run.len() as f64, |c| sum_of(level, &of(c)[rows.clone()]))
        };
        sums.rows[group] += count(|c| &c.known);
        sums.weight[group] += count(|c| &c.weights);
        for (sum, column) in sums.sums.iter_mut().zip(columns) {
            sum[group] += sum_of(level, &column[rows.clone()]);
        }
    }
    sums
}

/// What is the same for all rows.
fn plans<'a, T: Real>(draws: &Draws<'_, T>, scores: &'a [RowScore]) -> Vec<Plan<'a>> {
    scores.iter().map(|score| Plan::new(score, draws.width())).collect()
}

/// Some rows to score, and where the scores go.
struct Chunk<'a, T> {
    draws: &'a Draws<'a, T>,
    observed: &'a [T],
    plans: &'a [Plan<'a>],
    first: usize,
    columns: Vec<&'a mut [f64]>,
}

impl<T: Sortable> Job<T> for Chunk<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run<V: Lanes<T, N>, const N: usize>(mut self) {
        let Some(rows) = self.columns.first().map(|column| column.len()) else { return };
        let wants_mean = self.plans.iter().any(Plan::wants_mean);
        let mut tile: Tile<V> = Tile::new(self.draws.width());
        for start in (0..rows).step_by(N) {
            tile.fill(&self.draws.0, self.first + start);
            let (mut y, mut missing) = ([0.0; N], tile.missing);
            for (l, y) in y.iter_mut().enumerate() {
                *y = self.observed[self.first + (start + l).min(rows - 1)].into();
                missing |= u32::from(y.is_nan()) << l;
            }
            let sorted = tile::Sorted::new(tile.ranks(), y, wants_mean);
            let end = (start + N).min(rows);
            for (column, plan) in self.columns.iter_mut().zip(self.plans) {
                let values = sorted.score(plan);
                let column = &mut column[start..end];
                column.copy_from_slice(&values[..end - start]);
                for (_, value) in column.iter_mut().enumerate().filter(|(l, _)| missing >> l & 1 == 1) {
                    *value = f64::NAN;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
