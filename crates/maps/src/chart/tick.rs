//! Round values along an axis.

use super::Scale;

/// Rounding errors of this share of a tick do not add another one.
const SLACK: f64 = 1e-9;

/// Round values from `low` to `high`: about five on a linear scale; 0, 1, 2, 5, 10, ... on a `log1p` scale.
///
/// On a linear scale the first lies at or below `low` and the last at or above `high`.
pub(super) fn ticks(scale: Scale, low: f64, high: f64) -> Vec<f64> {
    match scale {
        Scale::Linear => linear(low, high),
        Scale::Log1p => log1p(low, high),
    }
}

fn linear(low: f64, high: f64) -> Vec<f64> {
    let (low, high) = if high > low {
        (low, high)
    } else {
        (low - low.abs().max(1.0) / 2.0, high + high.abs().max(1.0) / 2.0)
    };
    // Half the ends first: their difference may be more than a number can hold.
    let rough = high / 4.0 - low / 4.0;
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|m| m * power);
    let step = steps.into_iter().find(|&s| s >= rough * (1.0 - SLACK)).unwrap_or(rough);
    let (first, last) = ((low / step + SLACK).floor() as i64, (high / step - SLACK).ceil() as i64);
    (first..=last).map(|i| i as f64 * step).collect()
}

/// Whole rungs where the axis reaches 5, fractions below.
fn log1p(low: f64, high: f64) -> Vec<f64> {
    let rungs = (-2..=15).flat_map(|exponent: i32| [1.0, 2.0, 5.0].map(|m: f64| m * 10f64.powi(exponent)));
    let least = if high >= 5.0 { 1.0 } else { 0.01 };
    let inner = rungs.filter(|&rung| rung >= least && rung >= low && rung <= high);
    let zero = (low <= 0.0 && high >= 0.0).then_some(0.0);
    zero.into_iter().chain(inner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_ticks_are_round_and_hold_the_data() {
        let cases: [((f64, f64), &[f64]); 4] = [
            ((0.0, 10.0), &[0.0, 5.0, 10.0]),
            ((0.31, 0.39), &[0.3, 0.32, 0.34, 0.36, 0.38, 0.4]),
            ((5.0, 5.0), &[2.0, 4.0, 6.0, 8.0]),
            ((-0.2, 0.3), &[-0.2, 0.0, 0.2, 0.4]),
        ];
        for ((low, high), expected) in cases {
            let found = ticks(Scale::Linear, low, high);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
            assert_eq!(found.len(), expected.len(), "{found:?}");
        }
    }

    #[test]
    fn logarithmic_ticks_stay_in_original_units() {
        assert_eq!(ticks(Scale::Log1p, 0.0, 60.0), [0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0]);
        assert_eq!(ticks(Scale::Log1p, 0.0, 0.1), [0.0, 0.01, 0.02, 0.05, 0.1]);
        assert_eq!(ticks(Scale::Log1p, 3.0, 30.0), [5.0, 10.0, 20.0]);
    }
}
