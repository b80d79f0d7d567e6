//! `movemeter preprocess`: a recording as the matcher sees it.

use std::path::Path;
use std::time::{Duration, Instant};

use movemeter::error::{BoxError, Error as CoreError};
use movemeter::frame::Frame;
use movemeter::monitor::{Monitor, Stage};
use movemeter::recipe::Recipe;
use movemeter::source::{FrameSource, Selected, StackInfo};
use movemeter_io::{
    BitDepth, Error as FileError, FilmOptions, StackFormat, check_not_inputs, open_all,
    stack_files, write_mp4, write_stack,
};
use serde_json::json;

use crate::arguments::PreprocessArguments;
use crate::failure::Failure;
use crate::measure::{doubts, excluded, load_mask};
use crate::stop;
use crate::voice::Voice;
use crate::words::{counted, duration};

/// Writes the recording as the arguments ask for it.
pub fn preprocess(arguments: &PreprocessArguments, voice: &Voice) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut recipe = recipe(arguments);
    recipe.check_settings()?;
    let output = &arguments.output;
    let format = StackFormat::of(output)
        .map_err(|error| Failure::Usage(format!("cannot write a recording: {error}")))?;
    check_all_is_used(arguments, format)?;
    let mut recording = open_all(&arguments.stacks, &arguments.opening.options())?;
    recording.inputs.extend(load_mask(&mut recipe, &arguments.preparation)?);
    recipe.exclude = excluded(arguments.exclude.as_ref(), &recording.parts)?;
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
    let mut source = Written { source: included, info, bits: arguments.bits, voice, n_outside: 0 };
    voice.begin_stage(Stage::Writing, source.info().n_frames);
    let ended = match format {
        StackFormat::Mp4 => write_mp4(&mut source, output, &film(arguments)),
        StackFormat::Tiff | StackFormat::Npy | StackFormat::Png => {
            write_stack(&mut source, arguments.bits, output)
        }
    };
    voice.end_progress();
    ended.map_err(|error| failure(error, source.info()))?;
    source.report(output, begun.elapsed());
    Ok(())
}

fn recipe(arguments: &PreprocessArguments) -> Recipe {
    let preparation = &arguments.preparation;
    Recipe {
        invert: preparation.invert,
        mask: preparation.mask(),
        background: preparation.background,
        blur_sigma_px: preparation.blur,
        frames: arguments.frames.unwrap_or_default(),
        frame_rate_hz: arguments.fps,
        pixel_size_um: arguments.pixel_size,
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
    if arguments.fps.is_some() && !holds_times {
        return no("--fps", "cannot be kept by .npy and .png; write .tif or .mp4, or leave it out");
    }
    if arguments.pixel_size.is_some() && format != StackFormat::Tiff {
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

/// The frames that are not left out.
fn included<S: FrameSource>(recipe: &Recipe, source: S) -> Result<Selected<S>, Failure> {
    let info = source.info();
    let is_included = |&index: &usize| !recipe.exclude.contains(&info.number(index));
    let indices: Vec<usize> = (0..info.n_frames).filter(is_included).collect();
    if indices.is_empty() {
        return Err(CoreError::NoFrames { excluded: 0 < info.n_frames }.into());
    }
    Ok(Selected::new(source, indices).expect("each index of the source comes once"))
}

/// What is known of the frames, with what the user knows better.
fn described(recipe: &Recipe, info: &StackInfo) -> StackInfo {
    let mut info = info.clone();
    if recipe.frame_rate_hz.is_some() {
        info = StackInfo { frame_rate_hz: recipe.frame_rate_hz, times_s: None, ..info };
    }
    info.pixel_size_um = recipe.pixel_size_um.or(info.pixel_size_um);
    info
}

/// A source that tells how far it was read, stops when the user does, and counts what does not fit.
struct Written<'a, S> {
    source: S,
    info: StackInfo,
    bits: BitDepth,
    voice: &'a Voice,
    n_outside: u64,
}

impl<S: FrameSource> Written<'_, S> {
    /// Says what was written.
    fn report(&self, output: &Path, time: Duration) {
        self.warn_of_clipping();
        let info = &self.info;
        let text = format!(
            "{} of {} px written in {} -> {}",
            counted(info.n_frames, "frame"),
            info.size,
            duration(time),
            output.display()
        );
        let event = json!({
            "event": "finished",
            "frames": info.n_frames,
            "pixels_outside": self.n_outside,
            "seconds": time.as_secs_f64(),
            "outputs": [output.display().to_string()],
        });
        self.voice.result(&text, &event);
    }

    fn warn_of_clipping(&self) {
        let n_bits = match self.bits {
            BitDepth::Eight => 8,
            BitDepth::Sixteen => 16,
            BitDepth::Float32 => return,
        };
        let info = &self.info;
        let n_pixels = info.n_frames as f64 * info.size.area() as f64;
        if 0 < self.n_outside {
            self.voice.warning(&format!(
                "{} of all pixels lie outside what {n_bits} bits can hold and were brought to the \
                 nearer end; --bits 32 keeps them",
                percent(self.n_outside as f64 / n_pixels)
            ));
        }
    }
}

/// A part of all.
fn percent(part: f64) -> String {
    match 100.0 * part {
        percent if percent < 0.1 => "less than 0.1 %".into(),
        percent => format!("{percent:.1} %"),
    }
}

/// The brightest value that a written pixel can have.
fn brightest(bits: BitDepth) -> Option<f32> {
    match bits {
        BitDepth::Eight => Some(f32::from(u8::MAX)),
        BitDepth::Sixteen => Some(f32::from(u16::MAX)),
        BitDepth::Float32 => None,
    }
}

impl<S: FrameSource> FrameSource for Written<'_, S> {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        if self.voice.is_cancelled() {
            return Err("stopped".into());
        }
        self.source.read(index, frame)?;
        if let Some(white) = brightest(self.bits) {
            // What rounds to a value that can be held is not counted.
            let is_outside = |pixel: &&f32| !(-0.5 < **pixel && **pixel < white + 0.5);
            self.n_outside += frame.pixels().iter().filter(is_outside).count() as u64;
        }
        self.voice.progress(Stage::Writing, index + 1, self.info.n_frames);
        Ok(())
    }
}

fn stopped(error: CoreError) -> Failure {
    match error {
        CoreError::Cancelled => Failure::Stopped("stopped; nothing is written".into()),
        other => other.into(),
    }
}

/// Frames are named by their numbers in the recording.
fn failure(error: FileError, info: &StackInfo) -> Failure {
    match error {
        FileError::Source { .. } if stop::is_wanted() => stopped(CoreError::Cancelled),
        FileError::Source { frame, source } => {
            CoreError::Read { frame: info.number(frame), source }.into()
        }
        other => other.into(),
    }
}
