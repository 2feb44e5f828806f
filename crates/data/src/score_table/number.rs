//! Numbers as text: what all formats agree on.

/// What to write for a missing number, for messages.
pub(super) const CURE: &str = "write a number, or NA where it is missing";

/// The number that `text` names; NaN where it is missing: empty, `NA`, `NaN` or `null`.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    let missing = text.is_empty() || text.eq_ignore_ascii_case("na") || text.eq_ignore_ascii_case("null");
    missing.then_some(f64::NAN)
}

/// The number that quoted text names in JSON: only what cannot be written as a number there.
pub(super) fn parse_word(text: &str) -> Option<f64> {
    parse(text).filter(|value| !value.is_finite() && !text.contains(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_is_not_zero_and_words_are_not_numbers() {
        for text in ["", "  ", "NA", "na", "NaN", "nan", "null", " NULL "] {
            assert!(parse(text).unwrap().is_nan(), "{text:?}");
        }
        assert_eq!((parse(" 1.5e1 "), parse("-0"), parse("+3")), (Some(15.0), Some(0.0), Some(3.0)));
        for (text, value) in
            [("inf", f64::INFINITY), ("Infinity", f64::INFINITY), ("-Inf", f64::NEG_INFINITY)]
        {
            assert_eq!(parse(text), Some(value));
            assert_eq!(parse_word(text), Some(value));
        }
        for text in ["1,5", "six", "1 2", "0x10", "--", "n/a", "none"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert!(parse_word("NA").unwrap().is_nan());
        assert_eq!((parse_word("1.5"), parse_word("1e999"), parse_word("six")), (None, None, None));
    }
}
