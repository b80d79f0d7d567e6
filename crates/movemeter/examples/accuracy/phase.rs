//! Bias against the part of a pixel that was moved, for three ways to find it.

use movemeter::matching::subpixel::Subpixel;
use movemeter::simd::Level;
use movemeter::spline::Spline;
use movemeter::synth::Camera;
use movemeter::{Displacement, Frame};

use crate::classic;
use crate::markdown::table;
use crate::scene::{TEXTURES, expose, follow, for_each_seed, pattern, windows};
use crate::tally::Mean;

const SIDE: usize = 32;
const NOISES: [f64; 4] = [0.0, 0.01, 0.03, 0.1];
const N_PHASES: usize = 11;
const WAYS: [&str; 3] = ["gauss-newton", "parabola", "classical spline"];

/// Errors in x by noise, way and phase.
type Cells = [[[Mean; N_PHASES]; WAYS.len()]; NOISES.len()];

fn moved(phase: usize) -> Displacement {
    Displacement::new(0.1 * phase as f64, 0.0)
}

/// The table of biases.
pub fn biases(n_seeds: u64) -> String {
    eprintln!("bias against phase");
    let mut cells = Cells::default();
    for found in for_each_seed(n_seeds, measure_seed) {
        let all = cells.iter_mut().flatten().flatten();
        all.zip(found.iter().flatten().flatten()).for_each(|(cell, found)| cell.merge(found));
    }
    let mut rows = Vec::new();
    for (noise, ways) in NOISES.iter().zip(&cells) {
        for (way, phases) in WAYS.iter().zip(ways) {
            let means = phases.iter().map(|cell| format!("{:+.2}", 1000.0 * cell.mean()));
            let worst = phases.iter().map(Mean::uncertainty).fold(0.0, f64::max);
            let mut row = vec![format!("{:.0}", 100.0 * noise), (*way).to_string()];
            row.extend(means);
            row.push(format!("{:.2}", 1000.0 * worst));
            rows.push(row);
        }
    }
    let phases = (0..N_PHASES).map(|phase| format!("{:.1}", moved(phase).dx));
    let mut headings: Vec<String> = vec!["noise %".into(), "way".into()];
    headings.extend(phases);
    headings.push("±".into());
    table(&headings.iter().map(String::as_str).collect::<Vec<&str>>(), &rows)
}

fn measure_seed(seed: u64) -> Cells {
    let path: Vec<Displacement> = (0..N_PHASES).map(moved).collect();
    let mut stack = pattern(&TEXTURES[1], seed, &path);
    let light: Vec<Vec<f64>> = (0..=N_PHASES).map(|index| stack.light(index)).collect();
    let mut cells = Cells::default();
    for (index, ways) in cells.iter_mut().enumerate() {
        let camera = Camera { full_well: None, noise: NOISES[index], bits: Some(8) };
        let see =
            |(light, k): (&Vec<f64>, u64)| expose(light, camera, seed, 100 * index as u64 + k);
        let frames: Vec<Frame> = light.iter().zip(0..).map(see).collect();
        add_tracks(&mut ways[0], &frames, Subpixel::GaussNewton);
        add_tracks(&mut ways[1], &frames, Subpixel::Parabola);
        add_classic(&mut ways[2], &frames);
    }
    cells
}

fn add_tracks(phases: &mut [Mean], frames: &[Frame], subpixel: Subpixel) {
    for track in &follow(frames.to_vec(), SIDE, subpixel, 0.0).tracks {
        for (phase, sample) in track.samples[1..].iter().enumerate().filter(|(_, s)| s.is_ok()) {
            phases[phase].add((sample.displacement - moved(phase)).dx);
        }
    }
}

/// Begins at the whole pixel next to the truth, as after a perfect search.
fn add_classic(phases: &mut [Mean], frames: &[Frame]) {
    for (phase, frame) in frames[1..].iter().enumerate() {
        let truth = moved(phase);
        let spline = Spline::through(Level::new(), frame, &[1.0]);
        for (_, _, rect) in windows(SIDE).iter() {
            let start = Displacement::new(truth.dx.round(), 0.0);
            if let Some(found) = classic::fit(&frames[0], &spline, rect, start) {
                phases[phase].add((found - truth).dx);
            }
        }
    }
}
