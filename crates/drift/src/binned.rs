//! Two samples in common bins, for the tests that compare counts.

use forewarn_core::prelude::*;
use forewarn_kernels::contingency::bins;
use forewarn_kernels::kolmogorov_smirnov::Pooled;

use crate::deals::Deals;
use crate::settings::Binned;

/// Count that every bin expects of either sample when the p value is by the chi-square law: Cochran (1954).
pub(crate) const EXPECTED: u64 = 5;

/// The counts of both samples in at most `most` bins, one bin when all values are equal; of codes the counts of every
/// category.
///
/// # Errors
/// [`Error::Data`] when the values differ but are too few, or too nearly all tied, for two bins.
pub(crate) fn table(test: &str, args: &DriftArgs<'_>, most: u64, expected: u64) -> Result<Vec<[u64; 2]>> {
    let pooled = Pooled::new(args.reference, args.current);
    if args.nominal {
        return Ok(pooled.counts().to_vec());
    }
    let table = bins(pooled.counts(), most, expected);
    if table.len() > 1 || pooled.counts().len() == 1 {
        return Ok(table);
    }
    let [n, m] = pooled.sizes();
    Err(Error::data(format!(
        "`{test}` finds no two bins that expect {expected} values of each sample, of {n} in the reference and {m} \
         in the current one; give more values or use `kolmogorov-smirnov`"
    )))
}

/// The least count that is expected in a cell of a table if its columns have equal shares.
pub(crate) fn least_expected(table: &[[u64; 2]]) -> f64 {
    let [n, m] = table.iter().fold([0, 0], |[n, m], [x, y]| [n + x, m + y]);
    let least = table.iter().map(|[x, y]| x + y).min().unwrap_or(0);
    least as f64 * n.min(m) as f64 / (n + m) as f64
}

/// A distance between the masses of both samples in common bins, its p value by permutation; `added` is added to the
/// count of every bin.
pub(crate) fn distance(
    (test, args): (&str, &DriftArgs<'_>),
    settings: &Binned,
    added: f64,
    distance: fn(&[f64], &[f64]) -> f64,
) -> Result<Drift> {
    let table = table(test, args, settings.bins, 1)?;
    let of = |counts: &[[u64; 2]]| {
        let masses = |side: usize| counts.iter().map(|pair| pair[side] as f64 + added).collect::<Vec<_>>();
        distance(&masses(0), &masses(1))
    };
    let permuted = settings.permuted();
    let deals = Deals::of(test, &permuted, args)?;
    Ok(deals.drift(of(&table), deals.p_value(&table, of)))
}
