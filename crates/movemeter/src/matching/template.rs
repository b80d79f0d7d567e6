//! What is looked for: the content of a window, prepared for matching.

use super::enlargement::{self, Enlargement};
use super::patch::Patch;
use super::steepest::{Inset, Patches, Steepest};
use super::target::PrepareScratch;
use super::warp::Model;
use super::weights::Weights;
use crate::fft::{Fft2, Spectrum};
use crate::filter::Border;
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::mask::Counts;
use crate::simd;
use crate::sums;
use crate::track::Status;

/// Pixels the derivative reaches beyond the window.
const REACH: usize = super::DERIVATIVE.len();

/// A patch of a frame: zero-mean pixels, their norm, gradients, spectrum.
#[derive(Clone, Debug, Default)]
pub struct Template {
    size: Size,
    pixels: Vec<f32>,
    counts: Vec<bool>,
    norm: f64,
    roughness: Roughness,
    steepest: Steepest,
    spectrum: Spectrum,
    gradients: Gradients,
    as_it_was: Option<Box<Self>>,
    patch: Patch,
    turned: Vec<Turned>,
}

/// The middle of a template's content as it looks when it has turned.
#[derive(Clone, Debug, Default)]
pub struct Turned {
    /// How far, from +x towards +y.
    pub angle_rad: f64,
    /// What is seen then.
    pub template: Template,
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
    weights: [Vec<f32>; 2],
}

