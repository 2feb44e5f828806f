//! Laws that hold for every reconciler of the catalog.

use forewarn_core::*;
use forewarn_kernels::random::Stream;
use serde_json::json;

use super::RECONCILERS;

const DRAWS: usize = 40;

/// Zero-inflated counts of `units`, with ties.
fn draws(seed: u64, units: std::ops::RangeInclusive<u32>, width: usize, size: f64) -> Field {
    let mut values = Vec::new();
    for u in units.clone() {
        for d in 0..width as u64 {
            let s = Stream::new(seed, &[u64::from(u), d]);
            let zero = u % 4 == 0 || s.uniform(0) < 0.7;
            values.push(if zero { 0.0 } else { (s.uniform(1) * size).ceil() as f32 });
        }
    }
    Field::draws(Period(9), Step(2), units.map(Unit).collect(), width, values).unwrap()
}

/// Parts 10 to 49 of totals 1 to 4, part 50 of none, and total 5 without parts.
fn reconcile(entry: &Entry<dyn Reconcile>, parts: &Field, totals: &Field) -> Result<Reconciled> {
    let parent = |u: Unit| (u.0 < 50).then_some(Unit(u.0 / 10));
    let hierarchy = Hierarchy::new(parts.units(), totals.units(), parent);
    entry.default()?.reconcile(&ReconcileArgs::new(parts, totals, &hierarchy)?)
}

fn incoherence(made: &Reconciled, total: usize) -> f64 {
    let width = made.parts.width();
    let unit = made.totals.units()[total];
    let rows =
        made.parts.units().iter().zip(made.parts.rows()).filter(|(u, _)| u.0 < 50 && u.0 / 10 == unit.0);
    let mut sums = vec![0.0_f64; width];
    for (_, row) in rows {
        sums.iter_mut().zip(row).for_each(|(sum, &v)| *sum += f64::from(v));
    }
    let total = made.totals.rows().nth(total).unwrap().iter().map(|&v| f64::from(v));
    total.zip(sums).map(|(t, s)| (t - s).abs() / t.max(1.0)).fold(0.0, f64::max)
}

#[test]
fn parts_add_up_to_their_totals_draw_by_draw() {
    for entry in RECONCILERS {
        for width in [DRAWS, 25, 100] {
            let made =
                reconcile(entry, &draws(1, 10..=50, DRAWS, 9.0), &draws(2, 1..=5, width, 300.0)).unwrap();
            for total in 0..4 {
                assert!(incoherence(&made, total) <= 1e-6, "{}: {}", entry.name, incoherence(&made, total));
            }
            assert!(
                made.parts.values().iter().chain(made.totals.values()).all(|&v| v >= 0.0),
                "{}",
                entry.name
            );
            let [(unit, reason)] = &made.exceptions[..] else {
                panic!("{}: {:?}", entry.name, made.exceptions)
            };
            assert_eq!((unit.0, reason.as_str()), (5, "none of its parts is forecast"), "{}", entry.name);
        }
    }
}

#[test]
fn what_adds_up_stays_as_it_is() {
    let parts = draws(1, 10..=50, DRAWS, 9.0);
    for entry in RECONCILERS {
        let bottom_up = RECONCILERS.iter().find(|e| e.name == "bottom-up").unwrap();
        let coherent = reconcile(bottom_up, &parts, &draws(2, 1..=5, DRAWS, 300.0)).unwrap();
        let again = reconcile(entry, &coherent.parts, &coherent.totals).unwrap();
        let close = |a: &Field, b: &Field| {
            a.values().iter().zip(b.values()).all(|(x, y)| (x - y).abs() <= 1e-5 * x.abs().max(1.0))
        };
        assert!(close(&again.parts, &coherent.parts), "{}", entry.name);
        assert!(close(&again.totals, &coherent.totals), "{}", entry.name);
    }
}

#[test]
fn parts_of_no_total_and_families_with_gaps_stay_and_say_why() {
    let parts = draws(1, 10..=50, DRAWS, 9.0);
    let mut values = parts.clone().into_values();
    values[13 * DRAWS..14 * DRAWS].fill(f32::NAN);
    let gap = Field::draws(Period(9), Step(2), parts.units().clone(), DRAWS, values).unwrap();
    for entry in RECONCILERS {
        let totals = draws(2, 1..=5, DRAWS, 300.0);
        let made = reconcile(entry, &gap, &totals).unwrap();
        let kept = |unit: u32| {
            let row = |field: &Field| field.rows().nth(unit as usize - 10).unwrap().to_vec();
            row(&made.parts) == row(&gap)
        };
        assert!(kept(50) && kept(21) && kept(22), "{}", entry.name);
        assert!(made.exceptions.iter().any(|(u, why)| u.0 == 2 && why == "its part 23 has no forecast"));
        assert!(incoherence(&made, 0) <= 1e-6, "{}: the others are reconciled", entry.name);
    }
}

#[test]
fn the_order_of_parts_is_irrelevant_and_points_are_taken() {
    let (parts, totals) = (draws(1, 10..=49, DRAWS, 9.0), draws(2, 1..=4, DRAWS, 300.0));
    let means = Field::point(Period(9), Step(2), totals.units().clone(), totals.means()).unwrap();
    for entry in RECONCILERS {
        let made = reconcile(entry, &parts, &means).unwrap();
        assert_eq!((made.totals.is_point(), made.totals.width()), (false, DRAWS), "{}", entry.name);
        assert!((0..4).all(|total| incoherence(&made, total) <= 1e-6), "{}", entry.name);
        let again = reconcile(entry, &parts, &means).unwrap();
        assert_eq!(made, again, "{}", entry.name);
    }
}

#[test]
fn draws_keep_their_order() {
    let (parts, totals) = (draws(1, 10..=49, DRAWS, 9.0), draws(2, 1..=4, DRAWS, 300.0));
    for entry in RECONCILERS {
        let made = reconcile(entry, &parts, &totals).unwrap();
        let sums =
            |field: &Field, d: usize| -> f64 { field.rows().take(10).map(|row| f64::from(row[d])).sum() };
        for (a, b) in (0..DRAWS).flat_map(|a| (0..DRAWS).map(move |b| (a, b))) {
            if sums(&parts, a) < sums(&parts, b) {
                assert!(sums(&made.parts, a) <= sums(&made.parts, b) + 1e-3, "{}: {a} {b}", entry.name);
            }
        }
    }
}

#[test]
fn entries_are_documented_and_strict() {
    for entry in RECONCILERS {
        assert!(
            entry.doc().contains("doi:") || entry.doc().contains("Hyndman"),
            "{}: cite the source",
            entry.file
        );
        assert!((entry.build)(&json!({"no-such-setting": 1})).is_err(), "{}", entry.file);
    }
    assert!(RECONCILERS.windows(2).all(|w| w[0].name < w[1].name), "keep the catalog sorted");
}
