//! The machine that a run was made on, as far as it can matter.

use serde::{Deserialize, Serialize};

/// A machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Operating system, with the release of its kernel where that is known.
    pub os: String,
    /// Kind of processor, such as `x86_64`.
    pub arch: String,
    /// The processor's own name, where it is known.
    pub cpu: Option<String>,
    /// Threads that the run used.
    pub threads: usize,
}

impl Host {
    /// This machine.
    pub(crate) fn here() -> Self {
        let text = |path: &str| std::fs::read_to_string(path).ok();
        let release = text("/proc/sys/kernel/osrelease").map(|r| format!(" {}", r.trim()));
        Self {
            os: std::env::consts::OS.to_owned() + &release.unwrap_or_default(),
            arch: std::env::consts::ARCH.to_owned(),
            cpu: text("/proc/cpuinfo").as_deref().and_then(name),
            threads: rayon::current_num_threads(),
        }
    }
}

/// The name of the first processor in Linux's list.
fn name(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_as_linux_names_it() {
        let list = "processor\t: 0\nvendor_id\t: X\nmodel name\t: Some CPU @ 2.0 GHz\n\nprocessor\t: 1\nmodel name\t: B\n";
        assert_eq!(name(list).as_deref(), Some("Some CPU @ 2.0 GHz"));
        assert_eq!(name("processor : 0\n"), None);
        assert!(Host::here().threads > 0);
    }
}
