//! A sweep that has been checked: everything that can be wrong is found before anything is fitted.

use std::path::Path;

use forewarn_catalog::{MODELS, find, parse_metric};
use forewarn_core::PartitionName;
use serde_json::Value;

use super::file::{HalvingFile, ORIGINS, SweepFile, Text};
use super::halving::Halving;
use super::search::{Method, Proposal, Search};
use super::settings::merged;
use super::space::{Dimension, Settings};
use crate::components::{self, ModelSpec};
use crate::scores::{Intervals, NamedMetric};
use crate::usage::Usage;
use crate::{Error, Resolved, Result};

/// What is done.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Name of the sweep.
    pub(crate) name: String,
    /// The run, with the model alone and the evaluation of the sweep.
    pub(crate) run: Resolved,
    /// The model as its file has it.
    pub(crate) model: ModelSpec,
    /// What is minimised, or maximised.
    pub(crate) objective: NamedMetric,
    /// Which settings are tried.
    pub(crate) search: Search,
    /// What successive halving gives more of.
    pub(crate) resource: Option<Resource>,
    /// CPU seconds after which no trial starts.
    pub(crate) budget: Option<f64>,
}

/// What successive halving gives more of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resource {
    /// Origins of the evaluation, from the first on.
    Origins,
    /// A setting of the model.
    Setting(String),
}

impl Plan {
    /// Reads the file of a sweep and all that it names. `environment` and `flags` go over the run's configuration.
    ///
    /// # Errors
    /// [`Error::Config`] that points at what does not fit: an unknown key, metric, model or setting, an empty range, a
    /// value that the model refuses.
    pub(crate) fn read(path: &Path, environment: &[(String, String)], flags: &[String]) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::config(path.display().to_string(), format!("the sweep cannot be read ({e})"))
        })?;
        let text = Text { file: path, text: &text };
        let file = text.sweep()?;
        let dimensions = text.dimensions()?;
        check(&text, &file)?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let config = folder.join(&file.config);
        let mut run = Resolved::load(&config, environment, flags).map_err(|e| match e {
            Error::Io { .. } => {
                Error::config(path.display().to_string(), format!("`config` cannot be read: {e}"))
            }
            e => e,
        })?;
        let (label, metric) = parse_metric(file.objective.get_ref())
            .map_err(|e| text.error(file.objective.span().start, e.to_string()))?;
        narrow(&text, &file, &mut run, &label)?;
        let model = components::models(&run)?.pop();
        let model = model.ok_or_else(|| text.error(file.model.span().start, "there is no such model"))?;
        let (halving, resource) = halving(&text, &file, &mut run)?;
        try_values(&text, &model, &dimensions)?;
        let search = Search {
            space: dimensions.into_iter().map(|(dimension, _)| dimension).collect(),
            method: file.method,
            trials: *file.trials.get_ref(),
            halving,
            seed: file.seed,
        };
        let plan = Self {
            name: file.name.into_inner(),
            run,
            model,
            objective: NamedMetric { name: label, metric },
            search,
            resource,
            budget: file.budget.map(toml::Spanned::into_inner),
        };
        plan.try_resource(&text, file.halving.map_or(0, |halving| halving.span().start))?;
        Ok(plan)
    }

    /// The model with the settings of a trial; the seed of its name stays the same, so that trials differ by their
    /// settings alone.
    ///
    /// # Errors
    /// What the model says of a combination that it refuses.
    pub(crate) fn model(&self, proposal: &Proposal) -> Result<ModelSpec, String> {
        build(&self.model, &self.settings(proposal)?)
    }

    /// All settings of a trial.
    ///
    /// # Errors
    /// A path that leads through something that is no table.
    pub(crate) fn settings(&self, proposal: &Proposal) -> Result<Value, String> {
        let mut values = proposal.settings.clone();
        if let (Some(Resource::Setting(path)), Some(amount)) = (&self.resource, proposal.resource) {
            values.insert(path.clone(), Value::from(amount));
        }
        merged(&self.model.settings, &values)
    }

    /// Builds the model with the least and the most of a resource that is a setting.
    fn try_resource(&self, text: &Text<'_>, offset: usize) -> Result<()> {
        let (Some(Resource::Setting(path)), Some(halving)) = (&self.resource, self.search.halving) else {
            return Ok(());
        };
        if self.search.space.iter().any(|dimension| dimension.path == *path) {
            return Err(
                text.error(offset, format!("`{path}` is the resource, it cannot be searched as well"))
            );
        }
        for amount in [halving.min, halving.max] {
            let settings = first_values(&self.search.space);
            let tried = self.model(&Proposal { settings, resource: Some(amount) });
            tried.map_err(|e| text.error(offset, format!("`{path}` = {amount}: {e}")))?;
        }
        Ok(())
    }
}

