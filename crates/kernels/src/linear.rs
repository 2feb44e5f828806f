//! Small dense linear algebra: systems of equations and symmetric matrices, row by row in one slice.

/// Solves `a x = b` by elimination with row pivots; `b` becomes `x`, `a` is used up. False when `a` is singular: `b` then holds
/// nothing of use.
///
/// # Panics
/// When `a` has not the square of `b`'s length.
pub fn solve(a: &mut [f64], b: &mut [f64]) -> bool {
    let n = b.len();
    assert_eq!(a.len(), n * n, "a square matrix");
    for k in 0..n {
        let size = |row: &usize| a[row * n + k].abs();
        let pivot = (k..n).max_by(|x, y| size(x).total_cmp(&size(y))).unwrap_or(k);
        let largest = a[pivot * n + k];
        if largest == 0.0 || largest.is_nan() {
            return false;
        }
        if pivot != k {
            b.swap(k, pivot);
            let (upper, lower) = a.split_at_mut(pivot * n);
            upper[k * n..(k + 1) * n].swap_with_slice(&mut lower[..n]);
        }
        let (upper, lower) = a.split_at_mut((k + 1) * n);
        let above = &upper[k * n..];
        for (i, row) in lower.chunks_exact_mut(n).enumerate() {
            let factor = row[k] / above[k];
            for (to, from) in row[k..].iter_mut().zip(&above[k..]) {
                *to -= factor * from;
            }
            b[k + 1 + i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let row = &a[k * n..(k + 1) * n];
        let rest: f64 = row[k + 1..].iter().zip(&b[k + 1..]).map(|(a, x)| a * x).sum();
        b[k] = (b[k] - rest) / row[k];
    }
    true
}

/// Eigenvalues of a symmetric `n` x `n` matrix, largest first, and the unit vector of each, one after the other.
///
/// By cyclic rotations (Jacobi 1846): slow for hundreds of columns, and exact to rounding. The sign of a vector is such
/// that its largest entry is positive. NaN where an entry is.
///
/// # Panics
/// When `a` has not `n * n` entries.
pub fn symmetric_eigen(a: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    assert_eq!(a.len(), n * n, "a square matrix");
    let mut a = a.to_vec();
    let mut vectors: Vec<f64> = (0..n * n).map(|i| f64::from(u8::from(i / n == i % n))).collect();
    let scale: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..60 {
        let off: f64 = (0..n * n).filter(|i| i / n != i % n).map(|i| a[i] * a[i]).sum();
        if off.is_nan() || off <= 1e-32 * scale {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut vectors, n, (p, q));
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|x, y| a[y * n + y].total_cmp(&a[x * n + x]));
    let values = order.iter().map(|i| a[i * n + i]).collect();
    let vector = |i: &usize| {
        let v = &vectors[i * n..(i + 1) * n];
        let largest = v.iter().copied().fold(0.0, |m: f64, x| if x.abs() > m.abs() { x } else { m });
        v.iter().map(move |x| x * largest.signum()).collect::<Vec<f64>>()
    };
    (values, order.iter().flat_map(vector).collect())
}

/// Turns rows and columns `p` and `q` so that their common entry becomes 0; `vectors` are rows.
fn rotate(a: &mut [f64], vectors: &mut [f64], n: usize, (p, q): (usize, usize)) {
    let apq = a[p * n + q];
    if apq == 0.0 {
        return;
    }
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    let turn = |x: f64, y: f64| (c * x - s * y, s * x + c * y);
    for k in 0..n {
        (a[k * n + p], a[k * n + q]) = turn(a[k * n + p], a[k * n + q]);
    }
    for k in 0..n {
        (a[p * n + k], a[q * n + k]) = turn(a[p * n + k], a[q * n + k]);
        (vectors[p * n + k], vectors[q * n + k]) = turn(vectors[p * n + k], vectors[q * n + k]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn worked_by_hand_and_with_a_zero_pivot() {
        let mut b = [4.0, 5.0];
        assert!(solve(&mut [0.0, 2.0, 1.0, 1.0], &mut b));
        assert_eq!(b, [3.0, 2.0]);
        assert!(!solve(&mut [1.0, 2.0, 2.0, 4.0], &mut [1.0, 2.0]));
        assert!(!solve(&mut [f64::NAN], &mut [1.0]));
        assert!(solve(&mut [], &mut []));
    }

    #[test]
    fn solutions_solve() {
        for n in [1, 3, 8, 25] {
            let stream = Stream::new(n as u64, &[]);
            let a: Vec<f64> = (0..n * n).map(|i| stream.uniform(i as u64) - 0.5).collect();
            let b: Vec<f64> = (0..n).map(|i| stream.uniform(10_000 + i as u64)).collect();
            let mut x = b.clone();
            assert!(solve(&mut a.clone(), &mut x));
            for (row, b) in a.chunks_exact(n).zip(&b) {
                let got: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
                assert!((got - b).abs() < 1e-10, "{n}: {got} {b}");
            }
        }
    }

    #[test]
    fn eigenvalues_are_worked_by_hand() {
        let (values, vectors) = symmetric_eigen(&[2.0, 1.0, 1.0, 2.0], 2);
        let half = 0.5_f64.sqrt();
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-14);
        assert!(near(&values, &[3.0, 1.0]) && near(&vectors[..2], &[half, half]), "{values:?} {vectors:?}");
        assert_eq!(symmetric_eigen(&[1.0, 0.0, 0.0, 4.0], 2).0, [4.0, 1.0]);
        assert!(symmetric_eigen(&[f64::NAN], 1).0[0].is_nan());
    }

    #[test]
    fn vectors_are_turned_by_nothing_but_their_values() {
        for n in [1, 2, 5, 20] {
            let stream = Stream::new(n as u64, &[1]);
            let at = |i: usize, j: usize| stream.uniform((i.min(j) * n + i.max(j)) as u64) - 0.5;
            let a: Vec<f64> = (0..n * n).map(|k| at(k / n, k % n)).collect();
            let (values, vectors) = symmetric_eigen(&a, n);
            assert!(values.windows(2).all(|v| v[0] >= v[1]));
            for (value, v) in values.iter().zip(vectors.chunks_exact(n)) {
                assert!((v.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12);
                for (row, x) in a.chunks_exact(n).zip(v) {
                    let got: f64 = row.iter().zip(v).map(|(a, x)| a * x).sum();
                    assert!((got - value * x).abs() < 1e-11, "{n}: {got} {}", value * x);
                }
            }
        }
    }
}
