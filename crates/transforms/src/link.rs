//! One link of a chain: a transform and its settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use forewarn_core::{Entry, Error, Transform};
use serde_json::{Map, Value};
use toml::Spanned;

use crate::fault::{Fault, nearest};
use crate::{Compat, TRANSFORMS};

/// What the reference calls each transform.
const REFERENCE_NAMES: [(&str, &str); 14] = [
    ("bool.gte", "at-least"),
    ("missing.fill", "fill"),
    ("missing.replace_na", "replace-missing"),
    ("ops.ln", "log1p"),
    ("spatial.countrylag", "country-lag"),
    ("spatial.lag", "spatial-lag"),
    ("spatial.sptime_dist", "space-time-distance"),
    ("spatial.treelag", "tree-lag"),
    ("temporal.decay", "decay"),
    ("temporal.delta", "delta"),
    ("temporal.moving_average", "moving-average"),
    ("temporal.moving_sum", "moving-sum"),
    ("temporal.time_since", "time-since"),
    ("temporal.tlag", "time-lag"),
];

/// A link as it stands in the file: `name` and settings.
pub(crate) type Table = BTreeMap<Spanned<String>, toml::Value>;

/// One transform of a chain, with its settings.
#[derive(Debug, Clone)]
pub struct Link {
    name: &'static str,
    settings: BTreeMap<String, Value>,
    transform: Arc<dyn Transform>,
}

impl Link {
    /// Catalog name of the transform.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Every setting, also those that have their default.
    pub fn settings(&self) -> &BTreeMap<String, Value> {
        &self.settings
    }

    /// The transform.
    pub fn transform(&self) -> &dyn Transform {
        &*self.transform
    }

    /// Whether both do the same.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.name == other.name && self.settings == other.settings
    }

    /// Checks what stands in the file; `compat` is that of the query set.
    pub(crate) fn read(table: Spanned<Table>, compat: Compat) -> Result<Self, Fault> {
        let place = Spanned::new(table.span(), ());
        let mut given = table.into_inner();
        let entry = find(&place, given.remove("name"))?;
        let schema = (entry.schema)();
        let none = Map::new();
        let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let mut settings: BTreeMap<String, Value> =
            known.iter().filter_map(|(key, s)| Some((key.clone(), s.get("default")?.clone()))).collect();
        if compat != Compat::None && known.contains_key("compat") {
            settings.insert("compat".to_owned(), serde_json::to_value(compat).unwrap_or_default());
        }
        for (key, value) in given {
            let Some(schema) = known.get(key.get_ref()) else {
                return Err(unknown_setting(&key, entry.name, known));
            };
            settings.insert(key.get_ref().clone(), plain(&key, value, schema)?);
        }
        let build = Value::Object(settings.clone().into_iter().collect());
        let transform = (entry.build)(&build).map_err(|e| Fault::new(&place, e.to_string()))?.into();
        Ok(Self { name: entry.name, settings, transform })
    }
}

/// The entry of the transform that is named in the file.
fn find(place: &Spanned<()>, name: Option<toml::Value>) -> Result<&'static Entry<dyn Transform>, Fault> {
    let names = || TRANSFORMS.iter().map(|e| e.name);
    let all = || names().collect::<Vec<_>>().join(", ");
    let Some(toml::Value::String(name)) = name else {
        let reason =
            format!("a transform needs its name, like {{ name = \"time-lag\" }}; there are: {}", all());
        return Err(Fault::new(place, reason));
    };
    TRANSFORMS.iter().find(|e| e.name == name).ok_or_else(|| {
        let short = |reference: &str| reference.split('.').next_back() == Some(name.as_str());
        let ours = REFERENCE_NAMES.iter().find(|(reference, _)| *reference == name || short(reference));
        let hint = match ours {
            Some((_, ours)) => format!(", which is called `{ours}` here"),
            None => nearest(&name, names()),
        };
        Fault::new(place, format!("there is no transform `{name}`{hint}; there are: {}", all()))
    })
}

fn unknown_setting(key: &Spanned<String>, name: &str, known: &Map<String, Value>) -> Fault {
    let hint = nearest(key.get_ref(), known.keys().map(String::as_str));
    let known: Vec<&str> = known.keys().map(String::as_str).collect();
    let all = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Fault::new(key, format!("`{name}` has no setting `{}`{hint}; it has: {all}", key.get_ref()))
}

/// The value as JSON; `12` and `12.0` are the same number where the setting is one with a fraction.
fn plain(key: &Spanned<String>, value: toml::Value, schema: &Value) -> Result<Value, Fault> {
    let integer = value.as_integer();
    let fraction = schema.get("type").and_then(Value::as_str) == Some("number");
    if let Some(i) = integer.filter(|_| fraction) {
        return Ok(Value::from(i as f64));
    }
    let json = serde_json::to_value(value);
    json.map_err(|e| Fault::new(key, Error::config(key.get_ref(), e.to_string()).to_string()))
}
