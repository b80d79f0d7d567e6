//! Scores at steps of a fraction of a pixel: those of two enlarged pictures, made without enlarging them.
//!
//! Enlarged bilinearly a whole number of times, both pictures are sums of their pixels with [weights](super::bilinear).
//! So is what is summed over a window at each step: its products with the template are weighted sums of the
//! correlation at whole pixels, and its contrast is one of the products of neighbouring pixels. That takes U⁻² of the
//! time, and gives **all** scores, to rounding (in `f64`). Rounded differently are the enlarged pictures, whose pixels
//! `cv2.resize` rounds to `f32`: where that may be seen, or decide whether a window is flat, there are no scores.

use super::bilinear::{Bilinear, TAPS};
use super::enlargement::Enlargement;
use super::neighbours::{Lines, Pairs, dot, in_first_window};
use crate::frame::{Frame, View};
use crate::geometry::Size;
use crate::simd::steps::{self, Doubt, Weighted, Windows};
use crate::simd::{self, Correlation, Level, Rows};
use crate::sums;

/// A window of fewer pixels across or down has no inner ones.
const LEAST_SIDE: usize = 3;
/// A contrast below this part of what is [flat](sums::flat_limit) is flat however pixels are rounded: that may
/// change its root by a quarter, and the brightest enlarged pixel may be half as bright as the brightest pixel.
const FLAT_PART: f64 = 1.0 / 16.0;
/// A contrast above so many times what is flat is texture, and its pixels' rounding is not seen in its scores.
const SURE_TIMES: f64 = 1e4;

/// Up to so many times the standard deviation of the weakest window, far values may be summed in `f32` over a row: scores are
/// rounded by 2⁻²⁴ / 25 for each.
const EVEN: f64 = 32.0;

/// A window's content, prepared for scores at steps.
#[derive(Clone, Debug, Default)]
pub struct StepTemplate {
    /// Its pixels as they are; none if it is not prepared.
    raw: Frame,
    /// Its pixels less their mean: all but the outermost, …
    inner: Vec<f64>,
    /// … the first and the last row and column without their ends, and their ends.
    rows: [Vec<f64>; 2],
    columns: [Vec<f64>; 2],
    corners: [[f64; 2]; 2],
    /// √ Σ (t − t̄)² of the enlarged window.
    norm: f64,
    /// What rounding of its enlarged pixels does to scores.
    rounding: f64,
}

/// A region of a frame, prepared for scores at steps.
#[derive(Clone, Debug, Default)]
pub struct StepTarget {
    times: usize,
    window: Size,
    /// Whole pixels a window may be at.
    places: Size,
    /// Pixels less their mean, and what is repeated outside.
    padded: Lines,
    inverse_norms: Rows,
    /// The norm of which the inverse is 1.
    unit: f64,
    /// What rounding of its enlarged pixels does to scores.
    rounding: f64,
    /// Whether no pixel is so far from the others that products of it drown its weakest window's in `f32`.
    is_even: bool,
}

/// Working memory.
#[derive(Debug, Default)]
pub struct StepScratch {
    weights: Bilinear,
    padded: Lines,
    pairs: Pairs,
    squares: [Lines; 2],
    sums: Lines,
    totals: [Vec<f64>; 3],
    bases: [[Vec<f64>; 2]; 2],
    narrow: [Vec<f32>; 2],
    correlations: [Lines; 5],
    steps: [Lines; 3],
}

/// How many steps a pixel has for windows of this size; none if it is not a whole number.
pub fn of_pixel(enlargement: Enlargement, window: Size) -> Option<usize> {
    let factor = enlargement.factor();
    let is_large = LEAST_SIDE <= window.width.min(window.height);
    (is_large && 2.0 <= factor && factor.fract() == 0.0).then_some(factor as usize)
}

/// A flat window's contrast, and a textured one's, of so many pixels up to this value.
fn doubt(area: usize, max_abs: f32) -> Doubt {
    let limit = sums::flat_limit(area, max_abs);
    Doubt { flat: FLAT_PART * limit, sure: SURE_TIMES * limit }
}

