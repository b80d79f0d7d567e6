//! Where content that may have turned is, roughly: a few hundred block sums of a template at many angles, compared
//! with those of a search region.
//!
//! The middle of a template is seen as a square lattice of block sums, at angles and positions that lie as far apart as
//! its likeness to itself allows. If one angle and position is far more alike than all that are not on its hill, no
//! other can be as good: what a pixel adds to a block's sum counts there as it does in the score of all pixels. If not,
//! or where that cannot be told, all angles and positions must be [looked at](super::hills).

use super::angles;
use super::block;
use super::roughness::{ELSEWHERE, Roughness};
use super::warp::Warp;
use crate::frame::View;
use crate::geometry::{Rect, Size};
use crate::simd::{self, Blocks, Level, Rows};

/// Sides of blocks, px: the largest in which enough of the contrast is left is taken.
const SIDES: [usize; 3] = [8, 4, 2];
/// Enough.
const GOOD_SHARE: f64 = 0.5;
/// Blocks across and down: so many tell one place from all others, …
const MAX_BLOCKS: usize = 16;
/// … and fewer do not.
const LEAST_BLOCKS: usize = 8;
/// Half-way between two positions along one axis, likeness has lost at most this part.
const LOSS_BETWEEN: f64 = 0.06;
/// The best must be at least so much alike, …
const LEAST_LIKENESS: f32 = 0.5;
/// … and all others less than this part of it: a hill seen between its top's positions and angles loses at most a fifth.
const MAYBE_HIGHEST: f32 = 0.7;
/// More places that may be as good than this, and there is more than one hill.
const MAX_CANDIDATES: usize = 512;

/// How a template is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Side of a block, px.
    side: usize,
    /// From one position to the next, px: a part of the side.
    step: usize,
    /// Blocks across and down.
    n: usize,
}

impl Grid {
    /// Side of the square that the blocks cover.
    fn covered(self) -> usize {
        self.n * self.side
    }

    /// The blocks, where positions are one apart.
    fn blocks(self) -> Blocks {
        Blocks { side: self.side / self.step, across: self.n, down: self.n }
    }
}

/// A template's middle at many angles.
#[derive(Clone, Debug, Default)]
pub struct LatticeTemplate {
    grid: Option<Grid>,
    max_angle_rad: f64,
    angles: Vec<f64>,
    /// Block sums less their mean, one lattice after the other.
    sums: Vec<f32>,
    /// Σ of their squares.
    squares: Vec<f32>,
    roughness: Roughness,
    /// Σ gθ² / Σ t²
    turning: f64,
}

/// A template's pixels.
#[derive(Clone, Copy)]
pub struct Pixels<'a> {
    /// Of the whole window.
    pub all: View<'a>,
    /// √ Σ (t − t̄)²
    pub norm: f64,
}

impl LatticeTemplate {
    /// Makes it empty.
    pub fn clear(&mut self) {
        self.grid = None;
    }

    /// With the largest blocks that are good enough; empty if there are none.
    pub fn build(&mut self, level: Level, of: Pixels<'_>, max_angle_rad: f64, work: &mut Rows) {
        self.max_angle_rad = max_angle_rad;
        for side in SIDES {
            let size = of.all.size();
            let n = n_blocks(size, side).min(MAX_BLOCKS);
            if LEAST_BLOCKS <= n
                && GOOD_SHARE <= self.look(level, of, Grid { side, step: 1, n }, work)
            {
                let steepest = self.roughness.xx.max(self.roughness.yy);
                let step = 2.0 * (2.0 * LOSS_BETWEEN / steepest.max(f64::MIN_POSITIVE)).sqrt();
                let step = [4, 2, 1].into_iter().find(|&by| by <= side && by as f64 <= step);
                return self.turn(size, Grid { side, step: step.unwrap_or(1), n }, work);
            }
        }
        self.clear();
    }

