//! `movemeter measure`: read, measure, write.

use std::time::Instant;

use movemeter::error::{BoxError, Error as CoreError};
use movemeter::measure::{Motion, run as run_measurements};
use movemeter::monitor::Stage;
use movemeter::recipe::Recipe;
use movemeter::source::{FrameSource, Selected, StackInfo};
use movemeter::track::Tracks;
use movemeter_io::{HashedInput, Input, OpenOptions, Part, Provenance, open_all, read_mask};

use crate::arguments::{MeasureArguments, PreparationArguments};
use crate::exclusion::Exclusion;
use crate::failure::{Failure, Unread, left_out};
use crate::hashes::Hashes;
use crate::outputs::Outputs;
use crate::summary::Summary;
use crate::voice::Voice;

/// Measures and writes what the arguments ask for; gives what was measured.
pub fn measure(arguments: &MeasureArguments, voice: &Voice) -> Result<Tracks, Failure> {
    let begun = Instant::now();
    let mut job = Job::open(arguments)?;
    for doubt in &job.doubts {
        voice.warning(doubt);
    }
    voice.begin_progress(&job.recipe, Stage::Measuring, job.source.info().n_frames);
    let keep_going = arguments.running.keep_going;
    let (tracks, ended) = in_threads(arguments.running.threads, || {
        tracks_kept(&job.recipe, &mut job.source, voice, keep_going)
    })?;
    voice.end_progress();
    let incomplete = match ended {
        Ok(()) => None,
        Err(CoreError::Cancelled) => return Err(job.stopped(&tracks)?),
        Err(CoreError::Read { frame, source: cause }) => {
            Some(broken_off(frame, &cause, &tracks, keep_going)?)
        }
        Err(error) => return Err(error.into()),
    };
    let Job { recipe, opened, doubts, outputs, hashes, .. } = job;
    let places = outputs.names();
    let provenance =
        Provenance { incomplete, doubts, ..provenance(&recipe, opened, hashes.all()?)? };
    outputs.write(&tracks.table(), &provenance)?;
    let incomplete = provenance.incomplete.as_deref();
    let time = begun.elapsed();
    report(&Summary { tracks: &tracks, recipe: &recipe, time, places: &places, incomplete }, voice);
    Ok(tracks)
}

/// Everything a measurement needs, checked.
struct Job {
    recipe: Recipe,
    source: Selected<Box<dyn FrameSource>>,
    opened: OpenOptions,
    /// What is doubtful of the recording.
    doubts: Vec<String>,
    outputs: Outputs,
    hashes: Hashes,
}

impl Job {
    fn open(arguments: &MeasureArguments) -> Result<Self, Failure> {
        arguments.windows.check()?;
        let mut recipe = recipe(arguments);
        recipe.check_settings()?;
        let opened = arguments.opening.options();
        let mut recording = open_all(&arguments.stacks, &opened)?;
        recording.inputs.extend(load_mask(&mut recipe, &arguments.preparation)?);
        recipe.exclude = excluded(arguments.frames.exclude.as_ref(), &recording.parts)?;
        let source = recipe.selected(recording.source)?;
        recipe.windows = arguments.windows.windows(source.info().size)?;
        recipe.check(source.info())?;
        let doubts = doubts(source.info());
        let outputs = Outputs::create(&arguments.outputs, &recording.inputs)?;
        let hashes = Hashes::begin(recording.inputs);
        Ok(Self { recipe, source, opened, doubts, outputs, hashes })
    }

    /// Keeps what was measured before the user stopped; says what and where.
    fn stopped(self, tracks: &Tracks) -> Result<Failure, Failure> {
        if tracks.n_frames() == 0 {
            return Ok(Failure::Stopped(
                "stopped before the first frame was measured; nothing is written".into(),
            ));
        }
        let n_frames = self.source.info().n_frames;
        let incomplete = format!("stopped after frame {} of {n_frames}", tracks.n_frames());
        let mut provenance = provenance(&self.recipe, self.opened, self.hashes.soon())?;
        provenance.incomplete = Some(incomplete.clone());
        provenance.doubts = self.doubts;
        let paths = self.outputs.write_partial(&tracks.table(), &provenance)?;
        let places: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        Ok(Failure::Stopped(match places.is_empty() {
            true => format!("{incomplete}; nothing is written"),
            false => format!("{incomplete}; what was measured is in {}", places.join(" and ")),
        }))
    }
}

/// What the user should know before believing the frames.
pub fn doubts(info: &StackInfo) -> Vec<String> {
    info.doubts().map(|(name, value)| format!("{name}: {value}")).collect()
}

