//! A template as the tiles of a [mosaic] see it, wherever it lies on them.
//!
//! [mosaic]: super::mosaic

use super::mosaic::{SIDES, n_covered};
use crate::frame::View;
use crate::geometry::Size;
use crate::simd::{self, Level, Rows};

/// Tiles that a template has at least across and down.
const LEAST_TILES: usize = 6;
/// A score that usually matters: below it no other place is a rival.
const TYPICAL: f64 = 0.85;
/// Unrelated texture must not be so much alike that it matters: that many standard deviations of its likeness.
const UNLIKELY: f64 = 2.0;
/// Rounding of likeness and bounds, and more.
const SLACK: f64 = 2e-3;
/// The part that tiles which count as flat may add to a bound.
const BESIDE_FLAT: f64 = 0.1;

/// A template's tile sums at all phases: places of its corner on the tiles.
#[derive(Debug, Default)]
pub struct Tiled {
    side: usize,
    /// Tiles across and down.
    covered: Size,
    /// Of one phase after the other, less their mean.
    sums: Vec<f32>,
    pub(super) phases: Vec<Phase>,
    /// Keys along each axis.
    n_keys: usize,
    /// One after the other.
    keys: Vec<f32>,
    norms: Vec<f32>,
    boxes: Rows,
}

/// A template's corner lies so far before the first tile that is wholly inside.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// Pixels across and down.
    pub at: [usize; 2],
    /// √ Σ of squares of the tile sums.
    pub norm: f32,
    /// The part α of the template's contrast that is in the means of the tiles.
    pub share: f64,
    /// Which key it is compared with.
    pub key: usize,
    /// The angle between both.
    pub apart_rad: f64,
}

impl Phase {
    /// The most that a window can score which is so much alike.
    pub fn bound(&self, likeness: f64) -> f64 {
        (self.share * likeness.max(0.0).powi(2) + 1.0 - self.share).sqrt() + SLACK
    }

    /// The most that a window can score whose tiles are flat.
    pub fn bound_of_flat(&self) -> f64 {
        BESIDE_FLAT * self.share.sqrt() + (1.0 - self.share).sqrt() + SLACK
    }

    /// The least likeness of the key with which a window may score as high as this; less than −1: any.
    pub fn least_at_key(&self, score: f64) -> f64 {
        let square = ((score - SLACK).max(0.0).powi(2) + self.share - 1.0) / self.share;
        if square <= 0.0 {
            return ANY;
        }
        let angle = square.sqrt().min(1.0).acos() + self.apart_rad;
        if angle < std::f64::consts::PI { angle.cos() - SLACK } else { ANY }
    }
}

/// Less than any likeness, and more than what stands beyond the last.
const ANY: f64 = -1.5;

impl Tiled {
    /// Side of the tiles, px.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Tiles across and down.
    pub fn covered(&self) -> Size {
        self.covered
    }

    /// How many keys there are.
    pub fn n_keys(&self) -> usize {
        self.n_keys * self.n_keys
    }

    /// The number of a phase.
    pub fn phase(&self, [across, down]: [usize; 2]) -> usize {
        down * self.side + across
    }

    /// The number of a phase amid those of a key.
    pub fn amid(&self, key: usize) -> usize {
        let place = |i: usize| (2 * i + 1) * self.side / (2 * self.n_keys);
        self.phase([place(key % self.n_keys), place(key / self.n_keys)])
    }

