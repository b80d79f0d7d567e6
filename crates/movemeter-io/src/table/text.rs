//! Comma or tab separated text.

use std::io::{self, BufRead, Read, Write};

use movemeter::table::{Cell, Column, Table};

use super::head::{of_comments, write_comments};
use super::stored::{Entry, StoredColumn, StoredTable, Values};
use super::{Cause, WORDS};
use crate::provenance::Provenance;

pub(super) fn write(
    table: &Table<'_>,
    provenance: &Provenance,
    separator: u8,
    writer: &mut dyn Write,
) -> io::Result<()> {
    write_comments(provenance, writer)?;
    // A cell with a # in it is quoted too: readers would take it for a comment.
    let mut writer =
        csv::WriterBuilder::new().delimiter(separator).comment(Some(b'#')).from_writer(writer);
    match write_rows(table, &mut writer).map_err(csv::Error::into_kind) {
        Ok(()) => writer.flush(),
        // Wrapped, it would not tell a broken pipe from a full disk.
        Err(csv::ErrorKind::Io(error)) => Err(error),
        Err(other) => Err(io::Error::other(format!("{other:?}"))),
    }
}

fn write_rows<W: Write>(table: &Table<'_>, writer: &mut csv::Writer<W>) -> csv::Result<()> {
    writer.write_record(table.columns.iter().map(|column| &column.name))?;
    for row in 0..table.n_rows {
        for column in &table.columns {
            writer.write_field(shown(column, row))?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(())
}

fn shown(column: &Column<'_>, row: usize) -> String {
    match column.cell(row) {
        Cell::Integer(value) => value.to_string(),
        Cell::Float(value) => column.digits.show(value),
        Cell::Text(text) => text.into_owned(),
    }
}

/// Reads what [`write`] wrote, also after a spreadsheet saved it: separated by whatever separates the names
/// of the columns, with decimal commas where that is no comma.
pub(super) fn read(mut file: impl BufRead) -> Result<StoredTable, Cause> {
    let Beginning { comments, header, n_lines } = Beginning::read(&mut file)?;
    let separator = separator_of(&header);
    let comments: Vec<String> = comments.iter().map(|line| comment(line, separator)).collect();
    let provenance = of_comments(comments.iter().map(String::as_str));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .comment(Some(b'#'))
        .flexible(true)
        .from_reader(header.as_bytes().chain(file));
    let names = reader.headers().map_err(|error| said(&error, n_lines))?.clone();
    let mut rows = Rows::new(&names, separator)?;
    for record in reader.records() {
        let record = record.map_err(|error| said(&error, n_lines))?;
        let line = record.position().map_or(0, csv::Position::line) + n_lines;
        rows.push(&record, line)?;
    }
    Ok(StoredTable { columns: rows.columns, provenance, lines: rows.lines })
}

/// What stands before the rows.
struct Beginning {
    comments: Vec<String>,
    /// The line with the names of the columns.
    header: String,
    /// How many lines stand before that.
    n_lines: u64,
}

impl Beginning {
    fn read(file: &mut impl BufRead) -> Result<Self, Cause> {
        let (mut comments, mut n_lines) = (Vec::new(), 0);
        loop {
            let mut bytes = Vec::new();
            let limited = &mut Read::take(&mut *file, LONGEST_LINE);
            limited.read_until(b'\n', &mut bytes).map_err(|error| error.to_string())?;
            if bytes.is_empty() {
                return Err("it ends before the names of its columns".into());
            }
            let line = String::from_utf8(bytes).map_err(|_| NOT_UTF8)?;
            let line = line.trim_start_matches('\u{feff}');
            let content = line.trim();
            if !(content.is_empty() || content.starts_with('#') || content.starts_with("\"#")) {
                return Ok(Self { comments, header: line.into(), n_lines });
            }
            comments.push(content.into());
            n_lines += 1;
        }
    }
}

/// A recipe of a million windows is shorter.
const LONGEST_LINE: u64 = 1 << 28;

const NOT_UTF8: &str = "it is not UTF-8 text; save it as \"CSV UTF-8\"";

/// What stands between the names of columns.
fn separator_of(header: &str) -> u8 {
    let count = |separator: u8| header.bytes().filter(|&byte| byte == separator).count();
    // Of as many, the first that is asked for.
    let best = [b';', b'\t', b','].into_iter().max_by_key(|&separator| count(separator));
    best.expect("there are three")
}

/// A comment without its `# `. Spreadsheets put quotes around it, and separators behind.
fn comment(line: &str, separator: u8) -> String {
    let unquoted = line.starts_with('"').then(|| {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .from_reader(line.as_bytes());
        let record = reader.records().next().and_then(Result::ok);
        record.and_then(|record| record.get(0).map(str::to_owned))
    });
    let line = unquoted.flatten().unwrap_or_else(|| line.into());
    let line = line.trim_end_matches(char::from(separator));
    line.trim_start_matches('#').trim().into()
}

fn said(error: &csv::Error, n_lines: u64) -> Cause {
    match error.kind() {
        csv::ErrorKind::Utf8 { pos, .. } => match pos {
            Some(pos) => format!("line {}: {NOT_UTF8}", pos.line() + n_lines),
            None => NOT_UTF8.into(),
        },
        csv::ErrorKind::Io(error) => crate::error::plain(error),
        _ => error.to_string(),
    }
}

/// The rows, as far as they are read.
struct Rows {
    columns: Vec<StoredColumn>,
    /// The place of each column among the cells of a row.
    places: Vec<usize>,
    n_cells: usize,
    lines: Vec<u64>,
    has_decimal_commas: bool,
}

impl Rows {
    fn new(names: &csv::StringRecord, separator: u8) -> Result<Self, Cause> {
        let (mut columns, mut places): (Vec<StoredColumn>, _) = (Vec::new(), Vec::new());
        for (place, name) in names.iter().map(str::trim).enumerate() {
            // Spreadsheets leave columns without a name behind the others.
            if name.is_empty() {
                continue;
            }
            if columns.iter().any(|column| column.name == name) {
                return Err(format!("it has two columns of the name {name}"));
            }
            let values = match WORDS.contains(&name) {
                true => Values::Words(Default::default()),
                false => Values::default(),
            };
            columns.push(StoredColumn { name: name.into(), values });
            places.push(place);
        }
        let has_decimal_commas = separator != b',';
        Ok(Self { columns, places, n_cells: names.len(), lines: Vec::new(), has_decimal_commas })
    }

    fn push(&mut self, record: &csv::StringRecord, line: u64) -> Result<(), Cause> {
        // Spreadsheets leave empty rows behind the others.
        if record.iter().all(str::is_empty) {
            return Ok(());
        }
        if record.len() != self.n_cells {
            return Err(format!(
                "line {line}: it has {} cells, but there are {} names of columns",
                record.len(),
                self.n_cells
            ));
        }
        for (column, &place) in self.columns.iter_mut().zip(&self.places) {
            let cell = &record[place];
            match &mut column.values {
                Values::Words(_) => column.values.push(Entry::Word(cell)),
                Values::Integers(_) | Values::Floats(_) => {
                    column.values.push(entry(cell, self.has_decimal_commas));
                }
            }
        }
        self.lines.push(line);
        Ok(())
    }
}

/// What is meant by a cell.
fn entry(cell: &str, has_decimal_commas: bool) -> Entry<'_> {
    let trimmed = cell.trim();
    if trimmed.is_empty() || trimmed == "NA" {
        return Entry::Nothing;
    }
    if let Ok(value) = trimmed.parse() {
        return Entry::Integer(value);
    }
    if let Ok(value) = trimmed.parse() {
        return Entry::Float(value);
    }
    let with_point = has_decimal_commas.then(|| trimmed.replacen(',', ".", 1).parse().ok());
    with_point.flatten().map_or(Entry::Word(cell), Entry::Float)
}
