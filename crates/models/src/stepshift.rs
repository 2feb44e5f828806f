//! Direct multi-step forecasts by any tabular regressor.

mod spread;

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;
use rayon::prelude::*;

use self::spread::Around;
use crate::levels::stratified;
use crate::cases::Targets;
use crate::part::Part;
use crate::regressors::REGRESSORS;
use crate::state;
use crate::steps::{self, Present};
use crate::watched::{self, Watched};

pub use self::spread::Distribution;

forewarn_core::entry!(Model: Stepshift as "stepshift", check);

/// One regression a step: the target `s` periods later from the features of now, pooled over units and periods.
///
/// For step `s` the regressor learns the pairs `x(t), y(t + s)` of all units, `t` from the first period of training to
/// its last minus `s`; the forecast from origin `o` is its prediction for `x(o)`, for month `o + s`. Nothing after the
/// origin is read. Equal rows of features are merged before training (weight = count, label = mean), which leaves
/// squared, Poisson, Tweedie and logistic losses as they are. A prediction below 0 of a count becomes 0. Direct forecasts: Marcellino, Stock and Watson (2006),
/// doi:10.1016/j.jeconom.2005.07.020; the stepshifted models of VIEWS: Hegre et al. (2021),
/// doi:10.1177/0022343320962157.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stepshift {
    /// The regressor, by its catalog name, with its settings.
    pub regressor: Part,
    /// Features to learn from, in this order; all of the query set when empty.
    pub features: Vec<String>,
    /// What is learned: the target as it is, or log(1 + target), undone in the forecast (which then is no mean).
    pub label: Label,
    /// The distribution around the prediction, with one dispersion a step from the errors in training; `none` gives a point
    /// forecast. In-sample errors are too small where the regressor fits closely: `conformal` holds data out instead.
    pub distribution: Distribution,
    /// How many of the last periods of training say when to stop, where the regressor has `early-stopping-rounds`. It then
    /// learns twice: first the pairs whose target lies before these periods, until it no longer gets better on the
    /// others (Prechelt 1998, doi:10.1007/3-540-49430-8_3); and then all pairs, with the number of rounds that was best
    /// (Goodfellow, Bengio and Courville 2016, Deep Learning, algorithm 7.2), so that the latest periods are learned from too.
    pub watched_periods: usize,
}

/// What is learned of a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Label {
    /// The target as it is.
    #[default]
    Identity,
    /// log(1 + target).
    Log1p,
}

impl Label {
    /// The label of a target.
    pub(crate) fn of(self, target: f32) -> f32 {
        match self {
            Self::Identity => target,
            Self::Log1p => target.ln_1p(),
        }
    }

    /// The target of a label.
    pub(crate) fn undo(self, label: f32) -> f32 {
        match self {
            Self::Identity => label,
            Self::Log1p => label.exp_m1(),
        }
    }
}

impl Default for Stepshift {
    fn default() -> Self {
        Self {
            regressor: Part::default_of("boosting"),
            features: Vec::new(),
            label: Label::Identity,
            distribution: Distribution::None,
            watched_periods: 0,
        }
    }
}

impl Stepshift {
    fn check(self) -> Result<Self> {
        if self.label != Label::Identity && self.distribution != Distribution::None {
            let reason = "a `distribution` needs means: take the label `identity`, or no distribution";
            return Err(Error::config("stepshift", reason));
        }
        let regressor = self.regressor()?;
        watched::check("stepshift", self.watched_periods, &[(&self.regressor.algorithm, regressor.as_ref())])?;
        Ok(self)
    }

    fn regressor(&self) -> Result<Box<dyn Regressor>> {
        self.regressor.build("regressor", REGRESSORS)
    }
}

