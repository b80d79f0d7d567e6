//! Sessions: recording, settings, results and view in one `.zip`, to be opened again where it is or elsewhere.
//!
//! A session holds `session.json` (where the recording is, with its hashes, and all settings), and if something was
//! measured, its numbers in full precision as numpy's arrays, so that `numpy.load` reads it too:
//!
//! ```text
//! session.json              what docs/sessions.md says
//! number.npy time_s.npy     (frame)          number and time of each frame
//! dx_px.npy dy_px.npy       (window, frame)  displacement
//! covariance_px2.npy        (window, frame, 3)  xx, xy, yy
//! score.npy status.npy      (window, frame)  status as its number
//! ```
//!
//! Recordings are not copied. Their places are kept as seen from the session's folder and as absolute paths.

mod archive;
mod array;
mod samples;
mod head;
mod movzip;

use std::io::Write;
use std::path::Path;

use movemeter::roi::{Roi, RoiGroup, WindowGroup, join_groups};
use serde_json::Value;
use zip::ZipWriter;

use crate::error::Error;
use crate::finding::find_input;
use crate::output::OutputFile;
use crate::provenance::HashedInput;
use crate::recipe_file::RecipeFile;
use crate::results::{self, Results};
use crate::rois;
use crate::table::{TableFormat, write_table};
use archive::Archive;

pub(crate) use movzip::is_taken_over;
pub use movzip::{is_movzip, movzip_notes, write_movzip};

/// What someone works on: a recording, how it is measured, and what was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    /// The recording. Read from a file, each has the path where it was found, or else where it was.
    pub inputs: Vec<HashedInput>,
    /// Settings, ROIs, and what is chosen in the recording.
    pub file: RecipeFile,
    /// What was measured, if anything was.
    pub results: Option<Results>,
    /// What a window shows, for itself to know: colours, zoom, and the like.
    pub view: Value,
}

impl Session {
    /// A session of what was measured.
    pub fn of_results(results: Results) -> Self {
        let opening = results.provenance.opened.clone();
        let file = RecipeFile { recipe: results.recipe.clone(), rois: Vec::new(), opening };
        let inputs = results.provenance.inputs.clone();
        Self { inputs, file, results: Some(results), view: Value::Null }
    }
}

/// What messages call it.
const FORMAT: &str = "session";

