//! Two samples in common bins, for the tests that compare counts.

use forewarn_core::prelude::*;
use forewarn_kernels::contingency::bins;
use forewarn_kernels::kolmogorov_smirnov::Pooled;

/// Count that every bin expects of either sample: Cochran (1954).
const EXPECTED: u64 = 5;

/// The counts of both samples in at most `most` bins; one bin when all values are equal.
///
/// # Errors
/// [`Error::Config`] when fewer than two bins are asked for, [`Error::Data`] when the values differ but are too few,
/// or too nearly all tied, for two bins.
pub(crate) fn table(test: &str, args: &DriftArgs<'_>, most: u64) -> Result<Vec<[u64; 2]>> {
    let pooled = Pooled::new(args.reference, args.current);
    let table = bins(pooled.counts(), most, EXPECTED);
    if table.len() > 1 || pooled.counts().len() == 1 {
        return Ok(table);
    }
    let [n, m] = pooled.sizes();
    Err(Error::data(format!(
        "`{test}` finds no two bins that expect {EXPECTED} values of each sample, of {n} in the reference and {m} \
         in the current one; give more values or use `kolmogorov-smirnov`"
    )))
}

/// Refuses fewer than two bins.
pub(crate) fn check(test: &str, bins: u64) -> Result<()> {
    if bins >= 2 {
        return Ok(());
    }
    Err(Error::config(test, format!("`bins` is {bins}; it must be at least 2")))
}
