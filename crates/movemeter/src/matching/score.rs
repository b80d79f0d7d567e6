//! Scores at every search position, and the two fast ways to compute them.

use super::steps::{self, StepScratch, StepTarget, StepTemplate};
use super::target::Target;
use super::template::Template;
use crate::fft::{self, Fft2, FftScratch, Spectrum};
use crate::geometry::Size;
use crate::simd::{self, Correlation, Level, Precision};

/// One score per search position, row by row; −∞ where the frame is flat.
#[derive(Clone, Debug, Default)]
pub struct ScoreMap {
    size: Size,
    scores: Vec<f32>,
}

impl ScoreMap {
    /// Positions across and down.
    pub fn size(&self) -> Size {
        self.size
    }

    /// All scores, row by row.
    pub fn scores(&self) -> &[f32] {
        &self.scores
    }

    /// One row of scores.
    pub fn row(&self, v: usize) -> &[f32] {
        &self.scores[v * self.size.width..][..self.size.width]
    }

    /// The score at a position.
    pub fn at(&self, u: usize, v: usize) -> f32 {
        self.scores[v * self.size.width + u]
    }

    /// A map with `score(u, v)` for each position of a template in a region.
    pub fn fill(
        &mut self,
        region: Size,
        template: Size,
        mut score: impl FnMut(usize, usize) -> f32,
    ) {
        let (across, down) =
            (region.width - template.width + 1, region.height - template.height + 1);
        self.resize(Size::new(across, down));
        for (i, value) in self.scores.iter_mut().enumerate() {
            *value = score(i % across, i / across);
        }
    }

    fn resize(&mut self, size: Size) {
        self.size = size;
        self.scores.resize(size.area(), 0.0);
    }

    /// Turns Σ t (f − f̄) into scores.
    fn normalise(&mut self, template_norm: f64, norms: &[f32]) {
        let scale = (1.0 / template_norm) as f32;
        for (score, &norm) in self.scores.iter_mut().zip(norms) {
            // Rounding may pass the bound of the definition by a few units of the last place.
            let value = (*score * scale / norm).clamp(-1.0, 1.0);
            *score = if 0.0 < norm { value } else { f32::NEG_INFINITY };
        }
    }
}

/// At steps of a pixel, where both pictures are enlarged; `false` if the highest are so nearly equal that rounding may
/// tell which is higher, and enlarged pixels must be seen.
pub fn by_steps(
    level: Level,
    template: &StepTemplate,
    target: &StepTarget,
    scratch: &mut StepScratch,
    out: &mut ScoreMap,
) -> bool {
    out.resize(target.steps());
    steps::scores(level, template, target, scratch, &mut out.scores);
    let near = simd::highest_of(&out.scores) - steps::indistinct(template, target);
    let parts = out.scores.chunks(PART).filter(|part| near < simd::highest_of(part));
    parts.flatten().filter(|&&score| near < score).take(2).count() < 2
}

/// Scores that are passed over at once.
const PART: usize = 256;

/// By multiplying and adding: positions × pixels.
pub fn direct(level: Level, template: &Template, target: &Target, out: &mut ScoreMap) {
    let positions = target.positions(template.size());
    out.resize(positions);
    let of = Correlation {
        template: template.pixels(),
        template_width: template.size().width,
        region: target.pixels(),
        region_stride: target.stride(),
        n_across: positions.width,
        n_down: positions.height,
    };
    simd::correlate(level, &of, precision(template.size(), target), &mut out.scores);
    out.normalise(template.norm(), target.norms());
}

/// Single, unless rounding of the region's far values would be seen in the scores of its weakest window.
///
/// A sum over a window of w × h pixels that deviate by up to D from the region's mean is rounded by
/// up to about ε D √(w + h) times the template's norm.
fn precision(template: Size, target: &Target) -> Precision {
    let side = ((template.width + template.height) as f32).sqrt();
    let rounding = f32::EPSILON * target.max_deviation() * side;
    if rounding < ROUNDING_SEEN * target.weakest() { Precision::Single } else { Precision::Double }
}

/// Rounding of scores that is kept out. The estimate is five times what was seen.
const ROUNDING_SEEN: f32 = 5e-6;

/// Working memory of [`by_fft`].
#[derive(Default)]
pub struct FftMatchScratch {
    product: Spectrum,
    template: Spectrum,
    pub(super) fft: FftScratch,
}

/// By Fourier transforms: the target's spectrum is kept, so is the template's if it has one.
pub fn by_fft(
    fft: &Fft2,
    template: &Template,
    target: &Target,
    scratch: &mut FftMatchScratch,
    out: &mut ScoreMap,
) {
    let positions = target.positions(template.size());
    out.resize(positions);
    if template.spectrum().is_empty() {
        let rows = template.pixels().chunks_exact(template.size().width);
        fft.forward(rows, &mut scratch.template, &mut scratch.fft);
        fft::correlate_spectra(&scratch.template, target.spectrum(), &mut scratch.product);
    } else {
        fft::correlate_spectra(template.spectrum(), target.spectrum(), &mut scratch.product);
    }
    let scores = &mut out.scores;
    fft.backward(&mut scratch.product, positions.height, &mut scratch.fft, |v, row| {
        let to = &mut scores[v * positions.width..][..positions.width];
        for (score, &sum) in to.iter_mut().zip(row) {
            *score = sum as f32;
        }
    });
    out.normalise(template.norm(), target.norms());
}
