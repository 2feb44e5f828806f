//! The trackers of a configuration.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a run is told once it has ended. It changes nothing of the run, and is no part of its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tracking {
    /// Who is told; nobody when empty.
    pub trackers: Vec<TrackerKind>,
    /// Offline runs of W&B.
    pub wandb: WandbSettings,
    /// A server of MLflow.
    pub mlflow: MlflowSettings,
}

impl Default for Tracking {
    fn default() -> Self {
        Self {
            trackers: vec![TrackerKind::Jsonl],
            wandb: WandbSettings::default(),
            mlflow: MlflowSettings::default(),
        }
    }
}

impl Tracking {
    /// Whether nothing was set, so that nothing has to be written down.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A kind of tracker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrackerKind {
    /// Lines of JSON in `tracking/RUN.jsonl` of the output folder.
    Jsonl,
    /// Offline runs of W&B.
    Wandb,
    /// A server of MLflow.
    Mlflow,
}

impl TrackerKind {
    /// As in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Wandb => "wandb",
            Self::Mlflow => "mlflow",
        }
    }
}

/// Offline runs of W&B.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WandbSettings {
    /// The project; the run's name when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The team or user; the one that is logged in when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Folder of `wandb/offline-run-*`, relative to the configuration file; `tracking` in the output folder when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
}

/// A server of MLflow. Who we are is told by `MLFLOW_TRACKING_TOKEN`, or `MLFLOW_TRACKING_USERNAME` and
/// `MLFLOW_TRACKING_PASSWORD`, in the environment; or each by a file, as in `MLFLOW_TRACKING_TOKEN_FILE`, that only its owner
/// may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MlflowSettings {
    /// Its address.
    pub address: String,
    /// The experiment; the run's name when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
}

impl Default for MlflowSettings {
    fn default() -> Self {
        Self { address: "http://127.0.0.1:5000".to_owned(), experiment: None }
    }
}

/// Variables that say who we are. With `_FILE` after its name each may name a file instead.
pub(crate) const SECRETS: [&str; 3] =
    ["MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Tracking {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn lines_are_written_unless_told_otherwise() {
        let default = read("");
        assert!(default.is_default());
        assert_eq!(default.trackers, [TrackerKind::Jsonl]);
        let nobody = read("trackers = []");
        assert!(nobody.trackers.is_empty() && !nobody.is_default());
    }

    #[test]
    fn each_tracker_has_its_settings() {
        let text = "trackers = [\"wandb\", \"mlflow\"]\n[wandb]\nproject = \"p\"\n[mlflow]\naddress = \"https://a\"\n";
        let tracking = read(text);
        let names: Vec<&str> = tracking.trackers.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(names, ["wandb", "mlflow"]);
        assert_eq!((tracking.wandb.project.as_deref(), tracking.wandb.folder), (Some("p"), None));
        assert_eq!((tracking.mlflow.address.as_str(), tracking.mlflow.experiment), ("https://a", None));
        let wrong = |text: &str| toml::from_str::<Tracking>(text).unwrap_err().to_string();
        assert!(wrong("trackers = [\"csv\"]").contains("expected one of `jsonl`, `wandb`, `mlflow`"));
        assert!(
            wrong("[mlflow]\ntoken = \"x\"").contains("unknown field `token`"),
            "secrets are no settings"
        );
    }
}
