//! Every window in every small frame ends in a result: never a panic, never an unexplained gap.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use common::measured;
use movemeter::Windows;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::matching::subpixel::Subpixel;
use movemeter::recipe::{Recipe, Reference};
use movemeter::source::MemoryStack;
use movemeter::synth;
use movemeter::track::Tracks;

/// Every window there is in a frame of this size.
fn every_window(frame: Size) -> Windows {
    let mut all = Vec::new();
    for height in 1..=frame.height {
        for width in 1..=frame.width {
            for y in 0..=frame.height - height {
                for x in 0..=frame.width - width {
                    all.push(Rect::new(x as isize, y as isize, width, height));
                }
            }
        }
    }
    all.into()
}

fn check(tracks: &Tracks, recipe: &Recipe) {
    for track in &tracks.tracks {
        assert_eq!(track.samples.len(), 3);
        for sample in &track.samples {
            let is_whole = !sample.is_ok() || sample.displacement().is_some();
            let is_near = sample.displacement().is_none_or(|d| d.reach() < 20.0);
            assert!(is_whole && is_near, "{} {sample:?} {recipe:?}", track.rect);
        }
    }
}

#[test]
fn every_window_of_every_small_frame_ends_in_a_result() {
    for (width, height) in [(1, 1), (1, 7), (6, 1), (2, 5), (7, 4), (8, 8)] {
        let size = Size::new(width, height);
        let mut made = synth::speckle(size).noise(0.02).moving(Displacement::new(0.4, -0.7));
        for radius in [0.7, 2.0] {
            made = made.radius(radius);
            let frames = made.clone().frames(3).to_frames();
            for subpixel in Subpixel::ALL {
                for reference in [Reference::First, Reference::Previous, Reference::Mean] {
                    for (follow, max_displacement_px, keep_doubtful) in [
                        (true, Some(2.5), false),
                        (false, Some(100.0), true),
                        (true, None, true),
                        (false, None, false),
                    ] {
                        let windows = every_window(size);
                        let recipe = Recipe {
                            windows,
                            subpixel,
                            reference,
                            follow,
                            max_displacement_px,
                            keep_doubtful,
                            ..Recipe::default()
                        };
                        let mut stack = MemoryStack::new(frames.clone()).unwrap();
                        check(&measured(&recipe, &mut stack), &recipe);
                    }
                }
            }
        }
    }
}

#[test]
fn long_thin_windows_at_the_border_end_in_a_result() {
    let size = Size::new(40, 40);
    let mut windows = Vec::new();
    for thin in 1..=7usize {
        for at in [0isize, 1, 20, 40 - thin as isize] {
            windows.push(Rect::new(at, 5, thin, 30));
            windows.push(Rect::new(5, at, 30, thin));
            windows.push(Rect::new(at, 0, thin, 40));
            windows.push(Rect::new(0, at, 40, thin));
        }
    }
    let frames = synth::speckle(size).moving(Displacement::new(0.4, 0.3)).frames(3).to_frames();
    for follow in [true, false] {
        for max_displacement_px in [Some(3.0), None] {
            let windows = windows.clone().into();
            let recipe = Recipe { windows, follow, max_displacement_px, ..Recipe::default() };
            let mut stack = MemoryStack::new(frames.clone()).unwrap();
            check(&measured(&recipe, &mut stack), &recipe);
        }
    }
}

#[test]
fn extreme_pixel_values_end_in_a_result_and_never_in_a_wrong_number() {
    let size = Size::new(48, 48);
    let moved = Displacement::new(1.4, -0.7);
    let made = synth::speckle(size).moving(moved).frames(3).to_frames();
    let tints: [fn(f32) -> f32; 7] = [
        |v| v * 1e36,
        |v| v * 1e-42,
        |v| v - 1e7,
        |v| if v < 60.0 { f32::NEG_INFINITY } else { v },
        |v| if v < 60.0 { f32::INFINITY } else { v },
        |v| if v < 60.0 { f32::NAN } else { v },
        |v| if v < 60.0 { f32::MAX } else { f32::MIN },
    ];
    for tint in tints {
        let frames =
            made.iter().map(|frame| movemeter::Frame::from_fn(size, |x, y| tint(frame.row(y)[x])));
        let stack = MemoryStack::new(frames.collect()).unwrap();
        for subpixel in Subpixel::ALL {
            for (follow, max_displacement_px) in
                [(true, Some(5.0)), (false, Some(5.0)), (true, None)]
            {
                let windows = [Rect::new(12, 12, 24, 24), Rect::new(0, 0, 16, 16)].into();
                let recipe =
                    Recipe { windows, subpixel, follow, max_displacement_px, ..Recipe::default() };
                let tracks = measured(&recipe, &mut stack.clone());
                check(&tracks, &recipe);
                let sample = tracks[0].samples[1];
                let is_right = sample.displacement().is_none_or(|d| (d - moved).reach() < 0.6);
                assert!(is_right, "{sample:?} {recipe:?}");
            }
        }
    }
}
