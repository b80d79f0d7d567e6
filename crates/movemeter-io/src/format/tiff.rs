//! TIFF and BigTIFF stacks.
//!
//! All pages are found once, when the file is opened, by their tags alone; after that every page is
//! reached at once, in any order. Which page is which frame is said by ImageJ, OME's XML or `tifffile`
//! in the first page's description; without them, every page is a frame. Pixels are decoded by the crate
//! `tiff`. They are given as stored: where white is zero they are not turned around. Colours become
//! luminance, YCbCr its Y, palettes the luminance of their colour map on a scale of 0 … 255; an alpha
//! channel is left out.

mod file;
mod shown;
mod names;
mod directory;
mod page;
mod parts;
mod decode;
mod pages;
mod text;
mod scale;
mod counts;
mod block;
mod frames;
mod imagej;
mod xml;
mod ome;
mod micro_manager;
mod single;
mod tags;

use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::{FrameSource, StackInfo};

use self::decode::{PageDecoder, Wanted};
use self::directory::Directory;
use self::file::TiffFile;
use self::frames::{Files, Frames};
use self::imagej::ImageJ;
use self::ome::OmeSet;
use self::page::Page;
use self::single::Single;
use self::xml::Ome;
use super::{Cause, Opened, name_of};
use crate::error::Error;
use crate::options::OpenOptions;

pub(super) use self::tags::tags;

pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Opened, Cause> {
    let mut file = TiffFile::open(path)?;
    let at = file.first_directory();
    let directory = Directory::read(&mut file, at)?;
    let page = Page::read(&mut file, &directory)?;
    let description = text::description(&mut file, &directory)?;
    let first = First { path, file, directory, page, description };
    if !Ome::is(&first.description) {
        return first.open_single(options);
    }
    if text::is_cut(&first.directory) {
        let most = text::LONGEST_DESCRIPTION;
        return Err(format!("its OME-XML is longer than the {most} bytes that are allowed"));
    }
    first.open_set(options)
}

/// The first page of the file that is opened.
struct First<'a> {
    path: &'a Path,
    file: TiffFile,
    directory: Directory,
    page: Page,
    description: String,
}

impl First<'_> {
    fn open_single(mut self, options: &OpenOptions) -> Result<Opened, Cause> {
        self.page.check_backed(self.file.n_bytes())?;
        let single = Single::find(&mut self.file, &self.directory, &self.page, &self.description)?;
        let n_samples = self.page.n_channels();
        let chosen = single.counts.choose(options, n_samples)?;
        let mut info = self.info(&self.page, chosen.n_frames);
        info.metadata.extend(single.counts.notes(&chosen, n_samples));
        info.metadata.extend(single.notes.clone());
        if let Some(imagej) = ImageJ::of(&self.description) {
            imagej.describe(&mut info, &mut self.file, &self.directory);
        }
        let frames = single.frames(&chosen);
        let stack = Stack { frames, missing: single.missing, channel: chosen.sample };
        let paths = vec![self.path.into()];
        self.finish(info, paths, None, stack)
    }

    fn open_set(mut self, options: &OpenOptions) -> Result<Opened, Cause> {
        let mut set = OmeSet::read(
            self.path,
            &mut self.file,
            (&self.directory, &self.page),
            &self.description,
        )?;
        let n_samples = self.page.n_channels();
        let mut chosen = set.counts().choose(options, n_samples)?;
        let placed = set.place(&mut chosen)?;
        let frames = placed.frames;
        let paths = std::mem::take(&mut set.paths);
        let page = match (0..chosen.n_frames).find_map(|index| frames.place(index)) {
            Some(place) if paths[place.file] == self.path => {
                ome::first_page(&mut self.file, place.at)
            }
            Some(place) => ome::first_page(&mut TiffFile::open(&paths[place.file])?, place.at),
            None => Err(placed.missing.clone()),
        };
        let page = page?;
        let mut info = self.info(&page, chosen.n_frames);
        info.size = placed.size;
        info.metadata.extend(set.counts().notes(&chosen, n_samples));
        set.describe(&mut info, &chosen);
        let stack = Stack { frames, missing: placed.missing, channel: chosen.sample };
        self.finish(info, paths, set.companion, stack)
    }

    fn info(&self, page: &Page, n_frames: usize) -> StackInfo {
        StackInfo {
            name: name_of(self.path),
            size: page.size,
            n_frames,
            pixel_type: page.pixel_type(),
            ..StackInfo::default()
        }
    }

    /// Adds what the tags say, and gives the recording.
    fn finish(
        mut self,
        mut info: StackInfo,
        paths: Vec<PathBuf>,
        companion: Option<PathBuf>,
        stack: Stack,
    ) -> Result<Opened, Cause> {
        let number = paths.iter().position(|path| path == self.path).unwrap_or(0);
        let file = (number, &mut self.file);
        micro_manager::describe(&mut info, file, &self.directory, &stack.frames);
        if info.pixel_size_um.is_none()
            && let Some(sides) = scale::plain_sides(&mut self.file, &self.directory)
        {
            scale::give_pixel_size(&mut info, sides);
        }
        if !self.description.is_empty() {
            let description = text::kept_description(self.description);
            info.metadata.push(("ImageDescription".into(), description));
        }
        info.metadata.extend(text::tags(&mut self.file, &self.directory));
        let files = paths.iter().cloned().chain(companion).collect();
        let source = TiffStack {
            path: self.path.into(),
            info,
            files: Files::new(paths, number, self.file),
            stack,
            decoder: PageDecoder::default(),
        };
        Ok(Opened { source: Box::new(source), files })
    }
}

/// Where the frames are.
struct Stack {
    frames: Frames,
    /// What is said of a frame without a place.
    missing: Cause,
    /// Which of a pixel's numbers are read, where they are channels.
    channel: usize,
}

struct TiffStack {
    path: PathBuf,
    info: StackInfo,
    files: Files,
    stack: Stack,
    decoder: PageDecoder,
}

impl FrameSource for TiffStack {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        let n_frames = self.info.n_frames;
        Error::check_frame(index, n_frames, &self.path)?;
        self.decode(index, frame)
            .map_err(|cause| frame_error(&self.path, index, n_frames, cause).into())
    }
}

impl TiffStack {
    fn decode(&mut self, index: usize, frame: &mut Frame) -> Result<(), Cause> {
        let place = self.stack.frames.place(index).ok_or_else(|| self.stack.missing.clone())?;
        let file = self.files.get(place.file)?;
        let directory = Directory::read(file, place.at)?;
        let mut page = Page::read(file, &directory)?;
        page.check_backed(file.n_bytes())?;
        page.read_palette(file, &directory)?;
        let (size, channel) = (self.info.size, self.stack.channel);
        if page.size != size || page.n_channels() <= channel {
            return Err(format!(
                "its page has {} px and {} channels, unlike the first frame's {size} px",
                page.size,
                page.n_channels()
            ));
        }
        let wanted = Wanted { directory: &directory, page: &page, shift: place.shift, channel };
        self.decoder.decode(file, &wanted, frame)
    }
}

fn frame_error(path: &Path, frame: usize, n_frames: usize, cause: Cause) -> Error {
    match n_frames {
        1 => Error::Unreadable { format: "TIFF", path: path.into(), cause },
        _ => Error::Frame { frame, path: path.into(), cause },
    }
}
