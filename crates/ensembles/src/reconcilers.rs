//! Reconcilers, one file each in `reconcilers/`. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every reconciler that the binaries know, by name.
    pub static RECONCILERS: [Reconcile] = [bottom_up, minimum_trace, proportional];
}

mod families;

#[cfg(test)]
mod conformance;
