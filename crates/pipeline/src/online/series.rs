//! The scores of a month by forecaster, metric and step, as a table: month by month they are a time series.

use std::fmt::Write as _;
use std::path::Path;

use forewarn_store::StepOutput;

use super::pool::monthly;
use super::sheet::Sheet;
use crate::scores::NamedMetric;
use crate::truth::Told;
use crate::{Error, Result};

/// Its name in the step.
pub(super) const TABLE: &str = "series.csv";

/// One line a forecaster, metric and step; step `all` is the score of all steps together. No value where there is no score.
/// The edition is the first that says of the month what it was scored by.
pub(super) fn table((month, truth): (&str, &Told), sheets: &[Sheet], metrics: &[NamedMetric]) -> String {
    let mut out = String::from("month,model,metric,step,value,n,edition,provisional\n");
    let (edition, provisional) = (truth.since, truth.provisional);
    for sheet in sheets {
        for (i, metric) in metrics.iter().enumerate() {
            let metric_of = (i, metric.metric.as_ref());
            let mut line = |step: &str, score: Option<(f64, u64)>, rows: u64| {
                let (value, n) = score.map_or((String::new(), rows), |(value, n)| (value.to_string(), n));
                // Writing to a String cannot fail.
                let _ = writeln!(
                    out,
                    "{month},{},{},{step},{value},{n},{edition},{provisional}",
                    sheet.name,
                    quoted(&metric.name)
                );
            };
            let rows = sheet.steps.iter().map(|step| step.rows).sum();
            line("all", monthly(metric_of, sheet, |_| true), rows);
            for step in &sheet.steps {
                let score = monthly(metric_of, sheet, |of| of.step == step.step);
                line(&step.step.to_string(), score, step.rows);
            }
        }
    }
    out
}

/// A metric with several settings has commas.
pub(super) fn quoted(name: &str) -> String {
    if name.contains(',') { format!("\"{name}\"") } else { name.to_owned() }
}

/// Copies the one result of a step to where people look for it, unless it is there.
///
/// # Errors
/// A file that cannot be read or written.
pub(super) fn publish(made: &StepOutput, path: &Path) -> Result<()> {
    for name in made.files.keys() {
        let from = made.dir.join(name);
        let bytes = std::fs::read(&from).map_err(Error::io(&from))?;
        super::write_once(path, &bytes)?;
    }
    Ok(())
}
