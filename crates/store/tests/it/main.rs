//! What the store promises, seen from outside.

mod forecast;
mod support;
