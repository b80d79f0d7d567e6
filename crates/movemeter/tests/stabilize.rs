//! What is stabilised stands still, by measures other than the one it was stabilised with.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

use movemeter::geometry::{Displacement, Point, Rect, Size};
use movemeter::monitor::Silent;
use movemeter::recipe::{Recipe, Reference};
use movemeter::roi::grid;
use movemeter::source::{FrameSource, StackInfo};
use movemeter::stabilize::{
    Border, CommonPart, Correction, Placement, Rounded, Stabilized, Unrest, measure_again,
    transforms,
};
use movemeter::synth::{self, Speckle};
use movemeter::track::{Status, Tracks};
use movemeter::{Frame, MemoryStack};

const SIZE: Size = Size::new(200, 160);

fn speckle() -> Speckle {
    synth::speckle(SIZE).moving(Displacement::new(0.83, -0.47))
}

fn drift_and_turn() -> Speckle {
    speckle().turning(0.004)
}

/// Measured and stabilised; the tracks, and what came of it.
fn stabilized<S: FrameSource>(
    mut source: S,
    correction: Correction,
    settings: Recipe,
) -> (Tracks, Stabilized<S>) {
    let recipe = correction.recipe(settings, source.info().size);
    let tracks = recipe.measure(&mut source, &Silent).unwrap();
    let transforms = transforms(&tracks[0], correction).into_iter().map(Option::unwrap).collect();
    (tracks, Stabilized::new(source, transforms, Border::Keep).unwrap())
}

/// The farthest that any of many small windows moves, each by itself: not the one that was followed.
fn farthest(source: &mut dyn FrameSource) -> f64 {
    let recipe = Recipe {
        windows: grid(Rect::new(40, 35, 120, 90), Size::new(40, 30), 1.0),
        max_displacement_px: Some(4.0),
        ..Recipe::default()
    };
    let tracks = recipe.measure(source, &Silent).unwrap();
    let moved = tracks.tracks.iter().flat_map(|track| &track.samples);
    moved.map(|sample| sample.displacement().unwrap().length()).fold(0.0, f64::max)
}

#[test]
fn without_noise_nothing_moves_by_a_hundredth_of_a_pixel_any_more() {
    for (speckle, correction) in
        [(speckle(), Correction::Translation), (drift_and_turn(), Correction::Both)]
    {
        for bits in [8, 16] {
            let source = speckle.clone().bits(Some(bits)).frames(8);
            let (tracks, mut still) = stabilized(source, correction, Recipe::default());
            assert!(5.0 < Unrest::of(&tracks[0], correction).max_px);
            let pixel_type = format!("uint{bits}");
            let mut still = Rounded::new(&mut still, &pixel_type).unwrap();
            let left = farthest(&mut still);
            assert!(left < 0.01, "{correction:?} {bits}: {left}");
        }
    }
}

#[test]
fn a_positive_angle_is_clockwise_on_screen_and_is_turned_back() {
    let mut source = synth::speckle(SIZE).turning(0.02).frames(2);
    let frames = source.to_frames();
    let centre = Point::new(99.5, 79.5);
    let of = |angle_rad| Placement::new(centre, Displacement::ZERO, angle_rad);
    let unlike = |angle_rad| -> f64 {
        let stack = MemoryStack::new(frames.clone()).unwrap();
        let mut turned =
            Stabilized::new(stack, vec![of(0.0), of(angle_rad)], Border::Keep).unwrap();
        let mut frame = Frame::default();
        turned.read(1, &mut frame).unwrap();
        let (part, first) = (Rect::new(40, 30, 120, 100), &frames[0]);
        let pairs = frame.crop(part).rows().flatten().zip(first.crop(part).rows().flatten());
        pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum()
    };
    assert!(unlike(0.02) < 0.001 * unlike(0.0) && unlike(0.0) < unlike(-0.02));
}

#[test]
fn rotation_alone_leaves_the_translation_and_translation_alone_the_angle() {
    let frames = || drift_and_turn().frames(6);
    let again = |correction| {
        let (_, mut still) = stabilized(frames(), correction, Recipe::default());
        let recipe = Correction::Both.recipe(Recipe::default(), SIZE);
        let tracks = recipe.measure(&mut still, &Silent).unwrap();
        (tracks[0].displacement(5).unwrap(), tracks[0].angle_rad(5).unwrap())
    };
    let (moved, turned) = again(Correction::Rotation);
    let all = frames().displacement(5);
    assert!((moved - all).length() < 0.01 && turned.abs() < 1e-4, "{moved:?} {turned}");
    let (tracks, mut still) = stabilized(
        synth::speckle(SIZE).turning(0.002).moving(Displacement::new(0.9, 0.4)).frames(4),
        Correction::Both,
        Recipe::default(),
    );
    assert!(tracks[0].angle_rad(3).unwrap() > 0.005);
    assert!(farthest(&mut still) < 0.01);
}

