//! Draws for each unit from its own recent past.

use forewarn_core::prelude::*;
use forewarn_kernels::random::Stream;

/// One row of draws a unit, by `fill(pool, stream, row)`: `pool` holds the observed values among the unit's last `window`
/// periods, oldest first, and `stream` its random numbers at this origin and step. Without any value the row is NaN.
///
/// # Errors
/// Those of `fill`, with the unit.
pub(crate) fn draws(
    args: &PredictArgs<'_>,
    window: usize,
    fill: impl Fn(&[f32], Stream, &mut [f32]) -> Result<(), String>,
) -> Result<Field> {
    let units = args.history.units().clone();
    let recent = args.history.recent(args.target, window)?;
    let mut values = vec![0.0; units.len() * args.draws];
    let mut pool = Vec::with_capacity(window.min(recent.len()));
    for (i, row) in values.chunks_exact_mut(args.draws).enumerate() {
        pool.clear();
        pool.extend(recent.iter().skip(i).step_by(units.len()).filter(|v| !v.is_nan()));
        if pool.is_empty() {
            row.fill(f32::NAN);
            continue;
        }
        let stream = stream(args, units[i]);
        fill(&pool, stream, row).map_err(|why| Error::data(format!("unit {}: {why}", units[i])))?;
    }
    Field::draws(args.history.origin(), args.step, units, args.draws, values)
}

/// The random numbers of a unit at this origin and step.
pub(crate) fn stream(args: &PredictArgs<'_>, unit: Unit) -> Stream {
    let origin = args.history.origin().0 as u64;
    Stream::new(args.seed, &[u64::from(unit.0), origin, u64::from(args.step.0)])
}

/// That a window has at least one period.
pub(crate) fn check(component: &str, window: usize) -> Result<()> {
    if window == 0 {
        return Err(Error::config(component, "`window` is 0; it needs at least 1 period"));
    }
    Ok(())
}
