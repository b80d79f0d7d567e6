//! Frames of a video, one after the other from the first on.

use std::path::PathBuf;
use std::process::Command;

use movemeter::geometry::Size;

use super::pixels::Pixels;
use super::process::{Pieces, Process};
use super::program::Program;
use super::said::{FrameLine, Line};
use crate::format::Cause;

/// What is decoded, and how.
pub(super) struct Decoding {
    pub(super) program: Program,
    pub(super) path: PathBuf,
    /// Settings of how the file is read.
    pub(super) input: &'static [&'static str],
    /// The size of every frame.
    pub(super) size: Size,
    /// How the pixels of every frame are stored, in ffmpeg's words.
    pub(super) pixel_format: String,
    pub(super) pixels: Pixels,
    pub(super) frame_bytes: usize,
    /// Whether a frame that cannot be decoded without doubt is left out, so that it is missed, instead of one that ffmpeg has
    /// mended.
    pub(super) is_strict: bool,
}

impl Decoding {
    fn command(&self) -> Command {
        let strict: &[&str] =
            if self.is_strict { &["-err_detect:v", "crccheck+explode"] } else { &[] };
        let mut command = self.program.reading(&self.path, &[strict, self.input].concat());
        command.args(self.program.every_frame(&self.pixels.filters)).args(["-c:v", "rawvideo"]);
        command.args(["-pix_fmt", &self.pixels.output, "-f", "rawvideo", "pipe:1"]);
        command
    }
}

/// A running ffmpeg that decodes frames.
pub(super) struct Playback {
    process: Process,
    n_given: usize,
}

impl Playback {
    /// Starts at the first frame.
    pub(super) fn start(decoding: &Decoding) -> Result<Self, Cause> {
        let process =
            Process::start(&mut decoding.command(), Pieces::Frames(decoding.frame_bytes))?;
        Ok(Self { process, n_given: 0 })
    }

    /// The next frame's time, in ticks, and bytes; none where there are no more.
    pub(super) fn next(&mut self, expected: &Decoding) -> Result<Option<(i64, Vec<u8>)>, Cause> {
        let Some(about) = self.next_line()? else { return Ok(None) };
        about.check_number(self.n_given)?;
        self.n_given += 1;
        // Bytes of another size would not begin where frames begin.
        let size = Size::new(about.width, about.height);
        if size != expected.size {
            return Err(format!("it has {size} px, but the first frame has {}", expected.size));
        }
        if about.pixel_format != expected.pixel_format {
            return Err(format!(
                "its pixels are of the type {}, but those of the first frame are {}",
                about.pixel_format, expected.pixel_format
            ));
        }
        Ok(self.process.piece()?.map(|bytes| (about.pts, bytes)))
    }

    fn next_line(&mut self) -> Result<Option<FrameLine>, Cause> {
        loop {
            match self.process.line()? {
                Some(Line::Frame(about)) => return Ok(Some(about)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    /// Gives bytes back that are not needed any more.
    pub(super) fn reuse(&self, bytes: Vec<u8>) {
        self.process.reuse(bytes);
    }

    /// What ffmpeg has complained of.
    pub(super) fn complaint(&self) -> Option<Cause> {
        self.process.problems().cause()
    }
}
