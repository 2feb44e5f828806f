//! How often it happened when a probability was forecast: the diagonal is calibrated.

use super::{Along, Axis, Chart, Dot, Mark, Role, Series, binomial};
use crate::text::number;

/// A reliability diagram with the intervals in which calibrated forecasts would lie (Bröcker and Smith 2007,
/// doi:10.1175/WAF993.1).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reliability {
    /// What is shown.
    pub title: String,
    /// Months, vintage, n.
    pub subtitle: String,
    /// The bins, by ascending probability.
    pub bins: Vec<Bin>,
    /// Probability of the band, such as 0.9.
    pub level: f64,
}

/// Forecasts of about the same probability.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    /// Their mean probability, 0 to 1.
    pub forecast: f64,
    /// How often it happened, 0 to 1.
    pub observed: f64,
    /// How many they are.
    pub n: u64,
}

impl Reliability {
    /// The chart: a dot a bin with the number of its cases, the diagonal, and the band around it.
    ///
    /// The band is that of a binomial count with the bin's mean probability. Bröcker and Smith resample the
    /// forecasts of a bin; the two agree where these are alike. It takes cases as independent, which cases
    /// of one month are not.
    pub fn chart(&self) -> Chart {
        let known = || self.bins.iter().filter(|bin| bin.n > 0 && bin.forecast.is_finite());
        let chance = |bin: &Bin| {
            let (low, high) = binomial::interval(bin.n, bin.forecast, self.level)?;
            Some((bin.forecast, low, high))
        };
        let dot = |bin: &Bin| Dot { at: (bin.forecast, bin.observed), interval: None, note: short(bin.n) };
        let band = Mark::Band(known().filter_map(chance).collect());
        let dots = Mark::Dots(known().map(dot).collect(), Along::Y);
        let axis = |label: &str| Axis { label: label.to_owned(), holds: Some((0.0, 1.0)), ..Axis::default() };
        Chart {
            title: self.title.clone(),
            subtitle: self.subtitle.clone(),
            x: axis("probability that was forecast"),
            y: axis("how often it happened; above: how many cases"),
            series: vec![
                Series::new("by chance", Role::Reference, band),
                Series::new("calibrated", Role::Reference, Mark::Line(vec![(0.0, 0.0), (1.0, 1.0)])),
                Series::new("seen", Role::Model(0), dots),
            ],
        }
    }
}

/// A count in a few letters: `987`, `12k`, `5.66M`.
fn short(n: u64) -> String {
    let n = n as f64;
    match n {
        n if n < 1e3 => number(n),
        n if n < 999_500.0 => format!("{}k", number(n / 1e3)),
        n => format!("{}M", number(n / 1e6)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short() {
        assert_eq!(
            [987, 12_345, 999_499, 999_500, 5_663_520].map(short),
            ["987", "12.3k", "999k", "1M", "5.66M"]
        );
    }

    #[test]
    fn a_bin_without_cases_is_not_drawn() {
        let bins =
            vec![Bin { forecast: 0.5, observed: 0.0, n: 0 }, Bin { forecast: 0.2, observed: 0.3, n: 10 }];
        let chart = Reliability { bins, level: 0.9, ..Reliability::default() }.chart();
        let Mark::Dots(dots, _) = &chart.series[2].mark else { panic!("{:?}", chart.series[2].mark) };
        assert_eq!(dots.iter().map(|dot| dot.at).collect::<Vec<_>>(), [(0.2, 0.3)]);
    }
}
