//! What measuring rotation changes, and what it must never claim.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use std::f64::consts::{PI, TAU};

use common::texture::{Pose, Texture, apart_deg, middle, stack, truth};
use common::{following, measured};
use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::matching::subpixel::Subpixel;
use movemeter::matching::warp::Model;
use movemeter::recipe::{Recipe, Reference};
use movemeter::source::MemoryStack;
use movemeter::synth::{self, Random};
use movemeter::track::{Status, Tracks};

const SIZE: Size = Size::new(128, 128);
const WINDOW: Rect = Rect::new(44, 46, 40, 36);

fn rotating(windows: impl Into<movemeter::Windows>) -> Recipe {
    Recipe { rotation: true, ..following(windows) }
}

fn statuses(tracks: &Tracks) -> Vec<Status> {
    let samples = tracks.tracks.iter().flat_map(|track| &track.samples[1..]);
    samples.map(|sample| sample.status).collect()
}

#[test]
fn each_reference_counts_angles_from_its_own_frame() {
    // 30° and some way a frame: after 13 frames more than a full turn.
    let step = 30f64.to_radians();
    let poses: Vec<Pose> = (1..14)
        .map(|k| {
            let moved = Displacement::new(0.3 * f64::from(k), -0.2 * f64::from(k));
            Pose::turned(middle(WINDOW), moved, step * f64::from(k))
        })
        .collect();
    let mut stack = stack(SIZE, &Texture::new(6, 7.0), &poses, 0.0);
    for follow in [true, false] {
        let mut at = |reference, index: usize| {
            let recipe = Recipe { reference, follow, ..rotating([WINDOW]) };
            let tracks = measured(&recipe, &mut stack);
            assert_eq!(tracks[0].samples[index].status, Status::Ok, "{reference} {follow}");
            let of = tracks[0].deformations[index];
            (tracks[0].samples[index].displacement, of.angle_rad.to_degrees())
        };
        let (moved, angle) = at(Reference::First, 5);
        assert!((angle - 150.0).abs() < 0.02, "{angle}");
        assert!((moved - truth(WINDOW, &poses[4], follow)).reach() < 0.01);
        assert_eq!(at(Reference::First, 0), (Displacement::ZERO, 0.0));
        let (_, angle) = at(Reference::Frame(9), 3);
        assert!((angle + 180.0).abs() < 0.02 || (angle - 180.0).abs() < 0.02, "{angle}");
        // Each of the steps has its own small error; the sum goes past a full turn.
        let (moved, angle) = at(Reference::Previous, 13);
        assert!((angle - 390.0).abs() < 0.1, "{angle}");
        if follow {
            assert!((moved - truth(WINDOW, &poses[12], true)).reach() < 0.05, "{moved:?}");
        }
    }
}

#[test]
fn by_keyframes_content_that_turns_and_changes_its_look_keeps_its_angle() {
    let window = Rect::new(36, 36, 56, 56);
    let poses: Vec<Pose> = (0..60)
        .map(|k| {
            let k = f64::from(k);
            Pose::turned(middle(window), Displacement::new(0.2 * k, -0.1 * k), 0.07 * k)
        })
        .collect();
    let (was, becomes) = (Texture::new(11, 7.0), Texture::new(12, 7.0));
    let frames = poses.iter().enumerate().map(|(k, pose)| {
        let (sin, cos) = (0.5 * PI * k as f64 / 59.0).sin_cos();
        Frame::from_fn(SIZE, |x, y| {
            let (x, y) = pose.back(x as f64, y as f64);
            (100.0 * (cos * was.at(x, y) + sin * becomes.at(x, y))) as f32
        })
    });
    let mut stack = MemoryStack::new(frames.collect()).unwrap();
    for follow in [true, false] {
        let mut by = |reference| {
            let recipe = Recipe { reference, follow, ..rotating([window]) };
            measured(&recipe, &mut stack)
        };
        let first = by(Reference::First);
        assert!(first.count(Status::Ok) < 60, "what it was is gone: {}", first.count(Status::Ok));
        let tracks = by(Reference::Keyframe);
        let (sample, of) = (tracks[0].samples[59], tracks[0].deformations[59]);
        assert_eq!(tracks.count(Status::Ok), 60, "{follow}");
        let off = apart_deg(of.angle_rad, 0.07 * 59.0);
        let apart = (sample.displacement - truth(window, &poses[59], follow)).reach();
        println!("{follow}: {off} degrees, {apart} px");
        // Another pattern in the end. While one fades into the other, the mixture seems to move by some
        // tenths of a pixel for each radian of the change, at any place of the window: 2 degrees of 240.
        assert!(off.abs() < 2.5 && apart < 1.0, "{follow}: {off} degrees, {apart} px");
    }
}

