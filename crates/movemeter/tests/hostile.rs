//! Windows that cannot be measured, or hardly: not one wrong position may come out as `ok`, and a search by bounds
//! may not say another thing than the scores of all positions.
//!
//! Wrong is what lies farther from the truth, in x or in y, than half a pixel and than six of the
//! stated standard deviations. Where nothing is in common, every position is wrong.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "what came out of each kind is worth reading")]

mod common;

use std::collections::BTreeMap;

use common::measured_by;
use movemeter::measure::motion::Means;
use movemeter::roi::Windows;
use movemeter::source::MemoryStack;
use movemeter::synth::{self, Camera, Random};
use movemeter::{Displacement, Frame, Recipe, Rect, Sample, Size, Status};

const SIZE: Size = Size::new(128, 128);

/// Windows stay this far inside: farther than they move.
const BORDER: usize = 14;

/// How far windows are looked for where the search is limited, px.
const SEARCH: f64 = 10.0;

/// Windows of too few pixels to hold much texture: counted apart.
const SMALL: [usize; 2] = [8, 12];
const USUAL: [usize; 4] = [16, 24, 32, 64];

const NOISES: [f64; 3] = [0.0, 0.01, 0.03];

/// One of the scenes of a kind.
#[derive(Clone, Copy, Debug)]
struct Case {
    side: usize,
    noise: f64,
    seed: u64,
}

/// Light as a fraction of the full range, row by row.
type Light = Vec<f64>;

/// Two frames before noise, and how far the content moved; `None` if they have nothing in common.
struct Scene {
    light: [Light; 2],
    truth: Option<Displacement>,
}

/// What came out of all windows of a kind.
#[derive(Default)]
struct Outcome {
    n: usize,
    counts: [usize; Status::ALL.len()],
    wrong: Vec<String>,
    /// Where scores of all positions say another thing.
    differing: Vec<String>,
    /// How many are wrong by noise, seed, size, and whether the search was limited.
    wrong_by: BTreeMap<String, usize>,
}

impl Case {
    fn random(self) -> Random {
        Random::new(self.seed, 500 + self.side as u64)
    }

    /// A displacement anywhere within ±`reach`.
    fn moved(self, reach: f64) -> Displacement {
        let mut random = self.random();
        let mut shift = || reach * (2.0 * random.uniform() - 1.0);
        Displacement::new(shift(), shift())
    }

    /// An angle for edges and stripes: upright, level, or any.
    fn angle(self) -> f64 {
        match self.seed % 3 {
            0 => 0.0,
            1 => std::f64::consts::FRAC_PI_2,
            _ => 3.0 * Random::new(self.seed, 600).uniform(),
        }
    }

    fn expose(self, light: &Light, index: u64) -> Frame {
        let camera = Camera { full_well: None, noise: self.noise, bits: Some(8) };
        let mut random = Random::new(self.seed, 700 + 2 * self.side as u64 + index);
        let pixels = light.iter().map(|&light| camera.see(light, &mut random)).collect();
        Frame::from_pixels(SIZE, pixels).unwrap()
    }

    /// Windows of its size, as many as there is room for, up to 3×3; none overlap.
    fn rects(self) -> Vec<Rect> {
        let room = SIZE.width - 2 * BORDER;
        let n = (room / self.side).min(3);
        let free = room - self.side;
        let start =
            |i: usize| (BORDER + if n == 1 { free / 2 } else { i * free / (n - 1) }) as isize;
        let rect = |i: usize| Rect::new(start(i % n), start(i / n), self.side, self.side);
        (0..n * n).map(rect).collect()
    }

    fn recipes(self) -> Vec<Recipe> {
        let windows: Windows = self.rects().into();
        let mut recipes = Vec::new();
        for follow in [false, true] {
            for max_displacement_px in [Some(SEARCH), None] {
                let windows = windows.clone();
                recipes.push(Recipe { windows, follow, max_displacement_px, ..Recipe::default() });
            }
        }
        recipes
    }
}

