//! In which order the columns of a query set are worked: chains that begin alike share their beginning.

use forewarn_core::{Cell, Error, Panel, Result, TransformArgs};
use rayon::prelude::*;

use crate::feature::Feature;
use crate::link::Link;

/// The chains of a query set as trees, one a source.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    features: &'a [Feature],
    sources: Vec<(&'a str, Branch<'a>)>,
}

/// What is made of a column.
#[derive(Debug, Default)]
struct Branch<'a> {
    /// The features (by position) that are the column itself.
    features: Vec<usize>,
    next: Vec<(&'a Link, Branch<'a>)>,
}

/// A feature by position, and its values or why there are none.
type Worked = (usize, Result<Vec<f32>, String>);

impl<'a> Plan<'a> {
    /// The plan of these features.
    pub(crate) fn of(features: &'a [Feature]) -> Self {
        let mut sources: Vec<(&str, Branch<'_>)> = Vec::new();
        for (i, feature) in features.iter().enumerate() {
            let mut branch = entry(&mut sources, |s| s == feature.source, &feature.source);
            for link in &feature.transforms {
                branch = entry(&mut branch.next, |l| l.same(link), link);
            }
            branch.features.push(i);
        }
        Self { features, sources }
    }

    /// The column of each feature, in order.
    pub(crate) fn run(&self, panel: &Panel, groups: &[u32], land: &[(Cell, u32)]) -> Result<Vec<Vec<f32>>> {
        let work = |(source, branch): &(&str, Branch<'_>)| {
            let values = panel.column(source)?.values();
            let args = TransformArgs::new(panel.units(), values, groups)?.with_land(land);
            let mut worked = branch.grow(&args);
            worked.extend(branch.features.iter().map(|&i| (i, Ok(values.to_vec()))));
            Ok(worked)
        };
        let worked: Vec<Result<Vec<Worked>>> = self.sources.par_iter().map(work).collect();
        let mut worked: Vec<Worked> =
            worked.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        worked.sort_by_key(|(i, _)| *i);
        let (mut columns, mut faults) = (Vec::with_capacity(worked.len()), Vec::new());
        for (i, result) in worked {
            match result {
                Ok(values) => columns.push(values),
                Err(reason) => faults.push(format!("feature `{}`: {reason}", self.features[i].name)),
            }
        }
        if faults.is_empty() { Ok(columns) } else { Err(Error::data(faults.join("; "))) }
    }
}

/// The branch under `key`, new when there is none.
fn entry<'v, 'a, K: Copy>(
    branches: &'v mut Vec<(K, Branch<'a>)>,
    same: impl Fn(K) -> bool,
    key: K,
) -> &'v mut Branch<'a> {
    let found = branches.iter().position(|(k, _)| same(*k));
    let i = found.unwrap_or_else(|| {
        branches.push((key, Branch::default()));
        branches.len() - 1
    });
    &mut branches[i].1
}

impl Branch<'_> {
    /// What follows from a column; a column in between lives as long as something follows from it.
    fn grow(&self, args: &TransformArgs<'_>) -> Vec<Worked> {
        let follow = |(link, branch): &(&Link, Branch<'_>)| match link.transform().apply(args) {
            Ok(values) => branch.keep(args, values),
            Err(e) => {
                let reason = format!("transform `{}`: {e}", link.name());
                branch.all().into_iter().map(|i| (i, Err(reason.clone()))).collect()
            }
        };
        self.next.par_iter().map(follow).collect::<Vec<_>>().into_iter().flatten().collect()
    }

    /// What follows from `values`, and they themselves where they are a feature.
    fn keep(&self, args: &TransformArgs<'_>, values: Vec<f32>) -> Vec<Worked> {
        let mut worked = self.grow(&args.with_values(&values));
        if let Some((&first, others)) = self.features.split_first() {
            worked.extend(others.iter().map(|&i| (i, Ok(values.clone()))));
            worked.push((first, Ok(values)));
        }
        worked
    }

    /// Every feature on this branch.
    fn all(&self) -> Vec<usize> {
        let next = self.next.iter().flat_map(|(_, branch)| branch.all());
        self.features.iter().copied().chain(next).collect()
    }
}
