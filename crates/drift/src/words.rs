//! Numbers in the sentences of readings.

/// A number with four significant digits, as far as it needs them: `0.01235`, `1235`, `12`; `missing` for NaN,
/// `endless` for infinity.
pub(crate) fn number(x: f64) -> String {
    if x.is_nan() {
        return "missing".to_owned();
    }
    if x.is_infinite() {
        return "endless".to_owned();
    }
    if x == 0.0 {
        return "0".to_owned();
    }
    if !(1e-5..1e9).contains(&x.abs()) {
        return format!("{x:.3e}");
    }
    let decimals = (3 - x.abs().log10().floor() as i32).max(0) as usize;
    let text = format!("{x:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    if share.is_nan() { number(share) } else { format!("{} %", number(100.0 * share)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_digits_as_are_needed() {
        let texts =
            [0.0, -0.0, 12.0, 0.012_346, 1_234.56, -2.5, 1e21, 9.9999e-7, 99_999.96, f64::NAN].map(number);
        assert_eq!(
            texts,
            ["0", "0", "12", "0.01235", "1235", "-2.5", "1.000e21", "1.000e-6", "100000", "missing"]
        );
        assert_eq!((percent(0.125).as_str(), percent(f64::NAN).as_str()), ("12.5 %", "missing"));
    }
}