    /// With these blocks, which suit a target that is there already.
    pub fn build_of(&mut self, level: Level, of: Pixels<'_>, grid: Grid, work: &mut Rows) {
        self.look(level, of, grid, work);
        self.turn(of.all.size(), grid, work);
    }

    /// How it is seen, if it is.
    pub fn grid(&self) -> Option<Grid> {
        self.grid
    }

    /// Makes the block sums, and finds how they change; gives the share of the contrast that is left in them.
    fn look(&mut self, level: Level, of: Pixels<'_>, grid: Grid, sums: &mut Rows) -> f64 {
        let (size, Grid { side, n, .. }) = (of.all.size(), grid);
        simd::sum_blocks(level, of.all, 0.0, side, sums);
        let (mut all, mut square, mut products, mut turning) = (0.0, 0.0, [0.0f64; 3], 0.0);
        let first = |of: usize| (of - grid.covered()) / 2;
        let (left, top) = (first(size.width), first(size.height));
        let middle = 0.5 * (n as f64 - 1.0);
        let side_px = side as f64;
        for j in 0..n {
            let y = top + j * side;
            let [above, row, below] = [y - 1, y, y + 1].map(|y| sums.row(y));
            for i in 0..n {
                let x = left + i * side;
                let gx = 0.5 * f64::from(row[x + 1] - row[x - 1]);
                let gy = 0.5 * f64::from(below[x] - above[x]);
                let value = f64::from(row[x]);
                (all, square) = (all + value, square + value * value);
                products = [products[0] + gx * gx, products[1] + gx * gy, products[2] + gy * gy];
                let (from_x, from_y) =
                    ((i as f64 - middle) * side_px, (j as f64 - middle) * side_px);
                turning += (from_x * gy - from_y * gx).powi(2);
            }
        }
        let n = (n * n) as f64;
        let contrast = (square - all * all / n).max(f64::MIN_POSITIVE);
        let [xx, xy, yy] = products.map(|product| product / contrast);
        (self.roughness, self.turning) = (Roughness { xx, xy, yy }, turning / contrast);
        let of_pixels = of.norm * of.norm / size.area() as f64;
        contrast / n / (side_px.powi(4) * of_pixels)
    }

    /// Looks up the block sums at all angles.
    fn turn(&mut self, size: Size, grid: Grid, of: &Rows) {
        self.grid = Some(grid);
        self.angles = angles::of_search(self.turning, self.max_angle_rad).collect();
        self.sums.clear();
        self.squares.clear();
        for &angle_rad in &self.angles {
            let first = self.sums.len();
            sample_turned(of, size, grid, angle_rad, &mut self.sums);
            let sums = &mut self.sums[first..];
            let mean = (simd::sum(sums) / sums.len() as f64) as f32;
            for sum in &mut *sums {
                *sum -= mean;
            }
            self.squares.push(simd::dot(sums, sums) as f32);
        }
    }

    fn at(&self, angle: usize) -> (&[f32], f32) {
        let n = self.sums.len() / self.angles.len();
        (&self.sums[angle * n..][..n], self.squares[angle])
    }
}

/// How many blocks of this side across and down turn within a window, with a pixel around them.
fn n_blocks(window: Size, side: usize) -> usize {
    let least = window.width.min(window.height) as f64;
    let across = (least - side as f64 - 4.0) / (side as f64 * std::f64::consts::SQRT_2);
    let turning = if across < 0.0 { 0 } else { across as usize + 1 };
    turning.min(angles::middle(Rect::of_frame(window)).width / side)
}

