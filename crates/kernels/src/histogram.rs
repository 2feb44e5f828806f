//! How many values fall into declared bins.
//!
//! Every bin is half-open, `edge[k] <= x < edge[k + 1]`, the last one too: numpy closes the last one. What lies
//! below, above or nowhere (NaN) is counted, never dropped.

#[cfg(target_arch = "x86_64")]
mod search;

#[cfg(target_arch = "x86_64")]
use std::any::TypeId;

use crate::prefetch::prefetch;
use crate::simd::{Level, Real, chunks, dispatch};

/// Values handed to a thread at a time.
const CHUNK: usize = 1 << 16;
/// Values compared with one edge after the other; they stay in the first cache.
const SEGMENT: usize = 1 << 10;
/// Edges that a value is compared with when it is read once.
const TOGETHER: usize = 4;
/// `f32` in a cache line.
const LINE: usize = 16;
/// Up to so many bins it is quicker to compare every value with every edge.
const FEW: usize = 64;

/// Edges of bins: two or more, strictly ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Edges {
    edges: Vec<f64>,
    /// Bins per unit, when the bins are equally wide.
    density: Option<f64>,
}

impl Edges {
    /// `None` unless there are two or more edges, strictly ascending and none NaN. The outermost may be infinite.
    pub fn new(edges: &[f64]) -> Option<Self> {
        let ascending = edges.windows(2).all(|pair| pair[0] < pair[1]);
        (edges.len() > 1 && ascending).then(|| Self { edges: edges.to_vec(), density: density(edges) })
    }

    /// Number of bins.
    pub fn bins(&self) -> usize {
        self.edges.len() - 1
    }

    /// Number of edges at or below `x`, which is not NaN: 0 is under the bins, `bins() + 1` over them.
    #[inline(always)]
    fn reached(&self, x: f64) -> usize {
        let edges = &self.edges;
        let Some(density) = self.density else { return edges.partition_point(|&edge| edge <= x) };
        // Casting saturates, also from infinities; the guess is off by one at most.
        let guess = (((x - edges[0]) * density) as usize).min(edges.len() - 1);
        let guess = guess + usize::from(x >= edges[guess]);
        if guess < edges.len() && x >= edges[guess] {
            return guess + 1;
        }
        if guess > 0 && x < edges[guess - 1] { guess - 1 } else { guess }
    }
}

/// Bins per unit if no edge is further from its place between the first and the last than a millionth of a bin.
fn density(edges: &[f64]) -> Option<f64> {
    let (first, last, bins) = (edges[0], edges[edges.len() - 1], (edges.len() - 1) as f64);
    let width = (last - first) / bins;
    let placed = |(k, edge): (usize, &f64)| (edge - (first + k as f64 * width)).abs() <= 1e-6 * width;
    edges.iter().enumerate().all(placed).then_some(1.0 / width)
}

/// What fell where: numbers of values, or sums of their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts<C> {
    /// In every bin.
    pub bins: Vec<C>,
    /// Below the first edge.
    pub under: C,
    /// At or above the last edge.
    pub over: C,
    /// NaN.
    pub missing: C,
}

/// Number of values in every bin.
pub fn counts<T: Real>(values: &[T], edges: &Edges) -> Counts<u64> {
    counts_at(Level::best(), values, edges)
}

/// [`counts`] with the instructions of `level`.
fn counts_at<T: Real>(level: Level, values: &[T], edges: &Edges) -> Counts<u64> {
    let few = edges.bins() <= FEW;
    let parts = chunks(values.len(), CHUNK, |range| {
        let values = &values[range];
        match searched(level, values, &edges.edges) {
            Some(places) => places,
            None if few => compare(level, values, &edges.edges),
            None => scatter(level, values, edges),
        }
    });
    let mut places = vec![0_u64; edges.bins() + 3];
    for part in parts {
        for (place, count) in places.iter_mut().zip(part) {
            *place += count;
        }
    }
    counted(&places)
}

/// Places of a chunk of `f32` by [`search`], where the processor and the number of edges allow it.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "calls code for vector instructions that were found to be there")]
fn searched<T: Real>(level: Level, values: &[T], edges: &[f64]) -> Option<Vec<u64>> {
    let single = TypeId::of::<T>() == TypeId::of::<f32>();
    if !single || level.checked() != Level::Avx512 || edges.len() > search::MOST {
        return None;
    }
    // SAFETY: `T` is `f32`: the same values in the same place.
    let values = unsafe { std::slice::from_raw_parts(values.as_ptr().cast::<f32>(), values.len()) };
    // SAFETY: `checked` answers this level only where the processor has its instructions; the edges were counted above.
    Some(unsafe { search::places(values, edges) })
}

#[cfg(not(target_arch = "x86_64"))]
fn searched<T: Real>(_: Level, _: &[T], _: &[f64]) -> Option<Vec<u64>> {
    None
}

/// Places are under, every bin, over, missing.
fn counted<C: Copy>(places: &[C]) -> Counts<C> {
    let last = places.len() - 1;
    Counts {
        under: places[0],
        bins: places[1..last - 1].to_vec(),
        over: places[last - 1],
        missing: places[last],
    }
}

