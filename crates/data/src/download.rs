//! Download: one file over HTTP, whole and checked, or a clear error within the time allowed.
//!
//! What arrives is collected in `TARGET.part`, with a note of where it came from in `TARGET.part.json`, so that
//! a broken transfer goes on where it stopped. Only what has passed every check (length, checksum, full
//! decompression, columns) is renamed to `TARGET`; until then, and after any failure, the copy that was there
//! stays. `TARGET.source.json` says where the copy came from and lets the next fetch ask «has it changed?».
//!
//! Nothing here reads the environment or the wall clock: token, proxy and time stamp are passed in.

mod backoff;
mod client;
mod exchange;
mod failure;
mod part;
mod post;
mod request;
mod settings;
mod transfer;
mod verify;

pub use client::{Client, Clock, SystemClock};
pub use post::post;
pub use request::{Expect, Fetched, Progress, Request, Source, Token};
pub use settings::Settings;

pub(crate) use exchange::Call;
pub(crate) use failure::{Failure, shown};
pub(crate) use part::Part;
pub(crate) use transfer::{Finished, at_hand, digest};