/// The nearest sums to the places of a lattice in the content that has turned about the window's centre.
fn sample_turned(
    of: &Rows,
    window: Size,
    Grid { side, n, .. }: Grid,
    angle_rad: f64,
    out: &mut Vec<f32>,
) {
    let (sin, cos) = angle_rad.sin_cos();
    // From the window's corner to the block at its centre; half a pixel more, to round by cutting off.
    let centre = |of: usize| 0.5 * (of as f64 - side as f64) + 0.5;
    let (x, y) = (centre(window.width), centre(window.height));
    let place = |i: usize| (i as f64 - 0.5 * (n as f64 - 1.0)) * side as f64;
    let (stride, sums) = (of.stride, of.values());
    for j in 0..n {
        let (x, y) = (x + sin * place(j), y + cos * place(j));
        let at = |i: usize| {
            let along = place(i);
            sums[(y - sin * along) as usize * stride + (x + cos * along) as usize]
        };
        out.extend((0..n).map(at));
    }
}

/// A search region's block sums.
#[derive(Clone, Debug, Default)]
pub struct LatticeTarget {
    grid: Option<Grid>,
    /// At every position of a block, [`Grid::step`] apart.
    sums: Rows,
    spread: Rows,
    /// Positions of the lattice.
    positions: Size,
    /// Where the lattice's centre is at the first.
    centre: [f64; 2],
}

impl LatticeTarget {
    /// Of this region of a frame, in which the square middle of a window of this side is looked for.
    pub fn build(
        &mut self,
        level: Level,
        (region, search): (View<'_>, Rect),
        middle: usize,
        grid: Grid,
        work: [&mut Rows; 2],
    ) {
        let Grid { side, step, n } = grid;
        let [sums, lines] = work;
        let beyond = (middle - grid.covered()) / 2;
        let positions = |of: usize| (of - middle) / step + 1;
        self.positions = Size::new(positions(search.width), positions(search.height));
        self.grid = Some(grid);
        let centre =
            |from: isize| from as f64 + beyond as f64 + 0.5 * (grid.covered() as f64 - 1.0);
        self.centre = [centre(search.x), centre(search.y)];
        simd::sum_blocks(level, region, block::middle(region), side, sums);
        let needed = |positions: usize| positions + (n - 1) * (side / step);
        let (width, height) = (needed(self.positions.width), needed(self.positions.height));
        self.sums.fit(width, height);
        for y in 0..height {
            let from = &sums.row(beyond + y * step)[beyond..];
            let to = self.sums.row_mut(y);
            for x in 0..width {
                to[x] = from[x * step];
            }
            to[width..].fill(0.0);
        }
        let positions = [self.positions.width, self.positions.height];
        simd::spread(level, &self.sums, grid.blocks(), positions, lines, &mut self.spread);
    }

    /// How it is seen, if it is.
    pub fn grid(&self) -> Option<Grid> {
        self.grid
    }

    /// Makes it empty.
    pub fn clear(&mut self) {
        self.grid = None;
    }
}

/// Working memory of a search.
#[derive(Default)]
pub struct LatticeScratch {
    /// r·|r| of each position.
    likeness: Rows,
    candidates: Vec<At>,
}

/// An angle and a position.
#[derive(Clone, Copy, Debug)]
struct At {
    angle: usize,
    u: usize,
    v: usize,
    /// r·|r|
    likeness: f32,
}

/// The place and angle of the only hill that may be the highest, near its top; `None` if that cannot be told.
pub fn find(
    level: Level,
    template: &LatticeTemplate,
    target: &LatticeTarget,
    scratch: &mut LatticeScratch,
) -> Option<Warp> {
    let grid = template.grid.filter(|_| template.grid == target.grid)?;
    let search = Search { level, template, target, grid };
    let best = search.best(scratch)?;
    let least = MAYBE_HIGHEST * MAYBE_HIGHEST * best.likeness;
    let candidates = &scratch.candidates;
    let is_rival = |at: &At| {
        // What is not a number may be high.
        let is_low = at.likeness < least;
        !is_low && search.are_apart(&best, at) && search.is_top(at, candidates)
    };
    let is_inside = |at: usize, n: usize| 0 < at && at + 1 < n;
    let positions = target.positions;
    if best.likeness < LEAST_LIKENESS * LEAST_LIKENESS
        || !is_inside(best.u, positions.width)
        || !is_inside(best.v, positions.height)
        || candidates.iter().any(is_rival)
    {
        return None;
    }
    search.between(&best)
}

struct Search<'a> {
    level: Level,
    template: &'a LatticeTemplate,
    target: &'a LatticeTarget,
    grid: Grid,
}

