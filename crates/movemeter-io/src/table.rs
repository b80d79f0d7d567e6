//! Tables on disk: comma or tab separated text, and JSON.

use std::io::{self, Write};
use std::path::Path;

use movemeter::table::{Cell, Column, Table};
use serde_json::Value;

use crate::error::Error;
use crate::provenance::{HashedInput, Provenance};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma separated, after comment lines (`# `) that say where it came from.
    Csv,
    /// Tab separated, otherwise as [`Csv`](Self::Csv).
    Tsv,
    /// One JSON object, column by column.
    Json,
}

impl TableFormat {
    /// All formats with their endings.
    const ENDINGS: [(&'static str, Self); 3] =
        [("csv", Self::Csv), ("tsv", Self::Tsv), ("json", Self::Json)];

    /// The format that a file's ending names.
    pub fn of(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let known = Self::ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending));
        known.map(|(_, format)| *format).ok_or_else(|| Error::UnknownEnding {
            path: path.into(),
            allowed: Self::ENDINGS.map(|(ending, _)| format!(".{ending}")).join(" "),
        })
    }
}

/// Writes a table, row by row or column by column, so that its length costs no memory.
///
/// Text formats begin with lines that say where the table came from:
///
/// ```text
/// # movemeter 1.0.0
/// # recipe {"reference":"first"}
/// # opened {"channel":1}
/// # input 51c2…e0 fly (6 files)
/// # doubt damage: after frame 400: the file ends before the page does
/// # incomplete stopped after frame 311 of 1000
/// frame,time_s,group,window,…
/// ```
///
/// Numbers have the digits their column asks for, and what was not measured is an empty cell. JSON
/// is one object with `movemeter`, `recipe`, `opened`, `inputs`, `doubts`, `incomplete` and `columns`, an array by name;
/// numbers are in full precision, and what was not measured, or is infinite, is `null`.
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
        TableFormat::Csv => write_text(table, provenance, b',', writer),
        TableFormat::Tsv => write_text(table, provenance, b'\t', writer),
        TableFormat::Json => write_json(table, provenance, writer),
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn write_text(
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

fn write_comments(provenance: &Provenance, writer: &mut dyn Write) -> io::Result<()> {
    writeln!(writer, "# movemeter {VERSION}")?;
    writeln!(writer, "# recipe {}", on_one_line(&provenance.recipe_json))?;
    let choices = provenance.opened.choices();
    if !choices.is_empty() {
        writeln!(writer, "# opened {}", Value::from(choices))?;
    }
    for HashedInput { name, sha256, n_files } in &provenance.inputs {
        let name = on_one_line(name);
        match n_files {
            Some(n_files) => writeln!(writer, "# input {sha256} {name} ({n_files} files)")?,
            None => writeln!(writer, "# input {sha256} {name}")?,
        }
    }
    for doubt in &provenance.doubts {
        writeln!(writer, "# doubt {}", on_one_line(doubt))?;
    }
    match &provenance.incomplete {
        Some(incomplete) => writeln!(writer, "# incomplete {}", on_one_line(incomplete)),
        None => Ok(()),
    }
}

/// Line breaks mean nothing between the parts of JSON, and little in names and sentences.
fn on_one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

fn shown(column: &Column<'_>, row: usize) -> String {
    match column.cell(row) {
        Cell::Integer(value) => value.to_string(),
        Cell::Float(value) => column.digits.show(value),
        Cell::Text(text) => text.into_owned(),
    }
}

fn write_json(
    table: &Table<'_>,
    provenance: &Provenance,
    writer: &mut dyn Write,
) -> io::Result<()> {
    write!(writer, "{{\n\"movemeter\": \"{VERSION}\",\n\"recipe\": ")?;
    write_recipe(&provenance.recipe_json, writer)?;
    write!(writer, ",\n\"opened\": {}", Value::from(provenance.opened.choices()))?;
    write!(writer, ",\n\"inputs\": ")?;
    let inputs: Vec<_> = provenance.inputs.iter().map(input_json).collect();
    serde_json::to_writer(&mut *writer, &inputs)?;
    write!(writer, ",\n\"doubts\": ")?;
    serde_json::to_writer(&mut *writer, &provenance.doubts)?;
    write!(writer, ",\n\"incomplete\": ")?;
    serde_json::to_writer(&mut *writer, &provenance.incomplete)?;
    write!(writer, ",\n\"columns\": {{")?;
    for (index, column) in table.columns.iter().enumerate() {
        writeln!(writer, "{}", if index == 0 { "" } else { "," })?;
        serde_json::to_writer(&mut *writer, &column.name)?;
        write_column(column, table.n_rows, writer)?;
    }
    write!(writer, "\n}}\n}}\n")
}

/// The recipe is JSON already; should it not be, it is kept as text rather than spoil the file.
fn write_recipe(recipe_json: &str, writer: &mut dyn Write) -> io::Result<()> {
    if recipe_json.is_empty() {
        return write!(writer, "null");
    }
    match serde_json::from_str::<Value>(recipe_json) {
        Ok(_) => write!(writer, "{}", recipe_json.trim()),
        Err(_) => Ok(serde_json::to_writer(writer, recipe_json)?),
    }
}

fn input_json(input: &HashedInput) -> Value {
    let HashedInput { name, sha256, n_files } = input;
    serde_json::json!({ "name": name, "sha256": sha256, "n_files": n_files })
}

fn write_column(column: &Column<'_>, n_rows: usize, writer: &mut dyn Write) -> io::Result<()> {
    write!(writer, ": [")?;
    for row in 0..n_rows {
        if row != 0 {
            write!(writer, ",")?;
        }
        match column.cell(row) {
            Cell::Integer(value) => write!(writer, "{value}")?,
            // NaN and infinities become null.
            Cell::Float(value) => serde_json::to_writer(&mut *writer, &value)?,
            Cell::Text(text) => serde_json::to_writer(&mut *writer, &*text)?,
        }
    }
    write!(writer, "]")
}

#[cfg(test)]
mod tests {
    use movemeter::table::Digits;

    use super::*;
    use crate::options::OpenOptions;

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
            sha256: "ab".repeat(32),
            n_files,
        };
        Provenance {
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
        assert_eq!(message, "the ending .xlsx is not known; use one of .csv .tsv .json (t.xlsx)");
    }

    #[test]
    fn a_full_disk_is_reported() {
        let mut small = [0u8; 40];
        let error = write_table(&table(), &provenance(), TableFormat::Csv, &mut &mut small[..]);
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
