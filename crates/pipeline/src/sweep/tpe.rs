//! The tree-structured Parzen estimator: values that were good are more likely to be tried again than values that were
//! not. Bergstra, Bardenet, Bengio and Kegl (2011), Algorithms for hyper-parameter optimization, NIPS 24.
//!
//! The best quarter of the trials gives one density per setting, `l`, and the rest another, `g`. Of 24 values drawn from
//! `l` the one with the greatest `l / g` is tried, because that has the greatest expected improvement (their equation 4).
//! Settings are independent of each other, as there.

use forewarn_kernels::random::{Stream, seed_for};
use serde_json::Value;

use super::parzen::Parzen;
use super::random;
use super::search::{Past, ranked};
use super::space::{Dimension, Range, Settings, index};

/// Trials that are drawn at random, before there is anything to learn from.
const START: usize = 10;
/// Share of the trials that are good.
const GAMMA: f64 = 0.25;
/// Values drawn for each setting.
const CANDIDATES: u64 = 24;

/// The settings of the next trial; the same for the same past.
pub(crate) fn propose(space: &[Dimension], past: &[Past], seed: u64) -> Settings {
    let trial = past.len() as u64;
    let order = ranked(past);
    if past.len() < START || order.is_empty() {
        return random::draw(space, seed, trial);
    }
    let good = order.len().min((GAMMA * past.len() as f64).ceil() as usize);
    let good = &order[..good];
    let value = |dimension: &Dimension| {
        // The number after the trial's keeps these draws apart from those at random.
        let stream = Stream::new(seed_for(seed, &dimension.path), &[trial, 1]);
        let places = |wanted: bool| {
            let those = past.iter().enumerate().filter(|(i, _)| good.contains(i) == wanted);
            let place = |(_, past): (usize, &Past)| {
                past.settings.get(&dimension.path).map(|value| dimension.range.place(value))
            };
            those.filter_map(place).filter(|place| !place.is_nan()).collect::<Vec<f64>>()
        };
        (dimension.path.clone(), suggest(&dimension.range, &places(true), &places(false), stream))
    };
    space.iter().map(value).collect()
}

/// The value with the greatest ratio of the two densities; of equals the one that was drawn first.
fn suggest(range: &Range, good: &[f64], bad: &[f64], stream: Stream) -> Value {
    let (likely, unlikely) = (Density::new(range, good), Density::new(range, bad));
    let candidates = (0..CANDIDATES).map(|i| {
        let value = range.at(likely.draw(stream, i));
        let place = range.place(&value);
        (likely.of(place) / unlikely.of(place), value)
    });
    let best = candidates.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map_or_else(|| range.at(0.5), |(_, value)| value)
}

/// How likely the values of a range are.
enum Density {
    /// A number.
    Number(Parzen, Option<usize>),
    /// A choice: the share of each option, as if each had been seen once more than it was.
    Choice(Vec<f64>),
}

impl Density {
    fn new(range: &Range, places: &[f64]) -> Self {
        let Range::Choice(options) = range else { return Self::Number(Parzen::new(places), range.count()) };
        let mut counts = vec![1.0; options.len()];
        for &place in places {
            counts[index(place, options.len())] += 1.0;
        }
        let sum = (places.len() + options.len()) as f64;
        Self::Choice(counts.into_iter().map(|count| count / sum).collect())
    }

    /// The density at the place of a number, the probability of a whole number or of an option.
    fn of(&self, place: f64) -> f64 {
        match self {
            Self::Number(parzen, None) => parzen.density(place),
            Self::Number(parzen, Some(count)) => {
                let half = 0.5 / *count as f64;
                parzen.within((place - half, place + half))
            }
            Self::Choice(shares) => shares[index(place, shares.len())],
        }
    }

