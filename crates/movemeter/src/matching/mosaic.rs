//! A frame as a mosaic of square tiles, from whose sums [bounds](super::anywhere) on all scores in it are made.

use std::sync::{Arc, OnceLock};

use super::block;
use crate::fft::{Fft2, FftPlans, FftScratch, Spectrum};
use crate::frame::View;
use crate::geometry::Size;
use crate::simd;
use crate::sums::{self, Region};

/// Sides of tiles, px.
pub const SIDES: [usize; 3] = [8, 4, 2];

/// Windows whose tiles have less contrast than this part of what [flat](sums::flat_limit) windows may have count as
/// flat.
const FLAT_PART: f32 = 0.1;
/// Contrast below this part of the largest sum is rounded too much to be known.
const LEAST_CONTRAST: f32 = 2e-4;

/// How many whole tiles a length has wherever it begins in a tile.
pub fn n_covered(length: usize, side: usize) -> usize {
    (length + 1).saturating_sub(side) / side
}

/// The sums of a frame's tiles.
#[derive(Clone, Debug)]
pub struct Mosaic {
    pub(super) fft: Arc<Fft2>,
    pub(super) spectrum: Spectrum,
    /// Positions of a window's tiles.
    pub(super) places: Size,
    /// Contrast of a window's tiles at each: 0 where they are flat; not a number where it is hardly known.
    pub(super) norms: Vec<f32>,
    size: Size,
    sums: Vec<f32>,
    offset: f32,
}

impl Mosaic {
    fn new(side: usize, fft: Arc<Fft2>, frame: View<'_>, window: Size) -> Self {
        let of = |of: usize| of / side;
        let size = Size::new(of(frame.size().width), of(frame.size().height));
        let offset = block::middle(frame);
        let mut sums = vec![0.0; size.area()];
        sum_tiles(frame, offset, side, &mut sums);
        let rows = sums.chunks_exact(size.width);
        let mut spectrum = Spectrum::default();
        fft.forward(rows, &mut spectrum, &mut FftScratch::default());
        let covered = Size::new(n_covered(window.width, side), n_covered(window.height, side));
        let brightest = frame.rows().map(simd::max_abs).fold(0.0, f32::max);
        let max_abs = FLAT_PART * (side * side) as f32 * brightest;
        let region = Region { pixels: &sums, stride: size.width, size, max_abs };
        let mut norms = Vec::new();
        sums::window_norms(region, covered, &mut Vec::new(), &mut norms);
        let least = LEAST_CONTRAST * (covered.area() as f32).sqrt() * simd::max_abs(&sums);
        for norm in norms.iter_mut().filter(|norm| 0.0 < **norm && **norm < least) {
            *norm = f32::NAN;
        }
        let places = Size::new(size.width - covered.width + 1, size.height - covered.height + 1);
        Self { fft, spectrum, places, norms, size, sums, offset }
    }

    /// A grey value amid the frame's.
    pub fn offset(&self) -> f32 {
        self.offset
    }

    /// The sums, less the offset.
    pub(super) fn view(&self) -> View<'_> {
        View::new(self.size, &self.sums)
    }
}

/// Of pixels less an offset.
fn sum_tiles(frame: View<'_>, offset: f32, side: usize, out: &mut [f32]) {
    let Size { width, height } = frame.size();
    let mut line = vec![0.0f32; width];
    for (j, out) in out.chunks_exact_mut(width / side).enumerate().take(height / side) {
        line.fill(0.0);
        for y in j * side..(j + 1) * side {
            for (sum, &pixel) in line.iter_mut().zip(frame.row(y)) {
                *sum += pixel - offset;
            }
        }
        for (out, part) in out.iter_mut().zip(line.chunks_exact(side)) {
            *out = part.iter().sum();
        }
    }
}

/// A frame's mosaics of tiles of each side, made when they are first needed.
#[derive(Clone, Debug)]
pub struct Mosaics {
    ffts: [Arc<Fft2>; SIDES.len()],
    made: [OnceLock<Mosaic>; SIDES.len()],
}

impl Mosaics {
    /// Of frames of this size.
    pub fn new(frame: Size, plans: &mut FftPlans) -> Self {
        let tiles =
            |side: usize| Size::new((frame.width / side).max(1), (frame.height / side).max(1));
        Self { ffts: SIDES.map(|side| plans.at_least(tiles(side))), made: Default::default() }
    }

    /// The mosaic of this frame, with tiles of this side, in which windows of this size are looked for.
    ///
    /// # Panics
    ///
    /// If there are no tiles of this side.
    pub fn of_side(&self, side: usize, frame: View<'_>, window: Size) -> &Mosaic {
        let i = SIDES.iter().position(|&of| of == side).expect("one of the sides");
        self.made[i].get_or_init(|| Mosaic::new(side, Arc::clone(&self.ffts[i]), frame, window))
    }
}
