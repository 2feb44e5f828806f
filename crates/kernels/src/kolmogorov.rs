//! The law of Kolmogorov's statistic: the greatest distance between a continuous distribution function and
//! the empirical one of `n` independent draws from it.
//!
//! No single formula is fast and precise everywhere. The choice by `n` and `d` follows Simard and L'Ecuyer
//! (2011), doi:10.18637/jss.v039.i11: exact up to `n = 140`, and at least five correct digits beyond.

use std::f64::consts::PI;

/// Probability that the statistic reaches `d`.
pub fn survival(n: u64, d: f64) -> f64 {
    let size = n as f64;
    let (reach, square) = (size * d, size * d * d);
    if d.is_nan() || n == 0 {
        return f64::NAN;
    }
    if reach <= 0.5 {
        return 1.0;
    }
    if d >= 1.0 || square >= 370.0 {
        return 0.0; // below the smallest f64
    }
    let far = if n <= 140 { 4.0 } else { 2.2 };
    let survival = if square >= far || d >= 0.5 {
        2.0 * one_sided(n, d)
    } else if n <= 140 || (n <= 100_000 && reach * d.sqrt() <= 1.4) {
        1.0 - matrix_power(n, d)
    } else {
        1.0 - expansion(size, d * size.sqrt())
    };
    survival.clamp(0.0, 1.0)
}

/// Probability that the one-sided statistic reaches `d`, exactly: `d sum_j C(n, j) (d + j/n)^(j-1)
/// (1 - d - j/n)^(n-j)` over `j <= n (1 - d)`. Birnbaum and Tingey (1951), doi:10.1214/aoms/1177729550.
fn one_sided(n: u64, d: f64) -> f64 {
    let size = n as f64;
    let (mut log_choose, mut sum) = (0.0_f64, 0.0);
    for j in 0..=n {
        let k = j as f64;
        let rest = 1.0 - d - k / size;
        if rest < 0.0 {
            break;
        }
        if j > 0 {
            log_choose += ((size - k + 1.0) / k).ln();
        }
        // 0 ^ 0 is 1, which a logarithm would miss.
        let tail = if j == n { 0.0 } else { (size - k) * rest.ln() };
        sum += (log_choose + (k - 1.0) * (d + k / size).ln() + tail).exp();
    }
    d * sum
}

/// Probability that the statistic stays below `d`, exactly: an element of the `n`-th power of a matrix.
/// Marsaglia, Tsang and Wang (2003), doi:10.18637/jss.v008.i18.
fn matrix_power(n: u64, d: f64) -> f64 {
    let size = n as f64;
    let k = (size * d) as usize + 1;
    let m = 2 * k - 1;
    let h = k as f64 - size * d;
    let mut matrix = vec![0.0; m * m];
    for i in 0..m {
        matrix[i * m..i * m + m.min(i + 2)].fill(1.0);
    }
    for i in 0..m {
        matrix[i * m] -= h.powi(i as i32 + 1);
        matrix[(m - 1) * m + i] -= h.powi((m - i) as i32);
    }
    matrix[(m - 1) * m] += (2.0 * h - 1.0).max(0.0).powi(m as i32);
    for i in 0..m {
        let mut factorial = 1.0;
        for j in (0..=i).rev() {
            factorial *= (i - j + 1) as f64;
            matrix[i * m + j] /= factorial;
        }
    }
    let (power, exponent) = raise(&Scaled { matrix, exponent: 0 }, m, n);
    let mut probability = power[(k - 1) * m + k - 1];
    let mut exponent = exponent;
    for i in 1..=n {
        probability *= i as f64 / size;
        if probability < 1e-140 {
            probability *= 1e140;
            exponent -= 140;
        }
    }
    probability * 10_f64.powi(exponent)
}

/// A matrix times a power of ten.
struct Scaled {
    matrix: Vec<f64>,
    exponent: i32,
}

impl Scaled {
    fn times(&self, other: &Self, m: usize) -> Self {
        let mut matrix = vec![0.0; m * m];
        for (row, out) in self.matrix.chunks_exact(m).zip(matrix.chunks_exact_mut(m)) {
            for (&a, other_row) in row.iter().zip(other.matrix.chunks_exact(m)) {
                for (sum, b) in out.iter_mut().zip(other_row) {
                    *sum += a * b;
                }
            }
        }
        let mut exponent = self.exponent + other.exponent;
        if matrix[m / 2 * m + m / 2] > 1e140 {
            for v in &mut matrix {
                *v *= 1e-140;
            }
            exponent += 140;
        }
        Self { matrix, exponent }
    }
}