impl Model for Stepshift {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        let (rows, cases) = steps::cases("stepshift", args.features, &self.features)?;
        let target = args.history.column(args.target)?;
        let counts = cases.counts();
        let columns = rows.columns().to_vec();
        let prepared = self.regressor()?.prepare(&PrepareArgs::new(&rows, &counts)?)?;
        // The largest thing there is, and most regressors have their own form of it now.
        let rows = (!matches!(self.distribution, Distribution::None | Distribution::Poisson)).then_some(rows);
        let (periods, seed) = (self.watched_periods, args.seed);
        let watched = Watched { prepared: prepared.as_ref(), cases: &cases, targets: Targets::all(target), periods, seed };
        let fit = |step: u16| {
            let labels = |targets: Targets<'_>| cases.merged(targets, Step(step), |y| self.label.of(y));
            let fitted = watched.fit(labels).map_err(|e| steps::at(Step(step), &e))?;
            let dispersion = match &rows {
                Some(rows) => self.distribution.dispersion(&cases, target, Step(step), &fitted.predict(rows)?),
                None => 0.0,
            };
            Ok((fitted, dispersion))
        };
        let fitted: Vec<_> = (1..=args.steps.0).into_par_iter().map(fit).collect::<Result<_>>()?;
        let (regressions, dispersions) = fitted.into_iter().unzip();
        let (label, distribution) = (self.label, self.distribution);
        let facts = Facts { columns, label, distribution, dispersions, kind: args.kind };
        Ok(Box::new(FittedStepshift { facts, regressions }))
    }

    fn restore(&self, bytes: &[u8]) -> Result<Box<dyn Fitted>> {
        let (facts, parts) = state::read("stepshift", bytes)?;
        let regressions = steps::restore(self.regressor()?.as_ref(), &parts)?;
        Ok(Box::new(FittedStepshift { facts, regressions }))
    }

    fn needs(&self) -> Needs {
        let output = if self.distribution == Distribution::None { Output::Point } else { Output::Draws };
        Needs { history: 2 + self.watched_periods, output, features: true }
    }
}

/// What predictions depend on, apart from the regressions.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facts {
    columns: Vec<String>,
    label: Label,
    distribution: Distribution,
    /// One a step.
    dispersions: Vec<f64>,
    kind: TargetKind,
}

#[derive(Debug)]
struct FittedStepshift {
    facts: Facts,
    /// One a step, step 1 first.
    regressions: Vec<Box<dyn Regression>>,
}

impl Fitted for FittedStepshift {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        let present = Present::new("stepshift", args, &self.facts.columns)?;
        let labels = steps::of_step(&self.regressions, args.step)?.predict(present.rows())?;
        if self.facts.distribution != Distribution::None {
            return self.draws(args, &present, &labels);
        }
        let value = |&row: &u32| steps::in_range(self.facts.kind, self.facts.label.undo(labels[row as usize]));
        let values = present.row_of().iter().map(value).collect();
        Field::point(args.history.origin(), args.step, args.history.units().clone(), values)
    }

    fn state(&self) -> Result<Vec<u8>> {
        state::write("stepshift", &self.facts, &steps::states(self.regressions.iter())?)
    }

    fn parts(&self, step: Step) -> Vec<RegressionPart<'_>> {
        let predicts = match self.facts.label {
            Label::Identity => "mean of the target",
            Label::Log1p => "mean of log(1 + target)",
        };
        let columns = self.facts.columns.as_slice();
        let fitted = steps::of_step(&self.regressions, step).into_iter();
        fitted.map(|r| RegressionPart { role: "value", predicts, columns, regression: r.as_ref() }).collect()
    }
}

impl FittedStepshift {
    /// Draws from the distribution around each row's mean.
    fn draws(&self, args: &PredictArgs<'_>, present: &Present, means: &[f32]) -> Result<Field> {
        let dispersion = *steps::of_step(&self.facts.dispersions, args.step)?;
        let around = |&mean: &f32| self.facts.distribution.around(f64::from(mean), dispersion);
        let around: Vec<Around> = means.iter().map(around).collect();
        let (units, origin) = (args.history.units(), args.history.origin());
        let mut values = vec![0.0; units.len() * args.draws];
        let mut levels = vec![0.0; args.draws];
        for ((unit, &row), out) in units.iter().zip(present.row_of()).zip(values.chunks_exact_mut(args.draws)) {
            let address = [u64::from(unit.0), origin.0 as u64, u64::from(args.step.0)];
            let stream = Stream::new(args.seed, &address);
            stratified(stream, &mut levels);
            for (d, (value, &level)) in out.iter_mut().zip(&levels).enumerate() {
                // The levels have used the first numbers of the stream.
                let draw = around[row as usize].draw(level, stream, (2 * args.draws + d) as u64);
                *value = steps::whole(self.facts.kind, draw);
            }
        }
        Field::draws(origin, args.step, units.clone(), args.draws, values)
    }
}

#[cfg(test)]
mod tests;
