//! Where tables go: checked before any work is done, put in place when all are written.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use movemeter::table::Table;
use movemeter_io::{Input, OutputFile, Provenance, TableFormat, check_not_an_input, write_table};

use crate::failure::Failure;
use crate::voice::to_stdout;

/// The name that means standard output.
const STDOUT: &str = "-";

/// All outputs of a command.
pub struct Outputs {
    files: Vec<TableFile>,
    to_stdout: bool,
}

struct TableFile {
    path: PathBuf,
    format: TableFormat,
    file: OutputFile,
}

impl Outputs {
    /// Begins all outputs; the error names the one that cannot be, and why.
    pub fn create(paths: &[PathBuf], inputs: &[Input]) -> Result<Self, Failure> {
        let files: Vec<&PathBuf> = paths.iter().filter(|path| !is_stdout(path)).collect();
        check_different(paths)?;
        for path in &files {
            check_not_an_input(path, inputs)?;
            format_of(path)?;
        }
        let files = files.into_iter().map(TableFile::create).collect::<Result<_, _>>()?;
        Ok(Self { files, to_stdout: paths.iter().any(|path| is_stdout(path)) })
    }

    /// Writes the table to all, and puts them in place.
    pub fn write(mut self, table: &Table<'_>, provenance: &Provenance) -> Result<(), Failure> {
        for output in &mut self.files {
            output.write(table, provenance)?;
        }
        for TableFile { file, .. } in self.files {
            file.finish()?;
        }
        if !self.to_stdout {
            return Ok(());
        }
        to_stdout(|stdout| write_table(table, provenance, TableFormat::Csv, stdout))
    }

    /// Writes what there is of the table under names that say so; gives these names.
    ///
    /// Standard output gets nothing: who reads it could not tell a part from the whole.
    pub fn write_partial(
        mut self,
        table: &Table<'_>,
        provenance: &Provenance,
    ) -> Result<Vec<PathBuf>, Failure> {
        for output in &mut self.files {
            output.write(table, provenance)?;
        }
        let finish = |output: TableFile| Ok(output.file.finish_as(partial(&output.path))?);
        self.files.into_iter().map(finish).collect()
    }

    /// Where the table goes, for messages.
    pub fn names(&self) -> Vec<String> {
        let files = self.files.iter().map(|output| output.path.display().to_string());
        files.chain(self.to_stdout.then(|| "standard output".into())).collect()
    }
}

impl TableFile {
    fn create(path: &PathBuf) -> Result<Self, Failure> {
        Ok(Self { path: path.clone(), format: format_of(path)?, file: OutputFile::create(path)? })
    }

    fn write(&mut self, table: &Table<'_>, provenance: &Provenance) -> Result<(), Failure> {
        write_table(table, provenance, self.format, &mut self.file)
            .and_then(|()| self.file.flush())
            .map_err(|error| Failure::unwritable(&self.path, &error))
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new(STDOUT)
}

fn format_of(path: &Path) -> Result<TableFormat, Failure> {
    TableFormat::of(path).map_err(|error| Failure::Usage(format!("cannot write a table: {error}")))
}

fn check_different(paths: &[PathBuf]) -> Result<(), Failure> {
    let mut places = HashSet::new();
    match paths.iter().find(|path| !places.insert(place(path))) {
        None => Ok(()),
        Some(twice) => Err(Failure::Usage(format!(
            "this output is given twice; each needs a name of its own ({})",
            twice.display()
        ))),
    }
}

/// The same for all spellings of a path, even if nothing is there yet.
fn place(path: &Path) -> PathBuf {
    let by_folder = || {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(by_folder).unwrap_or_else(|| path.into())
}

/// `motion.csv` becomes `motion.partial.csv`.
fn partial(path: &Path) -> OsString {
    let ending = path.extension().unwrap_or_default();
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".partial.");
    name.push(ending);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_table_keeps_its_ending() {
        assert_eq!(partial(Path::new("a.b/motion.v2.csv")), "motion.v2.partial.csv");
    }

    #[test]
    fn spellings_of_one_place_are_the_same() {
        assert!(check_different(&["x.csv".into(), "./x.csv".into()]).is_err());
        assert!(check_different(&["-".into(), "-".into()]).is_err());
        assert!(check_different(&["x.csv".into(), "x.json".into(), "-".into()]).is_ok());
    }
}
