//! The program as its users run it.

mod kill;
mod usage;
