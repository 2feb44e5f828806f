//! Benches only; see `benches/monthly_run.rs`.
