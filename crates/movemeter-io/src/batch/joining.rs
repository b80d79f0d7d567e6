//! One table of all stacks.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::record::VERSION;
use super::summary::{RECIPE, State, Summary};
use crate::error::Error;
use crate::output::{OutputFile, check_not_inputs};
use crate::series::Input;

/// The name of the tables that are joined.
pub const TABLE: &str = "motion.csv";

/// Writes the rows of all stacks' `motion.csv` into one table, with a first column `stack`; gives how many rows.
///
/// Columns that only some of the tables have are empty for the others. Numbers are as they stand in the tables. Stacks that
/// were not measured are not in it.
pub fn join_tables(output: &Path, summary: &Summary, joined: &Path) -> Result<usize, Error> {
    let done = |state| matches!(state, State::Done | State::Incomplete);
    let stacks = summary.rows.iter().filter(|row| done(row.status)).map(|row| &*row.stack);
    let tables: Vec<(&str, PathBuf)> =
        stacks.map(|stack| (stack, output.join(stack).join(TABLE))).collect();
    let paths = tables.iter().map(|(_, path)| path.clone()).collect();
    check_not_inputs(&[joined.into()], &[Input { path: output.into(), files: paths }])?;
    let columns = columns(&tables)?;
    let unwritable = |error: io::Error| Error::unwritable(joined, &error);
    let mut file = OutputFile::create(joined)?;
    writeln!(file, "# movemeter {VERSION}\n{RECIPE}{}", summary.recipe_sha256)
        .map_err(unwritable)?;
    let mut writer = csv::WriterBuilder::new().comment(Some(b'#')).from_writer(&mut file);
    let header = ["stack"].into_iter().chain(columns.iter().map(String::as_str));
    writer.write_record(header).map_err(|error| unwritable(error.into()))?;
    let mut n_rows = 0;
    for (stack, path) in &tables {
        n_rows += copy(stack, path, &columns, &mut writer, joined)?;
    }
    writer.flush().map_err(unwritable)?;
    drop(writer);
    file.finish()?;
    Ok(n_rows)
}

/// The columns of all tables, in the order in which they first come.
fn columns(tables: &[(&str, PathBuf)]) -> Result<Vec<String>, Error> {
    let mut columns: Vec<String> = Vec::new();
    for (_, path) in tables {
        let mut reader = reader(path)?;
        let header = reader.headers().map_err(|error| unreadable(path, &error))?;
        let new = header.iter().filter(|name| !columns.iter().any(|column| column == name));
        let new: Vec<String> = new.map(str::to_owned).collect();
        columns.extend(new);
    }
    Ok(columns)
}

/// Copies the rows of a table; gives how many.
fn copy<W: Write>(
    stack: &str,
    path: &Path,
    columns: &[String],
    writer: &mut csv::Writer<W>,
    joined: &Path,
) -> Result<usize, Error> {
    let mut reader = reader(path)?;
    let header = reader.headers().map_err(|error| unreadable(path, &error))?;
    let places: Vec<Option<usize>> =
        columns.iter().map(|column| header.iter().position(|name| name == column)).collect();
    let mut n_rows = 0;
    for row in reader.records() {
        let row = row.map_err(|error| unreadable(path, &error))?;
        let cell = |place: &Option<usize>| place.and_then(|place| row.get(place)).unwrap_or("");
        let cells = [stack].into_iter().chain(places.iter().map(cell));
        writer.write_record(cells).map_err(|error| Error::unwritable(joined, &error.into()))?;
        n_rows += 1;
    }
    Ok(n_rows)
}

fn reader(path: &Path) -> Result<csv::Reader<File>, Error> {
    let file = File::open(path).map_err(|error| Error::refused(path, &error))?;
    Ok(csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(file))
}

fn unreadable(path: &Path, error: &csv::Error) -> Error {
    let cause = format!("this is no table of movemeter: {error}");
    Error::Unreadable { format: "table", path: path.into(), cause }
}
