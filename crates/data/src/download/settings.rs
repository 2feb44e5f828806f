//! How patient a download is.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How patient a download is, and how it names itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Longest time to look up the host and to connect, in seconds each.
    pub connect_seconds: f64,
    /// Longest wait for the head of an answer, in seconds.
    pub response_seconds: f64,
    /// Longest time without a byte, in seconds; also the window over which `minimum-bytes-per-second` is
    /// measured.
    pub stall_seconds: f64,
    /// A body that comes more slowly than this counts as stalled.
    pub minimum_bytes_per_second: u64,
    /// Longest time for everything: all tries, all pages and the waiting between them, in seconds.
    pub total_seconds: f64,
    /// Most tries for one file or page, >= 1.
    pub attempts: u32,
    /// Wait before the second try, in seconds; it doubles with each further one.
    pub backoff_first_seconds: f64,
    /// Longest wait between two tries that we choose, in seconds; a server may ask for more (`Retry-After`).
    pub backoff_max_seconds: f64,
    /// Seed of the jitter: half to the whole of each wait. Give each machine its own.
    pub seed: u64,
    /// Whether to go on with what a broken transfer left behind.
    pub resume: bool,
    /// Largest file accepted, in bytes, as received and once decompressed.
    pub maximum_bytes: u64,
    /// What to tell the server about ourselves.
    pub user_agent: String,
    /// HTTP proxy such as `http://proxy.example.org:3128`.
    pub proxy: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_seconds: 10.0,
            response_seconds: 60.0,
            stall_seconds: 30.0,
            minimum_bytes_per_second: 100,
            total_seconds: 1800.0,
            attempts: 5,
            backoff_first_seconds: 2.0,
            backoff_max_seconds: 120.0,
            seed: 0,
            resume: true,
            maximum_bytes: 4 << 30,
            user_agent: concat!("forewarn/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: None,
        }
    }
}

/// The settings' times, checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) connect: Duration,
    pub(super) response: Duration,
    pub(super) stall: Duration,
    pub(super) total: Duration,
    pub(super) backoff_first: Duration,
    pub(super) backoff_max: Duration,
}

impl Settings {
    /// The times as durations.
    pub(super) fn limits(&self) -> Result<Limits> {
        if self.attempts == 0 {
            return Err(config("attempts", "0 tries fetch nothing: give at least 1"));
        }
        Ok(Limits {
            connect: positive("connect-seconds", self.connect_seconds)?,
            response: positive("response-seconds", self.response_seconds)?,
            stall: positive("stall-seconds", self.stall_seconds)?,
            total: positive("total-seconds", self.total_seconds)?,
            backoff_first: positive("backoff-first-seconds", self.backoff_first_seconds)?,
            backoff_max: positive("backoff-max-seconds", self.backoff_max_seconds)?,
        })
    }
}

fn positive(setting: &str, seconds: f64) -> Result<Duration> {
    // A year: more is a slip of the pen, and would overflow sums of instants.
    const LONGEST: f64 = 366.0 * 86_400.0;
    let fits = seconds > 0.0 && seconds <= LONGEST;
    let duration = fits.then(|| Duration::from_secs_f64(seconds)).filter(|d| !d.is_zero());
    duration.ok_or_else(|| {
        config(setting, &format!("{seconds} is no waiting time: give seconds > 0 and <= {LONGEST}"))
    })
}

fn config(setting: &str, reason: &str) -> Error {
    Error::Config { setting: format!("download.{setting}"), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_usable() {
        assert!(Settings::default().limits().is_ok());
    }

    #[test]
    fn times_that_are_none_are_refused_by_name() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300] {
            let settings = Settings { stall_seconds: bad, ..Settings::default() };
            let message = settings.limits().unwrap_err().to_string();
            assert!(message.starts_with("download.stall-seconds: "), "{message}");
        }
        let settings = Settings { attempts: 0, ..Settings::default() };
        assert!(settings.limits().unwrap_err().to_string().contains("attempts"));
    }

    #[test]
    fn unknown_settings_are_refused() {
        assert!(serde_json::from_str::<Settings>(r#"{"attempts": 2}"#).is_ok());
        assert!(serde_json::from_str::<Settings>(r#"{"atempts": 2}"#).is_err());
    }
}
