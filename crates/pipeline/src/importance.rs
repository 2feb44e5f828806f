//! Importance: which features a model learned from, and which of them its forecasts would miss.

mod permutation;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use forewarn_catalog::parse_metric;
use forewarn_core::{Fitted, Step};
use forewarn_store::file as files;
use serde::Serialize;

use crate::components::ModelSpec;
use crate::partitions::{self, EvaluatedPartition};
use crate::progress::Observer;
use crate::scores::NamedMetric;
use crate::session::{Access, Session, session};
use crate::stages::train;
use crate::{Code, Error, Resolved, Result};

use permutation::Permutation;

/// Steps that are looked at when none are named, those that the run has.
const STEPS: [u16; 3] = [1, 6, 36];

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// Name of the model in the run.
    pub model: &'a str,
    /// Steps ahead; 1, 6 and 36 when empty, as far as the run goes.
    pub steps: Vec<u16>,
    /// The loss, as `name[:key=value]`.
    pub metric: &'a str,
    /// Permutations of each feature.
    pub repeats: usize,
}

/// Which features matter to a model, by step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Importance {
    /// Id of the run.
    pub run: String,
    /// Name of the model.
    pub model: String,
    /// Name of the artifact that was asked: the one that is evaluated.
    pub artifact: String,
    /// What an increase is an increase of.
    pub metric: String,
    /// Labels of the origins that were forecast from.
    pub origins: Vec<String>,
    /// Permutations of each feature.
    pub repeats: usize,
    /// One a step.
    pub steps: Vec<StepImportance>,
    /// Files with all of this: JSON, then CSV.
    pub files: Vec<PathBuf>,
}

/// Which features matter at one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepImportance {
    /// Steps ahead.
    pub step: u16,
    /// Score of the forecasts as they are.
    pub score: f64,
    /// Parts of the model whose gains are known: `value`, or `occurrence` and `severity`.
    pub roles: Vec<String>,
    /// From the most to the least important.
    pub features: Vec<FeatureImportance>,
}

/// How much one feature matters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureImportance {
    /// Its name.
    pub feature: String,
    /// Its share (0-1) of what splits lowered the training loss of each part by.
    pub gain: BTreeMap<String, f64>,
    /// By how much the loss rises when its values are permuted among units, the mean of the repeats.
    pub increase: f64,
    /// Standard deviation of the repeats; `None` where there is one only.
    pub spread: Option<f64>,
}

/// Asks which features matter to a model of a run.
///
/// Gain is summed over the splits on a feature. Permutation importance (Breiman 2001, doi:10.1023/A:1010933404324; Fisher,
/// Rudin and Dominici 2019, arXiv:1801.01489) is how much the loss of the evaluated origins rises when, at each origin,
/// the feature's values are permuted among the units and all else stays: of two features that say the same, neither
/// seems to matter.
///
/// # Errors
/// [`Error::Config`] for an unknown model, metric or step, and for a model that learns from no features.
pub fn importance(
    run: &Resolved,
    code: &Code,
    observer: &dyn Observer,
    question: &Question<'_>,
) -> Result<Importance> {
    let (name, metric) = parse_metric(question.metric)?;
    let metric = NamedMetric { name, metric };
    let steps = steps(run, &question.steps)?;
    if question.repeats == 0 {
        return Err(Error::config("--repeats", "is 0; at least 1 permutation is needed"));
    }
    session(run, code, observer, Access::Alone, |session| {
        let spec = session.model(question.model)?;
        if !spec.model.needs().features {
            let reason = format!("`{}` ({}) learns from no features", spec.name, spec.algorithm);
            return Err(Error::config("importance", reason));
        }
        session.with_features()?;
        let mut found = ask(session, spec, &metric, (&steps, question.repeats))?;
        found.files = write(session, &found)?;
        Ok(found)
    })
}

fn steps(run: &Resolved, wanted: &[u16]) -> Result<Vec<u16>> {
    let last = run.config.forecast.steps.0;
    if let Some(step) = wanted.iter().find(|&&s| s == 0 || s > last) {
        return Err(Error::config("--steps", format!("{step} is no step of the run; there are 1 to {last}")));
    }
    let mut steps: Vec<u16> =
        if wanted.is_empty() { STEPS.into_iter().filter(|&s| s <= last).collect() } else { wanted.to_vec() };
    steps.sort_unstable();
    steps.dedup();
    Ok(steps)
}

