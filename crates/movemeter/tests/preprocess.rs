//! Preprocessing takes effect, in its order, and the same wherever it is done.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use std::sync::Mutex;

use common::{CENTRE, SIZE, anywhere, following, measured};
use movemeter::brightness::BrightnessMode;
use movemeter::error::{BoxError, Error};
use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::monitor::{Monitor, Silent, Stage};
use movemeter::preprocess::background::Background;
use movemeter::recipe::{Recipe, Reference};
use movemeter::source::{FrameSource, MemoryStack, StackInfo};
use movemeter::synth;
use movemeter::track::{Sample, Tracks};

const REFERENCES: [Reference; 4] =
    [Reference::First, Reference::Previous, Reference::Mean, Reference::Frame(2)];

/// Positions, scores and statuses as text: there, what was not measured is equal to itself.
///
/// Error bars may differ: only within the measurement it is known how preprocessing correlated the noise.
fn shown(tracks: &Tracks) -> String {
    let shown =
        |sample: &Sample| format!("{:?} {} {}\n", sample.displacement, sample.score, sample.status);
    tracks.tracks.iter().flat_map(|track| &track.samples).map(shown).collect()
}

fn all_frames(mut source: impl FrameSource) -> MemoryStack {
    let n_frames = source.info().n_frames;
    let read = |index| {
        let mut frame = Frame::default();
        source.read(index, &mut frame).unwrap();
        frame
    };
    MemoryStack::new((0..n_frames).map(read).collect()).unwrap()
}

/// What the measurement makes of frames, and what it makes of those that are shown as prepared.
fn measured_and_shown(recipe: &Recipe, plain: &Recipe) -> [Tracks; 2] {
    let mut stack = synth::speckle(SIZE).noise(0.02).path(anywhere(7, 1.0, 3)).frames(7);
    let mut seen = all_frames(recipe.prepared(&mut stack, &Silent).unwrap());
    [measured(recipe, &mut stack), measured(plain, &mut seen)]
}

#[test]
fn blur_within_the_measurement_gives_the_bits_of_frames_blurred_before_it() {
    for reference in REFERENCES {
        for follow in [true, false] {
            let plain = Recipe { reference, follow, ..following([CENTRE]) };
            let recipe = Recipe { blur_sigma_px: 1.3, ..plain.clone() };
            let [within, before] = measured_and_shown(&recipe, &plain);
            assert_eq!(shown(&within), shown(&before), "{reference} {follow}");
        }
    }
}

#[test]
fn all_steps_within_the_measurement_are_those_shown() {
    for (reference, background) in [
        (Reference::First, Background::Mean),
        (Reference::Previous, Background::Min),
        (Reference::Frame(2), Background::Min),
    ] {
        let plain = Recipe { reference, exclude: vec![1], ..following([CENTRE]) };
        let recipe = Recipe { blur_sigma_px: 0.7, background, invert: true, ..plain.clone() };
        let [within, before] = measured_and_shown(&recipe, &plain);
        assert_eq!(shown(&within), shown(&before), "{reference} {background}");
    }
}

#[test]
fn the_mean_as_reference_is_that_of_frames_less_their_background() {
    for follow in [true, false] {
        let reference = Reference::Mean;
        let plain = Recipe { reference, follow, keep_doubtful: true, ..following([CENTRE]) };
        let background = Background::Min;
        let recipe = Recipe { blur_sigma_px: 0.7, background, invert: true, ..plain.clone() };
        let [within, before] = measured_and_shown(&recipe, &plain);
        for (within, before) in within[0].samples.iter().zip(&before[0].samples) {
            let apart = (within.displacement - before.displacement).reach();
            // The two means differ by roundings of f32, a million times less than the contrast.
            assert!(apart < 1e-4, "{within:?} {before:?}");
        }
    }
}

/// Far enough apart that each place is free in some frame.
const PATH: [f64; 7] = [0.0, 12.3, -11.6, 6.7, -7.4, 9.2, -3.1];
/// Holds the feature wherever it goes.
const WIDE: Rect = Rect::new(34, 34, 60, 60);

