//! `forewarn report`: pages from what runs have left.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use forewarn_pipeline::reports::{Report, make};
use forewarn_pipeline::{Resolved, write_file};
use serde_json::json;

use super::{complete, json_text};
use crate::Failure;
use crate::arguments::{ReportArguments, ReportKind};

/// Environment variable that names the program that opens pages.
const OPENER: &str = "FOREWARN_OPENER";

/// Makes the pages, prints where they are, and what is not there yet.
pub(crate) fn report(
    arguments: &ReportArguments,
    kind: ReportKind,
    environment: &[(String, String)],
) -> Result<String, Failure> {
    let run = Resolved::load(&arguments.run.config, environment, &arguments.run.set)?;
    let wanted = kinds(kind);
    let (mut made, mut faults) = (Vec::new(), Vec::new());
    for report in wanted {
        match make(&run, *report, &[]) {
            Ok(_) => made.push(*report),
            Err(e) if wanted.len() > 1 => faults.push(e.to_string()),
            Err(e) => return Err(e.into()),
        }
    }
    let mut files = Vec::new();
    for report in &made {
        // Pages link to those that lie beside them.
        let others: &[Report] = if wanted.len() > 1 { &made } else { &[] };
        let page = make(&run, *report, others)?;
        let path = place(arguments.out.as_deref(), &page.folder, (*report, wanted.len() > 1));
        write_file(&path, page.page.as_bytes())?;
        files.push(path);
    }
    if let Some(first) = files.first().filter(|_| arguments.open) {
        open(first, environment)?;
    }
    let output = if arguments.run.json {
        json_text(&json!({ "files": files, "missing": faults }))?
    } else {
        let lines: Vec<String> = files.iter().map(|path| format!("wrote {}", path.display())).collect();
        lines.join("\n") + "\n"
    };
    complete(output, &faults)
}

fn kinds(kind: ReportKind) -> &'static [Report] {
    match kind {
        ReportKind::Forecast => &[Report::Forecast],
        ReportKind::Evaluation => &[Report::Evaluation],
        ReportKind::Drift => &[Report::Drift],
        ReportKind::Run => &[Report::Run],
        ReportKind::All => &Report::ALL,
    }
}

/// Where a page goes: the file that is named, or its own name in a folder.
fn place(out: Option<&Path>, folder: &Path, (report, several): (Report, bool)) -> PathBuf {
    match out {
        None => folder.join(report.file()),
        Some(out) if several || out.is_dir() || out.extension().is_none() => out.join(report.file()),
        Some(out) => out.to_owned(),
    }
}

/// Starts the program that opens pages.
fn open(page: &Path, environment: &[(String, String)]) -> Result<(), Failure> {
    let told = environment.iter().find(|(name, _)| name == OPENER).map(|(_, program)| program.as_str());
    let (program, before): (&str, &[&str]) = match told {
        Some(program) => (program, &[]),
        None if cfg!(target_os = "macos") => ("open", &[]),
        None if cfg!(windows) => ("cmd", &["/C", "start", ""]),
        None => ("xdg-open", &[]),
    };
    let failed = |reason: String| {
        let cure = format!("set {OPENER} to a program that does, or open it yourself");
        Failure::new(1, format!("`{program}` cannot open {}: {reason}; {cure}", page.display()))
    };
    let mut command = Command::new(program);
    command.args(before).arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().map_err(|e| failed(e.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_where_it_is_told() {
        let folder = Path::new("runs/a");
        let at = |out: Option<&str>, several| place(out.map(Path::new), folder, (Report::Drift, several));
        assert_eq!(at(None, false), Path::new("runs/a/drift.html"));
        assert_eq!(at(Some("x.html"), false), Path::new("x.html"));
        assert_eq!(at(Some("pages"), false), Path::new("pages/drift.html"));
        assert_eq!(at(Some("x.html"), true), Path::new("x.html/drift.html"));
    }

    #[cfg(unix)]
    #[test]
    fn the_opener_gets_the_page_and_a_missing_one_is_told_with_its_cure() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (opener, seen) = (folder.path().join("opener"), folder.path().join("page.html.seen"));
        std::fs::write(&opener, "#!/bin/sh\necho opened > \"$1.seen\"\n").unwrap();
        std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
        let told = |program: &Path| vec![(OPENER.to_owned(), program.display().to_string())];
        let page = folder.path().join("page.html");
        assert!(open(&page, &told(&opener)).is_ok() && seen.is_file());
        let failure = open(&page, &told(&folder.path().join("none"))).unwrap_err();
        assert!(
            failure.reason.contains("page.html") && failure.reason.contains(OPENER),
            "{}",
            failure.reason
        );
    }
}
