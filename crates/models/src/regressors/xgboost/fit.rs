//! Training, round by round.

use std::collections::HashMap;

use forewarn_core::prelude::*;
use serde_json::Value;
use xgboost_rs::{Booster, DMatrix, XGBError};

use super::forest::Model;
use super::matrix::Sheets;
use super::{NAME, Objective, Xgboost, failed};

/// A parameter by the name that XGBoost's own configuration has it under, and its value.
type Parameter = (&'static str, String);

/// Parameters of a training from the prediction `base` on.
pub(super) fn config(settings: &Xgboost, base: f32, seed: u64) -> Vec<Parameter> {
    // XGBoost keeps its seed in 31 bits.
    let seed = (seed ^ (seed >> 32)) & 0x7fff_ffff;
    let mut config = vec![
        ("booster", "gbtree".to_owned()),
        ("tree_method", "hist".to_owned()),
        ("nthread", "1".to_owned()),
        ("seed", seed.to_string()),
        ("objective", settings.objective.name().to_owned()),
        ("base_score", base.to_string()),
        ("learning_rate", settings.learning_rate.to_string()),
        ("max_depth", settings.max_depth.to_string()),
        ("min_child_weight", settings.min_child_weight.to_string()),
        ("reg_lambda", settings.l2.to_string()),
        ("reg_alpha", settings.l1.to_string()),
        ("gamma", settings.gamma.to_string()),
        ("subsample", settings.subsample.to_string()),
        ("colsample_bytree", settings.columns_by_tree.to_string()),
        ("colsample_bynode", settings.columns_by_node.to_string()),
        ("max_bin", settings.max_bin.to_string()),
    ];
    if settings.objective == Objective::Tweedie {
        config.push(("tweedie_variance_power", settings.tweedie_power.to_string()));
    }
    if let Some(step) = settings.max_delta_step {
        config.push(("max_delta_step", step.to_string()));
    }
    config
}

/// The parameters as the library takes them, without its messages on standard error.
pub(super) fn strings(config: &[Parameter]) -> HashMap<String, String> {
    let quiet = [("verbosity".to_owned(), "0".to_owned())];
    config.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).chain(quiet).collect()
}

/// Trains on the shared rows where each has one label at most, else on an excerpt.
pub(super) fn fit(settings: &Xgboost, sheets: &Sheets, args: &LabelArgs<'_>) -> Result<Model> {
    let watched = args.watch.as_ref().zip(settings.early_stopping_rounds);
    let Some((values, weights)) = spread(&args.train, sheets.len()) else {
        let matrix = sheets.excerpt(&args.train)?;
        let watch = match watched {
            Some((labels, patience)) => {
                let positions = (0..labels.rows().len() as u32).collect();
                Some(Watch { matrix: Some(sheets.excerpt(labels)?), positions, labels: *labels, patience })
            }
            None => None,
        };
        return Training { settings, train: &matrix, watch }.run(args);
    };
    let mut sheet = sheets.take()?;
    let watch = watched.map(|(labels, patience)| {
        Watch { matrix: None, positions: labels.rows().to_vec(), labels: *labels, patience }
    });
    sheet.set_labels(&values).and_then(|()| sheet.set_weights(&weights)).map_err(|e| failed(&e))?;
    let model = Training { settings, train: &sheet, watch }.run(args);
    sheets.give(sheet);
    model
}

/// Labels and weights of all `count` rows, weight 0 where there is no label; `None` when a row has two, or less than half
/// of the rows have one, for which an excerpt is the smaller work.
fn spread(labels: &Labels<'_>, count: usize) -> Option<(Vec<f32>, Vec<f32>)> {
    if 2 * labels.rows().len() < count {
        return None;
    }
    let mut seen = vec![false; count];
    let (mut values, mut weights) = (vec![0.0; count], vec![0.0; count]);
    for ((&row, &value), &weight) in labels.rows().iter().zip(labels.values()).zip(labels.weights()) {
        let row = row as usize;
        if std::mem::replace(&mut seen[row], true) {
            return None;
        }
        (values[row], weights[row]) = (value, weight);
    }
    Some((values, weights))
}

/// Labels that say when to stop.
struct Watch<'a> {
    /// Rows of the labels; `None` where they are among the trained rows.
    matrix: Option<DMatrix>,
    /// Row of each label in the matrix.
    positions: Vec<u32>,
    labels: Labels<'a>,
    patience: u32,
}

struct Training<'a> {
    settings: &'a Xgboost,
    train: &'a DMatrix,
    watch: Option<Watch<'a>>,
}