/// A faint, smooth spot that goes this way in x over a texture that stays.
fn spot_over_texture(strength: f32, path: &[f64]) -> Vec<Frame> {
    let texture = synth::speckle(SIZE).seed(6).frames(1).to_frames().remove(0);
    let frame = |&dx: &f64| {
        Frame::from_fn(SIZE, |x, y| {
            let (x_from, y_from) = (x as f64 - 64.0 - dx, y as f64 - 64.0);
            let spot = (-(x_from * x_from + 0.5 * y_from * y_from) / 18.0).exp();
            texture.row(y)[x] + strength * spot as f32
        })
    };
    path.iter().map(frame).collect()
}

/// The error in each frame, in x or y; infinite where there is no displacement.
fn errors(recipe: &Recipe, frames: &[Frame], path: &[f64]) -> Vec<f64> {
    let tracks = measured(recipe, &mut MemoryStack::new(frames.to_vec()).unwrap());
    let error = |(sample, &dx): (&Sample, &f64)| match sample.displacement() {
        Some(found) => (found - Displacement::new(dx, 0.0)).reach(),
        None => f64::INFINITY,
    };
    tracks[0].samples.iter().zip(path).map(error).collect()
}

fn worst(errors: &[f64]) -> f64 {
    errors.iter().copied().fold(0.0, f64::max)
}

fn wide() -> Recipe {
    Recipe { max_displacement_px: Some(15.0), ..following([WIDE]) }
}

#[test]
fn a_faint_feature_over_a_static_texture_is_found_when_the_texture_is_taken_off() {
    let frames = spot_over_texture(12.0, &PATH);
    for follow in [true, false] {
        let with =
            |background| worst(&errors(&Recipe { background, follow, ..wide() }, &frames, &PATH));
        let (without, less_min) = (with(Background::None), with(Background::Min));
        // The texture is found, at rest, and the spot was 12.3 px away.
        assert!((without - 12.3).abs() < 0.01, "{without}");
        // What spots leave at each other's places is 3 · 10⁻⁴ of one.
        assert!(less_min < 0.001, "{less_min}");
    }
}

#[test]
fn the_mean_is_a_background_where_the_feature_is_seldom_at_one_place() {
    // From side to side, in 61 frames; the one in the middle is the reference.
    let path: Vec<f64> = (0..61).map(|k| 1.1 * (f64::from(k) - 30.0)).collect();
    let frames = spot_over_texture(12.0, &path);
    let with = |background| {
        let reference = Reference::Frame(30);
        let windows = following([Rect::new(52, 48, 24, 32)]);
        let recipe = Recipe { background, reference, max_displacement_px: None, ..windows };
        errors(&recipe, &frames, &path)
    };
    assert!(30.0 < worst(&with(Background::None)));
    // The trail of all spots is even, but for where the first and the last end: there it pulls.
    assert!(worst(&with(Background::Mean)[12..49]) < 0.005);
    assert!(worst(&with(Background::Mean)) < 0.4);
}

#[test]
fn a_dark_feature_is_made_bright_before_the_darkest_is_taken_off() {
    let frames = spot_over_texture(-12.0, &PATH);
    for follow in [true, false] {
        let with = |background, invert| {
            errors(&Recipe { background, invert, follow, ..wide() }, &frames, &PATH)
        };
        assert!(worst(&with(Background::Min, true)) < 0.001);
        // Less the darkest, what is left is where the spot is not: mostly the places it was at.
        let not_inverted = with(Background::Min, false);
        let n_wrong = not_inverted.iter().filter(|error| 0.1 < **error).count();
        assert_eq!(n_wrong, PATH.len() - 1, "all but the reference: {not_inverted:?}");
        assert!(10.0 < worst(&with(Background::None, true)), "the texture is found");
    }
}

#[test]
fn inversion_alone_shows_the_negative_and_moves_nothing() {
    let mut stack = synth::speckle(SIZE).noise(0.02).path(anywhere(5, 4.0, 3)).frames(5);
    let (plain, inverted) = (following([CENTRE]), Recipe { invert: true, ..following([CENTRE]) });
    let seen = all_frames(inverted.prepared(&mut stack, &Silent).unwrap());
    for (seen, raw) in seen.frames().iter().zip(stack.to_frames()) {
        assert!(seen.pixels().iter().zip(raw.pixels()).all(|(seen, raw)| *seen == 255.0 - raw));
    }
    let [plain, inverted] = [plain, inverted].map(|recipe| measured(&recipe, &mut stack));
    for (plain, inverted) in plain[0].samples.iter().zip(&inverted[0].samples) {
        let apart = (plain.displacement - inverted.displacement).reach();
        // Correlation does not see the sign; sums are rounded otherwise.
        assert!(apart < 1e-5, "{plain:?} {inverted:?}");
    }
}

