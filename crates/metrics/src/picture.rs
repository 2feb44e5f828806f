//! A field of grid cells as a picture: the rectangle around the cells whose truth is known.

use forewarn_core::{Cell, Error, Result, ScoreArgs, Tally};
use forewarn_kernels::draws::RowScore;

use crate::average;

/// Where rows are in a rectangle of cells.
pub(crate) struct Picture {
    /// Row of the rows of the field whose truth is known, and the place of their cells in the rectangle.
    places: Vec<(usize, usize)>,
    /// Cells from west to east.
    pub(crate) width: usize,
    /// Cells from south to north.
    height: usize,
}

impl Picture {
    /// The cells of some rows with `margin` cells around them; `None` when no truth is known. It ends at 180 degrees.
    ///
    /// # Errors
    /// [`Error::Data`] where rows are no whole field of grid cells, or are weighted.
    pub(crate) fn of(args: &ScoreArgs<'_>, margin: usize) -> Result<Option<Self>> {
        check_equal_weights(args)?;
        let cells = args.cells()?;
        let observed = args.observed();
        let known: Vec<(usize, Cell)> =
            cells.into_iter().enumerate().filter(|(row, _)| !observed[*row].is_nan()).collect();
        let span = |of: fn(Cell) -> u32| {
            let least = known.iter().map(|(_, cell)| of(*cell)).min()?;
            let most = known.iter().map(|(_, cell)| of(*cell)).max()?;
            Some((least as usize, (most - least) as usize + 1 + 2 * margin))
        };
        let Some(((south, height), (west, width))) = span(Cell::row).zip(span(Cell::col)) else {
            return Ok(None);
        };
        let place =
            |cell: Cell| (cell.row() as usize - south + margin) * width + cell.col() as usize - west + margin;
        let places = known.iter().map(|&(row, cell)| (row, place(cell))).collect();
        Ok(Some(Self { places, width, height }))
    }

    /// Values of rows as a picture, row by row; NaN where there is no cell.
    pub(crate) fn draw(&self, values: &[f64]) -> Vec<f64> {
        let mut cells = vec![f64::NAN; self.width * self.height];
        self.places.iter().for_each(|&(row, place)| cells[place] = values[row]);
        cells
    }

    /// Values of the rows that are in the picture, in their order.
    pub(crate) fn select(&self, values: &[f64]) -> Vec<f64> {
        self.places.iter().map(|&(row, _)| values[row]).collect()
    }

    /// Cells beside each of those that [`Picture::select`] lists, by their number: where each list begins and ends, and all
    /// lists. The picture has a margin.
    pub(crate) fn neighbours(&self, corners: bool) -> (Vec<usize>, Vec<usize>) {
        let mut numbers = vec![None; self.width * self.height];
        self.places.iter().enumerate().for_each(|(number, &(_, place))| numbers[place] = Some(number));
        let (mut offsets, mut indices) = (vec![0], Vec::new());
        for &(_, place) in &self.places {
            let (south, north) = (place - self.width, place + self.width);
            let sides = [south, place - 1, place + 1, north];
            let diagonals = [south - 1, south + 1, north - 1, north + 1];
            let near = sides.iter().chain(if corners { &diagonals[..] } else { &[] });
            indices.extend(near.filter_map(|&near| numbers[near]));
            offsets.push(indices.len());
        }
        (offsets, indices)
    }
}

/// Predictive means and truth of all rows.
pub(crate) fn fields(args: &ScoreArgs<'_>) -> [Vec<f64>; 2] {
    [args.columns(&[RowScore::Mean]).swap_remove(0), args.observed()]
}

/// # Errors
/// [`Error::Data`] for weighted rows.
pub(crate) fn check_equal_weights(args: &ScoreArgs<'_>) -> Result<()> {
    if args.is_weighted() {
        return Err(Error::data("a score of a field as a whole has no weights of rows; leave them out"));
    }
    Ok(())
}

