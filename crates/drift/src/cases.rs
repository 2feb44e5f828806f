//! Samples with what `SciPy` says of them.

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Case {
    pub name: String,
    pub reference: Vec<f64>,
    pub current: Vec<f64>,
    pub welch: Outcome,
    pub mann_whitney: Outcome,
}

/// `None` where `SciPy` says NaN.
#[derive(Deserialize)]
pub(crate) struct Outcome {
    pub statistic: Option<f64>,
    pub p_value: Option<f64>,
}

impl Outcome {
    /// The statistic agrees to 1e-12, the p value to 1e-9, both relative.
    pub(crate) fn agrees(&self, statistic: f64, p_value: f64) -> bool {
        let near = |got: f64, expected: Option<f64>, tolerance: f64| {
            expected.is_some_and(|e| (got - e).abs() <= tolerance * e.abs())
        };
        near(statistic, self.statistic, 1e-12) && near(p_value, self.p_value, 1e-9)
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