impl StepTemplate {
    /// Takes the window's content, to be looked for enlarged so many times.
    ///
    /// `false`, and not prepared, if it is flat, or so nearly that its enlarged pixels must be seen to know.
    pub fn prepare(&mut self, window: View<'_>, times: usize, work: &mut StepScratch) -> bool {
        let (size, level) = (window.size(), Level::new());
        let (sum, max_abs) = simd::sum_and_max(level, window);
        work.padded.pad(window, sum / size.area() as f64);
        work.weights.make(times);
        let contrast = work.square_of_padded(level, size);
        let is_sure = doubt(size.area() * times * times, max_abs).sure <= contrast;
        if !is_sure {
            self.clear();
            return false;
        }
        self.norm = contrast.sqrt();
        self.rounding = rounding(max_abs, times, self.norm);
        self.raw.reset(size);
        for y in 0..size.height {
            self.raw.row_mut(y).copy_from_slice(window.row(y));
        }
        self.take(&work.padded, size);
        true
    }

    fn take(&mut self, padded: &Lines, Size { width, height }: Size) {
        let row = |y: usize| &padded.from(1, 1 + y)[..width];
        self.inner.clear();
        for column in &mut self.columns {
            column.clear();
        }
        for y in 1..height - 1 {
            self.inner.extend_from_slice(&row(y)[1..width - 1]);
            self.columns[0].push(row(y)[0]);
            self.columns[1].push(row(y)[width - 1]);
        }
        for (i, y) in [0, height - 1].into_iter().enumerate() {
            self.rows[i].clear();
            self.rows[i].extend_from_slice(&row(y)[1..width - 1]);
            self.corners[i] = [row(y)[0], row(y)[width - 1]];
        }
    }

    /// Makes it one that is not prepared.
    pub fn clear(&mut self) {
        self.raw.reset(Size::default());
    }

    /// The pixels as they are, if it is prepared.
    pub fn raw(&self) -> Option<&Frame> {
        (0 < self.raw.size().area()).then_some(&self.raw)
    }

    /// √ Σ (t − t̄)² of the enlarged window.
    pub fn norm(&self) -> f64 {
        self.norm
    }
}

impl StepTarget {
    /// Takes a region in which windows of this size, at least 3 px wide and high, are looked for, both enlarged so many times.
    ///
    /// `false`, and not prepared, if windows in it are so nearly flat that enlarged pixels must be seen.
    pub fn prepare(
        &mut self,
        level: Level,
        region: View<'_>,
        (window, times): (Size, usize),
        work: &mut StepScratch,
    ) -> bool {
        let size = region.size();
        let (sum, max_abs) = simd::sum_and_max(level, region);
        self.places = Size::new(size.width - window.width + 1, size.height - window.height + 1);
        (self.times, self.window) = (times, window);
        self.padded.pad(region, sum / size.area() as f64);
        work.weights.make(times);
        let doubt = doubt(window.area() * times * times, max_abs);
        self.unit = doubt.sure.sqrt();
        let is_sure = work.inverse_norms(level, self, doubt);
        let weakest = self.weakest();
        self.rounding = rounding(max_abs, times, weakest);
        self.is_even = self.is_even(weakest);
        if !is_sure {
            self.clear();
        }
        is_sure
    }

    /// The smallest norm of a window that is not flat.
    fn weakest(&self) -> f64 {
        let n = self.steps();
        let rows = (0..n.height).map(|v| simd::highest_of(&self.inverse_norms.row(v)[..n.width]));
        self.unit / f64::from(rows.fold(0.0, f32::max))
    }

    fn is_even(&self, weakest: f64) -> bool {
        let enlarged = (self.window.area() * self.times * self.times) as f64;
        let largest = self.padded.values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        largest <= EVEN * weakest / enlarged.sqrt()
    }

    /// Makes it one that is not prepared.
    pub fn clear(&mut self) {
        self.times = 0;
    }

    /// Whether it is prepared.
    pub fn is_made(&self) -> bool {
        0 < self.times
    }

    /// How many steps there are across and down.
    pub fn steps(&self) -> Size {
        let steps = |places: usize| (places - 1) * self.times + 1;
        Size::new(steps(self.places.width), steps(self.places.height))
    }
}

/// What rounding of enlarged pixels up to this value does to the score of a window with this norm, about: each is off by up
/// to 2⁻²⁴ of it, a pixel's many alike, and pixels either way.
fn rounding(max_abs: f32, times: usize, norm: f64) -> f64 {
    0.5 * f64::from(f32::EPSILON) * f64::from(max_abs) * times as f64 / norm
}

