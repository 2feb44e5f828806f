//! A line with small or no slopes where the data do not ask for more.

use forewarn_core::prelude::*;

use super::linear::{self, BLOCK, Line, Link, Standard, dot, logistic};

const NAME: &str = "elastic-net";

forewarn_core::entry!(Regressor: ElasticNet as "elastic-net", check);

/// A linear regression whose slopes are shrunk, some to 0: the elastic net of Zou and Hastie (2005,
/// doi:10.1111/j.1467-9868.2005.00503.x).
///
/// Makes `mean loss + alpha * (l1-ratio * sum |b| + (1 - l1-ratio) / 2 * sum b^2)` least, with the weighted mean over the
/// labels and `b` the slopes of columns that were standardised (mean 0, deviation 1, both weighted); the intercept is
/// free. By coordinate descent in f64 (Friedman, Hastie and Tibshirani 2010, doi:10.18637/jss.v033.i01). Missing values
/// are refused in training; in prediction they give NaN. Labels that are nearly all 0 (all 1) give the logistic loss no
/// line to find: the probability is then 1e-6 (1 - 1e-6) everywhere.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ElasticNet {
    /// Strength of the penalty, at least 0.
    #[schemars(range(min = 0.0))]
    pub alpha: f64,
    /// Share of the absolute slopes in the penalty, 0 (ridge) to 1 (lasso).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub l1_ratio: f64,
    /// Passes over the columns before the fit fails, at least 1.
    #[schemars(range(min = 1))]
    pub max_iterations: usize,
    /// The largest change of a slope in the last pass, as a share of the largest slope; above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub tolerance: f64,
    /// What a wrong prediction costs.
    pub loss: Loss,
}

/// What a wrong prediction costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Half its squared error; predicts the mean of any label.
    SquaredError,
    /// The negative log likelihood of a label from 0 to 1; predicts the probability of 1.
    Logistic,
}

impl Default for ElasticNet {
    fn default() -> Self {
        let (alpha, l1_ratio, loss) = (0.01, 0.5, Loss::SquaredError);
        Self { alpha, l1_ratio, max_iterations: 10_000, tolerance: 1e-8, loss }
    }
}

impl ElasticNet {
    fn check(self) -> Result<Self> {
        let wrong = |what: String| Err(Error::config(NAME, what));
        if !(self.alpha.is_finite() && self.alpha >= 0.0) {
            return wrong(format!("`alpha` is {}; it is finite and at least 0", self.alpha));
        }
        if !(0.0..=1.0).contains(&self.l1_ratio) {
            return wrong(format!("`l1-ratio` is {}; it goes from 0 (ridge) to 1 (lasso)", self.l1_ratio));
        }
        if !(self.tolerance.is_finite() && self.tolerance > 0.0) || self.max_iterations == 0 {
            let (tolerance, passes) = (self.tolerance, self.max_iterations);
            return wrong(format!("`tolerance` {tolerance} is not above 0, or `max-iterations` {passes} not above 0"));
        }
        Ok(self)
    }
}

impl Regressor for ElasticNet {
    fn prepare(&self, args: &PrepareArgs<'_>) -> Result<Box<dyn Prepared>> {
        linear::check_complete(NAME, args.rows)?;
        Ok(Box::new(Rows { settings: self.clone(), rows: args.rows.clone() }))
    }

    fn restore(&self, state: &[u8]) -> Result<Box<dyn Regression>> {
        Ok(Box::new(Line::read(NAME, state)?))
    }

    fn predicts(&self) -> Predicts {
        match self.loss {
            Loss::SquaredError => Predicts::Mean,
            Loss::Logistic => Predicts::Probability,
        }
    }
}

#[derive(Debug)]
struct Rows {
    settings: ElasticNet,
    rows: DesignMatrix,
}

impl Prepared for Rows {
    fn fit(&self, args: &LabelArgs<'_>) -> Result<Box<dyn Regression>> {
        let labels = &args.train;
        if self.settings.loss == Loss::Logistic {
            let outside = labels.values().iter().position(|v| !(0.0..=1.0).contains(v));
            if let Some(i) = outside {
                let value = labels.values()[i];
                return Err(Error::data(format!(
                    "label {i} is {value}, and `{NAME}` with the loss `logistic` learns labels from 0 to 1; \
                     make the target an event, or use the loss `squared-error`"
                )));
            }
        }
        let standard = Standard::of(&self.rows, labels);
        let problem = Problem { settings: &self.settings, rows: &self.rows, labels, standard: &standard };
        let (link, found) = match self.settings.loss {
            Loss::SquaredError => (Link::Identity, problem.squares()?),
            Loss::Logistic => (Link::Logit, problem.logistic()?),
        };
        let (centre, slopes) = found.split_at(1);
        Ok(Box::new(standard.line(NAME, self.rows.columns(), slopes, centre[0], link)))
    }
}

