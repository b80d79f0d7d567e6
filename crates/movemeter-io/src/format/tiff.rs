//! TIFF and BigTIFF stacks, page by page.
//!
//! All pages are found once, when the file is opened, by their tags alone; after that every page is
//! reached at once, in any order. Pixels are decoded by the crate `tiff`. They are given as stored:
//! where white is zero they are not turned around. Colours become luminance, YCbCr its Y, palettes
//! the luminance of their colour map on a scale of 0 … 255; an alpha channel is left out.

mod file;
mod directory;
mod page;
mod decode;

use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::{FrameSource, StackInfo};

use self::decode::PageDecoder;
use self::directory::{Directory, tag};
use self::file::TiffFile;
use self::page::Page;
use super::raw::{Numbers, RawFrames};
use super::{Cause, name_of, plain_io};
use crate::error::Error;

pub(super) fn open(path: &Path) -> Result<Box<dyn FrameSource>, Cause> {
    let mut file = TiffFile::open(path)?;
    let at = file.first_directory();
    let directory = Directory::read(&mut file, at)?;
    let first = Page::read(&mut file, &directory)?;
    first.check_backed(file.n_bytes())?;
    let pages = PageList::walk(&mut file, &first)?;
    let mut info = StackInfo {
        name: name_of(path),
        size: first.size,
        n_frames: pages.n_frames(),
        pixel_type: first.pixel_type(),
        ..StackInfo::default()
    };
    let description = description(&mut file, &directory)?;
    info.pixel_size_um = imagej_pixel_size_um(&mut file, &directory, &description);
    if let Some(n_frames) = frames_in_one_page(&description, &pages) {
        return open_contiguous(path, &mut file, &directory, &first, n_frames, info);
    }
    describe(&mut info, description, &pages);
    let mut paged = Paged { file, pages, decoder: PageDecoder::default() };
    let read: Reader = Box::new(move |index, frame| paged.read(index, frame));
    Ok(Box::new(TiffStack { path: path.into(), info, read }))
}

struct TiffStack {
    path: PathBuf,
    info: StackInfo,
    read: Reader,
}

/// Reads a frame by its number.
type Reader = Box<dyn FnMut(usize, &mut Frame) -> Result<(), Cause> + Send>;

impl FrameSource for TiffStack {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        let n_frames = self.info.n_frames;
        Error::check_frame(index, n_frames, &self.path)?;
        (self.read)(index, frame)
            .map_err(|cause| frame_error(&self.path, index, n_frames, cause).into())
    }
}

/// A stack whose frames are pages.
struct Paged {
    file: TiffFile,
    pages: PageList,
    decoder: PageDecoder,
}

impl Paged {
    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), Cause> {
        let Some(&at) = self.pages.directories.get(index) else {
            return Err(self.pages.broken.clone().unwrap_or_default());
        };
        let directory = Directory::read(&mut self.file, at)?;
        let mut page = Page::read(&mut self.file, &directory)?;
        page.check_backed(self.file.n_bytes())?;
        page.read_palette(&mut self.file, &directory)?;
        self.decoder.decode(&mut self.file, at, &directory, &page, frame)
    }
}

/// Where the pages of a file are.
struct PageList {
    /// The place of each page's directory.
    directories: Vec<u64>,
    /// Why the list breaks off, if it does not end as it should.
    broken: Option<Cause>,
}

impl PageList {
    /// Follows the list from page to page; all must have the first one's size.
    fn walk(file: &mut TiffFile, first: &Page) -> Result<Self, Cause> {
        let mut pages = Self { directories: Vec::new(), broken: None };
        let mut seen = std::collections::HashSet::new();
        let mut next = file.first_directory();
        while next != 0 {
            if !seen.insert(next) {
                pages.broken = Some("the list of the file's pages runs in a circle".into());
                break;
            }
            let Ok(directory) = Directory::read(file, next) else {
                pages.broken = Some("the file ends before the page does".into());
                break;
            };
            pages.add(file, next, &directory, first)?;
            next = directory.next;
        }
        Ok(pages)
    }

    fn add(
        &mut self,
        file: &mut TiffFile,
        at: u64,
        directory: &Directory,
        first: &Page,
    ) -> Result<(), Cause> {
        let number = self.directories.len();
        let page =
            Page::read(file, directory).map_err(|cause| format!("page {number}: {cause}"))?;
        if page.size == first.size {
            page.check_backed(file.n_bytes())?;
            self.directories.push(at);
            return Ok(());
        }
        // Previews and masks of other sizes are no frames.
        if page.is_aside {
            return Ok(());
        }
        Err(format!(
            "page {number} is {} px, but page 0 is {} px; all frames of a series must have one size",
            page.size, first.size
        ))
    }

