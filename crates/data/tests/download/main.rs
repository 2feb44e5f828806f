//! Downloads against a server that misbehaves in every way that we know of.

mod garbage;
mod outages;
mod paging;
mod redirects;
mod resuming;
mod scene;
mod server;
