//! Rows to score: truth, forecast, weight.

use forewarn_kernels::draws::{self, Draws, Event, GroupSums, Grouping, RowScore};

use crate::{Cell, Error, Field, Result, Tally, Unit};

/// What the values of a forecast are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForecastKind {
    /// One value a row, which is what will be: a distribution all of whose mass is there.
    Point,
    /// One value a row, which is the probability of an event that is observed as 0 or 1.
    Probability,
    /// Draws from a predictive distribution.
    Draws,
}

/// Where the rows are that are scored together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// Not known: rows of a table, countries, stations.
    Unknown,
    /// The units are cells of PRIO-GRID, and all that the forecast has.
    Grid,
    /// Some rows of a field, picked by what or where they are: together they are no field.
    Part,
}

/// Truth and draws, in either precision.
#[derive(Debug, Clone, Copy)]
enum Values<'a> {
    Single(&'a [f32], Draws<'a, f32>),
    Double(&'a [f64], Draws<'a, f64>),
}

/// Rows to score.
#[derive(Debug, Clone, Copy)]
pub struct ScoreArgs<'a> {
    values: Values<'a>,
    kind: ForecastKind,
    weights: &'a [f64],
    units: &'a [Unit],
    places: Places,
}

impl<'a> ScoreArgs<'a> {
    /// A field and what was then observed; NaN where the truth is not known.
    ///
    /// # Errors
    /// [`Error::Data`] when sizes differ, or truth is known for a unit that has no forecast: a score must not
    /// improve by leaving hard rows out.
    pub fn new(observed: &'a [f32], forecast: &'a Field) -> Result<Self> {
        same(observed.len(), forecast.units().len())?;
        let absent = |(y, row): (&f32, &[f32])| !y.is_nan() && row[0].is_nan();
        if let Some(i) = observed.iter().zip(forecast.rows()).position(absent) {
            let unit = forecast.units()[i];
            return Err(Error::data(format!(
                "unit {unit} was observed in period {} and has no forecast",
                forecast.target()
            )));
        }
        let kind = if forecast.is_point() { ForecastKind::Point } else { ForecastKind::Draws };
        let draws = Draws::contiguous(forecast.values(), forecast.width());
        Ok(Self {
            values: Values::Single(observed, draws),
            kind,
            weights: &[],
            units: forecast.units(),
            places: Places::Unknown,
        })
    }

    /// Rows in double precision: `width` values a row, which is 1 unless they are draws.
    ///
    /// # Errors
    /// [`Error::Data`] when sizes differ, a forecast is missing where the truth is known, or what should be a
    /// probability of an event is none.
    pub fn rows(observed: &'a [f64], values: &'a [f64], width: usize, kind: ForecastKind) -> Result<Self> {
        if width == 0 || (width > 1 && kind != ForecastKind::Draws) || !values.len().is_multiple_of(width) {
            return Err(Error::data(format!("{} values in rows of {width} of kind {kind:?}", values.len())));
        }
        same(observed.len(), values.len() / width)?;
        for (i, (y, row)) in observed.iter().zip(values.chunks_exact(width)).enumerate() {
            if y.is_nan() {
                continue;
            }
            if row.iter().any(|v| v.is_nan()) {
                return Err(Error::data(format!("row {} was observed and has no forecast", i + 1)));
            }
            if kind == ForecastKind::Probability {
                check_probability(i, *y, row[0])?;
            }
        }
        let draws = Draws::contiguous(values, width);
        Ok(Self {
            values: Values::Double(observed, draws),
            kind,
            weights: &[],
            units: &[],
            places: Places::Unknown,
        })
    }

