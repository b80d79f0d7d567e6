//! Masked pixels take no part, whatever they hold: the truth is speckle that moves under what stays still.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use std::collections::BTreeMap;

use common::{anywhere, following, measured};
use movemeter::brightness::BrightnessMode;
use movemeter::error::Error;
use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::mask::Mask;
use movemeter::matching::enlargement::Enlargement;
use movemeter::matching::subpixel::Subpixel;
use movemeter::matching::warp::Model;
use movemeter::measure::motion::{Means, Motion};
use movemeter::measure::run;
use movemeter::monitor::Silent;
use movemeter::recipe::{Recipe, Reference};
use movemeter::roi::grid;
use movemeter::source::{FrameSource, MemoryStack};
use movemeter::synth::{self, Random, Speckle};
use movemeter::track::{Status, Tracks};

const SIZE: Size = Size::new(224, 192);

/// All numbers, to the last bit: NaN, which equals nothing, among them.
fn digits(tracks: &Tracks) -> String {
    format!("{:?}", tracks.tracks)
}

/// What a still thing in front of the camera covers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cover {
    /// Round specks, 2 to 5 px in radius: a tenth of the frame.
    Dust,
    /// Three columns of 23.
    Stripes,
    /// 12 columns of 44: up to 38 % of a window, and more with the margin.
    Bars,
    /// One pixel of 81.
    DeadPixels,
    Nothing,
    All,
}

impl Cover {
    /// Black where it covers, and white elsewhere.
    fn image(self) -> Frame {
        let mut random = Random::new(9, 0);
        let mut speck = || {
            let (x, y) =
                (random.uniform() * SIZE.width as f64, random.uniform() * SIZE.height as f64);
            (x, y, 2.0 + 3.0 * random.uniform())
        };
        let specks: Vec<(f64, f64, f64)> = (0..60).map(|_| speck()).collect();
        Frame::from_fn(SIZE, |x, y| {
            let in_speck = |&(a, b, r): &(f64, f64, f64)| (x as f64 - a).hypot(y as f64 - b) < r;
            let is_covered = match self {
                Self::Dust => specks.iter().any(in_speck),
                Self::Stripes => x % 23 < 3,
                Self::Bars => x % 44 < 12,
                Self::DeadPixels => x % 9 == 0 && y % 9 == 0,
                Self::Nothing => false,
                Self::All => true,
            };
            if is_covered { 0.0 } else { 255.0 }
        })
    }

    fn mask(self) -> Option<Mask> {
        Some(Mask::new(format!("{self:?}.png"), &self.image()))
    }
}

/// What is seen where something covers the content, by frame, column and row.
type Shown = fn(usize, usize, usize) -> f32;

/// A still pattern of strong contrast.
const PATTERN: Shown = |_, x, y| 127.5 * ((x * 7 + y * 13) % 3) as f32;

fn covered(speckle: Speckle, n_frames: usize, cover: Cover, shown: Shown) -> MemoryStack {
    let image = cover.image();
    let covered = |(k, frame): (usize, Frame)| {
        Frame::from_fn(SIZE, |x, y| match image.row(y)[x] {
            0.0 => shown(k, x, y),
            _ => frame.row(y)[x],
        })
    };
    let frames = speckle.frames(n_frames).to_frames();
    MemoryStack::new(frames.into_iter().enumerate().map(covered).collect()).unwrap()
}

fn windows() -> movemeter::roi::Windows {
    grid(Rect::new(16, 16, 192, 160), Size::new(32, 32), 1.0)
}

/// Errors of all windows after the first frame, and the part within one stated standard deviation.
#[derive(Debug)]
struct Errors {
    rms: f64,
    worst: f64,
    within: f64,
    n_lost: usize,
}

fn errors(tracks: &Tracks, truth: &[Displacement]) -> Errors {
    let (mut all, mut within, mut n_lost) = (Vec::new(), 0, 0);
    for track in &tracks.tracks {
        for (sample, truth) in track.samples.iter().zip(truth).skip(1) {
            let Some(found) = sample.displacement() else {
                n_lost += 1;
                continue;
            };
            let error = found - *truth;
            all.extend([error.dx.abs(), error.dy.abs()]);
            within += usize::from(error.dx.abs() <= sample.sd_x());
            within += usize::from(error.dy.abs() <= sample.sd_y());
        }
    }
    let n = all.len() as f64;
    Errors {
        rms: (all.iter().map(|e| e * e).sum::<f64>() / n).sqrt(),
        worst: all.iter().copied().fold(0.0, f64::max),
        within: within as f64 / n,
        n_lost,
    }
}

