//! What the metrics say against what others say, and how fast they say it.

#[cfg(test)]
mod peers;
#[cfg(test)]
mod speed;
