//! What is to be known of a video before all of it is looked through: its first frames.

use std::path::Path;

use super::about::tags;
use super::process::{Pieces, Process};
use super::program::Program;
use super::said::{FrameLine, Line, Ratio};
use crate::format::Cause;

/// The beginning of a video.
pub(super) struct Head {
    /// The first frames, [`N_FRAMES`] where there are so many.
    pub(super) frames: Vec<FrameLine>,
    /// The length of a tick, s.
    pub(super) time_base: Ratio,
    /// How many frames a second there should be.
    pub(super) frame_rate: Option<Ratio>,
    /// The names of the container's format.
    pub(super) container: String,
    /// What the file says of itself.
    pub(super) metadata: Vec<(String, String)>,
    /// How all of it is to be read.
    pub(super) input: &'static [&'static str],
}

/// More than the pictures that any codec holds back to put them in order, which are 16.
pub(super) const N_FRAMES: usize = 32;

impl Head {
    /// Decodes the first frames.
    pub(super) fn read(program: &Program, path: &Path) -> Result<Self, Cause> {
        let said = Said::hear(program, path, &[])?;
        // Pictures are turned by whole quarters, as they are shown. Other angles would need new pixels.
        let is_odd = said.rotation.is_some_and(|angle| angle % 90.0 != 0.0);
        match is_odd {
            true => Said::hear(program, path, AS_STORED)?.head(program, AS_STORED),
            false => said.head(program, &[]),
        }
    }
}

const AS_STORED: &[&str] = &["-noautorotate"];

/// All that is said while the first frames are decoded.
#[derive(Default)]
struct Said {
    frames: Vec<FrameLine>,
    config: Option<(Ratio, Option<Ratio>)>,
    container: Option<String>,
    video: Option<String>,
    duration: Option<String>,
    encoder: Option<String>,
    rotation: Option<f64>,
    tags: Vec<(String, String)>,
}

impl Said {
    fn hear(program: &Program, path: &Path, input: &[&str]) -> Result<Self, Cause> {
        let mut command = program.reading(path, input);
        command.args(["-frames:v", &N_FRAMES.to_string()]);
        command.args(program.every_frame("null")).args(["-f", "null", "-"]);
        // All tags, also the time of recording; without a word of the ffmpeg that lists them.
        command.args(["-map_metadata", "0", "-fflags", "+bitexact", "-f", "ffmetadata", "pipe:1"]);
        let mut process = Process::start(&mut command, Pieces::Lines)?;
        let mut text = Vec::new();
        while let Some(line) = process.piece()? {
            if text.len() < MOST_TAG_BYTES {
                text.extend(line);
            }
        }
        let mut said = Self { tags: tags(&String::from_utf8_lossy(&text)), ..Self::default() };
        while let Some(line) = process.line()? {
            said.take(line)?;
        }
        let ended = process.end();
        match said.frames.is_empty() {
            true => Err(ended
                .err()
                .or_else(|| process.problems().cause())
                .unwrap_or_else(|| "there is no frame in it".into())),
            false => Ok(said),
        }
    }

    fn take(&mut self, line: Line) -> Result<(), Cause> {
        match line {
            Line::Frame(frame) => {
                frame.check_number(self.frames.len())?;
                self.frames.push(frame);
            }
            Line::Config { time_base, frame_rate } => {
                self.config.get_or_insert((time_base, frame_rate));
            }
            Line::Container(names) => _ = self.container.get_or_insert(names),
            // After the input's, the output's are said too.
            Line::Video(text) => _ = self.video.get_or_insert(text),
            Line::Duration(text) => _ = self.duration.get_or_insert(text),
            Line::Encoder(name) if self.video.is_none() => _ = self.encoder.get_or_insert(name),
            Line::Rotation(angle) => _ = self.rotation.get_or_insert(angle),
            Line::Encoder(_) | Line::Problem(_) => {}
        }
        Ok(())
    }

    fn head(self, program: &Program, input: &'static [&'static str]) -> Result<Head, Cause> {
        let (time_base, frame_rate) =
            self.config.ok_or("ffmpeg does not say how its times count")?;
        let container = self.container.unwrap_or_default();
        let mut metadata = vec![("read with".into(), format!("ffmpeg {}", program.version))];
        let mut add = |name: &str, value: Option<String>| {
            metadata.extend(value.map(|value| (name.to_string(), value)));
        };
        add("container", Some(container.clone()));
        add("video", self.video);
        add("duration", self.duration);
        add(
            "rotation_deg",
            self.rotation.map(|angle| match input.is_empty() {
                true => format!("{angle}, done"),
                false => format!("{angle}, not done: it is no multiple of 90"),
            }),
        );
        add("encoder", self.encoder);
        metadata.extend(self.tags);
        Ok(Head { frames: self.frames, time_base, frame_rate, container, metadata, input })
    }
}

/// No person wrote more about a video.
const MOST_TAG_BYTES: usize = 1 << 20;
