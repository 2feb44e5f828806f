//! Pictures at operational size: 13,110 cells at 1600 pixels, 36 of them as an animation.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use forewarn_catalog::{MAPS, render};
use forewarn_core::{Cadence, Field, Ground, MapArgs, Period, Scene, Step};
use forewarn_data::geography::{self, Region};
use forewarn_kernels::random::Stream;

/// Expected values where one cell in thirty has some.
fn scene(step: u16) -> Scene {
    let units = geography::region(Region::AfricaMiddleEast);
    let stream = Stream::new(u64::from(step) / 6, &[]);
    let value = |i: u64| if stream.below(i, 30) == 0 { (1.0 / stream.uniform(i) - 1.0) as f32 } else { 0.0 };
    let values = (0..units.len() as u64).map(value).collect();
    let ground = Ground::of_cells(&units, geography::borders().clone()).expect("cells of the grid");
    let field = Field::point(Period(492), Step(step), units, values).expect("finite values");
    let map = MAPS.iter().find(|entry| entry.name == "expected-value").expect("in the catalog");
    let args = MapArgs::new(&field, ("bench", "deaths per cell"), Cadence::Month, &ground);
    map.default().and_then(|map| map.scene(&args)).expect("counts")
}

fn pictures(c: &mut Criterion) {
    let layout = render::Layout::default();
    let mut group = c.benchmark_group("maps");
    group.sample_size(10);
    let one = scene(1);
    group.bench_function("png", |b| b.iter(|| render::png(black_box(&one), &layout)));
    group.bench_function("svg", |b| b.iter(|| render::svg(black_box(&one), &layout)));
    group.bench_function("geojson", |b| b.iter(|| render::geojson(black_box(&one))));
    let mut all: Vec<Scene> = (1..=36).map(scene).collect();
    render::common_scale(&mut all);
    group.bench_function("multiples of 36", |b| b.iter(|| render::multiples(black_box(&all), &layout)));
    group.bench_function("animation of 36", |b| b.iter(|| render::animation(black_box(&all), &layout)));
    group.finish();
}

criterion_group!(benches, pictures);
criterion_main!(benches);
