//! Following windows that may be anywhere are looked for first where they are expected: quicker, and with
//! the same answers as a search of the whole frame, which is the judge here.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use common::{anywhere, following, measured_by};
use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::measure::Motion;
use movemeter::measure::motion::Means;
use movemeter::measure::stage::{Measurement, Taken};
use movemeter::monitor::Silent;
use movemeter::recipe::{Recipe, Reference};
use movemeter::source::{FrameSource, MemoryStack};
use movemeter::synth::{self, Random};
use movemeter::track::{Sample, Stamp, Status, Tracks};

const FRAME: Size = Size::new(200, 160);

/// Without a limit; predicted, and judged.
fn both(recipe: &Recipe, stack: &MemoryStack) -> [Tracks; 2] {
    let recipe = Recipe { max_displacement_px: None, ..recipe.clone() };
    [false, true].map(|exhaustive| {
        measured_by(Means { exhaustive, ..Means::default() }, &recipe, &mut stack.clone())
    })
}

/// How many samples differ in status, or in place by more than the ways to correlate round.
fn n_disagreeing([found, judge]: &[Tracks; 2]) -> usize {
    let tracks = found.tracks.iter().zip(&judge.tracks);
    let pairs = tracks.flat_map(|(found, judge)| found.samples.iter().zip(&judge.samples));
    let differ = |(found, judge): &(&Sample, &Sample)| {
        let apart = (found.displacement - judge.displacement).reach();
        found.status != judge.status || 1e-6 < apart
    };
    pairs.filter(differ).count()
}

fn count(tracks: &[Tracks; 2], status: Status) -> usize {
    tracks[1].count(status)
}

/// A still background, and objects that lie over it: the corner of each in every frame, `None`: hidden.
struct Scene {
    background: Frame,
    objects: Vec<Object>,
    noise: f64,
}

struct Object {
    texture: Frame,
    corners: Vec<Option<(isize, isize)>>,
}

impl Scene {
    fn stack(&self) -> MemoryStack {
        let n_frames = self.objects[0].corners.len();
        MemoryStack::new((0..n_frames).map(|k| self.frame(k)).collect()).unwrap()
    }

    fn frame(&self, k: usize) -> Frame {
        let mut random = Random::new(99, k as u64);
        Frame::from_fn(FRAME, |x, y| {
            let covers = |object: &&Object| object.at(k, x, y).is_some();
            let top = self.objects.iter().rev().find(covers);
            let value = top.and_then(|object| object.at(k, x, y));
            let value = value.unwrap_or_else(|| self.background.row(y)[x]);
            (f64::from(value) + self.noise * random.normal()) as f32
        })
    }
}

impl Object {
    fn at(&self, k: usize, x: usize, y: usize) -> Option<f32> {
        let (left, top) = self.corners[k]?;
        let (u, v) = (x as isize - left, y as isize - top);
        let Size { width, height } = self.texture.size();
        let is_inside = 0 <= u && u < width as isize && 0 <= v && v < height as isize;
        is_inside.then(|| self.texture.row(v as usize)[u as usize])
    }
}

fn texture(size: Size, seed: u64) -> Frame {
    synth::speckle(size).seed(seed).bits(None).frames(1).to_frames().remove(0)
}

/// The contrast of `first` and, weighted, of `second`.
fn mixed(first: &Frame, second: &Frame, weight: f32) -> Frame {
    let kept = (1.0 - weight * weight).sqrt();
    let mix = |x, y| {
        let [a, b] = [first, second].map(|of: &Frame| of.row(y)[x]);
        0.5 + kept * (a - 0.5) + weight * (b - 0.5)
    };
    Frame::from_fn(first.size(), mix)
}

type Corner = Option<(isize, isize)>;

const OBJECT: Size = Size::new(40, 40);
/// Where objects lie in the first frame.
const START: (isize, isize) = (80, 60);

fn object(seed: u64, corners: Vec<Corner>) -> Object {
    Object { texture: texture(OBJECT, seed), corners }
}

