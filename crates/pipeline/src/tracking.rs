//! Tells a run that has ended to the trackers of the configuration.
//!
//! The stages of a run are the runs of a tracker, all of one group: the run's id. What is told is what its record and its
//! folder hold, so that a run may be told again.

mod stages;
#[cfg(test)]
mod tests;

use std::path::Path;

use forewarn_tracking::{Jsonl, Mlflow, Moment, Patience, Tracker, Wandb};

use crate::Resolved;
use crate::record::Record;
use crate::trackers::{MlflowSettings, TrackerKind, WandbSettings};
use stages::{Stage, stages};

/// Folder of what is told, in the output folder.
const FOLDER: &str = "tracking";

/// Tells the run to each tracker, and gives what went wrong: a tracker that fails never loses a run.
pub(crate) fn track(run: &Resolved, record: &Record) -> Vec<String> {
    let Some(stages) = stages(run, record) else { return Vec::new() };
    let told = |kind: &TrackerKind| {
        let tracker = tracker(run, *kind)?;
        stages.iter().try_for_each(|stage| tell(tracker.as_ref(), stage, record))
    };
    let failed = |kind: &TrackerKind| told(kind).err().map(|e| format!("tracker `{}`: {e}", kind.as_str()));
    run.config.tracking.trackers.iter().filter_map(failed).collect()
}

fn tracker(run: &Resolved, kind: TrackerKind) -> forewarn_tracking::Result<Box<dyn Tracker>> {
    let (config, settings) = (&run.config, &run.config.tracking);
    let folder = run.path(&config.output).join(FOLDER);
    Ok(match kind {
        TrackerKind::Jsonl => Box::new(Jsonl::new(folder)),
        TrackerKind::Wandb => {
            let WandbSettings { project, entity, folder: elsewhere } = &settings.wandb;
            let folder = elsewhere.as_ref().map_or(folder, |path| run.path(path));
            let tracker = Wandb::new(folder, project.as_ref().unwrap_or(&config.name));
            Box::new(match entity {
                Some(entity) => tracker.with_entity(entity),
                None => tracker,
            })
        }
        TrackerKind::Mlflow => {
            let MlflowSettings { address, experiment } = &settings.mlflow;
            let experiment = experiment.as_ref().unwrap_or(&config.name);
            Box::new(Mlflow::new(address, experiment, &run.tracking_secrets.0, Patience::default())?)
        }
    })
}

fn tell(tracker: &dyn Tracker, stage: &Stage, record: &Record) -> forewarn_tracking::Result<()> {
    let mut told = tracker.begin(&stage.run)?;
    for artifact in &stage.artifacts {
        told.artifact(artifact)?;
    }
    for metrics in &stage.metrics {
        told.metrics(metrics)?;
    }
    for (key, table) in &stage.tables {
        told.table(key, table)?;
    }
    for path in &stage.pictures {
        // A picture that was taken away since has nothing to show.
        if let Ok(png) = std::fs::read(path) {
            told.image(&format!("maps/{}", stem(path)), &png)?;
        }
    }
    for alert in &stage.alerts {
        told.alert(alert)?;
    }
    told.finish(Moment::parse(&record.ended)?, stage.exit_code)
}

/// The name of a file without its ending.
fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
