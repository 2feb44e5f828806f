//! Scores of predictive distributions given as draws: many scores of many rows in one pass.
//!
//! A [`Draws`] is a table of rows x draws in either layout; [`score`] sorts every row once, in vector registers
//! where the processor has them, and computes every [`RowScore`] that is asked for while the row is at hand. What a
//! score is, is said by [`RowScore::of`], its scalar twin; both give the same bytes, for any number of threads.
//!
//! Missing values: a row whose truth or any of whose draws is NaN scores NaN. Infinite draws are kept as they are.

use crate::simd::{Real, chunks};
use crate::{crps, exceedance, point, quantile};

/// Rows handed to a thread at a time; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 1024;

/// Rows x draws.
#[derive(Debug, Clone, Copy)]
pub struct Draws<'a, T> {
    values: &'a [T],
    rows: usize,
    width: usize,
    layout: Layout,
}

/// Which values are neighbours in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// The draws of a row.
    Rows,
    /// The rows of a draw.
    Columns,
}

impl<'a, T: Real> Draws<'a, T> {
    /// Rows x draws, the draws of a row contiguous.
    ///
    /// # Panics
    /// When the values are no whole number of rows, or `width` is 0.
    pub fn contiguous(values: &'a [T], width: usize) -> Self {
        assert!(width > 0 && values.len().is_multiple_of(width), "{} values, {width} draws", values.len());
        Self { values, rows: values.len() / width, width, layout: Layout::Rows }
    }

    /// Draws x rows: draw `k` of row `i` at `k * rows + i`.
    ///
    /// # Panics
    /// When the values are no whole number of draws.
    pub fn strided(values: &'a [T], rows: usize) -> Self {
        if rows == 0 {
            return Self { values: &[], rows: 0, width: 1, layout: Layout::Columns };
        }
        assert!(
            values.len().is_multiple_of(rows) && !values.is_empty(),
            "{} values, {rows} rows",
            values.len()
        );
        Self { values, rows, width: values.len() / rows, layout: Layout::Columns }
    }

    /// All values, in their layout.
    pub fn values(&self) -> &'a [T] {
        self.values
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Draws a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The draws of row `i`, in no particular order.
    fn row(&self, i: usize) -> Vec<T> {
        match self.layout {
            Layout::Rows => self.values[i * self.width..(i + 1) * self.width].to_vec(),
            Layout::Columns => self.values[i..].iter().step_by(self.rows).copied().collect(),
        }
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
            Self::Interval(interval) => interval.score(row, y),
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
    fn score<T: Real>(&self, row: &[T], y: f64) -> f64 {
        let (l, u) = (quantile::quantile(row, self.lower), quantile::quantile(row, self.upper));
        (u - l) + self.below * (l - y).max(0.0) + self.above * (y - u).max(0.0)
    }
}

impl Bins {
    /// The bin of a value: `None` below the first edge, the number of edges - 1 at or beyond the last.
    fn index(&self, value: f64) -> Option<usize> {
        self.edges.partition_point(|&e| e <= value).checked_sub(1)
    }

    fn ignorance<T: Real>(&self, row: &[T], y: f64) -> f64 {
        let last = self.edges.len() - 1;
        let Some(bin) = self.index(y) else { return f64::NAN };
        let beyond = row.last().is_some_and(|&x| x.into() >= self.edges[last]);
        let bins = match self.beyond {
            Beyond::Open => last + 1,
            Beyond::Closed if bin == last => return f64::NAN,
            Beyond::Closed => last + usize::from(beyond),
        };
        let from = exceedance::exceeding(row, self.edges[bin]);
        let to = self.edges.get(bin + 1).map_or(0, |&e| exceedance::exceeding(row, e));
        let count = (from - to) as f64;
        -((count + 1.0) / (row.len() + bins) as f64).log2()
    }
}

/// Share of ascending draws that are events.
fn share<T: Real>(row: &[T], event: Event) -> f64 {
    let below = row.partition_point(|&x| !event.is(x.into()));
    (row.len() - below) as f64 / row.len() as f64
}

fn weighted_interval<T: Real>(row: &[T], y: f64, levels: &[f64]) -> f64 {
    let median = (y - quantile::quantile(row, 0.5)).abs() / 2.0;
    let interval = |&level: &f64| (1.0 - level) / 2.0 * Interval::central(level).score(row, y);
    (median + levels.iter().map(interval).sum::<f64>()) / (levels.len() as f64 + 0.5)
}

fn dawid_sebastiani<T: Real>(row: &[T], y: f64) -> f64 {
    let mean = point::mean(row);
    let squares: f64 = row.iter().map(|&x| (x.into() - mean).powi(2)).sum();
    let variance = squares / (row.len() as f64 - 1.0);
    if variance > 0.0 { (y - mean).powi(2) / variance + variance.ln() } else { f64::NAN }
}

/// Every score of every row: one vector a score.
///
/// # Panics
/// When there are not as many observations as rows.
pub fn score<T: Real>(draws: &Draws<'_, T>, observed: &[T], scores: &[RowScore]) -> Vec<Vec<f64>> {
    assert_eq!(draws.rows(), observed.len(), "one observation a row");
    let parts = chunks(draws.rows(), CHUNK, |rows| {
        let mut part = vec![Vec::with_capacity(rows.len()); scores.len()];
        for i in rows {
            let mut row = draws.row(i);
            row.sort_unstable_by(|a, b| Into::<f64>::into(*a).total_cmp(&(*b).into()));
            for (column, score) in part.iter_mut().zip(scores) {
                column.push(score.of(&row, observed[i]));
            }
        }
        part
    });
    let mut whole = vec![Vec::with_capacity(draws.rows()); scores.len()];
    for part in parts {
        for (column, mut rows) in whole.iter_mut().zip(part) {
            column.append(&mut rows);
        }
    }
    whole
}
