//! A component inside another one's settings.

use forewarn_core::prelude::*;
use serde_json::Value;

/// A component by its catalog name, with its settings: `{ algorithm = "boosting", settings = { rounds = 200 } }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Part {
    /// Its catalog name.
    pub algorithm: String,
    /// Its settings; the defaults when absent.
    #[serde(default = "no_settings")]
    pub settings: Value,
}

fn no_settings() -> Value {
    Value::Object(serde_json::Map::new())
}

impl Part {
    /// A component with its default settings.
    pub fn default_of(algorithm: &str) -> Self {
        Self { algorithm: algorithm.to_owned(), settings: no_settings() }
    }

    /// Builds the component, which is named in `catalog`.
    ///
    /// # Errors
    /// [`Error::Config`] that lists the components there are, or names the setting.
    pub fn build<T: ?Sized>(&self, kind: &str, catalog: &[Entry<T>]) -> Result<Box<T>> {
        let entry = catalog.iter().find(|e| e.name == self.algorithm).ok_or_else(|| {
            let names: Vec<_> = catalog.iter().map(|e| e.name).collect();
            let names = names.join(", ");
            // In the catalog of regressors whenever it was compiled.
            let cure = if (kind, self.algorithm.as_str()) == ("regressor", "xgboost") {
                ": this program was built without the cargo feature `xgboost`; build it with the default features (they need \
                 a C++ compiler, CMake and libclang), or use `boosting`"
            } else {
                ""
            };
            Error::config(kind, format!("there is no `{}`{cure}; there are: {names}", self.algorithm))
        })?;
        (entry.build)(&self.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MODELS;
    use crate::regressors::REGRESSORS;

    #[test]
    fn parts_are_built_by_name() {
        assert!(Part::default_of("zero").build("model", MODELS).is_ok());
        let wrong = Part::default_of("magic").build("model", MODELS).unwrap_err().to_string();
        assert!(wrong.contains("there is no `magic`; there are: ") && wrong.contains("zero"), "{wrong}");
        let part: Part = serde_json::from_str(r#"{"algorithm": "zero", "settings": {"depth": 1}}"#).unwrap();
        assert!(part.build("model", MODELS).unwrap_err().to_string().contains("depth"));
    }

    #[test]
    fn a_program_without_xgboost_says_how_to_get_it() {
        let without = REGRESSORS.split_last().unwrap().1;
        assert!(without.iter().all(|e| e.name != "xgboost"));
        let e = Part::default_of("xgboost").build("regressor", without).unwrap_err().to_string();
        assert!(
            e.contains("without the cargo feature `xgboost`")
                && e.contains("or use `boosting`; there are: boosting"),
            "{e}"
        );
        assert_eq!(
            Part::default_of("xgboost").build("regressor", REGRESSORS).is_ok(),
            cfg!(feature = "xgboost")
        );
    }
}