#[test]
fn white_is_that_of_the_recording() {
    let mut stack = Telling::over(2);
    stack.info.pixel_type = "uint8".into();
    let recipe = Recipe { invert: true, ..Recipe::default() };
    let seen = all_frames(recipe.prepared(&mut stack, &Silent).unwrap());
    let raw = stack.stack.to_frames();
    assert_eq!(seen.frames()[1].row(3)[4], 255.0 - raw[1].row(3)[4]);
}

#[test]
fn excluded_frames_are_no_part_of_the_background() {
    let mut frames = spot_over_texture(12.0, &PATH);
    frames[3] = Frame::new(SIZE);
    let with = |exclude| {
        let recipe = Recipe { background: Background::Min, exclude, ..wide() };
        errors(&recipe, &frames, &PATH)
    };
    let (without, with_black) = (with(vec![3]), with(vec![]));
    assert!(without.iter().enumerate().all(|(frame, error)| frame == 3 || *error < 0.001));
    assert!(10.0 < with_black[1], "the darkest is black, so nothing is taken off");
}

/// Counts how often each frame is read.
struct Telling {
    stack: synth::SynthStack,
    info: StackInfo,
    reads: Vec<usize>,
}

impl Telling {
    fn over(n_frames: usize) -> Self {
        let stack = synth::speckle(SIZE).path(anywhere(n_frames, 3.0, 9)).frames(n_frames);
        let info = stack.info().clone();
        Self { stack, info, reads: vec![0; n_frames] }
    }
}

impl FrameSource for Telling {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.reads[index] += 1;
        self.stack.read(index, frame)
    }
}

/// Remembers the stages it is told of; stops when the first is half done, if told to.
#[derive(Default)]
struct Listening {
    stages: Mutex<Vec<(Stage, usize, usize)>>,
    stops: bool,
}

impl Monitor for Listening {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        self.stages.lock().unwrap().push((stage, done, total));
    }

    fn is_cancelled(&self) -> bool {
        self.stops && self.stages.lock().unwrap().last().is_some_and(|&(_, done, _)| 2 <= done)
    }
}

#[test]
fn a_background_costs_one_reading_more_and_none_for_the_mean_as_reference() {
    for (background, reference, times) in [
        (Background::None, Reference::First, 1),
        (Background::Min, Reference::First, 2),
        (Background::Mean, Reference::Previous, 2),
        (Background::Min, Reference::Mean, 2),
    ] {
        let mut stack = Telling::over(4);
        let recipe = Recipe { background, reference, exclude: vec![1], ..following([CENTRE]) };
        let heard = Listening::default();
        recipe.measure(&mut stack, &heard).unwrap();
        assert_eq!(stack.reads, [times, 0, times, times], "{background} {reference}");
        let stages = heard.stages.into_inner().unwrap();
        if background != Background::None {
            let first: Vec<_> = (1..=4).map(|done| (Stage::Background, done, 4)).collect();
            assert_eq!(stages[..4], first);
        }
        assert_eq!(stages.last(), Some(&(Stage::Measuring, 4, 4)));
    }
}

#[test]
fn the_search_for_a_background_can_be_stopped() {
    for reference in REFERENCES {
        let mut stack = Telling::over(6);
        let background = Background::Min;
        let recipe = Recipe { background, reference, ..following([CENTRE]) };
        let monitor = Listening { stops: true, ..Listening::default() };
        assert!(matches!(recipe.measure(&mut stack, &monitor), Err(Error::Cancelled)));
        assert_eq!(stack.reads, [1, 1, 0, 0, 0, 0]);
    }
}

#[test]
fn any_number_of_threads_prepares_the_same_bits() {
    let recipe = Recipe {
        background: Background::Mean,
        invert: true,
        blur_sigma_px: 0.8,
        brightness: Some(BrightnessMode::Range),
        ..following(movemeter::grid(Rect::of_frame(SIZE), Size::new(32, 24), 1.0))
    };
    let with = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let mut stack = synth::speckle(SIZE).noise(0.03).path(anywhere(9, 4.0, 8)).frames(9);
        pool.install(|| format!("{:?}", measured(&recipe, &mut stack)))
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(5));
}
