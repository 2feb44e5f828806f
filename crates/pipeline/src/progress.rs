//! What a run tells while it runs. Who prints it is decided above.

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A step begins.
    Started {
        /// Such as `forecast long_memory`.
        step: &'a str,
    },
    /// A step is on its way.
    Advanced {
        /// Parts done.
        done: u64,
        /// Parts in all.
        total: u64,
    },
    /// A step ended.
    Finished {
        /// Such as `forecast long_memory`.
        step: &'a str,
        /// Whether its result was already there.
        cached: bool,
        /// Wall-clock seconds.
        seconds: f64,
    },
    /// A step could not be made.
    Failed {
        /// Such as `forecast long_memory`.
        step: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// Something the user should know.
    Warned {
        /// In words.
        text: &'a str,
    },
}

/// Listens to a run.
pub trait Observer: Sync {
    /// Called for every event, from any thread.
    fn notice(&self, event: &Event<'_>);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn notice(&self, _: &Event<'_>) {}
}
