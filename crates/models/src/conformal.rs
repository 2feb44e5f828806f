//! Predictive distributions out of what happened after similar forecasts.

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;
use rayon::prelude::*;

use crate::levels::{interpolate, stratified};
use crate::part::Part;
use crate::{MODELS, state, steps};

forewarn_core::entry!(Model: Conformal as "conformal", check);

/// Another model's forecasts, made into calibrated distributions, step by step.
///
/// The model is fitted without the last `periods` periods and forecasts each of them at every step. These forecasts are
/// parted by their mean into categories with at least `events` values above 0 each; the draws of a new forecast are
/// then what was observed in the category of its mean: its share of zeros, and the quantiles of its values above 0.
/// Nothing beyond what was observed is ever drawn. At last the model is fitted to all periods. Where forecasts and outcomes of past and future can be exchanged within a category, the share of outcomes
/// below the q-quantile is q. Mondrian conformal predictive distributions: Boström, Johansson and Löfström (2021),
/// Proceedings of Machine Learning Research 152:24-38; Vovk et al. (2019), doi:10.1007/s10994-018-5755-8.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Conformal {
    /// The model, by its catalog name, with its settings.
    pub model: Part,
    /// Periods that are held out to calibrate, at least 1.
    #[schemars(range(min = 1))]
    pub periods: usize,
    /// Fewest values above 0 in a category, at least 1.
    #[schemars(range(min = 1))]
    pub events: usize,
}

impl Default for Conformal {
    fn default() -> Self {
        Self { model: Part::default_of("stepshift"), periods: 24, events: 30 }
    }
}

impl Conformal {
    fn check(self) -> Result<Self> {
        if self.periods == 0 || self.events == 0 {
            return Err(Error::config("conformal", "`periods` and `events` are at least 1"));
        }
        self.model()?;
        Ok(self)
    }

    fn model(&self) -> Result<Box<dyn Model>> {
        self.model.build("model", MODELS)
    }

    /// What happened after the forecasts of one step for the held-out periods.
    fn calibrate(&self, early: &dyn Fitted, args: &FitArgs<'_>, step: Step) -> Result<Vec<Category>> {
        let (target, units) = (args.history.column(args.target)?, args.history.units().len());
        let axis = args.history.axis();
        let mut pairs = Vec::new();
        for index in axis.len - self.periods..axis.len {
            let Some(origin) = index.checked_sub(usize::from(step.0)) else { continue };
            let predict = PredictArgs::new(
                args.history.until(axis.period(origin))?,
                args.target,
                step,
                steps::CALIBRATION_DRAWS,
                args.seed,
            )?;
            let predict = match args.features {
                Some(features) => predict.with_features(features.until(axis.period(origin))?)?,
                None => predict,
            };
            let means = early.predict(&predict)?.means();
            let observed = &target[index * units..(index + 1) * units];
            let known = means.into_iter().zip(observed.iter().copied());
            pairs.extend(known.filter(|(mean, y)| !mean.is_nan() && !y.is_nan()));
        }
        Ok(categories(pairs, self.events))
    }
}

impl Model for Conformal {
    fn fit(&self, args: &FitArgs<'_>) -> Result<Box<dyn Fitted>> {
        let model = self.model()?;
        let last = Period(args.history.origin().0 - self.periods as i32);
        let early = args.until(last)?;
        let fitted = model.fit(&early)?;
        let calibrate = |step: u16| self.calibrate(fitted.as_ref(), args, Step(step));
        let categories = (1..=args.steps.0).into_par_iter().map(calibrate).collect::<Result<_>>()?;
        let facts = Facts { categories, kind: args.kind };
        Ok(Box::new(FittedConformal { facts, model: model.fit(args)? }))
    }

    fn restore(&self, bytes: &[u8]) -> Result<Box<dyn Fitted>> {
        let (facts, parts) = state::read("conformal", bytes)?;
        let [model] = &parts[..] else { return Err(Error::data("the state of `conformal` lacks its model")) };
        Ok(Box::new(FittedConformal { facts, model: self.model()?.restore(model)? }))
    }

    fn needs(&self) -> Needs {
        let inner = self.model().map_or(Needs { history: 1, output: Output::Draws, features: false }, |m| m.needs());
        Needs { history: inner.history + self.periods, output: Output::Draws, ..inner }
    }
}

/// Past forecasts of similar means, and what was observed after them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Category {
    /// Largest mean among them.
    to: f32,
    /// Share of observations above 0 (0-1).
    share: f64,
    /// Observations above 0, ascending.
    above: Vec<f32>,
}

