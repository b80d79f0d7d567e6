//! Tables on disk: comma or tab separated text, JSON, Parquet, and numpy's archives.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

use movemeter::table::Table;

use crate::ending::format_of;
use crate::error::Error;
use crate::provenance::Provenance;

pub mod stored;
mod head;
mod kind;
mod text;
mod json;
mod parquet;
mod npz;

use stored::{StoredColumn, StoredTable};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma separated, after comment lines (`# `) that say where it came from.
    Csv,
    /// Tab separated, otherwise as [`Csv`](Self::Csv).
    Tsv,
    /// One JSON object, column by column.
    Json,
    /// Apache Parquet, which pandas, polars, R and many others read: typed columns, compressed.
    Parquet,
    /// An archive of numpy's arrays, one for each column.
    Npz,
}

impl TableFormat {
    /// All formats with their endings.
    const ENDINGS: [(&'static str, Self); 5] = [
        ("csv", Self::Csv),
        ("tsv", Self::Tsv),
        ("json", Self::Json),
        ("parquet", Self::Parquet),
        ("npz", Self::Npz),
    ];

    /// The format that a file's ending names.
    pub fn of(path: impl AsRef<Path>) -> Result<Self, Error> {
        format_of(path.as_ref(), &Self::ENDINGS)
    }

    /// What it is called in messages.
    const fn name(self) -> &'static str {
        match self {
            Self::Csv => "a CSV table",
            Self::Tsv => "a TSV table",
            Self::Json => "a JSON table",
            Self::Parquet => "a Parquet table",
            Self::Npz => "a table of numpy's arrays",
        }
    }

    /// Whether numbers are written as text with the digits of their column.
    pub(crate) const fn is_rounded(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv)
    }
}

/// What is wrong with a table, in plain words.
type Cause = String;

/// The columns that hold words, whatever the words look like.
const WORDS: [&str; 2] = ["group", "status"];

/// Writes a table, row by row or column by column, so that its length costs no memory.
///
/// Text formats begin with lines that say where the table came from:
///
/// ```text
/// # movemeter 1.0.0
/// # recipe {"reference":"first"}
/// # opened {"channel":1}
/// # input 51c2…e0 fly (6 files)
/// # path ../recordings/fly
/// # doubt damage: after frame 400: the file ends before the page does
/// # incomplete stopped after frame 311 of 1000
/// frame,time_s,group,window,…
/// ```
///
/// The path is as the provenance has it: [`Provenance::seen_from`] makes it lead there from the table's folder.
/// Numbers have the digits their column asks for, and what was not measured is an empty cell. JSON
/// is one object with `movemeter`, `recipe`, `opened`, `inputs`, `doubts`, `incomplete` and `columns`, an array by name;
/// numbers are in full precision, and what was not measured, or is infinite, is `null`. Parquet holds the same as
/// the file's metadata, each entry as JSON, and `null` for what was not measured. In an npz file the array
/// `movemeter` holds it as one text of JSON; there is an array for each column, with NaN for what was not
/// measured, and all are read without `allow_pickle`.
///
/// ```
/// use movemeter::table::{Cell, Column, Digits, Table};
/// use movemeter_io::{Provenance, TableFormat, write_table};
///
/// let dx = [0.0, 0.25, f64::NAN];
/// let table = Table {
///     n_rows: 3,
///     columns: vec![
///         Column::new("frame", Digits::Shortest, |row| Cell::Integer(row as i64)),
///         Column::new("dx_px", Digits::Decimals(3), |row| Cell::Float(dx[row])),
///     ],
/// };
/// let provenance = Provenance { recipe_json: "{}".into(), ..Provenance::default() };
/// let mut text = Vec::new();
/// write_table(&table, &provenance, TableFormat::Csv, &mut text)?;
/// let text = String::from_utf8(text)?;
/// assert!(text.ends_with("# recipe {}\nframe,dx_px\n0,0.000\n1,0.250\n2,\n"));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn write_table(
    table: &Table<'_>,
    provenance: &Provenance,
    format: TableFormat,
    writer: &mut dyn Write,
) -> io::Result<()> {
    match format {
        TableFormat::Csv => text::write(table, provenance, b',', writer),
        TableFormat::Tsv => text::write(table, provenance, b'\t', writer),
        TableFormat::Json => json::write(table, provenance, writer),
        TableFormat::Parquet => parquet::write(table, provenance, writer),
        TableFormat::Npz => npz::write(table, provenance, writer),
    }
}

/// Reads a table that [`write_table`] wrote, or that was changed since; its ending names the format.
///
/// Any columns are read. Text may be separated by commas, semicolons or tabs whatever its ending is, with
/// decimal commas where those separate nothing, and may begin with a byte order mark: spreadsheets save it so.
pub fn read_table(path: impl AsRef<Path>) -> Result<StoredTable, Error> {
    let path = path.as_ref();
    let format = TableFormat::of(path)?;
    let file = File::open(path).map_err(|error| Error::refused(path, &error))?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(unreadable(path, format, "it is a folder".into()));
    }
    let read = match format {
        TableFormat::Csv | TableFormat::Tsv => text::read(BufReader::new(file)),
        TableFormat::Json => json::read(BufReader::new(file)),
        TableFormat::Parquet => parquet::read(file),
        TableFormat::Npz => npz::read(BufReader::new(file)),
    };
    read.map_err(|cause| unreadable(path, format, cause))
}

/// A table that is not as it should be.
pub(crate) fn unreadable(path: &Path, format: TableFormat, cause: Cause) -> Error {
    Error::Unreadable { format: format.name(), path: path.into(), cause }
}

