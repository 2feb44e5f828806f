//! Random search: every trial is drawn from the ranges, whatever came before. Bergstra and Bengio (2012), Random search
//! for hyper-parameter optimization, JMLR 13.

use forewarn_kernels::random::{Stream, seed_for};

use super::space::{Dimension, Settings};

/// Settings number `trial`: a value for each path, a function of seed, path and number alone.
pub(crate) fn draw(space: &[Dimension], seed: u64, trial: u64) -> Settings {
    let value = |dimension: &Dimension| {
        let place = Stream::new(seed_for(seed, &dimension.path), &[trial]).uniform(0);
        (dimension.path.clone(), dimension.range.at(place))
    };
    space.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::super::space::Range;
    use super::*;

    fn dimension(path: &str) -> Dimension {
        Dimension { path: path.to_owned(), range: Range::Int([0, 9]) }
    }

    #[test]
    fn a_draw_depends_on_its_address_alone() {
        let both = [dimension("a"), dimension("b")];
        let draws: Vec<Settings> = (0..50).map(|trial| draw(&both, 1, trial)).collect();
        for (trial, drawn) in draws.iter().enumerate() {
            assert_eq!(draw(&both[1..], 1, trial as u64)["b"], drawn["b"], "other paths do not matter");
        }
        assert!(draws.iter().any(|d| d["a"] != d["b"]), "paths have their own numbers");
        assert_ne!(draws, (0..50).map(|trial| draw(&both, 2, trial)).collect::<Vec<_>>());
    }

    #[test]
    fn every_value_is_drawn_equally_often() {
        let space = [dimension("a")];
        let mut counts = [0_u32; 10];
        for trial in 0..10_000 {
            counts[draw(&space, 7, trial)["a"].as_u64().unwrap() as usize] += 1;
        }
        let chi2: f64 = counts.iter().map(|&c| (f64::from(c) - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi2 < 30.0, "chi-square with 9 degrees of freedom: {chi2}");
    }
}
