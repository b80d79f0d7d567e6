//! Blocks of a recording's frames and of windows, to be measured on other computers: what is checked and read once, and what is
//! measured of each. Joined they have the bits of the whole (`crates/movemeter/tests/blocks.rs`).

use std::sync::Arc;

use movemeter::brightness::{Brightness, BrightnessMode, Levels};
use movemeter::error::Error as CoreError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::mask::Mask;
use movemeter::measure::motion::Means;
use movemeter::measure::reference::{Ahead, ReferenceFrame};
use movemeter::measure::{Motion, run as run_through};
use movemeter::monitor::Monitor;
use movemeter::preprocess::background::Background;
use movemeter::recipe::{Recipe, Reference};
use movemeter::roi::Windows;
use movemeter::source::{FrameSource, Selected, StackInfo};
use movemeter::track::{Stamp, Track, Tracks};
use movemeter_io::{HashedInput, Input, Provenance, doubts, hash_input, read_mask};
use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::fill;
use crate::failure::{Kind, failure, of_core, of_files};
use crate::measuring::{Rois, broken_off};
use crate::parts::{InputParts, add_measured, add_places, add_provenance, input_parts};
use crate::running::run;
use crate::settings::{Word, recipe, windows};
use crate::source::{Frames, Source, numbers};

/// Stands for a hash that is taken later, or not at all.
const UNKNOWN: &str = "unknown";

/// What all blocks of a recording share.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Shared<'py> {
    /// Every setting, as JSON, without windows.
    recipe: String,
    /// The image of the recipe's mask.
    mask: Option<Bound<'py, PyAny>>,
    /// Whether the whole keeps what it prepares of the reference.
    keeps: bool,
    /// How many frames the recording has that are looked at.
    n_frames: usize,
    /// Whether the frames before one that cannot be read are kept.
    keep_going: bool,
}

/// What was read ahead, as [`read_ahead`] gives it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct AheadParts<'py> {
    background: Option<Bound<'py, PyAny>>,
    reference: Option<(Bound<'py, PyAny>, Option<usize>, usize)>,
    /// The frame that could not be read, from which on nothing is measured.
    before: Option<usize>,
    /// What the result says of that.
    incomplete: Option<String>,
}

/// Checks settings and windows for a recording, and says what its blocks need: what they share (`shared`); everything of the result but the samples
/// (`parts`); the places of the frames that are read ahead (`ahead`); why frames must be measured in one task, if so (`chained`); whether brightness is
/// relative to all frames (`is_relative`); warnings.
#[pyfunction]
pub fn check_blocks<'py>(
    py: Python<'py>,
    source: &Source,
    rois: Rois,
    settings: &Bound<'py, PyDict>,
    keep_going: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let mut recipe = recipe(settings)?;
    let mut inputs = unhashed(source.recording().inputs);
    if let Some(mask) = recipe.mask.as_ref().filter(|mask| mask.counts().is_none()) {
        let read = py.detach(|| {
            read_mask(mask.name()).and_then(|(mask, input)| Ok((mask, hash_input(&input)?)))
        });
        let (mask, input) = read.map_err(|error| of_files(py, &error))?;
        recipe.mask = Some(mask);
        inputs.push(input);
    }
    let frames = recipe.selected(source.recording().source).map_err(|error| of_core(py, &error))?;
    let info = frames.info();
    recipe.windows = windows(&rois.0, &rois.1);
    recipe.check(info).map_err(|error| of_core(py, &error))?;
    let ahead = read_first(&recipe, info).map_err(|error| of_core(py, &error))?;
    let checked = PyDict::new(py);
    checked.set_item("shared", shared(py, &recipe, info, keep_going)?)?;
    checked.set_item("parts", parts(py, source, &recipe, info, inputs)?)?;
    checked.set_item("ahead", ahead)?;
    checked.set_item("chained", chained(&recipe))?;
    let is_relative = recipe.brightness.is_some_and(|mode| mode != BrightnessMode::Absolute);
    checked.set_item("is_relative", is_relative)?;
    let warnings = recipe.warning(info.size).iter().map(ToString::to_string).collect::<Vec<_>>();
    checked.set_item("warnings", warnings)?;
    Ok(checked)
}

