//! Matching enlarged pictures: steps, limits, references, and the answer for a region of one's own.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use common::{CENTRE, SIZE, anywhere, following, measured};
use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::matching::enlargement::Enlargement;
use movemeter::matching::resized::Finder;
use movemeter::matching::subpixel::Subpixel;
use movemeter::recipe::{Recipe, Reference};
use movemeter::source::FrameSource;
use movemeter::synth;
use movemeter::track::{Sample, Status};

fn resize(factor: f64) -> Subpixel {
    Subpixel::Resize(Enlargement::new(factor).unwrap())
}

fn is_whole(number: f64) -> bool {
    (number - number.round()).abs() < 1e-9
}

#[test]
fn each_enlargement_has_its_own_step_with_every_reference() {
    for factor in [0.5, 1.0, 2.0, 2.5, 5.0] {
        for reference in
            [Reference::First, Reference::Previous, Reference::Mean, Reference::Frame(2)]
        {
            for follow in [true, false] {
                let moved = Displacement::new(0.37, -0.21);
                let mut stack = synth::speckle(SIZE).radius(3.0).moving(moved).frames(4);
                let recipe =
                    Recipe { subpixel: resize(factor), reference, follow, ..following([CENTRE]) };
                let tracks = measured(&recipe, &mut stack);
                let at = |index: usize| tracks[0].samples[index];
                for sample in (0..4).map(at) {
                    assert!(sample.is_ok(), "{sample:?} {recipe:?}");
                    let Displacement { dx, dy } = sample.displacement;
                    assert!(
                        is_whole(factor * dx) && is_whole(factor * dy),
                        "{sample:?} {recipe:?}"
                    );
                }
                let found = at(3).displacement - at(0).displacement;
                let truth = stack.displacement(3) - stack.displacement(0);
                // Half a step at each end, half a step of bias, and a chain adds three of them.
                let n_steps = if reference == Reference::Previous { 3.0 } else { 1.0 };
                let off = (found - truth).reach();
                assert!(off <= n_steps / factor, "{found:?}, not {truth:?}: {recipe:?}");
            }
        }
    }
}

#[test]
fn a_finer_step_is_nearer_to_the_truth_and_none_has_an_error_bar() {
    let rms = |factor: f64| {
        let mut stack = synth::speckle(SIZE).path(anywhere(9, 4.0, 3)).frames(9);
        let recipe = Recipe { subpixel: resize(factor), ..following([CENTRE]) };
        let tracks = measured(&recipe, &mut stack);
        assert!(tracks[0].samples[1..].iter().all(|sample| sample.sd_x().is_nan()));
        common::errors(&tracks, &stack).rms
    };
    let [whole, half, fifth] = [1.0, 2.0, 5.0].map(rms);
    assert!(fifth < 0.5 * half && half < 0.7 * whole && fifth < 0.08, "{whole} {half} {fifth}");
}

#[test]
fn once_enlarged_is_whole_pixels() {
    let mut stack = synth::speckle(SIZE).noise(0.02).path(anywhere(6, 4.0, 8)).frames(6);
    for follow in [true, false] {
        let mut at = |subpixel| {
            let recipe = Recipe { subpixel, follow, ..following([CENTRE]) };
            measured(&recipe, &mut stack)[0].dx().collect::<Vec<f64>>()
        };
        assert_eq!(at(resize(1.0)), at(Subpixel::None));
    }
}

#[test]
fn the_search_goes_exactly_as_far_as_asked_and_its_border_is_the_edge() {
    let sample = |dx: f64, limit: f64| {
        let path = vec![Displacement::ZERO, Displacement::new(dx, 0.0)];
        let mut stack = synth::speckle(SIZE).path(path).frames(2);
        let max_displacement_px = Some(limit);
        let recipe = Recipe {
            subpixel: resize(2.0),
            max_displacement_px,
            keep_doubtful: true,
            ..following([CENTRE])
        };
        measured(&recipe, &mut stack)[0].samples[1]
    };
    assert_eq!(sample(3.5, 4.0).status, Status::Ok);
    for (dx, edge) in [(4.0, 4.0), (4.6, 4.0), (-5.0, -4.0)] {
        let sample = sample(dx, 4.0);
        assert_eq!((sample.status, sample.displacement.dx), (Status::AtEdge, edge));
    }
    assert_eq!(sample(4.0, 5.0).status, Status::Ok);
}

#[test]
fn a_finder_gives_the_matchers_answer_in_the_matchers_region() {
    let mut stack = synth::speckle(SIZE).noise(0.02).path(anywhere(4, 4.0, 21)).frames(4);
    let frames = stack.to_frames();
    for factor in [0.5, 2.5, 4.0] {
        let recipe = Recipe { subpixel: resize(factor), ..following([CENTRE]) };
        let tracks = measured(&recipe, &mut stack);
        let mut finder = Finder::new(Enlargement::new(factor).unwrap());
        for (frame, sample) in frames.iter().zip(&tracks[0].samples).skip(1) {
            finder.aim(frame, CENTRE.grown(10), CENTRE.size());
            let found = finder.find(&frames[0], CENTRE).unwrap();
            let Sample { displacement, score, .. } = *sample;
            let place = Displacement::new(found.place.x - 48.0, found.place.y - 48.0);
            assert_eq!((place, found.score), (displacement, score));
        }
    }
}

#[test]
fn a_finder_searches_any_region_and_counts_from_the_frame() {
    let frames = synth::speckle(SIZE).moving(Displacement::new(6.0, 3.0)).frames(2).to_frames();
    let mut finder = Finder::new(Enlargement::TWO);
    for search in [Rect::new(0, 0, 128, 128), Rect::new(50, 40, 60, 50), Rect::new(54, 51, 32, 32)]
    {
        finder.aim(&frames[1], search, CENTRE.size());
        let found = finder.find(&frames[0], CENTRE).unwrap();
        assert_eq!((found.place.x, found.place.y), (54.0, 51.0), "{search}");
        assert!(0.99 < found.score);
    }
}

#[test]
fn without_texture_a_finder_finds_nothing_where_opencv_takes_the_corner() {
    let speckle = synth::speckle(SIZE).frames(1).to_frames().remove(0);
    let grey = Frame::from_fn(SIZE, |_, _| 117.3);
    let mut finder = Finder::new(Enlargement::TWO);
    finder.aim(&speckle, CENTRE.grown(5), CENTRE.size());
    assert_eq!(finder.find(&grey, CENTRE), Err(Status::Flat));
    finder.aim(&grey, CENTRE.grown(5), CENTRE.size());
    assert_eq!(finder.find(&speckle, CENTRE), Err(Status::Flat));
}

#[test]
fn a_whole_frame_is_searched_enlarged() {
    let size = Size::new(96, 80);
    let moved = Displacement::new(30.5, -12.5);
    let mut stack = synth::speckle(size).path(vec![Displacement::ZERO, moved]).frames(2);
    for follow in [true, false] {
        let window = if follow { Rect::new(12, 40, 24, 24) } else { Rect::new(60, 20, 24, 24) };
        let recipe =
            Recipe { windows: [window].into(), subpixel: resize(2.0), follow, ..Recipe::default() };
        assert!(recipe.check(stack.info()).is_ok());
        let sample = measured(&recipe, &mut stack)[0].samples[1];
        assert_eq!((sample.status, sample.displacement), (Status::Ok, moved));
    }
}
