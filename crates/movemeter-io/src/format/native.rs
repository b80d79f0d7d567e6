//! Videos that are read with nothing installed: what common cameras and phones write.
//!
//! MP4 and MOV with H.264 or Motion JPEG, AVI with uncompressed pictures or Motion JPEG. Grey is the luma as it is stored:
//! the range that video leaves at both ends (16 to 235 of 255) is not stretched. What is not surely read as other programs
//! read it is refused, in words, by what the file says of itself: another program may then read it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use movemeter::source::FrameSource;

use super::{Cause, plain_io};

mod bytes;
mod file;
mod luma;
mod times;
mod jpeg;
mod boxes;
mod samples;
mod fragments;
mod h264;
mod track;
mod tags;
mod mp4;
mod riff;
mod dib;
mod avi;

/// Opens a video. The error says why it cannot be read here.
pub(super) fn open(path: &Path) -> Result<Box<dyn FrameSource>, Cause> {
    let mut file = File::open(path).map_err(|error| plain_io(&error))?;
    let mut start = [0; 12];
    file.read_exact(&mut start).map_err(|error| plain_io(&error))?;
    let video = file::VideoFile::new(path, file)?;
    match (&start[..4], &start[4..8], &start[8..]) {
        (b"RIFF", _, b"AVI ") => Ok(Box::new(avi::open(video)?)),
        (_, b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot" | b"styp", _) => {
            Ok(Box::new(mp4::open(video)?))
        }
        _ => Err("it does not begin as MP4, MOV or AVI files do".into()),
    }
}
