//! Sums over moving windows.

use forewarn_core::TransformArgs;

/// The sum of `value(x)` over the last `periods` periods of each unit, fewer at the beginning.
///
/// The window is the tail of the block before and the head of the current one (blocks of `periods`): a sum of two
/// sums, with no subtraction. So a value that leaves the window leaves no rounding error and no NaN behind.
pub(crate) fn window_sums(args: &TransformArgs<'_>, periods: usize, value: impl Fn(f32) -> f64) -> Vec<f32> {
    let n = args.units.len();
    let fields: Vec<&[f32]> = args.fields().collect();
    let block = periods.min(fields.len());
    let mut head = vec![0.0_f64; n];
    let mut tails = vec![0.0_f64; if block < fields.len() { block * n } else { n }];
    let mut out = Vec::with_capacity(args.values.len());
    for (t, field) in fields.iter().enumerate() {
        let within = t % block;
        if within == 0 {
            head.fill(0.0);
            if t > 0 {
                sum_backward(&fields[t - block..t], &mut tails, &value);
            }
        }
        for (sum, &x) in head.iter_mut().zip(*field) {
            *sum += value(x);
        }
        if t < block || within + 1 == block {
            out.extend(head.iter().map(|&s| s as f32));
        } else {
            let tail = &tails[(within + 1) * n..][..n];
            out.extend(head.iter().zip(tail).map(|(head, tail)| (head + tail) as f32));
        }
    }
    out
}

/// The sum over the last `periods` periods; missing unless all of them were observed.
pub(crate) fn full_window_sums(args: &TransformArgs<'_>, periods: usize) -> Vec<f32> {
    let mut out = window_sums(args, periods, f64::from);
    let head = (periods - 1).saturating_mul(args.units.len()).min(out.len());
    out[..head].fill(f32::NAN);
    out
}

/// `tails[i]` becomes the sum of the fields from `i` on.
fn sum_backward(fields: &[&[f32]], tails: &mut [f64], value: &impl Fn(f32) -> f64) {
    let n = tails.len() / fields.len();
    for (i, field) in fields.iter().enumerate().rev() {
        let (now, later) = tails[i * n..].split_at_mut(n);
        if later.is_empty() {
            now.iter_mut().zip(*field).for_each(|(sum, &x)| *sum = value(x));
        } else {
            now.iter_mut().zip(later).zip(*field).for_each(|((sum, later), &x)| *sum = *later + value(x));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forewarn_core::{Unit, Units};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn windows_are_the_sums_of_their_values(
            values in prop::collection::vec(0_u32..1000, 1..60), periods in 1_usize..20, units in 1_usize..4
        ) {
            let values: Vec<f32> = values.iter().cycle().take(values.len() * units).map(|&x| x as f32).collect();
            let ids: Units = (1..=units as u32).map(Unit).collect();
            let args = TransformArgs::new(&ids, &values, &[]).unwrap();
            let sums = window_sums(&args, periods, f64::from);
            for (i, sum) in sums.iter().enumerate() {
                let (t, u) = (i / units, i % units);
                let first = (t + 1).saturating_sub(periods);
                let expect: f32 = (first..=t).map(|t| values[t * units + u]).sum();
                prop_assert_eq!(*sum, expect);
            }
        }
    }

    #[test]
    fn what_leaves_the_window_leaves_nothing_behind() {
        let units: Units = [Unit(1)].into();
        let values = [1e12, f32::NAN, 0.001, 0.001, 0.001, 0.001];
        let args = TransformArgs::new(&units, &values, &[]).unwrap();
        assert_eq!(window_sums(&args, 2, f64::from)[3..], [0.002_f32; 3]);
    }
}
