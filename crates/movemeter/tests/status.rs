//! Measured, or NaN with a reason: never a number in place of a missing one.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use common::{CENTRE, SIZE, following, measured};
use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::matching::subpixel::Subpixel;
use movemeter::recipe::{Recipe, Reference};
use movemeter::source::MemoryStack;
use movemeter::synth;
use movemeter::track::{Sample, Status};

fn stack(frames: Vec<Frame>) -> MemoryStack {
    MemoryStack::new(frames).unwrap()
}

fn both_ways(recipe: Recipe) -> [Recipe; 2] {
    [Recipe { follow: false, ..recipe.clone() }, Recipe { follow: true, ..recipe }]
}

#[test]
fn a_window_without_texture_is_flat_in_every_frame_by_every_method() {
    let grey = Frame::from_fn(SIZE, |_, _| 117.3);
    for subpixel in Subpixel::ALL {
        for reference in [Reference::First, Reference::Previous, Reference::Mean] {
            for recipe in both_ways(Recipe { subpixel, reference, ..following([CENTRE]) }) {
                let tracks = measured(&recipe, &mut stack(vec![grey.clone(); 3]));
                assert_eq!(tracks.count(Status::Flat), 3, "{recipe:?}");
                assert!(tracks[0].samples.iter().all(|s| s.displacement().is_none()));
                assert!(tracks[0].samples.iter().all(|s| s.score.is_nan()));
            }
        }
    }
}

#[test]
fn a_textured_window_is_flat_where_the_other_frame_is() {
    let textured = synth::speckle(SIZE).frames(1).to_frames().remove(0);
    let grey = Frame::from_fn(SIZE, |_, _| 50.0);
    for recipe in both_ways(following([CENTRE])) {
        let frames = vec![textured.clone(), grey.clone(), textured.clone()];
        let tracks = measured(&recipe, &mut stack(frames));
        let statuses: Vec<Status> = tracks[0].samples.iter().map(|s| s.status).collect();
        assert_eq!(statuses, [Status::Ok, Status::Flat, Status::Ok]);
    }
}

#[test]
fn motion_beyond_the_limit_is_never_a_number() {
    // Many patterns, fine to coarse, moved by more than may be searched.
    let mut counts = [0usize; Status::ALL.len()];
    for seed in 0..40 {
        let radius = 1.0 + 0.05 * seed as f64;
        let far = Displacement::new(7.0 + 0.3 * (seed % 10) as f64, 4.0 - 0.9 * (seed % 9) as f64);
        let path = vec![Displacement::ZERO, far];
        let mut stack = synth::speckle(SIZE).radius(radius).seed(seed).path(path).frames(2);
        for subpixel in Subpixel::ALL {
            let recipe = Recipe {
                max_displacement_px: Some(6.0),
                subpixel,
                ..following(movemeter::roi::grid(Rect::new(24, 24, 96, 96), Size::new(32, 32), 1.0))
            };
            for recipe in both_ways(recipe) {
                for track in &measured(&recipe, &mut stack).tracks {
                    let sample = track.samples[1];
                    assert_eq!(sample.displacement(), None, "{seed} {subpixel:?} {sample:?}");
                    counts[sample.status as usize] += 1;
                }
            }
        }
    }
    assert_eq!(counts[Status::Ok as usize], 0);
    assert!(0 < counts[Status::AtEdge as usize], "{counts:?}");
}

#[test]
fn motion_just_at_the_limit_is_measured_and_just_beyond_is_at_the_edge() {
    let status_at = |dx: f64| {
        let path = vec![Displacement::ZERO, Displacement::new(dx, 0.0)];
        let mut stack = synth::speckle(SIZE).path(path).frames(2);
        let recipe = Recipe { max_displacement_px: Some(4.0), ..following([CENTRE]) };
        measured(&recipe, &mut stack)[0].samples[1].status
    };
    assert_eq!(status_at(3.95), Status::Ok);
    assert_eq!(status_at(-3.95), Status::Ok);
    assert_eq!(status_at(4.2), Status::AtEdge);
    assert_eq!(status_at(-5.0), Status::AtEdge);
}