fn fine() -> Speckle {
    synth::speckle(SIZE).radius(1.0).noise(0.01)
}

/// By how much more the error must be, root mean square over windows and frames, as it goes with 1/√n of the n
/// pixels that are seen in both frames.
fn fewer(cover: Cover, truth: &[Displacement]) -> f64 {
    // The two pixels around a mask that a fit leaves out.
    let counts = cover.mask().unwrap().counts().unwrap().shrunk(2);
    let part = |rect: Rect, truth: &Displacement| {
        let there = rect.moved(truth.dx.round() as isize, truth.dy.round() as isize);
        let both = counts.part(rect).zip(counts.part(there));
        let n = both.filter(|(here, there)| *here && *there).count();
        rect.size().area() as f64 / n as f64
    };
    let windows = windows();
    let parts =
        windows.iter().flat_map(|(_, _, rect)| truth[1..].iter().map(move |truth| (rect, truth)));
    let parts: Vec<f64> = parts.map(|(rect, truth)| part(rect, truth)).collect();
    (parts.iter().sum::<f64>() / parts.len() as f64).sqrt()
}

#[test]
fn content_under_still_things_is_measured_as_well_as_its_visible_pixels_allow() {
    let truth = anywhere(6, 6.0, 1);
    let free = {
        let mut stack = covered(fine().path(truth.clone()), 6, Cover::Nothing, PATTERN);
        errors(&measured(&following(windows()), &mut stack), &truth)
    };
    for cover in [Cover::Dust, Cover::Stripes, Cover::Bars, Cover::DeadPixels] {
        let mut stack = covered(fine().path(truth.clone()), 6, cover, PATTERN);
        let recipe = Recipe { mask: cover.mask(), ..following(windows()) };
        let with = errors(&measured(&recipe, &mut stack), &truth);
        let without = errors(&measured(&Recipe { mask: None, ..recipe }, &mut stack), &truth);
        let bound = free.rms * fewer(cover, &truth);
        println!("{cover:?}: {with:?}, bound {bound}\n  without {without:?}, free {free:?}");
        // Each is known to 4 %, their quotient to 6 %: three times that.
        assert!(with.rms < 0.01 && with.rms < 1.2 * bound, "{cover:?} {with:?} {bound}");
        assert_eq!(with.n_lost, 0, "{cover:?}");
        // 300 errors, of which 68 % ± 3 % are expected.
        assert!((0.55..0.80).contains(&with.within), "{cover:?} {with:?}");
        assert!(0 < without.n_lost || 3.0 * with.rms < without.rms, "{cover:?} {without:?}");
    }
}

#[test]
fn what_masked_pixels_hold_leaves_no_trace() {
    let shown: [Shown; 4] = [
        |_, _, _| 0.0,
        |_, _, _| 255.0,
        |k, x, y| ((x * 31 + y * 17 + k * 101) % 251) as f32 * 1e4,
        |k, _, _| if k % 2 == 0 { f32::NAN } else { f32::INFINITY },
    ];
    let truth = anywhere(4, 6.0, 2);
    let recipe = Recipe { mask: Cover::Dust.mask(), ..following(windows()) };
    let preparations = [
        recipe.clone(),
        Recipe { blur_sigma_px: 1.0, ..recipe.clone() },
        Recipe { background: movemeter::Background::Min, invert: true, ..recipe.clone() },
        Recipe { reference: Reference::Mean, ..recipe },
    ];
    for recipe in preparations {
        let tracks = shown.map(|shown| {
            let mut stack = covered(fine().path(truth.clone()), 4, Cover::Dust, shown);
            digits(&measured(&recipe, &mut stack))
        });
        assert!(tracks.iter().all(|other| *other == tracks[0]), "to the last bit: {recipe:?}");
    }
}

