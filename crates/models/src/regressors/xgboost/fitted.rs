//! Trees that were trained or read back.

use forewarn_core::prelude::*;
use xgboost_rs::Booster;

use super::forest::{Forest, Model};
use super::matrix::dense;
use super::{NAME, Objective, failed};

/// First byte of a state; states that begin otherwise are refused.
const VERSION: u8 = 1;

/// Trees, as XGBoost's JSON and ready to walk.
#[derive(Debug)]
pub(super) struct Boosted {
    header: Header,
    json: Vec<u8>,
    forest: Forest,
}

/// What XGBoost's JSON does not say for certain.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    columns: Vec<String>,
    objective: Objective,
}

impl Boosted {
    /// Trees that were trained on `columns`.
    pub(super) fn new(columns: Vec<String>, objective: Objective, model: Model) -> Result<Self> {
        let forest = Forest::new(&model, objective, columns.len())?;
        let json = model.with_names(&columns).write()?;
        Ok(Self { header: Header { columns, objective }, json, forest })
    }

    /// Reads what [`Regression::state`] wrote: the version, the length of the header in 4 bytes (little-endian), the
    /// header and XGBoost's model, both JSON.
    pub(super) fn read(state: &[u8]) -> Result<Self> {
        let wrong = |what: &str| Error::data(format!("these bytes are no state of `{NAME}`: {what}"));
        let Some((&[version, a, b, c, d], rest)) = state.split_first_chunk::<5>() else {
            return Err(wrong("they are too few"));
        };
        if version != VERSION {
            return Err(wrong(&format!("version {version}, this program reads {VERSION}; fit the model again")));
        }
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        let (header, json) = rest.split_at_checked(length).ok_or_else(|| wrong("they end in the header"))?;
        let header: Header = serde_json::from_slice(header).map_err(|e| wrong(&e.to_string()))?;
        let forest = Forest::new(&Model::read(json)?, header.objective, header.columns.len())?;
        Ok(Self { header, json: json.to_vec(), forest })
    }
}

impl Regression for Boosted {
    fn predict(&self, rows: &DesignMatrix) -> Result<Vec<f32>> {
        rows.expect(&self.header.columns)?;
        Ok(self.forest.predict(rows))
    }

    fn state(&self) -> Result<Vec<u8>> {
        let header = serde_json::to_vec(&self.header).map_err(|e| Error::numeric(NAME, e.to_string()))?;
        Ok([&[VERSION], &(header.len() as u32).to_le_bytes()[..], &header, &self.json].concat())
    }

    fn rounds(&self) -> Option<usize> {
        Some(self.forest.trees())
    }

    fn gain(&self) -> Vec<f64> {
        self.forest.gain().to_vec()
    }

    fn contributions(&self, rows: &DesignMatrix) -> Result<Option<Contributions>> {
        rows.expect(&self.header.columns)?;
        let scale = match self.header.objective {
            Objective::SquaredError => "identity",
            Objective::Poisson | Objective::Tweedie => "log",
            Objective::Logistic => "logit",
        };
        if rows.is_empty() {
            return Ok(Some(Contributions { values: Vec::new(), scale }));
        }
        let booster = Booster::load_buffer(&self.json).map_err(|e| failed(&e))?;
        let matrix = dense(rows.values(), self.header.columns.len())?;
        let (values, _) = booster.predict_contributions(&matrix).map_err(|e| failed(&e))?;
        Ok(Some(Contributions { values, scale }))
    }

    fn export(&self) -> Result<Option<(&'static str, Vec<u8>)>> {
        Ok(Some(("json", self.json.clone())))
    }
}