fn unhashed(inputs: Vec<Input>) -> Vec<HashedInput> {
    let unhashed = |Input { path, files }: Input| HashedInput {
        name: path
            .file_name()
            .map_or_else(|| path.display().to_string(), |name| name.display().to_string()),
        n_files: (files != [path.clone()]).then_some(files.len()),
        path: Some(path),
        sha256: UNKNOWN.into(),
    };
    inputs.into_iter().map(unhashed).collect()
}

fn shared<'py>(
    py: Python<'py>,
    recipe: &Recipe,
    info: &StackInfo,
    keep_going: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let shared = PyDict::new(py);
    let without_windows = Recipe { windows: Windows::default(), ..recipe.clone() };
    shared.set_item("recipe", json(&without_windows))?;
    shared.set_item("mask", mask_image(py, recipe)?)?;
    shared.set_item("keeps", Motion::keeps(recipe, info))?;
    shared.set_item("n_frames", info.n_frames)?;
    shared.set_item("keep_going", keep_going)?;
    Ok(shared)
}

fn json(recipe: &Recipe) -> String {
    serde_json::to_string(recipe).expect("settings are numbers and words")
}

/// 1 where pixels count.
fn mask_image<'py>(py: Python<'py>, recipe: &Recipe) -> PyResult<Option<Bound<'py, PyArray2<u8>>>> {
    let Some(counts) = recipe.mask.as_ref().and_then(Mask::counts) else { return Ok(None) };
    let Size { width, height } = counts.size();
    let pixels = (0..height).flat_map(|y| counts.row(y)).map(|&counts| u8::from(counts));
    PyArray1::from_iter(py, pixels).reshape([height, width]).map(Some)
}

/// Everything of the result but what is measured.
fn parts<'py>(
    py: Python<'py>,
    source: &Source,
    recipe: &Recipe,
    info: &StackInfo,
    inputs: Vec<HashedInput>,
) -> PyResult<Bound<'py, PyDict>> {
    let parts = PyDict::new(py);
    let tracks =
        Tracks { stamps: stamps(recipe, info), tracks: unmeasured(recipe), ..Tracks::default() };
    add_places(&parts, &tracks)?;
    parts.set_item("pixel_size_um", recipe.pixel_size_um.or(info.pixel_size_um))?;
    let provenance = Provenance {
        recipe_json: json(recipe),
        opened: source.opening.clone(),
        inputs,
        doubts: doubts(info),
        ..Provenance::default()
    };
    add_provenance(&parts, &provenance)?;
    Ok(parts)
}

fn stamps(recipe: &Recipe, info: &StackInfo) -> Vec<Stamp> {
    let stamp = |index: usize| {
        let number = info.number(index);
        let by_rate = recipe.frame_rate_hz.map(|rate_hz| number as f64 / rate_hz);
        Stamp { number, time_s: by_rate.or(info.time_s(index)).unwrap_or(f64::NAN) }
    };
    (0..info.n_frames).map(stamp).collect()
}

fn unmeasured(recipe: &Recipe) -> Vec<Track> {
    let of_group = recipe.windows.groups().iter().map(|group| {
        let name: Arc<str> = group.name.as_str().into();
        let track = move |(window, &rect)| Track {
            group: Arc::clone(&name),
            window,
            rect,
            samples: Vec::new(),
            deformations: Vec::new(),
        };
        group.windows.iter().enumerate().map(track)
    });
    of_group.flatten().collect()
}

/// Why frames must be measured one after another, if they must.
fn chained(recipe: &Recipe) -> Option<&'static str> {
    match recipe.reference {
        Reference::Previous => Some("reference='previous' measures each frame from the one before"),
        Reference::Keyframe => Some("reference='keyframe' goes from frame to frame"),
        Reference::First | Reference::Mean | Reference::Frame(_) => {
            let predicts = recipe.follow && recipe.max_displacement_px.is_none();
            predicts
                .then_some("follow=True without max_displacement looks where windows were before")
        }
    }
}

/// The places of the frames that must be read before any block is measured.
fn read_first(recipe: &Recipe, info: &StackInfo) -> Result<Vec<usize>, CoreError> {
    let is_included = |index: &usize| !recipe.exclude.contains(&info.number(*index));
    let included: Vec<usize> = (0..info.n_frames).filter(is_included).collect();
    let first = *included.first().ok_or(CoreError::NoFrames { excluded: 0 < info.n_frames })?;
    if recipe.background != Background::None {
        return Ok(included);
    }
    Ok(match recipe.reference {
        Reference::Mean => included,
        Reference::First => vec![first],
        Reference::Frame(number) => {
            included.into_iter().filter(|&index| info.number(index) == number).collect()
        }
        Reference::Previous | Reference::Keyframe => Vec::new(),
    })
}

