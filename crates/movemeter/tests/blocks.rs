//! A recording cut into blocks of frames, and of windows, gives the bits it gives whole.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use common::{anywhere, following};
use movemeter::brightness::{Brightness, BrightnessMode};
use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::mask::Mask;
use movemeter::matching::enlargement::Enlargement;
use movemeter::matching::subpixel::Subpixel;
use movemeter::matching::warp::Model;
use movemeter::measure::motion::Means;
use movemeter::measure::reference::{Ahead, ReferenceFrame};
use movemeter::measure::{Motion, run};
use movemeter::monitor::Silent;
use movemeter::preprocess::background::Background;
use movemeter::recipe::{Recipe, Reference};
use movemeter::roi::{Windows, grid};
use movemeter::source::{FrameSource, MemoryStack, Selected, StackInfo};
use movemeter::synth;
use movemeter::track::{Covariance, Sample, Tracks};

const SIZE: Size = Size::new(128, 128);
const N_FRAMES: usize = 7;

fn stack() -> MemoryStack {
    let path = anywhere(N_FRAMES, 4.0, 8);
    let frames = synth::speckle(SIZE).noise(0.03).path(path).frames(N_FRAMES).to_frames();
    // Grey levels of a camera, one frame half of whose windows show nothing.
    let eight_bit = |(number, frame): (usize, Frame)| {
        Frame::from_fn(SIZE, |x, y| match (number, x < 64) {
            (5, true) => 30.0,
            _ => (40.0 + 40.0 * frame.row(y)[x]).round().clamp(0.0, 255.0),
        })
    };
    MemoryStack::new(frames.into_iter().enumerate().map(eight_bit).collect())
        .unwrap()
        .stored_as("uint8")
}

/// Three sizes, some at the border; both corners, so that each window alone sees less of the frame than all do.
fn rects() -> Vec<Rect> {
    let middle = Rect::new(52, 44, 24, 28);
    vec![
        Rect::new(0, 0, 24, 28),
        middle,
        Rect::new(104, 100, 24, 28),
        Rect::new(60, 61, 17, 19),
        Rect::new(20, 88, 40, 30),
    ]
}

fn windows(rects: &[Rect]) -> Windows {
    let mut windows = Windows::default();
    windows.add("all", rects.iter().copied());
    windows
}

/// All numbers, to the last bit: NaN, which equals nothing, among them.
fn bits(tracks: &[Tracks]) -> Vec<String> {
    let mut of_windows: Vec<String> = Vec::new();
    for tracks in tracks {
        let levels = |window: usize| tracks.brightness.as_ref().map(|of| &of.windows[window]);
        for (window, track) in tracks.tracks.iter().enumerate() {
            let (rect, samples) = (track.rect, &track.samples);
            of_windows.push(format!(
                "{rect:?} {:?} {samples:?} {:?} {:?}",
                tracks.stamps,
                track.deformations,
                levels(window)
            ));
        }
    }
    of_windows
}

fn whole(means: Means, recipe: &Recipe) -> Tracks {
    let mut stack = stack();
    let mut motion = Motion::by(means, recipe, &mut stack, &Silent).unwrap();
    run(&mut stack, recipe, &Silent, &mut [&mut motion]).unwrap();
    motion.into_tracks()
}

/// Some windows in some frames, with what was read ahead as another computer would be sent it: images and numbers.
fn block(
    (recipe, means): (&Recipe, Means),
    ahead: &Ahead,
    rects: &[Rect],
    frames: &[usize],
) -> Tracks {
    let recipe = Recipe { windows: windows(rects), ..recipe.clone() };
    let mut frames = Selected::new(stack(), frames.to_vec()).unwrap();
    let background = ahead.preparation.background().cloned();
    let reference = ahead.reference.as_ref().map(|reference| ReferenceFrame {
        frame: reference.frame.clone(),
        number: reference.number,
        n_frames: reference.n_frames,
    });
    let ahead = Ahead::of(&recipe, frames.info(), background, reference);
    let mut motion = Motion::with(ahead, means, &recipe, frames.info(), &Silent).unwrap();
    run(&mut frames, &recipe, &Silent, &mut [&mut motion]).unwrap();
    motion.into_tracks()
}

