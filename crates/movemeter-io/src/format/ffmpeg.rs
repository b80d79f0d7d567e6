//! Videos by the program ffmpeg, which runs beside this one and writes decoded frames into a pipe.
//!
//! Opening looks at the first frames ([`head`]) and lists all frames with their times ([`listing`]). Then frames are
//! decoded as they are read, from the first on; going back starts anew. Each frame that ffmpeg gives says its time, and is
//! the one that has this time in the list: a frame that is missing is noticed, and no other takes its place.

mod said;
mod process;
mod program;
mod pixels;
mod times;
mod about;
mod head;
mod listing;
mod playback;

use std::path::Path;

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, StackInfo};

use super::{Cause, name_of};
use crate::error::Error;
use head::Head;
use listing::Listing;
use pixels::Pixels;
use playback::{Decoding, Playback};
use times::times;

pub(crate) use process::{Pieces, Process};
pub(crate) use program::{Program, as_file};

/// Opens a video with this program.
pub(super) fn open(path: &Path, program: Program) -> Result<Box<dyn FrameSource>, Cause> {
    check_is_file(path)?;
    let head = Head::read(&program, path)?;
    let first = &head.frames[0];
    let size = Size::new(first.width, first.height);
    let pixels = Pixels::of(&first.pixel_format)?;
    let frame_bytes = pixels.frame_bytes(size);
    let frame_bytes = frame_bytes.ok_or_else(|| format!("{size} px are too many"))?;
    let listing = Listing::read(&program, path, &head)?;
    let info = info(path, size, &pixels, &head, &listing);
    let decoding = Decoding {
        path: path.into(),
        input: head.input,
        size,
        pixel_format: first.pixel_format.clone(),
        pixels,
        frame_bytes,
        // Only by its time is it known which frame is missing.
        is_strict: listing.is_of_packets,
        program,
    };
    Ok(Box::new(Video { info, listing, decoding, playback: None, held: None, numbers: Vec::new() }))
}

/// Anything else might never end.
fn check_is_file(path: &Path) -> Result<(), Cause> {
    let about = std::fs::metadata(path).map_err(|error| super::plain_io(&error))?;
    match (about.is_file(), about.len()) {
        (false, _) => Err("it is no file".into()),
        (true, 0) => Err("the file is empty".into()),
        (true, _) => Ok(()),
    }
}

fn info(path: &Path, size: Size, pixels: &Pixels, head: &Head, listing: &Listing) -> StackInfo {
    let mut metadata = vec![("pixel format".into(), head.frames[0].pixel_format.clone())];
    metadata.extend(head.metadata.iter().cloned());
    metadata.extend(listing.complaint.clone().map(|said| ("damage".into(), said)));
    let mut info = StackInfo {
        name: name_of(path),
        size,
        n_frames: listing.pts.len() + usize::from(listing.is_cut_off),
        pixel_type: pixels.pixel_type.clone(),
        metadata,
        ..StackInfo::default()
    };
    times(&listing.pts, head.time_base, head.frame_rate).give(&mut info);
    if let Some(times_s) = info.times_s.as_mut().filter(|_| listing.is_cut_off) {
        // The missing frame is as far away as the last two are apart; nobody will see it.
        let apart = times_s.iter().rev().take(2).copied().reduce(|last, before| last - before);
        times_s.extend(times_s.last().zip(apart).map(|(last, apart)| last + apart));
    }
    info
}

struct Video {
    info: StackInfo,
    listing: Listing,
    decoding: Decoding,
    playback: Option<Playback>,
    /// The frame that was decoded last, as it came.
    held: Option<(usize, Vec<u8>)>,
    /// Memory that is used again.
    numbers: Vec<f32>,
}

impl FrameSource for Video {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        let path = &self.decoding.path;
        Error::check_frame(index, self.info.n_frames, path)?;
        if let Err(cause) = self.advance_to(index) {
            let path = self.decoding.path.clone();
            return Err(Error::Frame { frame: index, path, cause }.into());
        }
        frame.reset(self.info.size);
        let (_, bytes) = self.held.as_ref().expect("the frame advanced to");
        self.decoding.pixels.to_grey(bytes, &mut self.numbers, frame.pixels_mut());
        Ok(())
    }
}

impl Video {
    /// Decodes until this frame is held.
    fn advance_to(&mut self, index: usize) -> Result<(), Cause> {
        if self.listing.pts.len() <= index {
            return Err("the file ends before this frame is complete".into());
        }
        if self.held.as_ref().is_some_and(|(held, _)| index < *held) {
            (self.playback, self.held) = (None, None);
        }
        while self.held.as_ref().is_none_or(|(held, _)| *held < index) {
            if let Err(cause) = self.decode_next() {
                // Anything may follow.
                (self.playback, self.held) = (None, None);
                return Err(cause);
            }
        }
        match self.held.as_ref().is_some_and(|(held, _)| *held == index) {
            true => Ok(()),
            false => Err(self.why_missing()),
        }
    }

    fn decode_next(&mut self) -> Result<(), Cause> {
        let playback = match &mut self.playback {
            Some(playback) => playback,
            None => self.playback.insert(Playback::start(&self.decoding)?),
        };
        let Some((pts, bytes)) = playback.next(&self.decoding)? else {
            return Err(self.why_missing());
        };
        let next = self.held.as_ref().map_or(0, |(held, _)| held + 1);
        let index = self.listing.index(pts, next);
        let index = index.ok_or("ffmpeg gives a frame at a time at which there should be none")?;
        if let Some((_, used)) = self.held.replace((index, bytes)) {
            playback.reuse(used);
        }
        Ok(())
    }

    /// A frame that is listed did not come.
    fn why_missing(&self) -> Cause {
        let said = self.playback.as_ref().and_then(Playback::complaint);
        format!(
            "it cannot be decoded ({}); measure the frames before it, or let ffmpeg mend what it can: \
             ffmpeg -i IN -c:v ffv1 OUT.mkv",
            said.as_deref().unwrap_or("ffmpeg does not say why")
        )
    }
}
