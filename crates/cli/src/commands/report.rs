//! `forewarn report`: the pages of a run, opened when asked for.

use std::path::Path;
use std::process::{Command as Process, Stdio};

use forewarn_pipeline::{Resolved, Until, run};

use super::run::{code, finished};
use crate::Failure;
use crate::arguments::ReportArguments;
use crate::progress::Display;

/// Writes the pages, and opens one of them.
pub(crate) fn report(
    arguments: &ReportArguments,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let resolved = Resolved::load(&arguments.run.config, environment, &arguments.run.set)?;
    let mut outcome = run(&resolved, &code()?, Until::Report, &Display::new())?;
    let page = outcome.folder.join(arguments.page.file());
    outcome.report = Some(page.clone());
    let done = finished(outcome, arguments.run.json);
    if arguments.open {
        open(&page).map_err(|reason| Failure {
            output: done.as_ref().map_or_else(|failure| failure.output.clone(), Clone::clone),
            ..Failure::new(1, reason)
        })?;
    }
    done
}

/// Opens a page and does not wait until it is closed.
fn open(page: &Path) -> Result<(), String> {
    let program = std::env::var("BROWSER").ok().filter(|name| !name.is_empty());
    let (program, before): (String, &[&str]) = match (program, std::env::consts::OS) {
        (Some(program), _) => (program, &[]),
        (None, "macos") => ("open".to_owned(), &[]),
        (None, "windows") => ("cmd".to_owned(), &["/C", "start", ""]),
        (None, _) => ("xdg-open".to_owned(), &[]),
    };
    let mut process = Process::new(&program);
    process.args(before).arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    process.spawn().map(|_| ()).map_err(|e| {
        format!("`{program}` cannot be started ({e}): set BROWSER to a program that opens {}", page.display())
    })
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use crate::arguments::ReportPage;

    #[test]
    fn every_page_has_a_file_of_its_own() {
        let mut files: Vec<&str> = ReportPage::value_variants().iter().map(|page| page.file()).collect();
        files.sort_unstable();
        assert_eq!(files, ["drift.html", "evaluation.html", "report.html", "run.html"]);
    }
}
