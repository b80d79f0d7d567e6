//! How exact the measured displacements are, on stacks whose motion is known.

mod common;
#[path = "../examples/accuracy/bound.rs"]
mod bound;

use common::{SIZE, anywhere, errors, following, measured};
use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::matching::subpixel::Subpixel;
use movemeter::recipe::Recipe;
use movemeter::roi::grid;
use movemeter::source::MemoryStack;
use movemeter::synth::{self, Camera, Random};

/// 25 windows of 32×32, none nearer to the border than the motion.
fn inner_grid() -> movemeter::Windows {
    grid(Rect::new(16, 16, 160, 160), Size::new(32, 32), 1.0)
}

const LARGE: Size = Size::new(192, 192);

#[test]
fn clean_windows_are_measured_to_two_thousandths_both_ways() {
    for follow in [true, false] {
        let mut stack = synth::speckle(LARGE).path(anywhere(41, 5.0, 1)).frames(41);
        let recipe = Recipe { follow, ..following(inner_grid()) };
        let found = errors(&measured(&recipe, &mut stack), &stack);
        assert_eq!(found.n, 25 * 40 * 2, "every window is measured in every frame");
        assert!(found.rms <= 0.002, "{found:?}");
        assert!(found.worst <= 0.01, "{found:?}");
    }
}

#[test]
fn one_percent_of_noise_costs_a_hundredth_of_a_pixel_and_the_error_bars_say_so() {
    for follow in [true, false] {
        let mut stack = synth::speckle(LARGE).noise(0.01).path(anywhere(41, 5.0, 2)).frames(41);
        let recipe = Recipe { follow, ..following(inner_grid()) };
        let found = errors(&measured(&recipe, &mut stack), &stack);
        assert_eq!(found.n, 25 * 40 * 2);
        assert!(found.rms <= 0.012, "{found:?}");
        // 2000 errors of 25 windows, not all independent, know the part to about 2 %.
        assert!((0.63..0.73).contains(&found.within_one_sd), "{found:?}");
    }
}

/// Windows of 32×32 over patterns with this texture and noise, each with another displacement: the rms error
/// over the Cramér–Rao bound, the rms error, px, and the part within one stated standard deviation.
fn beside_the_bound(radius_px: f64, camera: Camera, n_patterns: u64) -> (f64, f64, f64) {
    let size = Size::new(320, 320);
    let windows = grid(Rect::new(16, 16, 288, 288), Size::new(32, 32), 1.0);
    let variance = camera.noise.powi(2)
        + camera.full_well.map_or(0.0, |electrons| 0.3 / electrons)
        + 1.0 / (12.0 * camera.full_range().powi(2));
    let (mut squares, mut bounds, mut within, mut n) = (0.0, 0.0, 0.0, 0.0);
    for seed in 1..=n_patterns {
        let path = anywhere(2, 5.0, seed);
        let made = synth::speckle(size).seed(seed).radius(radius_px).grey(0.2, 0.1).path(path);
        let mut stack = made.frames(2);
        let light = [stack.light(0), stack.light(1)];
        let gradient = stack.gradient(0);
        let expose = |(light, k): (&Vec<f64>, u64)| {
            let mut random = Random::new(seed, 40 + k);
            let pixels = light.iter().map(|&light| camera.see(light, &mut random)).collect();
            Frame::from_pixels(size, pixels).expect("one value per pixel")
        };
        let frames = light.iter().zip(0..).map(expose).collect();
        let mut seen = MemoryStack::new(frames).expect("frames of one size").stored_as("uint16");
        let tracks = measured(&following(windows.clone()), &mut seen);
        for track in &tracks.tracks {
            let sample = track.samples[1];
            let error = sample.displacement - stack.displacement(1);
            for (error, sd) in [(error.dx, sample.sd_x()), (error.dy, sample.sd_y())] {
                (squares, n) = (squares + error * error, n + 1.0);
                within += f64::from(u8::from(error.abs() <= sd));
            }
            bounds +=
                2.0 * variance * bound::unit_variance(&light[0], &gradient, size.width, track.rect);
        }
    }
    ((squares / bounds).sqrt(), (squares / n).sqrt(), within / n)
}

#[test]
fn errors_are_as_small_as_the_noise_allows_and_the_error_bars_are_true() {
    for (radius, noise) in [(1.0, 0.003), (1.0, 0.01), (2.0, 0.0), (2.0, 0.01), (2.0, 0.02)] {
        let camera = Camera { full_well: None, noise, bits: Some(8) };
        let (ratio, rms, within) = beside_the_bound(radius, camera, 10);
        // 1,620 values know the ratio to 1.8 % and the part to 1.2 %.
        assert!((0.93..1.07).contains(&ratio), "{radius} {noise}: {ratio} at {rms} px");
        assert!((0.65..0.73).contains(&within), "{radius} {noise}: {within}");
    }
}

#[test]
fn error_bars_are_true_where_bright_pixels_are_noisier() {
    for radius in [1.0, 2.0, 4.0] {
        let camera = Camera { full_well: Some(4000.0), noise: 0.001, bits: Some(12) };
        let (_, rms, within) = beside_the_bound(radius, camera, 10);
        assert!((0.645..0.725).contains(&within), "{radius}: {within} at {rms} px");
    }
}

