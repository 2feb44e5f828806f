//! Whether events are forecast in the right neighbourhood.

use forewarn_core::prelude::*;
use forewarn_kernels::draws::{Event, RowScore};
use forewarn_kernels::fractions::{Edge, Fields, Sums, ensemble_sums};

use crate::picture::Picture;
use crate::settings;

forewarn_core::entry!(Metric: FractionsSkillScore as "fractions-skill-score", check);

/// Fractions skill score of grid cells with an event: higher is better, 1 is perfect, 0 no overlap at all.
///
/// `1 - sum (F - O)^2 / sum (F^2 + O^2)` over square windows of `size` cells around every cell, with `O` the share of the
/// cells of a window in which the event happened and `F` the mean of its forecast probabilities, which is the
/// share of the draws that reach the threshold; 0-1. A forecast that is right within the window is not
/// punished twice for being a cell off. Roberts and Lean (2008), doi:10.1175/2007MWR2123.1; of draws as in Schwartz
/// et al. (2010), doi:10.1175/2009WAF2222267.1. A window has the cells of it whose truth is known, so that none are added
/// at coasts. Of a pool the sums of all fields are added first. It needs grid cells, and whole fields. In the examples
/// cells are side by side from west to east.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FractionsSkillScore {
    /// Smallest value that is an event, in the unit of the target.
    pub threshold: f64,
    /// Whether the threshold must be passed (`>`), not just reached (`>=`).
    pub strict: bool,
    /// Cells along a side of a window: an odd number, 1 for cell by cell.
    pub size: u16,
}

impl Default for FractionsSkillScore {
    fn default() -> Self {
        Self { threshold: 1.0, strict: false, size: 5 }
    }
}

impl FractionsSkillScore {
    fn check(self) -> Result<Self> {
        settings::threshold("fractions-skill-score", self.threshold)?;
        if self.size.is_multiple_of(2) || self.size > LARGEST {
            let reason = format!("`size` is {}; it must be odd, 1 to {LARGEST}", self.size);
            return Err(Error::config("fractions-skill-score", reason));
        }
        Ok(self)
    }
}

/// A window of the height of the Earth.
const LARGEST: u16 = 359;

impl Metric for FractionsSkillScore {
    /// Fields, and the two sums.
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        let size = usize::from(self.size);
        let Some(picture) = Picture::of(args, size / 2)? else { return Ok(Tally(vec![0.0; 3])) };
        let event = Event { threshold: self.threshold, strict: self.strict };
        let members = args.width();
        let shares = args.columns(&[RowScore::Exceedance(event)]).swap_remove(0);
        let counts: Vec<f64> = shares.iter().map(|share| (share * members as f64).round()).collect();
        let happened: Vec<f64> =
            args.observed().iter().map(|&y| if event.is(y) { 1.0 } else { 0.0 }).collect();
        let (forecast, observed) = (picture.draw(&counts), picture.draw(&happened));
        let fields = Fields { forecast: &forecast, observed: &observed, width: picture.width };
        // What is beyond the margin is in no window around a cell, and the margin is outside the region.
        let sums = ensemble_sums(fields, members, &[size], Edge::Padded)[0];
        Ok(Tally(vec![1.0, sums.difference, sums.reference]))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        let score = Sums { difference: tally.at(1), reference: tally.at(2) }.score();
        if score.is_nan() {
            return Err(Error::data("the event neither happened nor was forecast, in any field"));
        }
        Ok(score)
    }

    fn better(&self) -> Better {
        Better::Higher
    }

    fn examples(&self) -> Vec<ScoreExample> {
        const THERE: &[f32] = &[0.0, 0.0, 12.0, 0.0, 0.0, 0.0, 0.0];
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 1.0,
            },
            ScoreExample {
                title: "one cell off",
                observed: THERE,
                draws: &[&[0.0], &[0.0], &[0.0], &[9.0], &[0.0], &[0.0], &[0.0]],
                expect: 0.677_668_901_495_616_3,
            },
            ScoreExample {
                title: "too far to be in any window with it",
                observed: &[12.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                draws: &[&[0.0], &[0.0], &[0.0], &[0.0], &[0.0], &[9.0]],
                expect: 0.0,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 x 3 cells.
    fn score(metric: &FractionsSkillScore, observed: &[f32; 9], draws: usize, values: Vec<f32>) -> Result<f64> {
        let units = (0..9).map(|i| Cell::at(100 + i / 3, 50 + i % 3).unwrap().into()).collect();
        let field = Field::draws(Period(1), Step(1), units, draws, values)?;
        metric.score(&metric.tally(&ScoreArgs::new(observed, &field)?.placed(Places::Grid))?)
    }

    fn of_size(size: u16) -> FractionsSkillScore {
        FractionsSkillScore { size, ..FractionsSkillScore::default() }
    }

    #[test]
    fn windows_have_the_cells_that_there_are() {
        let observed = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let forecast = vec![0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(score(&of_size(1), &observed, 1, forecast.clone()).unwrap(), 0.0);
        // Windows of 4 cells in the corners, 6 at the sides, 9 in the middle. The truth is in all of them, the forecast in
        // those of the first two columns: they differ in the last column, 2/16 + 1/36.
        let truth = 4.0 / 16.0 + 4.0 / 36.0 + 1.0 / 81.0;
        let missed = 2.0 / 16.0 + 1.0 / 36.0;
        let expected = 1.0 - missed / (truth + truth - missed);
        assert!((score(&of_size(3), &observed, 1, forecast).unwrap() - expected).abs() < 1e-12);
        // A cell that is not known is not there: of the corner windows, the last has 3 cells, and so on.
        let unknown = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, f32::NAN];
        let same = score(&of_size(3), &unknown, 1, unknown.map(|v| if v.is_nan() { 0.0 } else { v }).to_vec());
        assert_eq!(same.unwrap(), 1.0);
    }

    #[test]
    fn draws_are_a_probability() {
        // Cell by cell: 1/2 where it happened, 1/2 where it did not.
        let observed = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let mut draws = vec![0.0; 18];
        (draws[0], draws[8]) = (5.0, 1.0);
        // (1/4 + 1/4) of (1/4 + 1/4 + 1).
        assert!((score(&of_size(1), &observed, 2, draws).unwrap() - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn without_any_event_there_is_no_score_and_even_windows_are_refused() {
        let error = score(&of_size(3), &[0.0; 9], 1, vec![0.0; 9]).unwrap_err();
        assert!(error.to_string().contains("neither happened nor was forecast"), "{error}");
        for bad in [0, 4, 361] {
            assert!(of_size(bad).check().unwrap_err().to_string().contains("it must be odd"), "{bad}");
        }
    }
}
