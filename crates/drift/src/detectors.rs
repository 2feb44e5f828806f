//! Detectors of drift in a stream of numbers, one file each. To add one: write the file, name it below.
//!
//! A detector sees one value at a time and says at which it became sure that they have changed. It knows no seasons, and
//! takes values for independent: what swings or wanders without drifting raises false alarms.

forewarn_core::catalog! {
    /// Every detector that the binaries know, by name.
    pub static DETECTORS: [Detector] = [adwin, cusum, ddm, eddm, hddm_a, hddm_w, kswin, page_hinkley];
}

mod running;
mod settings;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod river;
