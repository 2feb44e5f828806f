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
                settings: "{}",
                units: UNITS,
                groups: &[],
                input: &[12.0, 0.0, 0.0, 0.0, 6.0, 24.0],
                expect: &[0.0, 12.0, 3.0, 12.0, 8.0, 2.0],
            },
            TransformExample {
                title: "what is missing counts as the mean of the others",
                settings: r#"{"weight": "inverse-square"}"#,
                units: UNITS,
                groups: &[],
                input: &[NAN, 9.0, 9.0, NAN, NAN, 9.0],
                expect: &[9.5625, 10.0, 1.5625, 9.5625, 10.0, NAN],
            },
        ]
    }
}
