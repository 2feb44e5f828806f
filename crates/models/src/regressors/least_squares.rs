//! The line of least squares.

use forewarn_core::prelude::*;

use super::linear::{self, BLOCK, Line, Link, Standard, dot};

const NAME: &str = "least-squares";

forewarn_core::entry!(Regressor: LeastSquares as "least-squares");

/// A linear regression: the intercept and slopes that make the weighted sum of squared errors least.
///
/// In f64, by Householder reflections of standardised rows (Golub and Van Loan 2013, Matrix Computations, 5.2), block after
/// block (Demmel et al. 2012, doi:10.1137/080731992), so that memory does not grow with the rows. A column that is
/// constant, or that the other columns give to within a part in a million of its deviation (values are f32), gets slope
/// 0. Missing values are refused in training; in prediction they give NaN.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LeastSquares {}

/// What is left of a column after the others, as a share of its deviation, below which it is collinear.
const COLLINEAR: f64 = 1e-6;

impl Regressor for LeastSquares {
    fn prepare(&self, args: &PrepareArgs<'_>) -> Result<Box<dyn Prepared>> {
        linear::check_complete(NAME, args.rows)?;
        Ok(Box::new(Rows(args.rows.clone())))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Regression>> {
        Ok(Box::new(Line::read(NAME, state)?))
    }
}

#[derive(Debug)]
struct Rows(DesignMatrix);

impl Prepared for Rows {
    fn fit(&self, args: &LabelArgs<'_>) -> Result<Box<dyn Regression>> {
        Ok(Box::new(fit(&self.0, &args.train)))
    }
}

fn fit(rows: &DesignMatrix, labels: &Labels<'_>) -> Line {
    let standard = Standard::of(rows, labels);
    let mut triangle = Triangle::new(rows.columns().len() + 1);
    let mut block = vec![0.0; triangle.size * BLOCK];
    let weights = labels.rows().chunks(BLOCK).zip(labels.values().chunks(BLOCK)).zip(labels.weights().chunks(BLOCK));
    for ((labelled, values), weights) in weights {
        let (x, y) = block.split_at_mut(rows.columns().len() * BLOCK);
        standard.block(rows, labelled, x);
        y.fill(0.0);
        for (i, (&v, &w)) in values.iter().zip(weights).enumerate() {
            let root = f64::from(w).sqrt();
            for x in x.iter_mut().skip(i).step_by(BLOCK) {
                *x *= root;
            }
            y[i] = root * (f64::from(v) - standard.label);
        }
        triangle.add(&mut block);
    }
    let slopes = triangle.solve(COLLINEAR * standard.weight.sqrt());
    standard.line(NAME, rows.columns(), &slopes, standard.label, Link::Identity)
}

/// The upper triangle R of a QR decomposition of rows [columns, label], column after column.
struct Triangle {
    size: usize,
    values: Vec<f64>,
}

impl Triangle {
    fn new(size: usize) -> Self {
        Self { size, values: vec![0.0; size * size] }
    }

    /// Reflects the rows of `block` (column after column) into the triangle; what is left in the block is of no use.
    fn add(&mut self, block: &mut [f64]) {
        for k in 0..self.size {
            let (before, after) = block.split_at_mut((k + 1) * BLOCK);
            let pivot = &mut before[k * BLOCK..];
            let below = dot(pivot, pivot);
            if below == 0.0 {
                continue;
            }
            let diagonal = &mut self.values[k * self.size + k];
            let length = (*diagonal * *diagonal + below).sqrt().copysign(-*diagonal);
            let (top, factor) = (*diagonal - length, (length - *diagonal) / length);
            *diagonal = length;
            for v in pivot.iter_mut() {
                *v /= top;
            }
            for (j, column) in after.chunks_exact_mut(BLOCK).enumerate() {
                let across = &mut self.values[(k + 1 + j) * self.size + k];
                let share = factor * (*across + dot(pivot, column));
                *across -= share;
                column.iter_mut().zip(&*pivot).for_each(|(c, v)| *c -= share * v);
            }
        }
    }

    /// Slopes by Gram-Schmidt with the largest column first, 0 for columns of which no more than `collinear` is left.
    fn solve(&self, collinear: f64) -> Vec<f64> {
        let count = self.size - 1;
        let mut columns: Vec<Vec<f64>> = self.values.chunks_exact(self.size).map(<[f64]>::to_vec).collect();
        let mut label = columns.pop().unwrap_or_default();
        let mut order: Vec<usize> = Vec::new();
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let mut heights = Vec::new();
        for _ in 0..count {
            let Some((next, length)) = longest(&columns, &order) else { break };
            if length <= collinear {
                break;
            }
            let unit: Vec<f64> = columns[next].iter().map(|v| v / length).collect();
            order.push(next);
            for (_, column) in columns.iter_mut().enumerate().filter(|(j, _)| !order.contains(j)) {
                remove(column, &unit);
            }
            heights.push(remove(&mut label, &unit));
            basis.push(unit);
        }
        self.substitute(&order, &basis, &heights)
    }

