//! Where tables go: checked before any work is done, put in place when all are written.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use movemeter::table::Table;
use movemeter::track::Tracks;
use movemeter_io::{
    Input, OutputFile, RecipeFile, Results, Session, TableFormat, check_not_an_input, table_format,
    wide_names, wide_tables, write_session_to, write_table,
};

use crate::failure::Failure;
use crate::voice::to_stdout;

/// The name that means standard output.
const STDOUT: &str = "-";

/// All outputs of a command.
pub struct Outputs {
    files: Vec<TableFile>,
    wide: Vec<WideFiles>,
    to_stdout: bool,
    /// What sessions hold, if it is more than the results say.
    file: Option<RecipeFile>,
}

struct TableFile {
    path: PathBuf,
    kind: Kind,
    file: OutputFile,
}

/// What an output's ending asks for.
#[derive(Clone, Copy)]
enum Kind {
    Table(TableFormat),
    Session,
}

/// The tables with a column for each window that are written for one output.
struct WideFiles {
    /// In the order of [`wide_tables`].
    files: Vec<(PathBuf, OutputFile)>,
}

impl Outputs {
    /// Begins all outputs; the error names the one that cannot be, and why. For tables with a column for each
    /// window it must be known of how many groups.
    pub fn create(
        paths: &[PathBuf],
        inputs: &[Input],
        n_groups_wide: Option<usize>,
    ) -> Result<Self, Failure> {
        let files: Vec<&PathBuf> = paths.iter().filter(|path| !is_stdout(path)).collect();
        check_different(paths)?;
        for path in &files {
            check_not_an_input(path, inputs)?;
            kind_of(path)?;
        }
        let to_stdout = files.len() < paths.len();
        if let Some(n_groups) = n_groups_wide {
            check_wide(paths)?;
            let wide = files.into_iter().map(|path| WideFiles::create(path, n_groups, inputs));
            return Ok(Self {
                files: Vec::new(),
                wide: wide.collect::<Result<_, _>>()?,
                to_stdout,
                file: None,
            });
        }
        let files = files.into_iter().map(TableFile::create).collect::<Result<_, _>>()?;
        Ok(Self { files, wide: Vec::new(), to_stdout, file: None })
    }

    /// Sessions hold this recipe, with what was drawn.
    #[must_use]
    pub fn of(self, file: RecipeFile) -> Self {
        Self { file: Some(file), ..self }
    }

    /// Writes the table to all, and puts them in place. The results are what the table shows.
    pub fn write(mut self, table: &Table<'_>, results: &Results) -> Result<(), Failure> {
        self.fill(table, results)?;
        for TableFile { file, .. } in self.files {
            file.finish()?;
        }
        for (_, file) in self.wide.into_iter().flat_map(|wide| wide.files) {
            file.finish()?;
        }
        if !self.to_stdout {
            return Ok(());
        }
        to_stdout(|stdout| write_table(table, &results.provenance, TableFormat::Csv, stdout))
    }

    /// Writes what there is under names that say so; gives these names.
    ///
    /// Standard output gets nothing: who reads it could not tell a part from the whole.
    pub fn write_partial(mut self, results: &Results) -> Result<Vec<PathBuf>, Failure> {
        self.fill(&results.tracks.table(), results)?;
        let tables = self.files.into_iter().map(|TableFile { path, file, .. }| (path, file));
        let all = tables.chain(self.wide.into_iter().flat_map(|wide| wide.files));
        all.map(|(path, file)| Ok(file.finish_as(partial(&path))?)).collect()
    }

    fn fill(&mut self, table: &Table<'_>, results: &Results) -> Result<(), Failure> {
        for output in &mut self.files {
            match output.kind {
                Kind::Table(format) => output.write_table(format, table, results)?,
                Kind::Session => output.write_session(self.file.as_ref(), results)?,
            }
        }
        for output in &mut self.wide {
            output.write(&results.tracks)?;
        }
        Ok(())
    }

    /// Where the table goes, for messages.
    pub fn names(&self) -> Vec<String> {
        let tables = self.files.iter().map(|output| &output.path);
        let wide = self.wide.iter().flat_map(|wide| wide.files.iter().map(|(path, _)| path));
        let files = tables.chain(wide).map(|path| path.display().to_string());
        files.chain(self.to_stdout.then(|| "standard output".into())).collect()
    }
}

impl TableFile {
    fn create(path: &PathBuf) -> Result<Self, Failure> {
        Ok(Self { path: path.clone(), kind: kind_of(path)?, file: OutputFile::create(path)? })
    }

    fn write_table(
        &mut self,
        format: TableFormat,
        table: &Table<'_>,
        results: &Results,
    ) -> Result<(), Failure> {
        let provenance = results.provenance.seen_from(folder_of(&self.path));
        write_table(table, &provenance, format, &mut self.file)
            .and_then(|()| self.file.flush())
            .map_err(|error| Failure::unwritable(&self.path, &error))
    }

    fn write_session(
        &mut self,
        file: Option<&RecipeFile>,
        results: &Results,
    ) -> Result<(), Failure> {
        let mut session = Session::of_results(results.clone());
        if let Some(file) = file {
            session.file = file.clone();
        }
        Ok(write_session_to(&session, &self.path, &mut self.file)?)
    }
}

impl WideFiles {
    fn create(path: &Path, n_groups: usize, inputs: &[Input]) -> Result<Self, Failure> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let create = |file: String| {
            let path = path.with_file_name(file);
            check_not_an_input(&path, inputs)?;
            let file = OutputFile::create(&path)?;
            Ok((path, file))
        };
        let files = wide_names(&name, n_groups).into_iter().map(create);
        let files = files.collect::<Result<_, Failure>>()?;
        Ok(Self { files })
    }

    fn write(&mut self, tracks: &Tracks) -> Result<(), Failure> {
        let tables = wide_tables(tracks);
        for ((path, file), table) in self.files.iter_mut().zip(&tables) {
            let written = table.write(file).and_then(|()| file.flush());
            written.map_err(|error| Failure::unwritable(path, &error))?;
        }
        Ok(())
    }
}

/// Whether tables with a column for each window can be written there.
fn check_wide(paths: &[PathBuf]) -> Result<(), Failure> {
    let is_csv = |path: &PathBuf| matches!(TableFormat::of(path), Ok(TableFormat::Csv));
    match paths.iter().find(|path| !is_csv(path)) {
        None => Ok(()),
        Some(other) => Err(Failure::Usage(format!(
            "--wide writes several files that end in .csv; give -o a name that ends so ({})",
            other.display()
        ))),
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new(STDOUT)
}

fn kind_of(path: &Path) -> Result<Kind, Failure> {
    let format = table_format(path);
    let format =
        format.map_err(|error| Failure::Usage(format!("cannot write a table: {error}")))?;
    Ok(format.map_or(Kind::Session, Kind::Table))
}

/// Whether all are different files, and none is given twice.
pub fn check_different(paths: &[PathBuf]) -> Result<(), Failure> {
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
    let by_folder = || Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?));
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
