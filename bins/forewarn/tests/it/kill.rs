//! A run that is killed at any moment goes on where it was and ends with the same bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use forewarn_kernels::random::Stream;

/// Kills that must land inside a run.
const KILLS: usize = 20;

/// A small run with every stage, in `folder`.
fn project(folder: &Path) -> PathBuf {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
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

fn start(config: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_forewarn"));
    command.args(["run", "-c"]).arg(config).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Contents of every result, by path; the record of a run tells times and is left out, temporary files must be gone.
fn results(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "record.json" {
                found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn killed_at_random_moments_it_ends_with_the_same_bytes() {
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let begun = Instant::now();
    assert!(start(&project(whole.path())).wait().unwrap().success());
    let length = begun.elapsed();

    let config = project(broken.path());
    let output = broken.path().join("forewarn-out");
    let moments = Stream::new(20, &[]);
    let mut killed = 0;
    for i in 0.. {
        // Early moments fall in the first step, later ones further on; once all is done, it begins anew.
        let mut child = start(&config);
        std::thread::sleep(Duration::from_secs_f64(length.as_secs_f64() * moments.uniform(i) * 0.8));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
        } else if killed < KILLS {
            std::fs::remove_dir_all(&output).unwrap();
        }
        child.wait().unwrap();
        if killed == KILLS {
            break;
        }
        assert!(i < 200, "only {killed} of {i} runs were caught alive");
    }
    assert!(start(&config).wait().unwrap().success(), "the last run ends by itself");

    let expected = results(&whole.path().join("forewarn-out"));
    let got = results(&output);
    let names = |r: &BTreeMap<PathBuf, Vec<u8>>| r.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&expected), names(&got), "the same files, no leftovers");
    for (path, bytes) in &expected {
        assert!(bytes == &got[path], "{} differs after {killed} kills", path.display());
    }
    assert!(
        expected.keys().any(|p| p.ends_with("report.html"))
            && expected.keys().any(|p| p.ends_with("forecast.parquet"))
    );
}