    /// Solves `basis . columns in order . slopes = heights`, which is triangular, from below.
    fn substitute(&self, order: &[usize], basis: &[Vec<f64>], heights: &[f64]) -> Vec<f64> {
        let mut slopes = vec![0.0; self.size - 1];
        let column = |j: usize| &self.values[j * self.size..][..self.size];
        for i in (0..order.len()).rev() {
            let known: f64 = order[i + 1..].iter().map(|&j| dot(&basis[i], column(j)) * slopes[j]).sum();
            slopes[order[i]] = (heights[i] - known) / dot(&basis[i], column(order[i]));
        }
        slopes
    }
}

/// The longest column that is not in `taken`, the first of equals, with its length.
fn longest(columns: &[Vec<f64>], taken: &[usize]) -> Option<(usize, f64)> {
    let free = (0..columns.len()).filter(|j| !taken.contains(j));
    let lengths = free.map(|j| (j, dot(&columns[j], &columns[j]).sqrt()));
    lengths.fold(None, |best, new| match best {
        Some((_, length)) if length >= new.1 => best,
        _ => Some(new),
    })
}

/// Takes out of `column` its share along `unit`, twice, so that rounding leaves none; returns the share.
fn remove(column: &mut [f64], unit: &[f64]) -> f64 {
    (0..2).fold(0.0, |sum, _| {
        let share = dot(column, unit);
        column.iter_mut().zip(unit).for_each(|(c, u)| *c -= share * u);
        sum + share
    })
}

#[cfg(test)]
mod tests {
    use super::super::linear::cases::{matrix, numbers};
    use super::*;

    fn line(rows: &DesignMatrix, values: &[f32], weights: &[f32]) -> Line {
        let all: Vec<u32> = (0..values.len() as u32).collect();
        fit(rows, &Labels::new(&all, values, weights, rows.len()).unwrap())
    }

    /// The case that Python repeats: 60 rows of 3 columns, labels near a line, weights with zeros.
    fn sixty() -> (DesignMatrix, Vec<f32>, Vec<f32>) {
        let rows = matrix(3, numbers(1, 180));
        let noise = numbers(2, 60);
        let labels = rows.rows().zip(noise).map(|(x, e)| e + x[0] - 2.0 * x[1] + 0.5 * x[2]).collect();
        (rows, labels, numbers(3, 60))
    }

    #[test]
    fn the_line_is_that_of_numpy() {
        let (rows, labels, weights) = sixty();
        let line = line(&rows, &labels, &weights);
        // numpy 2.4.6: np.linalg.lstsq(np.c_[np.ones(60), X] * np.sqrt(w)[:, None], y * np.sqrt(w), rcond=None)[0]
        let peer = [4.075_715_128_968_003, 0.771_457_819_628_187, -1.741_172_351_400_354_8, 0.468_443_785_684_540_04];
        let (intercept, slopes) = line.numbers();
        for (ours, theirs) in [&[intercept], slopes].concat().iter().zip(peer) {
            assert!((ours / theirs - 1.0).abs() < 1e-12, "{ours} is not {theirs}");
        }
    }

    #[test]
    fn a_line_without_errors_is_found_over_many_blocks() {
        let values: Vec<f32> = numbers(9, 3 * (2 * BLOCK + 7)).iter().map(|v| v + 1000.0).collect();
        let rows = matrix(3, values);
        let labels: Vec<f32> = rows.rows().map(|x| 2.0 * x[0] - x[1] + 0.25 * x[2] - 100.0).collect();
        let line = line(&rows, &labels, &vec![1.0; rows.len()]);
        let (intercept, slopes) = line.numbers();
        assert!((intercept + 100.0).abs() < 1e-7, "{intercept}");
        for (slope, expected) in slopes.iter().zip([2.0, -1.0, 0.25]) {
            assert!((slope - expected).abs() < 1e-10, "{slopes:?}");
        }
    }

    #[test]
    fn a_weight_is_a_count_of_rows() {
        let (rows, labels, _) = sixty();
        let twice: Vec<u32> = (0..60).flat_map(|i| vec![i; 1 + i as usize % 3]).collect();
        let repeated: Vec<f32> = twice.iter().map(|&i| labels[i as usize]).collect();
        let weights: Vec<f32> = (0..60).map(|i| (1 + i % 3) as f32).collect();
        let weighted = line(&rows, &labels, &weights);
        let found = fit(&rows, &Labels::new(&twice, &repeated, &vec![1.0; twice.len()], 60).unwrap());
        for (a, b) in weighted.numbers().1.iter().zip(found.numbers().1) {
            assert!((a / b - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn collinear_and_constant_columns_get_no_slope() {
        let base = numbers(4, 80);
        // b = 2 a + 1, c constant, d free.
        let values = base.chunks(2).flat_map(|v| [v[0], 2.0 * v[0] + 1.0, 0.1, v[1]]).collect();
        let rows = matrix(4, values);
        let labels: Vec<f32> = rows.rows().map(|x| 3.0 * x[0] + x[3]).collect();
        let line = line(&rows, &labels, &[1.0; 40]);
        let slopes = line.numbers().1;
        assert!(slopes[0] == 0.0 || slopes[1] == 0.0, "{slopes:?}");
        assert_eq!(slopes[2], 0.0);
        for (found, expected) in line.predict(&rows).unwrap().iter().zip(labels) {
            assert!((found - expected).abs() < 1e-5);
        }
    }

    #[test]
    fn missing_values_are_refused_with_the_cure() {
        let rows = matrix(2, vec![1.0, 2.0, 3.0, f32::NAN]);
        let e = LeastSquares {}.prepare(&PrepareArgs::new(&rows, &[1.0, 1.0]).unwrap()).unwrap_err().to_string();
        assert!(e.contains("column `b` is missing in row 1") && e.contains("replace-missing"), "{e}");
    }

    #[test]
    fn the_state_round_trips() {
        let (rows, labels, weights) = sixty();
        let line = line(&rows, &labels, &weights);
        let back = LeastSquares {}.restore(&line.state().unwrap()).unwrap();
        assert_eq!(back.predict(&rows).unwrap(), line.predict(&rows).unwrap());
    }
}
