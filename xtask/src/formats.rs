//! `cargo xtask formats`: tries all file formats, and prints what came of it.

use crate::repository::{Workspace, cargo};
use crate::{Result, venv};

/// Runs the tests of formats so that they write the tables of `docs/formats.md`.
pub(crate) fn run() -> Result<()> {
    let workspace = Workspace::read()?;
    let python = venv::for_tests(&workspace)?;
    let mut tests = cargo();
    tests.args(["test", "--locked", "--package", "movemeter-io", "--test", "matrix"]);
    tests.current_dir(&workspace.root);
    tests.env("MOVEMETER_PYTHON", python).env("MOVEMETER_UPDATE_DOCS", "1");
    match tests.status()?.success() {
        true => Ok(()),
        false => Err("some files are not read as they should be".into()),
    }
}
