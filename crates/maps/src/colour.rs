//! Colours: one perceptually uniform ramp, and the colours that are not on it.

use forewarn_core::{Legend, Shade};

/// An sRGB colour.
pub(crate) type Rgb = [u8; 3];

/// Behind the map: no unit of the forecast.
pub(crate) const OUTSIDE: Rgb = [231, 237, 242];
/// A unit whose value is missing, and the hatch over it (a grey alone would pass for a value in a
/// black-and-white print).
pub(crate) const NO_DATA: [Rgb; 2] = [[190, 195, 200], [150, 156, 163]];
/// A unit whose value is exactly zero.
pub(crate) const ZERO: Rgb = [252, 250, 246];
/// Titles and numbers.
pub(crate) const INK: Rgb = [24, 32, 42];
/// Secondary text.
pub(crate) const MUTED: Rgb = [84, 94, 106];
/// Borders and coasts.
pub(crate) const BORDER: Rgb = [70, 80, 92];
/// Behind everything.
pub(crate) const PAPER: Rgb = [255, 255, 255];
/// Thin frames.
pub(crate) const HAIRLINE: Rgb = [196, 203, 210];

/// How many colours the ramp has.
pub(crate) const SHADES: usize = 256;

/// The ramp in `OKLab` as lightness, chroma, hue in degrees: pale yellow, orange, red, plum, near-black.
/// Lightness falls throughout, so order survives colour blindness and a black-and-white print.
///
/// Ottosson (2020), "A perceptual color space for image processing", gives `OKLab`.
const RAMP: [(f32, f32, f32); 7] = [
    (0.93, 0.075, 96.0),
    (0.85, 0.130, 80.0),
    (0.74, 0.165, 58.0),
    (0.62, 0.190, 36.0),
    (0.49, 0.175, 18.0),
    (0.36, 0.130, 0.0),
    (0.24, 0.075, -30.0),
];

/// The two arms of a scale with two ends, from zero outwards: as light as each other at equal distances.
const BELOW: [(f32, f32, f32); 4] =
    [(0.92, 0.035, 215.0), (0.72, 0.105, 240.0), (0.50, 0.135, 255.0), (0.30, 0.100, 265.0)];
const ABOVE: [(f32, f32, f32); 4] =
    [(0.92, 0.050, 75.0), (0.72, 0.145, 55.0), (0.50, 0.165, 30.0), (0.30, 0.110, 15.0)];

/// The colours of a scale, from its first to its last.
pub(crate) fn ramp(shade: Shade) -> Vec<Rgb> {
    if !shade.is_signed() {
        return along(&RAMP, SHADES);
    }
    let below = along(&BELOW, SHADES / 2).into_iter().rev();
    below.chain(along(&ABOVE, SHADES / 2)).collect()
}

/// `n` colours at equal perceptual distances along the poly-line through `points`.
fn along(points: &[(f32, f32, f32)], n: usize) -> Vec<Rgb> {
    let points: Vec<[f32; 3]> =
        points.iter().map(|&(l, c, h)| [l, c * h.to_radians().cos(), c * h.to_radians().sin()]).collect();
    let mut lengths = vec![0.0_f32; points.len()];
    for i in 1..points.len() {
        lengths[i] = lengths[i - 1] + distance(points[i - 1], points[i]);
    }
    let whole = lengths[points.len() - 1];
    let shade = |k: usize| {
        let along = whole * k as f32 / (n - 1) as f32;
        let i = lengths.partition_point(|&length| length < along).clamp(1, points.len() - 1);
        let t = ((along - lengths[i - 1]) / (lengths[i] - lengths[i - 1])).clamp(0.0, 1.0);
        let (from, to) = (points[i - 1], points[i]);
        srgb(std::array::from_fn(|j| from[j] + t * (to[j] - from[j])))
    };
    (0..n).map(shade).collect()
}

/// Where a value other than zero stands on the scale, 0 to 1.
pub(crate) fn place(legend: &Legend, value: f32) -> f32 {
    let share = match legend.shade {
        Shade::Log1p | Shade::SignedLog1p => value.abs().ln_1p() / legend.top.ln_1p(),
        Shade::Linear | Shade::SignedLinear => value.abs() / legend.top,
    };
    let share = share.clamp(0.0, 1.0);
    if legend.shade.is_signed() { 0.5 + 0.5 * share.copysign(value) } else { share }
}

