//! What can be typed about reports.

use clap::{Args, ValueEnum};

use super::RunArguments;

/// Which page, and whether to show it.
#[derive(Debug, Args)]
#[command(after_help = REPORT_HELP)]
pub(crate) struct ReportArguments {
    /// The page that is named at the end, and opened by `--open`
    #[arg(value_enum, default_value_t = ReportPage::Forecast)]
    pub(crate) page: ReportPage,
    /// Opens the page, with the program in the variable BROWSER, else with the one that the system opens pages with
    #[arg(long)]
    pub(crate) open: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// A page of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportPage {
    /// What is to come: a map to walk through, the highest risks, what changed, country by country
    Forecast,
    /// How good past forecasts were, beside baselines
    Evaluation,
    /// What the gates say, since when
    Drift,
    /// What was done, from what, at what cost, and what is new
    Run,
}

impl ReportPage {
    /// Its file in the run's folder.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Forecast => "report.html",
            Self::Evaluation => "evaluation.html",
            Self::Drift => "drift.html",
            Self::Run => "run.html",
        }
    }
}

const REPORT_HELP: &str = "Examples:
  forewarn report -c forewarn.toml --open
  forewarn report evaluation -c forewarn.toml --open

Writes all four pages into the run's folder; what was computed before is not computed again, and nothing is filed.";
