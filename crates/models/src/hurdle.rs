//! Whether anything happens, and if so, how much.

mod fit;
mod quiet;

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;

use crate::levels::{interpolate, midpoints, stratified};
use crate::part::Part;
use crate::regressors::REGRESSORS;
use crate::state;
use crate::steps::{self, Present};
use crate::watched;

forewarn_core::entry!(Model: Hurdle as "hurdle", check);

/// Levels at which the quantiles of the severity are known.
const LEVELS: usize = 100;

/// A hurdle model in two parts for each step: the probability that the target is above 0, and its distribution where it is.
///
/// `P(y = 0) = 1 - p(x)`, `P(y <= v) = 1 - p(x) + p(x) F(v | x)`, with `p` a classifier of all pairs `x(t), y(t + s)`
/// and `F` the quantiles of a regressor of the pairs with `y > 0` (or, where the regressor gives means only, a lognormal
/// around its prediction of log(1 + y), with the spread of its training errors). Draws take one value from each of equally likely parts of
/// the distribution. Two-part models: Cragg (1971), doi:10.2307/1909582; Mullahy (1986),
/// doi:10.1016/0304-4076(86)90002-3. `gate = "hard"` is the hurdle of views-stepshifter 1.4.0, whose classifier answers
/// 0 or 1 and so loses the probability; the default does not.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hurdle {
    /// Regressor of the probability that the target is above 0.
    pub occurrence: Part,
    /// Regressor of log(1 + target) where the target is above 0.
    pub severity: Part,
    /// Features to learn from, in this order; all of the query set when empty.
    pub features: Vec<String>,
    /// What becomes of the probability.
    pub gate: Gate,
    /// Regressor of the probability that the target is above 0 where a unit has been quiet, in place of `occurrence`, which
    /// then learns from the other pairs alone; absent: `occurrence` learns all. What comes before an outbreak and what keeps a
    /// war going are different questions: Fearon and Laitin (2003), doi:10.1017/S0003055403000534.
    pub onset: Option<Part>,
    /// A unit is quiet where no target above 0 was observed in so many periods up to the origin, at least 1.
    #[schemars(range(min = 1))]
    pub quiet_periods: usize,
    /// How many of the last periods of training say when the parts stop that have `early-stopping-rounds`; they are then
    /// learned from too: see `stepshift`.
    pub watched_periods: usize,
}

/// What becomes of the probability that the target is above 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// It is the share of draws above 0.
    #[default]
    Probability,
    /// All draws are above 0 from a probability of one half on, and none below.
    Hard,
}

impl Default for Hurdle {
    fn default() -> Self {
        let settings = serde_json::json!({ "loss": "logistic" });
        Self {
            occurrence: Part { algorithm: "boosting".to_owned(), settings },
            severity: Part::default_of("random-forest"),
            features: Vec::new(),
            gate: Gate::Probability,
            onset: None,
            quiet_periods: 12,
            watched_periods: 0,
        }
    }
}

/// The regressors of a hurdle.
struct Regressors {
    occurrence: Box<dyn Regressor>,
    severity: Box<dyn Regressor>,
    onset: Option<Box<dyn Regressor>>,
}

impl Hurdle {
    fn check(self) -> Result<Self> {
        if self.quiet_periods == 0 {
            return Err(Error::config("hurdle", "`quiet-periods` is 0; it is at least 1"));
        }
        self.regressors()?;
        Ok(self)
    }

    fn regressors(&self) -> Result<Regressors> {
        let occurrence = classifier("occurrence", &self.occurrence)?;
        let onset = self.onset.as_ref().map(|part| classifier("onset", part)).transpose()?;
        let severity = self.severity.build("regressor", REGRESSORS)?;
        let mut parts = vec![(self.occurrence.algorithm.as_str(), occurrence.as_ref())];
        parts.push((&self.severity.algorithm, severity.as_ref()));
        parts.extend(self.onset.iter().zip(&onset).map(|(part, r)| (part.algorithm.as_str(), r.as_ref())));
        watched::check("hurdle", self.watched_periods, &parts)?;
        Ok(Regressors { occurrence, severity, onset })
    }
}

