//! One file a command: from arguments to text.

pub(crate) mod archive;
pub(crate) mod artifacts;
pub(crate) mod catalog;
pub(crate) mod components;
pub(crate) mod config;
pub(crate) mod divergence;
pub(crate) mod diversity;
pub(crate) mod doctor;
pub(crate) mod drift;
pub(crate) mod fetch;
pub(crate) mod gate;
pub(crate) mod importance;
pub(crate) mod map;
pub(crate) mod new;
pub(crate) mod online;
pub(crate) mod plan;
pub(crate) mod pool;
pub(crate) mod promote;
pub(crate) mod reconcile;
pub(crate) mod redteam;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod rerun;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod score;
pub(crate) mod sweep;
pub(crate) mod trace;
pub(crate) mod truth;
pub(crate) mod why;

/// JSON with a line's end.
fn json_text(value: &impl serde::Serialize) -> Result<String, crate::Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| crate::Failure::new(1, e.to_string()))?;
    Ok(text + "\n")
}

/// The run that was asked for, and the program that answers.
fn run_and_code(
    arguments: &crate::arguments::RunArguments,
    environment: &[(String, String)],
) -> Result<(forewarn_pipeline::Resolved, forewarn_pipeline::Code), crate::Failure> {
    let run = forewarn_pipeline::Resolved::load(&arguments.config, environment, &arguments.set)?;
    let unreadable = |e| crate::Failure::new(1, format!("the program cannot read itself: {e}"));
    Ok((run, forewarn_pipeline::Code::current().map_err(unreadable)?))
}

/// Fails when something is wrong; what there is, is printed.
fn complete(output: String, faults: &[String]) -> Result<String, crate::Failure> {
    if faults.is_empty() {
        return Ok(output);
    }
    Err(crate::Failure { output, ..crate::Failure::new(1, faults.join("\nerror: ")) })
}

/// Rows of a table, columns as wide as their widest cell; the first `left` columns begin together, the others end together.
fn aligned(rows: &[Vec<String>], left: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cell = |(i, cell): (usize, &String)| {
            if i < left { format!("{cell:<w$}", w = widths[i]) } else { format!("{cell:>w$}", w = widths[i]) }
        };
        let line = row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// About four significant digits.
fn number(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { "0".to_owned() } else { "-".to_owned() };
    }
    if !(1e-4..1e9).contains(&x.abs()) {
        return format!("{x:.2e}");
    }
    let decimals = (3 - x.abs().log10().floor() as i32).clamp(0, 8) as usize;
    format!("{x:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        assert_eq!(aligned(&[row("feature", "gain"), row("é", "0.5")], 1), "feature  gain\né         0.5\n");
    }

    #[test]
    fn numbers_keep_four_digits() {
        let shown = [0.0, 0.123_456, -12.3456, 12_345.6, 0.000_012_3, f64::NAN].map(number);
        assert_eq!(shown, ["0", "0.1235", "-12.35", "12346", "1.23e-5", "-"]);
    }
}
