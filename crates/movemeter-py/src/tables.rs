//! Results on disk, and as columns.

use std::collections::HashMap;
use std::path::PathBuf;

use movemeter::table::{Cell, Column};
use movemeter_io::{read_results, write_results};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::failure::{of_files, of_output};
use crate::parts::{parts_of, results_of};

/// Writes what was measured; the ending chooses the format.
#[pyfunction]
pub fn save(py: Python<'_>, parts: &Bound<'_, PyDict>, path: PathBuf) -> PyResult<()> {
    let results = results_of(parts)?;
    py.detach(|| write_results(results, &path)).map_err(|error| of_output(py, &error))
}

/// Reads what was measured from a table or a session.
#[pyfunction]
pub fn load(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyDict>> {
    let results = py.detach(|| read_results(&path)).map_err(|error| of_files(py, &error))?;
    parts_of(py, &results)
}

/// The columns of the table, a row per frame and window: numbers as arrays, words as numbers of words and the words.
#[pyfunction]
pub fn columns<'py>(
    py: Python<'py>,
    parts: &Bound<'py, PyDict>,
) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let results = results_of(parts)?;
    let table = results.tracks.table();
    let column =
        |column: &Column<'_>| Ok((column.name.clone(), array_of(py, column, table.n_rows)?));
    table.columns.iter().map(column).collect()
}

/// A column's kind is that of its first cell.
fn array_of<'py>(
    py: Python<'py>,
    column: &Column<'_>,
    n_rows: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let rows = 0..n_rows;
    match (0 < n_rows).then(|| column.cell(0)) {
        Some(Cell::Integer(_)) => {
            let value = |row| match column.cell(row) {
                Cell::Integer(value) => value,
                Cell::Float(_) | Cell::Text(_) => 0,
            };
            Ok(PyArray1::from_iter(py, rows.map(value)).into_any())
        }
        Some(Cell::Text(_)) => words_of(py, column, n_rows),
        Some(Cell::Float(_)) | None => {
            let value = |row| match column.cell(row) {
                Cell::Float(value) => value,
                Cell::Integer(_) | Cell::Text(_) => f64::NAN,
            };
            Ok(PyArray1::from_iter(py, rows.map(value)).into_any())
        }
    }
}

fn words_of<'py>(
    py: Python<'py>,
    column: &Column<'_>,
    n_rows: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let (mut known, mut codes) = (Vec::<String>::new(), HashMap::new());
    let mut code = |row: usize| {
        let Cell::Text(word) = column.cell(row) else { return -1 };
        if let Some(code) = codes.get(&*word) {
            return *code;
        }
        let code = known.len() as i32;
        known.push(word.clone().into_owned());
        codes.insert(word.into_owned(), code);
        code
    };
    let codes = PyArray1::from_vec(py, (0..n_rows).map(&mut code).collect());
    Ok((codes, known).into_pyobject(py)?.into_any())
}
