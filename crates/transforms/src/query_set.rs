//! Query sets: named, versioned lists of features.

use forewarn_core::{Cell, Error, Panel, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use toml::Spanned;

use crate::Compat;
use crate::fault::{Fault, nearest};
use crate::feature::Feature;
use crate::link::{self, Link};
use crate::plan::Plan;

/// A named, versioned list of features, each a source column with a chain of transforms.
///
/// ```
/// let set = forewarn_transforms::QuerySet::parse(r#"
///     name = "pgm_history"
///     version = 1
///     level = "pgm"
///
///     [[features]]
///     name = "sb_lag_1"
///     source = "ged_sb"
///     transforms = [ { name = "log1p" }, { name = "time-lag", periods = 1 } ]
/// "#)?;
/// assert_eq!(set.features()[0].transforms()[1].name(), "time-lag");
/// # Ok::<(), forewarn_core::Error>(())
/// ```
///
/// `compat = "views"` at the top is the default of every transform that has such a setting.
#[derive(Debug, Clone)]
pub struct QuerySet {
    name: String,
    version: u32,
    level: String,
    features: Vec<Feature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SetTable {
    name: Spanned<String>,
    version: Spanned<u32>,
    level: Spanned<String>,
    #[serde(default)]
    compat: Compat,
    #[serde(default)]
    features: Vec<FeatureTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeatureTable {
    name: Spanned<String>,
    source: Spanned<String>,
    #[serde(default)]
    transforms: Vec<Spanned<link::Table>>,
}

impl QuerySet {
    /// Reads a query set from TOML.
    ///
    /// # Errors
    /// [`Error::Config`] that points at line and column and says what exists instead.
    pub fn parse(text: &str) -> Result<Self> {
        let table: SetTable =
            toml::from_str(text).map_err(|e| Error::config("query set", e.to_string().trim_end()))?;
        Self::check(table).map_err(|fault| fault.at(text))
    }

    fn check(table: SetTable) -> Result<Self, Fault> {
        for (word, value) in [("name", &table.name), ("level", &table.level)] {
            if value.get_ref().trim().is_empty() {
                return Err(Fault::new(value, format!("`{word}` is empty")));
            }
        }
        if *table.version.get_ref() == 0 {
            return Err(Fault::new(&table.version, "`version` is 0; it starts at 1".to_owned()));
        }
        if table.features.is_empty() {
            return Err(Fault::new(&table.name, "it has no `[[features]]`".to_owned()));
        }
        let mut features: Vec<Feature> = Vec::with_capacity(table.features.len());
        for FeatureTable { name, source, transforms } in table.features {
            for (word, value) in [("name", &name), ("source", &source)] {
                if value.get_ref().trim().is_empty() {
                    return Err(Fault::new(value, format!("the `{word}` of a feature is empty")));
                }
            }
            if let Some(i) = features.iter().position(|f| f.name == *name.get_ref()) {
                let reason = format!("feature {} is already called `{}`", i + 1, name.get_ref());
                return Err(Fault::new(&name, reason));
            }
            let transforms =
                transforms.into_iter().map(|t| Link::read(t, table.compat)).collect::<Result<_, _>>()?;
            features.push(Feature { name: name.into_inner(), source: source.into_inner(), transforms });
        }
        Ok(Self {
            name: table.name.into_inner(),
            version: table.version.into_inner(),
            level: table.level.into_inner(),
            features,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version, from 1 on; a change of features is a new version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What its units are, as the run's configuration names it: `pgm`, `cm`, ...
    pub fn level(&self) -> &str {
        &self.level
    }

    /// Its features, in the order of the file.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The features of a panel, on its periods and units; `groups` is the country of each unit, or empty.
    ///
    /// Chains that begin alike are worked once; the result does not depend on the number of threads. Beyond the
    /// result, memory holds one column for each link of the chains in work, one chain a thread.
    ///
    /// # Errors
    /// [`Error::Config`] that names the sources the panel does not have and lists those it has; else an error that
    /// names each feature that could not be worked, with its transform and why.
    pub fn apply(&self, panel: &Panel, groups: &[u32]) -> Result<Panel> {
        self.apply_on(panel, groups, &[])
    }

    /// The same on a land map, the country of each cell, which country transforms need when units are countries.
    ///
    /// # Errors
    /// As [`QuerySet::apply`].
    pub fn apply_on(&self, panel: &Panel, groups: &[u32], land: &[(Cell, u32)]) -> Result<Panel> {
        self.check_sources(panel)?;
        let columns = Plan::of(&self.features).run(panel, groups, land)?;
        let mut features = Panel::new(panel.axis(), panel.units().clone())?;
        for (feature, values) in self.features.iter().zip(columns) {
            features.push(&feature.name, values)?;
        }
        Ok(features)
    }

    /// What the features depend on, as JSON with every setting spelled out and keys in order: equal for query sets
    /// that mean the same, whatever their layout, comments and left-out defaults.
    pub fn digest_input(&self) -> String {
        let link = |link: &Link| json!({"name": link.name(), "settings": link.settings()});
        let feature = |f: &Feature| {
            let transforms: Vec<Value> = f.transforms.iter().map(link).collect();
            json!({"name": f.name, "source": f.source, "transforms": transforms})
        };
        let features: Vec<Value> = self.features.iter().map(feature).collect();
        let set = json!({
            "features": features, "level": self.level, "name": self.name, "version": self.version,
        });
        set.to_string()
    }

    fn check_sources(&self, panel: &Panel) -> Result<()> {
        let columns: Vec<&str> = panel.columns().iter().map(|c| c.name.as_str()).collect();
        let missing = self.features.iter().filter(|f| !columns.contains(&f.source.as_str()));
        let faults: Vec<String> = missing
            .map(|f| {
                let hint = nearest(&f.source, columns.iter().copied());
                format!("feature `{}`: the panel has no column `{}`{hint}", f.name, f.source)
            })
            .collect();
        if faults.is_empty() {
            return Ok(());
        }
        let reason = format!("{}; the panel has: {}", faults.join("; "), columns.join(", "));
        Err(Error::config(format!("query set `{}`", self.name), reason))
    }
}
