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

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: &Ignorance, observed: &[f64], draws: &[f64], weights: &[f64]) -> Result<f64> {
        let width = draws.len() / observed.len();
        let args = ScoreArgs::rows(observed, draws, width, ForecastKind::Draws)?.weighted(weights)?;
        metric.score(&metric.tally(&args)?)
    }

    #[test]
    fn the_open_bin_counts_and_the_closed_ones_end_at_the_last_edge() {
        let open = Ignorance { edges: vec![0.0, 1.0, 2.0], compat: None };
        let closed = Ignorance { compat: Some(Compat::Views), ..open.clone() };
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        // 2 of 3 draws with the truth: 3 of 3 + 3, or of 3 + 2 counts.
        near(score(&open, &[0.2], &[0.5, 0.5, 1.5], &[]).unwrap(), 1.0);
        near(score(&closed, &[0.2], &[0.5, 0.5, 1.5], &[]).unwrap(), (5.0_f64 / 3.0).log2());
        // A draw beyond the last edge gives the closed bins one more.
        near(score(&closed, &[0.2], &[0.5, 0.5, 2.5], &[]).unwrap(), 1.0);
        near(score(&open, &[9.0], &[0.5, 0.5, 2.5], &[]).unwrap(), 3.0_f64.log2());
        let error = score(&closed, &[2.0], &[0.5, 0.5, 2.5], &[]).unwrap_err();
        assert!(error.to_string().contains("truth within the edges"), "{error}");
        let error = score(&open, &[-1.0], &[0.5, 0.5, 2.5], &[]).unwrap_err();
        assert!(error.to_string().contains("truth at or above the first edge"), "{error}");
    }

    #[test]
    fn edges_that_make_no_bins_are_refused() {
        for edges in [vec![0.0], vec![1.0, 1.0], vec![0.0, f64::INFINITY], vec![0.0, f64::NAN]] {
            let error = Ignorance { edges, compat: None }.check().unwrap_err();
            assert!(error.to_string().contains("`edges`"), "{error}");
        }
    }
}
