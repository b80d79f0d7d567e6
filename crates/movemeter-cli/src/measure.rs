//! `movemeter measure`: read, measure, write.

use std::time::Instant;

use movemeter::error::Error as CoreError;
use movemeter::monitor::Stage;
use movemeter::recipe::Recipe;
use movemeter::roi::Windows;
use movemeter::source::FrameSource;
use movemeter::track::Tracks;
use movemeter_io::{
    Input, Job, OpenOptions, Part, Provenance, RecipeFile, Results, broken_off, check_not_an_input,
    doubts, open_all, read_mask, read_recipe,
};

use crate::arguments::{MeasureArguments, PreparationArguments, RecipeArguments, WindowArguments};
use crate::exclusion::Exclusion;
use crate::failure::Failure;
use crate::outputs::{Outputs, check_different};
use crate::summary::Summary;
use crate::voice::Voice;

/// Measures and writes what the arguments ask for; gives what was measured.
pub fn measure(arguments: &MeasureArguments, voice: &Voice) -> Result<Tracks, Failure> {
    let begun = Instant::now();
    let (mut job, outputs) = prepare(arguments)?;
    for doubt in doubts(job.source.info()) {
        voice.warning(&doubt);
    }
    voice.begin_progress(&job.recipe, Stage::Measuring, job.source.info().n_frames);
    let keep_going = arguments.running.keep_going;
    let (tracks, ended) = in_threads(arguments.running.threads, || job.measure(keep_going, voice))?;
    voice.end_progress();
    let incomplete = match ended {
        Ok(()) => None,
        Err(CoreError::Cancelled) => return Err(stopped(job, outputs, tracks)?),
        Err(CoreError::Read { frame, source: cause }) => {
            let ended = broken_off(frame, &cause, tracks.n_frames(), keep_going);
            Some(ended.map_err(Failure::Failed)?)
        }
        Err(error) => return Err(error.into()),
    };
    let (recipe, places) = (job.recipe.clone(), outputs.names());
    let provenance = Provenance { incomplete, ..job.provenance()? };
    let results = Results { tracks, recipe, provenance };
    outputs.write(&results.tracks.table(), &results)?;
    let Results { tracks, recipe, provenance } = &results;
    let incomplete = provenance.incomplete.as_deref();
    let time = begun.elapsed();
    report(&Summary { tracks, recipe, time, places: &places, incomplete }, voice);
    Ok(results.tracks)
}

/// Everything the measurement needs, checked, and where its results go.
fn prepare(arguments: &MeasureArguments) -> Result<(Job, Outputs), Failure> {
    let mut file = match &arguments.recipe.recipe {
        Some(path) => read_recipe(path)?,
        None => RecipeFile::default(),
    };
    overrule(&mut file, arguments);
    let windows = &arguments.windows;
    if !windows.are_given() && file.recipe.windows.is_empty() && file.rois.is_empty() {
        return Err(WindowArguments::none());
    }
    if arguments.matching.max_rotation.is_some() && !file.recipe.rotation {
        return Err(Failure::Usage("--max-rotation is only of use with --rotation; add it".into()));
    }
    file.recipe.check_settings()?;
    let recording = open_all(&arguments.stacks, &file.opening)?;
    if let Some(exclude) = &arguments.frames.exclude {
        file.recipe.exclude = exclude.numbers(&recording.parts)?;
    }
    if windows.are_given() {
        file.recipe.windows = Windows::default();
        file.rois = windows.drawn(recording.source.info().size)?;
    }
    let job = Job::new(recording, file.clone())?;
    let n_groups = arguments.wide.then(|| job.recipe.windows.groups().len());
    let RecipeArguments { recipe, save_recipe } = &arguments.recipe;
    let read = recipe.iter().map(|path| Input { path: path.clone(), files: vec![path.clone()] });
    let inputs = [job.inputs.clone(), windows.inputs(), read.collect()].concat();
    check_different([&arguments.outputs[..], save_recipe.as_slice()].concat().as_slice())?;
    let outputs = Outputs::create(&arguments.outputs, &inputs, n_groups)?.of(file.clone());
    if let Some(path) = save_recipe {
        check_not_an_input(path, &inputs)?;
        file.write(path)?;
    }
    Ok((job, outputs))
}

/// Keeps what was measured before the user stopped; says what and where.
fn stopped(job: Job, outputs: Outputs, tracks: Tracks) -> Result<Failure, Failure> {
    if tracks.n_frames() == 0 {
        return Ok(Failure::Stopped(
            "stopped before the first frame was measured; nothing is written".into(),
        ));
    }
    let n_frames = job.source.info().n_frames;
    let incomplete = format!("stopped after frame {} of {n_frames}", tracks.n_frames());
    let recipe = job.recipe.clone();
    let provenance = Provenance { incomplete: Some(incomplete.clone()), ..job.provenance_soon() };
    let results = Results { tracks, recipe, provenance };
    let paths = outputs.write_partial(&results)?;
    let places: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Ok(Failure::Stopped(match places.is_empty() {
        true => format!("{incomplete}; nothing is written"),
        false => format!("{incomplete}; what was measured is in {}", places.join(" and ")),
    }))
}

/// Puts what was typed in the place of what the recipe says; windows and excluded frames need the recording.
fn overrule(file: &mut RecipeFile, arguments: &MeasureArguments) {
    let (matching, frames) = (&arguments.matching, &arguments.frames);
    let (preparation, opening) = (&arguments.preparation, arguments.opening.options());
    let said = std::mem::take(&mut file.recipe);
    file.recipe = Recipe {
        reference: matching.reference.unwrap_or(said.reference),
        follow: matching.follow || said.follow,
        max_displacement_px: matching.max_displacement.or(said.max_displacement_px),
        subpixel: matching.subpixel.unwrap_or(said.subpixel),
        model: matching.model.unwrap_or(said.model),
        rotation: matching.rotation || said.rotation,
        max_rotation_deg: matching.max_rotation.or(said.max_rotation_deg),
        min_score: matching.min_score.unwrap_or(said.min_score),
        keep_doubtful: matching.keep_doubtful || said.keep_doubtful,
        brightness: matching.brightness.or(said.brightness),
        blur_sigma_px: preparation.blur.unwrap_or(said.blur_sigma_px),
        background: preparation.background.unwrap_or(said.background),
        invert: preparation.invert || said.invert,
        mask: preparation.mask().or(said.mask),
        frames: frames.frames.unwrap_or(said.frames),
        frame_rate_hz: frames.fps.or(said.frame_rate_hz),
        pixel_size_um: frames.pixel_size.or(said.pixel_size_um),
        exclude: said.exclude,
        windows: said.windows,
    };
    file.opening = OpenOptions {
        channel: opening.channel.or(file.opening.channel),
        z: opening.z.or(file.opening.z),
        ffmpeg: opening.ffmpeg,
    };
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
pub fn in_threads<R: Send>(
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

fn report(summary: &Summary<'_>, voice: &Voice) {
    if let Some(incomplete) = summary.incomplete {
        voice.warning(incomplete);
    }
    if let Some(warning) = summary.warning() {
        voice.warning(warning);
    }
    voice.result(&summary.text(), &summary.event());
}
