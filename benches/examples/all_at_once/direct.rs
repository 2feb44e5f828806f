//! Scores of all rows of a period at once.

use forewarn_core::{ForecastKind, Metric, Panel, Period, Places, ScoreArgs, Step, Tally};
use forewarn_kernels::draws::RowScore;
use forewarn_store::Filed;

use crate::Outcome;

/// A metric and its name.
pub(crate) type Named = (String, Box<dyn Metric>);
/// The first and the last step.
pub(crate) type Group = (u16, u16);

/// Scores by group and metric: value and rows.
pub(crate) type Scores = Vec<(Group, String, Option<f64>, u64)>;

/// What is scored.
pub(crate) struct Direct<'a> {
    pub(crate) truth: &'a Panel,
    pub(crate) target: &'a str,
    pub(crate) months: (Period, Period),
    pub(crate) metrics: &'a [Named],
    pub(crate) groups: &'a [Group],
}

/// A sum that keeps what each addition loses (Neumaier 1974, doi:10.1002/zamm.19740540106).
#[derive(Clone, Copy, Default)]
struct Sum {
    high: f64,
    lost: f64,
}

impl Sum {
    fn add(&mut self, v: f64) {
        let sum = self.high + v;
        let (large, small) = if self.high.abs() >= v.abs() { (self.high, v) } else { (v, self.high) };
        self.lost += (large - sum) + small;
        self.high = sum;
    }

    fn value(self) -> f64 {
        self.high + self.lost
    }
}

/// The one tally of a group.
struct Pool {
    rows: u64,
    /// By metric, its row scores; none of a metric that is not made of them.
    sums: Vec<Vec<Sum>>,
    /// By metric that is not; `None` once it was not defined.
    counts: Vec<Option<Tally>>,
}

/// The rows of one step: truth, row scores of all metrics, and the tallies of those that have none.
struct Rows<'a> {
    observed: &'a [f32],
    columns: Vec<Vec<f64>>,
    counts: Vec<Option<Tally>>,
}

impl Direct<'_> {
    /// The scores of the forecasts of one forecaster.
    pub(crate) fn scores(&self, filed: &[&Filed]) -> Outcome<Scores> {
        let is_point = filed.iter().all(|f| f.manifest.draws.is_none());
        let kind = if is_point { ForecastKind::Point } else { ForecastKind::Draws };
        let wanted: Vec<Vec<RowScore>> = self.metrics.iter().map(|(_, m)| m.row_scores(kind)).collect();
        let empty = |_: &Group| Pool {
            rows: 0,
            sums: wanted.iter().map(|scores| vec![Sum::default(); scores.len()]).collect(),
            counts: vec![Some(Tally::default()); self.metrics.len()],
        };
        let mut pools: Vec<Pool> = self.groups.iter().map(empty).collect();
        for filed in filed {
            if filed.manifest.draws.is_none() != is_point {
                return Err(format!("{} is of another kind than others", filed.place().display()).into());
            }
            self.forecast(filed, &wanted, &mut pools)?;
        }
        let of = |(group, pool): (&Group, &Pool)| {
            let score = |(i, (name, metric)): (usize, &Named)| {
                (*group, name.clone(), pool.score(i, metric.as_ref()), pool.rows)
            };
            self.metrics.iter().enumerate().map(score).collect::<Vec<_>>()
        };
        Ok(self.groups.iter().zip(&pools).flat_map(of).collect())
    }

    /// Adds every row of a forecast to the groups that its step is in.
    fn forecast(&self, filed: &Filed, wanted: &[Vec<RowScore>], pools: &mut [Pool]) -> Outcome<()> {
        let (origin, file) = (filed.manifest.origin.0, filed.open()?);
        let columns: Vec<RowScore> = wanted.concat();
        for step in (1..=file.steps()).map(Step) {
            let month = origin + step;
            if month < self.months.0 || month > self.months.1 {
                continue;
            }
            let field = file.field(step)?;
            if field.units() != self.truth.units() {
                return Err(format!("{} has other units than the truth", filed.place().display()).into());
            }
            let observed = self.truth.field(self.target, month)?;
            let args = ScoreArgs::new(observed, &field)?.placed(Places::Grid);
            let tallied = |((_, metric), wanted): (&Named, &Vec<RowScore>)| {
                if wanted.is_empty() { metric.tally(&args).ok() } else { Some(Tally::default()) }
            };
            let counts = self.metrics.iter().zip(wanted).map(tallied).collect();
            let rows = Rows { observed, columns: args.columns(&columns), counts };
            let holds = |group: &Group| (group.0..=group.1).contains(&step.0);
            let pools = pools.iter_mut().zip(self.groups).filter(|(_, group)| holds(group));
            pools.for_each(|(pool, _)| self.enter(pool, &rows));
        }
        Ok(())
    }

    fn enter(&self, pool: &mut Pool, rows: &Rows<'_>) {
        pool.rows += rows.observed.iter().filter(|y| !y.is_nan()).count() as u64;
        for ((all, part), (_, metric)) in pool.counts.iter_mut().zip(&rows.counts).zip(self.metrics) {
            match (all.as_mut(), part) {
                (Some(all), Some(part)) => metric.pool(all, part),
                _ => *all = None,
            }
        }
        for (sum, column) in pool.sums.iter_mut().flatten().zip(&rows.columns) {
            let known = column.iter().zip(rows.observed).filter(|(_, y)| !y.is_nan());
            known.for_each(|(v, _)| sum.add(*v));
        }
    }
}

impl Pool {
    /// The score of a metric; none where it is not defined.
    fn score(&self, i: usize, metric: &dyn Metric) -> Option<f64> {
        let rows = self.rows as f64;
        let sums = [rows, rows].into_iter().chain(self.sums[i].iter().map(|sum| sum.value()));
        let tally = if self.sums[i].is_empty() { self.counts[i].clone()? } else { Tally(sums.collect()) };
        metric.score(&tally).ok().filter(|v| v.is_finite())
    }
}
