//! Charts: what to draw as plain values, and [`svg`], which draws it.
//!
//! A [`Chart`] has two axes and series with a name and a role; [`Fan`], [`Lines`], [`Histogram`],
//! [`Reliability`] and [`Ranked`] make the kinds that reports show. [`svg`] is pure: the same chart gives
//! the same bytes. Colours are classes, so a page sets them ([`STYLE`]) for light, dark and print. What is
//! missing is a gap, never zero.

mod binomial;
mod draw;
mod fan;
mod frame;
mod histogram;
mod lines;
mod markup;
mod ranked;
mod reliability;
mod tick;
mod words;

pub use draw::{Svg, svg};
pub use fan::Fan;
pub use histogram::Histogram;
pub use lines::{Line, Lines};
pub use ranked::{Ranked, Standing};
pub use reliability::{Bin, Reliability};
pub use words::described;

/// The style sheet of charts. It takes its colours from the page: `--ink`, `--muted`, `--line`, `--c0` to
/// `--c5` for models and `--b` for baselines.
pub const STYLE: &str = include_str!("chart/style.css");

/// What to draw.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chart {
    /// What is shown, such as `Deaths by month, observed and forecast`. With the subtitle and the numbers it
    /// is what a screen reader says; the page shows it above the picture.
    pub title: String,
    /// Which months, vintage and n.
    pub subtitle: String,
    /// To the right.
    pub x: Axis,
    /// Upwards; from top to bottom where it has names.
    pub y: Axis,
    /// What is drawn. Bands lie below bars, rules, lines and dots, whatever their order.
    pub series: Vec<Series>,
}

/// An axis.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Axis {
    /// What it shows, with its unit, such as `deaths a month`.
    pub label: String,
    /// How numbers become distances.
    pub scale: Scale,
    /// Names of the positions 0, 1, 2, ...; empty for an axis of numbers.
    pub names: Vec<String>,
    /// The axis holds at least these values; it always holds all that is drawn.
    pub holds: Option<(f64, f64)>,
}

/// How numbers become distances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// As they are.
    #[default]
    Linear,
    /// `log(1 + x)`: zero has a place, ticks stay in the original unit. From -1 down nothing can be drawn.
    Log1p,
}

/// Something drawn, with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name, written at its end; nothing is written for an empty one.
    pub name: String,
    /// Who it is, which sets its colour.
    pub role: Role,
    /// What is drawn.
    pub mark: Mark,
}

/// Who a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What was observed.
    Observed,
    /// A forecast; six numbers have colours of their own.
    Model(usize),
    /// What forecasts are compared with; three numbers have dashes of their own.
    Baseline(usize),
    /// What would be, such as no difference or perfect calibration.
    Reference,
}

/// What is drawn. A value that is not finite is a gap.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// Points joined by a line, by ascending x.
    Line(Vec<(f64, f64)>),
    /// Intervals `(x, low, high)` joined to an area, by ascending x.
    Band(Vec<(f64, f64, f64)>),
    /// Bars from zero, one unit of x wide, less a gap.
    Bars(Vec<(f64, f64)>),
    /// Points, each with its interval.
    Dots(Vec<Dot>, Along),
    /// A straight line across the frame at a value of the axis named.
    Rule(f64, Along),
}

/// A point with an interval.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dot {
    /// Where it stands, `(x, y)`.
    pub at: (f64, f64),
    /// Lower and upper end of its interval.
    pub interval: Option<(f64, f64)>,
    /// A word at the edge of the frame, such as how many cases are behind it; may be empty.
    pub note: String,
}

/// An axis by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// The x axis.
    X,
    /// The y axis.
    Y,
}

impl Series {
    /// A series.
    pub fn new(name: impl Into<String>, role: Role, mark: Mark) -> Self {
        Self { name: name.into(), role, mark }
    }
}

impl Scale {
    /// Distance of a value in units of the axis; `None` when it has none.
    fn distance(self, value: f64) -> Option<f64> {
        let distance = match self {
            Self::Linear => value,
            Self::Log1p if value <= -1.0 => return None,
            Self::Log1p => value.ln_1p(),
        };
        distance.is_finite().then_some(distance)
    }
}

#[cfg(test)]
mod tests;
