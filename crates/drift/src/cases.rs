//! Samples with what other libraries say of them.

use forewarn_kernels::histogram::{Edges, counts};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Case {
    pub name: String,
    pub reference: Vec<f64>,
    pub current: Vec<f64>,
    /// Kolmogorov's and Smirnov's statistic, and its p values.
    pub statistic: f64,
    pub exact: f64,
    pub asymptotic: f64,
    pub welch: Outcome,
    pub mann_whitney: Outcome,
    pub cramer_von_mises: Outcome,
    pub cramer_von_mises_exact: Option<f64>,
    pub anderson_darling: Outcome,
    pub epps_singleton: Outcome,
    pub kuiper: Outcome,
    pub wasserstein: f64,
    pub energy: f64,
    pub binned: Vec<Divergences>,
}

/// Divergences on explicit edges.
#[derive(Deserialize)]
pub(crate) struct Divergences {
    pub edges: Vec<f64>,
    pub psi: f64,
    pub kullback_leibler: f64,
    pub jensen_shannon: f64,
    pub hellinger: f64,
    pub total_variation: f64,
}

/// `None` where the peer says NaN.
#[derive(Deserialize)]
pub(crate) struct Outcome {
    pub statistic: Option<f64>,
    pub p_value: Option<f64>,
}

impl Outcome {
    /// The statistic agrees to 1e-12, the p value to 1e-9, both relative.
    pub(crate) fn agrees(&self, statistic: f64, p_value: f64) -> bool {
        near(statistic, self.statistic, 1e-12) && near(p_value, self.p_value, 1e-9)
    }
}

/// Whether a number is there and relatively near.
pub(crate) fn near(got: f64, expected: impl Into<Option<f64>>, tolerance: f64) -> bool {
    expected.into().is_some_and(|e: f64| (got - e).abs() <= tolerance * e.abs())
}

impl Case {
    /// Whether all values differ.
    pub(crate) fn untied(&self) -> bool {
        let mut pooled = [self.reference.as_slice(), &self.current].concat();
        pooled.sort_by(f64::total_cmp);
        pooled.windows(2).all(|pair| pair[0] < pair[1])
    }
}

pub(crate) fn cases() -> Vec<Case> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }
    let file: File = serde_json::from_str(include_str!("../tests/data/two_samples.json")).unwrap();
    assert_eq!(file.cases.len(), 17);
    file.cases
}

/// Holds a divergence of masses, so much added to every bin, to its definition on the explicit edges of all cases.
pub(crate) fn agrees_on_edges(
    added: f64,
    divergence: fn(&[f64], &[f64]) -> f64,
    expected: fn(&Divergences) -> f64,
) {
    let mut seen = 0;
    for c in cases() {
        for case in &c.binned {
            // numpy closes the last bin.
            let mut edges = case.edges.clone();
            *edges.last_mut().unwrap() *= 1.0 + f64::EPSILON;
            let edges = Edges::new(&edges).unwrap();
            let masses = |sample: &[f64]| {
                counts(sample, &edges).bins.iter().map(|&n| n as f64 + added).collect::<Vec<_>>()
            };
            let (got, expected) = (divergence(&masses(&c.reference), &masses(&c.current)), expected(case));
            assert!((got - expected).abs() <= 1e-12 * expected.max(1e-3), "{}: {got} {expected}", c.name);
            seen += 1;
        }
    }
    assert_eq!(seen, 31);
}

/// Counts of categories with what other libraries say of them.
#[derive(Deserialize)]
pub(crate) struct Categories {
    pub name: String,
    pub table: Vec<[u64; 2]>,
    pub chi_square: Outcome,
    pub likelihood_ratio: Outcome,
    pub fisher_exact: Outcome,
    pub total_variation: f64,
    pub hellinger: f64,
    pub jensen_shannon: f64,
}

impl Categories {
    /// The codes of the categories of a sample, 0 for the reference.
    pub(crate) fn codes(&self, side: usize) -> Vec<f64> {
        let repeat = |(code, pair): (usize, &[u64; 2])| vec![code as f64; pair[side] as usize];
        self.table.iter().enumerate().flat_map(repeat).collect()
    }
}

pub(crate) fn categories() -> Vec<Categories> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Categories>,
    }
    let file: File = serde_json::from_str(include_str!("../tests/data/categories.json")).unwrap();
    assert_eq!(file.cases.len(), 8);
    file.cases
}
