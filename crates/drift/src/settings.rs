//! The settings that drift tests share.

use forewarn_core::prelude::*;

/// Permutations unless said otherwise.
const PERMUTATIONS: u64 = 999;

/// How a p value is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// What is right for these samples and affordable: the documentation of the test says which.
    #[default]
    Auto,
    /// The law of large samples without ties. With ties, as in counts, it is wrong.
    Asymptotic,
    /// The share of all ways to deal the pooled values into two such samples that are as far apart: right for samples
    /// of any size and with ties. Work grows with the product of the sample sizes, or more.
    Exact,
    /// The share of some ways to deal them, drawn at random: right for samples of any size and with ties; never
    /// below one over the permutations and one.
    Permutation,
}

/// Settings of a test whose p value is computed in one of several ways.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
pub struct Several {
    /// Share of unchanged columns that may be called drifted, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
    /// How the p value is computed.
    pub method: Method,
    /// Permutations at most, where the method is that.
    #[schemars(range(min = 1))]
    pub permutations: u64,
    /// Seed of the permutations; the same seed gives the same p value.
    pub seed: u64,
    /// How many values that follow one another are dealt together: 1 for independent values, more than they remember
    /// for others, 0 for what their autocorrelation asks for.
    pub block_length: u64,
}

impl Default for Several {
    fn default() -> Self {
        Self { level: 0.05, method: Method::Auto, permutations: PERMUTATIONS, seed: 0, block_length: 1 }
    }
}

impl Several {
    pub(crate) fn check(&self, test: &str, without: &[Method]) -> Result<()> {
        if without.contains(&self.method) {
            return Err(Error::config(
                test,
                format!("`method` is {:?}, which this test has not; use `auto`", self.method).to_lowercase(),
            ));
        }
        self.permuted().check(test)
    }

    pub(crate) fn permuted(&self) -> Permuted {
        let Self { level, permutations, seed, block_length, .. } = *self;
        Permuted { level, permutations, seed, block_length }
    }
}

/// Settings of a test whose p value is found by permutation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
pub struct Permuted {
    /// Share of unchanged columns that may be called drifted, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
    /// Permutations at most; the least p value is one over these and one.
    #[schemars(range(min = 1))]
    pub permutations: u64,
    /// Seed of the permutations; the same seed gives the same p value.
    pub seed: u64,
    /// How many values that follow one another are dealt together: 1 for independent values, more than they remember
    /// for others, 0 for what their autocorrelation asks for.
    pub block_length: u64,
}

impl Default for Permuted {
    fn default() -> Self {
        Self { level: 0.05, permutations: PERMUTATIONS, seed: 0, block_length: 1 }
    }
}

impl Permuted {
    pub(crate) fn check(&self, test: &str) -> Result<()> {
        crate::limit::share(test, "level", self.level)?;
        if self.permutations == 0 {
            return Err(Error::config(test, "`permutations` is 0; it must be at least 1".to_owned()));
        }
        Ok(())
    }
}

/// Settings of a test that compares counts in bins.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(inline)]
pub struct Binned {
    /// Share of unchanged columns that may be called drifted, between 0 and 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub level: f64,
    /// Greatest number of bins; categories have one bin each, however many there are.
    #[schemars(range(min = 2))]
    pub bins: u64,
    /// Permutations at most; the least p value found by them is one over these and one.
    #[schemars(range(min = 1))]
    pub permutations: u64,
    /// Seed of the permutations; the same seed gives the same p value.
    pub seed: u64,
    /// How many values that follow one another are dealt together: 1 for independent values, more than they remember
    /// for others, 0 for what their autocorrelation asks for.
    pub block_length: u64,
}

impl Default for Binned {
    fn default() -> Self {
        Self { level: 0.05, bins: 10, permutations: PERMUTATIONS, seed: 0, block_length: 1 }
    }
}

impl Binned {
    pub(crate) fn check(&self, test: &str) -> Result<()> {
        if self.bins < 2 {
            return Err(Error::config(test, format!("`bins` is {}; it must be at least 2", self.bins)));
        }
        self.permuted().check(test)
    }

    pub(crate) fn permuted(&self) -> Permuted {
        let Self { level, permutations, seed, block_length, .. } = *self;
        Permuted { level, permutations, seed, block_length }
    }
}
