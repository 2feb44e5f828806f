//! Ignorance score over bins.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::{Beyond, Bins, RowScore};

use crate::average;
use crate::points::Compat;

forewarn_core::entry!(Metric: Ignorance as "ignorance", check);

/// Surprise at the bin that the truth fell into: lower is better, best near 0 bits.
///
/// `mean -log2((c + 1) / (S + K))` in bits (the unit of information), with `c` of the `S` draws in the bin of
/// the truth and one pseudo-draw in each of the `K` half-open bins `[e_k, e_(k+1))`; even a perfect forecast
/// keeps some surprise for its pseudo-draws. Proper up to the smoothing (Good 1952,
/// doi:10.1111/j.2517-6161.1952.tb00104.x; Roulston and Smith 2002,
/// doi:10.1175/1520-0493(2002)130<1653:EPFUIT>2.0.CO;2). The last bin is open, as in the 2023 VIEWS prediction
/// competition: `K` is the number of edges. Not defined for truth below the first edge.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ignorance {
    /// Ascending edges of the bins, in the unit of the target.
    pub edges: Vec<f64>,
    /// `views`: the last bin ends at the last edge, as in views-evaluation 2.0.0: truth there has no score, and draws
    /// there only raise `K`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compat: Option<Compat>,
}

impl Default for Ignorance {
    fn default() -> Self {
        let edges = vec![0.0, 0.5, 2.5, 5.5, 10.5, 25.5, 50.5, 100.5, 250.5, 500.5, 1000.5];
        Self { edges, compat: None }
    }
}

impl Ignorance {
    fn check(self) -> Result<Self> {
        if self.edges.len() < 2 || !self.edges.is_sorted_by(|a, b| a < b) || self.edges.iter().any(|e| !e.is_finite())
        {
            return Err(Error::config("ignorance", "`edges` must be at least two finite numbers, ascending"));
        }
        Ok(self)
    }
}

impl Metric for Ignorance {
    fn row_scores(&self, _kind: ForecastKind) -> Vec<RowScore> {
        let beyond = if self.compat.is_some() { Beyond::Closed } else { Beyond::Open };
        vec![RowScore::Ignorance(Bins { edges: self.edges.clone(), beyond })]
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        average::mean(tally, 0)
    }

    fn domain(&self) -> &'static str {
        if self.compat.is_some() { "truth within the edges" } else { "truth at or above the first edge" }
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast of 1 draw: 2 of 12 counts",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 2.584_962_500_721_16,
            },
            ScoreExample {
                title: "a surprise",
                observed: &[0.0],
                draws: &[&[1.0, 1.0, 7.0, 3000.0, 0.9]],
                expect: 4.0,
            },
        ]
    }
}
