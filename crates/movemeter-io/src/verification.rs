//! Measuring again what a table or session says, and comparing bit for bit.

use std::path::{Path, PathBuf};

use movemeter::error::Error as CoreError;
use movemeter::monitor::{Monitor, Stage, Warning};
use movemeter::table::{Cell, Column, Digits, Table};
use movemeter::track::Tracks;

use crate::error::Error;
use crate::finding::{FoundInput, find_measured};
use crate::job::Job;
use crate::mask::read_mask;
use crate::provenance::hash_input;
use crate::recipe_file::RecipeFile;
use crate::results::{Results, results_of};
use crate::series::open_all;
use crate::session::{is_taken_over, read_recorded, results_in, table_format};
use crate::table::stored::{StoredTable, Values};
use crate::table::{TableFormat, read_table};

/// What came of measuring again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verification {
    /// The version that measured it, if it is not this one.
    pub other_version: Option<String>,
    /// What was measured again, and where it was found; the mask's image last.
    pub inputs: Vec<FoundInput>,
    /// Rows that were compared.
    pub n_rows: usize,
    /// Columns that were compared.
    pub n_columns: usize,
    /// What is not as it was measured again, in words; nothing if all is.
    pub differences: Vec<String>,
    /// Columns of a table that are not of movemeter.
    pub not_compared: Vec<String>,
    /// Whether numbers are the same with the digits of text only: they were converted from text.
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

/// What was measured before, as a file keeps it.
struct Kept {
    table: StoredTable,
    file: RecipeFile,
    /// How it keeps numbers.
    format: TableFormat,
    is_session: bool,
}

/// Measures again what a table or session says: by its recipe, from its inputs.
///
/// Inputs are looked for where the file says they were, seen from its folder; then by name beside the file
/// and in the `places`, which may be the inputs themselves or folders; then by their hash among the
/// recordings there. An input that was changed, or is not found, is an error; the result says which were used. Of
/// what is incomplete, the frames that are there are compared. A table that was converted from text has the digits of
/// text, which is seen and said. Sessions of the movemeter written in Python are refused: they name no hashes, and no
/// recipe that gives their numbers.
pub fn verify(
    path: impl AsRef<Path>,
    places: &[PathBuf],
    monitor: &dyn Monitor,
) -> Result<Verification, Error> {
    let path = path.as_ref();
    let mut kept = Kept::read(path)?;
    kept.check(path)?;
    let inputs = kept.inputs(path, places)?;
    let mut paths: Vec<PathBuf> = inputs.iter().map(|input| input.path.clone()).collect();
    if kept.file.recipe.mask.is_some() {
        let mask = paths.pop().map(|path| path.display().to_string().into());
        kept.file.recipe.mask = mask;
    }
    let is_incomplete = kept.table.provenance.incomplete.is_some();
    let mut job = Job::open(&paths, kept.file.clone())?;
    let (mut tracks, ended) = job.measure(is_incomplete, &WithoutWarnings(monitor));
    match ended {
        Err(CoreError::Read { .. }) if is_incomplete => {}
        ended => ended?,
    }
    if is_incomplete && 0 < tracks.n_windows() {
        let n_frames = kept.table.n_rows() / tracks.n_windows();
        truncate(&mut tracks, n_frames);
    }
    let other_version = kept.table.provenance.version.clone();
    let other_version = other_version.filter(|version| version != env!("CARGO_PKG_VERSION"));
    Ok(Verification { other_version, inputs, ..kept.compare_all(&tracks.table()) })
}

impl Kept {
    fn read(path: &Path) -> Result<Self, Error> {
        let Some(format) = table_format(path)? else { return Self::read_session(path) };
        let table = read_table(path)?;
        let file = RecipeFile::of_table(&table, path)?;
        Ok(Self { table, file, format, is_session: false })
    }

    fn read_session(path: &Path) -> Result<Self, Error> {
        let Results { tracks, recipe, provenance } = results_in(read_recorded(path)?, path)?;
        let opening = provenance.opened.clone();
        Ok(Self {
            table: StoredTable::of(&tracks.table(), provenance),
            file: RecipeFile { recipe, rois: Vec::new(), opening },
            // Both keep every bit.
            format: TableFormat::Npz,
            is_session: true,
        })
    }

