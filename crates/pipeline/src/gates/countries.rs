//! The forecast of countries that a forecast of cells must add up to.

use forewarn_core::{Error as Fault, Group, Step};
use forewarn_data::geography;
use forewarn_store::{Archive, Filed};

use crate::config::Countries;
use crate::context::Context;
use crate::coverage::Coverage;
use crate::stages::forecast::Made;
use crate::{Error, Result, filing};

/// What is known of the countries.
#[derive(Debug)]
pub(super) enum Known {
    /// Nobody asked.
    Unasked,
    /// They were asked for and are not there, for this reason.
    Missing(String),
    /// They are filed here.
    There(Box<Filed>),
}

impl Known {
    /// Looks for the forecast that the configuration names, from the origin of the run; of several the first filed.
    ///
    /// # Errors
    /// A run that is not of cells, an archive that cannot be read.
    pub(super) fn of(ctx: &Context<'_>) -> Result<Self> {
        let (config, run) = (&ctx.run.config, ctx.run);
        let Some(Countries { forecast, archive }) = &config.gates.countries else { return Ok(Self::Unasked) };
        if config.target.level != "pgm" {
            let reason = format!(
                "`gates.countries` is for forecasts of cells (level `pgm`), this is of `{}`",
                config.target.level
            );
            return Err(Error::config(run.file.display().to_string(), reason));
        }
        let place = archive.as_ref().map_or_else(|| run.archive(), |place| run.place(place));
        let all = filing::of(&Archive::open(&place)?, std::slice::from_ref(forecast))?;
        let same = |filed: &&Filed| {
            let m = &filed.manifest;
            (m.target.as_str(), m.level.as_str()) == (config.target.column.as_str(), "cm")
                && (m.cadence, m.origin.0) == (ctx.cadence(), ctx.origin())
        };
        if let Some(filed) = all.iter().find(same) {
            return Ok(Self::There(Box::new(filed.clone())));
        }
        let origin = ctx.cadence().label(ctx.origin());
        Ok(Self::Missing(format!(
            "no forecast `{forecast}` of `{}` for countries (level `cm`) from {origin} is filed in {}; file it first, then \
             judge again, or take `gates.countries` out",
            config.target.column,
            place.display()
        )))
    }

    /// Name and digest of what was looked at.
    pub(super) fn file(&self) -> Option<(String, String)> {
        let Self::There(filed) = self else { return None };
        Some((format!("countries: {}", filed.manifest.name), filed.manifest.file.to_string()))
    }
}

/// Countries whose cells are all forecast, with the positions of their cells, and the sum that is forecast for each at its
/// own level: the mean of its draws, by step then country; NaN where it has no forecast.
///
/// # Errors
/// Files that cannot be read; a forecast of countries with fewer steps than that of cells.
pub(super) fn sums(issued: &Made, filed: &Filed) -> Result<(Vec<Group>, Vec<Vec<f64>>)> {
    let (cells, countries) = (issued.open()?, filed.open()?);
    if countries.steps() < cells.steps() {
        let (name, have, need) = (&filed.manifest.name, countries.steps(), cells.steps());
        let reason = format!(
            "the forecast `{name}` of countries has {have} steps, that of cells {need}; forecast as many"
        );
        return Err(Fault::data(reason).into());
    }
    let (parts, totals) = (cells.field(Step(1))?, countries.field(Step(1))?);
    let hierarchy = Coverage::of(parts.units()).hierarchy(parts.units(), totals.units());
    let whole = || hierarchy.children().iter().enumerate().filter(|(_, rows)| !rows.is_empty());
    let name = |row: usize| {
        let unit = totals.units()[row];
        geography::country_at("cm", unit)
            .map_or_else(|| format!("country {unit}"), |country| country.name.to_owned())
    };
    let groups = whole().map(|(row, rows)| Group { name: name(row), rows: rows.clone() }).collect();
    let of = |step: u16| -> Result<Vec<f64>> {
        let field = countries.field(Step(step))?;
        if field.units() != totals.units() {
            return Err(Fault::data(format!(
                "step {step} of `{}` is of other countries than step 1",
                filed.manifest.name
            ))
            .into());
        }
        let means = field.means();
        Ok(whole().map(|(row, _)| f64::from(means[row])).collect())
    };
    Ok((groups, (1..=cells.steps()).map(of).collect::<Result<_>>()?))
}