impl Outcome {
    fn add(&mut self, case: Case, scene: &Scene) {
        let frames: Vec<Frame> =
            scene.light.iter().zip(0..).map(|(light, index)| case.expose(light, index)).collect();
        for recipe in case.recipes() {
            let [tracks, judge] = [false, true].map(|exhaustive| {
                let mut stack = MemoryStack::new(frames.clone()).unwrap().stored_as("uint8");
                measured_by(Means { exhaustive, ..Means::default() }, &recipe, &mut stack)
            });
            for (track, judge) in tracks.tracks.iter().zip(&judge.tracks) {
                let (sample, judge) = (track.samples[1], judge.samples[1]);
                if sample.status != judge.status || SAME < apart(&sample, &judge) {
                    self.differing.push(format!("{case:?} {} {sample:?} {judge:?}", track.rect));
                }
                self.n += 1;
                self.counts[sample.status as usize] += 1;
                if sample.is_ok() && is_wrong(&sample, scene.truth) {
                    self.note(case, &recipe, track.rect, scene.truth, &sample);
                }
            }
        }
    }

    fn note(
        &mut self,
        case: Case,
        recipe: &Recipe,
        rect: Rect,
        truth: Option<Displacement>,
        sample: &Sample,
    ) {
        let (follow, limit) = (recipe.follow, recipe.max_displacement_px);
        let said = format!("{case:?} {rect} follow {follow} limit {limit:?} {truth:?} {sample:?}");
        self.wrong.push(said);
        let kinds = [
            format!("noise {}", case.noise),
            format!("seed {}", case.seed),
            format!("side {}", case.side),
            format!("limit {limit:?}"),
        ];
        for kind in kinds {
            *self.wrong_by.entry(kind).or_default() += 1;
        }
    }

    fn share_ok(&self) -> f64 {
        self.counts[Status::Ok as usize] as f64 / self.n as f64
    }

    fn describe(&self, name: &str) -> String {
        let counts: Vec<String> = Status::ALL
            .into_iter()
            .map(|status| format!("{status} {}", self.counts[status as usize]))
            .collect();
        let (n_wrong, counts) = (self.wrong.len(), counts.join(", "));
        format!("{name}: {n_wrong} wrong of {}: {counts}; wrong by {:?}", self.n, self.wrong_by)
    }
}

fn is_wrong(sample: &Sample, truth: Option<Displacement>) -> bool {
    let Some(truth) = truth else { return true };
    let error = sample.displacement - truth;
    let is_far = |error: f64, sd: f64| error.is_nan() || 0.5_f64.max(6.0 * sd) < error.abs();
    is_far(error.dx, sample.sd_x()) || is_far(error.dy, sample.sd_y())
}

fn outcome(sides: &[usize], noises: &[f64], n_seeds: u64, make: &dyn Fn(Case) -> Scene) -> Outcome {
    let mut outcome = Outcome::default();
    for &side in sides {
        for &noise in noises {
            for seed in 1..=n_seeds {
                let case = Case { side, noise, seed };
                outcome.add(case, &make(case));
            }
        }
    }
    outcome
}

/// Not one wrong position, whatever the size of the window.
fn nothing_wrong(noises: &[f64], n_seeds: u64, make: &dyn Fn(Case) -> Scene) {
    wrong_at_most(0, noises, n_seeds, make);
}

/// Not one wrong position in windows of usual size, and at most so many in those of 8 and 12 px.
fn wrong_at_most(n_small: usize, noises: &[f64], n_seeds: u64, make: &dyn Fn(Case) -> Scene) {
    let usual = outcome(&USUAL, noises, n_seeds, make);
    let small = outcome(&SMALL, noises, n_seeds, make);
    let said = format!("{}\n{}", usual.describe("16 to 64 px"), small.describe("8 and 12 px"));
    println!("{said}");
    let differing: Vec<&String> = usual.differing.iter().chain(&small.differing).collect();
    assert!(
        differing.is_empty(),
        "{} differ: {:#?}",
        differing.len(),
        &differing[..differing.len().min(5)]
    );
    // A few from all noises and sizes tell more than the first ones.
    let all: Vec<&String> = usual.wrong.iter().chain(&small.wrong).collect();
    let wrong: Vec<&&String> = all.iter().step_by(all.len() / 8 + 1).collect();
    assert!(usual.wrong.is_empty() && small.wrong.len() <= n_small, "{said}\n{wrong:#?}");
}

/// By how far two ways that settle to a hundredth of a thousandth of a pixel may part, px.
const SAME: f64 = 1e-4;

fn apart(one: &Sample, other: &Sample) -> f64 {
    (one.displacement - other.displacement).reach()
}

