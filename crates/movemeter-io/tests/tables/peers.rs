//! Tables as other programs read them, and what they write of them.
//!
//! Needs a Python with the packages of `xtask/requirements.txt`, named by `MOVEMETER_PYTHON`.

use std::path::Path;
use std::process::Command;

use movemeter_io::read_results;

use super::measured::{FORMATS, largest_difference, results, write};

#[test]
fn pandas_polars_pyarrow_and_numpy_read_what_is_written_and_are_read() {
    let Some(python) = std::env::var_os("MOVEMETER_PYTHON") else {
        println!("skipped: MOVEMETER_PYTHON is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let written = results();
    for format in FORMATS {
        write(&written, &folder.path().join(format!("t.{format}")));
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables/peers.py");
    let status = Command::new(python).arg("-B").arg(script).arg(folder.path()).status().unwrap();
    assert!(status.success());
    for name in ["pandas.parquet", "polars.parquet", "pandas.csv", "numpy.npz"] {
        let mut read = read_results(folder.path().join(name)).unwrap();
        // What a table said of itself is lost in most.
        read.tracks.pixel_size_um = written.tracks.pixel_size_um;
        let difference = largest_difference(&read.tracks, &written.tracks);
        assert!(difference <= 1e-12, "{name}: {difference}");
    }
}
