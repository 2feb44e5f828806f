//! What every stage after validation knows.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use forewarn_core::{Axis, Cadence, FitArgs, Panel, Period, PredictArgs, Step};
use forewarn_data::panel_file;
use forewarn_data::validation::Finding;
use forewarn_store::StepOutput;
use serde::{Deserialize, Serialize};

use crate::components::ModelSpec;
use crate::engine::Engine;
use crate::{Resolved, Result};

/// File of the checked panel in the step of validation.
pub(crate) const PANEL: &str = "panel.parquet";
/// File of the features in the step that computes them.
pub(crate) const FEATURES: &str = "features.parquet";

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
    featured: OnceLock<StepOutput>,
    features: OnceLock<Panel>,
}

impl<'a> Context<'a> {
    /// After validation.
    pub(crate) fn new(
        run: &'a Resolved,
        engine: &'a Engine<'a>,
        validated: StepOutput,
        summary: Summary,
    ) -> Self {
        Self {
            run,
            engine,
            validated,
            summary,
            panel: OnceLock::new(),
            featured: OnceLock::new(),
            features: OnceLock::new(),
        }
    }

    /// Keeps where the features are that models learn from.
    pub(crate) fn keep_features(&self, featured: StepOutput) {
        self.featured.get_or_init(|| featured);
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

    /// The features that a model learns from, read when they are asked for first; `None` where it asks for none, or the
    /// run names no query set.
    fn features(&self, spec: &ModelSpec) -> Result<Option<&Panel>> {
        let Some(output) = self.featured.get().filter(|_| spec.model.needs().features) else {
            return Ok(None);
        };
        if let Some(features) = self.features.get() {
            return Ok(Some(features));
        }
        let features = panel_file::read(&output.dir.join(FEATURES))?;
        Ok(Some(self.features.get_or_init(|| features)))
    }

    /// What a model may learn from at the end of `until`.
    ///
    /// # Errors
    /// A period that is not on the axis, a file that cannot be read.
    pub(crate) fn fit_args(&self, spec: &ModelSpec, until: Period, seed: u64) -> Result<FitArgs<'_>> {
        let target = &self.run.config.target;
        let history = self.panel()?.until(until)?;
        let args = FitArgs::new(history, &target.column, target.kind, seed)?
            .with_steps(self.run.config.forecast.steps);
        Ok(match self.features(spec)? {
            Some(features) => args.with_features(features.until(until)?)?,
            None => args,
        })
    }

    /// What a model may know at `origin` when it forecasts `step`.
    ///
    /// # Errors
    /// A period that is not on the axis, a file that cannot be read.
    pub(crate) fn predict_args(
        &self,
        spec: &ModelSpec,
        origin: Period,
        step: Step,
        seed: u64,
    ) -> Result<PredictArgs<'_>> {
        let config = &self.run.config;
        let history = self.panel()?.until(origin)?;
        let args = PredictArgs::new(history, &config.target.column, step, config.forecast.draws, seed)?;
        Ok(match self.features(spec)? {
            Some(features) => args.with_features(features.until(origin)?)?,
            None => args,
        })
    }

    /// Digests of everything that a model reads.
    pub(crate) fn data_digest(&self, spec: &ModelSpec) -> Vec<String> {
        let featured = self.featured.get().filter(|_| spec.model.needs().features);
        std::iter::once(self.panel_digest()).chain(featured.map(|f| f.digest.to_string())).collect()
    }

    /// Digests of everything that a model reads, by name: `panel`, and `features` where it learns from some.
    pub(crate) fn inputs(&self, spec: &ModelSpec) -> BTreeMap<String, String> {
        let names = ["panel", "features"].map(str::to_owned);
        names.into_iter().zip(self.data_digest(spec)).collect()
    }

    /// Where the features are, in a run that has some.
    pub(crate) fn featured(&self) -> Option<&StepOutput> {
        self.featured.get()
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
