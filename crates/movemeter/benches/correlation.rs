//! The ways to correlate, by sizes of template and search: what the planner's constants come from.
//!
//! `cargo bench --package movemeter --bench correlation`

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use movemeter::fft::{Fft2, FftPlans};
use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::matching::score::{self, FftMatchScratch, ScoreMap};
use movemeter::matching::target::{PrepareScratch, Target};
use movemeter::matching::template::{Template, Uses};
use movemeter::simd::Level;
use movemeter::synth;

fn main() {
    divan::main();
}

/// Side of the template, farthest displacement.
const SIZES: [(usize, usize); 6] = [(16, 6), (32, 5), (32, 11), (32, 32), (64, 11), (128, 32)];

struct Pair {
    template: Template,
    target: Target,
    scratch: PrepareScratch,
    frame: Frame,
    search: Rect,
}

fn pair(side: usize, reach: usize, fft: Option<&Fft2>) -> Pair {
    let whole = side + 2 * reach;
    let frame = synth::speckle(Size::new(whole, whole)).frames(1).to_frames().remove(0);
    let window = Rect::new(reach as isize, reach as isize, side, side);
    let search = Rect::new(0, 0, whole, whole);
    let (mut template, mut target) = (Template::default(), Target::default());
    let mut scratch = PrepareScratch::default();
    template
        .prepare(&frame, window, Uses { fit: None, warp: None, fft }, &mut scratch)
        .expect("speckle has texture");
    target.prepare(&frame, search, window.size(), fft, &mut scratch);
    Pair { template, target, scratch, frame, search }
}

/// Multiplications and additions a second.
#[divan::bench(args = SIZES)]
fn direct(bencher: Bencher<'_, '_>, (side, reach): (usize, usize)) {
    let Pair { template, target, .. } = pair(side, reach, None);
    let mut map = ScoreMap::default();
    let places = 2 * reach + 1;
    bencher.counter(ItemsCount::new(places * places * side * side)).bench_local(|| {
        score::direct(Level::new(), black_box(&template), black_box(&target), &mut map);
    });
}

/// Points × log₂ of their number a second, of two transforms: template's spectrum kept.
#[divan::bench(args = SIZES)]
fn by_fft(bencher: Bencher<'_, '_>, (side, reach): (usize, usize)) {
    let whole = Size::new(side + 2 * reach, side + 2 * reach);
    let fft = FftPlans::default().at_least(whole);
    let Pair { template, mut target, mut scratch, frame, search } = pair(side, reach, Some(&fft));
    let (mut map, mut of) = (ScoreMap::default(), FftMatchScratch::default());
    let points = fft.size().area() as f64;
    bencher.counter(ItemsCount::new((2.0 * points * points.log2()) as usize)).bench_local(|| {
        target.prepare(black_box(&frame), search, template.size(), Some(&fft), &mut scratch);
        score::by_fft(&fft, black_box(&template), &target, &mut of, &mut map);
    });
}

/// Making the contrast of every window of a search region, without a spectrum.
#[divan::bench(args = SIZES)]
fn prepare_target(bencher: Bencher<'_, '_>, (side, reach): (usize, usize)) {
    let Pair { template, mut target, mut scratch, frame, search } = pair(side, reach, None);
    bencher.bench_local(|| {
        target.prepare(black_box(&frame), search, template.size(), None, &mut scratch);
    });
}
