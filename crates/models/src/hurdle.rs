//! Whether anything happens, and if so, how much.

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;
use rayon::prelude::*;

use crate::cases::{Cases, Targets};
use crate::levels::{interpolate, midpoints, stratified};
use crate::part::Part;
use crate::regressors::REGRESSORS;
use crate::state;
use crate::steps::{self, Present};
use crate::watched::{self, Watched};

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
            watched_periods: 0,
        }
    }
}

impl Hurdle {
    fn check(self) -> Result<Self> {
        self.parts()?;
        Ok(self)
    }

    fn parts(&self) -> Result<(Box<dyn Regressor>, Box<dyn Regressor>)> {
        let occurrence = self.occurrence.build("regressor", REGRESSORS)?;
        if occurrence.predicts() != Predicts::Probability {
            let reason = format!("`{}` predicts means, `occurrence` needs a probability", self.occurrence.algorithm);
            return Err(Error::config("hurdle", format!("{reason}; give it a logistic loss")));
        }
        let severity = self.severity.build("regressor", REGRESSORS)?;
        let names = (self.occurrence.algorithm.as_str(), self.severity.algorithm.as_str());
        let parts = [(names.0, occurrence.as_ref()), (names.1, severity.as_ref())];
        watched::check("hurdle", self.watched_periods, &parts)?;
        Ok((occurrence, severity))
    }
}

impl Model for Hurdle {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        let (occurrence, severity) = self.parts()?;
        let cases = steps::cases("hurdle", args.features, &self.features)?;
        let counts = cases.counts();
        let target = args.history.column(args.target)?;
        let prepare = PrepareArgs::new(&cases.rows, &counts)?;
        let watched = [&occurrence, &severity].map(|part| if part.watches() { self.watched_periods } else { 0 });
        let prepared = [occurrence.prepare(&prepare)?, severity.prepare(&prepare)?];
        let part = |i: usize| {
            let (prepared, periods) = (prepared[i].as_ref(), watched[i]);
            Watched { prepared, cases: &cases, target, periods, seed: args.seed }
        };
        let parts = Parts { occurrence: part(0), severity: part(1), cases: &cases, target };
        let fit = |step: u16| parts.fit(Step(step)).map_err(|e| steps::at(Step(step), &e));
        let steps = (1..=args.steps.0).into_par_iter().map(fit).collect::<Result<_>>()?;
        let facts = Facts { columns: cases.rows.columns().to_vec(), gate: self.gate, kind: args.kind };
        Ok(Box::new(FittedHurdle { facts, steps }))
    }

    fn restore(&self, bytes: &[u8]) -> Result<Box<dyn Fitted>> {
        let (occurrence, severity) = self.parts()?;
        let ((facts, spreads), parts): ((Facts, Vec<Option<f32>>), _) = state::read("hurdle", bytes)?;
        let mut parts = parts.into_iter();
        let mut missing = || Error::data("the state of `hurdle` lacks a part");
        let mut steps = Vec::new();
        for spread in spreads {
            let gate = occurrence.restore(&parts.next().ok_or_else(&mut missing)?)?;
            let size = spread.map(|spread| -> Result<_> {
                let regression = severity.restore(&parts.next().ok_or_else(&mut missing)?)?;
                Ok(Severity { regression, spread })
            });
            steps.push(HurdleStep { occurrence: gate, severity: size.transpose()? });
        }
        Ok(Box::new(FittedHurdle { facts, steps }))
    }

    fn needs(&self) -> Needs {
        Needs { history: 2 + self.watched_periods, output: Output::Draws, features: true }
    }
}

/// What the steps are fitted from.
struct Parts<'a> {
    occurrence: Watched<'a>,
    severity: Watched<'a>,
    cases: &'a Cases,
    target: &'a [f32],
}

impl Parts<'_> {
    fn fit(&self, step: Step) -> Result<HurdleStep> {
        let all = Targets::all(self.target);
        let happens = |targets: Targets<'_>| self.cases.merged(targets, step, |y| f32::from(y > 0.0));
        let occurrence = self.occurrence.fit(&happens(all), happens)?;
        let size = |targets: Targets<'_>| self.cases.positives(targets, step, f32::ln_1p);
        let sizes = size(all);
        if sizes.rows.is_empty() {
            return Ok(HurdleStep { occurrence, severity: None });
        }
        let regression = self.severity.fit(&sizes, size)?;
        let predicted = regression.predict(&self.cases.rows)?;
        let error = |(&row, &label): (&u32, &f32)| f64::from(label - predicted[row as usize]).powi(2);
        let squares: f64 = sizes.rows.iter().zip(&sizes.values).map(error).sum();
        let spread = (squares / sizes.rows.len() as f64).sqrt() as f32;
        Ok(HurdleStep { occurrence, severity: Some(Severity { regression, spread }) })
    }
}

/// What predictions depend on, apart from the regressions.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facts {
    columns: Vec<String>,
    gate: Gate,
    kind: TargetKind,
}

#[derive(Debug)]
struct HurdleStep {
    occurrence: Box<dyn Regression>,
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
        let probabilities = step.occurrence.predict(present.rows())?;
        let sizes = match &step.severity {
            Some(severity) => severity.quantiles(present.rows())?,
            None => vec![0.0; present.rows().len() * LEVELS],
        };
        let (units, origin) = (args.history.units(), args.history.origin());
        let mut values = vec![0.0; units.len() * args.draws];
        let mut levels = vec![0.0; args.draws];
        for ((unit, &row), out) in units.iter().zip(present.row_of()).zip(values.chunks_exact_mut(args.draws)) {
            let row = row as usize;
            let p = self.gate(probabilities[row]);
            let address = [u64::from(unit.0), origin.0 as u64, u64::from(args.step.0)];
            stratified(Stream::new(args.seed, &address), &mut levels);
            self.draw(p, &sizes[row * LEVELS..(row + 1) * LEVELS], &levels, out);
        }
        Field::draws(origin, args.step, units.clone(), args.draws, values)
    }

    fn state(&self) -> Result<Vec<u8>> {
        let spreads: Vec<_> = self.steps.iter().map(|s| s.severity.as_ref().map(|s| s.spread)).collect();
        let regressions = self.steps.iter().flat_map(|s| {
            [Some(&s.occurrence), s.severity.as_ref().map(|s| &s.regression)].into_iter().flatten()
        });
        state::write("hurdle", &(&self.facts, spreads), &steps::states(regressions)?)
    }
}

impl FittedHurdle {
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
