//! What is looked for: the content of a window, prepared for matching.

use std::sync::OnceLock;

use super::DERIVATIVE;
use super::angles;
use super::block::BlockTemplate;
use super::enlargement::{self, Enlargement};
use super::lattice::{LatticeTemplate, Pixels};
use super::patch::Patch;
pub use super::roughness::Roughness;
use super::steepest::{Inset, Patches, Steepest};
use super::steps::StepTemplate;
use super::target::{PrepareScratch, Target};
use super::warp::Model;
use super::weights::Weights;
use crate::fft::{Fft2, Spectrum};
use crate::filter::Border;
use crate::frame::{Frame, View};
use crate::geometry::{Rect, Size};
use crate::mask::Counts;
use crate::simd::{self, Level, Rows};
use crate::spline::Spline;
use crate::sums;
use crate::track::Status;

/// Pixels the derivative reaches beyond the window.
const REACH: usize = DERIVATIVE.len();

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
    blocks: BlockTemplate,
    gradients: Gradients,
    as_it_was: Option<Box<Self>>,
    patch: Patch,
    turning: Turning,
    lattice: LatticeTemplate,
    steps: StepTemplate,
}

/// What a template's middle is made of at any angle.
#[derive(Clone, Debug, Default)]
pub struct Turning {
    /// A part of the frame's spline.
    pub spline: Spline,
    /// The window in it.
    pub window: Rect,
    /// Σ gθ² / Σ t² of the middle.
    pub of_middle: f64,
    /// How far it may turn to both sides.
    pub max_angle_rad: f64,
    /// The middle at all angles, if it was asked for.
    pub(super) made: OnceLock<Vec<Turned>>,
}

/// The middle of a template's content as it looks when it has turned.
#[derive(Clone, Debug, Default)]
pub struct Turned {
    /// How far, from +x towards +y.
    pub angle_rad: f64,
    /// What is seen then.
    pub template: Template,
}

