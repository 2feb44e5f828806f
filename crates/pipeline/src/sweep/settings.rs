//! Values put into the settings of a model by their path.

use serde_json::{Map, Value};

use super::space::Settings;

/// `base` with the values at their paths; tables on the way are made where there are none.
///
/// # Errors
/// The path that leads through something that is no table.
pub(crate) fn merged(base: &Value, values: &Settings) -> Result<Value, String> {
    let mut settings = base.clone();
    for (path, value) in values {
        put(&mut settings, path, value.clone())?;
    }
    Ok(settings)
}

fn put(settings: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let mut here = settings;
    let mut keys: Vec<&str> = path.split('.').collect();
    let last = keys.pop().unwrap_or(path);
    for key in keys {
        let inner = table(here, path)?.entry(key);
        here = inner.or_insert_with(|| Value::Object(Map::new()));
    }
    table(here, path)?.insert(last.to_owned(), value);
    Ok(())
}

fn table<'v>(value: &'v mut Value, path: &str) -> Result<&'v mut Map<String, Value>, String> {
    let shown = value.to_string();
    value.as_object_mut().ok_or_else(|| format!("`{path}` leads through {shown}, which is no table"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_find_their_place() {
        let base = json!({ "window": 3, "part": { "algorithm": "forest", "settings": { "depth": 2 } } });
        let values: Settings = [
            ("part.settings.depth".to_owned(), json!(9)),
            ("part.settings.rate".to_owned(), json!(0.5)),
            ("new.inner".to_owned(), json!("x")),
        ]
        .into();
        let expected = json!({
            "window": 3,
            "part": { "algorithm": "forest", "settings": { "depth": 9, "rate": 0.5 } },
            "new": { "inner": "x" },
        });
        assert_eq!(merged(&base, &values).unwrap(), expected);
        assert_eq!(merged(&base, &Settings::new()).unwrap(), base);
    }

    #[test]
    fn what_is_no_table_is_not_overwritten() {
        let values: Settings = [("window.size".to_owned(), json!(1))].into();
        let reason = merged(&json!({ "window": 3 }), &values).unwrap_err();
        assert_eq!(reason, "`window.size` leads through 3, which is no table");
    }
}
