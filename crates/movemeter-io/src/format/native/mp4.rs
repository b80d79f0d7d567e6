//! MP4 and MOV files with H.264 or Motion JPEG.

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::{FrameSource, StackInfo};

use super::boxes;
use super::file::VideoFile;
use super::fragments;
use super::h264::Stream;
use super::jpeg;
use super::luma::{Luma, Turn};
use super::samples::{List, Samples};
use super::tags::tags;
use super::times::times;
use super::track::{Coding, Track};
use crate::error::Error;
use crate::format::{Cause, name_of};

/// An opened MP4 or MOV file.
pub(super) struct Mp4 {
    file: VideoFile,
    info: StackInfo,
    samples: Samples,
    turn: Turn,
    pictures: Pictures,
}

/// How samples become pictures.
enum Pictures {
    H264(Box<Stream>),
    Jpeg,
}

/// Opens a file by its index and the beginning of its first picture.
pub(super) fn open(mut file: VideoFile) -> Result<Mp4, Cause> {
    let index = boxes::index(&mut file)?;
    let track = Track::first_video(&index)?;
    let mut list = List::read(track.tables, file.n_bytes)?;
    fragments::append(&mut file, &index, track.id, &mut list)?;
    let samples = Samples::new(list, &track.times_shown)?;
    let mut info = StackInfo {
        name: name_of(&file.path),
        n_frames: samples.n_frames(),
        ..StackInfo::default()
    };
    let pictures = match track.coding {
        Coding::H264(configuration) => {
            let stream = Stream::open(configuration, &samples, &mut file)?;
            (info.size, info.pixel_type) = (stream.size(), stream.pixel_type().into());
            info.metadata = stream.metadata();
            Pictures::H264(Box::new(stream))
        }
        Coding::Jpeg => {
            let mut bytes = Vec::new();
            samples.read(0, &mut file, &mut bytes)?;
            (info.size, info.pixel_type) = (jpeg::size(&bytes)?, "uint8".into());
            info.metadata = vec![("codec".into(), "Motion JPEG".into())];
            Pictures::Jpeg
        }
    };
    info.size = track.turn.size(info.size);
    let times = times(&samples.frame_times(), samples.last_duration(), track.ticks_per_s);
    times.give(&mut info);
    if track.turn != Turn::None {
        info.metadata.push(("turned clockwise by".into(), format!("{}°", track.turn.degrees())));
    }
    info.metadata.extend(track.metadata);
    info.metadata.extend(tags(&index));
    Ok(Mp4 { file, info, samples, turn: track.turn, pictures })
}

impl FrameSource for Mp4 {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        Error::check_frame(index, self.info.n_frames, &self.file.path)?;
        match self.luma(index) {
            Ok(luma) => {
                luma.show(self.turn, frame);
                Ok(())
            }
            Err(cause) => {
                Err(Error::Frame { frame: index, path: self.file.path.clone(), cause }.into())
            }
        }
    }
}

impl Mp4 {
    fn luma(&mut self, index: usize) -> Result<Luma, Cause> {
        let sample = self.samples.of_frame(index);
        match &mut self.pictures {
            Pictures::H264(stream) => stream.luma(sample, &self.samples, &mut self.file),
            Pictures::Jpeg => {
                let mut bytes = Vec::new();
                self.samples.read(sample, &mut self.file, &mut bytes)?;
                let luma = jpeg::luma(&bytes)?;
                let expected = self.turn.size(self.info.size);
                match luma.size == expected {
                    true => Ok(luma),
                    false => {
                        Err(format!("it is {} px, and the first frame {expected} px", luma.size))
                    }
                }
            }
        }
    }
}
