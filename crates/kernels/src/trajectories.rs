//! Ensembles of vectors: what a case's members say of several places, months or variables together.

use std::ops::Range;

use crate::simd::chunks;
pub use crate::vectors::Element;
use crate::vectors::LANES;

/// Cases handed to a thread at a time; fixed, so that results do not depend on the number of threads.
const CHUNK: usize = 64;

/// Cases x dimensions x members, in any order in memory. Each count but that of the cases is at least 1.
#[derive(Debug, Clone, Copy)]
pub struct Trajectories<'a, T> {
    values: &'a [T],
    shape: Shape,
    strides: Strides,
}

/// How many there are of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Cases, each of which is scored.
    pub cases: usize,
    /// Dimensions of a case: places, months, variables.
    pub dims: usize,
    /// Members of the ensemble.
    pub members: usize,
}

/// How far apart in memory the next of each is, in values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strides {
    /// From a case to the next.
    pub case: usize,
    /// From a dimension to the next.
    pub dim: usize,
    /// From a member to the next.
    pub member: usize,
}

impl<'a, T: Element> Trajectories<'a, T> {
    /// Member `k` of dimension `d` of case `c` at `c * strides.case + d * strides.dim + k * strides.member`.
    ///
    /// # Panics
    /// When there are no dimensions or no members, or the last value lies beyond the slice.
    pub fn strided(values: &'a [T], shape: Shape, strides: Strides) -> Self {
        let Shape { cases, dims, members } = shape;
        assert!(dims > 0 && members > 0, "{dims} dimensions, {members} members");
        if cases > 0 {
            let last = (cases - 1) * strides.case + (dims - 1) * strides.dim + (members - 1) * strides.member;
            assert!(last < values.len(), "{} values, the last at {last}", values.len());
        }
        Self { values, shape, strides }
    }

    /// `[case][dimension][member]`.
    ///
    /// # Panics
    /// When there are not as many values as the shape says, or no dimensions or members.
    pub fn case_dim_member(values: &'a [T], shape: Shape) -> Self {
        let Shape { dims, members, .. } = shape;
        Self::whole(values, shape, Strides { case: dims * members, dim: members, member: 1 })
    }

    /// `[case][member][dimension]`.
    ///
    /// # Panics
    /// As [`Self::case_dim_member`].
    pub fn case_member_dim(values: &'a [T], shape: Shape) -> Self {
        let Shape { dims, members, .. } = shape;
        Self::whole(values, shape, Strides { case: dims * members, dim: 1, member: dims })
    }

    /// `[dimension][case][member]`: one table of draws a dimension, one after another.
    ///
    /// # Panics
    /// As [`Self::case_dim_member`].
    pub fn dim_case_member(values: &'a [T], shape: Shape) -> Self {
        let Shape { cases, members, .. } = shape;
        Self::whole(values, shape, Strides { case: members, dim: cases * members, member: 1 })
    }

    fn whole(values: &'a [T], shape: Shape, strides: Strides) -> Self {
        let count = shape.cases * shape.dims * shape.members;
        assert_eq!(values.len(), count, "{shape:?}");
        Self::strided(values, shape, strides)
    }

    /// How many cases, dimensions and members there are.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Member `member` of dimension `dim` of case `case`.
    ///
    /// # Panics
    /// When one of the three is out of range.
    pub fn get(&self, case: usize, dim: usize, member: usize) -> T {
        let Shape { cases, dims, members } = self.shape;
        assert!(
            case < cases && dim < dims && member < members,
            "({case}, {dim}, {member}) of {:?}",
            self.shape
        );
        self.values[case * self.strides.case + dim * self.strides.dim + member * self.strides.member]
    }

    /// One score a case, in order: `score` gets the scratch of its thread and the case.
    pub(crate) fn each<S>(
        &self,
        scratch: impl Fn() -> S + Sync,
        score: impl Fn(&mut S, usize) -> f64 + Sync,
    ) -> Vec<f64> {
        let part = |cases: Range<usize>| {
            let mut scratch = scratch();
            cases.map(|case| score(&mut scratch, case)).collect::<Vec<_>>()
        };
        chunks(self.shape.cases, CHUNK, part).concat()
    }

    /// The truth of one case from a table of cases x dimensions.
    pub(crate) fn truth<'b>(&self, observed: &'b [T], case: usize) -> &'b [T] {
        &observed[case * self.shape.dims..(case + 1) * self.shape.dims]
    }

    /// # Panics
    /// When there is not one observation for every dimension of every case.
    pub(crate) fn check(&self, observed: &[T]) {
        let Shape { cases, dims, .. } = self.shape;
        assert_eq!(observed.len(), cases * dims, "one observation for every dimension of every case");
    }
}

/// The members of one case, dimension by dimension, in whole vectors.
#[derive(Debug)]
pub(crate) struct Members<A> {
    /// Dimensions x blocks of [`LANES`] members; lanes beyond the last member are zero.
    lanes: Vec<[A; LANES]>,
    blocks: usize,
    count: usize,
}

