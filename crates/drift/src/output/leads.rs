//! Ranges of steps that are looked at together.

use forewarn_core::prelude::*;

/// Ranges of steps, first and last, that are looked at together, one reading each. A range with no step of the
/// forecast gives none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Leads(pub Vec<[u16; 2]>);

impl Default for Leads {
    fn default() -> Self {
        Self(vec![[1, 1], [2, 6], [7, 12], [13, 36]])
    }
}

impl Leads {
    pub(super) fn check(&self, component: &str) -> Result<()> {
        match self.0.iter().find(|[first, last]| *first == 0 || first > last) {
            Some(range) => {
                let reason = format!("`leads` has {range:?}; a range is a first and a last step, from 1");
                Err(Error::config(component, reason))
            }
            None if self.0.is_empty() => {
                Err(Error::config(component, "`leads` is empty; name a range of steps"))
            }
            None => Ok(()),
        }
    }

    /// The ranges with a step of the forecast.
    pub(super) fn ranges(&self, outlook: &Outlook) -> Vec<Range> {
        let present = |[first, last]: &[u16; 2]| {
            let steps = outlook.steps.iter().map(|field| field.step);
            Range(steps.filter(|step| (*first..=*last).contains(&step.0)).collect())
        };
        self.0.iter().map(present).filter(|range| !range.0.is_empty()).collect()
    }
}

/// Steps of a forecast that are looked at together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range(Vec<Step>);

impl Range {
    /// `step 1`, `steps 2-6`.
    pub(super) fn label(&self) -> String {
        match (self.0.first(), self.0.last()) {
            (Some(first), Some(last)) if first != last => format!("steps {first}-{last}"),
            (Some(first), _) => format!("step {first}"),
            _ => "no step".to_owned(),
        }
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The summaries of the steps; `None` when a forecast lacks one of them.
    pub(super) fn fields<'a>(&self, outlook: &'a Outlook) -> Option<Vec<&'a FieldSummary>> {
        self.0.iter().map(|step| outlook.step(*step)).collect()
    }

    /// The sum over steps of a number; `None` when a forecast lacks one of them.
    pub(super) fn sum(&self, outlook: &Outlook, of: impl Fn(&FieldSummary) -> f64) -> Option<f64> {
        Some(self.fields(outlook)?.into_iter().map(of).sum())
    }

    /// The sums over steps of the numbers of each unit, for the units that all steps are of.
    pub(super) fn by_unit<'a>(
        &self,
        outlook: &'a Outlook,
        of: impl Fn(&FieldSummary) -> &[f32],
    ) -> Option<(&'a Units, Vec<f64>)> {
        let fields = self.fields(outlook)?;
        let units = &fields.first()?.units;
        let mut sums = vec![0.0; units.len()];
        for field in &fields {
            if field.units != *units {
                return None;
            }
            for (sum, value) in sums.iter_mut().zip(of(field)) {
                *sum += f64::from(*value);
            }
        }
        Some((units, sums))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::cases::outlook;

    #[test]
    fn ranges_hold_what_the_forecast_has() {
        let o = outlook(500, &[1, 3, 4, 9], &[[1.0, 2.0], [0.5, 0.5], [1.0, 1.0], [0.0, f32::NAN]]);
        let ranges = Leads::default().ranges(&o);
        assert_eq!(ranges.iter().map(Range::label).collect::<Vec<_>>(), ["step 1", "steps 3-4", "step 9"]);
        assert_eq!(ranges[1].sum(&o, FieldSummary::sum), Some(3.0));
        assert_eq!(ranges[1].by_unit(&o, |f| &f.means).unwrap().1, [1.5, 1.5]);
        let short = outlook(500, &[1, 3], &[[1.0, 2.0], [0.5, 0.5]]);
        assert_eq!(ranges[1].sum(&short, FieldSummary::sum), None);
    }

    #[test]
    fn what_is_no_range_is_refused() {
        let error = |leads: Leads| leads.check("mean").unwrap_err().to_string();
        assert!(error(Leads(vec![[2, 1]])).contains("`leads` has [2, 1]"));
        assert!(error(Leads(vec![[0, 1]])).contains("from 1"));
        assert!(error(Leads(vec![])).contains("`leads` is empty"));
        assert!(Leads::default().check("mean").is_ok());
    }
}
