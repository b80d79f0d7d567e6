//! Every pixel read here against what other programs hold of files that they wrote.
//!
//! Each script beside this file writes such files; what comes of each is a cell of the tables in
//! `docs/formats.md`, which must be as printed there. `MOVEMETER_UPDATE_DOCS=1` prints them anew.
//!
//! Needs a Python with the packages of `xtask/requirements.txt`, named by `MOVEMETER_PYTHON`.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

#[path = "../alone/mod.rs"]
mod alone;
mod expected;
mod outcome;
mod markdown;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use alone::is_alone;
use expected::Expected;
use outcome::Outcome;

/// The scripts, in the order of the document.
const SCRIPTS: [&str; 9] =
    ["tiff", "pictures", "more_pictures", "arrays", "npz", "zarr_", "native", "video", "cameras"];

#[test]
fn every_pixel_is_as_other_programs_have_it() {
    let Some(python) = python() else { return };
    if !is_alone("every_pixel_is_as_other_programs_have_it") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut cells: Vec<(Expected, Outcome)> = Vec::new();
    let mut is_whole = true;
    for script in SCRIPTS {
        let folder = folder.path().join(script);
        write_files(&python, script, &folder);
        is_whole &= !folder.join("skipped").exists();
        let expected = Expected::read_all(&folder);
        let ffmpeg = ffmpeg_of(&folder);
        cells.extend(expected.into_iter().map(|expected| {
            let outcome = Outcome::of(&folder, &expected, ffmpeg.clone());
            (expected, outcome)
        }));
    }
    let wrong: Vec<String> = cells.iter().filter_map(|(_, outcome)| outcome.wrong()).collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    if is_whole {
        check_document(&markdown::tables(&cells));
    }
}

fn python() -> Option<OsString> {
    let python = std::env::var_os("MOVEMETER_PYTHON");
    if python.is_none() {
        println!("skipped: MOVEMETER_PYTHON is not set");
    }
    python
}

fn write_files(python: &OsString, script: &str, folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    let script = source().join("tests/matrix").join(script).with_extension("py");
    // Nothing is written beside the sources.
    let mut command = Command::new(python);
    let status = command.arg("-B").arg(&script).arg(folder).status().unwrap();
    assert!(status.success(), "{} failed", script.display());
}

/// The ffmpeg that a script says it has used: it reads what the script wrote.
fn ffmpeg_of(folder: &Path) -> Option<PathBuf> {
    std::fs::read_to_string(folder.join("ffmpeg.txt")).ok().map(PathBuf::from)
}

fn source() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

const BEGIN: &str = "<!-- tables, printed by the tests -->\n";
const END: &str = "<!-- end of tables -->\n";

/// The tables must stand in the document as they are; with `MOVEMETER_UPDATE_DOCS` they are put there.
fn check_document(tables: &str) {
    let path = source().join("../../docs/formats.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("the mark where tables begin");
    let (printed, after) = rest.split_once(END).expect("the mark where tables end");
    if std::env::var_os("MOVEMETER_UPDATE_DOCS").is_some() {
        std::fs::write(&path, [before, BEGIN, tables, END, after].concat()).unwrap();
        return;
    }
    let differs = |(is, printed): &(&str, &str)| is != printed;
    let difference = tables.lines().zip(printed.lines()).find(differs);
    assert!(
        tables == printed,
        "docs/formats.md says something else; `cargo xtask formats` prints its tables anew. First \
         line that differs (now, printed): {difference:?}"
    );
}
