//! The red team at work: what fools a suite, and what does not.

use std::sync::LazyLock;

use super::*;

const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;

/// Every seed once, with the default suite and what is said to be fooled.
static FOUND: LazyLock<Vec<RedTeam>> = LazyLock::new(|| {
    let names = [&SUITE[..], &["msle", "rmsle", "mae", "coverage"]].concat();
    let all = suite(&names).unwrap();
    SEEDS.map(|seed| RedTeam::of(&all, seed).unwrap()).collect()
});

fn run(names: &[&str], seed: u64) -> RedTeam {
    RedTeam::of(&suite(names).unwrap(), seed).unwrap()
}

/// Mean ranks by some of the metrics alone.
fn by(found: &RedTeam, names: &[&str]) -> Vec<f64> {
    let chosen = found.metrics.iter().filter(|judgement| names.contains(&judgement.metric.as_str()));
    let ranks: Vec<Vec<f64>> = chosen.map(|judgement| judgement.ranks.clone()).collect();
    assert_eq!(ranks.len(), names.len());
    ranking::mean_ranks(&ranks, Contender::ALL.len())
}

fn judgement<'a>(found: &'a RedTeam, name: &str) -> &'a Judgement {
    found.metrics.iter().find(|judgement| judgement.metric == name).unwrap()
}

fn score(found: &RedTeam, name: &str, contender: Contender) -> f64 {
    let i = Contender::ALL.iter().position(|c| *c == contender).unwrap();
    judgement(found, name).scores[i].unwrap()
}

#[test]
fn the_default_suite_is_not_fooled() {
    for found in FOUND.iter() {
        let ranks = by(found, &SUITE);
        let others = ranks[1..].iter().copied().fold(f64::INFINITY, f64::min);
        assert!(ranking::above(&ranks).is_empty(), "seed {}: {ranks:?}", found.seed);
        assert!(others - ranks[0] > 0.4, "seed {}: by a hair: {ranks:?}", found.seed);
    }
}

#[test]
fn logarithmic_errors_reward_too_little() {
    for found in FOUND.iter() {
        for metric in ["msle", "rmsle"] {
            let above = ranking::above(&by(found, &[metric]));
            for useless in [Contender::TenthSize, Contender::TenthFrequency] {
                assert!(above.contains(&useless), "seed {}, {metric}: {above:?}", found.seed);
                assert!(judgement(found, metric).prefers.contains(&useless));
            }
        }
    }
}

#[test]
fn the_pitfalls_of_zero_inflation_show() {
    for found in FOUND.iter() {
        let seed = found.seed;
        for metric in ["mae", "coverage"] {
            let prefers = &judgement(found, metric).prefers;
            assert!(prefers.contains(&Contender::AllZero), "seed {seed}, {metric}: {prefers:?}");
        }
        // The truth wins, but nothing at all costs little more, and less than an honest point forecast.
        let crps = |contender| score(found, "crps", contender);
        let (truth, zero) = (crps(Contender::Truth), crps(Contender::AllZero));
        assert!(truth < zero && zero < 1.4 * truth, "seed {seed}: {truth} {zero}");
        assert!(zero < crps(Contender::Persistence), "seed {seed}");
        assert!(!ranking::above(&by(found, &["crps", "coverage"])).is_empty(), "seed {seed}");
    }
}

#[test]
fn a_suite_that_fails_says_what_would_help() {
    let fooled = run(&["msle"], 1);
    let said = fooled.verdict().unwrap_err();
    assert_eq!((said.exit_code(), fooled.passes), (3, false));
    let said = said.to_string();
    assert!(said.starts_with("gate `redteam` failed: all zero (") && said.contains("size / 10 ("), "{said}");
    assert!(said.ends_with("add crps, brier, average-precision"), "{said}");
    assert!(run(&["msle", "crps", "brier", "average-precision"], 1).verdict().is_ok());
    let outvoted = run(&["crps", "brier", "average-precision", "msle", "rmsle", "mae", "mase"], 1);
    let said = outvoted.verdict().unwrap_err().to_string();
    assert!(said.ends_with("do without msle, rmsle, mae, mase"), "{said}");
}

#[test]
fn what_has_no_score_is_last_and_says_why() {
    let found = run(&["dawid-sebastiani"], 1);
    let all = &found.metrics[0];
    assert!(all.scores.iter().all(Option::is_none) && all.reasons.iter().all(Option::is_some));
    assert_eq!(all.ranks, [4.5; 8]);
    // A suite that cannot tell the truth from nonsense is no suite.
    assert!(!found.passes && found.above.len() == 5);
}

#[test]
fn a_suite_is_named_once_and_rightly() {
    let names = |suite: Vec<Named>| suite.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(suite(&["crps", " mse ", "crps"]).unwrap()), ["crps", "mse"]);
    let said = suite(&["crisp"]).unwrap_err();
    assert!(said.exit_code() == 2 && said.to_string().contains("there is no `crisp`"), "{said}");
    assert_eq!(RedTeam::of(&[], 1).unwrap_err().exit_code(), 2);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&["crps", "roc-auc"], 7))
    };
    assert_eq!(with(1), with(5));
}
