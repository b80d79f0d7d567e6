//! A zip archive whose claims are checked before its bytes are read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::error::{Error, plain};

/// Sessions have some ten members; the rest is room for what others add.
const MOST_MEMBERS: usize = 1000;
/// All members together may be this large, whatever the archive's size,
const ROOM_BYTES: u64 = 256 << 20;
/// and this many times larger than the archive besides: numbers of a thousandth that vary are never so repetitive.
const MOST_TIMES_LARGER: u64 = 100;

/// An archive whose members have names that lead nowhere else, once each, and sizes within bounds.
pub(super) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    names: Vec<String>,
}

impl Archive {
    /// Opens an archive and checks all its members' names and sizes.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|error| Error::refused(path, &error))?;
        let unreadable =
            |cause| Error::Unreadable { format: super::FORMAT, path: path.into(), cause };
        let is_file = file.metadata().is_ok_and(|about| about.is_file());
        if !is_file {
            return Err(unreadable("it is no file".into()));
        }
        Self::of(file).map_err(unreadable)
    }

    fn of(mut file: File) -> Result<Self, String> {
        let n_bytes = file.metadata().map_err(|error| plain(&error))?.len();
        let n_listed = n_listed(&mut file, n_bytes).map_err(|error| plain(&error))?;
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| cause(&error))?;
        if MOST_MEMBERS < zip.len() {
            return Err(format!("it holds {} files, more than {MOST_MEMBERS}", zip.len()));
        }
        // Of two with one name the archive's reader keeps the last.
        if n_listed.is_some_and(|n_listed| n_listed != zip.len()) {
            return Err("it holds two files of one name".into());
        }
        let mut left = ROOM_BYTES.saturating_add(n_bytes.saturating_mul(MOST_TIMES_LARGER));
        let mut names = Vec::new();
        for index in 0..zip.len() {
            let member = zip.by_index_raw(index).map_err(|error| cause(&error))?;
            let name = member.name().map_err(|error| cause(&error))?.to_string();
            check_name(&name)?;
            left = left.checked_sub(member.size()).ok_or_else(|| {
                format!(
                    "its contents would be more than {MOST_TIMES_LARGER} times larger than it is"
                )
            })?;
            names.push(name);
        }
        Ok(Self { zip, names })
    }

    /// Whether there is a member of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// All bytes of a member; `None` if there is none of this name.
    pub fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, String> {
        if !self.has(name) {
            return Ok(None);
        }
        let within = |text: String| format!("{name}: {text}");
        let member = self.zip.by_name(name).map_err(|error| within(cause(&error)))?;
        let claimed = member.size();
        let mut bytes = Vec::new();
        // Grows with what is there, not with what is claimed, and not beyond that.
        let read = member.take(claimed.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| within(plain(&error)))?;
        match bytes.len() as u64 == claimed {
            true => Ok(Some(bytes)),
            false => Err(within("it is not as long as the archive says".into())),
        }
    }
}

/// Nothing is unpacked to disk; but who writes such names means no good.
fn check_name(name: &str) -> Result<(), String> {
    let leads_away = name.starts_with('/')
        || name.contains(['\\', ':', '\0'])
        || name.split('/').any(|part| part == "..");
    match leads_away {
        true => Err(format!("it holds a file whose name leads outside of it, {name:?}")),
        false => Ok(()),
    }
}

/// How many members the end of the archive lists; `None` if that is not found or not said there.
fn n_listed(file: &mut File, n_bytes: u64) -> io::Result<Option<usize>> {
    const SIGNATURE: &[u8] = b"PK\x05\x06";
    const END_BYTES: usize = 22;
    const LONGEST_COMMENT: u64 = 65_535;
    let from = n_bytes.saturating_sub(LONGEST_COMMENT + END_BYTES as u64);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.take(LONGEST_COMMENT + END_BYTES as u64).read_to_end(&mut end)?;
    file.seek(SeekFrom::Start(0))?;
    let place = end.windows(END_BYTES).rposition(|window| window.starts_with(SIGNATURE));
    let count = place.map(|place| u16::from_le_bytes([end[place + 10], end[place + 11]]));
    // The largest number stands for one that is too large for this place.
    Ok(count.filter(|&count| count != u16::MAX).map(usize::from))
}

fn cause(error: &ZipError) -> String {
    match error {
        ZipError::Io(error) => plain(error),
        ZipError::InvalidArchive(_) => {
            "it is no zip archive, ends before its list of contents, or is damaged".into()
        }
        ZipError::UnsupportedArchive(what) => format!("its archive cannot be read: {what}"),
        other => format!("its archive cannot be read: {other}"),
    }
}

/// Adds a member. Numbers are stored as they are: noise is hardly compressed, and any program reads them.
pub(super) fn add<W: Write + Seek>(
    zip: &mut ZipWriter<W>,
    name: &str,
    bytes: &[u8],
) -> io::Result<()> {
    let is_text = name.ends_with(".json");
    let method = if is_text { CompressionMethod::Deflated } else { CompressionMethod::Stored };
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .large_file(u64::from(u32::MAX) <= bytes.len() as u64)
        // The same session gives the same file, whatever the clock says.
        .last_modified_time(zip::DateTime::default());
    zip.start_file(name, options)?;
    zip.write_all(bytes)
}
