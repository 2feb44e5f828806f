//! What the metrics say against what others say, and how fast they say it.

mod peers;
mod speed;
