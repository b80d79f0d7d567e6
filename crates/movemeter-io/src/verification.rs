//! Measuring again what a table says, and comparing bit for bit.

use std::path::{Path, PathBuf};

use movemeter::error::Error as CoreError;
use movemeter::monitor::{Monitor, Stage, Warning};
use movemeter::table::{Cell, Column, Digits, Table};
use movemeter::track::Tracks;

use crate::error::Error;
use crate::job::Job;
use crate::mask::read_mask;
use crate::options::OpenOptions;
use crate::provenance::{HashedInput, hash_input};
use crate::recipe_file::RecipeFile;
use crate::series::open_all;
use crate::table::stored::{StoredTable, Values};
use crate::table::{TableFormat, read_table};

mod search;

/// What came of measuring again.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// The version that wrote the table, if it is not this one.
    pub other_version: Option<String>,
    /// Rows that were compared.
    pub n_rows: usize,
    /// Columns that were compared.
    pub n_columns: usize,
    /// What is not as it was measured again, in words; nothing if all is.
    pub differences: Vec<String>,
    /// Columns of the table that are not of movemeter.
    pub not_compared: Vec<String>,
    /// Whether numbers are the same with the digits of text only: the table was converted from text.
    pub is_rounded: bool,
}

/// Shows progress, but does not say again what was said when it was measured.
struct WithoutWarnings<'a>(&'a dyn Monitor);

impl Monitor for WithoutWarnings<'_> {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        self.0.progress(stage, done, total);
    }

    fn warn(&self, _: Warning) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// Measures again what a table says: by its recipe, from its inputs.
///
/// Inputs are looked for where the table says they were, seen from its folder; then by name beside the table
/// and in the `places`, which may be the inputs themselves or folders; then by their hash among the
/// recordings there. An input that was changed, or is not found, is an error. Of a table that is
/// incomplete, the frames that are there are compared. A table that was converted from text has the digits of
/// text, which is seen and said.
pub fn verify(
    path: impl AsRef<Path>,
    places: &[PathBuf],
    monitor: &dyn Monitor,
) -> Result<Verification, Error> {
    let path = path.as_ref();
    let format = TableFormat::of(path)?;
    let stored = read_table(path)?;
    let mut file = RecipeFile::of_table(&stored, path)?;
    let mut inputs: &[HashedInput] = &stored.provenance.inputs;
    if file.recipe.mask.is_some() {
        let Some((mask, others)) = inputs.split_last() else {
            return Err(crate::table::unreadable(path, format, "it names no inputs".into()));
        };
        let found = search::find(mask, path, places, &|path| hash_input(&read_mask(path)?.1))?;
        file.recipe.mask = Some(found.display().to_string().into());
        inputs = others;
    }
    let hash_recording = |path: &Path| hash_recording(path, &file.opening);
    let recordings = inputs.iter().map(|input| search::find(input, path, places, &hash_recording));
    let recordings = recordings.collect::<Result<Vec<PathBuf>, _>>()?;
    let is_incomplete = stored.provenance.incomplete.is_some();
    let mut job = Job::open(&recordings, file)?;
    let (mut tracks, ended) = job.measure(is_incomplete, &WithoutWarnings(monitor));
    match ended {
        Err(CoreError::Read { .. }) if is_incomplete => {}
        ended => ended?,
    }
    if is_incomplete && 0 < tracks.n_windows() {
        let n_frames = stored.n_rows() / tracks.n_windows();
        truncate(&mut tracks, n_frames);
    }
    let other_version = stored.provenance.version.clone();
    let other_version = other_version.filter(|version| version != env!("CARGO_PKG_VERSION"));
    Ok(Verification { other_version, ..compare_all(&stored, &tracks.table(), format) })
}

fn hash_recording(path: &Path, opening: &OpenOptions) -> Result<HashedInput, Error> {
    let recording = open_all(&[path.into()], opening)?;
    hash_input(&recording.inputs[0])
}

/// As if it had ended after so many frames.
fn truncate(tracks: &mut Tracks, n_frames: usize) {
    tracks.stamps.truncate(n_frames);
    for track in &mut tracks.tracks {
        track.samples.truncate(n_frames);
        track.deformations.truncate(n_frames);
    }
    for levels in tracks.brightness.iter_mut().flat_map(|brightness| &mut brightness.windows) {
        levels.truncate(n_frames);
    }
}

