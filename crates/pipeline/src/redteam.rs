//! The red team: can a suite of metrics be fooled?
//!
//! Eight forecasts of a simulated field are scored with the suite: the truth (draws from the very law that made the
//! field), two honest baselines and five that are of no use. The suite must rank the truth first.
//!
//! **The verdict.** Each metric ranks the eight, by its [`Better`]; equals share the mean of their ranks, and a
//! forecast that has no score is last. The rank of the suite is the mean over its metrics, each with the same weight.
//! The suite fails when the mean rank of a useless forecast is at or above that of the truth, or that of a baseline
//! above it. Why the mean: that the truth must be first by *every* metric is too strict, because scores of the tail
//! depend on a few events and 50 draws are not the whole law, and a metric of one property (bias, the ranking of
//! cells) is rightly pleased by forecasts that have that property and no other; that it is first by *one* is too weak,
//! because a reader cannot know which. A mean rank needs no scale that scores of different units would share.

mod forecasts;
mod ranking;
mod world;

use forewarn_core::{Better, Field, Metric, Period, ScoreArgs, Step, Tally, Unit, Units, tallies};
use rayon::prelude::*;
use serde::Serialize;

use crate::scoring::requests;
use crate::{Error, Result};
pub use forecasts::{Contender, Part};
use world::{CELLS, HISTORY, MONTHS, World};

/// The metrics that are put to the test when none are named: proper scores of the distribution, of its tail and of
/// the probability of an event, and the ranking of cells.
pub const SUITE: [&str; 10] = [
    "average-precision",
    "brier",
    "crps",
    "ignorance",
    "interval-score",
    "mse",
    "quantile-score",
    "roc-auc",
    "threshold-crps",
    "weighted-interval-score",
];

/// A metric and what it is called.
pub type Named = (String, Box<dyn Metric>);

/// What the red team found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RedTeam {
    /// Which of the possible fields.
    pub seed: u64,
    /// Its size.
    pub cells: usize,
    /// Months that were forecast.
    pub months: usize,
    /// Draws of every forecast.
    pub draws: usize,
    /// Share of the truth that is zero.
    pub zero_share: f64,
    /// The contenders; all lists below are in their order.
    pub contenders: Vec<Contender>,
    /// What each metric says.
    pub metrics: Vec<Judgement>,
    /// Mean rank over metrics, 1 the best.
    pub mean_ranks: Vec<f64>,
    /// Contenders that rank where only the truth may.
    pub above: Vec<Contender>,
    /// Whether there are none.
    pub passes: bool,
}

/// What one metric says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// Its name, with its settings.
    pub metric: String,
    /// Which way is good.
    pub better: Better,
    /// Scores; `None` where there is none.
    pub scores: Vec<Option<f64>>,
    /// Why there is no score.
    pub reasons: Vec<Option<String>>,
    /// Ranks, 1 the best; equals share the mean of theirs.
    pub ranks: Vec<f64>,
    /// Useless forecasts that are strictly better than the truth by this metric.
    pub prefers: Vec<Contender>,
}

impl RedTeam {
    /// Scores the contenders with a suite on the field of a seed. The same bytes for any number of threads.
    ///
    /// # Errors
    /// [`Error::Config`] when there is no metric.
    pub fn of(suite: &[Named], seed: u64) -> Result<Self> {
        if suite.is_empty() {
            return Err(Error::config("redteam", "there is no metric to put to the test"));
        }
        let world = World::new(seed);
        let scored: Result<Vec<_>> =
            Contender::ALL.par_iter().map(|contender| scores(suite, &world, *contender)).collect();
        let metrics = judgements(suite, &scored?);
        let ranks: Vec<Vec<f64>> = metrics.iter().map(|judgement| judgement.ranks.clone()).collect();
        let mean_ranks = ranking::mean_ranks(&ranks, Contender::ALL.len());
        let above = ranking::above(&mean_ranks);
        Ok(Self {
            seed,
            cells: CELLS,
            months: MONTHS,
            draws: forecasts::DRAWS,
            zero_share: world.zero_share(),
            contenders: Contender::ALL.to_vec(),
            metrics,
            mean_ranks,
            passes: above.is_empty(),
            above,
        })
    }

