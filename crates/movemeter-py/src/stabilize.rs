//! Motion measured, and taken out of frames when they are read.

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::matching::enlargement::{EnlargeScratch, Enlargement, enlarge};
use movemeter::recipe::Recipe;
use movemeter::source::{FrameSource, Selected, StackInfo};
use movemeter::stabilize::{Border, Correction, Placement, Rounded, Stabilized, Unrest};
use movemeter::track::{Status, Track};
use movemeter_io::BitDepth;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::failure::{of_core, setting};
use crate::measuring::{Running, measured};
use crate::parts::results_of;
use crate::settings::{Given, Word, recipe, rect_of};
use crate::source::{Frames, Source, numbers};

impl Word for Correction {
    const ALLOWED: &'static str = "'translation', 'rotation' or 'both'";
    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|correction| correction.as_str() == word)
    }
}

impl Word for Border {
    const ALLOWED: &'static str = "'keep', 'black' or 'crop'";
    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|border| border.as_str() == word)
    }
}

impl Word for BitDepth {
    const ALLOWED: &'static str = "None, uint8, uint16 or float32";
    fn of(word: &str) -> Option<Self> {
        let all = [Self::Eight, Self::Sixteen, Self::Float32];
        all.into_iter().find(|bits| bits.pixel_type() == word)
    }
}

/// What is taken out, and how frames are given.
struct Wanted {
    correction: Correction,
    border: Border,
    /// `None`: as recorded.
    bits: Option<BitDepth>,
    enlargement: Option<Enlargement>,
    frame_rate_hz: Option<f64>,
    pixel_size_um: Option<f64>,
    /// Threads that make a frame.
    threads: Option<usize>,
}

impl Wanted {
    fn of(wanted: &Bound<'_, PyDict>) -> PyResult<Self> {
        let given = Given { settings: wanted };
        let enlargement = given.number("enlargement")?.map(Enlargement::new).transpose();
        Ok(Self {
            correction: given.word("correction")?.unwrap_or_default(),
            border: given.word("border")?.unwrap_or_default(),
            bits: given.word("dtype")?,
            enlargement: enlargement.map_err(|error| of_core(wanted.py(), &error))?,
            frame_rate_hz: given.number("frame_rate_hz")?,
            pixel_size_um: given.number("pixel_size_um")?,
            threads: given.number("threads")?.map(|threads| threads as usize),
        })
    }
}

/// Measures how a recording moves, by the window that shall stand still; the same as `measure` gives.
#[pyfunction]
pub fn measure_motion<'py>(
    py: Python<'py>,
    source: &Source,
    roi: Option<[i64; 4]>,
    wanted: &Bound<'py, PyDict>,
    settings: &Bound<'py, PyDict>,
    running: Running,
) -> PyResult<(Bound<'py, PyDict>, Option<PyErr>)> {
    let correction = Wanted::of(wanted)?.correction;
    settings.set_item("rotation", correction != Correction::Translation)?;
    let frame = source.about().size;
    let window = roi.map(|roi| window(py, rect_of(roi), frame)).transpose()?;
    let windows = window.into_iter().collect::<Vec<_>>().into();
    let recipe = correction.recipe(Recipe { windows, ..recipe(settings)? }, frame);
    measured(py, source, recipe, &running)
}

fn window(py: Python<'_>, window: Rect, frame: Size) -> PyResult<Rect> {
    if window.is_inside(frame) && !window.size().is_empty() {
        return Ok(window);
    }
    let allowed = format!("a window (x, y, w, h) inside the frame of {frame} px");
    let Rect { x, y, width, height } = window;
    Err(setting(py, "roi", &allowed, &format!("({x}, {y}, {width}, {height})")))
}

/// The numbers of the frames whose motion could not be measured, and why.
#[pyfunction]
pub fn unmeasured(motion: &Bound<'_, PyDict>) -> PyResult<Vec<(usize, &'static str)>> {
    let tracks = results_of(motion)?.tracks;
    let lost = movemeter::stabilize::unmeasured(&tracks[0]);
    let named = |(index, why): (usize, Status)| (tracks.stamps[index].number, why.as_str());
    Ok(lost.into_iter().map(named).collect())
}

/// How much the recording moves: rms and largest of the window's corners and its error bar, px; the largest angle, rad; whether
/// that is hardly more than the error of measuring it.
#[pyfunction]
pub fn unrest(
    motion: &Bound<'_, PyDict>,
    wanted: &Bound<'_, PyDict>,
) -> PyResult<(f64, f64, f64, f64, bool)> {
    let correction = Wanted::of(wanted)?.correction;
    let unrest = Unrest::of(&results_of(motion)?.tracks[0], correction);
    let Unrest { rms_px, max_px, sd_px, max_angle_rad, .. } = unrest;
    Ok((rms_px, max_px, sd_px, max_angle_rad, unrest.is_noise()))
}

