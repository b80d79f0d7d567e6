//! Sources of frames that Python holds.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::monitor::{Monitor, Stage};
use movemeter::source::{FrameSource, Selected, StackInfo};
use movemeter_io::{
    BitDepth, Input, OpenOptions, Part, Recording, check_not_inputs, doubts, open_all, stack_files,
};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::ArraySource;
use crate::failure::{Kind, failure, of_files, of_output, setting};
use crate::running::run;

/// Frames by number, from files, an array, or made of those of another source.
///
/// Any number of threads may use it; one at a time reads.
#[pyclass(frozen, module = "movemeter._native")]
pub struct Source {
    frames: Shared,
    info: StackInfo,
    /// The files that its frames are: what a table of them says that it was measured on.
    inputs: Vec<Input>,
    /// The files that its frames are made of, which they are not.
    behind: Vec<Input>,
    parts: Vec<Part>,
    /// How the files were opened.
    pub opening: OpenOptions,
}

/// A source that several own.
#[derive(Clone)]
pub struct Shared {
    source: Arc<Mutex<Box<dyn FrameSource>>>,
    info: StackInfo,
}

impl FrameSource for Shared {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.locked().read(index, frame)
    }
}

impl Shared {
    /// What a thread that panicked left behind is a source all the same: it holds no half-done work.
    fn locked(&self) -> MutexGuard<'_, Box<dyn FrameSource>> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    /// Frames that are made of those of these files.
    pub fn of(source: Box<dyn FrameSource>, behind: Vec<Input>, opening: OpenOptions) -> Self {
        let (inputs, parts) = (Vec::new(), Vec::new());
        Self { behind, ..Self::of_recording(Recording { source, inputs, parts }, opening) }
    }

    fn of_recording(recording: Recording, opening: OpenOptions) -> Self {
        let Recording { source, inputs, parts } = recording;
        let info = source.info().clone();
        let frames = Shared { source: Arc::new(Mutex::new(source)), info: info.clone() };
        Self { frames, info, inputs, behind: Vec::new(), parts, opening }
    }

    /// All files that are read for its frames.
    pub fn files(&self) -> Vec<Input> {
        self.inputs.iter().chain(&self.behind).cloned().collect()
    }

    /// The same frames, for whoever wants to own them.
    pub fn recording(&self) -> Recording {
        Recording {
            source: Box::new(self.frames.clone()),
            inputs: self.inputs.clone(),
            parts: self.parts.clone(),
        }
    }

    /// What is known of the frames.
    pub fn about(&self) -> &StackInfo {
        &self.info
    }
}

#[pymethods]
impl Source {
    /// Opens files and folders as one series.
    #[staticmethod]
    #[pyo3(signature = (paths, channel=None, z=None, ffmpeg=None))]
    fn open(
        py: Python<'_>,
        paths: Vec<PathBuf>,
        channel: Option<usize>,
        z: Option<usize>,
        ffmpeg: Option<PathBuf>,
    ) -> PyResult<Self> {
        let opening = OpenOptions { channel, z, ffmpeg };
        let recording = py.detach(|| open_all(&paths, &opening));
        let recording = recording.map_err(|error| of_files(py, &error))?;
        Ok(Self::of_recording(recording, opening))
    }

    /// The frames of an array, or of whatever gives a frame for its number. Of a part of a recording, with the numbers that frames have there.
    #[staticmethod]
    #[pyo3(signature = (frames, shape, pixel_type, numbers=None))]
    fn of_array(
        py: Python<'_>,
        frames: Py<PyAny>,
        shape: (usize, usize, usize),
        pixel_type: &str,
        numbers: Option<Vec<usize>>,
    ) -> PyResult<Self> {
        if let Some(numbers) = numbers.as_ref().filter(|numbers| numbers.len() != shape.0) {
            let allowed = format!("one for each of {} frames", shape.0);
            return Err(setting(py, "numbers", &allowed, &format!("{} numbers", numbers.len())));
        }
        let source = Box::new(ArraySource::new(frames, shape, pixel_type, numbers));
        Ok(Self::of(source, Vec::new(), OpenOptions::default()))
    }

    /// Numbers of frames, rows, columns.
    #[getter]
    fn shape(&self) -> (usize, usize, usize) {
        (self.info.n_frames, self.info.size.height, self.info.size.width)
    }

