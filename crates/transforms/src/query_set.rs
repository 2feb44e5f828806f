//! Placeholder.
/// P
#[derive(Debug)]
pub struct QuerySet; 
/// P
#[derive(Debug)]
pub struct Feature; 
/// P
#[derive(Debug)]
pub struct Link; 
