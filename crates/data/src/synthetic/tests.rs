//! The synthetic world resembles the real one, and its truth is true.

use std::sync::LazyLock;

use forewarn_core::{Step, Units};
use forewarn_kernels::random::Stream;

use super::*;

static WORLD: LazyLock<Synthetic> = LazyLock::new(Synthetic::default);
static PANEL: LazyLock<Panel> = LazyLock::new(|| WORLD.panel().unwrap());

fn fields(panel: &Panel) -> std::slice::ChunksExact<'_, f32> {
    panel.columns()[0].values().chunks_exact(panel.units().len())
}

fn sizes(panel: &Panel) -> Vec<f64> {
    let mut sizes: Vec<f64> =
        panel.columns()[0].values().iter().filter(|v| **v > 0.0).map(|v| f64::from(*v)).collect();
    sizes.sort_unstable_by(|a, b| b.total_cmp(a));
    sizes
}

fn share(hits: impl IntoIterator<Item = bool>) -> f64 {
    let (mut yes, mut all) = (0_u32, 0_u32);
    for hit in hits {
        yes += u32::from(hit);
        all += 1;
    }
    f64::from(yes) / f64::from(all)
}

/// Share of active cell-months `lag` months after an active one.
fn persistence(panel: &Panel, lag: usize) -> f64 {
    let pairs = fields(panel).zip(fields(panel).skip(lag)).flat_map(|(then, now)| then.iter().zip(now));
    share(pairs.filter(|(then, _)| **then > 0.0).map(|(_, now)| *now > 0.0))
}

/// Active neighbours of each cell, by position, period after period.
fn active_neighbours(panel: &Panel) -> Vec<Vec<usize>> {
    let ground = WORLD.ground().unwrap();
    let count = |field: &[f32]| {
        ground.neighbours.iter().map(|n| n.iter().filter(|&&j| field[j as usize] > 0.0).count()).collect()
    };
    fields(panel).map(count).collect()
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (mx, my) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let product = |f: fn(f64, f64) -> f64| pairs.iter().map(|p| f(p.0 - mx, p.1 - my)).sum::<f64>();
    product(|x, y| x * y) / (product(|x, _| x * x) * product(|_, y| y * y)).sqrt()
}

/// Index of the tail from the largest `k` of descending `sizes` (Hill 1975, doi:10.1214/aos/1176343247).
fn hill(sizes: &[f64], k: usize) -> f64 {
    sizes[..k].iter().map(|y| (y / sizes[k]).ln()).sum::<f64>() / k as f64
}

/// Kolmogorov's statistic against the uniform distribution, times the square root of the sample size.
fn kolmogorov(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len() as f64;
    let gap = values.iter().enumerate().map(|(i, v)| (v - i as f64 / n).max((i as f64 + 1.0) / n - v));
    gap.fold(0.0, f64::max) * n.sqrt()
}

/// Origins two years apart.
fn origins() -> impl Iterator<Item = Period> {
    (WORLD.first.0 + 24..WORLD.last.0).step_by(24).map(Period)
}

/// Law and outcome of every cell in the month after every origin.
fn forecasts() -> Vec<(Law, f64)> {
    let after = |origin| {
        let laws = WORLD.laws(PANEL.until(origin).unwrap(), "ged_sb").unwrap();
        let truth = PANEL.field("ged_sb", origin + Step(1)).unwrap();
        laws.into_iter().zip(truth.iter().map(|v| f64::from(*v)).collect::<Vec<_>>())
    };
    origins().flat_map(after).collect()
}

#[test]
fn the_panel_is_whole_and_zero_in_the_right_share() {
    let values = PANEL.columns()[0].values();
    assert_eq!(values.len(), 13_110 * 384);
    assert!(values.iter().all(|v| *v >= 0.0 && v.fract() == 0.0));
    for seed in 1..=6 {
        let panel = Synthetic { seed, ..Synthetic::default() }.panel().unwrap();
        let zeros = share(fields(&panel).flatten().map(|v| *v == 0.0));
        println!("seed {seed}: {:.3} % zeros", 100.0 * zeros);
        assert!((0.993..=0.997).contains(&zeros), "seed {seed}: {zeros}");
    }
}