#[test]
fn every_reference_stands_still() {
    for reference in [
        Reference::First,
        Reference::Frame(3),
        Reference::Mean,
        Reference::Previous,
        Reference::Keyframe,
    ] {
        let settings = Recipe { reference, ..Recipe::default() };
        let source = synth::speckle(SIZE).moving(Displacement::new(0.4, -0.2)).frames(7);
        let (_, mut still) = stabilized(source, Correction::Translation, settings);
        // Against a blurred mean the first frame is not where it was, but all are in one place.
        let left = farthest(&mut still);
        assert!(left < 0.01, "{reference}: {left}");
    }
}

#[test]
fn a_frame_that_was_not_measured_has_no_transform() {
    let mut frames = speckle().frames(4).to_frames();
    frames[2] = Frame::from_fn(SIZE, |_, _| 7.0);
    let mut stack = MemoryStack::new(frames).unwrap();
    let recipe = Correction::Both.recipe(Recipe::default(), SIZE);
    let tracks = recipe.measure(&mut stack, &Silent).unwrap();
    let known: Vec<bool> =
        transforms(&tracks[0], Correction::Both).iter().map(Option::is_some).collect();
    assert_eq!(known, [true, true, false, true]);
    let lost = movemeter::stabilize::unmeasured(&tracks[0]);
    assert_eq!((lost.len(), lost[0].0), (1, 2));
    assert_ne!(lost[0].1, Status::Ok);
}

#[test]
fn cropped_frames_are_the_common_part_of_kept_ones() {
    let (_, mut kept) = stabilized(drift_and_turn().frames(5), Correction::Both, Recipe::default());
    let recipe = Correction::Both.recipe(Recipe::default(), SIZE);
    let mut source = drift_and_turn().frames(5);
    let tracks = recipe.measure(&mut source, &Silent).unwrap();
    let all: Vec<Placement> =
        transforms(&tracks[0], Correction::Both).into_iter().map(Option::unwrap).collect();
    let rect = CommonPart::of(SIZE, &all).rectangle().unwrap();
    let mut cropped = Stabilized::new(source, all, Border::Crop).unwrap();
    assert_eq!((cropped.info().size, cropped.shown()), (rect.size(), rect));
    let (mut whole, mut part) = (Frame::default(), Frame::default());
    kept.read(4, &mut whole).unwrap();
    cropped.read(4, &mut part).unwrap();
    for (y, row) in whole.crop(rect).rows().enumerate() {
        for (one, other) in row.iter().zip(part.row(y)) {
            // Rounding along a row depends on where the row begins.
            assert!((one - other).abs() < 1e-2, "{one} {other}");
        }
    }
}

#[test]
fn what_is_left_is_measured_on_prepared_frames_too() {
    let settings = Recipe { blur_sigma_px: 1.0, invert: true, ..Recipe::default() };
    let recipe = Correction::Both.recipe(settings, SIZE);
    let mut source = drift_and_turn().frames(5);
    let tracks = recipe.measure(&mut source, &Silent).unwrap();
    let all = transforms(&tracks[0], Correction::Both).into_iter().map(Option::unwrap).collect();
    let again = measure_again(&recipe, &mut source, all, "uint8", &Silent).unwrap();
    let left = Unrest::of(&again[0], Correction::Both);
    assert!(left.max_px < 0.01 && left.n_measured == 5, "{left:?}");
}

#[test]
fn transforms_and_frames_must_be_as_many_and_share_something_to_be_cropped() {
    let source = || MemoryStack::new(vec![Frame::new(SIZE); 2]).unwrap();
    let far = |dx| Placement::new(Point::new(0.0, 0.0), Displacement::new(dx, 0.0), 0.0);
    let says = |all, border| Stabilized::new(source(), all, border).err().unwrap().to_string();
    let few = says(vec![far(0.0)], Border::Keep);
    assert_eq!(few, "transforms must be one for each of the 2 frames, but is 1");
    let apart = says(vec![far(150.0), far(-150.0)], Border::Crop);
    assert!(apart.starts_with("border must be keep or black"), "{apart}");
    let info: StackInfo = source().info().clone();
    assert_eq!(info.size, SIZE);
}
