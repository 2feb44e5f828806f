//! Numbers as people read them.

pub(super) use forewarn_catalog::text::MISSING;
pub(crate) use forewarn_catalog::text::{count, number};
use forewarn_core::Better;

/// A number, or that there is none.
pub(crate) fn maybe(value: Option<f64>) -> String {
    value.map_or_else(|| MISSING.to_owned(), number)
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
    let size = share.abs() * 100.0;
    // Above a thousand tenths say nothing.
    if size >= 1000.0 {
        format!("{sign}{}\u{a0}%", count(size.round() as u64))
    } else {
        format!("{sign}{size:.1}\u{a0}%")
    }
}

/// Which way is good, in words.
pub(super) fn direction(better: Better) -> String {
    match better {
        Better::Lower => "lower is better".to_owned(),
        Better::Higher => "higher is better".to_owned(),
        Better::Near(best) => format!("best near {}", number(best)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(change(-13.032), "−1,303\u{a0}%");
    }
}
