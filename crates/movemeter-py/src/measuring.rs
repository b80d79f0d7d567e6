//! Measuring.

use std::path::PathBuf;

use movemeter::error::Error as CoreError;
use movemeter::geometry::Size;
use movemeter::monitor::Warning;
use movemeter::recipe::Recipe;
use movemeter::roi::windows_of;
use movemeter::source::FrameSource;
use movemeter_io::{Error, Job, Provenance, RecipeFile, Results, Unread, read_mask};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::failure::{Kind, failure, of_core, of_files};
use crate::parts::parts_of;
use crate::running::{Outcome, run};
use crate::settings::{recipe, windows};
use crate::source::Source;

/// Windows as they come from the package: the names of the groups, and for each window its group's number and x, y, w, h.
pub type Rois = (Vec<String>, Vec<(usize, [i64; 4])>);

/// How a measurement is done, whatever it measures.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Running {
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
    /// `None` where that cannot be chosen.
    keep_going: Option<bool>,
}

/// Measures windows (those of the recipe, if none are given); gives what was measured as arrays by name, and the exception that stopped it, if one did.
#[pyfunction]
pub fn measure<'py>(
    py: Python<'py>,
    source: &Source,
    rois: Option<Rois>,
    settings: &Bound<'py, PyDict>,
    running: Running,
) -> PyResult<(Bound<'py, PyDict>, Option<PyErr>)> {
    let mut recipe = recipe(settings)?;
    if let Some((groups, places)) = rois {
        recipe.windows = windows(&groups, &places);
    }
    measured(py, source, recipe, &running)
}

/// Measures by a recipe that has its windows.
pub fn measured<'py>(
    py: Python<'py>,
    source: &Source,
    recipe: Recipe,
    running: &Running,
) -> PyResult<(Bound<'py, PyDict>, Option<PyErr>)> {
    let file = RecipeFile { recipe, rois: Vec::new(), opening: source.opening.clone() };
    let job = py.detach(|| Job::new(source.recording(), file));
    let mut job = job.map_err(|error| of_files(py, &error))?;
    let progress = running.progress.as_ref().map(|progress| progress.bind(py));
    let keeps = running.keep_going.unwrap_or(false);
    let outcome = run(py, running.threads, progress, |monitor| job.measure(keeps, monitor))?;
    let Outcome { result: (tracks, ended), exception, warnings } = outcome;
    let n_measured = tracks.n_frames();
    let recipe = job.recipe.clone();
    let provenance = match ended {
        Ok(()) => py.detach(|| job.provenance()).map_err(|error| of_files(py, &error))?,
        Err(error) => {
            let n_frames = job.source.info().n_frames;
            let incomplete = broken_off(py, &error, n_measured, n_frames, running.keep_going)?;
            Provenance { incomplete: Some(incomplete), ..py.detach(|| job.provenance_soon()) }
        }
    };
    let parts = parts_of(py, &Results { tracks, recipe, provenance })?;
    // That there are no times is seen by the times.
    let warnings = warnings.iter().filter(|warning| **warning != Warning::NoFrameTimes);
    parts.set_item("warnings", warnings.map(ToString::to_string).collect::<Vec<_>>())?;
    Ok((parts, exception))
}

/// Measures how bright windows are that stay where they are, (window, frame), and nothing else.
#[pyfunction]
pub fn measure_brightness<'py>(
    py: Python<'py>,
    source: &Source,
    rois: Rois,
    settings: &Bound<'py, PyDict>,
    running: Running,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let mut recipe = Recipe { windows: windows(&rois.0, &rois.1), ..recipe(settings)? };
    load_mask(py, &mut recipe)?;
    let mut frames = source.recording().source;
    let progress = running.progress.as_ref().map(|progress| progress.bind(py));
    let outcome = run(py, running.threads, progress, |monitor| {
        recipe.measure_brightness(&mut *frames, monitor)
    })?;
    if let Some(exception) = outcome.exception {
        return Err(exception);
    }
    let readings = outcome.result.map_err(|error| of_core(py, &error))?;
    let (n_windows, n_frames) = (readings.windows.len(), readings.stamps.len());
    let means = (0..n_windows).flat_map(|window| readings.brightness.means(window));
    PyArray1::from_iter(py, means).reshape([n_windows, n_frames])
}

/// The recipe of a recipe file, a table or a session, as JSON with its windows in frames of this size (w, h), and the channel and depth
/// that it is for.
#[pyfunction]
pub fn read_recipe(
    py: Python<'_>,
    path: PathBuf,
    frame_size: (usize, usize),
) -> PyResult<(String, Option<usize>, Option<usize>)> {
    let size = Size::new(frame_size.0, frame_size.1);
    let recipe = py.detach(|| {
        let RecipeFile { mut recipe, rois, opening } = movemeter_io::read_recipe(&path)?;
        for group in windows_of(&rois, size)?.groups() {
            recipe.windows.add_colored(&group.name, group.color, group.windows.iter().copied());
        }
        Ok((recipe, opening))
    });
    let (recipe, opening) = recipe.map_err(|error: Error| of_files(py, &error))?;
    let json = serde_json::to_string(&recipe).expect("settings are numbers and words");
    Ok((json, opening.channel, opening.z))
}

fn load_mask(py: Python<'_>, recipe: &mut Recipe) -> PyResult<()> {
    if let Some(mask) = recipe.mask.as_ref().filter(|mask| mask.counts().is_none()) {
        let (mask, _) = read_mask(mask.name()).map_err(|error| of_files(py, &error))?;
        recipe.mask = Some(mask);
    }
    Ok(())
}

/// What the result says of having ended early; the error if there is to be no result.
pub fn broken_off(
    py: Python<'_>,
    error: &CoreError,
    n_measured: usize,
    n_frames: usize,
    keep_going: Option<bool>,
) -> PyResult<String> {
    match error {
        CoreError::Cancelled => Ok(format!("stopped after frame {n_measured} of {n_frames}")),
        CoreError::Read { frame, source } => {
            let Unread { what, place } = Unread::new(*frame, source);
            if keep_going == Some(true) && 0 < n_measured {
                return Ok(format!("{what}; only the frames before it are measured{place}"));
            }
            let or = match keep_going {
                Some(_) => ", or measure the frames before it with keep_going=True",
                None => "",
            };
            let ways = format!("leave it out with exclude=[{frame}]{or}");
            Err(failure(py, Kind::File, &format!("{what}; {ways}{place}")))
        }
        error => Err(of_core(py, error)),
    }
}