    /// What messages call it.
    fn noun(&self) -> &'static str {
        if self.is_session { "session" } else { "table" }
    }

    /// Whether it says what is needed to measure it again.
    fn check(&self, path: &Path) -> Result<(), Error> {
        let provenance = &self.table.provenance;
        let n_masks = usize::from(self.file.recipe.mask.is_some());
        let cause = if is_taken_over(provenance) {
            "its numbers are of movemeter 0.7, which kept no hashes and measured in another way; measure the recording \
             anew with this recipe"
                .into()
        } else if provenance.inputs.len() <= n_masks {
            format!("the {} does not say what was measured", self.noun())
        } else {
            return Ok(());
        };
        Err(Error::NotVerifiable { path: path.into(), cause })
    }

    /// Where the inputs are now, the mask's image last.
    fn inputs(&self, path: &Path, places: &[PathBuf]) -> Result<Vec<FoundInput>, Error> {
        let inputs = &self.table.provenance.inputs;
        let n_masks = usize::from(self.file.recipe.mask.is_some());
        let (recordings, masks) = inputs.split_at(inputs.len() - n_masks);
        let hash_recording =
            |path: &Path| hash_input(&open_all(&[path.into()], &self.file.opening)?.inputs[0]);
        let hash_mask = |path: &Path| hash_input(&read_mask(path)?.1);
        let find = |input, hash| find_measured(input, path, places, hash);
        let recordings = recordings.iter().map(|input| find(input, &hash_recording));
        recordings.chain(masks.iter().map(|mask| find(mask, &hash_mask))).collect()
    }

    /// Compares with all digits where the format has them; if that fails, with those of text.
    fn compare_all(&self, measured: &Table<'_>) -> Verification {
        let exact = self.compare(measured, self.format);
        if exact.differences.is_empty() || self.format.is_rounded() {
            return exact;
        }
        let rounded = match self.is_session {
            true => {
                let Some(tracks) = self.by_way_of_text(measured) else { return exact };
                self.compare(&tracks.table(), self.format)
            }
            false => self.compare(measured, TableFormat::Csv),
        };
        match rounded.differences.is_empty() {
            true => Verification { is_rounded: true, ..rounded },
            false => exact,
        }
    }

    /// What a session holds if it was made of a text table: what is derived from its numbers is rounded otherwise.
    fn by_way_of_text(&self, measured: &Table<'_>) -> Option<Tracks> {
        let columns = measured.columns.iter().map(|column| {
            Column::new(&column.name, column.digits, move |row| match column.cell(row) {
                Cell::Float(value) => {
                    Cell::Float(as_written(value, column.digits, TableFormat::Csv))
                }
                other => other,
            })
        });
        let text = Table { n_rows: measured.n_rows, columns: columns.collect() };
        let stored = StoredTable::of(&text, self.table.provenance.clone());
        Some(results_of(stored, TableFormat::Csv).ok()?.tracks)
    }

    /// Compares what is kept with what was measured, as it would be written.
    fn compare(&self, measured: &Table<'_>, format: TableFormat) -> Verification {
        let (stored, noun) = (&self.table, self.noun());
        let mut verification = Verification::default();
        let differences = &mut verification.differences;
        if stored.n_rows() != measured.n_rows {
            differences.push(format!(
                "the {noun} has {} rows, but {} were measured",
                stored.n_rows(),
                measured.n_rows
            ));
        }
        let n_rows = stored.n_rows().min(measured.n_rows);
        verification.n_rows = n_rows;
        for column in &measured.columns {
            match stored.column(&column.name) {
                None => differences.push(format!("the {noun} has no column {}", column.name)),
                Some(values) => {
                    verification.n_columns += 1;
                    differences.extend(self.compare_column(values, column, n_rows, format));
                }
            }
        }
        let is_known = |name: &str| measured.column(name).is_some();
        let others = stored.columns.iter().filter(|column| !is_known(&column.name));
        verification.not_compared = others.map(|column| column.name.clone()).collect();
        verification
    }

    /// What differs in a column: the first row, how many, and by how much.
    fn compare_column(
        &self,
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
            "{} differs in {n_different} of {n_rows} rows{by}; first in {}: {} in the {}, {} measured",
            column.name,
            self.table.place(row),
            shown(&values.word(row)),
            self.noun(),
            shown(&measured)
        ))
    }
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
