//! The cases that a direct multi-step model learns from: features now, label some steps later.

use forewarn_core::{DesignMatrix, Error, History, Result, Step};
use forewarn_kernels::distinct::Distinct;

/// The distinct feature rows of a history, and which period and unit has which.
///
/// One matrix serves every step: the rows are shared, only the labels shift. It stands apart, so that it can be let go when
/// a regressor has read it.
#[derive(Debug)]
pub(crate) struct Cases {
    /// How many distinct rows there are.
    count: usize,
    /// Row of each period and unit, periods x units.
    row_of: Vec<u32>,
    units: usize,
}

/// Targets to learn, periods x units: those of the periods from `first` on, of the pairs whose features are of a period
/// and unit in `only`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Targets<'a> {
    values: &'a [f32],
    first: usize,
    only: Option<&'a [bool]>,
}

impl<'a> Targets<'a> {
    /// Those of all periods.
    pub(crate) fn all(values: &'a [f32]) -> Self {
        Self { values, first: 0, only: None }
    }

    /// Those of pairs whose features are of a period and unit in `only`, periods x units.
    pub(crate) fn only(self, only: &'a [bool]) -> Self {
        Self { only: Some(only), ..self }
    }

    /// Those before the period `first`, and those from it on; each target is in one of them.
    pub(crate) fn parted(self, first: usize, cases: &Cases) -> (Self, Self) {
        let before = self.values.get(..first * cases.units).unwrap_or(self.values);
        (Self { values: before, ..self }, Self { first, ..self })
    }
}

/// Labels of distinct rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct LabelSet {
    /// Row of each label, ascending.
    pub(crate) rows: Vec<u32>,
    /// The labels.
    pub(crate) values: Vec<f32>,
    /// How often each occurs.
    pub(crate) weights: Vec<f32>,
}

/// The features that a model uses: those it names, in its order, or all.
///
/// # Errors
/// [`Error::Data`] when there are no features, or none of that name.
pub(crate) fn columns<'a>(
    component: &str,
    features: Option<History<'a>>,
    names: &[String],
) -> Result<(Vec<String>, Vec<&'a [f32]>)> {
    let features = features.ok_or_else(|| {
        Error::data(format!(
            "`{component}` learns from features, and the run has none; name a `[features] query-set`"
        ))
    })?;
    let names = if names.is_empty() { features.names() } else { names.to_vec() };
    let values = names.iter().map(|name| features.column(name)).collect::<Result<_>>()?;
    Ok((names, values))
}

impl Cases {
    /// The cases of all periods of `values`, one slice a feature, periods x units, and each distinct row once.
    ///
    /// # Errors
    /// [`Error::Data`] when the matrix is refused.
    pub(crate) fn new(names: Vec<String>, values: &[&[f32]], units: usize) -> Result<(DesignMatrix, Self)> {
        let distinct = Distinct::of(values, values.first().map_or(0, |v| v.len()));
        let gather = |&i: &u32| values.iter().map(move |column| column[i as usize]);
        let rows = distinct.first.iter().flat_map(gather).collect();
        let rows = DesignMatrix::new(names.into(), rows)?;
        Ok((rows, Self { count: distinct.first.len(), row_of: distinct.of, units }))
    }

    /// How many distinct rows there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Row of each period and unit, periods x units.
    pub(crate) fn row_of(&self) -> &[u32] {
        &self.row_of
    }

    /// How many periods there are.
    pub(crate) fn periods(&self) -> usize {
        self.row_of.len() / self.units.max(1)
    }

    /// How often each row occurs.
    pub(crate) fn counts(&self) -> Vec<f32> {
        let mut counts = vec![0_u32; self.count];
        self.row_of.iter().for_each(|&r| counts[r as usize] += 1);
        counts.into_iter().map(|c| c as f32).collect()
    }

    /// Row and label of every pair of a period and the one `step` later with an observed target.
    pub(crate) fn pairs<'a>(
        &'a self,
        targets: Targets<'a>,
        step: Step,
    ) -> impl Iterator<Item = (u32, f32)> + 'a {
        let step = usize::from(step.0);
        let first = targets.first.max(step);
        let later = targets.values.get(first * self.units..).unwrap_or_default();
        let now = (first - step) * self.units;
        let rows = self.row_of.get(now..).unwrap_or_default();
        let chosen = move |i: usize| targets.only.is_none_or(|only| only[now + i]);
        let pairs = rows.iter().copied().zip(later.iter().copied()).enumerate();
        pairs.filter(move |(i, (_, y))| !y.is_nan() && chosen(*i)).map(|(_, pair)| pair)
    }

    /// One label a row: the mean of `label` over the row's pairs, its weight their number. Rows without a pair are left out.
    ///
    /// The gradients of squared error, Poisson, Tweedie and logistic loss are linear in the label, so that learning from
    /// these is learning from every pair.
    pub(crate) fn merged(&self, targets: Targets<'_>, step: Step, label: impl Fn(f32) -> f32) -> LabelSet {
        let mut sums = vec![(0.0_f64, 0_u32); self.count];
        for (row, y) in self.pairs(targets, step) {
            let (sum, count) = &mut sums[row as usize];
            *sum += f64::from(label(y));
            *count += 1;
        }
        let mut set = LabelSet::default();
        for (row, (sum, count)) in sums.into_iter().enumerate().filter(|(_, (_, count))| *count > 0) {
            set.push(row as u32, (sum / f64::from(count)) as f32, count as f32);
        }
        set
    }

    /// One label a pair whose target is above 0, in the order of rows.
    pub(crate) fn positives(&self, targets: Targets<'_>, step: Step, label: impl Fn(f32) -> f32) -> LabelSet {
        let mut pairs: Vec<_> = self.pairs(targets, step).filter(|(_, y)| *y > 0.0).collect();
        pairs.sort_by_key(|(row, _)| *row);
        let mut set = LabelSet::default();
        for (row, y) in pairs {
            set.push(row, label(y), 1.0);
        }
        set
    }
}

