//! `movemeter measure`: read, measure, write.

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use movemeter::error::Error as CoreError;
use movemeter::measure::{Motion, run as run_measurements};
use movemeter::monitor::Stage;
use movemeter::recipe::Recipe;
use movemeter::source::FrameSource;
use movemeter::track::Tracks;
use movemeter_io::{
    Error as FileError, HashedInput, Input, Provenance, hash_input, open_all, read_mask,
};

use crate::arguments::{MeasureArguments, PreparationArguments};
use crate::failure::Failure;
use crate::outputs::Outputs;
use crate::summary::Summary;
use crate::values::FrameList;
use crate::voice::Voice;

/// Measures and writes what the arguments ask for; gives what was measured.
pub fn measure(arguments: &MeasureArguments, voice: &Voice) -> Result<Tracks, Failure> {
    let begun = Instant::now();
    arguments.windows.check()?;
    let mut recipe = recipe(arguments);
    recipe.check_settings()?;
    let mut recording = open_all(&arguments.stacks)?;
    recording.inputs.extend(load_mask(&mut recipe, &arguments.preparation)?);
    recipe.exclude = excluded(arguments.frames.exclude.as_ref(), recording.source.info().n_frames)?;
    let mut source = recipe.selected(recording.source)?;
    recipe.windows = arguments.windows.windows(source.info().size)?;
    recipe.check(source.info())?;
    let outputs = Outputs::create(&arguments.outputs, &recording.inputs)?;
    let places = outputs.names();
    let hashes = Hashes::begin(recording.inputs);
    voice.begin_progress(&recipe, Stage::Measuring, source.info().n_frames);
    let (tracks, ended) =
        in_threads(arguments.running.threads, || tracks(&recipe, &mut source, voice))?;
    voice.end_progress();
    match ended {
        Ok(()) => {}
        Err(CoreError::Cancelled) => {
            return Err(stopped(&recipe, &source, &tracks, outputs, hashes)?);
        }
        Err(error) => return Err(error.into()),
    }
    outputs.write(&tracks.table(), &provenance(&recipe, hashes.all()?)?)?;
    let time = begun.elapsed();
    report(&Summary { tracks: &tracks, recipe: &recipe, time, places: &places }, voice);
    Ok(tracks)
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

/// The frames to be left out, which may be given with an open end.
pub fn excluded(exclude: Option<&FrameList>, n_frames: usize) -> Result<Vec<usize>, Failure> {
    let Some(exclude) = exclude else { return Ok(Vec::new()) };
    exclude.numbers(n_frames).map_err(|message| Failure::Usage(format!("--exclude: {message}")))
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

fn provenance(recipe: &Recipe, inputs: Vec<HashedInput>) -> Result<Provenance, Failure> {
    let recipe_json = serde_json::to_string(recipe)
        .map_err(|error| Failure::Failed(format!("cannot write the recipe: {error}")))?;
    Ok(Provenance { recipe_json, inputs, incomplete: None })
}

fn report(summary: &Summary<'_>, voice: &Voice) {
    if let Some(warning) = summary.warning() {
        voice.warning(warning);
    }
    voice.result(&summary.text(), &summary.event());
}

/// Keeps what was measured before the user stopped; says what and where.
fn stopped(
    recipe: &Recipe,
    source: &dyn FrameSource,
    tracks: &Tracks,
    outputs: Outputs,
    hashes: Hashes,
) -> Result<Failure, Failure> {
    if tracks.n_frames() == 0 {
        return Ok(Failure::Stopped(
            "stopped before the first frame was measured; nothing is written".into(),
        ));
    }
    let incomplete =
        format!("stopped after frame {} of {}", tracks.n_frames(), source.info().n_frames);
    let mut provenance = provenance(recipe, hashes.soon())?;
    provenance.incomplete = Some(incomplete.clone());
    let paths = outputs.write_partial(&tracks.table(), &provenance)?;
    let places: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Ok(Failure::Stopped(match places.is_empty() {
        true => format!("{incomplete}; nothing is written"),
        false => format!("{incomplete}; what was measured is in {}", places.join(" and ")),
    }))
}

/// The inputs' hashes, taken while others measure.
struct Hashes {
    inputs: Vec<Input>,
    coming: Receiver<Result<HashedInput, FileError>>,
}

/// Who stops does not want to wait for the hash of a large recording.
const PATIENCE: Duration = Duration::from_secs(2);

/// Stands for a hash that was not waited for.
const UNKNOWN: &str = "unknown";

impl Hashes {
    fn begin(inputs: Vec<Input>) -> Self {
        let (sender, coming) = channel();
        let to_hash = inputs.clone();
        thread::spawn(move || {
            for input in &to_hash {
                if sender.send(hash_input(input)).is_err() {
                    return;
                }
            }
        });
        Self { inputs, coming }
    }

    /// Every input's hash.
    fn all(self) -> Result<Vec<HashedInput>, Failure> {
        let hashes = self.coming.iter().collect::<Result<Vec<_>, _>>()?;
        match hashes.len() == self.inputs.len() {
            true => Ok(hashes),
            false => Err(Failure::Failed("cannot take the hash of every input".into())),
        }
    }

    /// Every input's hash, where it comes in a moment.
    fn soon(self) -> Vec<HashedInput> {
        let until = Instant::now() + PATIENCE;
        let hash = |input: &Input| {
            let left = until.saturating_duration_since(Instant::now());
            let hash = self.coming.recv_timeout(left).ok().and_then(Result::ok);
            hash.unwrap_or_else(|| HashedInput {
                name: input.path.display().to_string(),
                sha256: UNKNOWN.into(),
                n_files: (input.files != [input.path.clone()]).then_some(input.files.len()),
            })
        };
        self.inputs.iter().map(hash).collect()
    }
}
