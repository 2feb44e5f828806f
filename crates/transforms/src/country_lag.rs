//! What happens in the countries around.

use std::collections::BTreeMap;

use forewarn_core::prelude::*;

use crate::countries::Countries;
use crate::presence::{observed, or_zero, scaled_sum};
use crate::{Compat, settings};

forewarn_core::entry!(Transform: CountryLag as "country-lag", check);

/// The weighted sum (or mean) over the countries around, one's own left out; the reference calls it
/// `spatial.countrylag`.
///
/// The countries are those `inner` to `inner + width - 1` borders away. A country's value is the sum over its units
/// (`of = "mean"`: their mean); its weight is `d^-power`, with `d` the great-circle distance of the centres in
/// degrees. Every unit of a country gets the country's lag. Borders are worked from the country of each cell: those
/// of the panel (`groups`), or of a land map where units are countries; they are those of today at all times.
///
/// Missing: units and countries that were not observed are left out and count as the mean of the others; where no
/// neighbour was observed the value is missing, also for countries that the map does not have. A country without
/// neighbours among the units has sum 0 and no mean. In the reference weights grow with the distance (`d^power`, on
/// the flat map), one missing neighbour makes the value missing, and a country without neighbours has mean 0;
/// `compat = "views"` does the same, though the reference's borders change with time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CountryLag {
    /// The first ring that counts; 1 is the direct neighbours.
    #[schemars(range(min = 1, max = 180))]
    pub inner: usize,
    /// How many rings count.
    #[schemars(range(min = 1, max = 180))]
    pub width: usize,
    /// Weights fall with this power of the distance; 0 weighs all countries equally.
    pub power: f64,
    /// Whether to divide by the sum of weights: the mean instead of the sum.
    pub normalise: bool,
    /// What a country of many units counts for.
    pub of: CountryValue,
    /// `views` lets weights grow with the distance and one gap hide all neighbours.
    pub compat: Compat,
}

/// What a country of many units counts for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountryValue {
    /// The sum over its units: for counts.
    #[default]
    Sum,
    /// The mean over its units: for rates and states.
    Mean,
}

impl Default for CountryLag {
    fn default() -> Self {
        Self {
            inner: 1,
            width: 1,
            power: 0.0,
            normalise: false,
            of: CountryValue::Sum,
            compat: Compat::None,
        }
    }
}

impl CountryLag {
    fn check(self) -> Result<Self> {
        settings::rings("country-lag", self.inner, self.width, self.power)?;
        Ok(self)
    }

    /// For each country of the panel, its neighbours in the panel with their weights; `None` when it is not on the
    /// map.
    fn links(&self, codes: &[u32], countries: &Countries) -> Vec<Option<Vec<(usize, f64)>>> {
        let power = if self.compat.views() { self.power } else { -self.power };
        let links = |&code: &u32| {
            let rings = countries.rings(code, self.inner, self.inner + self.width - 1);
            let known = rings.into_iter().filter_map(|other| Some((other, codes.binary_search(&other).ok()?)));
            let weight = |other| countries.distance(code, other, self.compat).powf(power);
            countries.contains(code).then(|| known.map(|(other, i)| (i, weight(other))).collect())
        };
        codes.iter().map(links).collect()
    }

    /// The value of each country in one period.
    fn totals(&self, field: &[f32], members: &[usize], sizes: &[f64]) -> Vec<f64> {
        let mut sums = vec![(0.0, 0.0); sizes.len()];
        for (&x, &country) in field.iter().zip(members) {
            let (sum, present) = &mut sums[country];
            *sum += or_zero(x);
            *present += observed(x);
        }
        let value = |(&(sum, present), &size): (&(f64, f64), &f64)| match self.of {
            CountryValue::Sum => scaled_sum(sum, present, size),
            CountryValue::Mean => sum / present,
        };
        sums.iter().zip(sizes).map(value).collect()
    }

    /// The lag of one country, given the value of each.
    fn lag(&self, totals: &[f64], links: Option<&Vec<(usize, f64)>>) -> f64 {
        let Some(links) = links else { return if self.compat.views() { 0.0 } else { f64::NAN } };
        let (mut sum, mut present, mut total) = (0.0, 0.0, 0.0);
        for &(country, weight) in links {
            total += weight;
            if self.compat.views() || !totals[country].is_nan() {
                sum += weight * totals[country];
                present += weight;
            }
        }
        match (self.normalise, self.compat) {
            (false, _) => scaled_sum(sum, present, total),
            (true, Compat::Views) if links.is_empty() => 0.0,
            (true, _) => sum / present,
        }
    }
}