    /// The same rows with weights, which are finite and not negative; none mean 1 everywhere.
    ///
    /// # Errors
    /// [`Error::Data`] otherwise.
    pub fn weighted(self, weights: &'a [f64]) -> Result<Self> {
        if !weights.is_empty() {
            same(weights.len(), self.len())?;
        }
        if let Some(i) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            return Err(Error::data(format!(
                "weight {} of row {}: weights are 0 or more",
                weights[i],
                i + 1
            )));
        }
        Ok(Self { weights, ..self })
    }

    /// The same rows, at known places.
    #[must_use]
    pub fn placed(self, places: Places) -> Self {
        Self { places, ..self }
    }

    /// Whether the rows are all that the forecast has, for scores of a field as a whole.
    ///
    /// # Errors
    /// [`Error::Data`] for a part of a field.
    pub fn check_whole(&self) -> Result<()> {
        if self.places == Places::Part {
            return Err(Error::data("it scores a whole field, and these rows are a part of one"));
        }
        Ok(())
    }

    /// The grid cell of every row, for scores of the field as a picture.
    ///
    /// # Errors
    /// [`Error::Data`] for a part of a field, for rows whose places are not known, and for a unit that is no cell.
    pub fn cells(&self) -> Result<Vec<Cell>> {
        self.check_whole()?;
        if self.places == Places::Unknown {
            return Err(Error::data(
                "it needs to know which rows are neighbours: grid cells (level `pgm`) of an evaluation, no countries \
                 and no table",
            ));
        }
        self.units.iter().map(|&unit| Cell::try_from(unit)).collect()
    }

    /// Number of rows, those without truth included.
    pub fn len(&self) -> usize {
        match self.values {
            Values::Single(observed, _) => observed.len(),
            Values::Double(observed, _) => observed.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the values are.
    pub fn kind(&self) -> ForecastKind {
        self.kind
    }

    /// Draws a row.
    pub fn width(&self) -> usize {
        match &self.values {
            Values::Single(_, draws) => draws.width(),
            Values::Double(_, draws) => draws.width(),
        }
    }

    /// Truth of every row; NaN where it is not known.
    pub fn observed(&self) -> Vec<f64> {
        match self.values {
            Values::Single(observed, _) => observed.iter().map(|&y| f64::from(y)).collect(),
            Values::Double(observed, _) => observed.to_vec(),
        }
    }

    /// Weight of a row.
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.get(row).copied().unwrap_or(1.0)
    }

    /// Whether rows have weights of their own.
    pub fn is_weighted(&self) -> bool {
        !self.weights.is_empty()
    }

    /// All draws in double precision, rows x draws, in the order they were given: draws of the same number belong
    /// together across rows.
    pub fn draws(&self) -> Vec<f64> {
        match &self.values {
            Values::Single(_, draws) => draws.values().iter().map(|&v| f64::from(v)).collect(),
            Values::Double(_, draws) => draws.values().to_vec(),
        }
    }

    /// Scores of every row, one vector a score; NaN for rows without truth.
    pub fn columns(&self, scores: &[RowScore]) -> Vec<Vec<f64>> {
        match &self.values {
            Values::Single(observed, draws) => draws::score(draws, observed, scores),
            Values::Double(observed, draws) => draws::score(draws, observed, scores),
        }
    }

    /// `[rows with truth, their weight, weighted sum of each score]`.
    pub fn sums(&self, scores: &[RowScore]) -> Vec<f64> {
        let all = [Grouping { of: &[], count: 1 }];
        let sums = match &self.values {
            Values::Single(observed, draws) => draws::sums(draws, observed, self.weights, scores, &all),
            Values::Double(observed, draws) => draws::sums(draws, observed, self.weights, scores, &all),
        };
        let of =
            |s: &GroupSums| [s.rows[0], s.weight[0]].into_iter().chain(s.sums.iter().map(|v| v[0])).collect();
        sums.first().map(of).unwrap_or_default()
    }

    /// Forecast probabilities of an event, and whether it happened, of the rows with truth. Of probabilities the event
    /// is what they are of.
    pub fn events(&self, event: Event) -> Events {
        let is_probability = self.kind == ForecastKind::Probability;
        let event = if is_probability { HALF } else { event };
        let score = if is_probability { RowScore::Mean } else { RowScore::Exceedance(event) };
        let (column, observed) = (self.columns(&[score]).swap_remove(0), self.observed());
        let known = || (0..self.len()).filter(|&i| !observed[i].is_nan());
        Events {
            probabilities: known().map(|i| column[i]).collect(),
            happened: known().map(|i| event.is(observed[i])).collect(),
            weights: known().filter(|_| self.is_weighted()).map(|i| self.weight(i)).collect(),
        }
    }

    /// The tally of a metric that is made of row scores.
    ///
    /// # Errors
    /// [`Error::Data`] that names the first row where a score is not defined, and the `domain` where it is.
    pub fn tally(&self, scores: &[RowScore], domain: &str) -> Result<Tally> {
        let sums = self.sums(scores);
        if sums.iter().all(|v| v.is_finite()) {
            return Ok(Tally(sums));
        }
        let (observed, columns) = (self.observed(), self.columns(scores));
        let bad = |i: &usize| !observed[*i].is_nan() && columns.iter().any(|c| !c[*i].is_finite());
        let Some(i) = (0..self.len()).find(bad) else {
            return Err(Error::data("the sum over rows is beyond the range of numbers"));
        };
        let forecast = self.columns(&[RowScore::Mean])[0][i];
        let name = self.units.get(i).map_or_else(|| format!("row {}", i + 1), |u| format!("unit {u}"));
        Err(Error::data(format!(
            "not defined for {name} (forecast {forecast}, observed {}): it needs {domain}",
            observed[i]
        )))
    }
}

/// Forecast probabilities of an event and whether it happened, by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// Forecast probabilities, 0-1.
    pub probabilities: Vec<f64>,
    /// Whether the event happened.
    pub happened: Vec<bool>,
    /// Weights of the rows; empty when all are 1.
    pub weights: Vec<f64>,
}

/// The event of a forecast probability: it is observed as 1.
const HALF: Event = Event { threshold: 0.5, strict: false };

fn same(observations: usize, rows: usize) -> Result<()> {
    if observations == rows {
        return Ok(());
    }
    Err(Error::data(format!("{observations} observations for {rows} units")))
}

fn check_probability(row: usize, y: f64, p: f64) -> Result<()> {
    if y != 0.0 && y != 1.0 {
        let row = row + 1;
        return Err(Error::data(format!(
            "row {row}: the observation is {y}; of an event it is 0 or 1 (binarise counts first, or give draws)"
        )));
    }
    if !(0.0..=1.0).contains(&p) {
        return Err(Error::data(format!("row {}: the forecast is {p}; a probability is 0 to 1", row + 1)));
    }
    Ok(())
}
