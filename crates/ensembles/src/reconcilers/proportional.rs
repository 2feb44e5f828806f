//! Shares of the total.

use forewarn_core::prelude::*;

use super::families::{self, Family};

forewarn_core::entry!(Reconcile: Proportional as "proportional", check);

/// Each part becomes its share of the total, draw by draw; the totals keep their distribution.
///
/// `x'_id = t_d x_id / sum_j x_jd`, draws matched by rank. In a draw in which all parts are zero and the total is not, the
/// shares are those of `mean_i + floor`, with `mean_i` the mean of the part's draws: where nothing was forecast, equal
/// shares. Top-down by forecast proportions: Athanasopoulos, Ahmed and Hyndman (2009),
/// doi:10.1016/j.ijforecast.2008.07.004. Fractions of counts are kept: whole numbers would not add up.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Proportional {
    /// Added to the mean of each part where shares of nothing are needed, above 0, in the unit of the target.
    pub floor: f64,
    /// `views`: as views-frames-reconcile 2.0.0. Draws are paired by their number, parts below zero count as zero, and
    /// parts that are all zero stay zero, so that they do not add up: those totals are named.
    pub compat: Option<Compat>,
}

/// Whose conventions are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compat {
    /// views-frames-reconcile 2.0.0.
    Views,
}

impl Default for Proportional {
    fn default() -> Self {
        Self { floor: 1e-3, compat: None }
    }
}

impl Proportional {
    fn check(self) -> Result<Self> {
        if self.floor > 0.0 && self.floor.is_finite() {
            return Ok(self);
        }
        Err(Error::config("proportional", format!("`floor` is {}; it must be above 0", self.floor)))
    }
}

impl Reconcile for Proportional {
    fn reconcile(&self, args: &ReconcileArgs<'_>) -> Result<Reconciled> {
        if self.compat.is_some() {
            return families::each(args, true, views);
        }
        families::each(args, false, |family| {
            families::check_not_negative(family)?;
            share(family, self.floor);
            Ok(None)
        })
    }
}

/// Shares out the totals of a family whose values are >= 0.
pub(crate) fn share(family: &mut Family, floor: f64) {
    let sums = family.sums(|v| v);
    let factor = |(&total, &sum): (&f64, &f64)| if sum > 0.0 { total / sum } else { 0.0 };
    let factors: Vec<f64> = family.total.iter().zip(&sums).map(factor).collect();
    let width = family.width();
    let means: Vec<f64> = family.rows().map(|row| row.iter().sum::<f64>() / width as f64 + floor).collect();
    let weight: f64 = means.iter().sum();
    family.scale(&factors);
    for d in (0..width).filter(|&d| sums[d] <= 0.0 && family.total[d] > 0.0) {
        for (row, mean) in family.parts.chunks_exact_mut(width).zip(&means) {
            row[d] = family.total[d] * mean / weight;
        }
    }
}

