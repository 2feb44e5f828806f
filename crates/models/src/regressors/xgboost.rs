//! Gradient boosted trees of the XGBoost library.

mod fit;
mod fitted;
mod forest;
mod matrix;

use forewarn_core::prelude::*;

use fitted::Boosted;
use matrix::Sheets;

const NAME: &str = "xgboost";

forewarn_core::entry!(Regressor: Xgboost as "xgboost", check);

/// Gradient boosted trees of the XGBoost library: Chen and Guestrin (2016), doi:10.1145/2939672.2939785.
///
/// Version 1.6.2 with `tree_method=hist`, one thread a fit. Settings and their defaults are those of XGBoost, by the names
/// that are given with each. A missing value goes the way that lowered the loss in training; zero is a value. Cut points
/// come from all prepared rows and their weights when each row has at most one label and half of them have one, else from
/// the labelled rows. The trees are exported as XGBoost's JSON, which Python's `Booster.load_model` reads.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Xgboost {
    /// What a wrong prediction costs (`objective`).
    pub objective: Objective,
    /// Variance power of the objective `tweedie`, above 1 (counts) and below 2 (gamma) (`tweedie_variance_power`).
    #[schemars(extend("exclusiveMinimum" = 1, "exclusiveMaximum" = 2))]
    pub tweedie_power: f64,
    /// Trees, at least 1 (`num_boost_round`).
    #[schemars(range(min = 1))]
    pub rounds: u32,
    /// Share of each tree that is added, above 0 and at most 1 (`learning_rate`).
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub learning_rate: f64,
    /// Splits from the root to a leaf, 1 to 30 (`max_depth`).
    #[schemars(range(min = 1, max = 30))]
    pub max_depth: u32,
    /// Least sum of second derivatives (for `squared-error`: of weights) in a leaf (`min_child_weight`).
    #[schemars(range(min = 0.0))]
    pub min_child_weight: f64,
    /// Penalty on squared leaf values (`reg_lambda`).
    #[schemars(range(min = 0.0))]
    pub l2: f64,
    /// Penalty on absolute leaf values (`reg_alpha`).
    #[schemars(range(min = 0.0))]
    pub l1: f64,
    /// By how much a split must lower the loss (`gamma`).
    #[schemars(range(min = 0.0))]
    pub gamma: f64,
    /// Share of rows that each tree sees, above 0 and at most 1 (`subsample`).
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub subsample: f64,
    /// Share of columns that each tree sees, above 0 and at most 1 (`colsample_bytree`).
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub columns_by_tree: f64,
    /// Share of the tree's columns that each split sees, above 0 and at most 1 (`colsample_bynode`).
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub columns_by_node: f64,
    /// Bins a column, 2 to 65536 (`max_bin`).
    #[schemars(range(min = 2, max = 65536))]
    pub max_bin: u32,
    /// Largest leaf value before the learning rate, 0 for no limit (`max_delta_step`); absent: 0.7 for `poisson`, else 0.
    #[schemars(range(min = 0.0))]
    pub max_delta_step: Option<f64>,
    /// Stops when the watched labels have not been predicted better for so many rounds, and keeps the best number of trees
    /// (`early_stopping_rounds`); absent: never. Without watched labels all rounds are done.
    #[schemars(range(min = 1))]
    pub early_stopping_rounds: Option<u32>,
    /// Prediction before the first tree (`base_score`); absent: the weighted mean of the labels, at least 1e-6 (and at
    /// most 1 - 1e-6 for `logistic`) where the objective has a link.
    pub base_score: Option<f64>,
}

/// What a wrong prediction costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// Its square (`reg:squarederror`).
    SquaredError,
    /// Deviance of counts >= 0 whose variance is their mean (`count:poisson`).
    Poisson,
    /// Deviance of numbers >= 0 with many zeros (`reg:tweedie`).
    Tweedie,
    /// Negative log likelihood of labels from 0 to 1; predicts the probability of 1 (`binary:logistic`).
    Logistic,
}

impl Default for Xgboost {
    fn default() -> Self {
        Self {
            objective: Objective::SquaredError,
            tweedie_power: 1.5,
            rounds: 100,
            learning_rate: 0.3,
            max_depth: 6,
            min_child_weight: 1.0,
            l2: 1.0,
            l1: 0.0,
            gamma: 0.0,
            subsample: 1.0,
            columns_by_tree: 1.0,
            columns_by_node: 1.0,
            max_bin: 256,
            max_delta_step: None,
            early_stopping_rounds: None,
            base_score: None,
        }
    }
}

