//! Kernels against the outputs of other libraries on the same inputs.

use forewarn_kernels::divergence::{
    self, hellinger, jeffreys, jensen_shannon, jensen_shannon_distance, kullback_leibler, total_variation,
};
use forewarn_kernels::draws::{Event, RowScore};
use forewarn_kernels::fractions::{self, Edge, Fields};
use forewarn_kernels::histogram::{self, Edges};
use forewarn_kernels::kolmogorov_smirnov::Pooled;
use forewarn_kernels::sinkhorn;
use forewarn_kernels::special::student_quantile;
use forewarn_kernels::structure::{self, Diameter};
use forewarn_kernels::trajectories::{Shape, Trajectories};
use forewarn_kernels::transport::{self, Balance, Metric};
use forewarn_kernels::wasserstein::{self, Weighted};
use forewarn_kernels::{comparison, energy, pit, variogram};
use serde_json::Value;

use crate::cases::{Cases, Group, floats};

fn rows(input: &Value) -> impl Iterator<Item = (f64, Vec<f64>)> {
    let draws = |row: &Value| {
        let mut row = floats(row);
        row.sort_by(f64::total_cmp);
        row
    };
    let rows: Vec<Vec<f64>> = input["x"].as_array().unwrap().iter().map(draws).collect();
    floats(&input["y"]).into_iter().zip(rows)
}

fn of_draws(group: &Group, input: &Value) -> Option<Vec<f64>> {
    let settings = |name: &str| floats(&group.settings[name]);
    Some(match group.score.as_deref()? {
        "quantiles" => {
            let of = |level| rows(input).map(move |(_, row)| RowScore::Quantile { level }.of(&row, 0.0));
            settings("levels").into_iter().flat_map(of).collect()
        }
        "brier" => {
            let events = settings("thresholds").into_iter().map(|t| Event { threshold: t, strict: true });
            let scores: Vec<RowScore> = events.map(RowScore::Brier).collect();
            rows(input)
                .flat_map(|(y, row)| scores.iter().map(|s| s.of(&row, y)).collect::<Vec<_>>())
                .collect()
        }
        "rank-histogram" => {
            let mut histogram = pit::Histogram::new(rows(input).next()?.1.len() + 1);
            let ranks = rows(input).filter_map(|(y, row)| pit::rank(&row, y));
            ranks.for_each(|(below, ties)| histogram.add_rank(below, ties));
            let whole = if group.settings["shares"] == true { histogram.cases() } else { 1.0 };
            histogram.bins().iter().map(|bin| bin / whole).collect()
        }
        "pit-bounds" => {
            let of = |(y, row): (f64, Vec<f64>)| [RowScore::Below, RowScore::AtMost].map(|s| s.of(&row, y));
            rows(input).flat_map(of).collect()
        }
        _ => return None,
    })
}

/// Masses, as settings want them: with shares smoothed, or 0 replaced by a least one.
fn masses(group: &Group, values: &Value) -> Vec<f64> {
    let values = floats(values);
    if let Some(alpha) = group.settings["smoothing"].as_f64() {
        return divergence::smoothed(&values, alpha);
    }
    let least = group.settings["least"].as_f64().unwrap_or(0.0);
    values.iter().map(|v| if *v == 0.0 { least } else { *v }).collect()
}

fn of_distributions(group: &Group, input: &Value) -> Option<Vec<f64>> {
    let name = group.score.as_deref()?;
    let (p, q) = (masses(group, &input["p"]), masses(group, &input["q"]));
    let positions: Vec<f64> = (0..p.len()).map(|i| i as f64).collect();
    let at = |weights| Weighted { values: &positions, weights };
    let line = |i: usize, j: usize| i.abs_diff(j) as f64;
    Some(vec![match name {
        "kullback-leibler" => kullback_leibler(&p, &q),
        "jeffreys" => jeffreys(&p, &q),
        "jensen-shannon" => jensen_shannon(&p, &q),
        "jensen-shannon-distance" => jensen_shannon_distance(&p, &q),
        "hellinger" => hellinger(&p, &q),
        "bhattacharyya" => -(1.0 - hellinger(&p, &q).powi(2)).ln(),
        "total-variation" => total_variation(&p, &q),
        "w1-weighted" => wasserstein::w1_weighted(at(&p), at(&q)),
        "energy-distance-weighted" => wasserstein::energy_distance_weighted(at(&p), at(&q)),
        "cramer" => wasserstein::energy_distance_weighted(at(&p), at(&q)).powi(2) / 2.0,
        "transport" => transport::plan(&p, &q, line, Balance::Normalised).map_or(f64::NAN, |plan| plan.cost),
        "sinkhorn" => entropic(group, &p, &q, line),
        _ => return None,
    }])
}

