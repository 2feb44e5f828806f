//! What MLflow allows in names and values.

/// A name of a metric or parameter: letters, digits, `_`, `-`, `.`, space, `:` and `/`, at most 250 characters, and a path
/// that stays where it is.
pub(super) fn metric_name(name: &str) -> String {
    let usable = |c: char| c.is_ascii_alphanumeric() || "_-. :/".contains(c);
    let name: String = name.chars().take(250).map(|c| if usable(c) { c } else { '_' }).collect();
    // Names that are no plain path (`/a`, `a//b`, `../a`) are refused by the server.
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    parts.join("/")
}

/// At most `longest` characters; what is longer ends with three dots.
pub(super) fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest - 3).chain("...".chars()).collect()
}

/// Pieces of a list; none of an empty one.
pub(super) fn chunks<T>(all: &[T], size: usize) -> impl Iterator<Item = &[T]> {
    all.chunks(size)
}

/// A number that JSON cannot say, in the words of protocol buffers.
pub(super) fn not_finite(value: f64) -> &'static str {
    match value {
        v if v.is_nan() => "NaN",
        v if v > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_server_takes() {
        for (name, expected) in [
            ("pgm/ged_sb/crps", "pgm/ged_sb/crps"),
            ("brier:threshold=25", "brier:threshold_25"),
            ("/a//b/../c/", "a/b/c"),
            ("Güte", "G_te"),
        ] {
            assert_eq!(metric_name(name), expected);
        }
        assert_eq!(metric_name(&"x".repeat(300)).len(), 250);
    }

    #[test]
    fn long_texts_are_cut_where_a_character_ends() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("äbcdefg", 6), "äbc...");
    }

    #[test]
    fn what_is_not_finite_has_words() {
        assert_eq!(
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(not_finite),
            ["NaN", "Infinity", "-Infinity"]
        );
    }
}