fn ask(
    session: &Session<'_>,
    spec: &ModelSpec,
    metric: &NamedMetric,
    (steps, repeats): (&[u16], usize),
) -> Result<Importance> {
    let ctx = session.ctx;
    let EvaluatedPartition { name, origins, .. } = partitions::evaluated(&ctx.run.config, ctx.axis())?;
    let trained = train::train(ctx, spec, name, origins.first)?;
    let gains: Vec<Gains> = steps.iter().map(|&s| Gains::of(trained.fitted.as_ref(), Step(s))).collect();
    let mut permutation = Permutation::new(session, spec, &trained, metric)?;
    let names = gains.iter().find(|g| !g.columns.is_empty()).map(|g| g.columns.clone());
    let features = names.unwrap_or_else(|| permutation.columns());
    let used = |feature: &str| -> Vec<u16> {
        steps.iter().zip(&gains).filter(|(_, g)| g.may_use(feature)).map(|(&s, _)| s).collect()
    };
    let scored = permutation.scores(
        origins,
        steps,
        repeats,
        &features.iter().map(|f| (f.as_str(), used(f))).collect::<Vec<_>>(),
    )?;
    let found = steps.iter().zip(gains).map(|(&step, gains)| {
        let score = scored.base[&step];
        let mut all: Vec<_> = features.iter().map(|f| gains.feature(f, scored.of(f, step))).collect();
        all.sort_by(|a, b| b.increase.total_cmp(&a.increase).then(b.total_gain().total_cmp(&a.total_gain())));
        StepImportance { step, score, roles: gains.shares.into_keys().collect(), features: all }
    });
    Ok(Importance {
        run: session.id.clone(),
        model: spec.name.clone(),
        artifact: trained.artifact.clone(),
        metric: metric.name.clone(),
        origins: origins.iter().map(|o| ctx.cadence().label(o)).collect(),
        repeats,
        steps: found.collect(),
        files: Vec::new(),
    })
}

/// Shares of gain of one step, by part and column.
struct Gains {
    columns: Vec<String>,
    shares: BTreeMap<String, Vec<f64>>,
    /// Whether every part tells its gains, so that a column without any is not read.
    complete: bool,
}

impl Gains {
    fn of(fitted: &dyn Fitted, step: Step) -> Self {
        let parts = fitted.parts(step);
        let columns = parts.first().map(|p| p.columns.to_vec()).unwrap_or_default();
        let gains: Vec<_> = parts.iter().map(|p| (p.role, p.regression.gain())).collect();
        let complete = !gains.is_empty() && gains.iter().all(|(_, gain)| !gain.is_empty());
        let share = |(role, gain): (&str, Vec<f64>)| {
            let total: f64 = gain.iter().sum();
            let shares = gain.iter().map(|g| if total > 0.0 { g / total } else { 0.0 }).collect();
            (role.to_owned(), shares)
        };
        let shares = gains.into_iter().filter(|(_, gain)| !gain.is_empty()).map(share).collect();
        Self { columns, shares, complete }
    }

    fn may_use(&self, feature: &str) -> bool {
        !self.complete || self.shares.keys().any(|role| self.share(role, feature) > 0.0)
    }

    fn share(&self, role: &str, feature: &str) -> f64 {
        let at = self.columns.iter().position(|c| c == feature);
        at.and_then(|i| self.shares.get(role)?.get(i)).copied().unwrap_or(0.0)
    }

    fn feature(&self, feature: &str, increases: &[f64]) -> FeatureImportance {
        let gain = self.shares.keys().map(|role| (role.clone(), self.share(role, feature))).collect();
        let (increase, spread) = mean_and_spread(increases);
        FeatureImportance { feature: feature.to_owned(), gain, increase, spread }
    }
}

impl FeatureImportance {
    fn total_gain(&self) -> f64 {
        self.gain.values().sum()
    }
}

/// Mean and sample standard deviation; a feature that was not permuted, as nothing reads it, matters 0.
fn mean_and_spread(values: &[f64]) -> (f64, Option<f64>) {
    if values.is_empty() {
        return (0.0, Some(0.0));
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()))
}

/// JSON and CSV in the run's folder.
fn write(session: &Session<'_>, found: &Importance) -> Result<Vec<PathBuf>> {
    let path = |extension: &str| session.folder.join(format!("importance_{}.{extension}", found.model));
    let text = serde_json::to_vec_pretty(found).map_err(|e| Error::io(path("json"))(e.into()))?;
    files::write_bytes(&path("json"), &text)?;
    files::write_bytes(&path("csv"), csv(found).as_bytes())?;
    Ok(vec![path("json"), path("csv")])
}

