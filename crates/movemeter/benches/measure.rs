//! Whole measurements: windows × frames a second, frames in memory.
//!
//! `cargo bench --package movemeter --bench measure`

use divan::Bencher;
use divan::counter::ItemsCount;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::matching::subpixel::Subpixel;
use movemeter::monitor::Silent;
use movemeter::recipe::{Recipe, Reference};
use movemeter::roi::grid;
use movemeter::source::MemoryStack;
use movemeter::synth;

fn main() {
    divan::main();
}

const N_FRAMES: usize = 6;
const SIZE: Size = Size::new(512, 512);

fn stack() -> MemoryStack {
    let mut stack =
        synth::speckle(SIZE).noise(0.01).moving(Displacement::new(0.7, -0.4)).frames(N_FRAMES);
    MemoryStack::new(stack.to_frames()).expect("frames of one size")
}

fn bench(bencher: Bencher<'_, '_>, recipe: &Recipe) {
    let mut stack = stack();
    bencher
        .counter(ItemsCount::new(recipe.windows.len() * N_FRAMES))
        .bench_local(|| recipe.measure(&mut stack, &Silent).expect("the recipe fits the stack"));
}

/// 32×32 windows, ±10 px.
fn grid_recipe() -> Recipe {
    Recipe {
        windows: grid(Rect::of_frame(SIZE), Size::new(32, 32), 1.0),
        max_displacement_px: Some(10.0),
        ..Recipe::default()
    }
}

#[divan::bench(args = [true, false])]
fn grid_against_the_first(bencher: Bencher<'_, '_>, follow: bool) {
    bench(bencher, &Recipe { follow, ..grid_recipe() });
}

#[divan::bench(args = [true, false])]
fn grid_against_the_previous(bencher: Bencher<'_, '_>, follow: bool) {
    bench(bencher, &Recipe { follow, reference: Reference::Previous, ..grid_recipe() });
}

#[divan::bench]
fn grid_in_whole_pixels(bencher: Bencher<'_, '_>) {
    bench(bencher, &Recipe { subpixel: Subpixel::None, ..grid_recipe() });
}

#[divan::bench(args = [true, false])]
fn one_window_anywhere_in_the_frame(bencher: Bencher<'_, '_>, follow: bool) {
    let windows = [Rect::new(200, 200, 133, 114)].into();
    bench(bencher, &Recipe { windows, follow, max_displacement_px: None, ..grid_recipe() });
}

/// A thousand windows of this side; those of 32 overlap.
#[divan::bench(args = [16, 32])]
fn brightness_alone(bencher: Bencher<'_, '_>, side: usize) {
    let mut stack = stack();
    let step = (SIZE.width - side) as f64 / (31 * side) as f64;
    let windows = grid(Rect::of_frame(SIZE), Size::new(side, side), step);
    let recipe = Recipe { windows, ..Recipe::default() };
    bencher.counter(ItemsCount::new(recipe.windows.len() * N_FRAMES)).bench_local(|| {
        recipe.measure_brightness(&mut stack, &Silent).expect("the recipe fits the stack")
    });
}