impl Transform for CountryLag {
    fn apply(&self, args: &TransformArgs<'_>) -> Result<Vec<f32>> {
        let (country_of, countries) = map_of(args)?;
        let sizes: BTreeMap<u32, f64> = country_of.iter().fold(BTreeMap::new(), |mut sizes, &code| {
            *sizes.entry(code).or_default() += 1.0;
            sizes
        });
        let (codes, sizes): (Vec<u32>, Vec<f64>) = sizes.into_iter().unzip();
        let members: Vec<usize> = country_of.iter().filter_map(|code| codes.binary_search(code).ok()).collect();
        let links = self.links(&codes, &countries);
        let mut out = Vec::with_capacity(args.values.len());
        for field in args.fields() {
            let totals = self.totals(field, &members, &sizes);
            let lags: Vec<f32> = links.iter().map(|l| self.lag(&totals, l.as_ref()) as f32).collect();
            out.extend(members.iter().map(|&country| lags[country]));
        }
        Ok(out)
    }

    fn examples(&self) -> Vec<TransformExample> {
        // Country 1 has two cells, 2 borders on it, 3 on 2 only.
        const UNITS: &[u32] = &[100_001, 100_002, 100_003, 100_004];
        const GROUPS: &[u32] = &[1, 1, 2, 3];
        const NAN: f32 = f32::NAN;
        vec![
            TransformExample {
                title: "the sum over the countries around",
                settings: "{}",
                units: UNITS,
                groups: GROUPS,
                input: &[1.0, 2.0, 4.0, 8.0],
                expect: &[4.0, 4.0, 11.0, 4.0],
            },
            TransformExample {
                title: "country 1 is known by its second cell; the only neighbour of 1 and 3 is not known",
                settings: r#"{"normalise": true}"#,
                units: UNITS,
                groups: GROUPS,
                input: &[NAN, 2.0, NAN, 8.0],
                expect: &[NAN, NAN, 6.0, NAN],
            },
            TransformExample {
                title: "rates are averaged within a country; the second ring",
                settings: r#"{"inner": 2, "of": "mean"}"#,
                units: UNITS,
                groups: GROUPS,
                input: &[1.0, 2.0, 4.0, 8.0],
                expect: &[8.0, 8.0, 0.0, 1.5],
            },
        ]
    }
}

/// The country of each unit, and the map of countries.
fn map_of(args: &TransformArgs<'_>) -> Result<(Vec<u32>, Countries)> {
    if !args.land.is_empty() {
        let own = || args.units.iter().map(|unit| unit.0).collect();
        let country_of = if args.groups.is_empty() { own() } else { args.groups.to_vec() };
        return Ok((country_of, Countries::of(args.land)));
    }
    if args.groups.is_empty() {
        return Err(Error::data(
            "country-lag needs the country of each cell, and was given none: pass `groups` for a panel of cells, \
             or a land map for one of countries",
        ));
    }
    let cells = args.units.iter().map(|&unit| Cell::try_from(unit)).collect::<Result<Vec<_>>>()?;
    let land: Vec<(Cell, u32)> = cells.into_iter().zip(args.groups.iter().copied()).collect();
    Ok((args.groups.to_vec(), Countries::of(&land)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_as_units_need_a_map() {
        let units = [Unit(10), Unit(20), Unit(30)].into();
        let args = TransformArgs::new(&units, &[1.0, 2.0, 4.0], &[]).unwrap();
        let error = CountryLag::default().apply(&args).unwrap_err().to_string();
        assert!(error.contains("land map"), "{error}");
        let cells = [(100_001, 10), (100_002, 20), (100_009, 77)];
        let land = cells.map(|(gid, code)| (Cell::new(gid).unwrap(), code));
        let lag = CountryLag::default().apply(&args.with_land(&land)).unwrap();
        assert_eq!(lag[..2], [2.0, 1.0]);
        assert!(lag[2].is_nan(), "country 30 is not on the map");
    }

    #[test]
    fn near_countries_weigh_more() {
        // A strip of three countries on the equator: the middle one is nearer to the eastern one.
        let units: Units = (0..6).map(|i| Unit(129_601 + i)).collect();
        let groups = [1, 1, 1, 2, 3, 3];
        let args = TransformArgs::new(&units, &[3.0, 0.0, 0.0, 5.0, 0.0, 3.0], &groups).unwrap();
        let at = |power, compat| {
            let lag = CountryLag { power, normalise: true, compat, ..CountryLag::default() };
            lag.apply(&args).unwrap()[3]
        };
        assert_eq!(at(0.0, Compat::None), 3.0);
        let args2 = TransformArgs::new(&units, &[0.0, 0.0, 0.0, 5.0, 0.0, 3.0], &groups).unwrap();
        let lag = |compat| CountryLag { power: 1.0, normalise: true, compat, ..CountryLag::default() };
        // Distances 1.0 and 0.75 degrees: weights 1 and 4/3, or 1 and 3/4 in the reference.
        assert!((lag(Compat::None).apply(&args2).unwrap()[3] - 12.0 / 7.0).abs() < 1e-4);
        assert!((lag(Compat::Views).apply(&args2).unwrap()[3] - 9.0 / 7.0).abs() < 1e-4);
        assert_eq!(at(1.0, Compat::None), 3.0);
    }
}
