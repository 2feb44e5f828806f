//! Which columns of a table hold truth, forecasts and weights.

/// What the names of columns of single draws begin with.
const DRAW: &str = "draw_";

/// Positions of the columns that are read.
#[derive(Debug, PartialEq)]
pub(super) struct Columns {
    pub(super) observed: usize,
    pub(super) forecast: Forecast,
    pub(super) weight: Option<usize>,
}

/// Where the forecasts are.
#[derive(Debug, PartialEq)]
pub(super) enum Forecast {
    /// A column of points.
    Points(usize),
    /// Columns of draws, in the order of the numbers in their names.
    Draws(Vec<usize>),
    /// A column whose cells are lists of draws.
    Lists(usize),
}

impl Columns {
    /// Finds the columns by name.
    pub(super) fn find(names: &[String]) -> Result<Self, String> {
        let names: Vec<String> = names.iter().map(|n| n.trim().to_ascii_lowercase()).collect();
        let mut draws: Vec<usize> = (0..names.len())
            .filter(|&i| names[i].strip_prefix(DRAW).is_some_and(|suffix| !suffix.is_empty()))
            .collect();
        draws.sort_by_cached_key(|&i| (natural(&names[i]).map(to_owned).collect::<Vec<_>>(), i));
        if let Some(pair) = draws.windows(2).find(|pair| names[pair[0]] == names[pair[1]]) {
            return Err(twice(pair[0], pair[1], &names[pair[0]]));
        }
        let forecast = match (position(&names, "p")?, &draws[..], position(&names, "draws")?) {
            (Some(p), [], None) => Forecast::Points(p),
            (None, [_, ..], None) => Forecast::Draws(draws),
            (None, [], Some(lists)) => Forecast::Lists(lists),
            (None, [], None) => {
                return Err(lacks(&names, "`p` (points), nor `draw_1`, `draw_2`, ... (draws)"));
            }
            (Some(_), ..) => {
                return Err("holds both points (`p`) and draws; remove or rename one of them".into());
            }
            (None, [i, ..], Some(_)) => {
                let reason = format!("holds both `{}` and `draws`; remove or rename one of them", names[*i]);
                return Err(reason);
            }
        };
        let observed = position(&names, "y")?.ok_or_else(|| lacks(&names, "`y` (what was observed)"))?;
        Ok(Self { observed, forecast, weight: position(&names, "w")? })
    }
}

/// Position of the column `name`, which has to be the only one of the name.
pub(super) fn position(names: &[String], name: &str) -> Result<Option<usize>, String> {
    let mut positions = names.iter().enumerate().filter(|(_, n)| *n == name).map(|(i, _)| i);
    let first = positions.next();
    match (first, positions.next()) {
        (Some(a), Some(b)) => Err(twice(a, b, name)),
        _ => Ok(first),
    }
}

fn twice(a: usize, b: usize, name: &str) -> String {
    format!("columns {} and {} are both called `{name}`; rename or remove one of them", a + 1, b + 1)
}

/// That there is no such column, what there is, and the cure where the separator is not a comma.
pub(super) fn lacks(names: &[String], wanted: &str) -> String {
    let mut there_are = names.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        there_are.push_str(", ...");
    }
    let separated = names.len() == 1 && there_are.contains([';', '\t', '|']);
    let cure = if separated { "export it with commas between the fields" } else { "rename one of them" };
    format!("there is no column {wanted}; there are: {there_are}; {cure}")
}

/// A name as runs of digits and of other text; ordered by the values of the digits.
fn natural(name: &str) -> impl Iterator<Item = (bool, usize, &[u8])> {
    let runs = name.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    runs.map(|run| {
        if !run[0].is_ascii_digit() {
            return (true, 0, run);
        }
        let zeros = run.iter().take_while(|&&b| b == b'0').count();
        (false, run.len() - zeros, &run[zeros..])
    })
}

/// A piece of a name that can be kept.
fn to_owned((text, length, run): (bool, usize, &[u8])) -> (bool, usize, Vec<u8>) {
    (text, length, run.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(names: &[&str]) -> Result<Columns, String> {
        Columns::find(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn draws_are_in_the_order_of_their_numbers() {
        let found = find(&["draw_10", "draw_b", "Y", "draw_2", "draw_02x1", "draw_9", "draw_", "w"]).unwrap();
        assert_eq!(found.forecast, Forecast::Draws(vec![3, 4, 5, 0, 1]));
        assert_eq!((found.observed, found.weight), (2, Some(7)));
        let long = find(&["y", "draw_100000000000000000000000000000001", "draw_99999999999999999999999999"]);
        assert_eq!(long.unwrap().forecast, Forecast::Draws(vec![2, 1]));
    }

    #[test]
    fn one_kind_of_forecast_and_one_column_of_a_name() {
        assert_eq!(find(&["p", "x", "y"]).unwrap().forecast, Forecast::Points(0));
        assert_eq!(find(&["draws", "y"]).unwrap().forecast, Forecast::Lists(0));
        let both = "holds both points (`p`) and draws; remove or rename one of them";
        assert_eq!(find(&["y", "p", "draw_1"]).unwrap_err(), both);
        assert_eq!(find(&["y", "p", "draws"]).unwrap_err(), both);
        let e = find(&["y", "draw_3", "draws"]).unwrap_err();
        assert_eq!(e, "holds both `draw_3` and `draws`; remove or rename one of them");
        for names in [["y", "p", "Y"], ["p", "y", "P"], ["y", "draw_1", "draw_1"], ["draws", "y", "draws"]] {
            assert!(find(&names).unwrap_err().contains("are both called `"), "{names:?}");
        }
        assert!(find(&["y", "p", "w", "w"]).unwrap_err().contains("columns 3 and 4 are both called `w`"));
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        let e = find(&["y", "yhat"]).unwrap_err();
        let expected = "there is no column `p` (points), nor `draw_1`, `draw_2`, ... (draws); there are: y, yhat; \
                        rename one of them";
        assert_eq!(e, expected);
        let e = find(&["truth", "p"]).unwrap_err();
        assert!(e.starts_with("there is no column `y` (what was observed); there are: truth, p"), "{e}");
        assert!(find(&["y;p"]).unwrap_err().ends_with("export it with commas between the fields"));
        let many: Vec<String> = (0..30).map(|i| format!("c{i}")).collect();
        assert!(Columns::find(&many).unwrap_err().contains("c18, c19, ...; rename"));
    }
}
