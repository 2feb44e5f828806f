//! Sources and validation: real files, and files that are wrong in every way we know.

#[cfg(test)]
mod events;
#[cfg(test)]
mod parquet;
#[cfg(test)]
mod published;
#[cfg(test)]
mod published_law;
#[cfg(test)]
mod published_real;
#[cfg(test)]
mod published_wrong;
#[cfg(test)]
mod score_table;
#[cfg(test)]
mod score_table_wrong;
#[cfg(test)]
mod shared;
#[cfg(test)]
mod shuffled;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod wrong;
