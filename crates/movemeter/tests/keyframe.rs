//! Long recordings whose content changes its look: keyframes keep it, without drift.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use std::f64::consts::TAU;

use common::{following, measured};
use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::recipe::{Recipe, Reference};
use movemeter::source::{FrameSource, MemoryStack, StackInfo};
use movemeter::synth::Random;
use movemeter::track::{Sample, Status, Tracks};

const FRAME: Size = Size::new(96, 96);
/// Back and forth over a few pixels, never twice the same.
fn path(k: usize) -> Displacement {
    let k = k as f64;
    Displacement::new(5.0 * (k / 61.0).sin() + 2.0 * (k / 17.0).sin(), 6.0 * (k / 83.0).sin())
}

/// Spots apart from each other, brighter or darker than what lies around them, that move as one body.
/// Each changes its strength at its own pace, or keeps it.
struct Spots {
    info: StackInfo,
    spots: Vec<Spot>,
    is_changing: bool,
    noise: f64,
}

struct Spot {
    x: f64,
    y: f64,
    period: f64,
    phase: f64,
}

impl Spots {
    /// Brightness changes with about this period, in frames.
    fn new(n_frames: usize, noise: f64, period: f64) -> Self {
        let info = StackInfo { size: FRAME, n_frames, ..StackInfo::default() };
        let (mut random, mut turns) = (Random::new(3, 0), Random::new(3, 1));
        let mut turn = || (period * (0.7 + 0.6 * turns.uniform()), turns.uniform() * TAU);
        let mut pair = turn();
        let mut spot = |i: usize| {
            // Of two, one is bright while the other fades: there is always as much contrast.
            pair = if i.is_multiple_of(2) { turn() } else { (pair.0, pair.1 + 0.25 * TAU) };
            let (column, row) = ((i % 4) as f64, (i / 4 % 4) as f64);
            let corner = windows()[i / 16];
            let mut near = |corner: isize, n: f64| corner as f64 + 6.0 + 9.0 * n + random.uniform();
            let (x, y) = (near(corner.x, column), near(corner.y, row));
            Spot { x, y, period: pair.0, phase: pair.1 }
        };
        Self { info, spots: (0..64).map(&mut spot).collect(), is_changing: true, noise }
    }

    fn still(n_frames: usize, noise: f64) -> Self {
        Self { is_changing: false, ..Self::new(n_frames, noise, 1.0) }
    }

    fn frames(&mut self) -> Vec<Frame> {
        let n_frames = self.info.n_frames;
        let read = |k| {
            let mut frame = Frame::default();
            self.read(k, &mut frame).unwrap();
            frame
        };
        (0..n_frames).map(read).collect()
    }
}

impl FrameSource for Spots {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, k: usize, frame: &mut Frame) -> Result<(), BoxError> {
        let mut random = Random::new(5, k as u64);
        let noise = |_, _| (0.5 + self.noise * random.normal()) as f32;
        *frame = Frame::from_fn(FRAME, noise);
        let (by, time) = (path(k), if self.is_changing { k as f64 } else { 0.0 });
        for spot in &self.spots {
            let strength = 0.3 * (TAU * time / spot.period + spot.phase).cos();
            let (x, y) = (spot.x + by.dx, spot.y + by.dy);
            let ((left, across), (top, down)) = (profile(x, FRAME.width), profile(y, FRAME.height));
            for (v, down) in down.iter().enumerate() {
                for (u, across) in across.iter().enumerate() {
                    let at = (top + v) * FRAME.width + left + u;
                    frame.pixels_mut()[at] += (strength * down * across) as f32;
                }
            }
        }
        for pixel in frame.pixels_mut() {
            *pixel = (*pixel * 255.0).round();
        }
        Ok(())
    }
}

/// The first pixel of a line of `n` that a spot reaches, and its height on each from there on.
fn profile(centre: f64, n: usize) -> (usize, Vec<f64>) {
    let first = (centre - 7.0).ceil().clamp(0.0, n as f64) as usize;
    let end = (centre + 8.0).floor().clamp(0.0, n as f64) as usize;
    let height = |i: usize| (-0.5 * ((i as f64 - centre) / 1.4).powi(2)).exp();
    (first, (first..end).map(height).collect())
}

/// Four windows with sixteen spots each, none of which a border cuts.
fn windows() -> Vec<Rect> {
    [8, 48].into_iter().flat_map(|y| [8, 48].map(|x| Rect::new(x, y, 40, 40))).collect()
}

