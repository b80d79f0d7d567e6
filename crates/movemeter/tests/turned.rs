//! Content that has turned is found through block sums first: with the same result as looking at every angle and place.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]

mod common;

use std::f64::consts::PI;

use common::following;
use common::texture::{Pose, Texture, anyhow, apart_deg, middle, stack};
use movemeter::deformation::Deformation;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::matching::warp::Model;
use movemeter::measure::motion::Means;
use movemeter::measure::{Motion, run};
use movemeter::monitor::Silent;
use movemeter::recipe::Recipe;
use movemeter::source::MemoryStack;
use movemeter::synth;
use movemeter::track::{Sample, Status, Tracks};

fn by(means: Means, recipe: &Recipe, stack: &mut MemoryStack) -> Tracks {
    let mut motion = Motion::by(means, recipe, stack, &Silent).unwrap();
    run(stack, recipe, &Silent, &mut [&mut motion]).unwrap();
    motion.into_tracks()
}

/// Fits end within 10⁻⁵ px of where they lead, or as much times how slowly noise lets them: the same fit from two
/// starts agrees to this, px.
const SAME_PX: f64 = 5e-4;

/// Measures in both ways, both following and fixed, and says how many samples are ok.
fn agree(recipe: &Recipe, stack: &MemoryStack, what: &str) -> usize {
    let mut n_ok = 0;
    for follow in [true, false] {
        let recipe = Recipe { rotation: true, follow, ..recipe.clone() };
        let [found, judge] = [false, true].map(|exhaustive| {
            by(Means { exhaustive, ..Means::default() }, &recipe, &mut stack.clone())
        });
        for (found, judge) in found.tracks.iter().zip(&judge.tracks) {
            let side = found.rect.width.min(found.rect.height) as f64;
            for k in 0..found.samples.len() {
                let (a, b) = (found.samples[k], judge.samples[k]);
                assert_eq!(a.status, b.status, "{what}, {}, frame {k}: {a:?} {b:?}", found.rect);
                if a.status != Status::Ok || k == 0 {
                    continue;
                }
                n_ok += 1;
                let apart = (a.displacement - b.displacement).reach();
                let [one, other] = [found, judge].map(|track| track.deformations[k].angle_rad);
                let turned = apart_deg(one, other).to_radians().abs() * side;
                assert!(
                    apart < SAME_PX && turned < SAME_PX,
                    "{what}, {}: {apart} {turned}",
                    found.rect
                );
            }
        }
    }
    n_ok
}

/// Grey value at a place.
type Look<'a> = &'a dyn Fn(f64, f64) -> f64;

#[test]
fn whatever_the_noise_and_the_size_it_is_what_looking_everywhere_finds() {
    let size = Size::new(180, 170);
    for (noise, shortest, limit) in
        [(0.0, 7.0, 9.0), (0.03, 5.0, 12.0), (0.1, 7.0, 9.0), (0.3, 9.0, 9.0), (0.02, 20.0, 9.0)]
    {
        let windows = [
            (26, 20, 128, 128),
            (40, 40, 64, 80),
            (60, 60, 40, 36),
            (70, 50, 24, 24),
            (2, 3, 60, 60),
        ];
        let windows = windows.map(Rect::from);
        let poses = anyhow(5, middle(windows[0]), PI, 7);
        let stack = stack(size, &Texture::new(21, shortest), &poses, noise);
        let recipe = Recipe { max_displacement_px: Some(limit), ..following(windows) };
        let n_ok = agree(&recipe, &stack, &format!("noise {noise}, {shortest} px"));
        println!("{noise} {shortest}: {n_ok} of 50");
    }
}

#[test]
fn speckle_as_fine_as_pixels_is_found_the_same() {
    for radius in [0.7, 1.0, 4.0] {
        let size = Size::new(150, 150);
        let path =
            vec![Displacement::ZERO, Displacement::new(4.3, -2.2), Displacement::new(-5.1, 6.4)];
        let made = synth::speckle(size).radius(radius).noise(0.02).turning(1.3).path(path);
        let stack = MemoryStack::new(made.frames(3).to_frames()).unwrap();
        let windows = [Rect::new(43, 43, 64, 64), Rect::new(60, 55, 32, 32)];
        let recipe = Recipe { max_displacement_px: Some(12.0), ..following(windows) };
        assert!(6 <= agree(&recipe, &stack, &format!("radius {radius}")));
    }
}

