//! What tests ask of their samples, and how to say so.

use forewarn_core::prelude::*;
use forewarn_kernels::kolmogorov_smirnov::Pooled;

/// So many values are large, whose p values would be long in finding by permutation and are right without it.
const LARGE: u64 = 10_000;
/// Share of all triples of values that may be tied before the law of untied samples is wrong.
const TIED: f64 = 1e-3;

/// Refuses codes of categories.
pub(crate) fn need_order(test: &str, args: &DriftArgs<'_>) -> Result<()> {
    if !args.nominal {
        return Ok(());
    }
    Err(Error::data(format!(
        "`{test}` needs values in an order, and these are codes of categories; use `chi-square`, `fisher-exact`, \
         `g-test`, `hellinger`, `jeffreys`, `jensen-shannon`, `kullback-leibler`, `psi` or `total-variation`"
    )))
}

/// Refuses infinity.
pub(crate) fn need_finite(test: &str, args: &DriftArgs<'_>) -> Result<()> {
    for (name, sample) in [("reference", args.reference), ("current", args.current)] {
        if let Some(i) = sample.iter().position(|v| v.is_infinite()) {
            return Err(Error::data(format!(
                "value {i} of the {name} sample is {}, and `{test}` needs finite values; take it out or use \
                 `mann-whitney`",
                sample[i]
            )));
        }
    }
    Ok(())
}

/// Whether all values differ.
pub(crate) fn untied(pooled: &Pooled) -> bool {
    let [n, m] = pooled.sizes();
    pooled.counts().len() as u64 == n + m
}

/// Whether the law of large samples without ties holds: there are many values, and hardly any are tied.
pub(crate) fn nearly_continuous(pooled: &Pooled) -> bool {
    let all = pooled.sizes().iter().sum::<u64>();
    let cube = |t: u64| (t as f64).powi(3) - t as f64;
    let tied: f64 = pooled.counts().iter().map(|[x, y]| cube(x + y)).sum();
    all > LARGE && tied <= TIED * cube(all)
}
