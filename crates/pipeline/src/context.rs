//! What every stage after validation knows.

use std::sync::OnceLock;

use forewarn_core::{Axis, Cadence, Panel, Period};
use forewarn_data::panel_file;
use forewarn_data::validation::Finding;
use forewarn_store::StepOutput;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::{Resolved, Result};

/// File of the checked panel in the step of validation.
pub(crate) const PANEL: &str = "panel.parquet";

/// What validation found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Rows read.
    pub(crate) rows: u64,
    /// Rows in quarantine.
    pub rejected: u64,
    /// Periods of the panel.
    pub axis: Axis,
    /// Units of the panel.
    pub units: u64,
    /// Values of the target that are present.
    pub present: u64,
    /// Share of zeros among them (0-1).
    pub zero_share: f64,
    /// What was noticed.
    pub findings: Vec<Finding>,
}

/// The run, its steps and its panel, which is read only when something has to be made from it.
pub(crate) struct Context<'a> {
    /// The configuration.
    pub run: &'a Resolved,
    /// Does the steps.
    pub engine: &'a Engine<'a>,
    validated: StepOutput,
    summary: Summary,
    panel: OnceLock<Panel>,
}

impl<'a> Context<'a> {
    /// After validation.
    pub(crate) fn new(
        run: &'a Resolved,
        engine: &'a Engine<'a>,
        validated: StepOutput,
        summary: Summary,
    ) -> Self {
        Self { run, engine, validated, summary, panel: OnceLock::new() }
    }

    /// The checked panel.
    ///
    /// # Errors
    /// [`crate::Error::Data`] when its file cannot be read.
    pub(crate) fn panel(&self) -> Result<&Panel> {
        if let Some(panel) = self.panel.get() {
            return Ok(panel);
        }
        let panel = panel_file::read(&self.validated.dir.join(PANEL))?;
        Ok(self.panel.get_or_init(|| panel))
    }

    /// Digest of the checked panel.
    pub(crate) fn panel_digest(&self) -> String {
        self.validated.digest.to_string()
    }

    /// What validation found.
    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Where validation left its files.
    pub(crate) fn validated(&self) -> &StepOutput {
        &self.validated
    }

    /// The periods of the panel.
    pub(crate) fn axis(&self) -> Axis {
        self.summary.axis
    }

    /// How often it is observed.
    pub(crate) fn cadence(&self) -> Cadence {
        self.axis().cadence
    }

    /// The last observed period: the origin of the forecasts that are issued.
    pub(crate) fn origin(&self) -> Period {
        self.axis().last()
    }
}
