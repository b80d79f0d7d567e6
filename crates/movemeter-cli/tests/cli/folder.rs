//! A folder to work in, recordings to put there, and the program's answers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use movemeter::geometry::{Displacement, Size};
use movemeter::source::FrameSource;
use movemeter::synth::{self, Speckle};
use movemeter_io::{BitDepth, write_tiff};
use tempfile::TempDir;

/// The frames of most recordings here.
pub const SIZE: Size = Size::new(128, 96);

/// A temporary folder, deleted at the end.
pub struct Folder(TempDir);

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A row of a table, by column.
pub type Row = HashMap<String, String>;

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with `a.tif`: speckle that moves 0.5 px to the right and 0.25 px up in each of six frames.
    pub fn with_recording() -> Self {
        let folder = Self::new();
        folder.write("a.tif", moving(0.5, -0.25), 6);
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, speckle: Speckle, n_frames: usize) {
        self.write_stack(name, &mut speckle.frames(n_frames));
    }

    pub fn write_stack(&self, name: &str, stack: &mut dyn FrameSource) {
        write_tiff(stack, BitDepth::Sixteen, self.path(name)).unwrap();
    }

    /// The names of all files in it, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program with these arguments, not yet started.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_movemeter"));
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        command
    }

    /// Runs the program with these arguments, separated by spaces.
    pub fn run(&self, arguments: &str) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Runs `movemeter measure a.tif -o out.csv` with more arguments, and reads the table.
    pub fn measure(&self, arguments: &str) -> Vec<Row> {
        let ran = self.run(&format!("measure a.tif -o out.csv {arguments}"));
        assert_eq!(ran.code, 0, "{arguments}: {ran:?}");
        rows(&self.text("out.csv"), ',')
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Speckle of 16 bit with a little noise that moves by this much from frame to frame.
pub fn moving(dx: f64, dy: f64) -> Speckle {
    synth::speckle(SIZE).bits(Some(16)).noise(0.005).moving(Displacement::new(dx, dy))
}

/// The rows of a table, comments left out. No cell here holds a separator.
pub fn rows(table: &str, separator: char) -> Vec<Row> {
    let mut lines = table.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.next().unwrap().split(separator).collect();
    let row = |line: &str| {
        let cells = line.split(separator).map(str::to_owned);
        names.iter().map(|name| (*name).to_owned()).zip(cells).collect()
    };
    lines.map(row).collect()
}

/// The numbers of a column; empty cells are NaN.
pub fn numbers(rows: &[Row], column: &str) -> Vec<f64> {
    rows.iter().map(|row| row[column].parse().unwrap_or(f64::NAN)).collect()
}

/// The words of a column.
pub fn words<'a>(rows: &'a [Row], column: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[column].as_str()).collect()
}

/// Real recordings beside the checkout; most people do not have them.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if !path.exists() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}
