//! What the store promises, seen from outside.

mod archive;
mod forecast;
mod support;
