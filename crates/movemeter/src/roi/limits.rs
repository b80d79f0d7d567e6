//! What places and numbers of windows may be.

use crate::error::Error;
use crate::geometry::{Point, Rect, Size};

/// More windows than this are a mistake, and would fill the memory.
pub const MAX_WINDOWS: usize = 10_000_000;

/// Beyond this no frame reaches; sums of such numbers are still whole numbers.
pub const MAX_COORDINATE: usize = 1 << 30;

/// Whether there are as few windows as can be.
pub(super) fn check_number(n_windows: f64) -> Result<(), Error> {
    match n_windows <= MAX_WINDOWS as f64 {
        true => Ok(()),
        false => setting("number of windows", &n_windows, &format!("at most {MAX_WINDOWS}")),
    }
}

/// Whether windows of this size and step can fill anything.
pub(super) fn check_blocks(size: Size, step: f64) -> Result<(), Error> {
    if size.is_empty() || MAX_COORDINATE < size.width.max(size.height) {
        return setting("block", &size, &format!("from 1 to {MAX_COORDINATE} px wide and high"));
    }
    match 0.0 < step && step.is_finite() {
        true => Ok(()),
        false => setting("step", &step, "more than 0"),
    }
}

/// Whether a rectangle has pixels and lies where frames may be.
pub(super) fn check_rect(rect: Rect) -> Result<(), Error> {
    let Rect { x, y, width, height } = rect;
    let farthest = x.unsigned_abs().max(y.unsigned_abs()).max(width).max(height);
    match rect.size().is_empty() || MAX_COORDINATE < farthest {
        false => Ok(()),
        true => setting(
            "rect",
            &rect,
            &format!("x, y, width, height up to {MAX_COORDINATE}, at least 1 px wide and high"),
        ),
    }
}

/// Whether there are so many points, and all lie where frames may be.
pub(super) fn check_points(points: &[Point], at_least: usize) -> Result<(), Error> {
    if points.len() < at_least {
        return setting("number of points", &points.len(), &format!("at least {at_least}"));
    }
    let is_far = |v: f64| v.is_nan() || MAX_COORDINATE as f64 <= v.abs();
    match points.iter().find(|point| is_far(point.x) || is_far(point.y)) {
        None => Ok(()),
        Some(Point { x, y }) => setting(
            "point",
            &format!("{x},{y}"),
            &format!("two numbers between -{MAX_COORDINATE} and {MAX_COORDINATE}"),
        ),
    }
}

/// Whether a length is positive, and within what frames may be.
pub(super) fn check_length(name: &'static str, length: f64) -> Result<(), Error> {
    match 0.0 < length && length <= MAX_COORDINATE as f64 {
        true => Ok(()),
        false => setting(name, &length, &format!("more than 0 and at most {MAX_COORDINATE} px")),
    }
}

/// The error of a setting.
pub(super) fn setting<T>(
    name: &'static str,
    value: &impl ToString,
    allowed: &str,
) -> Result<T, Error> {
    Err(Error::Setting { name, value: value.to_string(), allowed: allowed.into() })
}
