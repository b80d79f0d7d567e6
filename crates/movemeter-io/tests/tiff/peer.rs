//! What files say of themselves, against what `tifffile` says of them.
//!
//! Needs a Python with the packages of `xtask/requirements.txt`, named by `MOVEMETER_PYTHON`.

use std::path::Path;
use std::process::Command;

use movemeter::source::{FrameSource, StackInfo};
use movemeter_io::open;

#[test]
fn files_say_what_tifffile_says_of_them() {
    let Some(python) = std::env::var_os("MOVEMETER_PYTHON") else {
        println!("skipped: MOVEMETER_PYTHON is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiff/peer.py");
    let status = Command::new(python).arg("-B").arg(script).arg(folder.path()).status().unwrap();
    assert!(status.success());
    let table = std::fs::read_to_string(folder.path().join("said.tsv")).unwrap();
    for line in table.lines() {
        let [name, key, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("a line has three cells: {line}");
        };
        let info = open(folder.path().join(name)).unwrap().info().clone();
        compare(&info, name, key, expected);
    }
    assert!(table.lines().count() > 50);
}

fn compare(info: &StackInfo, name: &str, key: &str, expected: &str) {
    let known = match key {
        "n_frames" => Some(info.n_frames as f64),
        "frame_rate_hz" => info.frame_rate_hz,
        "pixel_size_um" => info.pixel_size_um,
        "exposure_s" => info.exposure_s,
        _ => {
            let said = info.metadata.iter().find(|(of, _)| of == key);
            // tifffile leaves out what ends a text.
            let value = said.map(|(_, value)| value.trim_end().replace('\n', "\\n"));
            return assert_eq!(value.as_deref(), Some(expected), "{name}, {key}");
        }
    };
    let (known, expected) = (known.unwrap(), expected.parse::<f64>().unwrap());
    // Times are rounded where they are written as text.
    assert!((known - expected).abs() <= 1e-9 * expected, "{name}, {key}: {known}, {expected}");
}