/// Sum of the weights of the values in every bin, in the order of the values within fixed chunks.
///
/// # Panics
/// When the lengths differ.
pub fn weights<T: Real>(values: &[T], weights: &[f64], edges: &Edges) -> Counts<f64> {
    assert_eq!(values.len(), weights.len(), "a weight a value");
    let parts = chunks(values.len(), CHUNK, |range| {
        let mut places = vec![0.0; edges.bins() + 3];
        for (&x, weight) in values[range.clone()].iter().zip(&weights[range]) {
            places[place(x.into(), edges)] += weight;
        }
        places
    });
    let mut places = vec![0.0; edges.bins() + 3];
    for part in parts {
        for (place, weight) in places.iter_mut().zip(part) {
            *place += weight;
        }
    }
    counted(&places)
}

/// Place of a value among under, every bin, over, missing.
#[inline(always)]
fn place(x: f64, edges: &Edges) -> usize {
    if x.is_nan() { edges.edges.len() + 1 } else { edges.reached(x) }
}

dispatch! {
    /// Places of a chunk, by comparing with every edge.
    fn compare<T: Real>(values: &[T], edges: &[f64]) -> Vec<u64> = compare_body;
}

#[inline(always)]
fn compare_body<T: Real>(values: &[T], edges: &[f64]) -> Vec<u64> {
    // Unknown to the compiler, the step becomes one masked addition; a known 1 takes two instructions.
    let step = std::hint::black_box(1_u32);
    let mut reached = vec![0; edges.len()]; // values at or above every edge
    let mut numbers = 0;
    let share = (SEGMENT / LINE).div_ceil(edges.len());
    for values in values.chunks(SEGMENT) {
        let mut ahead = values.chunks(LINE); // the segment after next, a share at every edge
        for (reached, edges) in reached.chunks_mut(TOGETHER).zip(edges.chunks(TOGETHER)) {
            for line in ahead.by_ref().take(share * TOGETHER) {
                prefetch(line, 2 * SEGMENT);
            }
            match edges.first_chunk::<TOGETHER>() {
                Some(edges) => {
                    let more = at_least_each(values, edges, step);
                    reached.iter_mut().zip(more).for_each(|(reached, more)| *reached += more);
                }
                None => {
                    for (reached, &edge) in reached.iter_mut().zip(edges) {
                        *reached += at_least_each(values, &[edge], step)[0];
                    }
                }
            }
        }
        numbers += at_least_each(values, &[f64::NEG_INFINITY], step)[0];
    }
    let mut places = Vec::with_capacity(edges.len() + 2);
    let mut left = numbers;
    for reached in reached {
        places.push(left - reached);
        left = reached;
    }
    places.extend([left, values.len() as u64 - numbers]);
    places
}

/// Number of values at or above each edge, times `step`.
#[inline(always)]
fn at_least_each<T: Real, const N: usize>(values: &[T], edges: &[f64; N], step: u32) -> [u64; N] {
    let single = edges.map(ceiling);
    let mut counts = [0_u32; N];
    for &x in values {
        let x: f64 = x.into();
        for k in 0..N {
            let reached = if size_of::<T>() == 4 { x as f32 >= single[k] } else { x >= edges[k] };
            counts[k] = if reached { counts[k].wrapping_add(step) } else { counts[k] };
        }
    }
    counts.map(u64::from)
}

/// The smallest `f32` at or above `x`: an `f32` is at or above the one exactly when it is at or above the other.
fn ceiling(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) < x { near.next_up() } else { near }
}

dispatch! {
    /// Places of a chunk, by finding the place of every value.
    fn scatter<T: Real>(values: &[T], edges: &Edges) -> Vec<u64> = scatter_body;
}