impl Xgboost {
    fn check(self) -> Result<Self> {
        let wrong = |name: &str, value: f64, range: &str| {
            Err(Error::config(NAME, format!("`{name}` is {value}; it must be {range}")))
        };
        let share = |v: f64| v > 0.0 && v <= 1.0;
        for (name, value) in [
            ("learning-rate", self.learning_rate),
            ("subsample", self.subsample),
            ("columns-by-tree", self.columns_by_tree),
            ("columns-by-node", self.columns_by_node),
        ] {
            if !share(value) {
                return wrong(name, value, "above 0 and at most 1");
            }
        }
        for (name, value) in [
            ("min-child-weight", self.min_child_weight),
            ("l2", self.l2),
            ("l1", self.l1),
            ("gamma", self.gamma),
            ("max-delta-step", self.max_delta_step.unwrap_or_default()),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return wrong(name, value, "finite and at least 0");
            }
        }
        let early = self.early_stopping_rounds.unwrap_or(1);
        for (name, value, least, most) in [
            ("rounds", self.rounds, 1, i32::MAX as u32),
            ("max-depth", self.max_depth, 1, 30),
            ("max-bin", self.max_bin, 2, 65_536),
            ("early-stopping-rounds", early, 1, u32::MAX),
        ] {
            if !(least..=most).contains(&value) {
                return wrong(name, value.into(), &format!("from {least} to {most}"));
            }
        }
        if !(self.tweedie_power > 1.0 && self.tweedie_power < 2.0) {
            return wrong("tweedie-power", self.tweedie_power, "above 1 and below 2");
        }
        match self.base_score {
            Some(v) if !self.objective.can_predict(v as f32) => {
                wrong("base-score", v, "a value that the objective can predict, neither 0 nor 1 behind a link")
            }
            _ => Ok(self),
        }
    }
}

impl Objective {
    /// Its name in XGBoost.
    fn name(self) -> &'static str {
        match self {
            Self::SquaredError => "reg:squarederror",
            Self::Poisson => "count:poisson",
            Self::Tweedie => "reg:tweedie",
            Self::Logistic => "binary:logistic",
        }
    }

    fn can_predict(self, value: f32) -> bool {
        match self {
            Self::SquaredError => value.is_finite(),
            Self::Poisson | Self::Tweedie => value.is_finite() && value > 0.0,
            Self::Logistic => value > 0.0 && value < 1.0,
        }
    }

    fn check_labels(self, labels: &Labels<'_>) -> Result<()> {
        let (outside, range): (fn(&f32) -> bool, _) = match self {
            Self::SquaredError => return Ok(()),
            Self::Poisson | Self::Tweedie => (|&v| v < 0.0, "of 0 or more; use the objective `squared-error`"),
            Self::Logistic => {
                (|v| !(0.0..=1.0).contains(v), "from 0 to 1; make the target an event, or use another objective")
            }
        };
        let Some(i) = labels.values().iter().position(outside) else { return Ok(()) };
        let (value, name) = (labels.values()[i], self.name());
        Err(Error::data(format!("label {i} is {value}, and `{NAME}` with {name} learns labels {range}")))
    }
}

impl Regressor for Xgboost {
    fn prepare(&self, args: &PrepareArgs<'_>) -> Result<Box<dyn Prepared>> {
        let sheets = Sheets::new(args, self.max_bin)?;
        Ok(Box::new(Rows { settings: self.clone(), sheets }))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Regression>> {
        Ok(Box::new(Boosted::read(state)?))
    }

    fn predicts(&self) -> Predicts {
        match self.objective {
            Objective::Logistic => Predicts::Probability,
            Objective::SquaredError | Objective::Poisson | Objective::Tweedie => Predicts::Mean,
        }
    }

    fn watches(&self) -> bool {
        self.early_stopping_rounds.is_some()
    }
}

#[derive(Debug)]
struct Rows {
    settings: Xgboost,
    sheets: Sheets,
}

impl Prepared for Rows {
    fn fit(&self, args: &LabelArgs<'_>) -> Result<Box<dyn Regression>> {
        self.settings.objective.check_labels(&args.train)?;
        if let Some(watch) = &args.watch {
            self.settings.objective.check_labels(watch)?;
        }
        let (columns, objective) = (self.sheets.columns().to_vec(), self.settings.objective);
        let trees = fit::fit(&self.settings, &self.sheets, args)?;
        Ok(Box::new(Boosted::new(columns, objective, trees)?))
    }
}

/// What the library says, without its stack trace.
fn failed(error: &xgboost_rs::XGBError) -> Error {
    let said = error.to_string();
    let first = said.lines().find(|l| !l.trim().is_empty()).unwrap_or("no reason given");
    Error::numeric(NAME, first.trim())
}

#[cfg(test)]
mod tests;