    /// Its tile sums at a phase.
    pub fn sums(&self, phase: usize) -> View<'_> {
        View::new(self.covered, &self.sums[phase * self.covered.area()..])
    }

    /// A key, and √ Σ of its squares.
    pub fn key(&self, key: usize) -> (View<'_>, f32) {
        (View::new(self.covered, &self.keys[key * self.covered.area()..]), self.norms[key])
    }

    /// Lays a template of zero-mean pixels with this norm on the largest tiles that tell unrelated texture from it,
    /// with as few keys; whether there are any.
    pub fn lay(&mut self, level: Level, template: View<'_>, norm: f64) -> bool {
        SIDES.into_iter().any(|side| {
            // Four times as many transforms of the smallest tiles take as long as scoring all positions.
            let n_keys = if side == 2 { 1..2 } else { 1..3 };
            self.cut(level, template, norm, side)
                && n_keys.into_iter().any(|n_keys| self.tells_apart(n_keys))
        })
    }

    /// Cuts it into tiles of this side at all phases; whether there are enough.
    pub(super) fn cut(&mut self, level: Level, template: View<'_>, norm: f64, side: usize) -> bool {
        let Size { width, height } = template.size();
        let covered = Size::new(n_covered(width, side), n_covered(height, side));
        if covered.width.min(covered.height) < LEAST_TILES {
            return false;
        }
        (self.side, self.covered) = (side, covered);
        self.sum(level, template, norm);
        true
    }

    fn sum(&mut self, level: Level, template: View<'_>, norm: f64) {
        let Self { side, covered, .. } = *self;
        simd::sum_blocks(level, template, 0.0, side, &mut self.boxes);
        self.sums.clear();
        self.phases.clear();
        for down in 0..side {
            for across in 0..side {
                let first = self.sums.len();
                for j in 0..covered.height {
                    let row = &self.boxes.row(down + j * side)[across..];
                    self.sums.extend(row.iter().step_by(side).take(covered.width));
                }
                let sums = &mut self.sums[first..];
                let mean = (simd::sum(sums) / sums.len() as f64) as f32;
                sums.iter_mut().for_each(|sum| *sum -= mean);
                let square = simd::dot(sums, sums);
                let share = square / ((side * side) as f64 * norm * norm);
                let (norm, key, apart_rad) = (square.sqrt() as f32, 0, 0.0);
                self.phases.push(Phase { at: [across, down], norm, share, key, apart_rad });
            }
        }
    }

    /// Whether so many keys along each axis tell that unrelated texture does not matter.
    pub(super) fn tells_apart(&mut self, n_keys: usize) -> bool {
        self.n_keys = n_keys;
        self.keys.clear();
        self.norms.clear();
        for key in 0..self.n_keys() {
            self.add_key([key % n_keys, key / n_keys]);
        }
        let (side, n) = (self.side, self.covered.area());
        for (phase, sums) in self.phases.iter_mut().zip(self.sums.chunks_exact(n)) {
            let [across, down] = phase.at.map(|at| at * n_keys / side);
            phase.key = down * n_keys + across;
            let product = simd::dot(sums, &self.keys[phase.key * n..][..n]);
            let cos = product / f64::from(phase.norm * self.norms[phase.key]);
            // What is not a number is as far apart as can be.
            phase.apart_rad = cos.clamp(-1.0, 1.0).acos();
        }
        let chance = UNLIKELY / self.n_independent().sqrt();
        self.phases.iter().all(|phase| chance < phase.least_at_key(TYPICAL))
    }

    /// Amid the phases of this part of the tile: the mean of its four corners.
    fn add_key(&mut self, part: [usize; 2]) {
        let (n, length) = (self.covered.area(), self.side / self.n_keys);
        let first = self.keys.len();
        self.keys.resize(first + n, 0.0);
        for corner in [[0, 0], [1, 0], [0, 1], [1, 1]] {
            let at = [0, 1].map(|i| part[i] * length + corner[i] * (length - 1));
            let sums = &self.sums[self.phase(at) * n..][..n];
            for (key, &sum) in self.keys[first..].iter_mut().zip(sums) {
                *key += 0.25 * sum;
            }
        }
        let key = &self.keys[first..];
        self.norms.push(simd::dot(key, key).sqrt() as f32);
    }

    /// How many of the tiles are independent of each other.
    fn n_independent(&self) -> f64 {
        let (key, norm) = self.key(0);
        let Size { width, height } = self.covered;
        let likeness = |product: f64| (product / f64::from(norm * norm)).clamp(0.0, 0.99);
        let across = (0..height).map(|y| simd::dot(&key.row(y)[1..], &key.row(y)[..width - 1]));
        let down = (1..height).map(|y| simd::dot(key.row(y), key.row(y - 1)));
        // With likeness ρ of neighbours, and ρ to the n² of those n apart: the sum of its squares.
        let alike =
            |likeness: f64| 1.0 + 2.0 * (1..8).map(|n| likeness.powi(2 * n * n)).sum::<f64>();
        let alike = alike(likeness(across.sum())) * alike(likeness(down.sum()));
        self.covered.area() as f64 / alike
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth;

    /// A window of speckle with spots of this radius, zero-mean, and its norm.
    fn window(size: Size, radius: f64) -> (Vec<f32>, f64) {
        let frame = synth::speckle(size).radius(radius).frames(1).to_frames().remove(0);
        let mean = simd::sum(frame.pixels()) / size.area() as f64;
        let pixels: Vec<f32> =
            frame.pixels().iter().map(|&pixel| (f64::from(pixel) - mean) as f32).collect();
        let norm = simd::dot(&pixels, &pixels).sqrt();
        (pixels, norm)
    }

    #[test]
    fn coarse_texture_is_laid_on_large_tiles_and_fine_on_small() {
        let size = Size::new(133, 114);
        let mut tiled = Tiled::default();
        for (radius, side) in [(4.0, 8), (2.0, 4), (1.0, 4)] {
            let (pixels, norm) = window(size, radius);
            assert!(tiled.lay(Level::new(), View::new(size, &pixels), norm));
            assert_eq!(tiled.side(), side, "spots of {radius} px");
        }
    }

    #[test]
    fn a_small_window_is_laid_on_no_tiles() {
        let size = Size::new(12, 14);
        let (pixels, norm) = window(size, 2.0);
        assert!(!Tiled::default().lay(Level::new(), View::new(size, &pixels), norm));
    }

    #[test]
    fn each_phase_has_the_sums_of_the_tiles_that_are_wholly_inside() {
        let (size, side) = (Size::new(31, 28), 4);
        let (pixels, norm) = window(size, 2.0);
        let mut tiled = Tiled::default();
        assert!(tiled.cut(Level::new(), View::new(size, &pixels), norm, side));
        assert_eq!(tiled.covered(), Size::new(7, 6));
        let sum = |x: usize, y: usize| -> f64 {
            let pixel = |i: usize| pixels[(y + i / side) * size.width + x + i % side];
            (0..side * side).map(|i| f64::from(pixel(i))).sum()
        };
        for [across, down] in [[0, 0], [3, 1], [2, 3]] {
            let sums: Vec<f64> =
                (0..42).map(|i| sum(across + i % 7 * side, down + i / 7 * side)).collect();
            let mean = sums.iter().sum::<f64>() / 42.0;
            let found = tiled.sums(tiled.phase([across, down]));
            for (&found, sum) in found.rows().flatten().zip(&sums) {
                assert!((f64::from(found) - (sum - mean)).abs() < 1e-5 * norm);
            }
        }
    }

    #[test]
    fn what_scores_high_is_as_much_like_the_key_as_it_must() {
        let phase = Phase { at: [0, 0], norm: 1.0, share: 0.7, key: 0, apart_rad: 0.4 };
        for score in [0.6, 0.8, 0.95] {
            // As much alike as a window that scores just so can be at least, and at the key less by the angle.
            let own = ((score * score - 0.3f64) / 0.7).sqrt();
            let least = phase.least_at_key(score);
            assert!(least < (own.acos() + 0.4).cos() && (own.acos() + 0.4).cos() - 0.02 < least);
            assert!(score < phase.bound(own) && phase.bound(own) < score + 0.01);
        }
        assert!(phase.least_at_key(0.5) < -1.0, "the residue alone may score as high");
    }
}