#[test]
fn clean_recordings_of_sixteen_bits_are_measured_to_two_ten_thousandths() {
    for radius in [1.0, 2.0, 4.0] {
        let camera = Camera { full_well: None, noise: 0.0, bits: Some(16) };
        let (_, rms, _) = beside_the_bound(radius, camera, 6);
        assert!(rms <= 0.0002, "{radius}: {rms}");
    }
}

#[test]
fn noise_does_not_draw_the_fit_to_half_pixels() {
    // Coarse, noisy texture is where a least-squares fit locks. The mean of 16 windows × 12 frames
    // per phase is known to about 0.05 / √192 = 0.004 px.
    let windows = grid(Rect::new(16, 16, 160, 160), Size::new(40, 40), 1.0);
    for phase in [0.1, 0.25, 0.4, 0.6, 0.75, 0.9] {
        let mut path = vec![Displacement::ZERO];
        path.resize(13, Displacement::new(2.0 + phase, -1.0 - phase));
        let mut stack = synth::speckle(LARGE).radius(3.0).noise(0.06).path(path).frames(13);
        let tracks = measured(&following(windows.clone()), &mut stack);
        let mean = |value: fn(Displacement) -> f64| {
            let errors = tracks.tracks.iter().flat_map(|track| &track.samples[1..]);
            let errors: Vec<f64> =
                errors.map(|s| value(s.displacement - stack.displacement(1))).collect();
            errors.iter().sum::<f64>() / errors.len() as f64
        };
        let (bias_x, bias_y) = (mean(|error| error.dx), mean(|error| error.dy));
        assert!(bias_x.abs() < 0.015 && bias_y.abs() < 0.015, "{phase}: {bias_x} {bias_y}");
    }
}

#[test]
fn parabola_and_gaussian_are_coarser_and_whole_pixels_coarser_still() {
    let mut stack = synth::speckle(LARGE).path(anywhere(13, 5.0, 3)).frames(13);
    let mut rms = |subpixel| {
        let recipe = Recipe { subpixel, ..following(inner_grid()) };
        errors(&measured(&recipe, &mut stack), &stack).rms
    };
    let by = [Subpixel::GaussNewton, Subpixel::Gaussian, Subpixel::Parabola, Subpixel::None];
    let [exact, gaussian, parabola, whole] = by.map(&mut rms);
    assert!(exact < 0.1 * gaussian && gaussian < parabola && parabola < 0.05, "{gaussian}");
    // Evenly spread within half a pixel: 1/√12 = 0.289.
    assert!((whole - 0.289).abs() < 0.02, "{whole}");
}

#[test]
fn windows_at_the_border_are_as_right_as_others() {
    let windows = grid(Rect::of_frame(SIZE), Size::new(32, 32), 1.0);
    let path = vec![Displacement::ZERO, Displacement::new(0.4, -0.6), Displacement::new(-0.3, 0.2)];
    let mut stack = synth::speckle(SIZE).path(path).frames(3);
    for follow in [true, false] {
        let recipe = Recipe { follow, ..following(windows.clone()) };
        let found = errors(&measured(&recipe, &mut stack), &stack);
        assert_eq!(found.n, 16 * 2 * 2, "all are measured");
        assert!(found.worst <= 0.01, "{found:?}");
    }
}

#[test]
fn brightness_and_contrast_change_nothing() {
    let mut stack = synth::speckle(SIZE).bits(None).path(anywhere(4, 5.0, 5)).frames(4);
    let frames = stack.to_frames();
    let lit = frames.iter().enumerate().map(|(k, frame)| {
        let (gain, offset) = (1.0 + 0.4 * k as f32, 3.0 * k as f32);
        Frame::from_fn(SIZE, |x, y| gain * frame.row(y)[x] + offset)
    });
    let mut lit = MemoryStack::new(lit.collect()).unwrap();
    let recipe = following([common::CENTRE]);
    let (plain, lit) = (measured(&recipe, &mut stack), measured(&recipe, &mut lit));
    for (a, b) in plain[0].samples.iter().zip(&lit[0].samples) {
        let difference = a.displacement - b.displacement;
        assert!(difference.reach() < 1e-4, "{difference:?}");
    }
}

#[test]
fn a_mirrored_stack_gives_a_mirrored_track() {
    let mut stack = synth::speckle(SIZE).noise(0.01).path(anywhere(4, 5.0, 6)).frames(4);
    let mirror = |frame: &Frame| Frame::from_fn(SIZE, |x, y| frame.row(y)[SIZE.width - 1 - x]);
    let mirrored = stack.to_frames().iter().map(mirror).collect();
    let mut mirrored = MemoryStack::new(mirrored).unwrap();
    let plain = measured(&following([Rect::new(40, 48, 32, 24)]), &mut stack);
    let mirrored = measured(&following([Rect::new(128 - 40 - 32, 48, 32, 24)]), &mut mirrored);
    for (a, b) in plain[0].samples.iter().zip(&mirrored[0].samples) {
        let (a, b) = (a.displacement, b.displacement);
        assert!((a.dx + b.dx).abs() < 1e-4 && (a.dy - b.dy).abs() < 1e-4, "{a:?} {b:?}");
    }
}
