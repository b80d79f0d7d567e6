//! Errors beside the Cramér–Rao bound, and errors of clean recordings.

use movemeter::matching::subpixel::Subpixel;
use movemeter::synth::Camera;
use movemeter::{Displacement, Frame};

use crate::bound;
use crate::markdown::{SURELY, judged, mpx, percent, table};
use crate::scene::{
    BACKGROUND, SIZE, TEXTURES, Texture, anywhere, expose, follow, for_each_seed, pattern, windows,
};
use crate::tally::Tally;

const SIDES: [usize; 3] = [16, 32, 64];

/// Larger windows are fewer in a frame: their frames are exposed this many times, each with other noise.
const EXPOSURES: [u64; 3] = [1, 1, 3];

const NOISES: [f64; 5] = [0.0, 0.003, 0.01, 0.03, 0.1];

/// The last camera, of 16 bits and without noise.
const CLEAN: usize = NOISES.len();

type Cells = [[Tally; SIDES.len()]; NOISES.len() + 1];

/// What was measured of one texture for both tables.
struct Measured {
    cells: Cells,
    /// Part of the pixels that the most noise clips.
    clipped: f64,
}

/// Everything measured for both tables, by texture.
pub struct Efficiency([Measured; TEXTURES.len()]);

fn camera(index: usize) -> Camera {
    match NOISES.get(index) {
        Some(&noise) => Camera { full_well: None, noise, bits: Some(8) },
        None => Camera { full_well: None, noise: 0.0, bits: Some(16) },
    }
}

/// Variance of a pixel's error as a fraction of the full range: noise, and rounding to whole numbers.
fn variance(camera: Camera) -> f64 {
    camera.noise.powi(2) + 1.0 / (12.0 * camera.full_range().powi(2))
}

pub fn measure(n_seeds: u64) -> Efficiency {
    Efficiency(TEXTURES.map(|texture| {
        eprintln!("errors beside the bound: {} texture", texture.name);
        let mut all = Measured { cells: Cells::default(), clipped: 0.0 };
        for found in for_each_seed(n_seeds, |seed| measure_pair(&texture, seed)) {
            for (cell, found) in all.cells.iter_mut().flatten().zip(found.cells.iter().flatten()) {
                cell.merge(found);
            }
            all.clipped += found.clipped / n_seeds as f64;
        }
        all
    }))
}

/// A pattern at rest and displaced.
struct Pair {
    seed: u64,
    truth: Displacement,
    light: [Vec<f64>; 2],
    /// Of each window of each size, for noise of variance 1.
    bounds: [Vec<f64>; SIDES.len()],
}

impl Pair {
    fn new(texture: &Texture, seed: u64) -> Self {
        let truth = anywhere(seed);
        let mut stack = pattern(texture, seed, &[truth]);
        let (light, gradient) = ([stack.light(0), stack.light(1)], stack.gradient(0));
        let bounds = SIDES.map(|side| {
            let windows = windows(side);
            let bound = |(_, _, rect)| bound::unit_variance(&light[0], &gradient, SIZE.width, rect);
            windows.iter().map(bound).collect()
        });
        Self { seed, truth, light, bounds }
    }

    /// The same with spots of another height: as clean as it is, a saturated pixel would show.
    fn dimmed(self, texture: &Texture) -> Self {
        let scale = DIM_SPOT / texture.spot;
        let dim = |light: Vec<f64>| {
            light.into_iter().map(|value| BACKGROUND + scale * (value - BACKGROUND)).collect()
        };
        let bounds = self.bounds.map(|of| of.into_iter().map(|b| b / (scale * scale)).collect());
        Self { light: self.light.map(dim), bounds, ..self }
    }

    /// The part of the pixels that the most noise clips.
    fn clipped(&self) -> f64 {
        let noisiest = camera(NOISES.len() - 1);
        let seen = self.expose(noisiest, 999).remove(0);
        let is_clipped = |value: &&f32| **value <= 0.0 || noisiest.full_range() as f32 <= **value;
        seen.pixels().iter().filter(is_clipped).count() as f64 / seen.pixels().len() as f64
    }

    fn expose(&self, camera: Camera, exposure: u64) -> Vec<Frame> {
        let frame =
            |(light, k): (&Vec<f64>, u64)| expose(light, camera, self.seed, 2 * exposure + k);
        self.light.iter().zip(0..).map(frame).collect()
    }
}

