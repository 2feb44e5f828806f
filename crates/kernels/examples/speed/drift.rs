//! Two samples of one column compared, from the unsorted columns on; on one thread whatever is asked for.

use std::hint::black_box;

use forewarn_kernels::cells::{Deals, permuted};
use forewarn_kernels::divergence::{jeffreys, jensen_shannon_distance};
use forewarn_kernels::kolmogorov_smirnov::Pooled;
use forewarn_kernels::permutation::Effort;
use forewarn_kernels::scan::{Raster, Scan};
use forewarn_kernels::sort::{radix, sample};
use forewarn_kernels::two_samples::{Statistics, compare};

use crate::{Kernel, data};

fn column(seed: u64, n: usize) -> Vec<f32> {
    data::uniform(seed, n).map(|u| (u / (1.0 - u)).ln() as f32).collect()
}

/// Divergences of binned counts, half a value added to the first.
fn divergences(found: &Statistics) -> f64 {
    let masses =
        |side: usize, added: f64| found.bins.iter().map(|bin| bin[side] as f64 + added).collect::<Vec<_>>();
    jeffreys(&masses(0, 0.5), &masses(1, 0.5)) + jensen_shannon_distance(&masses(0, 0.0), &masses(1, 0.0))
}

/// Kolmogorov-Smirnov, Wasserstein, population stability and Jensen-Shannon (and all else of the pass) of two columns of
/// `n` numbers in `m` bins.
pub(crate) fn one_pass(n: usize, m: usize) -> Kernel {
    let (reference, current) = (column(1, n), column(2, n));
    Box::new(move || {
        let (a, b) = (radix::sorted(black_box(&reference)), radix::sorted(black_box(&current)));
        let found = compare(&a.unwrap_or_default(), &b.unwrap_or_default(), m as u64, 1);
        found.map_or(f64::NAN, |s| s.kolmogorov_smirnov + s.wasserstein + divergences(&s))
    })
}

/// Kolmogorov-Smirnov with its p value by the law of large samples of columns of `n` numbers, reference and current, as
/// `forewarn drift compare` does by default; `m` is how many columns.
pub(crate) fn columns(n: usize, m: usize) -> Kernel {
    let column = |seed| column(seed, n).into_iter().map(f64::from).collect::<Vec<_>>();
    let columns: Vec<_> = (0..m as u64).map(|c| (column(2 * c), column(2 * c + 1))).collect();
    Box::new(move || {
        let p = |(before, now): &(Vec<f64>, Vec<f64>)| Pooled::new(before, now).asymptotic_p_value();
        black_box(&columns).iter().map(p).sum()
    })
}

/// Counts of `n` units over `m` periods, 92 % of them zero.
fn sparse(n: usize, m: usize) -> Vec<f32> {
    data::uniform(1, n * m).map(|u| if u < 0.92 { 0.0 } else { (0.08 / (1.0 - u)).floor() as f32 }).collect()
}

/// The test of [`cells`] by 999 permutations of blocks of three periods, stopped at 50 as great.
pub(crate) fn cells_permuted(n: usize, m: usize) -> Kernel {
    let (counts, blocks) = (sparse(n, m), (0..m as u32).map(|t| t / 3).collect::<Vec<_>>());
    Box::new(move || {
        let effort = Effort { permutations: 999, exceedances: 50 };
        let tests = permuted(black_box(&counts), n, m * 3 / 5, Deals { blocks: &blocks, effort, seed: 1 });
        tests.iter().map(|test| test.p_value).sum()
    })
}

/// Kolmogorov-Smirnov of `n` units over `m` periods of counts, 92 % of them zero, three fifths of the periods before and
/// two after.
pub(crate) fn cells(n: usize, m: usize) -> Kernel {
    let counts = sparse(n, m);
    Box::new(move || {
        let tests = forewarn_kernels::cells::kolmogorov_smirnov(black_box(&counts), n, m * 3 / 5);
        tests.iter().map(|test| test.p_value).sum()
    })
}

/// The circle that differs most, of up to eight cells around each that has an event, for `m` months of `n` cells on a square
/// against the year before each, 0.6 % of the cells with an event a month, one cell in twelve ever.
pub(crate) fn scan(n: usize, m: usize) -> Kernel {
    let side = n.isqrt();
    let cells = side * side;
    let happens = |(i, u): (usize, f64)| if (i % cells).is_multiple_of(12) && u < 0.072 { 1.0 } else { 0.0 };
    let events: Vec<f64> = data::uniform(1, (m + 12) * cells).enumerate().map(happens).collect();
    Box::new(move || {
        let months: Vec<&[f64]> = black_box(&events).chunks_exact(cells).collect();
        let raster = Raster { rows: side, columns: side };
        let one = |window: &[&[f64]]| {
            let before: Vec<f64> =
                (0..cells).map(|c| 0.01 + window[..12].iter().map(|month| month[c]).sum::<f64>()).collect();
            let centres: Vec<usize> = (0..cells).filter(|c| before[*c] + window[12][*c] > 0.5).collect();
            Scan::new(raster, &before, &centres, 8)
                .most_unusual(window[12])
                .map_or(0.0, |cluster| cluster.ratio)
        };
        months.windows(13).map(one).sum()
    })
}

/// The pass alone, over sorted columns.
pub(crate) fn pass_alone(n: usize, m: usize) -> Kernel {
    let [a, b] = [1, 2].map(|seed| radix::sorted(&column(seed, n)).unwrap_or_default());
    Box::new(move || {
        let found = compare(black_box(&a), black_box(&b), m as u64, 1);
        found.map_or(f64::NAN, |s| s.kolmogorov_smirnov + s.wasserstein + divergences(&s))
    })
}

/// A column of `n` numbers sorted by its digits.
pub(crate) fn radix_f32(n: usize, _: usize) -> Kernel {
    let values = column(1, n);
    Box::new(move || radix::sorted(black_box(&values)).map_or(f64::NAN, |sorted| f64::from(sorted[n / 2])))
}

/// The same with the standard library.
pub(crate) fn compared_f32(n: usize, _: usize) -> Kernel {
    let values = column(1, n);
    Box::new(move || {
        let mut sorted = black_box(&values).clone();
        sorted.sort_unstable_by(f32::total_cmp);
        f64::from(sorted[n / 2])
    })
}

fn double(n: usize) -> Vec<f64> {
    data::uniform(1, n).map(|u| (u / (1.0 - u)).ln()).collect()
}

/// A column of `n` doubles sorted by its digits.
pub(crate) fn radix_f64(n: usize, _: usize) -> Kernel {
    let values = double(n);
    Box::new(move || radix::sorted(black_box(&values)).map_or(f64::NAN, |sorted| sorted[n / 2]))
}

/// The same with vector instructions.
pub(crate) fn vector_f64(n: usize, _: usize) -> Kernel {
    let values = double(n);
    Box::new(move || sample::sorted(black_box(&values)).map_or(f64::NAN, |sorted| sorted[n / 2]))
}

/// The same with the standard library.
pub(crate) fn compared_f64(n: usize, _: usize) -> Kernel {
    let values = double(n);
    Box::new(move || {
        let mut sorted = black_box(&values).clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted[n / 2]
    })
}