    /// A page that is missing because the list breaks off is a frame that cannot be read.
    fn n_frames(&self) -> usize {
        self.directories.len() + usize::from(self.broken.is_some())
    }
}

fn describe(info: &mut StackInfo, description: String, pages: &PageList) {
    if !description.is_empty() {
        info.metadata.push(("ImageDescription".into(), description));
    }
    if let Some(broken) = &pages.broken {
        let damage = format!("after frame {}: {broken}", pages.directories.len().saturating_sub(1));
        info.metadata.push(("damage".into(), damage));
    }
}

/// The first page's description, or nothing.
fn description(file: &mut TiffFile, directory: &Directory) -> Result<String, Cause> {
    let bytes = directory.bytes(file, tag::DESCRIPTION)?.unwrap_or_default();
    let bytes = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    // Older programs write Latin-1, whose bytes are the first Unicode letters.
    Ok(match str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    })
}

/// The value behind `key=` on a line of ImageJ's description.
fn imagej_value<'a>(description: &'a str, key: &str) -> Option<&'a str> {
    let mut lines = description.strip_prefix("ImageJ=")?.lines();
    lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
}

/// ImageJ's pixel size, where it is given in micrometres.
fn imagej_pixel_size_um(
    file: &mut TiffFile,
    directory: &Directory,
    description: &str,
) -> Option<f64> {
    let unit = imagej_value(description, "unit")?.trim();
    // ImageJ writes the letter µ as an escape; both of Unicode's are in use.
    if !["um", "\u{b5}m", "\u{3bc}m", "\\u00B5m", "micron", "microns"].contains(&unit) {
        return None;
    }
    let resolution = directory.bytes(file, tag::X_RESOLUTION).ok()??;
    let (pixels, per) = resolution.split_at_checked(4)?;
    let size_um = file.number(per.get(..4)?) as f64 / file.number(pixels) as f64;
    (size_um.is_finite() && 0.0 < size_um).then_some(size_um)
}

/// How many frames lie behind one another in the file's only page.
///
/// ImageJ writes them so where a stack is too large for the classic format's offsets, and Python's
/// `tifffile` where it is asked to.
fn frames_in_one_page(description: &str, pages: &PageList) -> Option<usize> {
    if pages.n_frames() != 1 {
        return None;
    }
    let n_frames = imagej_value(description, "images")
        .and_then(|images| images.trim().parse().ok())
        .or_else(|| tifffile_frames(description))?;
    (1 < n_frames).then_some(n_frames)
}

/// From `{"shape": [5, 64, 64], "truncated": true}`.
fn tifffile_frames(description: &str) -> Option<usize> {
    let about: serde_json::Value = serde_json::from_str(description).ok()?;
    about.get("truncated")?.as_bool()?.then_some(())?;
    let [n_frames, _, _] = about.get("shape")?.as_array()?.as_slice() else { return None };
    usize::try_from(n_frames.as_u64()?).ok()
}

fn open_contiguous(
    path: &Path,
    file: &mut TiffFile,
    directory: &Directory,
    page: &Page,
    n_frames: usize,
    mut info: StackInfo,
) -> Result<Box<dyn FrameSource>, Cause> {
    let kind = page.plain_kind().ok_or_else(|| {
        format!("{n_frames} images lie in one page, in a way that is not supported here")
    })?;
    let offset = directory.number(file, tag::STRIP_OFFSETS)?.unwrap_or_default();
    let frame_bytes = page.size.area() as u64 * kind.n_bytes() as u64;
    let there = file.n_bytes().saturating_sub(offset) / frame_bytes;
    if there < n_frames as u64 {
        return Err(format!(
            "its description says that it holds {n_frames} frames, but the file ends after {there}"
        ));
    }
    info.n_frames = n_frames;
    info.metadata.push(("ImageDescription".into(), description(file, directory)?));
    let numbers = Numbers { kind, big_endian: file.big_endian() };
    let file = std::fs::File::open(path).map_err(|error| plain_io(&error))?;
    let mut frames = RawFrames::new(file, offset, page.size, numbers);
    let read: Reader = Box::new(move |index, frame| frames.read(index, frame));
    Ok(Box::new(TiffStack { path: path.into(), info, read }))
}

fn frame_error(path: &Path, frame: usize, n_frames: usize, cause: Cause) -> Error {
    match n_frames {
        1 => Error::Unreadable { format: "TIFF", path: path.into(), cause },
        _ => Error::Frame { frame, path: path.into(), cause },
    }
}
