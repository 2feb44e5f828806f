//! What is wrong elsewhere, done on purpose, so that `docs/differences.md` says nothing that is not so.

use forewarn_core::*;
use forewarn_kernels::histogram::{Edges, counts};
use forewarn_kernels::kuiper::asymptotic_p_value;
use forewarn_kernels::special::chi_square_survival;

use crate::DRIFT_TESTS;
use crate::cases::{cases, categories, near};

fn compare(name: &str, args: &DriftArgs<'_>) -> Drift {
    let entry = DRIFT_TESTS.iter().find(|entry| entry.name == name).unwrap();
    entry.default().unwrap().compare(args).unwrap()
}

#[test]
fn frouros_gives_kuipers_law_the_wrong_statistic() {
    let c = &cases()[0];
    let wrong = asymptotic_p_value(c.statistic, [25, 30]);
    // frouros 0.9.0, `KuiperTest`.
    assert!(near(wrong, 0.539_533_825_332_168_4, 1e-9), "{wrong}");
    assert!(c.kuiper.p_value.unwrap() < wrong);
}

#[test]
fn evidently_takes_the_reference_as_exact() {
    let c = categories().into_iter().find(|c| c.name == "small_expected").unwrap();
    let [n, m] = [20.0, 15.0];
    let term = |[x, y]: &[u64; 2]| {
        let expected = *x as f64 * m / n;
        (*y as f64 - expected).powi(2) / expected
    };
    let wrong = chi_square_survival(c.table.iter().map(term).sum(), 2.0);
    // evidently 0.7.23, `chisquare`.
    assert!(near(wrong, 9.761_767_896_198_099e-6, 1e-9), "{wrong}");
    let (before, now) = (c.codes(0), c.codes(1));
    let right = compare("chi-square", &DriftArgs::new(&before, &now).unwrap().as_nominal());
    assert!(right.p_value > 0.02, "{right:?}");
}

#[test]
fn an_almost_empty_bin_rules_the_index() {
    let c = &cases()[0];
    let (lowest, highest) = (-2.789_177, 3.202_311);
    let mut edges: Vec<f64> = (0..=10).map(|k| lowest + f64::from(k) * (highest - lowest) / 10.0).collect();
    edges[10] = 3.3;
    let edges = Edges::new(&edges).unwrap();
    let shares = |sample: &[f64]| {
        let bins = counts(sample, &edges).bins;
        bins.iter().map(|&n| (n as f64 / sample.len() as f64).max(f64::MIN_POSITIVE)).collect::<Vec<_>>()
    };
    let (p, q) = (shares(&c.reference), shares(&c.current));
    let index: f64 = p.iter().zip(&q).map(|(p, q)| (p - q) * (p / q).ln()).sum();
    // frouros 0.9.0, `PSI(num_bins=10)`.
    assert!(near(index, 122.718_208_058_635_28, 1e-9), "{index}");
    let right = compare("psi", &DriftArgs::new(&c.reference, &c.current).unwrap());
    assert!(right.statistic < 1.0 && !right.drifted, "{right:?}");
}

#[test]
fn the_exact_law_without_ties_misses_drift_of_counts() {
    // 80 % zeros against 72 %: SciPy's exact p value is 0.21.
    let zeros = |n: usize, zeros: usize| (0..n).map(|i| f64::from(u8::from(i >= zeros))).collect::<Vec<_>>();
    let (before, now) = (zeros(400, 320), zeros(300, 216));
    for name in
        ["anderson-darling", "cramer-von-mises", "fisher-exact", "kolmogorov-smirnov", "zero-inflated"]
    {
        let found = compare(name, &DriftArgs::new(&before, &now).unwrap());
        assert!(found.drifted, "{name}: {found:?}");
    }
}
