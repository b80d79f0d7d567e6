//! Scores where a mask covers pixels of the template, or of the frame.
//!
//! Only pixels are compared that count both in the template and where they fall in the frame. With 0 in place of
//! the others, and m and k being 1 where they count in template and frame, all sums of the score over those pixels are
//! correlations,
//!
//! ```text
//! n = m⋆k   Σt = t⋆k   Σt² = t²⋆k   Σf = m⋆f   Σf² = m⋆f²   Σtf = t⋆f
//! ```
//!
//! (D. Padfield, "Masked object registration in the Fourier domain", IEEE Trans. Image Process. 21 (2012)), and
//!
//! ```text
//! score = (Σtf − Σt Σf/n) / √( (Σt² − (Σt)²/n) (Σf² − (Σf)²/n) )
//! ```
//!
//! All in `f64`, of pixels less their mean: these differences cancel more than those of whole windows do.

use super::plan::Plan;
use super::score::ScoreMap;
use super::template::Template;
use crate::fft::{self, Fft2, FftScratch, Spectrum};
use crate::frame::{Frame, View};
use crate::geometry::{Rect, Size};
use crate::mask::Counts;
use crate::simd::{self, Correlation, LANES, Level};
use crate::sums;

/// The part of the template's pixels that count which must be compared: where it is less, chance finds the
/// like of so few pixels, and a window under whose place a mask lies has as much on one side of it.
const MIN_PART: f64 = 0.25;

/// Template and search region, some of whose pixels do not count.
#[derive(Clone, Copy)]
pub struct Masked<'a> {
    /// What is looked for.
    pub template: &'a Template,
    /// Where.
    pub frame: &'a Frame,
    /// Which pixels of the frame count.
    pub counts: &'a Counts,
    /// The part of the frame that is searched.
    pub search: Rect,
}

/// Pixels (0 where they do not count), their squares, and 1 where they count, row by row.
#[derive(Default)]
struct Planes {
    width: usize,
    planes: [Vec<f64>; 3],
    spectra: [Spectrum; 3],
}

const PIXELS: usize = 0;
const SQUARES: usize = 1;
const COUNTS: usize = 2;

/// Which planes of template and region are correlated: n, Σt, Σt², Σf, Σf², Σtf.
const PAIRS: [(usize, usize); 6] = [
    (COUNTS, COUNTS),
    (PIXELS, COUNTS),
    (SQUARES, COUNTS),
    (COUNTS, PIXELS),
    (COUNTS, SQUARES),
    (PIXELS, PIXELS),
];

/// Working memory.
#[derive(Default)]
pub struct MaskedScratch {
    template: Planes,
    region: Planes,
    sums: [Vec<f64>; 6],
    product: Spectrum,
    fft: FftScratch,
}

/// Scores every position of the template in the search region.
///
/// −∞ where less than a quarter of the template's pixels that count are compared, and where those are flat.
pub fn scores(
    level: Level,
    plan: &Plan,
    of: Masked<'_>,
    scratch: &mut MaskedScratch,
    out: &mut ScoreMap,
) {
    match plan {
        Plan::Naive => by_definition(of, out),
        Plan::Direct => {
            scratch.load(of);
            scratch.sum_directly(level, of);
            scratch.fill(of, out);
        }
        Plan::Fft(fft) => {
            scratch.load(of);
            scratch.sum_by_fft(fft, of);
            scratch.fill(of, out);
        }
    }
}

/// How many pixels are compared where the template's corner is at this place of the search region.
pub fn n_compared(of: Masked<'_>, (u, v): (usize, usize)) -> usize {
    let pairs = counting(of.template).zip(of.counts.part(of.place(u, v)));
    pairs.filter(|&(template, frame)| template && frame).count()
}

/// Whether each pixel of the template counts.
fn counting(template: &Template) -> impl Iterator<Item = bool> {
    let counts = template.counts();
    (0..template.size().area()).map(|i| counts.get(i).copied().unwrap_or(true))
}

impl<'a> Masked<'a> {
    /// Where a position of the search is in the frame.
    fn place(&self, u: usize, v: usize) -> Rect {
        let Size { width, height } = self.template.size();
        Rect::new(self.search.x + u as isize, self.search.y + v as isize, width, height)
    }

    fn region(&self) -> View<'a> {
        self.frame.crop(self.search)
    }

    /// Positions across and down.
    fn positions(&self) -> Size {
        let (search, template) = (self.search.size(), self.template.size());
        Size::new(search.width - template.width + 1, search.height - template.height + 1)
    }

    fn n_least(&self) -> f64 {
        // Two pixels have no contrast of their own to compare.
        (MIN_PART * self.template.n_counting() as f64).max(3.0)
    }

    /// The largest absolute value of the region's pixels that count.
    fn max_abs(&self) -> f32 {
        let pixels = self.region().rows().flatten().zip(self.counts.part(self.search));
        pixels.filter(|(_, counts)| *counts).fold(0.0, |max, (pixel, _)| max.max(pixel.abs()))
    }

    fn score(&self, max_abs: f32, [n, t, tt, f, ff, tf]: [f64; 6]) -> f32 {
        if n < self.n_least() {
            return f32::NEG_INFINITY;
        }
        let (tt, ff, tf) = (tt - t * t / n, ff - f * f / n, tf - t * f / n);
        let limit = sums::flat_limit(n as usize, max_abs);
        let is_flat = !(limit < tt && limit < ff);
        if is_flat { f32::NEG_INFINITY } else { (tf / (tt * ff).sqrt()).clamp(-1.0, 1.0) as f32 }
    }
}

