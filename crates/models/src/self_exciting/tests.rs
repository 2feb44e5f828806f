use forewarn_kernels::random::Stream;

use super::*;

/// 80 cells in a row; each month's `log(1 + y)` is Poisson about `0.2 + 0.6 *` that of the month before.
fn panel(periods: i32) -> Panel {
    let axis = Axis::between(Cadence::Month, Period(1), Period(periods));
    let units: Units = (0..80).map(|i| Unit(100_000 + i)).collect();
    let mut z = vec![0.0_f64; 80];
    let mut values = Vec::new();
    for t in 0..periods {
        for (u, z) in z.iter_mut().enumerate() {
            let (mean, uniform) = (0.2 + 0.6 * *z, Stream::new(4, &[t as u64, u as u64]).uniform(0));
            let (mut k, mut p) = (0.0, (-mean).exp());
            let mut sum = p;
            while sum < uniform {
                k += 1.0;
                p *= mean / k;
                sum += p;
            }
            *z = k;
            values.push(k.exp_m1() as f32);
        }
    }
    let mut panel = Panel::new(axis, units).unwrap();
    panel.push("y", values).unwrap();
    panel
}

fn fit(model: &SelfExciting, panel: &Panel) -> FittedSelfExciting {
    let history = panel.until(panel.axis().last()).unwrap();
    let args = FitArgs::new(history, "y", TargetKind::Count, 1).unwrap().with_steps(Step(2));
    let bytes = model.fit(&args).unwrap().state().unwrap();
    settings::read("self-exciting", &bytes).unwrap()
}

#[test]
fn the_weights_that_made_the_data_are_found() {
    // With a half-life of a thousandth the weighted mean is the last value.
    let model = SelfExciting { half_lives: vec![0.001, 50.0], rounds: 2000, rings: vec![1] };
    let fitted = fit(&model, &panel(400));
    let expected = [0.2, 0.6, 0.0, 0.0, 0.0];
    for (w, e) in fitted.weights[0].iter().zip(expected) {
        assert!((w - e).abs() < 0.06, "{:?}", fitted.weights[0]);
    }
    // Two steps ahead: 0.2 + 0.6 (0.2 + 0.6 z).
    assert!((fitted.weights[1][0] - 0.32).abs() < 0.08 && (fitted.weights[1][1] - 0.36).abs() < 0.08);
}

#[test]
fn no_round_lowers_the_likelihood() {
    let panel = panel(60);
    let history = panel.until(Period(60)).unwrap();
    let args = FitArgs::new(history, "y", TargetKind::Count, 1).unwrap().with_steps(Step(1));
    let pairs = SelfExciting { rings: vec![1], ..SelfExciting::default() }.pairs(&args).unwrap().remove(0);
    let likelihood = |weights: &[f64]| -> f64 {
        let rows = pairs.kernels.chunks_exact(weights.len()).zip(&pairs.labels);
        let lambda = |row: &[f32]| row.iter().zip(weights).map(|(&k, w)| f64::from(k) * w).sum::<f64>();
        rows.map(|(row, z)| z * lambda(row).ln()).sum::<f64>()
            - pairs.sums.iter().zip(weights).map(|(s, w)| s * w).sum::<f64>()
    };
    let values: Vec<f64> = (1..40).map(|rounds| likelihood(&pairs.weights(rounds))).collect();
    assert!(values.windows(2).all(|w| w[1] >= w[0] - 1e-9 * w[0].abs()), "{values:?}");
    assert!(values[38] > values[0] + 1.0);
}

#[test]
fn missing_cases_are_left_out() {
    let whole = panel(30);
    let mut y = whole.column("y").unwrap().values().to_vec();
    y[29 * 80..].fill(f32::NAN);
    let mut cut = Panel::new(whole.axis(), whole.units().clone()).unwrap();
    cut.push("y", y).unwrap();
    let shorter = Panel::new(Axis { len: 29, ..whole.axis() }, whole.units().clone()).and_then(|mut panel| {
        panel.push("y", whole.column("y")?.values()[..29 * 80].to_vec())?;
        Ok(panel)
    });
    let (a, b) = (fit(&SelfExciting::default(), &cut), fit(&SelfExciting::default(), &shorter.unwrap()));
    for (a, b) in a.weights.concat().iter().zip(b.weights.concat()) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }
}

#[test]
fn settings_are_checked() {
    let wrong = |text: &str| (ENTRY.build)(&serde_json::from_str(text).unwrap()).unwrap_err().to_string();
    assert!(wrong(r#"{"half-lives": []}"#).contains("name at least one"));
    assert!(wrong(r#"{"half-lives": [0]}"#).contains("all above 0"));
    assert!(wrong(r#"{"rings": [2, 1]}"#).contains("radii ascend"));
    assert!(wrong(r#"{"rounds": 0}"#).contains("`rounds` is 0"));
}
