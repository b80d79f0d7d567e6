//! What files note beside their pixels.

use std::path::PathBuf;

use movemeter_io::tag::{Tag, TagValues};
use pyo3::prelude::*;
use pyo3::types::PyAny;

use crate::failure::of_files;

/// The tags of a page of a file: for each its name, as in `EXIF ExposureTime`, and its values: text, or a list of
/// numbers, of which fractions are pairs.
#[pyfunction]
pub fn tags<'py>(
    py: Python<'py>,
    path: PathBuf,
    page: usize,
) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let tags = py.detach(|| movemeter_io::tags(&path, page));
    let tags = tags.map_err(|error| of_files(py, &error))?;
    tags.into_iter().map(|tag| Ok((name(&tag), values(py, tag.values)?))).collect()
}

fn name(tag: &Tag) -> String {
    format!("{} {}", tag.list.as_str(), tag.name)
}

fn values(py: Python<'_>, values: TagValues) -> PyResult<Bound<'_, PyAny>> {
    Ok(match values {
        TagValues::Text(text) => text.into_pyobject(py)?.into_any(),
        TagValues::Whole(numbers) => numbers.into_pyobject(py)?.into_any(),
        TagValues::Fractions(numbers) => numbers.into_pyobject(py)?.into_any(),
        TagValues::Real(numbers) => numbers.into_pyobject(py)?.into_any(),
    })
}