impl Planes {
    /// Pixels less their mean; after each row come `padding` zeros.
    fn load(
        &mut self,
        pixels: impl Iterator<Item = (f32, bool)> + Clone,
        width: usize,
        padding: usize,
    ) {
        self.width = width + padding;
        let counting = pixels.clone().filter(|(_, counts)| *counts);
        let (n, sum) = counting.fold((0.0, 0.0), |(n, sum), (p, _)| (n + 1.0, sum + f64::from(p)));
        let mean = sum / f64::max(n, 1.0);
        for plane in &mut self.planes {
            plane.clear();
        }
        for (i, (pixel, counts)) in pixels.enumerate() {
            let value = if counts { f64::from(pixel) - mean } else { 0.0 };
            let values = [value, value * value, f64::from(u8::from(counts))];
            let is_last = (i + 1) % width == 0;
            for (plane, value) in self.planes.iter_mut().zip(values) {
                plane.push(value);
                let padded = plane.len() + if is_last { padding } else { 0 };
                plane.resize(padded, 0.0);
            }
        }
    }

    fn transform(&mut self, fft: &Fft2, width: usize, scratch: &mut FftScratch) {
        for (plane, spectrum) in self.planes.iter().zip(&mut self.spectra) {
            let rows = plane.chunks_exact(self.width).map(|row| &row[..width]);
            fft.forward(rows, spectrum, scratch);
        }
    }
}

impl MaskedScratch {
    fn load(&mut self, of: Masked<'_>) {
        let template = of.template.pixels().iter().copied().zip(counting(of.template));
        let template: Vec<(f32, bool)> = template.collect();
        self.template.load(template.into_iter(), of.template.size().width, 0);
        let region: Vec<(f32, bool)> =
            of.region().rows().flatten().copied().zip(of.counts.part(of.search)).collect();
        // The kernels read whole vectors.
        self.region.load(region.into_iter(), of.search.width, LANES);
    }

    fn sum_directly(&mut self, level: Level, of: Masked<'_>) {
        let positions = of.positions();
        for (sums, (template, region)) in self.sums.iter_mut().zip(PAIRS) {
            let of = Correlation {
                template: &self.template.planes[template],
                template_width: self.template.width,
                region: &self.region.planes[region],
                region_stride: self.region.width,
                n_across: positions.width,
                n_down: positions.height,
            };
            sums.resize(positions.area(), 0.0);
            simd::correlate_exactly(level, &of, sums);
        }
    }

    fn sum_by_fft(&mut self, fft: &Fft2, of: Masked<'_>) {
        let positions = of.positions();
        let Self { template, region, sums, product, fft: scratch } = self;
        template.transform(fft, of.template.size().width, scratch);
        region.transform(fft, of.search.width, scratch);
        for (sums, (in_template, in_region)) in sums.iter_mut().zip(PAIRS) {
            let (template, region) = (&template.spectra[in_template], &region.spectra[in_region]);
            fft::correlate_spectra(template, region, product);
            sums.clear();
            fft.backward(product, positions.height, scratch, |_, row| {
                sums.extend_from_slice(&row[..positions.width]);
            });
        }
        // A number of pixels is whole; rounding must not decide whether they are enough.
        for n in &mut sums[0] {
            *n = n.round();
        }
    }

    fn fill(&self, of: Masked<'_>, out: &mut ScoreMap) {
        let (across, max_abs) = (of.positions().width, of.max_abs());
        out.fill(of.search.size(), of.template.size(), |u, v| {
            of.score(max_abs, self.sums.each_ref().map(|sums| sums[v * across + u]))
        });
    }
}

/// The judge: straight from the definition, over the pixels that are compared at each position.
fn by_definition(of: Masked<'_>, out: &mut ScoreMap) {
    let max_abs = of.max_abs();
    let template: Vec<(f64, bool)> =
        of.template.pixels().iter().map(|&t| f64::from(t)).zip(counting(of.template)).collect();
    out.fill(of.search.size(), of.template.size(), |u, v| {
        let place = of.place(u, v);
        let frame = of.frame.crop(place);
        let frame = frame.rows().flatten().zip(of.counts.part(place));
        let pairs = template.iter().zip(frame).filter(|((_, t), (_, f))| *t && *f);
        let pairs: Vec<(f64, f64)> = pairs.map(|((t, _), (f, _))| (*t, f64::from(*f))).collect();
        let n = pairs.len() as f64;
        let sum = pairs.iter().fold((0.0, 0.0), |(t, f), pair| (t + pair.0, f + pair.1));
        let (t_mean, f_mean) = (sum.0 / n, sum.1 / n);
        let (mut tt, mut ff, mut tf) = (0.0, 0.0, 0.0);
        for (t, f) in pairs {
            let (t, f) = (t - t_mean, f - f_mean);
            (tt, ff, tf) = (tt + t * t, ff + f * f, tf + t * f);
        }
        of.score(max_abs, [n, 0.0, tt, 0.0, ff, tf])
    });
}
