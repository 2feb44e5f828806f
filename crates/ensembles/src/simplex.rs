//! The least squares of a combination whose weights are not negative and sum to 1.

/// Ridge, as a share of the mean of the diagonal: members that say the same share their weight evenly.
const RIDGE: f64 = 1e-6;
/// How far a gradient may be off, relative to 1.
const TOLERANCE: f64 = 1e-9;

/// The weights `w >= 0`, `sum w = 1`, that minimise `w' G w`; `gram` is `m` x `m`, symmetric and positive semidefinite.
///
/// They are `v / sum v` of the minimum of `v' G v / 2 - sum v` over `v >= 0`, whose conditions are the same but for a
/// factor; that one is found exactly by the active sets of Lawson and Hanson (1974), Solving Least Squares Problems, chapter 23
/// (doi:10.1137/1.9781611971217). Equal weights where all sums are 0.
pub(crate) fn minimise(gram: &[f64], m: usize) -> Vec<f64> {
    let scale = (0..m).map(|i| gram[i * m + i]).sum::<f64>() / m as f64;
    if scale.is_nan() || scale <= 0.0 {
        return vec![1.0 / m as f64; m];
    }
    let mut a: Vec<f64> = gram.iter().map(|g| g / scale).collect();
    (0..m).for_each(|i| a[i * m + i] += RIDGE);
    let v = active_sets(&a, m);
    let sum: f64 = v.iter().sum();
    v.into_iter().map(|x| x / sum).collect()
}

/// The minimum of `v' A v / 2 - sum v` over `v >= 0`.
fn active_sets(a: &[f64], m: usize) -> Vec<f64> {
    let mut v = vec![0.0; m];
    let mut free: Vec<usize> = Vec::new();
    // Every set of free weights is met at most once, few of them in practice; the bound is for rounding.
    for _ in 0..10 * m + 10 {
        let slope = |i: usize| 1.0 - a[i * m..(i + 1) * m].iter().zip(&v).map(|(a, v)| a * v).sum::<f64>();
        let held = (0..m).filter(|i| !free.contains(i)).map(|i| (slope(i), i));
        let best = held.fold((TOLERANCE, m), |best, next| if next.0 > best.0 { next } else { best });
        if best.1 == m {
            break;
        }
        free.push(best.1);
        free.sort_unstable();
        settle(a, m, &mut free, &mut v);
    }
    v
}

/// Moves to the minimum over the free weights; those that would become negative on the way are held at 0.
fn settle(a: &[f64], m: usize, free: &mut Vec<usize>, v: &mut [f64]) {
    while !free.is_empty() {
        let z = solve(a, m, free);
        let reach = |(&i, &z): (&usize, &f64)| if z > 0.0 { 1.0 } else { v[i] / (v[i] - z) };
        let step = free.iter().zip(&z).map(reach).fold(1.0, f64::min);
        for (&i, &z) in free.iter().zip(&z) {
            let moved = v[i] + step * (z - v[i]);
            v[i] = if z <= 0.0 && moved <= 1e-12 { 0.0 } else { moved };
        }
        if step >= 1.0 {
            return;
        }
        free.retain(|&i| v[i] > 0.0);
    }
}

/// `A z = 1` over the free weights, by Cholesky decomposition.
fn solve(a: &[f64], m: usize, free: &[usize]) -> Vec<f64> {
    let n = free.len();
    let mut l = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| l[i * n + k] * l[j * n + k]).sum();
            let rest = a[free[i] * m + free[j]] - dot;
            l[i * n + j] = if i == j { rest.max(RIDGE * RIDGE).sqrt() } else { rest / l[j * n + j] };
        }
    }
    let mut z = vec![1.0; n];
    for i in 0..n {
        let dot: f64 = (0..i).map(|k| l[i * n + k] * z[k]).sum();
        z[i] = (z[i] - dot) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|k| l[k * n + i] * z[k]).sum();
        z[i] = (z[i] - dot) / l[i * n + i];
    }
    z
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;
    use proptest::prelude::*;

    use super::*;

    fn value(gram: &[f64], w: &[f64]) -> f64 {
        let m = w.len();
        (0..m).flat_map(|i| (0..m).map(move |j| (i, j))).map(|(i, j)| w[i] * w[j] * gram[i * m + j]).sum()
    }

    #[test]
    fn worked_by_hand() {
        // Independent errors: weights are as the inverse of the squared errors.
        let w = minimise(&[1.0, 0.0, 0.0, 3.0], 2);
        assert!((w[0] - 0.75).abs() < 1e-5 && (w[1] - 0.25).abs() < 1e-5, "{w:?}");
        // A member that is a worse version of the other gets nothing.
        assert_eq!(minimise(&[1.0, 2.0, 2.0, 4.0], 2), [1.0, 0.0]);
        // Equal members share.
        let w = minimise(&[1.0; 9], 3);
        assert!(w.iter().all(|w| (w - 1.0 / 3.0).abs() < 1e-9), "{w:?}");
        assert_eq!((minimise(&[0.0; 4], 2), minimise(&[5.0], 1)), (vec![0.5, 0.5], vec![1.0]));
    }

    proptest! {
        #[test]
        fn no_feasible_direction_goes_down(m in 1_usize..12, rank in 1_u64..20, seed in 0_u64..10_000) {
            let error = |k: u64, i: usize| Stream::new(seed, &[k, i as u64]).uniform(0) - 0.3;
            let mut gram = vec![0.0; m * m];
            for (i, j) in (0..m).flat_map(|i| (0..m).map(move |j| (i, j))) {
                gram[i * m + j] = (0..rank).map(|k| error(k, i) * error(k, j)).sum();
            }
            let w = minimise(&gram, m);
            prop_assert!((w.iter().sum::<f64>() - 1.0).abs() < 1e-12 && w.iter().all(|&w| w >= 0.0));
            let scale = (0..m).map(|i| gram[i * m + i]).sum::<f64>() / m as f64;
            for towards in 0..m {
                for t in [1e-3, 0.1, 1.0] {
                    let moved: Vec<f64> =
                        w.iter().enumerate().map(|(i, w)| w * (1.0 - t) + if i == towards { t } else { 0.0 }).collect();
                    prop_assert!(value(&gram, &moved) >= value(&gram, &w) - 2.0 * RIDGE * scale);
                }
            }
        }
    }
}
