//! What is shown of a sample: a true match leaves noise, a wrong one does not.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

use movemeter::mask::Mask;
use movemeter::review::{Compared, Look, Place, Review};
use movemeter::synth::{self, Speckle};
use movemeter::{
    Background, Displacement, Error, Frame, FrameSource, Model, Recipe, Rect, Reference, Sample,
    Silent, Size, Status, Tracks,
};

const SIZE: Size = Size::new(128, 96);
const WINDOW: Rect = Rect::new(44, 30, 32, 28);
/// Pixels without rounding reach from 0 to 1.
const NOISE: f64 = 0.01;
/// Template and match each have the noise; the spline between pixels takes some off the match's.
const OF_NOISE: std::ops::Range<f64> = 1.0 * NOISE..1.6 * NOISE;

fn speckle() -> Speckle {
    synth::speckle(SIZE).bits(None).noise(NOISE).moving(Displacement::new(0.62, -0.37))
}

fn recipe(follow: bool, reference: Reference) -> Recipe {
    let max_displacement_px = Some(12.0);
    Recipe { windows: [WINDOW].into(), follow, reference, max_displacement_px, ..Recipe::default() }
}

fn measured(recipe: &Recipe) -> Tracks {
    recipe.measure(&mut speckle().frames(7), &Silent).unwrap()
}

fn look(recipe: &Recipe, tracks: &Tracks, frame: usize) -> Result<Look, Error> {
    Review::new(recipe, speckle().frames(7), &Silent).unwrap().look(tracks, 0, frame)
}

const REFERENCES: [(Reference, Compared); 5] = [
    (Reference::First, Compared::Frame(0)),
    (Reference::Frame(3), Compared::Frame(3)),
    (Reference::Previous, Compared::Frame(4)),
    (Reference::Keyframe, Compared::Frame(4)),
    (Reference::Mean, Compared::Mean),
];

#[test]
fn a_true_match_leaves_noise_and_a_wrong_one_does_not() {
    for follow in [true, false] {
        for (reference, compared) in REFERENCES {
            let recipe = recipe(follow, reference);
            let mut tracks = measured(&recipe);
            let seen = look(&recipe, &tracks, 5).unwrap();
            let said = format!("{reference}, follow {follow}: {}", seen.residual_rms);
            assert_eq!((seen.compared, seen.place), (compared, Place::Measured), "{said}");
            assert!(0.1 < seen.contrast, "{said}");
            if reference != Reference::Mean {
                assert!(OF_NOISE.contains(&seen.residual_rms), "{said}");
                assert!((seen.gain - 1.0).abs() < 0.05, "{said}");
            }
            // Three pixels beside the true place.
            tracks.tracks[0].samples[5].displacement.dx += 3.0;
            let wrong = look(&recipe, &tracks, 5).unwrap();
            let times = if reference == Reference::Mean { 1.2 } else { 5.0 };
            assert!(
                times * seen.residual_rms < wrong.residual_rms,
                "{said} {}",
                wrong.residual_rms
            );
        }
    }
}

#[test]
fn a_frame_is_compared_with_the_last_that_was_measured() {
    for follow in [true, false] {
        let recipe = Recipe { exclude: vec![3, 4], ..recipe(follow, Reference::Previous) };
        let seen = look(&recipe, &measured(&recipe), 5).unwrap();
        assert_eq!(seen.compared, Compared::Frame(2));
        assert!(OF_NOISE.contains(&seen.residual_rms), "{}", seen.residual_rms);
    }
    let recipe = Recipe { exclude: vec![0], ..recipe(true, Reference::First) };
    assert_eq!(look(&recipe, &measured(&recipe), 5).unwrap().compared, Compared::Frame(1));
}