/// What a template is prepared for.
#[derive(Clone, Copy)]
pub struct Uses<'a> {
    /// For a Gauss–Newton fit, with the weights of the whole frame.
    pub fit: Option<&'a Weights>,
    /// For the fit of a warp of this model.
    pub warp: Option<Model>,
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
        self.counts.clear();
        self.load(frame, window)?;
        self.gradients.of(frame, window);
        self.roughness = self.gradients.roughness(self.norm);
        self.spectrum.clear();
        if let Some(fft) = uses.fft {
            let rows = self.pixels.chunks_exact(window.width);
            fft.forward(rows, &mut self.spectrum, &mut scratch.fft);
        }
        if let Some(weights) = uses.fit {
            self.prepare_fit(frame.size(), window, (weights, uses.warp));
        }
        Ok(())
    }

    /// Prepares it for a fit, of this model if it is of a warp.
    pub(super) fn prepare_fit(
        &mut self,
        frame: Size,
        window: Rect,
        (weights, warp): (&Weights, Option<Model>),
    ) {
        let Gradients { x, y, weights: [across, down], .. } = &mut self.gradients;
        copy(&weights.x, window, across);
        copy(&weights.y, window, down);
        let of = Patches {
            template: &self.pixels,
            weights: [across, down],
            gradients: [x, y],
            noise: weights.noise,
        };
        match warp {
            None => self.steepest.build(of, self.size, Inset::at_border(window, frame)),
            Some(model) => self.patch.build(model, of, window, frame),
        }
    }

    /// Leaves out the pixels of the window that do not count in its frame, once it is prepared: they become
    /// 0. [`Status::Flat`] if there is no texture in the others.
    pub fn leave_out(
        &mut self,
        (frame, window): (&Frame, Rect),
        counts: &Counts,
    ) -> Result<(), Status> {
        if counts.n_lacking(window) == 0 {
            return Ok(());
        }
        self.counts.extend(counts.part(window));
        let is_counting = |(&counts, &pixel): (&bool, &f32)| counts.then_some(f64::from(pixel));
        let (n, sum) = self
            .counts
            .iter()
            .zip(&self.pixels)
            .filter_map(is_counting)
            .fold((0, 0.0), |(n, sum), pixel| (n + 1, sum + pixel));
        let mean = sum / (n as f64).max(1.0);
        for (pixel, &counts) in self.pixels.iter_mut().zip(&self.counts) {
            *pixel = if counts { (f64::from(*pixel) - mean) as f32 } else { 0.0 };
        }
        let contrast = simd::dot(&self.pixels, &self.pixels);
        self.norm = contrast.sqrt();
        self.roughness = self.gradients.only(&self.counts).roughness(self.norm);
        self.patch.leave_out_of_window(&self.counts);
        let max_abs = frame.crop(window).rows().map(simd::max_abs).fold(0.0, f32::max);
        if sums::flat_limit(n, max_abs) < contrast { Ok(()) } else { Err(Status::Flat) }
    }

    /// Takes the window out of the frame and enlarges it; what it was before is kept beside it.
    ///
    /// # Panics
    ///
    /// If the window is not inside the frame.
    pub fn prepare_enlarged(
        &mut self,
        (frame, window): (&Frame, Rect),
        enlargement: Enlargement,
        fft: Option<&Fft2>,
        scratch: &mut PrepareScratch,
    ) -> Result<(), Status> {
        let uses = Uses { fit: None, warp: None, fft: None };
        self.as_it_was.get_or_insert_default().prepare(frame, window, uses, scratch)?;
        let mut enlarged = std::mem::take(&mut scratch.enlarged);
        let crop = frame.crop(window);
        enlargement::enlarge(crop, enlargement, &mut scratch.enlarge, &mut enlarged);
        let all = Rect::of_frame(enlarged.size());
        let texture = self.prepare(&enlarged, all, Uses { fit: None, warp: None, fft }, scratch);
        scratch.enlarged = enlarged;
        texture
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

    /// Whether each of its pixels counts; empty if all do.
    pub fn counts(&self) -> &[bool] {
        &self.counts
    }

    /// How many of its pixels count.
    pub fn n_counting(&self) -> usize {
        match self.counts.is_empty() {
            true => self.size.area(),
            false => self.counts.iter().filter(|&&counts| counts).count(),
        }
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

    /// What a fit of a warp compares, if it was prepared for one.
    pub fn patch(&self) -> &Patch {
        &self.patch
    }

    /// Its middle at each angle of a search, if it was prepared for one.
    pub fn turned(&self) -> &[Turned] {
        &self.turned
    }

    /// Its middle at each angle of a search, to be made.
    pub(super) fn turned_mut(&mut self) -> &mut Vec<Turned> {
        &mut self.turned
    }

    /// Its spectrum; empty if it was not asked for.
    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// What it was before it was enlarged; itself, if it is not enlarged.
    pub fn as_it_was(&self) -> &Self {
        self.as_it_was.as_deref().unwrap_or(self)
    }

    /// Gives back the memory that only preparing needs, for a template that is kept.
    pub fn shrink(&mut self) {
        self.gradients = Gradients::default();
        if let Some(template) = &mut self.as_it_was {
            template.shrink();
        }
        for turned in &mut self.turned {
            turned.template.shrink();
        }
    }
}

impl Roughness {
    /// That of single pixels, each of which is another.
    pub const HIGHEST: Self = Self { xx: std::f64::consts::PI, xy: 0.0, yy: std::f64::consts::PI };

    /// Of the same content enlarged this many times.
    pub fn enlarged(self, factor: f64) -> Self {
        let Self { xx, xy, yy } = self;
        let [xx, xy, yy] = [xx, xy, yy].map(|product| product / (factor * factor));
        Self { xx, xy, yy }
    }

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
            derive([0, 1, 2, 4, 5, 6].map(shifted), &mut self.x);
            derive([0, 1, 2, 4, 5, 6].map(inner), &mut self.y);
        }
    }

    /// The window and what the derivative needs around it, mirrored at the frame's border.
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

    /// Without those of pixels that do not count.
    fn only(&mut self, counts: &[bool]) -> &Self {
        for gradient in [&mut self.x, &mut self.y] {
            for (gradient, &counts) in gradient.iter_mut().zip(counts) {
                *gradient = if counts { *gradient } else { 0.0 };
            }
        }
        self
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

fn derive([a, b, c, d, e, f]: [&[f32]; 6], out: &mut Vec<f32>) {
    let [near, far, farthest] = super::DERIVATIVE;
    let n = a.len();
    let [b, c, d, e, f] = [b, c, d, e, f].map(|row| &row[..n]);
    out.extend(
        (0..n).map(|i| near * (d[i] - c[i]) + far * (e[i] - b[i]) + farthest * (f[i] - a[i])),
    );
}

fn copy(frame: &Frame, window: Rect, to: &mut Vec<f32>) {
    to.clear();
    for row in frame.crop(window).rows() {
        to.extend_from_slice(row);
    }
}
