//! Structure, amplitude and location of a field.

use forewarn_core::prelude::*;
use forewarn_kernels::structure::{Components, Settings, components};

use crate::picture::{self, Contribution, Picture, fields};

forewarn_core::entry!(Metric: Sal as "sal");

/// Structure, amplitude and location errors of a field of grid cells: lower is better, 0 is perfect.
///
/// The mean over fields of `|S| + |A| + L`, or of one of the three, without a unit. `A`, -2 to 2, is the difference of
/// the totals in units of their mean; `S`, -2 to 2, the same of the volumes of objects scaled by their peaks (too large and
/// flat, or too small and peaked); `L`, 0-2, the distance of the centres of mass, and of the objects from them. Wernli et al.
/// (2008), doi:10.1175/2008MWR2415.1; objects are cells side by side or corner to corner above a fifteenth of the 95 %
/// quantile of the cells above 0, Wernli et al. (2009), doi:10.1175/2009WAF2222271.1. Magnitudes are added, because too
/// much in one month does not make up for too little in another. A field of predictive means is smoother than anything
/// that happens: compare models, not with 0. Fields without an event are not counted; an empty forecast of one with
/// events has an amplitude, and neither structure nor location. It needs grid cells, and whole fields of values that are
/// not negative.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sal {
    /// What is scored.
    pub component: Component,
}

/// A component of SAL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// `|S| + |A| + L`, 0 to 6.
    #[default]
    Sum,
    /// `|S|`, 0 to 2.
    Structure,
    /// `|A|`, 0 to 2.
    Amplitude,
    /// `L`, 0 to 2.
    Location,
}

impl Component {
    fn of(self, found: Components) -> f64 {
        let Components { structure, amplitude, location } = found;
        match self {
            Self::Sum => structure.abs() + amplitude.abs() + location,
            Self::Structure => structure.abs(),
            Self::Amplitude => amplitude.abs(),
            Self::Location => location,
        }
    }
}

impl Metric for Sal {
    fn tally(&self, args: &ScoreArgs<'_>) -> Result<Tally> {
        let Some(picture) = Picture::of(args, 0)? else { return Ok(Contribution::Uncounted.tally()) };
        let [forecast, observed] = fields(args).map(|values| picture.draw(&values));
        if observed.iter().all(|y| y.is_nan() || *y == 0.0) {
            return Ok(Contribution::Uncounted.tally());
        }
        let found = components(&forecast, &observed, picture.width, &Settings::default());
        let score = self.component.of(found);
        if score.is_finite() {
            return Ok(Contribution::Score(score).tally());
        }
        if found.amplitude == -2.0 {
            return Ok(Contribution::Refused.tally());
        }
        Err(Error::data("it needs finite values that are not negative, in more than one cell"))
    }

    fn score(&self, tally: &Tally) -> Result<f64> {
        picture::mean(tally, "are empty and have neither structure nor location", "has an event")
    }

    fn examples(&self) -> Vec<ScoreExample> {
        vec![
            ScoreExample {
                title: "a perfect forecast",
                observed: &[0.0, 12.0],
                draws: &[&[0.0], &[12.0]],
                expect: 0.0,
            },
            ScoreExample {
                title: "twice as much in the right place",
                observed: &[0.0, 4.0, 0.0],
                draws: &[&[0.0], &[8.0], &[0.0]],
                expect: 2.0 / 3.0,
            },
            ScoreExample {
                title: "as much, at the other end",
                observed: &[4.0, 0.0, 0.0],
                draws: &[&[0.0], &[0.0], &[4.0]],
                expect: 1.0,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(component: Component, observed: &[f32], forecast: &[f32]) -> Result<f64> {
        let units = (1..=observed.len() as u32).map(Unit).collect();
        let field = Field::point(Period(1), Step(1), units, forecast.to_vec())?;
        let sal = Sal { component };
        sal.score(&sal.tally(&ScoreArgs::new(observed, &field)?.placed(Places::Grid))?)
    }

    #[test]
    fn components_add_up() {
        // Truth: two single cells of 1, four apart; forecast: 1 and 3 side by side at the end.
        let (observed, forecast) = ([1.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 1.0, 3.0]);
        let of = |component| score(component, &observed, &forecast).unwrap();
        // V: 1 and 4/3. D: 2 and 4. Centres: columns 2 and 3.75; distances of objects 2 and 0; d = 4.
        let expected = [(1.0 / 3.0) / (7.0 / 6.0), 2.0 / 3.0, (1.75 + 4.0) / 4.0];
        let got = [Component::Structure, Component::Amplitude, Component::Location].map(of);
        assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{got:?}");
        assert!((of(Component::Sum) - got.iter().sum::<f64>()).abs() < 1e-12);
        // The other way round, the sign of structure and amplitude is lost, so that a pool of both is not perfect.
        assert!((score(Component::Structure, &forecast, &observed).unwrap() - expected[0]).abs() < 1e-12);
    }

    #[test]
    fn nothing_has_an_amplitude_only() {
        let nothing = |component| score(component, &[1.0, 0.0], &[0.0, 0.0]);
        assert_eq!(nothing(Component::Amplitude).unwrap(), 2.0);
        for component in [Component::Sum, Component::Structure, Component::Location] {
            assert!(nothing(component).unwrap_err().to_string().contains("1 of 1 forecast fields are empty"));
        }
        let calm = score(Component::Sum, &[0.0, 0.0], &[1.0, 0.0]).unwrap_err().to_string();
        assert!(calm.contains("whose truth has an event"), "{calm}");
        let negative = score(Component::Sum, &[1.0, 0.0], &[-1.0, 0.0]).unwrap_err().to_string();
        assert!(negative.contains("not negative"), "{negative}");
    }
}
