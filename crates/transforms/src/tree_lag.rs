//! What happens everywhere else, near things in detail and far ones in bulk.

use forewarn_core::prelude::*;

use crate::spatial_tree::{LANES, SpatialTree};
use crate::window::places;
use crate::{Compat, presence, settings};

forewarn_core::entry!(Transform: TreeLag as "tree-lag", check);

/// The sum over all other cells, weighted by a falling function of the distance; the reference calls it
/// `spatial.treelag`.
///
/// Cells are gathered in squares of 2, 4, 8, ... cells; a square of side `h` whose centre is at distance `d` (both in
/// cells) is taken as a whole when `h / d` is at most `opening-angle`, else its parts are looked at: the tree code of
/// Barnes and Hut (1986), doi:10.1038/324446a0, on the flat map. Near 0 the sum is exact and slow.
///
/// Missing: cells that were not observed are left out and count as the (weighted) mean of the others; where no other
/// cell was observed the value is missing. Whether the cell itself was observed does not matter. The reference reads
/// missing as 0, adds 0.01 to both components of every distance and misplaces cells 720, 1440, ...;
/// `compat = "views"` does the same.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TreeLag {
    /// Largest angle (side / distance) under which a square is taken as a whole, above 0 and at most 1.
    pub opening_angle: f64,
    /// How the weight falls with the distance.
    pub weight: Weight,
    /// `views` reads missing as 0 and shifts distances by 0.01.
    pub compat: Compat,
}

/// How a weight falls with the distance `d`, in cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// `1 / ln(1 + d)`; the reference's option 0.
    InverseLog,
    /// `1 / d`; the reference's option 1.
    #[default]
    InverseDistance,
    /// `1 / d^2`; the reference's option 2.
    InverseSquare,
}

impl Weight {
    fn at(self, distance: f64) -> f64 {
        match self {
            Self::InverseLog => 1.0 / distance.ln_1p(),
            Self::InverseDistance => 1.0 / distance,
            Self::InverseSquare => 1.0 / (distance * distance),
        }
    }
}

impl Default for TreeLag {
    fn default() -> Self {
        Self { opening_angle: 0.7, weight: Weight::default(), compat: Compat::None }
    }
}

impl TreeLag {
    fn check(self) -> Result<Self> {
        settings::positive("tree-lag", "opening-angle", self.opening_angle)?;
        if self.opening_angle > 1.0 {
            let reason = format!("`opening-angle` is {}; above 1 a cell would count itself", self.opening_angle);
            return Err(Error::config("tree-lag", reason));
        }
        Ok(self)
    }
}

impl Transform for TreeLag {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        let tree = SpatialTree::of(&places(args.units, self.compat)?);
        let shift = if self.compat.views() { 0.01 } else { 0.0 };
        let partners = tree.partners(self.opening_angle, shift, |d| self.weight.at(d));
        let fields: Vec<&[f32]> = args.fields().collect();
        let total = partners.sums(&tree, &fields[..fields.len().min(1)], |_| 1.0);
        let mut out = Vec::with_capacity(args.values.len());
        for fields in fields.chunks(LANES) {
            let sums = partners.sums(&tree, fields, presence::or_zero);
            if self.compat.views() || !fields.iter().any(|field| presence::has_gaps(field)) {
                out.extend(sums.iter().map(|&sum| sum as f32));
            } else {
                let present = partners.sums(&tree, fields, presence::observed);
                let weights = present.iter().zip(total.iter().cycle());
                let scaled = sums.iter().zip(weights).map(|(&sum, (&p, &t))| presence::scaled_sum(sum, p, t));
                out.extend(scaled.map(|sum| sum as f32));
            }
        }
        Ok(out)
    }

    fn examples(&self) -> Vec<TransformExample> {
        // Two neighbours and a cell three columns further east.
        const UNITS: &[u32] = &[100_001, 100_002, 100_005];
        const NAN: f32 = f32::NAN;
        vec![
            TransformExample {
                title: "each cell by its distance: 1, 3 and 4 cells",
                settings: r#"{"opening-angle": 0.1}"#,
                units: UNITS,
                groups: &[],
                input: &[12.0, 0.0, 0.0, 0.0, 6.0, 24.0],
                expect: &[0.0, 12.0, 3.0, 12.0, 8.0, 2.0],
            },
            TransformExample {
                title: "what is missing counts as the mean of the others",
                settings: r#"{"opening-angle": 0.1, "weight": "inverse-square"}"#,
                units: UNITS,
                groups: &[],
                input: &[NAN, 9.0, 9.0, NAN, NAN, 9.0],
                expect: &[9.5625, 10.0, 1.5625, 9.5625, 10.0, NAN],
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Straight from the definition: every cell by its own distance.
    fn naive(weight: Weight, units: &Units, field: &[f32]) -> Vec<f32> {
        let at = |i: usize| Cell::try_from(units[i]).unwrap();
        let apart = |a: u32, b: u32| f64::from(a.abs_diff(b));
        let distance = |i: usize, j: usize| {
            apart(at(i).row(), at(j).row()).hypot(apart(at(i).col(), at(j).col()))
        };
        let value = |i: usize| {
            let others = (0..field.len()).filter(|&j| j != i);
            let weights = || others.clone().map(|j| (weight.at(distance(i, j)), field[j]));
            let sum: f64 = weights().map(|(w, x)| w * presence::or_zero(x)).sum();
            let present = weights().map(|(w, x)| w * presence::observed(x)).sum();
            presence::scaled_sum(sum, present, weights().map(|(w, _)| w).sum()) as f32
        };
        (0..field.len()).map(value).collect()
    }

    #[test]
    fn it_approaches_the_sum_over_all_cells() {
        let units: Units = (0..300_u32).map(|i| Unit(50_001 + i * 3 % 43 + 720 * (i * 3 / 43))).collect();
        let field: Vec<f32> =
            (0..units.len()).map(|i| if i % 9 == 0 { f32::NAN } else { (i * i % 11) as f32 }).collect();
        let args = TransformArgs::new(&units, &field, &[]).unwrap();
        for weight in [Weight::InverseLog, Weight::InverseDistance, Weight::InverseSquare] {
            let exact = naive(weight, &units, &field);
            for (opening_angle, tolerance) in [(0.001, 1e-5), (0.3, 0.03), (0.7, 0.25)] {
                let lag = TreeLag { opening_angle, weight, compat: Compat::None }.apply(&args).unwrap();
                for (a, b) in lag.iter().zip(&exact) {
                    assert!((a - b).abs() <= tolerance * b, "{weight:?} at {opening_angle}: {a}, exactly {b}");
                }
            }
        }
    }

    #[test]
    fn a_cell_never_counts_itself() {
        let error = TreeLag { opening_angle: 1.5, ..TreeLag::default() }.check().unwrap_err().to_string();
        assert!(error.contains("`opening-angle` is 1.5"), "{error}");
        let units = [Unit(7)].into();
        let args = TransformArgs::new(&units, &[3.0], &[]).unwrap();
        assert_eq!(TreeLag::default().apply(&args).unwrap(), [0.0]);
    }
}
