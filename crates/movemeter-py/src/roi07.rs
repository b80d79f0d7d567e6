//! The windows of movemeter 0.7, made by its generators.

use movemeter::error::Error;
use movemeter::geometry::{Point, Rect, Size};
use movemeter::roi::{Circle, Sector, original};
use numpy::PyArray2;
use pyo3::prelude::*;

use crate::failure::of_core;
use crate::rois::sides;
use crate::settings::rect_of;

/// A rectangle, the size of a block, and how far it is from one block to the next, in blocks.
type Blocks = ([i64; 4], (usize, usize), f64);

/// Windows, (window, 4).
type Rects<'py> = PyResult<Bound<'py, PyArray2<i64>>>;

/// Blocks over a rectangle.
#[pyfunction]
pub fn roi07_grid(py: Python<'_>, blocks: Blocks) -> Rects<'_> {
    let (rect, block, step) = blocks;
    given(py, original::gen_grid(rect_of(rect), size(block), step))
}

/// Blocks along the ellipse that the rectangle holds, or in it.
#[pyfunction]
pub fn roi07_ellipse(py: Python<'_>, blocks: Blocks, ring: Option<f64>, filled: bool) -> Rects<'_> {
    let (rect, block, step) = blocks;
    given(py, original::grid_along_ellipse(rect_of(rect), size(block), step, ring, filled))
}

/// Blocks along a line.
#[pyfunction]
pub fn roi07_line(
    py: Python<'_>,
    ends: [(f64, f64); 2],
    distance: f64,
    block: (usize, usize),
    step: f64,
) -> Rects<'_> {
    let [from, to] = ends.map(point);
    given(py, original::grid_along_line(from, to, distance, size(block), step))
}

/// Blocks in the ring inside a circle, or those of one of so many sectors.
#[pyfunction]
pub fn roi07_ring(
    py: Python<'_>,
    blocks: Blocks,
    circle: ((f64, f64), f64),
    ring: Option<f64>,
    sector: Option<(usize, usize)>,
) -> Rects<'_> {
    let (rect, block, step) = blocks;
    let (rect, block) = (rect_of(rect), size(block));
    let circle = Circle { center: point(circle.0), radius: circle.1 };
    let ring = ring.unwrap_or_else(|| original::default_ring(block));
    let windows = match sector {
        None => original::grid_arc(rect, block, step, circle, ring),
        Some((number, of)) => {
            original::grid_radial_line(rect, block, step, circle, ring, Sector { number, of })
        }
    };
    given(py, windows)
}

/// The circle that lies nearest to the points: its middle and its radius.
#[pyfunction]
pub fn roi07_circle(py: Python<'_>, points: Vec<(f64, f64)>) -> PyResult<((f64, f64), f64)> {
    let points: Vec<Point> = points.into_iter().map(point).collect();
    let circle = Circle::through(&points).map_err(|error| of_core(py, &error))?;
    Ok(((circle.center.x, circle.center.y), circle.radius))
}

fn given(py: Python<'_>, windows: Result<Vec<Rect>, Error>) -> Rects<'_> {
    sides(py, windows.map_err(|error| of_core(py, &error))?.into_iter())
}

fn size((width, height): (usize, usize)) -> Size {
    Size::new(width, height)
}

fn point((x, y): (f64, f64)) -> Point {
    Point::new(x, y)
}