impl Training<'_> {
    fn run(&self, args: &LabelArgs<'_>) -> Result<Model> {
        let config = config(self.settings, base(self.settings, &args.train), args.seed);
        let mut matrices = vec![self.train];
        matrices.extend(self.watch.as_ref().and_then(|w| w.matrix.as_ref()));
        let said = |e: XGBError| failed(&e);
        let mut booster = Booster::new_with_json_config(&matrices, strings(&config)).map_err(said)?;
        let most = args.rounds.map_or(self.settings.rounds, |n| n as u32);
        let (mut best, mut kept) = (f64::INFINITY, most);
        for round in 0..most {
            booster.update(self.train, round as i32).map_err(said)?;
            if round == 0 {
                check_heard(&config, &booster.save_config())?;
            }
            let Some(watch) = &self.watch else { continue };
            let loss = self.loss(&booster, watch)?;
            if loss < best {
                (best, kept) = (loss, round + 1);
            } else if round + 1 >= kept.saturating_add(watch.patience) || best.is_infinite() {
                break;
            }
        }
        if self.watch.is_some() && best.is_infinite() {
            return Err(Error::numeric(NAME, "the loss of the watched labels is not finite; lower `learning-rate`"));
        }
        let json = booster.save_to_buffer("json".to_owned()).map_err(said)?;
        Model::read(json.as_bytes())?.with_rounds(kept as usize)
    }

    /// The weighted mean loss of the watched labels.
    fn loss(&self, booster: &Booster, watch: &Watch<'_>) -> Result<f64> {
        let matrix = watch.matrix.as_ref().unwrap_or(self.train);
        let margins = booster.predict_margin(matrix).map_err(|e| failed(&e))?;
        let (mut sum, mut weight) = (0.0, 0.0);
        for ((&at, &y), &w) in watch.positions.iter().zip(watch.labels.values()).zip(watch.labels.weights()) {
            let margin = f64::from(margins[at as usize]);
            sum += f64::from(w) * loss(self.settings, margin, f64::from(y));
            weight += f64::from(w);
        }
        Ok(sum / weight)
    }
}

/// The loss of a prediction before its link, without terms that only depend on the label.
fn loss(settings: &Xgboost, margin: f64, y: f64) -> f64 {
    let p = settings.tweedie_power;
    match settings.objective {
        Objective::SquaredError => (y - margin).powi(2),
        Objective::Poisson => margin.exp() - y * margin,
        Objective::Tweedie => ((2.0 - p) * margin).exp() / (2.0 - p) - y * ((1.0 - p) * margin).exp() / (1.0 - p),
        Objective::Logistic => margin.max(0.0) + (-margin.abs()).exp().ln_1p() - y * margin,
    }
}

/// The prediction before the first tree.
fn base(settings: &Xgboost, labels: &Labels<'_>) -> f32 {
    if let Some(given) = settings.base_score {
        return given as f32;
    }
    let (mut sum, mut weight) = (0.0, 0.0);
    for (&y, &w) in labels.values().iter().zip(labels.weights()) {
        sum += f64::from(w) * f64::from(y);
        weight += f64::from(w);
    }
    let mean = sum / weight;
    match settings.objective {
        Objective::SquaredError => mean as f32,
        Objective::Poisson | Objective::Tweedie => mean.max(1e-6) as f32,
        Objective::Logistic => mean.clamp(1e-6, 1.0 - 1e-6) as f32,
    }
}

/// That each parameter is what XGBoost's configuration says: it ignores names that it does not know without a word.
fn check_heard(config: &[Parameter], heard: &str) -> Result<()> {
    let heard: Value = serde_json::from_str(heard)
        .map_err(|e| Error::numeric(NAME, format!("XGBoost's configuration is no JSON: {e}")))?;
    let same = |given: &str, found: &str| match (given.parse::<f64>(), found.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-6 * a.abs().max(1e-6),
        _ => given == found,
    };
    for (name, given) in config {
        let mut found = Vec::new();
        collect(&heard, name, &mut found);
        if found.is_empty() || !found.iter().all(|f| same(given, f)) {
            return Err(Error::numeric(NAME, format!("XGBoost was told `{name}` = {given} and has {found:?}")));
        }
    }
    Ok(())
}

/// All values of `name`, wherever they are.
fn collect(value: &Value, name: &str, found: &mut Vec<String>) {
    let Value::Object(members) = value else { return };
    for (key, member) in members {
        match member {
            Value::String(text) if key == name => found.push(text.clone()),
            _ => collect(member, name, found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_is_not_heard_is_an_error() {
        let heard = r#"{"a": {"max_bin": "64", "gamma": "0.100000001"}, "b": {"max_bin": "64"}}"#;
        let check = |name, value: &str| check_heard(&[(name, value.to_owned())], heard);
        assert!(check("max_bin", "64").is_ok() && check("gamma", "0.1").is_ok());
        assert!(check("max_bin", "65").unwrap_err().to_string().contains("`max_bin` = 65"));
        assert!(check("max_bim", "64").is_err(), "a name that XGBoost does not know");
    }

    #[test]
    fn losses_by_hand() {
        let of = |objective, margin, y| loss(&Xgboost { objective, ..Xgboost::default() }, margin, y);
        assert_eq!(of(Objective::SquaredError, 1.0, 3.0), 4.0);
        assert_eq!(of(Objective::Poisson, 0.0, 2.0), 1.0);
        // mu = 1, power 1.5: 1 / 0.5 + y / 0.5.
        assert_eq!(of(Objective::Tweedie, 0.0, 3.0), 8.0);
        assert!((of(Objective::Logistic, 0.0, 1.0) - 2.0_f64.ln()).abs() < 1e-15);
        assert!((of(Objective::Logistic, 800.0, 0.0) - 800.0).abs() < 1e-9, "no overflow");
    }

    #[test]
    fn spread_labels_leave_the_other_rows_without_weight() {
        let labels = |rows: &'static [u32]| {
            Labels::new(rows, &[5.0, 6.0][..rows.len()], &[1.0, 2.0][..rows.len()], 4).unwrap()
        };
        let (values, weights) = spread(&labels(&[3, 1]), 4).unwrap();
        assert_eq!((values, weights), (vec![0.0, 6.0, 0.0, 5.0], vec![0.0, 2.0, 0.0, 1.0]));
        assert!(spread(&labels(&[1, 1]), 4).is_none(), "two labels of a row");
        assert!(spread(&labels(&[1]), 4).is_none(), "less than half");
    }
}
