//! What a scene must be to be drawn.

use forewarn_core::{Error, Legend, Result, Scene};

/// That a scene can be drawn.
///
/// # Errors
/// [`Error::Data`] that names what cannot.
pub(super) fn scene(scene: &Scene) -> Result<()> {
    if scene.ground.cells.is_empty() {
        return Err(Error::data("the scene has no cells; a map needs at least one"));
    }
    if scene.units.len() != scene.values.len() {
        let (units, values) = (scene.units.len(), scene.values.len());
        return Err(Error::data(format!("the scene has {units} units and {values} values")));
    }
    let signed = scene.legend.shade.is_signed();
    let off = |v: f32| !signed && (v.is_infinite() || v < 0.0);
    if let Some((unit, value)) = scene.units.iter().zip(&scene.values).find(|(_, v)| off(**v)) {
        return Err(Error::data(format!("unit {unit} has the value {value}; the scale shows 0 and above")));
    }
    legend(&scene.legend)
}

fn legend(legend: &Legend) -> Result<()> {
    let ticks = &legend.ticks;
    let least = if legend.shade.is_signed() { -legend.top } else { 0.0 };
    let ascending = ticks.is_sorted_by(|a, b| a < b) && ticks.first() >= Some(&least);
    let whole = ascending && ticks.last() == Some(&legend.top);
    if legend.top > 0.0 && legend.top.is_finite() && whole {
        return Ok(());
    }
    Err(Error::data(format!(
        "the legend runs to {} with ticks at {ticks:?}; expected ascending ticks from {least} on, the last at the top",
        legend.top
    )))
}

/// That scenes can be drawn side by side: each by itself, and all with the same legend.
///
/// # Errors
/// [`Error::Data`] when there are none, or one cannot be drawn or has another legend.
pub(super) fn together(scenes: &[Scene]) -> Result<&Scene> {
    let first = scenes.first().ok_or_else(|| Error::data("there is no scene to draw"))?;
    for other in scenes {
        scene(other)?;
        if other.legend != first.legend {
            return Err(Error::data(format!(
                "“{}” and “{}” have different legends; give them one with `common_scale` first",
                first.title, other.title
            )));
        }
    }
    Ok(first)
}