/// Rounding of scores in `f32`: two are compared, and each was seen to differ by 3e-7 from that of enlarged pictures.
const ROUNDING: f64 = 6e-7;

/// By how much two scores must differ to tell which of the enlarged pictures' is higher.
pub fn indistinct(template: &StepTemplate, target: &StepTarget) -> f32 {
    (ROUNDING + 2.0 * (template.rounding + target.rounding)) as f32
}

impl StepScratch {
    /// Σ (t − t̄)² of the enlarged window whose padded pixels are there.
    fn square_of_padded(&mut self, level: Level, size: Size) -> f64 {
        let Self { weights, padded, pairs, totals: [here, beside, _], .. } = self;
        for (apart, sums) in [here, beside].into_iter().enumerate() {
            sums.clear();
            for y in 0..size.height + 2 - apart {
                let rows = [padded.from(0, y), padded.from(0, y + apart)];
                pairs.prepare(level, (rows, 1.0 + apart as f64), (size.width, 1), weights);
                sums.push(pairs.base[0]);
            }
        }
        let [here, beside, _] = &self.totals;
        dot(&self.weights.first_square(), &in_first_window(here, beside, size.height))
    }

    /// The inverse norms of all windows of a target; `false` if one is nearly flat.
    fn inverse_norms(&mut self, level: Level, of: &mut StepTarget, doubt: Doubt) -> bool {
        let n_steps = of.steps();
        of.inverse_norms.fit(n_steps.width, n_steps.height);
        if doubt.sure == 0.0 {
            // Black.
            of.inverse_norms.values_mut().fill(0.0);
            return true;
        }
        self.sum_across(level, of);
        self.begin_down(level, of);
        let area = (of.window.area() * of.times * of.times) as f64;
        let mut is_sure = true;
        for y in 0..of.places.height {
            let [[square, next_square], [sum, next_sum]] = &mut self.bases;
            let squares = rows_of_squares(&self.squares, square, y);
            let sums = rows_of_sums(&self.sums, sum, y);
            let n = if y + 1 < of.places.height { of.times } else { 1 };
            for q in 0..n {
                let squares = Weighted { weights: &self.weights.squares[q], rows: squares };
                let sums = Weighted { weights: &self.weights.sums[q], rows: sums };
                let out = of.inverse_norms.row_mut(y * of.times + q);
                is_sure &=
                    steps::inverse_norms(level, (squares, sums), area, doubt, (n_steps.width, out));
            }
            steps::weigh(level, &self.weights.squares[of.times], squares, next_square);
            steps::weigh(level, &self.weights.sums[of.times], sums, next_sum);
            std::mem::swap(square, next_square);
            std::mem::swap(sum, next_sum);
        }
        is_sure
    }

    /// Sums of squares, of products with the row below, and of pixels, over the columns of all windows; for each row.
    fn sum_across(&mut self, level: Level, of: &StepTarget) {
        let Self { weights, pairs, squares, sums, .. } = self;
        let (times, n_rows) = (of.times, of.padded.n);
        let (n, places) = (of.window.width, of.places.width);
        let width = places * times;
        for (apart, squares) in squares.iter_mut().enumerate() {
            squares.fit(width, n_rows);
            // The last has none below.
            squares.row_mut(n_rows - 1).fill(0.0);
            for y in 0..n_rows - apart {
                let rows = [of.padded.from(0, y), of.padded.from(0, y + apart)];
                pairs.prepare(level, (rows, 1.0 + apart as f64), (n, places), weights);
                let out = &mut squares.row_mut(y)[..width];
                steps::interleave(level, &weights.squares[..times], pairs.rows(), out);
            }
        }
        sums.fit(width, n_rows);
        for y in 0..n_rows {
            pairs.prepare_sum(level, of.padded.from(0, y), (n, places), weights);
            let out = &mut sums.row_mut(y)[..width];
            steps::interleave(level, &weights.sums[..times], pairs.rows_of_sum(), out);
        }
    }

