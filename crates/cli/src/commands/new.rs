//! `forewarn new model` and `forewarn new ensemble`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use forewarn_catalog::{ENSEMBLES, MODELS, Setting, find, settings};
use forewarn_pipeline::is_component_name;

use crate::Failure;
use crate::arguments::{NewArguments, NewCommand};

/// Writes the file of a component with its algorithm's settings and their meaning.
pub(crate) fn new(command: &NewCommand) -> Result<String, Failure> {
    let usage = |e: forewarn_core::Error| Failure::new(2, e.to_string());
    match command {
        NewCommand::Model(a) => {
            let entry = find("model", MODELS, &a.algorithm).map_err(usage)?;
            let head = "# shadow, deployed, baseline or deprecated\nstatus = \"shadow\"\n";
            write("models", a, head, &settings(entry))
        }
        NewCommand::Ensemble(a) => {
            let entry = find("ensemble", ENSEMBLES, &a.algorithm).map_err(usage)?;
            let head = "# production (issued) or shadow (scored beside it)\nrole = \"shadow\"\n\
                        # Without `members`, all models of the run are.\n# members = [\"quiet_river\"]\n";
            write("ensembles", a, head, &settings(entry))
        }
    }
}

fn write(
    folder: &str,
    arguments: &NewArguments,
    head: &str,
    settings: &[Setting],
) -> Result<String, Failure> {
    let name = &arguments.name;
    if !is_component_name(name) {
        return Err(Failure::new(2, format!("`{name}` is no name; expected two words like `quiet_river`")));
    }
    let mut text = format!(
        "# `forewarn explain {0}` says what it does.\nalgorithm = \"{0}\"\n{head}",
        arguments.algorithm
    );
    if !settings.is_empty() {
        text.push_str("\n[settings]\n");
    }
    for s in settings {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# {}\n{} = {}", s.doc, s.name, s.default);
    }
    let base = arguments.config.parent().unwrap_or(Path::new(""));
    let path = base.join(folder).join(format!("{name}.toml"));
    create(&path, &text).map_err(|e| Failure::new(2, format!("{}: {e}", path.display())))?;
    let config = arguments.config.display();
    Ok(format!("wrote {}\nnext: add \"{name}\" to `{folder}` in {config}\n", path.display()))
}

/// Creates a file that was not there, whole or not at all.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    // Temporary files are private by default; this one is to be read and edited like any other.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist_noclobber(path).map(|_| ()).map_err(|e| e.error)
}
