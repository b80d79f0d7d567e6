//! The windows of movemeter 0.7, to the last one.
//!
//! Its generators, with its names and its arithmetic. What it calls the centre of a block is (x + w/2, y + h/2), half a
//! pixel right and down of the middle pixel. Blocks may reach past the rectangle, and past the frame, if `step` is less
//! than 1. The order is row by row.

use std::collections::HashSet;

use super::circle::{Circle, Sector};
use super::ellipse::Ellipse;
use super::limits::{check_blocks, check_length, check_number, check_points, check_rect, setting};
use super::path::{is_near_line, lines};
use crate::error::Error;
use crate::geometry::{Point, Rect, Size};

/// Blocks as wide and high as `block` over a rectangle: ⌊gw / (bw·step)⌋ columns by ⌊gh / (bh·step)⌋ rows, with corners at
/// the whole part of gx + i·bw·step.
///
/// # Errors
///
/// An empty rectangle or block, a step that is not more than 0, more than [`MAX_WINDOWS`](super::MAX_WINDOWS) blocks; the
/// same for all below.
pub fn gen_grid(within: Rect, block: Size, step: f64) -> Result<Vec<Rect>, Error> {
    check_rect(within)?;
    let Rect { x, y, width, height } = within;
    blocks([x as f64, y as f64, width as f64, height as f64], block, step)
}

/// The same over a rectangle of any numbers.
fn blocks([x, y, width, height]: [f64; 4], block: Size, step: f64) -> Result<Vec<Rect>, Error> {
    check_blocks(block, step)?;
    let n_across = (width / (block.width as f64 * step)).trunc();
    let n_down = (height / (block.height as f64 * step)).trunc();
    check_number(n_across.max(1.0) * n_down.max(1.0))?;
    let place = |start: f64, i: usize, side: usize| {
        (start + i as f64 * side as f64 * step).trunc() as isize
    };
    let row = |j: usize| {
        let at = move |i: usize| (place(x, i, block.width), place(y, j, block.height));
        (0..n_across as usize).map(at)
    };
    let corners = (0..n_down as usize).flat_map(row);
    Ok(corners.map(|(x, y)| Rect::new(x, y, block.width, block.height)).collect())
}

/// Blocks of the grid over `rect` whose centre lies in the ellipse it holds: in a ring of horizontal thickness `ring` (1.1
/// blocks if left out), or anywhere if `filled`.
pub fn grid_along_ellipse(
    rect: Rect,
    block: Size,
    step: f64,
    ring: Option<f64>,
    filled: bool,
) -> Result<Vec<Rect>, Error> {
    let ellipse = Ellipse { rect, ring: None };
    let lower = match filled {
        true => 0.0,
        // Less than 0 if the ring is thicker than the ellipse; its square leaves a hole then.
        false => ellipse.radius_x() - ring.unwrap_or(default_ring(block)),
    };
    let grid = gen_grid(rect, block, step)?;
    // Centres of blocks and of the ellipse are half a pixel less here; how far they are apart is the same.
    Ok(grid.into_iter().filter(|block| ellipse.is_beyond(lower, block.middle())).collect())
}

/// How thick rings are if nothing is said of it, px.
pub fn default_ring(block: Size) -> f64 {
    1.1 * block.width as f64
}

/// Blocks whose centre is nearer than `distance` to the line, and between its ends along its longer axis.
pub fn grid_along_line(
    from: Point,
    to: Point,
    distance: f64,
    block: Size,
    step: f64,
) -> Result<Vec<Rect>, Error> {
    check_points(&[from, to], 2)?;
    check_length("distance", distance)?;
    if from == to {
        let place = format!("{},{} twice", from.x, from.y);
        return setting("ends of a line", &place, "two different points");
    }
    let (x, y) = (from.x.min(to.x), from.y.min(to.y));
    let width = (to.x - from.x).abs().max(distance);
    let height = (to.y - from.y).abs().max(distance);
    let start = [x - (width / 2.0).trunc(), y - (height / 2.0).trunc()];
    let grid = blocks([start[0], start[1], 2.0 * width, 2.0 * height], block, step)?;
    let is_near = |block: &Rect| is_near_line(center(*block), [from, to], distance);
    Ok(grid.into_iter().filter(is_near).collect())
}

/// Blocks along the line from each point to the next; a block that comes again is left out.
pub fn grid_along_path(
    points: &[Point],
    distance: f64,
    block: Size,
    step: f64,
) -> Result<Vec<Rect>, Error> {
    let mut known = HashSet::new();
    let mut all = Vec::new();
    for [from, to] in lines(points).filter(|[from, to]| from != to) {
        let along = grid_along_line(from, to, distance, block, step)?;
        all.extend(along.into_iter().filter(|block| known.insert(*block)));
        check_number(all.len() as f64)?;
    }
    Ok(all)
}

/// Blocks of the grid over `within` whose centre lies in the ring of thickness `ring` inside the circle.
///
/// The circle through points is [`Circle::through`].
pub fn grid_arc(
    within: Rect,
    block: Size,
    step: f64,
    circle: Circle,
    ring: f64,
) -> Result<Vec<Rect>, Error> {
    in_ring(within, block, step, |place| circle.ring_holds(ring, None, place))
}

/// The same for blocks in one sector: a radial line of length `length` inwards from the circle.
pub fn grid_radial_line(
    within: Rect,
    block: Size,
    step: f64,
    circle: Circle,
    length: f64,
    sector: Sector,
) -> Result<Vec<Rect>, Error> {
    in_ring(within, block, step, |place| circle.ring_holds(length, Some(sector), place))
}

fn in_ring(
    within: Rect,
    block: Size,
    step: f64,
    holds: impl Fn(Point) -> bool,
) -> Result<Vec<Rect>, Error> {
    let grid = gen_grid(within, block, step)?;
    Ok(grid.into_iter().filter(|block| holds(center(*block))).collect())
}

/// The centre as movemeter 0.7 has it.
fn center(block: Rect) -> Point {
    let Point { x, y } = block.middle();
    Point::new(x + 0.5, y + 0.5)
}
