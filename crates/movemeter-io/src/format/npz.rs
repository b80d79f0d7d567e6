//! numpy's `.npz`: arrays in a zip archive, one of which holds the frames.
//!
//! `numpy.savez` stores arrays as they are; of these any frame is reached at once. `savez_compressed` makes one stream
//! of each array, which is read from its start again for a frame that was passed.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::path::Path;

use flate2::read::DeflateDecoder;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::npy::{Bytes, Header, Npy, shown};
use super::{Cause, Opened, open_sized, plain_io};
use crate::options::OpenOptions;

pub(super) fn open(path: &Path, _: &OpenOptions) -> Result<Opened, Cause> {
    let entries = entries(path)?;
    let (chosen, header) = chosen(path, &entries)?;
    let bytes = chosen.bytes(path).map_err(|error| plain_io(&error))?;
    let others = entries.iter().filter(|entry| entry.name != chosen.name);
    let others: Vec<&str> = others.map(|entry| entry.name.as_str()).collect();
    let mut metadata = vec![("array".into(), chosen.name.clone())];
    if !others.is_empty() {
        metadata.push(("other arrays".into(), others.join(", ")));
    }
    Ok(Opened::one_file(path, Npy::new(path, &header, bytes, metadata)?))
}

/// An array in the archive.
struct Entry {
    name: String,
    /// Where its bytes are, and how many it has there and in truth.
    start: u64,
    stored: u64,
    length: u64,
    is_deflated: bool,
}

/// More arrays than anyone keeps in a file.
const MOST_ENTRIES: usize = 10_000;

fn entries(path: &Path) -> Result<Vec<Entry>, Cause> {
    let (file, n_bytes) = open_sized(path)?;
    let unreadable = |error: ZipError| match error {
        ZipError::Io(error) => plain_io(&error),
        ZipError::InvalidArchive(_) => {
            "the file ends before its list of contents, or is damaged".into()
        }
        other => format!("its archive cannot be read: {other}"),
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unreadable)?;
    if MOST_ENTRIES < archive.len() {
        return Err(format!("it holds {} files, more than {MOST_ENTRIES}", archive.len()));
    }
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?;
        let Some(name) = name.strip_suffix(".npy").map(str::to_owned) else { continue };
        let is_deflated = match entry.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            other => {
                return Err(format!("its array {name} is compressed by {other}, not by numpy"));
            }
        };
        let start = entry.data_start().unwrap_or(n_bytes);
        let (stored, length) = (entry.compressed_size(), entry.size());
        if entry.encrypted() {
            return Err(format!("its array {name} is encrypted; save it without a password"));
        }
        if n_bytes < start.saturating_add(stored) {
            return Err(format!("the file ends before its array {name} does, or is damaged"));
        }
        entries.push(Entry { name, start, stored, length, is_deflated });
    }
    match entries.is_empty() {
        true => Err("it holds no arrays".into()),
        false => Ok(entries),
    }
}

/// The only array, or the only one that has frames.
fn chosen<'a>(path: &Path, entries: &'a [Entry]) -> Result<(&'a Entry, Header), Cause> {
    if let [only] = entries {
        return Ok((only, only.header(path)?));
    }
    let mut with_frames = Vec::new();
    let mut names = Vec::new();
    for entry in entries {
        match entry.header(path) {
            Ok(header) => {
                names.push(format!("{} {}", entry.name, shown(&header.shape)));
                if 3 <= header.shape.len() {
                    with_frames.push((entry, header));
                }
            }
            Err(_) => names.push(entry.name.clone()),
        }
    }
    match with_frames.len() {
        1 => Ok(with_frames.remove(0)),
        n => Err(format!(
            "it holds {} arrays, of which {n} may be frames; save the one to be measured as .npy \
             (there are {})",
            entries.len(),
            names.join(", ")
        )),
    }
}

/// Deflate makes nothing fewer by more than this.
const LARGEST_RATIO: u64 = 1032;

impl Entry {
    fn header(&self, path: &Path) -> Result<Header, Cause> {
        let mut bytes = self.bytes(path).map_err(|error| plain_io(&error))?;
        let header = Header::read(&mut bytes)?;
        let backed = match self.is_deflated {
            true => self.stored.saturating_mul(LARGEST_RATIO),
            false => self.stored,
        };
        header.check_backed(self.length.min(backed))?;
        Ok(header)
    }

    fn bytes(&self, path: &Path) -> io::Result<EntryBytes> {
        let (start, length) = (self.start, self.stored);
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(start))?;
        Ok(if self.is_deflated {
            let decoder = Some(deflated(file.try_clone()?, length));
            EntryBytes::Deflated { file, start, length, decoder, place: 0 }
        } else {
            EntryBytes::Stored { file, start }
        })
    }
}

type Decoder = DeflateDecoder<BufReader<Take<File>>>;

fn deflated(file: File, length: u64) -> Box<Decoder> {
    Box::new(DeflateDecoder::new(BufReader::new(file.take(length))))
}

/// The bytes of an array in the archive.
enum EntryBytes {
    Stored {
        file: File,
        start: u64,
    },
    Deflated {
        file: File,
        start: u64,
        length: u64,
        /// None after it could not be begun again.
        decoder: Option<Box<Decoder>>,
        /// How many bytes came out of it.
        place: u64,
    },
}

impl Read for EntryBytes {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored { file, .. } => file.read(bytes),
            Self::Deflated { decoder, place, .. } => {
                let decoder = decoder.as_mut().ok_or(io::ErrorKind::UnexpectedEof)?;
                let n = decoder.read(bytes)?;
                *place += n as u64;
                Ok(n)
            }
        }
    }
}

impl Bytes for EntryBytes {
    fn go_to(&mut self, to: u64) -> io::Result<()> {
        let place = match self {
            Self::Stored { file, start } => {
                return file.seek(SeekFrom::Start(*start + to)).map(|_| ());
            }
            Self::Deflated { file, start, length, decoder, place } => {
                if to < *place || decoder.is_none() {
                    // The decoder's file and this one have one place.
                    *decoder = None;
                    file.seek(SeekFrom::Start(*start))?;
                    (*decoder, *place) = (Some(deflated(file.try_clone()?, *length)), 0);
                }
                *place
            }
        };
        let skipped = io::copy(&mut self.by_ref().take(to - place), &mut io::sink())?;
        match skipped == to - place {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
