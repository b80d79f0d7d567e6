//! Angles and strains of content whose motion is known: textures computed afresh at their place in
//! each frame.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use std::f64::consts::PI;

use common::texture::{Pose, Texture, anyhow, apart_deg, middle, stack, truth};
use common::{following, measured};
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::matching::warp::Model;
use movemeter::recipe::Recipe;
use movemeter::track::{Status, Tracks};

fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
}

fn rotating(windows: impl Into<movemeter::Windows>) -> Recipe {
    Recipe { rotation: true, ..following(windows) }
}

/// Errors in x, y (px) and angle (degrees) of every window and frame after the first.
struct Apart {
    place: Vec<f64>,
    angle_deg: Vec<f64>,
    within_place: f64,
    within_angle: f64,
}

fn apart(tracks: &Tracks, poses: &[Pose], follow: bool) -> Apart {
    let mut all = Apart { place: vec![], angle_deg: vec![], within_place: 0.0, within_angle: 0.0 };
    for track in &tracks.tracks {
        for (k, pose) in poses.iter().enumerate() {
            let (sample, shape) = (track.samples[k + 1], track.deformations[k + 1]);
            assert_eq!(sample.status, Status::Ok, "frame {k}, {} {sample:?}", track.rect);
            let error = sample.displacement - truth(track.rect, pose, follow);
            let angle = pose.f[1][0].atan2(pose.f[0][0]);
            let turned = apart_deg(shape.angle_rad, angle);
            all.within_place += f64::from(u8::from(error.dx.abs() <= sample.sd_x()));
            all.within_place += f64::from(u8::from(error.dy.abs() <= sample.sd_y()));
            let sd_deg = f64::from(shape.sd_angle_rad).to_degrees();
            all.within_angle += f64::from(u8::from(turned.abs() <= sd_deg));
            all.place.extend([error.dx, error.dy]);
            all.angle_deg.push(turned);
        }
    }
    all.within_place /= all.place.len() as f64;
    all.within_angle /= all.angle_deg.len() as f64;
    all
}

#[test]
fn any_angle_of_a_large_window_is_found_to_a_hundredth_of_a_degree() {
    let (size, window) = (Size::new(200, 200), Rect::new(36, 36, 128, 128));
    let poses = anyhow(12, middle(window), PI, 1);
    let mut stack = stack(size, &Texture::new(1, 7.0), &poses, 0.0);
    for follow in [true, false] {
        let tracks = measured(&Recipe { follow, ..rotating([window]) }, &mut stack);
        let found = apart(&tracks, &poses, follow);
        println!("{follow} {} {}", rms(&found.place), rms(&found.angle_deg));
        assert!(rms(&found.angle_deg) <= 0.01, "{}", rms(&found.angle_deg));
        assert!(rms(&found.place) <= 0.002, "{}", rms(&found.place));
    }
}

#[test]
fn three_percent_of_noise_costs_what_the_error_bars_say() {
    let (size, centre) = (Size::new(264, 264), (131.5, 131.5));
    let windows = movemeter::grid(Rect::new(20, 20, 224, 224), Size::new(32, 32), 1.0);
    let poses: Vec<Pose> = anyhow(10, centre, 0.05, 2);
    let mut stack = stack(size, &Texture::new(2, 7.0), &poses, 0.03);
    for (follow, rotation) in [(true, false), (false, false), (true, true)] {
        let recipe = Recipe { follow, rotation, model: Model::Rigid, ..following(windows.clone()) };
        let recipe = Recipe { max_displacement_px: Some(14.0), ..recipe };
        let found = apart(&measured(&recipe, &mut stack), &poses, follow);
        println!(
            "{follow} {} {} {} {}",
            rms(&found.place),
            rms(&found.angle_deg),
            found.within_place,
            found.within_angle
        );
        // 490 angles of 49 windows, not all independent, know the part to about 3 %.
        assert!((0.60..0.75).contains(&found.within_angle), "{}", found.within_angle);
        assert!((0.60..0.75).contains(&found.within_place), "{}", found.within_place);
    }
}