fn scene(seed: u64, noise: f64, objects: Vec<Object>) -> Scene {
    Scene { background: texture(FRAME, seed), objects, noise }
}

/// Two windows on the object that starts there.
fn on_object() -> Recipe {
    let (x, y) = START;
    following([Rect::new(x + 4, y + 4, 32, 32), Rect::new(x + 6, y + 10, 24, 20)])
}

/// A few pixels from frame to frame; now and then anywhere, partly outside, or out of sight.
fn restless(n_frames: usize, seed: u64) -> Vec<Corner> {
    let mut random = Random::new(seed, 3);
    let (mut x, mut y) = (START.0 as f64, START.1 as f64);
    let moved = (1..n_frames).map(|_| {
        if random.uniform() < 0.12 {
            (x, y) = (random.uniform() * 240.0 - 40.0, random.uniform() * 200.0 - 40.0);
        } else {
            (x, y) = (x + 4.0 * random.normal(), y + 4.0 * random.normal());
        }
        (0.1 < random.uniform()).then_some((x as isize, y as isize))
    });
    std::iter::once(Some(START)).chain(moved).collect()
}

#[test]
fn steady_and_shaken_motion_is_found_as_in_a_search_of_the_whole_frame() {
    let windows = movemeter::roi::grid(Rect::of_frame(FRAME), Size::new(32, 32), 1.5);
    for (seed, noise, reach) in [(1, 0.0, 2.0), (2, 0.05, 12.0), (3, 0.15, 40.0)] {
        let path = anywhere(40, reach, seed);
        let mut synth = synth::speckle(FRAME).seed(seed).noise(noise).path(path).frames(40);
        let stack = MemoryStack::new(synth.to_frames()).unwrap();
        for reference in [Reference::First, Reference::Frame(20), Reference::Previous] {
            let measured = both(&Recipe { reference, ..following(windows.clone()) }, &stack);
            assert_eq!(n_disagreeing(&measured), 0, "{seed} {reference}");
            assert!(200 < count(&measured, Status::Ok), "{seed} {reference}");
        }
    }
}

#[test]
fn jumps_leaving_and_coming_back_are_seen_as_in_a_search_of_the_whole_frame() {
    let (mut n_ok, mut n_lost) = (0, 0);
    for seed in 0..6u64 {
        let objects = vec![object(10 * seed + 1, restless(80, seed))];
        let stack = scene(10 * seed, 0.02 * seed as f64, objects).stack();
        let measured = both(&on_object(), &stack);
        assert_eq!(n_disagreeing(&measured), 0, "{seed}");
        n_ok += count(&measured, Status::Ok);
        n_lost += count(&measured, Status::LowScore) + count(&measured, Status::LeftFrame);
    }
    assert!(300 < n_ok && 100 < n_lost, "the scene is hostile, but not hopeless: {n_ok} {n_lost}");
}

#[test]
fn two_that_look_the_same_are_ambiguous_from_the_first_frame_on() {
    let drifting = |x: isize, y: isize| (0..40).map(|k| Some((x + k / 2, y + k / 3))).collect();
    let twins = vec![object(1, drifting(START.0, START.1)), object(1, drifting(20, 10))];
    let measured = both(&on_object(), &scene(0, 0.02, twins).stack());
    assert_eq!(n_disagreeing(&measured), 0);
    assert_eq!(count(&measured, Status::Ambiguous), 2 * 39);
}