/// The SHA-256 of the files of a recording.
#[pyfunction]
pub fn hash_inputs(py: Python<'_>, source: &Source) -> PyResult<Vec<InputParts>> {
    let inputs = source.recording().inputs;
    let hashed = py.detach(|| inputs.iter().map(hash_input).collect::<Result<Vec<_>, _>>());
    Ok(hashed.map_err(|error| of_files(py, &error))?.iter().map(input_parts).collect())
}

/// Reads what every block needs: background and reference, as images (row, column). `frames` are those of the source that are looked at; a window stands
/// for all, of which nothing is known here.
#[pyfunction]
pub fn read_ahead<'py>(
    py: Python<'py>,
    source: &Source,
    frames: Frames,
    window: [i64; 4],
    shared: Shared<'py>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let recipe = shared.recipe(py, windows(&["one".into()], &[(0, window)]))?;
    let mut selected = selected(source, numbers(frames));
    let keep_going = shared.keep_going;
    let outcome = run(py, threads, None, |monitor| {
        match Ahead::of_recording(&recipe, &mut selected, monitor) {
            Err(CoreError::Read { frame, source }) if keep_going => {
                let ahead = ahead_before(frame, &recipe, &mut selected, monitor);
                let unread = CoreError::Read { frame, source };
                match ahead {
                    Some((ahead, n_frames)) => Ok((ahead, Some((frame, n_frames, unread)))),
                    None => Err(unread),
                }
            }
            ahead => ahead.map(|ahead| (ahead, None)),
        }
    })?;
    if let Some(exception) = outcome.exception {
        return Err(exception);
    }
    let told = Some(shared.keep_going);
    let (ahead, unread) = outcome.result.map_err(|error| {
        let told = broken_off(py, &error, 0, shared.n_frames, told);
        told.err().unwrap_or_else(|| of_core(py, &error))
    })?;
    let parts = ahead_parts(py, &ahead)?;
    let before = unread.as_ref().map(|(frame, ..)| *frame);
    let incomplete = unread.map(|(_, n, error)| broken_off(py, &error, n, shared.n_frames, told));
    parts.set_item("before", before)?;
    parts.set_item("incomplete", incomplete.transpose()?)?;
    Ok(parts)
}

/// What can be read ahead as if the recording ended before this frame, and how many frames it has then; nothing if that makes no sense, as when the
/// reference is behind it.
fn ahead_before(
    frame: usize,
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    monitor: &dyn Monitor,
) -> Option<(Ahead, usize)> {
    let info = source.info();
    let indices = (0..info.n_frames).filter(|&index| info.number(index) < frame).collect();
    let mut before = Selected::new(source, indices).ok()?;
    let ahead = Ahead::of_recording(recipe, &mut before, monitor).ok()?;
    Some((ahead, before.info().n_frames))
}

fn ahead_parts<'py>(py: Python<'py>, ahead: &Ahead) -> PyResult<Bound<'py, PyDict>> {
    let parts = PyDict::new(py);
    let background = ahead.preparation.background().map(|frame| image(py, frame)).transpose()?;
    parts.set_item("background", background)?;
    let reference = ahead.reference.as_ref().map(|ReferenceFrame { frame, number, n_frames }| {
        PyResult::Ok((image(py, frame)?, *number, *n_frames))
    });
    parts.set_item("reference", reference.transpose()?)?;
    Ok(parts)
}

fn image<'py>(py: Python<'py>, frame: &Frame) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let Size { width, height } = frame.size();
    PyArray1::from_slice(py, frame.pixels()).reshape([height, width])
}

fn frame_of(image: &Bound<'_, PyAny>) -> PyResult<Frame> {
    let (height, width) = image.getattr("shape")?.extract()?;
    let mut frame = Frame::new(Size::new(width, height));
    fill(image, &mut frame)?;
    Ok(frame)
}