fn measure_pair(texture: &Texture, seed: u64) -> Measured {
    let mut pair = Pair::new(texture, seed);
    let mut clipped = 0.0;
    let mut cells = Cells::default();
    for (index, cells) in cells.iter_mut().enumerate() {
        let camera = camera(index);
        if index == CLEAN {
            clipped = pair.clipped();
            pair = pair.dimmed(texture);
        }
        for exposure in 0..EXPOSURES[SIDES.len() - 1] {
            let is_due =
                |i: &usize| exposure == 0 || (exposure < EXPOSURES[*i] && 0.0 < camera.noise);
            let due: Vec<usize> = (0..SIDES.len()).filter(is_due).collect();
            if !due.is_empty() {
                let frames = pair.expose(camera, 10 * index as u64 + exposure);
                due.iter().for_each(|&i| add(&mut cells[i], &pair, &frames, i, variance(camera)));
            }
        }
    }
    Measured { cells, clipped }
}

fn add(cell: &mut Tally, pair: &Pair, frames: &[Frame], side: usize, variance: f64) {
    let tracks = follow(frames.to_vec(), SIDES[side], Subpixel::GaussNewton, 0.0);
    for (track, bound) in tracks.tracks.iter().zip(&pair.bounds[side]) {
        cell.add(&track.samples[1], pair.truth, variance * bound);
    }
}

/// Height of a mean spot of clean recordings of 16 bits, as a part of the full range.
const DIM_SPOT: f64 = 0.1;

/// What the ratio may be at most, its own uncertainty apart.
fn target(texture: &Texture, side: usize, noise: f64) -> f64 {
    match texture.name == "medium" && 32 <= side && noise <= 0.03 {
        true => 1.02,
        false => 1.05,
    }
}

impl Efficiency {
    /// The table of errors beside the bound.
    pub fn beside_the_bound(&self) -> String {
        let mut rows = Vec::new();
        for (texture, measured) in TEXTURES.iter().zip(&self.0) {
            for (i, side) in SIDES.into_iter().enumerate() {
                for (index, noise) in NOISES.into_iter().enumerate() {
                    let cell = &measured.cells[index][i];
                    let at_least = cell.ratio() - SURELY * cell.ratio_error();
                    let is_met = at_least <= target(texture, side, noise);
                    rows.push(row(texture, side, noise, cell, is_met));
                }
            }
        }
        table(
            &[
                "texture",
                "window",
                "noise %",
                "rms mpx",
                "bound mpx",
                "ratio",
                "±",
                "bias/rms %",
                "ok %",
                "wrong",
                "values",
            ],
            &rows,
        )
    }

    /// The table of clean recordings of 16 bits.
    pub fn clean(&self) -> String {
        let mut rows = Vec::new();
        for (texture, measured) in TEXTURES.iter().zip(&self.0) {
            for (i, side) in SIDES.into_iter().enumerate() {
                let cell = &measured.cells[CLEAN][i];
                rows.push(vec![
                    texture.name.into(),
                    side.to_string(),
                    judged(mpx(cell.rms()), cell.rms() <= CLEAN_TARGET_PX),
                    mpx(cell.bias()),
                    mpx(cell.bound()),
                    percent(cell.share_ok(), 2),
                    format!("{}", cell.n()),
                ]);
            }
        }
        table(&["texture", "window", "rms mpx", "bias mpx", "bound mpx", "ok %", "values"], &rows)
    }

    /// The part of pixels clipped at the most noise, by texture.
    pub fn clipped(&self) -> String {
        let parts = TEXTURES.iter().zip(&self.0).map(|(texture, measured)| {
            format!("{} % ({})", percent(measured.clipped, 2), texture.name)
        });
        parts.collect::<Vec<String>>().join(", ")
    }
}

/// Clean recordings are to be measured to this, px.
const CLEAN_TARGET_PX: f64 = 0.0002;

fn row(texture: &Texture, side: usize, noise: f64, cell: &Tally, is_met: bool) -> Vec<String> {
    vec![
        texture.name.into(),
        side.to_string(),
        percent(noise, 1),
        mpx(cell.rms()),
        mpx(cell.bound()),
        judged(format!("{:.3}", cell.ratio()), is_met),
        format!("{:.3}", cell.ratio_error()),
        percent(cell.bias() / cell.rms(), 1),
        percent(cell.share_ok(), 2),
        cell.n_wrong.to_string(),
        format!("{}", cell.n()),
    ]
}
