//! Downloads against a server that misbehaves in every way that we know of.
//!
//! The modules are marked as tests so that the lints know them as such.

#[cfg(test)]
mod garbage;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod redirects;
#[cfg(test)]
mod resuming;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod server;