    /// Says so when the suite can be fooled.
    ///
    /// # Errors
    /// [`Error::Gate`] that names what ranks too high, and what to do about it.
    pub fn verdict(&self) -> Result<()> {
        if self.passes {
            return Ok(());
        }
        let ranked = self.contenders.iter().zip(&self.mean_ranks);
        let high = ranked.filter(|(contender, _)| self.above.contains(contender));
        let high: Vec<String> = high.map(|(c, rank)| format!("{} ({rank:.2})", c.name())).collect();
        let does = if high.len() == 1 { "does" } else { "do" };
        let reason = format!(
            "{} {does} not rank below the truth (mean rank {:.2}), so that this suite can be won without skill; {}",
            high.join(", "),
            self.mean_ranks[0],
            self.cure()
        );
        Err(Error::Gate { gate: "redteam", reason })
    }

    /// What would help: proper scores that the suite lacks, or to do without what prefers useless forecasts.
    fn cure(&self) -> String {
        let named = |name: &str| self.metrics.iter().any(|judgement| judgement.metric == name);
        let missing: Vec<&str> = PROPER.into_iter().filter(|name| !named(name)).collect();
        let misled = self.metrics.iter().filter(|judgement| !judgement.prefers.is_empty());
        let misled: Vec<&str> = misled.map(|judgement| judgement.metric.as_str()).collect();
        match (missing.is_empty(), misled.is_empty()) {
            (false, _) => format!("add {}", missing.join(", ")),
            (true, false) => format!("do without {}", misled.join(", ")),
            (true, true) => "no metric tells them from the truth".to_owned(),
        }
    }
}

/// Scores that were never fooled, one each for the distribution, the probability of an event and the ranking of cells.
const PROPER: [&str; 3] = ["crps", "brier", "average-precision"];

/// A suite by name, each metric once and with its default settings.
///
/// # Errors
/// [`Error::Core`] that says which metrics there are.
pub fn suite<S: AsRef<str>>(lists: &[S]) -> Result<Vec<Named>> {
    let lists: Vec<String> = lists.iter().map(|list| list.as_ref().to_owned()).collect();
    Ok(requests(&lists)?.into_iter().map(|request| (request.label, request.metric)).collect())
}

/// The scores of a contender: the months pooled, metric by metric.
fn scores(suite: &[Named], world: &World, contender: Contender) -> Result<Vec<Result<f64, String>>> {
    let metrics: Vec<&dyn Metric> = suite.iter().map(|(_, metric)| &**metric).collect();
    let units: Units = (0..CELLS as u32).map(Unit).collect();
    let mut pools: Vec<Result<Tally, String>> = vec![Ok(Tally::default()); metrics.len()];
    for (month, observed) in world.observed.iter().enumerate() {
        let (origin, step) = (Period(HISTORY as i32), Step(month as u16 + 1));
        let values = contender.draws(world, month);
        let field = Field::draws(origin, step, units.clone(), forecasts::DRAWS, values)?.sorted();
        let parts = tallies(&metrics, &ScoreArgs::new(observed, &field)?);
        for ((metric, pool), part) in metrics.iter().zip(&mut pools).zip(parts) {
            match (&mut *pool, part) {
                (Ok(pool), Ok(part)) => metric.pool(pool, &part),
                (Ok(_), Err(e)) => *pool = Err(e.to_string()),
                (Err(_), _) => {}
            }
        }
    }
    let score = |(metric, pool): (&&dyn Metric, Result<Tally, String>)| {
        pool.and_then(|pool| metric.score(&pool).map_err(|e| e.to_string()))
    };
    Ok(metrics.iter().zip(pools).map(score).collect())
}

/// From scores by contender, then metric, to what each metric says.
fn judgements(suite: &[Named], found: &[Vec<Result<f64, String>>]) -> Vec<Judgement> {
    let judgement = |(i, (name, metric)): (usize, &Named)| {
        let (better, of) = (metric.better(), found.iter().map(|contender| &contender[i]));
        let scores: Vec<Option<f64>> = of.clone().map(|score| score.as_ref().ok().copied()).collect();
        let ranks = ranking::ranks(better, &scores);
        let prefers = Contender::ALL.iter().zip(&ranks);
        let prefers = prefers.filter(|(c, rank)| c.part() == Part::Useless && **rank < ranks[0]);
        Judgement {
            metric: name.clone(),
            better,
            scores,
            reasons: of.map(|score| score.as_ref().err().cloned()).collect(),
            prefers: prefers.map(|(contender, _)| *contender).collect(),
            ranks,
        }
    };
    suite.iter().enumerate().map(judgement).collect()
}

#[cfg(test)]
mod tests;