#[test]
fn to_the_mean_frames_that_turn_to_and_fro_turn_by_so_much() {
    let poses: Vec<Pose> = (1..8)
        .map(|k| {
            let angle = if k % 2 == 0 { 0.0 } else { 0.04 };
            Pose::turned(middle(WINDOW), Displacement::ZERO, angle)
        })
        .collect();
    let mut stack = stack(SIZE, &Texture::new(7, 9.0), &poses, 0.0);
    for follow in [true, false] {
        let recipe = Recipe { reference: Reference::Mean, follow, ..rotating([WINDOW]) };
        let tracks = measured(&recipe, &mut stack);
        for (index, angle) in [(0, -0.02), (1, 0.02)] {
            let off = apart_deg(tracks[0].deformations[index].angle_rad, angle);
            assert!(off.abs() < 0.05, "{index}: {off}");
        }
    }
}

#[test]
fn what_does_not_turn_has_no_angle_and_moves_as_without() {
    let path = common::anywhere(9, 5.0, 4);
    let mut stack = synth::speckle(SIZE).noise(0.01).path(path).frames(9);
    for follow in [true, false] {
        let plain = measured(&Recipe { follow, ..following([WINDOW]) }, &mut stack);
        for model in [Model::Translation, Model::Rigid, Model::Affine] {
            let recipe = Recipe { follow, model, ..rotating([WINDOW]) };
            let tracks = measured(&recipe, &mut stack);
            for (index, sample) in tracks[0].samples.iter().enumerate().skip(1) {
                let (of, without) = (tracks[0].deformations[index], plain[0].samples[index]);
                let apart = (sample.displacement - without.displacement).reach();
                // Shape and place share little noise, but affine shape more than an angle.
                assert!(apart < without.sd_x(), "{model:?} {apart}");
                assert!(of.angle_rad.abs() < 4.0 * f64::from(of.sd_angle_rad), "{of:?}");
                assert!(of.sd_angle_rad < 1e-3);
            }
        }
    }
}

#[test]
fn only_who_asks_for_angles_and_strains_gets_them() {
    let mut stack = synth::speckle(SIZE).moving(Displacement::new(0.4, 0.3)).frames(3);
    let mut names = |recipe: Recipe| {
        let tracks = measured(&recipe, &mut stack);
        let n = tracks[0].deformations.len();
        let table = tracks.table();
        let names: Vec<String> = table.columns.iter().skip(15).map(|c| c.name.clone()).collect();
        (n, names.join(" "))
    };
    let model = |model| Recipe { model, ..following([WINDOW]) };
    assert_eq!(names(following([WINDOW])), (0, String::new()));
    let (turned, strained) = ("angle_deg sd_angle_deg", "angle_deg sd_angle_deg exx exy eyy");
    assert_eq!(names(model(Model::Rigid)), (3, turned.into()));
    assert_eq!(names(rotating([WINDOW])), (3, turned.into()));
    assert_eq!(names(model(Model::Affine)), (3, strained.into()));
}

#[test]
fn an_angle_beyond_the_limit_is_at_the_edge_and_within_it_is_measured() {
    let texture = Texture::new(8, 7.0);
    let at = |deg: f64, limit: f64| {
        let pose = Pose::turned(middle(WINDOW), Displacement::new(1.0, 2.0), deg.to_radians());
        let mut stack = stack(SIZE, &texture, &[pose], 0.0);
        let tracks =
            measured(&Recipe { max_rotation_deg: Some(limit), ..rotating([WINDOW]) }, &mut stack);
        (tracks[0].samples[1].status, tracks[0].angle_rad(1).map(f64::to_degrees))
    };
    for sign in [1.0, -1.0] {
        let (status, angle) = at(sign * 19.8, 20.0);
        assert!(status == Status::Ok && (angle.unwrap() - sign * 19.8).abs() < 0.01);
        assert_eq!(at(sign * 20.5, 20.0), (Status::AtEdge, None));
        let (status, angle) = at(sign * 120.0, 20.0);
        assert!(status != Status::Ok && angle.is_none(), "{status}");
        assert_eq!(at(sign * 120.0, 125.0).0, Status::Ok);
    }
}

#[test]
fn doubtful_angles_are_kept_where_that_is_asked_for() {
    let pose = Pose::turned(middle(WINDOW), Displacement::ZERO, 0.36);
    let mut stack = stack(SIZE, &Texture::new(8, 7.0), &[pose], 0.0);
    let recipe = Recipe { max_rotation_deg: Some(20.0), keep_doubtful: true, ..rotating([WINDOW]) };
    let tracks = measured(&recipe, &mut stack);
    assert_eq!(tracks[0].samples[1].status, Status::AtEdge);
    assert!((tracks[0].angle_rad(1).unwrap() - 0.36).abs() < 1e-4);
}