#[test]
fn a_mask_that_covers_nothing_changes_no_bit() {
    for subpixel in [Subpixel::GaussNewton, Subpixel::Parabola] {
        let mut stack = covered(fine().path(anywhere(4, 6.0, 3)), 4, Cover::Dust, PATTERN);
        let plain = Recipe { subpixel, ..following(windows()) };
        let masked = Recipe { mask: Cover::Nothing.mask(), ..plain.clone() };
        let [plain, masked] = [plain, masked].map(|recipe| digits(&measured(&recipe, &mut stack)));
        assert!(plain == masked, "{subpixel}");
    }
}

#[test]
fn windows_that_never_meet_the_mask_are_measured_as_without() {
    // A bar on the left; windows and searches, and what a fit feels, are farther right.
    let image = Frame::from_fn(SIZE, |x, _| if x < 30 { 0.0 } else { 1.0 });
    let truth = anywhere(4, 6.0, 4);
    let mut stack = covered(fine().path(truth), 4, Cover::Nothing, PATTERN);
    let far: movemeter::roi::Windows = grid(Rect::new(110, 16, 96, 160), Size::new(32, 32), 1.0);
    for subpixel in Subpixel::ALL.into_iter().filter(|way| way.enlargement().is_none()) {
        let plain = Recipe { subpixel, ..following(far.clone()) };
        let masked = Recipe { mask: Some(Mask::new("bar.png", &image)), ..plain.clone() };
        let (plain, masked) = (measured(&plain, &mut stack), measured(&masked, &mut stack));
        if subpixel != Subpixel::GaussNewton {
            assert!(digits(&plain) == digits(&masked), "{subpixel}");
            continue;
        }
        // The weights of a fit come from the spectrum of the whole frame, the filled part among it.
        for (plain, masked) in plain.tracks.iter().zip(&masked.tracks) {
            for (plain, masked) in plain.samples.iter().zip(&masked.samples) {
                assert_eq!(plain.status, masked.status);
                let apart = (plain.displacement - masked.displacement).reach();
                assert!(apart < 0.1 * plain.sd_x().max(1e-3), "{plain:?} {masked:?}");
            }
        }
    }
}

#[test]
fn a_window_that_is_covered_wholly_is_flat() {
    let image = Frame::from_fn(SIZE, |x, _| if x < 60 { 0.0 } else { 9.0 });
    let mut stack = covered(fine(), 3, Cover::Nothing, PATTERN);
    for follow in [true, false] {
        let windows = [Rect::new(20, 40, 32, 32), Rect::new(100, 40, 32, 32)];
        let mask = Some(Mask::new("left.png", &image));
        let recipe = Recipe { follow, mask, ..following(windows) };
        let tracks = measured(&recipe, &mut stack);
        assert!(tracks[0].samples.iter().all(|sample| sample.status == Status::Flat));
        assert!(tracks[1].samples.iter().all(|sample| sample.status == Status::Ok));
    }
    let recipe = Recipe { mask: Cover::All.mask(), ..following(windows()) };
    let tracks = measured(&recipe, &mut stack).tracks;
    assert!(tracks.iter().flat_map(|track| &track.samples).all(|s| s.status == Status::Flat));
}

