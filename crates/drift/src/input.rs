//! Checks of what came in, one file each. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every input check that the binaries know, by name.
    pub static INPUT_CHECKS: [InputCheck] = [integrity];
}
