//! Whether the stated standard deviations hold.

use std::ops::RangeInclusive;

use movemeter::matching::subpixel::Subpixel;
use movemeter::synth::Camera;

use crate::markdown::{SURELY, judged, mpx, percent, table};
use crate::scene::{TEXTURES, Texture, anywhere, expose, follow, for_each_seed, pattern};
use crate::tally::Tally;

const SIDES: [usize; 4] = [16, 32, 64, 128];

/// How often the frames are exposed for the windows of each size, with other noise each time: large
/// windows are few in a frame.
const EXPOSURES: [u64; 4] = [1, 1, 2, 5];

/// What is recorded, and how it is blurred before it is measured.
struct Recording {
    name: &'static str,
    camera: Camera,
    blur_sigma_px: f64,
}

impl Recording {
    fn new(name: &'static str, full_well: f64, noise: f64, bits: u32) -> Self {
        let camera = Camera { full_well: Some(full_well), noise, bits: Some(bits) };
        Self { name, camera, blur_sigma_px: 0.0 }
    }
}

fn recordings() -> Vec<Recording> {
    let bright = |bits| Recording::new("10,000 e⁻, read 0.1 %", 10_000.0, 0.001, bits);
    let dim = |bits| Recording::new("2,000 e⁻, read 0.5 %", 2_000.0, 0.005, bits);
    let clean = Camera { full_well: None, noise: 0.0, bits: Some(8) };
    vec![
        bright(8),
        bright(12),
        bright(16),
        dim(8),
        dim(12),
        dim(16),
        Recording { blur_sigma_px: 1.0, ..bright(12) },
        Recording { blur_sigma_px: 1.0, ..dim(12) },
        Recording { name: "rounding only", camera: clean, blur_sigma_px: 0.0 },
    ]
}

/// By recording.
type Cells = Vec<[Tally; SIDES.len()]>;

/// The table of shares of truths within the stated standard deviations.
pub fn coverages(n_seeds: u64) -> String {
    let recordings = recordings();
    let by_texture = TEXTURES.map(|texture| {
        eprintln!("coverage: {} texture", texture.name);
        let mut cells: Cells = vec![Default::default(); recordings.len()];
        for found in for_each_seed(n_seeds, |seed| measure_pair(&texture, &recordings, seed)) {
            let all = cells.iter_mut().flatten().zip(found.iter().flatten());
            all.for_each(|(cell, found)| cell.merge(found));
        }
        cells
    });
    let mut rows = Vec::new();
    for (index, recording) in recordings.iter().enumerate() {
        for (texture, cells) in TEXTURES.iter().zip(&by_texture) {
            let sides = SIDES.into_iter().zip(&cells[index]);
            rows.extend(sides.map(|(side, cell)| row(recording, texture, side, cell)));
        }
    }
    table(&HEADINGS, &rows)
}

const HEADINGS: [&str; 10] = [
    "noise",
    "bits",
    "blur",
    "texture",
    "window",
    "rms mpx",
    "within 1 sd %",
    "within 1.96 sd %",
    "ok %",
    "values",
];

fn row(recording: &Recording, texture: &Texture, side: usize, cell: &Tally) -> Vec<String> {
    let (one, two) = cell.coverage();
    vec![
        recording.name.into(),
        recording.camera.bits.map_or_else(String::new, |bits| bits.to_string()),
        format!("{:.1}", recording.blur_sigma_px),
        texture.name.into(),
        side.to_string(),
        mpx(cell.rms()),
        judged(percent(one, 1), is_within(one, 0.65..=0.71, cell.n())),
        judged(percent(two, 1), is_within(two, 0.93..=0.97, cell.n())),
        percent(cell.share_ok(), 2),
        format!("{}", cell.n()),
    ]
}

/// Whether a share of n values is in its range, as far as so many tell.
fn is_within(share: f64, range: RangeInclusive<f64>, n: f64) -> bool {
    let unsure = SURELY * (share * (1.0 - share) / n).sqrt();
    range.start() - unsure <= share && share <= range.end() + unsure
}

fn measure_pair(texture: &Texture, recordings: &[Recording], seed: u64) -> Cells {
    let truth = anywhere(seed);
    let mut stack = pattern(texture, seed, &[truth]);
    let light = [stack.light(0), stack.light(1)];
    let mut cells: Cells = vec![Default::default(); recordings.len()];
    for (index, (recording, cells)) in recordings.iter().zip(&mut cells).enumerate() {
        let is_noisy = recording.camera.full_well.is_some();
        let n_exposures = if is_noisy { EXPOSURES[SIDES.len() - 1] } else { 1 };
        for exposure in 0..n_exposures {
            let stream = 2 * (100 * index as u64 + exposure);
            let see =
                |(light, k): (&Vec<f64>, u64)| expose(light, recording.camera, seed, stream + k);
            let frames: Vec<_> = light.iter().zip(0..).map(see).collect();
            for (i, cell) in cells.iter_mut().enumerate().filter(|(i, _)| exposure < EXPOSURES[*i])
            {
                let blur = recording.blur_sigma_px;
                let tracks = follow(frames.clone(), SIDES[i], Subpixel::GaussNewton, blur);
                let samples = tracks.tracks.iter().map(|track| &track.samples[1]);
                samples.for_each(|sample| cell.add(sample, truth, 0.0));
            }
        }
    }
    cells
}
