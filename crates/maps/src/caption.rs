//! What every map says about the forecast it shows.

use forewarn_core::MapArgs;

use crate::text::thousands;

/// Between the parts of a subtitle.
pub(crate) const DOT: &str = " · ";

/// Origin, step, model, what it was made of, and the edition of the data.
pub(crate) fn subtitle(args: &MapArgs<'_>) -> String {
    let field = args.field;
    let made_of = match (field.is_point(), field.width()) {
        (true, _) => "point forecast".to_owned(),
        (false, 1) => "1 draw".to_owned(),
        (false, draws) => format!("{draws} draws"),
    };
    let step = format!("step {}", field.step);
    joined(&[&origin(args), &step, args.model, &made_of, args.vintage])
}

/// Origin and edition, for what is about observations and not about one forecast.
pub(crate) fn observations(args: &MapArgs<'_>) -> String {
    joined(&[&origin(args), args.vintage])
}

fn origin(args: &MapArgs<'_>) -> String {
    format!("Origin {}", args.cadence.label(args.field.origin))
}

fn joined(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(DOT)
}

/// A title: what, and for which period.
pub(crate) fn title(what: &str, args: &MapArgs<'_>) -> String {
    format!("{what}, {}", args.cadence.label(args.field.target()))
}

/// A share (0-1) as people say it.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", number((100.0 * share) as f32))
}

/// A number as people read it: thousands apart, no trailing zeros, at most three decimals.
pub(crate) fn number(value: f32) -> String {
    let text = format!("{value:.3}");
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("−", digits));
    let grouped = format!("{sign}{}", thousands(digits));
    match decimals.trim_end_matches('0') {
        "" => grouped,
        rest => format!("{grouped}.{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let cases = [
            (0.0, "0"),
            (0.05, "0.05"),
            (2.5, "2.5"),
            (999.0, "999"),
            (1000.0, "1,000"),
            (1_234_567.0, "1,234,567"),
            (-1234.5, "−1,234.5"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
