//! What the process has used so far, where the operating system tells.

/// CPU seconds (user and system, all threads) and peak memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// CPU seconds since the start of the process; `None` where unknown.
    pub cpu_seconds: Option<f64>,
    /// Largest resident set so far, in bytes; `None` where unknown.
    pub peak_bytes: Option<u64>,
}

impl Usage {
    /// The figures now, from Linux's `/proc`.
    pub fn now() -> Self {
        Self { cpu_seconds: cpu_seconds(), peak_bytes: peak_bytes() }
    }
}

/// Fields 14 and 15 of `/proc/self/stat`, in clock ticks of 1/100 s (fixed by the kernel's user interface).
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let mut fields = after_name.split_whitespace().skip(11).map(str::parse::<f64>);
    Some((fields.next()?.ok()? + fields.next()?.ok()?) / 100.0)
}

fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn work_costs_time_and_memory() {
        let before = Usage::now();
        let block: Vec<u64> = (0..20_000_000).map(|i: u64| i.wrapping_mul(i)).collect();
        assert!(block.iter().fold(0, |a, b| a ^ b) != 1);
        let after = Usage::now();
        assert!(after.cpu_seconds.unwrap() >= before.cpu_seconds.unwrap());
        assert!(after.peak_bytes.unwrap() >= 160_000_000, "20 million numbers of 8 bytes were alive");
    }
}
