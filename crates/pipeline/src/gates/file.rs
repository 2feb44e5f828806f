//! The file of rules.

use std::path::Path;

use forewarn_core::Cadence;
use forewarn_drift::gate::{Rule, Verdict, Waiver};
use forewarn_drift::{input, output, performance};
use serde::{Deserialize, Serialize};

use super::Kind;
use super::alerts::Alerts;
use super::unit_tests::UnitTest;
use crate::config::SilentPeriods;
use crate::{Error, Resolved, Result};

/// How the gates of a run judge.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GateFile {
    /// The greatest q value that is not chance: about as many false alarms a period and gate.
    pub alpha: f64,
    /// Columns that the input gate looks at; all when empty.
    pub columns: Vec<String>,
    /// Rules of the input gate; every check with its default settings when absent.
    pub input: Option<Vec<Rule>>,
    /// Rules of the output gate; every check with its default settings when absent.
    pub output: Option<Vec<Rule>>,
    /// Rules of the performance gate; every check with its default settings when absent.
    pub performance: Option<Vec<Rule>>,
    /// What somebody answers for.
    pub waivers: Vec<Waiver>,
    /// Who is told when a gate's state changes.
    pub alerts: Alerts,
    /// Cases that the rules must judge as expected: `forewarn gate test`.
    pub tests: Vec<UnitTest>,
}

impl Default for GateFile {
    fn default() -> Self {
        Self {
            alpha: 0.01,
            columns: Vec::new(),
            input: None,
            output: None,
            performance: None,
            waivers: Vec::new(),
            alerts: Alerts::default(),
            tests: Vec::new(),
        }
    }
}

impl GateFile {
    /// The file that the configuration names; the default rules when it names none.
    ///
    /// # Errors
    /// [`Error::Config`] that points at the line.
    pub fn of(run: &Resolved) -> Result<Self> {
        let path = run.config.gates.file.as_ref().map(|file| run.path(file));
        let mut file = path.map_or_else(|| Ok(Self::default()), |path| Self::load(&path))?;
        if file.input.is_none() && run.config.validation.silent_periods == SilentPeriods::Warn {
            // Who lets silent periods through knowingly says it once.
            let mut rules = input::rules();
            rules.iter_mut().filter(|r| r.check == "silent").for_each(|rule| rule.severity = Verdict::Warn);
            file.input = Some(rules);
        }
        Ok(file)
    }

    /// Reads a file of rules.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::Config`] that points at the line.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::io(path))?;
        let file: Self = crate::layers::parse(&text, path)?;
        if !(file.alpha > 0.0 && file.alpha < 1.0) {
            let reason = format!("`alpha` is {}; it must be between 0 and 1", file.alpha);
            return Err(Error::config(path.display().to_string(), reason));
        }
        file.alerts.check().map_err(|reason| Error::config(path.display().to_string(), reason))?;
        Ok(file)
    }

    /// The rules of a gate.
    pub fn rules(&self, kind: Kind) -> Vec<Rule> {
        match kind {
            Kind::Input => self.input.clone().unwrap_or_else(input::rules),
            Kind::Output => self.output.clone().unwrap_or_else(output::rules),
            Kind::Performance => self.performance.clone().unwrap_or_else(performance::rules),
        }
    }

    /// The waivers that hold in a period. One without a period that can be read is refused: it would hold for ever.
    ///
    /// # Errors
    /// What is no label of the cadence.
    pub(crate) fn waivers(&self, cadence: Cadence, now: forewarn_core::Period) -> Result<Vec<Waiver>> {
        let mut holding = Vec::new();
        for waiver in &self.waivers {
            if cadence.parse(&waiver.until)? >= now {
                holding.push(waiver.clone());
            }
        }
        Ok(holding)
    }
}