fn entropic(group: &Group, p: &[f64], q: &[f64], cost: impl Fn(usize, usize) -> f64) -> f64 {
    let regularisation = group.settings["regularisation"].as_f64().unwrap();
    let settings = sinkhorn::Settings { regularisation, tolerance: 1e-11, iterations: 1_000_000 };
    let found = sinkhorn::transport(p, q, cost, settings);
    found.filter(|t| t.converged).map_or(f64::NAN, |t| t.cost)
}

fn of_samples(group: &Group, input: &Value) -> Option<Vec<f64>> {
    let (u, v) = (floats(&input["u"]), floats(&input["v"]));
    Some(vec![match group.score.as_deref()? {
        "w1" => wasserstein::w1(&u, &v),
        "w2-squared" => wasserstein::w2(&u, &v).powi(2),
        "energy-distance" => wasserstein::energy_distance(&u, &v),
        "histogram" => {
            let edges = Edges::new(&floats(&group.settings["edges"])).unwrap();
            return Some(histogram::counts(&u, &edges).bins.into_iter().map(|n| n as f64).collect());
        }
        "kolmogorov-smirnov" => Pooled::new(&u, &v).statistic(),
        _ => return None,
    }])
}

fn of_grids(group: &Group, input: &Value) -> Option<Vec<f64>> {
    let (a, b) = (floats(&input["a"]), floats(&input["b"]));
    let euclidean = group.settings["metric"] != "manhattan";
    let metric = if euclidean { Metric::Euclidean } else { Metric::Manhattan };
    let balance = if group.settings["normalised"] == true { Balance::Normalised } else { Balance::Equal };
    let place = |i: usize| ((i % 4) as f64, (i / 4) as f64);
    let apart = |i: usize, j: usize| (place(i).0 - place(j).0).hypot(place(i).1 - place(j).1);
    Some(vec![match group.score.as_deref()? {
        "transport-grid" => transport::grid(&a, &b, 4, metric, balance),
        "sinkhorn-grid" => entropic(group, &a, &b, apart),
        _ => return None,
    }])
}

fn of_series(group: &Group, input: &Value) -> Option<Vec<f64>> {
    let horizon = group.settings["horizon"].as_u64().unwrap_or(1) as usize;
    let tested = || comparison::diebold_mariano(&floats(&input["d"]), horizon);
    Some(match group.score.as_deref()? {
        "diebold-mariano" => tested().map_or(vec![f64::NAN], |c| vec![c.statistic, c.p_value]),
        "diebold-mariano-interval" => tested().map_or(vec![f64::NAN], |c| {
            let half = student_quantile(0.975, c.n as f64 - 1.0) * c.mean / c.statistic;
            let below = c.p_value / 2.0;
            let above_0 = if c.statistic > 0.0 { 1.0 - below } else { below };
            vec![c.mean, c.statistic, above_0, c.mean + half, c.mean - half]
        }),
        "effective-sample-size" => {
            vec![comparison::effective_sample_size(&floats(&input["y"]), &floats(&input["f"]))]
        }
        _ => return None,
    })
}

