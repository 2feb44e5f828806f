//! Tops and ticks of colour scales: round numbers in original units.

/// Share of the positive values that the scale resolves; larger ones share its last colour.
const RESOLVED: f64 = 0.95;

/// Round numbers, ascending: 0.01, 0.02, 0.05, 0.1, ..., 1, 2, 5, 10, 25, 50, 100, 250, ...
fn rungs() -> impl Iterator<Item = f32> {
    (-2..=9).flat_map(|exponent: i32| {
        let middle = if exponent < 1 { 2.0 } else { 2.5 };
        [1.0, middle, 5.0].map(|m: f64| (m * 10f64.powi(exponent)) as f32)
    })
}

/// The first round number at or above the 95th percentile of the values above zero; 1 when there are none.
///
/// Zeros are left out because they are nearly everything: with them, the percentile would be 0.
pub(crate) fn top(values: &[f32]) -> f32 {
    let mut positive: Vec<f32> = values.iter().copied().filter(|&v| v > 0.0).collect();
    if positive.is_empty() {
        return 1.0;
    }
    let rank = ((positive.len() as f64 * RESOLVED).ceil() as usize).max(1) - 1;
    let (_, &mut resolved, _) = positive.select_nth_unstable_by(rank, f32::total_cmp);
    rungs().find(|&rung| rung >= resolved).unwrap_or(resolved)
}

/// Ticks of a log1p scale: 0, round numbers, and `top`. From 10 on, whole numbers only.
pub(crate) fn log1p(top: f32) -> Vec<f32> {
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