/// Frames of a source with this motion taken out, which are made when they are read: as many as were measured, less those that were
/// left out.
#[pyfunction]
pub fn stabilized(
    py: Python<'_>,
    source: &Source,
    frames: Frames,
    motion: &Bound<'_, PyDict>,
    wanted: &Bound<'_, PyDict>,
) -> PyResult<Source> {
    let wanted = Wanted::of(wanted)?;
    let tracks = results_of(motion)?.tracks;
    let (indices, transforms) = plan(&tracks[0], wanted.correction, &numbers(frames));
    let selected = Selected::new(source.recording().source, indices)
        .expect("a range of the source has no number twice");
    let still = Stabilized::new(selected, transforms, wanted.border);
    let still = still.map_err(|error| of_core(py, &error))?;
    let bits = wanted.bits.unwrap_or(BitDepth::of_recorded(&source.about().pixel_type));
    let source_of = |still| Source::of(Box::new(still), source.files(), source.opening.clone());
    Ok(source_of(Apart::new(given_as(still, bits, wanted.enlargement), &wanted)))
}

/// The frames that are not left out, by their places in the source, and how each is moved.
fn plan(track: &Track, correction: Correction, frames: &[usize]) -> (Vec<usize>, Vec<Placement>) {
    let transforms = movemeter::stabilize::transforms(track, correction);
    let all = frames.iter().zip(&track.samples).zip(transforms);
    let shown = all.filter(|((_, sample), _)| sample.status != Status::Excluded);
    shown.map(|((&index, _), transform)| (index, transform.unwrap_or_default())).unzip()
}

/// As large and of the type that is wanted.
fn given_as(
    still: impl FrameSource + 'static,
    bits: BitDepth,
    enlargement: Option<Enlargement>,
) -> Box<dyn FrameSource> {
    let still: Box<dyn FrameSource> = match enlargement {
        Some(enlargement) => Box::new(Enlarged::new(still, enlargement)),
        None => Box::new(still),
    };
    match bits {
        BitDepth::Float32 => still,
        BitDepth::Eight | BitDepth::Sixteen => {
            let rounded = Rounded::new(still, bits.pixel_type());
            Box::new(rounded.expect("these are whole grey levels"))
        }
    }
}

/// A source whose frames are enlarged, bilinearly.
struct Enlarged<S> {
    source: S,
    info: StackInfo,
    enlargement: Enlargement,
    picture: Frame,
    scratch: EnlargeScratch,
}

impl<S: FrameSource> Enlarged<S> {
    fn new(source: S, enlargement: Enlargement) -> Self {
        let info = source.info();
        let size = enlargement.of(info.size);
        let pixel_size_um = info.pixel_size_um.map(|um| um / enlargement.factor());
        let info = StackInfo { size, pixel_size_um, ..info.clone() };
        let (picture, scratch) = (Frame::default(), EnlargeScratch::default());
        Self { source, info, enlargement, picture, scratch }
    }
}

impl<S: FrameSource> FrameSource for Enlarged<S> {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.source.read(index, &mut self.picture)?;
        enlarge(self.picture.view(), self.enlargement, &mut self.scratch, frame);
        Ok(())
    }
}

/// A recording of its own, whose frames are made by threads that end when the frame is made: a process that forks
/// later forks no threads.
struct Apart<S> {
    source: S,
    info: StackInfo,
    threads: Option<usize>,
}

impl<S: FrameSource> Apart<S> {
    /// Frames are counted from 0, and have the times that they had.
    fn new(source: S, wanted: &Wanted) -> Self {
        let mut info = source.info().clone();
        if wanted.frame_rate_hz.is_some() {
            info = StackInfo { frame_rate_hz: wanted.frame_rate_hz, times_s: None, ..info };
        }
        if (0..info.n_frames).any(|index| info.number(index) != index) {
            info.times_s = (0..info.n_frames).map(|index| info.time_s(index)).collect();
        }
        let enlarged = wanted.enlargement.map_or(1.0, Enlargement::factor);
        let pixel_size_um = wanted.pixel_size_um.map(|um| um / enlarged).or(info.pixel_size_um);
        let info = StackInfo { numbers: None, pixel_size_um, ..info };
        Self { source, info, threads: wanted.threads }
    }
}

impl<S: FrameSource> FrameSource for Apart<S> {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        if rayon::current_thread_index().is_some() {
            return self.source.read(index, frame);
        }
        let threads = self.threads.unwrap_or(0);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        pool.install(|| self.source.read(index, frame))
    }
}