/// What one field contributes to a mean over fields.
pub(crate) enum Contribution {
    /// Its score.
    Score(f64),
    /// Nothing: its truth has no such property.
    Uncounted,
    /// Its truth has the property, and its forecast has not: no field is left out for that, there is no mean.
    Refused,
}

impl Contribution {
    /// `[fields, fields, sum of scores, fields refused]`.
    pub(crate) fn tally(self) -> Tally {
        Tally(match self {
            Self::Score(score) => vec![1.0, 1.0, score, 0.0],
            Self::Uncounted => vec![0.0; 4],
            Self::Refused => vec![0.0, 0.0, 0.0, 1.0],
        })
    }
}

/// The mean over fields.
///
/// # Errors
/// [`Error::Data`] when a field was refused, whose forecast `lacks` the property, or when the truth of none `has` it.
pub(crate) fn mean(tally: &Tally, lacks: &str, has: &str) -> Result<f64> {
    match tally.at(3) {
        0.0 => {
            average::mean(tally, 0).map_err(|_| Error::data(format!("there is no field whose truth {has}")))
        }
        refused => {
            let of = refused + tally.at(0);
            Err(Error::data(format!("{refused} of {of} forecast fields {lacks}, where the truth {has}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Field, Period, Places, Step, Unit};

    use super::*;

    fn cell(row: u32, col: u32) -> Unit {
        Cell::at(row, col).unwrap().into()
    }

    #[test]
    fn cells_are_where_they_are_and_unknown_ones_are_not_there() {
        // The last row is west of all others, and not known.
        let units = [cell(5, 10), cell(5, 12), cell(6, 11), cell(5, 2)].into();
        let field = Field::point(Period(1), Step(1), units, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let args = ScoreArgs::new(&[1.0, 0.0, 0.0, f32::NAN], &field).unwrap().placed(Places::Grid);
        let picture = Picture::of(&args, 0).unwrap().unwrap();
        let drawn = picture.draw(&fields(&args)[0]);
        assert_eq!((picture.width, drawn.len()), (3, 6));
        let filled: Vec<_> = drawn.iter().enumerate().filter(|(_, v)| !v.is_nan()).collect();
        assert_eq!(filled, [(0, &1.0), (2, &2.0), (4, &3.0)]);
        let wide = Picture::of(&args, 1).unwrap().unwrap();
        assert_eq!((wide.width, wide.draw(&[1.0; 4]).len()), (5, 20));
        assert_eq!(wide.neighbours(true), (vec![0, 1, 2, 4], vec![2, 2, 0, 1]));
        assert_eq!(wide.neighbours(false), (vec![0; 4], vec![]));
        let none = ScoreArgs::new(&[f32::NAN; 4], &field).unwrap().placed(Places::Grid);
        assert!(Picture::of(&none, 0).unwrap().is_none());
    }

    #[test]
    fn the_edges_of_the_world_have_neighbours_on_one_side() {
        let units = [cell(1, 1), cell(1, 2), cell(360, 720)].into();
        let field = Field::point(Period(1), Step(1), units, vec![1.0; 3]).unwrap();
        let args = ScoreArgs::new(&[1.0; 3], &field).unwrap().placed(Places::Grid);
        assert_eq!(Picture::of(&args, 1).unwrap().unwrap().neighbours(true), (vec![0, 1, 2, 2], vec![1, 0]));
    }

    #[test]
    fn what_is_no_picture_says_why() {
        let units = [cell(1, 1), cell(1, 2)].into();
        let field = Field::point(Period(1), Step(1), units, vec![1.0; 2]).unwrap();
        let args = ScoreArgs::new(&[1.0; 2], &field).unwrap();
        let why = |args: ScoreArgs<'_>| Picture::of(&args, 0).err().unwrap().to_string();
        assert!(why(args).contains("which rows are neighbours"));
        assert!(why(args.placed(Places::Part)).contains("a part of one"));
        let weighted = args.placed(Places::Grid).weighted(&[1.0, 2.0]).unwrap();
        assert!(why(weighted).contains("no weights of rows"));
    }
}
