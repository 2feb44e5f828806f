//! Numbers as people read them.

use forewarn_core::Better;

/// Shown in place of a number that does not exist.
pub(super) const MISSING: &str = "missing";

/// About three significant digits, thousands apart.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return MISSING.to_owned();
    }
    let size = value.abs();
    let decimals = if size == 0.0 { 0 } else { (2 - size.log10().floor() as i32).clamp(0, 6) as usize };
    let text = format!("{size:.decimals$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let point = if rest.is_empty() { "" } else { "." };
    // What rounds to zero without being it says so.
    let below = if size > 0.0 && rest.is_empty() && whole == "0" { "≈ " } else { "" };
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{below}{sign}{}{point}{rest}", thousands(whole))
}

/// A number, or that there is none.
pub(crate) fn maybe(value: Option<f64>) -> String {
    value.map_or_else(|| MISSING.to_owned(), number)
}

/// A count, thousands apart.
pub(crate) fn count(value: impl TryInto<u64>) -> String {
    value.try_into().map_or_else(|_| MISSING.to_owned(), |value| thousands(&value.to_string()))
}

/// A probability or share as per cent.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        p if !p.is_finite() => MISSING.to_owned(),
        p if p > 0.0 && p < 0.1 => "< 0.1\u{a0}%".to_owned(),
        // «100 %» is for what is certain.
        p if p > 99.9 && p < 100.0 => "> 99.9\u{a0}%".to_owned(),
        p if p.fract() == 0.0 || (10.0..90.0).contains(&p) => format!("{p:.0}\u{a0}%"),
        p => format!("{p:.1}\u{a0}%"),
    }
}

/// A relative change with its sign.
pub(crate) fn change(share: f64) -> String {
    if !share.is_finite() {
        return MISSING.to_owned();
    }
    let sign = if share < 0.0 { "−" } else { "+" };
    format!("{sign}{:.1}\u{a0}%", share.abs() * 100.0)
}

/// Which way is good, in words.
pub(super) fn direction(better: Better) -> String {
    match better {
        Better::Lower => "lower is better".to_owned(),
        Better::Higher => "higher is better".to_owned(),
        Better::Near(best) => format!("best near {}", number(best)),
    }
}

fn thousands(digits: &str) -> String {
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let cases = [
            (0.0, "0"),
            (0.001_234, "0.00123"),
            (0.5, "0.5"),
            (12.345, "12.3"),
            (999.6, "1,000"),
            (1_234_567.8, "1,234,568"),
            (-2.0, "−2"),
            (1e-9, "≈ 0"),
            (f64::NAN, "missing"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn per_cent_never_claims_certainty() {
        let cases = [
            (0.0, "0\u{a0}%"),
            (0.0004, "< 0.1\u{a0}%"),
            (0.034, "3.4\u{a0}%"),
            (0.5, "50\u{a0}%"),
            (0.9999, "> 99.9\u{a0}%"),
            (1.0, "100\u{a0}%"),
            (f64::NAN, "missing"),
        ];
        for (share, text) in cases {
            assert_eq!(percent(share), text);
        }
        assert_eq!((change(-0.05).as_str(), change(0.123).as_str()), ("−5.0\u{a0}%", "+12.3\u{a0}%"));
        assert_eq!(count(5_034_240_u64), "5,034,240");
    }
}