    /// Sums over the first window's rows, and in place of each row what it adds to them from the next on.
    fn begin_down(&mut self, level: Level, of: &StepTarget) {
        let n = of.window.height;
        let [here, beside] = &mut self.squares;
        for (lines, total) in [here, beside, &mut self.sums].into_iter().zip(&mut self.totals) {
            total.clear();
            total.resize(lines.stride, 0.0);
            for y in 0..n {
                steps::add(level, &lines.from(0, y)[..total.len()], total);
            }
            for y in 0..lines.n - n {
                let (to, from) = lines.values.split_at_mut((y + n) * lines.stride);
                steps::subtract_from(
                    level,
                    &from[..lines.stride],
                    &mut to[y * lines.stride..][..lines.stride],
                );
            }
        }
        let [of_here, of_beside, of_sum] = &self.totals;
        let [[square, next_square], [sum, next_sum]] = &mut self.bases;
        for base in [&mut *square, next_square, &mut *sum, next_sum] {
            base.resize(self.sums.stride, 0.0);
        }
        let [here, beside] = &self.squares;
        let rows = [of_here, of_beside, here.from(0, 0), beside.from(0, 0), here.from(0, 1)];
        steps::weigh(level, &self.weights.first_square(), rows, square);
        let rows = [of_sum, self.sums.from(0, 0), self.sums.from(0, 1)];
        steps::weigh(level, &self.weights.first_sum(), rows, sum);
    }
}

/// The rows of which sums of squares from this row on are made. At the last, only the first counts.
fn rows_of_squares<'a>(squares: &'a [Lines; 2], base: &'a [f64], y: usize) -> [&'a [f64]; 6] {
    let [here, beside] = squares;
    let next = |lines: &'a Lines, y: usize| lines.from(0, y);
    [
        base,
        next(here, y),
        next(beside, y),
        next(here, y + 1),
        next(beside, y + 1),
        next(here, y + 2),
    ]
}

/// The same of sums.
fn rows_of_sums<'a>(sums: &'a Lines, base: &'a [f64], y: usize) -> [&'a [f64]; 4] {
    [base, sums.from(0, y), sums.from(0, y + 1), sums.from(0, y + 2)]
}

/// Scores of a template at all steps in a target, row by row.
pub fn scores(
    level: Level,
    template: &StepTemplate,
    target: &StepTarget,
    work: &mut StepScratch,
    out: &mut [f32],
) {
    let (times, n_steps) = (target.times, target.steps());
    work.weights.make(times);
    correlate(level, template, target, work);
    work.products_across(level, template, target);
    let scale = 1.0 / (template.norm * target.unit);
    let [first, inner, last] = &work.steps;
    let weights: Vec<[f64; 3 * TAPS]> =
        work.weights.products.iter().map(|&k| across(k, [1.0; 2])).collect();
    for (y, out) in out.chunks_mut(times * n_steps.width).enumerate() {
        let row = |of: usize| {
            let lines = [first, inner, last][of / TAPS];
            lines.from(0, (y + of % TAPS).min(lines.n - 1))
        };
        let windows = Windows {
            weights: &weights[..out.len() / n_steps.width],
            products: std::array::from_fn(row),
            inverse_norms: &target.inverse_norms.values()
                [y * times * target.inverse_norms.stride..],
            stride: target.inverse_norms.stride,
            scale,
        };
        steps::coefficients(level, &windows, n_steps.width, out);
    }
}

/// Σ of products of the parts of a template that have weights of their own with the padded region: its inner pixels, and its
/// first and last row and column, without their ends.
fn correlate(level: Level, of: &StepTemplate, target: &StepTarget, work: &mut StepScratch) {
    let Size { width, height } = target.window;
    let n = target.places.height + 2;
    let parts = [
        (&of.inner, width - 2, (1, 1)),
        (&of.rows[0], width - 2, (1, 0)),
        (&of.rows[1], width - 2, (1, height - 1)),
        (&of.columns[0], 1, (0, 1)),
        (&of.columns[1], 1, (width - 1, 1)),
    ];
    let StepScratch { correlations, narrow: [part, region], .. } = work;
    let padded = &target.padded;
    if target.is_even {
        region.resize(padded.values.len(), 0.0);
        steps::narrow(level, &padded.values, region);
    }
    for (lines, (template, template_width, (x, y))) in correlations.iter_mut().zip(parts) {
        lines.fit(target.places.width + 2, n);
        let (n_across, n_values) = (lines.stride, lines.stride * n);
        let (out, first) = (&mut lines.values[..n_values], y * padded.stride + x);
        let (region_stride, n_down) = (padded.stride, n);
        if target.is_even {
            part.resize(template.len(), 0.0);
            steps::narrow(level, template, part);
            let (template, region) = (&part[..], &region[first..]);
            let of =
                Correlation { template, template_width, region, region_stride, n_across, n_down };
            steps::correlate_finely(level, &of, out);
        } else {
            let region = &padded.values[first..];
            let of =
                Correlation { template, template_width, region, region_stride, n_across, n_down };
            simd::correlate_exactly(level, &of, out);
        }
    }
}

