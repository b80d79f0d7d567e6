//! Photron's recordings: pixels in a `.mraw` file, all else in a `.cihx` or `.cih` file beside it.

mod header;

use std::fs::File;
use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::{FrameSource, StackInfo};

use self::header::Header;
use super::layout::{Channels, Layout, PixelReader};
use super::{Cause, MOST_MISSING, Opened, name_of, open_sized, plain_io};
use crate::error::Error;
use crate::options::OpenOptions;

pub(super) fn open(path: &Path, _: &OpenOptions) -> Result<Opened, Cause> {
    let files = Files::around(path)?;
    let header = Header::read(&files.header)?;
    let (file, n_bytes) = open_sized(&files.pixels)?;
    let reader = reader(&header)?;
    let frame_bytes = frame_bytes(&header, &reader)?;
    check_backed(&header, frame_bytes, n_bytes)?;
    let info = StackInfo {
        name: name_of(path),
        size: header.size,
        n_frames: header.n_frames as usize,
        pixel_type: reader.pixel_type(),
        frame_rate_hz: header.frame_rate_hz,
        exposure_s: header.exposure_s,
        metadata: header.metadata,
        ..StackInfo::default()
    };
    let source = Photron { path: files.pixels, info, file, n_bytes, frame_bytes, reader };
    Ok(Opened { source: Box::new(source), files: files.all })
}

/// The files of one recording.
struct Files {
    header: PathBuf,
    pixels: PathBuf,
    /// Both, and a second header that says the same in the other form.
    all: Vec<PathBuf>,
}

impl Files {
    /// The files beside `path` that share its name but for the ending.
    fn around(path: &Path) -> Result<Self, Cause> {
        let all = siblings(path)?;
        let with = |ending: &str| all.iter().find(|path| has_ending(path, ending)).cloned();
        let pixels = with("mraw").ok_or_else(|| {
            format!(
                "its pixels are missing: there is no {} beside it; put it there",
                name_of(&path.with_extension("mraw"))
            )
        })?;
        let header = if has_ending(path, "mraw") { None } else { Some(path.to_path_buf()) };
        let header = header.or_else(|| with("cihx")).or_else(|| with("cih")).ok_or_else(|| {
            format!(
                "its header is missing: size and frame rate of the pixels are only said in {} or \
                 {}; put the one that was saved with it beside it",
                name_of(&path.with_extension("cihx")),
                name_of(&path.with_extension("cih"))
            )
        })?;
        Ok(Self { header, pixels, all })
    }
}

/// Files of a recording in the same folder, whatever the case of their endings.
fn siblings(path: &Path) -> Result<Vec<PathBuf>, Cause> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).map_err(|e| plain_io(&e))?;
    let mut files = Vec::new();
    for entry in entries {
        let other = path.with_file_name(entry.map_err(|error| plain_io(&error))?.file_name());
        let is_one = ["cihx", "cih", "mraw"].iter().any(|ending| has_ending(&other, ending));
        if is_one && other.file_stem() == path.file_stem() {
            files.push(other);
        }
    }
    files.sort();
    Ok(files)
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|other| other.eq_ignore_ascii_case(ending))
}

/// How pixels of these bits are stored.
///
/// The header counts the bits of all colours together. Packed numbers are stored highest bit first, as for the
/// effective bits on the lower side; how they lie otherwise is told in two ways, so that it is not guessed.
fn reader(header: &Header) -> Result<PixelReader, Cause> {
    let (layout, channels) = match header.bits {
        8 => (Layout::U8, Channels::Grey),
        10 | 12 => (Layout::Packed(header.bits), Channels::Grey),
        16 => (Layout::U16, Channels::Grey),
        24 => (Layout::U8, Channels::Rgb),
        30 | 36 => (Layout::Packed(header.bits / 3), Channels::Rgb),
        48 => (Layout::U16, Channels::Rgb),
        bits => {
            return Err(format!(
                "its pixels have {bits} bits, which is not supported; save it with 8 or 16 bits"
            ));
        }
    };
    if matches!(layout, Layout::Packed(_)) && header.is_higher_side {
        return Err(format!(
            "its pixels are packed in {} bits with the effective ones on the higher side, which is not \
             supported; save it with 16 bits",
            header.bits
        ));
    }
    Ok(PixelReader::new(layout, channels))
}

fn frame_bytes(header: &Header, reader: &PixelReader) -> Result<u64, Cause> {
    let n_pixels = header.size.width as u64 * header.size.height as u64;
    reader.n_bytes(n_pixels).ok_or_else(|| {
        format!("frames of {} px with {} bits do not fill whole bytes", header.size, header.bits)
    })
}

/// The file must hold a frame, and not fewer than is said by an absurd number.
fn check_backed(header: &Header, frame_bytes: u64, n_bytes: u64) -> Result<(), Cause> {
    let there = n_bytes / frame_bytes;
    if there == 0 {
        return Err(format!(
            "its header says that frames have {} px and {} bits, which is {frame_bytes} bytes, but \
             the file with the pixels has only {n_bytes}",
            header.size, header.bits
        ));
    }
    if there.saturating_add(MOST_MISSING) < header.n_frames {
        return Err(format!(
            "its header says that there are {} frames, but the file with the pixels holds {there}",
            header.n_frames
        ));
    }
    Ok(())
}

struct Photron {
    path: PathBuf,
    info: StackInfo,
    file: File,
    n_bytes: u64,
    frame_bytes: u64,
    reader: PixelReader,
}

impl FrameSource for Photron {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        Error::check_frame(index, self.info.n_frames, &self.path)?;
        self.read_pixels(index, frame)
            .map_err(|cause| Error::Frame { frame: index, path: self.path.clone(), cause }.into())
    }
}

impl Photron {
    fn read_pixels(&mut self, index: usize, frame: &mut Frame) -> Result<(), Cause> {
        let there = self.n_bytes / self.frame_bytes;
        if there <= index as u64 {
            return Err(format!("the file ends after {there} of {} frames", self.info.n_frames));
        }
        let at = index as u64 * self.frame_bytes;
        self.reader.fetch(&mut self.file, at, self.frame_bytes as usize)?;
        frame.reset(self.info.size);
        self.reader.decode(0, frame.pixels_mut());
        Ok(())
    }
}
