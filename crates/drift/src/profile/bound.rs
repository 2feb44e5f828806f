//! By how much the distance of two profiles may differ from that of their samples.

use forewarn_core::prelude::*;
use forewarn_kernels::contingency::bins;
use forewarn_kernels::leading_digits::LeadingDigits;

/// By how much distances that are computed from profiles may differ from those of the samples themselves; all 0 where the
/// profiles have lost nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bound {
    /// `D` of Kolmogorov and Smirnov, 0-1: the greatest share of a sample in one bin, for between its edges either
    /// distribution function may do all its steps before the other. The share of a sample below any value, too.
    pub kolmogorov_smirnov: f64,
    /// Wasserstein distance, in the unit of the values: half a bin's width for every value of both.
    pub wasserstein: f64,
    /// Counts of both samples in the bins of the profiles, ascending.
    #[serde(skip)]
    counts: Vec<[u64; 2]>,
}

impl Bound {
    pub(super) fn of(alike: &[LeadingDigits; 2], zeros: [u64; 2], sizes: [u64; 2]) -> Self {
        let shares = |counts: [u64; 2]| [0, 1].map(|side| counts[side] as f64 / (sizes[side].max(1)) as f64);
        let (mut step, mut moved) = (0.0_f64, 0.0);
        let table = table(alike);
        for (bin, counts) in &table {
            let ([low, high], [p, q]) = (alike[0].edges(*bin), shares(*counts));
            if high > low {
                step = step.max(p).max(q);
                moved += (p + q) * (high - low) / 2.0;
            }
        }
        let below = table.partition_point(|(bin, _)| *bin < 0);
        let mut counts: Vec<[u64; 2]> = table.into_iter().map(|(_, counts)| counts).collect();
        counts.insert(below, zeros);
        counts.retain(|pair| *pair != [0, 0]);
        Self { kolmogorov_smirnov: step, wasserstein: moved, counts }
    }

    /// Of the population stability index in at most `most` bins of about equal counts, half a value added to each.
    ///
    /// The bins of the samples end where a bin of the profiles does, or within one: the share of each side in each of them
    /// is off by at most twice [`Bound::kolmogorov_smirnov`]. The index is convex in the shares, and so changes by no more
    /// than its steepest slope at the corners of what they may be. `None` where a share may be 0.
    pub fn psi(&self, most: u64) -> Option<f64> {
        let off = 2.0 * self.kolmogorov_smirnov;
        if off == 0.0 {
            return Some(0.0);
        }
        let table = bins(&self.counts, most, 1);
        let sizes = table.iter().fold([0.0; 2], |[n, m], [x, y]| [n + *x as f64, m + *y as f64]);
        let added = 0.5 * table.len() as f64;
        let share = |pair: &[u64; 2], side: usize| (pair[side] as f64 + 0.5) / (sizes[side] + added);
        let slope = |p: f64, q: f64| 2.0 * (p / q).ln().abs() + (1.0 - q / p).abs() + (1.0 - p / q).abs();
        let steepest = |pair: &[u64; 2]| {
            let [p, q] = [0, 1].map(|side| share(pair, side));
            let corners = [(p - off, q + off), (p + off, q - off), (p - off, q - off), (p + off, q + off)];
            let possible = corners.iter().all(|(p, q)| *p > 0.0 && *q > 0.0);
            possible.then(|| corners.iter().map(|(p, q)| slope(*p, *q)).fold(0.0, f64::max) * off)
        };
        table.iter().map(steepest).sum()
    }
}

/// The bins of either profile with the counts of both.
fn table([a, b]: &[LeadingDigits; 2]) -> Vec<(i64, [u64; 2])> {
    let mut table: Vec<(i64, [u64; 2])> = a.bins().iter().map(|(bin, count)| (*bin, [*count, 0])).collect();
    table.extend(b.bins().iter().map(|(bin, count)| (*bin, [0, *count])));
    table.sort_unstable();
    let both = |alike: &[(i64, [u64; 2])]| {
        (alike[0].0, alike.iter().fold([0, 0], |[n, m], (_, [x, y])| [n + x, m + y]))
    };
    table.chunk_by(|a, b| a.0 == b.0).map(both).collect()
}