/// Light at every pixel: `value(x, y)`.
fn drawn(value: impl Fn(f64, f64) -> f64) -> Light {
    let row = |y: usize| (0..SIZE.width).map(move |x| (x as f64, y as f64));
    (0..SIZE.height).flat_map(row).map(|(x, y)| value(x, y)).collect()
}

/// A drawing, and the same moved.
fn moved(by: Displacement, value: impl Fn(f64, f64) -> f64) -> Scene {
    let light = [drawn(&value), drawn(|x, y| value(x - by.dx, y - by.dy))];
    Scene { light, truth: Some(by) }
}

/// Speckle of this radius and these grey levels, and the same moved.
fn speckle(seed: u64, radius_px: f64, grey: (f64, f64), by: Displacement) -> Scene {
    let made = synth::speckle(SIZE).seed(seed).radius(radius_px).grey(grey.0, grey.1);
    let mut stack = made.path(vec![Displacement::ZERO, by]).frames(2);
    Scene { light: [stack.light(0), stack.light(1)], truth: Some(by) }
}

/// Fine, medium, coarse, by seed.
fn radius(seed: u64) -> f64 {
    [1.0, 2.0, 4.0][seed as usize % 3]
}

const GREY: (f64, f64) = (0.05, 0.25);

/// The grating with this profile: `profile` of the distance across, px, on a line through the middle.
fn grating(case: Case, by: Displacement, profile: impl Fn(f64) -> f64) -> Scene {
    let (sin, cos) = case.angle().sin_cos();
    moved(by, |x, y| profile(cos * (x - 64.0) + sin * (y - 64.0)))
}

#[test]
fn flat_windows_are_never_measured() {
    nothing_wrong(&[0.0, 0.01, 0.1], 6, &|_| {
        let grey = drawn(|_, _| 0.4);
        Scene { light: [grey.clone(), grey], truth: None }
    });
}

#[test]
fn noise_is_never_found_again() {
    nothing_wrong(&[0.05, 0.2], 9, &|_| {
        let grey = drawn(|_, _| 0.5);
        Scene { light: [grey.clone(), grey], truth: None }
    });
}

#[test]
fn another_texture_is_never_taken_for_the_window() {
    nothing_wrong(&[0.0, 0.02], 9, &|case| {
        let [one, _] = speckle(case.seed, radius(case.seed), GREY, Displacement::ZERO).light;
        let [other, _] = speckle(case.seed + 50, radius(case.seed), GREY, Displacement::ZERO).light;
        Scene { light: [one, other], truth: None }
    });
}

#[test]
fn a_line_is_never_placed_along_itself() {
    nothing_wrong(&NOISES, 6, &|case| {
        // Lines side by side, farther apart than the search, so that each window has one or none.
        let by = case.moved(6.0);
        let period = case.side.max(24) as f64;
        grating(case, by, |across| {
            let distance = across - period * (across / period).round();
            0.2 + 0.6 * (-0.5 * (distance / 1.2).powi(2)).exp()
        })
    });
}

#[test]
fn a_straight_edge_is_never_placed_along_itself() {
    nothing_wrong(&NOISES, 6, &|case| {
        grating(case, case.moved(6.0), |across| 0.5 + 0.3 * (across / 1.5).tanh())
    });
}

#[test]
fn stripes_are_never_placed() {
    nothing_wrong(&NOISES, 6, &|case| {
        let period = 5.0 + 7.0 * case.random().uniform();
        grating(case, case.moved(8.0), |across| {
            0.5 + 0.3 * (std::f64::consts::TAU * across / period).sin()
        })
    });
}

#[test]
fn a_checkerboard_is_never_a_field_off() {
    nothing_wrong(&NOISES, 4, &|case| {
        // Soft borders, so that it can be moved by parts of a pixel; fields of 3 to 6 px.
        let field = 3.0 + 3.0 * case.random().uniform();
        let wave = |x: f64| (std::f64::consts::PI * x / field).sin();
        moved(case.moved(8.0), |x, y| 0.5 + 0.3 * (4.0 * wave(x) * wave(y)).tanh())
    });
}