#[test]
fn the_tail_has_the_index_of_the_settings() {
    let sizes = sizes(&PANEL);
    for k in [100, 300, 1000] {
        let index = hill(&sizes, k);
        println!("tail index from the largest {k} of {}: {index:.3}", sizes.len());
        // Three standard errors, and the slack of a mixture of scales that has not reached its limit.
        assert!((index - 0.8).abs() < 3.0 * index / (k as f64).sqrt() + 0.12, "k = {k}: {index}");
    }
    println!("median {}, mean {:.1}", sizes[sizes.len() / 2], sizes.iter().sum::<f64>() / sizes.len() as f64);
    assert!((3.0..=9.0).contains(&sizes[sizes.len() / 2]), "median {}", sizes[sizes.len() / 2]);
}

#[test]
fn where_and_how_long_resembles_the_record() {
    // Right: the same of all fatalities in GED 21.1 (events placed exactly or nearly) for the same cells and months.
    let ever = (0..13_110).filter(|&i| fields(&PANEL).any(|f| f[i] > 0.0)).count();
    let around = active_neighbours(&PANEL);
    let beside = || fields(&PANEL).zip(&around).flat_map(|(f, n)| f.iter().zip(n)).filter(|(v, _)| **v > 0.0);
    let company = share(beside().map(|(_, n)| *n > 0));
    let neighbours = beside().map(|(_, n)| *n as f64).sum::<f64>() / beside().count() as f64;
    let pairs = fields(&PANEL).zip(fields(&PANEL).skip(1)).flat_map(|(a, b)| a.iter().zip(b));
    let logs: Vec<_> = pairs
        .filter(|(a, b)| **a > 0.0 && **b > 0.0)
        .map(|(a, b)| (f64::from(*a).ln(), f64::from(*b).ln()))
        .collect();
    for (name, value, record, tolerance) in [
        ("cells ever active", ever as f64, 2_858.0, 700.0),
        ("active after an active month", persistence(&PANEL, 1), 0.406, 0.10),
        ("active a year after", persistence(&PANEL, 12), 0.317, 0.14),
        ("active five years after", persistence(&PANEL, 60), 0.200, 0.09),
        ("active cells with an active neighbour", company, 0.633, 0.15),
        ("active neighbours of an active cell", neighbours, 1.527, 0.5),
        ("correlation of log sizes month to month", correlation(&logs), 0.55, 0.2),
    ] {
        println!("{name}: {value:.3}, record {record}");
        assert!((value - record).abs() <= tolerance, "{name}: {value}, record {record}");
    }
}