/// A block's place in the whole.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Place {
    /// The frames of the source that are in it.
    frames: Frames,
    /// How many frames of the whole are before it.
    n_before: usize,
    /// Its windows, in groups.
    rois: Rois,
}

/// Measures some windows in some frames, with what was read ahead; gives what was measured as arrays by name, and what the result says if that ended early.
#[pyfunction]
pub fn measure_block<'py>(
    py: Python<'py>,
    source: &Source,
    place: Place,
    shared: Shared<'py>,
    ahead: AheadParts<'py>,
    threads: Option<usize>,
) -> PyResult<(Bound<'py, PyDict>, Option<String>)> {
    let recipe = shared.recipe(py, windows(&place.rois.0, &place.rois.1))?;
    let numbered = source.about();
    let is_before =
        |index: &usize| ahead.before.is_none_or(|frame| numbered.number(*index) < frame);
    let mut indices = numbers(place.frames);
    let n_asked = indices.len();
    indices.retain(is_before);
    let is_cut = indices.len() < n_asked;
    let mut selected = selected(source, indices);
    let known = ahead.known(&recipe, selected.info())?;
    let means = Means { keeps: Some(shared.keeps), ..Means::default() };
    let outcome = run(py, threads, None, |monitor| {
        let mut motion = Motion::with(known, means, &recipe, selected.info(), monitor)?;
        // With none left, the run would say that there are none.
        let ended = match selected.info().n_frames {
            0 => Ok(()),
            _ => run_through(&mut selected, &recipe, monitor, &mut [&mut motion]),
        };
        Ok((motion.into_tracks(), ended))
    })?;
    if let Some(exception) = outcome.exception {
        return Err(exception);
    }
    let (tracks, ended) = outcome.result.map_err(|error| of_core(py, &error))?;
    let incomplete = match ended {
        Ok(()) => ahead.incomplete.filter(|_| is_cut),
        Err(error) => {
            let n_measured = place.n_before + tracks.n_frames();
            Some(broken_off(py, &error, n_measured, shared.n_frames, Some(shared.keep_going))?)
        }
    };
    let parts = PyDict::new(py);
    add_measured(&parts, &tracks)?;
    Ok((parts, incomplete))
}

fn selected(source: &Source, indices: Vec<usize>) -> Selected<Box<dyn FrameSource>> {
    let frames = source.recording().source;
    Selected::new(frames, indices).expect("a range of the source has no number twice")
}

impl Shared<'_> {
    /// The recipe with these windows, and its mask's image. Frames were selected by whoever gives them.
    fn recipe(&self, py: Python<'_>, windows: Windows) -> PyResult<Recipe> {
        let mut recipe: Recipe = serde_json::from_str(&self.recipe).map_err(|error| {
            failure(py, Kind::Setting, &format!("recipe cannot be read: {error}"))
        })?;
        if let (Some(mask), Some(image)) = (&recipe.mask, &self.mask) {
            recipe.mask = Some(Mask::new(mask.name(), &frame_of(image)?));
        }
        Ok(Recipe { windows, ..recipe })
    }
}

impl AheadParts<'_> {
    fn known(&self, recipe: &Recipe, info: &StackInfo) -> PyResult<Ahead> {
        let background = self.background.as_ref().map(frame_of).transpose()?;
        let reference = self.reference.as_ref().map(|(image, number, n_frames)| {
            let frame = frame_of(image)?;
            PyResult::Ok(ReferenceFrame { frame, number: *number, n_frames: *n_frames })
        });
        Ok(Ahead::of(recipe, info, background, reference.transpose()?))
    }
}

/// Mean grey levels (window, frame) as this mode gives them, over all frames.
#[pyfunction]
pub fn relative_brightness<'py>(
    py: Python<'py>,
    mode: &str,
    means: PyReadonlyArray2<'py, f64>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let means = means.as_array();
    let shape = [means.nrows(), means.ncols()];
    let levels = |&mean: &f64| Levels { mean, ..Levels::UNKNOWN };
    let windows = means.rows().into_iter().map(|row| row.iter().map(levels).collect());
    let mode = BrightnessMode::of(mode).unwrap_or_default();
    let brightness = Brightness { mode, windows: windows.collect() };
    let given = (0..shape[0]).flat_map(|window| brightness.means(window));
    PyArray1::from_vec(py, given.collect()).reshape(shape)
}
