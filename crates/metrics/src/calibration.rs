//! Rows in bins of forecast probability: the tally is, bin by bin, `[weight, weight x probability, weight of events]`.

use forewarn_core::{Error, Result, ScoreArgs, Tally};
use forewarn_kernels::binary::{BinSums, Reliability, bin_sums};
use forewarn_kernels::draws::Event;

/// The sums of all bins.
pub(crate) fn tally(args: &ScoreArgs<'_>, event: Event, bins: u16) -> Tally {
    let (events, bins) = (args.events(event), usize::from(bins));
    let sums = bin_sums(&events.probabilities, &events.happened, &events.weights, bins);
    Tally(sums[..bins].iter().flat_map(|s| [s.weight, s.forecast, s.events]).collect())
}

/// Murphy's parts of the Brier score of pooled bins.
///
/// # Errors
/// [`Error::Data`] when there are no rows.
pub(crate) fn parts(tally: &Tally) -> Result<Reliability> {
    let sums = |bin: &[f64]| BinSums { rows: 0, weight: bin[0], forecast: bin[1], events: bin[2] };
    let bins: Vec<BinSums> = tally.0.chunks_exact(3).map(sums).collect();
    let parts = Reliability::of(&bins, 0);
    if parts.reliability.is_nan() {
        return Err(Error::data("no row has both a forecast and a truth, or all have weight 0"));
    }
    Ok(parts)
}
