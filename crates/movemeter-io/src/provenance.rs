//! Where a table came from: recipe and inputs, so that it can be checked and measured again.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::format::name_of;
use crate::options::OpenOptions;
use crate::series::Input;

/// What is written into every table besides its numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
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

/// A file or folder with a number that changes if any of its bytes does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedInput {
    /// Name of the file or folder.
    pub name: String,
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
    let name = name_of(&input.path);
    if input.files == [input.path.clone()] {
        return Ok(HashedInput { name, sha256: hash_file(&input.path)?, n_files: None });
    }
    let mut lines = Sha256::new();
    for file in &input.files {
        lines.update(format!("{}  {}\n", hash_file(file)?, name_within(file, &input.path)));
    }
    Ok(HashedInput { name, sha256: hex(&lines.finalize()), n_files: Some(input.files.len()) })
}

/// The name of an input's file as seen from the input, or from the folder the input lies in.
fn name_within(file: &Path, input: &Path) -> String {
    let folder = if input.is_dir() { Some(input) } else { input.parent() };
    let within = folder.and_then(|folder| file.strip_prefix(folder).ok());
    within.map_or_else(|| name_of(file), |name| name.display().to_string().replace('\\', "/"))
}

fn hash_file(path: &Path) -> Result<String, Error> {
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

fn hex(bytes: &[u8]) -> String {
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
    fn a_file_that_is_gone_is_named() {
        let path = Path::new("gone/away.tif");
        let error = hash_file(path).unwrap_err();
        assert_eq!(error.to_string(), "there is no such file or folder (gone/away.tif)");
    }
}
