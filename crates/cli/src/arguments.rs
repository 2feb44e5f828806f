//! What can be typed.

mod drift;
mod maps;
mod report;
mod runs;
mod tasks;

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use forewarn_pipeline::scoring::KINDS;

pub(crate) use drift::CbpeArguments;
pub(crate) use maps::{MapArguments, MapFormat, MapProjection};
pub(crate) use report::ReportArguments;
#[cfg(test)]
pub(crate) use report::ReportPage;
pub(crate) use runs::{RerunArguments, RunsCommand, TraceArguments};
pub(crate) use tasks::{PlanArguments, WholeRunArguments};

/// Forecast operations: from observations to forecasts people can rely on.
#[derive(Debug, Parser)]
#[command(name = "forewarn", version, propagate_version = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// How progress and warnings are told on standard error
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How progress and warnings are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// A line of JSON for each event, for log collectors.
    Json,
}

const EXIT_CODES: &str =
    "Exit codes: 0 fine, 1 something is missing or failed, 2 usage, 3 a gate failed, 75 try again later.";

/// Which run, and how to talk about it.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Configuration file.
    #[arg(short, long, env = "FOREWARN_CONFIG", default_value = "forewarn.toml")]
    pub(crate) config: PathBuf,
    /// Overrides a setting, such as `forecast.draws=50`; may be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Prints the outcome as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Does everything: fetch, validate, features, train, forecast, combine, evaluate, map, report, archive
    Run(WholeRunArguments),
    /// Lists the tasks of a run and what each needs; `run --task` does one
    Plan(PlanArguments),
    /// Downloads a source
    Fetch(FetchArguments),
    /// Checks the observations and makes the panel
    Validate(RunArguments),
    /// Makes the features of the query set
    Features(RunArguments),
    /// Fits every model
    Train(RunArguments),
    /// Forecasts every step with every model
    Forecast(RunArguments),
    /// Combines the forecasts in every ensemble
    Combine(RunArguments),
    /// Scores forecasts from rolling origins; `evaluate online` those that were issued
    Evaluate(EvaluateArguments),
    /// Files what would have been issued from past origins, for `evaluate online`
    Replay(ReplayArguments),
    /// Lists the editions of the truth, or tells how two differ
    Truth(TruthArguments),
    /// Draws the maps of the run; with `--out` any layer of any filed forecast
    Map(MapArguments),
    /// Writes the pages of the run: forecast, evaluation, drift, run; `--open` shows one
    Report(ReportArguments),
    /// Scores a table of forecasts and truth: JSON, CSV or Parquet
    Score(ScoreArguments),
    /// Tells how far two distributions are apart: histograms or samples, JSON or CSV
    Divergence(DivergenceArguments),
    /// Compares two files, watches a stream, makes a reading of a gate again
    Drift {
        #[command(subcommand)]
        command: DriftCommand,
    },
    /// Judges what came in, what goes out and how good it was, and tests the rules
    Gate {
        #[command(subcommand)]
        command: GateCommand,
    },
    /// Lists the components: models, ensembles, metrics, drift tests, detectors, checks of gates, maps, and so on
    List {
        /// Only this kind, such as `metric`
        kind: Option<String>,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Shows what a component does, its settings and its source
    Explain {
        /// Catalog name, such as `crps`
        name: String,
    },
    /// Looks at the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Checks that a run could work: configuration, data, folders, memory
    Doctor {
        #[command(flatten)]
        config: ConfigArguments,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Starts a model or an ensemble from its algorithm's defaults
    New {
        #[command(subcommand)]
        command: NewCommand,
    },
    /// Tells what an ensemble owes to its members being different, and to each of them
    Diversity {
        /// Name of the ensemble in the run
        ensemble: String,
        #[command(flatten)]
        run: RunArguments,
    },
    /// Compares a shadow with production, and promotes it when it is better and an approver says so
    Promote(PromoteArguments),
    /// Combines archived forecasts of any runs in an ensemble, after checking that they belong together
    Pool(PoolArguments),
    /// Makes archived forecasts of cells and of countries add up
    Reconcile(ReconcileArguments),
    /// Tries to win a suite of metrics with useless forecasts
    Redteam(RedteamArguments),
    /// Lists, shows, checks and copies archived forecasts
    Archive {
        #[command(subcommand)]
        command: ArchiveCommand,
    },
    /// Lists runs that were done, shows one, tells what differs between two
    Runs {
        #[command(subcommand)]
        command: RunsCommand,
    },
    /// Does an old run again from its record, and tells whether it gives the same
    Rerun(RerunArguments),
    /// Follows a forecast from its source to the page, and checks every link
    Trace(TraceArguments),
    /// Looks at fitted models, checks them, forecasts with one
    Artifacts {
        #[command(subcommand)]
        command: ArtifactsCommand,
    },
    /// Writes the catalog of a run's models: what they are, what they learned from, how good they are
    Catalog(CatalogArguments),
    /// Tells which features a model learned from, and which its forecasts would miss
    Importance(ImportanceArguments),
    /// Tells why a forecast is what it is: what each feature added
    Why(WhyArguments),
    /// Searches for the best settings of a model
    Sweep(SweepArguments),
}

#[derive(Debug, Subcommand)]
pub(crate) enum DriftCommand {
    /// Tests whether the columns of two files look alike: CSV, JSON (`{"x": [1, 2]}`), Parquet, or a profile
    Compare {
        /// File of the reference, or its profile
        reference: PathBuf,
        /// File of now
        current: PathBuf,
        /// Tests, separated by commas, with settings as `psi:bins=5` [default: kolmogorov-smirnov, for words chi-square]
        #[arg(long, value_delimiter = ',', value_name = "NAME,..")]
        test: Vec<String>,
        /// Column whose equal values depend on one another, such as the month: its rows change places together
        #[arg(long, value_name = "COLUMN")]
        blocks: Option<String>,
        /// Column in which only like is compared with like, such as the month of the year
        #[arg(long, value_name = "COLUMN")]
        strata: Option<String>,
        /// Also compares rows, by what columns show together: `forewarn list row-test` [default: all of these]
        #[arg(long)]
        multivariate: bool,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Estimates how good a classifier is now, without labels (CBPE), by a file that has them
    Cbpe(CbpeArguments),
    /// Keeps what `compare` needs of files instead of them: the profile of all their rows together
    Profile {
        /// The files: CSV, JSON, Parquet, or profiles
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// File to write; printed when not given
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Watches the values of a file one after the other, and says which of them raised an alarm
    Stream {
        /// The file: CSV, JSON or Parquet
        file: PathBuf,
        /// Its column; not needed when there is one
        #[arg(long)]
        column: Option<String>,
        /// Detectors, separated by commas, with settings as `adwin:delta=0.05`
        #[arg(long, value_delimiter = ',', value_name = "NAME,..", default_value = "adwin")]
        detector: Vec<String>,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Makes a reading of a gate again from what it was made of
    Explain {
        /// GATE/PERIOD/CHECK/SUBJECT, such as `input/2020-12/size/ged_sb_best`
        reading: String,
        #[command(flatten)]
        run: RunArguments,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GateCommand {
    /// Judges the observations of a run: the newest period, and what was revised
    Input(RunArguments),
    /// Judges the forecast that a run would issue
    Output(RunArguments),
    /// Judges how good forecasts have been lately, against their baseline
    Performance(RunArguments),
    /// Lets pass what a gate has failed, for this run: who answers for it and why
    Approve {
        /// `input`, `output` or `performance`
        gate: GateName,
        /// Who lets it pass
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        run: RunArguments,
    },
    /// Judges the [[tests]] of a file of rules
    Test {
        /// The file
        file: PathBuf,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
}

/// A gate.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum GateName {
    /// Of the observations.
    Input,
    /// Of the forecast.
    Output,
    /// Of its record.
    Performance,
}

/// Who challenges whom.
#[derive(Debug, Args)]
#[command(after_help = PROMOTE_HELP)]
pub(crate) struct PromoteArguments {
    /// Name of the shadow
    pub(crate) shadow: String,
    /// Name of what it would replace [default: the production ensemble]
    #[arg(long)]
    pub(crate) over: Option<String>,
    /// Who approves; without, nothing is changed
    #[arg(long, value_name = "NAME")]
    pub(crate) approver: Option<String>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

const PROMOTE_HELP: &str = "\
Both are scored on the same rows, and the evidence is written to promotions/ of the output folder. With --approver the
status of both (models) or their role (ensembles) is changed in their files, if the shadow is better. More:
docs/promotion.md.
Exit codes: 0 better, 2 usage, 3 worse or nobody can tell.";

/// Which archive, and how to talk about it.
#[derive(Debug, Args)]
pub(crate) struct ArchiveArguments {
    /// The archive: a folder, or `s3://BUCKET/PREFIX` with the variables `AWS_*`
    #[arg(short, long, env = "FOREWARN_ARCHIVE", default_value = "forewarn-out/archive")]
    pub(crate) archive: PathBuf,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
#[command(after_help = ARCHIVE_HELP)]
pub(crate) enum ArchiveCommand {
    /// Lists what is filed
    List {
        /// Only these: `TARGET/NAME/ORIGIN/RUN`, or some of its parts in this order
        forecast: Option<String>,
        #[command(flatten)]
        archive: ArchiveArguments,
    },
    /// Tells what made a forecast
    Show {
        /// Which one: `TARGET/NAME/ORIGIN/RUN`, or as many of its parts as tell it from the others
        forecast: String,
        #[command(flatten)]
        archive: ArchiveArguments,
    },
    /// Reads everything and names what is damaged, missing or orphaned
    Verify {
        #[command(flatten)]
        archive: ArchiveArguments,
    },
    /// Copies forecasts to another archive, or writes one as a table
    Export {
        /// Only these: `TARGET/NAME/ORIGIN/RUN`, or some of its parts in this order
        forecast: Option<String>,
        /// A folder or `s3://BUCKET/PREFIX`, that is an archive then; or `FILE.csv` or `FILE.parquet`: a row for each unit, step
        /// and draw
        #[arg(long, value_name = "PLACE")]
        to: PathBuf,
        #[command(flatten)]
        archive: ArchiveArguments,
    },
    /// Files the forecasts of another archive, or those that others published
    Import(ImportArguments),
}

/// What to import, and as what.
#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// An archive (a folder, or `s3://BUCKET/PREFIX`), or a file of forecasts
    pub(crate) source: PathBuf,
    /// Of an archive only these: `TARGET/NAME/ORIGIN/RUN`, or some of its parts in this order
    pub(crate) forecast: Option<String>,
    /// How the source is laid out
    #[arg(long, value_enum, default_value_t = Layout::Archive)]
    pub(crate) layout: Layout,
    /// Of a file: name of the forecaster in the archive, such as `views_fatalities`
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Of a file: column that it forecasts, where it does not say so
    #[arg(long)]
    pub(crate) target: Option<String>,
    /// Of a file: level of analysis, where it does not say so
    #[arg(long)]
    pub(crate) level: Option<String>,
    /// Of a file: last month that was known, where it does not say so, such as `2017-10`
    #[arg(long)]
    pub(crate) origin: Option<String>,
    /// Of a file: what its values are: `identity`, `log1p` or `change-of-log1p`
    #[arg(long)]
    pub(crate) transform: Option<String>,
    /// Of a file: its one draw a unit is a point forecast
    #[arg(long)]
    pub(crate) point: bool,
    /// Of a file of changes: the table with what was observed, and its columns
    #[arg(long, value_name = "FILE:UNIT:TIME:VALUE")]
    pub(crate) observed: Option<String>,
    #[command(flatten)]
    pub(crate) archive: ArchiveArguments,
}

/// Layouts that forecasts can be imported from.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Layout {
    /// An archive of forewarn, or what was exported from one
    Archive,
    /// A file whose layout is found from its columns
    File,
    /// A file with a list of draws in each cell
    DrawLists,
    /// A file with a row a draw
    LongDraws,
    /// A file with a column a step
    WideSteps,
    /// A file with a row a unit and step
    LongPoints,
}

const ARCHIVE_HELP: &str = "\
S3: credentials, region and server come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL.
More: docs/archive.md.
Exit codes: 0 fine, 1 something is damaged, missing, unreadable or filed otherwise, 2 usage, 75 try again later.";

/// Which ensemble, of which archive.
#[derive(Debug, Args)]
pub(crate) struct PoolArguments {
    /// File of the ensemble, such as `ensembles/deep_current.toml`; it names its members
    pub(crate) ensemble: PathBuf,
    /// The archive: a folder, or `s3://BUCKET/PREFIX`
    #[arg(short, long, env = "FOREWARN_ARCHIVE", default_value = "forewarn-out/archive")]
    pub(crate) archive: PathBuf,
    /// Origin of the forecasts, such as `2020-12` [default: the newest of any member]
    #[arg(long)]
    pub(crate) origin: Option<String>,
    /// Month of the year (1-12) from which models must have been trained anew
    #[arg(long, default_value_t = 7)]
    pub(crate) cycle: u32,
    /// Seed of what is drawn
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Prints the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which forecasts, and how they are made to add up.
#[derive(Debug, Args)]
pub(crate) struct ReconcileArguments {
    /// Place of the archived forecast of cells, `ARCHIVE/TARGET/NAME/ORIGIN/RUN`
    pub(crate) cells: PathBuf,
    /// Place of the archived forecast of countries
    pub(crate) countries: PathBuf,
    /// Reconciler (`forewarn list reconciler`)
    #[arg(short, long, default_value = "proportional")]
    pub(crate) method: String,
    /// A setting of the reconciler, such as `floor=0.01`; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Names of the results: the cells', the countries'
    #[arg(long = "name", value_names = ["CELLS", "COUNTRIES"], num_args = 2, required = true)]
    pub(crate) names: Vec<String>,
    /// Archive that the results are filed in: a folder, or `s3://BUCKET/PREFIX`
    #[arg(short, long, env = "FOREWARN_ARCHIVE", default_value = "forewarn-out/archive")]
    pub(crate) archive: PathBuf,
    /// Prints the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which sweep.
#[derive(Debug, Args)]
#[command(after_help = SWEEP_HELP)]
pub(crate) struct SweepArguments {
    /// File of the sweep, such as `sweeps/window.toml`
    pub(crate) file: PathBuf,
    /// Overrides a setting of the run, such as `forecast.draws=50`; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Prints the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const SWEEP_HELP: &str = "\
The file says which settings of which model of a run are tried, and by which metric they are judged:
  name = \"window\"
  config = \"../forewarn.toml\"       # the run
  model = \"long_memory\"
  method = \"tpe\"                   # or random, successive-halving
  objective = \"crps\"               # any metric, as name[:key=value]
  trials = 20
  budget = 600                       # CPU seconds; none when absent
  [space]
  window = { int = [1, 36] }         # or uniform, log-uniform = [a, b], choice = [...]
Trials are recorded as they end; the same command goes on where it was killed. More: docs/sweep.md.
Exit codes: 0 a best trial was found, within the budget, 1 no trial has a score, 2 usage, 75 try again later.";

/// Which suite, and on which simulated field.
#[derive(Debug, Args)]
pub(crate) struct RedteamArguments {
    /// Metrics of the suite (`forewarn list metric`); may be repeated [default: the ten of docs/redteam.md]
    #[arg(short, long = "metric", value_name = "NAME[,NAME]...")]
    pub(crate) metrics: Vec<String>,
    /// Which of the possible fields
    #[arg(short, long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Prints the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which configuration.
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    /// Configuration file.
    #[arg(short, long, env = "FOREWARN_CONFIG", default_value = "forewarn.toml")]
    pub(crate) config: PathBuf,
    /// Overrides a setting, such as `forecast.draws=50`; may be repeated.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Prints every value and where it comes from
    Show {
        #[command(flatten)]
        config: ConfigArguments,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum NewCommand {
    /// Writes `models/NAME.toml`
    Model(NewArguments),
    /// Writes `ensembles/NAME.toml`
    Ensemble(NewArguments),
}

/// What to start.
#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    /// `adjective_noun`, such as `quiet_river`
    pub(crate) name: String,
    /// Catalog name of its algorithm (`forewarn list model`)
    #[arg(short, long)]
    pub(crate) algorithm: String,
    /// Configuration file that it belongs to
    #[arg(short, long, env = "FOREWARN_CONFIG", default_value = "forewarn.toml")]
    pub(crate) config: PathBuf,
}

/// Which forecasts to score.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct EvaluateArguments {
    #[command(subcommand)]
    pub(crate) command: Option<EvaluateCommand>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EvaluateCommand {
    /// Scores every archived forecast of the months that have come, made 1 to `steps` months before
    Online(OnlineArguments),
}

/// Which months, and what is shown of them.
#[derive(Debug, Args)]
#[command(after_help = ONLINE_HELP)]
pub(crate) struct OnlineArguments {
    #[command(flatten)]
    pub(crate) run: RunArguments,
    /// The month, such as `2020-12`; the last observed one without
    #[arg(short, long)]
    pub(crate) month: Option<String>,
    /// First month of the scores over several; that of the first forecast without
    #[arg(long)]
    pub(crate) from: Option<String>,
    /// Scores by the truth as it was known on this day, such as `2021-03-15`; by that of the run without
    #[arg(long)]
    pub(crate) as_known: Option<String>,
    /// Metrics that are shown, such as `crps,brier`; all are written
    #[arg(long, value_delimiter = ',', default_value = "crps,average-precision,brier")]
    pub(crate) metric: Vec<String>,
    /// Risk of an event in per cent from which a forecast is a warning
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) risk: u8,
}

/// Which origins to replay.
#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    #[command(flatten)]
    pub(crate) run: RunArguments,
    /// First origin, such as `2015-12`
    #[arg(long)]
    pub(crate) from: String,
    /// Last origin
    #[arg(long)]
    pub(crate) to: String,
}

/// Which editions of the truth.
#[derive(Debug, Args)]
pub(crate) struct TruthArguments {
    #[command(flatten)]
    pub(crate) run: RunArguments,
    /// Numbers of two editions to compare
    #[arg(long, num_args = 2, value_names = ["EARLIER", "LATER"])]
    pub(crate) compare: Vec<u32>,
}

const ONLINE_HELP: &str = "\
Each month is scored once for each forecaster, and again when a forecast is added or the truth is revised.
Written to OUTPUT/online/TARGET: MONTH.json with everything, series/MONTH.csv with the scores by forecaster, metric and
step. Each is scored on the rows that it has forecast; two are compared on the rows that both have. More: docs/online.md.
Exit codes: 0 scored, 1 something could not be scored, 2 usage, 75 try again later.";

/// What to score.
#[derive(Debug, Args)]
#[command(after_help = SCORE_HELP)]
pub(crate) struct ScoreArguments {
    /// The table; `-` is standard input
    pub(crate) file: PathBuf,
    /// Metrics with their settings, such as `mae,crps:estimator=fair`; may be repeated. Without: all that there are of
    /// such forecasts
    #[arg(long, value_name = "NAME[:KEY=VALUE][,...]")]
    pub(crate) metric: Vec<String>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const SCORE_HELP: &str = "\
The table has what was observed (`y`), a forecast and, if wanted, weights (`w`):
  JSON            {\"y\": [0, 1], \"p\": [0.2, 0.7]} or {\"y\": [0, 1], \"draws\": [[0, 0, 1], [1, 2, 1]]}
  CSV, Parquet    columns `y` and `p`, or `y` and `draw_1`, `draw_2`, ...
Metrics of events (brier, roc-auc, ...) take `p` as the probability that `y` is 1, the others as a point forecast.
A comma before `key=` goes on with the settings of a metric: brier:threshold=25,strict=true,mae are two metrics.
Exit codes: 0 all that was asked for is there, 1 some is not (it says why), 2 usage.";

/// What to compare.
#[derive(Debug, Args)]
#[command(after_help = DIVERGENCE_HELP)]
pub(crate) struct DivergenceArguments {
    /// The first distribution, often the truth; `-` is standard input
    pub(crate) p: PathBuf,
    /// The second, often the forecast; `-` is standard input
    pub(crate) q: PathBuf,
    /// Which divergences; may be repeated. Without: all that there are of such distributions
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(KINDS.map(|(name, _)| name)))]
    pub(crate) kind: Vec<String>,
    /// Edges of the bins in which samples are counted, such as `0,1,5,inf`; `lower <= x < upper` is in a bin
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) edges: Vec<f64>,
    /// What is added to the share of each bin, for the divergences that go bin by bin
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    pub(crate) smoothing: f64,
    /// Weight of the entropy in `sinkhorn`, in the unit of the values; a fiftieth of the greatest distance by default
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) regularisation: Option<f64>,
    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const DIVERGENCE_HELP: &str = "\
A histogram or a sample each:
  JSON    {\"mass\": [7, 2, 1]}, {\"edges\": [0, 1, 5, 25], \"mass\": [7, 2, 1]} or {\"sample\": [0, 3, 0, 12]}
  CSV     a column `mass`, with `lower` and `upper` if the edges are known, or a column `sample`
Histograms have to have the same bins. The mass of a bin sits at its midpoint, without edges at its number.
Exit codes: 0 all that was asked for is there, 1 some is not (it says why), 2 usage.";

/// What to download. Without options: what `[download]` of the configuration says, or the defaults.
#[derive(Debug, Args)]
pub(crate) struct FetchArguments {
    /// Which source
    pub(crate) source: FetchSource,
    /// Configuration file, for its `[download]`
    #[arg(short, long, env = "FOREWARN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Version of the data: `25.1` is yearly, `25.0.10` a monthly candidate
    #[arg(long)]
    pub(crate) data_version: Option<String>,
    /// Folder to fetch into
    #[arg(long)]
    pub(crate) into: Option<PathBuf>,
    /// Overrides a setting, such as `download.client.attempts=3`; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Prints the outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Sources that can be downloaded.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FetchSource {
    /// UCDP GED events (the token is read from `FOREWARN_UCDP_TOKEN`)
    Ucdp,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ArtifactsCommand {
    /// Lists them
    List {
        #[command(flatten)]
        run: RunArguments,
    },
    /// Shows one: settings, training range, features, data, scores, cost
    Show {
        /// Name of its folder, such as `quiet_river_31122016`
        artifact: String,
        #[command(flatten)]
        run: RunArguments,
    },
    /// Checks that they are what was kept: every file by its digest
    Verify {
        /// Names of their folders; all when none is named
        artifacts: Vec<String>,
        #[command(flatten)]
        run: RunArguments,
    },
    /// Forecasts with one, without fitting; refuses features that differ from those it was fitted with
    Forecast {
        /// Name of its folder, such as `quiet_river_31122016`
        artifact: String,
        /// Last known period, such as `2017-03`; the last observed one by default
        #[arg(long)]
        origin: Option<String>,
        /// Parquet file to write [default: in `forecasts` of the output folder]
        #[arg(short, long)]
        output: Option<PathBuf>,
        #[command(flatten)]
        run: RunArguments,
    },
}

/// Which catalog, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct CatalogArguments {
    #[command(flatten)]
    pub(crate) run: RunArguments,
    /// Form of the page; by the ending of the file when absent, else HTML
    #[arg(long)]
    pub(crate) format: Option<CatalogFormat>,
    /// File to write [default: catalog.html (or .md) in the run's folder]
    #[arg(short, long)]
    pub(crate) output: Option<PathBuf>,
}

/// Forms of the catalog.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum CatalogFormat {
    /// One page that needs nothing else
    Html,
    /// For a repository
    Markdown,
}

/// Which model is asked, and how thoroughly.
#[derive(Debug, Args)]
#[command(after_help = IMPORTANCE_HELP)]
pub(crate) struct ImportanceArguments {
    /// Name of the model in the run, such as `quiet_river`
    pub(crate) model: String,
    /// Steps to look at [default: 1, 6 and 36, as far as the run goes]
    #[arg(long, value_delimiter = ',')]
    pub(crate) steps: Vec<u16>,
    /// The loss whose rise is measured, as `name[:key=value]` (`forewarn list metric`)
    #[arg(long, default_value = "crps")]
    pub(crate) metric: String,
    /// Permutations of each feature
    #[arg(long, default_value_t = 3)]
    pub(crate) repeats: usize,
    /// Features that the table shows of each step
    #[arg(long, default_value_t = 15)]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

const IMPORTANCE_HELP: &str = "\
gain       share of what the splits on a feature lowered the training loss by, for each part of the model
increase   by how much the loss of the evaluated origins rises when, at each origin, the feature's values are permuted
           among the units; the mean of the repeats, and their standard deviation
Of two features that say the same neither raises the loss much: what one lacks the other has. The whole table goes to
importance_MODEL.json and .csv in the run's folder. Time grows with features x origins x repeats x steps x draws.";

/// Which forecast is asked about.
#[derive(Debug, Args)]
#[command(after_help = WHY_HELP)]
pub(crate) struct WhyArguments {
    /// Name of the model in the run, such as `quiet_river`
    pub(crate) model: String,
    /// The unit: a cell (gid) or a country
    #[arg(long)]
    pub(crate) unit: u32,
    /// Steps ahead
    #[arg(long, default_value_t = 1)]
    pub(crate) step: u16,
    /// Last known period, such as `2016-12`; the last observed one by default
    #[arg(long)]
    pub(crate) origin: Option<String>,
    /// Features that the table shows of each part
    #[arg(long, default_value_t = 12)]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

const WHY_HELP: &str = "\
The contributions are SHAP values: with the base they add up to the prediction on its scale (log: the logarithm of the
prediction; logit: of the odds). They tell what the model did, not what causes what.";
