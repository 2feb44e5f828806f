//! How rows and columns make a forecast.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// How rows and columns make a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// A row a unit and month, with a list of draws in one cell. Parquet only.
    DrawLists,
    /// A row a unit, month and draw.
    LongDraws,
    /// A row a unit, or a unit and origin or month, with a column for each step.
    WideSteps,
    /// A row a unit and month, with one number.
    LongPoints,
}

impl Layout {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::DrawLists, Self::LongDraws, Self::WideSteps, Self::LongPoints];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::DrawLists => "draw-lists",
            Self::LongDraws => "long-draws",
            Self::WideSteps => "wide-steps",
            Self::LongPoints => "long-points",
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Layout {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        by_name("layout", text, Self::ALL.map(|layout| (layout.name(), layout)))
    }
}

/// The one of that name.
pub(super) fn by_name<T: Copy, const N: usize>(
    setting: &str,
    text: &str,
    all: [(&str, T); N],
) -> Result<T, Error> {
    let found = all.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    found.ok_or_else(|| Error::Config {
        setting: setting.to_owned(),
        reason: format!("there is no `{text}`; there are: {}", all.map(|(name, _)| name).join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_everywhere() {
        for layout in Layout::ALL {
            assert_eq!(layout.to_string().parse::<Layout>().unwrap(), layout);
            assert_eq!(serde_json::to_value(layout).unwrap(), layout.name());
        }
        let e = "long".parse::<Layout>().unwrap_err().to_string();
        assert_eq!(
            e,
            "layout: there is no `long`; there are: draw-lists, long-draws, wide-steps, long-points"
        );
    }
}
