//! numpy's archives: an array for each column.

use std::io::{self, Read, Seek, Write};

use movemeter::table::{Column, Table};
use zip::result::ZipError;
use zip::write::{FileOptions, SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::head::Head;
use super::kind::{Kind, float, integer, kind_of, word};
use super::stored::{Entry, StoredColumn, StoredTable, Values};
use super::{Cause, check_columns};
use crate::format::npy::{header_text, shape_of, shown, value_of};
use crate::provenance::Provenance;

/// The array that says where the others came from, as JSON.
const ABOUT: &str = "movemeter";

pub(super) fn write(
    table: &Table<'_>,
    provenance: &Provenance,
    writer: &mut dyn Write,
) -> io::Result<()> {
    let mut archive = ZipWriter::new_stream(writer);
    let about = serde_json::to_string(&Head::of(provenance)).map_err(io::Error::other)?;
    let width = about.chars().count().max(1);
    begin(&mut archive, ABOUT, &format!("<U{width}"), "()", 4 * width)?;
    write_word(&mut archive, &about, width)?;
    for column in &table.columns {
        write_column(column, table.n_rows, &mut archive)?;
    }
    archive.finish().map_err(of_zip)?;
    Ok(())
}

type Archive<'a> = ZipWriter<StreamWriter<&'a mut dyn Write>>;

fn write_column(column: &Column<'_>, n_rows: usize, archive: &mut Archive<'_>) -> io::Result<()> {
    let kind = kind_of(column, n_rows);
    let width = match kind {
        Kind::Words => {
            (0..n_rows).map(|row| word(column, row).chars().count()).max().unwrap_or(1).max(1)
        }
        Kind::Integers | Kind::Floats => 2,
    };
    let descr = match kind {
        Kind::Integers => "<i8".into(),
        Kind::Floats => "<f8".into(),
        Kind::Words => format!("<U{width}"),
    };
    begin(archive, &column.name, &descr, &format!("({n_rows},)"), 4 * width * n_rows)?;
    let mut archive = io::BufWriter::new(archive);
    for row in 0..n_rows {
        match kind {
            Kind::Integers => archive.write_all(&integer(column, row).to_le_bytes())?,
            Kind::Floats => archive.write_all(&float(column, row).to_le_bytes())?,
            Kind::Words => write_word(&mut archive, &word(column, row), width)?,
        }
    }
    archive.flush()
}

/// Begins an array in the archive.
fn begin(
    archive: &mut Archive<'_>,
    name: &str,
    descr: &str,
    shape: &str,
    n_bytes: usize,
) -> io::Result<()> {
    let options: SimpleFileOptions = FileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        // The same table is the same bytes whenever it is written.
        .last_modified_time(DateTime::default())
        .large_file(LARGE < n_bytes);
    archive.start_file(format!("{name}.npy"), options).map_err(of_zip)?;
    let dictionary = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    // Magic, version and length of the header are 10 bytes; with a line feed all is a multiple of 64.
    let padded = (10 + dictionary.len() + 1).next_multiple_of(64) - 10 - 1;
    let header = format!("{dictionary:padded$}\n");
    archive.write_all(b"\x93NUMPY\x01\0")?;
    archive.write_all(&(header.len() as u16).to_le_bytes())?;
    archive.write_all(header.as_bytes())
}

/// Beyond this a zip archive needs numbers of 64 bits.
const LARGE: usize = u32::MAX as usize - (1 << 20);

/// A word as numpy keeps it: so many characters of four bytes, filled up with zeros.
fn write_word(writer: &mut impl Write, word: &str, width: usize) -> io::Result<()> {
    let letters = word.chars().map(u32::from).chain(std::iter::repeat(0));
    for letter in letters.take(width) {
        writer.write_all(&letter.to_le_bytes())?;
    }
    Ok(())
}

fn of_zip(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        other => io::Error::other(other),
    }
}

pub(super) fn read(file: impl Read + Seek) -> Result<StoredTable, Cause> {
    let unreadable = |error: ZipError| match error {
        ZipError::Io(error) => crate::error::plain(&error),
        other => format!("its archive is cut off or damaged: {other}"),
    };
    let mut archive = ZipArchive::new(file).map_err(unreadable)?;
    let (mut columns, mut head) = (Vec::new(), Head::default());
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?.to_string();
        let Some(name) = name.strip_suffix(".npy") else { continue };
        let values =
            read_array(&mut entry).map_err(|cause| format!("its array {name}: {cause}"))?;
        match name {
            ABOUT if values.len() == 1 => {
                head = serde_json::from_str(&values.word(0))
                    .map_err(|error| format!("its array {ABOUT}: {error}"))?;
            }
            _ => columns.push(StoredColumn { name: name.into(), values }),
        }
    }
    check_columns(&columns)?;
    let provenance = head.into_provenance();
    Ok(StoredTable { columns, provenance, lines: Vec::new() })
}

