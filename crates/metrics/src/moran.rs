//! Whether the forecast clusters as the truth does.

use forewarn_core::prelude::*;
use forewarn_kernels::autocorrelation::{self, Neighbours, Weights};

use crate::picture::{self, Contribution, Picture, fields};

forewarn_core::entry!(Metric: Moran as "moran");

/// Error of the clustering of a field of grid cells: lower is better, 0 is perfect.
///
/// The mean over fields of `|I_f - I_o|` with Moran's index `I` of the predictive means and of the truth:
/// `n / S0 * sum_ij w_ij z_i z_j / sum_i z_i^2` with `z` the deviations from the mean of the field and `w_ij` the share of
/// neighbour `j` among those of cell `i`, `S0` the sum of all; without a unit, about 0 where values are scattered
/// and 1 where neighbours are alike. Moran (1950), doi:10.2307/2332142. It does not see where the clusters are. A field of
/// predictive means is smoother than anything that happens, and clusters more: compare models, not with 0. Fields whose
/// truth is constant, or has no neighbours, are not counted; a constant forecast of another has no score. It needs grid
/// cells, and whole fields. In the examples cells are side by side from west to east.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Moran {
    /// Which cells are neighbours.
    pub neighbours: Contiguity,
}

/// Which cells are neighbours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Contiguity {
    /// Those that share a side or a corner.
    #[default]
    Queen,
    /// Those that share a side.
    Rook,
}

impl Metric for Moran {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        let Some(picture) = Picture::of(args, 1)? else { return Ok(Contribution::Uncounted.tally()) };
        let (offsets, indices) = picture.neighbours(self.neighbours == Contiguity::Queen);
        let neighbours = Neighbours { offsets: &offsets, indices: &indices };
        let index = |values: Vec<f64>| {
            autocorrelation::moran(&picture.select(&values), neighbours, Weights::RowStandardised).index
        };
        let [forecast, observed] = fields(args).map(index);
        Ok(match (forecast.is_nan(), observed.is_nan()) {
            (_, true) => Contribution::Uncounted.tally(),
            (true, false) => Contribution::Refused.tally(),
            (false, false) => Contribution::Score((forecast - observed).abs()).tally(),
        })
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        picture::mean(tally, "are constant", "varies from cell to cell")
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "0.4 is true, -1 is forecast",
                observed: &[1.0, 2.0, 3.0, 4.0],
                draws: &[&[1.0], &[4.0], &[1.0], &[4.0]],
                expect: 1.4,
            },
            ScoreExample {
                title: "a constant forecast has no index",
                observed: &[1.0, 2.0, 3.0, 4.0],
                draws: &[&[2.0], &[2.0], &[2.0], &[2.0]],
                expect: f64::NAN,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 x 2 cells.
    fn score(neighbours: Contiguity, observed: [f32; 4], forecast: [f32; 4]) -> Result<f64> {
        let units = (0..4).map(|i| Cell::at(100 + i / 2, 50 + i % 2).unwrap().into()).collect();
        let field = Field::point(Period(1), Step(1), units, forecast.to_vec())?;
        let moran = Moran { neighbours };
        moran.score(&moran.tally(&ScoreArgs::new(&observed, &field)?.placed(Places::Grid))?)
    }

    #[test]
    fn corners_count_where_they_are_neighbours() {
        // By sides: a stripe has one like and one unlike neighbour, 0; a chequerboard only unlike ones, -1.
        let (stripe, chequers) = ([1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0]);
        assert!((score(Contiguity::Rook, stripe, chequers).unwrap() - 1.0).abs() < 1e-12);
        // With corners every cell neighbours every other: -1/3 both.
        assert!(score(Contiguity::Queen, stripe, chequers).unwrap().abs() < 1e-12);
    }

    #[test]
    fn what_does_not_vary_is_not_counted_or_has_no_score() {
        let calm = score(Contiguity::Queen, [0.0; 4], [1.0, 0.0, 0.0, 0.0]).unwrap_err().to_string();
        assert!(calm.contains("no field whose truth varies"), "{calm}");
        let flat = score(Contiguity::Queen, [1.0, 0.0, 0.0, 0.0], [0.0; 4]).unwrap_err().to_string();
        assert!(flat.contains("1 of 1 forecast fields are constant"), "{flat}");
    }
}
