//! What a person may say about how files are to be opened.

use std::path::PathBuf;

use serde_json::{Map, Value};

/// How files are to be opened, where they leave it open. All of it may be left out.
///
/// ```no_run
/// use movemeter_io::{OpenOptions, open_with};
///
/// let red = OpenOptions { channel: Some(1), ..OpenOptions::default() };
/// let stack = open_with("two_colours.ome.tif", &red)?;
/// # Ok::<(), movemeter_io::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// Which channel of a recording with several, from 0. Left out: the first.
    pub channel: Option<usize>,
    /// Which plane of a recording with several depths, from 0. Left out: the first.
    pub z: Option<usize>,
    /// The program `ffmpeg`, which reads what is not read here. Left out: what the environment's
    /// `MOVEMETER_FFMPEG` names, else the one on the path. Given, it reads all videos.
    pub ffmpeg: Option<PathBuf>,
}

impl OpenOptions {
    /// Whether what was chosen is in a file that has one channel and one depth.
    pub(crate) fn check_only_one(&self) -> Result<(), String> {
        for (name, number) in [("channel", self.channel), ("z", self.z)] {
            if let Some(number) = number.filter(|&number| number != 0) {
                let what = if name == "z" { "depth" } else { name };
                return Err(format!("there is no {what} {number}: it has 1; leave out --{name}"));
            }
        }
        Ok(())
    }

    /// What was chosen among what a file holds, by name: it decides which numbers come out.
    pub(crate) fn choices(&self) -> Map<String, Value> {
        let choices = [("channel", self.channel), ("z", self.z)];
        let chosen = |(name, number): (&str, Option<usize>)| Some((name.into(), number?.into()));
        choices.into_iter().filter_map(chosen).collect()
    }
}