#[test]
fn small_windows_are_measured_at_small_angles_without_a_search() {
    let windows = movemeter::grid(Rect::new(20, 20, 160, 160), Size::new(32, 32), 1.0);
    let poses = anyhow(8, (99.5, 99.5), 0.07, 3);
    let mut stack = stack(Size::new(200, 200), &Texture::new(3, 7.0), &poses, 0.0);
    for model in [Model::Rigid, Model::Affine] {
        for follow in [true, false] {
            // Turning by 4° moves the outermost windows by 7 px more.
            let recipe = Recipe {
                model,
                follow,
                max_displacement_px: Some(14.0),
                ..following(windows.clone())
            };
            let found = apart(&measured(&recipe, &mut stack), &poses, follow);
            println!("{model:?} {follow} {} {}", rms(&found.place), rms(&found.angle_deg));
            // A clean window gives what interpolation on smooth texture leaves.
            assert!(rms(&found.place) <= 0.001 && rms(&found.angle_deg) <= 0.01);
        }
    }
}

/// Moved, turned by some degrees, and strained by some per cent.
fn strained(centre: (f64, f64)) -> Vec<Pose> {
    let pose = |dx, dy, f| Pose { centre, moved: Displacement::new(dx, dy), f };
    vec![
        pose(0.4, -0.3, [[1.02, 0.0], [0.0, 0.99]]),
        pose(-1.3, 2.2, [[1.01, 0.03], [0.0, 1.0]]),
        pose(3.7, 1.1, [[0.98, -0.06], [0.05, 1.03]]),
    ]
}

#[test]
fn strains_are_those_of_green_and_lagrange_both_ways() {
    let window = Rect::new(52, 56, 48, 40);
    let poses = strained(middle(window));
    let mut stack = stack(Size::new(150, 150), &Texture::new(4, 7.0), &poses, 0.0);
    for follow in [true, false] {
        let recipe = Recipe { model: Model::Affine, follow, ..following([window]) };
        let tracks = measured(&recipe, &mut stack);
        for (k, pose) in poses.iter().enumerate() {
            let (sample, found) = (tracks[0].samples[k + 1], tracks[0].deformations[k + 1]);
            let error = (sample.displacement - truth(window, pose, follow)).reach();
            assert!(error <= 0.002, "{k} {follow}: {error} {sample:?}");
            let [[a, b], [c, d]] = pose.f;
            let angle = (c - b).atan2(a + d);
            let off = apart_deg(found.angle_rad, angle).abs();
            let strains =
                [0.5 * (a * a + c * c - 1.0), 0.5 * (a * b + c * d), 0.5 * (b * b + d * d - 1.0)];
            for (found, strain) in [found.exx, found.exy, found.eyy].into_iter().zip(strains) {
                // A strain of 10⁻⁴ moves the window's rim by 0.002 px.
                assert!((f64::from(found) - strain).abs() < 1e-4, "{k}: {found} {strain}");
            }
            assert!(off < 0.01, "{k}: {off}");
        }
    }
}

#[test]
fn strained_content_is_found_at_any_angle() {
    let window = Rect::new(52, 52, 48, 48);
    let mut poses = strained(middle(window));
    for (pose, angle) in poses.iter_mut().zip([2.5f64, -1.6, 3.1]) {
        let ((sin, cos), [[a, b], [c, d]]) = (angle.sin_cos(), pose.f);
        pose.f = [[cos * a - sin * c, cos * b - sin * d], [sin * a + cos * c, sin * b + cos * d]];
    }
    let mut stack = stack(Size::new(150, 150), &Texture::new(5, 7.0), &poses, 0.0);
    for follow in [true, false] {
        let recipe = Recipe { model: Model::Affine, follow, ..rotating([window]) };
        let tracks = measured(&recipe, &mut stack);
        for (k, pose) in poses.iter().enumerate() {
            let (sample, found) = (tracks[0].samples[k + 1], tracks[0].deformations[k + 1]);
            let error = (sample.displacement - truth(window, pose, follow)).reach();
            let [[a, b], [c, d]] = pose.f;
            let off = apart_deg(found.angle_rad, (c - b).atan2(a + d)).abs();
            let exx = f64::from(found.exx) - 0.5 * (a * a + c * c - 1.0);
            assert!(
                error <= 0.002 && off < 0.01 && exx.abs() < 1e-4,
                "{k} {error} {off} {sample:?}"
            );
        }
    }
}
