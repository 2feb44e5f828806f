//! What can be typed about runs that were done, and forecasts that were made.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::RunArguments;

#[derive(Debug, Subcommand)]
#[command(after_help = RUNS_HELP)]
pub(crate) enum RunsCommand {
    /// Lists them, the oldest first
    List {
        #[command(flatten)]
        run: RunArguments,
    },
    /// Tells what one did, the slowest steps first
    Show {
        /// Which one
        record: String,
        #[command(flatten)]
        run: RunArguments,
    },
    /// Tells what differs between two
    Diff {
        /// The first
        before: String,
        /// The second
        after: String,
        #[command(flatten)]
        run: RunArguments,
    },
}

const RUNS_HELP: &str = "\
A run is meant by the number of its record (`7`), by the beginning of its id (the newest record, where it was repeated), by
the folder of its record, or by `latest`. The records are in OUTPUT/records. More: docs/lineage.md.
Exit codes: 0 fine (also when two runs differ), 1 a record cannot be read, 2 usage.";

/// Which run is done again.
#[derive(Debug, Args)]
#[command(after_help = RERUN_HELP)]
pub(crate) struct RerunArguments {
    /// Which one: see `forewarn runs --help`
    pub(crate) record: String,
    /// New folder for its output [default: one that is removed when all is equal]
    #[arg(short, long)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

const RERUN_HELP: &str = "\
Settings, models and ensembles are those of the record; the observations must have the digest that they had. Compared are
panel, features, artifacts, forecasts, scores and maps, by their digests. More: docs/lineage.md.
Exit codes: 0 all is equal, 1 something differs or cannot be repeated, 2 usage.";

/// Which forecast is traced.
#[derive(Debug, Args)]
#[command(after_help = TRACE_HELP)]
pub(crate) struct TraceArguments {
    /// `TARGET/NAME/ORIGIN/RUN` or as many of its parts as tell it from others, its folder, or the beginning of its digest
    pub(crate) forecast: String,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

const TRACE_HELP: &str = "\
Each line is a link with the beginning of its digest, which is computed again from what is on the disk; below it stands
what it was made of. More: docs/lineage.md.
Exit codes: 0 every link holds, 1 some are missing or are something else, 2 usage.";
