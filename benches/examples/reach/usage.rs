//! CPU time and memory of this process, from Linux's `/proc`.

use std::fs::{read_to_string, write};

use super::Outcome;

/// What was used.
pub(crate) struct Usage {
    /// User and system, all threads, since the start.
    pub(crate) cpu_seconds: f64,
    /// Resident now.
    pub(crate) resident_mb: f64,
    /// Most that was resident since [`Usage::restart`].
    pub(crate) peak_mb: f64,
}

impl Usage {
    /// Now.
    pub(crate) fn now() -> Outcome<Self> {
        let stat = read_to_string("/proc/self/stat")?;
        let fields = stat.rsplit_once(')').ok_or("/proc/self/stat has no name")?.1;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        let ticks = ticks.collect::<Result<Vec<_>, _>>()?.iter().sum::<f64>();
        Ok(Self { cpu_seconds: ticks / 100.0, resident_mb: status("VmRSS:")?, peak_mb: status("VmHWM:")? })
    }

    /// Now, and the peak is counted from now on.
    pub(crate) fn restart() -> Outcome<Self> {
        write("/proc/self/clear_refs", "5")?;
        Self::now()
    }
}

/// A line of `/proc/self/status`, in MB of 10^6 bytes.
fn status(name: &str) -> Outcome<f64> {
    let text = read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|l| l.strip_prefix(name)).ok_or("no such line in /proc/self/status")?;
    let kib: f64 = line.split_whitespace().next().ok_or("an empty line")?.parse()?;
    Ok(kib * 1.024e-3)
}