#[test]
fn windows_and_frames_of_a_few_pixels_are_never_believed_and_never_a_panic() {
    for side in [1, 2, 3, 5, 8] {
        let frame = |k: u64| {
            let mut random = Random::new(k, 6);
            let size = Size::new(side + 1, side);
            Frame::from_fn(size, |_, _| (100.0 * random.uniform()) as f32)
        };
        let frames = [frame(1), frame(2), frame(3)];
        for (width, height) in [(1, 1), (1, side), (side, 1), (side, side), (side + 1, side)] {
            never_ok(&frames, &[Rect::new(0, 0, width, height)], "few pixels");
        }
    }
}

#[test]
fn content_that_turns_into_the_frame_s_border_is_measured_from_what_is_seen() {
    // At rest the window touches the border; turned, its corners are outside.
    let window = Rect::new(0, 30, 40, 40);
    let pose = Pose::turned(middle(window), Displacement::new(0.6, 0.3), 0.8);
    let mut stack = stack(SIZE, &Texture::new(11, 7.0), &[pose], 0.0);
    for follow in [true, false] {
        let tracks = measured(&Recipe { follow, ..rotating([window]) }, &mut stack);
        let off = apart_deg(tracks[0].angle_rad(1).unwrap(), 0.8);
        let apart = tracks[0].samples[1].displacement - truth(window, &pose, follow);
        // Smoothing and spline know the frame only on one side at its border.
        assert!(off.abs() < 0.01 && apart.reach() < 0.01, "{off} {apart:?}");
    }
}

/// Spots of one width at these places about a middle, turned: each as bright as it says.
fn spots(spots: &[(f64, f64, f64)], width: f64, angle_rad: f64, noise: f64, seed: u64) -> Frame {
    let mut random = Random::new(seed, 2);
    let (sin, cos) = angle_rad.sin_cos();
    Frame::from_fn(SIZE, |x, y| {
        let (x, y) = (x as f64 - 63.5, y as f64 - 63.5);
        let spot = |&(sx, sy, height): &(f64, f64, f64)| {
            let (dx, dy) = (x - cos * sx + sin * sy, y - sin * sx - cos * sy);
            height * (-0.5 * (dx * dx + dy * dy) / (width * width)).exp()
        };
        let light = 40.0 + spots.iter().map(spot).sum::<f64>();
        (light + noise * random.normal()).round() as f32
    })
}

/// Never ok, in any way of measuring an angle.
fn never_ok(frames: &[Frame], windows: &[Rect], what: &str) {
    let mut stack = MemoryStack::new(frames.to_vec()).unwrap();
    for (rotation, model) in [
        (true, Model::Translation),
        (true, Model::Affine),
        (false, Model::Rigid),
        (false, Model::Affine),
    ] {
        for follow in [true, false] {
            let recipe = Recipe { rotation, model, follow, ..following(windows.to_vec()) };
            let tracks = measured(&recipe, &mut stack);
            let found = statuses(&tracks);
            let claimed = tracks.tracks.iter().any(|track| {
                (1..frames.len()).any(|k| track.deformations[k].angle_rad.is_finite())
            });
            assert!(
                !found.contains(&Status::Ok),
                "{what} {rotation} {model:?} {follow} {found:?} {:?} {:?}",
                tracks[0].samples,
                tracks[0].deformations
            );
            assert!(!claimed, "{what}");
        }
    }
}

#[test]
fn a_round_spot_never_has_an_angle_wherever_it_is_and_whatever_its_noise() {
    for noise in [0.0, 1.0, 6.0] {
        for at in [(0.0, 0.0), (0.3, 0.2), (6.0, -3.0)] {
            let of = [(at.0, at.1, 180.0)];
            for width in [3.0, 5.0] {
                let frame = |k: u64| spots(&of, width, 0.4 * k as f64, noise, k);
                let what = format!("spot, noise {noise}, at {at:?}, width {width}");
                never_ok(&[frame(0), frame(1), frame(2)], &[WINDOW], &what);
            }
        }
    }
}

#[test]
fn a_ring_never_has_an_angle() {
    let ring = |k: u64, noise: f64| {
        let mut random = Random::new(k, 2);
        Frame::from_fn(SIZE, |x, y| {
            let r = (x as f64 - 63.6 - 0.4 * k as f64).hypot(y as f64 - 63.9);
            let light = 50.0 + 150.0 * (-0.5 * (r - 9.0).powi(2) / 4.0).exp();
            (light + noise * random.normal()).round() as f32
        })
    };
    for noise in [0.0, 2.0] {
        never_ok(&[ring(0, noise), ring(1, noise)], &[WINDOW], "ring");
    }
}

