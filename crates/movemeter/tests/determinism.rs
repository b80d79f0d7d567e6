//! The same bits for any number of threads, and on every CPU level; the ways to correlate agree.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use std::time::Duration;

use common::{SIZE, anywhere, following, measured};
use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::matching::enlargement::Enlargement;
use movemeter::matching::plan::Method;
use movemeter::matching::subpixel::Subpixel;
use movemeter::measure::motion::Means;
use movemeter::measure::{Motion, run};
use movemeter::monitor::Silent;
use movemeter::recipe::{Recipe, Reference};
use movemeter::roi::grid;
use movemeter::simd;
use movemeter::source::{FrameSource, StackInfo};
use movemeter::synth::{self, SynthStack};
use movemeter::track::{Sample, Tracks};

fn noisy() -> SynthStack {
    synth::speckle(SIZE).noise(0.03).path(anywhere(9, 4.0, 8)).frames(9)
}

/// Windows of three sizes, some at the border.
fn recipe() -> Recipe {
    let mut windows: movemeter::roi::Windows = grid(Rect::of_frame(SIZE), Size::new(32, 24), 1.0);
    windows.add("small", [Rect::new(60, 61, 9, 11), Rect::new(0, 100, 40, 20)]);
    following(windows)
}

fn bits(tracks: &Tracks) -> Vec<[u64; 6]> {
    let of = |s: &Sample| {
        let number = [s.displacement.dx, s.displacement.dy, f64::from(s.covariance.xx)];
        let [dx, dy, xx] = number.map(f64::to_bits);
        let (xy, yy) = (f64::from(s.covariance.xy), f64::from(s.covariance.yy));
        [dx, dy, xx, xy.to_bits(), yy.to_bits(), s.status as u64 + u64::from(s.score.to_bits())]
    };
    tracks.tracks.iter().flat_map(|track| track.samples.iter().map(of)).collect()
}

fn every_kind() -> Vec<Recipe> {
    let mut recipes = Vec::new();
    let references = [
        Reference::First,
        Reference::Previous,
        Reference::Mean,
        Reference::Keyframe,
        Reference::Frame(4),
    ];
    for reference in references {
        for follow in [true, false] {
            for max_displacement_px in [Some(8.0), None] {
                recipes.push(Recipe { reference, follow, max_displacement_px, ..recipe() });
            }
        }
    }
    recipes.push(Recipe { subpixel: Subpixel::Parabola, ..recipe() });
    // Enlarged pictures take long by definition: one small window is enough.
    let subpixel = Subpixel::Resize(Enlargement::new(2.5).unwrap());
    for follow in [true, false] {
        let windows = [Rect::new(50, 60, 20, 16)].into();
        recipes.push(Recipe { subpixel, windows, follow, ..recipe() });
    }
    recipes
}

#[test]
fn one_two_and_five_threads_give_the_same_bits() {
    for recipe in every_kind() {
        let with = |n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| bits(&measured(&recipe, &mut noisy())))
        };
        let one = with(1);
        assert_eq!(one, with(2), "{recipe:?}");
        assert_eq!(one, with(5), "{recipe:?}");
    }
}

/// A recording whose frames come so slowly that a batch holds few of them.
struct Slow(SynthStack);

impl FrameSource for Slow {
    fn info(&self) -> &StackInfo {
        self.0.info()
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        std::thread::sleep(Duration::from_millis(35));
        self.0.read(index, frame)
    }
}

#[test]
fn a_recording_that_comes_slowly_gives_the_same_bits() {
    let near = every_kind().into_iter().filter(|recipe| recipe.max_displacement_px.is_some());
    for recipe in near {
        let slowly = bits(&measured(&recipe, &mut Slow(noisy())));
        assert_eq!(slowly, bits(&measured(&recipe, &mut noisy())), "{recipe:?}");
    }
}

fn by(means: Means, recipe: &Recipe) -> Tracks {
    let mut stack = noisy();
    let mut motion = Motion::by(means, recipe, &mut stack, &Silent).unwrap();
    run(&mut stack, recipe, &Silent, &mut [&mut motion]).unwrap();
    motion.into_tracks()
}

#[test]
fn every_cpu_level_gives_the_same_bits() {
    for recipe in every_kind() {
        let on = |level| bits(&by(Means { level: Some(level), ..Means::default() }, &recipe));
        let mut results = simd::levels().into_iter().map(on);
        let first = results.next().expect("there is at least one level");
        assert!(results.all(|bits| bits == first), "{recipe:?}");
    }
}

#[test]
fn every_way_to_correlate_gives_the_same_displacements() {
    let near = every_kind().into_iter().filter(|recipe| recipe.max_displacement_px.is_some());
    // By definition a search of the whole frame takes long: one small window of it is enough.
    let small = Recipe { windows: [Rect::new(50, 60, 12, 12)].into(), ..recipe() };
    let far = [true, false].map(|follow| {
        let reference = Reference::Frame(1);
        Recipe { max_displacement_px: None, follow, reference, ..small.clone() }
    });
    for recipe in near.chain(far) {
        let [judge, direct, fft] = Method::ALL
            .map(|method| by(Means { method: Some(method), ..Means::default() }, &recipe));
        for (way, tracks) in [("direct", direct), ("fft", fft)] {
            for (judge, track) in judge.tracks.iter().zip(&tracks.tracks) {
                for (judge, sample) in judge.samples.iter().zip(&track.samples) {
                    assert_eq!(judge.status, sample.status, "{way} {recipe:?}");
                    let Some(found) = sample.displacement() else { continue };
                    let apart = (found - judge.displacement).reach();
                    assert!(apart < 1e-5, "{way}: {apart} {recipe:?}");
                }
            }
        }
    }
}
