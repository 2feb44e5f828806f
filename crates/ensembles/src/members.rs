//! What members must agree on before they are combined.

use forewarn_core::{Error, Field, Member, Result, Unit};

/// The first member, after checking that all are about the same: origin, step, units.
///
/// # Errors
/// [`Error::Config`] without members; [`Error::Data`] that names two members and in what they differ.
pub(crate) fn check<'a>(members: &[Member<'a>]) -> Result<&'a Field> {
    let first = members.first().ok_or_else(|| Error::config("ensemble", "it has no members"))?;
    for m in members {
        let differs = |what: &str, a: &dyn std::fmt::Display, b: &dyn std::fmt::Display| {
            let (name, base) = (m.name, first.name);
            Error::data(format!(
                "member `{name}` has {what} {a}, member `{base}` {b}; they cannot be combined"
            ))
        };
        let (a, b) = (m.field, first.field);
        if a.origin != b.origin {
            return Err(differs("origin", &a.origin, &b.origin));
        }
        if a.step != b.step {
            return Err(differs("step", &a.step, &b.step));
        }
        if a.units() != b.units() {
            return Err(differs("other units,", &describe(m, first), &""));
        }
    }
    Ok(first.field)
}

/// That members with draws have equally many: what is combined rank by rank has to.
///
/// # Errors
/// [`Error::Data`] that names two members and their draws.
pub(crate) fn check_widths(members: &[Member<'_>]) -> Result<()> {
    let mut drawing = members.iter().filter(|m| !m.field.is_point());
    let Some(first) = drawing.next() else { return Ok(()) };
    match drawing.find(|m| m.field.width() != first.field.width()) {
        None => Ok(()),
        Some(m) => Err(Error::data(format!(
            "member `{}` has {} draws, member `{}` {}",
            first.name,
            first.field.width(),
            m.name,
            m.field.width()
        ))),
    }
}

/// How many units two members have, and the first one that only one of them has.
fn describe(a: &Member<'_>, b: &Member<'_>) -> String {
    let (x, y) = (a.field.units(), b.field.units());
    let only = |p: &[Unit], q: &[Unit]| p.iter().find(|u| !q.contains(u)).copied();
    let example = match (only(x, y), only(y, x)) {
        (Some(u), _) => format!("unit {u} is only in `{}`", a.name),
        (None, Some(u)) => format!("unit {u} is only in `{}`", b.name),
        (None, None) => "in another order".to_owned(),
    };
    format!("{} against {}: {example};", x.len(), y.len())
}

/// Draws of the member that has most; 1 when all are points.
pub(crate) fn widest(members: &[Member<'_>]) -> usize {
    members.iter().map(|m| m.field.width()).max().unwrap_or(1)
}

/// Draws of all members together; a point counts as many as the widest has.
pub(crate) fn total(members: &[Member<'_>]) -> usize {
    let widest = widest(members);
    members.iter().map(|m| if m.field.is_point() { widest } else { m.field.width() }).sum()
}

/// A forecast like those of the members: a point when all are points.
///
/// # Errors
/// [`Error::Data`] when the values are no `width` for each unit, or infinite.
pub(crate) fn field(members: &[Member<'_>], width: usize, values: Vec<f32>) -> Result<Field> {
    let first = check(members)?;
    let (origin, step, units) = (first.origin, first.step, first.units().clone());
    if members.iter().all(|m| m.field.is_point()) {
        Field::point(origin, step, units, values)
    } else {
        Field::draws(origin, step, units, width, values)
    }
}

/// Row `index` of a field.
pub(crate) fn row(field: &Field, index: usize) -> &[f32] {
    let width = field.width();
    &field.values()[index * width..(index + 1) * width]
}

/// What the members say of one unit, all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// One of them has no forecast.
    Missing,
    /// Each says one value in all its draws.
    Constant,
    /// The draws of some member differ.
    Varying,
}

/// What members say of unit `index`: 99 of 100 units of a conflict forecast need no more work.
pub(crate) fn spread(members: &[Member<'_>], index: usize) -> Spread {
    let mut spread = Spread::Constant;
    for m in members {
        let row = row(m.field, index);
        if row[0].is_nan() {
            return Spread::Missing;
        }
        // Without a branch, so that values are looked at side by side; 0 and -0 count as two, which costs time only.
        let first = row[0].to_bits();
        if row.iter().fold(0, |bits, v| bits | (v.to_bits() ^ first)) != 0 {
            spread = Spread::Varying;
        }
    }
    spread
}

/// Whether all members say the same one value of unit `index`.
pub(crate) fn agree(members: &[Member<'_>], index: usize) -> bool {
    let value = |m: &Member<'_>| row(m.field, index)[0];
    members.iter().all(|m| value(m) == value(&members[0])) && spread(members, index) == Spread::Constant
}

#[cfg(test)]
mod tests {
    use forewarn_core::{Period, Step};

    use super::*;

    #[test]
    fn units_are_told_apart_by_what_all_members_say() {
        let units: forewarn_core::Units = (1..=3).map(Unit).collect();
        let draws = [0.0, 0.0, 1.0, 2.0, 3.0, 3.0].to_vec();
        let a = Field::draws(Period(1), Step(1), units.clone(), 2, draws).unwrap();
        let b = Field::point(Period(1), Step(1), units, vec![5.0, 0.0, f32::NAN]).unwrap();
        let both = [Member { name: "a", field: &a }, Member { name: "b", field: &b }];
        let seen: Vec<Spread> = (0..3).map(|i| spread(&both, i)).collect();
        assert_eq!(seen, [Spread::Constant, Spread::Varying, Spread::Missing]);
        assert_eq!((widest(&both), total(&both), row(&a, 1)), (2, 4, &[1.0, 2.0][..]));
        assert!(agree(&both[..1], 0) && !agree(&both[..1], 1) && agree(&both[..1], 2) && !agree(&both, 0));
        assert!(check(&both).is_ok() && check_widths(&both).is_ok());
    }
}
