//! Contributions of features to the predictions of several trees.

use forewarn_core::DesignMatrix;
use forewarn_kernels::simd;
use forewarn_kernels::trees::Tree;

/// Rows that are explained one after the other.
const BLOCK: usize = 16;

/// SHAP values of `start + share * (sum of the trees)`, rows x (columns + 1), the last of a row its base.
pub(crate) fn of<'a>(
    trees: impl Iterator<Item = &'a Tree>,
    (start, share): (f64, f64),
    rows: &DesignMatrix,
) -> Vec<f32> {
    let trees: Vec<&Tree> = trees.collect();
    let base = start + share * trees.iter().map(|tree| tree.expected()).sum::<f64>();
    let parts = simd::chunks(rows.len(), BLOCK, |range| {
        let mut out = Vec::with_capacity(range.len() * (rows.columns().len() + 1));
        for i in range {
            let mut sums = vec![0.0; rows.columns().len()];
            for tree in &trees {
                tree.add_contributions(rows.row(i), &mut sums);
            }
            out.extend(sums.into_iter().map(|sum| (share * sum) as f32));
            out.push(base as f32);
        }
        out
    });
    parts.concat()
}