/// As the reference does it.
fn views(family: &mut Family) -> Result<Option<String>> {
    if let Some(total) = family.total.iter().find(|t| **t < 0.0) {
        return Err(Error::data(format!("a total of {total} cannot be shared: counts are >= 0")));
    }
    let sums = family.sums(|v| v.max(0.0));
    let factor = |(&total, &sum): (&f64, &f64)| if sum > 0.0 { total / sum } else { 0.0 };
    let factors: Vec<f64> = family.total.iter().zip(&sums).map(factor).collect();
    family.parts.iter_mut().for_each(|v| *v = v.max(0.0));
    family.scale(&factors);
    let lost = family.total.iter().zip(&sums).any(|(total, sum)| *sum <= 0.0 && *total > 0.0);
    Ok(lost.then(|| "in some draws its parts are all zero, and the total is not".to_owned()))
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;

    use super::*;

    /// One total of `parts` rows of draws; gives the parts x draws and the reasons.
    fn reconciled(settings: &Proportional, parts: &[&[f32]], total: &[f32]) -> Result<(Vec<Vec<f32>>, usize)> {
        let field = |rows: &[&[f32]]| {
            let units = (1..=rows.len() as u32).map(Unit).collect();
            Field::draws(Period(1), Step(1), units, rows[0].len(), rows.concat()).unwrap()
        };
        let (parts, totals) = (field(parts), field(&[total]));
        let hierarchy = Hierarchy::new(parts.units(), totals.units(), |_| Some(Unit(1)));
        let made = settings.reconcile(&ReconcileArgs::new(&parts, &totals, &hierarchy)?)?;
        Ok((made.parts.rows().map(<[f32]>::to_vec).collect(), made.exceptions.len()))
    }

    #[test]
    fn draws_are_matched_by_rank() {
        // The parts sum to 1, 6, 2: the totals 30, 10, 20 become 10, 30, 20.
        let (parts, exceptions) =
            reconciled(&Proportional::default(), &[&[1.0, 2.0, 0.0], &[0.0, 4.0, 2.0]], &[30.0, 10.0, 20.0]).unwrap();
        assert_eq!(parts, [vec![10.0, 10.0, 0.0], vec![0.0, 20.0, 20.0]]);
        assert_eq!(exceptions, 0);
    }

    #[test]
    fn where_nothing_was_forecast_the_means_and_then_equal_shares_count() {
        let (parts, _) = reconciled(&Proportional::default(), &[&[0.0, 0.0], &[0.0, 0.0]], &[0.0, 5.0]).unwrap();
        assert_eq!(parts, [vec![0.0, 2.5], vec![0.0, 2.5]]);
        // The sums are 0 and 8, the totals 4 and 6: in the first draw the means, 1 and 3, share.
        let floor = Proportional { floor: 1e-9, ..Proportional::default() };
        let (parts, _) = reconciled(&floor, &[&[0.0, 2.0], &[0.0, 6.0]], &[6.0, 4.0]).unwrap();
        assert_eq!(parts, [vec![1.0, 1.5], vec![3.0, 4.5]]);
    }

    /// `misc.reconciliation` of views-frames-reconcile 2.0.0, in single precision.
    #[test]
    fn the_reference_is_followed_where_asked() {
        let views = Proportional { compat: Some(Compat::Views), ..Proportional::default() };
        let point = |grid: &[f32], country: f32| {
            let rows: Vec<&[f32]> = grid.chunks(1).collect();
            let (parts, exceptions) = reconciled(&views, &rows, &[country]).unwrap();
            (parts.concat(), exceptions)
        };
        assert_eq!(point(&[0.0, 1.0, 3.0, 0.0, 6.0], 20.0), (vec![0.0, 2.0, 6.0, 0.0, 12.0], 0));
        assert_eq!(point(&[0.0; 3], 5.0), (vec![0.0; 3], 1));
        assert_eq!(point(&[1.0, 2.0, 3.0], 0.0), (vec![0.0; 3], 0));
        assert_eq!(point(&[-1.0, 2.0, 2.0], 8.0), (vec![0.0, 4.0, 4.0], 0));
        assert_eq!(point(&[1e-9, 1e-9], 100.0), (vec![50.0, 50.0], 0));
        let grid: [&[f32]; 3] = [&[0.0, 2.0, 0.0, 5.0], &[1.0, 2.0, 0.0, 0.0], &[1.0, 0.0, 0.0, 5.0]];
        let (parts, exceptions) = reconciled(&views, &grid, &[4.0, 1.0, 7.0, 0.0]).unwrap();
        assert_eq!(parts, [vec![0.0, 0.5, 0.0, 0.0], vec![2.0, 0.5, 0.0, 0.0], vec![2.0, 0.0, 0.0, 0.0]]);
        assert_eq!(exceptions, 1, "the third draw is lost, and said to be");
        let e = reconciled(&views, &[&[1.0]], &[-1.0]).unwrap_err().to_string();
        assert!(e.contains("a total of -1"), "{e}");
    }

    #[test]
    fn what_is_negative_has_no_share() {
        let e = reconciled(&Proportional::default(), &[&[1.0], &[-2.0]], &[3.0]).unwrap_err().to_string();
        assert!(e.contains("a forecast of -2 cannot be reconciled"), "{e}");
        assert!(Proportional { floor: 0.0, compat: None }.check().is_err());
    }

    #[test]
    fn shares_are_those_of_a_loop_over_draws() {
        for seed in 0..60 {
            let at = |row: u64, d: u64| {
                let s = Stream::new(seed, &[row, d]);
                if s.uniform(0) < 0.4 { 0.0 } else { (s.uniform(1) * 9.0).ceil() }
            };
            let (parts, draws) = (3, 6);
            let of = |row| (0..draws).map(move |d| at(row, d));
            let mut family = Family { total: of(0).collect(), parts: (1..=parts).flat_map(of).collect() };
            share(&mut family, 0.5);
            let mean = |row: u64| of(row).sum::<f64>() / draws as f64 + 0.5;
            let means: f64 = (1..=parts).map(mean).sum();
            for (row, d) in (1..=parts).flat_map(|row| (0..draws).map(move |d| (row, d))) {
                let sum: f64 = (1..=parts).map(|part| at(part, d)).sum();
                let expected = at(0, d) * if sum > 0.0 { at(row, d) / sum } else { mean(row) / means };
                let found = family.parts[((row - 1) * draws + d) as usize];
                assert!((found - expected).abs() < 1e-12, "seed {seed}, part {row}, draw {d}: {found} {expected}");
            }
        }
    }
}