/// A regressor that predicts probabilities.
fn classifier(setting: &str, part: &Part) -> Result<Box<dyn Regressor>> {
    let regressor = part.build("regressor", REGRESSORS)?;
    if regressor.predicts() == Predicts::Probability {
        return Ok(regressor);
    }
    let reason = format!("`{}` predicts means, `{setting}` needs a probability", part.algorithm);
    Err(Error::config("hurdle", format!("{reason}; give it a logistic loss")))
}

impl Model for Hurdle {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        let (rows, cases) = steps::cases("hurdle", args.features, &self.features)?;
        let steps = fit::steps(self, &self.regressors()?, args, (&rows, &cases))?;
        let onsets = steps.iter().map(|s| s.onset.is_some()).collect();
        let (columns, gate) = (rows.columns().to_vec(), self.gate);
        let facts = Facts { columns, gate, kind: args.kind, quiet_periods: self.quiet_periods, onsets };
        Ok(Box::new(FittedHurdle { facts, steps }))
    }

    fn restore(&self, bytes: &[u8]) -> Result<Box<dyn Fitted>> {
        let regressors = self.regressors()?;
        let ((facts, spreads), parts): ((Facts, Vec<Option<f32>>), _) = state::read("hurdle", bytes)?;
        let mut parts = parts.into_iter();
        let mut next = |regressor: &dyn Regressor| {
            let part = parts.next().ok_or_else(|| Error::data("the state of `hurdle` lacks a part"))?;
            regressor.restore(&part)
        };
        let mut steps = Vec::new();
        for (i, spread) in spreads.into_iter().enumerate() {
            let occurrence = next(regressors.occurrence.as_ref())?;
            let size = |spread: f32| Ok(Severity { regression: next(regressors.severity.as_ref())?, spread });
            let severity = spread.map(size).transpose()?;
            let learned = facts.onsets.get(i).is_some_and(|onset| *onset);
            let onset = regressors.onset.as_ref().filter(|_| learned).map(|r| next(r.as_ref())).transpose()?;
            steps.push(HurdleStep { occurrence, onset, severity });
        }
        Ok(Box::new(FittedHurdle { facts, steps }))
    }

    fn needs(&self) -> Needs {
        Needs { history: 2 + self.watched_periods, output: Output::Draws, features: true }
    }
}

/// What predictions depend on, apart from the regressions.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facts {
    columns: Vec<String>,
    gate: Gate,
    kind: TargetKind,
    /// Periods without an event that make a unit quiet.
    #[serde(default)]
    quiet_periods: usize,
    /// Of each step, whether it has a regression of quiet units.
    #[serde(default)]
    onsets: Vec<bool>,
}

#[derive(Debug)]
struct HurdleStep {
    occurrence: Box<dyn Regression>,
    /// In place of `occurrence` where a unit is quiet.
    onset: Option<Box<dyn Regression>>,
    /// `None` where nothing ever happened that many periods later.
    severity: Option<Severity>,
}

/// How much, where there is anything.
#[derive(Debug)]
struct Severity {
    regression: Box<dyn Regression>,
    /// Root mean square of the training errors of log(1 + target).
    spread: f32,
}

impl Severity {
    /// Quantiles of log(1 + target) at the midpoints of [`LEVELS`] equal parts, rows x levels.
    fn quantiles(&self, rows: &DesignMatrix) -> Result<Vec<f32>> {
        let levels = midpoints(LEVELS);
        if let Some(quantiles) = self.regression.quantiles(rows, &levels)? {
            return Ok(quantiles);
        }
        let normal: Vec<f32> = levels.iter().map(|&l| forewarn_kernels::special::normal_quantile(l) as f32).collect();
        let means = self.regression.predict(rows)?;
        Ok(means.iter().flat_map(|&m| normal.iter().map(move |&z| m + self.spread * z)).collect())
    }
}

#[derive(Debug)]
struct FittedHurdle {
    facts: Facts,
    steps: Vec<HurdleStep>,
}