/// One after another in time, of all windows.
fn joined(blocks: Vec<Tracks>) -> Tracks {
    let mut blocks = blocks.into_iter();
    let mut all = blocks.next().unwrap();
    for block in blocks {
        all.stamps.extend(block.stamps);
        for (track, more) in all.tracks.iter_mut().zip(block.tracks) {
            track.samples.extend(more.samples);
            track.deformations.extend(more.deformations);
        }
        if let (Some(Brightness { windows, .. }), Some(more)) =
            (&mut all.brightness, block.brightness)
        {
            for (levels, more) in windows.iter_mut().zip(more.windows) {
                levels.extend(more);
            }
        }
    }
    all
}

const ALONE: [&[usize]; 7] = [&[0], &[1], &[2], &[3], &[4], &[5], &[6]];
const SOME: [&[usize]; 2] = [&[0, 1, 2], &[3, 4, 5, 6]];
const ALL: [&[usize]; 1] = [&[0, 1, 2, 3, 4, 5, 6]];

/// By these means, in these blocks of frames, and each window alone, and two and three of them.
fn is_the_same_cut(recipe: &Recipe, means: Means, of_frames: &[&[usize]]) {
    let rects = rects();
    let recipe = Recipe { windows: windows(&rects), ..recipe.clone() };
    let whole = bits(&[whole(means, &recipe)]);
    let ahead = Ahead::of_recording(&recipe, &mut stack(), &Silent).unwrap();
    for n_windows in [1, 3, rects.len()] {
        let of_windows = rects.chunks(n_windows).map(|rects| {
            let blocks =
                of_frames.iter().map(|frames| block((&recipe, means), &ahead, rects, frames));
            joined(blocks.collect())
        });
        let cut = bits(&of_windows.collect::<Vec<_>>());
        assert_eq!(whole, cut, "{n_windows} windows at once, {of_frames:?}: {recipe:?}");
    }
}

/// What does not wait for other frames.
fn each_alone() -> Vec<Recipe> {
    let mut recipes = Vec::new();
    let references = [Reference::First, Reference::Frame(0), Reference::Frame(4), Reference::Mean];
    for reference in references {
        for (follow, max_displacement_px) in [(true, Some(8.0)), (false, Some(8.0)), (false, None)]
        {
            let recipe = following(Windows::default());
            recipes.push(Recipe { reference, follow, max_displacement_px, ..recipe });
        }
    }
    recipes
}

#[test]
fn frames_that_count_from_one_reference_may_be_cut_anywhere() {
    for recipe in each_alone() {
        is_the_same_cut(&recipe, Means::default(), &SOME);
    }
}

#[test]
fn every_frame_alone_is_what_it_is_in_the_whole() {
    for follow in [true, false] {
        is_the_same_cut(
            &Recipe { follow, ..following(Windows::default()) },
            Means::default(),
            &ALONE,
        );
    }
}

#[test]
fn the_first_frame_and_the_frame_of_its_number_are_the_same_reference() {
    for follow in [true, false] {
        for max_displacement_px in [Some(8.0), None] {
            let recipe = Recipe { follow, max_displacement_px, ..following(windows(&rects())) };
            let by = |reference| {
                bits(&[whole(Means::default(), &Recipe { reference, ..recipe.clone() })])
            };
            assert_eq!(by(Reference::First), by(Reference::Frame(0)), "{recipe:?}");
        }
    }
}

