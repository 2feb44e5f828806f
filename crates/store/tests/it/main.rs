//! What the store promises, seen from outside.

#[cfg(test)]
mod archive;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod editions;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod forecast;
#[cfg(test)]
mod index;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod support;
