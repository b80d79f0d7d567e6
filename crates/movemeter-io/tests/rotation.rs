//! Measured angles against truth that this project did not make: recordings that were turned by
//! known angles, another program's estimate, and an independent maker of exact motion.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};
use std::process::Command;

use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect};
use movemeter::matching::warp::Model;
use movemeter::monitor::Silent;
use movemeter::recipe::Recipe;
use movemeter::source::{FrameSource, MemoryStack};
use movemeter_io::open;

/// Something beside the repository, where it is.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// Difference of two angles in degrees, without full turns.
fn apart_deg(a: f64, b: f64) -> f64 {
    (a - b + 180.0).rem_euclid(360.0) - 180.0
}

/// Where a point comes to rest that turns clockwise about the middle of the recording.
fn turned((x, y): (f64, f64), angle_deg: f64) -> (f64, f64) {
    const MIDDLE: f64 = 126.0;
    let (sin, cos) = angle_deg.to_radians().sin_cos();
    let (x, y) = (x - MIDDLE, y - MIDDLE);
    (MIDDLE + cos * x - sin * y, MIDDLE + sin * x + cos * y)
}

struct Truth {
    reference: String,
    current: String,
    window: Rect,
    moved: Displacement,
    angle_deg: f64,
    tolerance: f64,
    tolerance_deg: f64,
}

/// The file's angles are counter-clockwise.
fn truths(folder: &Path) -> Vec<Truth> {
    let text = std::fs::read_to_string(folder.join("truth.csv")).unwrap();
    let truth = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let whole = |i: usize| cells[i].parse::<isize>().unwrap();
        let number = |i: usize| cells[i].parse::<f64>().unwrap();
        Truth {
            reference: cells[0].into(),
            current: cells[1].into(),
            window: Rect::new(whole(2), whole(3), whole(4) as usize, whole(5) as usize),
            moved: Displacement::new(number(8), number(9)),
            angle_deg: -number(10),
            tolerance: number(12),
            tolerance_deg: number(13),
        }
    };
    text.lines().skip(1).map(truth).collect()
}

fn frame(folder: &Path, name: &str) -> Frame {
    let mut frame = Frame::default();
    open(folder.join(name)).unwrap().read(0, &mut frame).unwrap();
    frame
}

/// A window around where the truth's content has come to, and how far that moved.
fn arrived(truth: &Truth) -> (Rect, Displacement) {
    let (w, h) = (truth.window.width as f64, truth.window.height as f64);
    let middle = (truth.window.x as f64 + 0.5 * (w - 1.0), truth.window.y as f64 + 0.5 * (h - 1.0));
    let (x, y) = turned(middle, truth.angle_deg);
    let corner = ((x - 0.5 * (w - 1.0)).round(), (y - 0.5 * (h - 1.0)).round());
    let at = (corner.0 + 0.5 * (w - 1.0), corner.1 + 0.5 * (h - 1.0));
    let from = turned(at, -truth.angle_deg);
    let moved = Displacement::new(at.0 - from.0, at.1 - from.1);
    let window = truth.window;
    (Rect::new(corner.0 as isize, corner.1 as isize, window.width, window.height), moved)
}

#[test]
fn every_angle_of_a_turned_recording_is_measured_within_tolerance_both_ways() {
    let Some(folder) = shared("data/rotation_cg") else { return };
    let mut n = 0;
    for truth in truths(&folder) {
        let frames = [&truth.reference, &truth.current].map(|name| frame(&folder, name));
        let mut stack = MemoryStack::new(frames.to_vec()).unwrap();
        let (there, moved_there) = arrived(&truth);
        for (follow, window, moved) in
            [(true, truth.window, truth.moved), (false, there, moved_there)]
        {
            let recipe =
                Recipe { windows: [window].into(), follow, rotation: true, ..Recipe::default() };
            let tracks = recipe.measure(&mut stack, &Silent).unwrap();
            let (sample, shape) = (tracks[0].samples[1], tracks[0].deformations[1]);
            let apart = (sample.displacement - moved).reach();
            let turned = apart_deg(shape.angle_rad.to_degrees(), truth.angle_deg);
            let what = format!("{} {} follow {follow}", truth.current, window);
            println!("{what}: {apart:.4} px, {turned:.4} deg, {} {}", sample.status, sample.score);
            assert!(apart <= truth.tolerance, "{what}: {sample:?}, not {moved:?}");
            assert!(turned.abs() <= truth.tolerance_deg, "{what}: {turned}");
            n += 1;
        }
    }
    assert_eq!(n, 18 * 4 * 2);
}

#[test]
fn the_fly_turns_a_little_and_moves_as_other_estimators_say() {
    let Some(folder) = shared("data/fly") else { return };
    let recipe = Recipe {
        windows: [Rect::new(130, 500, 133, 114)].into(),
        follow: true,
        model: Model::Rigid,
        max_displacement_px: Some(30.0),
        ..Recipe::default()
    };
    let tracks = recipe.measure(&mut open(folder).unwrap(), &Silent).unwrap();
    // The tolerances are those stated with the estimate.
    for (frame, dy, tolerance) in
        [(1, -2.8, 0.15), (2, -9.6, 0.1), (3, -15.7, 0.1), (4, -20.6, 0.1), (5, -24.5, 0.1)]
    {
        let (sample, shape) = (tracks[0].samples[frame], tracks[0].deformations[frame]);
        println!("{frame} {sample:?} {}", shape.angle_rad.to_degrees());
        assert!((sample.displacement.dy - dy).abs() <= tolerance, "frame {frame}: {sample:?}");
    }
}

#[test]
fn independently_made_turns_are_measured_to_their_noise() {
    let Some(maker) = shared("tools/gen_speckle.py") else { return };
    let Some(python) = std::env::var_os("MOVEMETER_PYTHON") else {
        println!("skipped: MOVEMETER_PYTHON is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    // Options, allowed error in px and degrees: of 8 bit, of noise near 1 %.
    for (options, allowed, allowed_deg) in [
        ("--motion random --du 5 --dv 5 --dth 180 --e-max 0 --bits 8", 0.004, 0.01),
        ("--motion random --du 5 --dv 5 --dth 180 --e-max 10000 --read 10", 0.02, 0.04),
    ] {
        let base = folder.path().join("made");
        let options = format!("--size 192x192 --n 9 {options}");
        let run =
            Command::new(&python).arg(&maker).arg(&base).args(options.split(' ')).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let text = std::fs::read_to_string(folder.path().join("made_truth.csv")).unwrap();
        let recipe = Recipe {
            windows: [Rect::new(56, 56, 80, 80)].into(),
            follow: true,
            rotation: true,
            max_displacement_px: Some(10.0),
            ..Recipe::default()
        };
        let tracks =
            recipe.measure(&mut open(base.with_extension("tif")).unwrap(), &Silent).unwrap();
        for (k, line) in text.lines().skip(1).enumerate().skip(1) {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            // The window's centre is the point about which it was turned.
            assert_eq!((cells[6], cells[7]), (95.5, 95.5));
            let (sample, shape) = (tracks[0].samples[k], tracks[0].deformations[k]);
            let apart = (sample.displacement - Displacement::new(cells[8], cells[9])).reach();
            let turned = apart_deg(shape.angle_rad.to_degrees(), -cells[10]).abs();
            println!("{options} {k}: {apart:.5} px, {turned:.5} deg");
            assert!(apart <= allowed && turned <= allowed_deg, "{k}: {apart} {turned} {sample:?}");
        }
    }
}