#[test]
fn violence_excites_itself_and_spreads() {
    // A world without excitation shows what lasting differences between cells do alone.
    let quiet = Kernel { weight: 0.0, decay: 0.0 };
    let process =
        Process { short: quiet, long: quiet, escalation: 0.0, background: 0.005, ..Process::default() };
    let calm = Synthetic { process, ..Synthetic::default() }.panel().unwrap();
    // More right after than long after: excitation, not place.
    assert!(persistence(&PANEL, 1) > 1.5 * persistence(&PANEL, 24));
    assert!(persistence(&calm, 1) < 1.1 * persistence(&calm, 24));
    // Beside active cells, more happens right after than long after; less so when nothing is passed on.
    let contagion = |panel: &Panel| {
        let around = active_neighbours(panel);
        let beside = |lag: usize| {
            let rows = fields(panel).zip(fields(panel).skip(lag)).zip(&around);
            let cells = rows.flat_map(|((then, now), n)| then.iter().zip(now).zip(n));
            share(cells.filter(|((then, _), n)| **then == 0.0 && **n > 0).map(|((_, now), _)| *now > 0.0))
        };
        beside(1) / beside(48)
    };
    let process = Process { spread: 0.0, ..Process::default() };
    let apart = Synthetic { process, ..Synthetic::default() }.panel().unwrap();
    let (spreads, stays, still) = (contagion(&PANEL), contagion(&apart), contagion(&calm));
    println!("beside active cells, soon over late: {spreads:.3}, without spread {stays:.3}, calm {still:.3}");
    assert!(spreads > 1.15 * stays, "{spreads} against {stays}");
    assert!((still - 1.0).abs() < 0.1, "{still}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let world = Synthetic { last: Period(140), ..Synthetic::default() };
    let panel = world.panel().unwrap();
    assert_eq!(panel, world.panel().unwrap());
    assert_ne!(panel, Synthetic { seed: 2, ..world.clone() }.panel().unwrap());
    let history = panel.until(Period(140)).unwrap();
    let draw = |draws, seed| {
        let args = PredictArgs::new(history, "ged_sb", Step(5), draws, seed).unwrap();
        world.predictive(&args).unwrap()
    };
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let field = pool(1).install(|| draw(16, 3));
    assert_eq!(field, pool(4).install(|| draw(16, 3)));
    assert_ne!(field, draw(16, 4));
    // A longer world begins with the same months; more draws begin with the same futures.
    assert!(PANEL.column("ged_sb").unwrap().values().starts_with(panel.columns()[0].values()));
    assert!(draw(20, 3).rows().zip(field.rows()).all(|(more, few)| more.starts_with(few)));
}

#[test]
fn the_true_probability_is_calibrated() {
    let forecasts = forecasts();
    let bins = [0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.2, 0.4, 0.6, 1.0];
    for pair in bins.windows(2) {
        let inside =
            || forecasts.iter().filter(|(l, _)| pair[0] <= l.occurrence() && l.occurrence() < pair[1]);
        let expected: f64 = inside().map(|(l, _)| l.occurrence()).sum();
        let variance: f64 = inside().map(|(l, _)| l.occurrence() * (1.0 - l.occurrence())).sum();
        let found = inside().filter(|(_, y)| *y > 0.0).count() as f64;
        println!(
            "{:.4}-{:.4}: {} cell-months, {expected:.1} expected, {found}",
            pair[0],
            pair[1],
            inside().count()
        );
        // Four standard deviations of the binomial, and one count for the discrete few.
        assert!((found - expected).abs() <= 4.0 * variance.sqrt() + 1.0, "{pair:?}: {found} of {expected}");
    }
}

#[test]
fn outcomes_are_uniform_in_the_true_distribution() {
    let forecasts = forecasts();
    let dice = Stream::new(11, &[]);
    // Randomised probability integral transform (Czado, Gneiting and Held 2009, doi:10.1111/j.1541-0420.2009.01191.x).
    let transform = |(i, (law, y)): (usize, &(Law, f64))| {
        let above = law.exceedance(*y);
        let below = if *y > 0.0 { law.exceedance(*y - 1.0) } else { 1.0 };
        above + dice.uniform(i as u64) * (below - above)
    };
    let all: Vec<f64> = forecasts.iter().enumerate().map(transform).collect();
    // Given that something happened: the sizes alone.
    let active = forecasts.iter().zip(&all).filter(|((_, y), _)| *y > 0.0);
    let sizes: Vec<f64> = active.map(|((law, _), u)| u / law.occurrence()).collect();
    println!("{} cell-months, {} of them active", all.len(), sizes.len());
    assert!(sizes.len() > 500);
    // 1.95 is the 0.1 % point of Kolmogorov's distribution.
    for (name, values) in [("all", all), ("sizes", sizes)] {
        let statistic = kolmogorov(values);
        assert!(statistic < 1.95, "{name}: {statistic}");
    }
}

#[test]
fn draws_of_the_first_step_follow_the_closed_form() {
    let history = PANEL.until(Period(444)).unwrap();
    let draws = 400;
    let args = PredictArgs::new(history, "ged_sb", Step(1), draws, 5).unwrap();
    let field = WORLD.predictive(&args).unwrap();
    let laws = WORLD.laws(history, "ged_sb").unwrap();
    assert_eq!((field.target(), field.width(), field.is_point()), (Period(445), draws, false));
    for count in [0.0_f32, 1.0, 5.0, 25.0, 100.0] {
        let expected: f64 = laws.iter().map(|l| l.exceedance(f64::from(count))).sum::<f64>() * draws as f64;
        let found = field.values().iter().filter(|v| **v > count).count() as f64;
        assert!((found - expected).abs() < 4.0 * expected.sqrt(), "> {count}: {found} of {expected}");
    }
    // Cell by cell: the sum of squared standardised differences is a chi-square of as many degrees of freedom.
    let p = WORLD.occurrence_probability(history, "ged_sb").unwrap();
    let deviation = |(p, row): (&f64, &[f32])| {
        let found = row.iter().filter(|v| **v > 0.0).count() as f64;
        (found - draws as f64 * p).powi(2) / (draws as f64 * p * (1.0 - p))
    };
    let often: Vec<f64> = p.iter().zip(field.rows()).filter(|(p, _)| **p > 0.025).map(deviation).collect();
    let (sum, n) = (often.iter().sum::<f64>(), often.len() as f64);
    assert!(n > 100.0 && (sum - n).abs() < 4.0 * (2.0 * n).sqrt(), "chi-square {sum} for {n} cells");
}

#[test]
fn later_steps_cover_what_happened() {
    // Active cells of the whole region a year ahead: the rank among the futures is uniform.
    let (step, draws) = (Step(12), 19);
    let mut ranks = Vec::new();
    for seed in 1..=3 {
        let world = Synthetic { seed, ..Synthetic::default() };
        let panel = world.panel().unwrap();
        for origin in (120..=470).step_by(25).map(Period) {
            let args = PredictArgs::new(panel.until(origin).unwrap(), "ged_sb", step, draws, 7).unwrap();
            let field = world.predictive(&args).unwrap();
            let active = |k: usize| field.rows().filter(|row| row[k] > 0.0).count();
            let truth = panel.field("ged_sb", origin + step).unwrap().iter().filter(|v| **v > 0.0).count();
            let below = (0..draws).filter(|&k| active(k) < truth).count();
            let ties = (0..draws).filter(|&k| active(k) == truth).count();
            ranks.push((below as f64 + ties as f64 / 2.0 + 0.5) / (draws as f64 + 1.0));
        }
    }
    let statistic = kolmogorov(ranks.clone());
    assert!(ranks.len() == 45 && statistic < 1.95, "{statistic}: {ranks:?}");
}

#[test]
fn the_history_gives_back_the_state_that_drew_the_next_month() {
    let ground = WORLD.ground().unwrap();
    for origin in [109, 110, 250, 491].map(Period) {
        let state = WORLD.replay(&ground, PANEL.until(origin).unwrap(), "ged_sb").unwrap();
        let next = observed(PANEL.field("ged_sb", origin + Step(1)).unwrap());
        assert_eq!(state.draw(WORLD.dice(origin.0 + 1)), next, "after {origin}");
    }
    assert_eq!(
        WORLD.opening(&ground).draw(WORLD.dice(109)),
        observed(PANEL.field("ged_sb", Period(109)).unwrap())
    );
    // The state itself, to the last bit, as left by the warm-up and one month.
    let mut opening = WORLD.opening(&ground);
    opening.advance(&observed(PANEL.field("ged_sb", Period(109)).unwrap()));
    let laws = WORLD.laws(PANEL.until(Period(109)).unwrap(), "ged_sb").unwrap();
    assert!(laws.iter().enumerate().all(|(i, law)| *law == opening.law(i)));
}

#[test]
fn a_later_step_is_a_chain_of_first_steps() {
    // After a month that burns everywhere the world cools down fast: a step too many or too few shows.
    let units = region(Region::AfricaMiddleEast);
    let steps = 7;
    let burning = |futures: &[f32]| {
        let mut values = vec![50.0; units.len()];
        values.extend(futures);
        let months = (values.len() / units.len()) as i32;
        let mut panel =
            Panel::new(Axis::between(Cadence::Month, Period(109), Period(108 + months)), units.clone())
                .unwrap();
        panel.push("ged_sb", values).unwrap();
        panel
    };
    let ahead = |panel: &Panel, step, draws, seed| {
        let history = panel.until(panel.axis().last()).unwrap();
        let args = PredictArgs::new(history, "ged_sb", Step(step), draws, seed).unwrap();
        WORLD.predictive(&args).unwrap()
    };
    let active = |values: &[f32]| values.iter().filter(|v| **v > 0.0).count() as f64;
    let mut cooling = Vec::new();
    let mut futures = Vec::new();
    for step in 1..=steps {
        let next = ahead(&burning(&futures), 1, 1, u64::from(step));
        cooling.push(active(next.values()));
        futures.extend(next.values());
    }
    println!("active cells after the burning month: {cooling:?}");
    for step in 1..=steps {
        let direct = active(ahead(&burning(&[]), step, 20, 1).values()) / 20.0;
        let chained = cooling[usize::from(step) - 1];
        // Five standard deviations of a count that clusters.
        assert!((direct - chained).abs() < 5.0 * (1.5 * direct).sqrt(), "step {step}: {direct}, {chained}");
    }
}

#[test]
fn the_future_changes_no_truth() {
    let mut values = PANEL.columns()[0].values().to_vec();
    let origin = Period(300);
    let seen = PANEL.axis().index(origin).unwrap() + 1;
    values[seen * PANEL.units().len()..].fill(99.0);
    let mut other = Panel::new(PANEL.axis(), PANEL.units().clone()).unwrap();
    other.push("ged_sb", values).unwrap();
    let truth = |p: &Panel| WORLD.occurrence_probability(p.until(origin).unwrap(), "ged_sb").unwrap();
    assert_eq!(truth(&PANEL), truth(&other));
}

#[test]
fn histories_of_another_world_are_refused() {
    let world = Synthetic { last: Period(120), column: "deaths".into(), ..Synthetic::default() };
    let refused = |axis: Axis, units: &Units, value: f32| {
        let mut panel = Panel::new(axis, units.clone()).unwrap();
        panel.push("deaths", vec![value; axis.len * units.len()]).unwrap();
        let result = world.occurrence_probability(panel.until(axis.last()).unwrap(), "deaths");
        result.err().map(|e| e.to_string()).unwrap_or_default()
    };
    let axis = Axis::between(Cadence::Month, Period(109), Period(110));
    let units = region(Region::AfricaMiddleEast);
    assert_eq!(refused(axis, &units, 0.0), "");
    let few: Units = units[..9].into();
    assert!(refused(axis, &few, 0.0).contains("9 units that are not the 13110 cells of africa-middle-east"));
    let late = Axis { first: Period(110), ..axis };
    assert!(refused(late, &units, 0.0).contains("from 1989-02 on, and the process starts in 1989-01"));
    for value in [f32::NAN, 0.5, -1.0] {
        let text = refused(axis, &units, value);
        assert!(text.contains(&format!("{value} in unit 62356, 1989-01: no count")), "{text}");
    }
    let missing = world.occurrence_probability(PANEL.until(Period(109)).unwrap(), "deaths");
    assert!(missing.unwrap_err().to_string().contains("there are: ged_sb"));
}

#[test]
fn settings_are_read_strictly() {
    let read = serde_json::from_str::<Synthetic>;
    assert_eq!(read("{}").unwrap(), Synthetic::default());
    let world =
        read(r#"{"region": "land", "warm-up": 12, "first": 200, "last": 201, "column": "deaths"}"#).unwrap();
    let panel = world.panel().unwrap();
    assert_eq!((panel.units().len(), panel.axis().len, &*panel.columns()[0].name), (64_818, 2, "deaths"));
    assert!(read(r#"{"seeds": 1}"#).unwrap_err().to_string().contains("unknown field `seeds`"));
    let backwards = Synthetic { last: Period(100), ..Synthetic::default() }.panel().unwrap_err();
    assert_eq!(backwards.to_string(), "last: 1988-04 lies before `first`, 1989-01");
}