#[test]
fn content_that_leaves_the_frame_has_left_it() {
    for (step, window) in [
        (Displacement::new(-2.0, 0.0), Rect::new(6, 50, 32, 32)),
        (Displacement::new(2.0, 0.3), Rect::new(90, 50, 32, 32)),
        (Displacement::new(0.2, -2.0), Rect::new(50, 6, 32, 32)),
        (Displacement::new(0.0, 2.0), Rect::new(50, 90, 32, 32)),
    ] {
        for subpixel in Subpixel::ALL {
            for max_displacement_px in [Some(30.0), None] {
                let mut stack = synth::speckle(SIZE).moving(step).frames(10);
                let recipe = Recipe { max_displacement_px, subpixel, ..following([window]) };
                let tracks = measured(&recipe, &mut stack);
                let samples = &tracks[0].samples;
                assert!(samples[..3].iter().all(Sample::is_ok), "{step:?} {subpixel:?}");
                // Two or more pixels outside, but half of it still to be seen.
                for (index, sample) in samples.iter().enumerate().skip(5) {
                    let at = format!("{step:?} {subpixel:?} frame {index}: {sample:?}");
                    assert_eq!(sample.status, Status::LeftFrame, "{at}");
                    assert_eq!(sample.displacement(), None, "{at}");
                }
            }
        }
    }
}

#[test]
fn a_periodic_texture_is_ambiguous() {
    let stripes = |by: f64| {
        Frame::from_fn(SIZE, |x, y| {
            let (x, y) = (x as f64 - by, y as f64);
            (100.0 + 50.0 * (x * 0.9).sin() * (y * 0.8).sin()).round() as f32
        })
    };
    for recipe in both_ways(following([CENTRE])) {
        let tracks = measured(&recipe, &mut stack(vec![stripes(0.0), stripes(0.4)]));
        assert_eq!(tracks[0].samples[1].status, Status::Ambiguous);
        assert_eq!(tracks[0].samples[1].displacement(), None);
    }
}

#[test]
fn pure_noise_is_not_found_again() {
    for seed in 0..20 {
        let noise = |frame: u64| {
            let mut random = synth::Random::new(seed, frame);
            Frame::from_fn(SIZE, |_, _| (100.0 + 20.0 * random.normal()) as f32)
        };
        for subpixel in Subpixel::ALL {
            let recipe = Recipe { subpixel, ..following([CENTRE]) };
            let tracks = measured(&recipe, &mut stack(vec![noise(0), noise(1)]));
            assert_eq!(tracks[0].samples[1].displacement(), None, "{seed} {subpixel:?}");
        }
    }
}

#[test]
fn doubtful_matches_keep_a_number_only_when_asked_for() {
    let path = vec![Displacement::ZERO, Displacement::new(5.0, 0.0)];
    let mut stack = synth::speckle(SIZE).path(path).frames(2);
    let mut at = |keep_doubtful| {
        let max_displacement_px = Some(4.0);
        let recipe = Recipe { max_displacement_px, keep_doubtful, ..following([CENTRE]) };
        measured(&recipe, &mut stack)[0].samples[1]
    };
    let (left_out, kept) = (at(false), at(true));
    assert_eq!((left_out.status, kept.status), (Status::AtEdge, Status::AtEdge));
    assert_eq!(left_out.displacement(), None);
    assert!((kept.displacement().unwrap().dx - 5.0).abs() < 0.02, "{kept:?}");
    assert!(left_out.score.is_finite());
}

#[test]
fn an_edge_that_slides_along_itself_is_ambiguous_kept_or_not() {
    let edge = |by: f64| {
        let mut random = synth::Random::new(4, by as u64);
        Frame::from_fn(SIZE, |x, _| {
            let across = ((x as f64 - 64.0 - by) / 2.0).tanh();
            (100.0 + 60.0 * across + random.normal()).round() as f32
        })
    };
    for keep_doubtful in [false, true] {
        let recipe = Recipe { keep_doubtful, ..following([CENTRE]) };
        let sample = measured(&recipe, &mut stack(vec![edge(0.0), edge(1.0)]))[0].samples[1];
        assert_eq!(sample.status, Status::Ambiguous, "{sample:?}");
        assert_eq!(sample.displacement().is_some(), keep_doubtful);
    }
}

#[test]
fn pixels_that_are_not_numbers_are_no_texture() {
    let mut frames = synth::speckle(SIZE).frames(2).to_frames();
    frames[1].row_mut(60)[60] = f32::NAN;
    for recipe in both_ways(following([CENTRE])) {
        let tracks = measured(&recipe, &mut stack(frames.clone()));
        assert_eq!(tracks[0].samples[1].displacement(), None);
        assert_ne!(tracks[0].samples[1].status, Status::Ok);
    }
}
