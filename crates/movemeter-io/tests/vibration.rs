//! The spectrum of a tuning fork in high-speed videos must peak at the fork's frequency.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::f64::consts::TAU;
use std::path::Path;

use movemeter::geometry::Rect;
use movemeter::monitor::Silent;
use movemeter::recipe::Recipe;
use movemeter::source::FrameSource;

/// As the recordings' description gives it.
const TOLERANCE_HZ: f64 = 0.3;

#[test]
fn a_fork_swings_at_its_frequency_when_the_true_rate_is_given() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/vibration_fork");
    let Ok(truth) = std::fs::read_to_string(folder.join("truth_frequency.csv")) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    for line in truth.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |cell: usize| cells[cell].parse::<f64>().unwrap();
        let window = Rect::new(
            number(2) as isize,
            number(3) as isize,
            number(4) as usize,
            number(5) as usize,
        );
        let (times_s, dx) = horizontal_motion(&folder.join(cells[0]), window, number(1));
        let peak_hz = peak_frequency_hz(&times_s, &dx);
        let expected_hz = number(7);
        println!("{}: {peak_hz:.3} Hz, expected {expected_hz} Hz", cells[0]);
        assert!((peak_hz - expected_hz).abs() < TOLERANCE_HZ, "{}: {peak_hz}", cells[0]);
    }
}

/// Times and dx of all frames; the container says 50 frames a second, whatever the camera took.
fn horizontal_motion(path: &Path, window: Rect, rate_hz: f64) -> (Vec<f64>, Vec<f64>) {
    let mut stack = movemeter_io::open(path).unwrap();
    assert_eq!(stack.info().frame_rate_hz, Some(50.0));
    let recipe = Recipe {
        windows: [window].into(),
        follow: true,
        max_displacement_px: Some(10.0),
        frame_rate_hz: Some(rate_hz),
        ..Recipe::default()
    };
    let tracks = recipe.measure(&mut *stack, &Silent).unwrap();
    assert_eq!(tracks.n_frames(), stack.info().n_frames);
    let moved = |frame: usize| tracks.tracks[0].displacement(frame).unwrap().dx;
    let times_s = tracks.stamps.iter().map(|stamp| stamp.time_s).collect();
    (times_s, (0..tracks.n_frames()).map(moved).collect())
}

/// Where |Σ (d − d̄) exp(−2πi f t)| is greatest, from 5 Hz (below, hands move the camera) to half the frame rate.
fn peak_frequency_hz(times_s: &[f64], dx: &[f64]) -> f64 {
    let mean = dx.iter().sum::<f64>() / dx.len() as f64;
    let power = |hz: f64| {
        let part = |(&t, &d): (&f64, &f64)| {
            let (sin, cos) = (TAU * hz * t).sin_cos();
            ((d - mean) * cos, (d - mean) * sin)
        };
        let (re, im) =
            times_s.iter().zip(dx).map(part).fold((0.0, 0.0), |(re, im), (c, s)| (re + c, im + s));
        re * re + im * im
    };
    let half_rate_hz = 0.5 * (times_s.len() - 1) as f64 / (times_s[times_s.len() - 1] - times_s[0]);
    let frequencies = (500..).map(|k| f64::from(k) * 0.01).take_while(|&hz| hz < half_rate_hz);
    frequencies.max_by(|&a, &b| power(a).total_cmp(&power(b))).unwrap()
}