#[test]
fn whatever_is_done_to_frames_and_between_the_pixels_is_done_alike_in_blocks() {
    let speck = |x: usize, y: usize| {
        30 < x && x < 40 && 50 < y && y < 58 || (x + 9 * y).is_multiple_of(311)
    };
    let image = Frame::from_fn(SIZE, |x, y| if speck(x, y) { 0.0 } else { 1.0 });
    for follow in [true, false] {
        let base = Recipe { follow, ..following(Windows::default()) };
        let recipes = [
            Recipe { blur_sigma_px: 1.2, invert: true, ..base.clone() },
            Recipe { background: Background::Min, blur_sigma_px: 0.8, ..base.clone() },
            Recipe { background: Background::Mean, invert: true, ..base.clone() },
            Recipe {
                background: Background::Min,
                reference: Reference::Mean,
                blur_sigma_px: 0.6,
                ..base.clone()
            },
            Recipe { mask: Some(Mask::new("speck", &image)), ..base.clone() },
            Recipe { exclude: vec![0, 3], keep_doubtful: true, ..base.clone() },
            Recipe { brightness: Some(BrightnessMode::Absolute), ..base.clone() },
            Recipe { subpixel: Subpixel::Parabola, ..base.clone() },
            Recipe { subpixel: Subpixel::Gaussian, ..base.clone() },
            Recipe { subpixel: Subpixel::None, ..base.clone() },
            Recipe { subpixel: Subpixel::Resize(Enlargement::new(2.5).unwrap()), ..base.clone() },
            Recipe { subpixel: Subpixel::Resize(Enlargement::new(4.0).unwrap()), ..base.clone() },
            Recipe { model: Model::Rigid, ..base.clone() },
            Recipe { model: Model::Affine, reference: Reference::Mean, ..base.clone() },
            Recipe { rotation: true, max_rotation_deg: Some(20.0), ..base },
        ];
        for recipe in recipes {
            is_the_same_cut(&recipe, Means::default(), &SOME);
        }
    }
}

#[test]
fn what_waits_for_earlier_frames_may_be_cut_by_windows() {
    let recipe = following(Windows::default());
    for reference in [Reference::Previous, Reference::Keyframe] {
        for max_displacement_px in [Some(8.0), None] {
            let recipe = Recipe { reference, max_displacement_px, ..recipe.clone() };
            is_the_same_cut(&recipe, Means::default(), &ALL);
        }
    }
    is_the_same_cut(&Recipe { max_displacement_px: None, ..recipe }, Means::default(), &ALL);
}

#[test]
fn blocks_round_as_the_whole_does_if_told_whether_it_keeps_what_it_prepares() {
    for recipe in each_alone() {
        is_the_same_cut(&recipe, Means { keeps: Some(false), ..Means::default() }, &SOME);
    }
}

#[test]
fn what_is_prepared_again_for_each_frame_differs_in_the_rounding_of_covariances_alone() {
    let windows = grid(Rect::of_frame(SIZE), Size::new(16, 16), 0.5);
    assert!(Motion::keeps(&following(windows.clone()), stack().info()));
    for recipe in each_alone() {
        let recipe = Recipe { windows: windows.clone(), ..recipe };
        let with = |keeps| whole(Means { keeps: Some(keeps), ..Means::default() }, &recipe).tracks;
        for (kept, made) in with(true).iter().zip(&with(false)) {
            for (kept, made) in kept.samples.iter().zip(&made.samples) {
                let known = |sample: &Sample| {
                    format!("{:?}", Sample { covariance: Covariance::ZERO, ..*sample })
                };
                assert_eq!(known(kept), known(made), "{:?} {}", recipe.reference, recipe.follow);
                let apart = (kept.covariance.xx - made.covariance.xx).abs();
                // A few roundings of single precision.
                let unknown = kept.covariance.xx.is_nan() && made.covariance.xx.is_nan();
                assert!(unknown || apart <= 1e-6 * kept.covariance.xx.abs(), "{kept:?} {made:?}");
            }
        }
    }
}

#[test]
fn more_windows_than_fit_into_memory_are_not_kept() {
    let frame = StackInfo { size: Size::new(2048, 2048), n_frames: 2, ..StackInfo::default() };
    let of_step = |step| following(grid(Rect::of_frame(frame.size), Size::new(64, 64), step));
    // About 280 kB each.
    assert!(Motion::keeps(&of_step(2.0), &frame));
    assert!(!Motion::keeps(&of_step(0.25), &frame));
}
