//! `forewarn divergence`: how far two distributions are apart.

use std::path::Path;

use forewarn_data::score_table::{Distribution, DistributionPair};
use forewarn_pipeline::Error;
use forewarn_pipeline::scoring::{Comparison, Divergences, KINDS, Kind};

use super::score::{incomplete, json, standard_input, table};
use crate::Failure;
use crate::arguments::DivergenceArguments;

/// Compares two files, one of which may be standard input.
pub(crate) fn divergence(arguments: &DivergenceArguments) -> Result<String, Failure> {
    let kinds = kinds(&arguments.kind);
    let comparison = Comparison {
        edges: (!arguments.edges.is_empty()).then(|| arguments.edges.clone()),
        smoothing: arguments.smoothing,
        regularisation: arguments.regularisation,
    };
    let (p, q) = (&arguments.p, &arguments.q);
    if p == q && p == Path::new("-") {
        return Err(Failure::new(2, "P and Q are both standard input; give a file for one of them"));
    }
    let pair = DistributionPair { p: read(p)?, q: read(q)? };
    let found = comparison.of(&pair, &kinds)?;
    let output = if arguments.json { json(&found)? } else { words(&found, arguments) };
    let missing = found.answers.missing();
    // What nobody asked for by name may be missing, but not all of it.
    let enough = if arguments.kind.is_empty() { missing.len() < kinds.len() } else { missing.is_empty() };
    if enough { Ok(output) } else { Err(incomplete(&found.answers, output)) }
}

/// The kinds that are named, each once and in that order, or all.
fn kinds(names: &[String]) -> Vec<(&'static str, Kind)> {
    if names.is_empty() {
        return KINDS.to_vec();
    }
    let mut kinds: Vec<(&str, Kind)> = Vec::new();
    for kind in names.iter().filter_map(|name| KINDS.into_iter().find(|k| k.0 == name)) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn read(file: &Path) -> Result<Distribution, Failure> {
    if file != Path::new("-") {
        return Ok(Distribution::read(file).map_err(Error::from)?);
    }
    Ok(Distribution::parse(&standard_input()?, "standard input").map_err(Error::from)?)
}

fn words(found: &Divergences, arguments: &DivergenceArguments) -> String {
    let side = |i: usize, file: &Path| {
        let missing = match found.missing[i] {
            0 => String::new(),
            missing => format!(", and {missing} missing left out"),
        };
        format!("{} ({} {}{missing})", file.display(), found.n[i], found.counted[i])
    };
    let smoothing = match found.smoothing {
        0.0 => String::new(),
        share => format!("smoothing: {share} added to each share\n"),
    };
    let (p, q) = (side(0, &arguments.p), side(1, &arguments.q));
    let positions = found.positions;
    format!("p: {p}\nq: {q}\npositions: {positions}\n{smoothing}\n{}", table(&found.answers))
}
