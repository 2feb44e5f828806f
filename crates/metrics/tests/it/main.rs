//! What the metrics say against what others say.

#[cfg(test)]
mod peers;
