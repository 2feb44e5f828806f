//! How many draws reach a threshold.

/// Number of ascending draws `x >= threshold`, by binary search.
///
/// Divided by the number of draws it is the forecast probability of the event.
pub fn exceeding<T: Copy + Into<f64>>(row: &[T], threshold: f64) -> usize {
    let (Some(&first), Some(&last)) = (row.first(), row.last()) else { return 0 };
    if last.into() < threshold {
        return 0;
    }
    if first.into() >= threshold {
        return row.len();
    }
    row.len() - row.partition_point(|&x| x.into() < threshold)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_threshold_itself_is_an_event() {
        assert_eq!(exceeding(&[0.0_f32, 0.5, 1.0, 1.0, 7.0], 1.0), 3);
        assert_eq!(exceeding(&[0.0_f32; 9], 1.0), 0);
        assert_eq!(exceeding(&[1.0_f32; 9], 1.0), 9);
        assert_eq!(exceeding::<f32>(&[], 1.0), 0);
    }

    proptest! {
        #[test]
        fn the_search_counts(mut row in prop::collection::vec(0_u8..6, 0..80), threshold in 0_u8..7) {
            row.sort_unstable();
            let counted = row.iter().filter(|&&x| x >= threshold).count();
            prop_assert_eq!(exceeding(&row, f64::from(threshold)), counted);
        }
    }
}