#[test]
fn periodic_dots_are_never_a_period_off() {
    nothing_wrong(&NOISES, 4, &|case| {
        let period = 6.0 + 5.0 * case.random().uniform();
        let dot = move |x: f64| {
            let distance = x - period * (x / period).round();
            (-0.5 * (distance / 1.3).powi(2)).exp()
        };
        moved(case.moved(8.0), |x, y| 0.1 + 0.7 * dot(x) * dot(y))
    });
}

#[test]
fn saturated_windows_are_right_or_not_measured() {
    // One of 1,296 small ones, of 12 px, is 0.74 px wrong where its error bar says 0.10 px: most of its
    // pixels are white and have no noise, which makes the others' look smaller than it is.
    wrong_at_most(1, &NOISES, 6, &|case| {
        // From half saturated to all but white.
        let height = 0.8 + 1.2 * case.random().uniform();
        speckle(case.seed, radius(case.seed), (0.1, height), case.moved(8.0))
    });
}

#[test]
fn a_hot_pixel_never_holds_a_window_whose_texture_moves() {
    nothing_wrong(&NOISES, 6, &|case| {
        // The hot pixel stands out by half of the range, the texture by 1 to 10 % of it.
        let contrast = [0.01, 0.02, 0.04, 0.06, 0.08, 0.1][case.seed as usize % 6];
        let by = case.moved(8.0);
        let mut scene = speckle(case.seed, radius(case.seed), (0.3, contrast), by);
        scene.light.iter_mut().for_each(|light| heat(case, light));
        scene
    });
}

#[test]
fn a_hot_pixel_on_a_flat_window_stays_where_it_is_or_is_not_measured() {
    nothing_wrong(&NOISES, 6, &|case| {
        let mut grey = drawn(|_, _| 0.3);
        heat(case, &mut grey);
        Scene { light: [grey.clone(), grey], truth: Some(Displacement::ZERO) }
    });
}

/// A hot pixel in the middle of every window.
fn heat(case: Case, light: &mut Light) {
    for rect in case.rects() {
        let (x, y) = (rect.x as usize + rect.width / 2, rect.y as usize + rect.height / 2);
        light[y * SIZE.width + x] = 0.9;
    }
}

#[test]
fn what_an_occluder_leaves_is_right_or_not_measured() {
    for is_textured in [false, true] {
        nothing_wrong(&NOISES, 6, &|case| {
            // Bars that cover half of every window, wherever it is, in the second frame only.
            let radius = radius(case.seed);
            let mut scene = speckle(case.seed, radius, GREY, case.moved(8.0));
            let [bars, _] = speckle(case.seed + 70, radius, GREY, Displacement::ZERO).light;
            let side = case.side;
            for (i, value) in scene.light[1].iter_mut().enumerate() {
                if (i % SIZE.width) % side < side / 2 {
                    *value = if is_textured { bars[i] } else { 0.3 };
                }
            }
            scene
        });
    }
}

#[test]
fn motion_beyond_the_search_is_never_a_position() {
    nothing_wrong(&NOISES, 15, &|case| {
        // One component, of either sign, beyond the search by 1.6 to 10 px; the other anywhere.
        let mut random = case.random();
        let far = (SEARCH + 1.6 + 8.4 * random.uniform())
            * if random.uniform() < 0.5 { -1.0 } else { 1.0 };
        let near = SEARCH * (2.0 * random.uniform() - 1.0);
        let by = if random.uniform() < 0.5 { (far, near) } else { (near, far) };
        speckle(case.seed, radius(case.seed), GREY, Displacement::new(by.0, by.1))
    });
}

#[test]
fn low_contrast_under_noise_is_right_or_not_measured() {
    nothing_wrong(&[0.01, 0.03, 0.06], 9, &|case| {
        let contrast = 0.01 + 0.04 * case.random().uniform();
        speckle(case.seed, radius(case.seed), (0.3, contrast), case.moved(8.0))
    });
}

#[test]
fn good_texture_within_the_search_is_measured() {
    for (radius, sides) in [(1.0, &USUAL[..]), (2.0, &USUAL[..]), (4.0, &USUAL[2..])] {
        let found =
            outcome(sides, &NOISES, 4, &|case| speckle(case.seed, radius, GREY, case.moved(9.0)));
        let said = found.describe(&format!("spots of {radius} px"));
        println!("{said}");
        assert!(found.wrong.is_empty(), "{said}\n{:#?}", found.wrong);
        assert!(0.99 <= found.share_ok(), "{said}");
    }
}
