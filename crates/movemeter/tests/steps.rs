//! Scores at steps of a pixel, made without enlarging the pictures: they may not say another thing than enlarged
//! pictures do, of windows that can be measured and of those that cannot.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use common::measured_by;
use movemeter::matching::enlargement::{self, EnlargeScratch, Enlargement};
use movemeter::matching::naive;
use movemeter::matching::resized::Finder;
use movemeter::matching::score::ScoreMap;
use movemeter::matching::subpixel::Subpixel;
use movemeter::measure::motion::Means;
use movemeter::source::MemoryStack;
use movemeter::synth::{self, Random};
use movemeter::{Displacement, Frame, Recipe, Rect, Sample, Size, Status};

const SIZE: Size = Size::new(72, 64);
const TIMES: [f64; 4] = [2.0, 3.0, 5.0, 10.0];
const REACH_PX: f64 = 5.0;

/// By how much the scores of two places may differ that are taken for one another: rounding of `f32`.
const ROUNDING: f32 = 3e-7;

type Pair = [Frame; 2];

fn pair(mut pixel: impl FnMut(usize, usize, usize) -> f32) -> Pair {
    [0, 1].map(|index| Frame::from_fn(SIZE, |x, y| pixel(index, x, y)))
}

fn changed(pair: &Pair, mut change: impl FnMut(f32, usize, usize) -> f32) -> Pair {
    pair.each_ref().map(|frame| Frame::from_fn(SIZE, |x, y| change(frame.row(y)[x], x, y)))
}

fn speckle(radius: f64, noise: f64, bits: Option<u32>) -> Pair {
    let moving = Displacement::new(2.34, -1.57);
    let speckle = synth::speckle(SIZE).radius(radius).noise(noise).bits(bits);
    speckle.moving(moving).frames(2).to_frames().try_into().unwrap()
}

/// Every kind of content, by name.
fn scenes() -> Vec<(&'static str, Pair)> {
    let clear = speckle(2.0, 0.0, Some(8));
    let mut random = Random::new(5, 9);
    let wave = |index: usize, x: usize, period: f32| {
        100.0 + 50.0 * ((x as f32 + 1.3 * index as f32) * std::f32::consts::TAU / period).sin()
    };
    vec![
        ("noisy", speckle(2.0, 0.05, Some(8))),
        ("fine", speckle(0.7, 0.02, Some(8))),
        ("blurred", speckle(6.0, 0.01, Some(8))),
        ("16 bits", speckle(2.0, 0.01, Some(16))),
        ("float", speckle(1.5, 0.01, None)),
        ("weak", changed(&clear, |pixel, _, _| 200.0 + (pixel * 0.02).round())),
        ("bright", changed(&clear, |pixel, _, _| 4e4 + 0.05 * pixel)),
        ("nearly flat", changed(&clear, |pixel, _, _| 4e4 + 1e-3 * pixel)),
        ("saturated", changed(&clear, |pixel, _, _| (3.0 * pixel - 200.0).clamp(0.0, 255.0))),
        ("half black", changed(&clear, |pixel, x, _| if x < 36 { 0.0 } else { pixel })),
        ("hot pixel", changed(&clear, |pixel, x, y| if (x, y) == (30, 28) { 6e4 } else { pixel })),
        ("turned over", changed(&clear, |pixel, _, _| -pixel)),
        ("nothing in common", pair(|_, _, _| (255.0 * random.uniform()) as f32)),
        ("stripes", pair(|index, x, _| wave(index, x, 9.0))),
        ("lattice", pair(|index, x, y| wave(index, x, 8.0) + wave(index, y, 6.0))),
        ("ramp", pair(|index, x, y| (x + 2 * y + index) as f32)),
        ("flat", pair(|_, _, _| 117.3)),
        ("black", pair(|_, _, _| 0.0)),
        ("not a number", changed(&clear, |pixel, x, _| if x == 40 { f32::NAN } else { pixel })),
    ]
}