/// Cases x members x dimensions.
fn of_trajectories(group: &Group, input: &Value) -> Option<Vec<f64>> {
    let least = group.above.unwrap_or(f64::NEG_INFINITY);
    let raised = |values: &Value| floats(values).into_iter().map(|v| v.max(least)).collect::<Vec<f64>>();
    let (x, y) = (raised(&input["x"]), raised(&input["y"]));
    let members = input["x"][0].as_array()?;
    let (cases, members, dims) = (input["x"].as_array()?.len(), members.len(), members[0].as_array()?.len());
    let trajectories = Trajectories::case_member_dim(&x, Shape { cases, dims, members });
    let fair = group.settings["fair"] == true;
    match group.score.as_deref()? {
        "energy-score" => Some(energy::scores(&trajectories, &y, fair)),
        "variogram-score" => {
            Some(variogram::scores(&trajectories, &y, group.settings["power"].as_f64()?, None, fair))
        }
        _ => None,
    }
}

fn of_fields(group: &Group, input: &Value) -> Option<Vec<f64>> {
    let (forecast, observed) = (&floats(&input["fcst"]), &floats(&input["obs"]));
    let (width, settings) = (input["obs"][0].as_array()?.len(), &group.settings);
    match group.score.as_deref()? {
        "fractions-skill-score" => {
            let event =
                Event { threshold: settings["threshold"].as_f64()?, strict: settings["strict"] == true };
            let edge = if settings["padded"] == true { Edge::Padded } else { Edge::Interior };
            let sizes = [settings["window"].as_u64()? as usize];
            Some(vec![fractions::sums(Fields { forecast, observed, width }, event, &sizes, edge)[0].score()])
        }
        "structure" => {
            let settings = structure::Settings { diameter: Diameter::Corners, ..Default::default() };
            let found = structure::components(forecast, observed, width, &settings);
            Some(vec![found.structure, found.amplitude, found.location])
        }
        _ => None,
    }
}

/// Forecast probabilities of ordered classes, against the class that came.
fn of_classes(group: &Group, input: &Value) -> Option<Vec<f64>> {
    if group.score.as_deref()? != "ranked-probability" {
        return None;
    }
    let one = |(y, p): (f64, &Value)| {
        let p = floats(p);
        let classes: Vec<f64> = (0..p.len()).map(|i| i as f64).collect();
        let forecast = Weighted { values: &classes, weights: &p };
        wasserstein::energy_distance_weighted(forecast, Weighted { values: &[y], weights: &[1.0] }).powi(2)
            / 2.0
    };
    Some(floats(&input["y"]).into_iter().zip(input["p"].as_array().unwrap()).map(one).collect())
}

/// What the kernels say.
fn ours(group: &Group, input: &Value) -> Vec<Option<f64>> {
    let families = [
        (of_draws as fn(&Group, &Value) -> Option<Vec<f64>>, "x"),
        (of_trajectories, "x"),
        (of_fields, "fcst"),
        (of_classes, "p"),
        (of_distributions, "q"),
        (of_samples, "u"),
        (of_grids, "a"),
        (of_series, "d"),
        (of_series, "f"),
    ];
    let known = families.into_iter().filter(|(_, key)| input.get(key).is_some());
    let values = known.map(|(of, _)| of).find_map(|of| of(group, input));
    let values = values.unwrap_or_else(|| panic!("no kernel {:?}", group.score));
    values.into_iter().map(|v| group.converted(v)).collect()
}

#[test]
fn kernels_agree_with_their_peers_or_differ_for_a_stated_reason() {
    let cases: Cases = serde_json::from_str(include_str!("../data/kernel_cases.json")).unwrap();
    let mut complaints = Vec::new();
    for group in cases.groups.iter().filter(|g| g.score.is_some()) {
        for input in group.outputs.keys() {
            if group.score.is_some() {
                let ours = ours(group, &cases.inputs[input]);
                complaints.extend(group.complaint(input, &ours, cases.tolerance));
            } else if group.differs(input).is_none() {
                complaints
                    .push(format!("{} of {} has neither a kernel nor a reason", group.metric, group.peer));
            }
        }
    }
    assert!(complaints.is_empty(), "{} outputs:\n{}", complaints.len(), complaints.join("\n"));
}
