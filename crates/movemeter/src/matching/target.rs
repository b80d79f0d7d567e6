//! Where a template is looked for: one search region, prepared for matching.

use std::sync::OnceLock;

use super::block::BlockTarget;
use super::enlargement::{self, EnlargeScratch, Enlargement};
use super::lattice::{Grid, LatticeTarget};
use super::mosaic::Mosaics;
use super::steps::{StepScratch, StepTarget};
use crate::fft::{Fft2, FftScratch, Spectrum};
use crate::frame::{Frame, View};
use crate::geometry::{Rect, Size};
use crate::simd::{self, Blocks, LANES, Level, Rows};
use crate::sums::{self, Region};

/// A search region: its pixels less their mean, the contrast of every window in it, its spectrum.
#[derive(Clone, Debug, Default)]
pub struct Target {
    search: Option<Rect>,
    size: Size,
    stride: usize,
    pixels: Vec<f32>,
    max_deviation: f32,
    norms: Vec<f32>,
    weakest: f32,
    spectrum: Spectrum,
    is_scored: bool,
    blocks: BlockTarget,
    lattice: LatticeTarget,
    anywhere: Option<Anywhere>,
    steps: StepTarget,
}

/// What serves all windows of a size that may be anywhere in a frame: made when it is first needed.
#[derive(Clone, Debug)]
struct Anywhere {
    mosaics: Mosaics,
    full: OnceLock<Box<Target>>,
}

/// Working memory to prepare targets and templates.
#[derive(Default)]
pub struct PrepareScratch {
    columns: Vec<f64>,
    pub(super) rows: Rows,
    lines: Rows,
    pub(super) fft: FftScratch,
    pub(super) enlarge: EnlargeScratch,
    pub(super) enlarged: Frame,
    pub(super) steps: StepScratch,
}

impl Target {
    /// All of a frame of this size, for a search by bounds.
    pub fn anywhere(frame: Size, mosaics: Mosaics) -> Self {
        Self {
            search: Some(Rect::of_frame(frame)),
            size: frame,
            anywhere: Some(Anywhere { mosaics, full: OnceLock::new() }),
            ..Self::default()
        }
    }

    /// The frame's mosaics, if it is all of a frame for a search by bounds.
    pub fn mosaics(&self) -> Option<&Mosaics> {
        Some(&self.anywhere.as_ref()?.mosaics)
    }

    /// The same prepared for scores, once for all windows, if it is all of a frame for a search by bounds.
    pub fn full(&self, prepare: impl FnOnce(&mut Self)) -> Option<&Self> {
        let make = || {
            let mut full = Box::<Self>::default();
            prepare(&mut full);
            full
        };
        Some(self.anywhere.as_ref()?.full.get_or_init(make))
    }

    /// Prepares the part of `frame` under `search` for a search of templates of this size by bounds.
    pub fn aim(
        &mut self,
        level: Level,
        frame: &Frame,
        search: Rect,
        (template, blocks): (Size, Blocks),
        scratch: &mut PrepareScratch,
    ) {
        (self.search, self.size, self.is_scored) = (Some(search), search.size(), false);
        self.lattice.clear();
        self.steps.clear();
        self.blocks.build(level, frame.crop(search), template, blocks, &mut scratch.rows);
    }

    /// Prepares the part of `frame` under `search` for a search of the middle of windows, of this side, through block sums.
    pub fn aim_lattice(
        &mut self,
        level: Level,
        frame: &Frame,
        search: Rect,
        (middle, grid): (usize, Grid),
        scratch: &mut PrepareScratch,
    ) {
        (self.search, self.size, self.is_scored) = (Some(search), search.size(), false);
        self.blocks.clear();
        self.steps.clear();
        let work = [&mut scratch.rows, &mut scratch.lines];
        self.lattice.build(level, (frame.crop(search), search), middle, grid, work);
    }

    /// Prepares the part of `frame` under `search` for the scores of templates of this size.
    ///
    /// With `fft`, which must be at least as large as the search, its spectrum is made too.
    pub fn prepare(
        &mut self,
        frame: &Frame,
        search: Rect,
        template: Size,
        fft: Option<&Fft2>,
        scratch: &mut PrepareScratch,
    ) {
        self.search = Some(search);
        self.prepare_view(frame.crop(search), template, fft, scratch);
    }

