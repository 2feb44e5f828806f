//! Whether neighbours are alike.

/// Neighbours of every cell: those of cell `i` are `indices[offsets[i]..offsets[i + 1]]`, each once, none itself.
#[derive(Debug, Clone, Copy)]
pub struct Neighbours<'a> {
    /// One more than there are cells, ascending from 0.
    pub offsets: &'a [usize],
    /// Cells.
    pub indices: &'a [usize],
}

impl Neighbours<'_> {
    fn of(&self, cell: usize) -> &[usize] {
        &self.indices[self.offsets[cell]..self.offsets[cell + 1]]
    }
}

/// What a neighbour counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// Every neighbour 1.
    Binary,
    /// Every neighbour one share of its cell's total of 1; a cell without neighbours has none.
    RowStandardised,
}

/// Moran's I, and what it would be if the values were shuffled over the cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moran {
    /// `n / S0 * sum_ij w_ij z_i z_j / sum_i z_i^2` with `z` the deviations from the mean and `S0` all weights.
    pub index: f64,
    /// Its expectation, `-1 / (n - 1)`.
    pub expected: f64,
    /// Its variance under randomisation; NaN for fewer than four cells.
    pub variance: f64,
}

impl Moran {
    /// Standard deviations from what is expected: above 0 where neighbours are alike.
    pub fn z(self) -> f64 {
        (self.index - self.expected) / self.variance.sqrt()
    }
}

/// Moran's I of a field. Moran (1950), doi:10.2307/2332142; variance of Cliff and Ord (1981), Spatial Processes,
/// p. 46.
///
/// A constant field, one without neighbours, or one with a value that is missing or infinite gives NaN for the index
/// and its variance.
///
/// # Panics
/// When there is not one offset more than values, or a neighbour is no cell.
pub fn moran<T: Copy + Into<f64>>(values: &[T], neighbours: Neighbours<'_>, weights: Weights) -> Moran {
    assert_eq!(neighbours.offsets.len(), values.len() + 1, "neighbours of every cell");
    let (n, nan) = (values.len() as f64, f64::NAN);
    let unknown = Moran { index: nan, expected: -1.0 / (n - 1.0), variance: nan };
    let values: Vec<f64> = values.iter().map(|&v| v.into()).collect();
    let totals = Totals::of(neighbours, weights);
    let constant = values.iter().all(|v| *v == values[0]);
    if constant || totals.all == 0.0 || values.iter().any(|v| !v.is_finite()) {
        return unknown;
    }
    let mean = values.iter().sum::<f64>() / n;
    let deviations: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let likeness: f64 = (0..values.len())
        .map(|i| {
            let around: f64 = neighbours.of(i).iter().map(|&j| deviations[j]).sum();
            deviations[i] * weights.of(neighbours, i) * around
        })
        .sum();
    let moment = |power| deviations.iter().map(|d| d.powi(power)).sum::<f64>() / n;
    let squares = moment(2);
    let variance = totals.variance(n, moment(4) / (squares * squares));
    Moran { index: likeness / (totals.all * squares), variance, ..unknown }
}

impl Weights {
    /// What each neighbour of a cell counts.
    fn of(self, neighbours: Neighbours<'_>, cell: usize) -> f64 {
        match self {
            Self::Binary => 1.0,
            Self::RowStandardised => 1.0 / neighbours.of(cell).len().max(1) as f64,
        }
    }
}

/// Sums of the weights, as Cliff and Ord name them.
struct Totals {
    /// `S0 = sum_ij w_ij`.
    all: f64,
    /// `S1 = sum_ij (w_ij + w_ji)^2 / 2`.
    pairs: f64,
    /// `S2 = sum_i (sum_j w_ij + sum_j w_ji)^2`.
    cells: f64,
}

impl Totals {
    fn of(neighbours: Neighbours<'_>, weights: Weights) -> Self {
        let cells = neighbours.offsets.len() - 1;
        let (mut all, mut pairs, mut both) = (0.0, 0.0, vec![0.0; cells]);
        for i in 0..cells {
            let own = weights.of(neighbours, i);
            for &j in neighbours.of(i) {
                let back = if neighbours.of(j).contains(&i) { weights.of(neighbours, j) } else { 0.0 };
                all += own;
                // (w_ij + w_ji)^2 / 2, summed both ways, is w_ij^2 + w_ij w_ji.
                pairs += own * (own + back);
                both[i] += own;
                both[j] += own;
            }
        }
        Self { all, pairs, cells: both.iter().map(|w| w * w).sum() }
    }