    #[getter]
    fn name(&self) -> &str {
        &self.info.name
    }

    /// How pixels are stored, in the words of the field.
    #[getter]
    fn pixel_type(&self) -> &str {
        &self.info.pixel_type
    }

    #[getter]
    fn frame_rate_hz(&self) -> Option<f64> {
        self.info.frame_rate_hz
    }

    #[getter]
    fn pixel_size_um(&self) -> Option<f64> {
        self.info.pixel_size_um
    }

    #[getter]
    fn exposure_s(&self) -> Option<f64> {
        self.info.exposure_s
    }

    /// The time of each frame, NaN where it is not known.
    fn times_s<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        let time = |index: usize| self.info.time_s(index).unwrap_or(f64::NAN);
        PyArray1::from_iter(py, (0..self.info.n_frames).map(time))
    }

    /// What the recording says of itself.
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let metadata = PyDict::new(py);
        for (name, value) in &self.info.metadata {
            metadata.set_item(name, value)?;
        }
        Ok(metadata)
    }

    /// The file that a frame is in, and the frame's number in it; nothing for arrays.
    fn place(&self, index: usize) -> Option<(PathBuf, usize)> {
        let part = self.parts.iter().rfind(|part| part.first <= index)?;
        Some((part.path.clone(), index - part.first))
    }

    /// What should be known before the frames are believed.
    fn doubts(&self) -> Vec<String> {
        doubts(&self.info)
    }

    /// One frame, in single precision.
    fn read<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let mut frame = Frame::default();
        let read = py.detach(|| self.frames.clone().read(index, &mut frame));
        read.map_err(|error| {
            failure(py, Kind::File, &format!("cannot read frame {index}: {error}"))
        })?;
        let size = frame.size();
        PyArray1::from_slice(py, frame.pixels()).reshape([size.height, size.width])
    }
}

/// Frames first, first + step, … before stop.
pub type Frames = (usize, usize, usize);

/// Their numbers.
pub fn numbers((first, stop, step): Frames) -> Vec<usize> {
    (first..stop).step_by(step.max(1)).collect()
}

/// Writes frames as a recording; the ending chooses the format.
#[pyfunction]
#[pyo3(signature = (source, frames, path, threads=None, progress=None))]
pub fn write_stack(
    py: Python<'_>,
    source: &Source,
    frames: Frames,
    path: PathBuf,
    threads: Option<usize>,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<()> {
    let bits = BitDepth::of_recorded(&source.info.pixel_type);
    let indices = numbers(frames);
    check_output(py, source, indices.len(), path.clone())?;
    let outcome = run(py, threads, progress.as_ref(), |monitor| {
        let selected = Selected::new(source.frames.clone(), indices)
            .expect("a range of the source has no number twice");
        let written =
            movemeter_io::write_stack(&mut Watched { source: selected, monitor }, bits, &path);
        (written, monitor.is_cancelled())
    })?;
    match (outcome.exception, outcome.result) {
        (Some(exception), _) => Err(exception),
        (None, (Err(_), true)) => Err(failure(py, Kind::Stopped, STOPPED)),
        (None, (written, _)) => written.map_err(|error| of_output(py, &error)),
    }
}

const STOPPED: &str = "stopped; nothing is written";

/// Raises if so many frames of a source could not be written there.
#[pyfunction]
pub fn check_output(
    py: Python<'_>,
    source: &Source,
    n_frames: usize,
    path: PathBuf,
) -> PyResult<()> {
    let bits = BitDepth::of_recorded(&source.info.pixel_type);
    let checked = stack_files(&path, bits, n_frames)
        .and_then(|files| check_not_inputs(&files, &source.files()));
    checked.map_err(|error| of_output(py, &error))
}

/// A source that tells how far it was read, and stops when it should.
struct Watched<'a, S> {
    source: S,
    monitor: &'a dyn Monitor,
}

impl<S: FrameSource> FrameSource for Watched<'_, S> {
    fn info(&self) -> &StackInfo {
        self.source.info()
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        if self.monitor.is_cancelled() {
            return Err(STOPPED.into());
        }
        self.source.read(index, frame)?;
        self.monitor.progress(Stage::Writing, index + 1, self.info().n_frames);
        Ok(())
    }
}