/// Whether columns have names of their own and the same length.
fn check_columns(columns: &[StoredColumn]) -> Result<(), Cause> {
    let n_rows = columns.first().map_or(0, |column| column.values.len());
    for (place, StoredColumn { name, values }) in columns.iter().enumerate() {
        if columns[..place].iter().any(|column| column.name == *name) {
            return Err(format!("it has two columns of the name {name}"));
        }
        if values.len() != n_rows {
            return Err(format!(
                "its columns have different lengths: {} has {n_rows} entries, {name} has {}",
                columns[0].name,
                values.len()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use movemeter::table::{Cell, Column, Digits};
    use serde_json::Value;

    use super::head::VERSION;
    use super::*;
    use crate::options::OpenOptions;
    use crate::provenance::HashedInput;

    const GROUPS: [&str; 4] = ["eye, left", "the \"good\" one", "two\nlines", "#3\tµm"];
    const VALUES: [f64; 4] = [0.1, -2.831_254_791_234, f64::NAN, f64::INFINITY];

    fn table() -> Table<'static> {
        Table {
            n_rows: 4,
            columns: vec![
                Column::new("frame", Digits::Shortest, |row| Cell::Integer(row as i64 - 1)),
                Column::new("group", Digits::Shortest, |row| Cell::Text(GROUPS[row].into())),
                Column::new("dx_px", Digits::Decimals(6), |row| Cell::Float(VALUES[row])),
            ],
        }
    }

    fn provenance() -> Provenance {
        let input = |name: &str, n_files| HashedInput {
            name: name.into(),
            path: None,
            sha256: "ab".repeat(32),
            n_files,
        };
        Provenance {
            version: None,
            recipe_json: "{\n  \"reference\": \"first\"\n}".into(),
            opened: OpenOptions { channel: Some(1), ..OpenOptions::default() },
            inputs: vec![input("fly", Some(6)), input("a \"b\"\n.tif", None)],
            doubts: vec!["damage: torn".into()],
            incomplete: Some("stopped after frame 3".into()),
        }
    }

    fn written(format: TableFormat) -> String {
        let mut bytes = Vec::new();
        write_table(&table(), &provenance(), format, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_table_of_text_begins_with_where_it_came_from() {
        let hash = "ab".repeat(32);
        let expected = format!(
            "# movemeter {VERSION}\n# recipe {{   \"reference\": \"first\" }}\n\
             # opened {{\"channel\":1}}\n# input {hash} fly (6 files)\n# input {hash} a \"b\" .tif\n\
             # doubt damage: torn\n# incomplete stopped after frame 3\nframe,group,dx_px\n-1,\"eye, left\",0.100000\n"
        );
        assert_eq!(written(TableFormat::Csv)[..expected.len()], expected);
    }

    #[test]
    fn names_of_any_kind_come_back_from_text() {
        for (format, separator) in [(TableFormat::Csv, b','), (TableFormat::Tsv, b'\t')] {
            let text = written(format);
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(separator)
                .comment(Some(b'#'))
                .from_reader(text.as_bytes());
            assert_eq!(reader.headers().unwrap(), vec!["frame", "group", "dx_px"]);
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            assert_eq!(rows.iter().map(|row| &row[1]).collect::<Vec<_>>(), GROUPS);
            let values: Vec<&str> = rows.iter().map(|row| &row[2]).collect();
            assert_eq!(values, ["0.100000", "-2.831255", "", "inf"]);
        }
    }

    #[test]
    fn json_holds_all_digits_and_null_for_what_was_not_measured() {
        let json: Value = serde_json::from_str(&written(TableFormat::Json)).unwrap();
        assert_eq!(json["movemeter"], VERSION);
        assert_eq!(json["recipe"]["reference"], "first");
        assert_eq!(json["opened"], serde_json::json!({ "channel": 1 }));
        assert_eq!(json["inputs"][0]["n_files"], 6);
        assert_eq!(json["inputs"][1]["n_files"], Value::Null);
        assert_eq!(json["inputs"][1]["name"], "a \"b\"\n.tif");
        assert_eq!(json["doubts"], serde_json::json!(["damage: torn"]));
        assert_eq!(json["incomplete"], "stopped after frame 3");
        assert_eq!(json["columns"]["group"], serde_json::json!(GROUPS));
        let values = serde_json::json!([0.1, -2.831_254_791_234, null, null]);
        assert_eq!(json["columns"]["dx_px"], values);
    }

    #[test]
    fn an_empty_table_is_a_table_still() {
        let table = Table { n_rows: 0, ..table() };
        let mut bytes = Vec::new();
        write_table(&table, &Provenance::default(), TableFormat::Json, &mut bytes).unwrap();
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["columns"]["frame"], serde_json::json!([]));
        assert_eq!(json["recipe"], Value::Null);
        bytes.clear();
        write_table(&table, &Provenance::default(), TableFormat::Csv, &mut bytes).unwrap();
        assert!(bytes.ends_with(b"\nframe,group,dx_px\n"));
    }

    #[test]
    fn the_ending_chooses_the_format() {
        assert_eq!(TableFormat::of("a/t.CSV").unwrap(), TableFormat::Csv);
        assert_eq!(TableFormat::of("t.json").unwrap(), TableFormat::Json);
        let message = TableFormat::of("t.xlsx").unwrap_err().to_string();
        assert_eq!(
            message,
            "the ending .xlsx is not known; use one of .csv .tsv .json .parquet .npz (t.xlsx)"
        );
    }

    #[test]
    fn a_full_disk_is_reported() {
        let mut small = [0u8; 40];
        let error = write_table(&table(), &provenance(), TableFormat::Csv, &mut &mut small[..]);
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
