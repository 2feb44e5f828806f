//! Where the observations fell among the forecasts: flat is calibrated.

use super::{Axis, Chart, Mark, Role, Series, binomial};

/// A histogram of probability integral transforms (PIT) or of ranks, beside the flat one that calibrated
/// forecasts have (Gneiting, Balabdaoui and Raftery 2007, doi:10.1111/j.1467-9868.2007.00587.x).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Histogram {
    /// What is shown.
    pub title: String,
    /// Months, vintage, n.
    pub subtitle: String,
    /// What the bins are, such as `where the truth fell in the forecast`.
    pub bins: String,
    /// Names of the bins, lowest first.
    pub names: Vec<String>,
    /// Share of the cases in each bin, 0 to 1; NaN where it is missing.
    pub shares: Vec<f64>,
    /// How many cases.
    pub n: u64,
    /// Probability of the band, such as 0.9.
    pub level: f64,
}

impl Histogram {
    /// The chart: bars, the flat reference, and the band in which a bar of calibrated forecasts lies with
    /// the level's probability.
    ///
    /// The band is that of a binomial count, one bin at a time. It takes all cases as independent; cases of
    /// one month are not, so real bars leave it more often.
    pub fn chart(&self) -> Chart {
        let count = self.shares.len();
        let flat = 1.0 / count.max(1) as f64;
        let mut series = Vec::new();
        if let Some((low, high)) = binomial::interval(self.n, flat, self.level) {
            let ends = [(-0.5, low, high), (count as f64 - 0.5, low, high)];
            series.push(Series::new("by chance", Role::Reference, Mark::Band(ends.into())));
        }
        let bars = self.shares.iter().enumerate().map(|(i, &share)| (i as f64, share)).collect();
        series.push(Series::new("seen", Role::Model(0), Mark::Bars(bars)));
        let ends = [(-0.5, flat), (count as f64 - 0.5, flat)];
        series.push(Series::new("calibrated", Role::Reference, Mark::Line(ends.into())));
        Chart {
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            x: Axis { label: self.bins.clone(), names: self.names.clone(), ..Axis::default() },
            y: Axis { label: "share of the cases".to_owned(), holds: Some((0.0, flat)), ..Axis::default() },
            series,
        }
    }
}