#[test]
fn limits_models_and_searches_of_all_the_frame_change_nothing() {
    let window = Rect::new(40, 36, 72, 72);
    let turned =
        |deg: f64| Pose::turned(middle(window), Displacement::new(2.3, -1.6), deg.to_radians());
    let poses = [3.0, 24.7, 25.3, -24.7, 60.0, 179.0].map(turned);
    let stack = stack(Size::new(150, 150), &Texture::new(5, 7.0), &poses, 0.02);
    for max_rotation_deg in [Some(25.0), Some(61.0), None] {
        for model in [Model::Rigid, Model::Affine] {
            for max_displacement_px in [Some(2.2), Some(2.35), Some(8.0), None] {
                let recipe = following([window]);
                let recipe = Recipe { max_rotation_deg, model, max_displacement_px, ..recipe };
                let what = format!("{max_rotation_deg:?} {model:?} {max_displacement_px:?}");
                agree(&recipe, &stack, &what);
            }
        }
    }
}

#[test]
fn what_looks_the_same_elsewhere_or_turned_is_doubted_the_same() {
    use movemeter::frame::Frame;
    let size = Size::new(160, 160);
    let waves = Texture::new(9, 8.0);
    let looks: [(&str, Look<'_>); 4] = [
        ("every 16 px", &|x, y| waves.at(x.rem_euclid(16.0), y.rem_euclid(16.0))),
        ("half a turn", &|x, y| waves.at(x - 80.0, y - 80.0) + waves.at(80.0 - x, 80.0 - y)),
        ("stripes", &|x, _| 5.0 * (0.6 * x).sin()),
        ("lattice", &|x, y| 4.0 * ((0.7 * x).sin() + (0.7 * y).cos())),
    ];
    for (what, look) in looks {
        for noise in [0.0, 0.05] {
            let frame = |k: usize| {
                let mut random = synth::Random::new(k as u64, 4);
                let pose = Pose::turned((80.0, 80.0), Displacement::new(1.2, 0.6), 0.7 * k as f64);
                Frame::from_fn(size, |x, y| {
                    let (x, y) = pose.back(x as f64, y as f64);
                    (100.0 + 10.0 * look(x, y) + 200.0 * noise * random.normal()) as f32
                })
            };
            let stack = MemoryStack::new((0..3).map(frame).collect()).unwrap();
            let windows = [Rect::new(40, 40, 80, 80), Rect::new(60, 56, 40, 48)];
            let recipe = Recipe { max_displacement_px: Some(20.0), ..following(windows) };
            agree(&recipe, &stack, &format!("{what}, noise {noise}"));
        }
    }
}

#[test]
fn every_cpu_level_and_number_of_threads_gives_the_same_bits() {
    let window = Rect::new(40, 36, 72, 70);
    let poses = anyhow(3, middle(window), PI, 5);
    let stack = stack(Size::new(150, 150), &Texture::new(5, 7.0), &poses, 0.02);
    for follow in [true, false] {
        let recipe = following([window, Rect::new(60, 60, 33, 31)]);
        let recipe = Recipe { rotation: true, follow, max_displacement_px: Some(12.0), ..recipe };
        let bits = |level, n_threads| {
            let means = Means { level: Some(level), ..Means::default() };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            let tracks = pool.install(|| by(means, &recipe, &mut stack.clone()));
            let of = tracks.tracks.iter().flat_map(|track| {
                let number = |(sample, of): (&Sample, &Deformation)| {
                    [
                        sample.displacement.dx,
                        sample.sd_x(),
                        of.angle_rad,
                        f64::from(of.sd_angle_rad),
                    ]
                };
                track.samples.iter().zip(&track.deformations).flat_map(number)
            });
            of.map(f64::to_bits).collect::<Vec<_>>()
        };
        let levels = movemeter::simd::levels();
        let first = bits(levels[0], 1);
        for level in levels {
            assert_eq!(first, bits(level, 3), "{level:?}");
        }
    }
}