/// Parts forecasts by their means, from the largest down: a category is closed when it holds `events` observations
/// above 0, after the last forecast of the same mean. What is left at the lower end joins the last one.
fn categories(mut pairs: Vec<(f32, f32)>, events: usize) -> Vec<Category> {
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)));
    let mut cuts = vec![0];
    let (mut above, mut left) = (0, pairs.iter().filter(|(_, y)| *y > 0.0).count());
    for i in 0..pairs.len() {
        if pairs[i].1 > 0.0 {
            (above, left) = (above + 1, left - 1);
        }
        let tied = pairs.get(i + 1).is_some_and(|next| next.0 == pairs[i].0);
        if above >= events && left >= events && !tied {
            cuts.push(i + 1);
            above = 0;
        }
    }
    cuts.push(pairs.len());
    cuts.dedup();
    let mut all: Vec<Category> = cuts.windows(2).map(|w| Category::of(&pairs[w[0]..w[1]])).collect();
    all.reverse();
    all
}

impl Category {
    fn of(pairs: &[(f32, f32)]) -> Self {
        let n = pairs.len() as f64;
        let mut above: Vec<f32> = pairs.iter().map(|p| p.1).filter(|y| *y > 0.0).collect();
        above.sort_by(f32::total_cmp);
        Self { to: pairs[0].0, share: above.len() as f64 / n, above }
    }

    /// The value at `level` (0-1).
    fn quantile(&self, level: f64) -> f64 {
        let over = level - (1.0 - self.share);
        if over <= 0.0 || self.above.is_empty() { 0.0 } else { interpolate(&self.above, over / self.share) }
    }
}

/// What predictions depend on, apart from the model.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facts {
    /// One list a step, ascending by mean.
    categories: Vec<Vec<Category>>,
    kind: TargetKind,
}

#[derive(Debug)]
struct FittedConformal {
    facts: Facts,
    model: Box<dyn Fitted>,
}

impl Fitted for FittedConformal {
    fn predict(&self, args: &PredictArgs<'_>) -> Result<Field> {
        let categories = steps::of_step(&self.facts.categories, args.step)?;
        let means = self.model.predict(&args.with_draws(steps::CALIBRATION_DRAWS))?.means();
        let (units, origin) = (args.history.units(), args.history.origin());
        let mut values = vec![f32::NAN; units.len() * args.draws];
        let mut levels = vec![0.0; args.draws];
        for ((unit, &mean), out) in units.iter().zip(&means).zip(values.chunks_exact_mut(args.draws)) {
            let at = categories.partition_point(|c| c.to < mean).min(categories.len().saturating_sub(1));
            let Some(category) = categories.get(at).filter(|_| !mean.is_nan()) else { continue };
            let address = [u64::from(unit.0), origin.0 as u64, u64::from(args.step.0)];
            stratified(Stream::new(args.seed, &address), &mut levels);
            for (value, &level) in out.iter_mut().zip(&levels) {
                *value = steps::whole(self.facts.kind, category.quantile(level));
            }
        }
        Field::draws(origin, args.step, units.clone(), args.draws, values)
    }

    fn state(&self) -> Result<Vec<u8>> {
        state::write("conformal", &self.facts, &[self.model.state()?])
    }

    fn parts(&self, step: Step) -> Vec<RegressionPart<'_>> {
        self.model.parts(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_hold_enough_events_and_keep_equal_means_together() {
        let pairs = vec![(0.0, 0.0), (0.0, 0.0), (0.0, 1.0), (0.5, 0.0), (0.5, 2.0), (0.5, 3.0), (9.0, 4.0), (3.0, 8.0)];
        let found = categories(pairs, 2);
        let facts: Vec<_> = found.iter().map(|c| (c.to, c.share, c.above.clone())).collect();
        // One event is too few for the quiet category: it joins that of mean 0.5.
        assert_eq!(facts, [(0.5, 0.5, vec![1.0, 2.0, 3.0]), (9.0, 1.0, vec![4.0, 8.0])]);
        assert_eq!(categories(vec![(1.0, 0.0); 5], 2).len(), 1, "no event at all");
        assert!(categories(vec![], 2).is_empty());
    }

    #[test]
    fn quantiles_are_those_of_the_category() {
        let category = Category { to: 1.0, share: 0.5, above: vec![2.0, 4.0] };
        let at = |level| category.quantile(level);
        assert_eq!([at(0.2), at(0.5), at(0.51), at(0.75), at(0.99)], [0.0, 0.0, 2.0, 3.0, 4.0]);
    }
}