impl Search<'_> {
    /// The most alike; those that are nearly as much, and perhaps others, are left in the scratch.
    fn best(&self, scratch: &mut LatticeScratch) -> Option<At> {
        let LatticeScratch { likeness, candidates } = scratch;
        let Self { level, template, target, grid } = *self;
        let mut best: Option<At> = None;
        candidates.clear();
        for angle in 0..template.angles.len() {
            simd::correlate_blocks(
                level,
                template.at(angle),
                grid.blocks(),
                (&target.sums, &target.spread),
                target.positions.width,
                likeness,
            );
            let Some(highest) = simd::highest(level, likeness) else { continue };
            let (stride, values) = (likeness.stride, likeness.values());
            let place = |i: usize| At { angle, u: i % stride, v: i / stride, likeness: values[i] };
            if best.is_none_or(|best| best.likeness < values[highest]) {
                best = Some(place(highest));
            }
            let most = best.map_or(0.0, |best| best.likeness);
            // What is half as alike as chance makes the best is none.
            let least = MAYBE_HIGHEST * MAYBE_HIGHEST * most.max(LEAST_LIKENESS * LEAST_LIKENESS);
            simd::find_not_below(level, likeness, least, |i| {
                candidates.push(place(i));
                candidates.len() < MAX_CANDIDATES
            });
            if MAX_CANDIDATES <= candidates.len() {
                return None;
            }
        }
        best
    }

    /// Whether one is not on the other's hill.
    fn are_apart(&self, a: &At, b: &At) -> bool {
        let px = |a: usize, b: usize| (a as f64 - b as f64) * self.grid.step as f64;
        let turn = self.template.angles[a.angle] - self.template.angles[b.angle];
        let turn = turn - (turn / std::f64::consts::TAU).round() * std::f64::consts::TAU;
        let along = self.template.roughness.along(px(a.u, b.u), px(a.v, b.v));
        ELSEWHERE < along + self.template.turning * turn * turn
    }

    /// Whether no neighbour is more alike: what is not a number has none.
    fn is_top(&self, at: &At, candidates: &[At]) -> bool {
        let n_angles = self.template.angles.len();
        let is_near = |a: usize, b: usize| a.abs_diff(b) <= 1;
        let is_higher = |other: &At| {
            at.likeness < other.likeness
                && is_near(at.u, other.u)
                && is_near(at.v, other.v)
                && (is_near(at.angle, other.angle)
                    || at.angle.abs_diff(other.angle) + 1 == n_angles)
        };
        !candidates.iter().any(is_higher)
    }

    /// The top of the parabolas through the best and its neighbours.
    fn between(&self, best: &At) -> Option<Warp> {
        let here = self.likeness(best.angle, best.u, best.v);
        let top = |before: f32, after: f32| {
            let curvature = before - 2.0 * here + after;
            let top = 0.5 * (before - after) / curvature;
            if curvature < 0.0 { f64::from(top.clamp(-0.5, 0.5)) } else { 0.0 }
        };
        let u = top(
            self.likeness(best.angle, best.u - 1, best.v),
            self.likeness(best.angle, best.u + 1, best.v),
        );
        let v = top(
            self.likeness(best.angle, best.u, best.v - 1),
            self.likeness(best.angle, best.u, best.v + 1),
        );
        let angles = &self.template.angles;
        let n = angles.len();
        let [before, after] = [(best.angle + n - 1) % n, (best.angle + 1) % n];
        let is_at_end = best.angle == 0 || after == 0;
        if is_at_end && !angles::is_circle(self.template.max_angle_rad) {
            return None;
        }
        let turn = top(self.likeness(before, best.u, best.v), self.likeness(after, best.u, best.v));
        let angle_rad = angles[best.angle] + turn * (angles[1] - angles[0]);
        let [x, y] = self.target.centre;
        let px = |at: usize, beyond: f64| (at as f64 + beyond) * self.grid.step as f64;
        Some(Warp::turned(x + px(best.u, u), y + px(best.v, v), angle_rad))
    }

    /// r
    fn likeness(&self, angle: usize, u: usize, v: usize) -> f32 {
        let Blocks { side, across, .. } = self.grid.blocks();
        let (sums, square) = self.template.at(angle);
        let rows = sums.chunks_exact(across).enumerate();
        let row = |(j, row): (usize, &[f32])| -> f32 {
            let from = &self.target.sums.row(v + j * side)[u..];
            row.iter().enumerate().map(|(i, t)| t * from[i * side]).sum()
        };
        rows.map(row).sum::<f32>() / (square * self.target.spread.row(v)[u]).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Displacement;
    use crate::synth;

    const WINDOW: Rect = Rect::new(40, 40, 80, 80);

    /// Where content that turned and moved is found.
    fn found(angle_rad: f64, moved: Displacement, max_angle_rad: f64) -> Option<Warp> {
        let size = Size::new(160, 160);
        let path = vec![Displacement::ZERO, moved];
        let frames = synth::speckle(size).turning(angle_rad).path(path).frames(2).to_frames();
        let (mut sums, mut lines) = (Rows::default(), Rows::default());
        let view = frames[0].crop(WINDOW);
        let n = WINDOW.size().area() as f64;
        let mean = view.rows().map(simd::sum).sum::<f64>() / n;
        let pixels: Vec<f32> = view.rows().flatten().map(|&pixel| pixel - mean as f32).collect();
        let of = Pixels {
            all: View::new(WINDOW.size(), &pixels),
            norm: simd::dot(&pixels, &pixels).sqrt(),
        };
        let mut template = LatticeTemplate::default();
        template.build(Level::new(), of, max_angle_rad, &mut sums);
        let mut target = LatticeTarget::default();
        let middle = angles::middle(WINDOW);
        let search = middle.grown(11);
        let grid = template.grid().unwrap();
        target.build(
            Level::new(),
            (frames[1].crop(search), search),
            middle.width,
            grid,
            [&mut sums, &mut lines],
        );
        find(Level::new(), &template, &target, &mut LatticeScratch::default())
    }

    #[test]
    fn place_and_angle_are_near_enough_for_a_fit() {
        for (angle, dx, dy) in
            [(0.0, 0.0, 0.0), (0.7, 3.3, -4.2), (-2.9, -7.4, 6.1), (3.1, 1.0, 8.0)]
        {
            let warp = found(angle, Displacement::new(dx, dy), std::f64::consts::PI).unwrap();
            // The window's centre is the frame's.
            let (x, y) = (warp.x - 79.5 - dx, warp.y - 79.5 - dy);
            assert!(x.abs().max(y.abs()) < 0.7, "{angle}: {x} {y}");
            let turned = warp.after_inverse(&Warp::turned(0.0, 0.0, angle)).unwrap();
            assert!(turned.deformation(0.0).angle_rad.abs() < 0.03, "{angle}: {warp:?}");
        }
    }

    #[test]
    fn what_is_not_there_or_at_the_end_of_the_search_is_not_told() {
        let half = std::f64::consts::FRAC_PI_2;
        assert!(found(2.0, Displacement::ZERO, half).is_none(), "turned too far");
        assert!(found(0.4, Displacement::new(30.0, 0.0), half).is_none(), "moved too far");
        assert!(found(0.4, Displacement::new(11.4, 0.0), half).is_none(), "at the edge");
        assert!(found(0.4, Displacement::new(3.0, 1.0), half).is_some());
    }
}
