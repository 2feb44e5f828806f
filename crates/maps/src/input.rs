//! What maps ask of their input, and what they say when it is not there.

use forewarn_core::{Error, MapArgs, Result};

/// That a forecast has draws.
///
/// # Errors
/// [`Error::Data`] that says what can be drawn instead.
pub(crate) fn draws(map: &str, args: &MapArgs<'_>) -> Result<()> {
    if args.field.is_point() {
        let model = args.model;
        let reason = format!(
            "`{model}` is a point forecast and has no draws for `{map}`; map it with `expected-value`"
        );
        return Err(Error::data(reason));
    }
    Ok(())
}

/// That values are counts.
///
/// # Errors
/// [`Error::Data`] that names a unit whose value is negative.
pub(crate) fn counts(map: &str, args: &MapArgs<'_>, values: &[f32]) -> Result<()> {
    let Some(i) = values.iter().position(|&value| value < 0.0) else { return Ok(()) };
    let (unit, value) = (args.field.units()[i], values[i]);
    Err(Error::data(format!("unit {unit} has the value {value}; `{map}` maps counts, which are at least 0")))
}

/// What a map cannot do without.
///
/// # Errors
/// [`Error::Data`] that names what is missing, and what to do.
pub(crate) fn needed<T>(map: &str, input: Option<T>, (what, cure): (&str, &str)) -> Result<T> {
    input.ok_or_else(|| Error::data(format!("`{map}` needs {what}, which is not known; {cure}")))
}

/// That there is one value a unit of the forecast.
///
/// # Errors
/// [`Error::Data`] that tells both numbers.
pub(crate) fn one_each(map: &str, args: &MapArgs<'_>, values: &[&[f32]]) -> Result<()> {
    let units = args.field.units().len();
    match values.iter().find(|values| values.len() != units) {
        Some(values) => {
            let reason = format!("`{map}` got {} values for the {units} units of the forecast", values.len());
            Err(Error::data(reason))
        }
        None => Ok(()),
    }
}

/// A share between 0 and 1, ends excluded.
///
/// # Errors
/// [`Error::Config`] that names map and setting.
pub(crate) fn share(map: &str, setting: &str, value: f64) -> Result<()> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(Error::config(map, format!("{setting} is {value}; expected a number between 0 and 1")))
}
