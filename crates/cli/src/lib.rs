//! The command line: arguments, progress, printing. What is done is in the pipeline.
//!
//! Results go to standard output, talk to standard error. Exit codes: 0 fine, 1 something is missing or failed,
//! 2 usage, 3 a gate failed, 75 try again later.

mod arguments;
mod commands;
mod progress;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command, EvaluateArguments, EvaluateCommand, LogFormat};

/// Parses, does, prints, and says how it went.
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: &[(String, String)]) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(e.exit_code() as u8);
        }
    };
    if arguments.log == LogFormat::Json {
        progress::as_json();
    }
    match dispatch(&arguments.command, environment) {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            print(&failure.output);
            match arguments.log {
                LogFormat::Json => tracing::error!(exit_code = failure.code, "{}", failure.reason),
                // A closed standard error leaves nobody to tell.
                LogFormat::Text => drop(writeln!(std::io::stderr(), "error: {}", failure.reason)),
            }
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(command: &Command, environment: &[(String, String)]) -> Result<String, Failure> {
    match command {
        Command::Fetch(fetch) => commands::fetch::fetch(fetch, environment),
        Command::List { kind, json } => commands::components::list(kind.as_deref(), *json),
        Command::Explain { name } => commands::components::explain(name),
        Command::Config { command } => commands::config::config(command, environment),
        Command::Doctor { config, json } => commands::doctor::doctor(config, environment, *json),
        Command::Divergence(divergence) => commands::divergence::divergence(divergence),
        Command::Drift { command } => commands::drift::drift(command, environment),
        Command::Gate { command } => commands::gate::gate(command, environment),
        Command::Score(score) => commands::score::score(score),
        Command::Report(report) => commands::report::report(report, environment),
        Command::Map(map) if map.out.is_some() => commands::map::map(map, environment),
        Command::New { command } => commands::new::new(command),
        Command::Diversity { ensemble, run } => commands::diversity::diversity(ensemble, run, environment),
        Command::Promote(promote) => commands::promote::promote(promote, environment),
        Command::Plan(plan) => commands::plan::plan(plan, environment),
        Command::Pool(pool) => commands::pool::pool(pool),
        Command::Reconcile(reconcile) => commands::reconcile::reconcile(reconcile),
        Command::Replay(replay) => commands::replay::replay(replay, environment),
        Command::Truth(truth) => commands::truth::truth(truth, environment),
        Command::Redteam(redteam) => commands::redteam::redteam(redteam),
        Command::Rerun(rerun) => commands::rerun::rerun(rerun, environment),
        Command::Runs { command } => commands::runs::runs(command, environment),
        Command::Trace(trace) => commands::trace::trace(trace, environment),
        Command::Sweep(sweep) => commands::sweep::sweep(sweep, environment),
        Command::Archive { command } => commands::archive::archive(command),
        Command::Artifacts { command } => commands::artifacts::artifacts(command, environment),
        Command::Catalog(catalog) => commands::catalog::catalog(catalog, environment),
        Command::Importance(importance) => commands::importance::importance(importance, environment),
        Command::Why(why) => commands::why::why(why, environment),
        Command::Evaluate(EvaluateArguments { command: Some(EvaluateCommand::Online(online)), .. }) => {
            commands::online::online(online, environment)
        }
        other => commands::run::run(other, environment),
    }
}

/// Why a command did not do all it should.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Exit code.
    code: u8,
    /// For standard error.
    reason: String,
    /// What is printed nevertheless.
    output: String,
}

impl Failure {
    fn new(code: u8, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), output: String::new() }
    }
}

impl From<forewarn_pipeline::Error> for Failure {
    fn from(e: forewarn_pipeline::Error) -> Self {
        Self::new(e.exit_code(), e.to_string())
    }
}

/// Prints results; a reader that has gone away (`| head`) is no error.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