#[test]
fn content_that_turns_is_shown_turned() {
    let turning = || speckle().turning(0.03);
    for (follow, reference) in [
        (true, Reference::First),
        (false, Reference::First),
        (true, Reference::Previous),
        (false, Reference::Previous),
    ] {
        let recipe = Recipe { model: Model::Rigid, ..recipe(follow, reference) };
        let mut stack = turning().frames(5);
        let tracks = recipe.measure(&mut stack, &Silent).unwrap();
        let seen = Review::new(&recipe, stack, &Silent).unwrap().look(&tracks, 0, 3).unwrap();
        assert!(
            OF_NOISE.contains(&seen.residual_rms),
            "{follow} {reference}: {}",
            seen.residual_rms
        );
    }
}

#[test]
fn what_was_not_believed_is_shown_where_it_was_found() {
    let recipe = recipe(true, Reference::First);
    let mut tracks = measured(&recipe);
    tracks.tracks[0].samples[5] = Sample::doubtful(Status::Ambiguous, 0.9);
    let seen = look(&recipe, &tracks, 5).unwrap();
    assert_eq!(seen.place, Place::NotBelieved);
    // A few error bars, of some 0.015 px.
    assert!((seen.center.x - (44.0 + 15.5 + 5.0 * 0.62)).abs() < 0.05, "{:?}", seen.center);
    assert!(OF_NOISE.contains(&seen.residual_rms), "{}", seen.residual_rms);
    tracks.tracks[0].samples[5] = Sample::lost(Status::Diverged);
    let seen = look(&recipe, &tracks, 5).unwrap();
    assert_eq!(seen.place, Place::LastSeen);
    assert!((seen.center.x - (44.0 + 15.5 + 4.0 * 0.62)).abs() < 0.05, "{:?}", seen.center);
}

#[test]
fn frames_are_shown_as_the_matcher_sees_them() {
    let recipe = Recipe {
        invert: true,
        background: Background::Min,
        blur_sigma_px: 1.0,
        ..recipe(true, Reference::First)
    };
    let tracks = measured(&recipe);
    let seen = look(&recipe, &tracks, 5).unwrap();
    let mut prepared = recipe.prepared(speckle().frames(7), &Silent).unwrap();
    let mut frame = Frame::default();
    prepared.read(0, &mut frame).unwrap();
    assert!(seen.template.view().rows().eq(frame.crop(WINDOW).rows()));
}

#[test]
fn what_lies_outside_the_frame_is_not_made_up() {
    let recipe = recipe(true, Reference::First);
    let mut tracks = measured(&recipe);
    tracks.tracks[0].samples[5].displacement = Displacement::new(-50.0, 0.0);
    let seen = look(&recipe, &tracks, 5).unwrap();
    assert!(seen.matched.row(3)[5].is_nan() && seen.matched.row(3)[6].is_finite());
    assert!(seen.residual_rms.is_finite());
    tracks.tracks[0].samples[5].displacement = Displacement::new(1e9, 0.0);
    let seen = look(&recipe, &tracks, 5).unwrap();
    assert!(seen.matched.pixels().iter().all(|value| value.is_nan()));
}

#[test]
fn another_recording_is_refused() {
    let recipe = recipe(true, Reference::First);
    let tracks = measured(&recipe);
    let short = Review::new(&recipe, speckle().frames(3), &Silent).unwrap().look(&tracks, 0, 5);
    assert!(matches!(short.unwrap_err(), Error::NoSuchFrame { frame: 5, n_frames: 3 }));
    let small = synth::speckle(Size::new(64, 64)).frames(7);
    assert!(matches!(
        Review::new(&recipe, small, &Silent).err().unwrap(),
        Error::WindowOutside { .. }
    ));
}

#[test]
fn a_masked_recipe_shows_what_was_filled() {
    let image = Frame::from_fn(SIZE, |x, y| f32::from((x + 5 * y) % 37 != 0));
    let mask = Some(Mask::new("dust.png", &image));
    let recipe = Recipe { mask, ..recipe(true, Reference::First) };
    let seen = look(&recipe, &measured(&recipe), 5).unwrap();
    assert!(seen.residual_rms < 0.3 * seen.contrast);
}
