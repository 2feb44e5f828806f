//! Faults that point at a place in a text.

use forewarn_core::Error;
use toml::Spanned;

/// What is wrong, and where in the text.
#[derive(Debug)]
pub(crate) struct Fault {
    offset: usize,
    reason: String,
}

impl Fault {
    /// A fault of what was read there.
    pub(crate) fn new<T>(place: &Spanned<T>, reason: impl Into<String>) -> Self {
        Self { offset: place.span().start, reason: reason.into() }
    }

    /// The error, with line and column, both from 1.
    pub(crate) fn at(&self, text: &str) -> Error {
        let before = text.get(..self.offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        Error::config("query set", format!("line {line}, column {column}: {}", self.reason))
    }
}

/// `; did you mean ...?` for the names that are much like `name`, nothing when there are none.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    let mut alike: Vec<(f64, &str)> =
        names.map(|n| (strsim::jaro_winkler(name, n), n)).filter(|(likeness, _)| *likeness > 0.75).collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    if alike.is_empty() {
        return String::new();
    }
    let names: Vec<String> = alike.iter().take(3).map(|(_, n)| format!("`{n}`")).collect();
    format!("; did you mean {}?", names.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_one() {
        let fault = |offset| Fault { offset, reason: "bad".to_owned() }.at("ab\ncäd\n").to_string();
        assert_eq!(fault(0), "query set: line 1, column 1: bad");
        assert_eq!(fault(6), "query set: line 2, column 3: bad");
    }

    #[test]
    fn near_names_are_offered() {
        let names = ["time-lag", "time-since", "log1p"];
        assert_eq!(nearest("time_lag", names.into_iter()), "; did you mean `time-lag`?");
        assert_eq!(nearest("xyz", names.into_iter()), "");
    }
}
