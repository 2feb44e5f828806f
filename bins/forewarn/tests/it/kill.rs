//! A run that is killed at any moment goes on where it was and ends with the same bytes.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use forewarn_kernels::random::Stream;

use crate::project::{forewarn, project, results};

/// Kills that must land inside a run.
const KILLS: usize = 20;

fn start(config: &Path) -> Child {
    forewarn().args(["run", "-c"]).arg(config).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
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
    assert!(
        expected.keys().eq(got.keys()),
        "the same files, no leftovers: {:?} and {:?}",
        expected.keys(),
        got.keys()
    );
    for (path, bytes) in &expected {
        assert!(bytes == &got[path], "{} differs after {killed} kills", path.display());
    }
    assert!(
        expected.keys().any(|p| p.ends_with("report.html"))
            && expected.keys().any(|p| p.extension().is_some_and(|e| e == "parquet"))
    );
}