impl StepScratch {
    /// Products with the first, the inner, and the last rows of the template, summed over their columns at all steps across.
    fn products_across(&mut self, level: Level, of: &StepTemplate, target: &StepTarget) {
        let Self { weights, correlations: [inner, first, last, left, right], steps, .. } = self;
        let Size { width, height } = target.window;
        let (n, times) = (target.places.height + 2, target.times);
        let n_across = target.places.width * times;
        for (to, part) in steps.iter_mut().zip(0..) {
            to.fit(n_across, n);
            let corners = match part {
                0 => of.corners[0],
                1 => [1.0; 2],
                _ => of.corners[1],
            };
            let weights: Vec<[f64; 3 * TAPS]> =
                weights.products.iter().map(|&k| across(k, corners)).collect();
            for y in 0..n {
                let rows = match part {
                    0 => [
                        target.padded.from(0, y),
                        first.from(0, y),
                        target.padded.from(width - 1, y),
                    ],
                    1 => [left.from(0, y), inner.from(0, y), right.from(0, y)],
                    _ => [
                        target.padded.from(0, y + height - 1),
                        last.from(0, y),
                        target.padded.from(width - 1, y + height - 1),
                    ],
                };
                let rows = std::array::from_fn(|k| &rows[k / TAPS][k % TAPS..]);
                steps::interleave(level, &weights, rows, &mut to.row_mut(y)[..n_across]);
            }
        }
    }
}

/// Weights of the products with the first, inner and last columns, of which the first and last are multiplied.
fn across([first, inner, last]: [[f64; TAPS]; 3], [left, right]: [f64; 2]) -> [f64; 3 * TAPS] {
    let times = |k: [f64; TAPS], by: f64| k.map(|k| k * by);
    let weights = [times(first, left), inner, times(last, right)];
    std::array::from_fn(|k| weights[k / TAPS][k % TAPS])
}

#[cfg(test)]
mod tests {
    use super::super::enlargement::{self, EnlargeScratch};
    use super::super::naive;
    use super::super::score::ScoreMap;
    use super::*;
    use crate::geometry::{Displacement, Rect};
    use crate::synth;

    /// Two frames, and how many grey values they have.
    fn frames(noise: f64, gain: f32, offset: f32) -> [Frame; 2] {
        let size = Size::new(64, 56);
        let moving = Displacement::new(2.4, -1.7);
        let mut stack = synth::speckle(size).radius(1.5).noise(noise).moving(moving).frames(2);
        let frame = |frame: Frame| Frame::from_fn(size, |x, y| gain * frame.row(y)[x] + offset);
        let [first, second] = <[Frame; 2]>::try_from(stack.to_frames()).unwrap();
        [frame(first), frame(second)]
    }

    fn enlarged(part: View<'_>, times: usize) -> Frame {
        let mut enlarged = Frame::default();
        let enlargement = Enlargement::new(times as f64).unwrap();
        enlargement::enlarge(part, enlargement, &mut EnlargeScratch::default(), &mut enlarged);
        enlarged
    }

    fn judge(window: View<'_>, region: View<'_>, times: usize) -> ScoreMap {
        let mut map = ScoreMap::default();
        naive::scores(enlarged(window, times).view(), enlarged(region, times).view(), &mut map);
        map
    }

    fn scored(
        level: Level,
        window: View<'_>,
        region: View<'_>,
        times: usize,
        work: &mut StepScratch,
    ) -> Option<Vec<f32>> {
        let (mut template, mut target) = (StepTemplate::default(), StepTarget::default());
        let is_sure = template.prepare(window, times, work)
            && target.prepare(level, region, (window.size(), times), work);
        is_sure.then(|| {
            let mut found = vec![f32::NAN; target.steps().area()];
            scores(level, &template, &target, work, &mut found);
            found
        })
    }