#[test]
fn one_that_looks_nearly_the_same_is_not_taken_for_it_when_they_change_places() {
    let (mut n_disagree, mut n_ok) = (0, 0);
    for seed in 0..5u64 {
        let mut random = Random::new(seed, 4);
        // Each few frames they change places, between which their ways would meet.
        let mut is_swapped = false;
        let swaps = (0..60).map(|k| {
            is_swapped ^= 0 < k && random.uniform() < 0.2;
            is_swapped
        });
        let swaps: Vec<bool> = swaps.collect();
        let far = (130, 20);
        let at = |one: bool| {
            let place = move |&is_swapped: &bool| if is_swapped == one { START } else { far };
            swaps.iter().map(move |is_swapped| Some(place(is_swapped)))
        };
        let mut like = object(1, at(true).collect());
        // Correlates with the object by 0.99, 0.95, 0.87, 0.76, 0.6.
        like.texture = mixed(&like.texture, &texture(OBJECT, 7), 0.14 + 0.165 * seed as f32);
        let objects = vec![object(1, at(false).collect()), like];
        let measured = both(&on_object(), &scene(0, 0.02, objects).stack());
        n_disagree += n_disagreeing(&measured);
        n_ok += count(&measured, Status::Ok);
    }
    assert_eq!(n_disagree, 0);
    assert!(300 < n_ok, "{n_ok}");
}

#[test]
fn what_passes_over_it_is_seen_as_in_a_search_of_the_whole_frame() {
    let still = || vec![Some(START); 70];
    for (noise, dy) in [(0.0, 0), (0.05, 25), (0.1, -30)] {
        let passing = (0..70).map(|k| Some((20 + 2 * k, START.1 + dy))).collect();
        let objects = vec![object(1, still()), object(2, passing)];
        let measured = both(&on_object(), &scene(0, noise, objects).stack());
        assert_eq!(n_disagreeing(&measured), 0, "{noise}");
        assert!(60 < count(&measured, Status::Ok), "{noise}");
    }
}

#[test]
fn a_twin_that_comes_later_is_noticed_when_the_whole_frame_is_looked_at_again() {
    let twin = (0..80).map(|k| (10 <= k).then_some((20, 10))).collect();
    let objects = vec![object(1, vec![Some(START); 80]), object(1, twin)];
    let [found, judge] = both(&on_object(), &scene(0, 0.02, objects).stack());
    let first_doubt = |tracks: &Tracks| {
        let samples = &tracks.tracks[0].samples;
        samples.iter().position(|sample| sample.status == Status::Ambiguous)
    };
    // Sixty-four frames after the first search of the whole frame, which is in frame 1.
    assert_eq!((first_doubt(&judge), first_doubt(&found)), (Some(10), Some(66)));
    assert_eq!(n_disagreeing(&[found, judge]), 2 * 56, "and from then on in every frame");
}

fn bits(tracks: &Tracks) -> Vec<[u64; 3]> {
    let of = |s: &Sample| {
        let [dx, dy] = [s.displacement.dx, s.displacement.dy].map(f64::to_bits);
        [dx, dy, s.status as u64 + u64::from(s.score.to_bits())]
    };
    tracks.tracks.iter().flat_map(|track| track.samples.iter().map(of)).collect()
}

#[test]
fn batches_of_any_length_on_any_number_of_threads_give_the_same_bits() {
    let mut stack = scene(0, 0.05, vec![object(1, restless(40, 5))]).stack();
    let taken: Vec<Taken> = (0..40)
        .map(|number| {
            let mut frame = Frame::default();
            stack.read(number, &mut frame).unwrap();
            let is_excluded = number == 7;
            let stamp = Stamp { number, time_s: f64::NAN };
            Taken { stamp, frame: (!is_excluded).then_some(frame) }
        })
        .collect();
    for reference in [Reference::First, Reference::Previous, Reference::Frame(12)] {
        let recipe = Recipe { max_displacement_px: None, reference, ..on_object() };
        let mut by = |n_threads, length| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| {
                let mut motion = Motion::new(&recipe, &mut stack, &Silent).unwrap();
                for batch in taken.chunks(length) {
                    motion.frames(batch, &Silent).unwrap();
                }
                bits(motion.tracks())
            })
        };
        let judge = by(1, 40);
        for (n_threads, length) in [(1, 1), (2, 7), (5, 3)] {
            assert_eq!(by(n_threads, length), judge, "{reference} {n_threads} {length}");
        }
    }
}