/// The `n`-th power by repeated squaring, `n >= 1`.
fn raise(base: &Scaled, m: usize, n: u64) -> (Vec<f64>, i32) {
    let mut power = Scaled { matrix: base.matrix.clone(), exponent: base.exponent };
    for bit in (0..n.ilog2()).rev() {
        power = power.times(&power, m);
        if n >> bit & 1 == 1 {
            power = power.times(base, m);
        }
    }
    (power.matrix, power.exponent)
}

/// Probability that the statistic stays below `z / sqrt(n)`, to order `n^(-3/2)`. Pelz and Good (1976),
/// doi:10.1111/j.2517-6161.1976.tb01597.x.
fn expansion(n: f64, z: f64) -> f64 {
    let (z2, z4, z6) = (z.powi(2), z.powi(4), z.powi(6));
    let (mut k0, mut k1, mut k2, mut k3) = (0.0, 0.0, 0.0, 0.0);
    // Twenty terms reach the last bit for every z below 1.5; both series are even in k.
    for k in 0..20 {
        let half = PI * (f64::from(k) + 0.5);
        let (a2, weight) = (half.powi(2), 2.0 * (-half.powi(2) / (2.0 * z2)).exp());
        let (a4, a6) = (a2 * a2, a2 * a2 * a2);
        k0 += weight;
        k1 += weight * (a2 - z2);
        k2 += weight * (6.0 * z6 + 2.0 * z4 + a2 * (2.0 * z4 - 5.0 * z2) + a4 * (1.0 - 2.0 * z2));
        k3 += weight
            * (a6 * (5.0 - 30.0 * z2) + a4 * (212.0 * z4 - 60.0 * z2) + a2 * (135.0 * z4 - 96.0 * z6)
                - (30.0 * z6 + 90.0 * z4 * z4));
    }
    k2 /= 72.0 * z6 * z;
    k3 /= 6480.0 * z6 * z4;
    for k in 1..20 {
        let a2 = (PI * f64::from(k)).powi(2);
        let weight = 2.0 * (-a2 / (2.0 * z2)).exp();
        k2 -= weight * a2 / (36.0 * z2 * z);
        k3 += weight * (3.0 * a2 * z2 - a2 * a2) / (216.0 * z6);
    }
    let root = n.sqrt();
    (PI / 2.0).sqrt() * (k0 / z + k1 / (6.0 * z4) / root + k2 / n + k3 / (n * root))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_samples_are_exact() {
        // One draw: the statistic is max(u, 1 - u), uniform on 1/2..1.
        for d in [0.5, 0.6, 0.75, 0.9, 1.0] {
            assert!((survival(1, d) - 2.0 * (1.0 - d)).abs() < 1e-14, "{d}");
        }
        // Two draws, 1/4 <= d <= 1/2: P(D < d) = 2 (2d - 1/2)^2.
        for d in [0.3, 0.4, 0.45] {
            assert!((survival(2, d) - (1.0 - 2.0 * (2.0 * d - 0.5_f64).powi(2))).abs() < 1e-14, "{d}");
        }
        assert_eq!((survival(7, 0.0), survival(7, 1.0)), (1.0, 0.0));
        // Computed with SciPy 1.17.1, `kstwo.sf`.
        for (d, expected) in [(0.25, 0.8446), (0.4, 0.3088), (0.49, 0.125_866_558), (0.51, 0.099_332_958_8)] {
            assert!((survival(5, d) - expected).abs() < 1e-14, "{d}");
        }
        assert!(survival(0, 0.5).is_nan() && survival(5, f64::NAN).is_nan());
    }

    #[test]
    fn the_formulas_agree_where_they_meet() {
        for n in [150, 400, 1000] {
            for z in [0.5, 0.8, 1.0, 1.3] {
                let d = z / (n as f64).sqrt();
                let (exact, series) = (matrix_power(n, d), expansion(n as f64, z));
                assert!((exact - series).abs() < 0.05 / (n * n) as f64, "{n} {z}: {exact} {series}");
            }
        }
        for (n, d) in [(20, 0.45), (100, 0.2), (140, 0.1690)] {
            let (exact, tail) = (1.0 - matrix_power(n, d), 2.0 * one_sided(n, d));
            assert!((exact - tail).abs() < 1e-10 + 1e-9 * tail, "{n} {d}: {exact} {tail}");
        }
    }

    #[test]
    fn it_descends_to_the_limit_law() {
        for n in [5, 141, 5000] {
            let values: Vec<f64> = (0..=500).map(|i| survival(n, f64::from(i) / 500.0)).collect();
            assert!(values.windows(2).all(|w| w[0] >= w[1] - 1e-7), "{n}");
        }
        let limit = |z: f64| {
            2.0 * (1..20).map(|k| (-1_f64).powi(k + 1) * (-2.0 * f64::from(k * k) * z * z).exp()).sum::<f64>()
        };
        let n = 100_000_000;
        assert!((survival(n, 1.2 / (n as f64).sqrt()) - limit(1.2)).abs() < 1e-4);
    }
}
