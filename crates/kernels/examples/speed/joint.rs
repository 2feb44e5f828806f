//! Joint forecasts of 36 dimensions, the months of a trajectory.

use forewarn_kernels::trajectories::{Shape, Trajectories};
use forewarn_kernels::{energy, variogram};

use crate::{Kernel, data};

const MONTHS: usize = 36;

/// The energy score of `n` cases with `m` members.
pub(crate) fn energy(n: usize, m: usize) -> Kernel {
    let (values, observed, shape) = cases(n, m);
    Box::new(move || {
        energy::scores(&Trajectories::case_dim_member(&values, shape), &observed, false).iter().sum()
    })
}

/// The variogram score of power 1/2 of `n` cases with `m` members.
pub(crate) fn variogram(n: usize, m: usize) -> Kernel {
    let (values, observed, shape) = cases(n, m);
    Box::new(move || {
        let trajectories = Trajectories::case_dim_member(&values, shape);
        variogram::scores(&trajectories, &observed, 0.5, None, false).iter().sum()
    })
}

fn cases(n: usize, m: usize) -> (Vec<f32>, Vec<f32>, Shape) {
    let values = |seed, count| data::uniform(seed, count).map(|u| (1.0 / u - 1.0) as f32).collect();
    let shape = Shape { cases: n, dims: MONTHS, members: m };
    (values(1, n * MONTHS * m), values(2, n * MONTHS), shape)
}
