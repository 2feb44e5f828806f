//! The program as its users run it.

#[cfg(test)]
mod archive;
#[cfg(test)]
mod artifacts;
#[cfg(test)]
mod divergence;
#[cfg(test)]
mod ensembles;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod lineage;
#[cfg(test)]
mod map;
#[cfg(test)]
mod online;
#[cfg(test)]
mod pool;
#[cfg(test)]
mod project;
#[cfg(test)]
mod promote;
#[cfg(test)]
mod reconcile;
#[cfg(test)]
mod redteam;
#[cfg(test)]
mod report;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod score;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod usage;
