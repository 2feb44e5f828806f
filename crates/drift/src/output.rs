//! Checks of what goes out, one file each. To add one: write the file, name it below.

forewarn_core::catalog! {
    /// Every output check that the binaries know, by name.
    pub static OUTPUT_CHECKS: [OutputCheck] = [];
}
