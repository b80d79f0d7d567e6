//! Windows that may be anywhere in a frame are found through the sums of tiles: quicker, and with the same answers as the
//! scores of all positions, which are the judge here.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use common::{measured, measured_by};
use movemeter::matching::subpixel::Subpixel;
use movemeter::measure::motion::Means;
use movemeter::roi::Windows;
use movemeter::source::MemoryStack;
use movemeter::synth::{self, Camera, Random};
use movemeter::{Displacement, Frame, Recipe, Rect, Reference, Sample, Size, Status};

const SIZE: Size = Size::new(320, 256);

/// From so large that nine fill the frame to so small that few tiles cover them, one in a corner.
const WINDOWS: [Rect; 5] = [
    Rect::new(90, 70, 133, 114),
    Rect::new(150, 100, 64, 50),
    Rect::new(60, 120, 32, 33),
    Rect::new(0, 226, 41, 30),
    Rect::new(200, 61, 18, 16),
];

/// Ways between pixels that start from scores in different ways.
const SUBPIXELS: [Subpixel; 3] = [Subpixel::GaussNewton, Subpixel::Parabola, Subpixel::None];

/// By how much two ways that settle to a hundredth of a thousandth of a pixel may part, px.
const SAME: f64 = 1e-4;

fn recipe() -> Recipe {
    Recipe { windows: WINDOWS.to_vec().into(), ..Recipe::default() }
}

/// What a camera of 8 bit sees of light that is 0 to 1.
fn exposed(light: &[f64], noise: f64, seed: u64) -> Frame {
    let camera = Camera { full_well: None, noise, bits: Some(8) };
    let mut random = Random::new(seed, 1);
    let pixels = light.iter().map(|&light| camera.see(light, &mut random)).collect();
    Frame::from_pixels(SIZE, pixels).unwrap()
}

/// Speckle at rest, and moved by this.
fn speckle(radius: f64, grey: (f64, f64), by: Displacement, seed: u64) -> [Vec<f64>; 2] {
    let made = synth::speckle(SIZE).seed(seed).radius(radius).grey(grey.0, grey.1);
    let mut stack = made.path(vec![Displacement::ZERO, by]).frames(2);
    [stack.light(0), stack.light(1)]
}

fn moved() -> Displacement {
    Displacement::new(-23.3, 14.6)
}

const GREY: (f64, f64) = (0.05, 0.25);

/// How many are measured, where both ways say the same.
fn n_agreed([one, other]: &[Vec<f64>; 2], noise: f64, name: &str) -> usize {
    let frames = vec![exposed(one, noise, 1), exposed(other, noise, 2)];
    let mut n_ok = 0;
    for (follow, subpixel) in
        [false, true].into_iter().flat_map(|follow| SUBPIXELS.map(|subpixel| (follow, subpixel)))
    {
        let recipe = Recipe { follow, subpixel, ..recipe() };
        let [tracks, judge] = [false, true].map(|exhaustive| {
            let mut stack = MemoryStack::new(frames.clone()).unwrap().stored_as("uint8");
            measured_by(Means { exhaustive, ..Means::default() }, &recipe, &mut stack)
        });
        for (track, judge) in tracks.tracks.iter().zip(&judge.tracks) {
            let (sample, judge) = (track.samples[1], judge.samples[1]);
            let apart = (sample.displacement - judge.displacement).reach();
            let said = format!("{name} {noise} {subpixel} {follow} {}", track.rect);
            assert_eq!(sample.status, judge.status, "{said}: {sample:?} {judge:?}");
            assert!(!sample.is_ok() || apart <= SAME, "{said}: {sample:?} {judge:?}");
            n_ok += usize::from(sample.is_ok());
        }
    }
    n_ok
}

#[test]
fn texture_of_any_size_and_noise_is_found_where_all_scores_find_it() {
    for radius in [1.0, 2.0, 4.0, 8.0] {
        for noise in [0.0, 0.02, 0.06, 0.15] {
            let n_ok = n_agreed(&speckle(radius, GREY, moved(), 3), noise, "speckle");
            assert!(0.02 < noise || 4.0 < radius || 20 <= n_ok, "{radius} {noise}: {n_ok}");
        }
    }
}

#[test]
fn weak_bright_and_saturated_texture_is_found_where_all_scores_find_it() {
    for (grey, noise) in [((0.5, 0.02), 0.0), ((0.9, 0.03), 0.002), ((0.3, 1.5), 0.01)] {
        n_agreed(&speckle(2.0, grey, moved(), 4), noise, "weak, bright, saturated");
    }
}

#[test]
fn content_that_is_gone_is_found_by_neither() {
    let [one, _] = speckle(2.0, GREY, Displacement::ZERO, 5);
    let [other, _] = speckle(2.0, GREY, Displacement::ZERO, 6);
    for noise in [0.0, 0.05] {
        assert_eq!(n_agreed(&[one.clone(), other.clone()], noise, "gone"), 0);
    }
    let flat = vec![0.4; SIZE.area()];
    assert_eq!(n_agreed(&[one.clone(), flat.clone()], 0.0, "flat"), 0);
    assert_eq!(n_agreed(&[flat, one], 0.02, "flat before"), 0);
}