/// Coefficients are [intercept, slopes of standardised columns].
struct Problem<'a> {
    settings: &'a ElasticNet,
    rows: &'a DesignMatrix,
    labels: &'a Labels<'a>,
    standard: &'a Standard,
}

/// A quadratic loss around coefficients: its gradient (negative) and its curvature, square, row after row.
struct Quadratic {
    gradient: Vec<f64>,
    curvature: Vec<f64>,
    /// The loss at the coefficients, without the penalty.
    loss: f64,
}

impl Problem<'_> {
    fn squares(&self) -> Result<Vec<f64>> {
        let mut start = vec![0.0; self.rows.columns().len() + 1];
        start[0] = self.standard.label;
        let quadratic = self.around(&start, |line, y| (y - line, 1.0, 0.5 * (y - line).powi(2)));
        self.descend(&quadratic, &start)
    }

    /// Newton's method: the loss is replaced by its quadratic around the last coefficients, and a step that does not lower
    /// the penalised loss is halved.
    fn logistic(&self) -> Result<Vec<f64>> {
        // Far from 1/2 the curvature vanishes; it only sets the length of a step.
        let likelihood = |line: f64, y: f64| {
            let p = logistic(line);
            let loss = line.max(0.0) + (-line.abs()).exp().ln_1p() - y * line;
            (y - p, (p * (1.0 - p)).max(1e-5), loss)
        };
        let share = self.standard.label.clamp(1e-6, 1.0 - 1e-6);
        let mut last = vec![0.0; self.rows.columns().len() + 1];
        last[0] = (share / (1.0 - share)).ln();
        if share != self.standard.label {
            return Ok(last); // one class: the best intercept is infinite
        }
        let mut quadratic = self.around(&last, likelihood);
        for _ in 0..self.settings.max_iterations.min(100) {
            let mut next = self.descend(&quadratic, &last)?;
            let before = quadratic.loss + self.penalty(&last);
            for _ in 0..30 {
                quadratic = self.around(&next, likelihood);
                if quadratic.loss + self.penalty(&next) <= before {
                    break;
                }
                next.iter_mut().zip(&last).for_each(|(n, l)| *n = 0.5 * (*n + l));
            }
            if self.settled(&last, &next) {
                return Ok(next);
            }
            last = next;
        }
        Err(self.failed("100 steps of Newton's method"))
    }

    fn failed(&self, after: &str) -> Error {
        let tolerance = self.settings.tolerance;
        Error::numeric(
            NAME,
            format!("the slopes still move by more than {tolerance} of the largest after {after}; raise `alpha`, `tolerance` or `max-iterations`"),
        )
    }

    fn settled(&self, last: &[f64], next: &[f64]) -> bool {
        let largest = next.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        let moved = last.iter().zip(next).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
        moved <= self.settings.tolerance * largest
    }

    fn penalty(&self, coefficients: &[f64]) -> f64 {
        let (alpha, l1) = (self.settings.alpha, self.settings.l1_ratio);
        let each = |b: &f64| l1 * b.abs() + 0.5 * (1.0 - l1) * b * b;
        alpha * coefficients[1..].iter().map(each).sum::<f64>()
    }

    /// The mean loss around `coefficients`; `of` gives (negative slope, curvature, loss) of a line and its label.
    fn around(&self, coefficients: &[f64], of: impl Fn(f64, f64) -> (f64, f64, f64)) -> Quadratic {
        let size = coefficients.len();
        let mut sums = Quadratic { gradient: vec![0.0; size], curvature: vec![0.0; size * size], loss: 0.0 };
        let (mut block, mut weighed) = (vec![0.0; size * BLOCK], vec![0.0; BLOCK]);
        let (mut slopes, mut curvatures) = (vec![0.0; BLOCK], vec![0.0; BLOCK]);
        let labels = self.labels;
        let chunks = labels.rows().chunks(BLOCK).zip(labels.values().chunks(BLOCK)).zip(labels.weights().chunks(BLOCK));
        for ((rows, values), weights) in chunks {
            block[..BLOCK].fill(1.0);
            self.standard.block(self.rows, rows, &mut block[BLOCK..]);
            slopes.fill(0.0);
            curvatures.fill(0.0);
            for (i, (&y, &w)) in values.iter().zip(weights).enumerate() {
                let line = (0..size).fold(0.0, |sum, j| sum + coefficients[j] * block[j * BLOCK + i]);
                let w = f64::from(w) / self.standard.weight;
                let (slope, curvature, loss) = of(line, f64::from(y));
                (slopes[i], curvatures[i]) = (w * slope, w * curvature);
                sums.loss += w * loss;
            }
            sums.add(&block, &slopes, &curvatures, &mut weighed);
        }
        sums
    }

    /// Coordinate descent on the penalised quadratic around `start`.
    fn descend(&self, quadratic: &Quadratic, start: &[f64]) -> Result<Vec<f64>> {
        let size = start.len();
        let (lasso, ridge) = (
            self.settings.alpha * self.settings.l1_ratio,
            self.settings.alpha * (1.0 - self.settings.l1_ratio),
        );
        let mut found = start.to_vec();
        let mut gradient = quadratic.gradient.clone();
        for _ in 0..self.settings.max_iterations {
            let last = found.clone();
            for j in 0..size {
                let across = &quadratic.curvature[j * size..][..size];
                let (lasso, ridge) = if j == 0 { (0.0, 0.0) } else { (lasso, ridge) };
                // A constant column has neither gradient nor curvature.
                if across[j] + ridge <= 0.0 {
                    continue;
                }
                let pull = gradient[j] + across[j] * found[j];
                let new = (pull.abs() - lasso).max(0.0).copysign(pull) / (across[j] + ridge);
                let step = new - found[j];
                if step != 0.0 {
                    found[j] = new;
                    gradient.iter_mut().zip(across).for_each(|(g, c)| *g -= c * step);
                }
            }
            if self.settled(&last, &found) {
                return Ok(found);
            }
        }
        Err(self.failed(&format!("{} passes", self.settings.max_iterations)))
    }
}

