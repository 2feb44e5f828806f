//! The program as its users run it.

#[cfg(test)]
mod artifacts;
#[cfg(test)]
mod divergence;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod project;
#[cfg(test)]
mod redteam;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod score;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod usage;