#[test]
fn what_is_there_twice_or_repeats_is_ambiguous_for_both() {
    // The right half shows what the left does, a little darker.
    let half = SIZE.width / 2;
    for part in [1.0, 0.9] {
        let twice = speckle(2.0, GREY, Displacement::new(3.0, 2.0), 7).map(|mut light| {
            for row in light.chunks_exact_mut(SIZE.width) {
                for x in half..SIZE.width {
                    row[x] = part * row[x - half];
                }
            }
            light
        });
        n_agreed(&twice, 0.0, "twice");
        n_agreed(&twice, 0.03, "twice");
    }
    for period in [7.0, 11.5, 40.0] {
        let wave = |x: f64| (std::f64::consts::TAU * x / period).sin();
        let dots = |by: f64| -> Vec<f64> {
            let at = |i: usize| ((i % SIZE.width) as f64 - by, (i / SIZE.width) as f64 - 0.5 * by);
            (0..SIZE.area()).map(at).map(|(x, y)| 0.5 + 0.3 * wave(x) * wave(y)).collect()
        };
        assert_eq!(n_agreed(&[dots(0.0), dots(2.3)], 0.0, "dots"), 0);
    }
}

#[test]
fn a_few_spots_on_black_are_found_where_all_scores_find_them() {
    // Most windows of the frame are flat, and others hardly not.
    for haze in [0.0, 0.006] {
        let spots = speckle(2.0, (0.0, 0.6), moved(), 8).map(|light| -> Vec<f64> {
            let near = |i: usize| {
                let (x, y) = (i % SIZE.width, i / SIZE.width);
                (40..240).contains(&x) && (60..230).contains(&y)
            };
            let haze = |i: usize| haze * (i / SIZE.width) as f64 / SIZE.height as f64;
            (0..SIZE.area()).map(|i| if near(i) { light[i] } else { haze(i) }).collect()
        });
        n_agreed(&spots, 0.0, "on black");
        n_agreed(&spots, 0.01, "on black");
    }
}

#[test]
fn every_reference_gives_what_all_scores_give() {
    let path = (0..6).map(|i| Displacement::new(2.3 * f64::from(i), -1.7 * f64::from(i))).collect();
    let mut stack = synth::speckle(SIZE).noise(0.01).path(path).frames(6);
    let frames = stack.to_frames();
    for reference in [Reference::First, Reference::Previous, Reference::Keyframe, Reference::Mean] {
        let recipe = Recipe { reference, ..recipe() };
        let [found, judge] = [false, true].map(|exhaustive| {
            let mut stack = MemoryStack::new(frames.clone()).unwrap();
            measured_by(Means { exhaustive, ..Means::default() }, &recipe, &mut stack)
        });
        for (found, judge) in found.tracks.iter().zip(&judge.tracks) {
            for (found, judge) in found.samples.iter().zip(&judge.samples) {
                assert_eq!(found.status, judge.status, "{reference:?}: {found:?} {judge:?}");
                let apart = (found.displacement - judge.displacement).reach();
                assert!(!found.is_ok() || apart <= SAME, "{reference:?}: {found:?} {judge:?}");
            }
        }
        // A mean of content that moves is another content.
        assert!(20 <= found.count(Status::Ok) || reference == Reference::Mean, "{reference:?}");
    }
}

#[test]
fn a_window_alone_has_the_bits_it_has_among_others() {
    // Alone, only its surroundings are prepared of a frame; with others in two corners, all of it.
    let mut stack = synth::speckle(SIZE).noise(0.01).moving(moved()).frames(3);
    let frames = stack.to_frames();
    let of = |sample: &Sample| {
        let covariance = sample.covariance;
        let parts = [covariance.xx, covariance.xy, covariance.yy, sample.score].map(f32::to_bits);
        ([sample.displacement.dx, sample.displacement.dy].map(f64::to_bits), parts, sample.status)
    };
    let corners = [Rect::new(0, 0, 20, 20), Rect::new(300, 236, 20, 20)];
    for (window, max_displacement_px) in
        WINDOWS.into_iter().flat_map(|window| [None, Some(30.0)].map(|limit| (window, limit)))
    {
        let with = |windows: Windows| {
            let mut stack = MemoryStack::new(frames.clone()).unwrap();
            let tracks = measured(&Recipe { windows, max_displacement_px, ..recipe() }, &mut stack);
            tracks.tracks[0].samples.iter().map(of).collect::<Vec<_>>()
        };
        let among = [window, corners[0], corners[1]].to_vec();
        assert_eq!(with(vec![window].into()), with(among.into()), "{window}");
    }
}