#[derive(Clone, Debug, Default)]
struct Gradients {
    padded: Vec<f32>,
    x: Rows,
    y: Rows,
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
        self.blocks = BlockTemplate::default();
        self.lattice.clear();
        self.steps.clear();
        self.load(frame, window)?;
        let products = self.gradients.of(frame, window);
        self.roughness = Roughness::of_products(products, self.norm * self.norm);
        self.spectrum.clear();
        if let Some(fft) = uses.fft {
            self.transform(fft, scratch);
        }
        if let Some(weights) = uses.fit {
            self.prepare_fit(frame.size(), window, (weights, uses.warp));
        }
        Ok(())
    }

    /// Makes its spectrum.
    pub(super) fn transform(&mut self, fft: &Fft2, scratch: &mut PrepareScratch) {
        let rows = self.pixels.chunks_exact(self.size.width);
        fft.forward(rows, &mut self.spectrum, &mut scratch.fft);
    }

    /// Prepares it for a fit, of this model if it is of a warp.
    pub(super) fn prepare_fit(
        &mut self,
        frame: Size,
        window: Rect,
        (weights, warp): (&Weights, Option<Model>),
    ) {
        let Gradients { x, y, .. } = &self.gradients;
        let of = Patches {
            template: View::new(self.size, &self.pixels),
            weights: [weights.x.crop(window), weights.y.crop(window)],
            gradients: [x, y].map(|rows| rows.view(self.size)),
            noise: weights.noise,
        };
        match warp {
            None => self.steepest.build(of, Inset::at_border(window, frame)),
            Some(model) => self.patch.build(model, of, window, frame),
        }
    }

    /// Prepares it for a search by bounds: with blocks of this side, or of the side that is best.
    pub(super) fn prepare_blocks(&mut self, side: Option<usize>) {
        let Self { blocks, pixels, size, norm, .. } = self;
        match side {
            Some(side) => blocks.build_of(side, pixels, *size, *norm),
            None => blocks.build(pixels, *size, *norm),
        }
    }

    /// Makes its blocks those of a target that is there already.
    pub fn suit(&mut self, level: Level, target: &Target, scratch: &mut PrepareScratch) {
        if let (Some(now), Some(grid)) = (self.lattice.grid(), target.lattice().grid())
            && now != grid
        {
            let of = Pixels { all: View::new(self.size, &self.pixels), norm: self.norm };
            self.lattice.build_of(level, of, grid, &mut scratch.rows);
        }
        let blocks = target.blocks().blocks();
        if let Some(blocks) = blocks.filter(|&blocks| self.blocks.blocks() != Some(blocks)) {
            self.prepare_blocks(Some(blocks.side));
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
        self.gradients.leave_out(&self.counts, self.size.width);
        self.roughness = self.gradients.roughness(self.norm);
        self.patch.leave_out_of_window(&self.counts);
        let (_, max_abs) = simd::sum_and_max(Level::new(), frame.crop(window));
        if sums::flat_limit(n, max_abs) < contrast { Ok(()) } else { Err(Status::Flat) }
    }

    /// Takes the window out of the frame, enlarged; what it was before is kept beside it.
    ///
    /// With so many steps of a pixel it is prepared for [scores at them](super::steps) instead of being enlarged,
    /// unless its pixels must be seen to know whether it is flat.
    ///
    /// # Panics
    ///
    /// If the window is not inside the frame.
    pub fn prepare_enlarged(
        &mut self,
        (frame, window): (&Frame, Rect),
        enlargement: Enlargement,
        (fft, steps): (Option<&Fft2>, Option<usize>),
        scratch: &mut PrepareScratch,
    ) -> Result<(), Status> {
        let uses = Uses { fit: None, warp: None, fft: None };
        self.as_it_was.get_or_insert_default().prepare(frame, window, uses, scratch)?;
        let crop = frame.crop(window);
        if steps.is_some_and(|times| self.steps.prepare(crop, times, &mut scratch.steps)) {
            (self.size, self.norm) = (enlargement.of(window.size()), self.steps.norm());
            self.pixels.clear();
            return Ok(());
        }
        let mut enlarged = std::mem::take(&mut scratch.enlarged);
        enlargement::enlarge(crop, enlargement, &mut scratch.enlarge, &mut enlarged);
        let all = Rect::of_frame(enlarged.size());
        let texture = self.prepare(&enlarged, all, Uses { fit: None, warp: None, fft }, scratch);
        scratch.enlarged = enlarged;
        texture
    }

    /// The same enlarged, if it was only prepared for scores at steps.
    pub(super) fn made_larger(
        &self,
        enlargement: Enlargement,
        scratch: &mut PrepareScratch,
    ) -> Option<Self> {
        let raw = self.steps.raw()?;
        let (mut full, window) = (Self::default(), Rect::of_frame(raw.size()));
        let texture = full.prepare_enlarged((raw, window), enlargement, (None, None), scratch);
        texture.ok().map(|()| full)
    }

    fn load(&mut self, frame: &Frame, window: Rect) -> Result<(), Status> {
        let view = frame.crop(window);
        let area = window.size().area();
        let (sum, max_abs) = simd::sum_and_max(Level::new(), view);
        self.pixels.resize(area, 0.0);
        let [remainder, square] =
            simd::centred(Level::new(), view, sum / area as f64, &mut self.pixels);
        let contrast = square + remove_remainder(&mut self.pixels, remainder);
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

    /// The same as a view.
    pub fn view(&self) -> View<'_> {
        View::new(self.size, &self.pixels)
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

    /// What its middle is made of at any angle, if it was prepared for that.
    pub fn turning(&self) -> &Turning {
        &self.turning
    }

    /// Its block sums at many angles; empty if it was not prepared for a search through them.
    pub fn lattice(&self) -> &LatticeTemplate {
        &self.lattice
    }

    /// Prepares it to be looked for at all angles up to this, with this spline of the frame it was taken from.
    pub(super) fn prepare_turning(&mut self, spline: &Spline, window: Rect, max_angle_rad: f64) {
        self.turning.made = OnceLock::new();
        self.turning.max_angle_rad = max_angle_rad;
        self.turning.of_middle = self.patch.turning(angles::middle(Rect::of_frame(self.size)));
        self.turning.window = spline.part(window, &mut self.turning.spline);
    }

    /// Prepares it to be looked for through block sums.
    pub(super) fn prepare_lattice(&mut self, level: Level, scratch: &mut PrepareScratch) {
        let all = View::new(self.size, &self.pixels);
        let of = Pixels { all, norm: self.norm };
        self.lattice.build(level, of, self.turning.max_angle_rad, &mut scratch.rows);
    }

    /// Its spectrum; empty if it was not asked for.
    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// Its block sums; without blocks if it was not prepared for a search by bounds.
    pub fn blocks(&self) -> &BlockTemplate {
        &self.blocks
    }

    /// What scores at steps of a pixel need, if it was prepared for them.
    pub fn steps(&self) -> Option<&StepTemplate> {
        self.steps.raw().is_some().then_some(&self.steps)
    }

    /// What it was before it was enlarged; itself, if it is not enlarged.
    pub fn as_it_was(&self) -> &Self {
        self.as_it_was.as_deref().unwrap_or(self)
    }

    /// Gives back the memory that only preparing needs, for a template that is kept.
    pub fn keep(&mut self) {
        self.gradients = Gradients::default();
        self.steepest.keep();
        self.patch.keep();
        if let Some(template) = &mut self.as_it_was {
            template.keep();
        }
    }
}

impl Gradients {
    /// Gives Σ gₓ², Σ gₓ g_y and Σ g_y².
    fn of(&mut self, frame: &Frame, window: Rect) -> [f64; 3] {
        let Self { padded, x, y } = self;
        let (around, n) = (window.grown(REACH), simd::n_derived(frame.size().width, window.size()));
        let from = match around.is_inside(frame.size()) {
            true => {
                let first = around.y as usize * frame.size().width + around.x as usize;
                frame.pixels()[first..].get(..n).map(|from| (from, frame.size().width))
            }
            false => None,
        };
        let from = from.unwrap_or_else(|| {
            pad(frame, around, padded);
            padded.resize(simd::n_derived(around.width, window.size()), 0.0);
            (padded, around.width)
        });
        simd::derivatives(Level::new(), from, window.size(), DERIVATIVE, [x, y])
    }

    /// Those of pixels that do not count become 0.
    fn leave_out(&mut self, counts: &[bool], width: usize) {
        for gradient in [&mut self.x, &mut self.y] {
            for (y, counts) in counts.chunks_exact(width).enumerate() {
                for (gradient, &counts) in gradient.row_mut(y).iter_mut().zip(counts) {
                    *gradient = if counts { *gradient } else { 0.0 };
                }
            }
        }
    }

    fn roughness(&self, norm: f64) -> Roughness {
        let [x, y] = [self.x.all(), self.y.all()];
        Roughness::of_products([simd::dot(x, x), simd::dot(x, y), simd::dot(y, y)], norm * norm)
    }
}

/// A window and what the derivative needs around it, mirrored at the frame's border.
fn pad(frame: &Frame, around: Rect, padded: &mut Vec<f32>) {
    let size = frame.size();
    padded.clear();
    for y in around.y..around.bottom() {
        let row = frame.row(Border::Mirror.index(y, size.height));
        if 0 <= around.x && around.right() <= size.width as isize {
            padded.extend_from_slice(&row[around.x as usize..around.right() as usize]);
        } else {
            let columns = around.x..around.right();
            padded.extend(columns.map(|x| row[Border::Mirror.index(x, size.width)]));
        }
    }
}

/// Rounded to `f32`, the pixels do not quite sum to zero, and a bright region would show that in its
/// score; the finest pixel takes the remainder. Gives by how much the sum of squares changes.
fn remove_remainder(pixels: &mut [f32], remainder: f64) -> f64 {
    let Some(place) = simd::smallest(Level::new(), pixels) else { return 0.0 };
    let before = f64::from(pixels[place]);
    pixels[place] = (before - remainder) as f32;
    f64::from(pixels[place]).powi(2) - before * before
}
