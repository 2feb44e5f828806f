//! Text as markup and people need it: what comes from outside escaped, numbers with thousands apart.

/// Shown in place of a number that does not exist.
pub const MISSING: &str = "missing";

/// Text in which the characters are escaped that mean something in HTML and XML, in attributes too.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_to(text, &mut out);
    out
}

/// Adds escaped text.
pub fn escape_to(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // HTML and XML allow no control characters, even escaped; a reader should see that there was one.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

/// A number as people read it: about three significant digits, thousands apart; [`MISSING`] for none.
pub fn number(value: f64) -> String {
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

/// A count, thousands apart; [`MISSING`] for one that is below zero or beyond 64 bits.
pub fn count(value: impl TryInto<u64>) -> String {
    value.try_into().map_or_else(|_| MISSING.to_owned(), |value| thousands(&value.to_string()))
}

/// Digits in groups of three.
pub(crate) fn thousands(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
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
    fn what_comes_from_outside_stays_text() {
        assert_eq!(escape("a<b & \"c\"\u{1}>'\n"), "a&lt;b &amp; &quot;c&quot;\u{fffd}&gt;&#39;\n");
    }

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
        assert_eq!((count(5_034_240_u64).as_str(), count(-1).as_str()), ("5,034,240", "missing"));
    }
}