/// What can be seen from the file alone.
fn check(text: &Text<'_>, file: &SweepFile) -> Result<()> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let name = file.name.get_ref();
    if name.is_empty() || !name.chars().all(is_word) {
        let reason =
            format!("`{name}` is no name of a sweep (expected lower-case letters, digits, `-` and `_`)");
        return Err(text.error(file.name.span().start, reason));
    }
    if *file.trials.get_ref() == 0 {
        return Err(text.error(file.trials.span().start, "`trials` is 0; at least 1 is needed"));
    }
    if let Some(budget) = file.budget.as_ref().filter(|b| !(b.get_ref().is_finite() && *b.get_ref() > 0.0)) {
        let reason = format!("`budget` is {}; it must be a number of CPU seconds above 0", budget.get_ref());
        return Err(text.error(budget.span().start, reason));
    }
    if let Some(budget) = file.budget.as_ref().filter(|_| Usage::now().cpu_seconds.is_none()) {
        let reason = "`budget` needs the CPU time of a process, which this system does not tell";
        return Err(text.error(budget.span().start, reason));
    }
    if let Some(halving) = file.halving.as_ref().filter(|_| file.method != Method::SuccessiveHalving) {
        let reason = "[halving] is for method = \"successive-halving\"";
        return Err(text.error(halving.span().start, reason));
    }
    Ok(())
}

/// Leaves of the run what the sweep needs: one model, one metric, no intervals, its own evaluation.
fn narrow(text: &Text<'_>, file: &SweepFile, run: &mut Resolved, objective: &str) -> Result<()> {
    let (model, overrides) = (file.model.get_ref(), &file.evaluation);
    if !run.config.models.contains(model) {
        let there = run.config.models.join(", ");
        let reason = format!("`{model}` is no model of {}; there are: {there}", run.file.display());
        return Err(text.error(file.model.span().start, reason));
    }
    run.config.models = vec![model.clone()];
    run.config.ensembles = Vec::new();
    let (forecast, evaluation) = (&mut run.config.forecast, &mut run.config.evaluation);
    forecast.steps = overrides.steps.unwrap_or(forecast.steps);
    evaluation.origins = overrides.origins.unwrap_or(evaluation.origins);
    evaluation.stride = overrides.stride.unwrap_or(evaluation.stride);
    evaluation.partition = PartitionName::Calibration;
    if let Some(ranges) = &overrides.ranges {
        run.config.partitions.calibration = Some(ranges.clone());
    }
    evaluation.metrics = vec![objective.to_owned()];
    evaluation.leads = Vec::new();
    evaluation.interval = Intervals { replicates: 0, ..Intervals::default() };
    evaluation.compat = None;
    Ok(())
}

/// What `[halving]` says; the most origins are those of the evaluation.
fn halving(
    text: &Text<'_>,
    file: &SweepFile,
    run: &mut Resolved,
) -> Result<(Option<Halving>, Option<Resource>)> {
    if file.method != Method::SuccessiveHalving {
        return Ok((None, None));
    }
    let Some(spanned) = &file.halving else {
        let reason = "method = \"successive-halving\" needs [halving]: resource = \"origins\" or the path of a setting";
        return Err(Error::config(text.file.display().to_string(), reason));
    };
    let HalvingFile { resource, min, max, eta } = spanned.get_ref().clone();
    let wrong = |reason: String| Err(text.error(spanned.span().start, reason));
    let resource = if resource == ORIGINS { Resource::Origins } else { Resource::Setting(resource) };
    let max = match (&resource, max) {
        (_, Some(max)) => max,
        (Resource::Origins, None) => run.config.evaluation.origins as u64,
        (Resource::Setting(path), None) => {
            return wrong(format!("`max` is missing: how much of `{path}` at most?"));
        }
    };
    if min == 0 || max < min {
        return wrong(format!(
            "the resource goes from {min} to {max}; it must begin at 1 or more and not descend"
        ));
    }
    if eta < 2 {
        return wrong(format!("`eta` is {eta}; it must be 2 or more"));
    }
    if resource == Resource::Origins {
        if file.evaluation.origins.is_some_and(|origins| origins as u64 != max) {
            return wrong(format!("`max` is {max}, but [evaluation] has another number of origins"));
        }
        run.config.evaluation.origins = max as usize;
    }
    Ok((Some(Halving { start: *file.trials.get_ref(), min, max, eta }), Some(resource)))
}

/// Builds the model with the ends of every range and with every option, those before it at their first value: a path
/// that the settings do not have, or a value that the model refuses, is found where it is written.
fn try_values(text: &Text<'_>, model: &ModelSpec, dimensions: &[(Dimension, usize)]) -> Result<()> {
    let mut before = Settings::new();
    for (Dimension { path, range }, offset) in dimensions {
        for value in range.ends() {
            let mut values = before.clone();
            values.insert(path.clone(), value.clone());
            let tried = merged(&model.settings, &values).and_then(|settings| build(model, &settings));
            tried.map_err(|e| text.error(*offset, format!("`{path}` = {value}: {e}")))?;
        }
        before.extend(range.ends().into_iter().take(1).map(|value| (path.clone(), value)));
    }
    Ok(())
}

fn first_values(space: &[Dimension]) -> Settings {
    let first = |d: &Dimension| d.range.ends().into_iter().next().map(|value| (d.path.clone(), value));
    space.iter().filter_map(first).collect()
}

fn build(model: &ModelSpec, settings: &Value) -> Result<ModelSpec, String> {
    let entry = find("model", MODELS, &model.algorithm).map_err(|e| e.to_string())?;
    let built = (entry.build)(settings).map_err(|e| e.to_string())?;
    Ok(ModelSpec {
        name: model.name.clone(),
        algorithm: model.algorithm.clone(),
        status: model.status,
        settings: settings.clone(),
        model: built,
    })
}

#[cfg(test)]
mod tests;
