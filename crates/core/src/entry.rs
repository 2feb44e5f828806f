//! The registry: an [`Entry`] says how to list, document and build a component.
//!
//! A component file declares itself with [`entry!`](crate::entry); its crate lists the file with
//! [`catalog!`](crate::catalog). No life before `main`, no linker section, no proc macro.

use schemars::Schema;
use serde_json::Value;

use crate::Result;

/// How to list, document and build a component of kind `T` (such as `dyn Metric`).
#[derive(Debug)]
pub struct Entry<T: ?Sized> {
    /// Catalog name, in kebab case.
    pub name: &'static str,
    /// The file it is declared in.
    pub file: &'static str,
    /// Builds it from settings; unknown settings are refused.
    pub build: fn(&Value) -> Result<Box<T>>,
    /// Settings with their types, bounds, defaults and doc comments.
    pub schema: fn() -> Schema,
}

impl<T: ?Sized> Entry<T> {
    /// The doc comment of the component's struct.
    pub fn doc(&self) -> String {
        let schema = (self.schema)();
        schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The component with its default settings.
    ///
    /// # Errors
    /// [`crate::Error::Config`] when a setting has no default.
    pub fn default(&self) -> Result<Box<T>> {
        (self.build)(&Value::Object(serde_json::Map::new()))
    }
}

/// Declares the entry of the component in this file.
///
/// A component that checks its settings does so in `fn check(self) -> Result<Self>` and writes
/// `entry!(Kind: Component as "name", check);`.
#[macro_export]
macro_rules! entry {
    ($kind:ident: $component:ty as $name:literal) => {
        $crate::entry!($kind: $component as $name, |c: $component| Ok(c));
    };
    ($kind:ident: $component:ty as $name:literal, check) => {
        $crate::entry!($kind: $component as $name, <$component>::check);
    };
    ($kind:ident: $component:ty as $name:literal, $check:expr) => {
        #[doc(hidden)]
        pub(crate) const ENTRY: $crate::Entry<dyn $crate::$kind> = $crate::Entry {
            name: $name,
            file: file!(),
            build: |settings| {
                let read = <$component as $crate::serde::Deserialize>::deserialize(settings);
                let component = read.map_err(|e| $crate::Error::config($name, e.to_string()))?;
                let check: fn($component) -> $crate::Result<$component> = $check;
                Ok(Box::new(check(component)?))
            },
            schema: || $crate::schemars::schema_for!($component),
        };
    };
}

/// Declares the modules of a component crate and lists their entries, in order.
#[macro_export]
macro_rules! catalog {
    ($(#[$doc:meta])* $vis:vis static $name:ident: [$kind:ident] = [$($(#[$when:meta])* $module:ident),* $(,)?];) => {
        $($(#[$when])* pub mod $module;)*
        $(#[$doc])*
        $vis static $name: &[$crate::Entry<dyn $crate::$kind>] = &[$($(#[$when])* $module::ENTRY),*];
    };
}
