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
}