impl LabelSet {
    fn push(&mut self, row: u32, value: f32, weight: f32) {
        self.rows.push(row);
        self.values.push(value);
        self.weights.push(weight);
    }

    /// For a fit on a matrix of `count` rows.
    ///
    /// # Errors
    /// [`Error::Data`] when there are none.
    pub(crate) fn labels(&self, count: usize) -> Result<forewarn_core::Labels<'_>> {
        forewarn_core::Labels::new(&self.rows, &self.values, &self.weights, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two units, four periods; unit 1 has the same features twice.
    fn cases() -> (DesignMatrix, Cases) {
        let a = [0.0, 1.0, 0.0, 1.0, 0.0, 2.0, 5.0, 5.0];
        Cases::new(vec!["a".to_owned()], &[&a], 2).unwrap()
    }

    #[test]
    fn labels_shift_and_equal_rows_are_merged() {
        let (rows, cases) = cases();
        assert_eq!((rows.values(), cases.count()), (&[0.0, 1.0, 2.0, 5.0][..], 4));
        assert_eq!(cases.counts(), [3.0, 2.0, 1.0, 2.0]);
        let target = [9.0, 9.0, 1.0, 0.0, 2.0, 3.0, f32::NAN, 6.0];
        let one = cases.merged(Targets::all(&target), Step(1), |y| y);
        // Row 0 (unit 1 at periods 1, 2; its third label is missing), row 1 (unit 2), row 2.
        let expected =
            LabelSet { rows: vec![0, 1, 2], values: vec![1.5, 1.5, 6.0], weights: vec![2.0, 2.0, 1.0] };
        assert_eq!(one, expected);
        let three = cases.merged(Targets::all(&target), Step(3), |y| y);
        assert_eq!((three.rows, three.values), (vec![1], vec![6.0]), "only the first period is that early");
        assert!(cases.merged(Targets::all(&target), Step(4), |y| y).labels(4).is_err());
    }

    #[test]
    fn each_pair_is_in_one_part_by_the_period_of_its_target() {
        let cases = cases().1;
        let target = [9.0, 9.0, 1.0, 0.0, 2.0, 3.0, f32::NAN, 6.0];
        let (early, late) = Targets::all(&target).parted(2, &cases);
        let pairs = |targets, step| cases.pairs(targets, Step(step)).collect::<Vec<_>>();
        assert_eq!(pairs(early, 1), [(0, 1.0), (1, 0.0)], "targets of the second period");
        assert_eq!(pairs(late, 1), [(0, 2.0), (1, 3.0), (2, 6.0)], "of the third and fourth");
        assert_eq!((pairs(early, 3), pairs(late, 3)), (vec![], vec![(1, 6.0)]));
        assert_eq!((pairs(early, 4), pairs(late, 4)), (vec![], vec![]));
        assert_eq!(cases.periods(), 4);
        let odd = [true, false, true, false, true, false, true, false];
        assert_eq!(pairs(Targets::all(&target).only(&odd), 1), [(0, 1.0), (0, 2.0)], "the first unit");
        assert_eq!(pairs(late.only(&odd.map(|o| !o)), 1), [(1, 3.0), (2, 6.0)], "the second");
    }

    #[test]
    fn positive_labels_are_kept_apart() {
        let target = [9.0, 9.0, 1.0, 0.0, 2.0, 3.0, f32::NAN, 6.0];
        let positive = cases().1.positives(Targets::all(&target), Step(1), |y| y * 10.0);
        assert_eq!((positive.rows, positive.values), (vec![0, 0, 1, 2], vec![10.0, 20.0, 30.0, 60.0]));
    }

    #[test]
    fn a_run_without_features_is_told_what_to_do() {
        let e = columns("hurdle", None, &[]).unwrap_err().to_string();
        assert!(e.contains("`hurdle` learns from features") && e.contains("query-set"), "{e}");
    }
}