/// All settings that need no file to be understood.
fn recipe(arguments: &MeasureArguments) -> Recipe {
    let (matching, frames) = (&arguments.matching, &arguments.frames);
    let preparation = &arguments.preparation;
    Recipe {
        reference: matching.reference,
        follow: matching.follow,
        max_displacement_px: matching.max_displacement,
        subpixel: matching.subpixel,
        model: matching.model,
        rotation: matching.rotation,
        max_rotation_deg: matching.max_rotation,
        min_score: matching.min_score,
        keep_doubtful: matching.keep_doubtful,
        brightness: matching.brightness,
        blur_sigma_px: preparation.blur,
        background: preparation.background,
        invert: preparation.invert,
        mask: preparation.mask(),
        frames: frames.frames.unwrap_or_default(),
        frame_rate_hz: frames.fps,
        pixel_size_um: frames.pixel_size,
        ..Recipe::default()
    }
}

/// Loads the image of the recipe's mask, if one was given; gives the file.
pub fn load_mask(
    recipe: &mut Recipe,
    arguments: &PreparationArguments,
) -> Result<Option<Input>, Failure> {
    let Some(path) = &arguments.mask else { return Ok(None) };
    let (mask, input) = read_mask(path)?;
    recipe.mask = Some(mask);
    Ok(Some(input))
}

/// The frames to be left out, which may be given with an open end or by their files.
pub fn excluded(exclude: Option<&Exclusion>, parts: &[Part]) -> Result<Vec<usize>, Failure> {
    exclude.map_or_else(|| Ok(Vec::new()), |exclude| exclude.numbers(parts))
}

/// Does the work with this many threads; with one for each core if not told.
fn in_threads<R: Send>(
    n_threads: Option<usize>,
    work: impl FnOnce() -> R + Send,
) -> Result<R, Failure> {
    let Some(n_threads) = n_threads else { return Ok(work()) };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
    let pool = pool.map_err(|error| {
        Failure::Failed(format!("cannot start {n_threads} threads: {error}; try fewer"))
    })?;
    Ok(pool.install(work))
}

/// What was measured, and whether that is all.
fn tracks(
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    voice: &Voice,
) -> (Tracks, Result<(), CoreError>) {
    let mut motion = match Motion::new(recipe, source, voice) {
        Ok(motion) => motion,
        Err(error) => return (Tracks::default(), Err(error)),
    };
    voice.begin_stage(Stage::Measuring, source.info().n_frames);
    let ended = run_measurements(source, recipe, voice, &mut [&mut motion]);
    (motion.into_tracks(), ended)
}

/// The same; with `keep_going`, what can be measured of the frames before one that cannot be read.
fn tracks_kept(
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    voice: &Voice,
    keep_going: bool,
) -> (Tracks, Result<(), CoreError>) {
    let (all, ended) = tracks(recipe, source, voice);
    match ended {
        // Met in a pass before measuring, for the background or the reference.
        Err(CoreError::Read { frame, .. }) if keep_going && all.n_frames() == 0 => {
            (tracks_before(frame, recipe, source, voice).unwrap_or(all), ended)
        }
        _ => (all, ended),
    }
}

/// What is measured as if the recording ended before this frame; nothing if that makes no sense, as
/// when the reference is behind it.
fn tracks_before(
    frame: usize,
    recipe: &Recipe,
    source: &mut dyn FrameSource,
    voice: &Voice,
) -> Option<Tracks> {
    let info = source.info();
    let indices = (0..info.n_frames).filter(|&index| info.number(index) < frame).collect();
    let mut before = Selected::new(source, indices).ok()?;
    recipe.check(before.info()).ok()?;
    let (tracks, ended) = tracks(recipe, &mut before, voice);
    ended.is_ok().then_some(tracks)
}

/// What the table says of a frame that could not be read; an error if it was not asked to go on, or there
/// is nothing before it.
fn broken_off(
    frame: usize,
    cause: &BoxError,
    tracks: &Tracks,
    keep_going: bool,
) -> Result<String, Failure> {
    let Unread { what, place } = Unread::new(frame, cause);
    if keep_going && 0 < tracks.n_frames() {
        let measured = match tracks.n_frames() {
            1 => "only the frame before it is measured".into(),
            n => format!("only the {n} frames before it are measured"),
        };
        return Ok(format!("{what}; {measured}{place}"));
    }
    let mut ways = left_out(frame);
    if 0 < tracks.n_frames() {
        ways += ", or measure the frames before it with --keep-going";
    }
    Err(Failure::Failed(format!("{what}; {ways}{place}")))
}

fn provenance(
    recipe: &Recipe,
    opened: OpenOptions,
    inputs: Vec<HashedInput>,
) -> Result<Provenance, Failure> {
    let recipe_json = serde_json::to_string(recipe)
        .map_err(|error| Failure::Failed(format!("cannot write the recipe: {error}")))?;
    Ok(Provenance { recipe_json, opened, inputs, ..Provenance::default() })
}

fn report(summary: &Summary<'_>, voice: &Voice) {
    if let Some(incomplete) = summary.incomplete {
        voice.warning(incomplete);
    }
    if let Some(warning) = summary.warning() {
        voice.warning(warning);
    }
    voice.result(&summary.text(), &summary.event());
}
