//! Windows that are made or read.

use std::path::PathBuf;

use movemeter::geometry::{Rect, Size};
use movemeter::roi::{self, MAX_WINDOWS};
use movemeter_io::rois::needs_frame;
use movemeter_io::windows_anywhere;
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::failure::{Kind, failure, of_files};
use crate::settings::rect_of;

/// Windows that fill a rectangle, (window, 4).
#[pyfunction]
pub fn grid<'py>(
    py: Python<'py>,
    within: [i64; 4],
    window: (usize, usize),
    step: f64,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    if !(0.0 < step && step.is_finite()) {
        let message = format!("step must be more than 0, but is {step}");
        return Err(failure(py, Kind::Setting, &message));
    }
    let n_along = |length: i64, side: usize| (length as f64 / (side as f64 * step)).max(1.0);
    let number = n_along(within[2], window.0) * n_along(within[3], window.1);
    if number > MAX_WINDOWS as f64 {
        let message = format!(
            "step must leave at most {MAX_WINDOWS} windows, but there would be {number:.0}"
        );
        return Err(failure(py, Kind::Setting, &message));
    }
    let windows = roi::grid(rect_of(within), Size::new(window.0, window.1), step);
    sides(py, windows.iter().map(|(_, _, rect)| rect))
}

/// x, y, w, h of each rectangle, (window, 4).
pub fn sides<'py>(
    py: Python<'py>,
    rects: impl Iterator<Item = Rect>,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    let sides = rects
        .flat_map(|Rect { x, y, width, height }| [x as i64, y as i64, width as i64, height as i64]);
    let sides: Vec<i64> = sides.collect();
    let n_windows = sides.len() / 4;
    PyArray1::from_vec(py, sides).reshape([n_windows, 4])
}

/// The windows of a file of ROIs: for each group an array (window, 4).
#[pyfunction]
pub fn read_rois(
    py: Python<'_>,
    path: PathBuf,
    frame_size: Option<(usize, usize)>,
) -> PyResult<Bound<'_, PyDict>> {
    let frame = frame_size.map(|(width, height)| Size::new(width, height));
    let windows = py.detach(|| {
        let groups = movemeter_io::read_rois(&path)?;
        if let Some(group) = needs_frame(&groups).filter(|_| frame.is_none()) {
            return Ok(Err(group.name.clone()));
        }
        windows_anywhere(&groups, frame).map(Ok)
    });
    let windows = windows.map_err(|error| of_files(py, &error))?.map_err(|group| {
        let message = format!(
            "frame_size must be given, (w, h): group {group:?} of the file has windows that depend on it"
        );
        failure(py, Kind::Setting, &message)
    })?;
    let groups = PyDict::new(py);
    for group in windows.groups() {
        groups.set_item(&group.name, sides(py, group.windows.iter().copied())?)?;
    }
    Ok(groups)
}
