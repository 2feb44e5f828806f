//! Distributions to be compared: a histogram or a sample each.

use std::path::Path;

use super::columns::{lacks, position};
use super::comma_separated::Csv;
use super::json::{Form, Object};
use super::source::Source;
use crate::{Error, Result};

/// A distribution that a person has, as a file.
///
/// - JSON: `{"mass": [...]}`, `{"edges": [...], "mass": [...]}` or `{"sample": [...]}`; numbers as in a
///   [`ScoreTable`](super::ScoreTable).
/// - CSV, plain or gzipped: a column `mass`, with `lower` and `upper` if the bins are known, or a column `sample`.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution {
    /// A histogram.
    Masses {
        /// Edges of the bins, one more than bins, each greater than the one before; the outermost may be infinite.
        edges: Option<Vec<f64>>,
        /// Mass of each bin, finite and not negative; not scaled to one, and all of it may be zero.
        mass: Vec<f64>,
    },
    /// Draws in any order; NaN where one is missing. They may be infinite.
    Sample(Vec<f64>),
}

/// The two distributions that are compared, which may be of different kinds and bins: whether they can be compared
/// is for the divergence to say.
#[derive(Debug, Clone, PartialEq)]
pub struct DistributionPair {
    /// The first, often the truth.
    pub p: Distribution,
    /// The second, often the forecast.
    pub q: Distribution,
}

impl DistributionPair {
    /// Reads two files.
    ///
    /// # Errors
    /// Those of [`Distribution::read`].
    pub fn read(p: &Path, q: &Path) -> Result<Self> {
        Ok(Self { p: Distribution::read(p)?, q: Distribution::read(q)? })
    }
}

/// What an object may hold.
const FORM: Form = Form {
    keys: &["edges", "mass", "sample"],
    words: "`{\"mass\": [...]}` (with `edges` if they are known) or `{\"sample\": [...]}`, as a bare list could be either",
};

impl Distribution {
    /// Reads a file: `.json`, `.csv` and `.csv.gz` by name, others by their first bytes.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened; [`Error::Data`] with line and cure when it holds both a histogram and
    /// a sample or neither (a bare list could be either), text that is no number, a mass that is negative, infinite
    /// or missing, edges that do not rise or do not fit the masses, or no number at all, and for Parquet.
    pub fn read(path: &Path) -> Result<Self> {
        Self::from_source(&Source::open(path)?, &path.display().to_string())
    }

    /// Reads a distribution from memory, such as standard input; `name` is what messages call it.
    ///
    /// # Errors
    /// Those of [`Distribution::read`].
    pub fn parse(bytes: &[u8], name: &str) -> Result<Self> {
        Self::from_source(&Source::of_bytes(bytes, name)?, name)
    }

    fn from_source(source: &Source<'_>, name: &str) -> Result<Self> {
        match source {
            Source::Json(bytes) => of_json(bytes, name),
            Source::Csv(bytes) => of_csv(bytes, name),
            Source::Parquet(_) => {
                let reason = "is Parquet; a distribution is JSON, or CSV with a column `mass` or `sample`";
                Err(Error::data(name, reason))
            }
        }
    }

    fn checked(self, name: &str) -> Result<Self> {
        let (Self::Masses { mass: numbers, .. } | Self::Sample(numbers)) = &self;
        if numbers.is_empty() {
            return Err(Error::data(name, "holds no number; give at least one"));
        }
        Ok(self)
    }
}

fn of_json(bytes: &[u8], name: &str) -> Result<Distribution> {
    let mut object = Object::parse(bytes, name, FORM)?;
    let wrong = |reason: String| Err(Error::data(name, reason));
    let (edges, mass) = match (object.take("edges"), object.take("mass"), object.take("sample")) {
        (None, None, Some(sample)) => return Distribution::Sample(sample).checked(name),
        (edges, Some(mass), None) => (edges, mass),
        (_, Some(_), Some(_)) => return wrong("holds both `mass` and `sample`; remove one of them".into()),
        (Some(_), None, _) => return wrong("holds `edges` without `mass`; give the mass of each bin".into()),
        (None, None, None) => return wrong("holds nothing; give `mass` or `sample`".into()),
    };
    let at = |bin: usize| move |reason| Error::data(name, format!("bin {}: {reason}", bin + 1));
    for (i, &value) in mass.iter().enumerate() {
        check_mass(value).map_err(at(i))?;
    }
    if let Some(edges) = &edges {
        let (found, expected) = (edges.len(), mass.len() + 1);
        if found != expected {
            let bins = mass.len();
            return wrong(format!(
                "{found} edges for {bins} masses; give one edge more than masses, {expected}"
            ));
        }
        for (i, edge) in edges.windows(2).enumerate() {
            check_bin(edge[0], edge[1]).map_err(at(i))?;
        }
    }
    Distribution::Masses { edges, mass }.checked(name)
}

fn of_csv(bytes: &[u8], name: &str) -> Result<Distribution> {
    let mut csv = Csv::open(bytes, name)?;
    let find = |column: &str| position(&csv.header, column).map_err(|reason| Error::at(name, 1, reason));
    let wrong = |reason: &str| Err(Error::at(name, 1, reason));
    let sides = match (find("lower")?, find("upper")?) {
        (Some(lower), Some(upper)) => Some((lower, upper)),
        (None, None) => None,
        _ => return wrong("holds one of `lower` and `upper`; give both edges of the bins, or none"),
    };
    match (find("mass")?, find("sample")?) {
        (Some(mass), None) => masses(&mut csv, mass, sides)?.checked(name),
        (None, Some(sample)) => {
            let mut values = Vec::new();
            while csv.next()? {
                values.push(csv.number(sample)?);
            }
            Distribution::Sample(values).checked(name)
        }
        (Some(_), Some(_)) => wrong("holds both `mass` and `sample`; remove or rename one of them"),
        (None, None) => wrong(&lacks(&csv.header, "`mass`, nor `sample`")),
    }
}

/// The rows of a histogram.
fn masses(csv: &mut Csv<'_>, column: usize, sides: Option<(usize, usize)>) -> Result<Distribution> {
    let (mut mass, mut edges) = (Vec::new(), Vec::new());
    while csv.next()? {
        let value = csv.number(column)?;
        check_mass(value).map_err(|reason| csv.wrong(reason))?;
        mass.push(value);
        let Some((lower, upper)) = sides else { continue };
        let (lower, upper) = (csv.number(lower)?, csv.number(upper)?);
        check_bin(lower, upper).map_err(|reason| csv.wrong(reason))?;
        match edges.last() {
            None => edges.push(lower),
            Some(&before) if before == lower => {}
            Some(before) => {
                let reason = format!(
                    "`lower` is {lower}, the bin before ends at {before}; sort the bins, and give empty ones a mass of 0"
                );
                return Err(csv.wrong(reason));
            }
        }
        edges.push(upper);
    }
    Ok(Distribution::Masses { edges: sides.map(|_| edges), mass })
}

fn check_mass(value: f64) -> Result<(), String> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    let found = if value.is_nan() { "missing".to_owned() } else { value.to_string() };
    Err(format!("the mass is {found}; a mass is a finite number of 0 or more"))
}

fn check_bin(lower: f64, upper: f64) -> Result<(), String> {
    if lower < upper {
        return Ok(());
    }
    Err(format!("goes from {lower} to {upper}; each edge has to be greater than the one before"))
}
