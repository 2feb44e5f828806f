//! Pictures as they leave the crate: SVG by snapshot, PNG by pixels.

#[cfg(test)]
mod pictures;
#[cfg(test)]
mod scenes;
#[cfg(test)]
mod snapshots;