impl<A: Element> Members<A> {
    pub(crate) fn new(shape: Shape) -> Self {
        let blocks = shape.members.div_ceil(LANES);
        Self { lanes: vec![[A::default(); LANES]; shape.dims * blocks], blocks, count: shape.members }
    }

    /// Takes the members of a case.
    pub(crate) fn fill<T: Element>(&mut self, from: &Trajectories<'_, T>, case: usize) {
        let Strides { case: sc, dim: sd, member: sm } = from.strides;
        let rows = self.lanes.as_flattened_mut().chunks_exact_mut(self.blocks * LANES);
        for (d, row) in rows.enumerate() {
            let (row, values) = (&mut row[..self.count], &from.values[case * sc + d * sd..]);
            if sm == 1 {
                row.iter_mut().zip(values).for_each(|(x, &v)| *x = A::nearest(v.into()));
            } else {
                row.iter_mut().enumerate().for_each(|(k, x)| *x = A::nearest(values[k * sm].into()));
            }
        }
    }

    /// The members of each dimension.
    pub(crate) fn dims(&self) -> std::slice::ChunksExact<'_, [A; LANES]> {
        self.lanes.chunks_exact(self.blocks)
    }

    /// Whether a value is NaN.
    #[inline(always)]
    pub(crate) fn missing(&self) -> bool {
        let mut found = [false; LANES];
        for block in &self.lanes {
            for lane in 0..LANES {
                found[lane] |= block[lane].partial_cmp(&block[lane]).is_none();
            }
        }
        found.contains(&true)
    }

    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    pub(crate) fn members(&self) -> usize {
        self.count
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The twelve values of [`SHAPE`] in the order `[case][dimension][member]`, each named by its place.
    const VALUES: [f32; 12] = [0.0, 1.0, 2.0, 10.0, 11.0, 12.0, 100.0, 101.0, 102.0, 110.0, 111.0, 112.0];
    const SHAPE: Shape = Shape { cases: 2, dims: 2, members: 3 };

    #[test]
    fn every_order_finds_every_value() {
        let by_member = [0.0, 10.0, 1.0, 11.0, 2.0, 12.0, 100.0, 110.0, 101.0, 111.0, 102.0, 112.0_f32];
        let by_dim = [0.0, 1.0, 2.0, 100.0, 101.0, 102.0, 10.0, 11.0, 12.0, 110.0, 111.0, 112.0_f32];
        let orders = [
            Trajectories::case_dim_member(&VALUES, SHAPE),
            Trajectories::case_member_dim(&by_member, SHAPE),
            Trajectories::dim_case_member(&by_dim, SHAPE),
        ];
        for x in orders {
            for (c, d, k) in [(0, 0, 0), (0, 1, 2), (1, 0, 1), (1, 1, 2)] {
                assert_eq!(x.get(c, d, k), (c * 100 + d * 10 + k) as f32);
            }
            let mut members = Members::<f64>::new(SHAPE);
            members.fill(&x, 1);
            let dims: Vec<_> = members.dims().map(|d| d[0][..4].to_vec()).collect();
            assert_eq!(dims, [[100.0, 101.0, 102.0, 0.0], [110.0, 111.0, 112.0, 0.0]]);
        }
    }

    #[test]
    fn strides_may_leave_gaps_and_repeat() {
        // One value before the first, and one after every pair.
        let values = [9.0, 0.0, 1.0, 9.0, 2.0, 3.0, 9.0, 4.0, 5.0_f32];
        let shape = Shape { cases: 1, dims: 2, members: 3 };
        for (dim, expected) in [(1, [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]), (0, [[0.0, 2.0, 4.0]; 2])] {
            let x = Trajectories::strided(&values[1..], shape, Strides { case: 0, dim, member: 3 });
            let mut members = Members::<f32>::new(shape);
            members.fill(&x, 0);
            let dims: Vec<_> = members.dims().map(|d| d[0][..3].to_vec()).collect();
            assert_eq!(dims, expected);
            assert_eq!(x.get(0, 1, 2), expected[1][2]);
        }
    }

    #[test]
    #[should_panic(expected = "11 values")]
    fn no_value_lies_beyond_the_slice() {
        Trajectories::strided(&VALUES[..11], SHAPE, Strides { case: 6, dim: 3, member: 1 });
    }

    /// Cases of one shape with ties, zeros and missing values, and their truth.
    pub(crate) fn cases() -> impl Strategy<Value = (Shape, Vec<f32>, Vec<f32>)> {
        let value = || prop_oneof![8 => Just(0.0_f32), 8 => -9.0_f32..9.0, 2 => (0_u8..4).prop_map(f32::from), 1 => 0.0_f32..1e4];
        (0_usize..4, 1_usize..8, 1_usize..70).prop_flat_map(move |(cases, dims, members)| {
            let values = prop::collection::vec(value(), cases * dims * members);
            let truth = prop::collection::vec(value(), cases * dims);
            (Just(Shape { cases, dims, members }), values, truth)
        })
    }
}
