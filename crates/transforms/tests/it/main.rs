//! Worked cases, laws and comparisons over the whole catalog.

#[cfg(test)]
mod edges;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod query_sets;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod support;
#[cfg(test)]
mod twins;
