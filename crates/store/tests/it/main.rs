//! What the store promises, seen from outside.

mod archive;
mod crashes;
mod forecast;
mod support;