#[test]
fn a_square_that_looks_the_same_each_quarter_turn_is_ambiguous_unless_the_limit_says_which() {
    let corners = [(6.0, 6.0, 150.0), (-6.0, 6.0, 150.0), (-6.0, -6.0, 150.0), (6.0, -6.0, 150.0)];
    for (angle, noise) in [(0.0, 0.0), (0.3, 0.0), (1.0, 2.0)] {
        let frames =
            vec![spots(&corners, 2.5, 0.0, noise, 1), spots(&corners, 2.5, angle, noise, 2)];
        let mut stack = MemoryStack::new(frames).unwrap();
        let tracks = measured(&rotating([WINDOW]), &mut stack);
        assert_eq!(statuses(&tracks), [Status::Ambiguous], "{angle}");
        if angle < 0.5 {
            let recipe = Recipe { max_rotation_deg: Some(25.0), ..rotating([WINDOW]) };
            let tracks = measured(&recipe, &mut stack);
            // Rounded to whole grey values.
            assert!((tracks[0].angle_rad(1).unwrap() - angle).abs() < 2e-3, "{angle}");
        }
    }
    // One corner that is different tells.
    let mut told = corners;
    told[2].2 = 60.0;
    let frames = vec![spots(&told, 2.5, 0.0, 0.0, 1), spots(&told, 2.5, 2.2, 0.0, 2)];
    let tracks = measured(&rotating([WINDOW]), &mut MemoryStack::new(frames).unwrap());
    assert!((tracks[0].angle_rad(1).unwrap() - 2.2).abs() < 2e-3);
}

#[test]
fn noise_alone_never_has_an_angle() {
    for seed in 0..6 {
        let frame = |k: u64| {
            let mut random = Random::new(100 * seed + k, 1);
            Frame::from_fn(SIZE, |_, _| (100.0 + 20.0 * random.normal()) as f32)
        };
        let windows = [WINDOW, Rect::new(10, 10, 16, 16), Rect::new(0, 60, 24, 32)];
        never_ok(&[frame(0), frame(1)], &windows, "noise");
    }
}

#[test]
fn stripes_never_have_a_place() {
    for (direction, noise) in [(0.0, 0.0), (0.3, 0.0), (0.3, 3.0), (PI / 4.0, 1.0)] {
        let frame = |k: u64| {
            let mut random = Random::new(k, 1);
            let (sin, cos) = (direction + 0.2 * k as f64).sin_cos();
            Frame::from_fn(SIZE, |x, y| {
                let wave = (TAU * (cos * x as f64 + sin * y as f64) / 11.0).cos();
                (100.0 + 60.0 * wave + noise * random.normal()) as f32
            })
        };
        never_ok(&[frame(0), frame(1)], &[WINDOW], "stripes");
    }
}

#[test]
fn an_angle_cannot_be_had_without_the_exact_fit() {
    let mut stack = synth::speckle(SIZE).frames(2);
    for subpixel in [Subpixel::Parabola, Subpixel::Gaussian, Subpixel::None] {
        let rigid = Recipe { model: Model::Rigid, subpixel, ..following([WINDOW]) };
        for recipe in [rigid, Recipe { subpixel, ..rotating([WINDOW]) }] {
            let said = recipe.measure(&mut stack, &movemeter::Silent).err().unwrap().to_string();
            assert!(said.contains("gauss-newton") && said.contains(subpixel.as_str()), "{said}");
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit_of_an_angle() {
    let windows = movemeter::grid(Rect::of_frame(SIZE), Size::new(32, 32), 1.0);
    let mut stack = synth::speckle(SIZE).noise(0.02).path(common::anywhere(4, 3.0, 2)).frames(4);
    for (rotation, reference, follow) in [
        (true, Reference::First, true),
        (true, Reference::Previous, false),
        (false, Reference::Previous, true),
        (false, Reference::First, false),
    ] {
        let recipe = Recipe {
            rotation,
            reference,
            follow,
            model: Model::Affine,
            ..following(windows.clone())
        };
        let mut with = |n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            let tracks = pool.install(|| measured(&recipe, &mut stack));
            let of = tracks.tracks.iter().flat_map(|track| &track.deformations);
            of.map(|of| (of.angle_rad.to_bits(), of.exx.to_bits())).collect::<Vec<_>>()
        };
        let by_one = with(1);
        assert_eq!(by_one, with(3));
    }
}