#[inline(always)]
fn scatter_body<T: Real>(values: &[T], edges: &Edges) -> Vec<u64> {
    // Four tables: a value need not wait for its predecessor in the same place.
    let places = edges.bins() + 3;
    let mut tables = vec![0_u32; 4 * places];
    for values in values.chunks(4) {
        for (i, &x) in values.iter().enumerate() {
            tables[i * places + place(x.into(), edges)] += 1;
        }
    }
    (0..places).map(|k| (0..4).map(|i| u64::from(tables[i * places + k])).sum()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_open_to_the_last_bin() {
        let edges = Edges::new(&[0.0, 1.0, 2.5]).unwrap();
        let values = [0.0_f32, 0.5, 1.0, 2.5, -0.1, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
        let expected = Counts { bins: vec![2, 1], under: 2, over: 2, missing: 1 };
        assert_eq!(counts(&values, &edges), expected, "numpy puts 2.5 into the last bin and drops the rest");
        let weighed = weights(&values, &[0.5; 8], &edges);
        assert_eq!(weighed, Counts { bins: vec![1.0, 0.5], under: 1.0, over: 1.0, missing: 0.5 });
        let none = counts::<f64>(&[], &edges);
        assert_eq!(none, Counts { bins: vec![0, 0], under: 0, over: 0, missing: 0 });
    }

    #[test]
    fn an_edge_between_two_singles() {
        let edges = Edges::new(&[0.1, 1.0]).unwrap(); // the nearest single is above
        assert_eq!(counts(&[0.1_f32, 0.1_f32.next_down()], &edges).bins, [1]);
        let edges = Edges::new(&[0.7, 1.0]).unwrap(); // the nearest single is below
        assert_eq!(counts(&[0.7_f32, 0.7_f32.next_up()], &edges).bins, [1]);
    }

    #[test]
    fn edges_that_are_none() {
        for bad in [&[][..], &[1.0], &[1.0, 1.0], &[2.0, 1.0], &[0.0, f64::NAN], &[f64::NAN, 0.0]] {
            assert_eq!(Edges::new(bad), None, "{bad:?}");
        }
        assert!(Edges::new(&[f64::NEG_INFINITY, 0.0, f64::INFINITY]).is_some());
    }

    #[test]
    fn bins_beyond_the_first_chunk() {
        let values: Vec<f64> = (0..CHUNK + 5).map(|i| (i % 3) as f64).collect();
        for level in Level::available() {
            let got = counts_at(level, &values, &Edges::new(&[0.0, 1.0, 2.0, 3.0]).unwrap());
            assert_eq!(got.bins, [21847, 21847, 21847]);
        }
    }

    #[test]
    fn few_edges_are_searched_in_every_block_and_beyond_the_limit_of_a_counter() {
        // 14 edges, all places of a block alike, so that no counter may overflow; then a tail of every length.
        let edges: Vec<f64> = (0..14).map(f64::from).collect();
        let known = Edges::new(&edges).unwrap();
        for (value, n) in [(-1.0_f32, 300_000), (0.0, 262_400), (13.5, 140_003), (f32::NAN, 200_001)] {
            let values = vec![value; n];
            for level in Level::available() {
                assert_eq!(places_at(level, &values, &known), places_at(Level::Portable, &values, &known));
                assert_eq!(counts_at(level, &values, &known), counts_at(Level::Portable, &values, &known));
            }
        }
        for n in 0..600_usize {
            let values: Vec<f32> = (0..n).map(|i| (i * 7 % 19) as f32 - 2.5).collect();
            for level in Level::available() {
                assert_eq!(
                    counts_at(level, &values, &known),
                    counts_at(Level::Portable, &values, &known),
                    "{n}"
                );
            }
        }
    }

    /// Places without chunks.
    fn places_at(level: Level, values: &[f32], edges: &Edges) -> Vec<u64> {
        searched(level, values, &edges.edges).unwrap_or_else(|| compare(level, values, &edges.edges))
    }

    fn edges() -> impl Strategy<Value = Vec<f64>> {
        let uniform = (2_usize..150, 0.01_f64..2.0)
            .prop_map(|(n, width)| (0..n).map(|k| -3.0 + k as f64 * width).collect::<Vec<f64>>());
        let uneven = prop::collection::btree_set(-40_i32..120, 2..100)
            .prop_map(|edges| edges.into_iter().map(|edge| f64::from(edge) / 8.0).collect::<Vec<f64>>());
        let few = prop::collection::btree_set(-40_i32..120, 2..16)
            .prop_map(|edges| edges.into_iter().map(|edge| f64::from(edge) / 8.0).collect::<Vec<f64>>());
        let open = prop::collection::btree_set(-40_i32..120, 1..12).prop_map(|edges| {
            let inner = edges.into_iter().map(|edge| f64::from(edge) / 10.0);
            let first = std::iter::once(f64::NEG_INFINITY);
            first.chain(inner).chain([f64::INFINITY]).collect::<Vec<f64>>()
        });
        prop_oneof![uniform, uneven, few, open]
    }

    fn value() -> impl Strategy<Value = f64> {
        let odd = prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e300]);
        prop_oneof![3 => (-40_i32..140).prop_map(|k| f64::from(k) / 8.0), 3 => -5.0_f64..20.0, 1 => odd]
    }

    proptest! {
        #[test]
        fn every_value_has_its_place(edges in edges(), mut values in prop::collection::vec(value(), 0..700), some in 0_usize..99) {
            values.push(edges[some % edges.len()]);
            let single: Vec<f32> = values.iter().map(|&x| x as f32).collect();
            let single = &single[1.min(single.len())..];
            let known = Edges::new(&edges).unwrap();
            let twin = |values: &mut dyn Iterator<Item = f64>| {
                let mut places = vec![0_u64; edges.len() + 2];
                for x in values {
                    let place = edges.iter().filter(|&&edge| x >= edge).count();
                    places[if x.is_nan() { edges.len() + 1 } else { place }] += 1;
                }
                counted(&places)
            };
            for level in Level::available() {
                prop_assert_eq!(counts_at(level, &values, &known), twin(&mut values.iter().copied()));
                prop_assert_eq!(counts_at(level, single, &known), twin(&mut single.iter().map(|&x| f64::from(x))));
            }
            let weighed = weights(&values, &vec![1.0; values.len()], &known);
            let counted = twin(&mut values.iter().copied());
            prop_assert_eq!(weighed.bins, counted.bins.iter().map(|&c| c as f64).collect::<Vec<_>>());
        }
    }
}
