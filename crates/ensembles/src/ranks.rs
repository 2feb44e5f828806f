//! Draws and where they stood, sorted together.
//!
//! A draw in single precision leaves the lowest 29 bits of a double free: its place among the draws of its row goes there,
//! so that rows are sorted side by side by `forewarn_kernels::sort` and still say which draw is which.

/// The bits of a place.
const PLACE: u64 = (1 << 29) - 1;

/// Appends draws with their places; -0 and 0 are the same.
pub(crate) fn tag(row: &[f32], tagged: &mut Vec<f64>) {
    let both = |(place, &v): (usize, &f32)| f64::from_bits((f64::from(v) + 0.0).to_bits() | place as u64);
    tagged.extend(row.iter().enumerate().map(both));
}

/// The draw of a tagged one.
pub(crate) fn value(tagged: f64) -> f32 {
    f64::from_bits(tagged.to_bits() & !PLACE) as f32
}

/// The place of a tagged draw.
pub(crate) fn place(tagged: f64) -> usize {
    (tagged.to_bits() & PLACE) as usize
}

/// Adds twice the midrank of every draw to `sums`, by place; `row` is tagged and ascending. Draws that tie share the mean
/// of their ranks.
pub(crate) fn add_midranks(row: &[f64], sums: &mut [u64]) {
    let mut start = 0;
    while start < row.len() {
        let tied = row[start].to_bits() & !PLACE;
        let mut end = start + 1;
        while end < row.len() && row[end].to_bits() & !PLACE == tied {
            end += 1;
        }
        for &tagged in &row[start..end] {
            sums[place(tagged)] += (start + end - 1) as u64;
        }
        start = end;
    }
}

/// Appends whole numbers with their places, to be sorted like draws; [`place`] reads them.
pub(crate) fn tag_sums(sums: &[u64], tagged: &mut Vec<f64>) {
    tagged.extend(sums.iter().enumerate().map(|(place, sum)| f64::from_bits(sum << 29 | place as u64)));
}

#[cfg(test)]
mod tests {
    use forewarn_kernels::random::Stream;
    use forewarn_kernels::sort;

    use super::*;

    #[test]
    fn draws_come_back_with_their_places() {
        let row = [3.5, -0.0, f32::MIN_POSITIVE / 4.0, 0.0, -7.25, 3.5, f32::MAX, f32::MIN];
        let mut tagged = Vec::new();
        tag(&row, &mut tagged);
        sort::rows(&mut tagged, row.len());
        assert!(tagged.iter().all(|&t| value(t) == row[place(t)]));
        assert!(tagged.windows(2).all(|w| value(w[0]) <= value(w[1])));
    }

    #[test]
    fn midranks_are_those_of_the_definition() {
        let stream = Stream::new(3, &[]);
        let row: Vec<f32> = (0..57).map(|i| stream.below(i, 12) as f32 - 4.0).collect();
        let (mut tagged, mut sums) = (Vec::new(), vec![0; 57]);
        tag(&row, &mut tagged);
        sort::rows(&mut tagged, 57);
        add_midranks(&tagged, &mut sums);
        for (x, sum) in row.iter().zip(sums) {
            let below = row.iter().filter(|y| *y < x).count();
            let ties = row.iter().filter(|y| *y == x).count();
            assert_eq!(sum as usize, 2 * below + ties - 1);
        }
    }

    #[test]
    fn sums_sort_by_sum_then_place() {
        let mut tagged = Vec::new();
        tag_sums(&[400, 3, 3, 0, 1 << 33], &mut tagged);
        sort::rows(&mut tagged, 5);
        assert_eq!(tagged.iter().map(|&t| place(t)).collect::<Vec<_>>(), [3, 1, 2, 0, 4]);
    }
}
