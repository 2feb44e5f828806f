//! The maximum mean discrepancy.

use forewarn_core::prelude::*;
use forewarn_kernels::kolmogorov_smirnov::Pooled;
use forewarn_kernels::mmd::{KernelMatrix, median_bandwidth, subsample};
use forewarn_kernels::random::Stream;

use crate::deals::Deals;
use crate::samples;
use crate::settings::Permuted;

forewarn_core::entry!(DriftTest: Mmd as "mmd", check);

/// How far apart two samples are in what a Gaussian kernel sees: the maximum mean discrepancy, squared and unbiased.
///
/// `mean k(x, x') + mean k(y, y') - 2 mean k(x, y)` with `k = exp(-d^2 / (2 h^2))`; it can be below 0. The
/// bandwidth `h` is `sqrt(median / 2)` of the squared distances of all pooled pairs, and where that is 0, of
/// the pairs that differ. It sees any change of distribution within some bandwidths, a far outlier like a
/// near one. The p value is by permutation. Work grows with the square of the number of distinct values:
/// where both samples together have more than 2000 of them, each sample gives 1000 at most, drawn at random
/// by the seed, and the note says so; the statistic is then of these. Samples of one and the same value have
/// `p = 1`; a sample of one value is refused. Values must be finite, and independent: months of one series
/// and neighbouring cells are not, and then it warns far too often, unless they are dealt in blocks. Source:
/// Gretton et al. (2012), Journal of Machine Learning Research 13, 723-773; the bandwidth as in Garreau,
/// Jitkrittum and Kanagawa (2017), doi:10.48550/arXiv.1707.07269.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Mmd(pub Permuted);

/// Distinct values of both samples together beyond which samples are taken of them, of half as many values each.
const MOST: usize = 2000;

impl Mmd {
    fn check(self) -> Result<Self> {
        self.0.check("mmd")?;
        Ok(self)
    }
}

impl DriftTest for Mmd {
    fn compare(&self, args: &DriftArgs<'_>) -> Result<Drift> {
        samples::need_order("mmd", args)?;
        samples::need_finite("mmd", args)?;
        let sizes = [args.reference, args.current].map(<[f64]>::len);
        if sizes.contains(&1) {
            return Err(Error::data("a sample has one value and `mmd` needs two; use `kolmogorov-smirnov`".to_owned()));
        }
        let all = Pooled::new(args.reference, args.current);
        let deals = Deals::of("mmd", &self.0, args)?;
        if all.counts().len() <= MOST {
            return Ok(self.of(&all, &deals));
        }
        if !deals.independent() {
            let what = "values in blocks cannot be drawn one by one, and more than 2000 take `mmd` too long; use `energy-distance`";
            return Err(Error::data(what.to_owned()));
        }
        let part = |sample, number| subsample(sample, MOST / 2, Stream::new(self.0.seed, &[number, u64::MAX]));
        let drift = self.of(&Pooled::new(&part(args.reference, 0), &part(args.current, 1)), &deals);
        let [n, m] = sizes.map(|size| size.min(MOST / 2));
        let note = format!("of {n} of the {} reference values and {m} of the {} current ones", sizes[0], sizes[1]);
        Ok(drift.with_note(note))
    }
}

impl Mmd {
    fn of(&self, pooled: &Pooled, deals: &Deals<'_>) -> Drift {
        let weights: Vec<u64> = pooled.counts().iter().map(|[x, y]| x + y).collect();
        let Some(bandwidth) = median_bandwidth(pooled.values(), 1, &weights) else {
            return Drift::new(0.0, 1.0, self.0.level);
        };
        let matrix = KernelMatrix::new(pooled.values(), 1, &weights, bandwidth);
        let p_value = deals.p_value(pooled.counts(), |counts| matrix.unbiased(counts));
        deals.drift(matrix.unbiased(pooled.counts()), p_value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Deserialize)]
    struct File {
        x: Vec<Vec<f64>>,
        y: Vec<Vec<f64>>,
        values: Vec<Value>,
    }

    #[derive(Deserialize)]
    struct Value {
        bandwidth: f64,
        unbiased: f64,
    }

    fn compare(reference: &[f64], current: &[f64]) -> Result<Drift> {
        let test = Mmd(Permuted { permutations: 99, ..Permuted::default() });
        test.compare(&DriftArgs::new(reference, current).unwrap())
    }

    #[test]
    fn other_libraries_agree_on_several_columns() {
        let file: File = serde_json::from_str(include_str!("../tests/data/mmd.json")).unwrap();
        let points: Vec<f64> = file.x.iter().chain(&file.y).flatten().copied().collect();
        let columns = file.x[0].len();
        let counts: Vec<[u64; 2]> =
            file.x.iter().map(|_| [1, 0]).chain(file.y.iter().map(|_| [0, 1])).collect();
        let weights = vec![1; counts.len()];
        for value in &file.values {
            let got = KernelMatrix::new(&points, columns, &weights, value.bandwidth).unbiased(&counts);
            assert!((got - value.unbiased).abs() <= 1e-12 * value.unbiased, "{got} {}", value.unbiased);
        }
        let (got, expected) = (median_bandwidth(&points, columns, &weights).unwrap(), file.values[1].bandwidth);
        assert!((got - expected).abs() <= 1e-12 * expected, "{got} {expected}");
    }

    #[test]
    fn large_samples_are_sampled_and_the_note_says_so() {
        let sample = |shift: f64, size: u32| (0..size).map(|i| f64::from(i) + shift).collect::<Vec<_>>();
        let got = compare(&sample(0.0, 1500), &sample(700.5, 600)).unwrap();
        assert_eq!(got.note.as_deref(), Some("of 1000 of the 1500 reference values and 600 of the 600 current ones"));
        assert!(got.drifted, "{got:?}");
        // Many values, few distinct ones: nothing is left out.
        let counts: Vec<f64> = (0..3000).map(|i| f64::from(i % 7)).collect();
        assert_eq!(compare(&counts, &counts).unwrap().note, None);
    }

    #[test]
    fn what_has_no_answer_is_refused_with_the_cure() {
        assert!(compare(&[1.0], &[1.0, 2.0]).unwrap_err().to_string().contains("use `kolmogorov-smirnov`"));
        assert!(compare(&[1.0, f64::INFINITY], &[1.0, 2.0]).is_err());
        assert_eq!(compare(&[3.0; 9], &[3.0; 5]).unwrap(), Drift::new(0.0, 1.0, 0.05));
        assert!((ENTRY.build)(&json!({"permutations": 0})).unwrap_err().to_string().contains("at least 1"));
    }
}