/// Which colour of the ramp a value other than zero has.
pub(crate) fn shade(legend: &Legend, value: f32) -> usize {
    let shade = (place(legend, value) * (SHADES - 1) as f32).round() as usize;
    // The middle belongs to neither end: the smallest increase is no decrease.
    if legend.shade.is_signed() && value < 0.0 { shade.min(SHADES / 2 - 1) } else { shade }
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f32>().sqrt()
}

/// `OKLab` to 8-bit sRGB.
fn srgb([lightness, a, b]: [f32; 3]) -> Rgb {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_93 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    linear.map(|v| {
        let encoded = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (encoded.clamp(0.0, 1.0) * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(colour: Rgb) -> [f64; 3] {
        colour.map(|v| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// CIE lightness, 0-100.
    fn lightness(linear: [f64; 3]) -> f64 {
        let y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        if y > 0.008_856 { 116.0 * y.cbrt() - 16.0 } else { 903.3 * y }
    }

    fn oklab(colour: Rgb) -> [f32; 3] {
        let [r, g, b] = linear(colour);
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        [
            0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        ]
        .map(|v| v as f32)
    }

    /// Full colour blindness of one kind, on linear RGB.
    /// Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113.
    fn seen_with(matrix: [[f64; 3]; 3], colour: Rgb) -> [f64; 3] {
        let c = linear(colour);
        matrix.map(|row| row.iter().zip(c).map(|(m, v)| m * v).sum::<f64>().clamp(0.0, 1.0))
    }

    #[test]
    fn lightness_falls_for_every_kind_of_sight() {
        let sights = [
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ];
        for sight in sights {
            let seen: Vec<f64> = ramp(Shade::Log1p).iter().map(|&c| lightness(seen_with(sight, c))).collect();
            // Eight apart: rounding to 8 bits may level out neighbours.
            assert!(seen.iter().zip(&seen[8..]).all(|(before, after)| before > after), "{sight:?}");
            assert!(seen[0] - seen[SHADES - 1] > 60.0, "{sight:?}");
        }
    }

    #[test]
    fn equal_steps_look_equal() {
        let ramp = ramp(Shade::Log1p);
        let steps: Vec<f32> =
            ramp.windows(9).map(|w| distance(oklab(w[0]), oklab(w[8]))).step_by(8).collect();
        let (least, most) = steps.iter().fold((f32::MAX, 0.0_f32), |(a, b), &s| (a.min(s), b.max(s)));
        assert!(most / least < 1.25, "{least} to {most}");
    }

    #[test]
    fn zero_no_data_outside_and_the_smallest_value_are_told_apart() {
        let special = [ZERO, NO_DATA[0], OUTSIDE, ramp(Shade::Log1p)[0]];
        for (i, &a) in special.iter().enumerate() {
            for &b in &special[..i] {
                // About ten just noticeable differences in OKLab are 0.02 each in hue, 0.04 in sum.
                assert!(distance(oklab(a), oklab(b)) > 0.04, "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn values_stand_where_the_legend_says() {
        let legend =
            |shade, top| Legend { shade, top, ticks: vec![], zero: String::new(), label: String::new() };
        assert_eq!(shade(&legend(Shade::Linear, 1.0), 0.5), 128);
        // ln(1 + 9) / ln(1 + 99) is a half.
        assert_eq!(shade(&legend(Shade::Log1p, 99.0), 9.0), 128);
        assert_eq!(shade(&legend(Shade::Log1p, 99.0), 1e6), SHADES - 1);
        let signed = |value| shade(&legend(Shade::SignedLog1p, 99.0), value);
        assert_eq!([-1e6, -1e-6, 1e-6, 9.0, 1e6].map(signed), [0, 127, 128, 191, 255]);
    }

    #[test]
    fn both_ends_are_as_dark_and_no_two_places_look_alike() {
        for shade in [Shade::SignedLog1p, Shade::SignedLinear] {
            let ramp = ramp(shade);
            let light: Vec<f64> = ramp.iter().map(|&c| lightness(linear(c))).collect();
            for i in 0..SHADES / 2 {
                assert!((light[i] - light[SHADES - 1 - i]).abs() < 6.0, "{i}: {light:?}");
            }
            for (i, j) in [(0, 255), (64, 191), (110, 145)] {
                assert!(distance(oklab(ramp[i]), oklab(ramp[j])) > 0.08, "{i} {j}");
            }
        }
    }
}
