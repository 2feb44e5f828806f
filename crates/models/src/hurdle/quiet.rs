//! Where nothing has happened for long.

/// For each period and unit, whether no event was observed in the `periods` periods that end with it; periods x units.
///
/// An event is a target above 0. What was not observed, or lies before the first period, is no event that one knows of.
pub(super) fn all(target: &[f32], units: usize, periods: usize) -> Vec<bool> {
    let mut since = vec![periods; units];
    let mut quiet = Vec::with_capacity(target.len());
    for row in target.chunks_exact(units) {
        for (since, &y) in since.iter_mut().zip(row) {
            *since = if y > 0.0 { 0 } else { *since + 1 };
            quiet.push(*since >= periods);
        }
    }
    quiet
}

/// The last row of [`all`].
pub(super) fn now(target: &[f32], units: usize, periods: usize) -> Vec<bool> {
    let from = target.len().saturating_sub(units * periods);
    let recent = all(&target[from..], units, periods);
    recent[recent.len() - units..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_begins_when_the_last_event_is_long_enough_ago() {
        let nan = f32::NAN;
        // Two units, six periods.
        let target = [0.0, 1.0, 2.0, 0.0, 0.0, nan, nan, 0.0, 0.0, 0.0, 3.0, nan];
        let found = all(&target, 2, 3);
        let of = |unit: usize| found.iter().skip(unit).step_by(2).copied().collect::<Vec<_>>();
        assert_eq!(of(0), [true, false, false, false, true, false]);
        assert_eq!(of(1), [false, false, false, true, true, true]);
        for periods in 1..=6 {
            for end in 1..=6 {
                let history = &target[..2 * end];
                assert_eq!(now(history, 2, periods), all(history, 2, periods)[2 * end - 2..], "{periods}, {end}");
            }
        }
    }
}
