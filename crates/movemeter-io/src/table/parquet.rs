//! Apache Parquet: columns with types, compressed, in groups of rows.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema};
use arrow::record_batch::RecordBatch;
use movemeter::table::{Column, Table};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, KeyValue, ParquetMetaData, RowGroupMetaData};
use parquet::file::properties::WriterProperties;

use super::head::{Head, VERSION};
use super::kind::{Kind, float, integer, kind_of, word};
use super::stored::{Entry, StoredColumn, StoredTable, Values};
use super::{Cause, check_columns};
use crate::provenance::Provenance;

/// Rows that are in memory at once: some twenty columns of them are 20 MB.
const ROWS_OF_A_GROUP: usize = 1 << 17;

pub(super) fn write(
    table: &Table<'_>,
    provenance: &Provenance,
    writer: &mut dyn Write,
) -> io::Result<()> {
    let kinds: Vec<Kind> =
        table.columns.iter().map(|column| kind_of(column, table.n_rows)).collect();
    let fields: Vec<Field> = table.columns.iter().zip(&kinds).map(field).collect();
    let schema = Arc::new(Schema::new(fields));
    // Types are plain; with Arrow's own schema beside, pyarrow would not show the metadata.
    let options = ArrowWriterOptions::new()
        .with_properties(properties(provenance))
        .with_skip_arrow_metadata(true);
    let mut groups =
        ArrowWriter::try_new_with_options(Vec::new(), schema.clone(), options).map_err(other)?;
    for start in (0..table.n_rows).step_by(ROWS_OF_A_GROUP) {
        let rows = start..table.n_rows.min(start + ROWS_OF_A_GROUP);
        let columns = table.columns.iter().zip(&kinds);
        let arrays = columns.map(|(column, &kind)| array(column, kind, rows.clone())).collect();
        let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(io::Error::other)?;
        groups.write(&batch).and_then(|()| groups.flush()).map_err(other)?;
        // The writer counts what it wrote; where that went does not matter to it.
        writer.write_all(&std::mem::take(groups.inner_mut()))?;
    }
    writer.write_all(&groups.into_inner().map_err(other)?)
}

fn properties(provenance: &Provenance) -> WriterProperties {
    let entries = Head::of(provenance).entries().into_iter();
    let entries = entries.map(|(name, json)| KeyValue { key: name, value: Some(json) });
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(format!("movemeter {VERSION}"))
        .set_key_value_metadata(Some(entries.collect()))
        .build()
}

fn field((column, kind): (&Column<'_>, &Kind)) -> Field {
    match kind {
        Kind::Integers => Field::new(&column.name, DataType::Int64, false),
        // What was not measured is null.
        Kind::Floats => Field::new(&column.name, DataType::Float64, true),
        Kind::Words => Field::new(&column.name, DataType::Utf8, false),
    }
}

fn array(column: &Column<'_>, kind: Kind, rows: Range<usize>) -> ArrayRef {
    match kind {
        Kind::Integers => {
            Arc::new(Int64Array::from_iter_values(rows.map(|row| integer(column, row))))
        }
        Kind::Floats => {
            let values = rows.map(|row| Some(float(column, row)).filter(|value| !value.is_nan()));
            Arc::new(values.collect::<Float64Array>())
        }
        Kind::Words => Arc::new(StringArray::from_iter_values(rows.map(|row| word(column, row)))),
    }
}

fn other(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

pub(super) fn read(file: File) -> Result<StoredTable, Cause> {
    // The crates `parquet` and `arrow` take for granted what a damaged file may not hold.
    let read = catch_unwind(AssertUnwindSafe(|| read_whole(file)));
    read.unwrap_or_else(|_| Err("its columns do not hold what they say; it is damaged".into()))
}

fn read_whole(file: File) -> Result<StoredTable, Cause> {
    let said = |error: ParquetError| error.to_string();
    let n_bytes = file.metadata().map_err(|error| error.to_string())?.len();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(said)?;
    check_places(builder.metadata(), n_bytes)?;
    let entries = builder.metadata().file_metadata().key_value_metadata();
    let entries = entries.into_iter().flatten();
    let head = Head::of_entries(
        entries.filter_map(|entry| Some((entry.key.as_str(), entry.value.as_deref()?))),
    );
    let provenance = head?.into_provenance();
    let fields = builder.schema().fields().iter();
    let mut columns = fields.map(|field| empty(field)).collect::<Result<Vec<_>, _>>()?;
    for batch in builder.build().map_err(said)? {
        let batch = batch.map_err(|error| error.to_string())?;
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            extend(&mut column.values, array)?;
        }
    }
    check_columns(&columns)?;
    Ok(StoredTable { columns, provenance, lines: Vec::new() })
}

/// Whether all columns lie in the file: the reader takes that for granted.
fn check_places(metadata: &ParquetMetaData, n_bytes: u64) -> Result<(), Cause> {
    let mut columns = metadata.row_groups().iter().flat_map(RowGroupMetaData::columns);
    let is_inside = |column: &ColumnChunkMetaData| {
        let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        let end = start.checked_add(column.compressed_size());
        let end = end.and_then(|end| u64::try_from(end).ok());
        0 <= start && 0 <= column.compressed_size() && end.is_some_and(|end| end <= n_bytes)
    };
    match columns.all(is_inside) {
        true => Ok(()),
        false => Err("a column lies beyond the end of the file; it is damaged".into()),
    }
}

/// A column of this type without entries.
fn empty(field: &Field) -> Result<StoredColumn, Cause> {
    let values = match field.data_type() {
        kind if kind.is_integer() => Values::default(),
        kind if kind.is_floating() || kind.is_null() => Values::Floats(Vec::new()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean => {
            Values::Words(Default::default())
        }
        DataType::Dictionary(_, words) if words.is_string() => Values::Words(Default::default()),
        other => {
            return Err(format!(
                "its column {} is of type {other}; it may be of numbers or words",
                field.name()
            ));
        }
    };
    Ok(StoredColumn { name: field.name().clone(), values })
}

fn extend(values: &mut Values, array: &ArrayRef) -> Result<(), Cause> {
    let cast_to = |kind| cast(array, &kind).map_err(|error| error.to_string());
    match values {
        Values::Words(_) => {
            for word in cast_to(DataType::Utf8)?.as_string::<i32>() {
                values.push(word.map_or(Entry::Nothing, Entry::Word));
            }
        }
        _ if array.data_type().is_integer() => {
            for value in cast_to(DataType::Int64)?.as_primitive::<Int64Type>() {
                values.push(value.map_or(Entry::Nothing, Entry::Integer));
            }
        }
        _ => {
            for value in cast_to(DataType::Float64)?.as_primitive::<Float64Type>() {
                values.push(value.map_or(Entry::Nothing, Entry::Float));
            }
        }
    }
    Ok(())
}
