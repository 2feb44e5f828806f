//! One value each, best first: models beside baselines, or countries.

use super::{Along, Axis, Chart, Dot, Mark, Role, Series};

/// A row each, with a dot and its interval.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranked {
    /// What is shown.
    pub title: String,
    /// Months, vintage, n, and which way is good.
    pub subtitle: String,
    /// What the values are, such as `skill against the best baseline`.
    pub value: String,
    /// The rows, from top to bottom.
    pub rows: Vec<Standing>,
    /// A value to compare with and its name, such as 0 for no skill.
    pub reference: Option<(String, f64)>,
}

/// One row of [`Ranked`].
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Whose it is.
    pub name: String,
    /// Who that is: dots for models, squares for baselines.
    pub role: Role,
    /// Its value; a row whose value is NaN stays empty.
    pub value: f64,
    /// Where the value is.
    pub interval: Option<(f64, f64)>,
    /// Words at the end of the row, such as `n = 1,572`; may be empty.
    pub note: String,
}

impl Ranked {
    /// The chart.
    pub fn chart(&self) -> Chart {
        let mut series = Vec::new();
        if let Some((name, value)) = &self.reference {
            series.push(Series::new(name, Role::Reference, Mark::Rule(*value, Along::X)));
        }
        let mut roles: Vec<Role> = Vec::new();
        for row in &self.rows {
            if !roles.contains(&row.role) {
                roles.push(row.role);
            }
        }
        for role in roles {
            let of = self.rows.iter().enumerate().filter(|(_, row)| row.role == role);
            let dot = |(i, row): (usize, &Standing)| {
                let Standing { value, interval, note, .. } = row;
                Dot { at: (*value, i as f64), interval: *interval, note: note.clone() }
            };
            let name = if matches!(role, Role::Baseline(_)) { "baselines" } else { "values" };
            series.push(Series::new(name, role, Mark::Dots(of.map(dot).collect(), Along::X)));
        }
        let names = self.rows.iter().map(|row| row.name.clone()).collect();
        Chart {
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            x: Axis { label: self.value.clone(), ..Axis::default() },
            y: Axis { names, ..Axis::default() },
            series,
        }
    }
}
