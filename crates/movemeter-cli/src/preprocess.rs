//! `movemeter preprocess`: a recording as the matcher sees it.

use std::time::Instant;

use movemeter::monitor::Stage;
use movemeter::recipe::Recipe;
use movemeter::source::FrameSource;
use movemeter_io::{FilmOptions, StackFormat, check_not_inputs, doubts, open_all, stack_files};

use crate::arguments::PreprocessArguments;
use crate::failure::Failure;
use crate::measure::{excluded, load_mask};
use crate::voice::Voice;
use crate::writing::{Written, described, format_of, included, stopped};

/// Writes the recording as the arguments ask for it.
pub fn preprocess(arguments: &PreprocessArguments, voice: &Voice) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut recipe = recipe(arguments);
    recipe.check_settings()?;
    let output = &arguments.output;
    let format = format_of(output)?;
    check_all_is_used(arguments, format)?;
    let mut recording = open_all(&arguments.stacks, &arguments.opening.options())?;
    recording.inputs.extend(load_mask(&mut recipe, &arguments.preparation)?);
    recipe.exclude = excluded(arguments.chosen.exclude.as_ref(), &recording.parts)?;
    for doubt in doubts(recording.source.info()) {
        voice.warning(&doubt);
    }
    let numbers = recipe.frames.numbers(recording.source.info().n_frames)?;
    let n_read = numbers.len();
    let n_written = numbers.iter().filter(|number| !recipe.exclude.contains(number)).count();
    // What cannot be written is known before all frames are read.
    check_not_inputs(&stack_files(output, arguments.bits, n_written)?, &recording.inputs)?;
    voice.begin_progress(&recipe, Stage::Writing, n_read);
    let prepared = recipe.prepared(recording.source, voice).map_err(stopped)?;
    let included = included(&recipe, prepared)?;
    let info = described(&recipe, included.info());
    let mut source = Written::new(included, info, arguments.bits, voice);
    source.write(output, &film(arguments))?;
    source.report(output, begun.elapsed());
    Ok(())
}

fn recipe(arguments: &PreprocessArguments) -> Recipe {
    let preparation = &arguments.preparation;
    Recipe {
        invert: preparation.invert,
        mask: preparation.mask(),
        background: preparation.background.unwrap_or_default(),
        blur_sigma_px: preparation.blur.unwrap_or_default(),
        frames: arguments.chosen.frames.unwrap_or_default(),
        frame_rate_hz: arguments.chosen.fps,
        pixel_size_um: arguments.chosen.pixel_size,
        ..Recipe::default()
    }
}

/// What an output cannot hold was not asked for by mistake alone.
fn check_all_is_used(arguments: &PreprocessArguments, format: StackFormat) -> Result<(), Failure> {
    let no = |option: &str, why: &str| Err(Failure::Usage(format!("{option} {why}")));
    let is_film = format == StackFormat::Mp4;
    if arguments.range.is_some() && !is_film {
        return no("--range", "is for films; write to a name that ends in .mp4, or leave it out");
    }
    let holds_times = is_film || format == StackFormat::Tiff;
    if arguments.chosen.fps.is_some() && !holds_times {
        return no("--fps", "cannot be kept by .npy and .png; write .tif or .mp4, or leave it out");
    }
    if arguments.chosen.pixel_size.is_some() && format != StackFormat::Tiff {
        return no("--pixel-size", "is kept by .tif alone; write that, or leave it out");
    }
    Ok(())
}

fn film(arguments: &PreprocessArguments) -> FilmOptions {
    FilmOptions {
        range: arguments.range,
        ffmpeg: arguments.opening.ffmpeg.clone(),
        ..FilmOptions::default()
    }
}