impl Fitted for FittedHurdle {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        let present = Present::new("hurdle", args, &self.facts.columns)?;
        let step = steps::of_step(&self.steps, args.step)?;
        let probabilities = self.probabilities(step, args, &present)?;
        let sizes = match &step.severity {
            Some(severity) => severity.quantiles(present.rows())?,
            None => vec![0.0; present.rows().len() * LEVELS],
        };
        let (units, origin) = (args.history.units(), args.history.origin());
        let mut values = vec![0.0; units.len() * args.draws];
        let mut levels = vec![0.0; args.draws];
        let rows = present.row_of().iter().map(|&row| row as usize);
        let each = units.iter().zip(rows).zip(probabilities);
        for (((unit, row), p), out) in each.zip(values.chunks_exact_mut(args.draws)) {
            let p = self.gate(p);
            let address = [u64::from(unit.0), origin.0 as u64, u64::from(args.step.0)];
            stratified(Stream::new(args.seed, &address), &mut levels);
            self.draw(p, &sizes[row * LEVELS..(row + 1) * LEVELS], &levels, out);
        }
        Field::draws(origin, args.step, units.clone(), args.draws, values)
    }

    fn state(&self) -> Result<Vec<u8>> {
        let spreads: Vec<_> = self.steps.iter().map(|s| s.severity.as_ref().map(|s| s.spread)).collect();
        let regressions = self.steps.iter().flat_map(|s| {
            let size = s.severity.as_ref().map(|s| &s.regression);
            [Some(&s.occurrence), size, s.onset.as_ref()].into_iter().flatten()
        });
        state::write("hurdle", &(&self.facts, spreads), &steps::states(regressions)?)
    }

    fn parts(&self, step: Step) -> Vec<RegressionPart<'_>> {
        let Ok(fitted) = steps::of_step(&self.steps, step) else { return Vec::new() };
        let (columns, regression) = (self.facts.columns.as_slice(), fitted.occurrence.as_ref());
        let predicts = "probability that the target is above 0";
        let mut parts = vec![RegressionPart { role: "occurrence", predicts, columns, regression }];
        let predicts = "mean of log(1 + target) where the target is above 0";
        let sizes = fitted.severity.iter().map(|s| s.regression.as_ref());
        parts.extend(sizes.map(|regression| RegressionPart { role: "severity", predicts, columns, regression }));
        parts
    }
}

impl FittedHurdle {
    /// The probability of each unit that its target is above 0.
    fn probabilities(&self, step: &HurdleStep, args: &PredictArgs<'_>, present: &Present) -> Result<Vec<f32>> {
        let of_rows = step.occurrence.predict(present.rows())?;
        let of_units = present.row_of().iter().map(|&row| of_rows[row as usize]);
        let Some(onset) = &step.onset else { return Ok(of_units.collect()) };
        let quiet_rows = onset.predict(present.rows())?;
        let target = args.history.column(args.target)?;
        let quiet = quiet::now(target, args.history.units().len(), self.facts.quiet_periods);
        let each = of_units.zip(present.row_of()).zip(quiet);
        Ok(each.map(|((p, &row), quiet)| if quiet { quiet_rows[row as usize] } else { p }).collect())
    }

    fn gate(&self, probability: f32) -> f64 {
        match self.facts.gate {
            Gate::Probability => f64::from(probability),
            Gate::Hard => f64::from(u8::from(probability >= 0.5)),
        }
    }

    /// One draw a level: 0 below `1 - p`, and above it the severity at where the level stands between there and 1.
    fn draw(&self, p: f64, sizes: &[f32], levels: &[f64], out: &mut [f32]) {
        for (&level, value) in levels.iter().zip(out) {
            let above = level - (1.0 - p);
            *value = if p.is_nan() {
                f32::NAN
            } else if above <= 0.0 {
                0.0
            } else {
                self.amount(interpolate(sizes, above / p))
            };
        }
    }

    /// A target above 0 from its log(1 + target): a whole number for counts.
    fn amount(&self, size: f64) -> f32 {
        let amount = size.exp_m1();
        match self.facts.kind {
            TargetKind::Count => amount.round().max(1.0) as f32,
            _ => amount.max(0.0) as f32,
        }
    }
}

#[cfg(test)]
mod tests;
