//! Labels of the same row as one.

use forewarn_core::{LabelArgs, Labels};

/// What losses whose gradients are linear in the label need to know: rows in order, each once, with the sum of the
/// weights of its labels and the weighted sum of the labels. Labels of weight 0 are left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Merged {
    /// Rows with a label, ascending.
    pub(crate) rows: Vec<u32>,
    /// Sum of the weights of the labels of each.
    pub(crate) weights: Vec<f64>,
    /// Sum of weight times label of each.
    pub(crate) sums: Vec<f64>,
}

impl Merged {
    /// Labels of `count` rows.
    pub(crate) fn new(labels: &Labels<'_>, count: usize) -> Self {
        let mut totals = vec![(0.0_f64, 0.0_f64); count];
        for ((&row, &y), &w) in labels.rows().iter().zip(labels.values()).zip(labels.weights()) {
            let total = &mut totals[row as usize];
            total.0 += f64::from(w);
            total.1 += f64::from(w) * f64::from(y);
        }
        let rows: Vec<u32> = (0..count as u32).filter(|&r| totals[r as usize].0 > 0.0).collect();
        let (weights, sums) = rows.iter().map(|&r| totals[r as usize]).unzip();
        Self { rows, weights, sums }
    }

    /// The weighted mean of all labels.
    pub(crate) fn mean(&self) -> f64 {
        self.sums.iter().sum::<f64>() / self.weights.iter().sum::<f64>()
    }
}

/// The label that all have that weigh anything, if it is one.
pub(crate) fn constant(args: &LabelArgs<'_>) -> Option<f32> {
    let train = &args.train;
    let mut known = train.values().iter().zip(train.weights()).filter(|(_, w)| **w > 0.0).map(|(y, _)| *y);
    let first = known.next()?;
    known.all(|y| y == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_a_row_are_added_up() {
        let labels = Labels::new(&[2, 0, 2, 1], &[1.0, 5.0, 4.0, 9.0], &[1.0, 2.0, 3.0, 0.0], 4).unwrap();
        let merged = Merged::new(&labels, 4);
        assert_eq!(merged, Merged { rows: vec![0, 2], weights: vec![2.0, 4.0], sums: vec![10.0, 13.0] });
        assert_eq!(merged.mean(), 23.0 / 6.0);
        assert_eq!(constant(&LabelArgs::new(labels, 1)), None);
        let same = Labels::new(&[0, 1], &[5.0, 9.0], &[2.0, 0.0], 2).unwrap();
        assert_eq!(constant(&LabelArgs::new(same, 1)), Some(5.0));
    }
}
