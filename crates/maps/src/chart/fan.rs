//! What was observed, and the fan of what is forecast.

use super::{Along, Axis, Chart, Mark, Role, Scale, Series};

/// A history with a forecast: a line, then a median in two bands. Missing values are NaN.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fan {
    /// What is shown.
    pub title: String,
    /// Origin, vintage, model, n.
    pub subtitle: String,
    /// What the values are, such as `deaths a month`.
    pub unit: String,
    /// Labels of the periods: those observed, then those forecast.
    pub periods: Vec<String>,
    /// Observed values, one for each of the first periods.
    pub observed: Vec<f64>,
    /// Medians, one for each of the periods after those observed.
    pub median: Vec<f64>,
    /// The 25 % and 75 % quantiles: half of the possible outcomes lie between; as many as medians, or none.
    pub half: Vec<(f64, f64)>,
    /// The 5 % and 95 % quantiles: nine of ten lie between; as many as medians, or none.
    pub most: Vec<(f64, f64)>,
    /// How values become heights; counts with a long tail are read on [`Scale::Log1p`].
    pub scale: Scale,
}

impl Fan {
    /// The chart: the origin is marked, and the forecast begins after it.
    pub fn chart(&self) -> Chart {
        let known = self.observed.len();
        let numbered = |values: &[f64], from: usize| {
            Mark::Line(values.iter().enumerate().map(|(i, &y)| ((from + i) as f64, y)).collect())
        };
        let between = |ends: &[(f64, f64)]| {
            let at = |(i, &(low, high)): (usize, &(f64, f64))| ((known + i) as f64, low, high);
            Mark::Band(ends.iter().enumerate().map(at).collect())
        };
        let mut series = Vec::new();
        for (name, ends) in [("middle 90\u{a0}%", &self.most), ("middle 50\u{a0}%", &self.half)] {
            if !ends.is_empty() {
                series.push(Series::new(name, Role::Model(0), between(ends)));
            }
        }
        if let Some(last) = known.checked_sub(1) {
            series.push(Series::new("observed", Role::Observed, numbered(&self.observed, 0)));
            let origin = Mark::Rule(last as f64, Along::X);
            series.push(Series::new("", Role::Reference, origin));
        }
        series.push(Series::new("median", Role::Model(0), numbered(&self.median, known)));
        let scale = if self.scale == Scale::Log1p { ", on a logarithmic scale" } else { "" };
        Chart {
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            x: Axis { names: self.periods.clone(), ..Axis::default() },
            y: Axis {
                label: format!("{}{scale}", self.unit),
                scale: self.scale,
                holds: Some((0.0, 0.0)),
                ..Axis::default()
            },
            series,
        }
    }
}
