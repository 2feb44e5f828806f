//! Whether two samples come from one distribution: their empirical characteristic functions at two points. Epps and
//! Singleton (1986), doi:10.1080/00949658608810963.

use crate::kolmogorov_smirnov::Pooled;
use crate::special::chi_square_survival;

/// Real and imaginary part at two points.
const FEATURES: usize = 4;
/// The two points, in semi-interquartile ranges of the pooled values: the choice of the source.
const POINTS: [f64; 2] = [0.4, 0.8];
/// Eigenvalues below this share of the greatest are rounding.
const RANK: f64 = 1e-13;

type Vector = [f64; FEATURES];
type Matrix = [[f64; FEATURES]; FEATURES];

/// The cosines and sines of the pooled values.
#[derive(Debug, Clone)]
pub struct Characteristic {
    features: Vec<Vector>,
}

/// The statistic and the rank of its covariance matrix, which is the degrees of freedom of its law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistic {
    /// `W`, corrected for small samples.
    pub w: f64,
    /// Degrees of freedom: 4 unless there are too few distinct values.
    pub rank: u32,
}

impl Statistic {
    /// The p value of large samples: the chi-square law.
    pub fn asymptotic_p_value(self) -> f64 {
        if self.rank == 0 { 1.0 } else { chi_square_survival(self.w, f64::from(self.rank)) }
    }
}

impl Characteristic {
    /// Of the pooled values; `None` when their interquartile range is 0, which is then no scale, or not finite.
    pub fn new(pooled: &Pooled) -> Option<Self> {
        let range = quantile(pooled, 0.75) - quantile(pooled, 0.25);
        if range.is_nan() || range <= 0.0 || range.is_infinite() {
            return None;
        }
        let points = POINTS.map(|t| t / (range / 2.0));
        let feature = |value: &f64| {
            let [a, b] = points.map(|t| t * value);
            [a.cos(), b.cos(), a.sin(), b.sin()]
        };
        Some(Self { features: pooled.values().iter().map(feature).collect() })
    }

    /// `W = N d' S^-1 d`, with `d` the difference of the mean features, `S = N/n spread + N/m spread'` (of a singular matrix
    /// the pseudo-inverse), times `1 / (1 + N^-0.45 + 10.1 (n^-1.7 + m^-1.7))` when both samples have less than 25 values.
    pub fn statistic(&self, counts: &[[u64; 2]]) -> Statistic {
        let [(n, before, spread), (m, now, spread_now)] = [0, 1].map(|column| self.moments(counts, column));
        let all = n + m;
        let mut covariance = [[0.0; FEATURES]; FEATURES];
        for i in 0..FEATURES {
            for j in 0..FEATURES {
                covariance[i][j] = all / n * spread[i][j] + all / m * spread_now[i][j];
            }
        }
        let gap: Vector = std::array::from_fn(|i| before[i] - now[i]);
        let (form, rank) = inverse_form(covariance, gap);
        let small = 1.0 + all.powf(-0.45) + 10.1 * (n.powf(-1.7) + m.powf(-1.7));
        let w = if n.max(m) < 25.0 { all * form / small } else { all * form };
        Statistic { w, rank }
    }

    /// Size, mean and covariance (divided by the size) of the features of a sample.
    fn moments(&self, counts: &[[u64; 2]], column: usize) -> (f64, Vector, Matrix) {
        let weighted = || {
            self.features
                .iter()
                .zip(counts)
                .filter(|(_, c)| c[column] > 0)
                .map(|(f, c)| (f, c[column] as f64))
        };
        let (mut size, mut mean) = (0.0, [0.0; FEATURES]);
        for (feature, weight) in weighted() {
            size += weight;
            for i in 0..FEATURES {
                mean[i] += weight * feature[i];
            }
        }
        mean = mean.map(|sum| sum / size);
        let mut covariance = [[0.0; FEATURES]; FEATURES];
        for (feature, weight) in weighted() {
            let d: Vector = std::array::from_fn(|i| feature[i] - mean[i]);
            for i in 0..FEATURES {
                for j in i..FEATURES {
                    covariance[i][j] += weight * d[i] * d[j];
                }
            }
        }
        for i in 0..FEATURES {
            for j in i..FEATURES {
                covariance[i][j] /= size;
                covariance[j][i] = covariance[i][j];
            }
        }
        (size, mean, covariance)
    }
}

/// Quantile of the pooled values, linear between neighbours (Hyndman and Fan's type 7).
fn quantile(pooled: &Pooled, level: f64) -> f64 {
    let [n, m] = pooled.sizes();
    let place = level * (n + m - 1) as f64;
    let at = |rank: u64| {
        let mut seen = 0;
        let mut each = pooled.counts().iter().zip(pooled.values());
        each.find(|([x, y], _)| {
            seen += x + y;
            seen > rank
        })
        .map_or(f64::NAN, |(_, value)| *value)
    };
    let (low, high) = (at(place.floor() as u64), at(place.ceil() as u64));
    if low == high { low } else { low + (high - low) * place.fract() }
}

