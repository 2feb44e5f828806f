//! Tops and ticks of colour scales: round numbers in original units.

use forewarn_core::{Error, Legend, Result, Shade};

/// Share of the positive values that the scale resolves; larger ones share its last colour.
const RESOLVED: f64 = 0.95;

/// Round numbers, ascending: 0.01, 0.02, 0.05, 0.1, ..., 1, 2, 5, 10, 25, 50, 100, 250, ...
fn rungs() -> impl Iterator<Item = f32> {
    (-2..=9).flat_map(|exponent: i32| {
        let middle = if exponent < 1 { 2.0 } else { 2.5 };
        [1.0, middle, 5.0].map(|m: f64| (m * 10f64.powi(exponent)) as f32)
    })
}

/// The first round number at or above the 95th percentile of the finite values that are not zero, by their size; 1 when there are none.
///
/// Zeros are left out because they are nearly everything: with them, the percentile would be 0. Of differences the sizes
/// count, those of increases and of decreases together.
fn top(values: &[f32]) -> f32 {
    let sizes = values.iter().map(|v| v.abs());
    let mut positive: Vec<f32> = sizes.filter(|&v| v > 0.0 && v.is_finite()).collect();
    if positive.is_empty() {
        return 1.0;
    }
    let rank = ((positive.len() as f64 * RESOLVED).ceil() as usize).max(1) - 1;
    let (_, &mut resolved, _) = positive.select_nth_unstable_by(rank, f32::total_cmp);
    rungs().find(|&rung| rung >= resolved).unwrap_or(resolved)
}

/// That a top that somebody set is one.
///
/// # Errors
/// [`Error::Config`] that names the map.
pub(crate) fn check(map: &str, top: Option<f32>) -> Result<()> {
    match top {
        Some(top) if !(top > 0.0 && top.is_finite()) => {
            Err(Error::config(map, format!("top is {top}; expected a number above 0")))
        }
        _ => Ok(()),
    }
}

/// A legend to `set`, or else as far as the values ask for.
pub(crate) fn legend(
    shade: Shade,
    set: Option<f32>,
    values: &[f32],
    (zero, label): (&str, String),
) -> Legend {
    let top = set.unwrap_or_else(|| top(values));
    Legend { shade, top, ticks: of(shade, top), zero: zero.to_owned(), label }
}

/// Ticks of a scale from its first colour to `top`, ascending.
pub(crate) fn of(shade: Shade, top: f32) -> Vec<f32> {
    match shade {
        Shade::Log1p => log1p(top),
        Shade::Linear => linear(top),
        Shade::SignedLog1p => mirrored(&log1p(top)),
        Shade::SignedLinear => mirrored(&linear(top)),
    }
}

/// Five steps from 0 to `top`.
fn linear(top: f32) -> Vec<f32> {
    (0..=5_u8).map(|k| f32::from(k) * top / 5.0).collect()
}

/// The same ticks on both sides of 0.
fn mirrored(ticks: &[f32]) -> Vec<f32> {
    let below = ticks.iter().rev().filter(|&&tick| tick > 0.0).map(|tick| -tick);
    below.chain(ticks.iter().copied()).collect()
}

/// Ticks of a log1p scale: 0, round numbers, and `top`. From 10 on, whole numbers only.
fn log1p(top: f32) -> Vec<f32> {
    let least = if top >= 10.0 { 1.0 } else { top / 20.0 };
    let apart = |rung: f32| rung.ln_1p() < 0.96 * top.ln_1p();
    let inner = rungs().filter(|&rung| rung >= least && rung < top && apart(rung));
    std::iter::once(0.0).chain(inner).chain([top]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_end_at_the_top() {
        let cases: [(f32, &[f32]); 6] = [
            (25.0, &[0.0, 1.0, 2.0, 5.0, 10.0, 25.0]),
            (250.0, &[0.0, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0]),
            (5.0, &[0.0, 0.5, 1.0, 2.0, 5.0]),
            (1.0, &[0.0, 0.05, 0.1, 0.2, 0.5, 1.0]),
            (0.05, &[0.0, 0.01, 0.02, 0.05]),
            // Not a round number: the neighbours that would touch it go.
            (26.0, &[0.0, 1.0, 2.0, 5.0, 10.0, 26.0]),
        ];
        for (top, expected) in cases {
            assert_eq!(log1p(top), expected, "top {top}");
        }
    }

    #[test]
    fn scales_with_two_ends_have_the_same_ticks_on_both() {
        assert_eq!(of(Shade::SignedLog1p, 2.0), [-2.0, -1.0, -0.5, -0.2, -0.1, 0.0, 0.1, 0.2, 0.5, 1.0, 2.0]);
        assert_eq!(of(Shade::SignedLinear, 0.5)[..3], [-0.5, -0.4, -0.3]);
        assert_eq!(of(Shade::Linear, 1.0), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
    }

    #[test]
    fn the_top_of_differences_is_that_of_their_sizes() {
        assert_eq!(top(&[-7.0, 3.0, f32::NEG_INFINITY, f32::NAN]), 10.0);
    }

    #[test]
    fn the_top_resolves_95_percent_of_the_positive_values() {
        // A hundred thousand zeros do not pull it down, one monster does not pull it up.
        let mut values = vec![0.0; 100_000];
        values.extend((1..=99).map(|v| v as f32));
        values.push(273_076.0);
        assert_eq!(top(&values), 100.0);
        assert_eq!(top(&[0.0, f32::NAN]), 1.0);
        assert_eq!(top(&[0.003]), 0.01);
        assert_eq!(top(&[7.0, 8.0, 9.0]), 10.0);
        assert_eq!(top(&[10.0]), 10.0);
    }
}
