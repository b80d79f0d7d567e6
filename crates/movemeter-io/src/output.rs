//! Output files that appear whole or not at all.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::error::Error;
use crate::series::Input;

/// A file that takes its place only when it is finished.
///
/// It is written under a hidden name in the folder it will be in, so a place that cannot be written
/// is known before any work is done, and a run that is stopped leaves an older file of that name as
/// it was. Dropped unfinished, it leaves nothing.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("table.csv");
/// use std::io::Write;
///
/// let mut output = movemeter_io::OutputFile::create(&path)?;
/// writeln!(output, "frame,dx_px")?;
/// assert!(!path.exists());
/// output.finish()?;
/// assert_eq!(std::fs::read_to_string(&path)?, "frame,dx_px\n");
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Debug)]
pub struct OutputFile {
    /// Where it will be, and as whom messages name it.
    path: PathBuf,
    writer: BufWriter<NamedTempFile>,
}

impl OutputFile {
    /// Begins a file that will be at `path`.
    ///
    /// The error says why it could not be there: no such folder, no permission, a folder or a device
    /// of that name, a file that is protected against writing. Behind a symbolic link, the file it
    /// leads to is replaced, not the link.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        check_replaceable(path)?;
        let target = behind_links(path);
        let folder = folder_of(&target);
        let file = hidden_file(&folder).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::Unwritable {
                path: path.into(),
                cause: format!("there is no folder {}; make it first", folder.display()),
            },
            _ => Error::unwritable(path, &error),
        })?;
        Ok(Self { path: target, writer: BufWriter::new(file) })
    }

    /// Puts the file in its place, for good.
    pub fn finish(self) -> Result<(), Error> {
        let path = self.path.clone();
        self.persist(&path)
    }

    /// Gives the file another name in the same folder, for results that are not complete; says where
    /// it is.
    pub fn finish_as(self, name: impl AsRef<OsStr>) -> Result<PathBuf, Error> {
        let path = self.path.with_file_name(name.as_ref());
        check_replaceable(&path)?;
        self.persist(&path)?;
        Ok(path)
    }

    /// Where it is while it is being written, for another program that writes it.
    pub(crate) fn hidden_path(&self) -> &Path {
        self.writer.get_ref().path()
    }

    fn persist(self, path: &Path) -> Result<(), Error> {
        let unwritable = |error: &io::Error| Error::unwritable(path, error);
        let file = self.writer.into_inner().map_err(|error| unwritable(error.error()))?;
        file.as_file().sync_all().map_err(|error| unwritable(&error))?;
        file.persist(path).map_err(|error| unwritable(&error.error))?;
        Ok(())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Seek for OutputFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.writer.seek(to)
    }
}

/// Refuses an output that would overwrite an input, by whatever way it leads there.
///
/// Compared are the files themselves: links, `./` and other spellings are seen through.
pub fn check_not_an_input(output: &Path, inputs: &[Input]) -> Result<(), Error> {
    check_not_inputs(&[output.into()], inputs)
}

/// The same for many outputs.
pub fn check_not_inputs(outputs: &[PathBuf], inputs: &[Input]) -> Result<(), Error> {
    // An output that is not there yet cannot be an input.
    let there = |output: &&PathBuf| output.exists();
    let outputs: Vec<&PathBuf> = outputs.iter().filter(there).collect();
    if outputs.is_empty() {
        return Ok(());
    }
    let inputs = inputs.iter().flat_map(|input| input.files.iter().chain([&input.path]));
    let known: HashMap<Identity, &PathBuf> =
        inputs.filter_map(|input| Some((identity(input)?, input))).collect();
    match outputs.iter().find_map(|output| Some((output, known.get(&identity(output)?)?))) {
        None => Ok(()),
        Some((output, input)) => {
            let (output, input) = ((*output).clone(), (*input).clone());
            Err(Error::OutputIsInput { output, input })
        }
    }
}

/// What tells a file from all others, whatever its names: device and number.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|about| (about.dev(), about.ino()))
}

/// Where a file is, links seen through.
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    path.canonicalize().ok()
}

fn behind_links(path: &Path) -> PathBuf {
    match path.is_symlink() {
        true => path.canonicalize().unwrap_or_else(|_| path.into()),
        false => path.into(),
    }
}

