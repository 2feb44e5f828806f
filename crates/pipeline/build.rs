//! Tells the program which revision it was built from, for the provenance of its forecasts.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=../../.git/HEAD");
    println!("cargo::rerun-if-changed=../../.git/index");
    let described = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=10"]).output();
    let revision =
        described.ok().filter(|o| o.status.success()).and_then(|o| String::from_utf8(o.stdout).ok());
    println!("cargo::rustc-env=FOREWARN_REVISION={}", revision.as_deref().unwrap_or("unknown").trim());
}