/// Root mean square error of each coordinate.
fn rms(tracks: &Tracks) -> f64 {
    let (mut squares, mut n) = (0.0, 0usize);
    for track in &tracks.tracks {
        for (k, sample) in track.samples.iter().enumerate() {
            let Some(found) = sample.displacement() else { continue };
            squares += (found - (path(k) - path(0))).length().powi(2);
            n += 2;
        }
    }
    (squares / n as f64).sqrt()
}

fn by(reference: Reference, stack: &mut Spots) -> Tracks {
    measured(&Recipe { reference, ..following(windows()) }, stack)
}

#[test]
fn over_two_thousand_frames_the_error_stays_that_of_content_that_does_not_change() {
    let noise = 0.03;
    let still = rms(&by(Reference::First, &mut Spots::still(2000, noise)));
    let mut changing = Spots::new(2000, noise, 2000.0);
    let first = by(Reference::First, &mut changing);
    assert!(first.count(Status::Ok) < 2000, "a quarter: what it took is soon gone");
    let previous = rms(&by(Reference::Previous, &mut changing));
    let keyframe = by(Reference::Keyframe, &mut changing);
    println!(
        "first, still: {still:.4} px; previous: {previous:.4}; keyframe: {:.4}",
        rms(&keyframe)
    );
    assert_eq!(keyframe.count(Status::Ok), 4 * 2000);
    // A match has the noise of two frames. The links of dozens of keyframes may add as much three times.
    assert!(rms(&keyframe) < 2.0 * still);
    assert!(4.0 * still < previous, "two thousand steps have added up: {previous}");
}

#[test]
fn windows_that_stay_keep_content_that_changes_too() {
    let mut changing = Spots::new(600, 0.02, 600.0);
    let recipe = |reference| Recipe { reference, follow: false, ..following(windows()) };
    let first = measured(&recipe(Reference::First), &mut changing);
    assert!(first.count(Status::Ok) < 1200, "{}", first.count(Status::Ok));
    let keyframe = measured(&recipe(Reference::Keyframe), &mut changing);
    println!("keyframe, windows that stay: {:.4} px", rms(&keyframe));
    assert_eq!(keyframe.count(Status::Ok), 4 * 600);
    // Spots that the window's border cuts lean as they fade: a part of a spot's 1.4 px.
    assert!(rms(&keyframe) < 0.3, "{}", rms(&keyframe));
}

#[test]
fn what_was_hidden_for_a_while_is_found_again_by_an_earlier_keyframe() {
    let mut frames = Spots::new(300, 0.02, 150.0).frames();
    for (k, frame) in frames.iter_mut().enumerate() {
        // Half of the frame is covered, a few times.
        if (60..300).contains(&k) && k % 60 < 7 {
            frame.pixels_mut()[..FRAME.area() / 2].fill(80.0);
        }
    }
    let mut stack = MemoryStack::new(frames).unwrap();
    let recipe = Recipe { reference: Reference::Keyframe, ..following(windows()) };
    let tracks = measured(&recipe, &mut stack);
    for track in &tracks.tracks[..2] {
        assert!(!track.samples[63].is_ok(), "{:?}", track.samples[63]);
        let found = track.samples[290].displacement().unwrap();
        let apart = (found - (path(290) - path(0))).reach();
        // Ten standard deviations of a match, and a hundred times less than it moved.
        assert!(apart < 0.3, "{apart}");
    }
}

fn bits(tracks: &Tracks) -> Vec<[u64; 3]> {
    let of = |s: &Sample| {
        let [dx, dy, xx] =
            [s.displacement.dx, s.displacement.dy, f64::from(s.covariance.xx)].map(f64::to_bits);
        [dx, dy, xx ^ s.status as u64]
    };
    tracks.tracks.iter().flat_map(|track| track.samples.iter().map(of)).collect()
}

#[test]
fn renewed_keyframes_are_the_same_bits_for_any_number_of_threads() {
    let mut stack = MemoryStack::new(Spots::new(150, 0.02, 150.0).frames()).unwrap();
    for follow in [true, false] {
        for max_displacement_px in [Some(10.0), None] {
            let reference = Reference::Keyframe;
            let recipe = Recipe { reference, follow, max_displacement_px, ..following(windows()) };
            let mut with = |n_threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                pool.install(|| measured(&recipe, &mut stack))
            };
            let one = with(1);
            assert_eq!(bits(&one), bits(&with(3)), "{follow} {max_displacement_px:?}");
            assert!(500 < one.count(Status::Ok), "{follow} {max_displacement_px:?}");
        }
    }
}
