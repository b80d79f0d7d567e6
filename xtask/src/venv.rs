//! The Python that results are compared with: virtual environments with fixed package versions.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repository::Workspace;

/// The oldest Python that any of the requirements are written for.
const OLDEST_PYTHON: &str = "3.10";

/// Succeeds on Python 3.10 and later.
const IS_RECENT: &str = "import sys; sys.exit(sys.version_info < (3, 10))";

/// The Python that tests compare with.
pub(crate) fn for_tests(workspace: &Workspace) -> Result<PathBuf, String> {
    python(&workspace.root.join("xtask/requirements.txt"), &workspace.target.join("venv"))
}

/// The Python in which the plugin of napari is tested.
pub(crate) fn with_napari(workspace: &Workspace) -> Result<PathBuf, String> {
    let requirements = workspace.root.join("xtask/requirements-napari.txt");
    python(&requirements, &workspace.target.join("venv-napari"))
}

/// The Python of the environment in the folder `venv`, made first if it is not there or its
/// requirements have changed.
///
/// The error is the reason why there is none, in a few words.
pub(crate) fn python(requirements: &Path, venv: &Path) -> Result<PathBuf, String> {
    let wanted = std::fs::read_to_string(requirements).map_err(|error| error.to_string())?;
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    // What was installed. Written last: a broken-off installation is not taken for a whole one.
    let stamp = venv.join("requirements.txt");
    if is_current(&stamp, &wanted) && run(Command::new(&python).arg("--version")).is_ok() {
        return Ok(python);
    }
    make(venv, &python, requirements)?;
    std::fs::write(&stamp, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}

/// Whether what is wanted is what was installed.
fn is_current(stamp: &Path, wanted: &str) -> bool {
    std::fs::read_to_string(stamp).is_ok_and(|installed| installed == wanted)
}

/// Makes the environment anew and installs into it.
fn make(venv: &Path, python: &Path, requirements: &Path) -> Result<(), String> {
    println!("installing Python packages into {}", venv.display());
    let Some(system) = ["python3", "python"].into_iter().find(|name| is_recent(name)) else {
        return Err(format!("no python3 of version {OLDEST_PYTHON} or later"));
    };
    run(Command::new(system).args(["-m", "venv", "--clear"]).arg(venv))
        .map_err(|reason| format!("cannot make a virtual environment: {reason}"))?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    // Few retries: without a network this should be known soon.
    pip.args(["--retries", "2", "--timeout", "20", "--only-binary", ":all:", "--requirement"])
        .arg(requirements);
    run(&mut pip).map_err(|reason| format!("cannot install packages: {reason}"))
}

fn is_recent(python: &str) -> bool {
    run(Command::new(python).args(["-c", IS_RECENT])).is_ok()
}

/// Runs silently; the error is the last line that was said.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
    Err(last.map_or_else(|| output.status.to_string(), Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_is_explained_by_its_last_line() {
        // rustc is there wherever these tests are.
        let reason = run(Command::new("rustc").arg("--no-such-option")).unwrap_err();
        assert!(reason.contains("no-such-option"), "{reason}");
        assert!(run(&mut Command::new("no-such-program")).is_err());
    }

    #[test]
    fn changed_requirements_are_not_current() {
        let stamp = Path::new(env!("CARGO_MANIFEST_DIR")).join("requirements.txt");
        let installed = std::fs::read_to_string(&stamp).unwrap();
        assert!(is_current(&stamp, &installed));
        assert!(!is_current(&stamp, &installed.replace("numpy==2", "numpy==3")));
        assert!(!is_current(Path::new("no such file"), &installed));
    }
}
