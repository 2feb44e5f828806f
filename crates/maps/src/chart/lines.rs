//! Scores by lead time, or through time.

use super::{Along, Axis, Chart, Mark, Role, Series};

/// Values along named positions: one line a forecaster, with intervals where they are known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lines {
    /// What is shown.
    pub title: String,
    /// Months, vintage, n, and which way is good.
    pub subtitle: String,
    /// What the positions are, such as `months ahead`.
    pub along: String,
    /// Their names: steps or months.
    pub names: Vec<String>,
    /// What the values are, such as `CRPS`.
    pub value: String,
    /// The lines; more than eight can hardly be told apart.
    pub lines: Vec<Line>,
    /// A value to compare with and its name, such as 0 for no skill.
    pub reference: Option<(String, f64)>,
}

/// One line of [`Lines`].
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Whose it is.
    pub name: String,
    /// Who that is.
    pub role: Role,
    /// A value a position; NaN is a gap.
    pub values: Vec<f64>,
    /// An interval a position, or none at all.
    pub intervals: Vec<(f64, f64)>,
}

impl Lines {
    /// The chart.
    pub fn chart(&self) -> Chart {
        let mut series = Vec::new();
        if let Some((name, value)) = &self.reference {
            series.push(Series::new(name, Role::Reference, Mark::Rule(*value, Along::Y)));
        }
        for line in &self.lines {
            if !line.intervals.is_empty() {
                let at = |(i, &(low, high)): (usize, &(f64, f64))| (i as f64, low, high);
                let band = line.intervals.iter().enumerate().map(at).collect();
                series.push(Series::new("", line.role, Mark::Band(band)));
            }
            let points = line.values.iter().enumerate().map(|(i, &value)| (i as f64, value)).collect();
            series.push(Series::new(&line.name, line.role, Mark::Line(points)));
        }
        Chart {
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            x: Axis { label: self.along.clone(), names: self.names.clone(), ..Axis::default() },
            y: Axis { label: self.value.clone(), ..Axis::default() },
            series,
        }
    }
}