impl Quadratic {
    /// Adds a block of rows, column after column.
    fn add(&mut self, block: &[f64], slopes: &[f64], curvatures: &[f64], weighed: &mut [f64]) {
        let size = self.gradient.len();
        for (j, column) in block.chunks_exact(BLOCK).enumerate() {
            self.gradient[j] += dot(column, slopes);
            for ((out, x), c) in weighed.iter_mut().zip(column).zip(curvatures) {
                *out = x * c;
            }
            for (k, other) in block.chunks_exact(BLOCK).enumerate().take(j + 1) {
                let sum = self.curvature[j * size + k] + dot(weighed, other);
                self.curvature[j * size + k] = sum;
                self.curvature[k * size + j] = sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::linear::cases::{matrix, numbers};
    use super::*;

    /// The case that Python repeats: 60 rows of 3 columns, labels near a line, weights with zeros.
    fn sixty() -> (DesignMatrix, Vec<f32>, Vec<f32>) {
        let rows = matrix(3, numbers(1, 180));
        let noise = numbers(2, 60);
        let labels = rows.rows().zip(noise).map(|(x, e)| e + x[0] - 2.0 * x[1] + 0.5 * x[2]).collect();
        (rows, labels, numbers(3, 60))
    }

    fn line(settings: &ElasticNet, rows: &DesignMatrix, values: &[f32], weights: &[f32]) -> Result<Line> {
        let all: Vec<u32> = (0..values.len() as u32).collect();
        let labels = Labels::new(&all, values, weights, rows.len()).unwrap();
        let prepared = settings.prepare(&PrepareArgs::new(rows, weights).unwrap()).unwrap();
        Line::read(NAME, &prepared.fit(&LabelArgs::new(labels, 1))?.state()?)
    }

    fn near(line: &Line, peer: [f64; 4], tolerance: f64) {
        let (intercept, slopes) = line.numbers();
        for (ours, theirs) in [&[intercept], slopes].concat().iter().zip(peer) {
            assert!((ours - theirs).abs() < tolerance, "{ours} is not {theirs}: {line:?}");
        }
    }

    #[test]
    fn the_line_is_that_of_scikit_learn() {
        let (rows, labels, weights) = sixty();
        // scikit-learn 1.9.1: S = StandardScaler().fit(X, sample_weight=w); m = ElasticNet(alpha=, l1_ratio=, tol=1e-15,
        // max_iter=10**6).fit(S.transform(X), y, sample_weight=w); b = m.coef_ / S.scale_; [m.intercept_ - b @ S.mean_, *b]
        for (alpha, l1_ratio, peer) in [
            (0.5, 0.5, [4.418_651_612_780_81, 0.431_805_146_536_946, -1.294_709_580_134_350_7, 0.269_737_683_093_205_2]),
            (0.1, 1.0, [4.361_488_186_707_453_5, 0.705_732_623_426_743_5, -1.697_394_008_722_031_4, 0.417_323_076_404_550_8]),
            (2.0, 0.0, [2.985_937_411_720_77, 0.172_934_029_738_023_4, -0.567_653_047_837_721_4, 0.152_977_452_272_016_4]),
            (3.0, 1.0, [3.842_131_744_132_777, 0.0, -0.461_332_385_873_034_9, 0.0]),
        ] {
            let settings = ElasticNet { alpha, l1_ratio, tolerance: 1e-14, ..ElasticNet::default() };
            near(&line(&settings, &rows, &labels, &weights).unwrap(), peer, 1e-10);
        }
    }

    #[test]
    fn the_logistic_line_is_that_of_scikit_learn() {
        let (rows, labels, weights) = sixty();
        // The median of the labels.
        let events: Vec<f32> = labels.iter().map(|&y| f32::from(y > 2.84375)).collect();
        // scikit-learn 1.9.1, X standardised as above: LogisticRegression(C=1 / (alpha * w.sum()), l1_ratio=,
        // solver="saga", tol=1e-14, max_iter=2 * 10**6).fit(Z, t, sample_weight=w)
        for (alpha, l1_ratio, peer) in [
            (0.05, 0.5, [1.316_516_817_275_591_2, 0.224_876_196_159_845_44, -0.681_114_443_757_817_8, 0.135_574_710_906_313_87]),
            (0.01, 1.0, [1.131_450_207_033_209_5, 0.525_199_177_678_305_4, -1.159_597_255_451_400_2, 0.357_063_851_413_245]),
            (0.1, 0.0, [0.823_800_889_863_897, 0.176_088_946_628_429_58, -0.494_470_094_582_472_04, 0.122_620_245_080_471_42]),
        ] {
            let settings = ElasticNet { alpha, l1_ratio, loss: Loss::Logistic, tolerance: 1e-12, ..ElasticNet::default() };
            assert_eq!(settings.predicts(), Predicts::Probability);
            let line = line(&settings, &rows, &events, &weights).unwrap();
            near(&line, peer, 1e-8);
            assert!(line.predict(&rows).unwrap().iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }

    #[test]
    fn without_a_penalty_it_is_least_squares() {
        let (rows, labels, weights) = sixty();
        let settings = ElasticNet { alpha: 0.0, tolerance: 1e-14, ..ElasticNet::default() };
        let peer = [4.075_715_128_968_003, 0.771_457_819_628_187, -1.741_172_351_400_354_8, 0.468_443_785_684_540_04];
        near(&line(&settings, &rows, &labels, &weights).unwrap(), peer, 1e-10);
    }

    #[test]
    fn constant_columns_and_constant_labels_are_fine() {
        let rows = matrix(2, numbers(6, 40).chunks(2).flat_map(|v| [v[0], 3.0]).collect());
        for loss in [Loss::SquaredError, Loss::Logistic] {
            let settings = ElasticNet { loss, ..ElasticNet::default() };
            let line = line(&settings, &rows, &[1.0; 20], &[1.0; 20]).unwrap();
            assert_eq!(line.numbers().1[1], 0.0);
            assert!(line.predict(&rows).unwrap().iter().all(|v| (v - 1.0).abs() < 1e-3), "{line:?}");
        }
    }

    #[test]
    fn failures_name_the_cure() {
        let (rows, labels, weights) = sixty();
        let wrong = |settings: ElasticNet| line(&settings, &rows, &labels, &weights).unwrap_err().to_string();
        let logistic = ElasticNet { loss: Loss::Logistic, ..ElasticNet::default() };
        assert!(wrong(logistic).contains("make the target an event"));
        let short = ElasticNet { max_iterations: 1, ..ElasticNet::default() };
        assert!(wrong(short).contains("raise `alpha`"));
        let refused = |settings| (ENTRY.build)(&settings).unwrap_err().to_string();
        assert!(refused(serde_json::json!({"l1-ratio": 1.5})).contains("`l1-ratio` is 1.5"));
        assert!(refused(serde_json::json!({"alpha": -1.0})).contains("`alpha` is -1"));
        assert!(refused(serde_json::json!({"tolerance": 0.0})).contains("`tolerance` 0"));
    }

    #[test]
    fn missing_values_are_refused_with_the_cure() {
        let rows = matrix(2, vec![1.0, f32::NAN]);
        let e = ElasticNet::default().prepare(&PrepareArgs::new(&rows, &[1.0]).unwrap()).unwrap_err().to_string();
        assert!(e.contains("column `b` is missing in row 0") && e.contains("replace-missing"), "{e}");
    }
}
