use super::*;
use crate::published::Transform::{Identity, Log1p};

fn header(names: &str) -> Header<'static> {
    // A name in brackets is that of a column of lists.
    let lists: Vec<bool> = names.split(' ').map(|name| name.starts_with('[')).collect();
    let names = names.split(' ').map(|name| name.trim_matches(['[', ']']).to_owned()).collect();
    Header { file: "f", names, lists }
}

fn told() -> Settings {
    Settings { origin: Some(forewarn_core::Period(9)), ..Settings::default() }
}

#[test]
fn layouts_are_known_by_their_columns() {
    for (names, layout, value) in [
        ("month_id priogrid_id [pred_x]", Layout::DrawLists, "pred_x"),
        ("[pred_x] month_id country_id pred_n", Layout::DrawLists, "pred_x"),
        ("month_id country_id draw outcome", Layout::LongDraws, "outcome"),
        ("MONTH_ID Country_Id Sample Prediction", Layout::LongDraws, "Prediction"),
        ("country_id step_1 step_2", Layout::WideSteps, "step_"),
        ("country_id step month_id forecast step_1", Layout::LongPoints, "forecast"),
        ("gid step month_id pred_ln_x", Layout::LongPoints, "pred_ln_x"),
    ] {
        let found = header(names).find(&Settings { transform: Some(Identity), ..told() }).unwrap();
        assert_eq!((found.layout, found.value.as_str()), (layout, value), "{names}");
    }
}

#[test]
fn cells_come_before_the_countries_they_lie_in() {
    let found =
        header("country_id priogrid_gid month_id origin step pred_ln_x").find(&Settings::default()).unwrap();
    assert_eq!((found.unit, found.month, found.origin, found.step), (1, Some(2), Some(3), Some(4)));
    assert_eq!((found.draw, &found.values[..], found.transform), (None, &[(None, 5)][..], Log1p));
}

#[test]
fn steps_are_numbers_at_the_end_of_known_names() {
    for (name, expected) in [
        ("step_1", Some(("step_", 1))),
        ("Step36", Some(("step", 36))),
        ("s12", Some(("s", 12))),
        ("s_3", Some(("s_", 3))),
        ("step_pred_4", Some(("step_pred_", 4))),
        ("pred_step_5", Some(("pred_step_", 5))),
        ("pred_s5", Some(("pred_s", 5))),
        ("ss_conflict_6", Some(("ss_conflict_", 6))),
        ("ged_sb_s_07", Some(("ged_sb_s_", 7))),
        ("step_combined", None),
        ("pred_1", None),
        ("sales1", None),
        ("2018", None),
    ] {
        let expected = expected.map(|(family, step)| (family.to_owned(), step));
        assert_eq!(wide(name, None), expected, "{name}");
    }
    assert_eq!(wide("H3", Some("h")), Some(("h".to_owned(), 3)));
    assert_eq!(wide("step_3", Some("h")), None);
}

#[test]
fn a_column_is_one_thing() {
    // The month is told to be the origin, and is no month any more; the step comes from the columns.
    let columns = Columns { origin: Some("Month_ID".into()), ..Columns::default() };
    let settings = Settings { columns, transform: Some(Identity), ..Settings::default() };
    let found = header("month_id gid step_2 step_1").find(&settings).unwrap();
    assert_eq!((found.month, found.origin), (None, Some(0)));
    assert_eq!(found.values, [(Some(1), 3), (Some(2), 2)]);
    assert_eq!(found.keys().collect::<Vec<_>>(), [1, 0]);
}
