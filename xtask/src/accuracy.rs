//! `cargo xtask accuracy`: measures how exact the measurement is.

use std::fs;
use std::process::Stdio;

use crate::Result;
use crate::repository::{self, Workspace};

/// How much is measured.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    /// Everything; the document is written.
    Full,
    /// A few windows; the document goes to the terminal.
    Quick,
}

/// Where the document goes.
const DOCUMENT: &str = "docs/accuracy.md";

/// Runs the core's example `accuracy` and writes what it says.
pub(crate) fn run(extent: Extent) -> Result<()> {
    let root = Workspace::read()?.root;
    let mut measure = repository::cargo();
    measure.args([
        "run",
        "--release",
        "--locked",
        "--package",
        "movemeter",
        "--example",
        "accuracy",
    ]);
    measure.current_dir(&root).stderr(Stdio::inherit());
    if extent == Extent::Quick {
        measure.args(["--", "--quick"]).stdout(Stdio::inherit());
    }
    let output = measure.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(format!("the measurement ended with {}", output.status).into());
    }
    if extent == Extent::Full {
        fs::write(root.join(DOCUMENT), output.stdout)?;
        println!("{DOCUMENT}");
    }
    Ok(())
}
