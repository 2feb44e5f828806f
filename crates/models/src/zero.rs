//! The forecast that nothing happens.

use forewarn_core::prelude::*;

use crate::settings;

forewarn_core::entry!(Model: Zero as "zero");

/// Forecasts zero for every unit and step, as a point.
///
/// The baseline to beat on a field of zeros: in 99.5 % of cell-months it is exactly right. A model whose
/// skill against it is not positive adds nothing. Used as a benchmark by Hegre et al. (2024),
/// arXiv:2407.11045.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Zero {}

impl Model for Zero {
    fn fit(&self, _: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(self.clone()))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Fitted>> {
        Ok(Box::new(settings::read::<Self>("zero", state)?))
    }

    fn needs(&self) -> Needs {
        Needs { history: 1, output: Output::Point, features: false }
    }
}

impl Fitted for Zero {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        let units = args.history.units().clone();
        let values = vec![0.0; units.len()];
        Field::point(args.history.origin(), args.step, units, values)
    }

    fn state(&self) -> Result<Vec<u8>> {
        settings::write("zero", self)
    }
}
