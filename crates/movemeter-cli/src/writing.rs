//! Recordings as they are written: what is known of them, progress, what does not fit.

use std::path::Path;
use std::time::Duration;

use movemeter::error::{BoxError, Error as CoreError};
use movemeter::frame::Frame;
use movemeter::monitor::{Monitor, Stage};
use movemeter::recipe::Recipe;
use movemeter::source::{FrameSource, Selected, StackInfo};
use movemeter_io::{
    BitDepth, Error as FileError, FilmOptions, StackFormat, write_mp4, write_stack,
};
use serde_json::json;

use crate::failure::Failure;
use crate::stop;
use crate::voice::Voice;
use crate::words::{counted, duration};

/// How a recording of this name is written.
pub fn format_of(output: &Path) -> Result<StackFormat, Failure> {
    StackFormat::of(output)
        .map_err(|error| Failure::Usage(format!("cannot write a recording: {error}")))
}

/// The frames that are not left out.
pub fn included<S: FrameSource>(recipe: &Recipe, source: S) -> Result<Selected<S>, Failure> {
    let info = source.info();
    let is_included = |&index: &usize| !recipe.exclude.contains(&info.number(index));
    let indices: Vec<usize> = (0..info.n_frames).filter(is_included).collect();
    if indices.is_empty() {
        return Err(CoreError::NoFrames { excluded: 0 < info.n_frames }.into());
    }
    Ok(Selected::new(source, indices).expect("each index of the source comes once"))
}

/// What is known of the frames, with what the user knows better.
pub fn described(recipe: &Recipe, info: &StackInfo) -> StackInfo {
    let mut info = info.clone();
    if recipe.frame_rate_hz.is_some() {
        info = StackInfo { frame_rate_hz: recipe.frame_rate_hz, times_s: None, ..info };
    }
    info.pixel_size_um = recipe.pixel_size_um.or(info.pixel_size_um);
    info
}

/// A source that tells how far it was read, stops when the user does, and counts what does not fit.
pub struct Written<'a, S> {
    source: S,
    info: StackInfo,
    bits: BitDepth,
    voice: &'a Voice,
    n_outside: u64,
}

impl<'a, S: FrameSource> Written<'a, S> {
    /// `source`, of which `info` is known, written with so many bits.
    pub fn new(source: S, info: StackInfo, bits: BitDepth, voice: &'a Voice) -> Self {
        Self { source, info, bits, voice, n_outside: 0 }
    }

    /// Writes all its frames.
    pub fn write(&mut self, output: &Path, film: &FilmOptions) -> Result<(), Failure> {
        let (bits, voice) = (self.bits, self.voice);
        voice.begin_stage(Stage::Writing, self.info.n_frames);
        let ended = match format_of(output)? {
            StackFormat::Mp4 => write_mp4(self, output, film),
            StackFormat::Tiff | StackFormat::Npy | StackFormat::Png => {
                write_stack(self, bits, output)
            }
        };
        voice.end_progress();
        ended.map_err(|error| failure(error, &self.info))
    }

    /// Says what was written.
    pub fn report(&self, output: &Path, time: Duration) {
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

    /// Warns of pixels that lost their value.
    pub fn warn_of_clipping(&self) {
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

/// Nothing is kept of a recording that is not whole.
pub fn stopped(error: CoreError) -> Failure {
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