/// The entries of an array of one dimension, or none.
fn read_array(file: &mut impl Read) -> Result<Values, Cause> {
    let (header, _) = header_text(file)?;
    let value = |key: &str| {
        value_of(&header, key).ok_or_else(|| format!("its header does not give the {key}"))
    };
    let shape = shape_of(value("shape")?)?;
    let n_entries = match shape[..] {
        [] => 1,
        [n] => n,
        _ => return Err(format!("it has the shape {}; columns have one length", shown(&shape))),
    };
    let descr = value("descr")?;
    let descr = descr.get(1..).and_then(|rest| rest.split(['\'', '"']).next()).unwrap_or_default();
    let number = Number::of(descr)?;
    let n_bytes = n_entries.checked_mul(number.n_bytes as u64).ok_or("it is far too long")?;
    let mut bytes = Vec::new();
    // Grows with what is there, not with what is claimed.
    file.take(n_bytes).read_to_end(&mut bytes).map_err(|error| crate::error::plain(&error))?;
    if bytes.len() as u64 != n_bytes {
        return Err(format!("it ends after {} of {n_bytes} bytes", bytes.len()));
    }
    let mut values = number.values();
    // Words without letters have no bytes.
    for place in 0..n_entries as usize {
        number.push(&bytes[place * number.n_bytes..(place + 1) * number.n_bytes], &mut values);
    }
    Ok(values)
}

/// How an entry is kept.
#[derive(Clone, Copy)]
struct Number {
    /// As numpy names it: i, u, f, b, U or S.
    kind: u8,
    n_bytes: usize,
    is_big_endian: bool,
}

impl Number {
    /// From `<f8`.
    fn of(descr: &str) -> Result<Self, Cause> {
        let refused = || format!("it is of type {descr:?}; columns are of numbers or words");
        let name = descr.trim_start_matches(['<', '>', '|', '=']);
        let kind = *name.as_bytes().first().ok_or_else(refused)?;
        let length: usize = name.get(1..).and_then(|n| n.parse().ok()).ok_or_else(refused)?;
        let n_bytes = match (kind, length) {
            (b'i' | b'u', 1 | 2 | 4 | 8) | (b'f', 4 | 8) | (b'b', 1) => length,
            (b'U', 1..=LONGEST_WORD) => 4 * length,
            (b'S', 1..=LONGEST_WORD) => length,
            _ => return Err(refused()),
        };
        Ok(Self { kind, n_bytes, is_big_endian: descr.starts_with('>') })
    }

    fn values(self) -> Values {
        match self.kind {
            b'U' | b'S' => Values::Words(Default::default()),
            b'f' => Values::Floats(Vec::new()),
            _ => Values::default(),
        }
    }

    fn push(self, bytes: &[u8], values: &mut Values) {
        if self.kind == b'U' {
            let letters = bytes.chunks_exact(4).map(|letter| self.whole(letter) as u32);
            let word: String =
                letters.take_while(|&letter| letter != 0).filter_map(char::from_u32).collect();
            return values.push(Entry::Word(&word));
        }
        if self.kind == b'S' {
            let word = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
            return values.push(Entry::Word(&String::from_utf8_lossy(word)));
        }
        let whole = self.whole(bytes);
        let n_unused = 64 - 8 * self.n_bytes;
        values.push(match (self.kind, self.n_bytes) {
            (b'f', 8) => Entry::Float(f64::from_bits(whole)),
            (b'f', _) => Entry::Float(f32::from_bits(whole as u32).into()),
            // The sign is in the highest bit.
            (b'i', _) => Entry::Integer((whole << n_unused) as i64 >> n_unused),
            (_, _) => i64::try_from(whole).map_or(Entry::Float(whole as f64), Entry::Integer),
        });
    }

    /// The bytes as a whole number without sign.
    fn whole(self, bytes: &[u8]) -> u64 {
        let join = |whole: u64, byte: &u8| whole << 8 | u64::from(*byte);
        match self.is_big_endian {
            true => bytes.iter().fold(0, join),
            false => bytes.iter().rev().fold(0, join),
        }
    }
}

/// A recipe of a million windows is shorter.
const LONGEST_WORD: usize = 1 << 28;