    fn draw(&self, stream: Stream, i: u64) -> f64 {
        match self {
            Self::Number(parzen, _) => parzen.draw(stream, i),
            Self::Choice(shares) => {
                let level = stream.uniform(2 * i);
                let reached = shares.iter().scan(0.0, |sum, share| {
                    *sum += share;
                    Some(*sum)
                });
                let option = reached.take_while(|&sum| sum <= level).count().min(shares.len() - 1);
                (option as f64 + 0.5) / shares.len() as f64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn space() -> Vec<Dimension> {
        let dimension = |path: &str, range| Dimension { path: path.to_owned(), range };
        vec![
            dimension("depth", Range::Int([1, 20])),
            dimension("loss", Range::Choice(["a", "b", "c", "d"].map(Value::from).to_vec())),
            dimension("rate", Range::LogUniform([1e-4, 1.0])),
            dimension("share", Range::Uniform([0.0, 1.0])),
        ]
    }

    /// A bowl with its bottom, 0, at depth 7, loss `c`, rate 0.01 and share 0.8.
    fn bowl(settings: &Settings) -> f64 {
        let depth = (settings["depth"].as_f64().unwrap() - 7.0) / 20.0;
        let rate = (settings["rate"].as_f64().unwrap().log10() + 2.0) / 4.0;
        let share = settings["share"].as_f64().unwrap() - 0.8;
        let loss = if settings["loss"] == "c" { 0.0 } else { 0.1 };
        depth * depth + rate * rate + share * share + loss
    }

    /// The least value of the bowl in 50 trials.
    fn best(propose: impl Fn(&[Past]) -> Settings) -> f64 {
        let mut past: Vec<Past> = Vec::new();
        while past.len() < 50 {
            let settings = propose(&past);
            let loss = Some(bowl(&settings));
            past.push(Past { settings, loss, resource: None });
        }
        past.iter().filter_map(|p| p.loss).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn it_beats_random_search_on_a_bowl() {
        let (mut tpe, mut random, mut wins) = (0.0, 0.0, 0);
        for seed in 0..20 {
            let learned = best(|past| propose(&space(), past, seed));
            let drawn = best(|past| random::draw(&space(), seed, past.len() as u64));
            tpe += learned / 20.0;
            random += drawn / 20.0;
            wins += u32::from(learned < drawn);
        }
        println!("mean best of 20 seeds: TPE {tpe:.5}, random {random:.5}; TPE better on {wins}");
        assert!(tpe < 0.75 * random && wins >= 13, "TPE {tpe}, random {random}, {wins} wins");
    }

    #[test]
    fn it_begins_at_random_and_is_the_same_again() {
        let mut past: Vec<Past> = Vec::new();
        for trial in 0..15 {
            let settings = propose(&space(), &past, 3);
            assert_eq!(settings, propose(&space(), &past, 3));
            assert_eq!(settings == random::draw(&space(), 3, trial), trial < START as u64);
            past.push(Past { loss: Some(bowl(&settings)), settings, resource: None });
        }
    }

    #[test]
    fn what_failed_is_not_good() {
        let space = [Dimension { path: "depth".to_owned(), range: Range::Int([1, 4]) }];
        let past = |depth: i64, loss| Past {
            settings: [("depth".to_owned(), json!(depth))].into(),
            loss,
            resource: None,
        };
        let mut trials = vec![past(1, None); 12];
        assert_eq!(propose(&space, &trials, 5), random::draw(&space, 5, 12), "nothing to learn from");
        trials.extend(vec![past(3, Some(1.0)); 3]);
        for seed in 0..10 {
            assert_eq!(propose(&space, &trials, seed)["depth"], 3);
        }
    }

    #[test]
    fn options_are_counted_once_more_than_seen() {
        let range = &space()[1].range;
        let density = Density::new(range, &[0.625, 0.625, 0.125]);
        let shares = [0.1, 0.3, 0.6, 0.9].map(|place| density.of(place));
        assert_eq!(shares, [2.0 / 7.0, 1.0 / 7.0, 3.0 / 7.0, 1.0 / 7.0]);
        let stream = Stream::new(1, &[]);
        let third = (0..7000).filter(|&i| density.draw(stream, i) == 0.625).count();
        // Five standard errors.
        assert!((third as f64 - 3000.0).abs() < 5.0 * (7000.0_f64 * 12.0 / 49.0).sqrt(), "{third}");
    }
}