/// Compares with all digits where the format has them; if that fails, with those of text.
fn compare_all(stored: &StoredTable, measured: &Table<'_>, format: TableFormat) -> Verification {
    let exact = compare(stored, measured, format);
    if exact.differences.is_empty() || format.is_rounded() {
        return exact;
    }
    let rounded = compare(stored, measured, TableFormat::Csv);
    match rounded.differences.is_empty() {
        true => Verification { is_rounded: true, ..rounded },
        false => exact,
    }
}

/// Compares what is stored with what was measured, as it would be written.
fn compare(stored: &StoredTable, measured: &Table<'_>, format: TableFormat) -> Verification {
    let mut differences = Vec::new();
    if stored.n_rows() != measured.n_rows {
        differences.push(format!(
            "the table has {} rows, but {} were measured",
            stored.n_rows(),
            measured.n_rows
        ));
    }
    let n_rows = stored.n_rows().min(measured.n_rows);
    let mut n_columns = 0;
    for column in &measured.columns {
        match stored.column(&column.name) {
            None => differences.push(format!("the table has no column {}", column.name)),
            Some(values) => {
                n_columns += 1;
                differences.extend(compare_column(stored, values, column, n_rows, format));
            }
        }
    }
    let is_known = |name: &str| measured.column(name).is_some();
    let others = stored.columns.iter().filter(|column| !is_known(&column.name));
    let not_compared = others.map(|column| column.name.clone()).collect();
    let (other_version, is_rounded) = (None, false);
    Verification { other_version, n_rows, n_columns, differences, not_compared, is_rounded }
}

/// What differs in a column: the first row, how many, and by how much.
fn compare_column(
    stored: &StoredTable,
    values: &Values,
    column: &Column<'_>,
    n_rows: usize,
    format: TableFormat,
) -> Option<String> {
    let (mut first, mut n_different, mut largest) = (None, 0, 0.0);
    for row in 0..n_rows {
        if is_same(values, row, column, format) {
            continue;
        }
        n_different += 1;
        first.get_or_insert(row);
        if let (Some(stored), Cell::Float(measured)) = (values.float(row), column.cell(row)) {
            // A difference to what was not measured is none.
            largest =
                f64::max(largest, (stored - as_written(measured, column.digits, format)).abs());
        }
    }
    let row = first?;
    let measured = match column.cell(row) {
        Cell::Integer(value) => value.to_string(),
        Cell::Float(value) if format.is_rounded() => column.digits.show(value),
        Cell::Float(value) => Digits::Shortest.show(value),
        Cell::Text(word) => word.into_owned(),
    };
    let shown = |text: &str| if text.is_empty() { "empty".into() } else { text.to_owned() };
    let by = if 0.0 < largest { format!(", by up to {largest:.3e}") } else { String::new() };
    Some(format!(
        "{} differs in {n_different} of {n_rows} rows{by}; first in {}: {} in the table, {} measured",
        column.name,
        stored.place(row),
        shown(&values.word(row)),
        shown(&measured)
    ))
}

fn is_same(values: &Values, row: usize, column: &Column<'_>, format: TableFormat) -> bool {
    match column.cell(row) {
        Cell::Integer(value) => values.integer(row) == Some(value),
        Cell::Text(word) => values.word(row) == word,
        Cell::Float(value) => {
            let written = as_written(value, column.digits, format);
            let stored = values.float(row);
            // NaN is what was not measured, whatever its bits.
            stored.is_some_and(|stored| {
                stored.to_bits() == written.to_bits() || (stored.is_nan() && written.is_nan())
            })
        }
    }
}

/// What is read where this was written.
fn as_written(value: f64, digits: Digits, format: TableFormat) -> f64 {
    match format {
        TableFormat::Csv | TableFormat::Tsv => digits.show(value).parse().unwrap_or(f64::NAN),
        TableFormat::Json if value.is_infinite() => f64::NAN,
        TableFormat::Json | TableFormat::Parquet | TableFormat::Npz => value,
    }
}