    /// The same for templates that are enlarged: of this size when they are.
    pub fn prepare_enlarged(
        &mut self,
        (frame, search): (&Frame, Rect),
        enlargement: Enlargement,
        template: Size,
        fft: Option<&Fft2>,
        scratch: &mut PrepareScratch,
    ) {
        let mut enlarged = std::mem::take(&mut scratch.enlarged);
        let crop = frame.crop(search);
        enlargement::enlarge(crop, enlargement, &mut scratch.enlarge, &mut enlarged);
        self.search = Some(search);
        self.prepare_view(enlarged.view(), template, fft, scratch);
        scratch.enlarged = enlarged;
    }

    /// Prepares the part of `frame` under `search` for the scores of windows of this size at so many steps of a pixel.
    ///
    /// `false`, and not prepared, where enlarged pixels must be seen to know what is flat.
    pub fn prepare_steps(
        &mut self,
        level: Level,
        (frame, search): (&Frame, Rect),
        (window, times): (Size, usize),
        scratch: &mut PrepareScratch,
    ) -> bool {
        let Size { width, height } = search.size();
        self.search = Some(search);
        (self.size, self.is_scored) = (Size::new(times * width, times * height), false);
        self.blocks.clear();
        self.lattice.clear();
        self.steps.prepare(level, frame.crop(search), (window, times), &mut scratch.steps)
    }

    fn prepare_view(
        &mut self,
        view: View<'_>,
        template: Size,
        fft: Option<&Fft2>,
        scratch: &mut PrepareScratch,
    ) {
        (self.is_scored, self.blocks) = (true, BlockTarget::default());
        self.lattice.clear();
        self.steps.clear();
        let max_abs = self.load(view);
        self.size = view.size();
        let region = Region { pixels: &self.pixels, stride: self.stride, size: self.size, max_abs };
        sums::window_norms(region, template, &mut scratch.columns, &mut self.norms);
        let textured = self.norms.iter().copied().filter(|&norm| 0.0 < norm);
        self.weakest = textured.fold(f32::INFINITY, f32::min);
        self.spectrum.clear();
        if let Some(fft) = fft {
            let rows = self.pixels.chunks_exact(self.stride).map(|row| &row[..view.size().width]);
            fft.forward(rows, &mut self.spectrum, &mut scratch.fft);
        }
    }

    /// Copies the pixels less their mean; gives the largest absolute value.
    fn load(&mut self, view: View<'_>) -> f32 {
        let size = view.size();
        let sum: f64 = view.rows().map(simd::sum).sum();
        let max_abs = view.rows().map(simd::max_abs).fold(0.0, f32::max);
        let mean = (sum / size.area() as f64) as f32;
        // The kernels read whole vectors, up to one beyond the last pixel of a row.
        self.stride = size.width + LANES;
        self.pixels.clear();
        for row in view.rows() {
            self.pixels.extend(row.iter().map(|&pixel| pixel - mean));
            self.pixels.extend([0.0; LANES]);
        }
        self.max_deviation = simd::max_abs(&self.pixels);
        max_abs
    }

    /// The region in the frame, in the frame's own pixels even if it is enlarged.
    ///
    /// # Panics
    ///
    /// If nothing was prepared yet.
    pub fn search(&self) -> Rect {
        self.search.expect("a target is prepared before it is used")
    }

    /// Whether it is prepared for scores; if not, for a search by bounds.
    pub fn is_scored(&self) -> bool {
        self.is_scored
    }

    /// Its blocks, if it is prepared for a search by bounds.
    pub fn blocks(&self) -> &BlockTarget {
        &self.blocks
    }

    /// Its block sums, if it is prepared for a search through them.
    pub fn lattice(&self) -> &LatticeTarget {
        &self.lattice
    }

    /// What scores at steps of a pixel need, if it is prepared for them.
    pub fn steps(&self) -> Option<&StepTarget> {
        self.steps.is_made().then_some(&self.steps)
    }

    /// From one row of pixels to the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The pixels less their mean; each row is followed by a vector's width of zeros.
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// The largest of the pixels, as an absolute value.
    pub fn max_deviation(&self) -> f32 {
        self.max_deviation
    }

    /// The smallest of the norms that is not 0.
    pub fn weakest(&self) -> f32 {
        self.weakest
    }

    /// √ Σ (f − f̄)² of the window at each search position, row by row; 0 where it is flat.
    pub fn norms(&self) -> &[f32] {
        &self.norms
    }

    /// The region's spectrum; empty if it was not asked for.
    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// How many positions a template of this size has across and down.
    pub fn positions(&self, template: Size) -> Size {
        Size::new(self.size.width - template.width + 1, self.size.height - template.height + 1)
    }
}
