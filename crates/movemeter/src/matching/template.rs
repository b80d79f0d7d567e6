//! What is looked for: the content of a window, prepared for matching.

use super::steepest::Steepest;
use super::target::PrepareScratch;
use crate::fft::{Fft2, Spectrum};
use crate::filter::Border;
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::simd;
use crate::sums;
use crate::track::Status;

/// Pixels the derivative reaches beyond the window.
const REACH: usize = 2;

/// A patch of a frame: zero-mean pixels, their norm, gradients, spectrum.
#[derive(Clone, Debug, Default)]
pub struct Template {
    size: Size,
    pixels: Vec<f32>,
    norm: f64,
    roughness: Roughness,
    steepest: Steepest,
    spectrum: Spectrum,
    gradients: Gradients,
}

/// Σ of products of gradients over Σ t²: how fast the template stops to resemble itself, px⁻².
///
/// Near zero its autocorrelation is 1 − ½ dᵀ R d.
#[derive(Clone, Copy, Debug, Default)]
pub struct Roughness {
    /// Σ gₓ² / Σ t²
    pub xx: f64,
    /// Σ gₓ g_y / Σ t²
    pub xy: f64,
    /// Σ g_y² / Σ t²
    pub yy: f64,
}

#[derive(Clone, Debug, Default)]
struct Gradients {
    padded: Vec<f32>,
    x: Vec<f32>,
    y: Vec<f32>,
}

/// What a template is prepared for.
#[derive(Clone, Copy)]
pub struct Uses<'a> {
    /// For a Gauss–Newton fit.
    pub fit: bool,
    /// For correlation by this transform.
    pub fft: Option<&'a Fft2>,
}

impl Template {
    /// Takes the window out of the frame. [`Status::Flat`] if there is no texture in it.
    ///
    /// # Panics
    ///
    /// If the window is not inside the frame.
    pub fn prepare(
        &mut self,
        frame: &Frame,
        window: Rect,
        uses: Uses<'_>,
        scratch: &mut PrepareScratch,
    ) -> Result<(), Status> {
        self.size = window.size();
        self.load(frame, window)?;
        self.gradients.of(frame, window);
        self.roughness = self.gradients.roughness(self.norm);
        self.spectrum.clear();
        if let Some(fft) = uses.fft {
            let rows = self.pixels.chunks_exact(window.width);
            fft.forward(rows, &mut self.spectrum, &mut scratch.fft);
        }
        if uses.fit {
            let inset = super::steepest::Inset::at_border(window, frame.size());
            let of = [&self.pixels[..], &self.gradients.x, &self.gradients.y];
            self.steepest.build(of, self.size, inset);
        }
        Ok(())
    }

    fn load(&mut self, frame: &Frame, window: Rect) -> Result<(), Status> {
        let view = frame.crop(window);
        let area = window.size().area();
        let sum: f64 = view.rows().map(simd::sum).sum();
        let mean = sum / area as f64;
        let max_abs = view.rows().map(simd::max_abs).fold(0.0, f32::max);
        self.pixels.clear();
        self.pixels.extend(view.rows().flatten().map(|&pixel| (f64::from(pixel) - mean) as f32));
        remove_remainder(&mut self.pixels);
        let contrast = simd::dot(&self.pixels, &self.pixels);
        self.norm = contrast.sqrt();
        // Written so that a patch with NaN pixels is not texture either.
        if sums::flat_limit(area, max_abs) < contrast { Ok(()) } else { Err(Status::Flat) }
    }

    /// Its width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Its pixels less their mean, row by row.
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// √ Σ (t − t̄)²
    pub fn norm(&self) -> f64 {
        self.norm
    }

    /// How fast it stops to resemble itself.
    pub fn roughness(&self) -> Roughness {
        self.roughness
    }

    /// Its steepest descents, if it was prepared for a fit.
    pub fn steepest(&self) -> &Steepest {
        &self.steepest
    }

    /// Its spectrum; empty if it was not asked for.
    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// Gives back the memory that only preparing needs, for a template that is kept.
    pub fn shrink(&mut self) {
        self.gradients = Gradients::default();
    }
}

impl Roughness {
    /// dᵀ R d
    pub fn along(self, dx: f64, dy: f64) -> f64 {
        self.xx * dx * dx + 2.0 * self.xy * dx * dy + self.yy * dy * dy
    }

    /// How many of `area` pixels are as good as independent.
    ///
    /// For an autocorrelation ρ of Gaussian shape Σ ρ² = π / √det R (M. S. Bartlett 1946).
    pub fn n_independent(self, area: usize) -> f64 {
        let determinant = (self.xx * self.yy - self.xy * self.xy).max(0.0);
        area as f64 * (determinant.sqrt() / std::f64::consts::PI).min(1.0)
    }
}

impl Gradients {
    fn of(&mut self, frame: &Frame, window: Rect) {
        self.pad(frame, window);
        let stride = window.width + 2 * REACH;
        self.x.clear();
        self.y.clear();
        for y in 0..window.height {
            let row = |dy: usize| &self.padded[(y + dy) * stride..][..stride];
            let inner = |dy: usize| &row(dy)[REACH..REACH + window.width];
            let shifted = |dx: usize| &row(REACH)[dx..dx + window.width];
            derive([shifted(0), shifted(1), shifted(3), shifted(4)], &mut self.x);
            derive([inner(0), inner(1), inner(3), inner(4)], &mut self.y);
        }
    }

    /// The window and two pixels around it, mirrored at the frame's border.
    fn pad(&mut self, frame: &Frame, window: Rect) {
        let size = frame.size();
        let around = window.grown(REACH);
        self.padded.clear();
        for y in around.y..around.bottom() {
            let row = frame.row(Border::Mirror.index(y, size.height));
            if 0 <= around.x && around.right() <= size.width as isize {
                self.padded.extend_from_slice(&row[around.x as usize..around.right() as usize]);
            } else {
                let columns = around.x..around.right();
                self.padded.extend(columns.map(|x| row[Border::Mirror.index(x, size.width)]));
            }
        }
    }

    fn roughness(&self, norm: f64) -> Roughness {
        let dot = |a: &[f32], b: &[f32]| simd::dot(a, b) / (norm * norm);
        Roughness {
            xx: dot(&self.x, &self.x),
            xy: dot(&self.x, &self.y),
            yy: dot(&self.y, &self.y),
        }
    }
}

/// Rounded to `f32`, the pixels do not quite sum to zero, and a bright region would show that in its
/// score; one pixel takes the remainder: the one whose own rounding is the finest.
fn remove_remainder(pixels: &mut [f32]) {
    let remainder = simd::sum(pixels);
    let finest = pixels.iter_mut().min_by(|a, b| a.abs().total_cmp(&b.abs()));
    if let Some(pixel) = finest {
        *pixel = (f64::from(*pixel) - remainder) as f32;
    }
}

fn derive([far_before, before, after, far_after]: [&[f32]; 4], out: &mut Vec<f32>) {
    let [near_weight, far_weight] = super::DERIVATIVE;
    let near = before.iter().zip(after);
    let far = far_before.iter().zip(far_after);
    out.extend(near.zip(far).map(|((before, after), (far_before, far_after))| {
        near_weight * (after - before) + far_weight * (far_after - far_before)
    }));
}