/// Whether a file may be put at `path`, as far as what is there now goes.
pub(crate) fn check_replaceable(path: &Path) -> Result<(), Error> {
    let target = behind_links(path);
    let refused = |cause: &str| Err(Error::Unwritable { path: path.into(), cause: cause.into() });
    if target.file_name().is_none() {
        return refused("this is no file name");
    }
    let Ok(about) = std::fs::metadata(&target) else { return Ok(()) };
    if about.is_dir() {
        return refused("there is a folder of this name");
    }
    if !about.is_file() {
        return refused("this is a device or a pipe, not a file");
    }
    if about.permissions().readonly() {
        return refused("the file that is there is protected against writing");
    }
    Ok(())
}

/// The folder that a file is in or will be in.
pub(crate) fn folder_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
        _ => ".".into(),
    }
}

/// How the hidden names of unfinished files begin and end.
pub(crate) const PART_PREFIX: &str = ".movemeter-";
pub(crate) const PART_SUFFIX: &str = ".part";

fn hidden_file(folder: &Path) -> io::Result<NamedTempFile> {
    Builder::new().prefix(PART_PREFIX).suffix(PART_SUFFIX).make_in(folder, new_file)
}

/// Made as any new file, so that others may read it as the user's settings say.
fn new_file(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<std::fs::DirEntry>| {
            entry.unwrap().file_name().to_string_lossy().into_owned()
        };
        std::fs::read_dir(folder).unwrap().map(name).collect()
    }

    fn message_of(path: &Path) -> String {
        OutputFile::create(path).err().unwrap().to_string()
    }

    #[test]
    fn an_unfinished_file_leaves_the_older_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "old").unwrap();
        let mut output = OutputFile::create(&path).unwrap();
        output.write_all(b"new").unwrap();
        assert_eq!(names_in(folder.path()).len(), 2);
        drop(output);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names_in(folder.path()), ["t.csv"]);
    }

    #[test]
    fn a_finished_file_replaces_the_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "an older, longer text").unwrap();
        let mut output = OutputFile::create(&path).unwrap();
        output.write_all(b"new").unwrap();
        output.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names_in(folder.path()), ["t.csv"]);
    }

    #[test]
    fn partial_results_go_to_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = OutputFile::create(folder.path().join("t.csv")).unwrap();
        output.write_all(b"half").unwrap();
        let partial = output.finish_as("t.partial.csv").unwrap();
        assert_eq!(partial, folder.path().join("t.partial.csv"));
        assert_eq!(names_in(folder.path()), ["t.partial.csv"]);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_known_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let message = message_of(&folder.path().join("none").join("t.csv"));
        assert!(message.contains("there is no folder") && message.contains("none"), "{message}");
        assert!(message_of(folder.path()).contains("there is a folder of this name"));
        let protected = folder.path().join("kept.csv");
        std::fs::write(&protected, "").unwrap();
        let mut permissions = std::fs::metadata(&protected).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(&protected, permissions).unwrap();
        assert!(message_of(&protected).contains("is protected against writing"));
        assert_eq!(names_in(folder.path()), ["kept.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("a"), folder.path().join("b"));
        OutputFile::create(&ours).unwrap().finish().unwrap();
        std::fs::write(&plain, "").unwrap();
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_no_place_for_a_file_and_a_link_stays_one() {
        assert!(message_of(Path::new("/dev/null")).contains("a device or a pipe"));
        let folder = tempfile::tempdir().unwrap();
        let (link, real) = (folder.path().join("link.csv"), folder.path().join("real.csv"));
        std::fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut output = OutputFile::create(&link).unwrap();
        output.write_all(b"new").unwrap();
        output.finish().unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
    }

    #[cfg(unix)]
    #[test]
    fn an_input_is_known_by_any_of_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.tif");
        std::fs::write(&file, "pixels").unwrap();
        let (link, hard) = (folder.path().join("link.tif"), folder.path().join("hard.tif"));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        std::fs::hard_link(&file, &hard).unwrap();
        let inputs = [Input { path: folder.path().into(), files: vec![file.clone()] }];
        for output in [&file, &link, &hard, &folder.path().join(".").join("a.tif")] {
            let message = check_not_an_input(output, &inputs).unwrap_err().to_string();
            assert!(message.contains(&file.display().to_string()), "{message}");
            assert!(message.ends_with(&format!("({})", output.display())), "{message}");
        }
        let other = folder.path().join("b.tif");
        check_not_an_input(&other, &inputs).unwrap();
        std::fs::write(&other, "pixels").unwrap();
        check_not_an_input(&other, &inputs).unwrap();
    }
}
