//! A small run with every stage, and what it leaves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program, with none of the settings that the environment of the tests may hold.
pub(crate) fn forewarn() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forewarn"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FOREWARN_")) {
        command.env_remove(name);
    }
    command
}

/// Writes a file below `folder`.
pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Exit code, standard output, standard error.
pub(crate) fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A small run with every stage, in `folder`.
pub(crate) fn project(folder: &Path) -> PathBuf {
    let write = |name: &str, text: &str| write(folder, name, text);
    write("models/still_water.toml", "algorithm = \"zero\"\nstatus = \"baseline\"\n");
    write("models/same_weather.toml", "algorithm = \"no-change\"\nstatus = \"baseline\"\n");
    write("models/long_memory.toml", "algorithm = \"conflictology\"\n");
    write("ensembles/common_ground.toml", "algorithm = \"mean\"\nrole = \"production\"\n");
    write("ensembles/middle_path.toml", "algorithm = \"median\"\n");
    write("query_set.toml", QUERY_SET);
    write("forewarn.toml", CONFIG);
    folder.join("forewarn.toml")
}

const QUERY_SET: &str = r#"
name = "small"
version = 1
level = "pgm"

[[features]]
name = "log_deaths"
source = "ged_sb"
transforms = [{ name = "log1p" }]
"#;

const CONFIG: &str = r#"
name = "small"
models = ["still_water", "same_weather", "long_memory"]
ensembles = ["common_ground", "middle_path"]
[source]
type = "synthetic"
region = "africa-middle-east"
first = 433
last = 492
[features]
query-set = "query_set.toml"
[forecast]
steps = 6
draws = 30
[evaluation]
origins = 4
[maps]
width = 800
"#;

/// Contents of every result, by path; the records of runs, the page about them and the cost of a model tell times and are left out,
/// temporary files must be gone.
pub(crate) fn results(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("records") && !path.ends_with("tracking") {
                    folders.push(path);
                }
            } else if !path.ends_with("cost.json") && !path.ends_with("run.html") {
                found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}
