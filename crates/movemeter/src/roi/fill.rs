//! How shapes are filled with windows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::circle::Circle;
use super::grid::{number, places};
use super::limits::{check_blocks, check_number, setting};
use super::original;
use super::shape::{Shape, near};
use crate::error::Error;
use crate::geometry::{Point, Rect, Size};

/// How a shape is filled with windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fill {
    /// One window: the least rectangle around the shape, or around the part of it that lies in the frame. A
    /// [`Box`](Shape::Box) is never cut: it is the window that was asked for, and where it reaches out of the frame,
    /// measuring refuses it.
    #[default]
    #[schemars(description = "One window: the least rectangle around the shape.")]
    Whole,
    /// The windows of a [`grid`](super::grid::grid) over the part of that rectangle which lies in the frame, of those only
    /// the ones whose middle belongs to the shape. All lie inside the frame. Around [`Points`](Shape::Points), one window
    /// each, wherever it lies.
    #[schemars(description = "A grid of windows whose middles belong to the shape.")]
    Blocks {
        /// Of each window, px.
        size: Size,
        /// From one to the next, in sides of a window.
        step: f64,
    },
    /// The windows of movemeter 0.7 to the last one, see [`original`]. Nothing is cut: with a step of less than 1 they may
    /// reach past the shape, and out of the frame, where measuring refuses them.
    #[schemars(description = "The windows of movemeter 0.7.")]
    Original {
        /// Of each window, px.
        size: Size,
        /// From one to the next, in sides of a window.
        step: f64,
    },
}

impl Fill {
    /// The windows that fill a shape, in a frame of this size.
    pub(super) fn windows(self, shape: &Shape, frame: Size) -> Result<Vec<Rect>, Error> {
        shape.check()?;
        match self {
            Self::Whole => match shape {
                Shape::Frame | Shape::Box { .. } => Ok(vec![shape.bounds(frame, Size::default())]),
                _ => Ok(vec![in_frame(shape.bounds(frame, Size::default()), frame)?]),
            },
            Self::Blocks { size, step } | Self::Original { size, step } => {
                check_blocks(size, step)?;
                let windows = match (shape, self) {
                    (Shape::Points { points }, _) => {
                        points.iter().map(|point| centered(*point, size)).collect()
                    }
                    (_, Self::Original { .. }) => as_original(shape, frame, size, step)?,
                    _ => blocks(shape, frame, size, step)?,
                };
                if windows.is_empty() {
                    let bounds = shape.bounds(frame, size).size();
                    let allowed =
                        format!("so small that it fits into the shape, which is {bounds} px");
                    return setting("block", &size, &allowed);
                }
                Ok(windows)
            }
        }
    }
}

fn blocks(shape: &Shape, frame: Size, size: Size, step: f64) -> Result<Vec<Rect>, Error> {
    let within = in_frame(shape.bounds(frame, size), frame)?;
    check_number(number(within, size, step))?;
    let is_held = |window: &Rect| shape.holds(window.middle(), size);
    Ok(places(within, size, step).filter(is_held).collect())
}

/// The part of a shape's bounds that lies in the frame.
fn in_frame(bounds: Rect, frame: Size) -> Result<Rect, Error> {
    match bounds.clipped_to(frame) {
        Some(within) => Ok(within),
        None => setting("place", &bounds, &format!("in the frame, which is {frame} px")),
    }
}

fn as_original(shape: &Shape, frame: Size, size: Size, step: f64) -> Result<Vec<Rect>, Error> {
    match shape {
        Shape::Frame => original::gen_grid(Rect::of_frame(frame), size, step),
        Shape::Box { rect } => original::gen_grid(*rect, size, step),
        Shape::Ellipse { rect, ring } => {
            original::grid_along_ellipse(*rect, size, step, *ring, ring.is_none())
        }
        Shape::Line { points, distance } => {
            original::grid_along_path(points, near(*distance, size), size, step)
        }
        Shape::Polygon { points, distance: Some(distance) } => {
            let around: Vec<Point> = points.iter().chain(points.first()).copied().collect();
            original::grid_along_path(&around, *distance, size, step)
        }
        Shape::Arc { center, radius, ring, sector, within } => {
            let circle = Circle { center: *center, radius: *radius };
            let within = within.unwrap_or(Rect::of_frame(frame));
            match sector {
                None => original::grid_arc(within, size, step, circle, *ring),
                Some(sector) => {
                    original::grid_radial_line(within, size, step, circle, *ring, *sector)
                }
            }
        }
        // It had neither; this is how it would have been.
        Shape::Polygon { distance: None, .. } | Shape::Points { .. } => {
            let grid = original::gen_grid(shape.bounds(frame, size), size, step)?;
            Ok(grid.into_iter().filter(|block| shape.holds(block.middle(), size)).collect())
        }
    }
}

/// The window with this middle, to half a pixel.
fn centered(middle: Point, size: Size) -> Rect {
    let start = |middle: f64, side: usize| (middle - (side as f64 - 1.0) / 2.0).round() as isize;
    Rect::new(start(middle.x, size.width), start(middle.y, size.height), size.width, size.height)
}
