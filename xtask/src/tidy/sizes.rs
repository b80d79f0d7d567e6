//! How large a file may be.

use super::violation::Violation;
use crate::repository::{File, Files};

/// A file of Rust that is longer holds more than one noun.
const MAX_RUST_LINES: usize = 600;

/// Every clone carries every file for ever.
const MAX_BYTES: u64 = 1_000_000;

/// Enough for a recording made to test a reader.
const MAX_DATA_BYTES: u64 = 100_000;

/// Endings of recordings and tables.
const DATA: [&str; 18] = [
    "avi", "csv", "czi", "gif", "h5", "hdf5", "lif", "m4v", "mkv", "mov", "mp4", "nd2", "npy",
    "npz", "parquet", "tif", "tiff", "webm",
];

/// All files.
pub(crate) fn check(files: &Files) -> Vec<Violation> {
    let messages = files.iter().filter_map(|(path, file)| Some((path, check_file(path, file)?)));
    messages.map(|(path, (line, message))| Violation::new(path, line, message)).collect()
}

fn check_file(path: &str, file: &File) -> Option<(usize, String)> {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let n_lines = file.text.as_ref().map_or(0, |text| text.lines().count());
    let kilobytes = file.n_bytes / 1000;
    if ending == "rs" && n_lines > MAX_RUST_LINES {
        let message =
            format!("{n_lines} lines of Rust, {MAX_RUST_LINES} is the limit; divide the file");
        return Some((MAX_RUST_LINES + 1, message));
    }
    if DATA.contains(&ending.as_str()) && file.n_bytes > MAX_DATA_BYTES {
        let message = format!(
            "data of {kilobytes} kB, {} is the limit; make it in the test",
            MAX_DATA_BYTES / 1000
        );
        return Some((1, message));
    }
    (file.n_bytes > MAX_BYTES).then(|| {
        (
            1,
            format!(
                "{kilobytes} kB, {} is the limit; keep it outside the repository",
                MAX_BYTES / 1000
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, n_bytes: u64, n_lines: usize) -> Option<String> {
        let text = Some("x\n".repeat(n_lines));
        check_file(path, &File { n_bytes, text }).map(|(_, message)| message)
    }

    #[test]
    fn long_rust_is_found() {
        assert_eq!(found("a.rs", 0, MAX_RUST_LINES), None);
        let message = "601 lines of Rust, 600 is the limit; divide the file";
        assert_eq!(found("a.rs", 0, MAX_RUST_LINES + 1).as_deref(), Some(message));
        assert_eq!(found("a.md", 0, MAX_RUST_LINES + 1), None);
    }

    #[test]
    fn large_files_are_found() {
        assert_eq!(found("a.png", MAX_BYTES, 0), None);
        let message = "1000 kB, 1000 is the limit; keep it outside the repository";
        assert_eq!(found("a.png", MAX_BYTES + 1, 0).as_deref(), Some(message));
    }

    #[test]
    fn data_may_only_be_small() {
        assert_eq!(found("a.tif", MAX_DATA_BYTES, 0), None);
        let message = "data of 200 kB, 100 is the limit; make it in the test";
        assert_eq!(found("a.TIF", 200_000, 0).as_deref(), Some(message));
        assert_eq!(found("b.mp4", 200_000, 0).as_deref(), Some(message));
    }
}
