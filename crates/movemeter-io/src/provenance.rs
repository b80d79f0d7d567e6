//! Where a table came from: recipe and inputs, so that it can be checked and measured again.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::format::name_of;
use crate::options::OpenOptions;
use crate::series::Input;

/// What is written into every table besides its numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// The version of movemeter that measured; `None`: this one.
    pub version: Option<String>,
    /// Every setting of the measurement, as JSON.
    pub recipe_json: String,
    /// What was chosen in the inputs.
    pub opened: OpenOptions,
    /// What was measured.
    pub inputs: Vec<HashedInput>,
    /// What is doubtful of the inputs, and should be known to who reads the table.
    pub doubts: Vec<String>,
    /// If the measurement did not reach its end: what is missing, and why.
    pub incomplete: Option<String>,
}

impl Provenance {
    /// The same of a table that is in this folder: the paths of inputs lead there from the present folder.
    pub fn in_folder(&self, folder: impl AsRef<Path>) -> Self {
        let mut seen = self.clone();
        for input in &mut seen.inputs {
            input.path = input.path.as_deref().map(|path| folder.as_ref().join(path));
        }
        seen
    }

    /// The same for a table in this folder: the paths of inputs lead there from the folder, so that table and
    /// inputs can be moved together.
    ///
    /// Paths are written with `/`. Of an input with which the folder shares no folder but the root, and of one
    /// that is gone, the path stays absolute.
    pub fn seen_from(&self, folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        let mut seen = self.clone();
        for input in &mut seen.inputs {
            input.path = input.path.as_deref().map(|path| relative(path, folder));
        }
        seen
    }
}

/// The way to a path from a folder.
pub(crate) fn relative(path: &Path, folder: &Path) -> PathBuf {
    let (Ok(there), Ok(folder)) = (path.canonicalize(), folder.canonicalize()) else {
        return std::path::absolute(path).unwrap_or_else(|_| path.into());
    };
    let shared = there.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let is_shared = |part: &Component<'_>| matches!(part, Component::Normal(_));
    if !there.components().take(shared).any(|part| is_shared(&part)) {
        return there;
    }
    let up = folder.components().skip(shared).map(|_| "..".into());
    let down = there.components().skip(shared);
    let parts = up.chain(down.map(|part| part.as_os_str().to_string_lossy()));
    let parts: Vec<_> = parts.collect();
    match parts.is_empty() {
        true => ".".into(),
        false => parts.join("/").into(),
    }
}

/// A file or folder with a number that changes if any of its bytes does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedInput {
    /// Name of the file or folder.
    pub name: String,
    /// Where it was: as given, or as seen from the folder of the table; `None` if that is not known any more.
    pub path: Option<PathBuf>,
    /// SHA-256, as 64 hexadecimal digits.
    pub sha256: String,
    /// How many files of a folder were read; `None` for a file.
    pub n_files: Option<usize>,
}

/// Takes the SHA-256 of an input.
///
/// For a file it is that of its bytes, as `sha256sum FILE` prints it. For a folder it is that of the
/// lines that `sha256sum` prints for its files, in the order measured. In the folder:
///
/// ```text
/// sha256sum frame1.tif frame2.tif frame10.tif | sha256sum
/// ```
///
/// Each line is the file's SHA-256, two spaces, the file's name as seen from the folder, and a line feed.
/// A file that brings others along (further files of an OME-TIFF, a camera's frames beside its header) is hashed like
/// a folder of them; names are then seen from the folder they lie in.
/// (Names with a backslash or line feed are the exception: there `sha256sum` marks the line, and
/// this does not.)
pub fn hash_input(input: &Input) -> Result<HashedInput, Error> {
    let (name, path) = (name_of(&input.path), Some(input.path.clone()));
    if input.files == [input.path.clone()] {
        return Ok(HashedInput { name, path, sha256: hash_file(&input.path)?, n_files: None });
    }
    let mut lines = Sha256::new();
    for file in &input.files {
        lines.update(format!("{}  {}\n", hash_file(file)?, name_within(file, &input.path)));
    }
    let n_files = Some(input.files.len());
    Ok(HashedInput { name, path, sha256: hex(&lines.finalize()), n_files })
}

/// The name of an input's file as seen from the input, or from the folder the input lies in.
fn name_within(file: &Path, input: &Path) -> String {
    let folder = if input.is_dir() { Some(input) } else { input.parent() };
    let within = folder.and_then(|folder| file.strip_prefix(folder).ok());
    within.map_or_else(|| name_of(file), |name| name.display().to_string().replace('\\', "/"))
}

pub(crate) fn hash_file(path: &Path) -> Result<String, Error> {
    let refused = |error: io::Error| Error::refused(path, &error);
    let mut file = File::open(path).map_err(refused)?;
    let mut hash = Sha256::new();
    let mut bytes = vec![0; BLOCK_BYTES];
    loop {
        match file.read(&mut bytes) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(n) => hash.update(&bytes[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(refused(error)),
        }
    }
}

/// Read at a time: large enough that the system is asked rarely.
const BLOCK_BYTES: usize = 1 << 18;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard, FIPS 180-2.
    const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_file_has_the_hash_of_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc.tif");
        std::fs::write(&path, "abc").unwrap();
        let hashed = hash_input(&Input { path: path.clone(), files: vec![path] }).unwrap();
        assert_eq!((&*hashed.name, &*hashed.sha256, hashed.n_files), ("abc.tif", OF_ABC, None));
    }

    #[test]
    fn a_folder_has_the_hash_of_its_files_lines() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<_> = ["2.tif", "10.tif"].map(|name| folder.path().join(name)).into();
        std::fs::write(&files[0], "abc").unwrap();
        std::fs::write(&files[1], "").unwrap();
        let path = folder.path().to_path_buf();
        let hashed = hash_input(&Input { path, files }).unwrap();
        let lines = format!("{OF_ABC}  2.tif\n{OF_NOTHING}  10.tif\n");
        assert_eq!(hashed.sha256, hex(&Sha256::digest(lines)));
        assert_eq!(hashed.n_files, Some(2));
    }

    #[test]
    fn a_file_longer_than_a_block_is_hashed_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.npy");
        let bytes: Vec<u8> = (0..3 * BLOCK_BYTES + 17).map(|k| (k % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(hash_file(&path).unwrap(), hex(&Sha256::digest(&bytes)));
    }

    #[test]
    fn a_table_says_how_its_inputs_are_reached_from_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let within = |name: &str| folder.path().join(name);
        for name in ["a b", "tables", "tables/of today"] {
            std::fs::create_dir(within(name)).unwrap();
        }
        std::fs::write(within("a b/c.tif"), "").unwrap();
        let seen = |from: &str, path: &str| relative(&within(path), &within(from));
        assert_eq!(seen("tables/of today", "a b/c.tif"), Path::new("../../a b/c.tif"));
        assert_eq!(seen("a b", "a b/c.tif"), Path::new("c.tif"));
        assert_eq!(seen("a b", "a b"), Path::new("."));
        assert_eq!(seen("", "a b/../a b/c.tif"), Path::new("a b/c.tif"));
        let gone = seen("tables", "gone.tif");
        assert!(gone.is_absolute() && gone.ends_with("gone.tif"), "{}", gone.display());
    }

    #[test]
    fn a_file_that_is_gone_is_named() {
        let path = Path::new("gone/away.tif");
        let error = hash_file(path).unwrap_err();
        assert_eq!(error.to_string(), "there is no such file or folder (gone/away.tif)");
    }
}