fn windows() -> Vec<Rect> {
    vec![
        Rect::new(22, 18, 28, 28),
        Rect::new(6, 30, 24, 27),
        Rect::new(28, 22, 16, 16),
        Rect::new(0, 0, 13, 17),
        Rect::new(57, 46, 15, 18),
        Rect::new(30, 40, 3, 3),
        Rect::new(20, 20, 2, 9),
    ]
}

/// The judge's score with a window's corner at that place in the search.
fn score_at(window: (&Frame, Rect), search: (&Frame, Rect), at: Displacement, times: f64) -> f32 {
    let enlarged = |(frame, part): (&Frame, Rect)| {
        let (mut enlarged, scratch) = (Frame::default(), &mut EnlargeScratch::default());
        let times = Enlargement::new(times).unwrap();
        enlargement::enlarge(frame.crop(part), times, scratch, &mut enlarged);
        enlarged
    };
    let (template, region) = (enlarged(window), enlarged(search));
    let [u, v] = [at.dx, at.dy].map(|lag| (lag * times).round() as isize);
    let place = Rect::new(u, v, template.size().width, template.size().height);
    let mut map = ScoreMap::default();
    naive::scores(template.view(), region.crop(place), &mut map);
    map.at(0, 0)
}

/// Whether two samples are one, or their places score the same but for rounding.
fn is_same(frames: &Pair, recipe: &Recipe, window: Rect, [found, judge]: [Sample; 2]) -> bool {
    let Subpixel::Resize(times) = recipe.subpixel else { return false };
    let numbers =
        |sample: Sample| [sample.displacement.dx, sample.displacement.dy].map(f64::to_bits);
    if found.status != judge.status || numbers(found) == numbers(judge) {
        return found.status == judge.status;
    }
    let search = window.grown(REACH_PX as usize).clipped_to(SIZE).unwrap();
    let [template, target] = if recipe.follow { [0, 1] } else { [1, 0] };
    let scores = [found, judge].map(|sample| {
        let sign = if recipe.follow { 1.0 } else { -1.0 };
        let Displacement { dx, dy } = sample.displacement;
        let at = Displacement::new(
            sign * dx + (window.x - search.x) as f64,
            sign * dy + (window.y - search.y) as f64,
        );
        score_at((&frames[template], window), (&frames[target], search), at, times.factor())
    });
    (scores[0] - scores[1]).abs() < ROUNDING
}

#[test]
fn steps_give_the_samples_of_enlarged_pictures() {
    let mut n = 0;
    for (name, frames) in scenes() {
        for times in TIMES {
            for follow in [false, true] {
                let recipe = Recipe {
                    windows: windows().into(),
                    subpixel: Subpixel::Resize(Enlargement::new(times).unwrap()),
                    max_displacement_px: Some(REACH_PX),
                    follow,
                    keep_doubtful: true,
                    ..Recipe::default()
                };
                let [tracks, judge] = [false, true].map(|exhaustive| {
                    let mut stack = MemoryStack::new(frames.to_vec()).unwrap();
                    measured_by(Means { exhaustive, ..Means::default() }, &recipe, &mut stack)
                });
                for (track, judge) in tracks.tracks.iter().zip(&judge.tracks) {
                    let samples = [track.samples[1], judge.samples[1]];
                    let same = is_same(&frames, &recipe, track.rect, samples);
                    assert!(same, "{name} {times} {} {samples:#?} follow {follow}", track.rect);
                    n += usize::from(samples[0].status == Status::Ok);
                }
            }
        }
    }
    assert!(150 < n, "{n} were measured");
}

#[test]
fn a_finder_finds_what_is_highest_in_enlarged_pictures() {
    for (name, [first, second]) in scenes() {
        for times in [2.0, 5.0] {
            let mut finder = Finder::new(Enlargement::new(times).unwrap());
            for window in windows() {
                let search = window.grown(4).clipped_to(SIZE).unwrap();
                finder.aim(&first, search, window.size());
                let Ok(found) = finder.find(&second, window) else { continue };
                let corner = Displacement::new(search.x as f64, search.y as f64);
                let place = Displacement::new(found.place.x, found.place.y) - corner;
                let score = score_at((&second, window), (&first, search), place, times);
                assert!((score - found.score).abs() < 2e-5, "{name} {window}: {found:?} {score}");
            }
        }
    }
}
