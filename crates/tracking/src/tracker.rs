//! The two traits.

use std::fmt::Debug;

use crate::{Alert, Artifact, Metrics, Moment, Result, Run, Table};

/// Where runs are told.
pub trait Tracker: Debug + Send + Sync {
    /// Begins a run. One with the same [`Run::id`] that was told before is continued or replaced, never told twice.
    ///
    /// # Errors
    /// What the place refuses: a folder that cannot be written, a server that is down.
    fn begin(&self, run: &Run) -> Result<Box<dyn Tracked + '_>>;
}

/// A run that is being told.
pub trait Tracked: Debug {
    /// Figures at one step.
    ///
    /// # Errors
    /// What the place refuses.
    fn metrics(&mut self, metrics: &Metrics) -> Result<()>;

    /// A table under a key, such as `gates`.
    ///
    /// # Errors
    /// [`Error::Wrong`](crate::Error::Wrong) for a row with more or fewer cells than there are columns; what the place
    /// refuses.
    fn table(&mut self, key: &str, table: &Table) -> Result<()>;

    /// A picture under a key: the bytes of a PNG file.
    ///
    /// # Errors
    /// [`Error::Wrong`](crate::Error::Wrong) when it is none; what the place refuses.
    fn image(&mut self, key: &str, png: &[u8]) -> Result<()>;

    /// What the run made, or was made from.
    ///
    /// # Errors
    /// What the place refuses; a file that cannot be read.
    fn artifact(&mut self, artifact: &Artifact) -> Result<()>;

    /// What somebody should look at.
    ///
    /// # Errors
    /// What the place refuses.
    fn alert(&mut self, alert: &Alert) -> Result<()>;

    /// Ends the run; `exit_code` 0 is success.
    ///
    /// # Errors
    /// What the place refuses. What is written as a whole is then not there.
    fn finish(self: Box<Self>, ended: Moment, exit_code: u8) -> Result<()>;
}