    /// Variance of the index of `n` values of a kurtosis when they are shuffled.
    fn variance(&self, n: f64, kurtosis: f64) -> f64 {
        let (s0, s1, s2) = (self.all * self.all, self.pairs, self.cells);
        let free = n * ((n * n - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * s0);
        let tails = kurtosis * ((n * n - n) * s1 - 2.0 * n * s2 + 6.0 * s0);
        let choices = (n - 1.0) * (n - 2.0) * (n - 3.0) * s0;
        let expected = -1.0 / (n - 1.0);
        if n < 4.0 { f64::NAN } else { (free - tails) / choices - expected * expected }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Four cells in a row.
    const LINE: Neighbours<'_> = Neighbours { offsets: &[0, 1, 3, 5, 6], indices: &[1, 0, 2, 1, 3, 2] };

    #[test]
    fn worked_by_hand() {
        // Deviations -1.5, -0.5, 0.5, 1.5; products 0.75, -0.25, 0.75, each twice; squares 5: 4/6 * 2.5/5.
        let moran_binary = moran(&[1.0_f32, 2.0, 3.0, 4.0], LINE, Weights::Binary);
        assert!((moran_binary.index - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(moran_binary.expected, -1.0 / 3.0);
        // Rows: 0.75, (0.75 - 0.25) / 2, the same again: 4/4 * 2/5.
        let standardised = moran(&[1.0, 2.0, 3.0, 4.0], LINE, Weights::RowStandardised);
        assert!((standardised.index - 0.4).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_vary_has_no_likeness() {
        for field in [[0.1_f64; 4], [1.0, 2.0, f64::NAN, 4.0], [1.0, 2.0, f64::INFINITY, 4.0]] {
            let moran = moran(&field, LINE, Weights::Binary);
            assert!(moran.index.is_nan() && moran.variance.is_nan() && moran.z().is_nan(), "{field:?}");
        }
        let alone = Neighbours { offsets: &[0; 5], indices: &[] };
        assert!(moran(&[1.0, 2.0, 3.0, 5.0], alone, Weights::RowStandardised).index.is_nan());
        let three = Neighbours { offsets: &[0, 1, 2, 2], indices: &[1, 0] };
        let moran_of_three = moran(&[1.0, 2.0, 5.0], three, Weights::Binary);
        assert!(moran_of_three.variance.is_nan() && !moran_of_three.index.is_nan());
        let empty = Neighbours { offsets: &[0], indices: &[] };
        assert!(moran::<f64>(&[], empty, Weights::Binary).index.is_nan());
    }

    /// Every order of five values.
    fn shuffles(values: &mut Vec<f64>, from: usize, visit: &mut impl FnMut(&[f64])) {
        if from == values.len() {
            return visit(values);
        }
        for i in from..values.len() {
            values.swap(from, i);
            shuffles(values, from + 1, visit);
            values.swap(from, i);
        }
    }

    proptest! {
        #[test]
        fn expectation_and_variance_are_those_of_all_shuffles(
            mut values in prop::collection::vec(0_u8..9, 5).prop_map(|v| v.into_iter().map(f64::from).collect::<Vec<_>>()),
            links in prop::collection::vec(any::<bool>(), 25), standardised in any::<bool>(),
        ) {
            let (mut offsets, mut indices) = (vec![0], vec![]);
            for i in 0..5 {
                indices.extend((0..5).filter(|&j| i != j && links[i * 5 + j]));
                offsets.push(indices.len());
            }
            let neighbours = Neighbours { offsets: &offsets, indices: &indices };
            let weights = if standardised { Weights::RowStandardised } else { Weights::Binary };
            let told = moran(&values, neighbours, weights);
            prop_assume!(!told.index.is_nan());
            let mut indexes = vec![];
            shuffles(&mut values, 0, &mut |values| indexes.push(moran(values, neighbours, weights).index));
            let mean = indexes.iter().sum::<f64>() / 120.0;
            let variance = indexes.iter().map(|i| (i - mean).powi(2)).sum::<f64>() / 120.0;
            prop_assert!((mean - told.expected).abs() < 1e-12, "{mean} {told:?}");
            prop_assert!((variance - told.variance).abs() < 1e-12, "{variance} {told:?}");
        }
    }
}