/// Whether a file name ends as sessions do.
pub fn is_session(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

/// Writes a session; the file appears whole or not at all.
pub fn write_session(session: &Session, path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    let mut output = OutputFile::create(path)?;
    write_session_to(session, path, &mut output)?;
    output.finish()
}

/// Writes a session that will be at `path` into an output that was begun.
pub fn write_session_to(
    session: &Session,
    path: &Path,
    output: &mut OutputFile,
) -> Result<(), Error> {
    let unwritable = |error: std::io::Error| Error::unwritable(path, &error);
    let mut zip = ZipWriter::new(output);
    let head = head::written(session, path);
    archive::add(&mut zip, head::NAME, head.as_bytes()).map_err(unwritable)?;
    if let Some(results) = &session.results {
        samples::write(&results.tracks, &mut zip).map_err(unwritable)?;
    }
    zip.finish().map_err(|error| unwritable(error.into()))?;
    Ok(())
}

/// Reads a session, or a session of the movemeter written in Python (`movemeter_NAME.zip`).
///
/// Nothing is unpacked to disk. What an archive claims is believed as far as its bytes can back it. Of a session of
/// another kind than is known, the error says so; what else lies in the archive is passed.
pub fn read_session(path: impl AsRef<Path>) -> Result<Session, Error> {
    let path = path.as_ref();
    let mut session = read_recorded(path)?;
    let results = session.results.iter_mut().flat_map(|of| &mut of.provenance.inputs);
    for input in session.inputs.iter_mut().chain(results) {
        input.path = find_input(input, path).or(input.path.take());
    }
    Ok(session)
}

/// The same, with the paths of inputs as tables have them: as seen from the session's folder if they are there, else as
/// they were.
pub(crate) fn read_recorded(path: &Path) -> Result<Session, Error> {
    let mut archive = Archive::open(path)?;
    let read = match movzip::is_movzip_archive(&archive) {
        true => movzip::read(&mut archive),
        false => read(&mut archive, path),
    };
    read.map_err(|cause| Error::Unreadable { format: FORMAT, path: path.into(), cause })
}

/// Reads what was measured back: from a session, or from a table by
/// [`results::read_results`].
pub fn read_results(path: impl AsRef<Path>) -> Result<Results, Error> {
    let path = path.as_ref();
    match table_format(path)? {
        Some(_) => results::read_results(path),
        None => results_in(read_session(path)?, path),
    }
}

/// The format of a table, by its ending; `None`: a session. The error names the endings of both.
pub fn table_format(path: &Path) -> Result<Option<TableFormat>, Error> {
    if is_session(path) {
        return Ok(None);
    }
    TableFormat::of(path).map(Some).map_err(|error| match error {
        Error::UnknownEnding { path, allowed } => {
            Error::UnknownEnding { path, allowed: format!("{allowed}, or .zip (a session)") }
        }
        other => other,
    })
}

pub(crate) fn results_in(session: Session, path: &Path) -> Result<Results, Error> {
    session.results.ok_or_else(|| Error::Unreadable {
        format: FORMAT,
        path: path.into(),
        cause: "nothing was measured in it; measure its recording, and write a table or session"
            .into(),
    })
}

/// Writes what was measured, whole or not at all: as a session if the path ends in `.zip`, else as the table that its
/// ending names. Paths of inputs lead there from its folder.
pub fn write_results(results: Results, path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    if is_session(path) {
        return write_session(&Session::of_results(results), path);
    }
    let format = TableFormat::of(path)?;
    let mut file = OutputFile::create(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let provenance = results.provenance.seen_from(folder.unwrap_or(Path::new(".")));
    write_table(&results.tracks.table(), &provenance, format, &mut file)
        .and_then(|()| file.flush())
        .map_err(|error| Error::unwritable(path, &error))?;
    file.finish()
}

/// Reads a recipe: that of a session, or of a recipe file or table by [`RecipeFile::read`].
pub fn read_recipe(path: impl AsRef<Path>) -> Result<RecipeFile, Error> {
    let path = path.as_ref();
    match is_session(path) {
        true => Ok(read_session(path)?.file),
        false => RecipeFile::read(path),
    }
}

/// Reads ROIs: those of a session, each window a box if it was not drawn, or of a file by
/// [`rois::read_rois`].
pub fn read_rois(path: impl AsRef<Path>) -> Result<Vec<RoiGroup>, Error> {
    let path = path.as_ref();
    let read = rois::read_rois(path);
    if read.is_ok() || !is_session(path) {
        return read;
    }
    // ImageJ's archives end as sessions do.
    let Ok(Session { file, .. }) = read_session(path) else { return read };
    let mut groups = file.rois;
    join_groups(&mut groups, file.recipe.windows.groups().iter().map(boxes));
    if groups.is_empty() { read } else { Ok(groups) }
}

fn boxes(group: &WindowGroup) -> RoiGroup {
    let WindowGroup { name, color, windows } = group.clone();
    RoiGroup { name, color, rois: windows.into_iter().map(Roi::window).collect() }
}

fn read(archive: &mut Archive, path: &Path) -> Result<Session, String> {
    let Some(text) = archive.read(head::NAME)? else {
        return Err("it is an archive, but holds no session.json".into());
    };
    let (mut session, about) = head::read(&text, path)?;
    if let (Some(results), Some(about)) = (&mut session.results, about) {
        results.tracks = samples::read(archive, about)?;
    }
    Ok(session)
}
