//! What can be typed about reports.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::RunArguments;

/// Which page, and where it goes.
#[derive(Debug, Args)]
#[command(after_help = REPORT_HELP)]
pub(crate) struct ReportArguments {
    /// Which page; without it the run is done as far as its forecast report
    #[arg(value_enum)]
    pub(crate) kind: Option<ReportKind>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
    /// File, or folder of the files [default: the folder of the run]
    #[arg(short, long, requires = "kind")]
    pub(crate) out: Option<PathBuf>,
    /// Opens the page
    #[arg(long, requires = "kind")]
    pub(crate) open: bool,
}

const REPORT_HELP: &str = "\
Pages are made from what runs have left; nothing is computed again.
The program that opens pages is that of the system, or the one that FOREWARN_OPENER names.

Examples:
  forewarn report all                       every page, beside the newest run's forecast report
  forewarn report evaluation --open         how good the forecasts were, in the browser
  forewarn report drift -o drift.html       what the gates say, and said";

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportKind {
    /// What is forecast
    Forecast,
    /// How good the forecasts were
    Evaluation,
    /// What the gates say, and said
    Drift,
    /// What the run did, and at what cost
    Run,
    /// All of them, with links
    All,
}
