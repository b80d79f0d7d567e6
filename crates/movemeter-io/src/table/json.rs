//! One JSON object, column by column.

use std::fmt;
use std::io::{self, BufRead, Write};

use movemeter::table::{Cell, Column, Table};
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::head::Head;
use super::stored::{Entry, StoredColumn, StoredTable, Values};
use super::{Cause, check_columns};
use crate::provenance::Provenance;

pub(super) fn write(
    table: &Table<'_>,
    provenance: &Provenance,
    writer: &mut dyn Write,
) -> io::Result<()> {
    write!(writer, "{{")?;
    for (name, json) in Head::of(provenance).entries() {
        write!(writer, "\n\"{name}\": {json},")?;
    }
    write!(writer, "\n\"columns\": {{")?;
    for (index, column) in table.columns.iter().enumerate() {
        writeln!(writer, "{}", if index == 0 { "" } else { "," })?;
        serde_json::to_writer(&mut *writer, &column.name)?;
        write_column(column, table.n_rows, writer)?;
    }
    write!(writer, "\n}}\n}}\n")
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

pub(super) fn read(mut file: impl BufRead) -> Result<StoredTable, Cause> {
    // The recipe is kept as it stands, for which all of the text must be there.
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(|error| crate::error::plain(&error))?;
    let stored: StoredJson = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let head: Head = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let provenance = head.into_provenance();
    let columns = stored.columns.0;
    check_columns(&columns)?;
    Ok(StoredTable { columns, provenance, lines: Vec::new() })
}

#[derive(Deserialize)]
struct StoredJson {
    columns: StoredColumns,
}

struct StoredColumns(Vec<StoredColumn>);

impl<'de> Deserialize<'de> for StoredColumns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Columns;
        impl<'de> Visitor<'de> for Columns {
            type Value = StoredColumns;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of numbers or words for each column")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StoredColumns, A::Error> {
                let mut columns = Vec::new();
                while let Some((name, values)) = map.next_entry()? {
                    columns.push(StoredColumn { name, values });
                }
                Ok(StoredColumns(columns))
            }
        }
        deserializer.deserialize_map(Columns)
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Column;
        impl<'de> Visitor<'de> for Column {
            type Value = Values;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of numbers or words")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Values, A::Error> {
                let mut values = Values::default();
                while all.next_element_seed(PushTo(&mut values))?.is_some() {}
                Ok(values)
            }
        }
        deserializer.deserialize_seq(Column)
    }
}

/// Puts one entry behind the others.
struct PushTo<'a>(&'a mut Values);

impl<'de> DeserializeSeed<'de> for PushTo<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for PushTo<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a word or null")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.push(Entry::Nothing);
        Ok(())
    }
    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.push(Entry::Integer(value));
        Ok(())
    }
    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.push(i64::try_from(value).map_or(Entry::Float(value as f64), Entry::Integer));
        Ok(())
    }
    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.0.push(Entry::Float(value));
        Ok(())
    }
    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.0.push(Entry::Word(value));
        Ok(())
    }
}