/// One line a step, feature and part.
fn csv(found: &Importance) -> String {
    let mut out = String::from("step,feature,part,gain_share,loss_increase,loss_spread\n");
    for step in &found.steps {
        for f in &step.features {
            let spread = f.spread.map_or_else(String::new, |s| s.to_string());
            let parts: Vec<(&str, String)> = if f.gain.is_empty() {
                vec![("", String::new())]
            } else {
                f.gain.iter().map(|(role, share)| (role.as_str(), share.to_string())).collect()
            };
            for (role, share) in parts {
                // Names of features are quoted: a comma is allowed in them. Writing to a String cannot fail.
                let name = f.feature.replace('"', "\"\"");
                let _ = writeln!(out, "{},\"{name}\",{role},{share},{},{spread}", step.step, f.increase);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_a_sample() {
        assert_eq!(mean_and_spread(&[1.0, 2.0, 3.0]), (2.0, Some(1.0)));
        assert_eq!(mean_and_spread(&[4.0]), (4.0, None));
        assert_eq!(mean_and_spread(&[]), (0.0, Some(0.0)));
    }

    fn gains(occurrence: Vec<f64>, severity: Vec<f64>, complete: bool) -> Gains {
        let shares =
            BTreeMap::from([("occurrence".to_owned(), occurrence), ("severity".to_owned(), severity)]);
        Gains { columns: ["a", "b", "c"].map(str::to_owned).to_vec(), shares, complete }
    }

    #[test]
    fn only_what_no_part_reads_is_left_in_order() {
        let told = gains(vec![0.5, 0.0, 0.5], vec![0.0, 0.0, 1.0], true);
        assert_eq!(["a", "b", "c", "d"].map(|f| told.may_use(f)), [true, false, true, false]);
        let silent = gains(vec![0.5, 0.0, 0.5], vec![], false);
        assert!(silent.may_use("b"), "a part that tells no gains may read anything");
    }

    #[test]
    fn a_feature_has_its_share_in_every_part() {
        let told = gains(vec![0.75, 0.0, 0.25], vec![0.0, 0.0, 1.0], true);
        let c = told.feature("c", &[2.0, 4.0]);
        assert_eq!((c.gain["occurrence"], c.gain["severity"], c.total_gain()), (0.25, 1.0, 1.25));
        assert_eq!((c.increase, c.spread), (3.0, Some(2.0_f64.sqrt())));
        let b = told.feature("b", &[]);
        assert_eq!((b.total_gain(), b.increase, b.spread), (0.0, 0.0, Some(0.0)));
    }

    #[test]
    fn steps_are_those_of_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("forewarn.toml");
        std::fs::write(&path, "[forecast]\nsteps = 12\n").unwrap();
        let run = Resolved::load(&path, &[], &[]).unwrap();
        assert_eq!(steps(&run, &[]).unwrap(), [1, 6]);
        assert_eq!(steps(&run, &[12, 3, 12]).unwrap(), [3, 12]);
        for wrong in [0, 13] {
            let e = steps(&run, &[1, wrong]).unwrap_err();
            assert!(e.to_string().contains("is no step of the run; there are 1 to 12"), "{e}");
            assert_eq!(e.exit_code(), 2);
        }
    }

    #[test]
    fn the_table_has_a_line_a_part() {
        let gain = BTreeMap::from([("occurrence".to_owned(), 0.75), ("severity".to_owned(), 0.5)]);
        let feature =
            FeatureImportance { feature: "a,\"b\"".to_owned(), gain, increase: 0.5, spread: Some(0.25) };
        let step = StepImportance { step: 6, score: 1.0, roles: Vec::new(), features: vec![feature] };
        let found = Importance {
            run: String::new(),
            model: String::new(),
            artifact: String::new(),
            metric: String::new(),
            origins: Vec::new(),
            repeats: 2,
            steps: vec![step],
            files: Vec::new(),
        };
        let expected = "step,feature,part,gain_share,loss_increase,loss_spread\n\
                        6,\"a,\"\"b\"\"\",occurrence,0.75,0.5,0.25\n6,\"a,\"\"b\"\"\",severity,0.5,0.5,0.25\n";
        assert_eq!(csv(&found), expected);
    }
}
