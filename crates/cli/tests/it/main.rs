//! Tests of the whole workspace and of the command line, in one binary.

mod layering;
mod source_text;
