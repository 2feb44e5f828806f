//! Where on a predictive distribution its draws are taken.

use forewarn_kernels::random::Stream;

/// One level (0-1) a draw, in random order: each of `draws` equal parts of (0, 1) holds one, at a random place.
///
/// Latin hypercube sampling (McKay, Beckman and Conover 1979, doi:10.2307/1268522): the draws of a unit represent its
/// distribution better than independent ones, and those of two units are independent of each other.
pub(crate) fn stratified(stream: Stream, levels: &mut [f64]) {
    let n = levels.len();
    for (i, level) in levels.iter_mut().enumerate() {
        *level = (i as f64 + stream.uniform(i as u64)) / n as f64;
    }
    for i in (1..n).rev() {
        levels.swap(i, stream.below((n + i) as u64, i as u32 + 1) as usize);
    }
}

/// The value at `level` (0-1) of a quantile function that is known at the midpoints of `values.len()` equal parts of
/// (0, 1), linear between them and constant outside.
pub(crate) fn interpolate(values: &[f32], level: f64) -> f64 {
    let last = values.len() - 1;
    let position = (level * values.len() as f64 - 0.5).clamp(0.0, last as f64);
    let below = position as usize;
    let (a, b) = (f64::from(values[below]), f64::from(values[(below + 1).min(last)]));
    a + (b - a) * (position - below as f64)
}

/// The midpoints of `n` equal parts of (0, 1).
pub(crate) fn midpoints(n: usize) -> Vec<f64> {
    (0..n).map(|i| (i as f64 + 0.5) / n as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_holds_one_level_and_their_order_is_random() {
        let mut levels = vec![0.0; 50];
        stratified(Stream::new(3, &[1]), &mut levels);
        let first = levels.clone();
        assert!(!levels.is_sorted());
        levels.sort_by(f64::total_cmp);
        assert!(levels.iter().enumerate().all(|(i, l)| (*l * 50.0) as usize == i), "{levels:?}");
        let mut other = vec![0.0; 50];
        stratified(Stream::new(3, &[2]), &mut other);
        assert_ne!(first, other);
    }

    #[test]
    fn every_position_meets_every_part() {
        let mut sums = [0.0; 5];
        for unit in 0..20_000 {
            let mut levels = [0.0; 5];
            stratified(Stream::new(3, &[unit]), &mut levels);
            sums.iter_mut().zip(levels).for_each(|(s, l)| *s += l);
        }
        // The standard error of each mean is 0.29 / sqrt(20,000) = 0.002.
        assert!(sums.iter().all(|s| (s / 20_000.0 - 0.5).abs() < 0.01), "{sums:?}");
    }

    #[test]
    fn quantiles_between_known_ones_lie_on_a_line() {
        let values = [1.0, 3.0, 7.0, 7.0];
        let at = |level| interpolate(&values, level);
        assert_eq!(
            [at(0.0), at(0.125), at(0.25), at(0.5), at(0.75), at(1.0)],
            [1.0, 1.0, 2.0, 5.0, 7.0, 7.0]
        );
        assert_eq!(interpolate(&[4.0], 0.9), 4.0);
        assert_eq!(midpoints(4), [0.125, 0.375, 0.625, 0.875]);
    }
}