    const SHAPES: [(Rect, Rect); 5] = [
        (Rect::new(20, 16, 16, 16), Rect::new(15, 11, 26, 26)),
        (Rect::new(20, 16, 11, 8), Rect::new(20, 16, 11, 8)),
        (Rect::new(20, 16, 3, 3), Rect::new(18, 15, 8, 5)),
        (Rect::new(0, 0, 13, 17), Rect::new(0, 0, 18, 17)),
        (Rect::new(51, 39, 13, 17), Rect::new(47, 36, 17, 20)),
    ];

    #[test]
    fn all_scores_are_those_of_the_enlarged_pictures() {
        let (mut work, mut n) = (StepScratch::default(), 0);
        // Bright and weak: enlarged pixels are rounded by up to 0.002 of 40000 ± 30.
        for ([first, second], same) in [
            (frames(0.0, 1.0, 0.0), 2e-6),
            (frames(0.05, 1.0, 0.0), 2e-6),
            (frames(0.0, 0.25, 4e4), 1e-4),
        ] {
            for (window, region) in SHAPES {
                for times in [2, 3, 5, 10] {
                    let (window, region) = (first.crop(window), second.crop(region));
                    let map = judge(window, region, times);
                    let found = scored(Level::new(), window, region, times, &mut work);
                    let Some(found) = found else { continue };
                    n += 1;
                    assert_eq!(found.len(), map.scores().len());
                    for (found, judge) in found.iter().zip(map.scores()) {
                        assert!((found - judge).abs() < same, "{times}: {found}, not {judge}");
                    }
                }
            }
        }
        assert!(40 <= n, "{n} had scores");
    }

    #[test]
    fn every_level_gives_the_same_bits_with_any_scratch() {
        let [first, second] = frames(0.02, 1.0, 0.0);
        let (window, region) = (first.crop(SHAPES[0].0), second.crop(SHAPES[0].1));
        let mut dirty = StepScratch::default();
        let holes = Frame::from_fn(Size::new(64, 56), |x, _| if x == 30 { f32::NAN } else { 1.0 });
        let other = holes.crop(Rect::new(0, 0, 50, 40));
        assert!(scored(Level::new(), window, other, 7, &mut dirty).is_none());
        let bits = |scores: Option<Vec<f32>>| -> Vec<u32> {
            scores.unwrap().into_iter().map(f32::to_bits).collect()
        };
        let expected = bits(scored(Level::new(), window, region, 5, &mut StepScratch::default()));
        for level in simd::levels() {
            assert_eq!(bits(scored(level, window, region, 5, &mut dirty)), expected, "{level:?}");
        }
    }

    #[test]
    fn far_values_do_not_drown_weak_windows() {
        let [first, second] = frames(0.0, 1.0, 0.0);
        let beside = Frame::from_fn(second.size(), |x, y| match x < 22 {
            true => 5e4 * ((x + y) % 2) as f32,
            false => second.row(y)[x],
        });
        let (window, region) = (first.crop(SHAPES[0].0), beside.crop(Rect::new(6, 8, 40, 30)));
        let (map, mut work) = (judge(window, region, 4), StepScratch::default());
        let found = scored(Level::new(), window, region, 4, &mut work).unwrap();
        for (found, judge) in found.iter().zip(map.scores()) {
            assert!((found - judge).abs() < 2e-5, "{found}, not {judge}");
        }
    }

    #[test]
    fn where_rounding_decides_what_is_flat_there_are_no_scores() {
        let mut work = StepScratch::default();
        let [first, second] = frames(0.0, 1e-3, 4e4);
        let (window, region) = SHAPES[0];
        assert!(
            scored(Level::new(), first.crop(window), second.crop(region), 3, &mut work).is_none()
        );
        let [textured, _] = frames(0.0, 1.0, 0.0);
        let window = textured.crop(window);
        assert!(scored(Level::new(), window, second.crop(region), 3, &mut work).is_none());
        for flat in [0.0, 117.3] {
            let flat = Frame::from_fn(second.size(), |_, _| flat);
            let found = scored(Level::new(), window, flat.crop(region), 3, &mut work).unwrap();
            assert!(found.iter().all(|&score| score == f32::NEG_INFINITY));
        }
    }
}