#[test]
fn every_reference_leaves_masked_pixels_out() {
    let n_frames = 6;
    let truth: Vec<Displacement> =
        (0..n_frames).map(|k| Displacement::new(1.3 * k as f64, -0.6 * k as f64)).collect();
    for cover in [Cover::Dust, Cover::Bars] {
        let mut stack = covered(fine().path(truth.clone()), n_frames, cover, PATTERN);
        for follow in [true, false] {
            for reference in
                [Reference::First, Reference::Previous, Reference::Keyframe, Reference::Frame(2)]
            {
                for max_displacement_px in [Some(10.0), None] {
                    let mask = cover.mask();
                    let recipe = Recipe {
                        reference,
                        follow,
                        max_displacement_px,
                        mask,
                        ..following([Rect::new(64, 64, 40, 40), Rect::new(112, 80, 40, 40)])
                    };
                    let tracks = measured(&recipe, &mut stack);
                    let from = if reference == Reference::Frame(2) { truth[2] } else { truth[0] };
                    for (sample, truth) in
                        tracks.tracks.iter().flat_map(|track| track.samples.iter().zip(&truth))
                    {
                        let error = sample.displacement - (*truth - from);
                        // Noise of 1 % gives 0.004 px, four times that here; steps add theirs up.
                        assert!(
                            error.reach() < 0.03,
                            "{cover:?} {reference} {follow} {max_displacement_px:?}: {sample:?}, {truth:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_mean_as_reference_has_no_trace_of_what_is_masked() {
    let path = (0..8).map(|k| Displacement::new(if k % 2 == 0 { 0.5 } else { -0.5 }, 0.0));
    let truth: Vec<Displacement> = path.collect();
    let mut stack = covered(fine().path(truth.clone()), 8, Cover::Bars, PATTERN);
    for follow in [true, false] {
        let recipe = Recipe {
            reference: Reference::Mean,
            follow,
            mask: Cover::Bars.mask(),
            ..following(windows())
        };
        let errors = errors(&measured(&recipe, &mut stack), &truth);
        assert!(errors.n_lost == 0 && errors.rms < 0.01, "{follow} {errors:?}");
    }
}

#[test]
fn peaks_between_three_scores_come_from_masked_scores() {
    let truth = anywhere(5, 6.0, 7);
    let mut stack = covered(fine().path(truth.clone()), 5, Cover::Bars, PATTERN);
    // What these ways err without any mask (a parabola leans by up to 0.1 px on fine texture), and none
    // by half a pixel.
    for (subpixel, most) in
        [(Subpixel::Parabola, 0.12), (Subpixel::Gaussian, 0.08), (Subpixel::None, 0.51)]
    {
        let recipe = Recipe { subpixel, mask: Cover::Bars.mask(), ..following(windows()) };
        let errors = errors(&measured(&recipe, &mut stack), &truth);
        assert!(errors.n_lost == 0 && errors.worst < most, "{subpixel} {errors:?}");
    }
}

#[test]
fn turned_content_is_fitted_over_the_pixels_that_count() {
    let per_frame = 0.5f64.to_radians();
    let speckle = synth::speckle(SIZE).noise(0.005).turning(per_frame);
    let whole = speckle.clone().frames(4);
    let mut stack = covered(speckle, 4, Cover::Dust, PATTERN);
    let window = Rect::new(72, 56, 80, 80);
    let middle = movemeter::Point { x: 111.5, y: 95.5 };
    for (model, rotation) in
        [(Model::Rigid, false), (Model::Affine, false), (Model::Translation, true)]
    {
        let mask = Cover::Dust.mask();
        let recipe = Recipe {
            model,
            rotation,
            max_rotation_deg: rotation.then_some(5.0),
            mask,
            ..following([window])
        };
        let tracks = measured(&recipe, &mut stack);
        for k in 1..4 {
            let (sample, shape) = (&tracks[0].samples[k], &tracks[0].deformations[k]);
            let place = sample.displacement - whole.displacement_at(middle, k);
            let angle = shape.angle_rad - k as f64 * per_frame;
            // Four standard deviations of what 6400 pixels with this noise tell.
            assert!(place.reach() < 0.01, "{model:?} {rotation} {k}: {sample:?}");
            assert!(angle.abs() < 4.0 * f64::from(shape.sd_angle_rad), "{model:?} {k}: {angle}");
            assert!(f64::from(shape.sd_angle_rad) < 3e-4);
        }
    }
    assert_eq!(whole.info().n_frames, 4);
}

#[test]
fn a_mask_of_another_size_without_image_or_with_enlargement_is_refused() {
    let mut stack = covered(fine(), 2, Cover::Nothing, PATTERN);
    let said = |recipe: Recipe| recipe.measure(&mut stack, &Silent).unwrap_err().to_string();
    let small = Mask::new("small.png", &Frame::new(Size::new(20, 30)));
    let recipes = BTreeMap::from([
        (
            "mask must be an image of the frame's size, 224x192 px, but is 20x30 px (small.png)",
            Recipe { mask: Some(small), ..following(windows()) },
        ),
        (
            "mask must be an image that is loaded before measuring, but is only a name, \"m.png\"",
            Recipe { mask: Some("m.png".to_owned().into()), ..following(windows()) },
        ),
    ]);
    let messages: Vec<String> = recipes.values().cloned().map(said).collect();
    assert_eq!(messages, recipes.keys().copied().collect::<Vec<_>>());
    let enlarged = Recipe {
        mask: Cover::Dust.mask(),
        subpixel: Subpixel::Resize(Enlargement::TWO),
        ..following(windows())
    };
    assert!(matches!(enlarged.check_settings(), Err(Error::Setting { name: "mask", .. })));
}

#[test]
fn a_recipe_keeps_the_name_of_its_mask() {
    let recipe = Recipe { mask: Cover::Dust.mask(), ..following(windows()) };
    let text = serde_json::to_string(&recipe).unwrap();
    assert!(text.contains("\"mask\":\"Dust.png\""), "{text}");
    let read: Recipe = serde_json::from_str(&text).unwrap();
    assert_eq!(read.mask.unwrap().name(), "Dust.png");
}

#[test]
fn any_number_of_threads_and_any_way_to_correlate_agree() {
    let truth = anywhere(4, 6.0, 8);
    let mut stack = covered(fine().path(truth), 4, Cover::Bars, PATTERN);
    let recipe = Recipe { mask: Cover::Bars.mask(), ..following(windows()) };
    let with = |n_threads: usize, stack: &mut MemoryStack| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        pool.install(|| measured(&recipe, stack))
    };
    let one = with(1, &mut stack);
    assert!(digits(&one) == digits(&with(3, &mut stack)));
    for method in movemeter::matching::plan::Method::ALL {
        let means = Means { method: Some(method), ..Means::default() };
        let mut motion = Motion::by(means, &recipe, &mut stack, &Silent).unwrap();
        run(&mut stack, &recipe, &Silent, &mut [&mut motion]).unwrap();
        for (a, b) in one.tracks.iter().zip(&motion.tracks().tracks) {
            for (a, b) in a.samples.iter().zip(&b.samples) {
                assert_eq!(a.status, b.status, "{method:?}");
                // The fit starts at the same pixel.
                assert_eq!(a.displacement, b.displacement, "{method:?}");
            }
        }
    }
}

#[test]
fn content_that_leaves_behind_a_still_border_is_lost_not_misplaced() {
    // 24 columns on the right are a border of the camera's; the window moves under it.
    let image = Frame::from_fn(SIZE, |x, _| if 200 <= x { 0.0 } else { 9.0 });
    let n_frames = 20;
    let truth: Vec<Displacement> =
        (0..n_frames).map(|k| Displacement::new(3.0 * k as f64, 0.0)).collect();
    let mut stack = covered(fine().path(truth.clone()), n_frames, Cover::Nothing, PATTERN);
    let mask = Some(Mask::new("border.png", &image));
    let window = Rect::new(150, 60, 32, 32);
    let recipe = Recipe { mask, max_displacement_px: Some(70.0), ..following([window]) };
    let tracks = measured(&recipe, &mut stack);
    let found = |k: usize| tracks[0].displacement(k);
    // Half of it is seen until frame 11 (16 of 32 columns); of less than a quarter nothing is said.
    for (k, truth) in truth[..=10].iter().enumerate() {
        assert!((found(k).unwrap() - *truth).reach() < 0.05, "{k}");
    }
    assert!((15..n_frames).all(|k| found(k).is_none()));
}

#[test]
fn brightness_is_that_of_the_pixels_that_count() {
    let image = Cover::Bars.image();
    let value = |x: usize, y: usize| (3 * x + y) as f32;
    let frame = Frame::from_fn(SIZE, |x, y| if 0.0 < image.row(y)[x] { value(x, y) } else { 1e6 });
    let mut stack = MemoryStack::new(vec![frame]).unwrap();
    let window = Rect::new(30, 20, 40, 8);
    let recipe = Recipe {
        windows: [window, Rect::new(44, 20, 12, 8)].into(),
        brightness: Some(BrightnessMode::Absolute),
        mask: Cover::Bars.mask(),
        ..Recipe::default()
    };
    let readings = recipe.measure_brightness(&mut stack, &Silent).unwrap();
    let levels = readings.brightness.windows[0][0];
    let columns = (30..70).filter(|x| 12 <= x % 44);
    let seen: Vec<f64> =
        columns.flat_map(|x| (20..28).map(move |y| f64::from(value(x, y)))).collect();
    let mean = seen.iter().sum::<f64>() / seen.len() as f64;
    assert!((levels.mean - mean).abs() < 1e-9, "{levels:?} {mean}");
    assert_eq!((levels.min, levels.max), (value(30, 20), value(69, 27)));
    assert!(readings.brightness.windows[1][0].mean.is_nan(), "nothing of it is seen");
    let tracks = measured(&recipe, &mut stack);
    assert_eq!(tracks.brightness.unwrap().windows[0][0], levels);
}