/// `d' S^+ d` with the pseudo-inverse of a symmetric matrix, and its rank: eigenvalues by Jacobi's rotations.
fn inverse_form(mut s: Matrix, d: Vector) -> (f64, u32) {
    let mut vectors: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    for _ in 0..30 {
        let off: f64 =
            (0..FEATURES).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| s[i][j].abs()).sum();
        if off == 0.0 {
            break;
        }
        for p in 0..FEATURES {
            for q in p + 1..FEATURES {
                rotate(&mut s, &mut vectors, p, q);
            }
        }
    }
    let greatest = (0..FEATURES).map(|i| s[i][i]).fold(0.0, f64::max);
    let (mut form, mut rank) = (0.0, 0);
    for k in (0..FEATURES).filter(|&k| s[k][k] > RANK * greatest) {
        let along: f64 = (0..FEATURES).map(|i| vectors[i][k] * d[i]).sum();
        form += along * along / s[k][k];
        rank += 1;
    }
    (form, rank)
}

/// Makes one element off the diagonal zero.
fn rotate(s: &mut Matrix, vectors: &mut Matrix, p: usize, q: usize) {
    if s[p][q] == 0.0 {
        return;
    }
    let theta = (s[q][q] - s[p][p]) / (2.0 * s[p][q]);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let cos = 1.0 / (t * t + 1.0).sqrt();
    let sin = t * cos;
    let off = s[p][q];
    s[p][p] -= t * off;
    s[q][q] += t * off;
    (s[p][q], s[q][p]) = (0.0, 0.0);
    for k in (0..FEATURES).filter(|&k| k != p && k != q) {
        let (a, b) = (s[k][p], s[k][q]);
        (s[k][p], s[k][q]) = (cos * a - sin * b, sin * a + cos * b);
        (s[p][k], s[q][k]) = (s[k][p], s[k][q]);
    }
    for row in vectors {
        let (a, b) = (row[p], row[q]);
        (row[p], row[q]) = (cos * a - sin * b, sin * a + cos * b);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_are_linear_between_neighbours() {
        let pooled = Pooled::new(&[1.0, 2.0, 2.0], &[4.0, 8.0]);
        let got = [0.0, 0.25, 0.625, 0.75, 1.0].map(|level| quantile(&pooled, level));
        assert_eq!(got, [1.0, 2.0, 3.0, 4.0, 8.0]);
    }

    #[test]
    fn forms_worked_by_hand() {
        // [[2, 1], [1, 2]] has the inverse [[2, -1], [-1, 2]] / 3; the rest is singular.
        let mut s = [[0.0; 4]; 4];
        (s[0][0], s[0][1], s[1][0], s[1][1]) = (2.0, 1.0, 1.0, 2.0);
        let (form, rank) = inverse_form(s, [1.0, 2.0, 0.0, 0.0]);
        assert!((form - 2.0).abs() < 1e-14 && rank == 2, "{form} {rank}");
        assert_eq!(inverse_form([[0.0; 4]; 4], [1.0; 4]), (0.0, 0));
    }

    #[test]
    fn without_a_scale_there_is_no_answer() {
        let zeros = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        assert!(Characteristic::new(&Pooled::new(&zeros, &zeros)).is_none());
        assert!(Characteristic::new(&Pooled::new(&[f64::INFINITY; 3], &[0.0, 1.0])).is_none());
        // Two values have one degree of freedom.
        let pooled = Pooled::new(&[0.0, 0.0, 1.0, 1.0], &[0.0, 1.0, 1.0, 1.0]);
        assert_eq!(Characteristic::new(&pooled).unwrap().statistic(pooled.counts()).rank, 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn the_form_is_what_solving_gives(
            rows in prop::collection::vec(prop::array::uniform4(-1.0..1.0_f64), 4), d in prop::array::uniform4(-1.0..1.0_f64),
        ) {
            // S = R R' + 1, and S x = d by Gauss: d' x.
            let s: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| {
                (0..4).map(|k| rows[i][k] * rows[j][k]).sum::<f64>() + f64::from(u8::from(i == j))
            }));
            let (mut a, mut x) = (s, d);
            for p in 0..4 {
                for i in 0..4 {
                    if i != p {
                        let f = a[i][p] / a[p][p];
                        for j in 0..4 { a[i][j] -= f * a[p][j]; }
                        x[i] -= f * x[p];
                    }
                }
            }
            let solved: f64 = (0..4).map(|i| d[i] * x[i] / a[i][i]).sum();
            let (form, rank) = inverse_form(s, d);
            prop_assert!((form - solved).abs() < 1e-11 && rank == 4, "{form} {solved}");
        }
    }
}
