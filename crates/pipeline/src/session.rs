//! What every command that works on a run begins with: the lock, the observations, the context, the run's name.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use forewarn_core::Period;
use forewarn_store::{Digest, StepStore, open_objects};
use serde_json::json;

use crate::code::Code;
use crate::components::{self, EnsembleSpec, ModelSpec};
use crate::config::Config;
use crate::context::Context;
use crate::engine::Engine;
use crate::progress::Observer;
use crate::shared::Shared;
use crate::stages::fetch::Snapshot;
use crate::stages::{features, fetch, validate};
use crate::{Error, Resolved, Result};

/// A run whose observations are checked.
pub(crate) struct Session<'a> {
    /// Configuration, panel and steps.
    pub(crate) ctx: &'a Context<'a>,
    /// The program.
    pub(crate) code: &'a Code,
    /// The observations.
    pub(crate) snapshot: Snapshot,
    /// Id of the run: the same inputs and program have the same.
    pub(crate) id: String,
    /// Folder of all output.
    pub(crate) root: PathBuf,
    /// Folder of the run.
    pub(crate) folder: PathBuf,
    /// Models, in the order of the configuration.
    pub(crate) models: Vec<ModelSpec>,
    /// Ensembles, in the order of the configuration.
    pub(crate) ensembles: Vec<EnsembleSpec>,
}

impl Session<'_> {
    /// Makes the features, or finds them, for the models that learn from some.
    ///
    /// # Errors
    /// [`Error::Config`] that points into the query set.
    pub(crate) fn with_features(&self) -> Result<()> {
        if let Some(features) = features::features(self.ctx)? {
            self.ctx.keep_features(features);
        }
        Ok(())
    }

    /// The model of this name.
    ///
    /// # Errors
    /// [`Error::Config`] that lists the models there are.
    pub(crate) fn model(&self, name: &str) -> Result<&ModelSpec> {
        self.models.iter().find(|m| m.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.models.iter().map(|m| m.name.as_str()).collect();
            let reason = format!("`{name}` is no model of this run; there are: {}", names.join(", "));
            Error::config(self.ctx.run.file.display().to_string(), reason)
        })
    }

    /// A period of the panel from its label; the last one when there is none.
    ///
    /// # Errors
    /// What is no label, or not on the axis.
    pub(crate) fn period(&self, label: Option<&str>) -> Result<Period> {
        let axis = self.ctx.axis();
        let Some(label) = label else { return Ok(axis.last()) };
        let period = axis.cadence.parse(label)?;
        if axis.index(period).is_some() {
            return Ok(period);
        }
        let ends = (axis.cadence.label(axis.first), axis.cadence.label(axis.last()));
        let reason = format!("{label} is outside the observations ({} to {})", ends.0, ends.1);
        Err(Error::config("--origin", reason))
    }
}

/// How a command works in an output folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Alone, and with what its `[download]` has by now.
    Fetching,
    /// Alone, with what is there.
    Alone,
    /// Beside other tasks of the same run, with what is there.
    Shared,
}

/// Does `work` on a run.
///
/// # Errors
/// A configuration that does not fit, a source that cannot be read, a failed gate; what `work` answers.
pub(crate) fn session<T>(
    run: &Resolved,
    code: &Code,
    observer: &dyn Observer,
    access: Access,
    work: impl FnOnce(&Session<'_>) -> Result<T>,
) -> Result<T> {
    let root = run.path(&run.config.output);
    let _lock = if access == Access::Shared { lock_beside(&root)? } else { lock(&root)? };
    let mut store = StepStore::open(root.join("steps"))?;
    if let Some(place) = run.store("steps") {
        store = store.sharing(open_objects(&place)?);
    }
    let shared = Shared::fetch(run, &root)?;
    if access != Access::Shared {
        store.sweep()?;
    }
    let engine = Engine::new(store, observer, &code.digest);
    let models = components::models(run)?;
    let ensembles = components::ensembles(run, &models)?;
    if let Some(download) = run.config.download.as_ref().filter(|_| access == Access::Fetching) {
        let fetched = fetch::download(run, download, &mut |news| engine.notice_download(&news))?;
        if !fetched.unchanged {
            engine.warn(format!("new data: {} ({} bytes)", fetched.path.display(), fetched.bytes));
        }
    }
    let snapshot = fetch::fetch(run)?;
    let (validated, summary) = validate::validate(run, &engine, &snapshot)?;
    let ctx = Context::new(run, &engine, validated, summary);
    run.config.truth.check(ctx.cadence())?;
    let id = run_id(&ctx, &snapshot, code, (&models, &ensembles));
    let folder = root.join("runs").join(&id);
    let done =
        work(&Session { ctx: &ctx, code, snapshot, id, root, folder: folder.clone(), models, ensembles });
    // What stopped it is what has to be told, even where that cannot be sent either.
    let sent = shared.send(&folder);
    done.and_then(|made| sent.map(|()| made))
}

/// Keeps a second run out of the same folder until this one ends, however it ends.
pub(crate) fn lock(root: &Path) -> Result<File> {
    locked(root, File::try_lock)
}

/// Keeps whoever has to be alone out of the folder, but not those who do the same.
fn lock_beside(root: &Path) -> Result<File> {
    locked(root, File::try_lock_shared)
}

fn locked(root: &Path, try_lock: fn(&File) -> std::result::Result<(), TryLockError>) -> Result<File> {
    std::fs::create_dir_all(root).map_err(Error::io(root))?;
    let path = root.join(".lock");
    let file = File::create(&path).map_err(Error::io(&path))?;
    match try_lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Busy { folder: root.to_path_buf() }),
        Err(TryLockError::Error(e)) => Err(Error::io(path)(e)),
    }
}

/// `name-origin-digest`: made of everything that the results depend on.
fn run_id(
    ctx: &Context<'_>,
    snapshot: &Snapshot,
    code: &Code,
    (models, ensembles): (&[ModelSpec], &[EnsembleSpec]),
) -> String {
    let models: Vec<_> = models.iter().map(|m| json!([m.name, m.algorithm, m.settings, m.status])).collect();
    let ensembles: Vec<_> =
        ensembles.iter().map(|e| json!([e.name, e.algorithm, e.settings, e.role, e.members])).collect();
    // Where it is done and told is no part of it.
    let (output, archive, store, tracking) = Default::default();
    let config = Config { output, archive, store, tracking, ..ctx.run.config.clone() };
    let all = json!({
        "config": config,
        "source": snapshot.digest,
        "panel": ctx.panel_digest(),
        "code": code.digest,
        "models": models,
        "ensembles": ensembles,
    });
    let digest = Digest::of_bytes(all.to_string().as_bytes()).to_string();
    let origin = ctx.cadence().label(ctx.origin()).replace(':', "");
    format!("{}-{origin}-{}", ctx.run.config.name, &digest[..10])
}
