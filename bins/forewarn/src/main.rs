//! `forewarn`: the command line. Parses, calls, exits.

use std::process::ExitCode;

fn main() -> ExitCode {
    forewarn_cli::run(std::env::args_os(), &std::env::vars().collect::<Vec<_>>())
}
