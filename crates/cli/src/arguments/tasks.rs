//! What can be typed about a run as a whole, and about its tasks.

use clap::Args;

use super::RunArguments;

/// A run, or one task of it.
#[derive(Debug, Args)]
#[command(after_help = RUN_HELP)]
pub(crate) struct WholeRunArguments {
    /// Does one task of the plan only, with what it needs where that is not there yet: see `forewarn plan`
    #[arg(long)]
    pub(crate) task: Option<String>,
    /// A model or ensemble whose own task has failed, to be done without; may be repeated
    #[arg(long, requires = "task", value_name = "NAME")]
    pub(crate) without: Vec<String>,
    /// Id of the run that the task belongs to; refuses when the inputs or the program have become others
    #[arg(long, requires = "task", value_name = "RUN")]
    pub(crate) of: Option<String>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

const RUN_HELP: &str = "\
Without --task everything is done in this process. With it, tasks of one run may be done side by side by several processes.
Exit codes: 0 fine, 1 something is missing or failed, 2 usage, 3 a gate failed, 75 try again later.";

/// The plan of a run.
#[derive(Debug, Args)]
#[command(after_help = PLAN_HELP)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

const PLAN_HELP: &str = "\
Each task stands after those that it needs. With --json each has its command, to be given to the program, so that an
orchestrator can do the run. More: docs/orchestration.md.
Exit codes: 0 fine, 2 usage.";
