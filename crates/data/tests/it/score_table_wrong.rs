//! Tables of scores and distributions that are wrong: each message names file, place and cure.

use std::sync::Arc;

use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, ListArray, StringArray};
use forewarn_data::Error;
use forewarn_data::score_table::{Distribution, DistributionPair, ScoreTable};

use crate::score_table::{floats, parquet};

fn message(bytes: impl AsRef<[u8]>) -> String {
    ScoreTable::parse(bytes.as_ref(), "f").unwrap_err().to_string()
}

fn refused(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(message(text), *expected, "{text}");
    }
}

#[test]
fn json_that_does_not_fit_is_named_by_key_and_row() {
    refused(&[
        (
            r#"{"y": [1], "p": [1], "draws": [[1]]}"#,
            "f: holds both points (`p`) and `draws`; remove one of them",
        ),
        (r#"{"y": [1]}"#, "f: there is no forecast; give `p` (points) or `draws` (a list a row)"),
        (r#"{"p": [1]}"#, "f: there is no key `y`; give what was observed"),
        (
            r#"{"y": [1, 2, 3, 4, 5], "p": [1, 2, 3, 4]}"#,
            "f: `y` has 5 rows, `p` has 4; give as many of each",
        ),
        (r#"{"y": [1, 2], "draws": [[1]]}"#, "f: `y` has 2 rows, `draws` has 1; give as many of each"),
        (r#"{"y": [1], "p": [1], "w": []}"#, "f: `y` has 1 rows, `w` has 0; give as many of each"),
        (r#"{"y": [], "p": []}"#, "f: holds no row; give at least one `y` with its forecast"),
        (r#"{"y": [], "draws": []}"#, "f: holds no row; give at least one `y` with its forecast"),
        (r#"{"y": [1], "draws": [[]]}"#, "f: the rows of `draws` are empty; give each at least one draw"),
        (
            r#"{"y": [1, "Infinity"], "p": [1, 2]}"#,
            "f: row 2: `y` is inf; nothing infinite is observed: write the number, or NA if it is missing",
        ),
        (
            r#"{"y": [1, 2, 3], "p": [1, 2, 3], "w": [1, 0, -2]}"#,
            "f: row 3: `w` is -2; a weight is a finite number of 0 or more (0 leaves the row out)",
        ),
        (
            r#"{"y": [1], "p": [1], "w": [null]}"#,
            "f: row 1: `w` is missing; a weight is a finite number of 0 or more (0 leaves the row out)",
        ),
    ]);
}

#[test]
fn json_that_is_wrong_is_named_by_line_and_column() {
    refused(&[
        (
            "{\"y\": [1, 2, 3],\n\"draws\": [[1, 2],\n[1, 2],\n[1, 2, 3]]}",
            "f:4: column 10: row 3 of `draws` has 3 draws, row 1 has 2; give each row the same count (null where a \
             draw is missing)",
        ),
        (
            "{\"y\": [1],\n \"draw\": [[1]]}",
            "f:2: column 7: unknown key `draw` (the nearest is `draws`); the keys are `y`, `p`, `draws`, `w`",
        ),
        (
            r#"{"y": [1], "weights": [1]}"#,
            "f:1: column 20: unknown key `weights` (the nearest is `w`); the keys are `y`, `p`, `draws`, `w`",
        ),
        (r#"{"mu": [1]}"#, "f:1: column 5: unknown key `mu`; the keys are `y`, `p`, `draws`, `w`"),
        (r#"{"y": [1], "y": [1]}"#, "f:1: column 14: key `y` is given twice; remove one of them"),
        (
            "{\"y\": [1,\n \"six\"]}",
            "f:2: column 6: the text `six` is no number; write a number, or NA where it is missing, and numbers \
             without quotes",
        ),
        (
            r#"{"y": ["1.5"]}"#,
            "f:1: column 12: the text `1.5` is no number; write a number, or NA where it is missing, and numbers \
             without quotes",
        ),
        (
            r#"{"y": [true]}"#,
            "f:1: column 11: invalid type: boolean `true`, expected a number, null, \"NaN\", \"Infinity\" or \
             \"-Infinity\"",
        ),
        (r#"{"y": 1}"#, "f:1: column 7: invalid type: integer `1`, expected a list of numbers"),
        (
            r#"[{"y": 1, "p": 2}]"#,
            "f:1: column 1: invalid type: sequence, expected an object: `{\"y\": [...], \"p\": [...]}` or `{\"y\": \
             [...], \"draws\": [[...], ...]}`, with `w` if wanted",
        ),
        (
            "{\"y\": [1],\n\"p\": [1",
            "f:2: column 7: the JSON ends too early (EOF while parsing a list); fetch or export it again",
        ),
        (
            "{\"y\": [1, NaN]}",
            "f:1: column 11: is no valid JSON (expected value); a missing number is null or \"NaN\" in quotes",
        ),
        (
            "{\"y\": [1], \"p\": [1]}\n{}",
            "f:2: column 1: is no valid JSON (trailing characters); a missing number is null or \"NaN\" in quotes",
        ),
    ]);
}

#[test]
fn csv_that_is_wrong_is_named_by_line() {
    refused(&[
        ("y,p,draw_1\n1,1,1\n", "f:1: holds both points (`p`) and draws; remove or rename one of them"),
        (
            "y,mean\n1,1\n",
            "f:1: there is no column `p` (points), nor `draw_1`, `draw_2`, ... (draws); there are: y, mean; rename one \
             of them",
        ),
        (
            "truth,p\n1,1\n",
            "f:1: there is no column `y` (what was observed); there are: truth, p; rename one of them",
        ),
        (
            "y;p\n1;1\n",
            "f:1: there is no column `p` (points), nor `draw_1`, `draw_2`, ... (draws); there are: y;p; export it with \
             commas between the fields",
        ),
        ("y,p,P\n1,1,1\n", "f:1: columns 2 and 3 are both called `p`; rename or remove one of them"),
        (
            "y,draws\n1,\"[1, 2]\"\n",
            "f:1: column `draws` would be one of lists, which CSV has not; write `draw_1`, `draw_2`, ...",
        ),
        ("y,p\n", "f: holds no row; give at least one `y` with its forecast"),
        ("y,p\n1,2\n\n3,4\n5\n", "f:5: 1 fields, the header has 2; each row needs one for each column"),
        (
            "y,p\r\n1,2\r\n3,six\r\n",
            "f:3: column `p`: `six` is no number; write a number, or NA where it is missing",
        ),
        (
            "y,p\ninf,2\n",
            "f:2: `y` is inf; nothing infinite is observed: write the number, or NA if it is missing",
        ),
        (
            "y,p,w\n1,2,0\n1,2,-0.5\n",
            "f:3: `w` is -0.5; a weight is a finite number of 0 or more (0 leaves the row out)",
        ),
        (
            "y,p,w\n1,2,\n",
            "f:2: `w` is missing; a weight is a finite number of 0 or more (0 leaves the row out)",
        ),
        (
            "y,p,w\n1,2,inf\n",
            "f:2: `w` is inf; a weight is a finite number of 0 or more (0 leaves the row out)",
        ),
        (
            "y,p,note\n1,2,\"a\n3,4,b\n",
            "f:2: a quote is opened in this row and not closed; close it, or export it again",
        ),
        (" \n ", "f: is empty; give JSON, CSV or Parquet"),
        ("", "f: is empty; give JSON, CSV or Parquet"),
        ("PK\u{3}\u{4}xl/workbook", "f: is a ZIP archive or a spreadsheet; unpack it, or save it as CSV"),
    ]);
    assert_eq!(
        message(b"y,p\n1,2\n3,\xff\n"),
        "f:3: column `p`: `\u{fffd}` is no number; write a number, or NA where it is missing"
    );
    assert!(message(b"\xff\xfey\0,\0p\0\n").starts_with("f:1: is no CSV header ("));
}

#[test]
fn parquet_that_is_wrong_is_named_by_column_or_row() {
    let ones = || floats(&[Some(1.0), Some(1.0)]);
    let list = |rows: Vec<Option<Vec<Option<f64>>>>| -> ArrayRef {
        Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows))
    };
    let text = || -> ArrayRef { Arc::new(StringArray::from(vec!["a", "b"])) };
    let one = || Some(vec![Some(1.0)]);
    let cases: Vec<(Vec<(&str, ArrayRef)>, &str)> = vec![
        (
            vec![("y", ones()), ("p", text())],
            "f: column `p` holds Utf8, it should hold integers or floats; convert it",
        ),
        (
            vec![("y", ones()), ("draws", ones())],
            "f: column `draws` holds Float64, it should hold lists of integers or floats; convert it",
        ),
        (
            vec![("y", ones()), ("p", ones()), ("draws", list(vec![one(), one()]))],
            "f: holds both points (`p`) and draws; remove or rename one of them",
        ),
        (
            vec![("y", ones()), ("draws", list(vec![one(), Some(vec![None, Some(2.0)])]))],
            "f:2: row 2 of `draws` has 2 draws, row 1 has 1; give each row the same count (null where a draw is \
             missing)",
        ),
        (
            vec![("y", ones()), ("draws", list(vec![one(), None]))],
            "f:2: column `draws` is null; write a list of nulls for a row without a forecast",
        ),
        (
            vec![("y", ones()), ("draws", list(vec![Some(vec![]), Some(vec![])]))],
            "f: the rows of `draws` are empty; give each at least one draw",
        ),
        (
            vec![("y", floats(&[Some(1.0), Some(f64::NEG_INFINITY)])), ("p", ones())],
            "f:2: `y` is -inf; nothing infinite is observed: write the number, or NA if it is missing",
        ),
        (
            vec![("y", ones()), ("p", ones()), ("w", floats(&[Some(1.0), None]))],
            "f:2: `w` is missing; a weight is a finite number of 0 or more (0 leaves the row out)",
        ),
        (
            vec![("y", ones().slice(0, 0)), ("draws", list(vec![]))],
            "f: holds no row; give at least one `y` with its forecast",
        ),
    ];
    for (columns, expected) in cases {
        assert_eq!(message(parquet(columns)), expected);
    }
}

#[test]
fn rows_of_parquet_are_counted_over_all_of_the_file() {
    let mut y = vec![Some(1.0); 9000];
    let draws = |long: usize| -> ArrayRef {
        let rows = (0..9000).map(|i| Some(vec![Some(2.0); if i >= long { 3 } else { 2 }]));
        Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows))
    };
    for long in [4096, 6000] {
        let e = message(parquet(vec![("y", floats(&y)), ("draws", draws(long))]));
        let row = long + 1;
        let expected = format!("f:{row}: row {row} of `draws` has 3 draws, row 1 has 2; give");
        assert!(e.starts_with(&expected), "{e}");
    }
    y[6000] = Some(f64::INFINITY);
    let e = message(parquet(vec![("y", floats(&y)), ("draws", draws(9000))]));
    assert!(e.starts_with("f:6001: `y` is inf"), "{e}");
}

#[test]
fn broken_files_are_refused_whole() {
    let good = parquet(vec![("y", floats(&[Some(1.0); 500])), ("p", floats(&[Some(2.0); 500]))]);
    assert!(ScoreTable::parse(&good, "f").is_ok());
    for end in [4, 12, good.len() / 2, good.len() - 1] {
        let e = message(&good[..end]);
        assert!(
            e.starts_with("f: is no readable Parquet (") && e.ends_with("); fetch or export it again"),
            "{e}"
        );
    }
    for i in 0..good.len() {
        let mut bent = good.clone();
        bent[i] ^= 0xff;
        if let Err(e) = ScoreTable::parse(&bent, "f") {
            assert!(e.to_string().starts_with('f'), "byte {i}: {e}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    std::fs::write(&path, b"y,p\n1,2\n").unwrap();
    let e = ScoreTable::read(&path).unwrap_err().to_string();
    assert!(e.contains("a.parquet: is no readable Parquet ("), "{e}");
    let path = folder.path().join("a.csv.gz");
    std::fs::write(&path, b"y,p\n1,2\n").unwrap();
    let e = ScoreTable::read(&path).unwrap_err().to_string();
    assert!(e.contains("a.csv.gz: is no readable gzip (") && e.ends_with("); fetch or pack it again"), "{e}");
    let e = ScoreTable::read(&folder.path().join("none.json")).unwrap_err();
    assert!(matches!(&e, Error::Io { path, .. } if path.ends_with("none.json")), "{e}");
}

#[test]
fn wrong_distributions_are_named() {
    let bare = "f:1: column 1: invalid type: sequence, expected `{\"mass\": [...]}` (with `edges` if they are known) or \
                `{\"sample\": [...]}`, as a bare list could be either";
    let cases = [
        ("[0.5, 0.5]", bare),
        (r#"{"mass": [1], "sample": [1]}"#, "f: holds both `mass` and `sample`; remove one of them"),
        (r#"{"edges": [1, 2]}"#, "f: holds `edges` without `mass`; give the mass of each bin"),
        (r#"{"edges": [1, 2], "sample": [1]}"#, "f: holds `edges` without `mass`; give the mass of each bin"),
        ("{}", "f: holds nothing; give `mass` or `sample`"),
        (
            r#"{"masses": [1]}"#,
            "f:1: column 9: unknown key `masses` (the nearest is `mass`); the keys are `edges`, `mass`, `sample`",
        ),
        (r#"{"mass": []}"#, "f: holds no number; give at least one"),
        (r#"{"sample": []}"#, "f: holds no number; give at least one"),
        (r#"{"mass": [1, null]}"#, "f: bin 2: the mass is missing; a mass is a finite number of 0 or more"),
        (r#"{"mass": [-1]}"#, "f: bin 1: the mass is -1; a mass is a finite number of 0 or more"),
        (
            r#"{"mass": [1, 1], "edges": [0, 1]}"#,
            "f: 2 edges for 2 masses; give one edge more than masses, 3",
        ),
        (
            r#"{"mass": [1, 1], "edges": [0, 1, 1]}"#,
            "f: bin 2: goes from 1 to 1; each edge has to be greater than the one before",
        ),
        ("mass,sample\n1,1\n", "f:1: holds both `mass` and `sample`; remove or rename one of them"),
        ("x,y\n1,1\n", "f:1: there is no column `mass`, nor `sample`; there are: x, y; rename one of them"),
        ("mass,lower\n1,0\n", "f:1: holds one of `lower` and `upper`; give both edges of the bins, or none"),
        ("mass\n1\n-1\n", "f:3: the mass is -1; a mass is a finite number of 0 or more"),
        ("mass\n1\n\n1\n", "f:3: is blank between rows; remove it, or write NA"),
        (
            "lower,upper,mass\n0,1,1\n2,3,1\n",
            "f:3: `lower` is 2, the bin before ends at 1; sort the bins, and give empty ones a mass of 0",
        ),
        (
            "lower,upper,mass\n0,NA,1\n",
            "f:2: goes from 0 to NaN; each edge has to be greater than the one before",
        ),
        ("sample\n", "f: holds no number; give at least one"),
        ("PAR1", "f: is Parquet; a distribution is JSON, or CSV with a column `mass` or `sample`"),
    ];
    for (text, expected) in cases {
        let e = Distribution::parse(text.as_bytes(), "f").unwrap_err().to_string();
        assert_eq!(e, expected, "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (good, none) = (folder.path().join("p.json"), folder.path().join("q.json"));
    std::fs::write(&good, r#"{"mass": [1]}"#).unwrap();
    for (p, q) in [(&good, &none), (&none, &good)] {
        let e = DistributionPair::read(p, q).unwrap_err().to_string();
        assert!(e.contains("q.json: "), "{e}");
    }
}
