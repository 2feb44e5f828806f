//! A run of twenty cells that is done in a moment, for tests of what runs leave.

use std::path::Path;

use crate::{Code, Outcome, Resolved, Result, Silent, Until, run};

const CONFIG: &str = r#"
name = "small"
models = ["still_water", "long_memory"]
ensembles = ["common_ground"]
[target]
column = "deaths"
[source]
type = "table"
path = "deaths.csv"
unit = "cell"
time = "month"
values = ["deaths"]
[features]
query-set = "set.toml"
[forecast]
steps = 2
draws = 8
[evaluation]
origins = 2
metrics = ["crps", "mae"]
[maps]
steps = []
[gates]
file = "rules.toml"
self-test = false
"#;

const QUERY_SET: &str = r#"
name = "small"
version = 1
level = "pgm"
[[features]]
name = "log_deaths"
source = "deaths"
transforms = [{ name = "log1p" }]
"#;

const FILES: [(&str, &str); 6] = [
    ("models/still_water.toml", "algorithm = \"zero\"\nstatus = \"baseline\"\n"),
    ("models/long_memory.toml", "algorithm = \"conflictology\"\n[settings]\nwindow = 12\n"),
    ("ensembles/common_ground.toml", "algorithm = \"mean\"\nrole = \"production\"\n"),
    ("set.toml", QUERY_SET),
    ("rules.toml", "alpha = 0.01\n[alerts]\ncommand = [\"true\", \"secret\"]\n"),
    ("forewarn.toml", CONFIG),
];

/// Writes a file of the run.
pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The run in a folder, with its observations; one of them is `odd`.
pub(crate) fn project(folder: &Path, odd: u32) -> Resolved {
    for (name, text) in FILES {
        write(folder, name, text);
    }
    observations(folder, odd);
    load(folder, &[])
}

/// Writes the observations.
pub(crate) fn observations(folder: &Path, odd: u32) {
    let value =
        |cell: u32, month: u32| if (cell, month) == (7, 450) { odd } else { (cell * 7 + month * 3) % 4 + 1 };
    let row = |cell: u32, month: u32| format!("{},{month},{}\n", 100_000 + cell, value(cell, month));
    let rows = (433..=492).flat_map(|month| (0..20).map(move |cell| (cell, month)));
    let rows: String = rows.map(|(cell, month)| row(cell, month)).collect();
    write(folder, "deaths.csv", &("cell,month,deaths\n".to_owned() + &rows));
}

/// The run with some settings changed.
pub(crate) fn load(folder: &Path, flags: &[&str]) -> Resolved {
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    Resolved::load(&folder.join("forewarn.toml"), &[], &flags).unwrap()
}

/// A program.
pub(crate) fn code() -> Code {
    Code { revision: "0.1.0+test".into(), digest: "program".into() }
}

/// Does the run, as far as the archive.
pub(crate) fn archive(resolved: &Resolved) -> Result<Outcome> {
    run(resolved, &code(), Until::Archive, &Silent)
}
